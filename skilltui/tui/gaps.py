"""Gaps: what should exist, and is it worth it?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message

from skilltui.domain.gap import Gap, GapStatus
from skilltui.domain.proposal import GateVerdict
from skilltui.domain.skill import Match
from skilltui.errors import SkilltuiError
from skilltui.figures import plural
from skilltui.tui import gap_rows as rows
from skilltui.tui import signs
from skilltui.tui.chooser import Choice, Chooser
from skilltui.tui.content import notify
from skilltui.tui.messages import DraftWanted, OpenGap, OpenTrajectory
from skilltui.tui.pane import OpenRequest, Pane, PaneCommand
from skilltui.tui.reloader import Reloader
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.detail import Detail
from skilltui.tui.widgets.empty_state import LOADING, EmptyState, problem
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.tabs_line import Tab, TabsLine
from skilltui.tui.words import now
from skilltui.workshop.home import Home

SNOOZE_DAYS = 7
REMARK = "most wanted first"
# In which status each verb makes sense.
_ALLOWED: Mapping[str, frozenset[GapStatus]] = {
    "draft": frozenset({GapStatus.OPEN, GapStatus.SNOOZED, GapStatus.LINKED, GapStatus.DRAFTED}),
    "link": frozenset({GapStatus.OPEN, GapStatus.SNOOZED, GapStatus.LINKED, GapStatus.DRAFTED}),
    "snooze": frozenset({GapStatus.OPEN, GapStatus.LINKED, GapStatus.DRAFTED}),
    "dismiss": frozenset({GapStatus.OPEN, GapStatus.SNOOZED, GapStatus.LINKED, GapStatus.DRAFTED}),
    "reopen": frozenset(set(GapStatus) - {GapStatus.OPEN}),
}
_EMPTY: Mapping[GapStatus, EmptyState] = {
    GapStatus.OPEN: EmptyState(
        signs.SUCCESS, "No gap is open.", "Requests that no skill serves gather here while your agents work"
    ),
    GapStatus.SNOOZED: EmptyState(signs.IDLE, "Nothing is snoozed.", "z puts a gap away for a week"),
    GapStatus.LINKED: EmptyState(signs.IDLE, "No gap is linked to a skill.", "l says which skill is meant to serve it"),
    GapStatus.DRAFTED: EmptyState(signs.IDLE, "No gap has a draft.", "d drafts a skill for a gap"),
    GapStatus.CLOSED: EmptyState(
        signs.IDLE, "No gap is closed yet.", "One closes when a request succeeds with a skill made for it"
    ),
    GapStatus.DISMISSED: EmptyState(signs.IDLE, "Nothing was dismissed.", "x removes a gap that is not wanted"),
}


class GapsPane(Pane):
    """The queue, and for one gap its requests and why nothing fitted."""

    PANE = "Gaps"
    PURPOSE = "What should exist, and is it worth it?"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "draft", "draft", id="gaps.draft", tooltip="Write a draft of a skill for this gap"),
        Binding("l", "link", "link", id="gaps.link", tooltip="Name the skill that is meant to serve it"),
        Binding("z", "snooze", "snooze", id="gaps.snooze", tooltip="Put it away for a week"),
        Binding("x", "dismiss", "dismiss", id="gaps.dismiss", tooltip="Not wanted: it does not come back by itself"),
        Binding("r", "reopen", "reopen", id="gaps.reopen", tooltip="Back into the queue"),
        Binding("space", "mark", "select", show=False, id="gaps.select", tooltip="Select several to act on at once"),
        Binding("tab", "status(1)", "status", show=False, id="gaps.next_status",
                tooltip="The next status: open, snoozed, linked, drafted, closed, dismissed"),
        Binding("shift+tab", "status(-1)", "status", show=False, id="gaps.previous_status", tooltip="The previous one"),
        Binding("left", "go('queue')", "Queue", show=False, id="gaps.left", tooltip="To the queue"),
        Binding("right", "go('requests')", "Requests", show=False, id="gaps.right", tooltip="To its requests"),
        Binding("escape", "back", "Back", show=False, id="gaps.back", tooltip="Back to the queue; end a selection"),
    ]  # fmt: skip

    @dataclass
    class Listed(Message):
        """The queue was read."""

        status: GapStatus
        gaps: Sequence[Gap]
        counts: Mapping[GapStatus, int]

    @dataclass
    class Compared(Message):
        """The nearest skills of a gap are known."""

        gap: str
        matches: Sequence[Match]

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._status = GapStatus.OPEN
        self._gaps: dict[str, Gap] = {}
        self._counts: Mapping[GapStatus, int] = {}
        self._matches: dict[str, Sequence[Match]] = {}
        self._marked: set[str] = set()
        self._wanted: str | None = None
        self._comparer = Reloader(self, self._compare, group="compare")
        self._tabs = TabsLine("GAPS", REMARK)
        self._queue = LineList(id="queue")
        self._requests = LineList(id="requests")
        self._why = Detail(id="why")

    def compose(self) -> ComposeResult:
        """Status line, queue, requests, why."""
        yield self._tabs
        with Container(id="gaps-columns"):
            yield self._queue
            yield Column("REQUESTS", self._requests, id="requests-column")
            yield Column("WHY NOTHING FITTED", self._why, id="why-column")

    def on_mount(self) -> None:
        """Everything is loading."""
        self._queue.placeholder = LOADING
        self._at("queue")

    # Reading

    async def refresh_pane(self) -> None:
        """Read the queue of the present status."""
        status = self._status
        gaps = await self.home.curating.gaps(status)
        self.post_message(self.Listed(status, gaps, await self.home.curating.counts()))

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self._tabs.set_tabs([Tab(s.value, s.value, message.counts.get(s, 0)) for s in GapStatus], self._status.value)
        self._counts = message.counts
        if message.status is not self._status:
            return
        self._gaps = {gap.id: gap for gap in message.gaps}
        self._matches.clear()
        self._marked &= set(self._gaps)
        self._queue.placeholder = _EMPTY[self._status]
        self._show_queue()
        if self._wanted is not None and self._queue.highlight(self._wanted):
            self._wanted = None
        self._show_gap()

    async def _compare(self) -> None:
        gap = self._gap
        if gap is not None and gap.id not in self._matches:
            self.post_message(self.Compared(gap.id, await self.home.curating.nearest(gap)))

    @on(Compared)
    def _compared(self, message: Compared) -> None:
        self._matches[message.gap] = message.matches
        self._show_gap()

    # Showing

    @property
    def _gap(self) -> Gap | None:
        return self._gaps.get(self._queue.highlighted or "")

    def _show_queue(self) -> None:
        since = now()
        self._queue.set_rows([rows.gap_row(g, since, marked=g.id in self._marked) for g in self._gaps.values()])
        self._tabs.set_remark(f"{len(self._marked)} selected, esc ends it" if self._marked else REMARK)

    def _show_gap(self) -> None:
        gap = self._gap
        self.refresh_bindings()
        if gap is None:
            self._requests.placeholder = _NO_GAP
            self._requests.set_rows(())
            self._why.show_state(_NO_GAP)
            return
        since = now()
        self._requests.set_rows(rows.request_rows(gap, since))
        matches = self._matches.get(gap.id)
        self._why.show(gap.id, rows.why_blocks(gap, matches, since))
        if matches is None:
            self._comparer.request()

    def show_problem(self, error: SkilltuiError) -> None:
        """In the queue, where there is nothing else to show."""
        self._queue.placeholder = problem(error)

    # Moving

    def focus_first(self) -> None:
        """The queue."""
        self._queue.focus()

    def open_request(self, request: OpenRequest) -> None:
        """Show one gap, whatever its status."""
        if isinstance(request, OpenGap):
            self.work_on(self._open(request.id), group="open")

    async def _open(self, gap_id: str) -> None:
        gap = await self.home.curating.gap(gap_id)
        self._status, self._wanted = gap.status, gap_id
        self.request_refresh()

    @on(LineList.Highlighted, "#queue")
    def _gap_chosen(self) -> None:
        self._show_gap()

    @on(LineList.Selected, "#queue")
    def _gap_opened(self) -> None:
        self._at("requests", focus=True)

    @on(LineList.Selected, "#requests")
    def _request_opened(self, event: LineList.Selected) -> None:
        gap = self._gap
        if gap is None:
            return
        request = gap.requests[int(event.key.partition(":")[2])]
        if request.trajectory is None:
            notify(self.app, "This was asked for in words; no agent has worked on it.")
        else:
            self.post_message(OpenTrajectory(request.trajectory))

    @on(TabsLine.Chosen)
    def _status_clicked(self, event: TabsLine.Chosen) -> None:
        self._switch(GapStatus(event.key))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A narrow terminal shows the side that has the focus."""
        self._at("queue" if event.widget is self._queue else "requests")

    def _at(self, side: str, *, focus: bool = False) -> None:
        self._queue.set_class(side == "queue", "-current")
        for column in self.query(Column):
            column.set_class(side == "requests", "-current")
        if focus:
            self.query_one(f"#{side}").focus()

    def action_go(self, side: str) -> None:
        """To the queue or to what stands behind a gap."""
        self._at("requests" if side == "requests" and self._gap else "queue", focus=True)

    def action_back(self) -> None:
        """End the selection, else back to the queue."""
        if self._marked and self._queue.has_focus:
            self._marked.clear()
            self._show_queue()
        else:
            self._at("queue", focus=True)

    def action_status(self, by: int) -> None:
        """The next status that holds something."""
        order = list(GapStatus)
        self._switch(order[(order.index(self._status) + by) % len(order)])

    def _switch(self, status: GapStatus) -> None:
        self._status = status
        self._marked.clear()
        self._at("queue", focus=True)
        self.request_refresh()

    # Doing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A verb that does not fit the status is not offered; one without a gap is dimmed."""
        del parameters
        if action in _ALLOWED:
            if self._status not in _ALLOWED[action]:
                return False
            return None if self._gap is None else True
        return True

    def _chosen(self) -> list[Gap]:
        if self._marked:
            return [gap for gap in self._gaps.values() if gap.id in self._marked]
        return [self._gap] if self._gap else []

    def action_mark(self) -> None:
        """Select or leave out the gap under the cursor, and go on to the next."""
        key = self._queue.highlighted
        if key is not None:
            self._marked ^= {key}
            self._show_queue()
            self._queue.action_move(1)

    def action_draft(self) -> None:
        """Write a draft for the gap under the cursor."""
        if self._gap is not None:
            self.post_message(DraftWanted(gap=self._gap.id, title=f"a skill: {rows.short_need(self._gap.need)}"))

    def action_snooze(self) -> None:
        """Away for a week."""
        self._act(lambda gap: self.home.curating.snooze(gap.id, SNOOZE_DAYS), "snoozed for a week")

    def action_dismiss(self) -> None:
        """Not wanted."""
        self._act(lambda gap: self.home.curating.dismiss(gap.id), "dismissed")

    def action_reopen(self) -> None:
        """Back into the queue."""
        self._act(lambda gap: self.home.curating.reopen(gap.id), "open again")

    def action_link(self) -> None:
        """Choose a skill, the nearest first."""
        if self._gap is not None:
            self.work_on(self._choose_skill(self._gap), group="link")

    async def _choose_skill(self, gap: Gap) -> None:
        found = await self.home.curating.nearest(gap, 10)
        near = {match.skill: match.score for match in found if match.score >= rows.NEAR}
        skills = [skill for skill in await self.home.library.skills() if skill.shadowed_by is None]
        skills.sort(key=lambda skill: (-near.get(skill.name, 0.0), skill.name))
        choices = [Choice(s.name, s.name, f"{near[s.name]:.2f}" if s.name in near else "") for s in skills]
        if not choices:
            notify(self.app, "There is no skill to link to.", hint="d drafts one", severity="warning")
            return

        def chosen(name: str | None) -> None:
            if name is not None:
                self._link_to(name)

        await self.app.push_screen(Chooser("Which skill is meant to serve it?", choices), chosen)

    def _link_to(self, skill: str) -> None:
        gaps = self._chosen()

        async def work() -> None:
            linked = [await self.home.linking.link(gap.id, skill) for gap in gaps]
            self._marked.clear()
            what = rows.short_need(gaps[0].need) if len(gaps) == 1 else plural(len(gaps), "gap")
            drafts = [one.proposal for one in linked if one.proposal is not None]
            failed = [p.gate for p in drafts if p.gate is not None and p.gate.verdict is GateVerdict.FAIL]
            if failed:
                hint = f"The edit of its description failed the gate: {failed[0].reasons[0]}"
                notify(self.app, f"{what}: linked to {skill}", hint=hint, severity="warning")
            elif drafts:
                waits = f"draft {drafts[0].version} waits" if len(drafts) == 1 else f"{len(drafts)} drafts wait"
                hint = f"For its description {waits} in the Workbench: 3 opens it, r under linked reopens the gap"
                notify(self.app, f"{what}: linked to {skill}", hint=hint)
            else:
                notify(self.app, f"{what}: linked to {skill}", hint=f"No draft: {linked[0].reason}")

        if gaps:
            self.work_on(work(), group="act")

    def _act(self, verb: Callable[[Gap], Awaitable[Gap]], done: str) -> None:
        gaps = self._chosen()

        async def work() -> None:
            for gap in gaps:
                await verb(gap)
            self._marked.clear()
            what = rows.short_need(gaps[0].need) if len(gaps) == 1 else plural(len(gaps), "gap")
            notify(
                self.app, f"{what}: {done}", hint="" if done == "open again" else "tab shows where it went, r reopens"
            )

        if gaps:
            self.work_on(work(), group="act")

    def commands(self) -> Iterable[PaneCommand]:
        """What can be done with the gap under the cursor, or with those selected."""
        verbs: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
            ("draft", "draft a skill for this gap", "With the model, or extracted without one", self.action_draft),
            (
                "link",
                "link it to a skill",
                "Drafts what its description lacks; a success with it closes the gap",
                self.action_link,
            ),
            ("snooze", "snooze it for a week", "It comes back by itself", self.action_snooze),
            ("dismiss", "dismiss it", "It does not come back by itself", self.action_dismiss),
            ("reopen", "reopen it", "Back into the queue", self.action_reopen),
        )
        for action, title, explained, run in verbs:
            if self.check_action(action, ()):
                yield PaneCommand(title, explained, run)
        for status in GapStatus:
            if status is not self._status and self._counts.get(status):
                yield PaneCommand(
                    f"show {status.value} gaps", "Another part of the queue", partial(self._switch, status)
                )


_NO_GAP = EmptyState(signs.IDLE, "No gap is chosen.", tone="muted")
