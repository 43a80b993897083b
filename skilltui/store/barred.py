"""What may not be stored (again): marks by hash, written when something is forgotten or withheld."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct, field

FORGOTTEN = "forgotten"


class Bar(Struct, frozen=True):
    """Why something may not be stored, since when, and the hash of what a person named (``asked_key``)."""

    why: str
    at: str
    asked: str | None = None


def key_of(*parts: str) -> str:
    """The hash that stands for a session (source, id), a file (path) or what a person named (kind, name)."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def session_key(source: str, session: str) -> str:
    """The mark of a session."""
    return key_of("session", source, session)


def file_key(path: str) -> str:
    """The mark of a file."""
    return key_of("file", path)


def asked_key(name: str) -> str:
    """The mark of what a person named."""
    return key_of("asked", name)


class Barred(Struct, frozen=True):
    """What of a batch may not be stored. ``sessions``: id -> why; ``tasks``: session -> its forgotten (ordinal, id)."""

    file: str | None = None
    sessions: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)


def barred(connection: sqlite3.Connection, source: str, sessions: Collection[str], path: str) -> Barred:
    """Look up a file, the sessions in it, and the forgotten tasks of those."""
    names = {session_key(source, session): session for session in sessions}
    why: dict[str, str] = {}
    tasks: dict[str, list[tuple[int, str]]] = {}
    for key, name in names.items():
        found = connection.execute("SELECT why FROM barred WHERE kind = 'session' AND key = ?", (key,)).fetchone()
        if found is not None:
            why[name] = str(found[0])
        for row in connection.execute(
            "SELECT ordinal, key FROM barred WHERE session = ? AND kind = 'trajectory' ORDER BY ordinal", (key,)
        ):
            tasks.setdefault(name, []).append((row[0], row[1]))
    return Barred(file_barred(connection, path), why, {name: tuple(found) for name, found in tasks.items()})


def any_marks(connection: sqlite3.Connection) -> bool:
    """Whether anything at all may not be stored."""
    found = connection.execute("SELECT 1 FROM barred WHERE kind NOT IN ('rules', 'shred') LIMIT 1")
    return found.fetchone() is not None


def file_barred(connection: sqlite3.Connection, path: str) -> str | None:
    """Why a whole file is not read, ``None`` where it may be."""
    row = connection.execute("SELECT why FROM barred WHERE kind = 'file' AND key = ?", (file_key(path),)).fetchone()
    return None if row is None else str(row[0])


def files_barred(connection: sqlite3.Connection, paths: Iterable[str]) -> dict[str, str]:
    """Of these files, those that are not read, or not all of whose sessions are stored: path -> why."""
    marks = {row[0]: row[1] for row in connection.execute("SELECT key, why FROM barred WHERE kind = 'file'")}
    for file, why in connection.execute("SELECT file, why FROM barred WHERE kind = 'session' AND file IS NOT NULL"):
        marks.setdefault(file, f"a session in it: {why}")
    if not marks:
        return {}
    return {path: marks[key] for path in paths if (key := file_key(path)) in marks}


def bar_session(connection: sqlite3.Connection, source: str, session: str, path: str, bar: Bar) -> None:
    """Nothing of this session may be stored. What a person had forgotten stays forgotten."""
    connection.execute(
        "INSERT INTO barred (kind, key, why, asked, file, at) VALUES ('session', ?, ?, ?, ?, ?)"
        " ON CONFLICT (kind, key) DO UPDATE SET why = excluded.why, asked = excluded.asked WHERE why <> ?",
        (session_key(source, session), bar.why, bar.asked, file_key(path), bar.at, FORGOTTEN),
    )


def bar_file(connection: sqlite3.Connection, path: str, session: str | None, bar: Bar) -> None:
    """This file may not be read. ``session``: the key of what stands in it."""
    connection.execute(
        "INSERT INTO barred (kind, key, why, asked, session, at) VALUES ('file', ?, ?, ?, ?, ?)"
        " ON CONFLICT (kind, key) DO UPDATE SET why = excluded.why, asked = excluded.asked WHERE why <> ?",
        (file_key(path), bar.why, bar.asked, session, bar.at, FORGOTTEN),
    )


def bar_trajectory(connection: sqlite3.Connection, trajectory: str, session: str, ordinal: int, bar: Bar) -> None:
    """This task of a session may not be stored again. ``session``: the session's key."""
    connection.execute(
        "INSERT OR REPLACE INTO barred (kind, key, why, asked, session, ordinal, at)"
        " VALUES ('trajectory', ?, ?, ?, ?, ?, ?)",
        (trajectory, bar.why, bar.asked, session, ordinal, bar.at),
    )


def unbar_file(connection: sqlite3.Connection, path: str) -> None:
    """A person named this file: what withheld it does not any more. What they had forgotten stays so."""
    key = file_key(path)
    connection.execute(
        "DELETE FROM barred WHERE why <> ? AND ((kind = 'file' AND key = ?) OR (kind = 'session' AND file = ?))",
        (FORGOTTEN, key, key),
    )


def asked_for(connection: sqlite3.Connection, source: str, session: str) -> str | None:
    """The hash of the name under which a session, or its newest forgotten task, was forgotten."""
    key = session_key(source, session)
    row = connection.execute(
        "SELECT asked FROM barred WHERE why = ? AND ((kind = 'session' AND key = ?)"
        " OR (kind = 'trajectory' AND session = ?)) ORDER BY ordinal DESC LIMIT 1",
        (FORGOTTEN, key, key),
    ).fetchone()
    return None if row is None or row[0] is None else str(row[0])


def owe(connection: sqlite3.Connection, at: str) -> None:
    """Rows were removed, and their bytes are still to be cleared: known also to the one who comes after a kill."""
    connection.execute(
        "INSERT OR REPLACE INTO barred (kind, key, why, at) VALUES ('shred', 'shred', ?, ?)", (FORGOTTEN, at)
    )


def owes(connection: sqlite3.Connection) -> bool:
    """Whether bytes of removed rows may be left."""
    return connection.execute("SELECT 1 FROM barred WHERE kind = 'shred'").fetchone() is not None


def paid(connection: sqlite3.Connection) -> None:
    """The bytes are cleared."""
    connection.execute("DELETE FROM barred WHERE kind = 'shred'")


def remember(connection: sqlite3.Connection, name: str, sources: Iterable[str]) -> int:
    """Take back every mark that ``name`` made, or that stands for it; files are read again from the beginning.

    Returns how many sessions and trajectories may be stored again.
    """
    own = [session_key(source, name) for source in sources]
    marks = ",".join("?" * len(own))
    gone = connection.execute(
        f"DELETE FROM barred WHERE why = ? AND (asked = ? OR key = ? OR key IN ({marks}) OR session IN ({marks}))"  # noqa: S608
        " RETURNING kind, session, file",
        (FORGOTTEN, asked_key(name), name, *own, *own),
    ).fetchall()
    read_again = {row["file"] for row in gone if row["file"]}
    sessions = {row["session"] for row in gone if row["kind"] == "trajectory"}
    for row in connection.execute("SELECT source, native, path FROM session").fetchall():
        if session_key(row["source"], row["native"]) in sessions:
            read_again.add(file_key(row["path"]))
    _read_again(connection, read_again)
    return sum(row["kind"] in {"session", "trajectory"} for row in gone)


def renew(connection: sqlite3.Connection, rules: str, at: str) -> bool:
    """Where the rules of scope are others than last time, what they withheld is looked at again. Says whether so."""
    row = connection.execute("SELECT why FROM barred WHERE kind = 'rules'").fetchone()
    if (row[0] if row else "") == rules:
        return False
    gone = connection.execute(
        "DELETE FROM barred WHERE kind <> 'trajectory' AND why <> ? RETURNING file", (FORGOTTEN,)
    ).fetchall()
    _read_again(connection, {row["file"] for row in gone if row["file"]})
    connection.execute("INSERT INTO barred (kind, key, why, at) VALUES ('rules', 'rules', ?, ?)", (rules, at))
    return True


def _read_again(connection: sqlite3.Connection, files: Collection[str]) -> None:
    if not files:
        return
    for row in connection.execute("SELECT id, path FROM file").fetchall():
        if file_key(row["path"]) in files:
            connection.execute("UPDATE file SET cursor = '' WHERE id = ?", (row["id"],))
