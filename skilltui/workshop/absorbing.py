"""One group of batches on its way in: cut, matched and filed, committed in one transaction, told to the faces.

Rows and the files' offsets are committed together, so a kill at any moment leaves nothing missing and nothing double.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.reader import Batch
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import OutcomeBy, SkillScore, Trajectory
from skilltui.errors import SourceError, WithheldError
from skilltui.library.match import Matcher
from skilltui.store import browse, captures, delegation, surroundings
from skilltui.store.batches import FileBatch, commit_batches
from skilltui.store.database import Connection
from skilltui.store.surroundings import Around, Asked
from skilltui.workshop.context import Context
from skilltui.workshop.cutting import Cut, Cutter, as_labelled, asked_of, by_session
from skilltui.workshop.events import Captured, GapsChanged
from skilltui.workshop.filing import GapFiler, Judged
from skilltui.workshop.resting import over_before, rests
from skilltui.workshop.scoping import Scoping
from skilltui.workshop.shelf import Shelf

# Sessions at work at one time; their last trajectory is kept, so that an append costs what was appended.
_OPEN = 16
_SETTLED_AT_ONCE = 50


class Absorbed(Struct):
    """What a group brought, and the files in it that may not be stored, or that could not be read again."""

    new_steps: int = 0
    trajectories: tuple[str, ...] = ()
    redactions: Counter[str] = field(default_factory=Counter)
    withheld: dict[Path, WithheldError] = field(default_factory=dict)
    failed: dict[Path, SourceError] = field(default_factory=dict)


class Absorber:
    """Takes groups of batches in, one at a time."""

    def __init__(
        self, context: Context, shelf: Shelf, filer: GapFiler, scoping: Scoping, again: Callable[[Batch], Batch]
    ) -> None:
        """``again`` reads the file of a batch anew, for its events; ``SourceError``."""
        self._context = context
        self._again = again
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

    async def absorb(self, batches: Sequence[Batch], *, backfill: bool, named: bool = False) -> Absorbed:
        """Commit these batches in one transaction and tell the faces. ``named``: a person named their files.

        Where anything may be withheld they go one by one, since what one says of its project may bar what others hold.
        """
        await self._shelf.refresh_if_old()
        try:
            async with self.one_at_a_time:
                brought = Absorbed()
                if await self._scoping.needed():
                    for batch in batches:
                        await self._absorb_admitted(brought, batch, backfill=backfill, named=named)
                else:
                    await self._absorb_all(brought, batches, backfill=backfill)
                return brought
        except BaseException:
            # Cancelled or failed, what is kept here may be ahead of the store.
            self.forget()
            raise

    async def _absorb_all(self, brought: Absorbed, batches: Sequence[Batch], *, backfill: bool) -> None:
        taken = await self._absorb(brought, batches, backfill=backfill)
        if taken < len(batches):
            # One was cut as if it stood alone, and does not; then the others may not, either.
            rest = [one for batch in batches[taken:] for one in await self._with_events(brought, batch)]
            await self._absorb(brought, rest, backfill=backfill)

    async def _with_events(self, brought: Absorbed, batch: Batch) -> list[Batch]:
        """The batch with its events, none where its file can't be read any more."""
        if batch.whole is None:
            return [batch]
        try:
            return [await asyncio.to_thread(self._again, batch)]
        except SourceError as error:
            brought.failed[batch.path] = error
            return []

    async def _absorb_admitted(self, brought: Absorbed, batch: Batch, *, backfill: bool, named: bool) -> None:
        for one in await self._with_events(brought, batch):
            try:
                admitted = await self._scoping.admit(one, by_session(one.events), named=named)
            except WithheldError as error:
                brought.withheld[one.path] = error
                return
            events = tuple(event for event in one.events if event.session in admitted.events)
            await self._absorb(brought, [replace(one, events=events)], admitted.tasks, backfill=backfill)

    async def _absorb(
        self,
        brought: Absorbed,
        batches: Sequence[Batch],
        forgotten: Mapping[str, Sequence[tuple[int, str]]] | None = None,
        *,
        backfill: bool,
    ) -> int:
        """Returns how many it took: all, up to one that has to be cut anew.

        ``forgotten``: (ordinal, id) of tasks that a person had forgotten, by session.
        """
        asked = asked_of(batches)
        around = await self._context.database.read(partial(_around, asked=asked, held=dict(self._open)))
        matcher = await self._shelf.matcher()
        cut, judged = await asyncio.to_thread(self._work, batches, around, matcher, forgotten or {})
        new_steps, gaps = await self._filer.commit(judged, partial(commit_batches, batches=cut.files), durable=False)
        self._remember(cut.open)
        for batch, rows in zip(batches, cut.files, strict=False):
            brought.redactions.update(batch.redactions)
            self._tell(rows, backfill=backfill)
        if gaps:
            self._context.bus.publish(GapsChanged(gaps))
        brought.new_steps += new_steps
        brought.trajectories += tuple(cut.trajectories)
        return len(cut.files)

    def _work(
        self,
        batches: Sequence[Batch],
        around: Mapping[str, Around],
        matcher: Matcher,
        forgotten: Mapping[str, Sequence[tuple[int, str]]],
    ) -> tuple[Cut, list[Judged]]:
        now = self._context.clock()
        cutter = Cutter(self._detector, around, now, forgotten)
        for batch in batches:
            if not cutter.take(batch, partial(rests, now)):
                break
        cut = cutter.cut
        judged = [self._judge(t, matcher, by_agent=t.id in cut.by_agents) for t in cut.trajectories.values()]
        cut.settle_on({trajectory.id: trajectory for trajectory, _ in judged})
        return cut, judged

    def _judge(self, trajectory: Trajectory, matcher: Matcher, *, by_agent: bool = False) -> Judged:
        """Which skill would have served, and which were used. What an agent asked of its subagent is no one's need."""
        result = matcher.match(trajectory.request, 3, project=trajectory.project)
        best = result.top[0] if result.top else None
        # A request that nobody serves still names what came nearest; the queue says how near.
        match = SkillScore(best.skill, best.score) if best and trajectory.request.strip() else None
        uses = self._shelf.with_hashes(trajectory)
        return replace(trajectory, match=match, skills_used=uses), None if by_agent else result

    def _remember(self, now_open: Mapping[tuple[str, str], Trajectory]) -> None:
        for key, trajectory in now_open.items():
            self._open[key] = trajectory
            self._open.move_to_end(key)
        while len(self._open) > _OPEN:
            self._open.popitem(last=False)

    def _tell(self, rows: FileBatch, *, backfill: bool) -> None:
        changes = [change for session in rows.sessions for change in session.changes]
        if not changes and not rows.quarantined:
            return
        trajectories = {change.trajectory.id: change.trajectory for change in changes}
        self._context.bus.publish(
            Captured(
                rows.path, rows.source, tuple(s.session for s in rows.sessions), tuple(trajectories),
                sum(len(change.new) for change in changes), sum(t.failed_steps for t in trajectories.values()),
                len(rows.quarantined), backfill,
            )
        )  # fmt: skip

    async def settle(self) -> int:
        """Judge as over what has rested, and give subagents' work to where it belongs; returns how many that were."""
        before = over_before(self._context.clock())
        async with self.one_at_a_time:
            resting = await self._context.database.read(lambda c: captures.unsettled(c, before, _SETTLED_AT_ONCE))
            await self._end(resting)
            return len(resting) + await self._adopt()

    async def end(self, sessions: Iterable[tuple[str, str]]) -> None:
        """Judge these (source, session) as over."""
        async with self.one_at_a_time:
            await self._end(sessions)

    async def _end(self, sessions: Iterable[tuple[str, str]]) -> None:
        matcher = await self._shelf.matcher()
        for source, session in sessions:
            stored = self._open.get((source, session)) or await self._context.database.read(
                partial(browse.last_trajectory, source=source, session=session)
            )
            last: Trajectory | None = None
            judged: list[Judged] = []
            if stored is not None:
                segmenter = Segmenter(source, session, self._detector, open=stored)
                cut = await asyncio.to_thread(segmenter.close, ended=True)
                if cut.trajectories:
                    judged = [self._judge(as_labelled(cut.trajectories[-1], stored), matcher)]
                    last = judged[0][0]
            settle = partial(captures.settle, source=source, session=session, trajectory=last)
            await self._told(judged, settle, source, session, last)
            self._open.pop((source, session), None)

    async def _adopt(self) -> int:
        """Work of subagents that was read before their parents were goes to where it belongs."""
        matcher = await self._shelf.matcher()
        found = await self._context.database.read(lambda c: surroundings.orphans(c, _SETTLED_AT_ONCE))
        for source, session in found:
            adoption = await self._context.database.read(partial(delegation.plan, source=source, session=session))
            if adoption is None:
                continue
            host = adoption.host
            if host.outcome.by not in {OutcomeBy.USER, OutcomeBy.REWARD}:
                host = replace(host, outcome=self._detector.outcome(host, ended=True))
            judged = [self._judge(host, matcher), *((t, None) for t in adoption.orphans)]
            move = partial(delegation.adopt, adoption=replace(adoption, host=judged[0][0]))
            await self._told(judged, move, source, session, judged[0][0])
            self.forget()
        return len(found)

    async def _told(
        self,
        judged: Sequence[Judged],
        write: Callable[[Connection], None],
        source: str,
        session: str,
        trajectory: Trajectory | None,
    ) -> None:
        # Lost with the machine's power, whole, it is found to be done and done again.
        _, gaps = await self._filer.commit(judged, write, durable=False)
        if trajectory is not None:
            self._context.bus.publish(Captured("", source, (session,), (trajectory.id,), 0, 0, 0, backfill=True))
        if gaps:
            self._context.bus.publish(GapsChanged(gaps))


def _around(
    connection: Connection, *, asked: Mapping[str, Asked], held: Mapping[tuple[str, str], Trajectory]
) -> dict[str, Around]:
    return {
        source: surroundings.around(
            connection, source, one, {session: t for (of, session), t in held.items() if of == source}
        )
        for source, one in asked.items()
    }
