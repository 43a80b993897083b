"""Matching a request against the library: how sure that a skill serves it, and whether none does. Pure.

The model is a choice among the candidates and "none of them": each candidate's strength is a weighted sum of the four
measures of ``index``, that of "none" grows with the length of the request and the size of the library, and the
score is the share of the candidate in the softmax over all. So ranking and gap are one answer, and two skills that
fit equally well share the probability. Requests that a skill served well before add to its strength.

Where a model of embeddings is there, nearness in meaning (``meaning``) is one more part of the sum, so that the score
stays the probability that it is; where none is, or it fails, nothing changes.

Trust is no part of the score: it only decides which of several near-equal skills comes first.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence

from skilltui.domain.skill import LEXICAL, WITH_EMBEDDINGS, Match, MatchResult, Skill, serves
from skilltui.library.index import Query, SkillIndex
from skilltui.library.need import need_text
from skilltui.library.postings import Postings
from skilltui.library.served import Likeness, ServedRequests

# Fitted by ``python -m tests.bench.match_fit`` (maximum likelihood, L2 0.001) on 376 public requests against registries
# of 30, 100 and 300 skills, the right skill present in half of them, requests that narrowly miss a skill weighted 0.3.
# Cross-validated by groups of skills: R@1 0.90, AUROC of the gap 0.885, expected calibration error 0.055 (means over
# the three sizes); without the source that is asked 0.90, 0.87 and 0.05.
_NAME = 3.21
_HITS = 2.70
_CLAUSE = 1.69
_COVERAGE = 2.78
_NONE = 3.09
_NONE_LENGTH = 1.09
_NONE_SIZE = 0.80
# The size was fitted up to 300; far beyond, the many look-alikes already share the probability.
_MAX_SIZE = 1000
# How much requests count that the skill served well before (``served``).
_SERVED = 3.45

# How much each standard deviation of nearness in meaning counts, and from which on: below it nothing is near. A careful
# choice among what was fitted on two small models; a model of yours was not: ``tests.bench.match_fit --embed-model``.
_MEANING = 0.2
_NEAR_FROM = 2.0

# How many candidates are compared in full.
_SHORTLIST = 30
# Scores closer than this are a toss-up (CONTRACT: gaps).
NEAR = 0.05
_WHY = 5
_LACKS_FROM = 2
# From here on an earlier request is named as a reason.
_ALIKE = 0.4
_REQUEST_CHARS = 60
# From this much strength on nearness in meaning is named as a reason.
_TELLING = 0.5
NEAR_IN_MEANING = "near in meaning"


class Matcher:
    """Matches requests against skills. Shadowed skills and second copies are left out.

    A skill of a project serves that project's requests only. The same skills and request always give the same answer.
    ``trust`` holds the Wilson lower bound of the skills whose uses were counted, ``served`` the requests that skills
    really served well, newest first, both by name. ``index``, or the postings ``known`` of an earlier library, spare
    reading the skills again.
    """

    def __init__(
        self,
        skills: Sequence[Skill],
        *,
        threshold: float = 0.3,
        trust: Mapping[str, float] | None = None,
        served: Mapping[str, Sequence[str]] | None = None,
        known: Postings | None = None,
        index: SkillIndex | None = None,
    ) -> None:
        self.threshold = threshold
        self.skills = _distinct(skills)
        self._projects = any(skill.project is not None for skill in self.skills)
        self.index = index or SkillIndex(self.skills, known)
        self._trust = dict(trust or {})
        requests = served or {}
        self._served = ServedRequests(self.index, {n: requests.get(s.name, ()) for n, s in enumerate(self.skills)})
        self._none = _NONE + _NONE_SIZE * math.log(min(self.index.size, _MAX_SIZE))

    def informed(self, *, trust: Mapping[str, float], served: Mapping[str, Sequence[str]]) -> Matcher:
        """The same over the same skills, knowing what their uses came to."""
        return Matcher(self.skills, threshold=self.threshold, trust=trust, served=served, index=self.index)

    def match(
        self, query: str, k: int = 5, *, project: str | None = None, near: Sequence[float] | None = None
    ) -> MatchResult:
        """The ``k`` best skills for a request, best first, with scores in [0, 1] and what decided.

        ``gap`` is true where the best score is below the threshold, and where nothing matches at all. ``project`` is
        the directory the request was made in. ``near``: how near it is in meaning to each of ``skills``, in order, as
        ``Meaning.near`` says; without it words alone decide.
        """
        engine = LEXICAL if near is None else WITH_EMBEDDINGS
        if not self.skills:
            return MatchResult(gap=True, threshold=self.threshold, engine=engine)
        asked = self.index.query(need_text(query))
        alike = self._served.like(asked)
        meant = {} if near is None else {n: _MEANING * (z - _NEAR_FROM) for n, z in enumerate(near) if z > _NEAR_FROM}
        strengths, none = self._weigh(asked, alike, project, meant)
        if not strengths:  # nothing that serves this project shares a word, or is near
            return MatchResult(gap=True, threshold=self.threshold, engine=engine)
        order = sorted(strengths, key=lambda index: (-strengths[index], index))
        scores = _shares(strengths, none)
        rivals = [n for n in order if scores[n] >= self.threshold and round(scores[order[0]] - scores[n], 4) <= NEAR]
        order = self._by_trust(rivals) + order[len(rivals) :]
        by_meaning = self._by_meaning(strengths, none, meant, order[0])
        matches = tuple(self._match(index, scores[index], asked, alike, by_meaning) for index in order[: max(k, 0)])
        return MatchResult(scores[order[0]] < self.threshold, self.threshold, matches, len(rivals) > 1, engine)

    def _by_meaning(
        self, strengths: Mapping[int, float], none: float, meant: Mapping[int, float], best: int
    ) -> dict[int, str]:
        """What is said of the skills that are near in meaning: of the best one, whether that decided."""
        said = {index: NEAR_IN_MEANING for index, weight in meant.items() if weight >= _TELLING}
        if meant.get(best):
            words_alone = {index: strength - meant.get(index, 0.0) for index, strength in strengths.items()}
            first = min(words_alone, key=lambda index: (-words_alone[index], index))
            served = [_shares(found, none)[best] >= self.threshold for found in (strengths, words_alone)]
            if first != best or served[0] != served[1]:
                said[best] = f"{NEAR_IN_MEANING}, which decided"
        return said

    def strengths(self, text: str, project: str | None = None) -> tuple[dict[int, float], float]:
        """How strong the best candidates for a request are, by their place in ``skills``, and how strong "none" is."""
        return self._weigh(self.index.query(text), {}, project, {})

    def _weigh(
        self, asked: Query, alike: Mapping[int, Likeness], project: str | None, meant: Mapping[int, float]
    ) -> tuple[dict[int, float], float]:
        shortlist = self._shortlist(asked, alike, project, meant)
        strengths = {index: base + _CLAUSE * self.index.clause(index, asked) for index, base in shortlist}
        return strengths, self._none + _NONE_LENGTH * math.log1p(asked.size)

    def _shortlist(
        self, asked: Query, alike: Mapping[int, Likeness], project: str | None, meant: Mapping[int, float]
    ) -> list[tuple[int, float]]:
        """The skills that look best without the dear measure, with their strength so far."""
        measures = self.index.measures(asked)
        found = [
            (index, _NAME * name + _HITS * math.log1p(hits) + _COVERAGE * coverage)
            for index, (name, hits, coverage) in enumerate(
                zip(measures.name, measures.hits, measures.coverage, strict=True)
            )
            if coverage or index in alike or index in meant
        ]
        if alike:
            found = [
                (index, base + _SERVED * alike[index].evidence if index in alike else base) for index, base in found
            ]
        if meant:
            found = [(index, base + meant.get(index, 0.0)) for index, base in found]
        if self._projects:
            found = self._serving(found, project)
        return heapq.nsmallest(_SHORTLIST, found, key=lambda item: (-item[1], item[0]))

    def _serving(self, found: list[tuple[int, float]], project: str | None) -> list[tuple[int, float]]:
        """What serves a project, one for each name: the skill of the earlier root."""
        names: set[str] = set()
        kept = []
        for index, strength in found:
            skill = self.skills[index]
            if serves(skill.project, project) and skill.name not in names:
                names.add(skill.name)
                kept.append((index, strength))
        return kept

    def _by_trust(self, rivals: list[int]) -> list[int]:
        """Near-equal candidates with the more trusted first.

        Those without a counted use keep their places: nothing known is not nothing good.
        """
        known = [n for n in rivals if self.skills[n].name in self._trust]
        ranked = iter(sorted(known, key=lambda n: -self._trust[self.skills[n].name]))
        return [next(ranked) if n in known else n for n in rivals]

    def _match(
        self, index: int, score: float, asked: Query, alike: Mapping[int, Likeness], by_meaning: Mapping[int, str]
    ) -> Match:
        skill = self.skills[index]
        why = self._why(index, asked)
        if index in by_meaning:
            why = (by_meaning[index], *why)
        if index in alike and alike[index].degree >= _ALIKE:
            why = (f"served before: {_short(alike[index].request)}", *why)
        return Match(skill.name, skill.path, score, why[:_WHY], skill.project)

    def _why(self, index: int, asked: Query) -> tuple[str, ...]:
        """Up to five short reasons, in the words of the request, weightiest first."""
        name, description, body, nowhere = (
            [asked.surface[term] for term in group] for group in self.index.shared(index, asked)
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


def _shares(strengths: Mapping[int, float], none: float) -> dict[int, float]:
    """The share of each candidate in the softmax over all and none of them."""
    top = max(none, *strengths.values())
    whole = math.exp(none - top) + sum(math.exp(strength - top) for strength in strengths.values())
    return {index: round(math.exp(strength - top) / whole, 4) for index, strength in strengths.items()}


def _short(request: str) -> str:
    words = " ".join(need_text(request).split())
    return words if len(words) <= _REQUEST_CHARS else words[: _REQUEST_CHARS - 1].rstrip() + "…"


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
