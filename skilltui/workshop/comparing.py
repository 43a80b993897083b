"""Versions as the faces use them: timeline, texts, differences, blame, trust, the log."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from skilltui.domain.proposal import EvidenceRef, Proposal
from skilltui.domain.trust import START_LEVEL, SkillOrigin, Trust
from skilltui.domain.version import Operation, Version, VersionState
from skilltui.errors import NotFoundError, StateError
from skilltui.store import care, history, proposals
from skilltui.store.history import Renaming
from skilltui.versions.files import read_skill
from skilltui.versions.manager import SkillVersionManager
from skilltui.versions.trust import measure
from skilltui.workshop.context import Context
from skilltui.workshop.reviewing import Reviewing
from skilltui.workshop.shelf import Shelf


class VersionView(Struct, frozen=True):
    """A version with the trust that its own bytes have earned; drafts have none."""

    version: Version
    trust: Trust | None


class BlameLine(Struct, frozen=True):
    """Where a line of the live text comes from. ``line`` counts from 1; ``edit`` is ``None`` for a person's line."""

    line: int
    text: str
    version: int
    edit: str | None
    evidence: tuple[EvidenceRef, ...]


class Comparing:
    """Use cases that look at history."""

    def __init__(self, context: Context, shelf: Shelf, manager: SkillVersionManager, reviewing: Reviewing) -> None:
        self._context = context
        self._shelf = shelf
        self._manager = manager
        self._reviewing = reviewing

    async def skills_with_history(self) -> list[str]:
        """Skills that have a version, by name."""
        return await self._context.database.read(history.skill_names)

    async def versions(self, skill: str) -> list[VersionView]:
        """All versions of a skill, drafts included, oldest first."""
        await self._look(skill)
        found = await self._context.database.read(lambda c: history.versions(c, skill))
        if not found:
            await self._shelf.get(skill)  # NotFoundError with near names, where it is no skill at all
        changes = await self._context.database.read(history.renamings)
        return [VersionView(v, await self._earned(v, changes)) for v in found]

    async def text(self, skill: str, version: int | None = None) -> str:
        """The text of a version; of a draft, its preview; without a number, what stands on disk now."""
        if version is None:
            data = await asyncio.to_thread(read_skill, await self._path(skill))
            if data is None:
                raise NotFoundError(f"{skill} is not on disk", f"see: skilltui versions {skill}")
            return data.decode("utf-8", "replace")
        found = await self._manager.version(skill, version)
        if found.blob is None or found.state is VersionState.DRAFT:
            return self._reviewing.preview(await self._reviewing.proposal(skill, version))
        return (await self._manager.data(found)).decode("utf-8", "replace")

    async def diff(self, skill: str, a: int | None = None, b: int | None = None) -> str:
        """Unified diff. One number: that version against what is live; none: the live one against its parent."""
        await self._look(skill)
        versions = await self._context.database.read(lambda c: history.versions(c, skill))
        if not versions:
            await self._shelf.get(skill)
            raise StateError(f"{skill} has one state and no history yet", "it gets one with its first draft")
        active = next((v for v in versions if v.state is VersionState.ACTIVE), None)
        newest = versions[-1].number
        if a is None:
            b = active.number if active else newest
            a = next(v for v in versions if v.number == b).parent
        elif b is None:
            b = active.number if active and active.number != a else newest
        old = await self.text(skill, a) if a is not None else ""
        new = await self.text(skill, b)
        lines = difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"{skill} {a or 'nothing'}", f"{skill} {b}", lineterm=""
        )
        return "\n".join(lines)

    async def blame(self, skill: str) -> list[BlameLine]:
        """Each line of the live text with the version and edit that brought it."""
        await self._look(skill)
        versions = {v.number: v for v in await self._context.database.read(lambda c: history.versions(c, skill))}
        active = next((v for v in versions.values() if v.state is VersionState.ACTIVE), None)
        if active is None:
            text = await self.text(skill)
            return [BlameLine(n, line, 0, None, ()) for n, line in enumerate(text.splitlines(), 1)]
        chain: list[Version] = []
        step: Version | None = active
        while step is not None:
            chain.append(step)
            step = versions.get(step.parent) if step.parent is not None else None
        owned: list[tuple[str, int, str | None, tuple[EvidenceRef, ...]]] = []
        for version in reversed(chain):
            lines = (await self._manager.data(version)).decode("utf-8", "replace").splitlines()
            made = await self._proposal(version)
            matcher = difflib.SequenceMatcher(None, [line for line, *_ in owned], lines, autojunk=False)
            next_owned = []
            for tag, i1, i2, j1, j2 in matcher.get_opcodes():
                if tag == "equal":
                    next_owned.extend(owned[i1:i2])
                elif tag != "delete":
                    next_owned.extend(_by_edit(line, version, made) for line in lines[j1:j2])
            owned = next_owned
        return [BlameLine(n, *line) for n, line in enumerate(owned, 1)]

    async def history(self, skill: str | None = None, limit: int = 100) -> list[Operation]:
        """The operation log, newest first."""
        return await self._context.database.read(lambda c: history.operations(c, skill, limit))

    async def trust(self, skill: str | None = None) -> list[Trust]:
        """Trust of what is live: of one skill, or of every skill in the library."""
        if skill is not None:
            await self._shelf.get(skill)
        live = [s for s in await self._shelf.skills() if s.shadowed_by is None and skill in (None, s.name)]
        changes = await self._context.database.read(history.renamings)
        return [await self._trust(one.name, one.hash, changes) for one in live]

    async def integrity(self, *, every_page: bool) -> list[str]:
        """What is wrong with the store; with ``every_page`` each page and each kept version is read."""
        return await self._context.database.read(lambda c: care.problems(c, every_page=every_page))

    async def _trust(self, name: str, tree: str | None, changes: Sequence[Renaming]) -> Trust:
        record = await self._context.database.read(lambda c: history.skill_record(c, name))
        level, origin = record[1:] if record else (START_LEVEL[SkillOrigin.PERSON], SkillOrigin.PERSON)
        uses = await self._context.database.read(lambda c: history.uses(c, name, tree, changes)) if tree else {}
        config = self._context.config
        return measure(
            name, level, origin, tree, uses, promote_after=config.promote_after, promote_lower=config.promote_lower
        )

    async def _earned(self, version: Version, changes: Sequence[Renaming]) -> Trust | None:
        return None if version.hash is None else await self._trust(version.skill, version.hash, changes)

    async def _look(self, skill: str) -> None:
        """Take a foreign edit of a skill with history into account, where we may write."""
        record = await self._context.database.read(lambda c: history.skill_record(c, skill))
        if record is not None and self._context.database.writable:
            await self._manager.track(skill, Path(record[0]))

    async def _path(self, skill: str) -> Path:
        record = await self._context.database.read(lambda c: history.skill_record(c, skill))
        return Path(record[0]) if record else Path((await self._shelf.get(skill)).path)

    async def _proposal(self, version: Version) -> Proposal | None:
        return await self._context.database.read(lambda c: proposals.proposal(c, version.skill, version.number))


def _by_edit(
    line: str, version: Version, made: Proposal | None
) -> tuple[str, int, str | None, tuple[EvidenceRef, ...]]:
    for edit in made.edits if made else ():
        if edit.id in version.accepted_edits and line.strip() and _says(edit.after or "", line):
            return (line, version.number, edit.id, edit.evidence)
    return (line, version.number, None, ())


def _says(after: str, line: str) -> bool:
    bare = line.strip().lstrip("-*0123456789. ")
    return any(bare and bare == said.strip().lstrip("-*0123456789. ") for said in after.splitlines())
