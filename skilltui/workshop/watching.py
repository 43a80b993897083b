"""Following the agents live: what is on disk is imported, newest first, and what grows is read within a second.

Where the system tells of changes, the watcher wakes at once, looks at what changed, and looks at everything every two
seconds besides; where it does not, a ``stat`` of each file a few times a second does the same. Hooks wake it too.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from skilltui.capture.packed import is_packed, plain_path
from skilltui.capture.tail import Cursor, unchanged
from skilltui.errors import SkilltuiError, SourceError, WithheldError
from skilltui.paths import path_text
from skilltui.store import captures, endings
from skilltui.workshop import nudges
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context
from skilltui.workshop.events import CaptureStateChanged
from skilltui.workshop.file_events import STARTING, FileEvents, trial
from skilltui.workshop.followed import Followed, Stamp, stamp_of
from skilltui.workshop.nudges import Nudge

POLL_SECONDS = 0.3
SCAN_SECONDS = 2.0
FILE_EVENTS = "file events"
# A file that changed this recently is an agent at work, and goes before history.
HOT_SECONDS = 60.0
# An agent tells that it rests a moment before its last lines are on disk.
REST_SECONDS = 1.0


class CaptureStatus(Struct):
    """What capture is doing, for the status line. ``way``: how it learns of changes, and why it has to poll."""

    state: str = "off"  # off, importing, live, failed
    agents: tuple[str, ...] = ()
    message: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    quarantined: int = 0
    last_captured_at: str | None = None
    way: str = ""
    polling: bool = False


def way_of(reason: str | None) -> str:
    """How changes are learned of, in words, where ``reason`` speaks against file events or is ``None``."""
    return FILE_EVENTS if reason is None else f"polling every {POLL_SECONDS} s: {reason}"


class Watcher:
    """Runs until cancelled. One per open home."""

    def __init__(self, context: Context, capturing: Capturing) -> None:
        self._context = context
        self._capturing = capturing
        self._followed = Followed()
        self._events = FileEvents(self._heard)
        self.status = CaptureStatus()
        self._quiet = asyncio.Event()
        self._wake = asyncio.Event()
        self._rescan = False
        self._scanned_at = -SCAN_SECONDS
        self._stale = False
        self._named: set[Path] = set()
        self._nudged: dict[tuple[str, str], tuple[Nudge, float]] = {}

    @property
    def skipped(self) -> dict[Path, str]:
        """Files that were passed over, and why."""
        return {path: reason for path, (_, reason) in self._followed.skipped.items()}

    async def way_here(self) -> str:
        """How changes would be learned of if capture began now, found out by trying. For ``doctor``."""
        return way_of(await trial(self._to_watch()))

    async def caught_up(self) -> None:
        """Wait until everything that stands on disk now has been read. Only while ``run`` is running."""
        self._quiet.clear()
        self._rescan = True
        self._wake.set()
        await self._quiet.wait()

    async def run(self) -> None:
        """Import, then follow, until cancelled. Trouble is told, and stops no other file."""
        self._capturing.require_consent()
        self._tell("importing")
        try:
            await asyncio.to_thread(nudges.sweep, self._context.paths.spool)
            while True:
                try:
                    await self._pass()
                except (SkilltuiError, OSError) as error:
                    # A full disk, a folder that went, a file that can't be read: it may be better in a moment.
                    hint = getattr(error, "hint", "")
                    self._tell("failed", f"{error} ({hint})" if hint else str(error))
                    await asyncio.sleep(SCAN_SECONDS)
        finally:
            self._events.close()
            self._tell("off")

    async def _pass(self) -> None:
        self._wake.clear()
        polling = self._events.reason is not None
        everything = self._rescan or time.monotonic() >= self._next_scan()
        if everything:
            self._rescan = self._stale = False
            await self._scan()
            self._scanned_at = time.monotonic()
        await self._take_nudges()
        told, self._named = self._named, set()
        gone = await asyncio.to_thread(self._followed.look, None if everything or polling else told, told=told)
        if everything and not polling and self._followed.missed():
            self._events.fail("changes came that no event told of")
        if gone:
            # A transcript that was compressed, or has come back, is not gone.
            lost = [plain_path(path) for path in gone if not _other_form(path).exists()]
            await self._context.database.write(lambda c: captures.mark_gone(c, map(path_text, lost)))
            self._followed.forget(gone)
        self._tell_way()
        if self._followed.due:
            await self._read()
            return
        self._tell("live")
        if everything:
            await self._capturing.settle()
        await self._heed_nudges()
        if not self._rescan:
            self._quiet.set()
        await self._rest()

    async def _rest(self) -> None:
        """Until something is told, or it is time to look again."""
        now = time.monotonic()
        seconds = POLL_SECONDS if self._events.reason is not None else self._next_scan() - now
        seconds = min([seconds, *(at - now for _, at in self._nudged.values())])
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(seconds, 0.01))

    def _next_scan(self) -> float:
        return self._scanned_at + (POLL_SECONDS if self._stale else SCAN_SECONDS)

    async def _read(self) -> None:
        """One chunk of each file at work now, else one chunk of the newest history."""
        changed = sorted(self._followed.due.items(), key=lambda entry: entry[1][1], reverse=True)
        now = time.time_ns()
        hot = [(path, stamp) for path, stamp in changed if now - stamp[1] < HOT_SECONDS * 1e9]
        if not hot or self.status.state == "importing":
            self.status.total_bytes = sum(stamp[0] for _, stamp in changed) + self.status.done_bytes
            self._tell("importing")
        for path, stamp in hot or changed[:1]:
            await self._read_one(path, stamp, backfill=not hot)

    async def _read_one(self, path: Path, stamp: Stamp, *, backfill: bool) -> None:
        found = self._followed.files[path].found
        try:
            more, size, _, _ = await self._capturing.step(found.path, found.format, final=False, backfill=backfill)
        except WithheldError as error:
            self._followed.done(path, stamp)
            self._followed.skipped[path] = (stamp[0], error.message)
            return
        except SourceError as error:
            # Told once; the file is looked at again when it changes.
            self._followed.done(path, stamp)
            self._tell(self.status.state, error.message)
            return
        self.status.done_bytes += size
        self.status.last_captured_at = self._context.clock()
        if not more:
            self._followed.done(path, stamp)

    async def _scan(self) -> None:
        """Find files that are new, and watch the folders that are there now."""
        await self._events.watch(self._to_watch())
        new = await asyncio.to_thread(self._followed.scan, self._capturing.folders)
        if new:
            stored = await self._context.database.read(captures.cursors)
            back = await asyncio.to_thread(self._known, new, stored)
            if back:
                await self._context.database.write(lambda c: endings.mark_back(c, map(path_text, back)))
        self.status.agents = self._followed.agents

    def _to_watch(self) -> list[Path]:
        folders = [path for paths in self._capturing.folders.values() for path in paths]
        return [*folders, self._context.paths.spool]

    def _known(self, new: list[Path], stored: dict[str, tuple[str, str]]) -> list[Path]:
        """Which of the new files are stored as they stand, and need no reading."""
        same = []
        for path in new:
            known = stored.get(path_text(plain_path(path)))
            # One that vanishes meanwhile is gone at the next look.
            with suppress(SourceError):
                if known is not None and unchanged(path, Cursor.from_json(known[1])):
                    self._followed.files[path].read = stamp_of(path)
                    same.append(path)
        return same

    # What wakes

    def _heard(self, names: frozenset[str]) -> None:
        """File events, on the event loop. No name at all: look at everything."""
        spool = os.path.realpath(self._context.paths.spool)
        for name in names:
            path = Path(name)
            if path in self._followed.files:
                self._named.add(path)
            elif not name.startswith(spool):
                # A new file or folder, perhaps. Agents write much beside their transcripts, so this may wait a little.
                self._stale = True
        if not names:
            self._rescan = True
        self._wake.set()

    async def _take_nudges(self) -> None:
        for nudge in await asyncio.to_thread(nudges.take, self._context.paths.spool):
            if nudge.agent not in self._capturing.folders:
                continue
            found = await asyncio.to_thread(nudges.transcript, nudge)
            if found is not None:
                if found.path not in self._followed.files:
                    self._followed.add(found.path, found, watched=self._is_watched(found.path))
                self._named.add(found.path)
            # A session's last word counts: it may be at work again.
            who = (nudge.agent, nudge.session or str(nudge.path))
            self._nudged[who] = (nudge, time.monotonic() + REST_SECONDS)

    def _is_watched(self, path: Path) -> bool:
        roots = (os.path.realpath(root) for roots in self._capturing.folders.values() for root in roots)
        return any(path.is_relative_to(root) for root in roots)

    async def _heed_nudges(self) -> None:
        now = time.monotonic()
        for who, (nudge, at) in list(self._nudged.items()):
            if at <= now:
                del self._nudged[who]
                await self._capturing.heed(nudge)

    # What is told

    def _tell_way(self) -> None:
        reason = self._events.reason
        if reason == STARTING:
            return
        way = way_of(reason)
        if way != self.status.way:
            self.status.way, self.status.polling = way, reason is not None
            self._publish()

    def _tell(self, state: str, message: str = "") -> None:
        status = self.status
        if (state, message) == (status.state, status.message) and state != "importing":
            return
        status.state, status.message = state, message
        self._publish()

    def _publish(self) -> None:
        status = self.status
        self._context.bus.publish(
            CaptureStateChanged(status.state, status.message, status.done_bytes, status.total_bytes)
        )


def _other_form(path: Path) -> Path:
    """The compressed form of a plain transcript, the plain form of a compressed one."""
    return plain_path(path) if is_packed(path) else path.with_name(path.name + ".zst")
