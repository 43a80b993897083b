"""Giving a subagent's work to the trajectory that started it, when that arrives later than the work."""

from __future__ import annotations

import sqlite3

from msgspec import Struct, structs
from msgspec.structs import replace

from skilltui.domain.trajectory import Step, Trajectory
from skilltui.store import batches, browse
from skilltui.store.surroundings import host_at, known_session


class Adoption(Struct, frozen=True):
    """``host`` already has the steps of the ``orphans``; ``steps`` are these, with their new numbers."""

    source: str
    session: str
    host: Trajectory
    orphans: tuple[Trajectory, ...]
    steps: tuple[Step, ...]


def plan(connection: sqlite3.Connection, source: str, session: str) -> Adoption | None:
    """What would move where; ``None`` where nothing would."""
    parent = known_session(connection, source, session).parent
    rows = connection.execute(
        "SELECT t.id FROM trajectory t JOIN session s ON s.id = t.session_id WHERE s.source = ? AND s.native = ?"
        " ORDER BY t.ordinal",
        (source, session),
    ).fetchall()
    orphans = tuple(t for row in rows if (t := browse.trajectory(connection, row[0])) is not None)
    if parent is None or not orphans:
        return None
    wanted = host_at(connection, source, parent, orphans[0].started_at)
    host = browse.trajectory(connection, wanted) if wanted is not None else None
    if host is None:
        return None
    work = [step for orphan in orphans for step in (*orphan.steps, *orphan.delegated)]
    steps = tuple(
        structs.replace(step, seq=host.next_seq + number, agent=step.agent or session)
        for number, step in enumerate(work)
    )
    uses = {use.skill: use for t in (*orphans, host) for use in t.skills_used}
    ended_at = max(filter(None, (host.ended_at, *(o.ended_at for o in orphans))), default=None)
    grown = replace(
        host, delegated=(*host.delegated, *steps), skills_used=tuple(uses.values()), ended_at=ended_at
    )  # fmt: skip
    return Adoption(source, session, grown, orphans, steps)


def adopt(connection: sqlite3.Connection, adoption: Adoption) -> None:
    """Move the steps, and drop the trajectories that held them."""
    connection.executemany(
        "UPDATE step SET trajectory_id = ?, seq = ?, agent = ? WHERE source = ? AND key = ?",
        [(adoption.host.id, s.seq, s.agent, adoption.source, s.key) for s in adoption.steps],
    )
    connection.execute(
        "UPDATE session SET host = ?, settled = 1 WHERE source = ? AND native = ?",
        (adoption.host.id, adoption.source, adoption.session),
    )
    batches.save_trajectories(connection, [adoption.host])
    connection.executemany("DELETE FROM trajectory WHERE id = ?", [(orphan.id,) for orphan in adoption.orphans])
