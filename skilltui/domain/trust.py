"""Trust that is earned from outcomes: levels, and the Wilson score interval (Wilson 1927)."""

from __future__ import annotations

import math
from enum import StrEnum

from msgspec import Struct

Z95 = 1.96


class TrustLevel(StrEnum):
    """How far a skill is trusted, lowest first."""

    BLOCKED = "blocked"
    QUARANTINED = "quarantined"
    COMMUNITY = "community"
    TRUSTED = "trusted"


class SkillOrigin(StrEnum):
    """Where a skill came from; it decides the level that it starts at."""

    PERSON = "person"
    DISTILLED = "distilled"
    SYNTHESISED = "synthesised"
    IMPORTED = "imported"


START_LEVEL = {
    SkillOrigin.PERSON: TrustLevel.TRUSTED,
    SkillOrigin.DISTILLED: TrustLevel.COMMUNITY,
    SkillOrigin.SYNTHESISED: TrustLevel.COMMUNITY,
    SkillOrigin.IMPORTED: TrustLevel.QUARANTINED,
}


def wilson_interval(successes: int, failures: int, z: float = Z95) -> tuple[float, float] | None:
    """The Wilson interval of a success rate, or ``None`` for no trials: unknown is not zero."""
    n = successes + failures
    if n == 0:
        return None
    p = successes / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def wilson_lower(successes: int, failures: int, z: float = Z95) -> float | None:
    """The lower end of :func:`wilson_interval`."""
    interval = wilson_interval(successes, failures, z)
    return None if interval is None else interval[0]


class Trust(Struct, frozen=True):
    """What outcomes say of one state of one skill (``hash``) with one model (``None``: all models together)."""

    skill: str
    level: TrustLevel
    origin: SkillOrigin
    hash: str | None
    model: str | None = None
    successes: int = 0
    failures: int = 0
    to_next: str = ""

    @property
    def state(self) -> str:
        """``unknown`` without a single counted use, else ``measured``."""
        return "measured" if self.successes + self.failures else "unknown"

    @property
    def lower(self) -> float | None:
        """Wilson lower bound, ``None`` when unknown."""
        return wilson_lower(self.successes, self.failures)

    @property
    def mean(self) -> float | None:
        """Plain success rate, ``None`` when unknown."""
        n = self.successes + self.failures
        return self.successes / n if n else None
