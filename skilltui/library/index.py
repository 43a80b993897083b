"""The index: how a request compares with each skill. Pure, deterministic.

Four measures decide, chosen by backward elimination from fifteen (BM25F, its square-root normalised form, bigrams,
best passage of the body, highest matched idf and more) under cross-validation grouped by skill: with these four the
others add nothing. Each is a plain count or share, so that an answer can be explained. ``python -m
tests.bench.match_fit`` measures them and fits their weights.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from rapidfuzz import process
from rapidfuzz.distance import OSA

from skilltui.domain.skill import Skill
from skilltui.library.postings import Postings, post
from skilltui.text.tokenise import STOP_WORDS, stem, words

# Document frequencies over a handful of skills say little: below this size a library counts as this large.
MIN_SIZE = 30
# How much of the highest idf a word counts for that no skill knows.
UNKNOWN_WEIGHT = 0.5

# A word that no skill knows is taken for a known one if so alike, begins alike and is not short.
TYPO_SIMILARITY = 0.8
TYPO_MIN_LENGTH = 5
TYPO_WEIGHT = 0.8
# Long requests hold many unknown words that are no typos; the first ones matter.
MAX_TYPOS = 12

_NONE: Sequence[int] = ()


class Query(Struct, frozen=True):
    """A request as the index sees it: weights of the terms that some skill knows, and the mass of all.

    ``terms`` are all its terms, ``numbered`` the weights by the numbers of the terms; ``surface`` gives for each known
    term the word of the request; ``typos`` what it was taken for.
    """

    terms: tuple[str, ...]
    weights: dict[str, float]
    numbered: dict[int, float]
    mass: float
    size: int
    surface: dict[str, str]
    unknown: tuple[str, ...]
    typos: dict[str, str]


class Measures(Struct, frozen=True):
    """How each skill compares with a request, by the skill's number.

    ``name``: idf-weighted share of the skill's name found in the request. ``hits``: how many of the request's terms
    stand in its name or description. ``coverage``: share of the request's idf mass found anywhere in the skill; 0
    where they have nothing in common. The fourth measure is :meth:`SkillIndex.clause`.
    """

    name: list[float]
    hits: list[float]
    coverage: list[float]


class SkillIndex:
    """Terms of skills, by field. Of skills that are in ``known`` unchanged the terms are taken from there."""

    def __init__(self, skills: Sequence[Skill], known: Postings | None = None) -> None:
        self.postings = post(skills, known)
        self.count = len(self.postings.keys)
        self.size = max(self.count, MIN_SIZE)
        self._numbers = dict(zip(self.postings.terms, range(len(self.postings.terms)), strict=True))
        self._highest = self.weight(0)
        names, self._described = self._fields()
        self._named: Mapping[int, Sequence[tuple[int, float]]] = self._shares(names)

    def weight(self, frequency: int) -> float:
        """The idf of a term that stands in so many skills."""
        return math.log(1 + (self.size - min(frequency, self.size) + 0.5) / (frequency + 0.5))

    def idf(self, term: str) -> float:
        """The idf of a term that some skill knows."""
        return self.weight(self.postings.frequency(self._numbers[term]))

    def worth(self, term: str) -> float:
        """How much a term counts in the mass of a request."""
        return self.idf(term) if term in self._numbers else self._highest * UNKNOWN_WEIGHT

    def _fields(self) -> tuple[list[array[int]], dict[int, list[int]]]:
        """The terms of each skill's name, and the skills that have a term in name or description, in order."""
        names = []
        described: defaultdict[int, list[int]] = defaultdict(list)
        for skill in range(self.count):
            clauses = self.postings.clauses_of(skill)
            names.append(clauses[0])
            for term in {term for clause in clauses for term in clause}:
                described[term].append(skill)
        return names, dict(described)

    def _shares(self, names: Sequence[array[int]]) -> dict[int, list[tuple[int, float]]]:
        """For each term the skills that are named by it, and how much of the name it is."""
        named: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
        for skill, name in enumerate(names):
            weights = {term: self.weight(len(self._described[term])) for term in name}
            whole = math.fsum(weights.values())
            for term, weight in weights.items():
                named[term].append((skill, weight / whole))
        return dict(named)

    @cached_property
    def _by_letter(self) -> dict[str, list[str]]:
        """What a typo may stand for: terms of names and descriptions by their first letter."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for number in self._described:
            term = self.postings.terms[number]
            if len(term) >= TYPO_MIN_LENGTH - 1:
                found[term[0]].append(term)
        return {letter: sorted(terms) for letter, terms in found.items()}

    def query(self, text: str) -> Query:
        """A request as terms, with words that look like typos of known ones taken for these."""
        surface: dict[str, str] = {}
        for word in words(text):
            if word not in STOP_WORDS:
                surface.setdefault(stem(word), word)
        weights: dict[str, float] = {}
        known: dict[str, str] = {}
        typos: dict[str, str] = {}
        unknown: list[str] = []
        for term, word in surface.items():
            if term in self._numbers:
                weights[term] = self.idf(term)
                known[term] = word
            else:
                unknown.append(term)
        mass = sum(weights.values()) + self._highest * UNKNOWN_WEIGHT * len(unknown)
        for term in unknown[:MAX_TYPOS]:
            meant = self._meant(term)
            if meant is not None and meant not in weights:
                weights[meant] = self.idf(meant) * TYPO_WEIGHT
                known[meant] = surface[term]
                typos[surface[term]] = meant
        lacking = tuple(surface[term] for term in unknown if surface[term] not in typos)
        numbered = {self._numbers[term]: weight for term, weight in weights.items()}
        return Query(tuple(surface), weights, numbered, mass, len(surface), known, lacking, typos)

    def _meant(self, term: str) -> str | None:
        if len(term) < TYPO_MIN_LENGTH or not term.isalpha():
            return None
        found = process.extractOne(
            term, self._by_letter.get(term[0], ()), scorer=OSA.normalized_similarity, score_cutoff=TYPO_SIMILARITY
        )
        return None if found is None else found[0]

    def measures(self, query: Query) -> Measures:
        """Three of the measures, for every skill."""
        name, hits, coverage = ([0.0] * self.count for _ in range(3))
        for number, weight in query.numbered.items():
            share = weight / query.mass
            for skill in self.postings.of(number):
                coverage[skill] += share
            hit = TYPO_WEIGHT if query.surface[self.postings.terms[number]] in query.typos else 1.0
            for skill in self._described.get(number, _NONE):
                hits[skill] += hit
            for skill, part in self._named.get(number, ()):
                name[skill] += part
        return Measures(name, hits, coverage)

    def clause(self, skill: int, query: Query) -> float:
        """The best idf sum that a skill's description shares with the request in one clause.

        Over the square root of the clause's own. Dearer than the other measures, so only asked for the best skills.
        """
        weights = query.numbered
        best = 0.0
        for clause in self.postings.clauses_of(skill)[1:]:
            shared = math.fsum(weights.get(term, 0.0) for term in clause)
            if shared:
                own = math.fsum(self.weight(self.postings.frequency(term)) for term in clause)
                best = max(best, shared / math.sqrt(1 + own))
        return best

    def shared(self, skill: int, query: Query) -> tuple[list[str], list[str], list[str], list[str]]:
        """The request's terms by where they stand in a skill: name, description, only the body, nowhere.

        Weightiest first; a term of the name is not repeated under the description.
        """
        clauses = self.postings.clauses_of(skill)
        name, described = set(clauses[0]), {term for clause in clauses for term in clause}
        groups: tuple[list[str], list[str], list[str], list[str]] = ([], [], [], [])
        for term in sorted(query.weights, key=lambda term: (-query.weights[term], term)):
            number = self._numbers[term]
            if number in name:
                groups[0].append(term)
            elif number in described:
                groups[1].append(term)
            elif self.postings.holds(number, skill):
                groups[2].append(term)
            else:
                groups[3].append(term)
        return groups
