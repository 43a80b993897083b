"""Whether the store is whole."""

from __future__ import annotations

import hashlib
import sqlite3


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
