"""Matching a request against the library: how sure that a skill serves it, and whether none does. Pure.

The model is a choice among the candidates and "none of them": each candidate's strength is a weighted sum of the four
measures of ``index``, that of "none" grows with the length of the request and the size of the library, and the
score is the share of the candidate in the softmax over all. So ranking and gap are one answer, and two skills that
fit equally well share the probability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from skilltui.domain.skill import Match, MatchResult, Skill
from skilltui.library.index import Candidate, Query, SkillIndex
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
        found = self._index.candidates(asked)
        if any(skill.project is not None for skill in self._skills):
            found = self._serving(found, project)
        found.sort(key=lambda candidate: (-_strength(candidate), candidate.index))
        shortlist = found[:_SHORTLIST]
        strengths = [_strength(c) + _CLAUSE * self._index.clause(c.index, asked) for c in shortlist]
        none = self._none + _NONE_LENGTH * math.log1p(asked.size)
        top = max(none, *strengths) if strengths else none
        whole = math.exp(none - top) + sum(math.exp(strength - top) for strength in strengths)
        scores = [round(math.exp(strength - top) / whole, 4) for strength in strengths]
        order = sorted(range(len(shortlist)), key=lambda i: (-strengths[i], shortlist[i].index))[: max(k, 0)]
        matches = tuple(self._match(shortlist[i], scores[i], asked) for i in order)
        best = max(scores, default=0.0)
        return MatchResult(gap=best < self.threshold, threshold=self.threshold, top=matches)

    def _serving(self, found: list[Candidate], project: str | None) -> list[Candidate]:
        """Candidates that serve a project, one for each name: the one of the earlier root."""
        names: set[str] = set()
        kept: list[Candidate] = []
        for candidate in sorted(found, key=lambda candidate: candidate.index):
            skill = self._skills[candidate.index]
            if skill.project in (None, project) and skill.name not in names:
                names.add(skill.name)
                kept.append(candidate)
        return kept

    def _match(self, candidate: Candidate, score: float, asked: Query) -> Match:
        skill = self._skills[candidate.index]
        return Match(skill.name, skill.path, score, self._why(candidate, asked))

    def _why(self, candidate: Candidate, asked: Query) -> tuple[str, ...]:
        """Up to five short reasons, in the words of the request, weightiest first."""
        name, description, body, nowhere = (
            [asked.surface[term] for term in group] for group in self._index.shared(candidate.index, asked)
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


def _strength(candidate: Candidate) -> float:
    """A candidate's strength without the clause measure."""
    return _NAME * candidate.name + _HITS * math.log1p(candidate.hits) + _COVERAGE * candidate.coverage


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
