"""Capture as the faces use it: consent, import, following live, browsing, a person's label."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from skilltui.capture.discover import Found, Skipped, discover, discover_source
from skilltui.capture.packed import plain_path
from skilltui.capture.reader import TranscriptReader
from skilltui.capture.tail import Cursor
from skilltui.config import set_config
from skilltui.domain.trajectory import (
    Fault,
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    SessionSummary,
    Signal,
    Trajectory,
    TrajectorySummary,
)
from skilltui.errors import CaptureOffError, NotFoundError, SourceError, UsageError
from skilltui.paths import path_text
from skilltui.store import browse, captures
from skilltui.workshop.absorbing import Absorber
from skilltui.workshop.context import Context
from skilltui.workshop.events import GapsChanged, TrajectoryRelabelled
from skilltui.workshop.filing import GapFiler
from skilltui.workshop.shelf import Shelf

# Small enough that an import gives the event loop and the writer a turn many times a second.
CHUNK_BYTES = 512 * 1024
CONSENT_KEY = "skills.learning.trajectory_capture"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an import held and brought (CONTRACT: ``ingest``)."""

    files: int
    sessions: int
    trajectories: int
    steps: int
    failed_steps: int
    new_steps: int
    bytes: int
    quarantined: int
    skipped: tuple[tuple[str, str], ...]
    redactions: Counter[str]
    seconds: float


@dataclass(slots=True)
class _Tally:
    paths: list[str] = field(default_factory=list)
    new_steps: int = 0
    bytes: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    redactions: Counter[str] = field(default_factory=Counter)


OnBytes = Callable[[int, int], None]


