"""``SkillLifecycle``: skills begun, mended, renamed and retired.

Another name and retirement change more than one file. They are recorded first, as pending, with everything that is
needed to carry them out; then a folder appears or goes by one rename; then the record is marked as done. A process
that is killed in between leaves the skill where it was or where it goes to, and the next start carries on.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from skilltui.domain.skill import blob_hash
from skilltui.domain.trust import SkillOrigin
from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.errors import ForeignEditError, NotFoundError, StateError
from skilltui.paths import is_file
from skilltui.text.skillmd import MAX_NAME
from skilltui.versions import trees
from skilltui.versions.carrying import SkillCarrying
from skilltui.versions.changes import Change, SkillRecord, Written
from skilltui.versions.files import hash_tree, read_skill, swap
from skilltui.versions.moving import library_hash, tree_with
from skilltui.versions.trees import Tree

_NOTES = {OperationKind.NEW: "", OperationKind.FIX: "what broke its fields was quoted"}


class SkillLifecycle(SkillCarrying):
    """What happens to a skill as a whole."""

    async def create(self, name: str, path: Path, data: bytes, publish: Sequence[Path]) -> Written:
        """Put a person's new skill at ``path`` and its copies under ``publish`` (roots).

        Raises ``StateError`` where a skill of that name stands somewhere, ``ForeignEditError`` where a file does.
        """
        async with self._lock:
            record = await self._place(name, path, SkillOrigin.PERSON)
            if record.path != str(path) or read_skill(path) is not None:
                raise StateError(f"a skill called {name} stands at {record.path}", "choose another name")
            swap(path, data, expected=None)
            version = await self._first_hand(record, path, data, None, OperationKind.NEW, publish)
            copied = await self._copy(name, path, publish, data, expected=None)
            return Written(version, path, copied.done, copied.skipped)

    async def mend(self, name: str, path: Path, before: bytes, data: bytes, publish: Sequence[Path]) -> Written:
        """Write a person's correction of a skill's text; ``ForeignEditError`` where it is not ``before`` any more."""
        async with self._lock:
            record = await self._place(name, path, SkillOrigin.PERSON)
            active = await self._track(record)
            if active is None or await self.data(active) != before:
                raise ForeignEditError(f"{path} was changed meanwhile; nothing was written", "look at it again")
            hash_tree(path, data)  # where the folder holds too much, nothing is changed
            await self._swap(record, data, before)
            version = await self._first_hand(record, Path(record.path), data, active, OperationKind.FIX, publish)
            copied = await self._copy(name, Path(record.path), publish, data, expected=before)
            return Written(version, Path(record.path), copied.done, copied.skipped)

    async def publish(self, name: str, path: Path, roots: Sequence[Path]) -> Written:
        """Bring the copies under ``roots`` to what stands at ``path``, and make those that are missing."""
        async with self._lock:
            _, active = await self._standing(name, path)
            copied = await self._copy(name, path, roots, await self.data(active), expected=None)
            return Written(active, path, copied.done, copied.skipped)

    async def rename(self, name: str, to: str, path: Path, data: bytes, publish: Sequence[Path]) -> Written:
        """Give a skill, its folder and its history another name. ``data`` is its text with that name.

        The copies under ``publish`` that nobody edited move along. Raises ``StateError`` where ``to`` has a history,
        ``ForeignEditError`` where something stands in its place.
        """
        async with self._lock:
            record, active = await self._standing(name, path)
            aside = await self._aside(
                to, StateError(f"there was a skill called {to}, and its history is kept", "choose another name")
            )
            source = Path(record.path)
            target = source.parent.parent / to / source.name
            tree = await asyncio.to_thread(tree_with, source, data)
            async with _staged(target.parent, tree) if target != source else nullcontext():
                number = await self._next(name)
                version = Version(
                    skill=to, number=number, state=VersionState.ACTIVE, parent=active.number, blob=blob_hash(data),
                    hash=library_hash(tree), engine="person", model=None, created_at=self._clock(),
                    note=f"was called {name}",
                )  # fmt: skip
                former = replace(active, skill=to, state=VersionState.SUPERSEDED)
                detail = {
                    "before": active.number, "from": name, "to": to, "paths": [str(source), str(target)],
                    "hashes": [hash_tree(source, await self.data(active)), version.hash],
                    "publish": [str(root) for root in publish], "text": active.blob,
                    "pending": "move" if target != source else "text",
                }  # fmt: skip
                operation = await self._store.commit(
                    self._clock(),
                    Change(
                        OperationKind.RENAME, replace(record, name=to, path=str(target)), number, (version, former),
                        detail, {blob_hash(data): data}, former=name, aside=aside,
                    ),
                )  # fmt: skip
            copied = await self._carry_out(operation)
            return Written(version, target, copied.done, copied.skipped)

    async def retire(self, name: str, path: Path, publish: Sequence[Path]) -> Written:
        """Take a skill's folder, and its copies that nobody edited, off the disk; all of it is kept in the store."""
        async with self._lock:
            record, active = await self._standing(name, path)
            folder = Path(record.path).parent
            tree = await asyncio.to_thread(trees.read_folder, folder) or {}
            files = {place: [blob_hash(file.data), file.mode] for place, file in tree.items()}
            detail = {
                "before": active.number, "path": record.path, "tree": files, "pending": "out",
                "publish": [str(root) for root in publish],
            }  # fmt: skip
            operation = await self._store.commit(
                self._clock(),
                Change(
                    OperationKind.RETIRE, record, active.number, (replace(active, state=VersionState.SUPERSEDED),),
                    detail, {blob_hash(file.data): file.data for file in tree.values()},
                ),
            )  # fmt: skip
            copied = await self._carry_out(operation)
            return Written(active, Path(record.path), copied.done, copied.skipped)

    async def bring_back(self, name: str) -> Operation:
        """Take a skill's retirement back; ``StateError`` where there is none that stands."""
        async with self._lock:
            operation = await self.retirement(name)
            if operation is not None:
                return await self._undo_retire(operation)
            raise StateError(f"{name} is not retired", "skilltui skills --retired lists those that are")

    async def _standing(self, name: str, path: Path) -> tuple[SkillRecord, Version]:
        record = await self._place(name, path, SkillOrigin.PERSON)
        active = await self._track(record)
        if active is None:
            raise NotFoundError(f"{name} is not on disk", f"see: skilltui versions {name}")
        return record, active

    async def _undo_rename(self, operation: Operation) -> Operation:
        name, to = operation.detail["to"], operation.detail["from"]
        record = await self._known(name)
        made = await self.version(name, operation.version or 0)
        standing = await self._unchanged(record, made)
        before = await self.version(name, operation.detail["before"])
        data = await self.data(before)
        source, target = Path(record.path), Path(operation.detail["paths"][0])
        aside = await self._aside(
            to, StateError(f"there is another skill called {to} by now", "rename that one first, or undo what made it")
        )
        changed = (
            replace(made, skill=to, state=VersionState.ROLLED_BACK),
            replace(before, skill=to, state=VersionState.ACTIVE),
        )
        detail: dict[str, Any] = {
            "from": name, "to": to, "paths": [str(source), str(target)],
            "publish": list(operation.detail["publish"]), "text": made.blob,
        }  # fmt: skip
        moved = replace(record, name=to, path=str(target))
        if standing is None:
            detail["skipped"] = [f"{source.parent}: it is gone; only the history has its former name again"]
            return await self._commit_undo(operation, moved, changed, detail, former=name, aside=aside)
        if source == target:
            undone = await self._commit_undo(
                operation, moved, changed, {**detail, "pending": "text"}, former=name, aside=aside
            )
            return await self._finished(undone)
        tree = await asyncio.to_thread(tree_with, source, data)
        async with _staged(target.parent, tree):
            undone = await self._commit_undo(
                operation, moved, changed, {**detail, "pending": "move"}, former=name, aside=aside
            )
        return await self._finished(undone)

    async def _aside(self, name: str, otherwise: StateError) -> str | None:
        """Another name for a skill that had this one and is no more: all that is left of it is history.

        ``None`` where nothing had the name; raises ``otherwise`` where the skill is more than that.
        """
        record = await self._store.record(name)
        if record is None:
            return None
        states = {version.state for version in await self._store.versions(name)}
        gone = not states & {VersionState.ACTIVE, VersionState.DRAFT} and not is_file(Path(record.path))
        if not gone or await self.retirement(name) is not None:
            raise otherwise
        short = name[: MAX_NAME - 4].rstrip("-")
        for number in itertools.count(2):
            if await self._store.record(f"{short}-{number}") is None:
                return f"{short}-{number}"
        raise AssertionError  # it counts for ever

    async def _undo_retire(self, operation: Operation) -> Operation:
        record = await self._known(operation.skill)
        version = await self.version(operation.skill, operation.version or 0)
        path = Path(operation.detail["path"])
        last = await self.active(operation.skill)
        if record.path != str(path) or (last is not None and is_file(path)):
            raise StateError(f"{record.name} stands at {record.path} again", "rename or retire that one first")
        if os.path.lexists(path.parent):
            raise ForeignEditError(f"{path.parent} exists; nothing was written over it", "move it away first")
        detail = {
            "path": str(path), "tree": dict(operation.detail["tree"]), "pending": "in",
            "publish": [str(Path(copy).parent.parent) for copy in operation.detail.get("removed", ())],
        }  # fmt: skip
        changed = [replace(version, state=VersionState.ACTIVE)]
        if last is not None and last.number != version.number:
            # It was put back by hand, and removed by hand.
            changed.append(replace(last, state=VersionState.SUPERSEDED))
        async with _staged(path.parent, await self._kept_tree(operation.detail)):
            undone = await self._commit_undo(operation, record, changed, detail)
        return await self._finished(undone)

    async def _first_hand(  # noqa: PLR0917 - all of it is what makes the version
        self, record: SkillRecord, path: Path, data: bytes, former: Version | None, kind: OperationKind,
        publish: Sequence[Path],
    ) -> Version:  # fmt: skip
        digest = blob_hash(data)
        version = Version(
            skill=record.name, number=await self._next(record.name), state=VersionState.ACTIVE,
            parent=former.number if former else None, blob=digest, hash=hash_tree(path, data), engine="person",
            model=None, created_at=self._clock(), note=_NOTES[kind],
        )  # fmt: skip
        detail = {"publish": [str(root) for root in publish]}
        return await self._activate(record, version, former, kind=kind, detail=detail, blobs={digest: data})

    async def _unchanged(self, record: SkillRecord, version: Version) -> bytes | None:
        """What stands on disk: the bytes of ``version``, or nothing where its file was deleted."""
        active = await self._track(record)
        if active is None:
            return None
        if active.number != version.number:
            raise ForeignEditError(
                f"{record.path} was changed by somebody else since; nothing was written, and that text is version "
                f"{active.number} now",
                f"to bring a former version back: skilltui rollback {record.name} VERSION",
            )
        return await self.data(active)

    async def _commit_undo(
        self,
        operation: Operation,
        record: SkillRecord,
        changed: Sequence[Version],
        detail: Mapping[str, Any],
        *,
        former: str | None = None,
        aside: str | None = None,
    ) -> Operation:
        return await self._store.commit(
            self._clock(),
            Change(
                OperationKind.UNDO, record, operation.version, tuple(changed),
                {"undid": operation.id, "kind": operation.kind.value, **detail}, undoes=operation.id, former=former,
                aside=aside,
            ),
        )  # fmt: skip


@asynccontextmanager
async def _staged(folder: Path, tree: Tree) -> AsyncIterator[None]:
    """Everything that is to stand in a folder is written beside it; it goes again where the change can't be kept."""
    await asyncio.to_thread(trees.stage_folder, folder, tree)
    try:
        yield
    except BaseException:
        # Also when interrupted: nobody would know what it is.
        await asyncio.to_thread(trees.drop_stage, folder)
        raise
