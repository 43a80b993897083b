"""Backup and restore of a home: the store, the settings and the key that keeps equal secrets equal.

A backup counts once it was read back whole. Restoring keeps what it takes the place of.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from skilltui import __version__
from skilltui.errors import SourceError, StoreError
from skilltui.paths import DIRECTORY_MODE, FILE_MODE, HomePaths
from skilltui.store import backups, barred, retention
from skilltui.store.backups import Holds
from skilltui.store.database import Database
from skilltui.workshop.context import Context
from skilltui.workshop.locking import writer_lock

__all__ = ["Backup", "Holds", "Restored", "Safekeeping", "reseal", "restore"]

_MANIFEST = "backup.json"


class Backup(Struct, frozen=True):
    """A folder that was read back and found whole."""

    path: Path
    bytes: int
    holds: Holds


class Restored(Struct, frozen=True):
    """``kept``: where what was there before stands now. ``forgotten``: what was taken out of the backup again, since
    the person had it forgotten after it was made."""

    holds: Holds
    kept: Path | None
    forgotten: int


class Safekeeping:
    """The use case of ``backup``."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def backup(self, folder: Path | None = None) -> Backup:
        """Copy this home into a new folder under ``folder`` (default: the home's own), and check the copy."""
        paths = self._context.paths
        place = folder or paths.backups
        part = place / f".backup-{secrets.token_hex(4)}.part"
        try:
            place.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            part.mkdir(mode=DIRECTORY_MODE)
            try:
                await self._context.database.read(lambda c: backups.copy(c, part / paths.database.name))
                held = await asyncio.to_thread(_seal, part, paths)
                # Over the empty folder that reserved its name.
                target = part.replace(_new_folder(place, f"skilltui-{_stamp(self._context.clock())}"))
            finally:
                shutil.rmtree(part, ignore_errors=True)
        except OSError as error:
            raise StoreError(f"{place} can't be written: {error.strerror}", "name another folder") from error
        size = sum(file.stat().st_size for file in target.iterdir())
        return Backup(target, size, held)


async def restore(paths: HomePaths, source: Path, at: str) -> Restored:
    """Put a backup (its folder, or a bare copy of the store) in the place of what is there, and keep that.

    Nothing is touched before the backup was read whole. Raises ``SourceError``, ``StoreError``, ``HomeInUseError``.
    """
    folder, database = await asyncio.to_thread(_checked, source, paths)
    paths.make()
    async with writer_lock(paths, wait_seconds=5.0):
        marks = await _marks(paths)
        kept = await asyncio.to_thread(_swap, paths, folder, database, at)
        store = await Database.open(paths.database, write=True, backups=paths.backups)
        try:
            again = 0
            if marks:
                again = await store.write(lambda c: backups.forget_again(c, marks, at))
            if again and await store.maintain(retention.shred):
                await store.write(barred.paid)
            held = await store.read(backups.holds)
        finally:
            await store.close()
    return Restored(held, kept, again)


def reseal(folder: Path) -> None:
    """A copy inside a backup was changed on purpose (something was forgotten): its seal is made anew."""
    manifest = folder / _MANIFEST
    if manifest.is_file():
        described: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        described["files"] = {name: _hash(folder / name) for name in described["files"]}
        _write(manifest, described)


def _seal(folder: Path, paths: HomePaths) -> Holds:
    held = backups.check(folder / paths.database.name)
    for file in (paths.config, paths.redaction_key):
        if file.is_file():
            shutil.copyfile(file, folder / file.name)
            (folder / file.name).chmod(FILE_MODE)
    files = {file.name: _hash(file) for file in sorted(folder.iterdir())}
    _write(folder / _MANIFEST, {"v": 1, "skilltui": __version__, "holds": asdict(held), "files": files})
    return held


def _write(manifest: Path, described: dict[str, Any]) -> None:
    part = manifest.with_name(f".{manifest.name}.part")
    part.touch(mode=FILE_MODE)
    part.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    part.replace(manifest)


def _checked(source: Path, paths: HomePaths) -> tuple[Path | None, Path]:
    """The backup's folder, if it is one, and the copy of the store in it."""
    if source.is_file():
        backups.check(source)
        return None, source
    try:
        described = json.loads((source / _MANIFEST).read_text(encoding="utf-8"))
        sealed = {str(name): str(digest) for name, digest in described["files"].items()}
        database = source / paths.database.name
        if database.name not in sealed:
            raise StoreError(f"{source} holds no store", "use another backup")
        for name, digest in sealed.items():
            if Path(name).name != name or _hash(source / name) != digest:
                raise StoreError(f"{source / name} is not what was backed up", "use another backup")
    except OSError as error:
        raise SourceError(f"{source} is no backup: {error.strerror}", "name a folder that backup has made") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{source / _MANIFEST} is damaged", "use another backup") from error
    backups.check(database)
    return source, database


async def _marks(paths: HomePaths) -> list[tuple[object, ...]]:
    # A store that can't be read is what restoring is for.
    with suppress(StoreError):
        if paths.database.is_file():
            store = await Database.open(paths.database, write=True, backups=paths.backups)
            try:
                return await store.read(backups.forgotten)
            finally:
                # Also folds the log into the file: beside another store it would be taken for that one's.
                await store.close()
    return []


def _swap(paths: HomePaths, folder: Path | None, database: Path, at: str) -> Path | None:
    ready = paths.database.with_name(paths.database.name + ".restoring")
    kept: Path | None = None
    try:
        _copy(database, ready)
        if paths.database.exists():
            kept = _new_folder(paths.backups, f"replaced-{_stamp(at)}")
            _copy(paths.database, kept / paths.database.name)
            for suffix in ("-wal", "-shm"):
                beside = paths.database.with_name(paths.database.name + suffix)
                if beside.exists():
                    beside.replace(kept / beside.name)
        ready.replace(paths.database)
        for file in (paths.config, paths.redaction_key):
            if folder is not None and (folder / file.name).is_file():
                if kept is not None and file.is_file():
                    _copy(file, kept / file.name)
                # A person's link (to a folder of dotfiles, say) stays a link.
                place = Path(os.path.realpath(file))
                part = place.with_name(place.name + ".restoring")
                _copy(folder / file.name, part)
                part.replace(place)
    except OSError as error:
        raise StoreError(f"{paths.data_dir} can't be written: {error.strerror}", "check its permissions") from error
    finally:
        ready.unlink(missing_ok=True)
    return kept


def _new_folder(place: Path, name: str) -> Path:
    """A folder of that name, numbered where there are others."""
    number = 1
    while True:
        folder = place / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(mode=DIRECTORY_MODE)
        except FileExistsError:
            number += 1
        else:
            return folder


def _copy(source: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as written, source.open("rb") as read:
        shutil.copyfileobj(read, written, 1 << 20)
        written.flush()
        os.fsync(written.fileno())


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stamp(at: str) -> str:
    return at[:19].replace("-", "").replace(":", "")
