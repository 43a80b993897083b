"""Text to read: headings, paragraphs, quotes and output, wrapped to the width and drawn line by line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeAlias

from msgspec import Struct
from textual import events
from textual.binding import Binding, BindingType
from textual.strip import Strip

from skilltui.tui.signs import RULE, Sign
from skilltui.tui.widgets.cells import Cell, Line, sign_cell, wrap
from skilltui.tui.widgets.empty_state import EmptyState
from skilltui.tui.widgets.lines import Lines

# More lines of one text than anybody reads here; the middle is left out and counted.
HEAD_LINES = 1200
TAIL_LINES = 400


class Heading(Struct, frozen=True):
    """A title over what follows; ``aside`` stands at the right end of its line."""

    text: str
    aside: str = ""


class Para(Struct, frozen=True):
    """Text of any length. ``lead`` stands before its first line, the others are indented to match."""

    text: str
    tone: str = "text"
    lead: Sign | None = None
    indent: int = 0


class Facts(Struct, frozen=True):
    """One line of cells."""

    cells: Line


class Rule(Struct, frozen=True):
    """A line across."""


class Gap(Struct, frozen=True):
    """An empty line."""


Block: TypeAlias = Heading | Para | Facts | Rule | Gap


def excerpt(text: str) -> str:
    """The beginning and the end of a text that is too long to be read; says how much is left out."""
    lines = text.split("\n")
    if len(lines) <= HEAD_LINES + TAIL_LINES:
        return text
    left_out = len(lines) - HEAD_LINES - TAIL_LINES
    note = f"… {left_out:,} lines left out …"
    return "\n".join([*lines[:HEAD_LINES], note, *lines[-TAIL_LINES:]])


def block_lines(blocks: Iterable[Block], width: int) -> list[Line]:
    """The lines of the blocks at this width."""
    lines: list[Line] = []
    for block in blocks:
        match block:
            case Heading(text, aside):
                lines.append((Cell(text, "heading", grow=True), Cell(aside, "muted", drop=1)))
            case Para(text, tone, lead, indent):
                margin = indent + (2 if lead else 0)
                for number, piece in enumerate(wrap(excerpt(text), width - margin)):
                    body = Cell(piece, tone, grow=True)
                    if lead and number == 0:
                        before = (Cell("", width=indent - 1),) if indent > 1 else ()
                        lines.append((*before, sign_cell(lead), body))
                    else:
                        lines.append((Cell("", width=margin - 1), body) if margin > 1 else (body,))
            case Facts(cells):
                lines.append(cells)
            case Rule():
                lines.append((Cell(str(RULE) * width, "rule"),))
            case Gap():
                lines.append(())
    return lines


class Detail(Lines):
    """Shows blocks. ``key`` tells whether the same thing is shown again, which keeps the place."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="detail.up", tooltip="One line up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="detail.down", tooltip="One line down"),
        Binding("pageup", "page_up", "Page up", show=False, id="detail.page_up", tooltip="One page up"),
        Binding("pagedown,space", "page_down", "Page down", show=False, id="detail.page_down", tooltip="One page down"),
        Binding("home", "scroll_home", "Start", show=False, id="detail.start", tooltip="The beginning"),
        Binding("end,G", "scroll_end", "End", show=False, id="detail.end", tooltip="The end"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=classes)
        self._blocks: Sequence[Block] = ()
        self._lines: list[Line] = []
        self._wrapped_at = 0
        self._key: str | None = None

    def show(self, key: str, blocks: Sequence[Block]) -> None:
        """Show these blocks; from the start unless ``key`` was shown before."""
        if key == self._key and blocks == self._blocks:
            return
        same, self._key, self._blocks = key == self._key, key, blocks
        self._wrap()
        if not same:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def clear(self) -> None:
        """Nothing to read, and nothing to say about that."""
        self.show_state(None)

    def show_state(self, state: EmptyState | None) -> None:
        """Nothing to read, and why."""
        self._key, self._blocks, self._lines = None, (), []
        self.set_line_count(0)
        self.placeholder = state
        self.refresh()

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """A wrapped line."""
        return self._lines[y], ""

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap again where the width is another."""
        self._fit()

    def render_line(self, y: int) -> Strip:
        """A line; one that is drawn at a width that nobody told of is wrapped for it at once after."""
        # Where somebody asked for a region while a layout was due, Textual 8.2.8 sends no resize event after it.
        if self.line_width != self._wrapped_at:
            self.call_later(self._fit)
        return super().render_line(y)

    def _fit(self) -> None:
        if self.line_width != self._wrapped_at:
            self._wrap()

    def _wrap(self) -> None:
        self._wrapped_at = self.line_width
        self._lines = block_lines(self._blocks, self._wrapped_at) if self._wrapped_at else []
        self.set_line_count(len(self._lines))
        if self.line_width != self._wrapped_at:
            # The scroll bar came or went with the new height.
            self._wrapped_at = self.line_width
            self._lines = block_lines(self._blocks, self._wrapped_at)
            self.set_line_count(len(self._lines))
        self.refresh()
