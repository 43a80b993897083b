"""Sessions, trajectories and steps: what an agent did, and how it went.

A *session* is one agent conversation on disk. A *trajectory* is one task inside it: the request, the steps that
followed, the outcome. A *step* is one tool call with its result. Times are ISO 8601 UTC strings; durations are
milliseconds. All text here is already redacted; none of it is sanitised for display.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field, structs
from msgspec.structs import replace

# What a trajectory can be exported as; the first unless asked otherwise.
EXPORTED = ("atif", "events")


class ErrorKind(StrEnum):
    """Why a step failed (CONTRACT: ``error_kind``)."""

    EXIT_NONZERO = "exit_nonzero"
    TIMEOUT = "timeout"
    PERMISSION_DENIED = "permission_denied"
    USER_REJECTED = "user_rejected"
    INTERRUPTED = "interrupted"
    INVALID_CALL = "invalid_call"
    NOT_FOUND = "not_found"
    OTHER = "other"


class OutcomeLabel(StrEnum):
    """How a trajectory ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"
    ABANDONED = "abandoned"


class OutcomeBy(StrEnum):
    """Who or what decided the outcome; a person's word beats all others."""

    USER = "user"
    REWARD = "reward"
    FEEDBACK = "feedback"
    END_STATE = "end-state"
    JUDGE = "judge"
    NONE = "none"


class Fault(StrEnum):
    """Where a person puts the blame for a failure. Only ``SKILL`` counts against a skill's trust."""

    SKILL = "skill"
    MODEL = "model"
    ENVIRONMENT = "environment"
    USER = "user"


class TurnKind(StrEnum):
    """What a person's message is to the trajectory it belongs to."""

    REQUEST = "request"
    FOLLOW_UP = "follow_up"
    CORRECTION = "correction"
    REJECTION = "rejection"
    APPROVAL = "approval"
    INTERRUPTION = "interruption"


class Step(Struct, frozen=True):
    """One tool call with its result. A struct, since there are ten of them for anything else here.

    ``key`` is the native call id, or ``@<byte offset>`` with the session where a format has no ids; it is unique
    within a source. ``seq`` names the step within its trajectory, counted from 1 in the order of arrival. ``ok`` is
    ``None`` while no result is recorded. ``agent`` is the session of the subagent that took the step.
    """

    key: str
    seq: int
    tool: str
    args: Mapping[str, Any] = {}
    ok: bool | None = None
    error_kind: ErrorKind | None = None
    exit_code: int | None = None
    duration_ms: int | None = None
    output: str = ""
    at: str | None = None
    agent: str | None = None
    # The person changed what the agent proposed before they let it pass.
    user_edited: bool = False


class Turn(Struct, frozen=True):
    """One message of the person. ``after_step`` is the ``seq`` of the last step before it, 0 before the first."""

    key: str
    kind: TurnKind
    text: str
    after_step: int = 0
    at: str | None = None


class Signal(Struct, frozen=True):
    """One piece of evidence for an outcome. ``polarity`` is 1 for, -1 against success, 0 for neither."""

    signal: str
    polarity: int
    weight: float
    text: str
    step: int | None = None


class Outcome(Struct, frozen=True):
    """The label of a trajectory with its evidence. ``confidence`` is in [0, 1]."""

    label: OutcomeLabel = OutcomeLabel.UNKNOWN
    by: OutcomeBy = OutcomeBy.NONE
    confidence: float = 0.0
    evidence: tuple[Signal, ...] = ()
    fault: Fault | None = None


class SkillUse(Struct, frozen=True):
    """A skill that was really used. ``hash`` is the tree hash active then; without one the use counts for nothing."""

    skill: str
    hash: str | None = None


class SkillScore(Struct, frozen=True):
    """How sure it is that a skill serves a request; ``score`` is in [0, 1]."""

    skill: str
    score: float


class TrajectorySummary(Struct, frozen=True):
    """A trajectory as lists show it: everything but its steps and turns."""

    id: str
    session: str
    source: str
    ordinal: int
    request: str
    started_at: str | None
    ended_at: str | None
    project: str | None
    model: str | None
    outcome: Outcome
    steps: int
    failed_steps: int
    corrections: int
    match: SkillScore | None = None
    skills_used: tuple[SkillUse, ...] = ()


