"""What the top line says about capture."""

from __future__ import annotations

import pytest

from skilltui.tui.states import capture_note
from skilltui.workshop.watching import CaptureStatus


@pytest.mark.parametrize(
    ("status", "writable", "text", "short"),
    [
        (CaptureStatus("live", ("codex",), way="file events"), True, "capturing · 1 agent", "1 agent"),
        (
            CaptureStatus("live", ("codex", "pi"), way="polling every 0.3 s: why", polling=True),
            True, "capturing · 2 agents · polling", "2 agents · polling",
        ),
        (CaptureStatus("importing", done_bytes=1, total_bytes=4), True, "reading history 25%", "reading 25%"),
        (CaptureStatus("failed"), True, "capture failed", "capture failed"),
        (CaptureStatus("live"), False, "read only: another skilltui writes here", "read only"),
    ],
)  # fmt: skip
def test_the_line(status: CaptureStatus, writable: bool, text: str, short: str) -> None:
    note = capture_note(status, writable=writable)
    assert (note.text, note.short) == (text, short)
