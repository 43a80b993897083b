"""Take secrets out of text and of decoded JSON before anything is stored.

A secret becomes ``‹redacted:kind:hmac8›``; ``hmac8`` is the head of an HMAC-SHA256 under a local key, so that equal
secrets stay equal and say nothing else. Doing it again changes nothing. Colour codes inside a secret do not hide it.
What the secrets look like stands in ``secret_patterns``, what is none in ``secret_values``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from skilltui.text import secret_patterns as patterns
from skilltui.text.redaction_key import load_or_create_key
from skilltui.text.secret_values import Writing, is_secret, is_token, telling

__all__ = ["JSON", "Redacted", "Redactor", "SecretFinding", "load_or_create_key"]

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

# JSON inside a string, inside a string ... to this depth.
MAX_NESTING = 4
# What a replacement uncovers (a neighbour that now ends at a wall) is looked for again, this often.
_MAX_PASSES = 8
_SHORTEST = 8
# Values that are no secrets and must stay whole: providers check them.
_KEPT_KEYS = frozenset({"signature", "encrypted_content"})
_MEDIA_TYPES = ("media_type", "mediaType", "mime_type", "mimeType")

# A mark, also where it went through json.dumps with ensure_ascii.
_MARK = re.compile(r"(?:‹|\\{1,8}u2039)redacted:[a-z0-9-]{1,40}:[0-9a-f]{8}(?:›|\\{1,8}u203a)")
_IMAGE = re.compile(r"data:image/[a-z0-9.+-]{1,30};base64,[A-Za-z0-9+/=]+")
# Colour and cursor codes, raw or still escaped.
_CSI = re.compile(r"(?:\x1b\[|\x9b|\\{1,8}(?:u001[bB]|x1[bB]|033|e)\[)[0-9;:?]{0,24}[A-Za-z]")
# Without one of these a text holds a bare token or nothing.
_SEPARATOR = re.compile(r"[:=> ]")
_SHORTEST_TOKEN = 20
_WALL = "‹"
# Signs before a name that make it a query parameter, or a field of a connection string.
_STARTS_SETTING = frozenset({"?", "&", ";"})
# What ends an unquoted value in a shell or a connection string, and in a query.
_STOP = re.compile(r";|&&|\|\|")
_QUERY_STOP = re.compile(r"[&;#]")


@dataclass(frozen=True, slots=True)
class SecretFinding:
    """A secret that was found: offsets in the original text, end exclusive."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text without its secrets, and where they were, in order."""

    text: str
    findings: tuple[SecretFinding, ...]


