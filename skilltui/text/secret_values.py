"""Is this value a secret, or a name, a reference, an example? A false alarm destroys evidence, so doubt means no.

A value is judged with the name that it stands under (``password``, ``api_key``) and the way it is written: code names
variables where a settings file holds values.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from itertools import pairwise

from skilltui.text.secret_patterns import KEY_QUALITIES, STAGES
from skilltui.text.tokenise import words


class Writing(Enum):
    """How a value is written."""

    DATA = "data"  # a leaf of decoded JSON, an XML element, a header
    SETTING = "setting"  # an environment variable, a command-line option, a query parameter
    QUOTED = "quoted"  # a string in code or YAML
    LISTED = "listed"  # a string after its name in a list or a call: most such strings are anything
    FIELD = "field"  # unquoted after a colon: YAML, a prompt, prose
    BARE = "bare"  # unquoted elsewhere: code, if it is not an ini file


_PASSWORDS = ("password", "passwd", "passphrase", "passcode", "pwd")
_SHORT_PASSWORDS = frozenset({"pass", "psw", "pw"})
# Tokens of paging, parsing and design, and keys of forms: "next_page_token", "eos_token", "csrf_token".
_HARMLESS = (
    "bos cancel cancellation change cls color continuation csrf css current cursor delimiter design end eos first lock"
    " idempotency input invalid last lexer mask max min missing next no num out output pad page paging parse parser"
    " prefix prev previous prompt resume sep special start stop sync theme total type unk unknown xsrf"
)
_HARMLESS_TOKENS = frozenset(_HARMLESS.split())

_REFERENCE = re.compile(
    r"\$\{?[A-Za-z_]\w*\}?\Z|%[A-Za-z_]\w*%\Z|@[A-Za-z_]\w*\Z|[$#]\{|\$\(|%\(|<|\{[{%A-Za-z_]|\[[A-Za-z_]"
    r"|(?:process\.env|os\.environ|os\.getenv|import\.meta|env\.|ENV\[|config\.|self\.|this\.|settings\.|secrets\.|var\.)"
    r"|(?:env|vault|kms|file|ref|sops|ssm|arn|op|secret|keychain|aws|gcp|data|https?|ftp|sha\d{3}|urn|AWS4-HMAC\S*):"
    r"|(?:AWS4-HMAC|ENC\[|ENC\(|[a-z][a-z0-9+.-]{1,20}://)"
    r"|(?:\.{1,2}|~|[A-Za-z]:)[/\\]|/[A-Za-z_.][\w.-]*(?:/|\Z)"
)
_EXAMPLE = re.compile(
    r"your|example|sample|placeholder|change.?me|change.?this|replace|insert|dummy|fake|todo|fixme|redacted|hidden|masked"
    r"|not.?set|unset|undefined|xxx|\*\*\*|\.\.\.|…|_here\b|-here\b|<|\$\{|\{\{|\$\(|#\{|abc123|foobar|lorem|mock|secret_?key"
    r"|(.)\1{5}",
    re.IGNORECASE,
)
# From this length on, and up to this many letters of a word, chance is enough of an explanation.
_LONG = 40
_CHANCE = 6
_PLACEHOLDER = re.compile(r"example|placeholder|your[-_]|changeme|xxxx|\.\.\.|(.)\1{7,}", re.IGNORECASE)
# A common word with a few digits is an example or a name, never a secret worth the loss of the evidence.
_COMMON = re.compile(
    r"(?:my|test|tests|demo|foo|bar|baz|some|the|user|users|admin|root|guest|pass|passwd|password|secret|token|key|api|auth|login|pwd"
    r"|qwerty|letmein|welcome|abc|abcdef|default|local|localhost|dev|prod|staging|postgres|mysql|redis|mongo|string|str|value|valid|invalid"
    r"|wrong|new|old|bad|good|super|super_?secret|strong|weak|temp|tmp|none|null|nil|true|false|bearer|basic|minioadmin|service|access|refresh)"
    r"[-_.!@#]{0,2}(?:\d{0,6}|one|two|three)[!@#]?",
    re.IGNORECASE,
)
_SPELLED_PASSWORD = re.compile(r"[a-z]*(?:pass|secret)[a-z]*(?:1|12|123|1234)?[!@#]?", re.IGNORECASE)
# "river-lantern-quartz-65", and what is an element of a form or a name instead.
_PASSPHRASE = re.compile(r"(?:[A-Za-z]{4,10}-){3,6}[0-9]{1,4}")
_FORM = re.compile(
    r"pass|pwd|field|form|input|label|text|error|hint|reset|page|button|user|login|test|key|app|secret", re.IGNORECASE
)
_BASE64_KEY = re.compile(r"[A-Za-z0-9+/]{40,100}={0,2}")
_PUBLIC_ADDRESS = re.compile(r"0x[0-9A-Fa-f]{40}")
_SEQUENCE = re.compile(r"(?:0?123456\d{0,4}|abcd?e?f?g?\d{0,9}|987654\d{0,4}|deadbeef)+", re.IGNORECASE)
_HARMLESS_VALUES = (_COMMON, _SPELLED_PASSWORD, _SEQUENCE, _PUBLIC_ADDRESS)
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)*[?!]?", re.ASCII)
# What a variable that holds a password is called.
_VARIABLE = re.compile(r".*(?i:pass|pwd|secret|token|key|user|arg|param|value|str).*|[a-z][a-z0-9]*(?:[_.][a-z0-9]+)+")
_CODE = re.compile(r"[(){}\[\]]")
_PARTS = re.compile(r"[^A-Za-z0-9]+")
_WORD = re.compile(r"[A-Za-z]*[0-9]{0,4}|v?[0-9]{1,4}")
_STRANGE = re.compile(r"[^A-Za-z0-9_.,:;/+=-]")


@lru_cache(maxsize=4096)
def telling(name: str) -> str | None:
    """The kind of secret that a key, variable, option or header of this name holds; ``None`` where it tells nothing."""
    parts = [part for part in words(name[-200:].replace(".", " ")) if not part.isdigit()]
    while len(parts) > 1 and parts[-1] in STAGES:
        parts.pop()
    if not parts:
        return None
    last = parts[-1].rstrip("0123456789")
    before = parts[-2] if len(parts) > 1 else ""
    if last.endswith(_PASSWORDS) or last in _SHORT_PASSWORDS:
        return "password"
    if last.endswith("token"):
        return None if before in _HARMLESS_TOKENS or last[:-5] in _HARMLESS_TOKENS else "token"
    if last.endswith("secret"):
        return "secret"
    if last == "key" or last.endswith(tuple(f"{quality}key" for quality in KEY_QUALITIES)):
        quality = before if last == "key" else last[:-3]
        if not quality.endswith(KEY_QUALITIES):
            return None
        if quality == "access" and "aws" in parts:
            return "aws-secret-key"
        return "azure-key" if quality == "account" or "shared" in parts else "api-key"
    if last in {"credential", "credentials"}:
        return "credential"
    if last == "authorization" or name.endswith(("_auth", "_AUTH")):
        return "authorization"
    return None


def is_secret(value: str, kind: str, writing: Writing) -> bool:
    """Whether ``value`` under a telling name of ``kind`` is worth hiding."""
    if kind in {"aws-secret-key", "azure-key"} and _BASE64_KEY.fullmatch(value):
        return not _is_example(value)  # it may begin like a path, and hold no digit
    if len(value) < (6 if kind == "password" else 8) or _is_harmless(value):
        return False
    if writing is Writing.LISTED:
        strange = _STRANGE.search(value) is not None and any(char.isdigit() for char in value)
        return _is_random(value, 12) or (kind == "password" and strange)
    if writing in {Writing.BARE, Writing.FIELD}:
        return _is_bare_secret(value, kind, writing)
    if kind == "password":
        return _is_password(value, writing)
    return _is_random(value, 8 if writing is Writing.SETTING else 10)


def is_token(value: str) -> bool:
    """Whether a value in a provider's shape is real: the shape is proof enough, unless it spells a placeholder."""
    word = _PLACEHOLDER.search(value)
    if word is not None and (not word[1] or (word.end() - word.start()) * 4 >= len(value)):
        return False
    return any(char.isdigit() for char in value) or _case_changes(value) > 5 or value.isupper()


