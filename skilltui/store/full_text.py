"""The full-text index of what was said and done, kept in step with rows that are inserted.

Changes and deletions reach it by triggers. What is inserted is indexed here, many rows in one statement, in the same
transaction and before any of it changes again: what the index takes out it must hold.
"""

from __future__ import annotations

import sqlite3

_STEPS = "INSERT INTO step_text (rowid, args, output) SELECT id, args, output FROM step"


def newest(connection: sqlite3.Connection) -> tuple[int, int]:
    """The ids of the newest step and the newest turn; 0 where there is none."""
    row = connection.execute("SELECT (SELECT max(id) FROM step), (SELECT max(id) FROM turn)").fetchone()
    return row[0] or 0, row[1] or 0


def index_steps_after(connection: sqlite3.Connection, step: int) -> None:
    """Index the steps that were inserted since this one was the newest."""
    connection.execute(f"{_STEPS} WHERE id > ?", (step,))


def index_turns_after(connection: sqlite3.Connection, turn: int) -> None:
    """The same for turns."""
    connection.execute("INSERT INTO turn_text (rowid, text) SELECT id, text FROM turn WHERE id > ?", (turn,))


def index_steps_of(connection: sqlite3.Connection, trajectory: str) -> None:
    """Index all steps of a trajectory, none of which is."""
    connection.execute(f"{_STEPS} WHERE trajectory_id = ?", (trajectory,))
