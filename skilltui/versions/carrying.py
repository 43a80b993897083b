"""``SkillCarrying``: makes the disk what a recorded change of a whole skill says, now or after a kill.

What can't be carried out is told and tried again at the next start; it stops nothing else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.errors import ForeignEditError, NotFoundError, SkilltuiError, SourceError
from skilltui.versions import trees
from skilltui.versions.changes import Change
from skilltui.versions.copies import Copied, Ours, bring_copies, ours
from skilltui.versions.files import hash_tree, read_skill, swap
from skilltui.versions.moving import Moved, leave, library_hash, move_copies, tree_with
from skilltui.versions.tracking import LOOK_BACK, SkillHistory
from skilltui.versions.trees import TreeFile


class SkillCarrying(SkillHistory):
    """Changes that are recorded before the disk is changed, and the copies that go with a change."""

    async def carry_on(self) -> list[str]:
        """Finish what a killed process left undone; returns what can't be, and why."""
        async with self._lock:
            told = []
            for operation in await self._store.unfinished():
                try:
                    await self._carry_out(operation, again=True)
                except (ForeignEditError, NotFoundError) as error:
                    # What a person made of it meanwhile stands, and what they removed is gone.
                    skipped = [*operation.detail.get("skipped", ()), error.message]
                    await self._store.finish(replace(operation, detail={**settled(operation), "skipped": skipped}))
                except (SkilltuiError, OSError) as error:
                    # One that can't be finished yet waits for the next start, and those behind it need not.
                    told.append(f"{operation.kind} of {operation.skill}: {error}")
            return told

    async def _finished(self, operation: Operation) -> Operation:
        copied = await self._carry_out(operation)
        return replace(operation, detail={**settled(operation), "skipped": list(copied.skipped)})

    async def _carry_out(self, operation: Operation, *, again: bool = False) -> Copied:
        """Make the disk what an operation says; ``again``: it is not known how much of it was done."""
        detail = operation.detail
        try:
            if detail["pending"] == "out":
                await asyncio.to_thread(trees.take_folder, Path(detail["path"]).parent, await self._kept_tree(detail))
            elif detail["pending"] == "text":
                await self._rewrite(operation)
            else:
                await self._appear(operation, again=again)
        except SkilltuiError:
            if not again:
                await self._give_up(operation)
            raise
        left, later = await self._leave(operation)
        copied = await self._carry_copies(operation)
        done = dict(detail) if later else settled(operation)
        if detail["pending"] == "out":
            done["removed"] = [str(copy) for copy in copied.done]
        copied = Copied(copied.done, (*left, *copied.skipped))
        await self._store.finish(replace(operation, detail={**done, "skipped": list(copied.skipped)}))
        return copied

    async def _appear(self, operation: Operation, *, again: bool) -> None:
        """Put the skill's folder in its place, where that has not happened yet."""
        detail = operation.detail
        moves = detail["pending"] == "move"
        folder = Path(detail["paths"][1] if moves else detail["path"]).parent
        if again and os.path.lexists(folder):
            return
        if again:
            if moves:
                active = await self.active(operation.skill)
                source = Path(detail["paths"][0])
                tree = await asyncio.to_thread(tree_with, source, await self.data(active) if active else b"")
            else:
                tree = await self._kept_tree(detail)
            await asyncio.to_thread(trees.stage_folder, folder, tree)
        await asyncio.to_thread(trees.place_folder, folder)

    async def _rewrite(self, operation: Operation) -> None:
        """Give a skill whose folder has its new name already a text with that name."""
        active = await self.active(operation.skill)
        before = await self._store.blob(operation.detail["text"])
        if active is not None:
            data = await self.data(active)
            await asyncio.to_thread(swap, Path(operation.detail["paths"][1]), data, expected=before)

    @staticmethod
    async def _leave(operation: Operation) -> tuple[tuple[str, ...], bool]:
        """Take the folder away that the skill moved out of. What was left of it, and whether to try again later."""
        if operation.detail["pending"] != "move":
            return (), False
        source, target = map(Path, operation.detail["paths"])
        try:
            await asyncio.to_thread(leave, source, target, operation.detail["text"])
        except SkilltuiError as error:
            # The skill has its new name all the same; somebody's edit of the last moment stays under the old one.
            return (f"{source.parent}: {error.message}",), not isinstance(error, ForeignEditError)
        return (), False

    async def _carry_copies(self, operation: Operation) -> Copied:
        detail = operation.detail
        roots = [Path(root) for root in detail["publish"]]
        known = await self._ours(operation.skill)
        if detail["pending"] == "out":
            tree = await self._kept_tree(detail)
            known = Ours(known.trees | {library_hash(tree)}, known.blobs)
            return await asyncio.to_thread(
                bring_copies, Path(detail["path"]), roots, None, expected=b"", known=known, name=operation.skill
            )
        if detail["pending"] == "in":
            home = Path(detail["path"])
            data = read_skill(home)
            return await asyncio.to_thread(
                bring_copies, home, roots, data, expected=None, known=known, name=operation.skill
            )
        moved = Moved(detail["from"], detail["to"], Path(detail["paths"][1]))
        return await asyncio.to_thread(move_copies, moved, roots, known)

    async def _give_up(self, operation: Operation) -> None:
        """The disk is as it was; so is what is known of it, and the log says both."""
        detail = operation.detail
        if detail["pending"] in {"move", "text"}:
            name, path = detail["from"], detail["paths"][0]
        else:
            name, path = operation.skill, detail["path"]
        versions = {v.number: v for v in await self._store.versions(operation.skill)}
        undoing = operation.kind is OperationKind.UNDO
        record = replace(await self._known(operation.skill), name=name, path=path)
        states = self._states_before(operation, versions, undoing=undoing)
        await self._store.finish(replace(operation, detail=settled(operation)))
        await self._store.commit(
            self._clock(),
            Change(
                OperationKind.UNDO, record, operation.version,
                tuple(replace(versions[number], skill=name, state=state) for number, state in states.items()),
                {"undid": operation.id, "kind": operation.kind.value, "skipped": [], "failed": True},
                undoes=operation.id, former=operation.skill if name != operation.skill else None,
            ),
        )  # fmt: skip

    @staticmethod
    def _states_before(
        operation: Operation, versions: Mapping[int, Version], *, undoing: bool
    ) -> dict[int, VersionState]:
        number = operation.version or 0
        if operation.detail["pending"] == "in":
            return {number: VersionState.SUPERSEDED}
        if operation.detail["pending"] == "out":
            return {number: VersionState.ACTIVE}
        parent = versions[number].parent or 0
        if undoing:
            return {number: VersionState.ACTIVE, parent: VersionState.SUPERSEDED}
        return {number: VersionState.ROLLED_BACK, parent: VersionState.ACTIVE}

    async def _kept_tree(self, detail: Mapping[str, Any]) -> dict[str, TreeFile]:
        tree = {}
        for place, (digest, mode) in detail["tree"].items():
            data = await self._store.blob(digest)
            if data is None:
                raise SourceError(f"{place} is no longer kept in the store", "skilltui doctor --verify looks for more")
            tree[place] = TreeFile(data, mode)
        return tree

    async def _copy(
        self, name: str, path: Path, publish: Sequence[Path], data: bytes | None, *, expected: bytes | None
    ) -> Copied:
        if not publish:
            return Copied((), ())
        known = await self._ours(name)
        copied = await asyncio.to_thread(bring_copies, path, publish, data, expected=expected, known=known, name=name)
        tree = hash_tree(path, data) if data is not None and copied.done else None
        if tree is not None and tree not in known.trees:
            # The skill's other files changed since its version was made. Without a note of what the copies hold now,
            # the next change of such a file would make them look edited.
            active = await self.active(name)
            detail = {"published_tree": tree, "copies": [str(copy) for copy in copied.done]}
            change = Change(
                OperationKind.PUBLISH, await self._known(name), active.number if active else None, (), detail
            )
            await self._store.commit(self._clock(), change)
        return copied

    async def _ours(self, name: str) -> Ours:
        """What an unedited copy of a skill may hold."""
        known = ours(await self._store.versions(name))
        noted = [o.detail.get("published_tree") for o in await self._store.operations(name, LOOK_BACK)]
        return Ours(known.trees.union(filter(None, noted)), known.blobs)


def settled(operation: Operation) -> dict[str, Any]:
    return {key: value for key, value in operation.detail.items() if key != "pending"}
