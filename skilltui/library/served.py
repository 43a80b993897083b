"""Requests that a skill served well before, as evidence that it serves one like them. Pure.

People ask for the same thing in the same words, and often in words that no description holds. A request is like an
earlier one by the cosine of their terms, each weighed by its square-rooted idf: 1 for the same terms, 0 for none.
Each earlier request counts by the square of that, and all of a skill by the logarithm of one more than their sum: a
single one says little, the fifth of a kind says that this is what the skill is for.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from skilltui.library.index import Query, SkillIndex
from skilltui.library.need import need_text
from skilltui.text.tokenise import distinct_terms

# The newest requests of a skill; older ones say little more.
MAX_REQUESTS = 20


class Likeness(Struct):
    """What a skill served that is like a request: how much it counts, the most alike, and how alike that is."""

    evidence: float
    request: str
    degree: float


class ServedRequests:
    """Earlier requests by the numbers of the skills that served them, newest first."""

    def __init__(self, index: SkillIndex, requests: Mapping[int, Sequence[str]]) -> None:
        self._index = index
        self._skill: list[int] = []
        self._mass: list[float] = []
        self._text: list[str] = []
        found: defaultdict[str, list[int]] = defaultdict(list)
        for skill, texts in requests.items():
            for text in texts[:MAX_REQUESTS]:
                terms = distinct_terms(need_text(text))
                mass = math.fsum(map(index.worth, terms))
                if mass:
                    for term in terms:
                        found[term].append(len(self._text))
                    self._skill.append(skill)
                    self._mass.append(mass)
                    self._text.append(text)
        self._found = dict(found)

    def like(self, query: Query) -> dict[int, Likeness]:
        """By the number of each skill that served something like this."""
        if not self._text or not query.mass:
            return {}
        shared: defaultdict[int, float] = defaultdict(float)
        for term in query.terms:
            for request in self._found.get(term, ()):
                shared[request] += self._index.worth(term)
        found: dict[int, Likeness] = {}
        for request in sorted(shared):
            degree = min(1.0, shared[request] / math.sqrt(query.mass * self._mass[request]))
            known = found.setdefault(self._skill[request], Likeness(0.0, "", 0.0))
            known.evidence += degree * degree
            if degree > known.degree:
                known.request, known.degree = self._text[request], degree
        for likeness in found.values():
            likeness.evidence = math.log1p(likeness.evidence)
        return found
