"""Following the agents live: what is on disk is imported, newest first, and what grows is read within a second.

Polling alone: a stat of each known file and a listing of each folder twice a second costs milliseconds, needs no
watch limits, and works on file systems that send no events.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from skilltui.capture.discover import Found, Skipped, candidates, discover
from skilltui.capture.packed import is_packed, plain_path
from skilltui.capture.tail import Cursor, unchanged
from skilltui.capture.tail import stamp as file_stamp
from skilltui.errors import SkilltuiError, SourceError
from skilltui.paths import path_text
from skilltui.store import captures
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context
from skilltui.workshop.events import CaptureStateChanged

POLL_SECONDS = 0.3
SCAN_SECONDS = 2.0
# A file that changed this recently is an agent at work, and goes before history.
HOT_SECONDS = 60.0


_Stamp: TypeAlias = tuple[int, int]  # size, mtime_ns


@dataclass(slots=True)
class CaptureStatus:
    """What capture is doing, for the status line."""

    state: str = "off"  # off, importing, live, failed
    agents: tuple[str, ...] = ()
    message: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    quarantined: int = 0
    last_captured_at: str | None = None


@dataclass(slots=True)
class _File:
    found: Found
    read: _Stamp | None = None  # as it was when last read to its end


@dataclass(slots=True)
class _Watched:
    files: dict[Path, _File] = field(default_factory=dict)
    skipped: dict[Path, tuple[int, str]] = field(default_factory=dict)  # size when looked at, reason

    def forget(self, paths: Iterable[Path]) -> None:
        """They are gone; one that comes back is looked at anew."""
        for path in paths:
            del self.files[path]


class Watcher:
    """Runs until cancelled. One per open home."""

    def __init__(self, context: Context, capturing: Capturing) -> None:
        self._context = context
        self._capturing = capturing
        self._watched = _Watched()
        self.status = CaptureStatus()
        self._quiet = asyncio.Event()
        self._rescan = False
        self._scanned_at = -SCAN_SECONDS

    @property
    def skipped(self) -> dict[Path, str]:
        """Files that were passed over, and why."""
        return {path: reason for path, (_, reason) in self._watched.skipped.items()}

    async def caught_up(self) -> None:
        """Wait until everything that stands on disk now has been read. Only while ``run`` is running."""
        self._quiet.clear()
        self._rescan = True
        await self._quiet.wait()

    async def run(self) -> None:
        """Import, then follow, until cancelled. Trouble is told, and stops no other file."""
        self._capturing.require_consent()
        self._tell("importing")
        try:
            while True:
                try:
                    await self._pass()
                except (SkilltuiError, OSError) as error:
                    # A full disk, a folder that went, a file that can't be read: it may be better in a moment.
                    hint = getattr(error, "hint", "")
                    self._tell("failed", f"{error} ({hint})" if hint else str(error))
                    await asyncio.sleep(SCAN_SECONDS)
        finally:
            self._tell("off")

    async def _pass(self) -> None:
        if self._rescan or time.monotonic() - self._scanned_at >= SCAN_SECONDS:
            self._rescan = False
            stored = await self._context.database.read(captures.cursors)
            await asyncio.to_thread(self._scan, stored)
            self._scanned_at = time.monotonic()
        changed, gone = await asyncio.to_thread(self._changed)
        if gone:
            # A transcript that was compressed, or has come back, is not gone.
            lost = [plain_path(p) for p in gone if not _other_form(p).exists()]
            await self._context.database.write(lambda c: captures.mark_gone(c, map(path_text, lost)))
            self._watched.forget(gone)
        if changed:
            await self._read(changed)
            return
        self._tell("live")
        await self._capturing.settle()
        if not self._rescan:
            self._quiet.set()
        await asyncio.sleep(POLL_SECONDS)

    async def _read(self, changed: list[tuple[_File, _Stamp]]) -> None:
        """One chunk of each file at work now, else one chunk of the newest history."""
        now = time.time_ns()
        hot = [(f, stamp) for f, stamp in changed if now - stamp[1] < HOT_SECONDS * 1e9]
        if not hot or self.status.state == "importing":
            self.status.total_bytes = sum(stamp[0] for _, stamp in changed) + self.status.done_bytes
            self._tell("importing")
        for file, stamp in hot or changed[:1]:
            path = file.found.path
            try:
                more, size, _, _ = await self._capturing.step(path, file.found.format, final=False, backfill=not hot)
            except SourceError as error:
                # Told once; the file is looked at again when it changes.
                file.read = stamp
                self._tell(self.status.state, error.message)
                continue
            self.status.done_bytes += size
            self.status.last_captured_at = self._context.clock()
            if not more:
                file.read = stamp

    def _scan(self, stored: dict[str, tuple[str, str]]) -> None:
        """Find files that are new. Only a new file is opened to see what it is."""
        for source, folders in self._capturing.folders.items():
            for path in _files(folders, source):
                if path in self._watched.files:
                    continue
                size = (_stamp(path) or (-1, 0))[0]
                if self._watched.skipped.get(path, (-1, ""))[0] == size:
                    continue
                for entry in discover([path], format=source):
                    if isinstance(entry, Skipped):
                        self._watched.skipped[path] = (size, entry.reason)
                        continue
                    self._watched.skipped.pop(path, None)
                    self._watched.files[path] = file = _File(entry)
                    known = stored.get(path_text(plain_path(path)))
                    if known is not None and unchanged(path, Cursor.from_json(known[1])):
                        file.read = _stamp(path)
        self.status.agents = tuple(sorted({f.found.format for f in self._watched.files.values()}))

    def _changed(self) -> tuple[list[tuple[_File, _Stamp]], list[Path]]:
        """Files that are not as they were when last read to their end, newest first, with their stamp as of now; and
        files that are no longer there."""
        changed, gone = [], []
        for path, file in self._watched.files.items():
            stamp = _stamp(path)
            if stamp is None:
                gone.append(path)
            elif stamp != file.read:
                changed.append((file, stamp))
        changed.sort(key=lambda entry: entry[1][1], reverse=True)
        return changed, gone

    def _tell(self, state: str, message: str = "") -> None:
        status = self.status
        if (state, message) == (status.state, status.message) and state != "importing":
            return
        status.state, status.message = state, message
        self._context.bus.publish(CaptureStateChanged(state, message, status.done_bytes, status.total_bytes))


def _files(folders: tuple[Path, ...], source: str) -> Iterator[Path]:
    for folder in folders:
        yield from candidates(folder, source)


def _stamp(path: Path) -> _Stamp | None:
    try:
        return file_stamp(path, path.stat())
    except OSError:
        return None


def _other_form(path: Path) -> Path:
    """The compressed form of a plain transcript, the plain form of a compressed one."""
    return plain_path(path) if is_packed(path) else path.with_name(path.name + ".zst")
