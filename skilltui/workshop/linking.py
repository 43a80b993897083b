"""Linking a gap to a skill: the gap waits for it, and where its description misses the requests an edit is drafted.

The edit is a draft like any other: reviewed, refused or accepted by the person, and never applied by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.gap import Gap, GapRequest
from skilltui.domain.proposal import Decision, Proposal
from skilltui.domain.skill import Skill, serves
from skilltui.domain.trust import SkillOrigin
from skilltui.errors import SkillInvalidError
from skilltui.figures import plural
from skilltui.learning.widening import Widened, widen
from skilltui.store import proposals
from skilltui.text.skillmd import parse_skill
from skilltui.versions.manager import SkillVersionManager
from skilltui.workshop.context import Context
from skilltui.workshop.curating import Curating
from skilltui.workshop.drafts import put_away, read_text, save_draft
from skilltui.workshop.events import ProposalSaved
from skilltui.workshop.previewing import Previewing
from skilltui.workshop.shelf import Shelf

# The newest requests say best what is asked for now.
_REQUESTS = 60


class Linked(Struct, frozen=True):
    """The gap, and the draft for the skill's description; ``reason`` says what it brings, or why there is none."""

    gap: Gap
    proposal: Proposal | None
    reason: str


class Linking:
    """Use case of the link."""

    def __init__(
        self, context: Context, shelf: Shelf, curating: Curating, manager: SkillVersionManager, previewing: Previewing
    ) -> None:
        self._context = context
        self._shelf = shelf
        self._curating = curating
        self._manager = manager
        self._previewing = previewing

    async def link(self, gap_id: str, skill: str) -> Linked:
        """This skill is meant to serve these requests.

        Raises ``NotFoundError`` for a gap or a skill that is not there, ``StateError`` for a gap that is closed.
        A description that can't be edited leaves the link standing, and is told of in ``reason``.
        """
        gap = await self._curating.link(gap_id, skill)
        found = await self._shelf.get(skill)
        await self._put_away(gap, but=found.name)
        try:
            raw = await asyncio.to_thread(read_text, Path(found.path))
            widened = await self._widened(found, raw, gap)
        except SkillInvalidError as error:
            return Linked(gap, None, f"its description can't be edited: {error.message}")
        waiting = await self._waiting(gap, found.name)
        if widened.edit is None:
            for old in waiting:
                await self._reject(old, "the description says it by now")
            return Linked(gap, None, widened.reason)
        for old in waiting:
            if old.base == raw and [(e.before, e.after) for e in old.edits] == [
                (widened.edit.before, widened.edit.after)
            ]:
                return Linked(gap, old, old.note)
        made = Proposal(found.name, 0, None, "extractive", None, raw, (widened.edit,), gap=gap.id)
        made = replace(made, note=await self._told(widened, found))
        saved = await save_draft(self._manager, made, Path(found.path), SkillOrigin.PERSON)
        for old in waiting:
            await self._reject(old, "linked again")
        self._context.bus.publish(ProposalSaved(saved.skill, saved.version))
        return Linked(gap, saved, saved.note)

    async def _widened(self, skill: Skill, raw: str, gap: Gap) -> Widened:
        document = parse_skill(raw)
        requests = [r for r in gap.requests if serves(skill.project, r.project)]
        newest = requests[-_REQUESTS:]
        others = [s for s in await self._shelf.skills() if s.shadowed_by is None and s.name != skill.name]

        def scores(description: str, asked: Sequence[GapRequest]) -> list[float]:
            tried = replace(skill, description=description, body=document.body)
            matcher = self._shelf.draft_matcher([*others, tried])
            tops = [matcher.match(r.text, 1, project=r.project).top for r in asked]
            return [top[0].score if top and top[0].skill == skill.name else 0.0 for top in tops]

        return await asyncio.to_thread(widen, document.description, gap.id, newest, scores)

    async def _told(self, widened: Widened, skill: Skill) -> str:
        """What the edit brings, and what of past requests it would take from other skills."""
        assert widened.edit is not None
        preview = await self._previewing.described(widened.edit.after or "", skill.name)
        by = sorted({one.taken.skill for one in preview.fires if one.taken is not None})
        if not by:
            return widened.reason
        return f"{widened.reason}; it would take {plural(preview.taken, 'past request')} from {', '.join(by[:3])}"

    async def _waiting(self, gap: Gap, skill: str) -> list[Proposal]:
        """Drafts that an earlier link of this gap left and that nobody has decided."""
        drafts = await self._context.database.read(lambda c: proposals.drafts(c, skill))
        return [
            p for p in drafts
            if p.gap == gap.id and p.parent is not None and all(e.decision is Decision.PENDING for e in p.edits)
        ]  # fmt: skip

    async def _put_away(self, gap: Gap, *, but: str) -> None:
        """The gap was linked to another skill before: what was drafted for that one is no longer meant."""
        for old in await self._context.database.read(proposals.drafts):
            if old.gap == gap.id and old.parent is not None and old.skill != but:
                await self._reject(old, f"linked to {but} instead")

    async def _reject(self, old: Proposal, why: str) -> None:
        if await put_away(self._manager, old, why):
            self._context.bus.publish(ProposalSaved(old.skill, old.version))
