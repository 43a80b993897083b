"""A draft while an engine writes it: phase, speed, and the newest lines of what it says (untrusted: shown as text)."""

from __future__ import annotations

import time
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from skilltui.learning.engine import Progress
from skilltui.tui import signs
from skilltui.tui.drafting import GROUP
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
    """Follows a draft from its first sign of life to its end."""

    DEFAULT_CSS = """
    Writing { height: 1fr; width: 1fr; }
    """

    @dataclass
    class Changed(Message):
        """A draft began to be written, or ended: done, stopped or failed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._column = Column("WRITING", Detail(id="writing-text"))
        self._drawn_at = 0.0
        self._waiting: tuple[str, Progress] | None = None
        self.subject: str | None = None

    def compose(self) -> ComposeResult:
        """One column."""
        yield self._column

    def on_mount(self) -> None:
        """What came too soon after the last drawing is drawn by the clock."""
        self.set_interval(1 / PER_SECOND, self._tick)

    @property
    def runs(self) -> bool:
        """Whether an engine is at work."""
        return any(worker.group == GROUP and worker.is_running for worker in self.app.workers)

    def progress(self, subject: str, title: str, progress: Progress) -> None:
        """The engine got further; news of one that has ended meanwhile is old."""
        if not self.runs:
            return
        if subject != self.subject:
            self.subject = subject
            self.post_message(self.Changed())
        self._waiting = (title, progress)
        if time.monotonic() - self._drawn_at >= 1 / PER_SECOND:
            self._draw()

    def _tick(self) -> None:
        # No event tells of a draft that was stopped or has failed.
        if self.subject is not None and not self.runs:
            self.subject = self._waiting = None
            self.post_message(self.Changed())
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
            detail.show_state(
                EmptyState(signs.DRAFT, f"{words[:1].upper()}{words[1:]} {signs.ELLIPSIS}", "esc stops it")
            )
