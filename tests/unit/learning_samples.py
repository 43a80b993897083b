"""Hand-made trajectories for the tests of the learning stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skilltui.domain.split import held_back
from skilltui.domain.trajectory import (
    ErrorKind,
    Outcome,
    OutcomeLabel,
    SkillUse,
    Step,
    Trajectory,
    Turn,
    TurnKind,
)

PROJECT = "/Users/ann/code/shop"


def bash(command: str, *, error: str = "", output: str = "") -> dict[str, Any]:
    """A shell step; with ``error`` it failed with that output."""
    return {"tool": "Bash", "args": {"command": command}, "error": error, "output": output}


def edit(path: str, old: str = "a", new: str = "b") -> dict[str, Any]:
    """An edit of a file of the project."""
    args = {"file_path": f"{PROJECT}/{path}", "old_string": old, "new_string": new}
    return {"tool": "Edit", "args": args, "error": "", "output": ""}


def tool(name: str, args: Mapping[str, Any], *, error: str = "", output: str = "") -> dict[str, Any]:
    """A step of any tool."""
    return {"tool": name, "args": args, "error": error, "output": output}


def run(
    name: str,
    request: str,
    steps: Sequence[Mapping[str, Any]],
    *,
    outcome: OutcomeLabel = OutcomeLabel.SUCCESS,
    corrections: Sequence[str] = (),
    skills: Sequence[str] = (),
    kind: TurnKind = TurnKind.CORRECTION,
) -> Trajectory:
    """One trajectory in a session of its own. Its id is never one that is held back to judge."""
    made = tuple(
        Step(
            key=f"{name}-{number}",
            seq=number,
            tool=step["tool"],
            args=step["args"],
            ok=not step["error"],
            error_kind=ErrorKind.EXIT_NONZERO if step["error"] else None,
            exit_code=1 if step["error"] else None,
            output=step["error"] or step["output"],
        )
        for number, step in enumerate(steps, 1)
    )
    turns = (
        Turn(f"{name}-r", TurnKind.REQUEST, request),
        *(Turn(f"{name}-c{i}", kind, text, after_step=len(made)) for i, text in enumerate(corrections)),
    )
    return Trajectory(
        id=learned_id(name),
        session=f"s-{name}",
        source="test",
        ordinal=1,
        request=request,
        started_at="2026-11-01T09:00:00Z",
        project=PROJECT,
        steps=made,
        turns=turns,
        outcome=Outcome(outcome),
        skills_used=tuple(SkillUse(skill, "h") for skill in skills),
    )


def learned_id(name: str, *, held: bool = False) -> str:
    """A trajectory id on the wanted side of the stable split."""
    return next(f"t_{name}{i}" for i in range(200) if held_back(f"t_{name}{i}") is held)
