"""Copies of the store: made with SQLite's own means, checked before they count, and put back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from skilltui.errors import StoreError
from skilltui.store import barred, care, migrations, retention
from skilltui.store.barred import FORGOTTEN, Bar
from skilltui.store.retention import Target


class Holds(Struct, frozen=True):
    """What a store holds: enough to tell whether a copy is whole."""

    schema: int
    sessions: int
    trajectories: int
    steps: int
    versions: int


def copy(connection: sqlite3.Connection, target: Path) -> None:
    """A copy of the store as it is at this moment, readable by its owner alone; the file must not exist."""
    target.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(target)) as made:
        connection.backup(made)


def check(path: Path) -> Holds:
    """Read every page and every kept version of a copy; ``StoreError`` where it is not whole or not ours."""
    try:
        with closing(sqlite3.connect(path.absolute().as_uri() + "?mode=ro&immutable=1", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            if int(connection.execute("PRAGMA application_id").fetchone()[0]) != migrations.APPLICATION_ID:
                raise StoreError(f"{path} is no store of skilltui", "name what skilltui backup has made")
            schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if schema > migrations.numbered()[-1][0]:
                raise StoreError(f"{path} was made by a newer skilltui", "upgrade skilltui")
            found = care.problems(connection, every_page=True)
            if found:
                raise StoreError(f"{path} is damaged: {'; '.join(found[:3])}", "use another backup")
            return holds(connection)
    except sqlite3.Error as error:
        raise StoreError(f"{path} is damaged: {error}", "use another backup") from error


def holds(connection: sqlite3.Connection) -> Holds:
    """Count what is there."""
    schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = ("session", "trajectory", "step", "version")
    return Holds(schema, *(int(connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0]) for t in tables))  # noqa: S608


def forgotten(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """The marks of what a person had forgotten, to be carried into a store that is put back."""
    rows = connection.execute("SELECT * FROM barred WHERE why = ?", (FORGOTTEN,))
    return [tuple(row) for row in rows.fetchall()]


def forget_again(connection: sqlite3.Connection, marks: Iterable[tuple[object, ...]], at: str) -> int:
    """What was forgotten after a backup was made is taken out of it once more; returns how many sessions and tasks."""
    width = len(connection.execute("PRAGMA table_info(barred)").fetchall())
    connection.executemany(
        f"INSERT OR REPLACE INTO barred VALUES ({', '.join('?' * width)})",  # noqa: S608 - marks alone
        marks,
    )
    keys = {row[0] for row in connection.execute("SELECT key FROM barred WHERE why = ?", (FORGOTTEN,))}
    sessions = tuple(
        row["id"]
        for row in connection.execute("SELECT id, source, native FROM session").fetchall()
        if barred.session_key(row["source"], row["native"]) in keys
    )
    tasks = [row[0] for row in connection.execute("SELECT id FROM trajectory").fetchall() if row[0] in keys]
    bar = Bar(FORGOTTEN, at)
    for target in (Target(sessions), *(Target(trajectory=task) for task in tasks)):
        held = connection.execute("SELECT 1 FROM trajectory WHERE id = ?", (target.trajectory,)).fetchone()
        if target.sessions or held:
            retention.forget(connection, target, bar, need=lambda _: "some of its requests were forgotten")
    return len(sessions) + len(tasks)
