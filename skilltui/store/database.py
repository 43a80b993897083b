"""The one connection: opening, migrating, reading and writing the SQLite file.

One long-lived connection whose thread runs whole transactions as single calls, so that a cancelled task can neither
leave a transaction open nor share one with another task (omnilib/aiosqlite: statements of different tasks interleave).
Writers hold the home's lock file before they come here; this module does not wait for other processes.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

import aiosqlite

from skilltui.errors import DiskFullError, StoreError
from skilltui.store import migrations

T = TypeVar("T")
# What a transaction is given. Its users name it from here: SQLite itself is known to this room alone.
Connection: TypeAlias = sqlite3.Connection
Transaction = Callable[[sqlite3.Connection], T]

# Decisions can't be read again from anywhere, so FULL; a transaction may ask for less.
# The log is folded into the file every 16 MB (every 8 in an older store, whose pages are smaller): an import writes
# many of its pages again and again until then, and for what is left at the end a person waits.
_WRITE_PRAGMAS = (
    "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "journal_size_limit = 67108864",
    "wal_autocheckpoint = 2048",
)  # fmt: skip
_PRAGMAS = ("foreign_keys = ON", "busy_timeout = 5000", "temp_store = MEMORY", "cache_size = -16384")


class _Connection(aiosqlite.Connection):
    """An aiosqlite connection that can run a function on its thread in one piece."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)

    def joined(self) -> None:
        """Wait until the thread of a connection that is closed has ended."""
        self._thread.join()

    async def run(self, function: Transaction[T]) -> T:
        execute: Callable[[Callable[[], T]], Awaitable[T]] = self._execute
        return await execute(lambda: function(self._conn))


class Database:
    """An open store. ``read`` and ``write`` take functions over a plain ``sqlite3`` connection."""

    def __init__(self, connection: _Connection, path: Path, *, writable: bool) -> None:
        self._connection = connection
        self.path = path
        self.writable = writable

    @classmethod
    async def open(cls, path: Path, *, write: bool, backups: Path | None = None) -> Database:
        """Open ``path``; with ``write`` create and migrate it. ``StoreError`` says what is wrong with the file."""
        connection = _Connection(partial(_connect, path, write))
        # A cancelled connect would leak the handle and its thread, so it runs to its end whatever happens.
        opening = asyncio.ensure_future(_await(connection))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            with suppress(sqlite3.Error):
                await opening
                await connection.close()
            raise
        except (sqlite3.Error, OSError) as error:
            # Its thread ends by itself, but not before it has looked at the event loop once more.
            await asyncio.to_thread(connection.joined)
            raise _explain(error, path) from error
        database = cls(connection, path, writable=write)
        try:
            await database._run(partial(_prepare, path=path, write=write, backups=backups))
        except BaseException:
            # Whatever went wrong: a connection left open keeps the process alive.
            await connection.close()
            raise
        return database

    async def read(self, function: Transaction[T]) -> T:
        """Run a function that only reads."""
        return await self._run(function)

    async def write(self, function: Transaction[T], *, durable: bool = True) -> T:
        """Run a function in one IMMEDIATE transaction: all of it is kept, or nothing.

        Not ``durable``: it may be lost, whole, when the machine loses power within the next moments (never by a
        kill). That is for rows that are read again from the transcript they came from.
        """
        if not self.writable:
            raise StoreError("this command only reads the store", "close the other skilltui that writes this home")
        return await self._run(partial(_transaction, function=function, durable=durable))

    async def maintain(self, function: Transaction[T]) -> T:
        """Run a function that writes, but not in a transaction: what rewrites the file can't stand in one."""
        if not self.writable:
            raise StoreError("this command only reads the store", "close the other skilltui that writes this home")
        return await self._run(function)

    async def outdated(self) -> bool:
        """Whether it was made by an older version: whoever may write brings it up to date."""
        return bool(await self._run(migrations.pending))

    @property
    def sqlite_version(self) -> str:
        """The library that runs it; before 3.51.3 two writers could damage a WAL, hence the one-writer rule."""
        return sqlite3.sqlite_version

    async def close(self) -> None:
        """Fold the write-ahead log into the file and close."""
        if self.writable:
            # A reader in another process may hold the log; then it stays, and the next close folds it.
            with suppress(sqlite3.Error):
                await self._connection.run(lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
        await self._connection.close()

    async def _run(self, function: Transaction[T]) -> T:
        try:
            return await self._connection.run(function)
        except (sqlite3.Error, OSError) as error:
            raise _explain(error, self.path) from error


async def _await(connection: _Connection) -> None:
    await connection


def _connect(path: Path, write: bool) -> sqlite3.Connection:  # noqa: FBT001 - called through partial on a thread
    if write:
        # Created with its mode before SQLite writes a byte: a chmod afterwards leaves a moment for others to read.
        with suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
        uri = path.absolute().as_uri() + "?mode=rw"
    else:
        uri = path.absolute().as_uri() + "?mode=ro"
        if not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists():
            # A WAL database wants to write beside itself even to be read; where nobody may, nobody changes it either.
            uri += "&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


def _prepare(connection: sqlite3.Connection, *, path: Path, write: bool, backups: Path | None) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    empty = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if application != migrations.APPLICATION_ID and not empty:
        raise StoreError(f"{path} is a database of another program", "name another home with --home")
    known = migrations.numbered()[-1][0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > known:
        raise StoreError(
            f"{path} was written by a newer skilltui (schema {version}, this one knows {known})", "upgrade skilltui"
        )
    if not write:
        return
    if empty:
        # Only an empty file takes these; later they need a rewrite of the whole. Rows of a kilobyte or two are written
        # in half as many pieces as with the usual pages of 4 kB.
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    for pragma in _WRITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    todo = migrations.pending(connection)
    if todo and version and backups is not None:
        _copy(connection, backups / f"{path.stem}-schema{version}.db")
    for number, script in todo:
        migrations.apply(connection, number, script)


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    target.touch(mode=0o600)
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        copy.close()
    if verdict != "ok":
        raise StoreError(f"the copy {target} made before an upgrade is damaged", "run: skilltui doctor --verify")


def _transaction(connection: sqlite3.Connection, *, function: Transaction[T], durable: bool) -> T:
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = function(connection)
        connection.execute("COMMIT")
    except BaseException:
        # A full disk ends the transaction by itself, and a second ROLLBACK would hide the first error.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _explain(error: Exception, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno == errno.ENOSPC):
        return DiskFullError(
            f"no space left for {path}; nothing of this step was stored", "free some space, then do it again"
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return StoreError(f"{path} is damaged: {error}", "restore a copy from the backups folder; it is never replaced")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM) or isinstance(error, OSError):
        return StoreError(f"{path} can't be opened: {error}", "check that the folder exists and is yours")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(f"{path} is in use by another program", "close it and do this again")
    return StoreError(f"{path}: {error}", "run: skilltui doctor --verify")
