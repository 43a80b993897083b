"""Writing what was read: files, sessions, trajectories, steps and turns of a group of batches.

The rows and the offsets of their files are written by one call, hence in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from skilltui.domain.trajectory import Step, Trajectory, Turn
from skilltui.store import full_text
from skilltui.store.bulk import bulk
from skilltui.store.rows import dump, evidence_json


class QuarantineRow(Struct, frozen=True):
    """Bytes of a file that could not be read as records."""

    offset: int
    length: int
    sha256: str
    reason: str


class Change(Struct, frozen=True):
    """A trajectory as it is now, with what is not stored yet: steps that are new, steps that changed, new turns."""

    trajectory: Trajectory
    new: tuple[Step, ...]
    changed: tuple[Step, ...]
    turns: tuple[Turn, ...]

    @classmethod
    def of(cls, before: Trajectory | None, after: Trajectory) -> Change:
        """What changed since ``before``, from which ``after`` grew; everything, where there is no such state."""
        if before is None:
            return cls(after, (*after.steps, *after.delegated), (), after.turns)
        new: list[Step] = []
        changed: list[Step] = []
        for old, steps in ((before.steps, after.steps), (before.delegated, after.delegated)):
            new += steps[len(old) :]
            changed += [step for step, was in zip(steps, old, strict=False) if step is not was and step != was]
        return cls(after, tuple(new), tuple(changed), after.turns[len(before.turns) :])


class SessionBatch(Struct, frozen=True):
    """What one batch adds to one session.

    ``changes`` also hold those of other sessions: of a host that a subagent worked for, of the owner of a late result.
    ``repeated``: keys of steps that this file holds again. ``has_content``: a file with nothing but a header is no
    session yet.
    """

    source: str
    session: str
    project: str | None = None
    model: str | None = None
    started_at: str | None = None
    last_at: str | None = None
    settled: bool = False
    has_content: bool = True
    parent: str | None = None
    host: str | None = None
    changes: tuple[Change, ...] = ()
    repeated: tuple[str, ...] = ()


class FileBatch(Struct, frozen=True):
    """What one read of one file adds. ``cursor`` is JSON that only the capture stage understands."""

    path: str
    source: str
    cursor: str
    read_at: str
    sessions: tuple[SessionBatch, ...] = ()
    quarantined: tuple[QuarantineRow, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)


def commit_batches(connection: sqlite3.Connection, batches: Sequence[FileBatch]) -> int:
    """Write batches with their files' new cursors; returns how many steps are new."""
    _files(connection, batches)
    sessions = [(batch, session) for batch in batches for session in batch.sessions]
    _sessions(connection, sessions)
    changes = [(batch, session, change) for batch, session in sessions for change in session.changes]
    save_trajectories(connection, list({change.trajectory.id: change.trajectory for _, _, change in changes}.values()))
    bulk(
        connection,
        "UPDATE session SET host = r.c2 FROM {rows} AS r WHERE source = r.c0 AND native = r.c1",
        [(session.source, session.session, session.host) for _, session in sessions if session.host is not None],
    )
    newest_step, newest_turn = full_text.newest(connection)
    new = [_step_row(batch, session, change, step) for batch, session, change in changes for step in change.new]
    bulk(
        connection,
        "INSERT INTO step (trajectory_id, seq, source, key, tool, args, ok, error_kind, exit_code, duration_ms,"
        " output, at, agent, user_edited, file_id) SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14,"
        " f.id"
        " FROM {rows} CROSS JOIN file f ON f.path = c0 WHERE true ON CONFLICT (source, key) DO NOTHING",
        new,
    )
    full_text.index_steps_after(connection, newest_step)
    # Of a step that changed twice the last state counts, and holds what the first brought.
    changed = {(session.source, step.key): step for _, session, change in changes for step in change.changed}
    bulk(
        connection,
        # The first text stands; and of an older step the caller may hold no more than the head of it.
        "UPDATE step SET ok = r.c2, error_kind = r.c3, exit_code = r.c4, duration_ms = r.c5, user_edited = r.c7,"
        " output = CASE output WHEN '' THEN r.c6 ELSE output END"
        " FROM {rows} AS r WHERE source = r.c0 AND key = r.c1",
        [
            (source, key, *_result(step), step.output, int(step.user_edited))
            for (source, key), step in changed.items()
        ],
    )  # fmt: skip
    bulk(
        connection,
        "INSERT OR IGNORE INTO turn (trajectory_id, source, key, kind, text, after_step, at) SELECT * FROM {rows}",
        [
            (change.trajectory.id, session.source, u.key, u.kind, u.text, u.after_step, u.at)
            for _, session, change in changes for u in change.turns
        ],
    )  # fmt: skip
    full_text.index_turns_after(connection, newest_turn)
    bulk(
        connection,
        "INSERT OR IGNORE INTO sighting SELECT f.id, s.id FROM {rows} CROSS JOIN file f ON f.path = c0"
        " CROSS JOIN step s ON s.source = c1 AND s.key = c2 WHERE s.file_id IS NOT f.id",
        [(batch.path, session.source, key) for batch, session in sessions for key in session.repeated],
    )
    return len(new)


