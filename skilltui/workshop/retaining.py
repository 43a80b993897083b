"""What is kept, and for how long: forgetting at a person's word, and the store's cap."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from skilltui.capture.formats.registry import FORMATS
from skilltui.capture.limits import cap
from skilltui.errors import NotFoundError, SourceError, StoreError
from skilltui.paths import as_path, path_text
from skilltui.store import barred, retention, trimming
from skilltui.store.barred import FORGOTTEN, Bar, asked_key
from skilltui.store.citing import CitingDraft
from skilltui.store.database import Connection
from skilltui.store.retention import Extent, Target
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context
from skilltui.workshop.events import Captured
from skilltui.workshop.removing import Gone, Remover
from skilltui.workshop.safekeeping import reseal

__all__ = ["CitingDraft", "Extent", "Forgetting", "Retaining", "StoreSize"]

# Cut below the cap by a margin, or every few lines of an agent would start the next cut.
_ENOUGH = 0.95
_MB = 1 << 20
# What stays of an output: its first words and its last, where errors stand.
_HEAD = _TAIL = 200


class Forgetting(Struct, frozen=True):
    """What was removed. ``copies``: backups in the home that could not be cleaned of it, and why."""

    gone: Gone
    copies: tuple[tuple[str, str], ...] = ()


class StoreSize(Struct, frozen=True):
    """Bytes of content, the cap, and how many trajectories were cut down to stay under it."""

    used: int
    cap: int
    trimmed: int


class Retaining:
    """Use cases of retention."""

    def __init__(self, context: Context, capturing: Capturing, remover: Remover) -> None:
        self._context = context
        self._capturing = capturing
        self._remover = remover

    async def extent(self, name: str) -> Extent:
        """What a trajectory, a session or a project's folder holds; ``NotFoundError``."""
        target, _ = await self._find(name)
        return await self._context.database.read(lambda c: retention.extent(c, target))

    async def forget(self, name: str, *, drafts: bool = False) -> Forgetting:
        """Remove it for good; it does not come back unless ``remember`` is asked. ``NotFoundError``.

        Drafts made from it go too; ``drafts``: also those that a person has worked on. What was accepted stays.
        """
        async with self._capturing.resting():
            target, asked = await self._find(name)
            identity = await self._context.database.read(lambda c: retention.identify(c, target))
            bar = Bar(FORGOTTEN, self._context.clock(), asked_key(asked))
            gone = await self._remover.remove(target, bar, drafts=drafts)
        copies = await asyncio.to_thread(_clean_copies, self._context.paths.backups, identity)
        return Forgetting(gone, copies)

    async def remember(self, name: str) -> int:
        """Let what was forgotten under this name be captured again; returns how many sessions and tasks may."""
        names = [name] if (folder := _folder(name)) is None else [name, folder]
        return sum([await self._context.database.write(_remembering(one)) for one in names])

    async def size(self) -> StoreSize:
        """How full the store is."""
        used, trimmed = await self._context.database.read(lambda c: (trimming.used_bytes(c), trimming.trimmed_count(c)))
        return StoreSize(used, self._context.config.max_store_mb * _MB, trimmed)

    async def trim(self) -> int:
        """Bring the store under its cap, the oldest outputs first; returns how many trajectories were cut down.

        What was forgotten when a kill, or a reader in another process, came in between is cleared as well.
        """
        await self._remover.clear()
        limit = self._context.config.max_store_mb * _MB
        if await self._context.database.read(trimming.used_bytes) <= limit:
            return 0
        done, enough = 0, int(_ENOUGH * limit)
        while ids := await self._context.database.write(lambda c: trimming.trim_oldest(c, _cut, enough)):
            done += len(ids)
            self._context.bus.publish(Captured("", "", (), tuple(ids), 0, 0, 0, backfill=True))
        while await self._context.database.maintain(trimming.give_back):
            pass
        return done

    async def _find(self, name: str) -> tuple[Target, str]:
        folder = _folder(name)
        target = await self._context.database.read(lambda c: retention.find(c, name, folder))
        if target.trajectory is None and not target.sessions:
            raise NotFoundError(
                f"no trajectory, session or project {name}",
                "see: skilltui trajectories; a project is named by its folder",
            )
        return target, folder if target.by_folder and folder else name


def _folder(name: str) -> str | None:
    try:
        return path_text(as_path(name).absolute())
    except SourceError:
        return None


def _remembering(name: str) -> Callable[[Connection], int]:
    return lambda connection: barred.remember(connection, name, FORMATS)


def _cut(text: str) -> str:
    return cap(text, _HEAD, _TAIL)


def _clean_copies(folder: Path, identity: retention.Identity) -> tuple[tuple[str, str], ...]:
    failed = []
    for path in sorted(folder.rglob("*.db")):
        try:
            retention.forget_in_copy(path, identity)
            reseal(path.parent)
        except StoreError as error:
            failed.append((path_text(path), error.message))
    return tuple(failed)
