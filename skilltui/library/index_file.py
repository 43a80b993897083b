"""The postings of a library as bytes: a line of JSON with the sizes, the keys, the terms, then the arrays as they are.

Numbers are little-endian and 32 bits wide on every machine.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Sequence

from skilltui.domain.skill import Skill
from skilltui.library.match import Matcher
from skilltui.library.postings import KEY_BYTES, NUMBER, Postings
from skilltui.library.sealed import Sealed, made_by, worth_writing

FORMAT = "index 1"
_ARRAYS = ("starts", "skills", "clauses", "clause_starts", "clause_terms")


def dump_postings(postings: Postings) -> bytes:
    """The bytes."""
    terms = "\n".join(postings.terms).encode("utf-8", "surrogatepass")
    arrays = [_bytes(getattr(postings, name)) for name in _ARRAYS]
    sizes = [len(postings.keys), len(postings.terms), len(terms), *map(len, arrays)]
    return b"".join((json.dumps(sizes).encode() + b"\n", *postings.keys, terms, *arrays))


def load_postings(data: memoryview) -> Postings | None:
    """The postings; ``None`` where the bytes are none."""
    try:
        end = bytes(data[:200]).index(b"\n") + 1
        skills, count, *lengths = json.loads(bytes(data[:end]))
        keys, data = bytes(data[end : end + skills * KEY_BYTES]), data[end + skills * KEY_BYTES :]
        if len(data) != sum(lengths):
            return None
        parts = []
        for length in lengths:
            parts.append(data[:length])
            data = data[length:]
        text, *rest = parts
        terms = tuple(str(text, "utf-8", "surrogatepass").split("\n")) if count else ()
        arrays = [_array(part) for part in rest]
        found = Postings(tuple(keys[n : n + KEY_BYTES] for n in range(0, len(keys), KEY_BYTES)), terms, *arrays)
    except (ValueError, TypeError):
        return None
    fits = len(terms) == count == len(found.starts) - 1 and len(found.keys) == skills == len(found.clauses) - 1
    return found if fits else None


def _bytes(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = array(NUMBER, numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _array(data: memoryview) -> array[int]:
    numbers = array(NUMBER)
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


class IndexKeeper:
    """Makes matchers and keeps their index, in memory and on disk, so that a skill is read once and again when it
    changed."""

    def __init__(self, cache: Sealed, name: str) -> None:
        self._cache = cache
        self._name = f"index-{name}"
        self._known: Postings | None = None
        self._on_disk: frozenset[bytes] = frozenset()

    def matcher(self, skills: Sequence[Skill], threshold: float, *, keep: bool = True) -> Matcher:
        """A matcher over these skills. Without ``keep`` it is one to try something out, and leaves no trace."""
        if self._known is None:
            content = self._cache.read(self._name, made_by(FORMAT))
            self._known = None if content is None else load_postings(content)
            self._on_disk = frozenset(self._known.keys if self._known else ())
        matcher = Matcher(skills, threshold=threshold, known=self._known)
        if keep:
            self._known = matcher.index.postings
            if len(self._on_disk.symmetric_difference(self._known.keys)) >= worth_writing(len(skills)):
                self._cache.write(self._name, dump_postings(self._known), made_by(FORMAT))
                self._on_disk = frozenset(self._known.keys)
        return matcher
