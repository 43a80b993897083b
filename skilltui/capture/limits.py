"""How much of a text is kept: the head and the tail, with a line between them that says what was left out.

Errors stand at the head (a compiler's first message) or at the tail (a test run's summary), seldom between.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

OUTPUT_HEAD = OUTPUT_TAIL = 8 << 10  # characters of a tool's output
ARGUMENT_HEAD = ARGUMENT_TAIL = 4 << 10  # characters of one string in a call's arguments
WORDS_HEAD = WORDS_TAIL = 32 << 10  # characters of what a person or the agent said
# What is looked at for secrets before the last cut: wide enough that no secret straddles the edge of what is kept.
_SLACK = 64 << 10
# Of a transcript's bytes about one in so many is text that is stored, hence searched for secrets.
TEXT_SHARE = 6
_DEPTH = 24
_ITEMS = 2000
_MARK = re.compile(r"\n\[… (\d{1,12}) characters left out …\]\n")


def cap(text: str, head: int, tail: int) -> str:
    """Keep ``head`` and ``tail`` characters. A text that was cut before is cut again with one mark for both."""
    if len(text) <= head + tail:
        return text
    middle = text[head : len(text) - tail]
    left_out = len(middle)
    for mark in _MARK.finditer(middle):
        left_out += int(mark.group(1)) - len(mark.group())
    return f"{text[:head]}\n[… {left_out} characters left out …]\n{text[len(text) - tail :]}"


def slack(text: str) -> str:
    """The first, wide cut of a text that still has to be searched for secrets."""
    return cap(text, _SLACK, _SLACK) if len(text) > 3 * _SLACK else text


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """A JSON value that is safe to walk, redact and store: no depth beyond 24, no huge list, no infinity."""
    if depth and type(value) is dict and len(value) <= _ITEMS and all(map(_is_plain, value.values())):
        return value  # as almost all arguments are
    if isinstance(value, str):
        return slack(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth == 0:
        return "[… nested deeper …]"
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth - 1) for key, item in list(value.items())[:_ITEMS]}
    if isinstance(value, list):
        return [plain(item, depth - 1) for item in value[:_ITEMS]]
    return str(value)


def _is_plain(value: Any) -> bool:
    return value is None or type(value) is bool or (type(value) is str and len(value) <= ARGUMENT_HEAD)


def cap_arguments(value: Any) -> Any:
    """The same JSON value with every string in it capped."""
    if isinstance(value, str):
        return cap(value, ARGUMENT_HEAD, ARGUMENT_TAIL)
    if isinstance(value, dict):
        if all(map(_is_plain, value.values())) and all(len(key) <= 200 for key in value):
            return value
        return {cap(key, 200, 0): cap_arguments(item) for key, item in value.items()}
    if isinstance(value, list):
        return [cap_arguments(item) for item in value]
    return value
