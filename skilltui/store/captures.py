"""Files, sessions, trajectories and steps: writing a batch and reading it back.

Functions over a plain connection; ``Database.read`` and ``Database.write`` run them. A batch's rows and the offset of
its file are written by one call, hence in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from skilltui.domain.trajectory import Outcome, OutcomeBy, Step, Trajectory
from skilltui.store.rows import dump, evidence_json, storable

_CHUNK = 500  # well under SQLite's limit of variables in one statement


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """Bytes of a file that could not be read as records."""

    offset: int
    length: int
    sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class SessionBatch:
    """What one batch adds to one session.

    ``trajectories`` are new or changed; ``same`` holds keys of steps in them that are stored as they are, ``repeated``
    keys of steps that this file holds again. ``has_content``: a file with nothing but a header is no session yet.
    """

    source: str
    session: str
    project: str | None
    model: str | None
    started_at: str | None
    last_at: str | None
    settled: bool = False
    has_content: bool = True
    trajectories: tuple[Trajectory, ...] = ()
    same: frozenset[str] = frozenset()
    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileBatch:
    """What one read of one file adds. ``cursor`` is JSON that only the capture stage understands."""

    path: str
    source: str
    cursor: str
    read_at: str
    sessions: tuple[SessionBatch, ...] = ()
    quarantined: tuple[QuarantineRow, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)


def commit_batch(connection: sqlite3.Connection, batch: FileBatch) -> int:
    """Write a batch with its file's new cursor; returns how many steps are new."""
    file_id = connection.execute(
        "INSERT INTO file (path, source, cursor, unknown, read_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (path) DO UPDATE SET source = excluded.source, cursor = excluded.cursor,"
        " unknown = CASE excluded.unknown WHEN '{}' THEN unknown ELSE excluded.unknown END,"
        " read_at = excluded.read_at, gone = 0 RETURNING id",
        (batch.path, batch.source, batch.cursor, dump(dict(batch.unknown)), batch.read_at),
    ).fetchone()[0]
    connection.executemany(
        "INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?)",
        [(file_id, q.offset, q.length, q.sha256, storable(q.reason)) for q in batch.quarantined],
    )
    return sum(_commit_session(connection, file_id, batch.path, session) for session in batch.sessions)


def _commit_session(connection: sqlite3.Connection, file_id: int, path: str, batch: SessionBatch) -> int:
    session_id = connection.execute(
        "INSERT INTO session (source, native, path, project, model, started_at, last_at, settled)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, native) DO UPDATE SET"
        " project = coalesce(excluded.project, project), model = coalesce(excluded.model, model),"
        " started_at = min(coalesce(started_at, excluded.started_at), coalesce(excluded.started_at, started_at)),"
        " last_at = max(coalesce(last_at, excluded.last_at), coalesce(excluded.last_at, last_at)),"
        " settled = excluded.settled RETURNING id",
        (
            batch.source, batch.session, path, batch.project, batch.model, batch.started_at, batch.last_at,
            int(batch.settled),
        ),
    ).fetchone()[0]  # fmt: skip
    if batch.has_content:
        connection.execute("INSERT OR IGNORE INTO session_file VALUES (?, ?)", (session_id, file_id))
    new = 0
    for trajectory in batch.trajectories:
        new += _save_trajectory(connection, session_id, file_id, batch, trajectory)
    for keys in _chunks(batch.repeated):
        marks = ",".join("?" * len(keys))
        connection.execute(
            f"INSERT OR IGNORE INTO sighting SELECT ?, id FROM step WHERE source = ? AND key IN ({marks})"  # noqa: S608
            " AND file_id IS NOT ?",
            (file_id, batch.source, *keys, file_id),
        )
    return new


