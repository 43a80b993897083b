"""The base of everything that draws lines: a scroll view with an LRU of strips.

Measured on Textual 8.2.8: a hundred thousand rows appear in 0.5 ms and a key costs some 400 bytes on the wire, where
mounted widgets or option lists take tens of seconds and 14 kB.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from skilltui.tui.widgets.cells import TONES, Cell, lay_out
from skilltui.tui.widgets.empty_state import EmptyState, empty_lines

# Kept strips: several screens of the tallest terminal.
_KEPT = 1024


class Lines(ScrollView, can_focus=True):
    """Draws cells line by line. Subclasses say how many lines there are and what is on each."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"lines--{tone}" for tone in TONES), "lines--cursor", "lines--cursor-away",
    }  # fmt: skip
    DEFAULT_CSS = """
    Lines {
        height: 1fr;
        width: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size: 0 1;
        scrollbar-gutter: stable;
        background: $background;
        .lines--muted { color: $skilltui-muted; }
        .lines--strong { text-style: bold; }
        .lines--accent { color: $skilltui-accent; text-style: bold; }
        .lines--heading { color: $skilltui-muted; text-style: bold; }
        .lines--rule { color: $skilltui-rule; }
        .lines--code { color: $skilltui-code; }
        .lines--quote { color: $skilltui-quote; text-style: italic; }
        .lines--success { color: $skilltui-success; }
        .lines--failure { color: $skilltui-failure; }
        .lines--unknown { color: $skilltui-unknown; }
        .lines--gap { color: $skilltui-gap; }
        .lines--draft { color: $skilltui-draft; }
        .lines--live { color: $skilltui-live; }
        .lines--finding { color: $skilltui-finding; }
        .lines--added { color: $skilltui-success; }
        .lines--removed { color: $skilltui-failure; }
        .lines--tab { color: $skilltui-muted; }
        .lines--tab-active { background: $skilltui-cursor; color: $skilltui-accent; text-style: bold; }
        .lines--cursor { background: $skilltui-cursor; }
        .lines--cursor-away { background: $skilltui-cursor-away; }
        /* Sixteen colours hold no background on which all the others can be read. */
        &:ansi .lines--cursor { text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=classes)
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(_KEPT)
        self._placeholder: EmptyState | None = None

    @property
    def placeholder(self) -> EmptyState | None:
        """What to show where there is no line."""
        return self._placeholder

    @placeholder.setter
    def placeholder(self, state: EmptyState | None) -> None:
        if state != self._placeholder:
            self._placeholder = state
            if not self.virtual_size.height:
                self.refresh()

    @property
    def line_width(self) -> int:
        """Cells that a line may fill: 0 before the first layout, and the last known while hidden."""
        # Not by the region: the screen knows none of a widget that is hidden, or about to be shown.
        return max(0, self.outer_size.width - self.gutter.width)

    def set_line_count(self, count: int) -> None:
        """Tell the scroll view how tall its content is."""
        size = Size(self.line_width, count)
        if size == self.virtual_size:
            return
        if self.styles.is_auto_height:
            self.virtual_size = size
            self.refresh(layout=True)
        else:
            # The reactive would lay out the whole screen anew, and draw most of it, for a scroll bar.
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)

    def notify_style_update(self) -> None:
        """Colours changed (theme, focus): nothing drawn before is true any more."""
        super().notify_style_update()
        # Textual calls this from the base constructor too.
        if hasattr(self, "_strips"):
            self._strips.clear()

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """The cells of line ``y`` of the content and the state of the line: ``""``, ``cursor`` or ``cursor-away``."""
        raise NotImplementedError

    def has_line(self, y: int) -> bool:
        """Whether there is a line ``y``."""
        return 0 <= y < self.virtual_size.height

    def render_line(self, y: int) -> Strip:
        """One line of the widget, from the cache where it was drawn before."""
        place = y + self.scroll_offset.y
        width = self.line_width
        if self.has_line(place):
            cells, state = self.cells_at(place)
        else:
            cells, state = self._placeholder_cells(y), ""
        if not cells:
            return Strip.blank(width, self.rich_style)
        key = (tuple(cells), state, width)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._paint(cells, state, width)
        return strip

    def _placeholder_cells(self, y: int) -> Sequence[Cell]:
        if self._placeholder is None or self.virtual_size.height:
            return ()
        lines = empty_lines(self._placeholder, self.line_width, self.scrollable_content_region.height)
        return lines[y] if y < len(lines) else ()

    def _paint(self, cells: Sequence[Cell], state: str, width: int) -> Strip:
        base = (f"lines--{state}",) if state else ()
        segments = [
            Segment(text, self.get_visual_style(*base, f"lines--{tone}").rich_style)
            for text, tone in lay_out(cells, width)
        ]
        return Strip(segments, width)
