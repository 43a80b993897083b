"""From a model's text to data: thinking cut off, JSON read, a cut-off answer completed where a whole part is there."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

_OPEN, _CLOSE = "<think>", "</think>"
_CLOSER = {"{": "}", "[": "]"}
# How many places to cut at are tried, from the end.
_TRIES = 64


def strip_thinking(text: str) -> str:
    """The answer after the thinking; empty while the thinking has no end yet.

    Templates that open the thinking themselves leave only the closing mark.
    """
    while text.lstrip().startswith(_OPEN):
        text = text.partition(_CLOSE)[2]
    if not text.lstrip().startswith(("{", "[")) and _CLOSE in text:
        text = text.rpartition(_CLOSE)[2]
    return text.strip()


def decode(text: str) -> Any:
    """The JSON value of an answer. Raises ``ValueError`` for anything else."""
    try:
        return json.loads(strip_thinking(text))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def salvage(text: str, fits: Callable[[Any], bool]) -> Any | None:
    """The longest whole part of a JSON text that was cut off, completed with the missing brackets.

    It is cut only behind an element that was closed, so nothing in it is half said. None where no such part ``fits``.
    """
    text = strip_thinking(text)
    for end, closers in _cuts(text):
        try:
            value = json.loads(text[:end] + closers)
        except (ValueError, RecursionError):
            continue
        if fits(value):
            return value
    return None


def _cuts(text: str) -> list[tuple[int, str]]:
    """Ends of closed objects and arrays with the brackets still missing there, the last one first."""
    found: deque[tuple[int, str]] = deque(maxlen=_TRIES)
    missing: list[str] = []
    in_string = escaped = False
    for at, char in enumerate(text):
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in _CLOSER:
            missing.append(_CLOSER[char])
        elif missing and char == missing[-1]:
            missing.pop()
            found.append((at + 1, "".join(reversed(missing))))
    return list(reversed(found))
