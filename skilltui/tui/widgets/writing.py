"""A draft while an engine writes it: phase, speed, and the newest lines of what it says (untrusted: shown as text)."""

from __future__ import annotations

import time

from textual.app import ComposeResult
from textual.containers import Vertical

from skilltui.learning.engine import Progress
from skilltui.tui import signs
from skilltui.tui.signs import DOT
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.detail import Detail, Para
from skilltui.tui.widgets.empty_state import EmptyState

# Drawn at most this often, whatever the engine's speed.
PER_SECOND = 15
# Lines of a text that still grows: nobody reads back while it does.
LAST_LINES = 200

PHASES = {
    "mining": "reading the evidence",
    "loading": "loading the model",
    "reading": "the model reads the evidence",
    "writing": "the model writes",
    "done": "saving the draft",
}


def speed_words(progress: Progress) -> str:
    """``the model writes · 12 s · 240 tokens · 20 per second``."""
    words = [PHASES.get(progress.phase, progress.phase)]
    if progress.seconds >= 1:
        words.append(f"{progress.seconds:.0f} s")
    if progress.tokens:
        words.append(f"{progress.tokens} tokens")
        if progress.seconds >= 1:
            words.append(f"{progress.tokens / progress.seconds:.0f} per second")
    return f" {DOT} ".join(words)


def last_lines(text: str, count: int = LAST_LINES) -> str:
    """The end of a text, in whole lines."""
    lines = text.split("\n")
    return "\n".join(lines[-count:])


class Writing(Vertical):
    """Follows the text to its end."""

    DEFAULT_CSS = """
    Writing { height: 1fr; width: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._column = Column("WRITING", Detail(id="writing-text"))
        self._drawn_at = 0.0
        self._waiting: tuple[str, Progress] | None = None

    def compose(self) -> ComposeResult:
        """One column."""
        yield self._column

    def on_mount(self) -> None:
        """What came too soon after the last drawing is drawn by the clock."""
        self.set_interval(1 / PER_SECOND, self._draw)

    def show(self, title: str, progress: Progress) -> None:
        """The engine got further."""
        self._waiting = (title, progress)
        if time.monotonic() - self._drawn_at >= 1 / PER_SECOND:
            self._draw()

    def _draw(self) -> None:
        if self._waiting is None or not self.is_mounted:
            return
        (title, progress), self._waiting = self._waiting, None
        self._drawn_at = time.monotonic()
        self._column.set_title(f"WRITING {title}", f"{speed_words(progress)}   esc stops it")
        detail = self.query_one(Detail)
        if progress.text:
            detail.show(title, [Para(last_lines(progress.text), "quote")])
            detail.scroll_end(animate=False, immediate=True)
        else:
            words = PHASES.get(progress.phase, progress.phase)
            detail.show_state(EmptyState(signs.DRAFT, f"{words[:1].upper()}{words[1:]} …", "esc stops it"))
