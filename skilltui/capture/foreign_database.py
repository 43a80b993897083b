"""SQLite files that an agent writes, read without disturbing it. The only place beside the store that opens SQLite.

A write-ahead log lets a reader in while the agent writes; without one the file is opened as immutable, which takes no
lock and makes no file, and what was read is thrown away should the agent have begun to write meanwhile. Every reading
opens, takes one snapshot, and closes: a reader that stays would keep the agent's log from being folded in.
(https://www.sqlite.org/wal.html, sections 5 and 9)
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from skilltui.capture.tail import failure, stamp
from skilltui.errors import SourceError

MAGIC = b"SQLite format 3\0"
VALUE_LIMIT = 64 << 20
_SECONDS = 30.0
_BUSY_SECONDS = 0.5
_STEPS = 20_000  # of SQLite's machine between two looks at the clock


class ValueTooLargeError(SourceError):
    """A value longer than ``VALUE_LIMIT`` bytes."""


class ForeignDatabase:
    """One snapshot of a foreign database.

    ``status`` and ``stamp`` are the file's, from before it was opened; ``read_bytes`` counts what was read.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, status: os.stat_result) -> None:
        self._path, self._connection = path, connection
        self.status, self.stamp = status, stamp(path, status)
        self.read_bytes = 0

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement, which bounds their number itself.

        Raises ``ValueTooLargeError`` where one value is too large, ``SourceError`` where the file can't be read.
        """
        try:
            rows = self._connection.execute(statement, parameters).fetchall()
        except sqlite3.Error as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_TOOBIG:
                raise ValueTooLargeError(f"{self._path}: a value of more than {VALUE_LIMIT >> 20} MB") from error
            raise _refused(self._path, error) from error
        self.read_bytes += sum(len(value) for row in rows for value in row if isinstance(value, str | bytes))
        return rows

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table; none where there is no such table."""
        found = self.rows(
            "SELECT c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c"
            " WHERE t.type = 'table' AND t.name = ?",
            (table,),
        )
        return frozenset(str(row[0]) for row in found)


@contextmanager
def open_database(path: Path) -> Iterator[ForeignDatabase]:
    """A snapshot of the database at ``path``, for a short while.

    Raises ``SourceError``: no such file, no database, held by its writer alone, or changed while it was read; the
    caller may try again in a moment.
    """
    status = _status(path)
    logged = _logged(path)
    mode = "mode=ro" if logged else "mode=ro&immutable=1"
    uri = f"file:{quote(os.fsencode(path.absolute()))}?{mode}"
    deadline = time.monotonic() + _SECONDS
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise _refused(path, error) from error
    try:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        try:
            # What a view or an index of a hostile file calls must be harmless.
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
        except sqlite3.Error as error:
            raise _refused(path, error) from error
        yield ForeignDatabase(path, connection, status)
        if not logged and (_logged(path) or _key(_status(path)) != _key(status)):
            raise SourceError(f"{path}: was changed while it was read", "It is read again in a moment.")
    finally:
        connection.close()


def _status(path: Path) -> os.stat_result:
    try:
        status = path.lstat()
    except OSError as error:
        raise failure(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{path}: not a regular file", "Name the database itself, not a link to it.")
    return status


def _key(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _logged(path: Path) -> bool:
    """Whether something stands in a log beside the file, so that the file alone is not all."""
    for name in ("-wal", "-journal"):
        try:
            if path.with_name(path.name + name).stat().st_size:
                return True
        except OSError:
            continue
    return False


def _refused(path: Path, error: sqlite3.Error) -> SourceError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return SourceError(f"{path}: its writer holds it alone just now", "It is read again in a moment.")
    if code == sqlite3.SQLITE_INTERRUPT:
        return SourceError(f"{path}: a reading took more than {_SECONDS:.0f} seconds", "Is the disk very slow?")
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return SourceError(f"{path}: damaged, or no SQLite database ({error})", "Its agent may be able to mend it.")
    return SourceError(f"{path}: can't be read ({error})", "Give your user read access to the file and its folder.")
