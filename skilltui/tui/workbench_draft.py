"""One open draft: its text, its edits, what each stands on, what was found in it, and what it would fire on.

It shows and moves; what it needs to know it asks for by message, and the pane reads it from the workshop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from skilltui.domain.proposal import Decision, Edit, EditOp, Proposal
from skilltui.domain.trajectory import Trajectory
from skilltui.domain.trust import Trust
from skilltui.errors import SkilltuiError
from skilltui.figures import plural
from skilltui.text.sanitise import has_hidden
from skilltui.text.skillmd import parse_skill
from skilltui.tui import preview_rows as firing
from skilltui.tui import signs
from skilltui.tui import workbench_rows as rows
from skilltui.tui.content import build, notify
from skilltui.tui.messages import OpenGap, OpenTrajectory
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.detail import Para
from skilltui.tui.widgets.empty_state import EmptyState
from skilltui.tui.widgets.headline import Headline, problem_line
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.skill_editor import SkillEditor
from skilltui.tui.workbench_preview import Preview
from skilltui.tui.workbench_reading import ReadDraft
from skilltui.workshop.previewing import RetrievalPreview

# Past requests that are listed; where there are more, it says so.
_NO_REQUESTS = EmptyState(signs.IDLE, "No past request.", "It would fire on requests that are yet to come", "muted")


class Asked(Struct, frozen=True):
    """The skill that a draft would make, as far as it decides on what it fires."""

    name: str
    description: str
    body: str


class DraftView(Vertical):
    """Shows a draft. On a narrow terminal either its text or its edits."""

    @dataclass
    class EvidenceWanted(Message):
        """These trajectories are shown and not known yet."""

        trajectories: Sequence[str]

    @dataclass
    class RequestsWanted(Message):
        """On which past requests would such a skill fire?"""

        asked: Asked

    @dataclass
    class Reworded(Message):
        """The person wrote an edit's text."""

        edit: str
        text: str

    def __init__(self) -> None:
        super().__init__(id="draft")
        self._proposal: Proposal | None = None
        self._trust: Trust | None = None
        self._place = ""
        self._problem: SkilltuiError | None = None
        self._preview: Preview | None = None
        self._behind = ""
        self._known: dict[str, Trajectory | None] = {}
        self._fired: dict[Asked, RetrievalPreview] = {}
        self._asked: Asked | None = None
        self._editing: str | None = None
        self._headline = Headline(id="headline")
        self._editor = SkillEditor(id="editor")
        self._edits = LineList(id="edits")
        self._evidence = LineList(id="evidence")
        self._findings = LineList(id="findings")
        self._requests = LineList(id="requests")

    def compose(self) -> ComposeResult:
        """Headline, text with findings, edits, and beside them evidence or requests."""
        yield self._headline
        with Container(id="draft-columns"):
            with Vertical(id="text-side"):
                yield Column("SKILL.md", self._editor, id="editor-column")
                yield Column("FINDINGS", self._findings, id="findings-column")
            yield Column("EDITS", self._edits, id="edits-column")
            yield Column("EVIDENCE", self._evidence, id="evidence-column")
            yield Column("WOULD FIRE ON", self._requests, id="requests-column")
            yield Static(id="fire-line")

    def on_mount(self) -> None:
        """Begin at the edits."""
        self._requests.placeholder = _NO_REQUESTS
        self._at("edits")

    @property
    def edit(self) -> Edit | None:
        """The edit under the cursor."""
        key = self._edits.highlighted
        return next((e for e in self._proposal.edits if e.id == key), None) if self._proposal else None

    @property
    def editing(self) -> str | None:
        """The edit that is being reworded."""
        return self._editing

    # Showing

    def show(self, proposal: Proposal, state: ReadDraft, place: str) -> None:
        """Show a draft; ``place`` says which of several it is."""
        known = self._proposal
        other = known is None or rows.draft_key(known) != rows.draft_key(proposal)
        if proposal != known:
            self._problem = None
        self._proposal, self._place = proposal, place
        self._preview, self._trust, self._behind = state.preview, state.trust, state.behind
        if other:
            self.leave_editing()
            self._at("edits")
        self._show_headline()
        self._show_findings()
        self._show_text()
        self.show_decisions(proposal)
        if other:
            self._edits.action_edge(0)
        self._ask_what_fires(proposal, state.preview)

    def show_decisions(self, proposal: Proposal) -> None:
        """Show the edits as they are decided now, before the text follows."""
        if proposal != self._proposal:
            self._proposal, self._problem = proposal, None
        conflicts = self._preview.conflicts if self._preview else {}
        self._edits.set_rows(rows.edit_rows(proposal.edits, conflicts))
        self.query_one("#edits-column", Column).set_title("EDITS", rows.accepted_words(proposal))
        self._show_evidence()

    def know(self, trajectories: Mapping[str, Trajectory | None]) -> None:
        """Trajectories were read; ``None`` for one that is no longer stored."""
        self._known.update(trajectories)
        self._show_evidence()

    def fires_on(self, asked: Asked, preview: RetrievalPreview) -> None:
        """The answer to :class:`RequestsWanted`."""
        self._fired[asked] = preview
        self._show_requests()

    def forget_requests(self) -> None:
        """New requests were captured: what was known of the past is old."""
        self._fired.clear()

    def show_problem(self, error: SkilltuiError) -> None:
        """Something could not be done; it stands there until the draft changes."""
        self._problem = error
        self._show_headline()

    def _show_headline(self) -> None:
        if self._proposal is not None and self._preview is not None:
            blocks = rows.headline(self._proposal, self._trust, self._place, self._preview.conflicts)
            if self._behind:
                blocks.append(Para(self._behind, "finding", lead=signs.FINDING))
            if self._problem is not None:
                blocks.append(problem_line(self._problem))
            self._headline.show(rows.draft_key(self._proposal), blocks)

    def _show_text(self) -> None:
        proposal, preview = self._proposal, self._preview
        if proposal is None or preview is None or self._editing is not None:
            return
        self._editor.show(preview.text, preview.marks, [f.line for f in proposal.findings if f.line])
        aside = plural(len(proposal.findings), "finding") if proposal.findings else "no finding"
        self.query_one("#editor-column", Column).set_title("SKILL.md", aside)
        if self.edit is not None:
            self._editor.choose(self.edit.id)

    def _show_findings(self) -> None:
        findings = self._proposal.findings if self._proposal else ()
        self._findings.set_rows(rows.finding_rows(findings, self._findings.line_width or 60))
        self.query_one("#findings-column", Column).display = bool(findings)

    def _show_evidence(self) -> None:
        edit = self.edit
        if edit is None:
            self._evidence.set_rows(())
            return
        gate = self._proposal.gate if self._proposal else None
        self._evidence.set_rows(rows.evidence_rows(edit, self._known, gate, self._evidence.line_width or 60))
        aside = f"{plural(len(edit.evidence), 'place')}, enter opens" if edit.evidence else "none"
        self.query_one("#evidence-column", Column).set_title(f"EVIDENCE {edit.id}", aside)
        unknown = sorted({ref.trajectory for ref in edit.evidence} - self._known.keys())
        if unknown:
            self.post_message(self.EvidenceWanted(unknown))

    def _ask_what_fires(self, proposal: Proposal, preview: Preview) -> None:
        try:
            document = parse_skill(preview.text)
        except SkilltuiError:
            # The gate says what is wrong with the text; a skill that can't be read fires on nothing.
            self._asked = None
        else:
            self._asked = Asked(proposal.skill, document.description, document.body)
            if self._asked not in self._fired:
                self.post_message(self.RequestsWanted(self._asked))
        self._show_requests()

    def _show_requests(self) -> None:
        fired = self._fired.get(self._asked) if self._asked else None
        self._requests.set_rows(firing.request_rows(fired))
        words, many = firing.fire_words(fired), firing.many(fired)
        if self._asked is None:
            words, many = "can't be read as a skill: fires on nothing", ""
        self.query_one("#requests-column", Column).set_title("WOULD FIRE ON", many)
        key = "p evidence" if self.has_class("-requests") else "p show"
        line = build((words, "$skilltui-muted"), ("   " + key, "$skilltui-accent"))
        self.query_one("#fire-line", Static).update(line)

    def on_resize(self, _event: events.Resize) -> None:
        """Quotes and messages are wrapped for the width of their column."""
        self.call_after_refresh(self._show_evidence)
        self.call_after_refresh(self._show_findings)

    # Moving

    def focus_first(self) -> None:
        """The edits, or what is being written."""
        (self._editor if self._editing else self._edits).focus()

    def go(self, where: str) -> None:
        """Between the edits and what stands beside them."""
        beside = self._evidence if visible(self._evidence) else self._requests
        (self._edits if where == "edits" else beside).focus()

    def back(self) -> bool:
        """One step back towards the edits; ``False`` at the start."""
        if not self._edits.has_focus:
            self._at("edits")
            self._edits.focus()
            return True
        if self.has_class("-requests"):
            self.toggle_requests()
            return True
        return False

    def toggle_requests(self) -> None:
        """The past requests in place of the evidence, and back."""
        self.toggle_class("-requests")
        self._at("edits")
        self._show_requests()
        (self._requests if self.has_class("-requests") else self._edits).focus()

    def to_next_undecided(self) -> None:
        """After a decision, on to the next edit that waits for one."""
        if self._proposal is None or self.edit is None or self.edit.decision is Decision.PENDING:
            return
        edits = self._proposal.edits
        start = edits.index(self.edit)
        for edit in (*edits[start + 1 :], *edits[:start]):
            if edit.decision is Decision.PENDING:
                self._edits.highlight(edit.id)
                return

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A narrow terminal shows the side that has the focus."""
        self._at("text" if event.widget in (self._editor, self._findings) else "edits")

    def _at(self, side: str) -> None:
        for name in ("text", "edits"):
            self.set_class(name == side, f"-at-{name}")

    @on(LineList.Highlighted, "#edits")
    def _edit_chosen(self) -> None:
        if self.edit is not None and self._editing is None:
            self._editor.choose(self.edit.id)
        self._show_evidence()
        self._evidence.action_edge(0)
        # What it changes stands above the first place, and is read first.
        self._evidence.scroll_to(y=0, animate=False, immediate=True)
        self.refresh_bindings()

    @on(LineList.Selected, "#edits")
    def _edit_opened(self) -> None:
        self._at("text")
        self._editor.focus()

    @on(LineList.Selected, "#evidence")
    def _evidence_opened(self, event: LineList.Selected) -> None:
        if self.edit is None:
            return
        ref = self.edit.evidence[int(event.key)]
        if rows.is_gap(ref):
            self.post_message(OpenGap(ref.trajectory))
        elif ref.trajectory in self._known and self._known[ref.trajectory] is None:
            notify(self.app, f"{ref.trajectory} is no longer stored.", severity="warning")
        else:
            self.post_message(OpenTrajectory(ref.trajectory, ref.step))

    @on(LineList.Selected, "#requests")
    def _request_opened(self, event: LineList.Selected) -> None:
        self.post_message(OpenTrajectory(event.key.partition("/")[2]))

    @on(LineList.Highlighted, "#findings")
    @on(LineList.Selected, "#findings")
    def _finding_chosen(self, event: LineList.Highlighted | LineList.Selected) -> None:
        if self._proposal is None or event.key is None or not self._findings.has_focus or self._editing is not None:
            return
        line = self._proposal.findings[int(event.key)].line
        if line is not None:
            self._editor.go_to_line(line)
        if isinstance(event, LineList.Selected):
            self._editor.focus()

    # Rewording

    def reword(self) -> None:
        """Let the person write the text of the edit under the cursor."""
        edit = self.edit
        if edit is None:
            return
        if edit.op is EditOp.REMOVE or edit.after is None:
            notify(self.app, f"{edit.id} takes lines away: it has no text.", hint="r refuses it", severity="warning")
            return
        if has_hidden(edit.after):
            hint = "They stand as ⟨U+…⟩: ctrl+s keeps what you see, esc what is there"
            notify(self.app, f"{edit.id} holds characters that can't be seen.", hint=hint, severity="warning")
        self._editing = edit.id
        self.add_class("-editing")
        self._at("text")
        title = f"REWORD {edit.id} in {edit.section or 'the top'}"
        self.query_one("#editor-column", Column).set_title(title, f"ctrl+s keep {signs.DOT} esc leave")
        self._editor.edit_text(edit.after)

    def leave_editing(self) -> None:
        """Back to the preview."""
        if self._editing is None:
            return
        self._editing = None
        self.remove_class("-editing")
        self._show_text()
        self._at("edits")
        self._edits.focus()
        self.refresh_bindings()

    @on(SkillEditor.Kept)
    def _kept(self, event: SkillEditor.Kept) -> None:
        if self._editing is not None:
            self.post_message(self.Reworded(self._editing, event.text))

    @on(SkillEditor.Left)
    def _left(self) -> None:
        self.leave_editing()


def visible(widget: Widget) -> bool:
    """Whether neither a widget nor what it stands in is hidden."""
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))
