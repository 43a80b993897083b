"""What matching is measured on: skills, requests, registries drawn from them, and BM25 beside us.

A folder holds ``skills/<name>/SKILL.md`` and ``queries.jsonl`` with rows of ``id``, ``query``, ``gold`` (folders of the
skills that serve it), ``not_gold`` (skills that must not be taken for it) and ``source``.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from skilltui.domain.skill import Skill
from skilltui.errors import SkillInvalidError
from skilltui.text.skillmd import parse_skill

SIZES = (30, 100, 300)
FOLDS = 5
_WORD = re.compile(r"\w+")
# English words too common to tell skills apart, for the baseline only.
_COMMON = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is",
    "it", "its", "of", "on", "or", "that", "the", "this", "to", "was", "when", "with", "you",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """One row of the requests. ``fold`` is that of its skill: requests of one skill are never apart."""

    id: str
    text: str
    gold: frozenset[str]
    near: frozenset[str]
    source: str
    fold: int

    @property
    def tied(self) -> frozenset[str]:
        """The skills that it says something about."""
        return self.gold | self.near


@dataclass(frozen=True, slots=True)
class Data:
    """Skills by folder, and requests."""

    skills: dict[str, Skill]
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Registry:
    """A library of ``size`` skills, with requests that one of them serves (``present``), that none of them serves any
    more because the right one was left out (``absent``), and that narrowly miss one of them (``near``)."""

    size: int
    members: tuple[str, ...]
    batch: tuple[tuple[Request, str], ...]


def load(folder: Path) -> Data:
    """Read a folder. A skill that can't be read is left out, and its requests find nothing."""
    skills = {}
    for file in sorted((folder / "skills").glob("*/SKILL.md")):
        name = file.parent.name
        try:
            document = parse_skill(file.read_bytes())
        except SkillInvalidError:
            continue
        skills[name] = Skill(document.name or name, document.description, document.body, str(file), "", "", "")
    rows = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    tied = [frozenset(row["gold"] + row.get("not_gold", [])) for row in rows]
    folds = _folds(tied)
    requests = [
        Request(
            row["id"], row["query"], frozenset(row["gold"]), frozenset(row.get("not_gold", [])), row["source"], fold
        )
        for row, fold in zip(rows, folds, strict=True)
    ]
    return Data(skills, tuple(requests))


def registries(data: Data, sizes: Sequence[int] = SIZES, seeds: int = 3) -> Iterator[Registry]:
    """Libraries of each size: a group of skills with requests, at most a third, and others drawn at random."""
    groups = _components([request.tied for request in data.requests])
    wanted = {name for group in groups for name in group}
    others = sorted(set(data.skills) - wanted)
    for size in sizes:
        if size - size // 3 > len(others):
            raise SystemExit(f"too few skills without a request for a library of {size}: {len(others)}")
        for seed in range(seeds):
            random = Random(f"{size} {seed}")
            packs = _packed(groups, max(1, size // 3), random)
            for pack, following in zip(packs, [*packs[1:], packs[0]], strict=True):
                members = sorted(pack) + random.sample(others, size - len(pack))
                random.shuffle(members)
                yield Registry(size, tuple(members), tuple(_batch(data.requests, pack, following)))


def _batch(requests: Sequence[Request], pack: set[str], following: set[str]) -> Iterator[tuple[Request, str]]:
    for request in requests:
        if request.gold and request.gold <= pack:
            yield request, "present"
        elif request.gold and request.gold <= following:
            yield request, "absent"
        elif not request.gold and request.near & pack:
            yield request, "near"


def _components(tied: Sequence[frozenset[str]]) -> list[list[str]]:
    """Skills in groups that no request ties to a skill of another group."""
    group: dict[str, set[str]] = {}
    for names in tied:
        joined = set(names).union(*(group.get(name, set()) for name in names))
        for name in joined:
            group[name] = joined
    return sorted({min(names): sorted(names) for names in group.values()}.values())


def _folds(tied: Sequence[frozenset[str]]) -> list[int]:
    groups = _components(tied)
    Random(11).shuffle(groups)
    fold = {name: n % FOLDS for n, group in enumerate(groups) for name in group}
    return [fold[min(names)] if names else 0 for names in tied]


def _packed(groups: Sequence[list[str]], room: int, random: Random) -> list[set[str]]:
    shuffled = [group for group in groups if len(group) <= room]
    random.shuffle(shuffled)
    # At least two, so that one's requests can be asked where their skill is not.
    packs: list[set[str]] = [set() for _ in range(max(2, math.ceil(sum(map(len, shuffled)) / room)))]
    for group in sorted(shuffled, key=len, reverse=True):
        smallest = min(packs, key=len)
        smallest.update(group)
    return [pack for pack in packs if pack]


class Bm25:
    """The published baseline: Okapi BM25 over name, description and the first 4,000 characters of the body.

    The score is divided by the number of different words of the request, which makes scores of long and short
    requests comparable.
    """

    def __init__(self, skills: Sequence[Skill], k1: float = 1.5, b: float = 0.75) -> None:
        texts = [self._words(f"{s.name.replace('-', ' ')} {s.description} {s.body[:4000]}") for s in skills]
        mean = sum(map(len, texts)) / len(texts)
        found: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, words in enumerate(texts):
            norm = k1 * (1 - b + b * len(words) / mean)
            for word, count in Counter(words).items():
                found[word].append((number, count / (count + norm)))
        self._count = len(skills)
        self._found = {
            word: (math.log(1 + (self._count - len(rows) + 0.5) / (len(rows) + 0.5)), rows)
            for word, rows in found.items()
        }

    def scores(self, request: str) -> list[float]:
        """Of each skill."""
        scores = [0.0] * self._count
        for word in self._words(request):
            idf, rows = self._found.get(word, (0.0, []))
            for number, share in rows:
                scores[number] += idf * share
        length = max(1, len(set(_WORD.findall(request.lower()))))
        return [score / length for score in scores]

    @staticmethod
    def _words(text: str) -> list[str]:
        return [word for word in _WORD.findall(text.lower()) if len(word) > 1 and word not in _COMMON]