class Redactor:
    """Redaction under one key. Holds no state but the key, so any thread may use it at any time."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def redact(self, text: str) -> Redacted:
        """Redact one text: plain, coloured, code, or JSON as it stands in a file."""
        if len(text) < _SHORTEST:
            return Redacted(text, ())
        plain, codes = _without_codes(text)
        found = _find(plain)
        if not found:
            return Redacted(text, ())
        parts: list[str] = []
        findings: list[SecretFinding] = []
        at = 0
        for secret in found:
            start, end = _before(codes, secret.start), _before(codes, secret.end - 1) + 1
            mark = self._mark(secret.kind, plain[secret.start : secret.end])
            parts += [text[at:start], mark, *(_CSI.findall(text[start:end]) if codes else ())]
            findings.append(SecretFinding(secret.kind, start, end))
            at = end
        return Redacted("".join([*parts, text[at:]]), tuple(findings))

    def redact_value(self, value: JSON) -> tuple[JSON, Counter[str]]:
        """Redact a decoded JSON value and count what was found by kind; the value given is not changed.

        Strings that hold JSON are decoded, redacted and, only if something was found, encoded again. Text under a
        telling key (``"api_key"``) is judged with its key. Image data, ``signature`` and ``encrypted_content`` stay.
        """
        counts: Counter[str] = Counter()
        return self._walk(value, counts, MAX_NESTING), counts

    def _mark(self, kind: str, secret: str) -> str:
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"‹redacted:{kind}:{digest.hexdigest()[:8]}›"

    def _walk(self, root: JSON, counts: Counter[str], nesting: int) -> JSON:
        """A redacted copy, without recursion: decoded JSON may be nested deeper than Python's stack."""
        top: list[JSON] = [None]
        # What is still to copy: a value, and the way to put its copy in its place.
        todo: list[tuple[JSON, list[JSON] | dict[str, JSON], int | str, str]] = [(root, top, 0, "")]
        while todo:
            value, into, place, name = todo.pop()
            copy: JSON = value
            if isinstance(value, str):
                copy = self._string(value, name, counts, nesting)
            elif isinstance(value, list):
                copy = [None] * len(value)
                todo += [(item, copy, i, name) for i, item in enumerate(value)]
            elif isinstance(value, dict):
                copy = self._fields(value, counts, todo)
            into[place] = copy  # type: ignore[index]
        return top[0]

    def _fields(
        self,
        value: dict[str, JSON],
        counts: Counter[str],
        todo: list[tuple[JSON, list[JSON] | dict[str, JSON], int | str, str]],
    ) -> dict[str, JSON]:
        copy: dict[str, JSON] = {}
        image = any(str(value.get(key, "")).startswith("image/") for key in _MEDIA_TYPES)
        named = value.get("name", value.get("key"))  # {"name": "DB_PASSWORD", "value": "..."}
        for key, item in value.items():
            place = self._count(self.redact(key), counts)
            copy[place] = item
            if key in _KEPT_KEYS or (image and key == "data"):
                continue
            name = named if key == "value" and isinstance(named, str) else key
            todo.append((item, copy, place, name))
        return copy

    def _string(self, text: str, name: str, counts: Counter[str], nesting: int) -> str:
        if len(text) < 6:
            return text
        kind = telling(name) if name and _WALL not in text else None
        if kind and not any(char.isspace() for char in text) and is_secret(text, kind, Writing.DATA):
            specific = _find(text)
            kind = specific[0].kind if len(specific) == 1 and specific[0].end == len(text) else kind
            counts[kind] += 1
            return self._mark(kind, text)
        inner = _json_inside(text) if nesting else None
        if inner is None:
            return self._count(self.redact(text), counts)
        before = counts.total()
        redacted = self._walk(inner, counts, nesting - 1)
        if counts.total() == before:
            return text
        separators = (", ", ": ") if '": ' in text else (",", ":")
        try:
            return json.dumps(redacted, ensure_ascii=False, allow_nan=False, separators=separators)
        except (
            ValueError,
            RecursionError,
        ):  # an infinite number, or nested too deep to be written
            return self._count(self.redact(text), counts)

    def _count(self, redacted: Redacted, counts: Counter[str]) -> str:
        counts.update(finding.kind for finding in redacted.findings)
        return redacted.text


def _json_inside(text: str) -> list[JSON] | dict[str, JSON] | None:
    stripped = text.strip()
    if stripped[:1] + stripped[-1:] not in {"{}", "[]"}:
        return None
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None


# Positions in the text without codes at which a code was taken out, and what to add from there on.
_Codes: TypeAlias = tuple[list[int], list[int]]


def _without_codes(text: str) -> tuple[str, _Codes | None]:
    if "\x1b" not in text and "\x9b" not in text and "\\" not in text:
        return text, None
    positions: list[int] = [0]
    shifts: list[int] = [0]
    parts: list[str] = []
    at = 0
    for code in _CSI.finditer(text):
        parts.append(text[at : code.start()])
        at = code.end()
        shifts.append(shifts[-1] + len(code.group()))
        positions.append(code.end() - shifts[-1])
    if at == 0:
        return text, None
    return "".join([*parts, text[at:]]), (positions, shifts)


def _before(codes: _Codes | None, position: int) -> int:
    """The offset in the original of a character in the text without codes."""
    if codes is None:
        return position
    positions, shifts = codes
    return position + shifts[bisect_right(positions, position) - 1]


def _find(text: str) -> list[SecretFinding]:
    """Secrets in a text without colour codes, in order, apart from each other."""
    if _WALL in text or "u2039redacted" in text:
        text = _MARK.sub(_wall, text)
    if "data:image/" in text:
        text = _IMAGE.sub(_wall, text)
    found: list[SecretFinding] = []
    for _ in range(_MAX_PASSES):
        more = _apart(_scan(text))
        if not more:
            break
        found += more
        at, parts = 0, []
        for secret in more:
            parts += [text[at : secret.start], _WALL * (secret.end - secret.start)]
            at = secret.end
        text = "".join([*parts, text[at:]])
    return sorted(found, key=lambda secret: secret.start)


def _scan(text: str) -> list[SecretFinding]:
    """One pass, specific shapes first. Most strings of a transcript are names and numbers, and need no look at all."""
    separated = _SEPARATOR.search(text) is not None
    if len(text) < _SHORTEST_TOKEN and not separated:
        return []
    found = list(_tokens(text))
    for gate, rules in patterns.GATED:
        if gate in text:
            found += [
                SecretFinding(kind, *match.span("s"))
                for kind, pattern in rules
                for match in pattern.finditer(text)
                if _fits(kind, match)
            ]
    if separated:
        if "ookie" in text:
            found += _cookies(text)
        found += _assignments(text)
    return found


