"""What the index holds, as flat arrays: which terms stand in which skills, and the clauses of each description. Pure.

Arrays instead of objects, because a library of thousands has a million postings: they take four bytes each, are
written to a file and read back as they are, and nothing has to be built for a request.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate, chain, pairwise

from msgspec import Struct

from skilltui.domain.skill import Skill
from skilltui.text.tokenise import distinct_terms

# Above this the tail of a body adds noise and time, hardly a term (median body 3,600 characters, p95 17,000).
MAX_BODY_CHARS = 20_000
KEY_BYTES = 16
NUMBER = "I"

_CLAUSE = re.compile(r"[.;,:()\n]| [-\u2013\u2014] ")


class SkillTerms(Struct, frozen=True):
    """The terms of one skill: of its name, of each clause of its description, and of everything in it, each once.

    ``key`` is a digest of what they were made from.
    """

    key: bytes
    clauses: tuple[tuple[str, ...], ...]  # the name first
    text: Sequence[str]


class Postings(Struct, frozen=True):
    """The terms of a library. A skill's number is its place in ``keys``, a term's its place in ``terms``.

    Term ``t`` stands in the skills ``skills[starts[t]:starts[t + 1]]``, in rising order. The clauses of skill ``s``,
    the name as the first, are those from ``clauses[s]`` to ``clauses[s + 1]``; the terms of clause ``c`` are
    ``clause_terms[clause_starts[c]:clause_starts[c + 1]]``.
    """

    keys: tuple[bytes, ...]
    terms: tuple[str, ...]
    starts: array[int]
    skills: array[int]
    clauses: array[int]
    clause_starts: array[int]
    clause_terms: array[int]

    def frequency(self, term: int) -> int:
        """In how many skills a term stands."""
        return self.starts[term + 1] - self.starts[term]

    def of(self, term: int) -> array[int]:
        """The skills in which a term stands."""
        return self.skills[self.starts[term] : self.starts[term + 1]]

    def holds(self, term: int, skill: int) -> bool:
        """Whether a term stands in a skill."""
        end = self.starts[term + 1]
        place = bisect_left(self.skills, skill, self.starts[term], end)
        return place < end and self.skills[place] == skill

    def clauses_of(self, skill: int) -> list[array[int]]:
        """The clauses of a skill as numbers of terms, the name first."""
        bounds = self.clause_starts[self.clauses[skill] : self.clauses[skill + 1] + 1]
        return [self.clause_terms[a:b] for a, b in pairwise(bounds)]

    def unfold(self) -> list[SkillTerms]:
        """The terms of each skill again."""
        text: list[list[str]] = [[] for _ in self.keys]
        for term, name in enumerate(self.terms):
            for skill in self.of(term):
                text[skill].append(name)
        return [
            SkillTerms(
                key, tuple(tuple(self.terms[t] for t in clause) for clause in self.clauses_of(skill)), text[skill]
            )
            for skill, key in enumerate(self.keys)
        ]


def post(skills: Sequence[Skill], known: Postings | None = None) -> Postings:
    """The postings of a library. Skills that are in ``known`` unchanged are not read again."""
    keys = tuple(_key(skill) for skill in skills)
    if known is not None and known.keys == keys:
        return known
    before = {} if known is None else {terms.key: terms for terms in known.unfold()}
    return _fold([before.get(key) or _terms(skill, key) for skill, key in zip(skills, keys, strict=True)])


def _key(skill: Skill) -> bytes:
    digest = blake2b(digest_size=KEY_BYTES)
    for text in (skill.name, skill.description, skill.body[:MAX_BODY_CHARS]):
        data = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d " % len(data) + data)
    return digest.digest()


def clauses(description: str) -> list[str]:
    """The clauses of a description, as they are written."""
    return [clause.strip() for clause in _CLAUSE.split(description) if clause.strip()]


def _terms(skill: Skill, key: bytes) -> SkillTerms:
    found = [distinct_terms(skill.name), *map(distinct_terms, clauses(skill.description))]
    text = dict.fromkeys(chain(*found, distinct_terms(skill.body[:MAX_BODY_CHARS])))
    kept = (found[0], *(clause for clause in found[1:] if clause))
    return SkillTerms(key, tuple(tuple(clause) for clause in kept), tuple(text))


def _fold(library: Sequence[SkillTerms]) -> Postings:
    found: dict[str, list[int]] = {}
    for skill, terms in enumerate(library):
        for term in terms.text:
            if (skills := found.get(term)) is None:
                found[term] = [skill]
            else:
                skills.append(skill)
    number = dict(zip(found, range(len(found)), strict=True))
    flat = [clause for terms in library for clause in terms.clauses]
    return Postings(
        keys=tuple(terms.key for terms in library),
        terms=tuple(found),
        starts=array(NUMBER, accumulate(map(len, found.values()), initial=0)),
        skills=array(NUMBER, chain.from_iterable(found.values())),
        clauses=array(NUMBER, accumulate((len(terms.clauses) for terms in library), initial=0)),
        clause_starts=array(NUMBER, accumulate(map(len, flat), initial=0)),
        clause_terms=array(NUMBER, (number[term] for clause in flat for term in clause)),
    )
