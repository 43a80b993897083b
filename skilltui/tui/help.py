"""The help: what this pane is for, what can be done here and now, and what the signs mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec import Struct
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen

from skilltui.tui import signs
from skilltui.tui.pane import Pane
from skilltui.tui.widgets.cells import Cell, sign_cell
from skilltui.tui.widgets.detail import Block, Detail, Facts, Gap, Heading, Para


class KeyHelp(Struct, frozen=True):
    """Keys that do the same, and what that is."""

    keys: str
    words: str


Section = tuple[str, Sequence[KeyHelp]]


def sections(screen: Screen[Any]) -> list[Section]:
    """What the keys do on this screen with this focus: the pane's verbs, then moving, then what works everywhere."""
    verbs: dict[str, KeyHelp] = {}
    moves: dict[str, KeyHelp] = {}
    everywhere: dict[str, KeyHelp] = {}
    for node, binding, enabled, tooltip in screen.active_bindings.values():
        if not enabled or binding.system or not tooltip:
            continue
        group = verbs if isinstance(node, Pane) else everywhere if isinstance(node, App | Screen) else moves
        key = screen.app.get_key_display(binding)
        known = group.get(binding.action)
        group[binding.action] = KeyHelp(f"{known.keys} {key}", known.words) if known else KeyHelp(key, tooltip)
    named = (("HERE AND NOW", verbs), ("MOVING", moves), ("EVERYWHERE", everywhere))
    return [(title, tuple(keys.values())) for title, keys in named if keys]


class HelpScreen(ModalScreen[None]):
    """Over the pane it explains."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "close", "Close", id="help.close", tooltip="Back to the pane"),
    ]
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background 60%;
        Vertical {
            width: 76;
            max-width: 98%;
            height: 90%;
            background: $surface;
            border: round $skilltui-rule;
            padding: 0 1;
        }
        Detail { background: $surface; }
    }
    """

    def __init__(self, title: str, purpose: str, explained: Sequence[Section]) -> None:
        super().__init__()
        self._title = title
        self._purpose = purpose
        self._explained = explained

    def compose(self) -> ComposeResult:
        """One text to scroll."""
        with Vertical():
            yield Detail()

    def on_mount(self) -> None:
        """Fill it."""
        blocks: list[Block] = [Heading(self._title.upper(), "esc closes"), Para(self._purpose)]
        for title, keys in self._explained:
            blocks += [Gap(), Heading(title), *(_key_line(key) for key in keys)]
        legend = (
            Facts((Cell("", width=8), sign_cell(sign), Cell("", width=1), Cell(sign.word))) for sign in signs.LEGEND
        )
        blocks += [Gap(), Heading("SIGNS"), *legend]
        detail = self.query_one(Detail)
        detail.show("help", blocks)
        detail.focus()

    def action_close(self) -> None:
        """Back to the pane."""
        self.dismiss()


def _key_line(key: KeyHelp) -> Facts:
    return Facts((Cell(key.keys, "accent", width=10, right=True), Cell("", width=1), Cell(key.words, grow=True)))
