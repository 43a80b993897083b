"""The retrieval preview: on which past requests a description would fire, and from whom it would take them.

A skill that fires on everything is worse than one that misses (a self-made skill that matched every shell prompt made
an agent refuse its work: zeph#5694), and it shows before anything is live. Compared are two libraries, as agents see
them: by names, descriptions and texts alone. What skills have earned since, and served, is left out on both sides.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.skill import MatchResult, Skill
from skilltui.domain.trajectory import SkillScore
from skilltui.errors import UsageError
from skilltui.library.match import Matcher
from skilltui.store import past
from skilltui.store.past import PastRequest
from skilltui.text.skillmd import parse_skill
from skilltui.workshop.comparing import Comparing
from skilltui.workshop.context import Context
from skilltui.workshop.shelf import Shelf

# The newest requests are what a description will meet next; no preview keeps anybody waiting.
MOST = 2000
SECONDS = 4.0
# More candidates than any match compares.
_ALL = 1000
# A name for a description that belongs to no skill yet.
NAMELESS = "this-description"


class TakenFrom(Struct, frozen=True):
    """Another skill that a request was for: how sure it is today, and how sure it would be."""

    skill: str
    before: float
    after: float


class FiredRequest(Struct, frozen=True):
    """A past request that a description would fire on.

    ``before``: the score of the skill as it is live, 0 where it is not. ``new``: no skill serves it today.
    """

    trajectory: str
    request: str
    score: float
    new: bool
    before: float = 0.0
    taken: TakenFrom | None = None


class LostRequest(Struct, frozen=True):
    """A past request that the live skill fires on, and the new description would not. ``to``: who would take it."""

    trajectory: str
    request: str
    before: float
    after: float
    to: SkillScore | None


class RetrievalPreview(Struct, frozen=True):
    """``fires`` surest first. ``looked_at``: how many different requests were, the newest; ``past``: how many are."""

    skill: str
    description: str
    fires: tuple[FiredRequest, ...]
    lost: tuple[LostRequest, ...]
    looked_at: int
    past: int

    @property
    def new(self) -> int:
        """How many of them no skill serves today."""
        return sum(one.new for one in self.fires)

    @property
    def taken(self) -> int:
        """How many of them are another skill's today."""
        return sum(one.taken is not None for one in self.fires)


class Previewing:
    """Use cases of the preview. Changes nothing."""

    def __init__(self, context: Context, shelf: Shelf, comparing: Comparing) -> None:
        self._context = context
        self._shelf = shelf
        self._comparing = comparing

    async def skill(self, skill: str, version: int | None = None) -> RetrievalPreview:
        """Of a skill as it is live, or of one of its versions or drafts; ``NotFoundError``."""
        if version is None:
            # What it does today is all its own: compared is the library without it.
            return await self._preview(await self._shelf.get(skill), [])
        document = parse_skill(await self._comparing.text(skill, version))
        return await self.described(document.description, skill, document.body)

    async def described(self, description: str, name: str = NAMELESS, body: str | None = None) -> RetrievalPreview:
        """Of a description, as that of a skill of this name; one that stands is compared with what it is now.

        Without ``body`` the text of the skill that stands counts, where one does.
        """
        if not description.strip():
            raise UsageError("an empty description fires on nothing", "give some words")
        live = await self._shelf.find(name)
        if live is not None:
            wanted = replace(live, description=description, body=live.body if body is None else body)
            return await self._preview(wanted, [live])
        return await self._preview(Skill(name, description, body or "", f"<draft {name}>", "", "", ""), [])

    async def _preview(self, wanted: Skill, live: Sequence[Skill]) -> RetrievalPreview:
        others = [s for s in await self._shelf.skills() if s.shadowed_by is None and s.name != wanted.name]
        requests, total = await self._context.database.read(partial(past.requests, limit=MOST))
        return await asyncio.to_thread(self._compare, wanted, live, others, requests, total)

    def _compare(
        self, wanted: Skill, live: Sequence[Skill], others: Sequence[Skill], requests: Iterable[PastRequest], total: int
    ) -> RetrievalPreview:
        after = self._shelf.draft_matcher([*others, wanted])
        before = self._shelf.draft_matcher([*others, *live])
        until = time.monotonic() + SECONDS
        fires: list[FiredRequest] = []
        lost: list[LostRequest] = []
        looked_at = 0
        for one in requests:
            if looked_at and time.monotonic() > until:
                break
            looked_at += 1
            if _first(after.match(one.text, 1, project=one.project), wanted.name):
                fires.append(_fired(one, wanted.name, before, after))
            elif live and _first(before.match(one.text, 1, project=one.project), wanted.name):
                lost.append(_lost(one, wanted.name, before, after))
        fires.sort(key=lambda one: (-one.score, one.trajectory))
        lost.sort(key=lambda one: (-one.before, one.trajectory))
        return RetrievalPreview(wanted.name, wanted.description, tuple(fires), tuple(lost), looked_at, total)


def _first(result: MatchResult, name: str) -> bool:
    return not result.gap and result.top[0].skill == name


def _score(result: MatchResult, name: str) -> float:
    return next((match.score for match in result.top if match.skill == name), 0.0)


def _fired(one: PastRequest, name: str, before: Matcher, after: Matcher) -> FiredRequest:
    was, now = (library.match(one.text, _ALL, project=one.project) for library in (before, after))
    owner = was.top[0] if was.top and not was.gap else None
    taken = None
    if owner is not None and owner.skill != name:
        taken = TakenFrom(owner.skill, owner.score, _score(now, owner.skill))
    return FiredRequest(one.trajectory, one.text, _score(now, name), owner is None, _score(was, name), taken)


def _lost(one: PastRequest, name: str, before: Matcher, after: Matcher) -> LostRequest:
    was, now = (library.match(one.text, _ALL, project=one.project) for library in (before, after))
    to = SkillScore(now.top[0].skill, now.top[0].score) if now.top and not now.gap else None
    return LostRequest(one.trajectory, one.text, _score(was, name), _score(now, name), to)
