"""The demo's tour: one line that says what there is to see now and which key leads on.

Each stop names the keys that it asks for, so that ``demo --once`` can walk the same way by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import Struct
from rich.cells import cell_len
from textual.app import App

from skilltui.domain.gap import GapStatus
from skilltui.domain.proposal import Decision
from skilltui.domain.version import OperationKind
from skilltui.tui.widgets.cells import Cell, wrap
from skilltui.tui.widgets.lines import Lines
from skilltui.workshop.home import Home

LOOK_SECONDS = 0.3
# How long the walker lets a person read before it presses the next key.
READ_SECONDS = 3.0
KEY_SECONDS = 0.25
# Keys that led nowhere (the agents may not be that far yet) are pressed again after so long.
AGAIN_SECONDS = 10.0


class Seen(Struct, frozen=True):
    """Where the person is on the way."""

    pane: str = ""
    gaps: int = 0
    repeated: bool = False
    drafts: int = 0
    amendments: int = 0
    accepted: int = 0
    saved: int = 0


class Stop(Struct, frozen=True):
    """One stop. ``ready``: the keys make sense; ``done``: on to the next."""

    text: str
    keys: tuple[str, ...]
    done: Callable[[Seen], bool]
    ready: Callable[[Seen], bool] = lambda _: True


STOPS: tuple[Stop, ...] = (
    Stop(
        "Two agents are at work: their steps arrive as they write them. 2 shows the needs that no skill serves.",
        ("2",), lambda s: s.pane == "Gaps" or s.drafts + s.saved > 0, lambda s: s.repeated,
    ),
    Stop(
        "The first row was asked for again and again, in different words. d drafts a skill from what worked.",
        ("d",), lambda s: s.drafts + s.saved > 0,
    ),
    Stop(
        "Every edit shows the steps it came from. a accepts an edit, r refuses it. Accept one or more.",
        ("a",), lambda s: s.accepted > 0 or s.saved > 0, lambda s: s.pane == "Workbench",
    ),
    Stop(
        "s makes what you accepted a live SKILL.md; nothing goes live without your word.",
        ("s", "y"), lambda s: s.saved > 0, lambda s: s.pane == "Workbench",
    ),
    Stop(
        "Now a skill that exists: 1, then / and fixture and enter; d distils an edit from the session that used it.",
        ("1", "slash", *"fixture", "enter", "d"), lambda s: s.amendments > 0 or s.saved > 1,
    ),
    Stop(
        "One small edit of pytest-fixtures, with the correction it came from. a accepts, s and y save it.",
        ("a", "s", "y"), lambda s: s.saved > 1, lambda s: s.pane == "Workbench" and s.amendments > 0,
    ),
    Stop(
        "4 compares the versions line by line. R rolls back to the exact former bytes, u takes that back.",
        ("4",), lambda s: s.pane == "Versions",
    ),
)  # fmt: skip
END = "That is the loop. q leaves the demo and removes all of it. Then run skilltui, and say yes to your own agents."


class TourLine(Lines, can_focus=False):
    """Shows the stop that the person is at."""

    DEFAULT_CSS = """
    TourLine {
        height: 1;
        overflow: hidden hidden; scrollbar-gutter: auto;
        background: $skilltui-cursor;
        padding: 0 1;
    }
    """

    def __init__(self, home: Home, pane: Callable[[], str]) -> None:
        super().__init__(id="tour")
        self._home = home
        self._pane = pane
        self.at = 0
        self.seen = Seen()
        self.moved = asyncio.Event()

    def on_mount(self) -> None:
        """Look where the person is, now and then."""
        self.set_interval(LOOK_SECONDS, self._look)

    @property
    def stop_now(self) -> Stop | None:
        """The stop that the person is at, ``None`` at the end."""
        return STOPS[self.at] if self.at < len(STOPS) else None

    async def _look(self) -> None:
        gaps = await self._home.curating.gaps(GapStatus.OPEN)
        drafts = await self._home.reviewing.proposals()
        operations = await self._home.comparing.history()
        self.seen = Seen(
            pane=self._pane(),
            gaps=len(gaps),
            repeated=any(g.count > 2 for g in gaps),
            drafts=len(drafts),
            amendments=sum(p.parent is not None for p in drafts),
            accepted=sum(e.decision is Decision.ACCEPTED for p in drafts for e in p.edits),
            saved=sum(o.kind is OperationKind.ACCEPT for o in operations),
        )
        before = self.at
        while (stop := self.stop_now) is not None and stop.done(self.seen):
            self.at += 1
        if self.at != before:
            self._fit()
            self.moved.set()

    def on_resize(self) -> None:
        """A narrow terminal gives the sentence two lines."""
        self._fit()

    def _fit(self) -> None:
        self.styles.height = len(self._sentence())
        self.refresh()

    def _where(self) -> str:
        return f"tour {self.at + 1} of {len(STOPS)}" if self.stop_now else "tour done"

    def _sentence(self) -> list[str]:
        text = self.stop_now.text if self.stop_now else END
        return list(wrap(text, max(20, self.line_width - cell_len(self._where()) - 1)))

    def has_line(self, y: int) -> bool:
        """As many as the sentence needs."""
        return 0 <= y < len(self._sentence())

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """Which stop of how many, and its sentence."""
        where = self._where()
        return (Cell(where if y == 0 else " " * len(where), "accent"), Cell(self._sentence()[y], "text", grow=True)), ""


async def walk(app: App[None], tour: TourLine, *, speed: float) -> None:
    """Press the keys of each stop, with time to read in between, to the end."""
    while (stop := tour.stop_now) is not None:
        at = tour.at
        tour.moved.clear()
        await asyncio.sleep(READ_SECONDS / speed)
        if tour.at != at or not stop.ready(tour.seen):
            continue
        for key in stop.keys:
            app.simulate_key(key)
            # A pane, a dialog or a search field has to be there before the next key can reach it.
            await asyncio.sleep(KEY_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(tour.moved.wait(), AGAIN_SECONDS)
    await asyncio.sleep(READ_SECONDS / speed)
