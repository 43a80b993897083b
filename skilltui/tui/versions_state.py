"""One skill's versions as they are shown: which two are compared, and everything that is said of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from msgspec import Struct

from skilltui.domain.trust import Trust
from skilltui.domain.version import Operation, Version, VersionState
from skilltui.errors import NotFoundError
from skilltui.tui.diff_model import DiffModel, diff
from skilltui.tui.versions_rows import blame_notes
from skilltui.workshop.comparing import BlameLine, VersionView
from skilltui.workshop.home import Home
from skilltui.workshop.publishing import Copy

_RETIRED = "Retired: no agent finds it, and all of it is kept. X brings it back."


class Compared(Struct, frozen=True):
    """Two states of a skill. A number of ``None`` is what stands on disk; equal numbers: nothing to compare with."""

    skill: str
    views: Sequence[VersionView]
    before: int | None
    after: int | None
    model: DiffModel
    trust: Trust | None
    notes: Mapping[int, str]
    blame: Sequence[BlameLine]
    operations: Sequence[Operation]
    disk: str  # what is to be said of the file on disk; empty where it is the live version
    gone: bool = False  # a version is live as far as history knows, and its file is not there
    retired: bool = False
    copies: Sequence[Copy] = ()

    @property
    def versions(self) -> list[Version]:
        """Without trust."""
        return [view.version for view in self.views]

    @property
    def active(self) -> Version | None:
        """The live one."""
        return active_of(self.versions)

    def version(self, number: int | None) -> Version | None:
        """One of them."""
        return next((v for v in self.versions if v.number == number), None)


def active_of(versions: Sequence[Version]) -> Version | None:
    """The live version."""
    return next((v for v in versions if v.state is VersionState.ACTIVE), None)


def default_pair(versions: Sequence[Version], after: int | None = None) -> tuple[int | None, int | None]:
    """What to compare: ``after`` (else the live version, else the newest) with the one that it was made from."""
    if not versions:
        return None, None
    shown = next((v for v in versions if v.number == after), None) or active_of(versions) or versions[-1]
    parent = shown.parent if any(v.number == shown.parent for v in versions) else shown.number
    return parent, shown.number


async def read_compared(
    home: Home, skill: str, pair: tuple[int | None, int | None] | None, after: int | None
) -> Compared:
    """Read a skill's history and compare two of its states: ``pair``, else ``after`` with its parent."""
    comparing = home.comparing
    views = await comparing.versions(skill)
    versions = [view.version for view in views]
    known = {v.number for v in versions} | {None}
    before, later = pair if pair is not None and set(pair) <= known else default_pair(versions, after)
    try:
        on_disk: str | None = await comparing.text(skill, None)
    except NotFoundError:
        on_disk = None

    async def text(number: int | None) -> str:
        return (on_disk or "") if number is None else await comparing.text(skill, number)

    new = await text(later)
    old = new if before == later else await text(before)
    model = await asyncio.to_thread(diff, old, new)
    active = active_of(versions)
    blame = await comparing.blame(skill) if on_disk is not None else []
    view = next((v for v in views if v.version.number == later), None)
    trust = view.trust if view is not None else None
    if view is None and on_disk is not None:
        trust = next(iter(await comparing.trust(skill)), None)
    retired = on_disk is None and any(one.name == skill for one in await home.lifecycle.retired())
    return Compared(
        skill, views, before, later, model, trust,
        blame_notes(blame) if active is not None and later == active.number else {}, blame,
        await comparing.history(skill),
        _RETIRED if retired else await _disk_words(home, skill, versions, on_disk),
        gone=active is not None and on_disk is None, retired=retired,
        copies=[one for some in (await home.lifecycle.copies(skill)).values() for one in some],
    )  # fmt: skip


async def _disk_words(home: Home, skill: str, versions: Sequence[Version], on_disk: str | None) -> str:
    active = active_of(versions)
    if on_disk is None:
        if active is not None:
            return f"The file is gone; version {active.number} was live. R brings it back."
        drafts = [v.number for v in versions if v.state is VersionState.DRAFT]
        return f"There is no file on disk.{f' Draft {drafts[-1]} waits: 3 opens the Workbench.' if drafts else ''}"
    if active is None:
        return ""
    if on_disk != await home.comparing.text(skill, active.number):
        return f"The file on disk is not version {active.number}: somebody edited it. v compares the two."
    if active.engine == "person" and active.parent is not None and not active.note:
        return f"Version {active.number} was written by hand, and kept."
    return ""
