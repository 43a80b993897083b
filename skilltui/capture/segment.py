"""Events of one session -> trajectories: each request of the person with the steps that followed it.

Feeding a session in pieces gives the same trajectories as feeding it whole: everything that a decision needs is in
the open ``Trajectory`` itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from msgspec import Struct
from msgspec.structs import replace

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
from skilltui.capture.growing import GrowingTrajectory, use_skills
from skilltui.capture.limits import cap
from skilltui.domain.trajectory import (
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    Signal,
    Trajectory,
    TurnKind,
    trajectory_id,
)

# The agent's last words, 2,000 characters with the mark: what it claims stands first, what it asks stands last.
CLOSING_HEAD, CLOSING_TAIL = 1450, 500


class Segmented(Struct, frozen=True):
    """``trajectories`` are new or changed, oldest first; the last one may still grow.

    ``late`` are results whose call is in none of them (``growing.with_results`` applies them to stored trajectories).
    ``ended``: the source itself said that the session is over.
    """

    trajectories: tuple[Trajectory, ...]
    late: tuple[ToolReturned, ...]
    project: str | None
    model: str | None
    ended: bool


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
        self._current = GrowingTrajectory(open) if open is not None else None
        self._closed: list[GrowingTrajectory] = []
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

    def _open(self, key: str, request: str) -> GrowingTrajectory:
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
        self._current = GrowingTrajectory(trajectory)
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
        use_skills(current.skills, event.skills)
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

    def _judge(self, builder: GrowingTrajectory, *, ended: bool, next_request: str | None = None) -> None:
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
