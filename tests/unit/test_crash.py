"""A mistake of the program: where it happened goes to a file, what was captured does not."""

from __future__ import annotations

import stat
from pathlib import Path

from skilltui.tui.crash import write_crash


def test_the_report_names_the_place_and_no_value(tmp_path: Path) -> None:
    captured = "a captured sentence"
    try:
        raise ValueError(captured)
    except ValueError as error:
        path = write_crash(tmp_path, error)
    assert path is not None
    text = path.read_text(encoding="utf-8")
    assert "ValueError" in text
    assert "test_the_report_names_the_place" in text
    assert captured not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_no_report_can_be_written_nothing_else_breaks(tmp_path: Path) -> None:
    assert write_crash(tmp_path / "missing", ValueError()) is None
