"""What people asked before, each request once, for trying descriptions on."""

from __future__ import annotations

import sqlite3

from msgspec import Struct


class PastRequest(Struct, frozen=True):
    """A request and the newest trajectory that it opened; ``project`` is the folder it was made in."""

    trajectory: str
    text: str
    project: str | None


def requests(connection: sqlite3.Connection, *, limit: int) -> tuple[list[PastRequest], int]:
    """The newest different requests, newest first, and how many there are in all.

    One that was made in two projects stands there twice: other skills may serve it there. What an agent asked of its
    subagent is no person's request.
    """
    found = connection.execute(
        "SELECT t.id, t.request, t.project, max(coalesce(t.started_at, '')) AS newest, count(*) OVER () AS total"
        " FROM trajectory t JOIN session s ON s.id = t.session_id WHERE t.request <> '' AND s.parent IS NULL"
        " GROUP BY t.request, t.project ORDER BY newest DESC, t.id DESC LIMIT ?",
        (limit,),
    ).fetchall()
    return [PastRequest(row["id"], row["request"], row["project"]) for row in found], found[0]["total"] if found else 0
