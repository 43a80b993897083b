"""What the four panes have in common: when they load, how they fail, what they offer to the palette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, ClassVar, TypeAlias

from msgspec import Struct
from textual import on
from textual.containers import Container
from textual.worker import Worker, WorkerState

from skilltui.errors import SkilltuiError
from skilltui.tui.content import notify
from skilltui.tui.messages import OpenDraft, OpenGap, OpenTrajectory, OpenVersions
from skilltui.tui.reloader import Reloader
from skilltui.workshop.events import WorkshopEvent
from skilltui.workshop.home import Home

OpenRequest: TypeAlias = OpenDraft | OpenGap | OpenTrajectory | OpenVersions


class PaneCommand(Struct, frozen=True):
    """One entry of the palette: a verb first, and what it does. Listed only while it can be done."""

    title: str
    help: str
    run: Callable[[], Awaitable[None] | None]


def expected_failure(event: Worker.StateChanged) -> SkilltuiError | None:
    """The failure of a worker that a person can do something about.

    Any other error is a programmer's, and is raised: in a message handler it ends the program with a traceback and a
    status that is not 0, where ``exit_on_error=False`` alone would lose it.
    """
    if event.state is not WorkerState.ERROR or event.worker.error is None:
        return None
    if not isinstance(event.worker.error, SkilltuiError):
        raise event.worker.error
    return event.worker.error


class Pane(Container):
    """One of the four panes.

    A pane loads when it is shown first, and again when the workshop tells of a change; while it is hidden it only
    remembers that it is stale. A failure in a worker ends in ``show_problem`` and one toast.
    """

    # The pane's name in the status bar and in the help, and the question that it answers.
    PANE: ClassVar[str] = ""
    PURPOSE: ClassVar[str] = ""

    def __init__(self, home: Home) -> None:
        super().__init__(id=self.PANE.lower(), classes="pane")
        self.home = home
        self._stale = True
        self._reloader = Reloader(self, self.refresh_pane, group="refresh")

    async def refresh_pane(self) -> None:
        """Read what is shown from the workshop and show it."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Put the focus where work begins."""
        raise NotImplementedError

    def open_request(self, request: OpenRequest) -> None:
        """Show what another pane asked for. The pane is on screen when this is called."""

    def show_problem(self, error: SkilltuiError) -> None:
        """Show a failure where its result would stand. The toast is there already."""

    def commands(self) -> Iterable[PaneCommand]:
        """What can be done here and now, for the palette."""
        return ()

    def on_workshop_events(self, events: Sequence[WorkshopEvent]) -> None:
        """The workshop changed something. Called for the pane on screen; the default loads again."""
        if events:
            self.request_refresh()

    def take_events(self, events: Sequence[WorkshopEvent]) -> None:
        """Called by the app with each batch."""
        if self.display:
            self.on_workshop_events(events)
        else:
            self._stale = True

    def shown(self) -> None:
        """Called by the app when the pane comes to the front."""
        if self._stale:
            self.request_refresh()

    def request_refresh(self) -> None:
        """Load again soon; requests that arrive while a load runs are answered by one more load after it."""
        self._stale = False
        self._reloader.request()

    def work_on(self, work: Coroutine[Any, Any, None], *, group: str) -> Worker[None]:
        """Run ``work`` beside the interface; it replaces what still runs in its group."""
        return self.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    @on(Worker.StateChanged)
    def _worker_changed(self, event: Worker.StateChanged) -> None:
        event.stop()
        error = expected_failure(event)
        if error is not None:
            self.show_problem(error)
            notify(self.app, error.message, hint=error.hint, severity="error")
