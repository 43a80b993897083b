"""``SkillVersionManager``: every state of a skill kept, activated, compared and brought back.

The file on disk is the truth for a live skill. Bytes are stored before the file is swapped, and the pointer (a
version's state) moves last: a crash in between leaves a file whose bytes are a stored draft, which the next look
recognises and finishes. A foreign edit becomes a version of its own; it is never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from skilltui.domain.skill import blob_hash
from skilltui.domain.trust import SkillOrigin
from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.errors import ForeignEditError, SkillInvalidError, SkilltuiError, StateError
from skilltui.text.skillmd import MAX_NAME, NAME, parse_skill
from skilltui.versions.changes import Change, Propose, SkillRecord, Written
from skilltui.versions.files import hash_tree, read_skill
from skilltui.versions.lifecycle import SkillLifecycle

# Undo looks back no further; nobody takes back by one key what was done that long ago.
_UNDO_DEPTH = 500
# What changes a skill's files.
_CHANGES = frozenset({
    OperationKind.ACCEPT, OperationKind.ROLLBACK, OperationKind.NEW, OperationKind.FIX, OperationKind.RENAME,
    OperationKind.RETIRE,
})  # fmt: skip


class SkillVersionManager(SkillLifecycle):
    """Drafts, accepts, brings back and takes back."""

    async def draft(
        self,
        name: str,
        path: Path,
        *,
        engine: str,
        model: str | None,
        origin: SkillOrigin,
        propose: Propose | None = None,
    ) -> Version:
        """Reserve the next number for a draft whose parent is what is live now.

        What ``propose`` makes of it is stored in the same step: a number without its draft would be nobody's.
        """
        async with self._lock:
            # A file that nobody knew yet is a person's, whoever drafts for it.
            parent = await self._track(await self._place(name, path, SkillOrigin.PERSON))
            record = await self._place(name, path, origin)
            version = Version(
                skill=name, number=await self._next(name), state=VersionState.DRAFT,
                parent=parent.number if parent else None, blob=None, hash=None, engine=engine, model=model,
                created_at=self._clock(),
            )  # fmt: skip
            proposal = propose(version, await self.data(parent) if parent else None) if propose else None
            await self._store.commit(
                self._clock(),
                Change(
                    OperationKind.DRAFT, record, version.number, (version,), {"parent": version.parent},
                    proposal=proposal,
                ),
            )  # fmt: skip
            return version

    async def accept(
        self,
        draft: Version,
        data: bytes,
        path: Path,
        *,
        accepted: Sequence[str],
        refused: Sequence[str],
        publish: Sequence[Path] = (),
    ) -> Written:
        """Make ``data`` the live text of the draft's skill at ``path`` and its copies under ``publish`` (roots).

        Raises ``ForeignEditError`` where the file is no longer the draft's parent, ``StateError`` where ``path`` is
        not where the skill lives and can't become it.
        """
        async with self._lock:
            draft = await self._draft(draft)
            record = await self._known(draft.skill)
            if record.path != str(path):
                _may_settle(draft, record, path)
            active = await self._track(record)
            if (active.number if active else None) != draft.parent:
                was = f"version {draft.parent}" if draft.parent is not None else "absent"
                raise ForeignEditError(
                    f"{record.path} is no longer {was}, as it was when this draft was made; nothing was written",
                    "what stands there is kept as a version of its own; draft again from it",
                )
            expected = await self.data(active) if active else None
            target = replace(record, path=str(path))
            staged = replace(
                draft, blob=blob_hash(data), hash=hash_tree(path, data), accepted_edits=tuple(accepted),
                refused_edits=tuple(refused),
            )  # fmt: skip
            await self._store.stage(target, staged, data)
            try:
                await self._swap(target, data, expected)
            except SkilltuiError:
                if target != record and not path.exists():
                    await self._store.stage(record, draft, None)
                raise
            version = await self._activate(
                target, staged, active, kind=OperationKind.ACCEPT,
                detail={"edits": list(accepted), "publish": [str(root) for root in publish]},
            )  # fmt: skip
            copied = await self._copy(draft.skill, path, publish, data, expected=expected)
            return Written(version, path, copied.done, copied.skipped)

    async def reject(self, draft: Version, why: str) -> Version:
        """Put a draft away; its edits stay readable."""
        async with self._lock:
            draft = await self._draft(draft)
            record = await self._known(draft.skill)
            # Bytes that an accept staged and could not write were never live.
            rejected = replace(
                draft, state=VersionState.REJECTED, note=why, blob=None, hash=None, accepted_edits=(), refused_edits=()
            )
            await self._store.commit(
                self._clock(), Change(OperationKind.REJECT, record, draft.number, (rejected,), {"why": why})
            )
            return rejected

    async def rollback(self, name: str, number: int | None, publish: Sequence[Path] = ()) -> Written:
        """Bring a former version's exact bytes back; without a number, the parent of the active one.

        Of a skill whose file is gone, without a number the version that was live last.
        """
        async with self._lock:
            record = await self._known(name)
            path = Path(record.path)
            standing = await self._track(record)
            left = standing or await self.active(name)
            target = await self._former(name, number, standing, left)
            data = await self.data(target)
            called = _called(data, path)
            if called not in {None, name}:
                raise StateError(
                    f"version {target.number} is from when {name} was called {called}",
                    f"skilltui undo {name} takes its new name back; or first: skilltui rename {name} {called}",
                )
            expected = await self.data(left) if left else None
            # Before the swap: where the folder holds too much, nothing is changed.
            changed = [replace(target, state=VersionState.ACTIVE, hash=hash_tree(path, data))]
            await self._swap(record, data, expected if standing else None)
            if left is not None and left.number != target.number:
                changed.append(replace(left, state=VersionState.ROLLED_BACK))
            detail = {
                "from": left.number if left else None, "from_state": target.state.value, "gone": standing is None,
                "publish": [str(root) for root in publish],
            }  # fmt: skip
            await self._store.commit(
                self._clock(), Change(OperationKind.ROLLBACK, record, target.number, tuple(changed), detail)
            )
            copied = await self._copy(name, path, publish, data, expected=expected)
            return Written(changed[0], path, copied.done, copied.skipped)

    async def _former(self, name: str, number: int | None, standing: Version | None, left: Version | None) -> Version:
        """The version that a rollback is to bring back."""
        if number is None:
            number = standing.parent if standing else left.number if left else None
        if number is None and standing is not None:
            raise StateError(
                f"{name} has no version before {standing.number}", "`skilltui undo` removes a new skill again"
            )
        if number is None:
            raise StateError(f"no version of {name} is live", f"say which to bring back: skilltui versions {name}")
        target = await self.version(name, number)
        if standing is not None and target.number == standing.number:
            raise StateError(f"version {target.number} of {name} is active already")
        return target

    async def undoable(self, skill: str | None = None) -> Operation | None:
        """What ``undo`` would take back next: the newest operation of a person's that still stands.

        One whose text somebody has edited since stands no longer: their text does.
        """
        edited = set()
        for operation in await self._store.operations(skill, _UNDO_DEPTH):
            if operation.kind in (OperationKind.FOREIGN_EDIT, OperationKind.IMPORT):
                edited.add(operation.skill)
            elif operation.undone_by is not None:
                continue
            elif operation.kind is OperationKind.REJECT or (
                operation.kind in _CHANGES and operation.skill not in edited
            ):
                return operation
        return None

    async def undo(self, skill: str | None = None) -> Operation:
        """Take back the newest operation of a person's that still stands, of one skill or of all.

        ``detail["skipped"]`` of the result says which copies were not touched, and why. Raises ``ForeignEditError``
        where somebody edited the text meanwhile; that text is a version then, and the next undo is an older one.
        """
        async with self._lock:
            operation = await self.undoable(skill)
            if operation is None and skill is not None:
                # One that was put back by hand, and removed by hand, is still kept.
                operation = await self.retirement(skill)
            if operation is None:
                raise StateError("there is nothing to undo", "see: skilltui history")
            if operation.kind in (OperationKind.ACCEPT, OperationKind.NEW, OperationKind.FIX):
                return await self._undo_accept(operation)
            if operation.kind is OperationKind.RENAME:
                return await self._undo_rename(operation)
            if operation.kind is OperationKind.RETIRE:
                return await self._undo_retire(operation)
            if operation.kind is OperationKind.ROLLBACK:
                return await self._undo_rollback(operation)
            return await self._undo_reject(operation)

    async def _undo_accept(self, operation: Operation) -> Operation:
        record = await self._known(operation.skill)
        made = await self.version(operation.skill, operation.version or 0)
        number = operation.detail.get("before")
        before = await self.version(operation.skill, number) if number is not None else None
        standing = await self._unchanged(record, made)
        former = await self.data(before) if before else None
        await self._swap(record, former, standing)
        skipped = await self._undo_copies(operation, record, former, made)
        # Its bytes were fixed by the accept, so the version itself is not a draft again; the caller may draft anew.
        changed = [replace(made, state=VersionState.ROLLED_BACK)]
        if before:
            changed.append(replace(before, state=VersionState.ACTIVE))
        return await self._commit_undo(operation, record, changed, {"skipped": list(skipped)})

    async def _undo_rollback(self, operation: Operation) -> Operation:
        record = await self._known(operation.skill)
        number = operation.detail["from"]
        left = await self.version(operation.skill, number) if number is not None else None
        reached = await self.version(operation.skill, operation.version or 0)
        standing = await self._unchanged(record, reached)
        former = await self.data(left) if left else None
        await self._swap(record, None if operation.detail.get("gone") else former, standing)
        skipped = await self._undo_copies(operation, record, former, reached)
        changed = [replace(reached, state=VersionState(operation.detail["from_state"]))]
        if left is not None and left.number != reached.number:
            changed.append(replace(left, state=VersionState.ACTIVE))
        return await self._commit_undo(operation, record, changed, {"skipped": list(skipped)})

    async def _undo_reject(self, operation: Operation) -> Operation:
        record = await self._known(operation.skill)
        version = await self.version(operation.skill, operation.version or 0)
        changed = [replace(version, state=VersionState.DRAFT, note="")]
        return await self._commit_undo(operation, record, changed, {"skipped": []})

    async def _undo_copies(
        self, operation: Operation, record: SkillRecord, former: bytes | None, version: Version
    ) -> tuple[str, ...]:
        roots = [Path(root) for root in operation.detail.get("publish", ())]
        expected = await self.data(version)
        copied = await self._copy(record.name, Path(record.path), roots, former, expected=expected)
        return copied.skipped


def _called(data: bytes, path: Path) -> str | None:
    """What the library calls a skill with this text; ``None`` where it can't be read."""
    try:
        name = parse_skill(data).name
    except SkillInvalidError:
        return None
    return name if NAME.fullmatch(name) and len(name) <= MAX_NAME else path.parent.name


def _may_settle(draft: Version, record: SkillRecord, path: Path) -> None:
    if draft.parent is not None:
        raise StateError(f"{draft.skill} lives at {record.path}, and its drafts are written there", "leave out --root")
    if read_skill(path) is not None:
        raise StateError(f"another skill stands at {path}", "choose another folder, or move that one away")
