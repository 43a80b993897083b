"""The directories that captured work was done in."""

from __future__ import annotations

import sqlite3

# Of the newest trajectories; what nobody works in any more needs no skills.
_TRAJECTORIES = 5000
_PROJECTS = 64


def recent_projects(connection: sqlite3.Connection) -> list[str]:
    """The directories of the newest trajectories, the last one first."""
    found = connection.execute(
        "SELECT project FROM (SELECT project, started_at FROM trajectory ORDER BY started_at DESC LIMIT ?)"
        " WHERE project IS NOT NULL GROUP BY project ORDER BY max(started_at) DESC, project LIMIT ?",
        (_TRAJECTORIES, _PROJECTS),
    )
    return [row[0] for row in found]
