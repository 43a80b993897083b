"""Where the secrets of a text are. Pure; ``redact`` puts marks in their place."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec import Struct

from skilltui.text import secret_patterns as patterns
from skilltui.text.secret_patterns import Look
from skilltui.text.secret_values import Writing, is_secret, is_token, is_url_password, telling

# What stands where a secret was while the rest is looked at again. No pattern matches it, or the mark's closing sign.
WALL = "‹"
# What a replacement uncovers (a neighbour that now ends at a wall) is looked for again, this often.
_MAX_PASSES = 8

# A mark, also where it went through json.dumps with ensure_ascii.
_MARK = re.compile(r"(?:‹|\\{1,8}u2039)redacted:[a-z0-9-]{1,40}:[0-9a-f]{8}(?:›|\\{1,8}u203a)")
_IMAGE = re.compile(r"data:image/[a-z0-9.+-]{1,30};base64,[A-Za-z0-9+/=]+")
# Without one of these a text holds a bare token or nothing.
_SEPARATOR = re.compile(r"[:=> \t,(]")
# A shorter text, without a separator in it, holds nothing.
SHORTEST_TOKEN = 20
# Signs before a name that make it a query parameter, or a field of a connection string.
_STARTS_SETTING = frozenset({"?", "&", ";"})
# The signs of a name before its telling word, and how many of them count.
_NAME_SIGNS = f"{string.ascii_letters}{string.digits}_.$-"
_LONGEST_NAME = 60
# What stands before a name that an XML attribute gives to the element's text.
_ATTRIBUTE = re.compile(r"(?:name|key|id)=\\{0,7}[\"']\Z")
# What ends an unquoted value in a shell or a connection string, and in a query.
_STOP = re.compile(r";|&&|\|\|")
_QUERY_STOP = re.compile(r"[&;#]")


class SecretFinding(Struct, frozen=True):
    """A secret that was found: offsets in the original text, end exclusive."""

    kind: str
    start: int
    end: int


def find_within(text: str, look: Look, windows: Iterable[tuple[int, int]]) -> list[SecretFinding]:
    """Secrets in those parts of a text, which are whole lines and apart from each other."""
    return [
        SecretFinding(secret.kind, begin + secret.start, begin + secret.end)
        for begin, end in windows
        for secret in find_secrets(text[begin:end], look)
    ]


def find_secrets(text: str, look: Look = Look.ALL) -> list[SecretFinding]:
    """Secrets in a text without colour codes, in order, apart from each other."""
    if WALL in text or "u2039redacted" in text:
        text = _MARK.sub(_wall, text)
    if "data:image/" in text:
        text = _IMAGE.sub(_wall, text)
    found: list[SecretFinding] = []
    for _ in range(_MAX_PASSES):
        more = _apart(_scan(text, look))
        if not more:
            break
        found += more
        at, parts = 0, []
        for secret in more:
            parts += [text[at : secret.start], WALL * (secret.end - secret.start)]
            at = secret.end
        text = "".join([*parts, text[at:]])
    return sorted(found, key=lambda secret: secret.start)


def _scan(text: str, look: Look) -> list[SecretFinding]:
    """One pass, specific shapes first. Most strings of a transcript are names and numbers, and need no look at all."""
    separated = _SEPARATOR.search(text) is not None
    if len(text) < SHORTEST_TOKEN and not separated:
        return []
    found = list(_tokens(text)) if look & Look.TOKENS else []
    for literal, rules in patterns.GATED if look & Look.SHAPES else ():
        if literal in text:
            found += [
                SecretFinding(kind, *match.span("s"))
                for kind, pattern in rules
                for match in pattern().finditer(text)
                if _fits(kind, match)
            ]
    if separated and look & Look.COOKIES and "ookie" in text:
        found += _cookies(text)
    if separated and look & Look.NAMES:
        found += _assignments(text)
    return found


def _wall(match: re.Match[str]) -> str:
    return WALL * len(match.group())


def _apart(found: Iterable[SecretFinding]) -> list[SecretFinding]:
    """Overlapping findings as one; the first of equal ones gives the kind, so specific shapes come first."""
    result: list[SecretFinding] = []
    for secret in sorted(found, key=lambda one: one.start):
        if result and secret.start < result[-1].end:
            last = result[-1]
            result[-1] = SecretFinding(last.kind, last.start, max(last.end, secret.end))
        else:
            result.append(secret)
    return result


def _tokens(text: str) -> Iterator[SecretFinding]:
    first = patterns.FIRST_RUN().match(text)
    for run in chain([first] if first else [], patterns.RUN().finditer(text)):
        for match in patterns.PROVIDER().finditer(text, *run.span("s")):
            kind = patterns.KINDS[(match.lastindex or 1) - 1]
            end = match.end()
            if kind in patterns.BASE64_KINDS:
                rest = patterns.BASE64_REST().match(text, end)
                end = rest.end() if rest else end
            if kind in patterns.ZEROED_KINDS or is_token(match.group()):
                yield SecretFinding(kind, match.start(), end)


def _fits(kind: str, match: re.Match[str]) -> bool:
    """Whether a value in the right place is one that somebody has to keep secret."""
    value = match["s"]
    if kind == "basic-auth" and "curl" not in match.string[max(0, match.start() - 400) : match.start()]:
        return False  # many programs have an option -u
    if kind in {"url-credential", "basic-auth", "password"}:
        user = match.group()[: match.start("s") - match.start()].rsplit("/", 1)[-1].rstrip(":")
        return value != user and is_url_password(value)
    if kind == "bearer-token":
        return is_secret(value, "token", Writing.SETTING)
    if kind in patterns.ZEROED_KINDS:
        return True
    if kind == "private-key":
        return len(re.findall(r"[A-Za-z0-9+/=]", value)) >= 100
    return is_token(value)


def _cookies(text: str) -> Iterator[SecretFinding]:
    at = 0
    while (header := patterns.COOKIE().search(text, at)) is not None:
        at = min(header.end() + 2000, len(text))
        for pair in patterns.COOKIE_PAIR().finditer(text, header.end(), at):
            if is_secret(pair["s"], "token", Writing.SETTING):
                yield SecretFinding("cookie", *pair.span("s"))


def _assignments(text: str) -> Iterator[SecretFinding]:
    at = 0
    while (match := patterns.ASSIGNMENT().search(text, at)) is not None:
        found = _assigned(text, match)
        if found is not None:
            yield found
        at = found.end if found is not None else match.start("v")
    for literal, form in (("-", patterns.OPTION), *patterns.DECLARATIONS):
        if literal in text:
            for match in form().finditer(text):
                kind = telling(match["name"])
                found = _judged(text, match, kind, Writing.SETTING) if kind is not None else None
                if found is not None:
                    yield found


def _assigned(text: str, match: re.Match[str]) -> SecretFinding | None:
    """The secret in an assignment, header or field, if it is one."""
    begin = match.start()
    before = text[max(0, begin - _LONGEST_NAME) : begin]
    start = begin - len(before) + len(before.rstrip(_NAME_SIGNS))
    if start and text[start - 1] == "\\" and text[start] in "nrtbf":
        start += 1  # an escaped line end, not the name's first letter
    name = text[start : match.start("close")]
    kind = telling(name.lstrip("-"))
    if kind is None:
        return None
    separator, before_name = match["sep"], text[start - 1 : start]
    if before_name == ":" and (separator == ":" or text[start - 2 : start] == "::"):
        return None  # arn:...:secret:name, AWS::IAM::AccessKey
    if separator == ">" and before_name != "<" and not _ATTRIBUTE.search(text, max(0, start - 14), start):
        return None
    if name in {"PASS", "Pass", "pass"} and not (match["q"] or separator == "="):
        return None  # the word of a test run
    if name.startswith("-") or before_name in _STARTS_SETTING or (name.isupper() and separator == "="):
        writing = Writing.SETTING
    elif separator == ">" or "uthorization" in name or (":" in separator and "-" in name):
        writing = Writing.DATA  # no variable has a hyphen in its name: a header
    elif separator[0] == "(" or (separator[0] == "," and "alue" not in separator):
        writing = Writing.LISTED
    else:
        writing = Writing.FIELD if ":" in separator or "is" in separator else Writing.BARE
    return _judged(text, match, kind, writing, queried=before_name in {"?", "&"})


def _judged(
    text: str, match: re.Match[str], kind: str, writing: Writing, *, queried: bool = False
) -> SecretFinding | None:
    """The value of an assignment or option, as far as it really goes, if it is a secret."""
    start, end = match.span("v")
    quote = match["q"]
    if patterns.NESTED().match(text, start, end):
        return None
    if quote:
        writing = Writing.QUOTED if writing not in {Writing.SETTING, Writing.LISTED} else writing
        if not text.startswith(quote, end) and end < len(text) and end - start < patterns.MAX_VALUE:
            return None  # a sentence between quotes
    else:
        stop = (_QUERY_STOP if queried else _STOP).search(text, start, end)
        end = stop.start() if stop else end
        while end > start and text[end - 1] in ".,:)]}":
            end -= 1
        if text.startswith("...", end) or (writing is Writing.BARE and text[end : end + 1] in {"(", "["}):
            return None
    if not is_secret(text[start:end], kind, writing):
        return None
    rest = patterns.VALUE_REST().match(text, end) if end - start >= patterns.MAX_VALUE else None
    return SecretFinding(kind, start, rest.end() if rest else end)
