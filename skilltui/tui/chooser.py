"""A small dialog to pick one of several: a fault, a skill to link, a status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from skilltui.tui import signs
from skilltui.tui.content import line
from skilltui.tui.widgets.cells import Cell, row
from skilltui.tui.widgets.empty_state import EmptyState
from skilltui.tui.widgets.line_list import LineList

# From this many on, typing narrows them down.
_FILTER_FROM = 9


class Choice(Struct, frozen=True):
    """One possibility. ``aside`` stands at the right end of its line."""

    key: str
    label: str
    aside: str = ""


class Chooser(ModalScreen[str | None]):
    """Dismisses with the key chosen, or ``None``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="chooser.cancel", tooltip="Close and change nothing"),
        Binding("down", "move('down')", "Down", show=False, id="chooser.down", tooltip="One row down"),
        Binding("up", "move('up')", "Up", show=False, id="chooser.up", tooltip="One row up"),
    ]
    DEFAULT_CSS = """
    Chooser {
        align: center middle;
        background: $background 60%;
        Vertical {
            width: 72;
            max-width: 96%;
            height: auto;
            max-height: 80%;
            background: $surface;
            border: round $skilltui-rule;
            padding: 0 1;
        }
        #chooser-title { text-style: bold; width: 1fr; }
        #chooser-way-on { color: $skilltui-muted; width: 1fr; }
        Input { background: $panel; margin: 1 0 0 0; padding: 0 1; }
        LineList { background: $surface; height: auto; max-height: 20; min-height: 3; margin: 1 0; }
    }
    """

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title = title
        self._choices = list(choices)

    def compose(self) -> ComposeResult:
        """Title, filter where there are many, list, keys."""
        with Vertical():
            yield Static(line(self._title), id="chooser-title")
            if len(self._choices) >= _FILTER_FROM:
                yield Input(placeholder="type to narrow down", compact=True)
            yield LineList()
            yield Static(line(f"enter choose {signs.DOT} esc cancel"), id="chooser-way-on")

    def on_mount(self) -> None:
        """Show everything; the focus goes to the filter where there is one."""
        self._show("")
        self.query_one(LineList).placeholder = EmptyState(signs.UNKNOWN, "None of that name.")
        (self.query("Input").first() if self.query("Input") else self.query_one(LineList)).focus()

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.dismiss(self.query_one(LineList).highlighted)

    @on(LineList.Selected)
    def _chosen(self, event: LineList.Selected) -> None:
        self.dismiss(event.key)

    def action_move(self, where: str) -> None:
        """From the filter, the arrows move the list."""
        self.query_one(LineList).action_move(1 if where == "down" else -1)

    def action_cancel(self) -> None:
        """Nothing chosen."""
        self.dismiss(None)

    def _show(self, words: str) -> None:
        wanted = words.lower().split()
        fitting = [c for c in self._choices if all(w in f"{c.label} {c.aside}".lower() for w in wanted)]
        rows = [row(c.key, Cell(c.label, grow=True), Cell(c.aside, "muted", drop=1)) for c in fitting]
        self.query_one(LineList).set_rows(rows)
