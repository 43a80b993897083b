"""Reading captures back: sessions, trajectories, steps."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from msgspec import Struct

from skilltui.domain.trajectory import (
    RECENT_STEPS,
    SessionSummary,
    SkillUse,
    Trajectory,
    TrajectorySummary,
    lean_step,
)
from skilltui.store import rows
from skilltui.store.trimming import is_trimmed

_SLICES = 12  # bars of a session's sparkline


def sessions(connection: sqlite3.Connection, *, limit: int) -> list[SessionSummary]:
    """Sessions, newest activity first."""
    found = connection.execute(
        "SELECT s.*, count(t.id) AS trajectories, coalesce(sum(t.steps), 0) AS steps,"
        " coalesce(sum(t.failed_steps), 0) AS failed FROM session s LEFT JOIN trajectory t ON t.session_id = s.id"
        " GROUP BY s.id HAVING count(t.id) > 0 ORDER BY s.last_at IS NULL, s.last_at DESC, s.id DESC LIMIT ?",
        (limit,),
    ).fetchall()
    return [
        SessionSummary(
            source=row["source"], id=row["native"], path=row["path"], project=row["project"], model=row["model"],
            started_at=row["started_at"], last_at=row["last_at"], trajectories=row["trajectories"],
            steps=row["steps"], failed_steps=row["failed"], activity=_activity(connection, row),
        )
        for row in found
    ]  # fmt: skip


def _activity(connection: sqlite3.Connection, row: sqlite3.Row) -> tuple[int, ...]:
    if not row["started_at"] or not row["last_at"]:
        return ()
    counts = [0] * _SLICES
    for slice_, count in connection.execute(
        "SELECT min(cast((julianday(st.at) - julianday(:start)) /"
        " max(julianday(:end) - julianday(:start), 0.00001) * :n AS INTEGER), :n - 1) AS slice, count(*)"
        " FROM step st JOIN trajectory t ON t.id = st.trajectory_id"
        " WHERE t.session_id = :session AND st.at IS NOT NULL GROUP BY slice",
        {"start": row["started_at"], "end": row["last_at"], "n": _SLICES, "session": row["id"]},
    ):
        if slice_ is not None and slice_ >= 0:
            counts[slice_] += count
    return tuple(counts) if any(counts) else ()


class Filter(Struct, frozen=True):
    """Which trajectories to list; ``None`` leaves a condition out."""

    session: str | None = None
    source: str | None = None
    skill: str | None = None
    outcome: str | None = None
    text: str | None = None
    ids: tuple[str, ...] | None = None
    limit: int | None = 200


def trajectories(connection: sqlite3.Connection, wanted: Filter) -> list[TrajectorySummary]:
    """Trajectories that fit, newest first."""
    where: list[str] = ["1"]
    values: list[str] = []
    for condition, value in (
        ("s.native = ?", wanted.session),
        ("s.source = ?", wanted.source),
        ("EXISTS (SELECT 1 FROM skill_use u WHERE u.trajectory_id = t.id AND u.skill = ?)", wanted.skill),
        ("t.outcome = ?", wanted.outcome),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    if wanted.text is not None:
        where.append(_SAYS)
        values += [wanted.text, _match(wanted.text), _match(wanted.text)]
    if wanted.ids is not None:
        where.append(f"t.id IN ({','.join('?' * len(wanted.ids))})")
        values.extend(wanted.ids)
    found = connection.execute(
        f"SELECT t.*, s.source, s.native FROM trajectory t JOIN session s ON s.id = t.session_id"  # noqa: S608
        f" WHERE {' AND '.join(where)} ORDER BY t.started_at IS NULL, t.started_at DESC, t.session_id DESC,"
        f" t.ordinal DESC LIMIT ?",
        (*values, -1 if wanted.limit is None else wanted.limit),
    ).fetchall()
    uses = _uses(connection, [row["id"] for row in found])
    return [rows.summary(row, uses) for row in found]


# The request holds it as it is typed, or a message, a call or a result holds all its words, the last one begun.
_SAYS = (
    "(instr(lower(t.request), lower(?)) > 0"
    " OR t.id IN (SELECT u.trajectory_id FROM turn_text JOIN turn u ON u.id = turn_text.rowid WHERE turn_text MATCH ?)"
    " OR t.id IN (SELECT p.trajectory_id FROM step_text JOIN step p ON p.id = step_text.rowid WHERE step_text MATCH ?))"
)
# Each is one word to the index as well, which knows no phrases: it takes some vowel signs for what separates words.
_WORD = re.compile(r"[^\W_\u19b0-\u19c0\u19c8\u19c9\u1cf2]+")


def _match(text: str) -> str:
    """What a person typed as a query of the full-text index, none of it taken for an operator."""
    words = _WORD.findall(text)
    return " ".join(f'"{word}"' for word in words) + "*" if words else '""'


def _uses(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, tuple[SkillUse, ...]]:
    uses: dict[str, tuple[SkillUse, ...]] = {}
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        for row in connection.execute(
            f"SELECT * FROM skill_use WHERE trajectory_id IN ({','.join('?' * len(part))}) ORDER BY skill",  # noqa: S608
            part,
        ):
            uses[row["trajectory_id"]] = (*uses.get(row["trajectory_id"], ()), SkillUse(row["skill"], row["hash"]))
    return uses


def trajectory(connection: sqlite3.Connection, trajectory_id: str) -> Trajectory | None:
    """One trajectory, whole."""
    return _one(connection, "t.id = ?", trajectory_id)


def lean_trajectory(connection: sqlite3.Connection, trajectory_id: str) -> Trajectory | None:
    """One trajectory, as much of it as judging it needs (``domain.lean``)."""
    return _one(connection, "t.id = ?", trajectory_id, lean=True)


def last_trajectory(connection: sqlite3.Connection, source: str, session: str) -> Trajectory | None:
    """The trajectory of a session that new events may still belong to, lean."""
    where = "s.source = ? AND s.native = ? ORDER BY t.ordinal DESC LIMIT 1"
    return _one(connection, where, source, session, lean=True)


def trajectory_of_step(connection: sqlite3.Connection, source: str, key: str) -> Trajectory | None:
    """The trajectory that a stored step belongs to, lean."""
    where = "t.id = (SELECT trajectory_id FROM step WHERE source = ? AND key = ?)"
    return _one(connection, where, source, key, lean=True)


def _one(connection: sqlite3.Connection, where: str, *values: str, lean: bool = False) -> Trajectory | None:
    row = connection.execute(
        f"SELECT t.*, s.source, s.native FROM trajectory t JOIN session s ON s.id = t.session_id WHERE {where}",  # noqa: S608 - conditions of this module, values bound
        values,
    ).fetchone()
    return None if row is None else _whole(connection, row, lean=lean)


def _whole(connection: sqlite3.Connection, row: sqlite3.Row, *, lean: bool) -> Trajectory:
    head = rows.summary(row, _uses(connection, [row["id"]]))
    found = connection.execute("SELECT * FROM step WHERE trajectory_id = ? ORDER BY seq, id", (row["id"],))
    older = row["steps"] - RECENT_STEPS if lean else 0
    steps = [lean_step(rows.step(step)) if number < older else rows.step(step) for number, step in enumerate(found)]
    turns = connection.execute("SELECT * FROM turn WHERE trajectory_id = ? ORDER BY after_step, id", (row["id"],))
    return Trajectory(
        id=head.id, session=head.session, source=head.source, ordinal=head.ordinal, request=head.request,
        started_at=head.started_at, ended_at=head.ended_at, project=head.project, model=head.model,
        steps=tuple(s for s in steps if s.agent is None), delegated=tuple(s for s in steps if s.agent is not None),
        turns=tuple(map(rows.turn, turns.fetchall())),
        outcome=head.outcome, match=head.match, skills_used=head.skills_used, closing_text=row["closing_text"],
        trimmed=is_trimmed(connection, row["id"]),
    )  # fmt: skip


class FileState(Struct, frozen=True):
    """One transcript as ``doctor`` lists it."""

    path: str
    source: str
    gone: bool
    quarantined: int
    unknown: str
    read_at: str


def files(connection: sqlite3.Connection) -> list[FileState]:
    """Every file read so far, by path."""
    return [
        FileState(row["path"], row["source"], bool(row["gone"]), row["quarantined"], row["unknown"], row["read_at"])
        for row in connection.execute(
            "SELECT f.*, (SELECT count(*) FROM quarantine q WHERE q.file_id = f.id) AS quarantined FROM file f"
            " ORDER BY path"
        )
    ]
