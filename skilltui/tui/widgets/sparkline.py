"""Sparklines as text: they fit in a cell of a list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from skilltui.tui.signs import ascii_only

_BARS = "▁▂▃▄▅▆▇"
_ASCII_BARS = "_.,:-=#"


def resample(values: Sequence[int], width: int) -> list[int]:
    """At most ``width`` sums of neighbouring values; nothing is lost, and short series stay as they are."""
    if len(values) <= width:
        return list(values)
    edges = [round(i * len(values) / width) for i in range(width + 1)]
    return [sum(values[a:b]) for a, b in pairwise(edges)]


def sparkline(values: Sequence[int], width: int = 8) -> str:
    """Bars from zero to the largest value, one cell each; a value above zero never looks like zero."""
    bars = _ASCII_BARS if ascii_only() else _BARS
    sampled = resample(values, width)
    top = max(sampled, default=0)
    if top <= 0:
        return bars[0] * len(sampled)
    steps = len(bars) - 1
    return "".join(bars[0] if value <= 0 else bars[max(1, round(value / top * steps))] for value in sampled)
