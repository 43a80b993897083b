"""What one part of the interface asks of another. Requests bubble up to the app, which owns the panes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from skilltui.workshop.events import WorkshopEvent


@dataclass
class WorkshopChanged(Message):
    """The bridge took these events from the workshop; already coalesced, oldest first."""

    events: Sequence[WorkshopEvent]


@dataclass
class OpenDraft(Message):
    """Show this draft in the Workbench."""

    skill: str
    version: int


@dataclass
class OpenVersions(Message):
    """Show this skill's timeline in Versions."""

    skill: str


@dataclass
class OpenTrajectory(Message):
    """Show this trajectory in Live, and this step of it where one is named."""

    id: str
    step: int | None = None


@dataclass
class OpenGap(Message):
    """Show this gap in Gaps."""

    id: str


@dataclass
class DraftWanted(Message):
    """Start writing a draft: for ``gap``, or for ``skill`` from ``trajectories`` (all of the skill's where empty)."""

    gap: str | None = None
    skill: str | None = None
    trajectories: tuple[str, ...] = ()
    title: str = ""


@dataclass
class DraftStopWanted(Message):
    """Stop the draft that is being written."""


@dataclass
class ConsentGiven(Message):
    """The person answered whether the agents' folders may be read."""

    yes: bool


@dataclass
class CountsChanged(Message):
    """A pane knows a new number for its place in the status bar, e.g. open gaps."""

    pane: str
    count: int