class Trajectory(Struct, frozen=True):
    """One task inside a session, whole. ``ordinal`` counts from 1 within the session.

    ``steps`` are the agent's own, ``delegated`` those of the subagents that it started, both in the order of arrival.
    """

    id: str
    session: str
    source: str
    ordinal: int
    request: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    project: str | None = None
    model: str | None = None
    steps: tuple[Step, ...] = ()
    delegated: tuple[Step, ...] = ()
    turns: tuple[Turn, ...] = ()
    outcome: Outcome = field(default_factory=Outcome)
    match: SkillScore | None = None
    skills_used: tuple[SkillUse, ...] = ()
    # The last thing that the agent said, as evidence for the end state; never evidence for a lesson.
    closing_text: str = ""
    # Its outputs were cut down to keep the store under its cap.
    trimmed: bool = False

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """The agent's own steps and its subagents' among them, by time; what has no time stays where it arrived."""
        if not self.delegated:
            return self.steps
        merged: list[tuple[str, Step]] = []
        for steps in (self.steps, self.delegated):
            at = ""
            for step in steps:
                at = max(at, step.at or "")
                merged.append((at, step))
        merged.sort(key=lambda entry: entry[0])
        return tuple(step for _, step in merged)

    @property
    def next_seq(self) -> int:
        """The ``seq`` of a step that comes next."""
        return max((steps[-1].seq for steps in (self.steps, self.delegated) if steps), default=0) + 1

    @property
    def last_seq(self) -> int:
        """The ``seq`` of the agent's own last step; 0 before the first."""
        return self.steps[-1].seq if self.steps else 0

    @property
    def failed_steps(self) -> int:
        """How many steps have ``ok`` false, those of subagents included."""
        return sum(step.ok is False for steps in (self.steps, self.delegated) for step in steps)

    @property
    def corrections(self) -> int:
        """How often the person had to correct or reject what the agent did."""
        return sum(turn.kind in (TurnKind.CORRECTION, TurnKind.REJECTION) for turn in self.turns)

    def summary(self) -> TrajectorySummary:
        """The same without steps and turns."""
        return TrajectorySummary(
            id=self.id, session=self.session, source=self.source, ordinal=self.ordinal, request=self.request,
            started_at=self.started_at, ended_at=self.ended_at, project=self.project, model=self.model,
            outcome=self.outcome, steps=len(self.steps) + len(self.delegated), failed_steps=self.failed_steps,
            corrections=self.corrections, match=self.match, skills_used=self.skills_used,
        )  # fmt: skip


class SessionSummary(Struct, frozen=True):
    """A session as the Live pane lists it. ``activity`` holds steps per equal slice of its life, oldest first."""

    source: str
    id: str
    path: str
    project: str | None
    model: str | None
    started_at: str | None
    last_at: str | None
    trajectories: int
    steps: int
    failed_steps: int
    activity: tuple[int, ...] = ()


# How many of the newest steps say how a task stands. Of older ones an open trajectory keeps what they were, and not
# what they printed: a task of ten thousand steps would not fit into memory.
RECENT_STEPS = 400
_LEAN_OUTPUT = 200
_LEAN_ARGUMENT = 300


def lean(trajectory: Trajectory) -> Trajectory:
    """As much of a trajectory as judging it needs: outputs and arguments of older steps are cut to their heads."""
    own, delegated = _lean(trajectory.steps), _lean(trajectory.delegated)
    if own is trajectory.steps and delegated is trajectory.delegated:
        return trajectory
    return replace(trajectory, steps=own, delegated=delegated)


def _lean(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    older = steps[:-RECENT_STEPS]
    fat = {number for number, step in enumerate(older) if len(step.output) > _LEAN_OUTPUT}
    if not fat:
        return steps
    return (*(lean_step(step) if number in fat else step for number, step in enumerate(older)), *steps[-RECENT_STEPS:])


def lean_step(step: Step) -> Step:
    """The step without most of what it printed and was given."""
    args = {key: value[:_LEAN_ARGUMENT] if isinstance(value, str) else value for key, value in step.args.items()}
    return structs.replace(step, args=args, output=step.output[:_LEAN_OUTPUT])


def trajectory_id(source: str, session: str, first_key: str) -> str:
    """A stable id: the same conversation read again gives the same trajectories."""
    digest = hashlib.sha256("\0".join((source, session, first_key)).encode("utf-8", "surrogatepass"))
    return "t_" + digest.hexdigest()[:12]
