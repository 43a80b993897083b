"""Matching a request against the library: how sure that a skill serves it, and whether none does. Pure.

The model is a choice among the candidates and "none of them": each candidate's strength is a weighted sum of the four
measures of ``index``, that of "none" grows with the length of the request and the size of the library, and the
score is the share of the candidate in the softmax over all. So ranking and gap are one answer, and two skills that
fit equally well share the probability.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

from skilltui.domain.skill import Match, MatchResult, Skill
from skilltui.library.index import Query, SkillIndex
from skilltui.library.need import need_text

# Fitted by maximum likelihood (L2 0.001) on 376 public requests against registries of 30, 100 and 300 skills, the
# right skill present in half of them, requests that narrowly miss a skill weighted 0.3. Cross-validated by groups of
# skills: R@1 0.90, AUROC of the gap 0.885, expected calibration error 0.055 (means over the three sizes).
_NAME = 3.64
_HITS = 2.59
_CLAUSE = 1.67
_COVERAGE = 3.55
_NONE = 3.74
_NONE_LENGTH = 1.01
_NONE_SIZE = 0.77
# The size was fitted up to 300; far beyond, the many look-alikes already share the probability.
_MAX_SIZE = 1000

# How many candidates are compared in full.
_SHORTLIST = 30
_WHY = 5
_LACKS_FROM = 2


class Matcher:
    """Matches requests against skills. Shadowed skills and second copies are left out.

    A skill of a project serves that project's requests only. The same skills and request always give the same answer.
    """

    def __init__(self, skills: Sequence[Skill], *, threshold: float = 0.3) -> None:
        self.threshold = threshold
        self._skills = _distinct(skills)
        self._projects = any(skill.project is not None for skill in self._skills)
        self._index = SkillIndex(self._skills)
        size = min(max(self._index.size, 1), _MAX_SIZE)
        self._none = _NONE + _NONE_SIZE * math.log(size)

    def match(self, query: str, k: int = 5, *, project: str | None = None) -> MatchResult:
        """The ``k`` best skills for a request, best first, with scores in [0, 1] and what decided.

        ``gap`` is true where the best score is below the threshold, and where nothing matches at all. ``project`` is
        the directory the request was made in.
        """
        asked = self._index.query(need_text(query))
        if not asked.weights:
            return MatchResult(gap=True, threshold=self.threshold)
        shortlist = self._shortlist(asked, project)
        if not shortlist:  # nothing that serves this project shares a word
            return MatchResult(gap=True, threshold=self.threshold)
        strengths = {index: base + _CLAUSE * self._index.clause(index, asked) for index, base in shortlist}
        none = self._none + _NONE_LENGTH * math.log1p(asked.size)
        top = max(none, *strengths.values())
        whole = math.exp(none - top) + sum(math.exp(strength - top) for strength in strengths.values())
        order = sorted(strengths, key=lambda index: (-strengths[index], index))
        scores = {index: round(math.exp(strengths[index] - top) / whole, 4) for index in order}
        matches = tuple(self._match(index, scores[index], asked) for index in order[: max(k, 0)])
        return MatchResult(gap=scores[order[0]] < self.threshold, threshold=self.threshold, top=matches)

    def _shortlist(self, asked: Query, project: str | None) -> list[tuple[int, float]]:
        """The skills that look best without the dear measure, with their strength so far."""
        measures = self._index.measures(asked)
        found = [
            (index, _NAME * name + _HITS * math.log1p(hits) + _COVERAGE * coverage)
            for index, (name, hits, coverage) in enumerate(
                zip(measures.name, measures.hits, measures.coverage, strict=True)
            )
            if coverage
        ]
        if self._projects:
            found = self._serving(found, project)
        return heapq.nsmallest(_SHORTLIST, found, key=lambda item: (-item[1], item[0]))

    def _serving(self, found: list[tuple[int, float]], project: str | None) -> list[tuple[int, float]]:
        """What serves a project, one for each name: the skill of the earlier root."""
        names: set[str] = set()
        kept = []
        for index, strength in found:
            skill = self._skills[index]
            if skill.project in (None, project) and skill.name not in names:
                names.add(skill.name)
                kept.append((index, strength))
        return kept

    def _match(self, index: int, score: float, asked: Query) -> Match:
        skill = self._skills[index]
        return Match(skill.name, skill.path, score, self._why(index, asked))

    def _why(self, index: int, asked: Query) -> tuple[str, ...]:
        """Up to five short reasons, in the words of the request, weightiest first."""
        name, description, body, nowhere = (
            [asked.surface[term] for term in group] for group in self._index.shared(index, asked)
        )
        unknown = [word for word in asked.unknown if len(word) > _LACKS_FROM]
        reasons = (
            ("name: ", name),
            ("shares: ", description),
            ("in the text: ", body if len(name) + len(description) < _WHY else []),
            ("spelt: ", [f"{word} as {term}" for word, term in asked.typos.items()]),
            ("lacks: ", nowhere + unknown),
        )
        return tuple(lead + ", ".join(words[:_WHY]) for lead, words in reasons if words)[:_WHY]


def _distinct(skills: Sequence[Skill]) -> list[Skill]:
    """Skills that may win: not shadowed, and of copies published into several roots the first."""
    seen: set[tuple[str, str | None]] = set()
    kept: list[Skill] = []
    for skill in skills:
        key = (skill.name, skill.project)
        if skill.shadowed_by is None and key not in seen:
            seen.add(key)
            kept.append(skill)
    return kept
