"""The stable split: which trajectories a lesson is learned from, and which are held back to judge it.

By a hash of the trajectory's id, so that the same trajectory is always on the same side, whatever else is stored
(SkillOpt-Sleep splits by a stable hash of the task id, arXiv 2605.23904).
"""

from __future__ import annotations

import hashlib

HELD_BACK_SHARE = 0.34


def held_back(trajectory_id: str, share: float = HELD_BACK_SHARE) -> bool:
    """Whether a trajectory is kept for judging and may not be learned from."""
    digest = hashlib.sha256(b"split\0" + trajectory_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < share
