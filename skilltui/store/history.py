"""Skills that we know, their versions, blobs and operations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

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


def rename(connection: sqlite3.Connection, name: str, to: str) -> None:
    """Give everything that is known of a skill another name. What agents used stays under the name that they used."""
    # Rows that refer to one another change their names one after the other.
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for table, column in (("skill", "name"), ("version", "skill"), ("operation", "skill")):
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (to, name))  # noqa: S608 - ours
    connection.execute(
        "UPDATE proposal SET skill = :to, body = json_set(body, '$.skill', :to) WHERE skill = :name",
        {"to": to, "name": name},
    )
    connection.execute("UPDATE gap SET skill = ? WHERE skill = ?", (to, name))
    connection.execute("UPDATE gap SET top_skill = ? WHERE top_skill = ?", (to, name))


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
    """Say which operation undid another. What an undo took back stands again when that undo is undone."""
    connection.execute("UPDATE operation SET undone_by = NULL WHERE undone_by = ?", (operation,))
    connection.execute("UPDATE operation SET undone_by = ? WHERE id = ?", (by, operation))


def operations(connection: sqlite3.Connection, skill: str | None, limit: int) -> list[Operation]:
    """The log, newest first."""
    found = connection.execute(
        "SELECT * FROM operation WHERE ? IS NULL OR skill = ? ORDER BY id DESC LIMIT ?", (skill, skill, limit)
    )
    return [_operation(row) for row in found.fetchall()]


def _operation(row: sqlite3.Row) -> Operation:
    return Operation(
        row["id"], row["at"], OperationKind(row["kind"]), row["skill"], row["version"], json.loads(row["detail"]),
        row["undone_by"],
    )  # fmt: skip


def unfinished(connection: sqlite3.Connection) -> list[Operation]:
    """Operations of which it is not known that the disk shows them, oldest first."""
    found = connection.execute(
        "SELECT * FROM operation WHERE json_extract(detail, '$.pending') IS NOT NULL ORDER BY id"
    ).fetchall()
    return [_operation(row) for row in found]


def save_detail(connection: sqlite3.Connection, operation: int, detail: Mapping[str, Any]) -> None:
    """Replace what an operation tells of itself."""
    connection.execute("UPDATE operation SET detail = ? WHERE id = ?", (dump(dict(detail)), operation))


def retired(connection: sqlite3.Connection) -> list[Operation]:
    """The retirements that nobody took back, newest first."""
    found = connection.execute(
        "SELECT * FROM operation WHERE kind = 'retire' AND undone_by IS NULL ORDER BY id DESC"
    ).fetchall()
    return [_operation(row) for row in found]


class Renaming(Struct, frozen=True):
    """A skill got another name, and its tree another hash with it. ``undone``: it has its old one again."""

    name: str
    to: str
    tree: str
    to_tree: str
    undone: bool


def renamings(connection: sqlite3.Connection) -> list[Renaming]:
    """Every change of a name, oldest first."""
    found = connection.execute("SELECT detail, undone_by FROM operation WHERE kind = 'rename' ORDER BY id").fetchall()
    details = [(json.loads(row[0]), row[1] is not None) for row in found]
    return [Renaming(d["from"], d["to"], d["hashes"][0], d["hashes"][1], undone) for d, undone in details]


def _states(changes: Sequence[Renaming], skill: str, tree: str) -> tuple[set[str], set[str]]:
    """The names and the hashes that one state of a skill went by: another name makes no other skill of it."""
    names, trees = {skill}, {tree}
    # Each pass may link what the one before could not; there are as many as changes at most.
    for _ in changes:
        for change in changes:
            if {change.name, change.to} & names:
                names |= {change.name, change.to}
            if {change.tree, change.to_tree} & trees:
                trees |= {change.tree, change.to_tree}
    return names, trees


def uses(
    connection: sqlite3.Connection, skill: str, tree: str, changes: Sequence[Renaming] = ()
) -> dict[str | None, tuple[int, int]]:
    """Counted uses of one state of a skill, model -> (successes, failures).

    ``changes``: those of names; a use under a former name counts.

    A session counts once each way: three retries in one sitting are one piece of evidence. A failure that a person
    blamed on something else does not count, nor does what only a model took it for: judges drift (arXiv 2604.20087).
    """
    names, trees = map(sorted, _states(changes, skill, tree))
    marks = [",".join("?" * len(some)) for some in (names, trees)]
    found = connection.execute(
        "SELECT t.model, count(DISTINCT CASE t.outcome WHEN 'success' THEN t.session_id END),"  # noqa: S608 - marks alone
        " count(DISTINCT CASE WHEN t.outcome = 'failure' AND coalesce(t.fault, 'skill') = 'skill'"
        " THEN t.session_id END) FROM skill_use u JOIN trajectory t ON t.id = u.trajectory_id"
        f" WHERE u.skill IN ({marks[0]}) AND u.hash IN ({marks[1]}) AND t.outcome_by <> 'judge'"
        " GROUP BY t.model",
        [*names, *trees],
    )
    return {row[0]: (row[1], row[2]) for row in found.fetchall()}
