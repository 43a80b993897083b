"""One line that says what is being drafted, how far it is, and how to stop it. Hidden while nothing is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from skilltui.learning.engine import Progress
from skilltui.tui.signs import DOT, DRAFT
from skilltui.tui.widgets.cells import Cell, sign_cell
from skilltui.tui.widgets.lines import Lines

_TITLE = 40
_PHASES = {
    "mining": "reading the evidence",
    "loading": "loading the model",
    "reading": "the model reads",
    "writing": "writing",
    "done": "saving",
}


class JobLine(Lines, can_focus=False):
    """Shows the draft that is being written."""

    DEFAULT_CSS = """
    JobLine {
        height: 1;
        overflow: hidden hidden; scrollbar-gutter: auto;
        background: $surface;
        padding: 0 1;
        display: none;
        &.-busy { display: block; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._title = ""
        self._progress = Progress("mining")

    def start(self, title: str) -> None:
        """A draft begins."""
        self._title, self._progress = title, Progress("mining")
        self.add_class("-busy")
        self.refresh()

    def update_progress(self, progress: Progress) -> None:
        """It got further."""
        self._progress = progress
        self.refresh()

    def finish(self) -> None:
        """It is over, one way or the other."""
        self.remove_class("-busy")

    def has_line(self, y: int) -> bool:
        """Always one."""
        return y == 0

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """Title, phase, what was generated, the newest words, and the way out."""
        del y
        progress = self._progress
        state = [_PHASES.get(progress.phase, progress.phase)]
        if progress.tokens:
            state.append(f"{progress.tokens} tokens")
        if progress.seconds >= 1:
            state.append(f"{progress.seconds:.0f} s")
        newest = progress.text[-200:].rsplit("\n", 1)[-1]
        return (
            sign_cell(DRAFT),
            Cell(self._title, "strong", width=min(cell_len(self._title), _TITLE)),
            Cell(str(DOT), "muted"),
            Cell(f" {DOT} ".join(state), "muted"),
            Cell(newest, "quote", grow=True, drop=1),
            Cell("esc stops it", "accent"),
        ), ""
