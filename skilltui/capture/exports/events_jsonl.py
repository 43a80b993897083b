"""The event format (``events``), one session as its records.

What its six types have no key for stands in further keys: ``turn``, what a message was to the work; ``task``, on the
record that opens a task, its outcome with the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skilltui.capture.exports.session import ExportedSession, in_order, result, returned_at, task
from skilltui.domain.trajectory import Step, Trajectory, Turn, TurnKind


def records(session: ExportedSession) -> Iterator[dict[str, Any]]:
    """The records in order."""
    first, last = session.trajectories[0], session.trajectories[-1]
    about = {"source": session.source, "cwd": session.project, "model": session.model}
    yield _record("session_start", session, first.started_at, {k: v for k, v in about.items() if v})
    for t in session.trajectories:
        yield from _trajectory(session, t)
    yield _record("session_end", session, last.ended_at, {"outcome": last.outcome.label})


def _trajectory(session: ExportedSession, t: Trajectory) -> Iterator[dict[str, Any]]:
    opening: dict[str, Any] = {"task": task(t)}
    for entry in in_order(t):
        if isinstance(entry, Turn):
            kind = {"kind": "interruption"} if entry.kind is TurnKind.INTERRUPTION else {}
            yield _record(
                "user_message", session, entry.at, {"text": entry.text, **kind, "turn": entry.kind, **opening}
            )
        else:
            yield from _step(session, t, entry, opening)
        opening = {}
    if t.closing_text:
        model = {"model": t.model} if t.model else {}
        yield _record("assistant_text", session, t.ended_at, {"text": t.closing_text, **model})


def _step(session: ExportedSession, t: Trajectory, step: Step, opening: dict[str, Any]) -> Iterator[dict[str, Any]]:
    # In this format a call's id is its own within the session; what was read from it has the session before the id.
    call = {"call_id": step.key.removeprefix(f"{session.session}/")}
    model = {"model": t.model} if t.model and not step.agent else {}
    by = {"agent": step.agent} if step.agent else {}
    yield _record(
        "tool_call", session, step.at, {**call, "tool": step.tool, "args": dict(step.args), **model, **by, **opening}
    )
    facts = result(step)
    if facts is not None:
        yield _record("tool_result", session, returned_at(step, t), {**call, **facts, "text": step.output})


def _record(kind: str, session: ExportedSession, at: str | None, rest: dict[str, Any]) -> dict[str, Any]:
    return {"v": 1, "type": kind, "session": session.session, **({"ts": at} if at else {}), **rest}
