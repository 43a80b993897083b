"""What an engine gets and gives: evidence cards in, worded lines out.

An engine only words what was mined; it can't add evidence. Each item of a draft names the cards it stands on, and the
caller throws away an item that names none (DESIGN: the model is a rewriter of mined evidence cards).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from skilltui.domain.proposal import EvidenceRef, Origin, Support


class CardKind(StrEnum):
    """What was mined."""

    SEQUENCE = "sequence"  # steps that recur in successful trajectories
    FIX = "fix"  # an error, and what mended it
    CORRECTION = "correction"  # what the person told the agent


class Card(Struct, frozen=True):
    """One mined lesson. ``lines`` are Markdown lines without bullets or numbers; ``quotes`` are verbatim evidence."""

    id: str
    kind: CardKind
    section: str
    lines: tuple[str, ...]
    support: Support
    evidence: tuple[EvidenceRef, ...]
    origin: Origin
    note: str
    quotes: tuple[str, ...] = ()


class Brief(Struct, frozen=True):
    """The job: word these cards for a skill of this name and purpose.

    ``existing`` is the body of the skill to amend, empty for a new one. ``name`` and ``description`` are what was
    mined; an engine may word the description better, within 1,024 characters, and must keep the name.
    """

    name: str
    description: str
    need: str
    requests: tuple[str, ...]
    cards: tuple[Card, ...]
    existing: str = ""


class Item(Struct, frozen=True):
    """Worded lines for one section, with the cards that support them."""

    cards: tuple[str, ...]
    section: str
    lines: tuple[str, ...]


class Draft(Struct, frozen=True):
    """An engine's answer. ``partial`` where it was cut short but what is here is whole; ``note`` says why."""

    description: str
    items: tuple[Item, ...]
    partial: bool = False
    note: str = ""


class Progress(Struct, frozen=True):
    """How far an engine is. ``text`` is the raw text so far (untrusted), ``tokens`` what was generated."""

    phase: str  # "mining", "loading", "reading", "writing", "done"
    text: str = ""
    tokens: int = 0
    seconds: float = 0.0


OnProgress = Callable[[Progress], None]


class Engine(Protocol):
    """A writer of drafts. ``write`` raises ``EngineError``; cancelling its task stops the work within a second."""

    @property
    def name(self) -> str:
        """``extractive`` or ``ollama``."""

    @property
    def model(self) -> str | None:
        """The model's name where there is one."""

    async def write(self, brief: Brief, on_progress: OnProgress) -> Draft:
        """Word the cards."""
