"""A trajectory and what is added to it: calls and their results, skills that were loaded, turns, a subagent's work."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime

from msgspec.structs import replace

from skilltui.capture.events import Event, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.skills_used import skills_of
from skilltui.domain.trajectory import SkillUse, Step, Trajectory, Turn, TurnKind


def merge_result(step: Step, result: ToolReturned) -> Step:
    """The step with its result. A result met again changes nothing; a failure that one source told of stands."""
    ok = False if step.ok is False or result.ok is False else result.ok if result.ok is not None else step.ok
    duration = result.duration_ms if result.duration_ms is not None else step.duration_ms
    if duration is None and ok is not None:
        duration = _elapsed(step.at, result.at)
    # The first text stands: a compacted file repeats results with their text cleared.
    return Step(
        step.key, step.seq, step.tool, step.args, ok,
        (result.error_kind or step.error_kind) if ok is False else None,
        result.exit_code if result.exit_code is not None else step.exit_code,
        duration, step.output or result.text, step.at, step.agent, step.user_edited or result.user_edited,
    )  # fmt: skip


def with_results(trajectory: Trajectory, results: Iterable[ToolReturned]) -> Trajectory:
    """The trajectory with late results in the steps they belong to; itself where they change nothing."""
    builder = GrowingTrajectory(trajectory)
    for result in results:
        if result.key in builder.index:
            builder.result(result)
    return builder.value() if builder.changed else trajectory


def delegate(trajectory: Trajectory, agent: str, events: Iterable[Event], known: Container[str]) -> Trajectory:
    """The trajectory with the work of a subagent that it started: calls and results, but no word of the talk.

    ``known`` holds keys of steps that are stored already; a repeated call counts once.
    """
    builder = GrowingTrajectory(trajectory)
    for event in events:
        if event.session != agent:
            continue
        if isinstance(event, ToolCalled) and event.key not in builder.index and event.key not in known:
            builder.call(event, agent)
        elif isinstance(event, ToolReturned) and event.key in builder.index:
            builder.result(event)
        elif isinstance(event, SkillLoaded) and event.key not in builder.index:
            builder.load(event)
    return builder.value() if builder.changed else trajectory


def use_skills(loaded: list[SkillUse], names: Iterable[str]) -> None:
    known = {use.skill for use in loaded}
    for name in names:
        if name not in known:
            known.add(name)
            loaded.append(SkillUse(name))


def _elapsed(start: str | None, end: str | None) -> int | None:
    if start is None or end is None:
        return None
    span = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return max(0, round(span.total_seconds() * 1000))


class GrowingTrajectory:
    """A trajectory that events are added to; ``value`` is what it is by now."""

    def __init__(self, base: Trajectory) -> None:
        self.base = base
        self.steps = list(base.steps)
        self.delegated = list(base.delegated)
        self.turns = list(base.turns)
        # Where the step of a key stands.
        self.index: dict[str, tuple[list[Step], int]] = {}
        for steps in (self.steps, self.delegated):
            self.index.update((step.key, (steps, number)) for number, step in enumerate(steps))
        self.skills = list(base.skills_used)
        self.outcome = base.outcome
        self.changed = False
        self.started_at, self.ended_at = base.started_at, base.ended_at
        self._known: dict[str, str] = {}
        self._seq = base.next_seq

    def value(self) -> Trajectory:
        return replace(
            self.base,
            started_at=self.started_at,
            ended_at=self.ended_at,
            **self._known,
            steps=tuple(self.steps),
            delegated=tuple(self.delegated),
            turns=tuple(self.turns),
            skills_used=tuple(self.skills),
            outcome=self.outcome,
        )

    def touch(self, at: str | None, **known: str | None) -> None:
        """Something happened at ``at``."""
        self.changed = True
        for name, value in known.items():
            if value:
                self._known[name] = value
        if at is not None:
            if self.started_at is None or at < self.started_at:
                self.started_at = at
            if self.ended_at is None or at > self.ended_at:
                self.ended_at = at

    @property
    def project(self) -> str | None:
        return self._known.get("project", self.base.project)

    @property
    def closing_text(self) -> str:
        return self._known.get("closing_text", self.base.closing_text)

    def call(self, event: ToolCalled, agent: str | None = None) -> None:
        steps = self.steps if agent is None else self.delegated
        self.index[event.key] = (steps, len(steps))
        steps.append(Step(event.key, self._seq, event.tool, event.args, at=event.at, agent=agent))
        self._seq += 1
        self.touch(event.at, model=event.model if agent is None else None)

    def result(self, event: ToolReturned) -> None:
        steps, number = self.index[event.key]
        merged = merge_result(steps[number], event)
        if merged == steps[number]:
            return
        steps[number] = merged
        if merged.ok:
            use_skills(self.skills, skills_of(merged))
        self.touch(event.at)

    def load(self, event: SkillLoaded) -> None:
        use_skills(self.skills, [event.skill])
        self.touch(event.at)

    def turn(self, event: UserSaid, kind: TurnKind) -> None:
        after = self.steps[-1].seq if self.steps else 0
        self.turns.append(Turn(event.key, kind, event.text, after, event.at))
        self.touch(event.at)
