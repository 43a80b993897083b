"""A skill as a whole: begun, mended, renamed, retired, and brought to every agent."""

from __future__ import annotations

import asyncio
import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from skilltui.domain.skill import Verdict
from skilltui.domain.version import Operation, Version
from skilltui.errors import GateRefusedError, NotFoundError, SkillInvalidError, StateError
from skilltui.library.check import skill_file
from skilltui.library.spec import RESERVED
from skilltui.store import history, proposals
from skilltui.text.skillmd import check_name, emit_new, parse_skill, with_name, with_quotes
from skilltui.versions.files import read_skill
from skilltui.versions.manager import SkillVersionManager
from skilltui.workshop.context import Context
from skilltui.workshop.events import SkillChanged
from skilltui.workshop.publishing import Copy
from skilltui.workshop.reviewing import Reviewing
from skilltui.workshop.shelf import Shelf


class Done(Struct, frozen=True):
    """What was done to a skill. ``copies``: those that were changed with it; ``skipped``: those that were not, and
    other skills of the name that were left; ``rebased``: what of its drafts no longer applies."""

    skill: str
    version: Version
    path: Path
    copies: tuple[Path, ...] = ()
    skipped: tuple[str, ...] = ()
    rebased: tuple[str, ...] = ()


class Retired(Struct, frozen=True):
    """A skill that was taken off the disk, where it stood, and how many files are kept of it."""

    name: str
    at: str
    path: Path
    version: int
    files: int


class Mending(Struct, frozen=True):
    """A skill whose frontmatter agents can't read, and its text with the broken values quoted."""

    skill: str
    path: Path
    before: bytes
    after: bytes

    @property
    def diff(self) -> str:
        """Unified diff of what quoting changes."""
        old, new = (data.decode("utf-8").splitlines() for data in (self.before, self.after))
        return "\n".join(difflib.unified_diff(old, new, str(self.path), f"{self.path}, mended", lineterm=""))


