"""Files made to stall a scan: a megabyte of what nearly matches each rule, and the classics of hostile YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from skilltui.library.orders import RULES

MEGABYTE = 1024 * 1024
_FRONT = '---\nname: bait\ndescription: "Nothing. Use when measured."\n---\n'
# Between the near matches: so that they touch, stand in one line, in lines, or just thin enough not to be too dense.
_BETWEEN = ("", " ", "\n", " word" * 70, "x" * 350)
_WORD = "a"


def baits(seed: int) -> Iterator[tuple[str, bytes]]:
    """What it is, and the file; each at most as large as a skill may be."""
    yield from _yaml()
    yield from _texts()
    random = Random(seed)
    for number, rule in enumerate(RULES):
        patterns = [rule.pattern] + ([rule.near] if rule.near is not None else [])
        for pattern in patterns:
            for cut in (0.4, 0.8, 1.0):
                match = sample(pattern, random)
                head = match[: max(1, int(len(match) * cut) - 1)]
                between = random.choice(_BETWEEN)
                yield f"rule {number} {rule.code}, near matches", _filled(head + between)
        # All literals of the rule, thinly, so that every line must be read.
        yield f"rule {number} {rule.code}, its words", _filled(" ".join(rule.needs) + random.choice(_BETWEEN[3:]))


def _yaml() -> Iterator[tuple[str, bytes]]:
    bomb = "\n".join(
        [f"a0: &a0 [{','.join(['x'] * 9)}]", *(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))]
    )
    yield "alias bomb", f"---\nname: bait\n{bomb}\n---\n".encode()
    yield "10,000 brackets", f"---\nname: bait\ndescription: {'[' * 10_000}\n---\n".encode()
    yield "10,000 closed maps", f"---\nname: bait\ndescription: {'{a: ' * 2500}{'}' * 2500}\n---\n".encode()
    for opening, piece in (('"', "x"), ("", "x "), ("'", "''"), ("|\n  ", "x\n  "), ("", ": "), ("", "a: b\n")):
        for size in (15 * 1024, MEGABYTE - 100):
            front = f"---\nname: bait\ndescription: {opening}{piece * (size // len(piece))}\n---\n"
            yield f"{size // 1024} KiB of {piece!r} after {opening!r}", front.encode()
    lines = "".join(f"k{n}: a: b\n" for n in range(1200))
    yield "1,200 broken lines", f"---\n{lines}---\n".encode()


def _texts() -> Iterator[tuple[str, bytes]]:
    for name, piece in (
        ("one line of words", "word "),
        ("one word", "w"),
        ("line ends", "\n"),
        ("blanks", " "),
        ("blanks and tabs, then a letter", " \t" * 150 + "a"),
        ("zero-width characters", "\u200b"),
        ("zero-width joiners between letters", "a\u200d"),
        ("tag characters", "\U000e0061"),
        ("black flags and tags", "\U0001f3f4\U000e0067"),
        ("variation selectors", "\ufe00"),
        ("turned letters", "\u202ea"),
        ("direction marks", "a\u200e"),
        ("letters of two alphabets", "pа "),
        ("letters of two alphabets, one word", "pа"),
        ("open comments", "<!-- "),
        ("comments", "<!-- you must -->"),
        ("fences", "```\n"),
        ("fences and comments", "```\n<!--"),
        ("links", "](a/b/c.md)\n"),
        ("open links", "]("),
        ("styles", "style='"),
        ("reference comments", "[//]: # (x\n"),
        ("base64 of nothing", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY" * 2 + " "),
        ("passwords", "password: hunter22x\n"),
        ("names of secrets", "api_key = "),
        ("cookies", "Cookie: sid="),
        ("colour codes", "\x1b[0m"),
        ("ligatures", "\ufdfa"),
        ("joined lines", "\\\n"),
        ("headings", "# step\n"),
        ("carriage returns", "\r"),
        ("halves of escapes", "\\u001b["),
    ):
        yield name, _filled(piece)


def _filled(piece: str) -> bytes:
    room = MEGABYTE - len(_FRONT)
    data = piece.encode("utf-8", "surrogatepass")
    return _FRONT.encode() + (data * (room // len(data) + 1))[:room]


def sample(pattern: re.Pattern[str], random: Random) -> str:
    """A text that a pattern of the rules matches, look-around aside."""
    return _sampled(_parser.parse(pattern.pattern, pattern.flags), random)


def _sampled(nodes: Any, random: Random) -> str:
    parts = []
    for kind, value in nodes:
        if kind is sre.LITERAL:
            parts.append(chr(value))
        elif kind is sre.IN:
            parts.append(_member(value))
        elif kind in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            least, most, inner = value
            times = random.randint(least, min(int(most), least + 3))
            parts += [_sampled(inner, random) for _ in range(times)]
        elif kind is sre.SUBPATTERN:
            parts.append(_sampled(value[3], random))
        elif kind is sre.BRANCH:
            parts.append(_sampled(random.choice(value[1]), random))
        elif kind is sre.NOT_LITERAL:
            parts.append(_WORD)
    return "".join(parts)


def _member(members: Any) -> str:
    if members[0][0] is sre.NEGATE:
        return _WORD
    kind, value = members[0]
    if kind is sre.LITERAL:
        return chr(value)
    if kind is sre.RANGE:
        return chr(value[0])
    return {sre.CATEGORY_SPACE: " ", sre.CATEGORY_DIGIT: "1"}.get(value, _WORD)
