"""The gap queue as the faces use it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from skilltui.domain.gap import Gap, GapStatus
from skilltui.domain.skill import Match, serves
from skilltui.errors import NotFoundError, StateError
from skilltui.learning.gaps import priority
from skilltui.store import gaps as store
from skilltui.store.database import Connection
from skilltui.workshop.context import Context
from skilltui.workshop.embedding import GLANCE_SECONDS
from skilltui.workshop.events import GapsChanged
from skilltui.workshop.filing import GapFiler
from skilltui.workshop.shelf import Shelf
from skilltui.workshop.spool import ask


class Curating:
    """Use cases of the queue."""

    def __init__(self, context: Context, shelf: Shelf, filer: GapFiler) -> None:
        self._context = context
        self._shelf = shelf
        self._filer = filer

    async def gaps(self, status: GapStatus | None = GapStatus.OPEN, *, project: str | None = None) -> list[Gap]:
        """The queue, most wanted first; with ``project``, a folder or its bare name, what was asked for in it."""
        found = await self._context.database.read(lambda c: store.gaps(c, status))
        if status is GapStatus.OPEN:
            found += await self._context.database.read(lambda c: store.gaps(c, GapStatus.LINKED))
        wanted = set(GapStatus) if status is None else {status}
        found = [gap for one in found if (gap := await self._as_it_stands(one)).status in wanted]
        if project is not None:
            found = [gap for gap in found if any(_is_in(folder, project) for folder in gap.projects)]
        now = self._context.clock()
        return sorted(found, key=lambda g: (-priority(g, now), g.id))

    async def gap(self, gap_id: str) -> Gap:
        """One gap; ``NotFoundError``."""
        found = await self._context.database.read(lambda c: store.gap(c, gap_id))
        if found is None:
            raise NotFoundError(f"no gap {gap_id}", "see: skilltui gaps")
        return await self._as_it_stands(found)

    async def counts(self) -> dict[GapStatus, int]:
        """How many gaps stand in each status."""
        found = await self._context.database.read(store.counts)
        for skill, many in (await self._context.database.read(store.linked)).items():
            if await self._shelf.find(skill) is None:
                found[GapStatus.LINKED] -= many
                found[GapStatus.OPEN] += many
        return found

    async def _as_it_stands(self, gap: Gap) -> Gap:
        """A gap that is linked to a skill that is gone waits for nothing: it is open, until that skill is back."""
        if gap.status is not GapStatus.LINKED or gap.skill is None or await self._shelf.find(gap.skill) is not None:
            return gap
        return replace(gap, status=GapStatus.OPEN, skill=None)

    async def nearest(self, gap: Gap, k: int = 3) -> tuple[Match, ...]:
        """What came nearest to the newest request of a gap, and why it was not enough."""
        newest = gap.requests[-1] if gap.requests else None
        text, project = (newest.text, newest.project) if newest else (gap.need, gap.project)
        (result,) = await self._shelf.match_all([text], k, project=project, patience=GLANCE_SECONDS)
        return result.top

    async def dismiss(self, gap_id: str) -> Gap:
        """Not wanted: requests of this kind do not come back into the queue."""
        return await self._set(gap_id, GapStatus.DISMISSED)

    async def snooze(self, gap_id: str, days: float = 7) -> Gap:
        """Away for some days."""
        until = datetime.fromisoformat(self._context.clock()) + timedelta(days=days)
        stamp = until.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return await self._set(gap_id, GapStatus.SNOOZED, until=stamp)

    async def reopen(self, gap_id: str) -> Gap:
        """Back into the queue, whatever was decided before."""
        return await self._set(gap_id, GapStatus.OPEN)

    async def link(self, gap_id: str, skill: str) -> Gap:
        """This skill is meant to serve these requests; a later success with it in use closes the gap.

        ``StateError`` for a project's own skill where nobody asked in that project.
        """
        found = await self._shelf.get(skill)
        gap = await self.gap(gap_id)
        asked = gap.projects or ((gap.project,) if gap.project else ())
        if asked and not any(serves(found.project, folder) for folder in asked):
            raise StateError(
                f"{found.name} serves {found.project} alone, and nothing of gap {gap_id} was asked for there",
                "link it to a skill that serves every project",
            )
        return await self._set(gap_id, GapStatus.LINKED, skill=found.name)

    async def drafted(self, gap_id: str, skill: str) -> Gap:
        """A draft was made for it."""
        return await self._set(gap_id, GapStatus.DRAFTED, skill=skill)

    def ask(self, text: str) -> None:
        """Leave a request for a skill in the spool."""
        ask(self._context.paths, self._context.redactor, text, self._context.clock())

    async def _set(self, gap_id: str, status: GapStatus, *, skill: str | None = None, until: str | None = None) -> Gap:
        before = await self.gap(gap_id)
        if before.status is GapStatus.CLOSED and status is not GapStatus.OPEN:
            raise StateError(f"gap {gap_id} is closed", f"open it again first: skilltui gaps reopen {gap_id}")
        # A skill is kept for as long as the gap waits for it; a snooze must find it again.
        waits = status is not GapStatus.OPEN and before.status is not GapStatus.OPEN
        after = replace(before, status=status, skill=skill or (before.skill if waits else None), snoozed_until=until)

        def write(connection: Connection) -> None:
            store.set_status(connection, after)

        await self._context.database.write(write)
        self._filer.forget()
        self._context.bus.publish(GapsChanged((gap_id,)))
        return after


def _is_in(folder: str, project: str) -> bool:
    return serves(project, folder) or project == re.split(r"[/\\]", folder.rstrip("/\\"))[-1]
