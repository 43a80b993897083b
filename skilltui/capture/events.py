"""What a transcript says, in terms that no agent's format owns.

A format module turns raw records into these; redaction has been applied to every string before one of them leaves
``capture.reader``. ``key`` is what the source calls the thing (record uuid, call id), or ``@<byte offset>`` where it
has no name for it: the same record met again has the same key, so nothing is counted twice.

They come by the ten thousand: a struct is made in a twentieth of the time that a frozen dataclass takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

from skilltui.domain.trajectory import ErrorKind, Outcome, TurnKind


class SessionStarted(Struct, frozen=True, tag=True):
    """The first record of a conversation, or a later one that changes what is known about it.

    ``parent``: the session of the agent that started this one as its subagent.
    """

    session: str
    at: str | None = None
    project: str | None = None
    model: str | None = None
    parent: str | None = None


class UserSaid(Struct, frozen=True, tag=True):
    """A person's message (``human``), or the mark that a person stopped the agent (``interruption``).

    ``reply``: said within a task that the source itself delimits, so never a request of its own. ``turn``: what an
    export of ours says that it was.
    """

    session: str
    key: str
    at: str | None
    text: str
    kind: Literal["human", "interruption", "reply"] = "human"
    turn: TurnKind | None = None


class AgentSaid(Struct, frozen=True, tag=True):
    """The agent's words to the person. Evidence for an end state, never for a lesson."""

    session: str
    key: str
    at: str | None
    text: str
    model: str | None = None


class ToolCalled(Struct, frozen=True, tag=True):
    """A tool call. ``key`` is the call id: it pairs the result. ``agent``: the subagent that made it, in an export."""

    session: str
    key: str
    at: str | None
    tool: str
    args: Mapping[str, Any] = field(default_factory=dict)
    model: str | None = None
    agent: str | None = None


class ToolReturned(Struct, frozen=True, tag=True):
    """A result. ``key`` is that of its call. ``ok`` is ``None`` where the call still runs."""

    session: str
    key: str
    at: str | None
    ok: bool | None
    text: str
    error_kind: ErrorKind | None = None
    exit_code: int | None = None
    duration_ms: int | None = None
    user_edited: bool = False  # the person changed the proposal before they let it pass


class SkillLoaded(Struct, frozen=True, tag=True):
    """A skill was really used: called, loaded by a slash command, or its ``SKILL.md`` read."""

    session: str
    key: str
    at: str | None
    skill: str


class TaskRecorded(Struct, frozen=True, tag=True):
    """An export of ours says how the task ended that the record ``key`` opened. ``at``: when it ended."""

    session: str
    key: str
    at: str | None
    outcome: Outcome
    started_at: str | None = None
    model: str | None = None
    skills: tuple[str, ...] = ()


class SessionEnded(Struct, frozen=True, tag=True):
    """The source says that the conversation is over. ``reward`` is a benchmark's number, ``outcome`` its word."""

    session: str
    key: str
    at: str | None
    outcome: str | None = None
    reward: float | None = None


Event: TypeAlias = (
    SessionStarted | UserSaid | AgentSaid | ToolCalled | ToolReturned | SkillLoaded | TaskRecorded | SessionEnded
)

_CONTENT = (UserSaid, AgentSaid, ToolCalled, ToolReturned, SkillLoaded)


def has_content(events: Iterable[Event]) -> bool:
    """Whether anything was said or done: a file without that is no session yet."""
    return any(isinstance(event, _CONTENT) for event in events)


def span(events: Iterable[Event]) -> tuple[str | None, str | None]:
    """The times of the earliest and of the latest event, as far as they have one."""
    times = [at for event in events if (at := event.at)]
    return min(times, default=None), max(times, default=None)


class Quarantined(Struct, frozen=True):
    """Bytes that could not be read as records: kept apart by place and hash, never a reason to stop."""

    offset: int
    length: int
    sha256: str
    reason: str
