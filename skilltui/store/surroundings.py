"""What is stored around things that were just read: everything that decides where they belong, in one look."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Container, Iterable, Mapping

from msgspec import Struct, field

from skilltui.domain.trajectory import Trajectory
from skilltui.store import browse
from skilltui.store.rows import dump


class KnownSession(Struct, frozen=True):
    """What is stored of a session beside its trajectories; all unknown for one that is new.

    ``parent``: the session whose agent started it; ``host``: the id of the trajectory that its work belongs to.
    """

    project: str | None = None
    model: str | None = None
    last_at: str | None = None
    settled: bool = False
    parent: str | None = None
    host: str | None = None


class Asked(Struct):
    """Keys and sessions of one source that things just read speak of.

    ``parents``: session -> (the session that started it, when its work begins).
    """

    calls: set[str] = field(default_factory=set)
    results: set[str] = field(default_factory=set)
    turns: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    parents: dict[str, tuple[str, str | None]] = field(default_factory=dict)


class Around(Struct):
    """What is stored of them. ``last``: the newest trajectory of each session; ``hosts``: by the subagent's session.

    ``owners``: trajectories with a step that a result speaks of, other than those in ``last`` and ``hosts``.
    """

    steps: set[str] = field(default_factory=set)
    turns: set[str] = field(default_factory=set)
    sessions: dict[str, KnownSession] = field(default_factory=dict)
    last: dict[str, Trajectory] = field(default_factory=dict)
    hosts: dict[str, Trajectory] = field(default_factory=dict)
    owners: list[Trajectory] = field(default_factory=list)


def around(connection: sqlite3.Connection, source: str, asked: Asked, held: Mapping[str, Trajectory]) -> Around:
    """Look everything up. ``held``: newest trajectories that the caller still has, by session."""
    found = Around(
        steps=_known(connection, "step", source, asked.calls | asked.results),
        turns=_known(connection, "turn", source, asked.turns),
    )
    for session in asked.sessions:
        known = _look(connection, source, session, held, found)
        parent = known.parent or (asked.parents[session][0] if session in asked.parents else None)
        if parent is not None and parent not in found.sessions:
            _look(connection, source, parent, held, found)
        host = _host(connection, source, known, asked.parents.get(session), held)
        if host is not None:
            found.hosts[session] = host
    at_hand = {step.key for t in (*found.last.values(), *found.hosts.values()) for step in (*t.steps, *t.delegated)}
    found.owners = _owners(connection, source, (asked.results & found.steps) - at_hand)
    return found


def _look(
    connection: sqlite3.Connection, source: str, session: str, held: Mapping[str, Trajectory], found: Around
) -> KnownSession:
    known = found.sessions.get(session)
    if known is None:
        known = found.sessions[session] = known_session(connection, source, session)
        last = held.get(session) or browse.last_trajectory(connection, source, session)
        if last is not None:
            found.last[session] = last
    return known


def known_session(connection: sqlite3.Connection, source: str, session: str) -> KnownSession:
    """What is stored of one session."""
    row = connection.execute(
        "SELECT project, model, last_at, settled, parent, host FROM session WHERE source = ? AND native = ?",
        (source, session),
    ).fetchone()
    return KnownSession(row[0], row[1], row[2], bool(row[3]), row[4], row[5]) if row else KnownSession()


def orphans(connection: sqlite3.Connection, limit: int) -> list[tuple[str, str]]:
    """(source, session) of subagents with trajectories of their own whose parent has arrived since."""
    found = connection.execute(
        "SELECT s.source, s.native FROM session s WHERE s.parent IS NOT NULL AND s.host IS NULL"
        " AND EXISTS (SELECT 1 FROM trajectory t WHERE t.session_id = s.id)"
        " AND EXISTS (SELECT 1 FROM session p JOIN trajectory t ON t.session_id = p.id"
        " WHERE p.source = s.source AND p.native = s.parent) LIMIT ?",
        (limit,),
    )
    return [(row[0], row[1]) for row in found.fetchall()]


def host_at(connection: sqlite3.Connection, source: str, parent: str, at: str | None) -> str | None:
    """The id of the trajectory that a session was working on at a time: the last that had begun, else the first."""
    row = connection.execute(
        "SELECT t.id FROM trajectory t JOIN session s ON s.id = t.session_id WHERE s.source = ? AND s.native = ?"
        " ORDER BY coalesce(t.started_at <= ?, 1) DESC, CASE WHEN coalesce(t.started_at <= ?, 1) THEN -t.ordinal"
        " ELSE t.ordinal END LIMIT 1",
        (source, parent, at, at),
    ).fetchone()
    return None if row is None else str(row[0])


def _host(
    connection: sqlite3.Connection,
    source: str,
    known: KnownSession,
    parent: tuple[str, str | None] | None,
    held: Mapping[str, Trajectory],
) -> Trajectory | None:
    wanted = known.host or (host_at(connection, source, *parent) if parent is not None else None)
    if wanted is None:
        return None
    at_hand = next((t for t in held.values() if t.id == wanted), None)
    return at_hand or browse.lean_trajectory(connection, wanted)


def _known(connection: sqlite3.Connection, table: str, source: str, keys: Collection[str]) -> set[str]:
    if not keys:
        return set()
    found = connection.execute(
        f"SELECT key FROM {table} WHERE source = ? AND key IN (SELECT value FROM json_each(?))",  # noqa: S608 - our own names
        (source, dump(sorted(keys))),
    )
    return {row[0] for row in found}


def _owners(connection: sqlite3.Connection, source: str, keys: Iterable[str]) -> list[Trajectory]:
    """One look-up a trajectory, not one a key: a rewritten document repeats every result it ever held."""
    owners: list[Trajectory] = []
    covered: Container[str] = set()
    for key in sorted(keys):
        if key in covered:
            continue
        owner = browse.trajectory_of_step(connection, source, key)
        if owner is not None:
            owners.append(owner)
            covered = {step.key for t in owners for step in (*t.steps, *t.delegated)}
    return owners