def is_url_password(value: str) -> bool:
    """Whether ``value`` is a secret where a URL or ``curl -u`` has its password: a place that tells by itself."""
    if len(value) < 4 or _is_harmless(value):
        return False
    if value.isalpha():
        return len(value) >= (10 if value.islower() else 8)
    return len(value) >= 6 or not value.isdigit()


def _is_harmless(value: str) -> bool:
    """A reference, an example, a common word: whatever the name, no secret."""
    return (
        len(set(value)) < 4
        or _REFERENCE.match(value) is not None
        or _is_example(value)
        or any(shape.fullmatch(value) for shape in _HARMLESS_VALUES)
    )


def _is_example(value: str) -> bool:
    """Whether the value says that it is none. In a long one such words come up by chance, unless they stand alone."""
    if len(value) < _LONG:
        return _EXAMPLE.search(value) is not None
    for word in _EXAMPLE.finditer(value):
        around = value[max(0, word.start() - 1) : word.start()] + value[word.end() : word.end() + 1]
        if word[1]:
            if value.count(word[1] * 6) * 12 >= len(value):
                return True
        elif not any(char.isalnum() for char in around) or len(word.group()) > _CHANCE:
            return True
    return False


def _is_bare_secret(value: str, kind: str, writing: Writing) -> bool:
    if _CODE.search(value) or "," in value:
        return False
    digits = sum(char.isdigit() for char in value)
    telling_itself = _STRANGE.search(value) or (writing is Writing.FIELD and not _VARIABLE.fullmatch(value))
    if kind == "password" and digits and telling_itself and any(char.isalpha() for char in value):
        return True
    if _IDENTIFIER.fullmatch(value):
        if digits and len(value) >= 12 and _case_changes(value) * 5 >= (len(value) - digits) * 2:
            return True  # no name changes its case at nearly every second letter
        return len(value) >= 16 and digits >= (2 if writing is Writing.FIELD else 3) and _mixed(value)
    return len(value) >= 12 and digits >= 2 and _is_random(value, 12)


