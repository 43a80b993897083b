"""Proposals as JSON: a draft is read and written whole."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from skilltui.domain.proposal import (
    Decision,
    Edit,
    EditOp,
    EvidenceRef,
    Gate,
    GateBasis,
    GateVerdict,
    Origin,
    Proposal,
    Support,
)
from skilltui.domain.skill import Finding, Severity, Verdict
from skilltui.store.rows import dump


def save(connection: sqlite3.Connection, proposal: Proposal) -> None:
    """Insert or replace a draft; its version row must stand already."""
    connection.execute(
        "INSERT INTO proposal VALUES (?, ?, ?) ON CONFLICT (skill, number) DO UPDATE SET body = excluded.body",
        (proposal.skill, proposal.version, dump(_as_json(proposal))),
    )


def proposal(connection: sqlite3.Connection, skill: str, number: int) -> Proposal | None:
    """One proposal, whatever its version's state."""
    row = connection.execute("SELECT body FROM proposal WHERE skill = ? AND number = ?", (skill, number)).fetchone()
    return None if row is None else _from_json(json.loads(row[0]))


def drafts(connection: sqlite3.Connection, skill: str | None = None) -> list[Proposal]:
    """Proposals whose version is a draft, newest first."""
    found = connection.execute(
        "SELECT p.body FROM proposal p JOIN version v ON v.skill = p.skill AND v.number = p.number"
        " WHERE v.state = 'draft' AND (? IS NULL OR p.skill = ?) ORDER BY v.created_at DESC, p.skill, p.number DESC",
        (skill, skill),
    )
    return [_from_json(json.loads(row[0])) for row in found.fetchall()]


def serves(connection: sqlite3.Connection, gap: str) -> bool:
    """Whether a draft made for this gap waits, or one was accepted and stands."""
    found = connection.execute(
        "SELECT 1 FROM proposal p JOIN version v ON v.skill = p.skill AND v.number = p.number"
        " WHERE json_extract(p.body, '$.gap') = ? AND v.state IN ('draft', 'active', 'superseded')",
        (gap,),
    )
    return found.fetchone() is not None


def gaps(connection: sqlite3.Connection) -> set[str]:
    """Gaps that anything was ever drafted for."""
    found = connection.execute("SELECT DISTINCT json_extract(body, '$.gap') FROM proposal")
    return {row[0] for row in found if row[0] is not None}


def _as_json(p: Proposal) -> dict[str, Any]:
    return {
        "skill": p.skill, "version": p.version, "parent": p.parent, "engine": p.engine, "model": p.model,
        "base": p.base, "partial": p.partial, "gap": p.gap, "note": p.note,
        "edits": [
            {
                "id": e.id, "op": e.op, "section": e.section, "before": e.before, "after": e.after,
                "support": [e.support.trajectories, e.support.of], "origin": e.origin, "note": e.note,
                "evidence": [[r.trajectory, r.step, r.quote] for r in e.evidence], "decision": e.decision,
            }
            for e in p.edits
        ],
        "findings": [[f.code, f.severity, f.line, f.message, f.shown, f.verdict] for f in p.findings],
        "gate": [p.gate.verdict, p.gate.basis, list(p.gate.reasons)] if p.gate else None,
    }  # fmt: skip


def _from_json(body: dict[str, Any]) -> Proposal:
    gate = body["gate"]
    return Proposal(
        skill=body["skill"], version=body["version"], parent=body["parent"], engine=body["engine"],
        model=body["model"], base=body["base"], partial=body["partial"], gap=body["gap"], note=body["note"],
        edits=tuple(
            Edit(
                id=e["id"], op=EditOp(e["op"]), section=e["section"], before=e["before"], after=e["after"],
                support=Support(*e["support"]), origin=Origin(e["origin"]), note=e["note"],
                evidence=tuple(EvidenceRef(*ref) for ref in e["evidence"]), decision=Decision(e["decision"]),
            )
            for e in body["edits"]
        ),
        findings=tuple(
            Finding(code, Severity(severity), line, message, shown, Verdict(verdict))
            for code, severity, line, message, shown, verdict in body["findings"]
        ),
        gate=Gate(GateVerdict(gate[0]), GateBasis(gate[1]), tuple(gate[2])) if gate else None,
    )  # fmt: skip
