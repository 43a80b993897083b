"""Two texts as rows to draw: side by side, or one below the other. Pure; it keeps every character of both.

A line ends at a line feed alone, so that a carriage return or a missing last line feed is a difference like any other.
Places inside a line are marked only where both sides of a hunk have the same number of lines: elsewhere it is not known
which line became which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

from msgspec import Struct

Marks: TypeAlias = tuple[tuple[int, int], ...]

# Comparing words is quadratic in the worst case, and nobody reads marks in a line of that length.
MARK_LIMIT = 2000
MARK_LINES = 200
# difflib's guess at popular lines makes a diff coarser; below this many lines it is fast enough without.
EXACT_LINES = 2000
# Above this the middle of the texts is one hunk: difflib took a minute for a hundred thousand lines (measured), and a
# thread can't be stopped.
MOST_LINES = 20_000
# Two lines that share less than this are two lines, and marks would cover them whole.
MARK_RATIO = 0.3

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


class Line(Struct, frozen=True):
    """A line of one side. ``number`` counts from 1; ``ends``: a line feed follows; ``marks`` are offsets."""

    number: int
    text: str
    ends: bool = True
    marks: Marks = ()


class Row(Struct, frozen=True):
    """What stands on one line of the view. ``hunk`` counts from 0, ``None`` where both sides are the same."""

    left: Line | None
    right: Line | None
    hunk: int | None = None


class Hunk(Struct, frozen=True):
    """Lines that differ: half-open ranges of 0-based line numbers."""

    left: tuple[int, int]
    right: tuple[int, int]


class DiffModel(Struct, frozen=True):
    """Both texts in rows. ``beside`` pairs the lines of a hunk; ``unified`` has what went above what came."""

    beside: tuple[Row, ...]
    unified: tuple[Row, ...]
    hunks: int
    removed: int
    added: int


def split_lines(text: str) -> list[str]:
    """The lines of a text with their line feeds; joined they are the text again."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def changed_ranges(before: Sequence[str], after: Sequence[str]) -> list[Hunk]:
    """Where two sequences of lines differ, in order."""
    start = 0
    shortest = min(len(before), len(after))
    while start < shortest and before[start] == after[start]:
        start += 1
    end = 0
    while end < shortest - start and before[-1 - end] == after[-1 - end]:
        end += 1
    a, b = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(a), len(b)) > MOST_LINES:
        return [Hunk((start, len(before) - end), (start, len(after) - end))]
    matcher = SequenceMatcher(None, a, b, autojunk=max(len(a), len(b)) > EXACT_LINES)
    return [
        Hunk((i1 + start, i2 + start), (j1 + start, j2 + start))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    ]


def diff(before: str, after: str) -> DiffModel:
    """Compare two texts line by line."""
    old, new = split_lines(before), split_lines(after)
    hunks = changed_ranges(old, new)
    beside: list[Row] = []
    unified: list[Row] = []
    at_old = at_new = 0
    for number, hunk in enumerate(hunks):
        same = list(_same(old, new, (at_old, hunk.left[0]), at_new))
        beside += same
        unified += same
        went, came = _sides(old, new, hunk)
        for index in range(max(len(went), len(came))):
            left = went[index] if index < len(went) else None
            right = came[index] if index < len(came) else None
            beside.append(Row(left, right, number))
        unified += [Row(line, None, number) for line in went]
        unified += [Row(None, line, number) for line in came]
        at_old, at_new = hunk.left[1], hunk.right[1]
    same = list(_same(old, new, (at_old, len(old)), at_new))
    return DiffModel(
        tuple(beside + same),
        tuple(unified + same),
        hunks=len(hunks),
        removed=sum(hunk.left[1] - hunk.left[0] for hunk in hunks),
        added=sum(hunk.right[1] - hunk.right[0] for hunk in hunks),
    )


def word_marks(before: str, after: str) -> tuple[Marks, Marks]:
    """Which characters of two lines differ, word by word; nothing where they share too little to compare."""
    if max(len(before), len(after)) > MARK_LIMIT:
        return (), ()
    old, new = _WORD.findall(before), _WORD.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    shared = sum(sum(map(len, old[i : i + size])) for i, _, size in matcher.get_matching_blocks())
    if 2 * shared < MARK_RATIO * (len(before) + len(after)):
        return (), ()
    old_at, new_at = _offsets(old), _offsets(new)
    left: list[tuple[int, int]] = []
    right: list[tuple[int, int]] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        if i1 < i2:
            left.append((old_at[i1], old_at[i2]))
        if j1 < j2:
            right.append((new_at[j1], new_at[j2]))
    return tuple(left), tuple(right)


def _offsets(words: Sequence[str]) -> list[int]:
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + len(word))
    return offsets


def _line(lines: Sequence[str], index: int, marks: Marks = ()) -> Line:
    text = lines[index]
    return Line(index + 1, text.removesuffix("\n"), text.endswith("\n"), marks)


def _same(old: Sequence[str], new: Sequence[str], span: tuple[int, int], at_new: int) -> Iterator[Row]:
    for index in range(*span):
        yield Row(_line(old, index), _line(new, at_new + index - span[0]))


def _sides(old: Sequence[str], new: Sequence[str], hunk: Hunk) -> tuple[list[Line], list[Line]]:
    went, came = range(*hunk.left), range(*hunk.right)
    if len(went) != len(came) or len(went) > MARK_LINES:
        return [_line(old, i) for i in went], [_line(new, j) for j in came]
    left: list[Line] = []
    right: list[Line] = []
    for i, j in zip(went, came, strict=True):
        marks = word_marks(old[i].removesuffix("\n"), new[j].removesuffix("\n"))
        left.append(_line(old, i, marks[0]))
        right.append(_line(new, j, marks[1]))
    return left, right
