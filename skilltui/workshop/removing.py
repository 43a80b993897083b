"""Removal as a step of its own: rows, marks, the queue and its memory, then the bytes."""

from __future__ import annotations

from contextlib import suppress

from msgspec import Struct

from skilltui.domain.gap import GapStatus
from skilltui.learning.gaps import GapDetector
from skilltui.learning.remembering import marks_of
from skilltui.store import barred, gaps, retention
from skilltui.store.barred import Bar
from skilltui.store.citing import CitingDraft
from skilltui.store.database import Connection
from skilltui.store.retention import Extent, Target
from skilltui.workshop.context import Context
from skilltui.workshop.events import Forgotten, GapsChanged, ProposalSaved
from skilltui.workshop.filing import GapFiler


class Gone(Struct, frozen=True):
    """What went, the ``drafts`` made from it among it. ``clean``: no byte is left; else another process still reads
    the store's log."""

    extent: Extent
    drafts: tuple[CitingDraft, ...]
    clean: bool


class Remover:
    """Takes a target out of the store, whatever the reason."""

    def __init__(self, context: Context, filer: GapFiler) -> None:
        self._context = context
        self._filer = filer
        self._detector = GapDetector(context.config.gap_threshold)

    async def clear(self) -> bool:
        """Clear the bytes of what was removed, where that is still to be done; says whether nothing is left."""
        if not await self._context.database.read(barred.owes):
            return True
        clean = await self._context.database.maintain(retention.shred)
        if clean:
            await self._context.database.write(barred.paid)
        return clean

    async def remove(self, target: Target, bar: Bar, *, drafts: bool = False) -> Gone:
        """Do it. The caller sees to it that nothing is being stored meanwhile."""

        def work(connection: Connection) -> tuple[Extent, retention.Removed]:
            found = retention.extent(connection, target)
            for gap in gaps.standing_in(connection, retention.trajectories_of(connection, target)):
                # What a person dismissed does not come back because they had it forgotten.
                if gap.status is not GapStatus.OPEN:
                    texts = [request.text for request in gap.requests]
                    gaps.remember(connection, gap.id, marks_of(texts, self._context.redactor.digest))
            return found, retention.forget(connection, target, bar, need=self._detector.need, drafts=drafts)

        try:
            (extent, removed), _ = await self._filer.commit([], work)
        finally:
            # Its memory holds what is gone, and receipts name files.
            self._filer.forget()
            for receipt in self._context.paths.receipts.glob("*"):
                # Another kind of file there is none of ours.
                with suppress(OSError):
                    receipt.unlink()
        clean = await self.clear()
        self._context.bus.publish(Forgotten(extent.trajectories))
        for draft in removed.drafts:
            self._context.bus.publish(ProposalSaved(draft.skill, draft.version))
        if removed.gaps:
            self._context.bus.publish(GapsChanged(tuple(sorted(removed.gaps))))
        return Gone(extent, tuple(removed.drafts), clean)
