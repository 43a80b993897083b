"""Skills that we know, their versions, blobs and operations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from skilltui.domain.trust import SkillOrigin, TrustLevel
from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.store.rows import dump


def skill_record(connection: sqlite3.Connection, name: str) -> tuple[str, TrustLevel, SkillOrigin] | None:
    """(path of SKILL.md, level, origin) of a skill with history."""
    row = connection.execute("SELECT path, level, origin FROM skill WHERE name = ?", (name,)).fetchone()
    return None if row is None else (row[0], TrustLevel(row[1]), SkillOrigin(row[2]))


def save_skill(connection: sqlite3.Connection, name: str, path: str, level: TrustLevel, origin: SkillOrigin) -> None:
    """Insert a skill, or move an existing one to another path and level; its origin never changes."""
    connection.execute(
        "INSERT INTO skill VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET path = excluded.path,"
        " level = excluded.level",
        (name, path, level, origin),
    )


def skill_names(connection: sqlite3.Connection) -> list[str]:
    """Skills with history, by name."""
    return [row[0] for row in connection.execute("SELECT name FROM skill ORDER BY name")]


def versions(connection: sqlite3.Connection, skill: str) -> list[Version]:
    """All versions of a skill, drafts included, oldest first."""
    found = connection.execute("SELECT * FROM version WHERE skill = ? ORDER BY number", (skill,))
    return [
        Version(
            skill=row["skill"], number=row["number"], state=VersionState(row["state"]), parent=row["parent"],
            blob=row["blob"], hash=row["hash"], engine=row["engine"], model=row["model"],
            created_at=row["created_at"], accepted_edits=tuple(json.loads(row["accepted_edits"])),
            refused_edits=tuple(json.loads(row["refused_edits"])), note=row["note"],
        )
        for row in found.fetchall()
    ]  # fmt: skip


def save_versions(connection: sqlite3.Connection, changed: Iterable[Version]) -> None:
    """Insert or update version rows."""
    connection.executemany(
        "INSERT INTO version VALUES (?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (skill, number) DO UPDATE SET"
        " state = excluded.state, blob = excluded.blob, hash = excluded.hash, parent = excluded.parent,"
        " accepted_edits = excluded.accepted_edits, refused_edits = excluded.refused_edits, note = excluded.note",
        [
            (
                v.skill, v.number, v.state, v.parent, v.blob, v.hash, v.engine, v.model, v.created_at,
                dump(list(v.accepted_edits)), dump(list(v.refused_edits)), v.note,
            )
            for v in changed
        ],
    )  # fmt: skip


def move_draft(connection: sqlite3.Connection, skill: str, number: int, parent: int | None) -> None:
    """Give a draft another parent; any other version keeps its own."""
    connection.execute(
        "UPDATE version SET parent = ? WHERE skill = ? AND number = ? AND state = 'draft'", (parent, skill, number)
    )


def save_blob(connection: sqlite3.Connection, digest: str, data: bytes) -> None:
    """Keep bytes for ever under their SHA-256."""
    connection.execute("INSERT OR IGNORE INTO blob VALUES (?, ?)", (digest, data))


def blob(connection: sqlite3.Connection, digest: str) -> bytes | None:
    """The bytes kept under a SHA-256."""
    row = connection.execute("SELECT data FROM blob WHERE hash = ?", (digest,)).fetchone()
    return None if row is None else bytes(row[0])


def log(  # noqa: PLR0917 - the columns of a row, in their order
    connection: sqlite3.Connection,
    at: str,
    kind: OperationKind,
    skill: str,
    version: int | None,
    detail: Mapping[str, Any],
) -> Operation:
    """Append to the operation log."""
    row = connection.execute(
        "INSERT INTO operation (at, kind, skill, version, detail) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (at, kind, skill, version, dump(dict(detail))),
    ).fetchone()
    return Operation(row[0], at, kind, skill, version, detail)


def mark_undone(connection: sqlite3.Connection, operation: int, by: int) -> None:
    """Say which operation undid another."""
    connection.execute("UPDATE operation SET undone_by = ? WHERE id = ?", (by, operation))


def operations(connection: sqlite3.Connection, skill: str | None, limit: int) -> list[Operation]:
    """The log, newest first."""
    found = connection.execute(
        "SELECT * FROM operation WHERE ? IS NULL OR skill = ? ORDER BY id DESC LIMIT ?", (skill, skill, limit)
    )
    return [
        Operation(
            row["id"], row["at"], OperationKind(row["kind"]), row["skill"], row["version"],
            json.loads(row["detail"]), row["undone_by"],
        )
        for row in found.fetchall()
    ]  # fmt: skip


def uses(connection: sqlite3.Connection, skill: str, tree: str) -> dict[str | None, tuple[int, int]]:
    """Counted uses of one state of a skill: model -> (successes, failures).

    A session counts once each way: three retries in one sitting are one piece of evidence. A failure that a person
    blamed on something else does not count, nor does what only a model took it for: judges drift (arXiv 2604.20087).
    """
    found = connection.execute(
        "SELECT t.model, count(DISTINCT CASE t.outcome WHEN 'success' THEN t.session_id END),"
        " count(DISTINCT CASE WHEN t.outcome = 'failure' AND coalesce(t.fault, 'skill') = 'skill'"
        " THEN t.session_id END) FROM skill_use u JOIN trajectory t ON t.id = u.trajectory_id"
        " WHERE u.skill = ? AND u.hash = ? AND t.outcome_by <> 'judge' GROUP BY t.model",
        (skill, tree),
    )
    return {row[0]: (row[1], row[2]) for row in found.fetchall()}
