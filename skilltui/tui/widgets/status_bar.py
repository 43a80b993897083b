"""The top line: which pane is open, what waits in each, whether capture runs, and what can write drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.reactive import reactive

from skilltui.tui.signs import Sign
from skilltui.tui.widgets.cells import Cell
from skilltui.tui.widgets.lines import Lines

NAME = "skilltui"
# From roomy to narrow: the gap between panes, and whether the name, the engine and (2 in full, 1 in short) capture fit.
_FORMS = (
    (4, True, True, 2),
    (3, True, True, 2),
    (2, True, False, 2),
    (2, True, False, 1),
    (2, False, False, 1),
    (1, False, False, 0),
)


class Note(Struct, frozen=True):
    """A short state at the right end: a sign, words, and fewer words for a narrow line."""

    sign: Sign
    text: str
    short: str = ""


class StatusBar(Lines, can_focus=False):
    """One line. A click on a pane's name opens it."""

    DEFAULT_CSS = """
    StatusBar {
        dock: top;
        height: 1;
        overflow: hidden hidden; scrollbar-gutter: auto;
        background: $surface;
        color: $foreground;
        .lines--strong { color: $skilltui-accent; text-style: bold; }
        .lines--heading { color: $foreground; text-style: bold; }
    }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    active: reactive[str] = reactive("")
    counts: reactive[Mapping[str, int]] = reactive[Mapping[str, int]]({})
    capture: reactive[Note | None] = reactive[Note | None](None)
    engine: reactive[str] = reactive("")

    @dataclass
    class PaneChosen(Message):
        """A pane's name was clicked."""

        pane: str

    def __init__(self, panes: Sequence[str]) -> None:
        super().__init__()
        self._panes = tuple(panes)
        self._spots: list[tuple[int, int, str]] = []

    def has_line(self, y: int) -> bool:
        """Always one."""
        return y == 0

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """The line for the present width; what does not fit is left out, the least needed first."""
        del y
        width = self.line_width
        for gap, name, engine, capture in _FORMS:
            cells = self._cells(gap=gap, name=name, engine=engine, capture=capture, width=width)
            if cells is not None:
                return cells, ""
        return (), ""

    def on_click(self, event: events.Click) -> None:
        """Open the pane whose name was hit."""
        for start, end, pane in self._spots:
            if start <= event.x < end:
                self.post_message(self.PaneChosen(pane))

    def _cells(self, *, gap: int, name: bool, engine: bool, capture: int, width: int) -> list[Cell] | None:
        # Cells are joined by one space, so a gap of n is a cell of n - 2 between two of them, or no cell for n = 1.
        def space(n: int) -> list[Cell]:
            return [Cell("", width=n - 2)] if n > 2 else []

        left: list[Cell] = [Cell(f" {NAME}" if name else "", "strong", width=len(NAME) + 1 if name else 0)]
        left += space(gap) if name else []
        spots: list[tuple[int, int, str]] = []
        x = _length(left) + 1 if name else 0
        for number, pane in enumerate(self._panes, start=1):
            count = self.counts.get(pane, 0)
            label = f" {number} {pane}{f' {count}' if count else ''} "
            tone = "tab-active" if pane == self.active else "tab"
            if number > 1:
                left += space(gap - 1)
                x = _length(left) + 1
            left.append(Cell(label, tone))
            spots.append((x, x + cell_len(label), pane))
        right: list[Cell] = []
        if self.capture is not None and capture:
            words = self.capture.text if capture == 2 else self.capture.short or self.capture.text
            right += [Cell(str(self.capture.sign), self.capture.sign.tone), Cell(words)]
        if engine and self.engine:
            right += [*space(3), Cell(self.engine, "muted")]
        right.append(Cell("", width=1))
        if _length(left) + _length(right) + 2 > width:
            return None
        self._spots = spots
        return [*left, Cell("", grow=True), *right]


def _length(cells: Sequence[Cell]) -> int:
    """Cells that these take, with a space between each two; empty ones without a width vanish."""
    sizes = [cell.width or cell_len(cell.text) for cell in cells if cell.width or cell.text]
    return sum(sizes) + max(0, len(sizes) - 1)
