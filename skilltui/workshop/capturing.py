"""Capture as the faces use it: consent, import, following live, browsing, a person's label."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from skilltui.capture.discover import Found
from skilltui.capture.limits import TEXT_SHARE
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
from skilltui.errors import CaptureOffError, NotFoundError, SourceError, UsageError, WithheldError
from skilltui.paths import path_text
from skilltui.store import barred, browse, captures, endings, surroundings
from skilltui.store.database import Connection
from skilltui.workshop.absorbing import Absorber
from skilltui.workshop.context import Context
from skilltui.workshop.events import GapsChanged, TrajectoryRelabelled
from skilltui.workshop.filing import GapFiler
from skilltui.workshop.nudges import Nudge
from skilltui.workshop.places import Places, look, own_folders, size_of, to_read
from skilltui.workshop.reading import CHUNK_BYTES, Group, Ledger, Order, read_again
from skilltui.workshop.reading_ahead import read_ahead
from skilltui.workshop.reading_process import ReadingProcess, reading
from skilltui.workshop.scoping import Scoping, in_words
from skilltui.workshop.shelf import Shelf

CONSENT_KEY = "skills.learning.trajectory_capture"


class IngestReport(Struct, frozen=True):
    """What an import held and brought (CONTRACT: ``ingest``).

    ``lasting``: while neither the folders nor the store change, another import of them says the same and has nothing to
    do. Not so where something could not be read, where what was read lies elsewhere as well, where a session has yet to
    be judged as over, or bytes of what was forgotten are yet to be cleared.
    """

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
    lasting: bool


class _Tally(Struct):
    paths: list[str] = field(default_factory=list)
    new_steps: int = 0
    bytes: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    redactions: Counter[str] = field(default_factory=Counter)
    lasting: bool = True

    def pass_over(self, path: Path, error: SourceError | WithheldError) -> None:
        """A file that could not, or may not, be read (further)."""
        text = path_text(plain_path(path))
        if text in self.paths:
            self.paths.remove(text)
            self.skipped.append((path_text(path), f"{error.message}: {error.hint}" if error.hint else error.message))


OnBytes = Callable[[int, int], None]


class Capturing:
    """Use cases of capture."""

    def __init__(self, context: Context, shelf: Shelf, filer: GapFiler, scoping: Scoping) -> None:
        self._context = context
        self._shelf = shelf
        self._filer = filer
        self.reader = TranscriptReader(context.redactor)
        self._scoping = scoping
        self._absorber = Absorber(context, shelf, filer, scoping, partial(read_again, self.reader))

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
        """What of the agents in scope would be read: folders, or single files, those that exist."""
        return own_folders(self._context.config)

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
        return await self.set_outcome(before, outcome, lambda c: captures.set_outcome(c, trajectory_id, outcome))

    async def set_outcome(
        self, before: Trajectory, outcome: Outcome, write: Callable[[Connection], object]
    ) -> Trajectory:
        """Commit ``write``, which stores another outcome, with what it means for the queue, and tell the faces."""
        after = replace(before, outcome=outcome)
        result = await self._shelf.match(after.request, 3, project=after.project)
        _, changed = await self._filer.commit([(after, result)], write)
        self._absorber.forget()
        self._context.bus.publish(TrajectoryRelabelled(before.id))
        if changed:
            self._context.bus.publish(GapsChanged(changed))
        return after

    async def ingest(
        self,
        paths: Sequence[Path],
        *,
        format: str | None = None,  # noqa: A002 - the option's name
        on_progress: OnBytes | None = None,
        process: ReadingProcess | None = None,
    ) -> IngestReport:
        """Import files and folders, named ones or (with consent) every agent's own. Twice adds nothing.

        ``process``: one that was started ahead, to read what is much.
        """
        started = time.perf_counter()
        tally = _Tally()
        await self._scoping.renew()
        account = Ledger(await self._context.database.read(captures.cursors))
        if not paths:
            self.require_consent()
        places = self._places(paths, format)
        withheld = await self._scoping.needed()
        finds = process.found if process is not None else None
        if process is not None and finds is not None and (finds.places != places or withheld or not account.empty):
            process.close()
            process = finds = None
        if finds is None:
            finds = await asyncio.to_thread(look, places, account)
        tally.skipped += [(path_text(entry.path), entry.reason) for entry in finds.skipped]
        tally.paths += [path_text(plain_path(file.path)) for file in finds.found]
        tally.lasting = finds.within and not any(entry.passing for entry in finds.skipped)
        files = await self._admitted(finds.found, tally, named=bool(paths)) if withheld else finds.found
        changed = to_read(files)
        total = size_of(changed)
        self._context.redactor.expect(total // TEXT_SHARE)
        wanted = [(file.path, file.format, account.cursor(file.path)) for file in changed]
        key, gate = self._context.paths.redaction_key, self._context.paths.redaction_gate
        order = Order(key, gate, total, wanted, now=None if withheld else self._context.clock())
        with reading(order, self.reader, process) as source:
            async with aclosing(read_ahead(source)) as groups:
                async for group in groups:
                    await self._take_in(group, tally, named=bool(paths))
                    if on_progress is not None:
                        on_progress(tally.bytes, max(total, tally.bytes))
        while await self.settle():
            pass
        return await self._report(tally, started)

    async def _admitted(self, files: list[Found], tally: _Tally, *, named: bool) -> list[Found]:
        """Those that may be read, as far as can be told before."""
        admitted = []
        for file in files:
            try:
                await self._scoping.look(file.path, file.format, named=named)
            except WithheldError as error:
                tally.pass_over(file.path, error)
            else:
                admitted.append(file)
        return admitted

    async def _take_in(self, group: Group, tally: _Tally, *, named: bool) -> None:
        for path, error in group.failed:
            tally.pass_over(path, error)
            tally.lasting = False
        absorbed = await self._absorber.absorb(group.batches, backfill=True, named=named)
        for path, withheld in absorbed.withheld.items():
            tally.pass_over(path, withheld)
        for path, failed in absorbed.failed.items():
            tally.pass_over(path, failed)
            tally.lasting = False
        tally.bytes += group.bytes
        tally.new_steps += absorbed.new_steps
        tally.redactions.update(absorbed.redactions)

    async def ingest_stream(self, chunks: AsyncIterable[Sequence[bytes]]) -> IngestReport:
        """Import the event format from a stream of lines."""
        started = time.perf_counter()
        # A name of its own: the report counts what this call's input holds, not what all streams ever held.
        path = Path(f"<stdin {self._context.clock()}>")
        tally = _Tally(paths=[path_text(path)])
        stream = self.reader.stream("events")
        async for lines in chunks:
            batch = await asyncio.to_thread(stream.read, lines)
            absorbed = await self._absorber.absorb([replace(batch, path=path)], backfill=True, named=True)
            tally.new_steps += absorbed.new_steps
            tally.bytes += batch.read_bytes
            tally.redactions.update(batch.redactions)
        await self.settle()
        return await self._report(tally, started)

    @asynccontextmanager
    async def resting(self) -> AsyncIterator[None]:
        """While nothing is being stored; what the capture remembers is read anew afterwards."""
        async with self._absorber.one_at_a_time:
            try:
                yield
            finally:
                self._absorber.forget()

    async def settle(self) -> int:
        """Judge as over what has rested for a while; returns how many sessions that were."""
        return await self._absorber.settle()

    async def heed(self, nudge: Nudge) -> None:
        """Take a hook's word: where a session ran, with which model, and that it is over."""
        read, write = self._context.database.read, self._context.database.write
        if nudge.session is not None:
            session = nudge.session
            known = await read(lambda c: surroundings.known_session(c, nudge.agent, session))
            if known.last_at is not None and None in {known.project, known.model}:
                project, model = (
                    text and self._context.redactor.redact(text).text for text in (nudge.project, nudge.model)
                )
                await write(lambda c: endings.complete(c, nudge.agent, session, project, model))
        if nudge.over:
            path = path_text(nudge.path) if nudge.path else None
            await self._absorber.end(await read(lambda c: endings.open_sessions(c, nudge.agent, path, nudge.session)))

    async def _report(self, tally: _Tally, started: float) -> IngestReport:
        held = await self._context.database.read(lambda c: captures.held_by(c, tally.paths))
        pending = await self._context.database.read(lambda c: captures.unsettled(c, "~", 1) or barred.owes(c))
        partly = await self._context.database.read(lambda c: barred.files_barred(c, tally.paths))
        tally.skipped += [(path, in_words(why)) for path, why in partly.items()]
        return IngestReport(
            files=len(tally.paths), sessions=held.sessions, trajectories=held.trajectories, steps=held.steps,
            failed_steps=held.failed_steps, new_steps=tally.new_steps, bytes=tally.bytes,
            quarantined=held.quarantined, skipped=tuple(tally.skipped), redactions=tally.redactions,
            seconds=time.perf_counter() - started, lasting=tally.lasting and not pending,
        )  # fmt: skip

    async def step(
        self, path: Path, format_name: str, *, final: bool, backfill: bool, named: bool = False
    ) -> tuple[bool, int, int, Counter[str]]:
        """Read and commit one chunk of one file: (more to come, bytes read, new steps, redactions).

        ``named``: a person named it. ``SourceError`` where it can't be read, ``WithheldError`` where it may not.
        """
        stored = await self._scoping.look(path, format_name, named=named)
        cursor = Cursor.from_json(stored) if stored else None
        batch = await asyncio.to_thread(
            lambda: self.reader.read(path, format_name, cursor, limit=CHUNK_BYTES, final=final)
        )
        absorbed = await self._absorber.absorb([batch], backfill=backfill, named=named)
        for withheld in absorbed.withheld.values():
            raise withheld
        return batch.more, batch.read_bytes, absorbed.new_steps, absorbed.redactions

    def _places(self, paths: Sequence[Path], format: str | None) -> Places:  # noqa: A002 - the option's name
        if not paths and format is not None and format not in self._context.config.sources:
            raise UsageError(f"no agent writes the format {format!r}", "name the files to read")
        return Places.of(paths, format, self.folders)
