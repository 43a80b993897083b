"""The gap queue in the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from skilltui.domain.gap import Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.trajectory import OutcomeLabel, SkillScore
from skilltui.store.rows import dump, storable


def gaps(connection: sqlite3.Connection, status: GapStatus | None = None) -> list[Gap]:
    """All gaps, or those of one status, with their requests oldest first."""
    found = connection.execute(
        "SELECT * FROM gap WHERE ? IS NULL OR status = ? ORDER BY id", (status, status)
    ).fetchall()
    return [_gap(connection, row) for row in found]


def gap(connection: sqlite3.Connection, gap_id: str) -> Gap | None:
    """One gap."""
    row = connection.execute("SELECT * FROM gap WHERE id = ?", (gap_id,)).fetchone()
    return None if row is None else _gap(connection, row)


def counts(connection: sqlite3.Connection) -> dict[GapStatus, int]:
    """How many gaps stand in each status."""
    found = {GapStatus(row[0]): row[1] for row in connection.execute("SELECT status, count(*) FROM gap GROUP BY 1")}
    return {status: found.get(status, 0) for status in GapStatus}


def linked(connection: sqlite3.Connection) -> dict[str, int]:
    """The skills that gaps are linked to, with how many."""
    found = connection.execute("SELECT skill, count(*) FROM gap WHERE status = 'linked' AND skill NOT NULL GROUP BY 1")
    return {row[0]: row[1] for row in found}


def describe(connection: sqlite3.Connection, gap: Gap) -> None:
    """Insert a gap, or say anew what it is about. Its status belongs to the person and is not touched here."""
    connection.execute(
        "INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET kind = excluded.kind,"
        " need = excluded.need, project = excluded.project, top_skill = excluded.top_skill,"
        " top_score = excluded.top_score",
        (
            gap.id, gap.status, gap.kind, storable(gap.need), gap.project, gap.top.skill if gap.top else None,
            gap.top.score if gap.top else None, gap.skill, gap.snoozed_until,
        ),
    )  # fmt: skip


def set_status(connection: sqlite3.Connection, gap: Gap) -> None:
    """Store a decision: status, skill and end of the snooze."""
    connection.execute(
        "UPDATE gap SET status = ?, skill = ?, snoozed_until = ? WHERE id = ?",
        (gap.status, gap.skill, gap.snoozed_until, gap.id),
    )


def move(connection: sqlite3.Connection, gap_id: str, *, to: GapStatus, out_of: Sequence[GapStatus]) -> bool:
    """Change a status if it is one of ``out_of`` at this moment; says whether it was."""
    marks = ",".join("?" * len(out_of))
    done = connection.execute(
        f"UPDATE gap SET status = ? WHERE id = ? AND status IN ({marks})",  # noqa: S608 - marks alone
        (to, gap_id, *out_of),
    )
    return done.rowcount == 1


def file_request(connection: sqlite3.Connection, gap_id: str, request: GapRequest) -> None:
    """Put a request into a gap; a trajectory stands in one gap at most."""
    connection.execute(
        "INSERT INTO gap_request (gap_id, trajectory_id, text, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (trajectory_id) DO UPDATE SET gap_id = excluded.gap_id",
        (gap_id, request.trajectory, storable(request.text), request.at),
    )


def unfile(connection: sqlite3.Connection, trajectory: str) -> str | None:
    """Take a trajectory out of its gap; an open gap that is left empty goes. Returns the gap it stood in."""
    row = connection.execute(
        "DELETE FROM gap_request WHERE trajectory_id = ? RETURNING gap_id", (trajectory,)
    ).fetchone()
    if row is None:
        return None
    connection.execute(
        "DELETE FROM gap WHERE id = ? AND status = 'open' AND NOT EXISTS"
        " (SELECT 1 FROM gap_request WHERE gap_id = gap.id)",
        (row[0],),
    )
    return str(row[0])


def standing_in(connection: sqlite3.Connection, trajectories: Sequence[str]) -> list[Gap]:
    """The gaps that requests of these trajectories stand in."""
    ids: dict[str, None] = {}
    for trajectory in trajectories:
        row = connection.execute("SELECT gap_id FROM gap_request WHERE trajectory_id = ?", (trajectory,)).fetchone()
        if row is not None:
            ids[row[0]] = None
    return [found for one in ids if (found := gap(connection, one)) is not None]


def remember(connection: sqlite3.Connection, gap_id: str, marks: Sequence[object]) -> None:
    """Keep what a gap is to know of requests that are forgotten; see ``memories``."""
    connection.executemany("INSERT OR IGNORE INTO gap_memory VALUES (?, ?)", [(gap_id, dump(one)) for one in marks])


def memories(connection: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
    """What gaps keep of forgotten requests, by gap."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute("SELECT gap_id, marks FROM gap_memory ORDER BY gap_id, marks"):
        found.setdefault(row["gap_id"], []).append(json.loads(row["marks"]))
    return found


def has_due(connection: sqlite3.Connection, now: str) -> bool:
    """Whether a snooze is over."""
    row = connection.execute("SELECT 1 FROM gap WHERE status = 'snoozed' AND snoozed_until <= ? LIMIT 1", (now,))
    return row.fetchone() is not None


def due(connection: sqlite3.Connection, now: str) -> list[str]:
    """Wake the gaps whose snooze is over; returns their ids. One that waited for a skill waits for it again.

    Its draft may have been refused meanwhile; then it is open.
    """
    made = (
        "SELECT 1 FROM proposal p JOIN version v ON v.skill = p.skill AND v.number = p.number WHERE p.skill = gap.skill"
        " AND json_extract(p.body, '$.gap') = gap.id AND json_extract(p.body, '$.parent') IS NULL"
    )
    woken: Sequence[sqlite3.Row] = connection.execute(
        "UPDATE gap SET snoozed_until = NULL, status = CASE WHEN skill IS NULL THEN 'open'"  # noqa: S608 - fixed text
        f" WHEN EXISTS ({made} AND v.state IN ('draft', 'active', 'superseded')) THEN 'drafted'"
        f" WHEN EXISTS ({made}) THEN 'open' ELSE 'linked' END"
        " WHERE status = 'snoozed' AND snoozed_until <= ? RETURNING id",
        (now,),
    ).fetchall()
    return [str(row[0]) for row in woken]


def _gap(connection: sqlite3.Connection, row: sqlite3.Row) -> Gap:
    requests = connection.execute(
        "SELECT r.text, r.at, r.trajectory_id, coalesce(t.outcome, 'unknown') AS outcome,"
        " coalesce(t.failed_steps, 0) AS failed, t.project FROM gap_request r"
        " LEFT JOIN trajectory t ON t.id = r.trajectory_id"
        " WHERE r.gap_id = ? ORDER BY r.at IS NOT NULL, r.at, r.id",
        (row["id"],),
    ).fetchall()
    return Gap(
        id=row["id"], status=GapStatus(row["status"]), kind=GapKind(row["kind"]), need=row["need"],
        requests=tuple(
            GapRequest(r["text"], r["at"], r["trajectory_id"], OutcomeLabel(r["outcome"]), r["failed"], r["project"])
            for r in requests
        ),
        top=SkillScore(row["top_skill"], row["top_score"]) if row["top_skill"] is not None else None,
        skill=row["skill"], project=row["project"], snoozed_until=row["snoozed_until"],
    )  # fmt: skip
