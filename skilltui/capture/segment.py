"""Events of one session -> trajectories: each request of the person with the steps that followed it.

Feeding a session in pieces gives the same trajectories as feeding it whole: everything that a decision needs is in
the open ``Trajectory`` itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from skilltui.capture.events import (
    AgentSaid,
    Event,
    SessionEnded,
    SessionStarted,
    SkillLoaded,
    TaskRecorded,
    ToolCalled,
    ToolReturned,
    UserSaid,
)
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.formats.recorded import RECORDED
from skilltui.capture.limits import cap
from skilltui.capture.skills_used import skills_of
from skilltui.domain.trajectory import (
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    Signal,
    SkillUse,
    Step,
    Trajectory,
    Turn,
    TurnKind,
    trajectory_id,
)

# The agent's last words, 2,000 characters with the mark: what it claims stands first, what it asks stands last.
CLOSING_HEAD, CLOSING_TAIL = 1450, 500


@dataclass(frozen=True, slots=True)
class Segmented:
    """``trajectories`` are new or changed, oldest first; the last one may still grow.

    ``late`` are results whose call is in none of them (``with_results`` applies them to stored trajectories).
    ``ended``: the source itself said that the session is over.
    """

    trajectories: tuple[Trajectory, ...]
    late: tuple[ToolReturned, ...]
    project: str | None
    model: str | None
    ended: bool


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
    builder = _Builder(trajectory)
    for result in results:
        if result.key in builder.index:
            builder.result(result)
    return builder.value() if builder.changed else trajectory


def delegate(trajectory: Trajectory, agent: str, events: Iterable[Event], known: Container[str]) -> Trajectory:
    """The trajectory with the work of a subagent that it started: calls and results, but no word of the talk.

    ``known`` holds keys of steps that are stored already; a repeated call counts once.
    """
    builder = _Builder(trajectory)
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


def _use(loaded: list[SkillUse], names: Iterable[str]) -> None:
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


class _Builder:
    """A trajectory that grows."""

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
            **self._known,  # type: ignore[arg-type]
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
            _use(self.skills, skills_of(merged))
        self.touch(event.at)

    def load(self, event: SkillLoaded) -> None:
        _use(self.skills, [event.skill])
        self.touch(event.at)

    def turn(self, event: UserSaid, kind: TurnKind) -> None:
        after = self.steps[-1].seq if self.steps else 0
        self.turns.append(Turn(event.key, kind, event.text, after, event.at))
        self.touch(event.at)


class Segmenter:
    """Cuts one session. ``open`` is its last stored trajectory, ``next_ordinal`` the number of the next new one.

    ``known`` holds keys of turns and steps that are stored already, in this session or another of the same source: a
    resumed or forked file repeats them, and they count once.
    """

    def __init__(
        self,
        source: str,
        session: str,
        detector: FeedbackDetector,
        *,
        open: Trajectory | None = None,  # noqa: A002 - the word of the design
        next_ordinal: int = 1,
        project: str | None = None,
        model: str | None = None,
        known: Container[str] = frozenset(),
    ) -> None:
        self._source, self._session, self._detector = source, session, detector
        self._project, self._model, self._known = project, model, known
        self._next = next_ordinal
        self._current = _Builder(open) if open is not None else None
        self._closed: list[_Builder] = []
        self._late: list[ToolReturned] = []
        self._seen: set[str] = set()
        self._ended = False
        # Whether the last event seen repeats what is stored in a trajectory that is not the current one.
        self._elsewhere = False
        if open is not None:
            self._seen.update(turn.key for turn in open.turns)
            self._seen.update(self._current.index if self._current is not None else ())
            self._ended = any(signal.signal == "session_ended" for signal in open.outcome.evidence)

    def feed(self, events: Iterable[Event]) -> None:
        """Take in events, oldest first. Those of other sessions are passed over."""
        for event in events:
            if event.session != self._session:
                continue
            if isinstance(event, ToolReturned):
                self._returned(event)
            elif isinstance(event, ToolCalled):
                self._called(event)
            elif isinstance(event, UserSaid):
                self._said(event)
            elif isinstance(event, AgentSaid):
                self._answered(event)
            elif isinstance(event, SkillLoaded):
                self._loaded(event)
            elif isinstance(event, SessionStarted):
                self._started(event)
            elif isinstance(event, TaskRecorded):
                self._told(event)
            else:
                self._end(event)

    def close(self, *, ended: bool = False) -> Segmented:
        """What is new or changed. ``ended``: the caller knows that nobody works on (an old file, a long silence)."""
        over = ended or self._ended
        if self._current is not None and (self._current.changed or ended):
            self._judge(self._current, ended=over)
        builders = [*self._closed, *([self._current] if self._current is not None else [])]
        return Segmented(
            trajectories=tuple(builder.value() for builder in builders if builder.changed),
            late=tuple(self._late),
            project=self._project,
            model=self._model,
            ended=self._ended,
        )

    def _new(self, key: str) -> bool:
        if key in self._seen or key in self._known:
            return False
        self._seen.add(key)
        return True

    def _open(self, key: str, request: str) -> _Builder:
        trajectory = Trajectory(
            id=trajectory_id(self._source, self._session, key),
            session=self._session,
            source=self._source,
            ordinal=self._next,
            request=request,
            project=self._project,
            model=self._model,
        )
        self._next += 1
        self._ended = False
        self._current = _Builder(trajectory)
        return self._current

    def _said(self, event: UserSaid) -> None:
        current = self._current
        if event.kind == "interruption":
            if current is not None and self._new(event.key):
                current.turn(event, TurnKind.INTERRUPTION)
            return
        if not event.text.strip():
            return
        if not self._new(event.key):
            self._elsewhere = current is None or all(turn.key != event.key for turn in current.turns)
            return
        self._elsewhere = False
        if current is not None and current.base.request:
            kind = event.turn or self._detector.classify(event.text, current.value())
            if kind is TurnKind.REQUEST and event.kind == "reply":
                kind = TurnKind.FOLLOW_UP
            if kind is not TurnKind.REQUEST:
                self._ended = False
                current.turn(event, kind)
                return
        if current is not None:
            self._judge(current, ended=True, next_request=event.text)
            current.changed = True
            self._closed.append(current)
        self._open(event.key, event.text).turn(event, TurnKind.REQUEST)

    def _called(self, event: ToolCalled) -> None:
        if not self._new(event.key):
            self._elsewhere = self._current is None or event.key not in self._current.index
            return
        self._elsewhere = False
        current = self._current or self._open(event.key, "")
        self._ended = False
        current.call(event, event.agent)
        self._model = event.model or self._model

    def _returned(self, event: ToolReturned) -> None:
        for builder in (self._current, *reversed(self._closed)):
            if builder is not None and event.key in builder.index:
                builder.result(event)
                return
        self._late.append(event)

    def _answered(self, event: AgentSaid) -> None:
        self._model = event.model or self._model
        current = self._current
        if current is None:
            return
        # Old records that a resumed or rewritten file repeats must not become the last word.
        if event.at is None and self._elsewhere:
            return
        if event.at is not None and current.ended_at is not None and event.at < current.ended_at:
            return
        closing = cap(event.text.strip(), CLOSING_HEAD, CLOSING_TAIL)
        if closing != current.closing_text:
            current.touch(event.at, closing_text=closing, model=event.model)

    def _loaded(self, event: SkillLoaded) -> None:
        # A call's own event: the step says it when it has succeeded.
        current = self._current
        if current is None or event.key in current.index or not self._new(event.key):
            return
        # What a repeated message loaded, it loaded then.
        message = event.key.partition("#")[0]
        repeated = message in self._seen or message in self._known
        if repeated and all(turn.key != message for turn in current.turns):
            return
        current.load(event)

    def _started(self, event: SessionStarted) -> None:
        self._project = self._project or event.project
        self._model = event.model or self._model
        current = self._current
        if current is not None and current.project is None and event.project:
            current.touch(None, project=event.project)

    def _told(self, event: TaskRecorded) -> None:
        current = self._current
        opened = current is not None and (event.key in current.index or any(t.key == event.key for t in current.turns))
        if current is None or not opened or current.outcome.by is OutcomeBy.USER:
            return
        current.touch(event.started_at, model=event.model)
        current.touch(event.at)
        _use(current.skills, event.skills)
        current.outcome = event.outcome

    def _end(self, event: SessionEnded) -> None:
        self._ended = True
        current = self._current
        if current is None:
            return
        current.touch(event.at)
        label = _rewarded(event)
        if label is not None and current.outcome.by is not OutcomeBy.USER and not _recorded(current.outcome):
            told = event.outcome if event.reward is None else f"reward {event.reward:g}"
            polarity = {OutcomeLabel.SUCCESS: 1, OutcomeLabel.FAILURE: -1}.get(label, 0)
            signal = Signal("reward", polarity, 1.0, f"the source says: {told}")
            current.outcome = Outcome(label, OutcomeBy.REWARD, 1.0, (signal,))

    def _judge(self, builder: _Builder, *, ended: bool, next_request: str | None = None) -> None:
        """Set the outcome, unless a person or a benchmark has."""
        if builder.outcome.by in (OutcomeBy.USER, OutcomeBy.REWARD) or _recorded(builder.outcome):
            return
        outcome = self._detector.outcome(builder.value(), ended=ended, next_request=next_request)
        judged = builder.outcome.by is OutcomeBy.JUDGE and not builder.changed
        if judged and outcome.label is OutcomeLabel.UNKNOWN:
            # Nothing was added, and nothing better is known.
            return
        if self._ended:
            over = Signal("session_ended", 0, 0.0, "the session was ended")
            outcome = replace(outcome, evidence=(*outcome.evidence, over))
        if outcome != builder.outcome:
            builder.outcome = outcome
            builder.changed = True


def _recorded(outcome: Outcome) -> bool:
    """Whether it came with the task, out of an export."""
    return any(signal.signal == RECORDED for signal in outcome.evidence)


def _rewarded(event: SessionEnded) -> OutcomeLabel | None:
    """A benchmark's word, else its number: one half and more is a success."""
    if event.outcome is not None:
        return OutcomeLabel(event.outcome)
    if event.reward is not None:
        return OutcomeLabel.SUCCESS if event.reward >= 0.5 else OutcomeLabel.FAILURE
    return None
