"""Embeddings of many texts, small and quick to compare without a numeric library. Pure.

A vector is kept as whole numbers from -127 to 127, one byte a dimension, scaled by its largest; the cosine of two such
vectors is off by less than 0.01. To compare one vector with all, dimension ``d`` of all of them is one large integer
with 32 bits for each vector: Python multiplies such an integer by a small one in the time that it takes to read it, and
the sum over the dimensions holds the products of all vectors side by side, exactly. Five thousand vectors of 384
dimensions take a few milliseconds.
"""

from __future__ import annotations

import json
import math
import sys
from array import array
from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct

_TOP = 127
_FIELD = 4
KEY_BYTES = 16
# The square of what each byte stands for, its lower and its upper half: summing bytes is quicker than multiplying them.
_LOW = bytes((byte - _TOP - 1) ** 2 % 256 for byte in range(256))
_HIGH = bytes((byte - _TOP - 1) ** 2 // 256 for byte in range(256))


def quantised(vector: Sequence[float]) -> bytes:
    """A vector of finite numbers as bytes, each 128 more than the number that it stands for."""
    largest = max(map(abs, vector), default=0.0) or 1.0
    return bytes(round(value / largest * _TOP) + _TOP + 1 for value in vector)


class StoredVectors(Struct, frozen=True):
    """Quantised vectors of one dimension by the keys of their texts."""

    dimensions: int
    rows: dict[bytes, bytes]


class Columns:
    """Vectors in a fixed order, to be compared with others."""

    def __init__(self, rows: Sequence[bytes]) -> None:
        self.count = len(rows)
        self.dimensions = len(rows[0]) if rows else 0
        self._lengths = [_length(row) for row in rows]
        self._rows = b"".join(rows)

    @cached_property
    def _columns(self) -> list[int]:
        found = []
        spread = bytearray(self.count * _FIELD)
        for dimension in range(self.dimensions):
            spread[::_FIELD] = self._rows[dimension :: self.dimensions]
            found.append(int.from_bytes(spread, "little"))
        return found

    def cosines(self, vector: bytes) -> list[float]:
        """With each vector, in order. ``vector`` is quantised and of the same dimension."""
        asked = _signed(vector)
        own = _length(vector)
        more = less = 0
        for factor, column in zip(asked, self._columns, strict=True):
            if factor > 0:
                more += factor * column
            elif factor < 0:
                less -= factor * column
        # Every stored number is 128 too large, so every product is too large by this.
        excess = (_TOP + 1) * sum(asked)
        return [
            (plus - minus - excess) / (own * length) if own and length else 0.0
            for plus, minus, length in zip(self._fields(more), self._fields(less), self._lengths, strict=True)
        ]

    def _fields(self, numbers: int) -> array[int]:
        found = array("I")
        found.frombytes(numbers.to_bytes(self.count * _FIELD, "little"))
        if sys.byteorder == "big":
            found.byteswap()
        return found


def dump_vectors(vectors: StoredVectors) -> bytes:
    """The bytes: a line of JSON with the sizes, the keys, the vectors."""
    head = json.dumps([len(vectors.rows), vectors.dimensions]).encode() + b"\n"
    return b"".join((head, *vectors.rows, *vectors.rows.values()))


def load_vectors(data: memoryview) -> StoredVectors | None:
    """The vectors; ``None`` where the bytes are none."""
    try:
        end = bytes(data[:100]).index(b"\n") + 1
        count, dimensions = json.loads(bytes(data[:end]))
        whole = bytes(data[end:])
        if len(whole) != count * (KEY_BYTES + dimensions) or min(count, dimensions) < 0:
            return None
    except (ValueError, TypeError):
        return None
    keys, start = count * KEY_BYTES, 0
    rows = {}
    for at in range(0, keys, KEY_BYTES):
        rows[whole[at : at + KEY_BYTES]] = whole[keys + start : keys + start + dimensions]
        start += dimensions
    return StoredVectors(dimensions, rows)


def _signed(row: bytes) -> list[int]:
    return [value - _TOP - 1 for value in row]


def _length(row: bytes) -> float:
    return math.sqrt(sum(row.translate(_LOW)) + 256 * sum(row.translate(_HIGH)))
