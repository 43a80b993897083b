"""The words for what the domain calls by constants, and times and counts as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath

from skilltui.domain.gap import GapKind
from skilltui.domain.steps import path_argument, shell_command
from skilltui.domain.trajectory import ErrorKind, Fault, OutcomeBy, Step, TurnKind
from skilltui.tui.signs import DOT

# A session that said something this recently has an agent at work.
LIVE_SECONDS = 120

OUTCOME_BY: Mapping[OutcomeBy, str] = {
    OutcomeBy.USER: "your label",
    OutcomeBy.REWARD: "by its reward",
    OutcomeBy.FEEDBACK: "by your words",
    OutcomeBy.END_STATE: "by how it ended",
    OutcomeBy.JUDGE: "by a model's judgement",
    OutcomeBy.NONE: "nothing decided it",
}
FAULTS: Mapping[Fault, str] = {
    Fault.SKILL: "the skill: it counts against its trust",
    Fault.MODEL: "the model: it did not follow the skill",
    Fault.ENVIRONMENT: "the environment: network, machine, service",
    Fault.USER: "me: I asked for the wrong thing",
}
GAP_KINDS: Mapping[GapKind, str] = {
    GapKind.NO_MATCH: "no match",
    GapKind.WEAK_MATCH: "weak match",
    GapKind.AMBIGUOUS: "ambiguous",
    GapKind.FAILED_DESPITE_MATCH: "skill failed",
    GapKind.HELP_REQUEST: "asked for",
}
GAP_REASONS: Mapping[GapKind, str] = {
    GapKind.NO_MATCH: "No skill comes near enough to these requests.",
    GapKind.WEAK_MATCH: "A skill comes near, but not near enough, and none was used.",
    GapKind.AMBIGUOUS: "Two skills come equally near; neither is clearly the one.",
    GapKind.FAILED_DESPITE_MATCH: "A skill was there, and the work failed all the same.",
    GapKind.HELP_REQUEST: "An agent or a person asked for a skill.",
}
_ERRORS: Mapping[ErrorKind, str] = {
    ErrorKind.EXIT_NONZERO: "failed",
    ErrorKind.TIMEOUT: "timed out",
    ErrorKind.PERMISSION_DENIED: "not permitted",
    ErrorKind.USER_REJECTED: "you refused it",
    ErrorKind.INTERRUPTED: "interrupted",
    ErrorKind.INVALID_CALL: "invalid call",
    ErrorKind.NOT_FOUND: "not found",
    ErrorKind.OTHER: "failed",
}
TURNS: Mapping[TurnKind, str] = {
    TurnKind.REQUEST: "request",
    TurnKind.FOLLOW_UP: "you",
    TurnKind.CORRECTION: "you corrected",
    TurnKind.REJECTION: "you refused",
    TurnKind.APPROVAL: "you approved",
    TurnKind.INTERRUPTION: "you stopped it",
}
# Lines that name a cause, and lines that only count failures.
_CAUSE = re.compile(r"error\b|fatal|not found|no such|denied|cannot|can't|unable|exception\b|^E ", re.IGNORECASE)
_FAILED = re.compile(r"fail", re.IGNORECASE)
_UNITS = ((60, "s"), (3600, "m"), (86400, "h"), (14 * 86400, "d"), (365 * 86400, "w"))
_SIZES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}


def now() -> datetime:
    """The time that ages are measured from."""
    return datetime.now(UTC)


def parse_time(at: str | None) -> datetime | None:
    """An ISO 8601 time, ``None`` where there is none that can be read."""
    if not at:
        return None
    try:
        parsed = datetime.fromisoformat(at)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def ago(at: str | None, since: datetime) -> str:
    """How long ago, in two to three characters: ``now``, ``5m``, ``3h``, ``2d``, ``6w``, ``1y``."""
    then = parse_time(at)
    if then is None:
        return ""
    seconds = (since - then).total_seconds()
    if seconds < 60:
        return "now"
    unit = next((name for limit, name in _UNITS if seconds < limit), "y")
    return f"{int(seconds // _SIZES[unit])}{unit}"


def is_live(at: str | None, since: datetime) -> bool:
    """Whether something happened at ``at`` recently enough to call its session live."""
    then = parse_time(at)
    return then is not None and (since - then).total_seconds() < LIVE_SECONDS


def duration(ms: int | None) -> str:
    """``40ms``, ``3.1s``, ``2m05``; empty where none was recorded."""
    if ms is None:
        return ""
    if ms < 1000:
        return f"{ms}ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f}s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes}m{seconds:02}"


def folder_name(project: str | None) -> str:
    """The last part of a project's path."""
    return PurePosixPath(project.replace("\\", "/")).name if project else ""


def agent_name(source: str) -> str:
    """A source as a list shows it."""
    return source.removesuffix("-code").removesuffix("-cli")


def step_words(step: Step) -> str:
    """What a step did, on one line: its command, its file, or its first argument."""
    command = shell_command(step.tool, step.args)
    if command is not None:
        return " ".join(command.split())
    path = path_argument(step.args)
    if path is not None:
        return path + _edit_size(step)
    first = next((value for value in step.args.values() if isinstance(value, str | int | float)), "")
    return " ".join(str(first).split())


def error_kind(step: Step) -> str:
    """Why a step failed, in two or three words."""
    if step.exit_code is not None and step.error_kind in (ErrorKind.EXIT_NONZERO, None):
        return f"exit {step.exit_code}"
    return _ERRORS[step.error_kind or ErrorKind.OTHER]


def error_words(step: Step) -> str:
    """The same, with the line of its output that says most."""
    telling = telling_line(step.output)
    return f"{error_kind(step)} {DOT} {telling}" if telling else error_kind(step)


def telling_line(output: str) -> str:
    """The last line that names a cause, else a failure, else the last at all; only the end is looked at."""
    lines = [" ".join(text.split()) for text in output[-4000:].split("\n") if text.strip()]
    for telling in (_CAUSE, _FAILED):
        found = next((text for text in reversed(lines) if telling.search(text)), None)
        if found is not None:
            return found
    return lines[-1] if lines else ""


def _edit_size(step: Step) -> str:
    before, after = step.args.get("old_string"), step.args.get("new_string")
    if not isinstance(before, str) or not isinstance(after, str):
        return ""
    gone, come = set(before.split("\n")), set(after.split("\n"))
    return f"  +{len(come - gone)} -{len(gone - come)}"
