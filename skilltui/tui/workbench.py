"""Workbench: is this right, and what stands behind it?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from skilltui.domain.proposal import IMPORT, Decision, Proposal
from skilltui.domain.trajectory import Trajectory
from skilltui.errors import ForeignEditError, SkilltuiError
from skilltui.figures import plural
from skilltui.tui import signs
from skilltui.tui import workbench_rows as rows
from skilltui.tui.content import notify
from skilltui.tui.messages import DraftStopWanted, DraftWanted, OpenDraft, OpenVersions
from skilltui.tui.pane import OpenRequest, Pane, PaneCommand
from skilltui.tui.reloader import Reloader
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.empty_state import LOADING, EmptyState, problem
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.writing import Writing
from skilltui.tui.workbench_draft import Asked, DraftView, visible
from skilltui.tui.workbench_reading import ReadDraft, read_draft, read_trajectories
from skilltui.tui.workbench_save import put_away, save
from skilltui.tui.workbench_verbs import KEYS, commands
from skilltui.workshop.events import DraftProgressed, LibraryChanged, ProposalSaved, SkillChanged, WorkshopEvent
from skilltui.workshop.home import Home
from skilltui.workshop.previewing import RetrievalPreview

_EMPTY = EmptyState(signs.DRAFT, "No draft yet.", "Press 2, choose a gap, and press d to draft a skill.")


class WorkbenchPane(Pane):
    """The drafts; one of them open; or the one that is being written."""

    PANE = "Workbench"
    PURPOSE = "Is this right, and what stands behind it?"
    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    @dataclass
    class Listed(Message):
        """The drafts were read."""

        proposals: Sequence[Proposal]

    @dataclass
    class Opened(Message):
        """A draft is ready to be shown."""

        proposal: Proposal
        state: ReadDraft

    @dataclass
    class Saved(Message):
        """A draft went live."""

        skill: str
        version: int

    @dataclass
    class Changed(Message):
        """An edit was decided or reworded."""

        proposal: Proposal
        reworded: bool = False

    @dataclass
    class EvidenceRead(Message):
        """Trajectories behind an edit were read; ``None`` for one that is no longer stored."""

        trajectories: Mapping[str, Trajectory | None]

    @dataclass
    class RequestsRead(Message):
        """It is known which past requests such a skill would fire on."""

        asked: Asked
        preview: RetrievalPreview

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        # The last draft that went live here; Versions shows it at the next look.
        self.saved: tuple[str, int] | None = None
        self._empty = _EMPTY
        self._drafts: dict[str, Proposal] = {}
        self._open: str | None = None
        self._wanted: str | None = None
        self._evidence: Sequence[str] = ()
        self._asked: Asked | None = None
        # A decision is read, changed and written back: one after the other.
        self._changing = asyncio.Lock()
        self._opener = Reloader(self, self._read_draft, group="open")
        self._reader = Reloader(self, self._read_evidence, group="evidence")
        self._firer = Reloader(self, self._read_requests, group="requests")
        self._list = LineList(id="drafts")
        self._draft = DraftView()
        self._writing = Writing(id="writing")

    def compose(self) -> ComposeResult:
        """The list; the draft; the draft that is being written."""
        yield Column("DRAFTS", self._list, id="drafts-column")
        yield self._draft
        yield self._writing

    def on_mount(self) -> None:
        """Everything is loading."""
        self._list.placeholder = LOADING
        self._show_view()

    # Reading

    async def refresh_pane(self) -> None:
        """Read the drafts."""
        self.post_message(self.Listed(await self.home.reviewing.proposals()))

    @on(Listed)
    def _listed(self, message: Listed) -> None:
        self._drafts = {rows.draft_key(proposal): proposal for proposal in message.proposals}
        if self._drafts:
            self._empty = _EMPTY
        self._list.placeholder = self._empty
        self._list.set_rows(rows.draft_rows(message.proposals))
        count = plural(len(self._drafts), "draft") if self._drafts else ""
        self.query_one("#drafts-column", Column).set_title("DRAFTS", count)
        self._draft.forget_requests()
        if self._wanted in self._drafts:
            self._open, self._wanted = self._wanted, None
        if self._open not in self._drafts:
            self._draft.leave_editing()
            self._open = next(iter(self._drafts)) if len(self._drafts) == 1 else None
        self._opener.request()
        self._show_view()

    async def _read_draft(self) -> None:
        proposal = self._proposal
        if proposal is None:
            return
        self.post_message(self.Opened(proposal, await read_draft(self.home, proposal)))

    @on(Opened)
    def _opened(self, message: Opened) -> None:
        if message.proposal == self._proposal:
            number = list(self._drafts).index(self._open or "") + 1
            place = f"{number} of {len(self._drafts)}, esc list" if len(self._drafts) > 1 else ""
            self._draft.show(message.proposal, message.state, place)
            self.refresh_bindings()

    @on(DraftView.EvidenceWanted)
    def _evidence_wanted(self, message: DraftView.EvidenceWanted) -> None:
        self._evidence = message.trajectories
        self._reader.request()

    async def _read_evidence(self) -> None:
        self.post_message(self.EvidenceRead(await read_trajectories(self.home, self._evidence)))

    @on(EvidenceRead)
    def _evidence_read(self, message: EvidenceRead) -> None:
        self._draft.know(message.trajectories)

    @on(DraftView.RequestsWanted)
    def _requests_wanted(self, message: DraftView.RequestsWanted) -> None:
        self._asked = message.asked
        self._firer.request()

    async def _read_requests(self) -> None:
        if self._asked is not None:
            asked = self._asked
            preview = await self.home.previewing.described(asked.description, asked.name, asked.body)
            self.post_message(self.RequestsRead(asked, preview))

    @on(RequestsRead)
    def _requests_read(self, message: RequestsRead) -> None:
        self._draft.fires_on(message.asked, message.preview)

    def on_workshop_events(self, events: Sequence[WorkshopEvent]) -> None:
        """Load again where drafts or skills changed; what was captured since waits for the next look at the pane."""
        if any(isinstance(event, ProposalSaved | SkillChanged | LibraryChanged) for event in events):
            self.request_refresh()

    def take_events(self, events: Sequence[WorkshopEvent]) -> None:
        """Progress is kept also while another pane is shown, so that a look at it is never empty."""
        for event in events:
            if isinstance(event, DraftProgressed):
                subjects = (p.skill for p in self._drafts.values() if event.subject in (p.gap, p.skill))
                self._writing.progress(event.subject, next(subjects, "a new skill"), event.progress)
        super().take_events(events)

    def show_problem(self, error: SkilltuiError) -> None:
        """Over the open draft; in the list, where none is."""
        if self._proposal is not None:
            self._draft.show_problem(error)
            if isinstance(error, ForeignEditError):
                self._opener.request()
        else:
            self._list.placeholder = problem(error)

    # What is on screen

    @property
    def _proposal(self) -> Proposal | None:
        return self._drafts.get(self._open or "")

    @property
    def _subject(self) -> Proposal | None:
        """What is open, or under the cursor of the list."""
        return self._proposal or self._drafts.get(self._list.highlighted or "")

    @property
    def _view(self) -> str:
        proposal, written = self._proposal, self._writing.subject
        if written is not None and (proposal is None or written in (proposal.gap, proposal.skill)):
            return "writing"
        return "list" if proposal is None else "draft"

    @on(Writing.Changed)
    def _show_view(self) -> None:
        for name in ("list", "draft", "writing"):
            self.set_class(name == self._view, f"-view-{name}")
        self.refresh_bindings()
        # The focus may stand in what has just been hidden.
        focused = self.screen.focused
        if self.display and (focused is None or (self in focused.ancestors and not visible(focused))):
            self.focus_first()

    def focus_first(self) -> None:
        """The list, the edits of what is open, or the text that is being written."""
        if self._view == "draft":
            self._draft.focus_first()
        elif self._view == "list":
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
        self.open_draft(event.key)

    def open_draft(self, key: str) -> None:
        """Open one of the list."""
        self._open = key
        self._opener.request()
        self._show_view()
        self.focus_first()

    def action_go(self, where: str) -> None:
        """Between the edits and what stands beside them."""
        if self._view == "draft":
            self._draft.go(where)

    def action_back(self) -> None:
        """Stop what is being written; else one step back, at last to the list."""
        if self._view == "writing" or (self._view == "list" and self._writing.runs):
            self.post_message(DraftStopWanted())
        elif self._view == "draft" and not self._draft.back():
            if len(self._drafts) > 1:
                self._list.highlight(self._open or "")
                self._open = None
                self._show_view()
                self._list.focus()
            elif self._writing.runs:
                self.post_message(DraftStopWanted())

    def action_requests(self) -> None:
        """The past requests in place of the evidence, and back."""
        self._draft.toggle_requests()

    # Doing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Verbs need an open draft; those on an edit are dimmed where there is none."""
        del parameters
        free = self._draft.editing is None and self._view != "writing"
        if action in ("decide", "reword"):
            return (None if self._draft.edit is None else True) if free and self._proposal else False
        if action in ("gate", "save", "requests"):
            return free and self._proposal is not None
        if action in ("reject", "again"):  # what was imported was not drafted
            return free and self._subject is not None and (action == "reject" or self._subject.engine != IMPORT)
        return True

    def _change(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def one_by_one() -> None:
            async with self._changing:
                await work()

        # Not exclusive: a second key must not cancel the first one's write.
        self.run_worker(one_by_one(), group="change", exit_on_error=False)

    @on(Changed)
    def _changed(self, message: Changed) -> None:
        key = rows.draft_key(message.proposal)
        if key not in self._drafts:
            return
        self._drafts[key] = message.proposal
        if key == self._open:
            if message.reworded:
                self._draft.leave_editing()
            self._draft.show_decisions(message.proposal)
            if not message.reworded:
                self._draft.to_next_undecided()
            self._opener.request()

    def action_decide(self, decision: str) -> None:
        """Accept, refuse, or leave open the edit under the cursor."""
        proposal, edit = self._proposal, self._draft.edit
        if proposal is None or edit is None:
            return

        async def work() -> None:
            changed = await self.home.reviewing.decide(proposal.skill, proposal.version, edit.id, Decision(decision))
            self.post_message(self.Changed(changed))

        self._change(work)

    def action_reword(self) -> None:
        """Let the person write this edit's text."""
        self._draft.reword()
        self.refresh_bindings()

    @on(DraftView.Reworded)
    def _reworded(self, message: DraftView.Reworded) -> None:
        proposal = self._proposal
        if proposal is None:
            return

        async def work() -> None:
            changed = await self.home.reviewing.reword(proposal.skill, proposal.version, message.edit, message.text)
            self.post_message(self.Changed(changed, reworded=True))

        self._change(work)

    def action_gate(self) -> None:
        """Judge again."""
        proposal = self._proposal
        if proposal is None:
            return

        async def work() -> None:
            sign, words = rows.gate_reasons(await self.home.reviewing.gate(proposal.skill, proposal.version))
            notify(self.app, f"{sign} {words}")

        self._change(work)

    def action_save(self) -> None:
        """Make the accepted edits live."""
        proposal = self._proposal
        if proposal is None:
            return

        async def work() -> None:
            accepted = await save(self.app, self.home, proposal)
            if accepted is not None:
                self.post_message(self.Saved(proposal.skill, accepted.version))

        self.work_on(work(), group="save")

    @on(Saved)
    def _went_live(self, message: Saved) -> None:
        self.saved = (message.skill, message.version)
        sentence = f"{message.skill} {message.version} is live."
        self._empty = EmptyState(signs.LIVE, sentence, "4 shows it, 2 has more gaps.")
        if not self._drafts:
            self._list.placeholder = self._empty

    def action_reject(self) -> None:
        """Put the whole draft away, with a reason."""
        if self._subject is not None:
            self.work_on(put_away(self.app, self.home, self._subject), group="reject")

    def action_again(self) -> None:
        """Draft the same once more, with the engine that is there now."""
        proposal = self._subject
        if proposal is not None:
            skill = proposal.skill if proposal.gap is None else None
            self.post_message(DraftWanted(gap=proposal.gap, skill=skill, title=proposal.skill))

    def commands(self) -> Iterable[PaneCommand]:
        """What can be done with what is open or under the cursor."""
        edit = self._draft.edit.id if self._draft.edit else ""
        others = {key: proposal for key, proposal in self._drafts.items() if key != self._open}
        return commands(self, edit, others, self._subject)

    def open_versions(self, skill: str) -> None:
        """Show its timeline."""
        self.post_message(OpenVersions(skill))