class Capturing:
    """Use cases of capture."""

    def __init__(self, context: Context, shelf: Shelf, filer: GapFiler) -> None:
        self._context = context
        self._shelf = shelf
        self._filer = filer
        self.reader = TranscriptReader(context.redactor)
        self._absorber = Absorber(context, shelf, filer)

    @property
    def consent(self) -> bool:
        """Whether the agents' own folders may be read."""
        return self._context.config.trajectory_capture

    @property
    def asked(self) -> bool:
        """Whether the question was answered once, with a yes or a no."""
        return CONSENT_KEY in self._context.config.values

    @property
    def folders(self) -> dict[str, tuple[Path, ...]]:
        """The agents' folders that would be read, or single files, those that exist."""
        sources = self._context.config.sources
        return {name: tuple(p for p in paths if p.exists()) for name, paths in sources.items()}

    async def give_consent(self, *, yes: bool) -> None:
        """Write the person's answer into the configuration."""
        config = self._context.config
        await asyncio.to_thread(set_config, self._context.paths.config, CONSENT_KEY, "true" if yes else "false")
        self._context.config = replace(config, trajectory_capture=yes, values={**config.values, CONSENT_KEY: yes})

    def require_consent(self) -> None:
        """Raise ``CaptureOffError`` while the answer is not yes."""
        if not self.consent:
            raise CaptureOffError(
                "the agents' own folders may not be read yet",
                f"say yes with: skilltui config set {CONSENT_KEY} true, or name the files to read",
            )

    async def sessions(self, limit: int = 200) -> list[SessionSummary]:
        """Sessions, newest activity first."""
        return await self._context.database.read(lambda c: browse.sessions(c, limit=limit))

    async def trajectories(
        self,
        *,
        session: str | None = None,
        source: str | None = None,
        skill: str | None = None,
        outcome: str | None = None,
        text: str | None = None,
        limit: int | None = 200,
    ) -> list[TrajectorySummary]:
        """Trajectories that fit, newest first."""
        wanted = browse.Filter(session, source, skill, outcome, text, None, limit)
        return await self._context.database.read(lambda c: browse.trajectories(c, wanted))

    async def trajectory(self, trajectory_id: str) -> Trajectory:
        """One trajectory, whole; ``NotFoundError``."""
        found = await self._context.database.read(lambda c: browse.trajectory(c, trajectory_id))
        if found is None:
            raise NotFoundError(f"no trajectory {trajectory_id}", "see: skilltui trajectories")
        return found

    async def whole(self, ids: Iterable[str]) -> list[Trajectory]:
        """Several trajectories, whole, in the order given; those that are gone are left out."""
        found = []
        for trajectory_id in ids:
            one = await self._context.database.read(partial(browse.trajectory, trajectory_id=trajectory_id))
            if one is not None:
                found.append(one)
        return found

    async def files(self) -> list[browse.FileState]:
        """Every transcript read so far."""
        return await self._context.database.read(browse.files)

    async def label(self, trajectory_id: str, label: OutcomeLabel, fault: Fault | None = None) -> Trajectory:
        """A person's word on an outcome. It wins over every detector, then and later."""
        before = await self.trajectory(trajectory_id)
        word = Signal("label", {"success": 1, "failure": -1}.get(label.value, 0), 1.0, f"you said: {label.value}")
        evidence = tuple(s for s in before.outcome.evidence if s.signal != "label")
        outcome = Outcome(label, OutcomeBy.USER, 1.0, (word, *evidence), fault)
        after = replace(before, outcome=outcome)
        result = await self._shelf.match(after.request, 3, project=after.project)
        _, changed = await self._filer.commit(
            [(after, result)], lambda c: captures.set_outcome(c, trajectory_id, outcome)
        )
        self._absorber.forget()
        self._context.bus.publish(TrajectoryRelabelled(trajectory_id))
        if changed:
            self._context.bus.publish(GapsChanged(changed))
        return after

    async def ingest(
        self,
        paths: Sequence[Path],
        *,
        format: str | None = None,  # noqa: A002 - the option's name
        on_progress: OnBytes | None = None,
    ) -> IngestReport:
        """Import files and folders, named ones or (with consent) every agent's own. Twice adds nothing."""
        started = time.perf_counter()
        tally = _Tally()
        if paths:
            found = await asyncio.to_thread(lambda: list(discover(paths, format=format)))
        else:
            self.require_consent()
            found = await asyncio.to_thread(self._agents_files, format)
        files = []
        for entry in found:
            if isinstance(entry, Skipped):
                tally.skipped.append((path_text(entry.path), entry.reason))
            else:
                files.append(entry)
        sizes = {f.path: _size(f.path) for f in files}
        total, done = sum(sizes.values()), 0
        for file in files:
            await self._ingest_file(file, tally, on_progress, done, total)
            done += sizes[file.path]
        while await self.settle():
            pass
        return await self._report(tally, started)

    async def ingest_stream(self, chunks: AsyncIterable[Sequence[bytes]]) -> IngestReport:
        """Import the event format from a stream of lines."""
        started = time.perf_counter()
        # A name of its own: the report counts what this call's input holds, not what all streams ever held.
        path = Path(f"<stdin {self._context.clock()}>")
        tally = _Tally(paths=[path_text(path)])
        stream = self.reader.stream("events")
        async for lines in chunks:
            batch = await asyncio.to_thread(stream.read, lines)
            absorbed = await self._absorber.absorb(replace(batch, path=path), backfill=True)
            tally.new_steps += absorbed.new_steps
            tally.bytes += batch.read_bytes
            tally.redactions.update(batch.redactions)
        await self.settle()
        return await self._report(tally, started)

    async def settle(self) -> int:
        """Judge as over what has rested for a while; returns how many sessions that were."""
        return await self._absorber.settle()

    async def _report(self, tally: _Tally, started: float) -> IngestReport:
        held = await self._context.database.read(lambda c: captures.held_by(c, tally.paths))
        return IngestReport(
            files=len(tally.paths), sessions=held.sessions, trajectories=held.trajectories, steps=held.steps,
            failed_steps=held.failed_steps, new_steps=tally.new_steps, bytes=tally.bytes,
            quarantined=held.quarantined, skipped=tuple(tally.skipped), redactions=tally.redactions,
            seconds=time.perf_counter() - started,
        )  # fmt: skip

    async def _ingest_file(
        self, file: Found, tally: _Tally, on_progress: OnBytes | None, done: int, total: int
    ) -> None:
        tally.paths.append(path_text(plain_path(file.path)))
        read = 0
        try:
            while True:
                more, size, new_steps, redactions = await self.step(file.path, file.format, final=True, backfill=True)
                read += size
                tally.bytes += size
                tally.new_steps += new_steps
                tally.redactions.update(redactions)
                if on_progress is not None:
                    on_progress(done + read, total)
                if not more:
                    return
        except SourceError as error:
            tally.paths.pop()
            tally.skipped.append(
                (path_text(file.path), f"{error.message}: {error.hint}" if error.hint else error.message)
            )

    async def step(
        self, path: Path, format_name: str, *, final: bool, backfill: bool
    ) -> tuple[bool, int, int, Counter[str]]:
        """Read and commit one chunk of one file: (more to come, bytes read, new steps, redactions)."""
        stored = await self._context.database.read(lambda c: captures.cursor_of(c, path_text(plain_path(path))))
        cursor = Cursor.from_json(stored) if stored else None
        batch = await asyncio.to_thread(
            lambda: self.reader.read(path, format_name, cursor, limit=CHUNK_BYTES, final=final)
        )
        absorbed = await self._absorber.absorb(batch, backfill=backfill)
        return batch.more, batch.read_bytes, absorbed.new_steps, absorbed.redactions

    def _agents_files(self, only: str | None) -> list[Found | Skipped]:
        if only is not None and only not in self._context.config.sources:
            raise UsageError(f"no agent writes the format {only!r}", "name the files to read")
        return [
            entry
            for name, folders in self.folders.items()
            if only in (None, name)
            for entry in discover_source(folders, name)
        ]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
