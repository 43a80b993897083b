"""One trajectory on three widgets that stand side by side: its steps, its outcome, the output of one step."""

from __future__ import annotations

from textual.widget import Widget

from skilltui.domain.trajectory import Trajectory
from skilltui.tui import live_rows as rows
from skilltui.tui import signs
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.detail import Detail
from skilltui.tui.widgets.empty_state import LOADING, EmptyState
from skilltui.tui.widgets.line_list import LineList

_NO_STEPS = EmptyState(signs.IDLE, "No steps.", "The agent has called no tool for this request", tone="muted")


class TrajectoryView:
    """Keeps the three in step. The widgets are placed by the pane, because they share a grid with its lists."""

    def __init__(self) -> None:
        self.steps = LineList(id="steps", follow=True)
        self.outcome = Detail(id="outcome")
        self.output = Detail(id="output")
        self.trajectory: Trajectory | None = None
        self._steps_column = Column("STEPS", self.steps, id="steps-column")
        # Where to go once the next trajectory is here.
        self._wanted_step: int | None = None
        self._seek_failure = False

    def columns(self) -> tuple[Widget, ...]:
        """For ``compose``."""
        return (
            self._steps_column,
            Column("OUTCOME", self.outcome, id="outcome-column"),
            Column("OUTPUT", self.output, id="output-column"),
        )

    def wait(self) -> None:
        """Nothing is read yet."""
        self.steps.placeholder = LOADING

    def show(self, trajectory: Trajectory | None, *, threshold: float) -> None:
        """Show another trajectory, or the same one again with what it has grown by."""
        before, self.trajectory = self.trajectory, trajectory
        if trajectory is None:
            self._steps_column.set_title("STEPS")
            self.steps.placeholder = None
            self.steps.set_rows(())
            self.outcome.clear()
            self.output.clear()
            return
        fresh = before is None or before.id != trajectory.id
        if fresh:
            self.steps.set_rows(())
        self._steps_column.set_title("STEPS", " ".join(trajectory.request.split())[:80])
        self.steps.placeholder = _NO_STEPS
        self.outcome.show(trajectory.id, rows.outcome_blocks(trajectory, threshold=threshold))
        self.steps.set_rows(rows.step_rows(trajectory))
        if fresh:
            self.steps.action_edge(0)
        self._go_where_wanted(trajectory)
        self.show_output(self.steps.highlighted)

    def show_output(self, key: str | None) -> None:
        """What a step gave, or what the person said."""
        if self.trajectory is None or key is None:
            self.output.clear()
            return
        kind, _, number = key.partition(":")
        if kind == "turn":
            blocks = rows.turn_blocks(self.trajectory.turns[int(number)])
        else:
            blocks = rows.step_blocks(next(step for step in self.trajectory.all_steps if step.seq == int(number)))
        self.output.show(f"{self.trajectory.id} {key}", blocks)

    def want_step(self, step: int | None) -> None:
        """Go to this step when the next trajectory is shown."""
        self._wanted_step = step

    def want_failure(self) -> None:
        """Go to the first failed step when the next trajectory is shown."""
        self._seek_failure = True

    def next_failure(self) -> bool:
        """Go to the next failed step below the cursor; ``False`` where there is none."""
        if self.trajectory is None:
            return False
        failed = {rows.step_key(step.seq) for step in self.trajectory.all_steps if step.ok is False}
        below = (row.key for row in self.steps.rows[self.steps.cursor + 1 :])
        found = next((key for key in below if key in failed), None)
        return found is not None and self.steps.highlight(found)

    def _go_where_wanted(self, trajectory: Trajectory) -> None:
        if self._wanted_step is not None:
            self.steps.highlight(rows.step_key(self._wanted_step))
        elif self._seek_failure:
            first = next((step.seq for step in trajectory.all_steps if step.ok is False), None)
            if first is not None:
                self.steps.highlight(rows.step_key(first))
        self._wanted_step, self._seek_failure = None, False
