"""One skill in Versions: its timeline, what is said of the two versions that are compared, and diff, blame and log."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from skilltui.domain.skill import Finding
from skilltui.errors import SkilltuiError
from skilltui.tui import signs
from skilltui.tui import versions_rows as rows
from skilltui.tui.versions_state import Compared
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.detail import Block, Facts, Para
from skilltui.tui.widgets.diff_view import DiffView
from skilltui.tui.widgets.empty_state import EmptyState
from skilltui.tui.widgets.headline import Headline, problem_line
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.timeline import Timeline
from skilltui.tui.widgets.trust_bar import trust_cells
from skilltui.tui.words import now


class HistoryView(Vertical):
    """Shows what was compared. Which of diff, blame and log is on screen, the pane decides."""

    def __init__(self) -> None:
        super().__init__(id="history")
        self._shown: Compared | None = None
        self._findings: Sequence[Finding] = ()
        self._problem: SkilltuiError | None = None
        self._timeline = Timeline(id="timeline")
        self._facts = Headline(id="facts")
        self.diff = DiffView(id="diff")
        self.blame = LineList(id="blame")
        self.done = LineList(id="log")

    def compose(self) -> ComposeResult:
        """Timeline, facts, diff, blame, log."""
        yield self._timeline
        yield self._facts
        yield self.diff
        yield Column("BLAME", self.blame, id="blame-column")
        yield Column("HISTORY", self.done, id="log-column")

    def on_mount(self) -> None:
        """No skill is chosen yet."""
        self.done.placeholder = EmptyState(signs.IDLE, "Nothing was done to this skill yet.", tone="muted")
        self.blame.placeholder = EmptyState(signs.IDLE, "No live text.", tone="muted")
        self.show_state(rows.NO_CHOICE)

    def show_state(self, state: EmptyState) -> None:
        """No skill, and why."""
        self._shown = self._problem = None
        self._timeline.show("", (), ())
        self._facts.clear()
        self.diff.show_state(state)
        self.blame.set_rows(())
        self.done.set_rows(())

    def show(self, shown: Compared, findings: Sequence[Finding]) -> None:
        """Show a skill; ``findings`` are those of its text on disk."""
        self._shown, self._findings, self._problem = shown, findings, None
        pair = {number for number in (shown.before, shown.after) if number is not None}
        self._timeline.show(shown.skill, shown.versions, pair)
        self.diff.show(f"{shown.skill}/{shown.before}/{shown.after}", shown.model, shown.notes)
        self._show_facts()
        self.blame.set_rows(rows.blame_rows(shown.blame))
        self.done.set_rows(rows.operation_rows(shown.operations, now()))
        active = shown.active
        what = f"version {active.number}, live" if active else rows.ON_DISK
        self.query_one("#blame-column", Column).set_title("BLAME", f"{what}, enter opens the evidence, b back")
        self.query_one("#log-column", Column).set_title("HISTORY", "newest first, enter shows the version, h back")

    def show_problem(self, error: SkilltuiError) -> None:
        """Something could not be done; it stands there until something is read again."""
        self._problem = error
        self._show_facts()

    def _show_facts(self) -> None:
        shown = self._shown
        if shown is None:
            return
        hunk = self.diff.hunk
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
        blocks += rows.copy_lines(shown.copies)
        if self._findings:
            blocks.append(rows.findings_line(self._findings))
        if self._problem is not None:
            blocks.append(problem_line(self._problem))
        self._facts.show(shown.skill, blocks)

    @on(DiffView.HunkChanged)
    def _hunk_changed(self) -> None:
        self._show_facts()
