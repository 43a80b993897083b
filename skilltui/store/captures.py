"""Files and sessions as they stand: cursors, what rests, what files hold; and the outcome of a trajectory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from msgspec import Struct

from skilltui.domain.trajectory import Outcome, OutcomeBy, Trajectory
from skilltui.store.rows import evidence_json


def cursors(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """Every file read so far: path -> (source, cursor JSON)."""
    return {row[0]: (row[1], row[2]) for row in connection.execute("SELECT path, source, cursor FROM file")}


def cursor_of(connection: sqlite3.Connection, path: str) -> str | None:
    """The cursor of one file."""
    row = connection.execute("SELECT cursor FROM file WHERE path = ?", (path,)).fetchone()
    return None if row is None else str(row[0])


def session_row(connection: sqlite3.Connection, source: str, session: str) -> int | None:
    """The row of a session that is stored."""
    row = connection.execute("SELECT id FROM session WHERE source = ? AND native = ?", (source, session)).fetchone()
    return None if row is None else int(row[0])


def last_ordinal(connection: sqlite3.Connection, source: str, session: str) -> int:
    """The number of a session's newest trajectory; 0 where it has none."""
    row = connection.execute(
        "SELECT max(t.ordinal) FROM trajectory t JOIN session s ON s.id = t.session_id"
        " WHERE s.source = ? AND s.native = ?",
        (source, session),
    ).fetchone()
    return int(row[0] or 0)


def unsettled(connection: sqlite3.Connection, before: str, limit: int) -> list[tuple[str, str]]:
    """(source, session) of those that rest since ``before`` and were not judged as over."""
    found = connection.execute(
        "SELECT source, native FROM session WHERE NOT settled AND last_at < ? ORDER BY last_at DESC LIMIT ?",
        (before, limit),
    )
    return [(row[0], row[1]) for row in found.fetchall()]


def settle(connection: sqlite3.Connection, source: str, session: str, trajectory: Trajectory | None) -> None:
    """Store how a session's last trajectory ended."""
    connection.execute("UPDATE session SET settled = 1 WHERE source = ? AND native = ?", (source, session))
    if trajectory is not None and trajectory.outcome.by is not OutcomeBy.USER:
        set_outcome(connection, trajectory.id, trajectory.outcome)


def mark_gone(connection: sqlite3.Connection, paths: Iterable[str]) -> None:
    """Remember that files are no longer there; their rows stay."""
    connection.executemany("UPDATE file SET gone = 1 WHERE path = ?", [(path,) for path in paths])


class Held(Struct, frozen=True):
    """What a set of files holds (CONTRACT: ``ingest``), each step counted once."""

    sessions: int
    trajectories: int
    steps: int
    failed_steps: int
    quarantined: int


def held_by(connection: sqlite3.Connection, paths: Sequence[str]) -> Held:
    """Count over the files at ``paths``."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (file_id INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM chosen")
    connection.executemany(
        "INSERT OR IGNORE INTO chosen SELECT id FROM file WHERE path = ?", [(path,) for path in paths]
    )
    sessions = connection.execute(
        "SELECT count(DISTINCT session_id) FROM session_file JOIN chosen USING (file_id)"
    ).fetchone()[0]
    trajectories = connection.execute(
        "SELECT count(*) FROM trajectory WHERE session_id IN"
        " (SELECT session_id FROM session_file JOIN chosen USING (file_id))"
    ).fetchone()[0]
    steps, failed = connection.execute(
        "SELECT count(*), coalesce(sum(ok = 0), 0) FROM step WHERE id IN ("
        " SELECT id FROM step JOIN chosen USING (file_id) UNION"
        " SELECT step_id FROM sighting JOIN chosen USING (file_id))"
    ).fetchone()
    quarantined = connection.execute("SELECT count(*) FROM quarantine JOIN chosen USING (file_id)").fetchone()[0]
    return Held(sessions, trajectories, steps, failed, quarantined)


def set_outcome(connection: sqlite3.Connection, trajectory: str, outcome: Outcome) -> bool:
    """Store an outcome; false where there is no such trajectory."""
    done = connection.execute(
        "UPDATE trajectory SET outcome = ?, outcome_by = ?, confidence = ?, evidence = ?, fault = ? WHERE id = ?",
        (
            outcome.label, outcome.by, outcome.confidence, evidence_json(outcome.evidence), outcome.fault,
            trajectory,
        ),
    )  # fmt: skip
    return done.rowcount == 1
