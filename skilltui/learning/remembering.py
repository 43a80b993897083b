"""What a decided gap keeps of requests that were forgotten: keyed hashes of their terms. Pure.

A person who had a session forgotten wants no word of it kept, and one who dismissed a need does not want it back. So a
term is kept as its hash under the home's key, and for typing errors as the hashes of itself with one letter left out:
two words that are one error apart share one of these (symmetric deletion).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from skilltui.learning.clustering import BRIEF, GENERIC, NEWEST, SAME_NEED, profile_of

# A keyed hash; equal texts give equal ones.
Digest = Callable[[str], str]
# JSON: for each term of a request, in order, its weight and its hashes; whether one term alone says what is wanted.
Marks: TypeAlias = dict[str, Any]

_SHORTEST = 5
_CONTAINED = 0.6


def marks_of(texts: Iterable[str], digest: Digest) -> list[Marks]:
    """What is kept of requests, each different one once; nothing of one that says nothing."""
    distinct = list(dict.fromkeys(texts))
    profiles = (profile_of(text) for text in dict.fromkeys([*distinct[:1], *distinct[-NEWEST:]]))
    return [_marks(profile, digest) for profile in profiles if profile]


def resembles(text: str, kept: Sequence[Marks], digest: Digest) -> float:
    """How far a request asks for what one of those did that are kept, in [0, 1]; 0 where it is another need."""
    profile = profile_of(text)
    if not profile:
        return 0.0
    mine = _marks(profile, digest)
    best = max((_likeness(mine, yours) for yours in kept), default=0.0)
    return best if best >= SAME_NEED else 0.0


def _marks(profile: Any, digest: Digest) -> Marks:
    terms = [[weight, sorted(map(digest, _spellings(term)))] for term, weight in profile.items()]
    return {"terms": terms, "telling": len(terms) > 1 or next(iter(profile)) not in GENERIC}


def _spellings(term: str) -> set[str]:
    """The term; and where it is long enough to be misspelt, what is left of it without one letter."""
    if len(term) < _SHORTEST:
        return {term}
    return {term, f"~{term}"} | {f"~{term[:at]}{term[at + 1 :]}" for at in range(len(term))}


def _likeness(mine: Marks, yours: Marks) -> float:
    pairs = _pairs(mine["terms"], yours["terms"])
    if not pairs:
        return 0.0
    shared = sum(min(mine["terms"][a][0], yours["terms"][b][0]) for a, b in pairs)
    union = sum(weight for marks in (mine, yours) for weight, _ in marks["terms"]) - shared
    shorter, longer = sorted((mine, yours), key=lambda marks: len(marks["terms"]))
    contained = shorter["telling"] and len(pairs) == len(shorter["terms"]) and len(longer["terms"]) <= BRIEF
    score = float(shared / union)
    return max(score, _CONTAINED) if contained and (0, 0) in pairs else score


def _pairs(mine: Sequence[Any], yours: Sequence[Any]) -> list[tuple[int, int]]:
    free = dict(enumerate(set(hashes) for _, hashes in yours))
    pairs = []
    for place, (_, hashes) in enumerate(mine):
        other = next((number for number, theirs in free.items() if not theirs.isdisjoint(hashes)), None)
        if other is not None:
            del free[other]
            pairs.append((place, other))
    return pairs
