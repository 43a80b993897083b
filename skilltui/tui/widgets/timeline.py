"""The versions of a skill on one line, oldest first: ``1 ── 2 ── 3 ● ── ✎4``. Brackets mark what is compared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from msgspec import Struct
from rich.cells import cell_len
from textual import events
from textual.message import Message

from skilltui.domain.version import Version, VersionState
from skilltui.tui.signs import ABANDONED, DRAFT, ELLIPSIS, FAILURE, LIVE, ascii_only
from skilltui.tui.widgets.cells import Cell
from skilltui.tui.widgets.lines import Lines


class Mark(Struct, frozen=True):
    """A version as the timeline shows it."""

    number: int
    text: str
    tone: str


def mark(version: Version, *, shown: bool) -> Mark:
    """The sign of a version's state and its number; a draft's sign stands before, that of the live one after."""
    number = str(version.number)
    match version.state:
        case VersionState.ACTIVE:
            text, tone = f"{number} {LIVE}", "live"
        case VersionState.DRAFT:
            text, tone = f"{DRAFT}{number}", "draft"
        case VersionState.REJECTED:
            text, tone = f"{FAILURE}{number}", "muted"
        case VersionState.ROLLED_BACK:
            text, tone = f"{ABANDONED}{number}", "muted"
        case VersionState.SUPERSEDED:
            text, tone = number, "text"
    return Mark(version.number, f"[{text}]" if shown else text, tone)


def fitting(marks: Sequence[Mark], shown: Collection[int], width: int) -> tuple[int, int]:
    """Which marks fit ``width`` cells, as a half-open range: what is compared, then the newest, then older ones."""
    join = 4  # a space, two cells of line, a space
    sizes = [cell_len(one.text) + join for one in marks]
    wanted = [place for place, one in enumerate(marks) if one.number in shown] or [len(marks) - 1]
    # An ellipsis may stand at either end.
    room = width - 2 * (join + 1)
    start, end = wanted[0], wanted[-1] + 1
    if sum(sizes[start:end]) > room:
        start = end - 1
    room -= sum(sizes[start:end])
    while end < len(marks) and sizes[end] <= room:
        room -= sizes[end]
        end += 1
    while start > 0 and sizes[start - 1] <= room:
        start -= 1
        room -= sizes[start]
    return max(0, start), end


class Timeline(Lines, can_focus=False):
    """One line. A click on a version shows it."""

    DEFAULT_CSS = """
    Timeline { height: 1; overflow: hidden hidden; }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    @dataclass
    class VersionChosen(Message):
        """A version was clicked."""

        number: int

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._skill = ""
        self._versions: Sequence[Version] = ()
        self._shown: Collection[int] = ()
        self._spots: list[tuple[int, int, int]] = []

    def show(self, name: str, versions: Sequence[Version], shown: Collection[int]) -> None:
        """Show a skill's versions; ``shown`` are the numbers that are compared."""
        self._skill, self._versions, self._shown = name, versions, shown
        self.refresh()

    def has_line(self, y: int) -> bool:
        """Always one."""
        return y == 0

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """The skill's name, then its versions."""
        del y
        marks = [mark(version, shown=version.number in self._shown) for version in self._versions]
        name_width = min(cell_len(self._skill), max(12, self.line_width // 3))
        start, end = fitting(marks, self._shown, self.line_width - name_width - 4)
        line = "--" if ascii_only() else "──"
        cells = [Cell(self._skill, "strong", width=name_width), Cell("", width=1)]
        x = name_width + 3
        self._spots = []
        if start > 0:
            cells += [Cell(str(ELLIPSIS), "muted"), Cell(line, "rule")]
            x += 5
        for place, one in enumerate(marks[start:end]):
            if place:
                cells.append(Cell(line, "rule"))
                x += 3
            cells.append(Cell(one.text, "accent" if one.number in self._shown else one.tone))
            self._spots.append((x, x + cell_len(one.text), one.number))
            x += cell_len(one.text) + 1
        if end < len(marks):
            cells += [Cell(line, "rule"), Cell(str(ELLIPSIS), "muted")]
        return cells, ""

    def on_click(self, event: events.Click) -> None:
        """Show the version that was hit."""
        offset = event.get_content_offset(self)
        for start, end, number in self._spots if offset is not None else ():
            if offset is not None and start <= offset.x < end:
                self.post_message(self.VersionChosen(number))
