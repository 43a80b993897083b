"""Taking things out of the store for good: rows, quotes, requests, index, and the bytes where they stood."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from skilltui.domain.gap import FORGOTTEN_NEED, GapStatus
from skilltui.errors import StoreError
from skilltui.store import barred, citing, gaps
from skilltui.store.citing import CitingDraft
from skilltui.store.database import Connection
from skilltui.store.rows import dump

# Formats that keep many sessions in one file: forgetting one of them must not close the file to the others.
SHARED_FILES = frozenset({"events", "opencode"})


class Target(Struct, frozen=True):
    """What a name stands for: rows of ``session``, or one trajectory with the sessions of subagents that it had."""

    sessions: tuple[int, ...] = ()
    trajectory: str | None = None
    by_folder: bool = False


class Extent(Struct, frozen=True):
    """How much that is, and which drafts were made from it."""

    sessions: int
    trajectories: tuple[str, ...]
    steps: int
    projects: tuple[str, ...]
    drafts: tuple[CitingDraft, ...]


class Removed(Struct):
    """What one removal touched beside the rows."""

    gaps: set[str] = field(default_factory=set)
    drafts: list[CitingDraft] = field(default_factory=list)


def find(connection: Connection, name: str, folder: str | None) -> Target:
    """A trajectory, the sessions of that id, or every session of the project ``folder`` and below; each with those of
    the subagents that worked for it. Empty where there is none."""
    if connection.execute("SELECT 1 FROM trajectory WHERE id = ?", (name,)).fetchone():
        hosted = connection.execute("SELECT id FROM session WHERE host = ?", (name,)).fetchall()
        return Target(tuple(row[0] for row in hosted), name)
    sessions = {row[0] for row in connection.execute("SELECT id FROM session WHERE native = ?", (name,))}
    by_folder = not sessions and folder is not None
    if not sessions and folder is not None:
        below = folder.rstrip("/") + "/"
        sessions = {
            row[0]
            for row in connection.execute(
                "SELECT s.id FROM session s WHERE rtrim(s.project, '/') = :at OR substr(s.project, 1, :n) = :below"
                " OR EXISTS (SELECT 1 FROM trajectory t WHERE t.session_id = s.id"
                " AND (rtrim(t.project, '/') = :at OR substr(t.project, 1, :n) = :below))",
                {"at": folder.rstrip("/"), "below": below, "n": len(below)},
            )
        }
    return Target(tuple(sorted(sessions | _subagents(connection, sessions))), by_folder=by_folder)


def _subagents(connection: Connection, sessions: set[int]) -> set[int]:
    """Sessions that these started, and those that these started in turn."""
    found = connection.execute(
        "WITH RECURSIVE below (id, source, native) AS ("
        " SELECT id, source, native FROM session WHERE id IN (SELECT value FROM json_each(?))"
        " UNION SELECT s.id, s.source, s.native FROM session s JOIN below b ON s.source = b.source"
        " AND s.parent = b.native) SELECT id FROM below",
        (dump(sorted(sessions)),),
    )
    return {row[0] for row in found}


def extent(connection: Connection, target: Target) -> Extent:
    """Count before anything goes."""
    ids = trajectories_of(connection, target)
    steps = sum(len(_delegated(connection, session, ids)) for session in target.sessions)
    projects: set[str] = set()
    sessions: set[int] = set(target.sessions)
    for trajectory in ids:
        row = connection.execute(
            "SELECT session_id, project, (SELECT count(*) FROM step WHERE trajectory_id = t.id) AS steps"
            " FROM trajectory t WHERE id = ?", (trajectory,),
        ).fetchone()  # fmt: skip
        steps += row["steps"]
        if target.trajectory is None:
            sessions.add(row["session_id"])
        if row["project"]:
            projects.add(row["project"])
    gaps_of = {
        row[0]
        for one in ids
        for row in connection.execute("SELECT gap_id FROM gap_request WHERE trajectory_id = ?", (one,))
    }
    drafts = citing.drafts(connection, set(ids), gaps_of)
    return Extent(len(sessions), tuple(ids), steps, tuple(sorted(projects)), tuple(drafts))


def trajectories_of(connection: Connection, target: Target) -> list[str]:
    """Ids, oldest first within a session."""
    found: list[str] = [] if target.trajectory is None else [target.trajectory]
    for session in target.sessions:
        rows = connection.execute("SELECT id FROM trajectory WHERE session_id = ? ORDER BY ordinal", (session,))
        found += [row[0] for row in rows]
    return found


class Identity(Struct, frozen=True):
    """A target by what sessions and trajectories call themselves, which is the same in every copy of the store."""

    sessions: tuple[tuple[str, str], ...]
    trajectory: str | None


def identify(connection: Connection, target: Target) -> Identity:
    """(source, id) of each session."""
    rows = [
        connection.execute("SELECT source, native FROM session WHERE id = ?", (session,)).fetchone()
        for session in target.sessions
    ]
    return Identity(tuple((row[0], row[1]) for row in rows), target.trajectory)


def forget(
    connection: Connection,
    target: Target,
    bar: barred.Bar,
    *,
    need: Callable[[Sequence[str]], str],
    drafts: bool = False,
) -> Removed:
    """Remove the target with all that was made of it, and mark it so that it is not stored again.

    ``need`` words a gap anew from the requests that it keeps. Drafts made from it go too, since they quote it; those
    that a person has worked on only with ``drafts``. What was accepted is the person's, and stays.
    """
    _mark(connection, target, bar)
    barred.owe(connection, bar.at)
    return _remove(connection, target, need, drafts=drafts)


def _remove(connection: Connection, target: Target, need: Callable[[Sequence[str]], str], *, drafts: bool) -> Removed:
    ids = trajectories_of(connection, target)
    removed = Removed()
    for trajectory in ids:
        row = connection.execute(
            "DELETE FROM gap_request WHERE trajectory_id = ? RETURNING gap_id", (trajectory,)
        ).fetchone()
        if row is not None:
            removed.gaps.add(row[0])
    removed.drafts = citing.take_out(connection, set(ids), removed.gaps, touched=drafts)
    _reword_gaps(connection, removed.gaps, need)
    # Steps, turns, uses and sightings go with their trajectory; so does the index, by its own triggers.
    connection.executemany("DELETE FROM trajectory WHERE id = ?", [(one,) for one in ids])
    for session in target.sessions:
        _take_out_of_hosts(connection, session)
    for session in target.sessions:
        _remove_files(connection, session)
        connection.execute("DELETE FROM session WHERE id = ?", (session,))
    return removed


def _delegated(connection: Connection, session: int, beside: Sequence[str] = ()) -> list[tuple[int, str]]:
    """The steps of a subagent's session that stand in other trajectories than these: (id, trajectory)."""
    rows = connection.execute(
        "SELECT p.id, p.trajectory_id FROM session s JOIN trajectory t ON t.id = s.host"
        " JOIN step p ON p.trajectory_id = t.id AND p.agent = s.native WHERE s.id = ?",
        (session,),
    )
    return [(row[0], row[1]) for row in rows.fetchall() if row[1] not in beside]


