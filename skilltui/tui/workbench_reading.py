"""What the Workbench has to know of an open draft beside its edits, read from the workshop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from skilltui.domain.proposal import Proposal
from skilltui.domain.trajectory import Trajectory
from skilltui.domain.trust import Trust
from skilltui.errors import NotFoundError
from skilltui.tui.versions_state import active_of
from skilltui.tui.workbench_preview import Preview, build_preview
from skilltui.workshop.home import Home


class ReadDraft(Struct, frozen=True):
    """``behind`` says that the file is no longer what the draft was made from, and what to do; else it is empty."""

    preview: Preview
    trust: Trust | None
    behind: str


async def read_draft(home: Home, proposal: Proposal) -> ReadDraft:
    """Apply a draft's edits, and look at the file that they are for."""
    preview = await asyncio.to_thread(build_preview, proposal, home.reviewing.preview)
    trust = None
    if proposal.parent is not None:
        try:
            trust = next(iter(await home.comparing.trust(proposal.skill)), None)
        except NotFoundError:
            # Its file was removed meanwhile; ``behind`` says so.
            trust = None
    return ReadDraft(preview, trust, await _behind(home, proposal))


async def _behind(home: Home, proposal: Proposal) -> str:
    # Looking at the versions takes an edit by somebody else into account.
    live = active_of([view.version for view in await home.comparing.versions(proposal.skill)])
    try:
        on_disk = await home.comparing.text(proposal.skill)
    except NotFoundError:
        return "" if proposal.parent is None else "the file is gone: R in Versions (4) brings it back"
    if live is None:
        changed = proposal.parent is not None
    else:
        # Who only reads takes no edit into account; the file says it all the same.
        changed = live.number != proposal.parent or on_disk != await home.comparing.text(proposal.skill, live.number)
    if not changed:
        return ""
    if proposal.parent is None and proposal.gap is not None:
        return "a skill of this name stands on disk by now: ^g drafts again, under another name"
    return "the file changed meanwhile: ^g drafts again from it"


async def read_trajectories(home: Home, ids: Sequence[str]) -> dict[str, Trajectory | None]:
    """The trajectories behind an edit; ``None`` for one that is no longer stored."""
    found: dict[str, Trajectory | None] = {}
    for trajectory in ids:
        try:
            found[trajectory] = await home.capturing.trajectory(trajectory)
        except NotFoundError:
            found[trajectory] = None
    return found
