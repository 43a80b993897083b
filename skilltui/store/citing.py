"""Proposals that rest on trajectories: which they are, and how they are made to forget."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.proposal import Decision, Proposal
from skilltui.domain.version import VersionState
from skilltui.store import proposals

_PUT_AWAY = "what it was made from was forgotten"


class CitingDraft(Struct, frozen=True):
    """A draft, waiting or rejected, made from what is to be forgotten. ``touched``: a person has worked on it."""

    skill: str
    version: int
    touched: bool


def drafts(connection: sqlite3.Connection, ids: Collection[str], gaps: Collection[str]) -> list[CitingDraft]:
    """Those with evidence out of these trajectories, or made for these gaps, whose requests stand in their text."""
    return [
        CitingDraft(p.skill, p.version, state is VersionState.DRAFT and _touched(p))
        for p, state in _citing(connection, ids, gaps)
        if state in {VersionState.DRAFT, VersionState.REJECTED}
    ]


def take_out(
    connection: sqlite3.Connection, ids: Collection[str], gaps: Collection[str], *, touched: bool
) -> list[CitingDraft]:
    """Remove the text of the drafts, of those that a person has worked on only with ``touched``; everywhere else take
    out the quotes. Returns the drafts that went; their gaps wait for a draft again."""
    gone = [draft for draft in drafts(connection, ids, gaps) if touched or not draft.touched]
    for draft in gone:
        waiting = proposals.proposal(connection, draft.skill, draft.version)
        connection.execute("DELETE FROM proposal WHERE skill = ? AND number = ?", (draft.skill, draft.version))
        # The number stays taken: the log names it.
        connection.execute(
            "UPDATE version SET state = ?, note = ? WHERE skill = ? AND number = ?",
            (VersionState.REJECTED, _PUT_AWAY, draft.skill, draft.version),
        )
        _remove_skill_of_drafts(connection, draft.skill)
        if waiting is not None and waiting.gap is not None and not proposals.serves(connection, waiting.gap):
            connection.execute("UPDATE gap SET status = 'open' WHERE id = ? AND status = 'drafted'", (waiting.gap,))
    for proposal, _ in list(_citing(connection, ids, ())):
        edits = tuple(
            replace(e, evidence=tuple(replace(r, quote="") if r.trajectory in ids else r for r in e.evidence))
            for e in proposal.edits
        )
        proposals.save(connection, replace(proposal, edits=edits))
    return gone


def _remove_skill_of_drafts(connection: sqlite3.Connection, skill: str) -> None:
    """A skill that never was more than drafts, none of which is left, goes with the last: its name is a quote, too."""
    left = connection.execute(
        "SELECT 1 FROM version v WHERE v.skill = :skill AND (v.blob IS NOT NULL OR v.state <> 'rejected' OR EXISTS"
        " (SELECT 1 FROM proposal p WHERE p.skill = v.skill AND p.number = v.number))",
        {"skill": skill},
    ).fetchone()
    if left is None:
        for table, column in (("operation", "skill"), ("version", "skill"), ("skill", "name")):
            connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (skill,))  # noqa: S608 - names of ours


def _citing(
    connection: sqlite3.Connection, ids: Collection[str], gaps: Collection[str]
) -> Iterator[tuple[Proposal, VersionState]]:
    rows = connection.execute(
        "SELECT p.skill, p.number, v.state FROM proposal p"
        " JOIN version v ON v.skill = p.skill AND v.number = p.number ORDER BY p.skill, p.number"
    ).fetchall()
    for row in rows:
        found = proposals.proposal(connection, row["skill"], row["number"])
        if found is not None and (
            found.gap in gaps or any(ref.trajectory in ids for edit in found.edits for ref in edit.evidence)
        ):
            yield found, VersionState(row["state"])


def _touched(proposal: Proposal) -> bool:
    return any(e.decision is not Decision.PENDING or "reworded by you" in e.note for e in proposal.edits)