def _wall(match: re.Match[str]) -> str:
    return _WALL * len(match.group())


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
    first = patterns.FIRST_RUN.match(text)
    for run in chain([first] if first else [], patterns.RUN.finditer(text)):
        for match in patterns.PROVIDER.finditer(text, *run.span("s")):
            kind = patterns.KINDS[(match.lastindex or 1) - 1]
            end = match.end()
            if kind in patterns.BASE64_KINDS:
                rest = patterns.BASE64_REST.match(text, end)
                end = rest.end() if rest else end
            if is_token(match.group()):
                yield SecretFinding(kind, match.start(), end)


def _fits(kind: str, match: re.Match[str]) -> bool:
    """Whether a value in the right place is one that somebody has to keep secret."""
    value = match["s"]
    if kind == "basic-auth" and "curl" not in match.string[max(0, match.start() - 400) : match.start()]:
        return False  # many programs have an option -u
    if kind in {"url-credential", "basic-auth", "password"}:
        user = match.group()[: match.start("s") - match.start()].rsplit("/", 1)[-1].rstrip(":")
        return len(value) >= 4 and value != user and _is_url_password(value)
    if kind == "bearer-token":
        return is_secret(value, "token", Writing.SETTING)
    if kind == "private-key":
        return len(re.findall(r"[A-Za-z0-9+/=]", value)) >= 100
    return is_token(value)


def _is_url_password(value: str) -> bool:
    if value.isalpha() and value.islower():
        # Nothing but letters: "password", "secret", "changeme"; a long one may be a passphrase.
        return len(value) >= 16 and is_secret(value + "1a2", "password", Writing.SETTING)
    return is_secret(value.ljust(6, "\0"), "password", Writing.SETTING)


def _cookies(text: str) -> Iterator[SecretFinding]:
    at = 0
    while (header := patterns.COOKIE.search(text, at)) is not None:
        at = min(header.end() + 2000, len(text))
        for pair in patterns.COOKIE_PAIR.finditer(text, header.end(), at):
            if is_secret(pair["s"], "token", Writing.SETTING):
                yield SecretFinding("cookie", *pair.span("s"))


def _assignments(text: str) -> Iterator[SecretFinding]:
    at = 0
    while (match := patterns.ASSIGNMENT.search(text, at)) is not None:
        found = _assigned(text, match)
        if found is not None:
            yield found
        at = found.end if found is not None else match.start("v")
    if "-" in text:
        for match in patterns.OPTION.finditer(text):
            kind = telling(match["name"])
            if kind is not None:
                found = _judged(text, match, kind, Writing.SETTING)
                if found is not None:
                    yield found


def _assigned(text: str, match: re.Match[str]) -> SecretFinding | None:
    """The secret in an assignment, header or field, if it is one."""
    begin = match.start()
    before = patterns.NAME_BEFORE.search(text, max(0, begin - 60), begin)
    start = before.start() if before else begin
    if start and text[start - 1] == "\\" and text[start] in "nrtbf":
        start += 1  # an escaped line end, not the name's first letter
    name = text[start : match.start("close")]
    kind = telling(name.lstrip("-"))
    if kind is None:
        return None
    separator, before_name = match["sep"], text[start - 1 : start]
    if separator == ">" and before_name != "<":
        return None
    if name in {"PASS", "Pass", "pass"} and not (match["q"] or separator == "="):
        return None  # the word of a test run
    if name.startswith("-") or before_name in _STARTS_SETTING or (name.isupper() and separator == "="):
        writing = Writing.SETTING
    elif separator == ">" or "uthorization" in name or (":" in separator and "-" in name):
        writing = Writing.DATA  # no variable has a hyphen in its name: a header
    else:
        writing = Writing.FIELD if ":" in separator or "is" in separator else Writing.BARE
    return _judged(text, match, kind, writing, queried=before_name in {"?", "&"})


def _judged(
    text: str, match: re.Match[str], kind: str, writing: Writing, *, queried: bool = False
) -> SecretFinding | None:
    """The value of an assignment or option, as far as it really goes, if it is a secret."""
    start, end = match.span("v")
    quote = match["q"]
    if patterns.NESTED.match(text, start, end):
        return None
    if quote:
        writing = Writing.QUOTED if writing is not Writing.SETTING else writing
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
    rest = patterns.VALUE_REST.match(text, end) if end - start >= patterns.MAX_VALUE else None
    return SecretFinding(kind, start, rest.end() if rest else end)
