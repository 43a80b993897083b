"""What counted uses say about skills, for matching: how often each succeeded, and which requests it served well."""

from __future__ import annotations

import sqlite3
from collections import defaultdict

# A person's history of months; older requests say little about the words of today.
_REQUESTS = 2000


def outcomes(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[int, int]]:
    """Counted uses of each state of each skill: (skill, tree hash) -> (successes, failures).

    A session counts once each way, and a failure that a person blamed on something else does not count.
    """
    found = connection.execute(
        "SELECT u.skill, u.hash, count(DISTINCT CASE t.outcome WHEN 'success' THEN t.session_id END),"
        " count(DISTINCT CASE WHEN t.outcome = 'failure' AND coalesce(t.fault, 'skill') = 'skill'"
        " THEN t.session_id END) FROM skill_use u JOIN trajectory t ON t.id = u.trajectory_id"
        " WHERE u.hash IS NOT NULL GROUP BY u.skill, u.hash"
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in found.fetchall()}


def served(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The requests of trajectories that succeeded with a skill in use, by skill, newest first.

    A request that was made several times in one session counts once.
    """
    found = connection.execute(
        "SELECT u.skill, t.request FROM skill_use u JOIN trajectory t ON t.id = u.trajectory_id"
        " WHERE u.hash IS NOT NULL AND t.outcome = 'success' AND t.request <> ''"
        " GROUP BY u.skill, t.session_id, t.request"
        " ORDER BY max(t.started_at) IS NULL, max(t.started_at) DESC, min(t.id) LIMIT ?",
        (_REQUESTS,),
    )
    requests: defaultdict[str, list[str]] = defaultdict(list)
    for skill, request in found.fetchall():
        requests[skill].append(request)
    return dict(requests)
