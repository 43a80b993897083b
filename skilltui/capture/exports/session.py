"""What is exported: trajectories of one session, numbered as a reader will number them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, structs
from msgspec.structs import replace

from skilltui.capture.formats.base import timestamp
from skilltui.capture.formats.recorded import RECORDED
from skilltui.domain.trajectory import Step, Trajectory, Turn, TurnKind


class ExportedSession(Struct, frozen=True):
    """``trajectories`` in their order, at least one. ``session`` is what the agent called the conversation."""

    source: str
    session: str
    trajectories: tuple[Trajectory, ...]

    @property
    def project(self) -> str | None:
        """The first that is known."""
        return next((t.project for t in self.trajectories if t.project), None)

    @property
    def model(self) -> str | None:
        """The one that the session began with; a reader takes it for every task until another is named."""
        return self.trajectories[0].model


def exported(trajectories: Sequence[Trajectory]) -> ExportedSession:
    """The trajectories of one session, oldest first, ready to be written."""
    ordered = sorted(trajectories, key=lambda t: t.ordinal)
    return ExportedSession(ordered[0].source, ordered[0].session, tuple(_renumbered(t) for t in ordered))


def _renumbered(t: Trajectory) -> Trajectory:
    """Steps from 1 without holes (a fork stores a step once, elsewhere), and everything that names them moved along."""
    places = {step.seq: number for number, step in enumerate(as_arrived(t), 1)}
    own = [step.seq for step in t.steps]

    def place(seq: int) -> int:
        return places[max((known for known in own if known <= seq), default=0)] if own and own[0] <= seq else 0

    def moved(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return tuple(structs.replace(step, seq=places[step.seq]) for step in steps)

    turns = tuple(replace(turn, after_step=place(turn.after_step)) for turn in t.turns)
    if t.request and not any(turn.kind is TurnKind.REQUEST for turn in turns):
        turns = (Turn(f"{t.id}/request", TurnKind.REQUEST, t.request, 0, t.started_at), *turns)
    evidence = tuple(
        replace(signal, step=places.get(signal.step) if signal.step is not None else None)
        for signal in t.outcome.evidence
        if signal.signal != RECORDED
    )
    outcome = replace(t.outcome, evidence=evidence)
    return replace(t, steps=moved(t.steps), delegated=moved(t.delegated), turns=turns, outcome=outcome)


def as_arrived(t: Trajectory) -> list[Step]:
    """The agent's own steps and its subagents', in the order that numbers them."""
    return sorted((*t.steps, *t.delegated), key=lambda step: step.seq)


def in_order(t: Trajectory) -> list[Turn | Step]:
    """What was said and done, as it came."""
    found: list[Turn | Step] = []
    turns = list(t.turns)
    for step in as_arrived(t):
        while turns and turns[0].after_step < step.seq:
            found.append(turns.pop(0))
        found.append(step)
    return found + turns


def task(t: Trajectory) -> dict[str, Any]:
    """What neither format has a field for: how the task ended, why we think so, and the skills that it used."""
    return {
        "id": t.id, "started_at": t.started_at, "ended_at": t.ended_at, "model": t.model, "outcome": t.outcome.label,
        "outcome_by": t.outcome.by, "confidence": t.outcome.confidence, "fault": t.outcome.fault,
        "evidence": [
            {"signal": s.signal, "polarity": s.polarity, "weight": s.weight, "text": s.text, "step": s.step}
            for s in t.outcome.evidence
        ],
        "skills_used": [{"skill": use.skill, "hash": use.hash} for use in t.skills_used],
    }  # fmt: skip


def result(step: Step) -> dict[str, Any] | None:
    """What is known of a step's result, ``None`` where there is none: always all four facts, so none is guessed."""
    facts = {
        "ok": step.ok, "error_kind": step.error_kind, "exit_code": step.exit_code, "duration_ms": step.duration_ms,
    }  # fmt: skip
    known = step.output or any(value is not None for value in facts.values())
    # Said only where it is so: most results have no such thing.
    edited: dict[str, Any] = {"user_edited": True} if step.user_edited else {}
    return {**facts, **edited} if known or edited else None


def returned_at(step: Step, t: Trajectory) -> str | None:
    """When a result came, as far as that is known and agrees with when the task ended."""
    if step.at is None or step.duration_ms is None or t.ended_at is None:
        return None
    try:
        at = timestamp((datetime.fromisoformat(step.at) + timedelta(milliseconds=step.duration_ms)).isoformat())
    except (ValueError, OverflowError):
        return None
    return at if at is not None and at <= t.ended_at else None
