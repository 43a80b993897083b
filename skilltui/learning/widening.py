"""A description that says what a person linked to its skill: bounded to the words of those requests. Pure.

A description is all that an agent sees when it chooses, and one that fires on everything is worse than one that misses
(zeph#5694). So a phrase is added only where it makes linked requests match that did not, and at most three are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from msgspec import Struct

from skilltui.domain.gap import GapRequest
from skilltui.domain.proposal import DESCRIPTION, Edit, EditOp, EvidenceRef, Origin, Support
from skilltui.figures import plural
from skilltui.learning.asking import is_order
from skilltui.learning.cards import MAX_EVIDENCE, quote
from skilltui.learning.gaps import STRONG
from skilltui.learning.phrases import MAX_DESCRIPTION, asked_for, clause, short
from skilltui.learning.safe import forbidden
from skilltui.text.tokenise import terms

MOST_PHRASES = 3
_TRIED = 6
_MAX_PHRASE = 60
# A score that rises by less is no better match.
_GAIN = 0.02

# How sure a matcher is, with this description, that the skill serves each request; 0 where another comes first.
Scores = Callable[[str, Sequence[GapRequest]], Sequence[float]]


class Widened(Struct, frozen=True):
    """An edit of the description, or the reason why there is none."""

    edit: Edit | None
    reason: str


def widen(description: str, gap: str, requests: Sequence[GapRequest], scores: Scores) -> Widened:
    """One edit that adds what the requests of a gap say to a description that does not make them match.

    A request that came often counts as often; each different one is scored once.
    """
    if not requests:
        return Widened(None, "the gap holds no request of a kind that this skill could serve")
    asked = list({(r.text, r.project): r for r in requests}.values())
    times = Counter((r.text, r.project) for r in requests)
    weights = [times[r.text, r.project] for r in asked]
    before = scores(description, asked)
    missing = {(r.text, r.project) for r, score in zip(asked, before, strict=True) if score < STRONG}
    if not missing:
        many = "all of its requests" if len(requests) > 1 else "its request"
        return Widened(None, f"the description makes {many} match already")
    after, reached, kept = description, list(before), list[str]()
    for phrase in _phrases(description, [r for r in requests if (r.text, r.project) in missing]):
        text = _with(description, [*kept, phrase])
        if len(kept) == MOST_PHRASES or len(text) > MAX_DESCRIPTION:
            break
        now = scores(text, asked)
        if _better(reached, now, weights):
            after, reached, kept = text, list(now), [*kept, phrase]
    if not kept:
        return Widened(None, "no short phrase of the requests would make them match: reword the description by hand")
    better = {
        (r.text, r.project) for r, was, now in zip(asked, before, reached, strict=True) if now > was + _GAIN
    }  # fmt: skip
    nearer = [r for r in requests if (r.text, r.project) in better]
    evidence = tuple(EvidenceRef(r.trajectory or gap, None, quote(r.text)) for r in nearer)[-MAX_EVIDENCE:]
    total = plural(len(requests), "request")
    note = f"linked: {_matching(reached, weights)} of {total} would match, {_matching(before, weights)} before"
    support = Support(len(nearer), len(requests))
    edit = Edit("e1", EditOp.REPLACE, DESCRIPTION, description, after, support, evidence, Origin.USER, note)
    return Widened(edit, note)


def _better(was: Sequence[float], now: Sequence[float], weights: Sequence[int]) -> bool:
    """More of them match; or as many, and together they do so more surely."""
    matching = _matching(now, weights) - _matching(was, weights)
    gained = sum((new - old) * times for new, old, times in zip(now, was, weights, strict=True))
    return matching > 0 or (matching == 0 and gained > _GAIN)


def _matching(scores: Sequence[float], weights: Sequence[int]) -> int:
    return sum(times for score, times in zip(scores, weights, strict=True) if score >= STRONG)


def _phrases(description: str, requests: Sequence[GapRequest]) -> list[str]:
    said = set(terms(description))
    found = []
    for text in asked_for([r.text for r in requests], limit=_TRIED):
        phrase = short(clause(text), _MAX_PHRASE).rstrip("?!. ")
        if len(phrase) > 2 and phrase not in found and not forbidden(phrase):
            found.append(phrase)
    # What it does not say yet goes first.
    return sorted(found, key=lambda phrase: set(terms(phrase)) <= said)


def _with(description: str, phrases: Sequence[str]) -> str:
    orders = [phrase for phrase in phrases if is_order(phrase)]
    others = [f"“{phrase}”" for phrase in phrases if phrase not in orders]
    uses = [f"asked to {_joined(orders)}"] if orders else []
    uses += [f"told {_joined(others)}"] if others else []
    return f"{description.rstrip().rstrip('.')}. Also use when {' or '.join(uses)}."


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"
