"""The index: skills as sets of terms, and how a request compares with each of them. Pure, deterministic.

Four measures decide, chosen by backward elimination from fifteen (BM25F, its square-root normalised form, bigrams,
best passage of the body, highest matched idf and more) under cross-validation grouped by skill: with these four the
others add nothing. Each is a plain count or share, so that an answer can be explained.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from skilltui.domain.skill import Skill
from skilltui.text.tokenise import STOP_WORDS, stem, terms, words

# Document frequencies over a handful of skills say little: below this size a library counts as this large.
MIN_SIZE = 30
# How much of the highest idf a word counts for that no skill knows.
UNKNOWN_WEIGHT = 0.5
# Above this the tail of a body adds noise and time, hardly a term (median body 3,600 characters, p95 17,000).
MAX_BODY_CHARS = 20_000

# A word that no skill knows is taken for a known one if so alike, begins alike and is not short.
TYPO_SIMILARITY = 0.8
TYPO_MIN_LENGTH = 5
TYPO_WEIGHT = 0.8
# Long requests hold many unknown words that are no typos; the first ones matter.
MAX_TYPOS = 12

_CLAUSE = re.compile(r"[.;,:()\n]| [-\u2013\u2014] ")


@dataclass(frozen=True, slots=True)
class Query:
    """A request as the index sees it: weights of the terms that some skill knows, and the mass of all.

    ``surface`` gives for each known term the word of the request; ``typos`` what it was taken for.
    """

    weights: dict[str, float]
    mass: float
    size: int
    surface: dict[str, str]
    unknown: tuple[str, ...]
    typos: dict[str, str]


@dataclass(frozen=True, slots=True)
class Measures:
    """How each skill compares with a request, by the skill's number.

    ``name``: idf-weighted share of the skill's name found in the request. ``hits``: how many of the request's terms
    stand in its name or description. ``coverage``: share of the request's idf mass found anywhere in the skill; 0
    where they have nothing in common. The fourth measure is :meth:`SkillIndex.clause`.
    """

    name: list[float]
    hits: list[float]
    coverage: list[float]


class SkillIndex:
    """Terms of skills, by field."""

    def __init__(self, skills: Sequence[Skill]) -> None:
        self.size = max(len(skills), MIN_SIZE)
        self._names: list[frozenset[str]] = []
        self._clauses: list[tuple[frozenset[str], ...]] = []
        anywhere: defaultdict[str, list[int]] = defaultdict(list)
        described: defaultdict[str, list[int]] = defaultdict(list)
        for index, skill in enumerate(skills):
            name = frozenset(terms(skill.name))
            clauses = [frozenset(terms(clause)) for clause in _CLAUSE.split(skill.description)]
            description = name.union(*clauses)
            for term in sorted(description):
                described[term].append(index)
            for term in sorted(description.union(terms(skill.body[:MAX_BODY_CHARS]))):
                anywhere[term].append(index)
            self._names.append(name)
            self._clauses.append(tuple(clause for clause in clauses if clause))
        self._anywhere = dict(anywhere)
        self._described = dict(described)
        self._idf = {term: self._weight(len(found)) for term, found in anywhere.items()}
        self._name_idf = {term: self._weight(len(found)) for term, found in described.items()}
        self._highest = self._weight(0)
        named: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, name in enumerate(self._names):
            weights = {term: self._name_idf[term] for term in sorted(name)}
            whole = sum(weights.values())
            for term, weight in weights.items():
                named[term].append((index, weight / whole))
        self._named = dict(named)
        by_letter: defaultdict[str, list[str]] = defaultdict(list)
        for term in described:
            if len(term) >= TYPO_MIN_LENGTH - 1:
                by_letter[term[0]].append(term)
        self._by_letter = dict(by_letter)

    def _weight(self, frequency: int) -> float:
        return math.log(1 + (self.size - min(frequency, self.size) + 0.5) / (frequency + 0.5))

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
            if term in self._idf:
                weights[term] = self._idf[term]
                known[term] = word
            else:
                unknown.append(term)
        mass = sum(weights.values()) + self._highest * UNKNOWN_WEIGHT * len(unknown)
        for term in unknown[:MAX_TYPOS]:
            meant = self._meant(term)
            if meant is not None and meant not in weights:
                weights[meant] = self._idf[meant] * TYPO_WEIGHT
                known[meant] = surface[term]
                typos[surface[term]] = meant
        lacking = tuple(surface[term] for term in unknown if surface[term] not in typos)
        return Query(weights, mass, len(surface), known, lacking, typos)

    def _meant(self, term: str) -> str | None:
        if len(term) < TYPO_MIN_LENGTH or not term.isalpha():
            return None
        found = process.extractOne(
            term, self._by_letter.get(term[0], ()), scorer=OSA.normalized_similarity, score_cutoff=TYPO_SIMILARITY
        )
        return None if found is None else found[0]

    def measures(self, query: Query) -> Measures:
        """Three of the measures, for every skill."""
        name, hits, coverage = ([0.0] * len(self._names) for _ in range(3))
        for term, weight in query.weights.items():
            share = weight / query.mass
            for index in self._anywhere[term]:
                coverage[index] += share
            hit = TYPO_WEIGHT if query.surface[term] in query.typos else 1.0
            for index in self._described.get(term, ()):
                hits[index] += hit
            for index, part in self._named.get(term, ()):
                name[index] += part
        return Measures(name, hits, coverage)

    def clause(self, index: int, query: Query) -> float:
        """The best idf sum that a skill's description shares with the request in one clause.

        Over the square root of the clause's own. Dearer than the other measures, so only asked for the best skills.
        """
        best = 0.0
        for clause in self._clauses[index]:
            # fsum, because a set has another order in each process, and equal skills must stay equal.
            shared = math.fsum(query.weights.get(term, 0.0) for term in clause)
            if shared:
                best = max(best, shared / math.sqrt(1 + math.fsum(self._idf[term] for term in clause)))
        return best

    def shared(self, index: int, query: Query) -> tuple[list[str], list[str], list[str], list[str]]:
        """The request's terms by where they stand in a skill: name, description, only the body, nowhere.

        Weightiest first; a term of the name is not repeated under the description.
        """
        name = self._names[index]
        groups: tuple[list[str], list[str], list[str], list[str]] = ([], [], [], [])
        for term in sorted(query.weights, key=lambda term: (-query.weights[term], term)):
            if term in name:
                groups[0].append(term)
            elif index in self._described.get(term, ()):
                groups[1].append(term)
            elif index in self._anywhere[term]:
                groups[2].append(term)
            else:
                groups[3].append(term)
        return groups
