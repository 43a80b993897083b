"""What the workshop tells its faces, after each commit. Frozen; a face that misses one can read the store again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from skilltui.learning.engine import Progress


class Captured(Struct, frozen=True):
    """A batch was committed. Ids are of what is new or changed."""

    path: str
    source: str
    sessions: tuple[str, ...]
    trajectories: tuple[str, ...]
    new_steps: int
    failed_steps: int
    quarantined: int
    backfill: bool  # history being imported, not an agent at work now


class CaptureStateChanged(Struct, frozen=True):
    """Capture started, stopped, caught up or failed. ``state``: off, idle, importing, live, failed."""

    state: str
    message: str = ""
    done_bytes: int = 0
    total_bytes: int = 0


class TrajectoryRelabelled(Struct, frozen=True):
    """A person, or the judge, set an outcome."""

    trajectory: str


class Forgotten(Struct, frozen=True):
    """Trajectories were removed for good."""

    trajectories: tuple[str, ...]


class GapsChanged(Struct, frozen=True):
    """Rows of the queue are new or changed."""

    gaps: tuple[str, ...]


class DraftProgressed(Struct, frozen=True):
    """A running engine has something to show. ``subject`` is the gap or skill it works on."""

    subject: str
    progress: Progress


class ProposalSaved(Struct, frozen=True):
    """A draft is new or changed: its edits, decisions, findings or gate."""

    skill: str
    version: int


class SkillChanged(Struct, frozen=True):
    """A live skill changed on disk through us, or its versions or trust did."""

    skill: str


class JudgeFailed(Struct, frozen=True):
    """The optional judge can't work; told once until it can."""

    message: str
    hint: str


class LibraryChanged(Struct, frozen=True):
    """The library was read again and differs."""

    skills: int
    broken: int


WorkshopEvent: TypeAlias = (
    Captured
    | CaptureStateChanged
    | TrajectoryRelabelled
    | Forgotten
    | GapsChanged
    | DraftProgressed
    | ProposalSaved
    | SkillChanged
    | JudgeFailed
    | LibraryChanged
)

Listener: TypeAlias = Callable[[WorkshopEvent], None]


class EventBus:
    """Hands each event to every listener, in order, on the event loop. A listener must be quick and must not raise."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def publish(self, event: WorkshopEvent) -> None:
        """Tell everybody."""
        for listener in tuple(self._listeners):
            listener(event)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Start listening; call the result to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)
