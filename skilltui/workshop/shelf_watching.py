"""Watching the skill roots while the interface is open: what agents and editors do there is shown within a second.

Where the system tells of changes the roots are read again as soon as it does, and every few seconds besides, because
events get lost; where it does not, once a second. Reading looks at the files' stamps and parses what changed.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path

from skilltui.library.check import ASIDE
from skilltui.library.registry import LibraryState
from skilltui.workshop.file_events import STARTING, FileEvents, trial
from skilltui.workshop.shelf import Shelf

POLL_SECONDS = 1.0
SCAN_SECONDS = 5.0
FILE_EVENTS = "file events"
# A library of thousands takes a while to look at: the polling takes this share of the time, the look besides less.
_POLL_SHARE = 0.1
_SCAN_SHARE = 0.02
# An event comes within a fraction of this; a change that is older and was not told came without one.
_UNTOLD_SECONDS = 1.0


def way_of(reason: str | None) -> str:
    """How changes of skills are learned of, in words, where ``reason`` speaks against file events or is ``None``."""
    return FILE_EVENTS if reason is None else f"polling every {POLL_SECONDS:.0f} s: {reason}"


class ShelfWatcher:
    """Runs until cancelled. The shelf publishes ``LibraryChanged`` where something differs."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._events = FileEvents(self._heard)
        self._wake = asyncio.Event()
        self._changed = True
        self._took = 0.0
        self._looked_at = 0.0
        self._untold_since: float | None = None
        self._state: LibraryState | None = None

    @property
    def way(self) -> str:
        """How changes are learned of now; empty before that is known."""
        return "" if self._events.reason == STARTING else way_of(self._events.reason)

    @property
    def polling(self) -> bool:
        """Whether there are no file events for the skill roots."""
        return self._events.reason not in (None, STARTING)

    async def way_here(self) -> str:
        """How changes would be learned of, found out by trying. For ``doctor``."""
        return way_of(await trial(self._shelf.roots))

    async def run(self) -> None:
        """Watch until cancelled."""
        try:
            while True:
                self._wake.clear()
                # A root that is there now, or was made anew, is watched from now on.
                await self._events.watch(self._shelf.roots)
                if self._changed or time.monotonic() >= self._next_look():
                    await self._look()
                if self._untold_since is not None and time.monotonic() - self._untold_since >= _UNTOLD_SECONDS:
                    self._untold_since = None
                    self._events.fail("changes came that no event told of")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
        finally:
            self._events.close()

    async def _look(self) -> None:
        told, self._changed = self._changed, False
        started = time.monotonic()
        before = self._state
        # Of a root that was there and can't be looked at now; what was last seen stands until the next look.
        with suppress(OSError):
            self._state = await self._shelf.refresh()
        self._looked_at = time.monotonic()
        self._took = self._looked_at - started
        now = self._state
        differs = before is not None and now is not None and (before.skills, before.broken) != (now.skills, now.broken)
        if differs and not told and self._events.reason is None:
            self._untold_since = self._untold_since or self._looked_at

    def _next_look(self) -> float:
        if self._events.reason is None:
            return self._looked_at + max(SCAN_SECONDS, self._took / _SCAN_SHARE)
        return self._looked_at + max(POLL_SECONDS, self._took / _POLL_SHARE)

    def _heard(self, names: frozenset[str]) -> None:
        """File events, on the event loop. No name at all: look at everything."""
        if not names or any(ASIDE.isdisjoint(Path(name).parts) for name in names):
            self._changed, self._untold_since = True, None
            self._wake.set()
