"""What stands where there is nothing to list: a sign, one sentence, and the way on."""

from __future__ import annotations

from msgspec import Struct
from rich.cells import cell_len

from skilltui.errors import SkilltuiError
from skilltui.tui import signs
from skilltui.tui.signs import Sign
from skilltui.tui.widgets.cells import Cell, Line, wrap

# Wider prose is hard to read.
_WIDEST = 56


class EmptyState(Struct, frozen=True):
    """Why there is nothing here (``sentence``) and what to do next (``way_on``)."""

    sign: Sign
    sentence: str
    way_on: str = ""
    tone: str = "text"


LOADING = EmptyState(signs.IDLE, "Reading …", tone="muted")


def problem(error: SkilltuiError) -> EmptyState:
    """A failure in the place where its result would stand."""
    return EmptyState(signs.FAILURE, error.message, error.hint, tone="failure")


def empty_lines(state: EmptyState, width: int, height: int) -> list[Line]:
    """The state's lines, centred; as many as fit in ``height``, from the first line of the area on."""
    inner = max(8, min(_WIDEST, width - 4))
    sentence = [(text, state.tone) for text in wrap(state.sentence, inner)]
    way_on = [(text, "muted") for text in wrap(state.way_on, inner)] if state.way_on else []
    texts = [(str(state.sign), state.sign.tone), *sentence, *way_on]
    above = max(0, (height - len(texts)) // 3)
    lines: list[Line] = [()] * above
    for text, tone in texts:
        pad = max(0, (width - cell_len(text)) // 2)
        lines.append((Cell(" " * max(0, pad - 1), width=max(0, pad - 1)), Cell(text, tone, grow=True)))
    return lines[:height]
