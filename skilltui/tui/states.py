"""What the top line says about capture and about the engines."""

from __future__ import annotations

from collections.abc import Sequence

from skilltui.figures import plural
from skilltui.tui import signs
from skilltui.tui.widgets.status_bar import Note
from skilltui.workshop.drafting import EngineStatus
from skilltui.workshop.watching import CaptureStatus


def capture_note(status: CaptureStatus, *, writable: bool) -> Note:
    """The state of capture in a sign and a few words."""
    agents = plural(len(status.agents), "agent")
    if not writable:
        return Note(signs.IDLE, "read only: another skilltui writes here", "read only")
    if status.state == "importing":
        done = f" {100 * status.done_bytes // status.total_bytes}%" if status.total_bytes else ""
        return Note(signs.LIVE, f"reading history{done}", f"reading{done}")
    if status.state == "live":
        if status.polling:
            # Why, `skilltui doctor` says; here it is enough to know that a line may take a moment.
            return Note(
                signs.LIVE, f"capturing {signs.DOT} {agents} {signs.DOT} polling", f"{agents} {signs.DOT} polling"
            )
        return Note(signs.LIVE, f"capturing {signs.DOT} {agents}", agents)
    if status.state == "failed":
        return Note(signs.FAILURE, "capture failed", "capture failed")
    return Note(signs.IDLE, "not capturing", "off")


def engine_words(engines: Sequence[EngineStatus]) -> str:
    """What would write a draft now."""
    for engine in engines:
        if engine.available and engine.model:
            return f"{engine.model} ready"
    return "extractive (no model)"
