"""Keeping the store under its cap: the oldest outputs go first; requests, outcomes and evidence stay."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from skilltui.store import full_text, proposals
from skilltui.store.rows import dump

# Trajectories that one transaction cuts down: short enough that capture waits for it unnoticed.
_AT_ONCE = 20
_FREED_PAGES = 2000

Cut = Callable[[str], str]


def used_bytes(connection: sqlite3.Connection) -> int:
    """What the store's content takes: its pages without the free ones."""
    names = ("page_count", "freelist_count", "page_size")
    pages, free, size = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * size


def trim_oldest(connection: sqlite3.Connection, cut: Cut, enough: int) -> list[str]:
    """Cut down the outputs of the oldest trajectories that still have them, then the arguments, some at a time and no
    more than it takes to come to ``enough`` bytes; returns their ids.

    What a waiting draft quotes stays, and so does a session that is not over yet.
    """
    quoted = {ref.trajectory for draft in proposals.drafts(connection) for edit in draft.edits for ref in edit.evidence}
    for level in (1, 2):
        rows = connection.execute(
            "SELECT t.id FROM trajectory t JOIN session s ON s.id = t.session_id"
            " LEFT JOIN trimmed d ON d.trajectory_id = t.id WHERE s.settled AND coalesce(d.level, 0) < ? AND t.steps"
            " ORDER BY coalesce(t.ended_at, t.started_at), t.id LIMIT ?",
            (level, _AT_ONCE + len(quoted)),
        ).fetchall()
        chosen = [row[0] for row in rows if row[0] not in quoted][:_AT_ONCE]
        for done, trajectory in enumerate(chosen):
            if used_bytes(connection) <= enough:
                return chosen[:done]
            _trim(connection, trajectory, level, cut)
        if chosen:
            return chosen
    return []


def _trim(connection: sqlite3.Connection, trajectory: str, level: int, cut: Cut) -> None:
    """Rewrite the steps: rows that only shrink where they stand would leave their pages half empty and in use."""
    steps = [dict(row) for row in connection.execute("SELECT * FROM step WHERE trajectory_id = ?", (trajectory,))]
    seen = connection.execute(
        "SELECT file_id, step_id FROM sighting WHERE step_id IN (SELECT id FROM step WHERE trajectory_id = ?)",
        (trajectory,),
    ).fetchall()
    for step in steps:
        step["output"] = cut(step["output"])
        if level > 1:
            step["args"] = dump(_cut_values(json.loads(step["args"]), cut))
    connection.execute("DELETE FROM step WHERE trajectory_id = ?", (trajectory,))
    if steps:
        columns = ", ".join(f'"{name}"' for name in steps[0])
        marks = ", ".join("?" * len(steps[0]))
        connection.executemany(
            f"INSERT INTO step ({columns}) VALUES ({marks})",  # noqa: S608 - the columns of the table itself
            [tuple(step.values()) for step in steps],
        )
        full_text.index_steps_of(connection, trajectory)
    connection.executemany("INSERT INTO sighting VALUES (?, ?)", [tuple(row) for row in seen])
    connection.execute(
        "INSERT INTO trimmed VALUES (?, ?) ON CONFLICT (trajectory_id) DO UPDATE SET level = excluded.level",
        (trajectory, level),
    )


def _cut_values(value: Any, cut: Cut) -> Any:
    if isinstance(value, str):
        return cut(value)
    if isinstance(value, dict):
        return {key: _cut_values(item, cut) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut_values(item, cut) for item in value]
    return value


def give_back(connection: sqlite3.Connection) -> bool:
    """Hand some free pages back to the file system; says whether more are left. To be run outside a transaction."""
    if int(connection.execute("PRAGMA auto_vacuum").fetchone()[0]) == 0:
        # Made before it could be done in pieces: what comes next takes the free pages.
        return False
    connection.execute(f"PRAGMA incremental_vacuum({_FREED_PAGES})").fetchall()
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0]) > 0


def is_trimmed(connection: sqlite3.Connection, trajectory: str) -> bool:
    """Whether something of it was cut away."""
    return connection.execute("SELECT 1 FROM trimmed WHERE trajectory_id = ?", (trajectory,)).fetchone() is not None


def trimmed_count(connection: sqlite3.Connection) -> int:
    """How many trajectories were cut down."""
    return int(connection.execute("SELECT count(*) FROM trimmed").fetchone()[0])
