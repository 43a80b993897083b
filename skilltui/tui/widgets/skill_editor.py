"""A ``SKILL.md`` as it would be, with the lines that an edit brought marked in the gutter; and a field to reword one.

What is shown is a display copy: the bytes that go to disk are made elsewhere from the edits, never from this text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from skilltui.text.sanitise import sanitise
from skilltui.tui.signs import FINDING


class SkillEditor(TextArea):
    """Read-only until :meth:`edit` is called. Keys that a pane binds reach it while nothing can be typed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"editor--added", "editor--finding", "editor--number", "editor--chosen"}
    DEFAULT_CSS = """
    SkillEditor {
        height: 1fr;
        width: 1fr;
        border: none;
        padding: 0;
        background: $background;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
        & .text-area--cursor-line { background: $skilltui-cursor-away; }
        &:focus .text-area--cursor-line { background: $skilltui-cursor; }
        &.-read-only .text-area--cursor { background: $skilltui-muted; color: $background; }
        & .editor--number { color: $skilltui-muted; }
        & .editor--added { color: $skilltui-success; }
        & .editor--chosen { color: $skilltui-accent; text-style: bold; }
        & .editor--finding { color: $skilltui-finding; text-style: bold; }
        &.-editing { background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep", "keep", id="editor.keep", tooltip="Put these words in the edit"),
        Binding("escape", "leave", "leave", id="editor.leave", tooltip="Leave the edit as it was"),
    ]

    @dataclass
    class Kept(Message):
        """The person wrote this instead."""

        text: str

    @dataclass
    class Left(Message):
        """The person wants it as it was."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        # Textual asks for the gutter's width while it is being built.
        self._marks: Mapping[int, str] = {}
        self._flagged: Collection[int] = ()
        self._chosen = ""
        self._shown: str | None = None
        super().__init__(id=id, read_only=True, show_line_numbers=True, soft_wrap=True, highlight_cursor_line=True)

    @property
    def editing(self) -> bool:
        """Whether the person can type."""
        return not self.read_only

    @property
    def gutter_width(self) -> int:
        """Cells of the gutter: finding sign, edit, line number. Overrides Textual's numbers alone."""
        if not self.show_line_numbers:
            return 0
        return _mark_width(self._marks) + len(str(self.document.line_count)) + 2

    def show(self, text: str, marks: Mapping[int, str], flagged: Collection[int]) -> None:
        """Show a text. ``marks``: 1-based line -> id of the edit that brought it; ``flagged``: lines with findings.

        The place in it is kept while the same skill is shown.
        """
        shown = sanitise(text)
        wider = _mark_width(marks) != _mark_width(self._marks)
        self._marks, self._flagged = marks, frozenset(flagged)
        if shown != self._shown or self.editing:
            place, scroll = self.cursor_location, self.scroll_offset
            self._type(shown, read_only=True)
            self._shown = shown
            self.move_cursor(place)
            self.scroll_to(y=scroll.y, animate=False, immediate=True)
        elif wider:
            self.notify_style_update()
            self._rewrap_and_refresh_virtual_size()
        self._redraw()

    def edit_text(self, text: str) -> None:
        """Let the person change ``text``."""
        self._marks, self._flagged, self._shown = {}, (), None
        self._type(sanitise(text, max_line=None), read_only=False)
        self.move_cursor(self.document.end)
        self.focus()

    def choose(self, edit: str) -> None:
        """Emphasise the lines of one edit, and bring the first into sight."""
        self._chosen = edit
        own = sorted(line for line, owner in self._marks.items() if owner == edit)
        if own:
            # An empty line before a new heading belongs to the edit, but says nothing.
            self.go_to_line(next((n for n in own if self.document.get_line(n - 1).strip()), own[0]))
        self._redraw()

    def go_to_line(self, line: int) -> None:
        """Put the cursor on a line, counted from 1."""
        row = min(max(line - 1, 0), self.document.line_count - 1)
        self.move_cursor((row, 0), center=True)

    def get_line(self, line_index: int) -> Text:
        """A line, coloured where an edit brought it."""
        text = super().get_line(line_index)
        owner = self._marks.get(line_index + 1)
        if owner is not None:
            text.stylize(self.get_component_rich_style("editor--added", partial=True))
        return text

    def render_line(self, y: int) -> Strip:
        """Textual's line behind a gutter of our own."""
        strip = super().render_line(y)
        place = y + self.scroll_offset.y
        if not self.show_line_numbers or place >= self.wrapped_document.height:
            return strip
        row, column = self.wrapped_document.offset_to_location(Offset(0, place))
        return Strip.join([self._gutter(row, first=column == 0), strip.crop(self.gutter_width)])

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text is foreign text."""
        if self.editing:
            event.prevent_default()
            event.stop()
            self.replace(sanitise(event.text, max_line=None), *self.selection)

    def action_paste(self) -> None:
        """The same for the program's own clipboard."""
        if self.editing:
            self.replace(sanitise(self.app.clipboard, max_line=None), *self.selection)

    def action_keep(self) -> None:
        """Done."""
        self.post_message(self.Kept(self.text))

    def action_leave(self) -> None:
        """Not after all."""
        self.post_message(self.Left())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keeping and leaving are for editing; otherwise the pane's own keys are heard."""
        del parameters
        return self.editing if action in ("keep", "leave") else True

    def _type(self, text: str, *, read_only: bool) -> None:
        self.read_only = read_only
        self.set_class(not read_only, "-editing")
        self.load_text(text)
        self.refresh_bindings()

    def _redraw(self) -> None:
        # Textual keeps drawn lines under keys that do not know of marks.
        self._line_cache.clear()
        self.refresh()

    def _gutter(self, row: int, *, first: bool) -> Strip:
        owner = self._marks.get(row + 1, "")
        flagged = row + 1 in self._flagged
        on_cursor = self.highlight_cursor_line and self.cursor_location[0] == row
        base = "text-area--cursor-line" if on_cursor else ""
        width = _mark_width(self._marks)
        tone = "editor--chosen" if owner and owner == self._chosen else "editor--added"
        label = f"+{owner if first else ''}" if owner else ""
        number = str(row + 1) if first else ""
        segments = [
            Segment(str(FINDING) if flagged and first else " ", self._style(base, "editor--finding")),
            Segment(f"{label:<{width - 1}}", self._style(base, tone)),
            Segment(f"{number:>{self.gutter_width - width - 2}}  ", self._style(base, "editor--number")),
        ]
        return Strip(segments, self.gutter_width)

    def _style(self, *names: str) -> Style:
        return self.get_visual_style(*(name for name in names if name)).rich_style


def _mark_width(marks: Mapping[int, str]) -> int:
    """Cells for the finding's sign, and for ``+e3`` with a space after it where there are marks."""
    return 3 + max(map(len, marks.values())) if marks else 1
