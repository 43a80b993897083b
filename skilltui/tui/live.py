"""Live: what the agents do, how it went, and why we think so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message
from textual.widgets import Input

from skilltui.domain.trajectory import Fault, OutcomeLabel, SessionSummary, Trajectory, TrajectorySummary
from skilltui.errors import SkilltuiError
from skilltui.tui import live_rows as rows
from skilltui.tui import signs
from skilltui.tui.chooser import Choice, Chooser
from skilltui.tui.consent import ConsentBanner
from skilltui.tui.content import notify
from skilltui.tui.drafting import draft_for
from skilltui.tui.filters import TrajectoryFilter, parse_filter
from skilltui.tui.forgetting import ask_to_forget
from skilltui.tui.live_verbs import KEYS, commands
from skilltui.tui.messages import ConsentGiven, OpenTrajectory
from skilltui.tui.pane import OpenRequest, Pane, PaneCommand
from skilltui.tui.reloader import Reloader
from skilltui.tui.trajectory_view import TrajectoryView
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.empty_state import LOADING, EmptyState, problem
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.words import FAULTS, folder_name, now
from skilltui.workshop.events import (
    Captured,
    CaptureStateChanged,
    DraftProgressed,
    Forgotten,
    TrajectoryRelabelled,
    WorkshopEvent,
)
from skilltui.workshop.home import Home

LEVELS = ("sessions", "trajectories", "steps", "output")
# At which level a narrow terminal shows each column.
_SHOWN_WITH = {
    "sessions-column": ("sessions",),
    "trajectories-column": ("trajectories",),
    "steps-column": ("steps",),
    "outcome-column": ("steps",),
    "output-column": ("output",),
}
# Ages and the live sign change with time alone, seldom enough to stay calm.
TICK_SECONDS = 20
LISTED = 200


class LivePane(Pane):
    """Sessions, their trajectories, the steps of one, its outcome and the output of a step."""

    PANE = "Live"
    PURPOSE = "What are my agents doing, and how did it go?"
    BINDINGS: ClassVar[list[BindingType]] = list(KEYS)

    @dataclass
    class Listed(Message):
        """Sessions and trajectories were read."""

        sessions: Sequence[SessionSummary]
        trajectories: Sequence[TrajectorySummary]

    @dataclass
    class Opened(Message):
        """The chosen trajectory was read; ``None`` where there is none."""

        trajectory: Trajectory | None

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._sessions: Sequence[SessionSummary] = ()
        self._trajectories: Sequence[TrajectorySummary] = ()
        self._session = rows.ALL
        self._filter = TrajectoryFilter()
        self._wanted: str | None = None
        self._asked: str | None = None
        self._opener = Reloader(self, self._open_chosen, group="open")
        self._answered = False
        self._shown_level = ""
        self._session_list = LineList(id="sessions")
        self._trajectory_list = LineList(id="trajectories")
        self._view = TrajectoryView()
        self._search = Input(placeholder="words, is:failure, skill:NAME, agent:NAME", id="search", compact=True)

    def compose(self) -> ComposeResult:
        """Banner, search, columns."""
        yield ConsentBanner(self.home.capturing.folders)
        with Container(id="live-columns"):
            yield Column("SESSIONS", self._session_list, id="sessions-column")
            yield Column("TRAJECTORIES", self._search, self._trajectory_list, id="trajectories-column")
            yield from self._view.columns()

    def on_mount(self) -> None:
        """Everything is loading; ages are kept true."""
        self._session_list.placeholder = self._trajectory_list.placeholder = LOADING
        self._view.wait()
        self._at("trajectories")
        self._show_banner()
        self.set_interval(TICK_SECONDS, self._show_lists)

    # Reading

    async def refresh_pane(self) -> None:
        """Read sessions and the trajectories that fit."""
        capturing = self.home.capturing
        sessions = await capturing.sessions(LISTED)
        chosen = next((s for s in sessions if rows.session_key(s) == self._session), None)
        wanted = self._filter
        trajectories = await capturing.trajectories(
            session=chosen.id if chosen else None,
            source=chosen.source if chosen else wanted.source,
            skill=wanted.skill, outcome=wanted.outcome, text=wanted.text, limit=LISTED,
        )  # fmt: skip
        self.post_message(self.Listed(sessions, trajectories))

    def on_workshop_events(self, events: Sequence[WorkshopEvent]) -> None:
        """Load the lists again, and the open trajectory where it is among what changed."""
        self._show_banner()
        if all(isinstance(event, DraftProgressed | CaptureStateChanged) for event in events):
            self._trajectory_list.placeholder = self._nothing()
            return
        self.request_refresh()
        changed = {t for event in events if isinstance(event, Captured) for t in event.trajectories}
        changed |= {event.trajectory for event in events if isinstance(event, TrajectoryRelabelled)}
        gone = {t for event in events if isinstance(event, Forgotten) for t in event.trajectories}
        if self._wanted in gone:
            self._wanted = None
            self.post_message(self.Opened(None))
        elif self._wanted in changed:
            self._opener.request()

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self._sessions, self._trajectories = message.sessions, message.trajectories
        self._show_lists()
        self._go_to_asked()

    async def _open_chosen(self) -> None:
        wanted = self._wanted
        trajectory = await self.home.capturing.trajectory(wanted) if wanted else None
        if wanted == self._wanted:
            self.post_message(self.Opened(trajectory))

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        had_none = self._view.trajectory is None
        self._view.show(message.trajectory, threshold=self.home.config.gap_threshold)
        if had_none or message.trajectory is None:
            self.refresh_bindings()

    # Showing

    def _show_lists(self) -> None:
        since = now()
        threshold = self.home.config.gap_threshold
        whose = self._session == rows.ALL
        self._trajectory_list.placeholder = self._nothing()
        self._session_list.placeholder = _NO_SESSION
        self._session_list.set_rows(rows.session_rows(self._sessions, since))
        self._trajectory_list.set_rows(
            [rows.trajectory_row(t, since, threshold=threshold, whose=whose) for t in self._trajectories]
        )
        if not self._trajectories and self._wanted is None:
            self.post_message(self.Opened(None))
        self._column("sessions").set_title("SESSIONS", str(len(self._sessions) or ""))
        self._column("trajectories").set_title("TRAJECTORIES", self._scope())

    def _scope(self) -> str:
        session = next((s for s in self._sessions if rows.session_key(s) == self._session), None)
        name = folder_name(session.project) or session.id if session else "all sessions"
        count = f"{LISTED} newest" if len(self._trajectories) == LISTED else str(len(self._trajectories))
        typed = f" {signs.DOT} {self._search.value.strip()}" if self._filter != TrajectoryFilter() else ""
        return f"{name} {signs.DOT} {count}{typed}"

    def _nothing(self) -> EmptyState:
        if self._filter != TrajectoryFilter():
            return EmptyState(signs.UNKNOWN, "No trajectory fits the search.", "esc ends the search")
        if not self.home.capturing.consent:
            return EmptyState(
                signs.IDLE, "Nothing is captured yet.",
                "y lets skilltui read what your agents wrote; skilltui ingest FILE reads one file",
            )  # fmt: skip
        if self.home.watcher.status.state == "importing":
            return EmptyState(signs.LIVE, f"Reading what your agents wrote {signs.ELLIPSIS}", tone="muted")
        return EmptyState(
            signs.IDLE, "No agent has worked here yet.",
            "Start one, Claude Code or Codex: what it does appears here within a second",
        )  # fmt: skip

    def _column(self, name: str) -> Column:
        return self.query_one(f"#{name}-column", Column)

    @property
    def _asks(self) -> bool:
        """Whether the question stands: nobody has answered it, now or at an earlier start."""
        return not (self.home.capturing.consent or self.home.capturing.asked or self._answered)

    def _show_banner(self) -> None:
        asks = self._asks
        self.query_one(ConsentBanner).display = asks

    def show_problem(self, error: SkilltuiError) -> None:
        """In the list, where there is nothing else to show."""
        self._trajectory_list.placeholder = problem(error)

    # Moving

    def focus_first(self) -> None:
        """The newest trajectory."""
        self._trajectory_list.focus()

    def open_request(self, request: OpenRequest) -> None:
        """Show one trajectory, whatever is listed."""
        if isinstance(request, OpenTrajectory):
            self._asked = request.id
            self._view.want_step(request.step)
            self._end_search()
            self._at("steps", focus=True)
            self.request_refresh()

    def _go_to_asked(self) -> None:
        """Put the cursor on the trajectory that was asked for; one that is not listed is looked up in its session."""
        asked = self._asked
        if asked is None:
            return
        if self._trajectory_list.highlight(asked):
            self._asked = None
            self._opener.request()
        else:
            self.work_on(self._find_session_of(asked), group="asked")

    async def _find_session_of(self, asked: str) -> None:
        trajectory = await self.home.capturing.trajectory(asked)
        session = f"{trajectory.source}\0{trajectory.session}"
        if session == self._session or not self._session_list.highlight(session):
            # Older than all that is listed: shown all the same.
            self._asked, self._wanted = None, asked
            self._opener.request()

    @on(LineList.Highlighted, "#sessions")
    def _session_chosen(self, event: LineList.Highlighted) -> None:
        del event
        chosen = self._session_list.highlighted or rows.ALL
        if chosen != self._session:
            self._session = chosen
            self.request_refresh()

    @on(LineList.Highlighted, "#trajectories")
    def _trajectory_chosen(self, event: LineList.Highlighted) -> None:
        # The newest state counts, not the one that this message tells of: rows may have changed since.
        del event
        key = self._trajectory_list.highlighted
        if key is not None and self._asked is None:
            self._wanted = key
            self._opener.request()

    @on(LineList.Highlighted, "#steps")
    def _step_chosen(self, event: LineList.Highlighted) -> None:
        self._view.show_output(event.key)

    @on(LineList.Selected)
    def _drill(self, event: LineList.Selected) -> None:
        self._at(LEVELS[LEVELS.index(event.line_list.id or LEVELS[0]) + 1], focus=True)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A narrow terminal shows the column that has the focus."""
        if event.widget.id in LEVELS:
            self._at(event.widget.id)

    def _at(self, level: str, *, focus: bool = False) -> None:
        if level != self._shown_level:
            self._shown_level = level
            # On the columns: a class on the pane would give new styles to all that is in it.
            for column in self.query(Column):
                column.set_class(level in _SHOWN_WITH.get(column.id or "", ()), "-current")
        if focus:
            self.query_one(f"#{level}").focus()

    def action_go(self, by: int) -> None:
        """One column to the side."""
        self._at(LEVELS[min(max(LEVELS.index(self._shown_level) + by, 0), len(LEVELS) - 1)], focus=True)

    def action_back(self) -> None:
        """End the search, else one column back."""
        if self.has_class("-searching"):
            self._end_search()
            self._trajectory_list.focus()
        else:
            self.action_go(-1)

    def action_next_failure(self) -> None:
        """The next failed step here, else in the next trajectory that has one."""
        if not self._view.next_failure():
            below = self._trajectories[self._trajectory_list.cursor + 1 :]
            found = next((t for t in below if t.failed_steps), None)
            if found is None:
                notify(self.app, "No failed step further down.")
                return
            self._view.want_failure()
            self._trajectory_list.highlight(found.id)
        self._at("steps", focus=True)

    # Searching

    def action_search(self) -> None:
        """Type to find."""
        self.add_class("-searching")
        self._at("trajectories")
        self._search.focus()

    def _end_search(self) -> None:
        self._search.value = ""
        self.remove_class("-searching")
        self._set_filter(TrajectoryFilter())

    @on(Input.Changed, "#search")
    def _searched(self, event: Input.Changed) -> None:
        self._set_filter(parse_filter(event.value))

    def _set_filter(self, wanted: TrajectoryFilter) -> None:
        if wanted != self._filter:
            self._filter = wanted
            self.request_refresh()

    @on(Input.Submitted, "#search")
    def _found(self) -> None:
        if not self._search.value.strip():
            self.remove_class("-searching")
        self._trajectory_list.focus()

    # Doing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that have nothing to work on are dimmed; the banner's keys exist while it asks."""
        if action == "consent":
            # A no can be taken back at any time; a yes through the configuration.
            return not self.home.capturing.consent and (self._asks or parameters == (True,))
        if self._search.has_focus and action in ("label", "fault", "distil", "search", "next_failure", "forget"):
            return False
        if action in ("label", "fault", "distil", "forget") and self._view.trajectory is None:
            return None
        return True

    def action_label(self, label: str) -> None:
        """The person's word on the outcome."""
        self._label(OutcomeLabel(label))

    def action_fault(self) -> None:
        """Ask who is to blame; that makes it a failure."""
        choices = [Choice(fault.value, FAULTS[fault]) for fault in Fault]

        def chosen(key: str | None) -> None:
            if key is not None:
                self._label(OutcomeLabel.FAILURE, Fault(key))

        self.app.push_screen(Chooser("Why did it fail?", choices), chosen)

    def _label(self, label: OutcomeLabel, fault: Fault | None = None) -> None:
        if self._view.trajectory is None:
            return
        trajectory = self._view.trajectory.id

        async def work() -> None:
            await self.home.capturing.label(trajectory, label, fault)

        self.work_on(work(), group="label")

    def ask_judge(self) -> None:
        """Have a local model say how the chosen trajectory ended."""
        if self._view.trajectory is None:
            return
        trajectory = self._view.trajectory.id

        async def work() -> None:
            await self.home.judge.judge(trajectory)

        self.work_on(work(), group="judge")

    def action_distil(self) -> None:
        """Learn from the chosen trajectory."""
        if self._view.trajectory is not None:
            self.work_on(self._ask_for_draft(self._view.trajectory), group="distil")

    def action_forget(self) -> None:
        """Ask whether to forget the chosen session, where the sessions have the focus, else the chosen task."""
        session = next((s for s in self._sessions if rows.session_key(s) == self._session), None)
        if self._session_list.has_focus and session is not None:
            self.forget_named(session.id, "session")
        elif self._view.trajectory is not None:
            self.forget_named(self._view.trajectory.id, "task")

    def forget_named(self, name: str, what: str) -> None:
        """Ask whether to forget a session or trajectory; ``what``: the word for it."""
        self.work_on(ask_to_forget(self, name, what), group="forget")

    async def _ask_for_draft(self, trajectory: Trajectory) -> None:
        self.post_message(await draft_for(self.home, trajectory))

    def action_consent(self, yes: bool) -> None:  # noqa: FBT001 - an action's parameter
        """Answer the banner."""
        self._answered = True
        self.post_message(ConsentGiven(yes))
        self._show_banner()
        self.refresh_bindings()

    def commands(self) -> Iterable[PaneCommand]:
        """What can be done with the chosen trajectory."""
        return commands(self, self._view.trajectory, self._trajectories, listed=bool(self._sessions))


_NO_SESSION = EmptyState(signs.IDLE, "No session yet.", tone="muted")
