"""What a trajectory means for the gap queue: filed, taken out again, or closing a gap."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from skilltui.domain.gap import Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.skill import MatchResult
from skilltui.domain.trajectory import OutcomeLabel, SkillScore, Trajectory
from skilltui.learning.gaps import GapDetector, gap_id
from skilltui.store import gaps as store
from skilltui.store.database import Connection
from skilltui.workshop.context import Context

# Success with a skill in use can close these: the skill was made for the gap, or a person linked it.
_WAITING = (GapStatus.LINKED, GapStatus.DRAFTED)

# The need keeps its words once so many requests have shaped it: a row that renames itself is hard to find again.
_WORDED_BY = 6


@dataclass(frozen=True, slots=True)
class Filing:
    """What one transaction does to the queue. ``gaps`` are saved before ``requests`` are filed."""

    gaps: tuple[Gap, ...] = ()
    requests: tuple[tuple[str, GapRequest], ...] = ()
    removed: tuple[str, ...] = ()

    def write(self, connection: Connection) -> tuple[str, ...]:
        """Apply; returns the ids of the gaps that changed."""
        touched = dict.fromkeys(gap.id for gap in self.gaps)
        for gap in self.gaps:
            store.save(connection, gap)
        for gap_id_, request in self.requests:
            store.file_request(connection, gap_id_, request)
            touched[gap_id_] = None
        for trajectory in self.removed:
            left = store.unfile(connection, trajectory)
            if left is not None:
                touched[left] = None
        return tuple(touched)


class GapFiler:
    """Decides where requests belong. Keeps the queue in memory: placing one request looks at every gap."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.detector = GapDetector(context.config.gap_threshold)
        self._gaps: dict[str, Gap] = {}
        self._filed: dict[str, str] = {}
        self._stale = True
        # Placing runs on a thread, so that a long import does not hold up the interface; one at a time.
        self._placing = asyncio.Lock()

    async def _load(self) -> None:
        """The queue, read once and kept."""
        if self._stale:
            self._stale = False
            gaps = await self._context.database.read(store.gaps)
            self._gaps = {gap.id: gap for gap in gaps}
            self._filed = {r.trajectory: gap.id for gap in gaps for r in gap.requests if r.trajectory}

    def forget(self) -> None:
        """Read the queue again next time: something else changed it, or a write failed."""
        self._stale = True

    async def plan(self, judged: Sequence[tuple[Trajectory, MatchResult]]) -> Filing:
        """Where these trajectories belong. The memory is ahead of the store until the filing is written."""
        async with self._placing:
            await self._load()
            return await asyncio.to_thread(self._plan, judged)

    def _plan(self, judged: Sequence[tuple[Trajectory, MatchResult]]) -> Filing:
        gaps = self._gaps
        changed: dict[str, Gap] = {}
        requests: list[tuple[str, GapRequest]] = []
        removed: list[str] = []
        for trajectory, result in judged:
            for gap in self._closed_by(trajectory):
                changed[gap.id] = gaps[gap.id] = replace(gap, status=GapStatus.CLOSED)
            kind = self.detector.kind(trajectory, result)
            filed = self._filed.get(trajectory.id)
            if kind is None:
                if filed is not None:
                    removed.append(trajectory.id)
                    self._take_out(filed, trajectory.id)
                continue
            top = SkillScore(result.top[0].skill, result.top[0].score) if result.top else None
            request = _request(trajectory)
            if filed is not None:
                home = gaps[filed]
            else:
                home = self._place(trajectory.request, kind, trajectory.project)
                requests.append((home.id, request))
                self._filed[trajectory.id] = home.id
            kept = tuple(r for r in home.requests if r.trajectory != trajectory.id)
            # A standing need is named by what was wanted first; its kind is that of the newest request.
            merged = replace(home, requests=(*kept, request), kind=kind, top=top)
            if home.kind is GapKind.HELP_REQUEST:
                merged = replace(merged, kind=GapKind.HELP_REQUEST)
            gaps[home.id] = changed[home.id] = merged if filed is not None else self._worded(merged)
        return Filing(tuple(changed.values()), tuple(requests), tuple(removed))

    async def plan_help(self, text: str, at: str) -> Filing:
        """An agent or a person asked for a skill."""
        async with self._placing:
            await self._load()
            home = await asyncio.to_thread(self._place, text, GapKind.HELP_REQUEST, None)
            request = GapRequest(text, at)
            if any(r.trajectory is None and r.text == text and r.at == at for r in home.requests):
                return Filing()
            merged = self._worded(replace(home, requests=(*home.requests, request), kind=GapKind.HELP_REQUEST))
            self._gaps[home.id] = merged
            return Filing((merged,), ((home.id, request),))

    def _worded(self, gap: Gap) -> Gap:
        if gap.count > _WORDED_BY:
            return gap
        return replace(gap, need=self.detector.need([r.text for r in gap.requests]))

    def _place(self, text: str, kind: GapKind, project: str | None) -> Gap:
        home = self.detector.place(text, list(self._gaps.values()), project=project)
        if home is not None:
            return self._gaps[home.id]
        new = Gap(gap_id(text), GapStatus.OPEN, kind, self.detector.need([text]))
        return self._gaps.setdefault(new.id, new)

    def _take_out(self, gap: str, trajectory: str) -> None:
        del self._filed[trajectory]
        kept = tuple(r for r in self._gaps[gap].requests if r.trajectory != trajectory)
        if kept or self._gaps[gap].status is not GapStatus.OPEN:
            self._gaps[gap] = replace(self._gaps[gap], requests=kept)
        else:
            del self._gaps[gap]

    def _closed_by(self, trajectory: Trajectory) -> list[Gap]:
        used = {use.skill for use in trajectory.skills_used}
        if trajectory.outcome.label is not OutcomeLabel.SUCCESS or not used:
            return []
        waiting = [g for g in self._gaps.values() if g.status in _WAITING and g.skill in used]
        return [g for g in waiting if self.detector.place(trajectory.request, [g], project=trajectory.project)]


def _request(trajectory: Trajectory) -> GapRequest:
    return GapRequest(
        trajectory.request, trajectory.started_at, trajectory.id, trajectory.outcome.label, trajectory.failed_steps
    )
