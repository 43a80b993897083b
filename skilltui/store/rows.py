"""Between rows and domain objects of capture: one place that knows which column holds what."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from skilltui.domain.trajectory import (
    ErrorKind,
    Fault,
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    Signal,
    SkillScore,
    SkillUse,
    Step,
    TrajectorySummary,
    Turn,
    TurnKind,
)


def storable(text: str) -> str:
    """Lone surrogates can't be stored as UTF-8; a replacement character can."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def dump(value: object) -> str:
    """Compact JSON; every string in it storable."""
    try:
        return msgspec.json.encode(value).decode("utf-8")
    except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError):
        # A lone surrogate, or a number without bounds: seldom, and json writes both.
        return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def evidence_json(evidence: Iterable[Signal]) -> str:
    """Signals as a JSON array."""
    return dump([[s.signal, s.polarity, s.weight, s.text, s.step] for s in evidence])


def outcome(row: sqlite3.Row) -> Outcome:
    """The outcome columns of ``trajectory``."""
    return Outcome(
        label=OutcomeLabel(row["outcome"]),
        by=OutcomeBy(row["outcome_by"]),
        confidence=row["confidence"],
        evidence=tuple(Signal(*entry) for entry in json.loads(row["evidence"])),
        fault=Fault(row["fault"]) if row["fault"] else None,
    )


def summary(row: sqlite3.Row, uses: Mapping[str, tuple[SkillUse, ...]]) -> TrajectorySummary:
    """A row of ``trajectory`` joined with ``session.source`` and ``session.native``."""
    return TrajectorySummary(
        id=row["id"], session=row["native"], source=row["source"], ordinal=row["ordinal"], request=row["request"],
        started_at=row["started_at"], ended_at=row["ended_at"], project=row["project"], model=row["model"],
        outcome=outcome(row), steps=row["steps"], failed_steps=row["failed_steps"], corrections=row["corrections"],
        match=SkillScore(row["match_skill"], row["match_score"]) if row["match_skill"] is not None else None,
        skills_used=uses.get(row["id"], ()),
    )  # fmt: skip


def step(row: sqlite3.Row) -> Step:
    """A row of ``step``."""
    args: dict[str, Any] = json.loads(row["args"])
    return Step(
        key=row["key"], seq=row["seq"], tool=row["tool"], args=args,
        ok=None if row["ok"] is None else bool(row["ok"]),
        error_kind=ErrorKind(row["error_kind"]) if row["error_kind"] else None,
        exit_code=row["exit_code"], duration_ms=row["duration_ms"], output=row["output"], at=row["at"],
        agent=row["agent"], user_edited=bool(row["user_edited"]),
    )  # fmt: skip


def turn(row: sqlite3.Row) -> Turn:
    """A row of ``turn``."""
    return Turn(
        key=row["key"], kind=TurnKind(row["kind"]), text=row["text"], after_step=row["after_step"], at=row["at"]
    )
