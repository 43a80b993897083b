"""Numbers as people read them, the same in every face."""

from __future__ import annotations

import math


def plural(count: int, one: str, many: str = "") -> str:
    """``1 step``, ``2 steps``, ``1,200 steps``; ``many`` where the plural is not made with an s."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def score_words(score: float, *, below: bool) -> str:
    """Two decimals; one that is ``below`` a threshold is rounded down, so that it never reads as reaching it."""
    # Scores have four decimals, which a float may miss by a hair.
    return f"{math.floor(score * 100 + 1e-6) / 100 if below else score:.2f}"
