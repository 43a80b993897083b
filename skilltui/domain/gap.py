"""Gaps: clusters of requests that no skill serves (after MetaAgent's help-seeking, arXiv 2508.00271)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skilltui.domain.trajectory import OutcomeLabel, SkillScore


class GapKind(StrEnum):
    """Why no skill served (CONTRACT: Gaps and learning)."""

    NO_MATCH = "no_match"
    WEAK_MATCH = "weak_match"
    AMBIGUOUS = "ambiguous"
    FAILED_DESPITE_MATCH = "failed_despite_match"
    HELP_REQUEST = "help_request"


class GapStatus(StrEnum):
    """Where a gap stands in the queue."""

    OPEN = "open"
    SNOOZED = "snoozed"
    LINKED = "linked"
    DRAFTED = "drafted"
    CLOSED = "closed"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class GapRequest:
    """One request in a gap. ``trajectory`` is ``None`` for a request made through ``skilltui ask``."""

    text: str
    at: str | None
    trajectory: str | None = None
    outcome: OutcomeLabel = OutcomeLabel.UNKNOWN
    failed_steps: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """One row of the queue. ``requests`` are oldest first; ``top`` is the nearest skill at the last request."""

    id: str
    status: GapStatus
    kind: GapKind
    need: str
    requests: tuple[GapRequest, ...] = ()
    top: SkillScore | None = None
    skill: str | None = None  # the skill it is linked to, or that was drafted for it
    project: str | None = None
    snoozed_until: str | None = None

    @property
    def count(self) -> int:
        """How many requests it holds."""
        return len(self.requests)

    @property
    def failed_steps(self) -> int:
        """The failed work that its requests cost."""
        return sum(request.failed_steps for request in self.requests)

    @property
    def first_seen(self) -> str | None:
        """When its first request was made."""
        return min((r.at for r in self.requests if r.at), default=None)

    @property
    def last_seen(self) -> str | None:
        """When its newest request was made."""
        return max((r.at for r in self.requests if r.at), default=None)
