"""From the workshop's events to Textual's messages: at most thirty batches a second, coalesced.

An import of a large history commits hundreds of times a second; frames are drawn sixty times at most, and nobody reads
more than a few. Events of the same thing replace or join one another, so a batch stays small whatever happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence

from msgspec.structs import replace

from skilltui.workshop.events import (
    Captured,
    CaptureStateChanged,
    DraftProgressed,
    EventBus,
    Forgotten,
    GapsChanged,
    JudgeFailed,
    LibraryChanged,
    ProposalSaved,
    SkillChanged,
    TrajectoryRelabelled,
    WorkshopEvent,
)

PER_SECOND = 30


def coalesce(events: Iterable[WorkshopEvent]) -> tuple[WorkshopEvent, ...]:
    """The same news in fewer events; each stands where its last one stood."""
    kept: dict[Hashable, WorkshopEvent] = {}
    for event in events:
        key, merged = _identity(event), event
        earlier = kept.pop(key, None)
        if isinstance(event, Captured) and isinstance(earlier, Captured):
            merged = _join_captured(earlier, event)
        elif isinstance(event, GapsChanged) and isinstance(earlier, GapsChanged):
            merged = GapsChanged(_union(earlier.gaps, event.gaps))
        kept[key] = merged
    return tuple(kept.values())


async def carry(bus: EventBus, deliver: Callable[[Sequence[WorkshopEvent]], object]) -> None:
    """Hand on what the bus says until cancelled. The first event after a silence goes on at once."""
    waiting: list[WorkshopEvent] = []
    news = asyncio.Event()

    def listen(event: WorkshopEvent) -> None:
        waiting.append(event)
        news.set()

    stop = bus.subscribe(listen)
    try:
        while True:
            await news.wait()
            news.clear()
            batch = coalesce(waiting)
            waiting.clear()
            deliver(batch)
            await asyncio.sleep(1 / PER_SECOND)
    finally:
        stop()


def _identity(event: WorkshopEvent) -> Hashable:
    match event:
        case Captured(path=path, backfill=backfill):
            return Captured, path, backfill
        case TrajectoryRelabelled(trajectory=trajectory):
            return TrajectoryRelabelled, trajectory
        case Forgotten(trajectories=trajectories):
            return Forgotten, trajectories
        case DraftProgressed(subject=subject):
            return DraftProgressed, subject
        case ProposalSaved(skill=skill, version=version):
            return ProposalSaved, skill, version
        case SkillChanged(skill=skill):
            return SkillChanged, skill
        case CaptureStateChanged() | GapsChanged() | LibraryChanged() | JudgeFailed():
            return (type(event),)


def _join_captured(a: Captured, b: Captured) -> Captured:
    return replace(
        b,
        sessions=_union(a.sessions, b.sessions),
        trajectories=_union(a.trajectories, b.trajectories),
        new_steps=a.new_steps + b.new_steps,
        failed_steps=a.failed_steps + b.failed_steps,
        quarantined=a.quarantined + b.quarantined,
    )


def _union(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*a, *b)))
