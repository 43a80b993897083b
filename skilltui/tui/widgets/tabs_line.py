"""A line of names with counts, one of them chosen; a click chooses another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct
from rich.cells import cell_len
from textual import events
from textual.message import Message

from skilltui.tui.widgets.cells import Cell
from skilltui.tui.widgets.lines import Lines


class Tab(Struct, frozen=True):
    """One name. ``count`` 0 is shown too: an empty place is news."""

    key: str
    label: str
    count: int


class TabsLine(Lines, can_focus=False):
    """One line: a title, the tabs, and a remark at the right end."""

    DEFAULT_CSS = """
    TabsLine { height: 1; overflow: hidden hidden; scrollbar-gutter: auto; }
    """

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        key: str

    def __init__(self, title: str, remark: str = "") -> None:
        super().__init__()
        self._title = title
        self._remark = remark
        self._tabs: Sequence[Tab] = ()
        self._active = ""
        self._spots: list[tuple[int, int, str]] = []

    def set_tabs(self, tabs: Sequence[Tab], active: str) -> None:
        """Show these, with ``active`` marked."""
        self._tabs, self._active = tabs, active
        self.refresh()

    def set_remark(self, remark: str) -> None:
        """Say something else at the right end."""
        self._remark = remark
        self.refresh()

    def has_line(self, y: int) -> bool:
        """Always one."""
        return y == 0

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """Title, tabs, remark; where room is short, empty tabs go, then the remark."""
        del y
        cells = [Cell("", width=1), Cell(self._title, "heading")]
        x = len(self._title) + 3
        self._spots = []
        shown = [tab for tab in self._tabs if tab.count or tab.key == self._active or self.line_width >= 100]
        for tab in shown:
            text = f" {tab.label} {tab.count} "
            cells.append(Cell(text, "tab-active" if tab.key == self._active else "tab"))
            self._spots.append((x, x + cell_len(text), tab.key))
            x += cell_len(text) + 1
        return [*cells, Cell("", grow=True), Cell(self._remark, "muted", drop=1), Cell("", width=1)], ""

    def on_click(self, event: events.Click) -> None:
        """Choose the tab that was hit."""
        for start, end, key in self._spots:
            if start <= event.x < end:
                self.post_message(self.Chosen(key))
