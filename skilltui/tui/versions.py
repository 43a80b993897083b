"""Versions: what changed, did it help, how do I get back?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.message import Message

from skilltui.domain.skill import CheckResult
from skilltui.domain.trust import Trust
from skilltui.domain.version import VersionState
from skilltui.errors import SkilltuiError
from skilltui.tui import versions_rows as rows
from skilltui.tui.chooser import Choice, Chooser
from skilltui.tui.content import notify
from skilltui.tui.dialogs import TwoVersions
from skilltui.tui.messages import OpenDraft, OpenTrajectory, OpenVersions
from skilltui.tui.pane import OpenRequest, PaneCommand
from skilltui.tui.reloader import Reloader
from skilltui.tui.versions_change import bring_back, take_back
from skilltui.tui.versions_history import HistoryView
from skilltui.tui.versions_lifecycle import LifecyclePane
from skilltui.tui.versions_skills import Listing, SkillsColumn, read_listing
from skilltui.tui.versions_state import Compared, read_compared
from skilltui.tui.versions_verbs import KEYS, commands, why_not
from skilltui.tui.widgets.empty_state import problem
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.timeline import Timeline
from skilltui.tui.words import now
from skilltui.tui.workbench import WorkbenchPane
from skilltui.versions.copies import CopyState
from skilltui.workshop.events import LibraryChanged, ProposalSaved, SkillChanged, WorkshopEvent
from skilltui.workshop.home import Home

VIEWS = ("diff", "blame", "log")


class VersionsPane(LifecyclePane):
    """The skills; and of one its timeline, two of its versions compared, blame, and what was done to it."""

    PANE = "Versions"
    PURPOSE = "What changed, did it help, how do I get back?"
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    @dataclass
    class Listed(Message):
        """Skills were read."""

        listing: Listing

    @dataclass
    class Trusted(Message):
        """Trust of what is live was measured."""

        trust: Mapping[str, Trust]

    @dataclass
    class Opened(Message):
        """Two states of a skill were read and compared."""

        compared: Compared

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._changed: str | None = None
        self._saved: tuple[str, int] | None = None
        self._wanted: str | None = None
        self._pair: tuple[int | None, int | None] | None = None
        self._after: int | None = None
        self._compared: Compared | None = None
        self._view = "diff"
        self._opener = Reloader(self, self._read_skill, group="open")
        self._column = SkillsColumn()
        self._skills = self._column.list
        self._history = HistoryView()

    def compose(self) -> ComposeResult:
        """Skills; timeline, facts, and one of diff, blame and log."""
        with Container(id="versions-columns"):
            yield self._column
            yield self._history

    def on_mount(self) -> None:
        """Begin at the skills."""
        self._at("skills")
        self._show_view()

    # Reading

    async def refresh_pane(self) -> None:
        """Read which skills there are, then what they have earned."""
        self.post_message(self.Listed(await read_listing(self.home)))
        trust = await self.home.comparing.trust()
        self.post_message(self.Trusted({one.skill: one for one in trust}))

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self._column.polling = self.home.shelf_watcher.polling
        self._column.show(message.listing)
        if self._wanted is not None and self._wanted in message.listing.names:
            self._skills.highlight(self._wanted)
            self._wanted = None
            if self.screen.has_class("-narrow") or not self._skills.has_focus:
                self.go_to("diff")
            else:
                self._view = "diff"
                self._show_view()
        if self._column.skill is None:
            self._show_none()
        self._opener.request()

    @on(Trusted)
    def _trusted(self, message: Trusted) -> None:
        self._column.show_trust(message.trust)

    async def _read_skill(self) -> None:
        skill = self._column.skill
        if skill is not None:
            self.post_message(self.Opened(await read_compared(self.home, skill, self._pair, self._after)))

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        if message.compared.skill == self._column.skill:
            self._compared = message.compared
            self._history.show(self._compared, self._column.listing.findings.get(self._compared.skill, ()))
            self.refresh_bindings()

    def on_workshop_events(self, events: Sequence[WorkshopEvent]) -> None:
        """Load again where skills or drafts changed."""
        if any(isinstance(event, LibraryChanged | ProposalSaved | SkillChanged) for event in events):
            self.request_refresh()

    def take_events(self, events: Sequence[WorkshopEvent]) -> None:
        """What changes while another pane is shown is what the next look at this one is for."""
        if not self.display:
            self._changed = next((e.skill for e in reversed(events) if isinstance(e, SkillChanged)), self._changed)
        super().take_events(events)

    def shown(self) -> None:
        """Open the skill that changed last, where one changed since the last look."""
        for bench in self.screen.query(WorkbenchPane):
            # Nobody told this pane of what was saved before it was built, or in this very moment.
            if bench.saved is not None and bench.saved is not self._saved:
                self._saved = bench.saved
                self._changed = self._changed or bench.saved[0]
        if self._changed is not None:
            self._wanted, self._changed, self._pair, self._after = self._changed, None, None, None
            self.request_refresh()
        super().shown()

    def show_problem(self, error: SkilltuiError) -> None:
        """Over the versions, where some are shown; else in their place."""
        if not self._column.listing.names:
            self._column.show_problem(error)
        elif self._compared is not None and self._compared.skill == self._column.skill:
            self._history.show_problem(error)
        else:
            self._compared = None
            self._history.show_state(problem(error))

    # Showing

    def _show_none(self) -> None:
        """No skill is under the cursor."""
        self._compared = None
        self._history.show_state(self._column.state())
        self.refresh_bindings()

    def _show_view(self) -> None:
        for name in VIEWS:
            self.set_class(name == self._view, f"-view-{name}")

    # Moving

    def focus_first(self) -> None:
        """The skills."""
        self._skills.focus()

    def open_request(self, request: OpenRequest) -> None:
        """Show one skill."""
        if isinstance(request, OpenVersions):
            self._wanted, self._pair, self._after = request.skill, None, None
            self.go_to("diff")
            self.request_refresh()

    def go_to(self, view: str) -> None:
        """Into the versions of the skill, at one of the views."""
        self._view = view
        self._show_view()
        self._at("history")
        self._history.query_one(f"#{view}").focus()

    @on(LineList.Highlighted, "#skills")
    def _skill_chosen(self) -> None:
        self._pair = self._after = None
        if self._column.skill is None:
            self._show_none()
        self._opener.request()

    @on(LineList.Selected, "#skills")
    def _skill_opened(self, event: LineList.Selected) -> None:
        if event.key == rows.BROKEN:
            self.action_broken()
        else:
            self.go_to(self._view)

    @property
    def compared(self) -> Compared | None:
        """What is shown."""
        return self._compared

    @property
    def broken(self) -> Sequence[CheckResult]:
        """What can't be used as a skill."""
        return self._column.listing.broken

    @on(Timeline.VersionChosen)
    def _version_clicked(self, event: Timeline.VersionChosen) -> None:
        self._show_version(event.number)

    def _show_version(self, number: int) -> None:
        self._pair, self._after = None, number
        self.go_to("diff")
        self._opener.request()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A narrow terminal shows the side that has the focus."""
        self._at("skills" if event.widget is self._skills else "history")

    def _at(self, side: str) -> None:
        for name in ("skills", "history"):
            self.set_class(name == side, f"-at-{name}")

    def action_step(self, by: int) -> None:
        """Along the timeline; from the skills, to the right is into it."""
        shown = self._compared
        if shown is None:
            return
        if self._skills.has_focus:
            if by > 0:
                self.go_to(self._view)
            return
        numbers = [version.number for version in shown.versions]
        if not numbers:
            return
        place = numbers.index(shown.after) if shown.after in numbers else len(numbers)
        self._show_version(numbers[min(max(place + by, 0), len(numbers) - 1)])

    def action_back(self) -> None:
        """To the text, then to the skills."""
        if self._view != "diff" and not self._skills.has_focus:
            self.go_to("diff")
        else:
            self._at("skills")
            self._skills.focus()

    def action_hunk(self, by: int) -> None:
        """The next or previous place that differs."""
        self.go_to("diff")
        if not self._history.diff.go_to_hunk(by) and self._compared is not None and self._compared.model.hunks:
            notify(self.app, "That is the last difference." if by > 0 else "That is the first difference.")

    def action_view(self, view: str) -> None:
        """Blame or history in place of the diff, and back."""
        self.go_to("diff" if self._view == view else view)

    def action_choose(self) -> None:
        """Choose the two to compare."""
        shown = self._compared
        if shown is None:
            return
        states = rows.choices(shown.versions, now(), disk=shown.skill in self._column.listing.on_disk)
        if len(states) < 2:
            notify(self.app, f"{shown.skill} has one state: there is nothing to compare.", severity="warning")
            return

        def chosen(pair: tuple[int | None, int | None] | None) -> None:
            if pair is not None:
                self._pair = pair
                self.go_to("diff")
                self._opener.request()

        self.app.push_screen(TwoVersions(states, shown.before, shown.after), chosen)

    @on(LineList.Selected, "#blame")
    def _line_opened(self, event: LineList.Selected) -> None:
        shown = self._compared
        line = next((one for one in shown.blame if str(one.line) == event.key), None) if shown else None
        if line is None:
            return
        if not line.evidence:
            origin = f"It came with version {line.version}" if line.version else "It stands on disk, without a history"
            notify(self.app, f"{origin}; no trajectory stands behind it.")
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                ref = line.evidence[int(key)]
                self.post_message(OpenTrajectory(ref.trajectory, ref.step))

        if len(line.evidence) == 1:
            chosen("0")
        else:
            places = [Choice(str(n), rows.place_words(ref), ref.quote[:60]) for n, ref in enumerate(line.evidence)]
            self.app.push_screen(Chooser(f"What stands behind line {line.line}", places), chosen)

    @on(LineList.Selected, "#log")
    def _operation_opened(self, event: LineList.Selected) -> None:
        shown = self._compared
        done = next((o for o in shown.operations if str(o.id) == event.key), None) if shown else None
        if done is not None and done.version is not None:
            self._show_version(done.version)

    # Doing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A verb that can't be done now is not offered."""
        shown = self._compared
        if action == "why_not":
            return shown is not None and not self.check_action(str(parameters[0]), ())
        if action == "broken":
            return bool(self._column.listing.broken)
        if action in ("choose", "view", "fires"):
            return shown is not None
        if action == "publish":
            return shown is not None and any(copy.state is not CopyState.SAME for copy in shown.copies)
        if action in ("rename", "retire"):
            on_disk = shown is not None and shown.skill in self._column.listing.on_disk
            return on_disk or (action == "retire" and shown is not None and shown.retired)
        if action == "hunk":
            return shown is not None and shown.model.hunks > 0
        if action == "rollback":
            return shown is not None and shown.active is not None and (shown.gone or shown.active.parent is not None)
        if action == "activate":
            version = shown.version(shown.after) if shown is not None else None
            if shown is None or shown.retired or version is None or version.blob is None:
                return False
            if version.state is VersionState.DRAFT:
                return False
            return shown.gone or version.state is not VersionState.ACTIVE
        return True

    def action_why_not(self, verb: str) -> None:
        """Say why nothing happens."""
        if self._compared is not None:
            notify(self.app, why_not(verb, self._compared))

    def action_rollback(self) -> None:
        """Bring the version before the live one back; the live one, where its file is gone."""
        shown = self._compared
        number = shown.active.number if shown and shown.active and shown.gone else None
        if shown is not None and shown.active is not None:
            number = number or shown.active.parent
        if shown is not None and number is not None:
            self._bring_back(shown, number)

    def action_activate(self) -> None:
        """Make the version shown live."""
        shown = self._compared
        if shown is not None and shown.after is not None:
            self._bring_back(shown, shown.after)

    def _bring_back(self, shown: Compared, number: int) -> None:
        async def work() -> None:
            if await bring_back(self.app, self.home, shown, number):
                self._pair, self._after = None, number
                self._opener.request()

        self.work_on(work(), group="change")

    def action_undo(self) -> None:
        """Take back the last operation that can be."""

        async def work() -> None:
            skill = await take_back(self.app, self.home)
            if skill is not None:
                self._wanted, self._pair, self._after = skill, None, None
                if self._view == "blame":
                    # Of a first version that is taken back nothing is left to blame.
                    self.go_to("diff")
                self.request_refresh()

        self.work_on(work(), group="change")

    def commands(self) -> Iterable[PaneCommand]:
        """What can be done with the skill under the cursor."""
        return commands(self, self._compared)

    def open_draft(self, skill: str, version: int) -> None:
        """Review a draft in the Workbench."""
        self.post_message(OpenDraft(skill, version))