def _is_password(value: str, writing: Writing) -> bool:
    if value.isdigit():
        return len(value) >= 6
    if any(char.isdigit() for char in value):
        parts = [part for part in _PARTS.split(value) if part]
        if _PASSPHRASE.fullmatch(value) and not _FORM.search(value):
            return True
        spelled = len(parts) > 1 and all(_WORD.fullmatch(part) for part in parts) and not _STRANGE.search(value)
        return not spelled or (writing is Writing.SETTING and "," not in value)
    if _STRANGE.search(value) and any(char.isalpha() for char in value):
        return writing is Writing.SETTING or not value[0].isupper() or _case_changes(value) > 2
    separators = len(_PARTS.findall(value))
    return (writing is Writing.SETTING and separators >= 3 and len(value) >= 16) or (
        len(value) >= 12 and _case_changes(value) > 5
    )


def _is_random(value: str, least: int) -> bool:
    """Not spelled from words: letters and digits mixed, or many changes of case."""
    if len(value) < least or not any(char.isalpha() for char in value):
        return False
    return _mixed(value) or (len(value) >= 20 and _case_changes(value) > 5)


def _mixed(value: str) -> bool:
    return any(part and not _WORD.fullmatch(part) for part in _PARTS.split(value))


def _case_changes(value: str) -> int:
    return sum(a.islower() != b.islower() for a, b in pairwise(value) if a.isalpha() and b.isalpha())
