"""One line of a transcript -> the JSON objects in it, and what could not be read.

Writers die in mid-record, append to a line without its newline (cc#52387), and put bytes into strings that are no
UTF-8. Nothing here raises on any input: a bad piece is quarantined by place and hash, and the line goes on.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from skilltui.capture.events import Quarantined

# How far recovery may look inside one line, in characters parsed: a torn line of megabytes must not cost minutes.
_RECOVERY_BUDGET = 32 << 20
_RECOVERY_ATTEMPTS = 2000
_SPACE = " \t\r\n\0\ufeff"
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89abAB]|\\u[dD][c-fC-F]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """``records`` are ``(byte offset in the file, object)``; ``quarantined`` the pieces that are none."""

    records: tuple[tuple[int, dict[str, Any]], ...]
    quarantined: tuple[Quarantined, ...] = ()


def _integer(digits: str) -> int | str:
    """An integer, or its digits where Python refuses to convert so many (a limit against slow conversion)."""
    try:
        return int(digits)
    except ValueError:
        return digits


# ``strict=False``: a raw control character inside a string is a writer's fault, not a reason to lose the record.
_DECODER = json.JSONDecoder(strict=False, parse_int=_integer)


def storable(text: str) -> str:
    """The text without lone surrogates, which parse as JSON and fail at the database."""
    return _SURROGATE.sub("\ufffd", text)


def _storable_value(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable_value(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable_value(item) for key, item in value.items()}
    return value


def _byte_length(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def parse_line(offset: int, data: bytes) -> Parsed:
    """Read one line that begins at byte ``offset`` of its file.

    Glued records are split. A torn record before a whole one is quarantined and the whole one kept. Bytes that are
    no UTF-8 and lone surrogates become U+FFFD: the record is worth more than the byte.
    """
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
            value = _storable_value(value)
        except RecursionError:
            return Parsed((), (_quarantine(offset, text, "nested too deeply"),))
    return Parsed(((offset, value),))


def _quarantine(offset: int, text: str, reason: str) -> Quarantined:
    data = text.encode("utf-8", "surrogateescape")
    return Quarantined(offset, len(data), hashlib.sha256(data).hexdigest(), reason)


def _chain(text: str, start: int) -> tuple[list[tuple[int, dict[str, Any]]], int, str]:
    """Objects that follow one another from ``start``: -> (objects with their positions, where it stopped, why)."""
    found: list[tuple[int, dict[str, Any]]] = []
    position = start
    while True:
        while position < len(text) and text[position] in _SPACE:
            position += 1
        if position == len(text):
            return found, position, ""
        try:
            value, end = _DECODER.raw_decode(text, position)
            if not isinstance(value, dict):
                return found, position, "not a JSON object"
            found.append((position, _storable_value(value)))
        except RecursionError:
            return found, position, "nested too deeply"
        except json.JSONDecodeError as error:
            return found, max(position, min(error.pos, len(text))), "not valid JSON"
        position = end


def _recover(offset: int, text: str) -> Parsed:
    """A line that is not one JSON object: records glued together, perhaps behind a torn one."""
    records: list[tuple[int, dict[str, Any]]] = []
    bad: list[Quarantined] = []
    budget = _RECOVERY_BUDGET
    found, stopped, reason = _chain(text, 0)
    if not reason:
        return Parsed(tuple((offset + _byte_length(text[:at]), value) for at, value in found))
    for at, value in found:
        records.append((offset + _byte_length(text[:at]), value))
    # What the chain read stays read; the search goes on behind its last object.
    position = _end_of(text, found)
    torn_from = position
    for _ in range(_RECOVERY_ATTEMPTS):
        budget -= max(0, stopped - position) + 1
        position = text.find('{"', position + 1)
        if position < 0 or budget < 0:
            break
        found, stopped, why = _chain(text, position)
        # A piece from inside a torn record also parses; only one that leads to the end of the line is a record.
        if not why:
            bad.append(_quarantine(offset + _byte_length(text[:torn_from]), text[torn_from:position], "torn record"))
            records.extend((offset + _byte_length(text[:at]), value) for at, value in found)
            return Parsed(tuple(records), tuple(bad))
    bad.append(_quarantine(offset + _byte_length(text[:torn_from]), text[torn_from:], reason))
    return Parsed(tuple(records), tuple(bad))


def _end_of(text: str, found: list[tuple[int, dict[str, Any]]]) -> int:
    if not found:
        return 0
    _, end = _DECODER.raw_decode(text, found[-1][0])
    return end