def _take_out_of_hosts(connection: Connection, session: int) -> None:
    """A subagent's steps go from the trajectory that it worked for."""
    steps = _delegated(connection, session)
    connection.executemany("DELETE FROM step WHERE id = ?", [(step,) for step, _ in steps])
    connection.executemany(
        "UPDATE trajectory SET steps = (SELECT count(*) FROM step WHERE trajectory_id = :t),"
        " failed_steps = (SELECT count(*) FROM step WHERE trajectory_id = :t AND ok = 0) WHERE id = :t",
        [{"t": host} for host in {host for _, host in steps}],
    )


def _mark(connection: Connection, target: Target, bar: barred.Bar) -> None:
    if target.trajectory is not None:
        row = connection.execute(
            "SELECT s.source, s.native, t.ordinal FROM trajectory t JOIN session s ON s.id = t.session_id"
            " WHERE t.id = ?", (target.trajectory,),
        ).fetchone()  # fmt: skip
        key = barred.session_key(row["source"], row["native"])
        barred.bar_trajectory(connection, target.trajectory, key, row["ordinal"], bar)
    for session in target.sessions:
        row = connection.execute("SELECT source, native, path FROM session WHERE id = ?", (session,)).fetchone()
        barred.bar_session(connection, row["source"], row["native"], row["path"], bar)
        if row["source"] not in SHARED_FILES:
            key = barred.session_key(row["source"], row["native"])
            for path, _ in _own_files(connection, session):
                barred.bar_file(connection, path, key, bar)


