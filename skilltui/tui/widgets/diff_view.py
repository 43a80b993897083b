"""Two texts compared: side by side where there is room, one below the other where there is not.

What went and what came is said by a sign in the gutter and by a word's underline, never by colour alone. Long lines are
wrapped, and cut with an ellipsis where nobody would read on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, TypeAlias

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.message import Message
from textual.strip import Strip

from skilltui.text.sanitise import sanitise_line
from skilltui.tui.diff_model import DiffModel, Line, Marks, Row
from skilltui.tui.signs import CURSOR, ELLIPSIS, ascii_only
from skilltui.tui.widgets.cells import Cell, fit
from skilltui.tui.widgets.empty_state import EmptyState
from skilltui.tui.widgets.lines import Lines

# From this many cells on both texts stand side by side.
BESIDE_FROM = 88
# A line longer than this is cut, and one that takes more rows than this is as well.
LONGEST = 1000
MOST_ROWS = 16

_NO_LINE_FEED = "(no line feed at the end)"


# A line made displayable: its text in pieces that fit, each with the marks inside it.
Pieces: TypeAlias = tuple[tuple[str, Marks], ...]


def displayable(line: Line, *, quiet_cr: bool = False) -> tuple[str, Marks]:
    """The line without anything that a terminal would obey, and where its marks are then."""
    text = line.text.removesuffix("\r") if quiet_cr else line.text
    pieces: list[str] = []
    marks: list[tuple[int, int]] = []
    at = length = 0
    for start, end in line.marks:
        for begin, stop, marked in ((at, start, False), (start, end, True)):
            piece = sanitise_line(text[begin:stop], max_line=None)
            if marked and piece:
                marks.append((length, length + len(piece)))
            pieces.append(piece)
            length += len(piece)
        at = end
    shown = "".join([*pieces, sanitise_line(text[at:], max_line=None)])
    if len(shown) > LONGEST:
        shown = shown[: LONGEST - 1] + str(ELLIPSIS)
        marks = [(a, min(b, LONGEST - 1)) for a, b in marks if a < LONGEST - 1]
    return shown, tuple(marks)


def wrap_ranges(text: str, width: int) -> list[tuple[int, int]]:
    """Where to break a line so that each piece fits ``width`` cells: half-open offsets, at spaces if possible."""
    width = max(2, width)
    ranges: list[tuple[int, int]] = []
    start = 0
    while True:
        rest = text[start:]
        if not rest or (len(rest) <= width and cell_len(rest) <= width):
            return [*ranges, (start, len(text))]
        if len(ranges) == MOST_ROWS - 1:
            return [*ranges, (start, start + len(chop_cells(rest, width - 1)[0]))]
        end = start + max(1, len(chop_cells(rest, width)[0]))
        # A break that would leave most of the line empty is worse than one inside a word.
        space = text.rfind(" ", start + (end - start) // 2, end + 1)
        if space > start and end < len(text):
            end = space
        ranges.append((start, end))
        start = end + 1 if text[end : end + 1] == " " else end


def shown_line(line: Line, width: int, *, quiet_cr: bool = False) -> Pieces:
    """A line in pieces for ``width`` cells."""
    text, marks = displayable(line, quiet_cr=quiet_cr)
    pieces = []
    ranges = wrap_ranges(text, width)
    for number, (start, end) in enumerate(ranges):
        piece = text[start:end]
        if number == MOST_ROWS - 1 and end < len(text):
            piece += str(ELLIPSIS)
        inside = tuple((max(a, start) - start, min(b, end) - start) for a, b in marks if a < end and b > start)
        pieces.append((piece, inside))
    return tuple(pieces)


class DiffView(Lines):
    """Draws a :class:`DiffModel` of any length. ``hunk`` is the one that the person stands on."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "diff--removed", "diff--added", "diff--removed-mark", "diff--added-mark", "diff--absent",
    }  # fmt: skip
    DEFAULT_CSS = """
    DiffView {
        .diff--removed { background: $skilltui-failure 12%; }
        .diff--added { background: $skilltui-success 12%; }
        .diff--removed-mark { background: $skilltui-failure 34%; text-style: underline; }
        .diff--added-mark { background: $skilltui-success 34%; text-style: underline; }
        .diff--absent { background: $surface; }
        &:ansi {
            .diff--removed { background: ansi_default; color: ansi_red; }
            .diff--added { background: ansi_default; color: ansi_green; }
            .diff--removed-mark { background: ansi_default; color: ansi_red; text-style: bold underline; }
            .diff--added-mark { background: ansi_default; color: ansi_green; text-style: bold underline; }
            .diff--absent { background: ansi_default; }
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False, id="diff.up", tooltip="One line up"),
        Binding("down,j", "scroll_down", "Down", show=False, id="diff.down", tooltip="One line down"),
        Binding("pageup", "page_up", "Page up", show=False, id="diff.page_up", tooltip="One page up"),
        Binding("pagedown,space", "page_down", "Page down", show=False, id="diff.page_down", tooltip="One page down"),
        Binding("home", "scroll_home", "Start", show=False, id="diff.start", tooltip="The beginning"),
        Binding("end,G", "scroll_end", "End", show=False, id="diff.end", tooltip="The end"),
    ]

    @dataclass
    class HunkChanged(Message):
        """The person stands on another hunk; 0-based, ``None`` where there is none."""

        hunk: int | None
        of: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._model = DiffModel((), (), 0, 0, 0)
        self._notes: Mapping[int, str] = {}
        self._key: str | None = None
        self._hunk: int | None = None
        self._laid_out_at = 0
        self._placed_at = 0
        self._digits = 3
        self._quiet_cr = False
        self._tops: list[int] = [0]
        self._shown: LRUCache[tuple[int, bool], Pieces] = LRUCache(512)

    @property
    def hunk(self) -> int | None:
        """The hunk that the person stands on, from 0."""
        return self._hunk

    @property
    def beside(self) -> bool:
        """Whether both texts stand side by side. One text alone needs no second column."""
        return self.line_width >= BESIDE_FROM and self._model.hunks > 0

    def show(self, key: str, model: DiffModel, notes: Mapping[int, str] | None = None) -> None:
        """Show a comparison, at its first hunk unless ``key`` was shown before.

        ``notes`` stand at the right end of lines of the later text, by their number.
        """
        same = key == self._key
        self._key, self._model, self._notes = key, model, notes or {}
        lines = [line for row in model.unified for line in (row.left, row.right) if line]
        self._digits = max(3, len(str(max((line.number for line in lines), default=0))))
        # Where every line has one, a carriage return says nothing.
        self._quiet_cr = bool(lines) and all(line.text.endswith("\r") or not line.ends for line in lines)
        if not same or (self._hunk or 0) >= model.hunks:
            self._hunk = 0 if model.hunks else None
        self._lay_out()
        if not same:
            self.scroll_to(y=0, animate=False, immediate=True)
            self._show_hunk()
        self.post_message(self.HunkChanged(self._hunk, model.hunks))

    def show_state(self, state: EmptyState) -> None:
        """Nothing to compare, and why."""
        self._key = None
        self._model = DiffModel((), (), 0, 0, 0)
        self._hunk = None
        self._lay_out()
        self.placeholder = state
        self.refresh()
        self.post_message(self.HunkChanged(None, 0))

    def go_to_hunk(self, by: int) -> bool:
        """Stand on the next or previous hunk; ``False`` at the end of them."""
        if self._hunk is None:
            return False
        target = self._hunk + by
        found = 0 <= target < self._model.hunks
        if found:
            self._hunk = target
            self.refresh()
            self.post_message(self.HunkChanged(target, self._model.hunks))
        self._show_hunk()
        return found

    def on_resize(self, _event: events.Resize) -> None:
        """Another width, other places to break lines. The hunk stays in sight, unless the person scrolled away."""
        stands = self.scroll_offset.y == self._placed_at
        if self.line_width != self._laid_out_at:
            self._lay_out()
            stands = True
        if stands:
            self._show_hunk()

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """Not used: a line here has marks inside its words, which cells do not."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """One line of one row."""
        place = y + self.scroll_offset.y
        if not self.has_line(place):
            return super().render_line(y)
        index = bisect_right(self._tops, place) - 1
        piece = place - self._tops[index]
        row = self._rows[index]
        here = row.hunk is not None and row.hunk == self._hunk
        first = here and not piece and (not index or self._rows[index - 1].hunk != row.hunk)
        lead = Segment(str(CURSOR) if first else " ", self._style("lines--accent"))
        body = self._beside(index, piece) if self.beside else self._unified(index, piece)
        return Strip([lead, *body]).adjust_cell_length(self.line_width, self.rich_style)

    @property
    def _rows(self) -> tuple[Row, ...]:
        return self._model.beside if self.beside else self._model.unified

    @property
    def _text_width(self) -> int:
        """Cells for the text of one side."""
        if self.beside:
            return (self.line_width - 2) // 2 - self._digits - 4
        return self.line_width - (2 if self._model.hunks else 1) * (self._digits + 1) - 4

    def _lay_out(self) -> None:
        self._shown.clear()
        self._laid_out_at = self.line_width
        if not self._laid_out_at:
            return
        self._measure()
        if self.line_width != self._laid_out_at:
            # The scroll bar came or went with the new height.
            self._laid_out_at = self.line_width
            self._shown.clear()
            self._measure()
        self.refresh()

    def _measure(self) -> None:
        width = self._text_width

        def height(line: Line | None) -> int:
            if line is None:
                return 1
            if len(line.text) <= width and line.text.isascii() and line.text.isprintable():
                return 1
            return len(shown_line(line, width, quiet_cr=self._quiet_cr))

        heights = (
            height(row.left) if row.hunk is None else max(height(row.left), height(row.right)) for row in self._rows
        )
        self._tops = list(accumulate(heights, initial=0))
        self.set_line_count(self._tops[-1])

    def _show_hunk(self) -> None:
        if self._hunk is None or not self._laid_out_at:
            return
        index = next(i for i, row in enumerate(self._rows) if row.hunk == self._hunk)
        top, height = self._tops[index], self.scrollable_content_region.height
        if not self.scroll_offset.y <= top < self.scroll_offset.y + height * 2 // 3:
            # Some lines above it say where it is.
            # Forced: before the first layout Textual takes the view for one that does not scroll.
            self.scroll_to(y=max(0, top - min(3, height // 4)), animate=False, immediate=True, force=True)
        self._placed_at = self.scroll_offset.y

    def _beside(self, index: int, piece: int) -> list[Segment]:
        row = self._rows[index]
        divider = Segment("|" if ascii_only() else "│", self._style("lines--rule"))
        halves = [self._half(index, row.left, piece, gone=True), self._half(index, row.right, piece, gone=False)]
        return [*halves[0], divider, *halves[1]]

    def _half(self, index: int, line: Line | None, piece: int, *, gone: bool) -> list[Segment]:
        changed = self._rows[index].hunk is not None
        width = self._text_width
        base = ("diff--removed" if gone else "diff--added") if changed else ""
        if line is None:
            return [Segment(" " * (width + self._digits + 4), self._style("diff--absent"))]
        # The other side may take more rows than this one.
        signed = changed and piece < len(self._pieces(index, line, gone=gone))
        sign = ("-" if gone else "+") if signed else " "
        number = str(line.number) if not piece else ""
        return [
            Segment(f"{sign} ", self._style(base, "lines--removed" if gone else "lines--added")),
            Segment(f"{number:>{self._digits}}  ", self._style(base, "lines--muted")),
            *self._text(index, line, piece, base, width, gone=gone),
        ]

    def _unified(self, index: int, piece: int) -> list[Segment]:
        row = self._rows[index]
        line = row.right or row.left
        assert line is not None
        gone, changed = row.right is None, row.hunk is not None
        base = ("diff--removed" if gone else "diff--added") if changed else ""
        sign = ("-" if gone else "+") if changed else " "
        old = str(row.left.number) if row.left and not piece else ""
        new = str(row.right.number) if row.right and not piece else ""
        columns = (old, new) if self._model.hunks else (new,)
        numbers = " ".join(f"{number:>{self._digits}}" for number in columns) + "  "
        return [
            Segment(f"{sign} ", self._style(base, "lines--removed" if gone else "lines--added")),
            Segment(numbers, self._style(base, "lines--muted")),
            *self._text(index, line, piece, base, self._text_width, gone=gone),
        ]

    def _text(self, index: int, line: Line, piece: int, base: str, width: int, *, gone: bool) -> list[Segment]:
        pieces = self._pieces(index, line, gone=gone)
        text, marks = pieces[piece] if piece < len(pieces) else ("", ())
        plain, marked = self._style(base), self._style(base, f"{base}-mark") if base else self._style()
        segments: list[Segment] = []
        at = 0
        for start, end in marks:
            segments += [Segment(text[at:start], plain), Segment(text[start:end], marked)]
            at = end
        segments.append(Segment(text[at:], plain))
        aside = ""
        if piece == len(pieces) - 1:
            aside = _NO_LINE_FEED if base and not line.ends else self._notes.get(line.number, "") if not gone else ""
        left = width - cell_len(text)
        aside = sanitise_line(aside)
        if aside and cell_len(aside) + 2 <= left:
            segments.append(Segment(fit(aside, left, right=True), self._style(base, "lines--muted")))
        elif left > 0:
            segments.append(Segment(" " * left, plain))
        return segments

    def _pieces(self, index: int, line: Line, *, gone: bool) -> Pieces:
        key = (index, gone)
        shown = self._shown.get(key)
        if shown is None:
            shown = self._shown[key] = shown_line(line, self._text_width, quiet_cr=self._quiet_cr)
        return shown

    def _style(self, *names: str) -> Style:
        return self.get_visual_style(*(name for name in names if name)).rich_style
