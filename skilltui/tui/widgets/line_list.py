"""A list of rows with a cursor, for any number of rows. The cursor belongs to a key, not to a place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from skilltui.tui.signs import CURSOR
from skilltui.tui.widgets.cells import Cell, Row
from skilltui.tui.widgets.lines import Lines

_NO_CURSOR = Cell("", width=1)


class LineList(Lines):
    """Rows of one or two lines.

    The cursor is shown by a sign as well as by colour. Updates keep the cursor on its key and its place on the screen.
    With ``follow`` a cursor on the last row goes on to each new last row.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up", tooltip="One row up"),
        Binding("down,j", "move(1)", "Down", show=False, id="list.down", tooltip="One row down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="list.page_up", tooltip="One page up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="list.page_down", tooltip="One page down"),
        Binding("home", "edge(0)", "First", show=False, id="list.first", tooltip="The first row"),
        Binding("end,G", "edge(1)", "Last", show=False, id="list.last", tooltip="The last row"),
        Binding("enter", "select", "open", key_display="enter", id="list.open", tooltip="Open the chosen row"),
    ]

    cursor: reactive[int] = reactive(-1, repaint=False)

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another key; ``None`` where the list is empty."""

        line_list: LineList
        key: str | None

        @property
        def control(self) -> LineList:
            """For ``@on`` selectors."""
            return self.line_list

    @dataclass
    class Selected(Message):
        """A row was opened: Enter, or a click on the row under the cursor."""

        line_list: LineList
        key: str

        @property
        def control(self) -> LineList:
            """For ``@on`` selectors."""
            return self.line_list

    def __init__(
        self,
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
        follow: bool = False,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.follow = follow
        self._rows: Sequence[Row] = ()
        self._index: dict[str, int] = {}
        self._tops: list[int] = [0]

    @property
    def rows(self) -> Sequence[Row]:
        """What is shown."""
        return self._rows

    @property
    def highlighted(self) -> str | None:
        """The key under the cursor."""
        return self._rows[self.cursor].key if 0 <= self.cursor < len(self._rows) else None

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows. Keys must differ. Only lines that changed are drawn again."""
        before, old_rows, old_tops = self.highlighted, self._rows, self._tops
        at_end = self.cursor >= len(old_rows) - 1
        offset = old_tops[self.cursor] - self.scroll_offset.y if before is not None else 0
        self._rows = rows
        self._index = {row.key: number for number, row in enumerate(rows)}
        self._tops = list(accumulate((row.height for row in rows), initial=0))

        if self.follow and at_end and rows:
            place = self._selectable(len(rows) - 1, -1)
        elif before is not None and before in self._index:
            place = self._index[before]
        else:
            place = self._selectable(min(max(self.cursor, 0), len(rows) - 1), 1) if rows else -1
        grown = self._tops[-1] != old_tops[-1]
        self.set_reactive(LineList.cursor, place)
        if grown:
            self.set_line_count(self._tops[-1])
        if place >= 0:
            if before is not None and self.highlighted == before and not (self.follow and at_end):
                # Rows that arrive above do not push away what is being read.
                self.scroll_to(y=max(0, self._tops[place] - offset), animate=False, immediate=True, force=True)
            else:
                self._show_cursor()
        if grown:
            self.refresh()
        else:
            self._refresh_changed(old_rows, rows)
        if self.highlighted != before:
            self.post_message(self.Highlighted(self, self.highlighted))

    def highlight(self, key: str) -> bool:
        """Put the cursor on ``key``; ``False`` where there is no such row."""
        if key not in self._index:
            return False
        self.cursor = self._index[key]
        self._show_cursor()
        return True

    def row_at(self, y: int) -> int:
        """The number of the row on line ``y`` of the content."""
        return bisect_right(self._tops, y) - 1

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """A row's line behind the cursor's column."""
        number = self.row_at(y)
        line = y - self._tops[number]
        on_cursor = number == self.cursor
        lead = Cell(str(CURSOR), CURSOR.tone, width=1) if on_cursor and not line else _NO_CURSOR
        state = ("cursor" if self.has_focus else "cursor-away") if on_cursor else ""
        return (lead, *self._rows[number].lines[line]), state

    def validate_cursor(self, cursor: int) -> int:
        """Never outside the rows."""
        return min(max(cursor, -1), len(self._rows) - 1)

    def watch_cursor(self, before: int, after: int) -> None:
        """Draw the two rows again, and tell."""
        for number in (before, after):
            self._refresh_row(number)
        self.post_message(self.Highlighted(self, self.highlighted))

    def watch_has_focus(self, _value: bool) -> None:  # noqa: FBT001 - Textual's own signature
        """The cursor looks different without the focus."""
        super().watch_has_focus(_value)
        self._refresh_row(self.cursor)

    def action_move(self, by: int) -> None:
        """One row up or down, past headings."""
        target = self._selectable(self.cursor + by, by)
        if 0 <= target < len(self._rows):
            self.cursor = target
        elif by < 0:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self._show_cursor()

    def action_page(self, by: int) -> None:
        """One page up or down."""
        if self.cursor < 0:
            return
        y = self._tops[self.cursor] + by * max(1, self.size.height - 1)
        number = self.row_at(min(max(y, 0), self._tops[-1] - 1))
        target = self._selectable(number, by)
        self.cursor = target if 0 <= target < len(self._rows) else self._selectable(number, -by)
        self._show_cursor()

    def action_edge(self, end: int) -> None:
        """The first or the last row."""
        if self._rows:
            self.cursor = self._selectable(len(self._rows) - 1, -1) if end else self._selectable(0, 1)
            self._show_cursor()

    def action_select(self) -> None:
        """Open the row under the cursor."""
        if self.highlighted is not None:
            self.post_message(self.Selected(self, self.highlighted))

    def on_click(self, event: events.Click) -> None:
        """The first click chooses, a click on the chosen row opens it."""
        offset = event.get_content_offset(self)
        if offset is None or not self.has_line(offset.y + self.scroll_offset.y):
            return
        number = self.row_at(offset.y + self.scroll_offset.y)
        if not self._rows[number].selectable:
            return
        if number == self.cursor:
            self.action_select()
        else:
            self.cursor = number

    def _selectable(self, number: int, towards: int) -> int:
        step = 1 if towards > 0 else -1
        while 0 <= number < len(self._rows) and not self._rows[number].selectable:
            number += step
        return number

    def on_resize(self) -> None:
        """A list that was hidden learns only now how much it can show."""
        self._show_cursor()

    def _show_cursor(self) -> None:
        height = self.scrollable_content_region.height
        if self.cursor < 0 or height < 1:
            return
        top, bottom = self._tops[self.cursor], self._tops[self.cursor + 1]
        y = self.scroll_offset.y
        if top < y:
            # Headings above the first row come into view with it.
            self.scroll_to(
                y=0 if self._selectable(0, 1) == self.cursor else top, animate=False, immediate=True, force=True
            )
        elif bottom > y + height:
            self.scroll_to(y=min(top, bottom - height), animate=False, immediate=True, force=True)

    def _refresh_row(self, number: int) -> None:
        if 0 <= number < len(self._rows):
            self.refresh_lines(self._tops[number], self._rows[number].height)

    def _refresh_changed(self, before: Sequence[Row], after: Sequence[Row]) -> None:
        if len(before) != len(after):
            self.refresh()
            return
        first = self.row_at(self.scroll_offset.y)
        last = self.row_at(min(self.scroll_offset.y + self.size.height, max(0, self._tops[-1] - 1)))
        for number in range(max(0, first), min(last + 1, len(after))):
            if before[number].height != after[number].height:
                self.refresh()
                return
            if before[number] != after[number]:
                self._refresh_row(number)
