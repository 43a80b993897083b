"""Versions: what changed, did it help, how do I get back?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.message import Message

from skilltui.domain.trust import Trust
from skilltui.domain.version import VersionState
from skilltui.errors import SkilltuiError
from skilltui.tui import signs
from skilltui.tui import versions_rows as rows
from skilltui.tui.chooser import Choice, Chooser
from skilltui.tui.content import notify
from skilltui.tui.dialogs import TwoVersions
from skilltui.tui.messages import OpenDraft, OpenTrajectory, OpenVersions
from skilltui.tui.pane import OpenRequest, Pane, PaneCommand
from skilltui.tui.reloader import Reloader
from skilltui.tui.versions_change import bring_back, take_back
from skilltui.tui.versions_state import Compared, read_compared
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.detail import Block, Facts, Para
from skilltui.tui.widgets.diff_view import DiffView
from skilltui.tui.widgets.empty_state import LOADING, EmptyState, problem
from skilltui.tui.widgets.headline import Headline, problem_line
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.timeline import Timeline
from skilltui.tui.widgets.trust_bar import trust_cells
from skilltui.tui.words import now, plural
from skilltui.workshop.events import LibraryChanged, ProposalSaved, SkillChanged, WorkshopEvent
from skilltui.workshop.home import Home

VIEWS = ("diff", "blame", "log")
_HUNKS = Binding.Group("hunk", compact=True)
_NO_SKILL = EmptyState(signs.IDLE, "No skill yet.", "Accept a draft in the Workbench (3), and its versions stand here.")
_NO_CHOICE = EmptyState(signs.IDLE, "No skill is chosen.", tone="muted")


class VersionsPane(Pane):
    """The skills; and of one its timeline, two of its versions compared, blame, and what was done to it."""

    PANE = "Versions"
    PURPOSE = "What changed, did it help, how do I get back?"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "hunk(1)", "next", key_display="]", group=_HUNKS, id="versions.next_hunk",
                tooltip="The next place that differs"),
        Binding("left_square_bracket", "hunk(-1)", "previous", key_display="[", group=_HUNKS,
                id="versions.previous_hunk", tooltip="The place before that differs"),
        Binding("v", "choose", "compare", id="versions.choose", tooltip="Choose the two versions to compare"),
        Binding("b", "view('blame')", "blame", id="versions.blame",
                tooltip="Each live line with its version, edit and evidence; again: back"),
        Binding("R", "rollback", "roll back", id="versions.rollback", tooltip="Bring the version before back"),
        Binding("A", "activate", "activate", id="versions.activate", tooltip="Make the version shown live"),
        Binding("u", "undo", "undo", show=False, id="versions.undo",
                tooltip="Take back the last accept, roll-back or rejection"),
        Binding("h", "view('log')", "history", show=False, id="versions.history",
                tooltip="What was done to this skill; again: back"),
        Binding("left", "step(-1)", "Earlier", show=False, id="versions.earlier", tooltip="Show the version before"),
        Binding("right", "step(1)", "Later", show=False, id="versions.later", tooltip="Show the next version"),
        Binding("escape", "back", "Back", show=False, id="versions.back", tooltip="Back to the text, to the skills"),
    ]  # fmt: skip

    @dataclass
    class Listed(Message):
        """Skills were read: names, and for those on disk whether they have a history."""

        names: Sequence[str]
        on_disk: Mapping[str, bool]

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
        self._names: Sequence[str] = ()
        self._on_disk: Mapping[str, bool] = {}
        self._trust: Mapping[str, Trust] = {}
        self._wanted: str | None = None
        self._pair: tuple[int | None, int | None] | None = None
        self._after: int | None = None
        self._compared: Compared | None = None
        self._problem: SkilltuiError | None = None
        self._view = "diff"
        self._opener = Reloader(self, self._read_skill, group="open")
        self._skills = LineList(id="skills")
        self._timeline = Timeline(id="timeline")
        self._facts = Headline(id="facts")
        self._diff = DiffView(id="diff")
        self._blame = LineList(id="blame")
        self._log = LineList(id="log")

    def compose(self) -> ComposeResult:
        """Skills; timeline, facts, and one of diff, blame and log."""
        with Container(id="versions-columns"):
            yield Column("SKILLS", self._skills, id="skills-column")
            with Vertical(id="history"):
                yield self._timeline
                yield self._facts
                yield self._diff
                yield Column("BLAME", self._blame, id="blame-column")
                yield Column("HISTORY", self._log, id="log-column")

    def on_mount(self) -> None:
        """Everything is loading."""
        self._skills.placeholder = LOADING
        self._log.placeholder = EmptyState(signs.IDLE, "Nothing was done to this skill yet.", tone="muted")
        self._blame.placeholder = EmptyState(signs.IDLE, "No live text.", tone="muted")
        self._diff.show_state(_NO_CHOICE)
        self._at("skills")
        self._show_view()

    # Reading

    async def refresh_pane(self) -> None:
        """Read which skills there are, then what they have earned."""
        history = await self.home.comparing.skills_with_history()
        library = {skill.name for skill in await self.home.library.skills() if skill.shadowed_by is None}
        on_disk = {name: name in history for name in library}
        self.post_message(self.Listed(sorted(library | set(history)), on_disk))
        trust = await self.home.comparing.trust()
        self.post_message(self.Trusted({one.skill: one for one in trust}))

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self._names, self._on_disk = message.names, message.on_disk
        self._skills.placeholder = _NO_SKILL
        self._show_skills()
        if self._wanted in self._names and self._wanted is not None:
            self._skills.highlight(self._wanted)
            self._wanted = None
        if not self._names:
            self._compared = None
            self._diff.show_state(_NO_CHOICE)
        self._opener.request()

    @on(Trusted)
    def _trusted(self, message: Trusted) -> None:
        self._trust = message.trust
        self._show_skills()

    async def _read_skill(self) -> None:
        skill = self._skills.highlighted
        if skill is not None:
            self.post_message(self.Opened(await read_compared(self.home, skill, self._pair, self._after)))

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        if message.compared.skill == self._skills.highlighted:
            self._compared, self._problem = message.compared, None
            self._show_compared()

    def on_workshop_events(self, events: Sequence[WorkshopEvent]) -> None:
        """Load again where skills or drafts changed."""
        if any(isinstance(event, LibraryChanged | ProposalSaved | SkillChanged) for event in events):
            self.request_refresh()

    def show_problem(self, error: SkilltuiError) -> None:
        """Over the versions, where some are shown; else in their place."""
        if not self._names:
            self._skills.placeholder = problem(error)
        elif self._compared is not None and self._compared.skill == self._skills.highlighted:
            self._problem = error
            self._show_facts()
        else:
            self._compared = None
            self._diff.show_state(problem(error))

    # Showing

    def _show_skills(self) -> None:
        self._skills.set_rows(rows.skill_rows(self._names, self._on_disk, self._trust))
        self.query_one("#skills-column", Column).set_title("SKILLS", str(len(self._names)) if self._names else "")

    def _show_compared(self) -> None:
        shown = self._compared
        if shown is None:
            return
        pair = {number for number in (shown.before, shown.after) if number is not None}
        self._timeline.show(shown.skill, shown.versions, pair)
        self._diff.show(f"{shown.skill}/{shown.before}/{shown.after}", shown.model, shown.notes)
        self._show_facts()
        self._blame.set_rows(rows.blame_rows(shown.blame))
        self._log.set_rows(rows.operation_rows(shown.operations, now()))
        active = shown.active
        what = f"version {active.number}, live" if active else rows.ON_DISK
        self.query_one("#blame-column", Column).set_title("BLAME", f"{what}, enter opens the evidence, b back")
        self.query_one("#log-column", Column).set_title("HISTORY", "newest first, enter shows the version, h back")
        self.refresh_bindings()

    def _show_facts(self) -> None:
        shown = self._compared
        if shown is None:
            return
        hunk = self._diff.hunk
        where = f"hunk {hunk + 1} of {shown.model.hunks}" if hunk is not None and shown.model.hunks else ""
        if shown.before != shown.after and not shown.model.hunks:
            where = "no difference"
        size = rows.size_words(shown.model.added, shown.model.removed)
        line = rows.facts_line(shown.before, shown.after, shown.views, now(), size=size, hunk=where)
        blocks: list[Block] = [Facts(trust_cells(shown.trust)), Facts(line)]
        if not shown.views:
            words = "No version is kept yet. The first edit that is accepted here keeps these bytes as version 1."
            blocks.append(Para(words, "muted"))
        if shown.disk:
            blocks.append(Para(shown.disk, "finding", lead=signs.FINDING))
        if self._problem is not None:
            blocks.append(problem_line(self._problem))
        self._facts.show(shown.skill, blocks)

    @on(DiffView.HunkChanged)
    def _hunk_changed(self) -> None:
        self._show_facts()

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
            self._go_to("diff")
            self.request_refresh()

    def _go_to(self, view: str) -> None:
        self._view = view
        self._show_view()
        self._at("history")
        {"diff": self._diff, "blame": self._blame, "log": self._log}[view].focus()

    @on(LineList.Highlighted, "#skills")
    def _skill_chosen(self) -> None:
        self._pair = self._after = None
        self._opener.request()

    @on(LineList.Selected, "#skills")
    def _skill_opened(self) -> None:
        self._go_to(self._view)

    @on(Timeline.VersionChosen)
    def _version_clicked(self, event: Timeline.VersionChosen) -> None:
        self._show_version(event.number)

    def _show_version(self, number: int) -> None:
        self._pair, self._after = None, number
        self._go_to("diff")
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
                self._go_to(self._view)
            return
        numbers = [version.number for version in shown.versions]
        if not numbers:
            return
        place = numbers.index(shown.after) if shown.after in numbers else len(numbers)
        self._show_version(numbers[min(max(place + by, 0), len(numbers) - 1)])

    def action_back(self) -> None:
        """To the text, then to the skills."""
        if self._view != "diff" and not self._skills.has_focus:
            self._go_to("diff")
        else:
            self._at("skills")
            self._skills.focus()

    def action_hunk(self, by: int) -> None:
        """The next or previous place that differs."""
        self._go_to("diff")
        if not self._diff.go_to_hunk(by) and self._compared is not None and self._compared.model.hunks:
            notify(self.app, "That is the last difference." if by > 0 else "That is the first difference.")

    def action_view(self, view: str) -> None:
        """Blame or history in place of the diff, and back."""
        self._go_to("diff" if self._view == view else view)

    def action_choose(self) -> None:
        """Choose the two to compare."""
        shown = self._compared
        if shown is None:
            return
        states = rows.choices(shown.versions, now(), disk=shown.skill in self._on_disk)
        if len(states) < 2:
            notify(self.app, f"{shown.skill} has one state: there is nothing to compare.", severity="warning")
            return

        def chosen(pair: tuple[int | None, int | None] | None) -> None:
            if pair is not None:
                self._pair = pair
                self._go_to("diff")
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
        del parameters
        shown = self._compared
        if action in ("choose", "view"):
            return shown is not None
        if action == "hunk":
            return shown is not None and shown.model.hunks > 0
        if action == "rollback":
            return shown is not None and shown.active is not None and shown.active.parent is not None
        if action == "activate":
            version = shown.version(shown.after) if shown is not None else None
            return version is not None and bool(version.blob) and version.state is not VersionState.ACTIVE
        return True

    def action_rollback(self) -> None:
        """Bring the version before the live one back."""
        shown = self._compared
        if shown is not None and shown.active is not None and shown.active.parent is not None:
            self._bring_back(shown, shown.active.parent)

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
            if await take_back(self.app, self.home):
                self._pair = self._after = None
                self._opener.request()

        self.work_on(work(), group="change")

    def commands(self) -> Iterable[PaneCommand]:
        """What can be done with the skill under the cursor."""
        shown = self._compared
        verbs: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
            ("hunk", "go to the next difference", "", partial(self.action_hunk, 1)),
            ("choose", "choose two versions to compare", "Also what stands on disk now", self.action_choose),
            ("view", "show blame", "Each live line with its version, edit and evidence", partial(self._go_to, "blame")),
            ("view", "show the history", "What was done to this skill", partial(self._go_to, "log")),
            ("view", "show the difference", "Between the two versions", partial(self._go_to, "diff")),
            ("rollback", "roll back", "Bring the version before back", self.action_rollback),
            ("activate", "activate the version shown", "Make it live", self.action_activate),
            ("undo", "undo", "Take back the last accept, roll-back or rejection", self.action_undo),
        )
        for action, title, explained, run in verbs:
            if self.check_action(action, ()):
                yield PaneCommand(title, explained, run)
        for version in shown.versions if shown else ():
            if version.state is VersionState.DRAFT:
                open_draft = partial(self._open_draft, version.skill, version.number)
                yield PaneCommand(f"review draft {version.number}", "Opens the Workbench", open_draft)
        if shown is not None:
            edits = plural(len(shown.versions), "version")
            yield PaneCommand(f"show {shown.skill}", edits, partial(self._go_to, "diff"))

    def _open_draft(self, skill: str, version: int) -> None:
        self.post_message(OpenDraft(skill, version))
