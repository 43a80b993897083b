"""Gaps: clusters of requests that no skill serves (after MetaAgent's help-seeking, arXiv 2508.00271)."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from skilltui.domain.trajectory import OutcomeLabel, SkillScore

# The need of a gap that a person decided on, and whose requests they had forgotten.
FORGOTTEN_NEED = "its requests were forgotten"


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


class GapRequest(Struct, frozen=True):
    """One request in a gap. ``trajectory`` is ``None`` for a request made through ``skilltui ask``."""

    text: str
    at: str | None
    trajectory: str | None = None
    outcome: OutcomeLabel = OutcomeLabel.UNKNOWN
    failed_steps: int = 0
    project: str | None = None  # the folder it was made in


class Gap(Struct, frozen=True):
    """One row of the queue. ``requests`` are oldest first; ``top`` is the nearest skill at the last request.

    ``project`` is ``None`` for a need that a skill for all projects would meet, also while only one project has asked:
    what two projects want is one need, and one row. It is set where a project's own skill answered, and not well
    enough. That is another answer than other projects get, for which that skill does not exist: mending it closes
    nothing for them, so their requests stand in a row of their own. Which projects asked is said by ``projects``.
    """

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
    def projects(self) -> tuple[str, ...]:
        """The folders that its requests were made in, each once, the first to ask first."""
        return tuple(dict.fromkeys(r.project for r in self.requests if r.project))

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
