"""Requests that a skill served well before, as evidence that it serves one like them. Pure.

People ask for the same thing in the same words, and often in words that no description holds. A request is like an
earlier one by the cosine of their terms, each weighed by its square-rooted idf: 1 for the same terms, 0 for none.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from skilltui.library.index import Query, SkillIndex
from skilltui.library.need import need_text
from skilltui.text.tokenise import distinct_terms

# The newest requests of a skill; older ones say little more.
MAX_REQUESTS = 20


class ServedRequests:
    """Earlier requests by the numbers of the skills that served them, newest first."""

    def __init__(self, index: SkillIndex, requests: Mapping[int, Sequence[str]]) -> None:
        self._index = index
        self._skill: list[int] = []
        self._mass: list[float] = []
        self.text: list[str] = []
        found: defaultdict[str, list[int]] = defaultdict(list)
        for skill, texts in requests.items():
            for text in list(dict.fromkeys(texts))[:MAX_REQUESTS]:
                terms = distinct_terms(need_text(text))
                mass = math.fsum(map(index.worth, terms))
                if mass:
                    for term in terms:
                        found[term].append(len(self.text))
                    self._skill.append(skill)
                    self._mass.append(mass)
                    self.text.append(text)
        self._found = dict(found)

    def like(self, query: Query) -> dict[int, tuple[float, int]]:
        """For each skill that served something like this: how alike the most alike request is, and its number."""
        if not self.text or not query.mass:
            return {}
        shared: defaultdict[int, float] = defaultdict(float)
        for term in query.terms:
            for request in self._found.get(term, ()):
                shared[request] += self._index.worth(term)
        best: dict[int, tuple[float, int]] = {}
        for request, common in shared.items():
            alike = min(1.0, common / math.sqrt(query.mass * self._mass[request]))
            skill = self._skill[request]
            if skill not in best or (alike, -request) > (best[skill][0], -best[skill][1]):
                best[skill] = (alike, request)
        return best