class Lifecycle:
    """Use cases around a skill's life on disk."""

    def __init__(self, context: Context, shelf: Shelf, manager: SkillVersionManager, reviewing: Reviewing) -> None:
        self._context = context
        self._shelf = shelf
        self._manager = manager
        self._reviewing = reviewing

    async def new(self, name: str, description: str = "") -> Done:
        """Begin a skill of a person's own, with a text to fill in.

        Raises ``SkillInvalidError`` where the name or the description breaks a rule, ``StateError`` where a skill or
        folder of that name stands in any root, or a retired skill has it.
        """
        await self._check_new(name)
        lost = skill_file(self._shelf.publishing.home)
        if lost is not None:
            raise StateError(f"{lost.parent} is a skill itself: {lost} stands in it", "move that file first")
        text = emit_new(name, description.strip() or _to_write(name), _body(name))
        path = self._shelf.publishing.home / name / "SKILL.md"
        publish = self._shelf.publishing.roots(name, path, fresh=True)
        written = await self._manager.create(name, path, text.encode("utf-8"), publish)
        await self._changed(name)
        return Done(name, written.version, written.path, written.published, written.skipped)

    async def rename(self, name: str, to: str) -> Done:
        """Give a skill another name: its folder, the ``name:`` line, its history, and the copies nobody edited.

        Raises as ``new`` does, and ``NotFoundError`` where there is no such skill.
        """
        async with self._reviewing.lock:
            path = await self._one(name)
            if name == to:
                raise StateError(f"{name} has that name already")
            self._in_its_folder(path)
            await self._check_new(to, own=path.parent)
            data = await asyncio.to_thread(read_skill, path) or b""
            renamed = with_name(parse_skill(data), to).encode("utf-8")
            publish = self._shelf.publishing.roots(name, path, fresh=False)
            written = await self._manager.rename(name, to, path, renamed, publish)
            rebased = await self._reviewing.move_on(to, written.version.parent)
            left = await self._left(name, publish)
        await self._changed(name, to)
        return Done(to, written.version, written.path, written.published, (*written.skipped, *left), rebased)

    async def retire(self, name: str) -> Done:
        """Take a skill out of the agents' folders, with the copies nobody edited; all of its files are kept."""
        async with self._reviewing.lock:
            path = await self._one(name)
            self._in_its_folder(path)
            publish = self._shelf.publishing.roots(name, path, fresh=False)
            written = await self._manager.retire(name, path, publish)
            left = await self._left(name, publish)
        await self._changed(name)
        return Done(name, written.version, written.path, written.published, (*written.skipped, *left))

    async def retired(self) -> list[Retired]:
        """The retired skills that nobody brought back, the newest first."""
        return [_retired(operation) for operation in await self._shelf.retired()]

    async def bring_back(self, name: str) -> Operation:
        """Put a retired skill back, whatever was done since; ``StateError`` where it is not retired."""
        async with self._reviewing.lock:
            operation = await self._manager.bring_back(name)
        await self._changed(name)
        return operation

    async def mending(self, name: str) -> Mending:
        """What would mend a skill that agents pass over; ``StateError`` where nothing, or not by quoting alone."""
        path = await self._one(name)
        found = await asyncio.to_thread(_mending, name, path)
        if found is None:
            raise StateError(f"quoting a value mends nothing in {name}", f"see: skilltui check {path}")
        return found

    async def mendable(self) -> list[Mending]:
        """Every broken skill that quoting mends."""
        broken = {result.path for result in await self._shelf.broken()}
        skills = [skill for skill in await self._shelf.skills() if skill.path in broken and skill.shadowed_by is None]

        def find() -> list[Mending]:
            return [one for skill in skills if (one := _mending(skill.name, Path(skill.path))) is not None]

        return await asyncio.to_thread(find)

    async def mend(self, mending: Mending) -> Done:
        """Quote the broken values; ``ForeignEditError`` where the file changed since they were looked at."""
        name, path = mending.skill, mending.path
        async with self._reviewing.lock:
            publish = self._shelf.publishing.roots(name, path, fresh=False)
            written = await self._manager.mend(name, path, mending.before, mending.after, publish)
            rebased = await self._reviewing.move_on(name, written.version.parent)
        await self._changed(name)
        return Done(name, written.version, written.path, written.published, written.skipped, rebased)

    async def copies(self, name: str | None = None) -> Mapping[str, tuple[Copy, ...]]:
        """By the path of each skill that is published, or of those of one name, how its copies stand."""
        skills = [skill for skill in await self._shelf.skills() if name in (None, skill.name)]
        return await asyncio.to_thread(self._shelf.publishing.copies, skills)

    async def publish(self, name: str, *, confirm_name: str | None = None) -> Done:
        """Bring every copy of a skill up to it, and make those that are missing.

        ``GateRefusedError`` where a finding blocks and ``confirm_name`` is not the skill's name.
        """
        async with self._reviewing.lock:
            skill = await self._shelf.get(name)
            path = Path(skill.path)
            worst = next((finding for finding in skill.findings if finding.verdict is Verdict.BLOCK), None)
            if worst is not None and confirm_name != name:
                raise GateRefusedError(
                    f"line {worst.line or 1}: {worst.code}: {worst.message}",
                    f"if you are sure: skilltui skills publish {name} --confirm {name}",
                )
            roots = self._shelf.publishing.roots(name, path, fresh=True)
            if not roots:
                raise StateError(f"{name} is not published", "[skills] publish in the configuration names the roots")
            written = await self._manager.publish(name, path, roots)
        await self._changed(name)
        return Done(name, written.version, written.path, written.published, written.skipped)

    async def carry_on(self) -> list[str]:
        """Finish what a killed process began; returns what can't be finished, and why."""
        return await self._manager.carry_on()

    async def unfinished(self) -> list[str]:
        """What was begun and is not known to be done."""
        found = await self._context.database.read(history.unfinished)
        return [f"{operation.kind} of {operation.skill}" for operation in found]

    async def _one(self, name: str) -> Path:
        """The one skill that wins under a name; ``StateError`` where each of several projects has its own."""
        skill = await self._shelf.get(name)
        winners = [one for one in await self._shelf.skills() if one.name == name and one.shadowed_by is None]
        if skill.project is not None and len({one.project for one in winners}) > 1:
            paths = ", ".join(one.path for one in winners)
            raise StateError(f"several projects have a skill called {name}: {paths}", "change the one you mean by hand")
        return Path(skill.path)

    def _in_its_folder(self, path: Path) -> None:
        """``StateError`` where a skill's folder is a root: it would go with all the skills in it."""
        folder = os.path.realpath(path.parent)
        if any(os.path.realpath(root) == folder for root in self._shelf.roots):
            raise StateError(
                f"{path.parent} is a folder of skills, and {path} stands in it directly",
                "put the file into a folder of its own first",
            )

    async def _check_new(self, name: str, own: Path | None = None) -> None:
        """``own``: the folder of the skill that is to have the name."""
        check_name(name)
        if name in RESERVED:
            raise SkillInvalidError(f"The name {name} is reserved on Windows.", "Choose another.")
        if any(one.name == name for one in await self.retired()):
            raise StateError(f"{name} is the name of a retired skill", f"skilltui undo {name} brings it back")
        drafts = await self._context.database.read(lambda c: proposals.drafts(c, name))
        if drafts:
            raise StateError(
                f"a draft of {name} waits, version {drafts[0].version}", "accept or reject it, or choose another name"
            )
        skills, broken = await self._shelf.skills(), await self._shelf.broken()
        taken = [skill.path for skill in skills if skill.name == name]
        taken += [result.path for result in broken if Path(result.path).parent.name == name]
        taken += [str(folder) for folder in self._shelf.folders(name)]
        taken = [place for place in taken if own is None or not Path(place).is_relative_to(own)]
        if taken:
            raise StateError(f"a skill called {name} stands at {taken[0]}", "choose another name")

    async def _left(self, name: str, publish: Sequence[Path]) -> tuple[str, ...]:
        """Other skills of that name, which agents go on loading."""
        skills = await self._shelf.skills()
        return tuple(
            f"{skill.path}: another skill of that name stands there; it was left as it is"
            for skill in skills
            if skill.name == name and Path(skill.path).parent.parent not in publish
        )

    async def _changed(self, *names: str) -> None:
        await self._shelf.refresh()
        for name in names:
            self._context.bus.publish(SkillChanged(name))


def _mending(name: str, path: Path) -> Mending | None:
    data = read_skill(path)
    if data is None:
        raise NotFoundError(f"{name} is not on disk", "skilltui skills lists all that were found")
    mended = with_quotes(parse_skill(data))
    return None if mended is None else Mending(name, path, data, mended.encode("utf-8"))


def _retired(operation: Operation) -> Retired:
    detail = operation.detail
    return Retired(operation.skill, operation.at, Path(detail["path"]), operation.version or 0, len(detail["tree"]))


def _to_write(name: str) -> str:
    return f"To be written: what {name.replace('-', ' ')} does. Use when ... say here when an agent should use it."


def _body(name: str) -> str:
    title = name.replace("-", " ").capitalize()
    return f"# {title}\n\n## Steps\n\n1. To be written.\n\n## Gotchas\n\n- To be written.\n"