def _save_trajectory(
    connection: sqlite3.Connection, session_id: int, file_id: int, batch: SessionBatch, trajectory: Trajectory
) -> int:
    t = trajectory
    connection.execute(
        "INSERT INTO trajectory VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET"
        " request = excluded.request, project = coalesce(excluded.project, project),"
        " model = coalesce(excluded.model, model), started_at = excluded.started_at, ended_at = excluded.ended_at,"
        # A person's label stays, whatever the detector thinks later.
        " outcome = CASE outcome_by WHEN 'user' THEN outcome ELSE excluded.outcome END,"
        " confidence = CASE outcome_by WHEN 'user' THEN confidence ELSE excluded.confidence END,"
        " evidence = CASE outcome_by WHEN 'user' THEN evidence ELSE excluded.evidence END,"
        " outcome_by = CASE outcome_by WHEN 'user' THEN outcome_by ELSE excluded.outcome_by END,"
        " steps = excluded.steps, failed_steps = excluded.failed_steps, corrections = excluded.corrections,"
        " match_skill = excluded.match_skill, match_score = excluded.match_score,"
        " closing_text = excluded.closing_text",
        (
            t.id, session_id, t.ordinal, storable(t.request), t.project, t.model, t.started_at, t.ended_at,
            t.outcome.label, t.outcome.by, t.outcome.confidence, evidence_json(t.outcome.evidence), t.outcome.fault,
            len(t.steps), t.failed_steps, t.corrections,
            t.match.skill if t.match else None, t.match.score if t.match else None, storable(t.closing_text),
        ),
    )  # fmt: skip
    changed = [step for step in t.steps if step.key not in batch.same]
    before = _stored_steps(connection, t.id) if changed else 0
    connection.executemany(
        "INSERT INTO step (trajectory_id, seq, source, key, tool, args, ok, error_kind, exit_code, duration_ms,"
        " output, at, file_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (source, key) DO UPDATE SET"
        " ok = excluded.ok, error_kind = excluded.error_kind, exit_code = excluded.exit_code,"
        " duration_ms = excluded.duration_ms, output = excluded.output",
        [_step_row(t.id, batch.source, step, file_id) for step in changed],
    )
    connection.executemany(
        "INSERT INTO turn (trajectory_id, source, key, kind, text, after_step, at) VALUES (?,?,?,?,?,?,?)"
        " ON CONFLICT (source, key) DO UPDATE SET kind = excluded.kind",
        [(t.id, batch.source, u.key, u.kind, storable(u.text), u.after_step, u.at) for u in t.turns],
    )
    connection.executemany(
        "INSERT INTO skill_use VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET hash = coalesce(hash, excluded.hash)",
        [(t.id, storable(use.skill), use.hash) for use in t.skills_used],
    )
    return _stored_steps(connection, t.id) - before if changed else 0


def _stored_steps(connection: sqlite3.Connection, trajectory: str) -> int:
    return int(connection.execute("SELECT count(*) FROM step WHERE trajectory_id = ?", (trajectory,)).fetchone()[0])


def _step_row(trajectory: str, source: str, step: Step, file_id: int) -> tuple[object, ...]:
    return (
        trajectory, step.seq, source, storable(step.key), storable(step.tool), dump(dict(step.args)),
        None if step.ok is None else int(step.ok), step.error_kind, step.exit_code, step.duration_ms,
        storable(step.output), step.at, file_id,
    )  # fmt: skip


def known_keys(connection: sqlite3.Connection, source: str, keys: Collection[str]) -> tuple[set[str], set[str]]:
    """Which of ``keys`` are stored as steps, and which as turns."""
    found: tuple[set[str], set[str]] = (set(), set())
    for part in _chunks(sorted(keys)):
        marks = ",".join("?" * len(part))
        for target, table in zip(found, ("step", "turn"), strict=True):
            rows = connection.execute(
                f"SELECT key FROM {table} WHERE source = ? AND key IN ({marks})",  # noqa: S608 - our own table names
                (source, *part),
            )
            target.update(row[0] for row in rows)
    return found


def cursors(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """Every file read so far: path -> (source, cursor JSON)."""
    return {row[0]: (row[1], row[2]) for row in connection.execute("SELECT path, source, cursor FROM file")}


def cursor_of(connection: sqlite3.Connection, path: str) -> str | None:
    """The cursor of one file."""
    row = connection.execute("SELECT cursor FROM file WHERE path = ?", (path,)).fetchone()
    return None if row is None else str(row[0])


@dataclass(frozen=True, slots=True)
class KnownSession:
    """What is stored of a session beside its trajectories."""

    project: str | None = None
    model: str | None = None
    last_at: str | None = None


def known_session(connection: sqlite3.Connection, source: str, session: str) -> KnownSession:
    """All unknown for a session that is new."""
    row = connection.execute(
        "SELECT project, model, last_at FROM session WHERE source = ? AND native = ?", (source, session)
    ).fetchone()
    return KnownSession(*row) if row else KnownSession()


def session_row(connection: sqlite3.Connection, source: str, session: str) -> int | None:
    """The row of a session that is stored."""
    row = connection.execute("SELECT id FROM session WHERE source = ? AND native = ?", (source, session)).fetchone()
    return None if row is None else int(row[0])


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


@dataclass(frozen=True, slots=True)
class Held:
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


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
