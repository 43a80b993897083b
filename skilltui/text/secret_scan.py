"""Where the secrets of a text are. Pure; ``redact`` puts marks in their place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from skilltui.text import secret_patterns as patterns
from skilltui.text.secret_values import Writing, is_secret, is_token, is_url_password, telling

# What stands where a secret was while the rest is looked at again. No pattern matches it, or the mark's closing sign.
WALL = "‹"
# What a replacement uncovers (a neighbour that now ends at a wall) is looked for again, this often.
_MAX_PASSES = 8

# A mark, also where it went through json.dumps with ensure_ascii.
_MARK = re.compile(r"(?:‹|\\{1,8}u2039)redacted:[a-z0-9-]{1,40}:[0-9a-f]{8}(?:›|\\{1,8}u203a)")
_IMAGE = re.compile(r"data:image/[a-z0-9.+-]{1,30};base64,[A-Za-z0-9+/=]+")
# Without one of these a text holds a bare token or nothing.
_SEPARATOR = re.compile(r"[:=> ]")
# A shorter text, without a separator in it, holds nothing.
SHORTEST_TOKEN = 20
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


def find_secrets(text: str) -> list[SecretFinding]:
    """Secrets in a text without colour codes, in order, apart from each other."""
    if WALL in text or "u2039redacted" in text:
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
            parts += [text[at : secret.start], WALL * (secret.end - secret.start)]
            at = secret.end
        text = "".join([*parts, text[at:]])
    return sorted(found, key=lambda secret: secret.start)


def _scan(text: str) -> list[SecretFinding]:
    """One pass, specific shapes first. Most strings of a transcript are names and numbers, and need no look at all."""
    separated = _SEPARATOR.search(text) is not None
    if len(text) < SHORTEST_TOKEN and not separated:
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
        return value != user and is_url_password(value)
    if kind == "bearer-token":
        return is_secret(value, "token", Writing.SETTING)
    if kind == "private-key":
        return len(re.findall(r"[A-Za-z0-9+/=]", value)) >= 100
    return is_token(value)


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
