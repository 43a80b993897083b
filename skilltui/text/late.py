"""Patterns compiled when first used: an import pays nothing for those that a run never needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache


def late(source: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """A function that gives the compiled pattern."""

    @cache
    def compiled() -> re.Pattern[str]:
        return re.compile(source, flags)

    return compiled
