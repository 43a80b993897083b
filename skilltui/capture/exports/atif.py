"""ATIF 1.7, one document a session: each call a step of its own, with its result beside it.

What the format has no field for stands in ``extra``, as is the custom: of a result ``ok``, ``error_kind``,
``exit_code`` and ``duration_ms``; of a message what it was to the work; of the whole the outcome with its evidence.
"""

from __future__ import annotations

from typing import Any

from skilltui import __version__
from skilltui.capture.exports.session import ExportedSession, in_order, result, task
from skilltui.domain.trajectory import Step, Trajectory, Turn

_SCHEMA = "ATIF-v1.7"
_UNKNOWN = "unknown"  # the agent's version is required, and transcripts seldom tell


def document(session: ExportedSession) -> dict[str, Any]:
    """One ATIF document. With one trajectory its outcome stands at the root's ``extra``, else one for each."""
    steps: list[dict[str, Any]] = []
    tasks: list[dict[str, Any]] = []
    for t in session.trajectories:
        tasks.append({"first_step_id": len(steps) + 1, **task(t)})
        steps += _steps(t, len(steps) + 1)
    one = len(tasks) == 1
    return {
        "schema_version": _SCHEMA,
        "session_id": session.session,
        **({"trajectory_id": tasks[0]["id"]} if one else {}),
        "agent": _agent(session),
        "steps": steps,
        "extra": {"exported_by": f"skilltui {__version__}", **(tasks[0] if one else {"trajectories": tasks})},
    }


def _agent(session: ExportedSession) -> dict[str, Any]:
    agent: dict[str, Any] = {"name": session.source, "version": _UNKNOWN}
    if session.model:
        agent["model_name"] = session.model
    if session.project:
        agent["extra"] = {"cwds": [session.project]}
    return agent


def _steps(t: Trajectory, first: int) -> list[dict[str, Any]]:
    steps = [_turn(entry) if isinstance(entry, Turn) else _step(entry, t) for entry in in_order(t)]
    if t.closing_text:
        steps.append(_at(_agents(t, t.closing_text), t.ended_at))
    return [{"step_id": number, **step} for number, step in enumerate(steps, first)]


def _turn(turn: Turn) -> dict[str, Any]:
    return _at({"source": "user", "message": turn.text, "extra": {"turn": turn.kind}}, turn.at)


def _step(step: Step, t: Trajectory) -> dict[str, Any]:
    by = {"extra": {"agent": step.agent}} if step.agent else {}
    call = {"tool_call_id": step.key, "function_name": step.tool, "arguments": dict(step.args), **by}
    made: dict[str, Any] = {**_agents(t, ""), "tool_calls": [call]}
    facts = result(step)
    if facts is not None:
        entry = {"source_call_id": step.key, "content": step.output, "extra": facts}
        made["observation"] = {"results": [entry]}
    return _at(made, step.at)


def _agents(t: Trajectory, message: str) -> dict[str, Any]:
    model = {"model_name": t.model} if t.model else {}
    return {"source": "agent", "message": message, **model}


def _at(step: dict[str, Any], at: str | None) -> dict[str, Any]:
    return {"timestamp": at, **step} if at else step
