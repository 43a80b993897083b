"""An engine's draft as edits: whatever a model said, an edit stands on cards and says nothing forbidden."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from skilltui.domain.proposal import MAX_EDITS, Edit, EditOp, Origin, Support
from skilltui.learning.cards import MAX_EVIDENCE
from skilltui.learning.edits import GOTCHAS, STEPS
from skilltui.learning.engine import Card, Draft, Item
from skilltui.learning.safe import forbidden, urls
from skilltui.learning.told import already_said

MAX_LINE = 400
MAX_LINES = 12
_MARKER = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_CODE = re.compile(r"`+ ?([^`]+?) ?`+")


def edits_from(
    draft: Draft,
    cards: Sequence[Card],
    *,
    existing: str = "",
    replacements: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[tuple[Edit, ...], int]:
    """At most ``MAX_EDITS`` edits, best first, and how many lessons were left out for that limit.

    An item that names no card of ours is thrown away, and so is a line that holds what a draft may not hold.
    ``replacements``: (wrong, right) by card; where the skill's text tells the wrong command, its line is replaced.
    """
    known = {card.id: card for card in cards}
    rank = {card.id: place for place, card in enumerate(cards)}
    items = [item for item in draft.items if any(c in known for c in item.cards)]
    items.sort(key=lambda item: min(rank[c] for c in item.cards if c in rank))
    edits: list[Edit] = []
    said: dict[str, list[str]] = {}
    for item in items:
        used = [known[c] for c in dict.fromkeys(item.cards) if c in known]
        others = said.setdefault(_section(item), [])
        lines = [line for line in _lines(item) if not already_said(line, others)]
        if not lines:
            continue
        others += lines
        edit = _replacement(used, existing, replacements or {}) or _addition(item, used, lines)
        edits.append(edit)
    kept = edits[:MAX_EDITS]
    numbered = tuple(replace(edit, id=f"e{number}") for number, edit in enumerate(kept, 1))
    return numbered, len(edits) - len(kept)


def _lines(item: Item) -> list[str]:
    lines = (_MARKER.sub("", " ".join(line.split())).strip() for line in item.lines)
    kept = [line for line in lines if line and len(line) <= MAX_LINE and not forbidden(line) and line[0] not in "#>|<"]
    return kept[:MAX_LINES]


def _section(item: Item) -> str:
    return STEPS if item.section.strip().casefold() == STEPS.casefold() else GOTCHAS


def _addition(item: Item, used: Sequence[Card], lines: Sequence[str]) -> Edit:
    section = _section(item)
    numbered = section == STEPS
    after = "\n".join(f"{n}. {line}" if numbered else f"- {line}" for n, line in enumerate(lines, 1))
    evidence = tuple(dict.fromkeys(ref for card in used for ref in card.evidence))[:MAX_EVIDENCE]
    return Edit("", EditOp.ADD, section, None, after, _support(used), evidence, _origin(used, lines), _note(used))


def _replacement(used: Sequence[Card], existing: str, replacements: Mapping[str, tuple[str, str]]) -> Edit | None:
    """The skill's own line with the command that works, where it tells the one that fails, once and on one line."""
    if len(used) != 1 or used[0].id not in replacements:
        return None
    wrong, right = replacements[used[0].id]
    whole = re.compile(rf"(?<![\w./-]){re.escape(wrong)}(?![\w./-])")
    section, holding, fenced = "", [], False
    for line in existing.replace("\r\n", "\n").split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        heading = None if fenced else re.match(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*$", line)
        if heading:
            section = heading[1]
        elif whole.search(line):
            holding.append((section, line))
    if len(holding) != 1 or "<" in wrong + right:
        return None
    section, line = holding[0]
    card = used[0]
    after = whole.sub(lambda _: right, line)
    return Edit("", EditOp.REPLACE, section, line, after, card.support, card.evidence, card.origin, card.note)


def _support(used: Iterable[Card]) -> Support:
    """The weakest of the cards: a sentence is as good as what it rests on least."""
    return min((card.support for card in used), key=lambda s: (s.trajectories / max(1, s.of), s.trajectories))


def _origin(used: Sequence[Card], lines: Sequence[str]) -> Origin:
    """The least trustworthy of the cards' origins, and ``TOOL`` for a command or address that no card holds."""
    origins = {card.origin for card in used}
    told = " ".join((*(line for card in used for line in card.lines), *(q for card in used for q in card.quotes)))
    named = [text for line in lines for text in (*_CODE.findall(line), *urls(line))]
    if Origin.TOOL in origins or any(text.strip() not in told for text in named):
        return Origin.TOOL
    for origin in (Origin.DOCS, Origin.ASSISTANT):
        if origin in origins:
            return origin
    return Origin.USER


def _note(used: Sequence[Card]) -> str:
    return "; ".join(dict.fromkeys(card.note for card in used))[:160]
