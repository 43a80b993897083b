"""What of a file may be stored: the rules of scope, and what a person had forgotten, looked at before anything is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from skilltui.capture.events import Event, SessionStarted
from skilltui.capture.packed import plain_path
from skilltui.capture.reader import Batch
from skilltui.capture.scope import named_projects
from skilltui.errors import WithheldError
from skilltui.paths import path_text
from skilltui.store import barred, captures, surroundings
from skilltui.store.barred import FORGOTTEN, Bar
from skilltui.store.database import Connection
from skilltui.store.retention import SHARED_FILES, Target
from skilltui.workshop.context import Context
from skilltui.workshop.places import scope_of
from skilltui.workshop.removing import Remover


def in_words(why: str) -> str:
    """A mark's reason as ``skipped`` says it."""
    return why.replace(FORGOTTEN, "you had it forgotten; skilltui forget --again takes that back")


class Admitted(Struct, frozen=True):
    """The events that may be stored, by session, and which tasks of these sessions may not: (ordinal, id)."""

    events: Mapping[str, list[Event]]
    tasks: Mapping[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)


class Scoping:
    """Asked before a file is read, and again before a batch of it is stored."""

    def __init__(self, context: Context, remover: Remover) -> None:
        self._context = context
        self._remover = remover
        self.scope = scope_of(context.config)
        self._renewed = False

    async def look(self, path: Path, source: str, *, named: bool) -> str | None:
        """The cursor of a file that may be read; ``WithheldError`` where it may not.

        A file that is new is looked through for the folders it worked in, before a word of it is stored.
        """
        why = self.scope.source(source, named=named)
        if why is not None:
            raise WithheldError(why)
        await self.renew()
        text = path_text(plain_path(path))
        mark, cursor = await self._context.database.read(
            lambda c: (barred.file_barred(c, text), captures.cursor_of(c, text))
        )
        if mark is not None:
            if not named or mark == FORGOTTEN or not self.scope.by_project:
                raise WithheldError(in_words(mark))
            await self._context.database.write(lambda c: barred.unbar_file(c, text))
        if self.scope.by_project and not cursor:
            await self._look_through(path, source, named=named)
        return cursor

    async def admit(self, batch: Batch, events: Mapping[str, list[Event]], *, named: bool) -> Admitted:
        """What of a batch may be stored; ``WithheldError`` where it is nothing, and never will be."""
        source, path = batch.format, path_text(batch.path)
        marks = await self._context.database.read(
            partial(barred.barred, source=source, sessions=list(events), path=path)
        )
        if marks.file is not None:
            raise WithheldError(in_words(marks.file))
        kept: dict[str, list[Event]] = {}
        told: str | None = None
        for session, own in events.items():
            why = marks.sessions.get(session) or await self._inherited(batch, session, own, alone=len(events) == 1)
            if why is None and self.scope.by_project:
                why = await self._withheld(batch, session, own, named=named)
            if why is None:
                kept[session] = own
            told = told or why
        # Of a file with other sessions in it, those are stored.
        if told is not None and not kept and source not in SHARED_FILES:
            raise WithheldError(in_words(told))
        return Admitted(kept, marks.tasks)

    async def needed(self) -> bool:
        """Whether anything is withheld at all, or might be. Where nothing is, nobody need be asked."""
        await self.renew()
        if self.scope.withholds_any:
            return True
        return await self._context.database.read(barred.any_marks)

    async def renew(self) -> None:
        """Where the rules are others than last time, look again at what they withheld."""
        if self._renewed:
            return
        rules, at = self.scope.rules, self._context.clock()
        await self._context.database.write(lambda c: barred.renew(c, rules, at))
        self._renewed = True

    async def _look_through(self, path: Path, source: str, *, named: bool) -> None:
        sessions = await asyncio.to_thread(named_projects, path, source)
        withheld = {s: why for s, folders in sessions.items() if (why := self.scope.withholds(folders, named=named))}
        if not withheld:
            return
        bars = {s: Bar(why, self._context.clock()) for s, why in withheld.items() if sessions[s]}
        text = path_text(path)
        shared = source in SHARED_FILES or len(withheld) < len(sessions)

        def mark(connection: Connection) -> None:
            for session, bar in bars.items():
                if shared:
                    barred.bar_session(connection, source, session, text, bar)
                else:
                    barred.bar_file(connection, text, barred.session_key(source, session), bar)

        # One whose project is not known yet is only passed over: its next lines may tell.
        if bars:
            await self._context.database.write(mark)
        if len(withheld) == len(sessions):
            raise WithheldError(next(iter(withheld.values())))

    async def _inherited(self, batch: Batch, session: str, events: list[Event], *, alone: bool) -> str | None:
        """A subagent that is new works for what its parent does now: where that was forgotten, so is its work.

        ``alone``: it has its file to itself.
        """
        source, path = batch.format, path_text(batch.path)
        parent = next((e.parent for e in events if isinstance(e, SessionStarted) and e.parent), None)
        if parent is None:
            return None

        def look(connection: Connection) -> bool:
            if captures.session_row(connection, source, session) is not None:
                return False
            marks = barred.barred(connection, source, [parent], path)
            newest = max((ordinal for ordinal, _ in marks.tasks.get(parent, ())), default=0)
            above = newest > captures.last_ordinal(connection, source, parent)
            return marks.sessions.get(parent) == FORGOTTEN or above

        if not await self._context.database.read(look):
            return None

        def mark(connection: Connection) -> None:
            # Under the same name, so that taking that back brings this back as well.
            bar = Bar(FORGOTTEN, self._context.clock(), barred.asked_for(connection, source, parent))
            key = barred.session_key(source, parent)
            barred.bar_session(connection, source, session, path, bar)
            if alone and source not in SHARED_FILES:
                barred.bar_file(connection, path, key, bar)

        await self._context.database.write(mark)
        return FORGOTTEN

    async def _withheld(self, batch: Batch, session: str, events: list[Event], *, named: bool) -> str | None:
        """Why a session that was let in so far is not any more: it moved to another folder, or the rules changed."""
        source, path = batch.format, path_text(batch.path)
        seen = await self._context.database.read(partial(surroundings.known_session, source=source, session=session))
        folders = [e.project for e in events if isinstance(e, SessionStarted) and e.project]
        why = self.scope.withholds([*([seen.project] if seen.project else []), *folders], named=named)
        if why is None:
            return None
        bar = Bar(why, self._context.clock())
        row = await self._context.database.read(partial(captures.session_row, source=source, session=session))
        if row is not None and self.scope.denied(seen.project) is None and any(map(self.scope.denied, folders)):
            # It was captured in good faith, and turns out to hold what must not be stored.
            await self._remover.remove(Target((row,)), bar)
        elif seen.project or folders:
            await self._context.database.write(lambda c: barred.bar_session(c, source, session, path, bar))
        return why
