"""The shell: four panes, the line of states above them, the keys, and what passes between panes.

The panes stand in one content switcher: switching is instant and keeps everything where it was, and a pane is built
when it is first opened.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path, PurePath
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import ContentSwitcher
from textual.worker import Worker

from skilltui.domain.gap import GapStatus
from skilltui.errors import SkilltuiError
from skilltui.tui import bridge
from skilltui.tui.content import line_text, notify
from skilltui.tui.crash import write_crash
from skilltui.tui.drafting import Drafting
from skilltui.tui.gaps import GapsPane
from skilltui.tui.help import HelpScreen, sections
from skilltui.tui.live import LivePane
from skilltui.tui.messages import (
    ConsentGiven,
    DraftStopWanted,
    DraftWanted,
    OpenDraft,
    OpenGap,
    OpenTrajectory,
    OpenVersions,
    WorkshopChanged,
)
from skilltui.tui.palette import StateProvider
from skilltui.tui.pane import OpenRequest, Pane, PaneCommand, expected_failure
from skilltui.tui.reloader import Reloader, begin
from skilltui.tui.states import capture_note, engine_words
from skilltui.tui.theme import ThemedApp
from skilltui.tui.tour import TourLine
from skilltui.tui.versions import VersionsPane
from skilltui.tui.widgets.job_line import JobLine
from skilltui.tui.widgets.key_line import KeyLine
from skilltui.tui.widgets.status_bar import StatusBar
from skilltui.tui.workbench import WorkbenchPane
from skilltui.workshop.events import Captured, CaptureStateChanged, DraftProgressed, JudgeFailed
from skilltui.workshop.home import Home

PANES: tuple[type[Pane], ...] = (LivePane, GapsPane, WorkbenchPane, VersionsPane)
_OPENS: dict[type, type[Pane]] = {
    OpenTrajectory: LivePane, OpenGap: GapsPane, OpenDraft: WorkbenchPane, OpenVersions: VersionsPane,
}  # fmt: skip


class SkilltuiApp(ThemedApp):
    """The face of panes over an open home. The caller opens and closes the home, and passes ``return_code`` on.

    ``on_ready`` is called once the first pane is on screen.
    """

    TITLE = "skilltui"
    CSS_PATH: ClassVar[list[str | PurePath]] = sorted(Path(__file__).parent.rglob("*.tcss"))
    COMMANDS: ClassVar[set[Any]] = {StateProvider}
    # Textual declares these as an instance variable.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (180, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                str(number), f"show('{pane.PANE}')", pane.PANE, show=False, id=f"app.{pane.PANE.lower()}",
                tooltip=f"Open {pane.PANE}",
            )
            for number, pane in enumerate(PANES, start=1)
        ),
        Binding("question_mark", "help", "help", key_display="?", id="app.help", tooltip="What can be done now"),
        Binding("q", "quit", "Quit", show=False, id="app.quit", tooltip="Leave skilltui"),
        # Before the panes' own escape: the line that shows the draft says that this key stops it.
        Binding("escape", "stop_draft", "Stop", show=False, priority=True, id="app.stop_draft",
                tooltip="Stop the running draft"),
    ]  # fmt: skip

    def __init__(
        self,
        home: Home,
        *,
        start: str = "live",
        on_ready: Callable[[], Awaitable[None] | None] | None = None,
        tour: bool = False,
    ) -> None:
        super().__init__()
        self.home = home
        self._first = next(pane for pane in PANES if pane.PANE.lower() == start.lower())
        self._on_ready = on_ready
        self._focus: dict[str, Widget] = {}
        self._bar = StatusBar([pane.PANE for pane in PANES])
        self._switcher = ContentSwitcher(id="panes")
        self._line = JobLine()
        self.tour = TourLine(home, lambda: self._bar.active) if tour else None
        self._drafting = Drafting(self, home, self._line, lambda: self._bar.active)
        self._counts = Reloader(self, self._count, group="counts")

    def compose(self) -> ComposeResult:
        """Bar, panes, draft line, keys."""
        yield self._bar
        yield self._switcher
        yield self._line
        if self.tour is not None:
            yield self.tour
        yield KeyLine()

    async def on_mount(self) -> None:
        """Show the first pane, then listen, count, and capture."""
        await self.action_show(self._first.PANE)
        begin(self, self._carry, group="bridge")
        self._bar.capture = capture_note(self.home.watcher.status, writable=self.home.writable)
        self._counts.request()
        begin(self, self._find_engine, group="engine")
        begin(self, self.home.shelf_watcher.run, group="library")
        if self.home.writable:
            begin(self, self.home.keep_tending, group="tending")
        if self.home.capturing.consent:
            self._start_capture()
        if self._on_ready is not None:
            self.call_after_refresh(self._on_ready)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Escape is the draft's while one is written, and the pane's or dialog's else."""
        del parameters
        return self._drafting.running if action == "stop_draft" else True

    # Panes

    @property
    def pane(self) -> Pane | None:
        """The pane on screen."""
        shown = self._switcher.visible_content
        return shown if isinstance(shown, Pane) else None

    async def action_show(self, name: str) -> None:
        """Open a pane; it is as it was left."""
        before = self.pane
        if before is not None and name == before.PANE:
            return
        if before is not None and self.focused is not None:
            self._focus[before.PANE] = self.focused
        kind = next(pane for pane in PANES if name == pane.PANE)
        if not self._switcher.query_children(f"#{name.lower()}"):
            await self._switcher.add_content(kind(self.home))
        self._switcher.current = name.lower()
        self._bar.active = name
        pane = self._switcher.get_child_by_id(name.lower(), kind)
        pane.shown()
        if name in self._focus and self._focus[name].is_attached:
            self._focus[name].focus(scroll_visible=False)
        else:
            pane.focus_first()

    @on(StatusBar.PaneChosen)
    async def _pane_clicked(self, event: StatusBar.PaneChosen) -> None:
        await self.action_show(event.pane)

    @on(OpenTrajectory)
    @on(OpenGap)
    @on(OpenDraft)
    @on(OpenVersions)
    async def _open(self, request: OpenRequest) -> None:
        await self.action_show(_OPENS[type(request)].PANE)
        if self.pane is not None:
            self.pane.open_request(request)

    # Drafts

    @on(DraftWanted)
    def _draft(self, wanted: DraftWanted) -> None:
        self._drafting.start(wanted)

    @on(DraftStopWanted)
    def action_stop_draft(self) -> None:
        """Stop the draft that is being written."""
        self._drafting.stop()

    # News from the workshop

    async def _carry(self) -> None:
        await bridge.carry(self.home.bus, lambda events: self.post_message(WorkshopChanged(events)))

    @on(WorkshopChanged)
    def _changed(self, message: WorkshopChanged) -> None:
        for event in message.events:
            if isinstance(event, DraftProgressed):
                self._drafting.progressed(event.progress)
            elif isinstance(event, JudgeFailed):
                notify(self, f"the judge can't work: {event.message}", hint=event.hint, severity="warning")
        if any(isinstance(event, CaptureStateChanged | Captured) for event in message.events):
            self._bar.capture = capture_note(self.home.watcher.status, writable=self.home.writable)
        if any(not isinstance(event, DraftProgressed | CaptureStateChanged) for event in message.events):
            self._counts.request()
        for pane in self._switcher.query_children(Pane):
            pane.take_events(message.events)

    async def _count(self) -> None:
        gaps = await self.home.curating.counts()
        drafts = await self.home.reviewing.proposals()
        self._bar.counts = {GapsPane.PANE: gaps.get(GapStatus.OPEN, 0), WorkbenchPane.PANE: len(drafts)}

    async def _find_engine(self) -> None:
        self._bar.engine = engine_words(await self.home.learning.engines())

    # Capture

    @on(ConsentGiven)
    def _answered(self, message: ConsentGiven) -> None:
        self.run_worker(self._consent(yes=message.yes), group="consent", exit_on_error=False)

    async def _consent(self, *, yes: bool) -> None:
        await self.home.capturing.give_consent(yes=yes)
        if yes:
            self._start_capture()

    def _import_skills(self) -> None:
        from skilltui.tui.importing import ask_and_import

        self.run_worker(ask_and_import(self, self.home), group="import", exit_on_error=False)

    def _start_capture(self) -> None:
        if self.home.writable:
            begin(self, self.home.watcher.run, group="capture")
            if self.home.background.wanted:
                begin(self, self.home.background.run, group="background")

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        error = expected_failure(event)
        if error is not None:
            self._failed(error)

    def _failed(self, error: SkilltuiError) -> None:
        notify(self, error.message, hint=error.hint, severity="error")

    def _fatal_error(self) -> None:
        # Textual's own prints the values of local variables, and those hold what was captured.
        if self._exception is not None:
            path = write_crash(self.home.paths.logs, self._exception)
            where = f"the report, without any captured text, is {path}" if path else "no report could be written"
            self.panic(line_text(f"skilltui stopped because of a mistake in it; {where}"))

    # Help and palette

    def action_help(self) -> None:
        """Explain what can be done here and now."""
        if self.pane is not None:
            self.push_screen(HelpScreen(self.pane.PANE, self.pane.PURPOSE, sections(self.screen)))

    def offered(self) -> Iterable[PaneCommand]:
        """For the palette: the pane's verbs, then the ways to the others, then the program's own."""
        if self._drafting.running:
            yield PaneCommand("stop the draft", "The engine stops; nothing is saved", self.action_stop_draft)
        if self.pane is not None:
            yield from self.pane.commands()
        for pane in PANES:
            if pane is not type(self.pane):
                yield PaneCommand(f"open {pane.PANE}", pane.PURPOSE, partial(self.action_show, pane.PANE))
        if self.home.writable:
            yield PaneCommand("import skills", "Drafts from a folder, a checkout or a skill bank", self._import_skills)
        yield PaneCommand("explain the keys", "What can be done here and now, and the signs", self.action_help)
        yield PaneCommand("change the theme", "Colours; the ansi themes take your terminal's", self.search_themes)
        yield PaneCommand("quit", "Leave skilltui; capture stops", self.exit)
