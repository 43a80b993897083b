"""Workbench: is this right, and what stands behind it?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widgets import Static

from skilltui.domain.proposal import Decision, Edit, EditOp, Proposal
from skilltui.domain.trajectory import Trajectory
from skilltui.domain.trust import Trust
from skilltui.errors import NotFoundError, SkilltuiError
from skilltui.learning.engine import Progress
from skilltui.text.sanitise import has_hidden
from skilltui.text.skillmd import parse_skill
from skilltui.tui import drafting, signs
from skilltui.tui import workbench_rows as rows
from skilltui.tui.content import build, notify
from skilltui.tui.dialogs import Reason
from skilltui.tui.messages import DraftStopWanted, DraftWanted, OpenDraft, OpenTrajectory, OpenVersions
from skilltui.tui.pane import OpenRequest, Pane, PaneCommand
from skilltui.tui.reloader import Reloader
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.empty_state import LOADING, EmptyState, problem
from skilltui.tui.widgets.headline import Headline
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.skill_editor import SkillEditor
from skilltui.tui.widgets.writing import Writing
from skilltui.tui.words import plural
from skilltui.tui.workbench_preview import Preview, build_preview
from skilltui.tui.workbench_save import save
from skilltui.workshop.events import DraftProgressed, WorkshopEvent
from skilltui.workshop.home import Home
from skilltui.workshop.reviewing import FiredRequest

# Past requests that are listed; beyond it the number alone is told.
FIRED = 50
# How soon a stopped or failed draft is noticed.
WATCH_SECONDS = 0.2

_EMPTY = EmptyState(
    signs.DRAFT, "No draft yet.", "Press 2, choose a gap, and press d to draft a skill for it."
)
_NO_REQUESTS = EmptyState(signs.IDLE, "No past request.", "It would fire on requests that are yet to come", "muted")


class WorkbenchPane(Pane):
    """The drafts; and of one its text, its edits, the evidence of each, findings, and what it would fire on."""

    PANE = "Workbench"
    PURPOSE = "Is this right, and what stands behind it?"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('accepted')", "accept", id="workbench.accept", tooltip="Accept this edit"),
        Binding("r", "decide('refused')", "refuse", id="workbench.refuse", tooltip="Refuse this edit"),
        Binding("e", "reword", "reword", id="workbench.reword", tooltip="Put it in your own words"),
        Binding("g", "gate", "gate", id="workbench.gate", tooltip="Judge the draft again, without the refused edits"),
        Binding("s", "save", "save", id="workbench.save", tooltip="Make the accepted edits live, as a new version"),
        Binding("u", "decide('pending')", "undecide", show=False, id="workbench.undecide",
                tooltip="Take the decision on this edit back"),
        Binding("p", "requests", "requests", show=False, id="workbench.requests",
                tooltip="Show the past requests on which it would fire"),
        Binding("x", "reject", "reject", show=False, id="workbench.reject", tooltip="Put the whole draft away"),
        Binding("ctrl+g", "again", "draft again", show=False, id="workbench.again", tooltip="Draft it once more"),
        Binding("right", "go('aside')", "Evidence", show=False, id="workbench.right", tooltip="To the evidence"),
        Binding("left", "go('edits')", "Edits", show=False, id="workbench.left", tooltip="To the edits"),
        Binding("escape", "back", "Back", show=False, id="workbench.back",
                tooltip="Stop a running draft; else one step back"),
    ]  # fmt: skip

    @dataclass
    class Listed(Message):
        """The drafts were read."""

        proposals: Sequence[Proposal]

    @dataclass
    class Opened(Message):
        """A draft is ready to be shown."""

        proposal: Proposal
        preview: Preview
        trust: Trust | None

    @dataclass
    class Changed(Message):
        """An edit was decided or reworded."""

        proposal: Proposal
        edit: str
        reworded: bool = False

    @dataclass
    class Read(Message):
        """Trajectories behind an edit were read; ``None`` for one that is no longer stored."""

        trajectories: Mapping[str, Trajectory | None]

    @dataclass
    class Fired(Message):
        """It is known which past requests a description would fire on."""

        asked: tuple[str, str]
        requests: Sequence[FiredRequest]

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self._drafts: dict[str, Proposal] = {}
        self._open: str | None = None
        self._wanted: str | None = None
        self._preview: Preview | None = None
        self._trust: Trust | None = None
        self._known: dict[str, Trajectory | None] = {}
        self._fired: dict[tuple[str, str], Sequence[FiredRequest]] = {}
        self._asked: tuple[str, str] | None = None
        self._editing: str | None = None
        self._writing_subject: str | None = None
        # Decisions are read, changed and written back: one after the other.
        self._deciding = asyncio.Lock()
        self._opener = Reloader(self, self._read_draft, group="open")
        self._reader = Reloader(self, self._read_evidence, group="evidence")
        self._firer = Reloader(self, self._fire, group="fire")
        self._list = LineList(id="drafts")
        self._headline = Headline(id="headline")
        self._editor = SkillEditor(id="editor")
        self._edits = LineList(id="edits")
        self._evidence = LineList(id="evidence")
        self._findings = LineList(id="findings")
        self._requests = LineList(id="requests")
        self._writing = Writing(id="writing")

    def compose(self) -> ComposeResult:
        """The list; the draft; the draft that is being written."""
        yield Column("DRAFTS", self._list, id="drafts-column")
        with Vertical(id="draft"):
            yield self._headline
            with Container(id="draft-columns"):
                with Vertical(id="text-side"):
                    yield Column("SKILL.md", self._editor, id="editor-column")
                    yield Column("FINDINGS", self._findings, id="findings-column")
                yield Column("EDITS", self._edits, id="edits-column")
                with Vertical(id="aside"):
                    yield Column("EVIDENCE", self._evidence, id="evidence-column")
                    yield Column("WOULD FIRE ON", self._requests, id="requests-column")
                    yield Static(id="fire-line")
        yield self._writing

    def on_mount(self) -> None:
        """Everything is loading."""
        self._list.placeholder = LOADING
        self._requests.placeholder = _NO_REQUESTS
        self._at("edits")
        self._show_view()
        self.set_interval(WATCH_SECONDS, self._watch_writing)

    # Reading

    async def refresh_pane(self) -> None:
        """Read the drafts."""
        self.post_message(self.Listed(await self.home.reviewing.proposals()))

    async def _read_draft(self) -> None:
        proposal = self._proposal
        if proposal is None:
            return
        preview = await asyncio.to_thread(build_preview, proposal, self.home.reviewing.preview)
        trust = None
        if proposal.parent is not None:
            try:
                trust = next(iter(await self.home.comparing.trust(proposal.skill)), None)
            except NotFoundError:
                # Its file was removed since; the version manager says so when it matters.
                trust = None
        self.post_message(self.Opened(proposal, preview, trust))

    async def _read_evidence(self) -> None:
        edit = self._edit
        wanted = {ref.trajectory for ref in edit.evidence} - self._known.keys() if edit else set()
        found: dict[str, Trajectory | None] = {}
        for trajectory in sorted(wanted):
            try:
                found[trajectory] = await self.home.capturing.trajectory(trajectory)
            except NotFoundError:
                found[trajectory] = None
        if found:
            self.post_message(self.Read(found))

    async def _fire(self) -> None:
        asked = self._asked
        if asked is not None and asked not in self._fired:
            name, description = asked
            self.post_message(self.Fired(asked, await self.home.reviewing.would_fire(description, name, FIRED)))

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self._drafts = {rows.draft_key(proposal): proposal for proposal in message.proposals}
        self._list.placeholder = _EMPTY
        self._list.set_rows(rows.draft_rows(message.proposals))
        self.query_one("#drafts-column", Column).set_title("DRAFTS", plural(len(self._drafts), "draft"))
        # New captures may change what a description fires on.
        self._fired.clear()
        if self._wanted in self._drafts:
            self._open, self._wanted = self._wanted, None
        if self._open not in self._drafts:
            self._leave_editing()
            self._open = next(iter(self._drafts)) if len(self._drafts) == 1 else None
        if self._open is not None:
            self._opener.request()
        self._show_view()

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        if rows.draft_key(message.proposal) != self._open or message.proposal != self._proposal:
            return
        self._preview, self._trust = message.preview, message.trust
        self._show_draft()

    @on(Changed)
    def _changed(self, message: Changed) -> None:
        key = rows.draft_key(message.proposal)
        if key not in self._drafts:
            return
        self._drafts[key] = message.proposal
        if message.reworded:
            self._leave_editing()
        self._opener.request()
        self._show_edits()
        if not message.reworded and self._edits.highlighted == message.edit:
            self._to_next_undecided(message.edit)

    @on(Read)
    def _trajectories_read(self, message: Read) -> None:
        self._known.update(message.trajectories)
        self._show_evidence()

    @on(Fired)
    def _fired_known(self, message: Fired) -> None:
        self._fired[message.asked] = message.requests
        self._show_requests()

    def on_workshop_events(self, events: Sequence[WorkshopEvent]) -> None:
        """Load again on anything but progress."""
        if any(not isinstance(event, DraftProgressed) for event in events):
            self.request_refresh()

    def take_events(self, events: Sequence[WorkshopEvent]) -> None:
        """Progress is kept also while another pane is shown, so that a look at it is never empty."""
        for event in events:
            if isinstance(event, DraftProgressed):
                self._progressed(event)
        super().take_events(events)

    # Showing

    @property
    def _proposal(self) -> Proposal | None:
        return self._drafts.get(self._open or "")

    @property
    def _edit(self) -> Edit | None:
        proposal = self._proposal
        key = self._edits.highlighted
        return next((e for e in proposal.edits if e.id == key), None) if proposal else None

    @property
    def _view(self) -> str:
        proposal, subject = self._proposal, self._writing_subject
        if subject is not None and (proposal is None or subject in (proposal.gap, proposal.skill)):
            return "writing"
        return "list" if proposal is None else "draft"

    def _show_view(self) -> None:
        view = self._view
        for name in ("list", "draft", "writing"):
            self.set_class(name == view, f"-view-{name}")
        self.refresh_bindings()
        # The focus may stand in a view that has just been hidden.
        focused = self.screen.focused if self.is_attached else None
        if self.display and (focused is None or (self in focused.ancestors and not focused.is_on_screen)):
            self.focus_first()

    def _show_draft(self) -> None:
        proposal, preview = self._proposal, self._preview
        if proposal is None or preview is None:
            return
        place = f"{list(self._drafts).index(self._open or '') + 1} of {len(self._drafts)}, esc list"
        self._headline.show(
            self._open or "",
            rows.headline(proposal, self._trust, place if len(self._drafts) > 1 else "", preview.conflicts),
        )
        self._findings.set_rows(rows.finding_rows(proposal.findings))
        self.query_one("#findings-column", Column).display = bool(proposal.findings)
        if self._editing is None:
            self._editor.show(preview.text, preview.marks, [f.line for f in proposal.findings if f.line])
            aside = "no finding" if not proposal.findings else plural(len(proposal.findings), "finding")
            self.query_one("#editor-column", Column).set_title("SKILL.md", aside)
        self._show_edits()
        self._ask_what_fires(proposal, preview)
        self.refresh_bindings()

    def _show_edits(self) -> None:
        proposal = self._proposal
        if proposal is None:
            return
        conflicts = self._preview.conflicts if self._preview else {}
        self._edits.set_rows(rows.edit_rows(proposal.edits, conflicts))
        self.query_one("#edits-column", Column).set_title("EDITS", rows.accepted_words(proposal))
        self._show_evidence()

    def _show_evidence(self) -> None:
        edit = self._edit
        if edit is None:
            self._evidence.set_rows(())
            return
        self._evidence.set_rows(rows.evidence_rows(edit, self._known, self._evidence.line_width or 60))
        self.query_one("#evidence-column", Column).set_title(
            f"EVIDENCE {edit.id}", f"{plural(len(edit.evidence), 'place')}, enter opens"
        )
        if any(ref.trajectory not in self._known for ref in edit.evidence):
            self._reader.request()

    def _ask_what_fires(self, proposal: Proposal, preview: Preview) -> None:
        try:
            description = parse_skill(preview.text).description
        except SkilltuiError:
            # The gate says what is wrong with the text; a skill that can't be read fires on nothing.
            self._asked = None
        else:
            self._asked = (proposal.skill, description)
            if self._asked not in self._fired:
                self._firer.request()
        self._show_requests()

    def _show_requests(self) -> None:
        fired = self._fired.get(self._asked) if self._asked else ()
        words = rows.fire_words(fired, FIRED)
        self._requests.set_rows(rows.request_rows(fired or ()))
        self.query_one("#requests-column", Column).set_title(words.upper() if fired is None else words)
        hint = "p evidence" if self.has_class("-requests") else "p show"
        self.query_one("#fire-line", Static).update(build((words, "$skilltui-muted"), ("   " + hint, "$skilltui-accent")))

    def show_problem(self, error: SkilltuiError) -> None:
        """In the list, where nothing is open."""
        self._list.placeholder = problem(error)

    def on_resize(self, _event: events.Resize) -> None:
        """Quotes are wrapped for the width of their column."""
        self.call_after_refresh(self._show_evidence)

    # Writing

    def _progressed(self, event: DraftProgressed) -> None:
        if not drafting.is_running(self.app):
            return
        self._writing_subject = event.subject
        named = next((p.skill for p in self._drafts.values() if event.subject in (p.gap, p.skill)), "a new skill")
        self._writing.show(named, event.progress)
        self._show_view()

    def _watch_writing(self) -> None:
        # No event tells of a draft that was stopped or failed.
        if self._writing_subject is not None and not drafting.is_running(self.app):
            self._writing_subject = None
            self._show_view()

    # Moving

    def focus_first(self) -> None:
        """The list, or the edits of what is open."""
        view = self._view
        if view == "draft":
            self._edits.focus()
        elif view == "list":
            self._list.focus()
        else:
            self.query_one("#writing-text").focus()

    def open_request(self, request: OpenRequest) -> None:
        """Show one draft."""
        if isinstance(request, OpenDraft):
            self._wanted = f"{request.version}/{request.skill}"
            self.request_refresh()

    @on(LineList.Selected, "#drafts")
    def _draft_chosen(self, event: LineList.Selected) -> None:
        self._open_draft(event.key)

    def _open_draft(self, key: str) -> None:
        self._open, self._preview = key, None
        self._opener.request()
        self._at("edits")
        self._show_view()
        self._edits.focus()

    @on(LineList.Highlighted, "#edits")
    def _edit_chosen(self) -> None:
        edit = self._edit
        if edit is not None and self._editing is None:
            self._editor.choose(edit.id)
        self._evidence.action_edge(0)
        self._show_evidence()
        self.refresh_bindings()

    @on(LineList.Selected, "#edits")
    def _edit_opened(self) -> None:
        self._at("text")
        self._editor.focus()

    @on(LineList.Selected, "#evidence")
    def _evidence_opened(self, event: LineList.Selected) -> None:
        edit = self._edit
        if edit is not None:
            ref = edit.evidence[int(event.key)]
            if self._known.get(ref.trajectory, ()) is None:
                notify(self.app, f"{ref.trajectory} is no longer stored.", severity="warning")
            else:
                self.post_message(OpenTrajectory(ref.trajectory, ref.step))

    @on(LineList.Selected, "#requests")
    def _request_opened(self, event: LineList.Selected) -> None:
        self.post_message(OpenTrajectory(event.key.partition("/")[2]))

    @on(LineList.Highlighted, "#findings")
    def _finding_chosen(self, event: LineList.Highlighted) -> None:
        self._go_to_finding(event.key)

    @on(LineList.Selected, "#findings")
    def _finding_opened(self, event: LineList.Selected) -> None:
        self._go_to_finding(event.key)
        self._editor.focus()

    def _go_to_finding(self, key: str | None) -> None:
        proposal = self._proposal
        if proposal is None or key is None or not self._findings.has_focus or self._editing is not None:
            return
        line = proposal.findings[int(key)].line
        if line is not None:
            self._editor.go_to_line(line)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A narrow terminal shows the side that has the focus."""
        self._at("text" if event.widget in (self._editor, self._findings) else "edits")

    def _at(self, side: str) -> None:
        for name in ("text", "edits"):
            self.set_class(name == side, f"-at-{name}")

    def action_go(self, where: str) -> None:
        """Between the edits and what stands beside them."""
        if self._view != "draft":
            return
        aside = self._requests if self._requests.is_on_screen and not self._evidence.is_on_screen else self._evidence
        (self._edits if where == "edits" else aside).focus()

    def action_back(self) -> None:
        """Stop what runs; else to the edits, the evidence, the list."""
        if self._view == "writing":
            self.post_message(DraftStopWanted())
        elif self._view == "draft" and not self._edits.has_focus:
            self._at("edits")
            self._edits.focus()
        elif self.has_class("-requests"):
            self.action_requests()
        elif self._view == "draft" and len(self._drafts) > 1:
            self._list.highlight(self._open or "")
            self._open = None
            self._show_view()
            self._list.focus()
        elif drafting.is_running(self.app):
            self.post_message(DraftStopWanted())

    def action_requests(self) -> None:
        """The past requests in place of the evidence, and back."""
        self.toggle_class("-requests")
        self._show_requests()
        if self.has_class("-requests"):
            self._requests.focus()
        else:
            self._edits.focus()

    # Doing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Verbs need an open draft; those on an edit are dimmed where there is none."""
        del parameters
        if action in ("decide", "reword"):
            return self._view == "draft" and self._editing is None and (None if self._edit is None else True)
        if action in ("gate", "save", "requests"):
            return self._view == "draft" and self._editing is None
        if action in ("reject", "again"):
            return self._subject is not None and self._editing is None
        return True

    @property
    def _subject(self) -> Proposal | None:
        """What is open, or under the cursor of the list."""
        if self._view == "list":
            return self._drafts.get(self._list.highlighted or "")
        return self._proposal if self._view == "draft" else None

    def _change(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def one_by_one() -> None:
            async with self._deciding:
                await work()

        # Not exclusive: a second key must not cancel the first one's write.
        self.run_worker(one_by_one(), group="change", exit_on_error=False)

    def action_decide(self, decision: str) -> None:
        """Accept, refuse, or leave open the edit under the cursor."""
        proposal, edit = self._proposal, self._edit
        if proposal is None or edit is None:
            return

        async def work() -> None:
            changed = await self.home.reviewing.decide(
                proposal.skill, proposal.version, edit.id, Decision(decision)
            )
            self.post_message(self.Changed(changed, edit.id))

        self._change(work)

    def _to_next_undecided(self, after: str) -> None:
        proposal = self._proposal
        if proposal is None:
            return
        ids = [edit.id for edit in proposal.edits]
        start = ids.index(after)
        if proposal.edits[start].decision is Decision.PENDING:
            return
        for place in (*range(start + 1, len(ids)), *range(start)):
            if proposal.edits[place].decision is Decision.PENDING:
                self._edits.highlight(ids[place])
                return

    def action_reword(self) -> None:
        """Let the person write this edit's text."""
        edit = self._edit
        if edit is None or self._view != "draft":
            return
        if edit.op is EditOp.REMOVE or edit.after is None:
            notify(self.app, f"{edit.id} takes lines away: it has no text.", hint="r refuses it", severity="warning")
            return
        if has_hidden(edit.after):
            notify(
                self.app, f"{edit.id} holds characters that can't be seen.",
                hint="They stand as ⟨U+…⟩; ctrl+s keeps what you see, esc what is there", severity="warning",
            )  # fmt: skip
        self._editing = edit.id
        self.add_class("-editing")
        self._at("text")
        where = edit.section or "the top"
        self.query_one("#editor-column", Column).set_title(f"REWORD {edit.id} in {where}", "ctrl+s keep · esc leave")
        self._editor.edit_text(edit.after)
        self.refresh_bindings()

    @on(SkillEditor.Kept)
    def _reworded(self, event: SkillEditor.Kept) -> None:
        proposal, edit_id = self._proposal, self._editing
        if proposal is None or edit_id is None:
            return

        async def work() -> None:
            changed = await self.home.reviewing.reword(proposal.skill, proposal.version, edit_id, event.text)
            self.post_message(self.Changed(changed, edit_id, reworded=True))

        self._change(work)

    @on(SkillEditor.Left)
    def _not_reworded(self) -> None:
        self._leave_editing()
        self._show_draft()

    def _leave_editing(self) -> None:
        if self._editing is None:
            return
        self._editing = None
        self.remove_class("-editing")
        if self._preview is not None:
            self._editor.show(self._preview.text, self._preview.marks, ())
        self._at("edits")
        self._edits.focus()
        self.refresh_bindings()

    def action_gate(self) -> None:
        """Judge again."""
        proposal = self._proposal
        if proposal is None:
            return

        async def work() -> None:
            gate = await self.home.reviewing.gate(proposal.skill, proposal.version)
            sign, words = rows.gate_words(gate)
            notify(self.app, f"{sign} {words}")

        self._change(work)

    def action_save(self) -> None:
        """Make the accepted edits live."""
        proposal = self._proposal
        if proposal is not None:
            self.work_on(save(self.app, self.home, proposal), group="save")

    def action_reject(self) -> None:
        """Put the whole draft away, with a reason."""
        proposal = self._subject
        if proposal is None:
            return

        async def work() -> None:
            why = await self.app.push_screen_wait(
                Reason(f"Put draft {proposal.version} of {proposal.skill} away?", "Its edits stay readable in Versions.")
            )
            if why is not None:
                await self.home.reviewing.reject(proposal.skill, proposal.version, why=why)
                notify(self.app, f"Draft {proposal.version} of {proposal.skill} is put away.", hint="u in Versions undoes it")

        self.work_on(work(), group="reject")

    def action_again(self) -> None:
        """Draft the same once more, with the engine that is there now."""
        proposal = self._subject
        if proposal is None:
            return
        if proposal.gap is not None:
            self.post_message(DraftWanted(gap=proposal.gap, title=proposal.skill))
        else:
            self.post_message(DraftWanted(skill=proposal.skill, title=proposal.skill))

    def commands(self) -> Iterable[PaneCommand]:
        """What can be done with what is open or under the cursor."""
        edit = self._edit.id if self._edit else ""
        verbs: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
            ("decide", f"accept edit {edit}", "It goes into the next version", lambda: self.action_decide("accepted")),
            ("decide", f"refuse edit {edit}", "It stays out", lambda: self.action_decide("refused")),
            ("decide", f"leave edit {edit} undecided", "Take the decision back", lambda: self.action_decide("pending")),
            ("reword", f"reword edit {edit}", "Put it in your own words", self.action_reword),
            ("gate", "run the gate", "Judge the draft again, without the refused edits", self.action_gate),
            ("save", "save the accepted edits", "They become a live version", self.action_save),
            ("requests", "show the requests it would fire on", "Past requests, and which of them are new",
             self.action_requests),
            ("reject", "put the draft away", "With a reason; it stays readable", self.action_reject),
            ("again", "draft it again", "With the engine that is there now", self.action_again),
        )  # fmt: skip
        for action, title, explained, run in verbs:
            if self.check_action(action, ()):
                yield PaneCommand(title, explained, run)
        for key, proposal in self._drafts.items():
            if key != self._open:
                yield PaneCommand(
                    f"open draft {proposal.version} of {proposal.skill}", rows.accepted_words(proposal),
                    lambda key=key: self._open_draft(key),
                )  # fmt: skip
        proposal_now = self._proposal
        if proposal_now is not None and proposal_now.parent is not None:
            yield PaneCommand(
                f"compare {proposal_now.skill} with its versions", "Opens Versions",
                lambda: self._to_versions(proposal_now.skill),
            )  # fmt: skip

    def _to_versions(self, skill: str) -> None:
        self.post_message(OpenVersions(skill))
