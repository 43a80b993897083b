"""What can be done in Live: its keys, and the same in words for the palette."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from skilltui.domain.trajectory import OutcomeBy, OutcomeLabel, Trajectory, TrajectorySummary
from skilltui.tui.pane import PaneCommand

if TYPE_CHECKING:
    from skilltui.tui.live import LivePane

_OUTCOME = Binding.Group("outcome", compact=True)
KEYS: Sequence[BindingType] = (
    Binding("plus", "label('success')", "success", key_display="+", group=_OUTCOME, id="live.success",
            tooltip="It succeeded: your word beats every detector"),
    Binding("minus", "label('failure')", "failure", key_display="-", group=_OUTCOME, id="live.failure",
            tooltip="It failed"),
    Binding("0", "label('unknown')", "unknown", group=_OUTCOME, id="live.unknown",
            tooltip="Nobody can say how it went"),
    Binding("d", "distil", "distil", id="live.distil", tooltip="Learn from it: edits of its skill, or a new one"),
    Binding("slash", "search", "search", key_display="/", id="live.search",
            tooltip="Find: words, is:failure, skill:NAME, agent:NAME"),
    Binding("exclamation_mark", "next_failure", "failure", key_display="!", id="live.next_failure",
            tooltip="Go to the next failed step"),
    Binding("f", "fault", "fault", show=False, id="live.fault", tooltip="Say who is to blame for a failure"),
    Binding("x", "forget", "forget", show=False, id="live.forget",
            tooltip="Remove this task, or the chosen session, for good"),
    Binding("left", "go(-1)", "Left", show=False, id="live.left", tooltip="To the column on the left"),
    Binding("right", "go(1)", "Right", show=False, id="live.right", tooltip="To the column on the right"),
    Binding("escape", "back", "Back", show=False, id="live.back", tooltip="End the search, or go one column back"),
    Binding("y", "consent(True)", "Yes", show=False, id="live.yes", tooltip="Read the agents' folders"),
    Binding("n", "consent(False)", "Not now", show=False, id="live.no", tooltip="Do not read them now"),
)  # fmt: skip


def commands(
    pane: LivePane, chosen: Trajectory | None, trajectories: Sequence[TrajectorySummary], *, listed: bool
) -> Iterable[PaneCommand]:
    """The verbs that can be used now on the ``chosen`` trajectory, and on the list.

    ``listed``: there is a session to search.
    """
    if pane.check_action("consent", (True,)):
        yield PaneCommand("read my agents' folders", "Capture starts", partial(pane.action_consent, True))
    if chosen is not None:
        yield PaneCommand("distil this trajectory", "Edits for its skill, or a new one", pane.action_distil)
        for label in OutcomeLabel:
            if label is not chosen.outcome.label:
                said = partial(pane.action_label, label.value)
                yield PaneCommand(f"label it {label.value}", "Your word beats every detector", said)
        if chosen.outcome.by is OutcomeBy.NONE:
            yield PaneCommand("ask a model how it ended", "A local one; your label beats it", pane.ask_judge)
        yield PaneCommand("blame someone for the failure", "Only the skill's fault counts", pane.action_fault)
        forget = partial(pane.forget_named, chosen.id, "task")
        yield PaneCommand("forget this task", "It goes from the store, for good", forget)
        forget = partial(pane.forget_named, chosen.session, "session")
        yield PaneCommand("forget its session", "With all its tasks, for good", forget)
        if any(t.failed_steps for t in trajectories):
            yield PaneCommand(
                "go to the next failed step", "Here, else in the next trajectory", pane.action_next_failure
            )
    if listed:
        yield PaneCommand("search trajectories", f"{len(trajectories)} are listed", pane.action_search)
