"""Domain objects as the JSON of the command-line contract. Keys are promises: add, never rename."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skilltui.domain.gap import Gap
from skilltui.domain.proposal import Edit, Gate, Proposal
from skilltui.domain.skill import CheckResult, Finding, MatchResult, Skill
from skilltui.domain.trajectory import SkillScore, Step, Trajectory, TrajectorySummary
from skilltui.domain.trust import Trust
from skilltui.domain.version import Operation, Version

if TYPE_CHECKING:
    from skilltui.library.confusable import Confusion
    from skilltui.workshop.capturing import IngestReport
    from skilltui.workshop.comparing import BlameLine, VersionView
    from skilltui.workshop.embedding import EmbeddingStatus
    from skilltui.workshop.importing import ImportReport

Json = dict[str, Any]


def ingest(report: IngestReport) -> Json:
    """``ingest``."""
    return {
        "files": report.files, "sessions": report.sessions, "trajectories": report.trajectories,
        "steps": report.steps, "failed_steps": report.failed_steps, "new_steps": report.new_steps,
        "bytes": report.bytes, "quarantined": report.quarantined,
        "skipped": [{"path": path, "reason": reason} for path, reason in report.skipped],
        "redactions": dict(sorted(report.redactions.items())), "seconds": round(report.seconds, 3),
    }  # fmt: skip


def imported(report: ImportReport) -> Json:
    """``skills import``."""
    return {
        "imported": [
            {"skill": one.skill, "version": one.version, "verdict": one.verdict, "source": one.source}
            for one in report.imported
        ],
        "skipped": [{"path": path, "reason": reason} for path, reason in report.skipped],
    }


def trajectory(t: TrajectorySummary) -> Json:
    """A row of ``trajectories``."""
    return {
        "id": t.id, "session": t.session, "source": t.source, "started_at": t.started_at, "request": t.request,
        "outcome": t.outcome.label, "outcome_by": t.outcome.by, "confidence": round(t.outcome.confidence, 3),
        "fault": t.outcome.fault, "project": t.project, "model": t.model, "steps": t.steps,
        "failed_steps": t.failed_steps, "corrections": t.corrections, "match": score(t.match),
        "skills_used": [{"skill": use.skill, "hash": use.hash} for use in t.skills_used],
    }  # fmt: skip


def shown(t: Trajectory) -> Json:
    """``show``: the row with its steps, turns and evidence."""
    return {
        **trajectory(t.summary()),
        "trimmed": t.trimmed,
        "step_list": [step(s) for s in t.all_steps],
        "turns": [{"kind": u.kind, "text": u.text, "after_step": u.after_step} for u in t.turns],
        "evidence": [
            {"signal": s.signal, "polarity": s.polarity, "weight": s.weight, "text": s.text, "step": s.step}
            for s in t.outcome.evidence
        ],
    }


def step(s: Step) -> Json:
    """One step."""
    return {
        "seq": s.seq, "tool": s.tool, "args": dict(s.args), "ok": s.ok, "error_kind": s.error_kind,
        "exit_code": s.exit_code, "duration_ms": s.duration_ms, "output": s.output, "agent": s.agent,
    }  # fmt: skip


def score(match: SkillScore | None) -> Json | None:
    """A skill with its score."""
    return None if match is None else {"skill": match.skill, "score": round(match.score, 4)}


def skill(s: Skill, trust: Trust | None, version: int | None) -> Json:
    """A row of ``skills``."""
    return {
        "name": s.name, "path": s.path, "root": s.root, "description": s.description,
        "trust": trust.level if trust else None, "version": version, "hash": s.hash, "findings": len(s.findings),
        "shadowed_by": s.shadowed_by,
    }  # fmt: skip


def finding(f: Finding) -> Json:
    """One finding."""
    return {"code": f.code, "severity": f.severity, "line": f.line, "message": f.message, "shown": f.shown}


def check(result: CheckResult) -> Json:
    """A row of ``check``."""
    return {
        "path": result.path, "name": result.name, "verdict": result.verdict,
        "findings": [finding(f) for f in result.findings],
    }  # fmt: skip


def confusion(c: Confusion) -> Json:
    """A row of ``check --confusable``."""
    return {
        "skills": list(c.skills), "paths": list(c.paths), "score": round(c.score, 4), "shared": list(c.shared),
        "phrases": [{"skill": p.skill, "text": p.text, "own": p.own, "other": p.other} for p in c.phrases],
        "advice": [{"skill": a.skill, "narrow": list(a.narrow), "add": list(a.add)} for a in c.advice],
    }  # fmt: skip


def matches(result: MatchResult) -> Json:
    """``match``."""
    return {
        "gap": result.gap,
        "ambiguous": result.ambiguous,
        "threshold": result.threshold,
        "engine": result.engine,
        "engine_reason": result.reason,
        "top": [{"skill": m.skill, "path": m.path, "score": round(m.score, 4), "why": list(m.why)} for m in result.top],
    }


def embeddings(status: EmbeddingStatus) -> Json:
    """Whether embeddings help to match, in ``engines`` and ``doctor``."""
    return {
        "available": status.available, "model": status.model, "reason": status.reason, "hint": status.hint,
    }  # fmt: skip


def gap(g: Gap) -> Json:
    """A row of ``gaps``."""
    return {
        "id": g.id, "status": g.status, "kind": g.kind, "count": g.count, "requests": [r.text for r in g.requests],
        "need": g.need, "top": score(g.top), "first_seen": g.first_seen, "last_seen": g.last_seen,
        "failed_steps": g.failed_steps, "skill": g.skill, "snoozed_until": g.snoozed_until,
        "project": g.project, "projects": list(g.projects),
    }  # fmt: skip


def edit(e: Edit) -> Json:
    """One edit of a proposal."""
    return {
        "id": e.id, "op": e.op, "section": e.section, "before": e.before, "after": e.after,
        "support": {"trajectories": e.support.trajectories, "of": e.support.of},
        "evidence": [{"trajectory": r.trajectory, "step": r.step} for r in e.evidence], "origin": e.origin,
        "note": e.note, "decision": e.decision,
    }  # fmt: skip


def gate(g: Gate) -> Json:
    """A verdict."""
    return {"verdict": g.verdict, "basis": g.basis, "reasons": list(g.reasons)}


def proposal(p: Proposal) -> Json:
    """A draft."""
    return {
        "skill": p.skill, "version": p.version, "parent": p.parent, "engine": p.engine, "model": p.model,
        "partial": p.partial, "gap": p.gap, "note": p.note, "edits": [edit(e) for e in p.edits],
        "findings": [finding(f) for f in p.findings], "gate": gate(p.gate) if p.gate else None,
    }  # fmt: skip


def trust(t: Trust) -> Json:
    """A row of ``trust``."""
    return {
        "skill": t.skill, "level": t.level, "hash": t.hash, "model": t.model, "origin": t.origin,
        "successes": t.successes, "failures": t.failures, "state": t.state,
        "lower": None if t.lower is None else round(t.lower, 4), "mean": None if t.mean is None else round(t.mean, 4),
        "to_next": t.to_next,
    }  # fmt: skip


def version(view: VersionView) -> Json:
    """A row of ``versions``."""
    v: Version = view.version
    return {
        "version": v.number, "state": v.state, "parent": v.parent, "hash": v.hash, "engine": v.engine,
        "model": v.model, "created_at": v.created_at, "accepted_edits": list(v.accepted_edits),
        "trust": trust(view.trust) if view.trust else None,
    }  # fmt: skip


def operation(o: Operation) -> Json:
    """A row of ``history``."""
    detail: Mapping[str, Any] = o.detail
    return {
        "id": o.id, "at": o.at, "kind": o.kind, "skill": o.skill, "version": o.version, "detail": dict(detail),
        "undone_by": o.undone_by,
    }  # fmt: skip


def blame(line: BlameLine) -> Json:
    """A row of ``blame``."""
    return {
        "line": line.line, "text": line.text, "version": line.version, "edit": line.edit,
        "evidence": [{"trajectory": r.trajectory, "step": r.step} for r in line.evidence],
    }  # fmt: skip
