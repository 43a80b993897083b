"""Hidden text: what a person does not see and a model reads. Shown decoded (field ``shown`` of the finding)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from skilltui.domain.skill import Finding, Severity, Verdict

_SHOWN = 300
_PER_KIND = 5

_TAGS = re.compile("[\U000e0000-\U000e007f]+")
# Flags of England, Scotland and Wales are spelt with tag characters.
_FLAG = re.compile("\U0001f3f4[\U000e0061-\U000e007a]{4,6}\U000e007f")
_SELECTORS = re.compile("[\U000e0100-\U000e01ef]+|[\ufe00-\ufe0f]{2,}")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MARKS = re.compile("[\u200e\u200f\u061c]")
_ZERO_WIDTH = re.compile("[\u200b\u2060-\u2064\u180e\ufff9-\ufffb]|(?<=.)\ufeff", re.DOTALL)
# Joiners are part of emoji and of Indic and Arabic script; between Latin letters they only hide.
_JOINER = re.compile("(?<=[A-Za-z0-9])[\u200c\u200d\u00ad]+(?=[A-Za-z0-9])")
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_MIXED = re.compile(r"\b(?=\w{0,40}[a-zA-Z])(?=\w{0,40}[\u0400-\u04ff\u0531-\u058f])\w{3,40}")

UNSEEN = re.compile(
    "[\U000e0000-\U000e007f\U000e0100-\U000e01ef\ufe00-\ufe0f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u00ad\u061c\u180e\ufeff]+"
)
"""Characters that the other rules must not stumble over."""
# One look for all of the above: most texts need no other.
_ODD = re.compile(
    "[\U000e0000-\U000e01ef\u200b-\u200f\u202a-\u202e\u2060-\u206f\u00ad\u061c\u180e\ufff9-\ufffb\ufeff\u0400-\u04ff\u0531-\u058f]"
    "|[\ufe00-\ufe0f]{2}"
)

_FENCE = re.compile(r"^[ \t]{0,12}(`{3,}|~{3,})", re.MULTILINE)
_REFERENCE_COMMENT = re.compile(
    r"^[ \t]{0,3}\[(?://|comment|_)\]:[ \t]{1,4}(?:#|<>)[ \t]{0,4}[(\"']([^\n]{1,500})[)\"']", re.MULTILINE
)
_HIDING_STYLE = re.compile(
    r"\bstyle\s{0,3}=\s{0,3}[\"'][^\"'>]{0,120}?(?:display\s{0,2}:\s{0,2}none|visibility\s{0,2}:\s{0,2}hidden"
    r"|font-size\s{0,2}:\s{0,2}0|opacity\s{0,2}:\s{0,2}0(?![.\d])|color\s{0,2}:\s{0,2}(?:white|#fff(?:fff)?)\b)"
    r"[^>]{0,120}>([^<]{0,500})", re.IGNORECASE
)  # fmt: skip
_ORDER = re.compile(
    r"\b(?:ignore|disregard|you (?:must|should|are|will)|do not|don't|never|always|assistant|agents?|instructions?"
    r"|execute"
    r"|run (?:the|this)|send (?:the|this|all)|upload (?:the|this|all)|curl|wget|secret|password|override|obey)\b",
    re.IGNORECASE,
)
# Comments that steer tools or mark places in a template are no messages to a model.
_HARMLESS_COMMENT = re.compile(
    r"^\s{0,20}(?:/?\s{0,2}(?:markdownlint|prettier|vale|eslint|textlint|alex|cspell|toc|doctoc|begin|start|end"
    r"|prettier-ignore)\b|todo\b|note:|source:"
    r"|license|copyright|spdx)",
    re.IGNORECASE,
)
_OFFSCREEN = re.compile(r"(?:(?<![ \t\xa0])[ \t\xa0]{200,}|(?<!\n)\n{80,})(?=\S)")


def hidden_findings(text: str) -> list[Finding]:
    """Findings on characters, comments and layout that hide text from the eye; at most five of a kind."""
    found: list[Finding] = []
    odd = not text.isascii() and _ODD.search(text) is not None
    for kind in (*((_tags, _selectors, _direction, _width, _confusable) if odd else ()), _markup, _offscreen):
        found += islice(kind(text), _PER_KIND)
    return found


def _tags(text: str) -> Iterator[Finding]:
    flags = [match.span() for match in _FLAG.finditer(text)]
    for match in _TAGS.finditer(text):
        if not any(start <= match.start() < end for start, end in flags):
            plain = "".join(chr(ord(char) - 0xE0000) for char in match[0])
            message = "invisible tag characters that spell a message"
            yield _found("HIDDEN", Severity.CRITICAL, text, match.start(), message, shown=plain)


def _selectors(text: str) -> Iterator[Finding]:
    for match in _SELECTORS.finditer(text):
        plain = bytes(_selector_byte(char) for char in match[0]).decode("utf-8", "replace")
        message = "a row of variation selectors carries hidden bytes"
        yield _found("HIDDEN", Severity.CRITICAL, text, match.start(), message, shown=plain)


def _direction(text: str) -> Iterator[Finding]:
    for match in _BIDI.finditer(text):
        message = "characters that turn the reading direction"
        yield _found("BIDI", Severity.HIGH, text, match.start(), message, shown=_escaped(text, match.start()))
    for match in _MARKS.finditer(text):
        if not _RTL.search(text, max(0, match.start() - 40), match.end() + 40):
            message = "a direction mark in text of one direction"
            yield _found("BIDI", Severity.MEDIUM, text, match.start(), message, shown=_escaped(text, match.start()))


def _width(text: str) -> Iterator[Finding]:
    for pattern in (_ZERO_WIDTH, _JOINER):
        for match in pattern.finditer(text):
            message = "a character without width"
            yield _found(
                "ZERO_WIDTH", Severity.MEDIUM, text, match.start(), message, shown=_escaped(text, match.start())
            )


def _confusable(text: str) -> Iterator[Finding]:
    for match in _MIXED.finditer(text):
        message = "a word of letters from two alphabets that look alike"
        yield _found("CONFUSABLE", Severity.MEDIUM, text, match.start(), message, shown=ascii(match[0])[1:-1])


def _markup(text: str) -> Iterator[Finding]:
    lower = text.lower()
    fences = [match.start() for match in _FENCE.finditer(text)] if "<!--" in text else []
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start)
        inner = text[start + 4 : end if end >= 0 else len(text)]
        # In a code fence a comment is seen by everybody.
        shown = bisect_right(fences, start) % 2 == 1
        if not shown and _ORDER.search(inner) and not _HARMLESS_COMMENT.match(inner):
            yield _found("HIDDEN_HTML", Severity.HIGH, text, start, "an HTML comment that gives orders", shown=inner)
        start = text.find("<!--", end) if end >= 0 else -1
    for literal, pattern, message in (
        ("]:", _REFERENCE_COMMENT, "a Markdown comment that gives orders"),
        ("tyle", _HIDING_STYLE, "text that is styled away"),  # a long s would do for its first letter
    ):
        for match in pattern.finditer(text) if literal in lower else ():
            if _ORDER.search(match[1]):
                yield _found("HIDDEN_HTML", Severity.HIGH, text, match.start(), message, shown=match[1])


def _offscreen(text: str) -> Iterator[Finding]:
    if " " * 200 not in text.replace("\t", " ").replace("\xa0", " ") and "\n" * 80 not in text:
        return
    for match in _OFFSCREEN.finditer(text):
        tail = text[match.end() : match.end() + _SHOWN].splitlines()[0]
        yield _found("OFFSCREEN", Severity.HIGH, text, match.end(), "text far outside the window", shown=tail)


def _found(code: str, severity: Severity, text: str, offset: int, message: str, *, shown: str) -> Finding:
    line = text.count("\n", 0, offset) + 1
    return Finding(code, severity, line, message, " ".join(shown.split())[:_SHOWN], Verdict.BLOCK)


def _selector_byte(char: str) -> int:
    point = ord(char)
    return point - 0xFE00 if point < 0xE0100 else point - 0xE0100 + 16


def _escaped(text: str, offset: int) -> str:
    around = text[max(0, offset - 30) : offset + 31].replace("\n", " ")
    return "".join(char if char.isprintable() else f"<U+{ord(char):04X}>" for char in around)
