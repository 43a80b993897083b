"""The signs: one meaning each, everywhere, with a word, a tone of the theme, and an ASCII twin.

Never by colour alone (DESIGN): the sign differs too, and details spell its word.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from skilltui.domain.gap import GapStatus
from skilltui.domain.skill import Severity
from skilltui.domain.trajectory import OutcomeLabel


class Sign(Struct, frozen=True):
    """A sign of one cell. ``tone`` names a style class of the line widgets (``widgets.cells.TONES``)."""

    glyph: str
    ascii: str
    word: str
    tone: str

    def __str__(self) -> str:
        """What the terminal can show."""
        return self.ascii if ascii_only() else self.glyph


def needs_ascii(env: Mapping[str, str], encoding: str | None) -> bool:
    """Whether to draw with ASCII alone: asked for, or the terminal's encoding has no such signs."""
    if env.get("NO_UNICODE") or env.get("SKILLTUI_ASCII"):
        return True
    try:
        "✓◇▸▇…".encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


@cache
def ascii_only() -> bool:
    """Decided once: the terminal does not change while the program runs."""
    return needs_ascii(os.environ, getattr(sys.__stdout__, "encoding", None))


SUCCESS = Sign("✓", "+", "success", "success")
FAILURE = Sign("✗", "x", "failure", "failure")
UNKNOWN = Sign("?", "?", "unknown", "unknown")
ABANDONED = Sign("–", "-", "abandoned", "muted")
GAP = Sign("◇", "#", "gap", "gap")
DRAFT = Sign("✎", "%", "draft", "draft")
LIVE = Sign("●", "*", "live", "live")
IDLE = Sign("○", "o", "idle", "muted")
FINDING = Sign("▲", "!", "finding", "finding")

CURSOR = Sign("▸", ">", "chosen", "accent")
MARK = Sign("■", "=", "selected", "accent")
ELLIPSIS = Sign("…", "~", "cut", "muted")
RULE = Sign("─", "-", "", "rule")
DOT = Sign("·", "|", "", "muted")
TIMES = Sign("×", "x", "times", "muted")
DELEGATED = Sign("↳", ">", "by a subagent", "muted")
QUOTE_OPEN = Sign("“", '"', "", "text")
QUOTE_CLOSE = Sign("”", '"', "", "text")

OUTCOMES: Mapping[OutcomeLabel, Sign] = {
    OutcomeLabel.SUCCESS: SUCCESS,
    OutcomeLabel.FAILURE: FAILURE,
    OutcomeLabel.UNKNOWN: UNKNOWN,
    OutcomeLabel.ABANDONED: ABANDONED,
}

# What a legend explains, in the order of the help.
LEGEND = (SUCCESS, FAILURE, UNKNOWN, ABANDONED, GAP, DRAFT, LIVE, IDLE, FINDING)

_GAP_STATUS: Mapping[GapStatus, Sign] = {
    GapStatus.OPEN: GAP,
    GapStatus.SNOOZED: Sign("◷", "z", "snoozed", "muted"),
    GapStatus.LINKED: Sign("↔", "L", "linked", "accent"),
    GapStatus.DRAFTED: DRAFT,
    GapStatus.CLOSED: SUCCESS,
    GapStatus.DISMISSED: ABANDONED,
}


def outcome_sign(label: OutcomeLabel) -> Sign:
    """The sign of an outcome."""
    return OUTCOMES[label]


def step_sign(ok: bool | None) -> Sign:  # noqa: FBT001 - a step's own field: true, false, or no result
    """The sign of a step: success, failure, or no result recorded."""
    return UNKNOWN if ok is None else SUCCESS if ok else FAILURE


def gap_sign(status: GapStatus) -> Sign:
    """The sign of a gap's place in the queue."""
    return _GAP_STATUS[status]


def severity_tone(severity: Severity) -> str:
    """The tone in which a finding of this gravity is shown."""
    if severity in (Severity.HIGH, Severity.CRITICAL):
        return "failure"
    return "muted" if severity is Severity.INFO else "finding"