def _own_files(connection: Connection, session: int) -> list[tuple[str, str]]:
    """Files that hold this session and no other: (path, format)."""
    rows = connection.execute(
        "SELECT path, source FROM file f WHERE (path = (SELECT path FROM session WHERE id = :s)"
        " OR EXISTS (SELECT 1 FROM session_file l WHERE l.file_id = f.id AND l.session_id = :s))"
        " AND NOT EXISTS (SELECT 1 FROM session_file l WHERE l.file_id = f.id AND l.session_id <> :s)",
        {"s": session},
    )
    return [(row[0], row[1]) for row in rows.fetchall()]


def _remove_files(connection: Connection, session: int) -> None:
    """A file that holds nothing else goes with it, name and all; one that more sessions may be added to stays."""
    for path, source in _own_files(connection, session):
        if source not in SHARED_FILES or path.startswith("<"):
            connection.execute("DELETE FROM file WHERE path = ?", (path,))


def _reword_gaps(connection: Connection, touched: set[str], need: Callable[[Sequence[str]], str]) -> None:
    for gap_id in touched:
        gap = gaps.gap(connection, gap_id)
        if gap is None:
            continue
        if not gap.requests and gap.status is GapStatus.OPEN:
            connection.execute("DELETE FROM gap WHERE id = ?", (gap_id,))
            continue
        worded = need([request.text for request in gap.requests]) if gap.requests else FORGOTTEN_NEED
        gaps.describe(connection, replace(gap, need=worded))


def forget_in_copy(path: Path, identity: Identity) -> None:
    """The same in a backup of the store, of whatever schema; ``StoreError`` where that can't be done."""
    try:
        copy = sqlite3.connect(path.absolute().as_uri() + "?mode=rw", uri=True, isolation_level=None)
        try:
            copy.row_factory = sqlite3.Row
            for pragma in ("foreign_keys = ON", "secure_delete = ON"):
                copy.execute(f"PRAGMA {pragma}")
            found = [
                copy.execute("SELECT id FROM session WHERE source = ? AND native = ?", names).fetchone()
                for names in identity.sessions
            ]
            held = (
                identity.trajectory
                and copy.execute("SELECT 1 FROM trajectory WHERE id = ?", (identity.trajectory,)).fetchone()
            )
            target = Target(tuple(row[0] for row in found if row), identity.trajectory if held else None)
            if target != Target():
                copy.execute("BEGIN IMMEDIATE")
                _remove(copy, target, lambda _: "some of its requests were forgotten", drafts=False)
                copy.execute("COMMIT")
                shred(copy)
        finally:
            copy.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path} could not be cleaned: {error}", "remove this copy") from error


def shred(connection: Connection) -> bool:
    """Rewrite the database without the bytes of what was deleted and empty its log.

    To be run outside a transaction. ``False``: another process reads the log at this moment, so its old pages stay
    until the last reader has closed.
    """
    for row in connection.execute("SELECT name FROM sqlite_schema WHERE sql LIKE '%USING fts5%'").fetchall():
        # Words of deleted rows stand in an index until its pieces are merged.
        connection.execute(f'INSERT INTO "{row[0]}" ("{row[0]}") VALUES (\'optimize\')')  # noqa: S608 - a table of ours
    # The copy that VACUUM makes is as large as the store: on disk, not in memory. It holds nothing that was deleted.
    connection.execute("PRAGMA temp_store = FILE")
    try:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("VACUUM")
    finally:
        connection.execute("PRAGMA temp_store = MEMORY")
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy
