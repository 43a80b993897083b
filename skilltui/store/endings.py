"""What hooks and the watcher add to what was read: a session is over, ran there, with that model; a file is back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from skilltui.store.rows import storable


def open_sessions(
    connection: sqlite3.Connection, source: str, path: str | None, session: str | None
) -> list[tuple[str, str]]:
    """(source, session) of those of a file, or of that name, which were not judged as over yet."""
    found = connection.execute(
        "SELECT source, native FROM session WHERE NOT settled AND source = ? AND (native = ? OR id IN"
        " (SELECT session_id FROM session_file JOIN file ON file.id = file_id WHERE file.path = ?))",
        (source, session, path),
    )
    return [(row[0], row[1]) for row in found.fetchall()]


def complete(connection: sqlite3.Connection, source: str, session: str, project: str | None, model: str | None) -> None:
    """Fill in what no transcript said; what one said stays."""
    said = (project and storable(project), model and storable(model))
    connection.execute(
        "UPDATE session SET project = coalesce(project, ?), model = coalesce(model, ?)"
        " WHERE source = ? AND native = ? AND (project IS NULL OR model IS NULL)",
        (*said, source, session),
    )
    connection.execute(
        "UPDATE trajectory SET project = coalesce(project, ?), model = coalesce(model, ?)"
        " WHERE session_id = (SELECT id FROM session WHERE source = ? AND native = ?)"
        " AND (project IS NULL OR model IS NULL)",
        (*said, source, session),
    )


def mark_back(connection: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Files that were gone are there again."""
    connection.executemany("UPDATE file SET gone = 0 WHERE path = ? AND gone", [(path,) for path in paths])
