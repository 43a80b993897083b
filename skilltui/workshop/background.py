"""The background learner: off by default, and even when on it only writes drafts that a person reviews.

``[skills.meta_learning] enabled`` drafts a stub for a gap that came three times and was solved at least twice;
``[skills.learning] trajectory_distillation`` drafts edits for a skill whose use needed a correction or a mended error;
``outcome_judge`` there asks a local model how the trajectories ended that nothing else decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from msgspec import Struct, field

from skilltui.domain.gap import Gap
from skilltui.domain.trajectory import OutcomeLabel
from skilltui.errors import SkilltuiError
from skilltui.store import proposals
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context
from skilltui.workshop.curating import Curating
from skilltui.workshop.drafting import Learning
from skilltui.workshop.events import Captured, CaptureStateChanged, WorkshopEvent
from skilltui.workshop.outcome_judge import OutcomeJudge
from skilltui.workshop.reviewing import Reviewing

# Fewer repetitions are an anecdote (zilliztech/memsearch asks for three as well).
MIN_REQUESTS = 3
MIN_SUCCESSES = 2
# Learning waits for the end of the work that it learns from: the "how" stands at the end of a session.
REST_SECONDS = 20.0


class _News(Struct):
    trajectories: set[str] = field(default_factory=set)
    rested: asyncio.Event = field(default_factory=asyncio.Event)


class Background:
    """Runs until cancelled, beside capture. One draft at a time."""

    def __init__(
        self,
        context: Context,
        capturing: Capturing,
        curating: Curating,
        learning: Learning,
        reviewing: Reviewing,
        *,
        judge: OutcomeJudge,
    ) -> None:
        self._context = context
        self._capturing = capturing
        self._curating = curating
        self._learning = learning
        self._reviewing = reviewing
        self._judge = judge

    @property
    def wanted(self) -> bool:
        """Whether the configuration asks for any of it."""
        config = self._context.config
        return config.background_synthesis or config.trajectory_distillation or self._judge.wanted

    async def run(self, rest_seconds: float = REST_SECONDS) -> None:
        """Learn whenever capture has been quiet for a while; judge then too, as fast as its limits allow."""
        news = _News()

        def listen(event: WorkshopEvent) -> None:
            if isinstance(event, Captured):
                news.trajectories.update(event.trajectories)
                news.rested.set()
            elif isinstance(event, CaptureStateChanged) and event.state == "live":
                news.rested.set()

        stop = self._context.bus.subscribe(listen)
        try:
            pause: float | None = None
            while True:
                if await _within(news.rested, pause):
                    news.rested.clear()
                    if await _within(news.rested, rest_seconds):
                        continue
                    touched, news.trajectories = news.trajectories, set()
                    await self.learn(touched)
                pause = await self._judge.round()
        finally:
            stop()

    async def learn(self, touched: set[str]) -> list[str]:
        """One round; returns the skills that got a draft. What can't be learned now stays for a later round."""
        made = []
        if self._context.config.background_synthesis:
            # Once is enough: a gap is open again because a person refused its draft, and they ask for the next.
            answered = await self._context.database.read(proposals.gaps)
            ripe = [gap for gap in await self._curating.gaps() if _ripe(gap) and gap.id not in answered]
            made += [await self._try(self._synthesize(gap)) for gap in ripe]
        if self._context.config.trajectory_distillation:
            waiting = {p.skill for p in await self._reviewing.proposals()}
            skills = sorted(await self._to_distil(touched) - waiting)
            made += [await self._try(self._distil(skill)) for skill in skills]
        return [skill for skill in made if skill]

    async def _try(self, work: Coroutine[Any, Any, str]) -> str:
        try:
            return await work
        except SkilltuiError:
            # Nobody waits for this draft; a person who asks for it by hand is told why it can't be made.
            return ""

    async def _synthesize(self, gap: Gap) -> str:
        return (await self._learning.synthesize(gap.id)).skill

    async def _distil(self, skill: str) -> str:
        report = await self._learning.distill([skill])
        return report.proposals[0].skill if report.proposals else ""

    async def _to_distil(self, touched: set[str]) -> set[str]:
        found: set[str] = set()
        for one in await self._capturing.whole(sorted(touched)):
            if one.outcome.label is OutcomeLabel.SUCCESS and (one.corrections or one.failed_steps):
                found.update(use.skill for use in one.skills_used)
        return found


async def _within(event: asyncio.Event, seconds: float | None) -> bool:
    """Whether it happens within so many seconds; ``None`` waits for ever."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _ripe(gap: Gap) -> bool:
    successes = sum(r.outcome is OutcomeLabel.SUCCESS for r in gap.requests)
    return gap.count >= MIN_REQUESTS and successes >= MIN_SUCCESSES
