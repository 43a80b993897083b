"""One line of a transcript -> the JSON objects in it, and what could not be read.

Writers die in mid-record, append to a line without its newline (cc#52387), and put bytes into strings that are no
UTF-8. Nothing here raises on any input: a bad piece is quarantined by place and hash, and the line goes on.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from skilltui.capture.events import Quarantined

T = TypeVar("T")

# How hard recovery tries: every attempt may parse to the end of the line, and lines of megabytes exist.
_RECOVERY_SPAN = 64 << 10
_RECOVERY_ATTEMPTS = 200
_RECOVERY_ATTEMPTS_BEYOND = 8
_SPACE = " \t\r\n\0\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89abAB]|\\u[dD][c-fC-F]")


class Parsed(msgspec.Struct, frozen=True):
    """``records`` are ``(byte offset in the file, object)``; ``quarantined`` the pieces that are none."""

    records: tuple[tuple[int, dict[str, Any]], ...]
    quarantined: tuple[Quarantined, ...] = ()


def _integer(digits: str) -> int | str:
    """An integer, or its digits where Python refuses to convert so many (a limit against slow conversion)."""
    try:
        return int(digits)
    except ValueError:
        return digits


# Strict, and several times as fast: almost every line passes it. What it refuses is read again with patience.
_STRICT_DECODER = msgspec.json.Decoder()
# ``strict=False``: a raw control character inside a string is a writer's fault, not a reason to lose the record.
_DECODER = json.JSONDecoder(strict=False)
_PATIENT_DECODER = json.JSONDecoder(strict=False, parse_int=_integer)


def storable(text: str) -> str:
    """The text without lone surrogates, which parse as JSON and fail at the database."""
    return _SURROGATE.sub("\ufffd", text)


def storable_value(value: Any) -> Any:
    """The same JSON value with every string in it storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_value(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable_value(item) for key, item in value.items()}
    return value


def _byte_length(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def parse_line(offset: int, data: bytes) -> Parsed:
    """Read one line that begins at byte ``offset`` of its file.

    Glued records are split. A torn record before a whole one is quarantined and the whole one kept. Bytes that are
    no UTF-8 and lone surrogates become U+FFFD: the record is worth more than the byte.
    """
    value = strictly(data)
    return patiently(offset, data) if value is None else Parsed(((offset, value),))


def strictly(data: bytes) -> dict[str, Any] | None:
    """The object that a line is, if it is plainly one: almost every line is."""
    value = _decoded(_STRICT_DECODER, data)
    return value if isinstance(value, dict) else None


def decoder(shape: type[T]) -> Callable[[bytes], T | None]:
    """The same for objects of which only the fields of ``shape`` are read: what it does not name is passed over."""
    return partial(_decoded, msgspec.json.Decoder(shape))


def _decoded(read: msgspec.json.Decoder[T], data: bytes) -> T | None:
    try:
        return read.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def patiently(offset: int, data: bytes) -> Parsed:
    """The same as ``parse_line``, for a line that is not plainly an object."""
    try:
        text = data.decode("utf-8")
        clean = _SURROGATE_ESCAPE.search(data) is None
    except UnicodeDecodeError:
        # One surrogate per bad byte keeps characters and bytes convertible; they are replaced below.
        text = data.decode("utf-8", "surrogateescape")
        clean = False
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _recover(offset, text)
    if not isinstance(value, dict):
        return Parsed((), (_quarantine(offset, text, "not a JSON object"),))
    if not clean:
        try:
            value = storable_value(value)
        except RecursionError:
            return Parsed((), (_quarantine(offset, text, "nested too deeply"),))
    return Parsed(((offset, value),))


def _quarantine(offset: int, text: str, reason: str) -> Quarantined:
    data = text.encode("utf-8", "surrogateescape")
    return Quarantined(offset, len(data), hashlib.sha256(data).hexdigest(), reason)


class _Chain(Struct, frozen=True):
    """Objects that follow one another. ``end``: behind the last of them; ``broke``: where parsing gave up, and why."""

    found: list[tuple[int, dict[str, Any]]]
    end: int
    broke: int
    reason: str


def _decode(text: str, position: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, position)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _PATIENT_DECODER.raw_decode(text, position)


def _chain(text: str, start: int) -> _Chain:
    found: list[tuple[int, dict[str, Any]]] = []
    position = start
    while True:
        while position < len(text) and text[position] in _SPACE:
            position += 1
        if position == len(text):
            return _Chain(found, position, position, "")
        try:
            value, end = _decode(text, position)
            if not isinstance(value, dict):
                return _Chain(found, position, position, "not a JSON object")
            found.append((position, storable_value(value)))
        except RecursionError:
            return _Chain(found, position, position, "nested too deeply")
        except json.JSONDecodeError as error:
            return _Chain(found, position, max(position, error.pos), "not valid JSON")
        position = end


def _recover(offset: int, text: str) -> Parsed:
    """A line that is not one JSON object: records glued together, perhaps behind a torn one."""

    def placed(chain: _Chain) -> list[tuple[int, dict[str, Any]]]:
        return [(offset + _byte_length(text[:at]), value) for at, value in chain.found]

    first = _chain(text, 0)
    records = placed(first)
    if not first.reason:
        return Parsed(tuple(records))
    torn_at = offset + _byte_length(text[: first.end])
    for position in _candidates(text, first):
        chain = _chain(text, position)
        # A piece from inside a torn record parses too; only what leads to the end of the line is a record.
        if not chain.reason:
            torn = _quarantine(torn_at, text[first.end : position], "torn record")
            return Parsed((*records, *placed(chain)), (torn,))
    return Parsed(tuple(records), (_quarantine(torn_at, text[first.end :], first.reason),))


def _candidates(text: str, torn: _Chain) -> Iterator[int]:
    """Where a whole record may begin behind the torn one, most complete reading first, cheapest for a huge line."""
    position = torn.end
    if len(text) - torn.end <= _RECOVERY_SPAN:
        for _ in range(_RECOVERY_ATTEMPTS):
            position = text.find('{"', position + 1)
            if position < 0:
                return
            yield position
    # A stub breaks where the next record begins: inside a string just behind its opening, else exactly there.
    before = text.rfind('{"', torn.end + 1, torn.broke + 2)
    if before > 0:
        yield before
    after = text.find('{"', torn.broke)
    for _ in range(_RECOVERY_ATTEMPTS_BEYOND):
        if after < 0:
            return
        yield after
        after = text.find('{"', after + 1)
