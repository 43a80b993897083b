"""What our own exports say beyond the format they are written in, read back.

A task that was exported comes back as it was: its messages are what they were taken for, its outcome is the one that
it had. Nothing of it is believed where it is not of the right form. The hash of a skill that was used is not read
back: which text was active then is for the reader's own library to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skilltui.capture.events import TaskRecorded
from skilltui.capture.formats.base import JSONObject, integer, mapping, text, timestamp
from skilltui.domain.trajectory import Fault, Outcome, OutcomeBy, OutcomeLabel, Signal, TurnKind

# The mark of an outcome that was read back: no detector judges it again.
RECORDED = "recorded"


def stated_turn(value: Any) -> TurnKind | None:
    """What a message was taken for, where the file says so."""
    return TurnKind(value) if isinstance(value, str) and value in set(TurnKind) else None


def recorded_task(session: str, key: str, value: Any) -> Iterator[TaskRecorded]:
    """A task's description beside its opening record ``key``; nothing where there is no outcome in it."""
    task = mapping(value)
    label = task.get("outcome")
    if not isinstance(label, str) or label not in set(OutcomeLabel):
        return
    by, fault = task.get("outcome_by"), task.get("fault")
    given = task.get("evidence")
    evidence = tuple(_signal(mapping(entry)) for entry in given) if isinstance(given, list) else ()
    outcome = Outcome(
        OutcomeLabel(label),
        OutcomeBy(by) if isinstance(by, str) and by in set(OutcomeBy) else OutcomeBy.NONE,
        _fraction(task.get("confidence")),
        (*evidence, Signal(RECORDED, 0, 0.0, "as it stood when this was exported")),
        Fault(fault) if isinstance(fault, str) and fault in set(Fault) else None,
    )
    ended = timestamp(task.get("ended_at"))
    used = task.get("skills_used")
    skills = [text(mapping(use).get("skill")) for use in used] if isinstance(used, list) else []
    yield TaskRecorded(
        session, key, ended, outcome, timestamp(task.get("started_at")), text(task.get("model")),
        tuple(skill for skill in skills if skill),
    )  # fmt: skip


def _signal(entry: JSONObject) -> Signal:
    polarity = integer(entry.get("polarity")) or 0
    return Signal(
        text(entry.get("signal")) or "evidence", max(-1, min(1, polarity)), _fraction(entry.get("weight")),
        text(entry.get("text")) or "", integer(entry.get("step")),
    )  # fmt: skip


def _fraction(value: Any) -> float:
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if known else 0.0
