"""Numbered migrations, each applied in one transaction together with its number (``user_version``).

``NNNN_name.sql`` files beside this one are applied in the order of their numbers. A file that has shipped never
changes; a change of the schema is a new file.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

# "skil" as a 32-bit number: marks the file as ours for `file(1)` and for our own check at open.
APPLICATION_ID = 0x736B696C
_FOLDER = Path(__file__).parent


def numbered() -> list[tuple[int, str]]:
    """All migrations as (number, SQL), ascending; numbers are 1, 2, 3 ... without a hole."""
    return sorted((int(file.name[:4]), file.read_text(encoding="utf-8")) for file in _FOLDER.glob("*.sql"))


def statements(script: str) -> list[str]:
    """The single statements of a script, each ending with its line.

    ``executescript`` would commit the transaction that it is called in.
    """
    result, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            result.append(current.strip())
            current = ""
    return result


def pending(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """The migrations that this database still lacks."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    return [(number, script) for number, script in numbered() if number > version]


def apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    """One migration, whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements(script):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number:d}")
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise sqlite3.IntegrityError(f"migration {number} leaves a dangling reference in {broken[0]}")
        connection.execute("COMMIT")
    except BaseException:
        # Also when interrupted: a half-applied migration must not be what the next statement commits.
        connection.execute("ROLLBACK")
        raise
