"""What a model was asked to judge: which trajectories are still unclear, how much was asked, what it said."""

from __future__ import annotations

import sqlite3

from skilltui.domain.trajectory import Outcome
from skilltui.errors import StateError
from skilltui.store import captures

_STATE = "t.steps || ' ' || coalesce(t.ended_at, '')"
# Something was done, nothing decides it, and nobody works on it any more.
_UNCLEAR = (
    "t.outcome = 'unknown' AND t.outcome_by = 'none' AND t.steps > 0 AND (s.settled OR EXISTS"
    " (SELECT 1 FROM trajectory n WHERE n.session_id = t.session_id AND n.ordinal > t.ordinal))"
)


def unclear(connection: sqlite3.Connection) -> str | None:
    """The newest trajectory that is over, that nothing decides, and that no model was asked about as it is now."""
    row = connection.execute(
        f"SELECT t.id FROM trajectory t JOIN session s ON s.id = t.session_id WHERE {_UNCLEAR} AND NOT EXISTS"  # noqa: S608
        f" (SELECT 1 FROM judgement j WHERE j.trajectory_id = t.id AND j.state = {_STATE})"
        " ORDER BY t.started_at IS NULL, t.started_at DESC, t.id LIMIT 1"
    ).fetchone()
    return None if row is None else str(row[0])


def is_unclear(connection: sqlite3.Connection, trajectory: str) -> bool:
    """Whether a trajectory is over and nothing decides how it ended."""
    row = connection.execute(
        f"SELECT 1 FROM trajectory t JOIN session s ON s.id = t.session_id WHERE t.id = ? AND {_UNCLEAR}",  # noqa: S608
        (trajectory,),
    ).fetchone()
    return row is not None


def asked_since(connection: sqlite3.Connection, since: str) -> list[str]:
    """When a model was asked, oldest first."""
    return [row[0] for row in connection.execute("SELECT at FROM judgement WHERE at > ? ORDER BY at", (since,))]


def asked(connection: sqlite3.Connection, trajectory: str, *, at: str, model: str, answer: str) -> None:
    """Remember that a model was asked."""
    connection.execute(
        f"INSERT INTO judgement (trajectory_id, at, model, answer, state) SELECT t.id, ?, ?, ?, {_STATE}"  # noqa: S608
        " FROM trajectory t WHERE t.id = ?",
        (at, model, answer, trajectory),
    )


def decide(connection: sqlite3.Connection, trajectory: str, outcome: Outcome) -> None:
    """Store a judged outcome. ``StateError`` where somebody or something has decided meanwhile: then theirs stands."""
    if not is_unclear(connection, trajectory):
        raise StateError(f"{trajectory} was decided, or went on, while the model thought", "its outcome stays as it is")
    captures.set_outcome(connection, trajectory, outcome)
