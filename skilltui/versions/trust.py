"""Trust from outcomes: what counted uses of one state of a skill say, and what a promotion still needs.

Wilson lower bound, z = 1.96; no use at all is ``unknown``, its own state. Only a person promotes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from skilltui.domain.trust import SkillOrigin, Trust, TrustLevel, wilson_lower

_NEXT = {
    TrustLevel.QUARANTINED: TrustLevel.COMMUNITY,
    TrustLevel.COMMUNITY: TrustLevel.TRUSTED,
}


def measure(
    name: str,
    level: TrustLevel,
    origin: SkillOrigin,
    tree: str | None,
    uses: Mapping[str | None, tuple[int, int]],
    *,
    promote_after: int,
    promote_lower: float,
) -> Trust:
    """All models together. ``uses``: model -> (successes, failures) of this very ``tree``."""
    successes = sum(counts[0] for counts in uses.values())
    failures = sum(counts[1] for counts in uses.values())
    models = [model for model in uses if model]
    return Trust(
        skill=name, level=level, origin=origin, hash=tree, model=models[0] if len(uses) == 1 and models else None,
        successes=successes, failures=failures,
        to_next=to_next(level, successes, failures, promote_after=promote_after, promote_lower=promote_lower),
    )  # fmt: skip


def to_next(level: TrustLevel, successes: int, failures: int, *, promote_after: int, promote_lower: float) -> str:
    """What is missing to the next level, in words; empty where there is none."""
    target = _NEXT.get(level)
    if target is None:
        return ""
    more = max(0, promote_after - successes)
    # The bound is reached at latest when p >= L and n is large; 1,000 tries are "not in sight" for one person.
    while more < 1000 and (wilson_lower(successes + more, failures) or 0.0) < promote_lower:
        more += 1
    if more == 0:
        return f"ready for {target}"
    if more >= 1000 or math.isclose(promote_lower, 1.0):
        return f"{target} is not in sight"
    return f"{more} more {'success' if more == 1 else 'successes'} to {target}"
