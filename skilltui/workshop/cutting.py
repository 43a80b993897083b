"""A group of batches -> rows: events cut into trajectories, one batch after the other, against what is stored.

Pure work on values, so that it runs on a thread in one piece. What one batch leaves behind is what the next one of
the group finds, although nothing is written before the whole group is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from skilltui.capture.events import (
    Event,
    SessionEnded,
    SessionStarted,
    ToolCalled,
    ToolReturned,
    UserSaid,
    has_content,
    span,
)
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.growing import delegate, with_results
from skilltui.capture.reader import Batch
from skilltui.capture.segment import Segmenter
from skilltui.capture.whole import Rests, WholeSession
from skilltui.domain.trajectory import OutcomeBy, Trajectory, lean
from skilltui.paths import path_text
from skilltui.store import batches
from skilltui.store.batches import Change
from skilltui.store.surroundings import Around, Asked, KnownSession


def asked_of(batches: Iterable[Batch]) -> dict[str, Asked]:
    """What has to be known to cut these batches, by source."""
    wanted: dict[str, Asked] = {}
    for batch in batches:
        asked = wanted.setdefault(batch.format, Asked())
        if batch.whole is not None:
            asked.sessions.add(batch.whole.session)
            keys = batch.whole.keys()
            asked.calls |= keys
            asked.turns |= keys
        for event in batch.events:
            asked.sessions.add(event.session)
            if isinstance(event, ToolCalled):
                asked.calls.add(event.key)
            elif isinstance(event, ToolReturned):
                asked.results.add(event.key)
            elif isinstance(event, UserSaid):
                asked.turns.add(event.key)
            elif isinstance(event, SessionStarted) and event.parent is not None:
                asked.parents[event.session] = (event.parent, event.at)
    return wanted


class Cut(Struct):
    """What a group comes to. ``trajectories``: each that changed, as it is in the end; ``open``: those still at work.

    ``by_agents``: ids of those that no person's request opened, but an agent's.
    """

    files: list[batches.FileBatch] = field(default_factory=list)
    trajectories: dict[str, Trajectory] = field(default_factory=dict)
    open: dict[tuple[str, str], Trajectory] = field(default_factory=dict)
    by_agents: set[str] = field(default_factory=set)

    def settle_on(self, judged: Mapping[str, Trajectory]) -> None:
        """Take over what was found out about the trajectories since they were cut."""
        self.trajectories.update(judged)
        self.open = {key: lean(judged.get(t.id, t)) for key, t in self.open.items()}
        self.files = [
            replace(file, sessions=tuple(
                replace(session, changes=tuple(
                    replace(change, trajectory=judged.get(change.trajectory.id, change.trajectory))
                    for change in session.changes
                ))
                for session in file.sessions
            ))
            for file in self.files
        ]  # fmt: skip


class Cutter:
    """Cuts the batches of one group, in order."""

    def __init__(
        self,
        detector: FeedbackDetector,
        around: Mapping[str, Around],
        read_at: str,
        forgotten: Mapping[str, Sequence[tuple[int, str]]],
    ) -> None:
        """``forgotten``: (ordinal, id) of tasks that a person had forgotten, by session: they are not stored again."""
        self._detector = detector
        self._forgotten = forgotten
        self._around = around
        self._read_at = read_at
        self.cut = Cut()

    def take(self, batch: Batch, rests: Rests) -> bool:
        """Cut one batch. False, and nothing is taken, where it was cut as if nothing of it were stored, and some is."""
        around = self._around.get(batch.format, Around())
        if batch.whole is None:
            rows = [
                self._session(batch.format, around, session, events, None if batch.more else rests)
                for session, events in by_session(batch.events).items()
            ]
            around.steps.update(e.key for e in batch.events if isinstance(e, ToolCalled))
        elif _is_new(around, batch.whole):
            rows = [self._whole(batch.format, around, batch.whole)]
        else:
            return False
        self.cut.files.append(
            batches.FileBatch(
                path=path_text(batch.path), source=batch.format, read_at=self._read_at,
                cursor=batch.cursor.to_json() if batch.cursor else "", sessions=tuple(rows),
                unknown=dict(batch.unknown),
                quarantined=tuple(
                    batches.QuarantineRow(q.offset, q.length, q.sha256, q.reason) for q in batch.quarantined
                ),
            )
        )  # fmt: skip
        return True

    def _whole(self, source: str, around: Around, whole: WholeSession) -> batches.SessionBatch:
        """A session that is cut already."""
        session = whole.session
        for trajectory in whole.trajectories:
            around.last[session] = self.cut.open[source, session] = lean(trajectory)
        around.steps.update(whole.step_keys())
        around.turns.update(whole.turn_keys())
        around.sessions[session] = KnownSession(whole.project, whole.model, whole.last_at, whole.settled)
        return batches.SessionBatch(
            source=source, session=session, project=whole.project, model=whole.model,
            started_at=whole.started_at, last_at=whole.last_at, settled=whole.settled, has_content=whole.has_content,
            changes=tuple(self._change(None, trajectory) for trajectory in whole.trajectories),
        )  # fmt: skip

    def _session(
        self,
        source: str,
        around: Around,
        session: str,
        events: list[Event],
        rests: Rests | None,
    ) -> batches.SessionBatch:
        seen = around.sessions.get(session, KnownSession())
        parent = seen.parent or next((e.parent for e in events if isinstance(e, SessionStarted) and e.parent), None)
        repeated = tuple(e.key for e in events if isinstance(e, ToolCalled) and e.key in around.steps)
        began, ended = span(events)
        host = self._host(source, around, session, parent, began)
        last_at = max(filter(None, (seen.last_at, ended)), default=None)
        over = rests is not None and rests(last_at)
        settled = over or host is not None or any(isinstance(e, SessionEnded) for e in events)
        project, model = seen.project, seen.model
        if host is not None:
            changes = self._delegate(source, around, session, host, events)
        else:
            changes, project, model = self._own(source, around, session, events, seen, parent=parent, over=over)
        around.sessions[session] = replace(
            seen, project=project, model=model, parent=parent, host=host.id if host else None,
            last_at=last_at, settled=settled,
        )  # fmt: skip
        return batches.SessionBatch(
            source=source, session=session, project=project, model=model, parent=parent,
            host=host.id if host else None,
            started_at=began, last_at=ended, settled=settled, has_content=has_content(events),
            changes=tuple(changes), repeated=repeated,
        )  # fmt: skip

    def _own(
        self,
        source: str,
        around: Around,
        session: str,
        events: list[Event],
        seen: KnownSession,
        *,
        parent: str | None,
        over: bool,
    ) -> tuple[list[Change], str | None, str | None]:
        """A conversation with a person, or of a subagent whose parent has not been seen."""
        stored = around.last.get(session)
        opened = self._opened(source, session, stored)
        segmenter = Segmenter(
            source, session, self._detector, open=opened, next_ordinal=(opened.ordinal + 1) if opened else 1,
            project=seen.project, model=seen.model, known=_Either(around.steps, around.turns),
        )  # fmt: skip
        segmenter.feed(events)
        done = segmenter.close(ended=over)
        changes = []
        gone = {trajectory for _, trajectory in self._forgotten.get(session, ())}
        for trajectory in done.trajectories:
            if trajectory.id in gone:
                continue
            before = stored if stored is not None and stored.id == trajectory.id else None
            after = as_labelled(trajectory, before)
            around.turns.update(turn.key for turn in after.turns[len(before.turns) if before else 0 :])
            changes.append(self._change(before, after))
            if parent is not None:
                self.cut.by_agents.add(after.id)
            around.last[session] = self.cut.open[source, session] = lean(after)
        changes += self._late(source, around, done.late)
        return changes, done.project, done.model

    def _opened(self, source: str, session: str, stored: Trajectory | None) -> Trajectory | None:
        """What new events may still belong to: the last task stored, or a place-holder for a later one that is
        forgotten, so that its follow-ups are not taken for another task's."""
        last = max(self._forgotten.get(session, ()), default=None)
        if last is None or (stored is not None and stored.ordinal > last[0]):
            return stored
        return Trajectory(last[1], session, source, last[0], request="(forgotten)")

    def _delegate(
        self, source: str, around: Around, session: str, host: Trajectory, events: list[Event]
    ) -> list[Change]:
        """The work of a subagent belongs to the trajectory that started it."""
        after = delegate(host, session, events, around.steps)
        if after is host:
            return []
        newest = around.last.get(host.session)
        working = newest is not None and newest.id == host.id and not self._settled(around, host.session)
        return [self._judged_again(source, around, host, after, ended=not working)]

    def _late(self, source: str, around: Around, results: Sequence[ToolReturned]) -> list[Change]:
        """Results whose calls stand in trajectories that are closed."""
        if not results:
            return []
        at_hand = {t.id: t for t in (*around.last.values(), *around.owners, *self.cut.trajectories.values())}
        home = {step.key: t.id for t in at_hand.values() for step in (*t.steps, *t.delegated)}
        by_owner: dict[str, list[ToolReturned]] = {}
        for result in results:
            if result.key in home:
                by_owner.setdefault(home[result.key], []).append(result)
        changes = []
        for owner, own in by_owner.items():
            before = at_hand[owner]
            after = with_results(before, own)
            if after is not before:
                changes.append(self._judged_again(source, around, before, after, ended=True))
        return changes

    def _judged_again(
        self, source: str, around: Around, before: Trajectory, after: Trajectory, *, ended: bool
    ) -> Change:
        if after.outcome.by not in {OutcomeBy.USER, OutcomeBy.REWARD}:
            after = replace(after, outcome=self._detector.outcome(after, ended=ended))
        if (last := around.last.get(after.session)) is not None and last.id == after.id:
            around.last[after.session] = self.cut.open[source, after.session] = lean(after)
        around.owners = [after if owner.id == after.id else owner for owner in around.owners]
        for session, host in around.hosts.items():
            if host.id == after.id:
                around.hosts[session] = after
        return self._change(before, after)

    def _change(self, before: Trajectory | None, after: Trajectory) -> Change:
        self.cut.trajectories.pop(after.id, None)
        self.cut.trajectories[after.id] = after
        return Change.of(before, after)

    def _host(self, source: str, around: Around, session: str, parent: str | None, at: str | None) -> Trajectory | None:
        """The trajectory that started a subagent, as it is now; ``None`` while its parent has not been seen."""
        if parent is None or around.last.get(session) is not None:
            return None
        host = around.hosts.get(session)
        seen = around.sessions.get(session)
        if seen is None or seen.host is None:
            # The parent's work may be of this group, and nearer.
            begun = [
                t for t in self.cut.trajectories.values()
                if t.session == parent and t.source == source and (at is None or (t.started_at or "") <= at)
            ]  # fmt: skip
            nearest = max(begun, key=lambda t: t.ordinal, default=None)
            if nearest is not None and (host is None or host.session != parent or nearest.ordinal >= host.ordinal):
                host = nearest
        if host is None:
            return None
        around.hosts[session] = host = self.cut.trajectories.get(host.id, host)
        return host

    @staticmethod
    def _settled(around: Around, session: str) -> bool:
        known = around.sessions.get(session)
        return known is None or known.settled


def by_session(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Events of each session, in order."""
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.session, []).append(event)
    return found


def _is_new(around: Around, whole: WholeSession) -> bool:
    """Whether nothing of a session is stored, nor anything that another one holds as well."""
    known = around.sessions.get(whole.session, KnownSession())
    if known != KnownSession() or whole.session in around.last:
        return False
    keys = whole.keys()
    return around.steps.isdisjoint(keys) and around.turns.isdisjoint(keys)


class _Either:
    """Keys of steps or of turns, without copying either set."""

    def __init__(self, *sets: set[str]) -> None:
        self._sets = sets

    def __contains__(self, key: object) -> bool:
        return any(key in keys for keys in self._sets)


def as_labelled(trajectory: Trajectory, stored: Trajectory | None) -> Trajectory:
    """A person's label wins over what the detector thinks now."""
    if stored is not None and stored.outcome.by is OutcomeBy.USER:
        return replace(trajectory, outcome=stored.outcome)
    return trajectory
