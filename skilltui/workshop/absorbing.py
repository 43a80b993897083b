"""One batch's way in: events -> trajectories with outcomes -> matches and gaps -> one transaction -> events.

Rows and the file's offset are committed together, so a kill at any moment leaves nothing missing and nothing double.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
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
from skilltui.capture.segment import Segmented, Segmenter
from skilltui.domain.skill import MatchResult
from skilltui.domain.trajectory import SkillScore, Trajectory
from skilltui.store import browse, captures
from skilltui.store.database import Connection
from skilltui.workshop.context import Context
from skilltui.workshop.events import Captured, GapsChanged
from skilltui.workshop.filing import GapFiler
from skilltui.workshop.shelf import Shelf

_CONTENT = (UserSaid, AgentSaid, ToolCalled, ToolReturned, SkillLoaded)


@dataclass(slots=True)
class Absorbed:
    """What a batch brought."""

    new_steps: int = 0
    trajectories: tuple[str, ...] = ()
    redactions: Counter[str] = field(default_factory=Counter)


class Absorber:
    """Takes batches in, one at a time."""

    def __init__(self, context: Context, shelf: Shelf, filer: GapFiler) -> None:
        self._context = context
        self._shelf = shelf
        self._filer = filer
        self._detector = FeedbackDetector()

    async def absorb(self, batch: Batch, *, backfill: bool, ended: bool = False) -> Absorbed:
        """Commit one batch and tell the faces.

        ``ended``: nobody has worked on the file for a while, so that what stands there now is how it ended; then the
        sessions of the file are judged once more even if the batch is empty.
        """
        database = self._context.database
        source = batch.format
        by_session: dict[str, list[Event]] = {}
        for event in batch.events:
            by_session.setdefault(event.session, []).append(event)
        by_session = {s: e for s, e in by_session.items() if any(isinstance(x, _CONTENT) for x in e)}
        if ended:
            for session in await database.read(lambda c: captures.sessions_of(c, str(batch.path))):
                by_session.setdefault(session, [])
        calls = {e.key for e in batch.events if isinstance(e, ToolCalled | ToolReturned)}
        turns = {e.key for e in batch.events if isinstance(e, UserSaid)}
        known_steps, known_turns = await database.read(
            lambda c: captures.known_keys(c, source, calls | turns) if calls or turns else (set(), set())
        )
        sessions = []
        judged: list[tuple[Trajectory, MatchResult]] = []
        for session, events in by_session.items():
            open_ = await database.read(partial(browse.last_trajectory, source=source, session=session))
            segmenter = Segmenter(
                source, session, self._detector, open=open_, next_ordinal=(open_.ordinal + 1) if open_ else 1,
                project=open_.project if open_ else None, model=open_.model if open_ else None,
                known=known_steps | known_turns,
            )  # fmt: skip
            cut = await asyncio.to_thread(_segment, segmenter, events, ended)
            own = [await self._judge(trajectory) for trajectory in cut.trajectories]
            judged += own
            cut = replace(cut, trajectories=tuple(trajectory for trajectory, _ in own))
            sessions.append(_session_batch(source, session, events, cut, known_steps))
        filing = await self._filer.plan(judged)
        rows = captures.FileBatch(
            path=str(batch.path), source=source, read_at=self._context.clock(),
            cursor=batch.cursor.to_json() if batch.cursor else "",
            sessions=tuple(sessions), unknown=dict(batch.unknown),
            quarantined=tuple(
                captures.QuarantineRow(q.offset, q.length, q.sha256, q.reason) for q in batch.quarantined
            ),
        )  # fmt: skip

        def commit(connection: Connection) -> tuple[int, tuple[str, ...]]:
            return captures.commit_batch(connection, rows), filing.write(connection)

        try:
            new_steps, gaps = await database.write(commit)
        except BaseException:
            self._filer.forget()
            raise
        ids = tuple(t.id for t, _ in judged)
        if by_session or batch.quarantined:
            failed = sum(t.failed_steps for t, _ in judged)
            self._context.bus.publish(
                Captured(
                    str(batch.path), source, tuple(by_session), ids, new_steps, failed, len(batch.quarantined), backfill
                )
            )
        if gaps:
            self._context.bus.publish(GapsChanged(gaps))
        return Absorbed(new_steps, ids, batch.redactions)

    async def _judge(self, trajectory: Trajectory) -> tuple[Trajectory, MatchResult]:
        result = await self._shelf.match(trajectory.request, 3)
        best = result.top[0] if result.top else None
        # A request that nobody serves still names what came nearest; the queue says how near.
        match = SkillScore(best.skill, best.score) if best and trajectory.request.strip() else None
        uses = await self._shelf.with_hashes(trajectory)
        return replace(trajectory, match=match, skills_used=uses), result


def _segment(segmenter: Segmenter, events: list[Event], ended: bool) -> Segmented:  # noqa: FBT001 - runs on a thread
    segmenter.feed(events)
    return segmenter.close(ended=ended)


def _session_batch(
    source: str,
    session: str,
    events: list[Event],
    cut: Segmented,
    known_steps: set[str],
) -> captures.SessionBatch:
    times = sorted(at for e in events if (at := e.at))
    return captures.SessionBatch(
        source=source, session=session, project=cut.project, model=cut.model,
        started_at=times[0] if times else None, last_at=times[-1] if times else None,
        ended=any(isinstance(e, SessionEnded) for e in events), trajectories=cut.trajectories,
        late=tuple(
            captures.LateResult(r.key, r.ok, r.error_kind, r.exit_code, r.duration_ms, r.text) for r in cut.late
        ),
        repeated=tuple(_called_again(events, known_steps)),
    )  # fmt: skip


def _called_again(events: Iterable[Event], known: set[str]) -> Iterable[str]:
    return (e.key for e in events if isinstance(e, ToolCalled) and e.key in known)
