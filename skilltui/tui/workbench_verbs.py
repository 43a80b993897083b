"""What can be done in the Workbench: its keys, and the same in words for the palette."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from skilltui.domain.proposal import Proposal
from skilltui.tui.pane import PaneCommand
from skilltui.tui.workbench_rows import accepted_words

if TYPE_CHECKING:
    from skilltui.tui.workbench import WorkbenchPane

KEYS: Sequence[BindingType] = (
    Binding("a", "decide('accepted')", "accept", id="workbench.accept", tooltip="Accept this edit"),
    Binding("r", "decide('refused')", "refuse", id="workbench.refuse", tooltip="Refuse this edit"),
    Binding("e", "reword", "reword", id="workbench.reword", tooltip="Put this edit in your own words"),
    Binding("g", "gate", "gate", show=False, id="workbench.gate",
            tooltip="Judge the draft again, without the refused edits; says the reasons"),
    Binding("s", "save", "save", id="workbench.save", tooltip="Make the accepted edits live, as a new version"),
    Binding("u", "decide('pending')", "undecide", show=False, id="workbench.undecide",
            tooltip="Take the decision on this edit back"),
    Binding("p", "requests", "requests", show=False, id="workbench.requests",
            tooltip="Show the past requests on which it would fire"),
    Binding("x", "reject", "reject", show=False, id="workbench.reject",
            tooltip="Put the whole draft away, with a reason"),
    Binding("ctrl+g", "again", "draft again", show=False, id="workbench.again",
            tooltip="Draft it once more, with the engine that is there now"),
    Binding("right", "go('aside')", "Evidence", show=False, id="workbench.right", tooltip="To the evidence"),
    Binding("left", "go('edits')", "Edits", show=False, id="workbench.left", tooltip="To the edits"),
    Binding("escape", "back", "Back", show=False, id="workbench.back",
            tooltip="Stop a running draft; else one step back"),
)  # fmt: skip


def commands(
    pane: WorkbenchPane, edit: str, others: Mapping[str, Proposal], subject: Proposal | None
) -> Iterable[PaneCommand]:
    """The verbs that can be used now, and the ways on.

    ``edit`` is the one under the cursor, ``others`` are the drafts that are not open, ``subject`` is the one that is
    open or under the cursor.
    """
    decide = pane.action_decide
    verbs: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
        ("decide", f"accept edit {edit}", "It goes into the next version", partial(decide, "accepted")),
        ("decide", f"refuse edit {edit}", "It stays out", partial(decide, "refused")),
        ("decide", f"leave edit {edit} undecided", "Take the decision back", partial(decide, "pending")),
        ("reword", f"reword edit {edit}", "Put it in your own words", pane.action_reword),
        ("gate", "run the gate", "Judge the draft again, without the refused edits", pane.action_gate),
        ("save", "save the accepted edits", "They become a live version", pane.action_save),
        ("requests", "show the requests it would fire on", "And how many no skill serves", pane.action_requests),
        ("reject", "put the draft away", "With a reason; it stays readable", pane.action_reject),
        ("again", "draft it again", "With the engine that is there now", pane.action_again),
    )
    for action, title, explained, run in verbs:
        if pane.check_action(action, ()):
            yield PaneCommand(title, explained, run)
    for key, proposal in others.items():
        title = f"open draft {proposal.version} of {proposal.skill}"
        yield PaneCommand(title, accepted_words(proposal), partial(pane.open_draft, key))
    if subject is not None and subject.parent is not None:
        to_versions = partial(pane.open_versions, subject.skill)
        yield PaneCommand(f"open the versions of {subject.skill}", "Its timeline and trust", to_versions)
