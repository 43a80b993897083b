"""What a trajectory means for the gap queue: filed, taken out again, or closing a gap.

The queue is kept in memory, since placing one request looks at many gaps; what capture writes to the store are
descriptions and requests alone. A status is the person's, and only moves here in the ways that the contract names:
a later success closes, a request of the same kind that nobody served opens again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import chain, count
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from skilltui.domain.gap import FORGOTTEN_NEED, Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.skill import MatchResult, serves
from skilltui.domain.trajectory import OutcomeLabel, SkillScore, Trajectory
from skilltui.learning.calling import without_call
from skilltui.learning.clustering import GapIndex, is_open_to
from skilltui.learning.gaps import GapDetector, gap_id
from skilltui.learning.remembering import Marks, resembles
from skilltui.store import gaps as store
from skilltui.store.database import Connection
from skilltui.workshop.context import Context

T = TypeVar("T")

# Success with a skill in use can close these: the skill was made for the gap, or a person linked it. One that is
# snoozed meanwhile waits for its skill all the same.
_WAITING = (GapStatus.LINKED, GapStatus.DRAFTED, GapStatus.SNOOZED)
# The need keeps its words once so many requests have shaped it: a row that renames itself is hard to find again.
_WORDED_BY = 6

# A trajectory with what matched its request; with ``None`` where no person's request stands behind it.
Judged = tuple[Trajectory, MatchResult | None]


class _Filing(Struct):
    """What one transaction does to the queue."""

    described: dict[str, Gap] = field(default_factory=dict)
    requests: list[tuple[str, GapRequest]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    # In the order in which they came about: what closes a gap may open it again, and the other way round.
    moves: list[tuple[str, GapStatus, tuple[GapStatus, ...]]] = field(default_factory=list)

    def move(self, gap: Gap, to: GapStatus, out_of: tuple[GapStatus, ...]) -> Gap:
        """The gap in its new status, if it stands in one of these; else as it is."""
        if gap.status not in out_of:
            return gap
        self.moves.append((gap.id, to, out_of))
        return replace(gap, status=to)

    def write(self, connection: Connection) -> tuple[str, ...]:
        """Apply; returns the ids of the gaps that changed."""
        touched = dict.fromkeys([*self.described, *(gap for gap, _ in self.requests)])
        for gap in self.described.values():
            store.describe(connection, gap)
        for gap_id_, request in self.requests:
            store.file_request(connection, gap_id_, request)
        for trajectory in self.removed:
            touched[store.unfile(connection, trajectory) or ""] = None
        for moved, to, out_of in self.moves:
            if store.move(connection, moved, to=to, out_of=out_of):
                touched[moved] = None
        return tuple(gap for gap in touched if gap)


class GapFiler:
    """Decides where requests belong, and commits that together with what it came with."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.detector = GapDetector(context.config.gap_threshold)
        self._gaps: dict[str, Gap] = {}
        self._filed: dict[str, str] = {}
        self._kept: dict[str, list[Marks]] = {}
        self._index = GapIndex()
        # The memory is good while these are equal; whoever changes the queue past us moves the second one on.
        self._read, self._changed = 0, 1
        self._one_at_a_time = asyncio.Lock()

    def forget(self) -> None:
        """Read the queue again next time: something else changed it."""
        self._changed += 1

    async def commit(
        self, judged: Sequence[Judged], write: Callable[[Connection], T], *, durable: bool = True
    ) -> tuple[T, tuple[str, ...]]:
        """File these trajectories in one transaction with ``write``; returns its result and the gaps that changed.

        ``durable``: see ``Database.write``.
        """
        return await self._commit(lambda filing: self._plan(filing, judged), write, durable=durable)

    async def commit_help(self, text: str, at: str) -> tuple[str, ...]:
        """An agent or a person asked for a skill; asked twice at one time, it stands there once."""
        _, touched = await self._commit(lambda filing: self._plan_help(filing, text, at), lambda _: None)
        return touched

    async def _commit(
        self, plan: Callable[[_Filing], None], write: Callable[[Connection], T], *, durable: bool = True
    ) -> tuple[T, tuple[str, ...]]:
        filing = _Filing()
        planned: Future[None] = Future()

        def transaction(connection: Connection) -> tuple[T, tuple[str, ...]]:
            written = write(connection)
            planned.result()
            return written, filing.write(connection)

        async with self._one_at_a_time:
            await self._load()
            # On a thread, beside the rows' own writing, which needs little of Python.
            planning = asyncio.get_running_loop().run_in_executor(None, _fulfil, planned, partial(plan, filing))
            try:
                done = await self._context.database.write(transaction, durable=durable)
            except BaseException:
                # Cancelled or failed: the memory may be ahead of the store.
                self.forget()
                raise
            finally:
                await _to_its_end(planning)
            if filing.moves:
                self.forget()
            return done

    async def _load(self) -> None:
        while self._read != self._changed:
            state = self._changed
            gaps = await self._context.database.read(store.gaps)
            self._kept = await self._context.database.read(store.memories)
            self._gaps = {gap.id: gap for gap in gaps}
            self._filed = {r.trajectory: gap.id for gap in gaps for r in gap.requests if r.trajectory}
            # Thousands of gaps take seconds to read anew, so on a thread, and what was known of their words is kept.
            self._index = await asyncio.to_thread(GapIndex, gaps, self._index)
            self._read = state

    def _plan(self, filing: _Filing, judged: Sequence[Judged]) -> None:
        # As it happened, whatever files it came in: what closed a gap yesterday does not close it over today's failure.
        for trajectory, result in sorted(judged, key=lambda one: one[0].started_at or ""):
            for gap in self._closed_by(trajectory):
                self._gaps[gap.id] = filing.move(gap, GapStatus.CLOSED, _WAITING)
                self._index.put(self._gaps[gap.id])
            kind = None if result is None else self.detector.kind(trajectory, result)
            filed = self._filed.get(trajectory.id)
            if result is None or kind is None:
                if filed is not None:
                    filing.removed.append(trajectory.id)
                    self._take_out(filed, trajectory.id)
                continue
            request = _request(trajectory)
            if filed is not None:
                home = self._gaps[filed]
            else:
                own = self.detector.own_project(result)
                home = self._place(trajectory.request, kind, trajectory.project, own)
                filing.requests.append((home.id, request))
                self._filed[trajectory.id] = home.id
                # An older one, imported late, was known of nowhere, but what closed the gap came after it.
                if request.at is None or request.at > (home.last_seen or ""):
                    home = filing.move(home, GapStatus.OPEN, (GapStatus.CLOSED,))
            requests = _by_time((*(r for r in home.requests if r.trajectory != trajectory.id), request))
            home = replace(home, requests=requests)
            # Kind and nearest skill are those of the newest request, but what was asked for by name stays asked for.
            if requests[-1] is request:
                top = SkillScore(result.top[0].skill, result.top[0].score) if result.top else None
                home = replace(home, kind=home.kind if home.kind is GapKind.HELP_REQUEST else kind, top=top)
            self._put(filing, home)
        self._word(filing)

    def _plan_help(self, filing: _Filing, text: str, at: str) -> None:
        home = self._place(text, GapKind.HELP_REQUEST, None, None)
        if any(r.trajectory is None and r.text == text and r.at == at for r in home.requests):
            return
        request = GapRequest(text, at)
        filing.requests.append((home.id, request))
        home = filing.move(home, GapStatus.OPEN, (GapStatus.CLOSED, GapStatus.DISMISSED))
        self._put(filing, replace(home, requests=_by_time((*home.requests, request)), kind=GapKind.HELP_REQUEST))
        self._word(filing)

    def _put(self, filing: _Filing, gap: Gap) -> None:
        self._gaps[gap.id] = filing.described[gap.id] = gap
        self._index.put(gap)

    def _word(self, filing: _Filing) -> None:
        """Put the need of each gap that got a request into words, once for all that it got."""
        for gap_id_ in dict.fromkeys(gap_id_ for gap_id_, _ in filing.requests):
            gap = self._gaps[gap_id_]
            # A gap may have grown past the number at once; then the first of its requests word it.
            if gap.need in {"", FORGOTTEN_NEED} or gap.count <= _WORDED_BY:
                worded = replace(gap, need=self.detector.need([r.text for r in gap.requests[:_WORDED_BY]]))
                self._gaps[gap_id_] = filing.described[gap_id_] = worded

    def _place(self, text: str, kind: GapKind, project: str | None, own: str | None) -> Gap:
        home = self._index.place(text, project=project, own=own)
        if home is not None:
            known = self._gaps[home.id]
            return known if own is None or known.status is GapStatus.DISMISSED else replace(known, project=own)
        remembered = self._remembered(text, project)
        if remembered is not None:
            return remembered
        new = Gap(self._free_id(text, project, own), GapStatus.OPEN, kind, need="", project=own)
        return self._gaps.setdefault(new.id, new)

    def _free_id(self, text: str, project: str | None, own: str | None) -> str:
        """The id of a gap that begins with this text: one that nobody has, or a gap that is open to the request."""
        tried = chain((own, project), (f"{project}\0{number}" for number in count(1)))
        ids = (gap_id(text, holder) for holder in tried)
        return next(one for one in ids if one not in self._gaps or is_open_to(self._gaps[one], project, own))

    def _remembered(self, text: str, project: str | None) -> Gap | None:
        """The gap that a person decided on, and whose requests they had forgotten."""
        digest = self._context.redactor.digest
        alike = [
            (-likeness, gap.id) for gap in map(self._gaps.get, self._kept)
            if gap is not None and serves(gap.project, project)
            and (likeness := resembles(text, self._kept[gap.id], digest))
        ]  # fmt: skip
        return self._gaps[min(alike)[1]] if alike else None

    def _take_out(self, gap: str, trajectory: str) -> None:
        del self._filed[trajectory]
        kept = tuple(r for r in self._gaps[gap].requests if r.trajectory != trajectory)
        if kept or self._gaps[gap].status is not GapStatus.OPEN:
            self._gaps[gap] = replace(self._gaps[gap], requests=kept)
            self._index.put(self._gaps[gap])
        else:
            del self._gaps[gap]
            self._index.remove(gap)

    def _closed_by(self, trajectory: Trajectory) -> list[Gap]:
        used = {use.skill for use in trajectory.skills_used}
        if trajectory.outcome.label is not OutcomeLabel.SUCCESS or not used:
            return []
        waiting = [g for g in self._gaps.values() if g.status in _WAITING and g.skill in used]
        return [g for g in waiting if _is_later(trajectory, g) and self._is_of_its_kind(trajectory, g)]

    def _is_of_its_kind(self, trajectory: Trajectory, gap: Gap) -> bool:
        if self.detector.place(trajectory.request, [gap], project=trajectory.project):
            return True
        asked = without_call(trajectory.request, gap.skill or "")
        if asked is None:
            return False
        if asked:
            return self.detector.place(asked, [gap], project=trajectory.project) is not None
        # A bare call asks for what the skill is for. That is this gap where it was made for it, or where it is the only
        # one that it was linked to.
        if gap.project is not None and not serves(gap.project, trajectory.project):
            return False
        others = [g for g in self._gaps.values() if g.status in _WAITING and g.skill == gap.skill]
        return gap.status is GapStatus.DRAFTED or others == [gap]


def _is_later(trajectory: Trajectory, gap: Gap) -> bool:
    """A gap closes by what came after the requests it was made of."""
    others = [r.at for r in gap.requests if r.at and r.trajectory != trajectory.id]
    return trajectory.started_at is not None and trajectory.started_at > max(others, default="")


def _by_time(requests: Iterable[GapRequest]) -> tuple[GapRequest, ...]:
    """Oldest first, as the store has them."""
    return tuple(sorted(requests, key=lambda request: (request.at is not None, request.at or "")))


def _request(trajectory: Trajectory) -> GapRequest:
    return GapRequest(
        trajectory.request, trajectory.started_at, trajectory.id, trajectory.outcome.label, trajectory.failed_steps,
        trajectory.project,
    )  # fmt: skip


def _fulfil(promise: Future[None], work: Callable[[], None]) -> None:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - whoever waits for the promise raises it
        promise.set_exception(error)
    else:
        promise.set_result(None)


async def _to_its_end(running: asyncio.Future[None]) -> None:
    """A cancelled caller still waits, since this changes what the next one reads."""
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await running
        raise