def save_trajectories(connection: sqlite3.Connection, trajectories: Sequence[Trajectory]) -> None:
    """Store everything of trajectories but their steps and turns; their sessions are stored already."""
    bulk(
        connection,
        "INSERT INTO trajectory SELECT c0, s.id, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17,"
        " c18, c19 FROM {rows} CROSS JOIN session s ON s.source = c1 AND s.native = c2 WHERE true"
        " ON CONFLICT (id) DO UPDATE SET"
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
        [
            (
                t.id,
                t.source,
                t.session,
                t.ordinal,
                t.request,
                t.project,
                t.model,
                t.started_at,
                t.ended_at,
                t.outcome.label,
                t.outcome.by,
                t.outcome.confidence,
                evidence_json(t.outcome.evidence),
                t.outcome.fault,
                len(t.steps) + len(t.delegated),
                t.failed_steps,
                t.corrections,
                t.match.skill if t.match else None,
                t.match.score if t.match else None,
                t.closing_text,
            )
            for t in trajectories
        ],
    )
    bulk(
        connection,
        "INSERT INTO skill_use SELECT * FROM {rows} WHERE true"
        " ON CONFLICT DO UPDATE SET hash = coalesce(hash, excluded.hash)",
        [(t.id, use.skill, use.hash) for t in trajectories for use in t.skills_used],
    )  # fmt: skip


def _files(connection: sqlite3.Connection, batches: Sequence[FileBatch]) -> None:
    bulk(
        connection,
        "INSERT INTO file (path, source, cursor, unknown, read_at) SELECT * FROM {rows} WHERE true"
        " ON CONFLICT (path) DO UPDATE SET source = excluded.source, cursor = excluded.cursor,"
        " unknown = CASE excluded.unknown WHEN '{}' THEN unknown ELSE excluded.unknown END,"
        " read_at = excluded.read_at, gone = 0",
        [(b.path, b.source, b.cursor, dump(dict(b.unknown)), b.read_at) for b in batches],
    )
    bulk(
        connection,
        "INSERT OR IGNORE INTO quarantine SELECT f.id, c1, c2, c3, c4 FROM {rows} CROSS JOIN file f ON f.path = c0",
        [(b.path, q.offset, q.length, q.sha256, q.reason) for b in batches for q in b.quarantined],
    )


def _sessions(connection: sqlite3.Connection, sessions: Sequence[tuple[FileBatch, SessionBatch]]) -> None:
    bulk(
        connection,
        "INSERT INTO session (source, native, path, project, model, started_at, last_at, settled, parent)"
        " SELECT * FROM {rows} WHERE true ON CONFLICT (source, native) DO UPDATE SET"
        " project = coalesce(excluded.project, project), model = coalesce(excluded.model, model),"
        " started_at = min(coalesce(started_at, excluded.started_at), coalesce(excluded.started_at, started_at)),"
        " last_at = max(coalesce(last_at, excluded.last_at), coalesce(excluded.last_at, last_at)),"
        " parent = coalesce(excluded.parent, parent), settled = excluded.settled",
        [
            (
                s.source, s.session, batch.path, s.project, s.model, s.started_at, s.last_at, int(s.settled), s.parent,
            )
            for batch, s in sessions
        ],
    )  # fmt: skip
    bulk(
        connection,
        "INSERT OR IGNORE INTO session_file SELECT s.id, f.id FROM {rows}"
        " CROSS JOIN session s ON s.source = c0 AND s.native = c1 CROSS JOIN file f ON f.path = c2",
        [(s.source, s.session, batch.path) for batch, s in sessions if s.has_content],
    )


def _step_row(batch: FileBatch, session: SessionBatch, change: Change, step: Step) -> tuple[object, ...]:
    return (
        batch.path, change.trajectory.id, step.seq, session.source, step.key, step.tool,
        dump(dict(step.args)), *_result(step), step.output, step.at, step.agent,
        int(step.user_edited),
    )  # fmt: skip


def _result(step: Step) -> tuple[object, ...]:
    ok = None if step.ok is None else int(step.ok)
    return ok, step.error_kind, step.exit_code, step.duration_ms
