"""One batch's way in: events -> trajectories with outcomes -> matches and gaps -> one transaction -> events.

Rows and the file's offset are committed together, so a kill at any moment leaves nothing missing and nothing double.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from skilltui.capture.events import (
    AgentSaid,
    Event,
    SessionEnded,
    SkillLoaded,
    ToolCalled,
    ToolReturned,
    UserSaid,
)
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.reader import Batch
from skilltui.capture.segment import Segmented, Segmenter, with_result
from skilltui.domain.trajectory import OutcomeBy, SkillScore, Step, Trajectory
from skilltui.paths import path_text
from skilltui.store import browse, captures
from skilltui.store.captures import KnownSession
from skilltui.workshop.context import Context
from skilltui.workshop.events import Captured, GapsChanged
from skilltui.workshop.filing import GapFiler, Judged
from skilltui.workshop.scoping import Scoping
from skilltui.workshop.shelf import Shelf

# After so long without a line a task counts as over. An agent that thinks, or waits for a permission, takes less.
IDLE_SECONDS = 15 * 60.0
_CONTENT = (UserSaid, AgentSaid, ToolCalled, ToolReturned, SkillLoaded)
# Sessions at work at one time; their last trajectory is kept, so that an append costs what was appended.
_OPEN = 16
_SETTLED_AT_ONCE = 50


@dataclass(slots=True)
class Absorbed:
    """What a batch brought."""

    new_steps: int = 0
    trajectories: tuple[str, ...] = ()
    redactions: Counter[str] = field(default_factory=Counter)


class Absorber:
    """Takes batches in, one at a time."""

    def __init__(self, context: Context, shelf: Shelf, filer: GapFiler, scoping: Scoping) -> None:
        self._context = context
        self._shelf = shelf
        self._filer = filer
        self._scoping = scoping
        # Held while something is stored; whoever removes something holds it meanwhile.
        self.one_at_a_time = asyncio.Lock()
        self._detector = FeedbackDetector()
        self._open: OrderedDict[tuple[str, str], Trajectory] = OrderedDict()

    def forget(self) -> None:
        """Read open trajectories from the store again: somebody else changed one, or a write failed."""
        self._open.clear()

    async def absorb(self, batch: Batch, *, backfill: bool, named: bool = False) -> Absorbed:
        """Commit one batch and tell the faces. ``WithheldError`` where nothing of it may be stored."""
        await self._shelf.refresh_if_old()
        try:
            async with self.one_at_a_time:
                return await self._absorb(batch, backfill=backfill, named=named)
        except BaseException:
            # Cancelled or failed, what is kept here may be ahead of the store.
            self.forget()
            raise

    async def _absorb(self, batch: Batch, *, backfill: bool, named: bool) -> Absorbed:
        source = batch.format
        by_session: dict[str, list[Event]] = {}
        for event in batch.events:
            by_session.setdefault(event.session, []).append(event)
        admitted = await self._scoping.admit(batch, by_session, named=named)
        calls = {e.key for e in batch.events if isinstance(e, ToolCalled | ToolReturned)}
        turns = {e.key for e in batch.events if isinstance(e, UserSaid)}
        known = await self._context.database.read(
            lambda c: captures.known_keys(c, source, calls | turns) if calls or turns else (set(), set())
        )
        sessions: list[captures.SessionBatch] = []
        judged: list[Judged] = []
        now_open: dict[tuple[str, str], Trajectory] = {}
        for session, events in admitted.events.items():
            stored = await self._last(source, session)
            opened = admitted.open(source, session, stored)
            seen = await self._context.database.read(partial(captures.known_session, source=source, session=session))
            over = not batch.more and self._rested(events, seen)
            segmenter = Segmenter(
                source, session, self._detector, open=opened, next_ordinal=(opened.ordinal + 1) if opened else 1,
                project=seen.project, model=seen.model, known=known[0] | known[1],
            )  # fmt: skip
            cut = await asyncio.to_thread(_segment, segmenter, events, over)
            gone = admitted.forgotten(session)
            changed = [t for t in await self._with_late(source, cut) if t.id not in gone]
            own = [await self._judge(_as_labelled(trajectory, stored)) for trajectory in changed]
            judged += own
            trajectories = tuple(trajectory for trajectory, _ in own)
            before = {step.key: step for step in stored.steps} if stored else {}
            sessions.append(
                _session_batch(
                    source, session, events, cut, trajectories=trajectories, before=before, known_steps=known[0],
                    over=over,
                )
            )  # fmt: skip
            if trajectories:
                last = max(trajectories, key=lambda t: t.ordinal)
                if last.session == session and (stored is None or last.ordinal >= stored.ordinal):
                    now_open[source, session] = last
        rows = captures.FileBatch(
            path=path_text(batch.path), source=source, read_at=self._context.clock(),
            cursor=batch.cursor.to_json() if batch.cursor else "", sessions=tuple(sessions),
            unknown=dict(batch.unknown),
            quarantined=tuple(
                captures.QuarantineRow(q.offset, q.length, q.sha256, q.reason) for q in batch.quarantined
            ),
        )  # fmt: skip
        new_steps, gaps = await self._filer.commit(judged, lambda c: captures.commit_batch(c, rows))
        self._remember(now_open)
        ids = tuple(t.id for t, _ in judged)
        if ids or batch.quarantined:
            failed = sum(t.failed_steps for t, _ in judged)
            self._context.bus.publish(
                Captured(rows.path, source, tuple(by_session), ids, new_steps, failed, len(batch.quarantined), backfill)
            )
        if gaps:
            self._context.bus.publish(GapsChanged(gaps))
        return Absorbed(new_steps, ids, batch.redactions)

    async def settle(self) -> int:
        """Judge as over what has rested; returns how many sessions that were."""
        before = _iso(_time(self._context.clock()) - timedelta(seconds=IDLE_SECONDS))
        async with self.one_at_a_time:
            return await self._settle(before)

    async def _settle(self, before: str) -> int:
        resting = await self._context.database.read(lambda c: captures.unsettled(c, before, _SETTLED_AT_ONCE))
        for source, session in resting:
            stored = await self._last(source, session)
            last: Trajectory | None = None
            judged: list[Judged] = []
            if stored is not None:
                segmenter = Segmenter(source, session, self._detector, open=stored)
                cut = await asyncio.to_thread(_segment, segmenter, [], True)
                if cut.trajectories:
                    judged = [await self._judge(_as_labelled(cut.trajectories[-1], stored))]
                    last = judged[0][0]
            _, gaps = await self._filer.commit(
                judged, partial(captures.settle, source=source, session=session, trajectory=last)
            )
            self._open.pop((source, session), None)
            if last is not None:
                self._context.bus.publish(Captured("", source, (session,), (last.id,), 0, 0, 0, backfill=True))
            if gaps:
                self._context.bus.publish(GapsChanged(gaps))
        return len(resting)

    async def _last(self, source: str, session: str) -> Trajectory | None:
        kept = self._open.get((source, session))
        if kept is not None:
            return kept
        return await self._context.database.read(partial(browse.last_trajectory, source=source, session=session))

    def _remember(self, now_open: Mapping[tuple[str, str], Trajectory]) -> None:
        for key, trajectory in now_open.items():
            self._open[key] = trajectory
            self._open.move_to_end(key)
        while len(self._open) > _OPEN:
            self._open.popitem(last=False)

    def _rested(self, events: Iterable[Event], seen: KnownSession) -> bool:
        last = max(filter(None, (seen.last_at, *(e.at for e in events))), default=None)
        return last is None or (_time(self._context.clock()) - _time(last)).total_seconds() > IDLE_SECONDS

    async def _with_late(self, source: str, cut: Segmented) -> list[Trajectory]:
        """What changed, with the trajectories that a late result belongs to."""
        changed = {t.id: t for t in cut.trajectories}
        # A rewritten document repeats every result it ever held: one look-up a trajectory, not one a result.
        owners: dict[str, Trajectory] = {}
        for late in cut.late:
            owner = owners.get(late.key)
            if owner is None:
                read = partial(browse.trajectory_of_step, source=source, key=late.key)
                owner = await self._context.database.read(read)
                if owner is None:
                    continue
                owners.update((step.key, owner) for step in owner.steps)
            owner = changed.get(owner.id, owner)
            after = with_result(owner, late)
            if after != owner:
                if after.outcome.by not in {OutcomeBy.USER, OutcomeBy.REWARD}:
                    after = replace(after, outcome=self._detector.outcome(after, ended=True))
                changed[after.id] = after
        return list(changed.values())

    async def _judge(self, trajectory: Trajectory) -> Judged:
        result = await self._shelf.match(trajectory.request, 3, project=trajectory.project)
        best = result.top[0] if result.top else None
        # A request that nobody serves still names what came nearest; the queue says how near.
        match = SkillScore(best.skill, best.score) if best and trajectory.request.strip() else None
        uses = await self._shelf.with_hashes(trajectory)
        return replace(trajectory, match=match, skills_used=uses), result


def _segment(segmenter: Segmenter, events: list[Event], over: bool) -> Segmented:  # noqa: FBT001 - runs on a thread
    segmenter.feed(events)
    return segmenter.close(ended=over)


def _as_labelled(trajectory: Trajectory, stored: Trajectory | None) -> Trajectory:
    """A person's label wins over what the detector thinks now."""
    if stored is not None and stored.id == trajectory.id and stored.outcome.by is OutcomeBy.USER:
        return replace(trajectory, outcome=stored.outcome)
    return trajectory


def _session_batch(
    source: str,
    session: str,
    events: list[Event],
    cut: Segmented,
    *,
    trajectories: tuple[Trajectory, ...],
    before: Mapping[str, Step],
    known_steps: set[str],
    over: bool,
) -> captures.SessionBatch:
    times = sorted(at for e in events if (at := e.at))
    steps = (step for trajectory in trajectories for step in trajectory.steps)
    return captures.SessionBatch(
        source=source, session=session, project=cut.project, model=cut.model,
        started_at=times[0] if times else None, last_at=times[-1] if times else None,
        settled=over or any(isinstance(e, SessionEnded) for e in events),
        has_content=any(isinstance(e, _CONTENT) for e in events),
        trajectories=trajectories, same=frozenset(s.key for s in steps if before.get(s.key) == s),
        repeated=tuple(e.key for e in events if isinstance(e, ToolCalled) and e.key in known_steps),
    )  # fmt: skip


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
