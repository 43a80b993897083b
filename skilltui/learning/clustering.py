"""Which requests ask for one thing: a lexical likeness, and an index of gaps that places a request by its words.

Incremental and stable: a gap's id and place never change because of a later request. The index is kept in step with
the queue by ``put`` and ``remove``, so placing costs what the gaps that share a word with the request cost.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TypeAlias

from skilltui.domain.gap import FORGOTTEN_NEED, Gap, GapStatus
from skilltui.domain.skill import serves
from skilltui.learning.asking import MISTYPED, same_word
from skilltui.learning.phrases import clean_request
from skilltui.learning.tongues import comparable
from skilltui.learning.vocabulary import EMPTY, GENERIC_VERBS, OPPOSED
from skilltui.text.tokenise import stem, terms

# From this overlap on two requests ask for one thing.
SAME_NEED = 0.3
# Clauses: what is asked for stands in the first that says anything.
_CLAUSE = re.compile(r"[,.;:!?](?=\s|$)|\s(?:but|then|so that|because)\s")
_OPENING_WEIGHT = 1.0
# Up to so many terms one word decides, and a typing error in it counts.
_SHORT = 6
# ... and up to so many, "commit" and "commit and update the changelog" are one order with more to it.
BRIEF = 4
GENERIC = frozenset(map(stem, GENERIC_VERBS))
# A gap is compared by the request that made it and its newest ones.
NEWEST = 8
# Typing errors seldom touch the first letters: short requests are looked up by these and by the length of the word.
_STEM_HEAD = 2

# "push to origin main", "push everything": said of any work, it keeps it, and so does "commit".
_KEEP = "commit"
_GIT = "commit push main master trunk branch origin remote upstream git github gitlab everything latest"
_KEEPING = frozenset(map(stem, _GIT.split()))
# Making a thing and mending it are two needs, however alike the rest.
_FAMILIES = {stem(verb): family for family, verbs in enumerate(OPPOSED) for verb in verbs}
_OPPOSED_WEIGHT = 0.3

# What sums in different orders may differ by.
_ROUNDING = 1e-9

Rarity = Callable[[str], float]
_Place: TypeAlias = tuple[str, int]
_Shape: TypeAlias = tuple[str, int]


def similarity(a: str, b: str, rarity: Rarity = lambda _: 1.0) -> float:
    """How far two requests ask for one thing, in [0, 1]; typing errors are allowed for.

    Jaccard over weighted terms: ``rarity`` says how much each tells, verbs that open requests of any kind tell less,
    and so does what stands after the first clause.
    """
    return _likeness(profile_of(a), profile_of(b), rarity)


def _likeness(mine: Mapping[str, float], yours: Mapping[str, float], rarity: Rarity) -> float:
    if mine == yours:
        return 1.0 if mine else 0.0
    pairs = _pairs(mine, yours)
    if not pairs:
        return 0.0
    shared, together = 0.0, False
    for x, y in pairs:
        here, there = mine[x], yours[y]
        shared += min(here * rarity(x), there * rarity(y))
        together = together or (here >= _OPENING_WEIGHT and there >= _OPENING_WEIGHT)
    union = _weight(mine, rarity) + _weight(yours, rarity) - shared
    score = shared / union if union else 0.0
    shorter, longer = (mine, yours) if len(mine) <= len(yours) else (yours, mine)
    first, other = next(iter(mine)), next(iter(yours))
    # "commit" and "commit and update the changelog": the same order, with more to it. Only between short orders,
    # since a long request holds almost any word.
    contained = len(longer) <= BRIEF and len(pairs) == len(shorter) and same_word(first, other)
    if contained and (len(shorter) > 1 or next(iter(shorter)) not in GENERIC):
        return max(score, 0.6)
    family, another = _FAMILIES.get(first), _FAMILIES.get(other)
    if family is not None and another is not None and family != another:
        score *= _OPPOSED_WEIGHT
    return score if together else 0.6 * score


def _weight(profile: Mapping[str, float], rarity: Rarity) -> float:
    """How much all terms of a request tell."""
    return sum([weight * rarity(term) for term, weight in profile.items()])


class GapIndex:
    """Gaps by the words of their requests. ``before``, an index of the same queue, lends what it knows of the texts."""

    def __init__(self, gaps: Iterable[Gap] = (), before: GapIndex | None = None) -> None:
        self._gaps: dict[str, Gap] = {}
        # By text, those of gaps that went included: what is read anew lends from here.
        self.profiles: dict[str, Mapping[str, float]] = {}
        self._lent = {} if before is None else before.profiles
        self._texts: dict[str, list[str]] = {}
        # The texts that hold a term, those of them that are short, and those that open a brief order with it.
        self._by_term: defaultdict[str, set[_Place]] = defaultdict(set)
        self._short: defaultdict[str, set[_Place]] = defaultdict(set)
        self._opening: defaultdict[str, set[_Place]] = defaultdict(set)
        # The terms of short texts that one may be a misspelling of.
        self._shapes: defaultdict[_Shape, set[str]] = defaultdict(set)
        self._counts: Counter[str] = Counter()
        self._whole = 0
        for gap in gaps:
            self.put(gap)
        self._lent = {}

    def _profile(self, text: str) -> Mapping[str, float]:
        found = self.profiles.get(text)
        if found is None:
            lent = self._lent.get(text)
            found = self.profiles[text] = profile_of(text) if lent is None else lent
        return found

    def put(self, gap: Gap) -> None:
        """Add a gap, or bring a known one up to date."""
        texts = _texts(gap)
        self._gaps[gap.id] = gap
        if self._texts.get(gap.id) == texts:
            return
        self._unlist(gap.id)
        self._texts[gap.id] = texts
        self._whole += len(texts)
        for number, text in enumerate(texts):
            profile = self._profile(text)
            for term in profile:
                self._counts[term] += 1
                self._by_term[term].add((gap.id, number))
                if len(profile) <= _SHORT:
                    self._short[term].add((gap.id, number))
                    self._shapes[_shape(term)].add(term)
            if 0 < len(profile) <= BRIEF:
                self._opening[next(iter(profile))].add((gap.id, number))

    def remove(self, gap_id: str) -> None:
        """Take a gap out; one that is not there is no matter."""
        if self._gaps.pop(gap_id, None) is not None:
            self._unlist(gap_id)

    def _unlist(self, gap_id: str) -> None:
        texts = self._texts.pop(gap_id, [])
        self._whole -= len(texts)
        for number, text in enumerate(texts):
            for term in self._profile(text):
                self._counts[term] -= 1
                for places in (self._by_term, self._short, self._opening):
                    if term in places:
                        places[term].discard((gap_id, number))
                if not self._short.get(term):
                    self._shapes[_shape(term)].discard(term)

    def place(self, request: str, *, project: str | None = None, own: str | None = None) -> Gap | None:
        """The gap that a request belongs to, of those of its project or of none; the closest, then the oldest.

        ``own``: the project whose own skill came nearest. Such a request belongs to a gap of that project, or to one
        that only this project has asked for, or that was dismissed for all.
        """
        best: tuple[float, str] | None = None
        chosen: Gap | None = None
        mine, rarity = profile_of(request), cache(self._rarity)
        for gap_id in self._near(mine, rarity):
            gap = self._gaps[gap_id]
            if not is_open_to(gap, project, own):
                continue
            scores = [_likeness(mine, self._profile(text), rarity) for text in self._texts[gap.id]]
            # Near to one of many is how unlike requests chain together.
            closeness = 0.7 * max(scores) + 0.3 * sum(scores) / len(scores)
            if closeness < SAME_NEED:
                continue
            key = (-closeness, gap.first_seen or "~")
            if best is None or key < best:
                best, chosen = key, gap
        return chosen

    def _near(self, profile: Mapping[str, float], rarity: Rarity) -> list[str]:
        """Gaps with a text that may come near enough.

        A gap is as close as its closest text at most. What a text can share is bounded by the weights of the terms
        that it has in common, so most texts are ruled out without being compared. In short ones a spelling error may
        stand for any term, and in brief ones the first word may decide: those with a like term are all compared.
        """
        whole = _weight(profile, rarity)
        shared: defaultdict[_Place, float] = defaultdict(float)
        for term, weight in profile.items():
            worth = weight * rarity(term)
            for place in self._by_term.get(term, ()):
                shared[place] += worth
        found = {gap_id for (gap_id, _), worth in shared.items() if worth >= SAME_NEED * whole - _ROUNDING}
        if len(profile) <= _SHORT:
            for term in profile:
                for other in self._misspelt(term):
                    found.update(gap_id for gap_id, _ in self._short[other])
        if len(profile) <= BRIEF:
            found.update(gap_id for gap_id, _ in self._opening.get(next(iter(profile), ""), ()))
        return sorted(found)

    def _misspelt(self, term: str) -> list[str]:
        """Terms of short texts that are this one but for a typing error."""
        head, length = _shape(term)
        near = (other for size in (length - 1, length, length + 1) for other in self._shapes.get((head, size), ()))
        return [other for other in near if other != term and same_word(term, other)]

    def _rarity(self, term: str) -> float:
        """How much a term tells: 1 for one that few requests hold, down to a half for one that all hold."""
        count = self._counts[term]
        if not count or not self._whole:
            return 1.0
        return 0.5 + 0.5 * math.log(1 + self._whole / count) / math.log(1 + self._whole)


@lru_cache(maxsize=8192)
def profile_of(text: str) -> Mapping[str, float]:
    """The terms of a request in order, with weights; empty where it says nothing."""
    weights: dict[str, float] = {}
    opening = True
    for part in _CLAUSE.split(comparable(clean_request(text))):
        found = [term for term in terms(part) if term not in EMPTY]
        if opening and "push" in found and _KEEPING.issuperset(found):
            found = list(dict.fromkeys(_KEEP if term == "push" else term for term in found))
        for term in found:
            weights.setdefault(term, (1.0 if opening else 0.5) * (0.4 if term in GENERIC else 1.0))
        opening = opening and not any(term not in GENERIC for term in found)
    if all(term in GENERIC for term in weights):
        return dict.fromkeys(weights, 1.0)
    return MappingProxyType(dict(list(weights.items())[:40]))


def is_open_to(gap: Gap, project: str | None, own: str | None) -> bool:
    """Whether a request made in ``project`` may stand in this gap; ``own`` is as for ``GapIndex.place``."""
    if gap.project is not None:
        return gap.project == own if own is not None else project is None or serves(gap.project, project)
    return own is None or gap.status is GapStatus.DISMISSED or all(serves(own, asked) for asked in gap.projects)


def _shape(term: str) -> _Shape:
    """What a term has in common with those that it may be a misspelling of, but for one letter of its length."""
    return term[:_STEM_HEAD], len(term)


def _texts(gap: Gap) -> list[str]:
    texts = [r.text for r in gap.requests]
    if not texts and gap.need == FORGOTTEN_NEED:
        return []
    return list(dict.fromkeys(texts[:1] + texts[-NEWEST:])) or [gap.need]


def _pairs(mine: Mapping[str, float], yours: Mapping[str, float]) -> list[tuple[str, str]]:
    """Terms that are the same in both; in short requests, where one word decides, spelling errors included."""
    pairs = [(term, term) for term in mine if term in yours]
    if len(mine) > _SHORT or len(yours) > _SHORT:
        return pairs
    # A shorter word that differs is another word.
    rest = [term for term in yours if len(term) >= MISTYPED and term not in mine]
    for term in mine if rest else ():
        if len(term) < MISTYPED or term in yours:
            continue
        other = next((y for y in rest if y[0] == term[0] and same_word(term, y)), None)
        if other is not None:
            rest.remove(other)
            pairs.append((term, other))
    return pairs
