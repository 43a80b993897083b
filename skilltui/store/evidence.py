"""What counted uses say about skills, for matching: how often each succeeded, and which requests it served well."""

from __future__ import annotations

import sqlite3
from collections import defaultdict

from skilltui.store import history

# A person's history of months; older requests say little about the words of today.
_REQUESTS = 2000


def outcomes(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[int, int]]:
    """Counted uses of each state of each skill: (skill, tree hash) -> (successes, failures).

    A session counts once each way, and a failure that a person blamed on something else does not count. What was
    used under a former name counts for that state under its name of now.
    """
    changes = [change for change in history.renamings(connection) if not change.undone]
    found = connection.execute(
        "SELECT u.skill, u.hash, count(DISTINCT CASE t.outcome WHEN 'success' THEN t.session_id END),"
        " count(DISTINCT CASE WHEN t.outcome = 'failure' AND coalesce(t.fault, 'skill') = 'skill'"
        " THEN t.session_id END) FROM skill_use u JOIN trajectory t ON t.id = u.trajectory_id"
        " WHERE u.hash IS NOT NULL GROUP BY u.skill, u.hash"
    )
    counted: dict[tuple[str, str], tuple[int, int]] = {}
    for skill, tree, successes, failures in found.fetchall():
        name = skill
        for change in changes:
            # Another skill may bear the former name by now: the state tells which of the two it was.
            if (change.name, change.tree) == (name, tree):
                name, tree = change.to, change.to_tree  # noqa: PLW2901
        before = counted.get((name, tree), (0, 0))
        counted[name, tree] = (before[0] + successes, before[1] + failures)
    return counted


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
    names = _now_called(connection)
    for skill, request in found.fetchall():
        requests[names.get(skill, skill)].append(request)
    return dict(requests)


def _now_called(connection: sqlite3.Connection) -> dict[str, str]:
    """Former names of skills, unless another skill has the name now, with what they are called now."""
    names: dict[str, str] = {}
    for change in history.renamings(connection):
        if not change.undone:
            names = {former: change.to if name == change.name else name for former, name in names.items()}
            names[change.name] = change.to
    taken = set(history.skill_names(connection)) if names else set()
    return {former: name for former, name in names.items() if former not in taken}
