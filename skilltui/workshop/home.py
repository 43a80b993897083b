"""``Home``: opens everything that a face needs, in order, and closes it in the opposite order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from skilltui.clock import utc_now
from skilltui.config import Config, load_config
from skilltui.errors import StoreError
from skilltui.library.sealed import Sealed
from skilltui.paths import HomePaths
from skilltui.store import history
from skilltui.store.database import Database
from skilltui.text.redact import Redactor, load_or_create_key
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context
from skilltui.workshop.events import EventBus
from skilltui.workshop.filing import GapFiler
from skilltui.workshop.locking import writer_lock
from skilltui.workshop.removing import Remover
from skilltui.workshop.retaining import Retaining
from skilltui.workshop.scoping import Scoping
from skilltui.workshop.shelf import Shelf
from skilltui.workshop.tending import tend

if TYPE_CHECKING:
    from skilltui.versions.manager import SkillVersionManager
    from skilltui.workshop.background import Background
    from skilltui.workshop.comparing import Comparing
    from skilltui.workshop.curating import Curating
    from skilltui.workshop.drafting import Learning
    from skilltui.workshop.exporting import Exporting
    from skilltui.workshop.importing import Importing
    from skilltui.workshop.inspecting import Inspecting
    from skilltui.workshop.lifecycle import Lifecycle
    from skilltui.workshop.linking import Linking
    from skilltui.workshop.outcome_judge import OutcomeJudge
    from skilltui.workshop.previewing import Previewing
    from skilltui.workshop.reviewing import Reviewing
    from skilltui.workshop.safekeeping import Safekeeping
    from skilltui.workshop.shelf_watching import ShelfWatcher
    from skilltui.workshop.watching import Watcher

TEND_SECONDS = 1.0
TRIM_ROUNDS = 60  # a store grows slowly: its size is looked at once a minute


class Home:
    """One open home: a use case per attribute."""

    def __init__(
        self, context: Context, skill_roots: Sequence[Path] | None, env: Mapping[str, str], key: bytes
    ) -> None:
        self._context = context
        self.bus: EventBus = context.bus
        self.env = env
        self.library = Shelf(context, skill_roots, env, Sealed(context.paths.cache, key))
        self.filer = GapFiler(context)
        remover = Remover(context, self.filer)
        self.capturing = Capturing(context, self.library, self.filer, Scoping(context, remover))
        self.retaining = Retaining(context, self.capturing, remover)

    # The rest is made, and imported, when it is first asked for: most commands need one of them or none.

    @cached_property
    def safekeeping(self) -> Safekeeping:
        """Backups, and what they hold."""
        from skilltui.workshop.safekeeping import Safekeeping

        return Safekeeping(self._context)

    @cached_property
    def exporting(self) -> Exporting:
        """Trajectories for other tools."""
        from skilltui.workshop.exporting import Exporting

        return Exporting(self._context, self.capturing)

    @cached_property
    def inspecting(self) -> Inspecting:
        """What ``doctor`` tells."""
        from skilltui.workshop.inspecting import Inspecting

        return Inspecting(self._context, self.capturing)

    @cached_property
    def watcher(self) -> Watcher:
        """Following the agents live."""
        from skilltui.workshop.watching import Watcher

        return Watcher(self._context, self.capturing)

    @cached_property
    def shelf_watcher(self) -> ShelfWatcher:
        """Noticing what others do to skills."""
        from skilltui.workshop.shelf_watching import ShelfWatcher

        return ShelfWatcher(self.library)

    @cached_property
    def curating(self) -> Curating:
        """The gap queue."""
        from skilltui.workshop.curating import Curating

        return Curating(self._context, self.library, self.filer)

    @cached_property
    def learning(self) -> Learning:
        """Drafts from gaps and trajectories."""
        from skilltui.workshop.drafting import Learning

        return Learning(self._context, self.library, self.capturing, self.curating, self._manager)

    @cached_property
    def reviewing(self) -> Reviewing:
        """A person's decisions on drafts."""
        from skilltui.workshop.reviewing import Reviewing

        return Reviewing(self._context, self.library, self._manager, self.curating)

    @cached_property
    def importing(self) -> Importing:
        """Skills from elsewhere, as drafts."""
        from skilltui.workshop.importing import Importing

        return Importing(self._context, self.library, self._manager)

    @cached_property
    def comparing(self) -> Comparing:
        """Versions beside each other."""
        from skilltui.workshop.comparing import Comparing

        return Comparing(self._context, self.library, self._manager, self.reviewing)

    @cached_property
    def lifecycle(self) -> Lifecycle:
        """Skills begun, mended, renamed, retired."""
        from skilltui.workshop.lifecycle import Lifecycle

        return Lifecycle(self._context, self.library, self._manager, self.reviewing)

    @cached_property
    def previewing(self) -> Previewing:
        """On which past requests a description would fire."""
        from skilltui.workshop.previewing import Previewing

        return Previewing(self._context, self.library, self.comparing)

    @cached_property
    def linking(self) -> Linking:
        """A gap and the skill that is meant to serve it."""
        from skilltui.workshop.linking import Linking

        return Linking(self._context, self.library, self.curating, self._manager, self.previewing)

    @cached_property
    def background(self) -> Background:
        """Learning unasked."""
        from skilltui.workshop.background import Background

        return Background(self._context, self.capturing, self.curating, self.learning, self.reviewing, judge=self.judge)

    @cached_property
    def judge(self) -> OutcomeJudge:
        """A model's word on outcomes that nothing else decides."""
        from skilltui.workshop.outcome_judge import OutcomeJudge

        return OutcomeJudge(self._context, self.capturing)

    @cached_property
    def _manager(self) -> SkillVersionManager:
        from skilltui.versions.manager import SkillVersionManager
        from skilltui.workshop.memory import StoredVersions

        return SkillVersionManager(StoredVersions(self._context.database), self._context.clock)

    @property
    def paths(self) -> HomePaths:
        """Where this home is."""
        return self._context.paths

    @property
    def config(self) -> Config:
        """The settings in force."""
        return self._context.config

    @property
    def database(self) -> Database:
        """The store, for ``doctor``."""
        return self._context.database

    @property
    def writable(self) -> bool:
        """Whether this process is the one that writes."""
        return self._context.database.writable

    async def tend(self) -> tuple[str, ...]:
        """File what was asked for while nobody was writing, and end snoozes; returns the gaps that changed."""
        return await tend(self._context, self.filer)

    async def keep_tending(self) -> None:
        """The same, every other moment, until cancelled."""
        rounds = 0
        while True:
            await self.tend()
            if rounds % TRIM_ROUNDS == 0:
                await self.retaining.trim()
            rounds += 1
            await asyncio.sleep(TEND_SECONDS)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        paths: HomePaths,
        *,
        write: bool = True,
        claim: bool = False,
        wait_seconds: float = 5.0,
        skill_roots: Sequence[Path] | None = None,
        env: Mapping[str, str] = os.environ,
        on_closed: Callable[[], None] | None = None,
    ) -> AsyncIterator[Home]:
        """Open for writing (under the home's lock) or for reading.

        ``claim`` makes a running ``watch`` give way: the interface does. Raises ``HomeInUseError``, ``ConfigError``,
        ``StoreError``. A home that does not exist yet is made, also for reading: it is simply empty. ``on_closed`` is
        called when the store is closed and its lock still held.
        """
        config = load_config(paths.config, env)
        async with AsyncExitStack() as stack:
            paths.make()
            if write:
                await stack.enter_async_context(writer_lock(paths, wait_seconds=wait_seconds, claim=claim))
                if on_closed is not None:
                    stack.callback(on_closed)
            elif not _has_store(paths.database) or await _outdated(paths.database):
                async with writer_lock(paths, wait_seconds=wait_seconds):
                    await (await Database.open(paths.database, write=True, backups=paths.backups)).close()
            database = await Database.open(paths.database, write=write, backups=paths.backups)
            stack.push_async_callback(_close, database)
            key = await asyncio.to_thread(load_or_create_key, paths.redaction_key)
            redactor = Redactor(key, gate=paths.redaction_gate)
            context = Context(paths, config, database, EventBus(), redactor, utc_now)
            home = cls(context, skill_roots, env, key)
            stack.push_async_callback(home.library.embeddings.close)
            unfinished = await database.read(history.unfinished) if write else []
            if unfinished:
                await home.lifecycle.carry_on()
            if write:
                home.library.sweep()
            yield home


def _has_store(path: Path) -> bool:
    # A process killed at its very first start leaves an empty file.
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"{path} can't be looked at: {error.strerror}", "check the folder's permissions") from error


async def _outdated(path: Path) -> bool:
    database = await Database.open(path, write=False)
    try:
        return await database.outdated()
    finally:
        await database.close()


async def _close(database: Database) -> None:
    # Cancelled or not, the connection's thread must end, or the process never exits (omnilib/aiosqlite#299); and the
    # lock may not be given back before it has.
    closing = asyncio.ensure_future(database.close())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await closing
        raise
