"""The shape of a language's word lists: one pattern a sense, compiled when it is first asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module

from msgspec import Struct, field


class Sense(StrEnum):
    """What a pattern recognises. Those named ``_WITHIN`` may stand anywhere in a sentence, others where it says so."""

    FILLER = "filler"  # openings that say nothing: "ok so"
    PRAISE = "praise"  # at the opening
    THANKS = "thanks"  # anywhere in a short message
    BUT = "but"  # takes praise back, in the same sentence
    SLIP = "slip"  # the person's own mistake
    WITHDRAWN = "withdrawn"  # the last message does not count
    REJECTION = "rejection"  # it is wrong, it does not work, undo it
    CORRECTION = "correction"  # do it otherwise
    BARE_NO = "bare_no"  # the whole message
    GO_ON = "go_on"  # at the opening of a sentence: no task of its own
    ALSO = "also"  # at the opening: something beside what was asked
    ASKING = "asking"  # at the opening of a sentence: a task
    ASKING_WITHIN = "asking_within"
    DELIVERY = "delivery"  # at the opening: keep the work
    DELIVERY_WITHIN = "delivery_within"
    POINTS_BACK = "points_back"  # "fix it": the work at hand
    QUESTION = "question"  # at the opening
    STATEMENT = "statement"  # at the opening
    OPINION = "opinion"  # at the opening
    TROUBLE = "trouble"  # an error or a defect is spoken of


class Lexicon(Struct, frozen=True, eq=False):
    """One language. ``verbs`` order work where they open a sentence; ``reach``: how far into a sentence blame counts.

    A language without spaces has a short reach: there a pattern can't tell where a word ends.
    """

    code: str
    patterns: Mapping[Sense, str]
    verbs: frozenset[str] = frozenset()
    delivery: frozenset[str] = frozenset()
    reach: int = 160
    _opening: dict[Sense, re.Pattern[str] | None] = field(default_factory=dict)
    _anywhere: dict[Sense, tuple[re.Pattern[str] | None, ...]] = field(default_factory=dict)

    def opens(self, sense: Sense, text: str) -> re.Match[str] | None:
        """The sense at the very beginning of a text."""
        pattern = self._pattern(sense)
        return pattern.match(text) if pattern else None

    def holds(self, sense: Sense, text: str) -> bool:
        """Whether the sense is anywhere in a text."""
        if sense not in self._anywhere:
            self._anywhere[sense] = _anywhere(self.patterns.get(sense, ""))
        anchored, loose = self._anywhere[sense]
        if anchored is not None and anchored.match(text):
            return True
        return loose is not None and loose.search(text) is not None

    def is_all(self, sense: Sense, text: str) -> bool:
        """Whether a text says nothing else."""
        pattern = self._pattern(sense)
        return pattern is not None and pattern.fullmatch(text) is not None

    def _pattern(self, sense: Sense) -> re.Pattern[str] | None:
        if sense not in self._opening:
            source = self.patterns.get(sense)
            self._opening[sense] = re.compile(source) if source else None
        return self._opening[sense]


def _anywhere(source: str) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """A pattern for searching, three times as fast: alternatives that can only open a text apart from the others, and
    one test for the beginning of a word before all that need one."""
    groups: dict[str, list[str]] = {"^": [], r"\b": [], "": []}
    for part in _alternatives(source):
        kind = next(mark for mark in groups if part.startswith(mark))
        groups[kind].append(part[len(kind) :])
    loose = [f"(?:{'|'.join(groups[''])})"] if groups[""] else []
    loose += [rf"\b(?:{'|'.join(groups[chr(92) + 'b'])})"] if groups[r"\b"] else []
    return (
        re.compile("|".join(groups["^"])) if groups["^"] else None,
        re.compile("|".join(loose)) if loose else None,
    )


def _alternatives(source: str) -> list[str]:
    """What stands between the outermost ``|`` of a pattern."""
    parts, depth, start, at, in_set = [], 0, 0, 0, False
    while at < len(source):
        char = source[at]
        if char == "\\":
            at += 1
        elif in_set:
            in_set = char != "]"
        elif char == "[":
            in_set = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            parts.append(source[start:at])
            start = at + 1
        at += 1
    return [part for part in (*parts, source[start:]) if part]


# A message in none of the languages known: judged by its length and by what was done alone.
UNKNOWN = Lexicon("", {})


@cache
def lexicon(code: str) -> Lexicon:
    """The lexicon of a language, ``UNKNOWN`` for an empty code."""
    if not code:
        return UNKNOWN
    found: Lexicon = import_module(f"skilltui.text.languages.{code}").LEXICON
    return found
