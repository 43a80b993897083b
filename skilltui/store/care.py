"""Whether the store is whole, and what was set aside."""

from __future__ import annotations

import hashlib
import sqlite3

from msgspec import Struct


class Damage(Struct, frozen=True):
    """Bytes of a transcript that could not be read as records."""

    offset: int
    length: int
    reason: str


def damage(connection: sqlite3.Connection) -> dict[str, list[Damage]]:
    """Everything set aside, by the path of its file."""
    found: dict[str, list[Damage]] = {}
    for row in connection.execute(
        'SELECT f.path, q."offset", q.length, q.reason FROM quarantine q JOIN file f ON f.id = q.file_id ORDER BY 1, 2'
    ):
        found.setdefault(row[0], []).append(Damage(row[1], row[2], row[3]))
    return found


def sessions_by_source(connection: sqlite3.Connection) -> dict[str, int]:
    """How many sessions are stored of each format."""
    found = connection.execute(
        "SELECT source, count(*) FROM session s WHERE EXISTS (SELECT 1 FROM trajectory t WHERE t.session_id = s.id)"
        " GROUP BY source"
    )
    return {row[0]: row[1] for row in found}


def problems(connection: sqlite3.Connection, *, every_page: bool) -> list[str]:
    """What is wrong, in words; empty when all is well. ``every_page`` also hashes every kept version again."""
    check = "integrity_check" if every_page else "quick_check"
    found = [str(row[0]) for row in connection.execute(f"PRAGMA {check}") if row[0] != "ok"]
    found += [f"{row[0]}: row {row[1]} refers to nothing" for row in connection.execute("PRAGMA foreign_key_check")]
    if every_page:
        for digest, data in connection.execute("SELECT hash, data FROM blob"):
            if hashlib.sha256(data).hexdigest() != digest:
                found.append(f"the kept version {digest[:12]} is not what it was")
    return found
