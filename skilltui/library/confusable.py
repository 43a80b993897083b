"""Which skills would be taken for one another, why, and which words would tell them apart. Pure.

Selection gets worse sharply beyond a critical size of the library, through look-alikes (arXiv 2601.04748). Each clause
of a description is asked as if a person had said it: where another skill would serve it too, although the words are
not its own, the two are confusable.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from skilltui.domain.skill import Skill
from skilltui.library.match import Matcher
from skilltui.library.postings import clauses
from skilltui.text.tokenise import STOP_WORDS, distinct_terms, stem, words

# A clause of fewer terms is a fragment of a list, not something a person would say.
MIN_TERMS = 2
_PHRASES = 5
_WORDS = 6
# How many of a body's terms could stand in its description.
_BODY_CHARS = 20_000


class Phrase(Struct, frozen=True):
    """A clause of one skill's description, with how surely each of the two serves it: in [0, 1], all others aside."""

    skill: str
    text: str
    own: float
    other: float


class Advice(Struct, frozen=True):
    """``narrow``: words of a skill's description that the other one has as well. ``add``: words only it could use."""

    skill: str
    narrow: tuple[str, ...]
    add: tuple[str, ...]


class Confusion(Struct, frozen=True):
    """Two skills that would be taken for one another. ``score``: how surely, for the worst of the phrases."""

    skills: tuple[str, str]
    paths: tuple[str, str]
    score: float
    shared: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    advice: tuple[Advice, Advice]


def confusable(matcher: Matcher, among: Collection[str] | None = None) -> list[Confusion]:
    """The pairs that are confusable, worst first; with ``among`` (paths) only those with at least one of these."""
    found: defaultdict[tuple[int, int], list[Phrase]] = defaultdict(list)
    for number, skill in enumerate(matcher.skills):
        for text in _askable(skill):
            for other, own_score, score in _rivals(matcher, number, text):
                pair = (min(number, other), max(number, other))
                found[pair].append(Phrase(skill.name, text, round(own_score, 4), round(score, 4)))
    return sorted(
        (
            _confusion(matcher, pair, phrases)
            for pair, phrases in found.items()
            if among is None or any(matcher.skills[n].path in among for n in pair)
        ),
        key=lambda confusion: (-confusion.score, confusion.skills),
    )


def _askable(skill: Skill) -> Iterator[str]:
    """What of a description a person might say: the clauses, and the whole where no clause is long enough."""
    long = [clause for clause in dict.fromkeys(clauses(skill.description)) if len(distinct_terms(clause)) >= MIN_TERMS]
    yield from long or [skill.description]


def _rivals(matcher: Matcher, own: int, text: str) -> Iterator[tuple[int, float, float]]:
    """Skills that would serve a skill's own words, were only the two of them there: number, its score, theirs."""
    strengths, none = matcher.strengths(text, matcher.skills[own].project)
    if own not in strengths:
        return
    for other, strength in strengths.items():
        if other == own:
            continue
        top = max(strengths[own], strength, none)
        parts = [math.exp(value - top) for value in (strengths[own], strength, none)]
        score, rival = parts[0] / sum(parts), parts[1] / sum(parts)
        if rival >= matcher.threshold:
            yield other, score, rival


def _confusion(matcher: Matcher, pair: tuple[int, int], phrases: list[Phrase]) -> Confusion:
    a, b = (matcher.skills[number] for number in pair)
    common = distinct_terms(f"{a.name} {a.description}").keys() & distinct_terms(f"{b.name} {b.description}").keys()
    shared = _weightiest(matcher, common, f"{a.name} {a.description}")
    worst = heapq.nlargest(_PHRASES, phrases, key=lambda phrase: phrase.other)
    return Confusion(
        (a.name, b.name), (a.path, b.path), worst[0].other, shared, tuple(worst),
        (_advice(matcher, a, b, shared), _advice(matcher, b, a, shared)),
    )  # fmt: skip


def _advice(matcher: Matcher, skill: Skill, other: Skill, shared: Sequence[str]) -> Advice:
    """Words that the skill itself says often and the other one nowhere."""
    theirs = distinct_terms(f"{other.name} {other.description} {other.body[:_BODY_CHARS]}")
    counts: Counter[str] = Counter()
    surface: dict[str, str] = {}
    for word in words(f"{skill.name} {skill.description} {skill.body[:_BODY_CHARS]}"):
        term = stem(word)
        if word not in STOP_WORDS and term not in theirs and len(word) > 2 and not any(map(str.isdigit, word)):
            counts[term] += 1
            surface.setdefault(term, word)
    weight = {term: math.log1p(count) * matcher.index.worth(term) for term, count in counts.items()}
    own = heapq.nsmallest(_WORDS, weight, key=lambda term: (-weight[term], term))
    here = {stem(word) for word in words(skill.description)}
    return Advice(skill.name, tuple(w for w in shared if stem(w) in here), tuple(surface[term] for term in own))


def _weightiest(matcher: Matcher, common: Collection[str], text: str) -> tuple[str, ...]:
    """The rarest of these terms, as they are written in a text."""
    surface: dict[str, str] = {}
    for word in words(text):
        surface.setdefault(stem(word), word)
    best = heapq.nsmallest(_WORDS, common, key=lambda term: (-matcher.index.worth(term), term))
    return tuple(surface[term] for term in best)
