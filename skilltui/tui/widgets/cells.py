"""Cells, rows, and how they fill a line. Pure: text in, text with tones out; widths are terminal cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from rich.cells import cell_len, chop_cells, set_cell_size

from skilltui.text.sanitise import sanitise, sanitise_line
from skilltui.tui.signs import ELLIPSIS, Sign

# The names that a cell may give for its style; each is a component class ``lines--<tone>`` that the theme colours.
TONES = (
    "text", "muted", "strong", "accent", "heading", "rule", "code", "quote", "success", "failure", "unknown", "gap",
    "draft", "live", "finding", "added", "removed", "tab", "tab-active",
)  # fmt: skip

# A growing cell is not squeezed below this while cells that may be dropped stand beside it.
MIN_GROW = 18


class Cell(Struct, frozen=True):
    """A piece of a line.

    ``width`` 0: as wide as its text. ``grow``: takes what the others leave, and is cut with an ellipsis; ``width`` is
    then what it should have at least. ``drop``: where room is short, cells with the highest number above 0 go first.
    """

    text: str
    tone: str = "text"
    width: int = 0
    right: bool = False
    grow: bool = False
    drop: int = 0


Line = tuple[Cell, ...]


class Row(Struct, frozen=True):
    """What a list shows for one thing: one or two lines. ``key`` names the thing and outlives updates."""

    key: str
    lines: tuple[Line, ...]
    selectable: bool = True

    @property
    def height(self) -> int:
        """In lines."""
        return len(self.lines)


def row(key: str, *cells: Cell, second: Iterable[Cell] | None = None) -> Row:
    """A row of one line, or of two."""
    lines: tuple[Line, ...] = (tuple(cells),)
    return Row(key, lines if second is None else (*lines, tuple(second)))


def heading(key: str, text: str) -> Row:
    """A row that the cursor passes over."""
    return Row(key, ((Cell(text, "heading", grow=True),),), selectable=False)


def sign_cell(sign: Sign) -> Cell:
    """A sign in its tone."""
    return Cell(str(sign), sign.tone, width=1)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Exactly ``width`` cells of a one-line text: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + str(ELLIPSIS)
    pad = " " * (width - length)
    return pad + text if right else text + pad


def lay_out(cells: Sequence[Cell], width: int) -> list[tuple[str, str]]:
    """Place cells on a line of ``width``, one space between them: ``(text, tone)`` pairs that fill it exactly."""
    placed = [(cell, sanitise_line(cell.text)) for cell in cells if cell.text or cell.width or cell.grow]

    def natural(cell: Cell, text: str) -> int:
        return cell.width or cell_len(text)

    def needed() -> int:
        total = max(0, len(placed) - 1)
        for cell, text in placed:
            # The same for every text, so that all rows of a list drop the same cells.
            total += (cell.width or MIN_GROW) if cell.grow else natural(cell, text)
        return total

    while needed() > width and any(cell.drop for cell, _ in placed):
        worst = max(range(len(placed)), key=lambda i: placed[i][0].drop)
        placed.pop(worst)

    fixed = sum(natural(cell, text) for cell, text in placed if not cell.grow) + max(0, len(placed) - 1)
    growing = sum(cell.grow for cell, _ in placed)
    share, extra = divmod(max(0, width - fixed), growing) if growing else (0, 0)
    pieces: list[tuple[str, str]] = []
    left = width
    for index, (cell, text) in enumerate(placed):
        if index:
            if left <= 0:
                break
            pieces.append((" ", "text"))
            left -= 1
        if cell.grow:
            size = share + (1 if extra > 0 else 0)
            extra -= 1
        else:
            size = natural(cell, text)
        size = min(size, left)
        if size > 0:
            pieces.append((fit(text, size, right=cell.right), cell.tone))
            left -= size
    if left > 0:
        pieces.append((" " * left, "text"))
    return pieces


def wrap(text: str, width: int) -> Iterator[str]:
    """Text of several lines in lines of at most ``width`` cells, broken at spaces where there are some."""
    width = max(1, width)
    for source in sanitise(text).split("\n"):
        rest = source.rstrip()
        while cell_len(rest) > width:
            head = chop_cells(rest, width)[0]
            cut = head.rfind(" ") if rest[len(head) : len(head) + 1] != " " else len(head)
            # A break that would leave most of the line empty is worse than one inside a word.
            if cut < len(head) // 2 or not head[:cut].strip():
                cut = len(head)
            yield rest[:cut].rstrip()
            rest = rest[cut:].lstrip(" ")
        yield rest
