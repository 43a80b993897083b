"""The engine without a model: the cards' own lines, unchanged."""

from __future__ import annotations

from skilltui.learning.engine import Brief, Draft, Item, OnProgress, Progress


class ExtractiveEngine:
    """Works everywhere, at once, and says nothing that was not mined."""

    @property
    def name(self) -> str:
        """What edits made by it are labelled with."""
        return "extractive"

    @property
    def model(self) -> str | None:
        """None: there is no model."""
        return None

    async def write(self, brief: Brief, on_progress: OnProgress) -> Draft:
        """One item for each card."""
        items = tuple(Item((card.id,), card.section, card.lines) for card in brief.cards)
        on_progress(Progress("done"))
        return Draft(brief.description, items, note="Extracted, no model.")
