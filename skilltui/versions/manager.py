"""``SkillVersionManager``: every state of a skill kept, activated, compared and brought back.

The file on disk is the truth for a live skill. Bytes are stored before the file is swapped, and the pointer (a
version's state) moves last: a crash in between leaves a file whose bytes are a stored draft, which the next look
recognises and finishes. A foreign edit becomes a version of its own; it is never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from skilltui.domain.skill import blob_hash
from skilltui.domain.trust import START_LEVEL, SkillOrigin, TrustLevel
from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.errors import ForeignEditError, NotFoundError, SkilltuiError, StateError
from skilltui.versions.files import hash_tree, read_skill, swap


@dataclass(frozen=True, slots=True)
class SkillRecord:
    """What is known of a skill beside its versions. ``path`` is its ``SKILL.md``."""

    name: str
    path: str
    level: TrustLevel
    origin: SkillOrigin


@dataclass(frozen=True, slots=True)
class Change:
    """One step of history, to be stored whole or not at all."""

    kind: OperationKind
    skill: SkillRecord
    version: int | None
    versions: tuple[Version, ...]
    detail: Mapping[str, Any]
    blobs: Mapping[str, bytes] | None = None
    undoes: int | None = None


class VersionStore(Protocol):
    """The memory that the version manager needs."""

    async def record(self, name: str) -> SkillRecord | None: ...
    async def versions(self, name: str) -> list[Version]: ...
    async def blob(self, digest: str) -> bytes | None: ...
    async def operations(self, name: str | None, limit: int) -> list[Operation]: ...
    async def stage(self, version: Version, data: bytes) -> None:
        """Keep a draft's bytes and hash before the file is swapped."""

    async def commit(self, at: str, change: Change) -> Operation: ...


@dataclass(frozen=True, slots=True)
class Written:
    """What a save left on disk. ``skipped`` says which copies were not touched, and why."""

    version: Version
    path: Path
    published: tuple[Path, ...]
    skipped: tuple[str, ...]


def utc_now() -> str:
    """Now, as ISO 8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SkillVersionManager:
    """Keeps the history of skills. One writer at a time: the caller holds the home's lock."""

    def __init__(self, store: VersionStore, clock: Callable[[], str] = utc_now) -> None:
        self._store = store
        self._clock = clock

    async def active(self, name: str) -> Version | None:
        """The version that is live, as far as history knows."""
        return next((v for v in await self._store.versions(name) if v.state is VersionState.ACTIVE), None)

    async def version(self, name: str, number: int) -> Version:
        """One version, or ``NotFoundError``."""
        for version in await self._store.versions(name):
            if version.number == number:
                return version
        raise NotFoundError(f"{name} has no version {number}", f"see: skilltui versions {name}")

    async def data(self, version: Version) -> bytes:
        """The bytes of a version that has been accepted once."""
        data = await self._store.blob(version.blob) if version.blob else None
        if data is None:
            raise StateError(f"version {version.number} of {version.skill} is a draft: its text is not fixed yet")
        return data

    async def track(self, name: str, path: Path, origin: SkillOrigin = SkillOrigin.PERSON) -> Version | None:
        """Bring history up to what stands on disk at ``path``, and return the active version.

        The first look makes the bytes version 1; later, bytes that differ from the active version become a version
        of their own (or, after a crash between swap and record, finish the accept). ``None``: there is no file.
        """
        data = read_skill(path)
        record = await self._store.record(name)
        versions = await self._store.versions(name)
        active = next((v for v in versions if v.state is VersionState.ACTIVE), None)
        if data is None:
            return None
        digest = blob_hash(data)
        if active is not None and active.blob == digest:
            return active
        if record is None:
            record = SkillRecord(name, str(path), START_LEVEL[origin], origin)
        staged = next((v for v in versions if v.state is VersionState.DRAFT and v.blob == digest), None)
        if staged is not None:
            return await self._activate(record, staged, active, kind=OperationKind.ACCEPT, detail={"finished": True})
        earlier = next((v for v in reversed(versions) if v.blob == digest), None)
        if earlier is not None:
            # Somebody put old bytes back by hand, or a crash came between a rollback's swap and its record.
            return await self._activate(record, earlier, active, kind=OperationKind.FOREIGN_EDIT)
        kind = OperationKind.FOREIGN_EDIT if active is not None else OperationKind.IMPORT
        number = max((v.number for v in versions), default=0) + 1
        version = Version(
            skill=name, number=number, state=VersionState.DRAFT, parent=active.number if active else None, blob=digest,
            hash=hash_tree(path, data), engine="person", model=None, created_at=self._clock(),
        )  # fmt: skip
        return await self._activate(record, version, active, kind=kind, blobs={digest: data})

    async def draft(self, name: str, path: Path, *, engine: str, model: str | None, origin: SkillOrigin) -> Version:
        """Reserve the next number for a draft whose parent is what is live now."""
        parent = await self.track(name, path)
        record = await self._store.record(name) or SkillRecord(name, str(path), START_LEVEL[origin], origin)
        versions = await self._store.versions(name)
        number = max((v.number for v in versions), default=0) + 1
        version = Version(
            skill=name, number=number, state=VersionState.DRAFT, parent=parent.number if parent else None, blob=None,
            hash=None, engine=engine, model=model, created_at=self._clock(),
        )  # fmt: skip
        await self._store.commit(
            self._clock(), Change(OperationKind.DRAFT, record, number, (version,), {"parent": version.parent})
        )
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

        Raises ``ForeignEditError`` where the file is no longer the draft's parent.
        """
        if draft.state is not VersionState.DRAFT:
            raise StateError(f"version {draft.number} of {draft.skill} is {draft.state}, not a draft")
        active = await self.track(draft.skill, path)
        if (active.number if active else None) != draft.parent:
            raise ForeignEditError(
                f"{path} is no longer version {draft.parent or 0}, from which this draft was made; nothing was written",
                "the foreign text is kept as a version of its own; draft again from it",
            )
        expected = await self.data(active) if active else None
        digest = blob_hash(data)
        staged = replace(
            draft, blob=digest, hash=hash_tree(path, data), accepted_edits=tuple(accepted),
            refused_edits=tuple(refused),
        )  # fmt: skip
        await self._store.stage(staged, data)
        swap(path, data, expected=expected)
        record = await self._store.record(draft.skill)
        assert record is not None
        version = await self._activate(
            replace(record, path=str(path)), staged, active, kind=OperationKind.ACCEPT,
            detail={"edits": list(accepted), "publish": [str(root) for root in publish]},
        )  # fmt: skip
        published, skipped = _publish(draft.skill, path, publish, data, expected)
        return Written(version, path, published, skipped)

    async def reject(self, draft: Version, why: str) -> Version:
        """Put a draft away; its edits stay readable."""
        if draft.state is not VersionState.DRAFT:
            raise StateError(f"version {draft.number} of {draft.skill} is {draft.state}, not a draft")
        record = await self._known(draft.skill)
        rejected = replace(draft, state=VersionState.REJECTED, note=why)
        await self._store.commit(
            self._clock(), Change(OperationKind.REJECT, record, draft.number, (rejected,), {"why": why})
        )
        return rejected

    async def rollback(self, name: str, number: int | None, publish: Sequence[Path] = ()) -> Written:
        """Bring a former version's exact bytes back; without a number, the parent of the active one."""
        record = await self._known(name)
        path = Path(record.path)
        active = await self.track(name, path)
        if active is None:
            raise StateError(f"{path} is gone", "undo the removal, or accept a draft first")
        target_number = active.parent if number is None else number
        if target_number is None:
            raise StateError(
                f"{name} has no version before {active.number}", "`skilltui undo` removes a new skill again"
            )
        target = await self.version(name, target_number)
        if target.number == active.number:
            raise StateError(f"version {target.number} of {name} is active already")
        data = await self.data(target)
        expected = await self.data(active)
        swap(path, data, expected=expected)
        gone = replace(active, state=VersionState.ROLLED_BACK)
        back = replace(target, state=VersionState.ACTIVE, hash=hash_tree(path, data))
        detail = {"from": active.number, "from_state": target.state.value, "publish": [str(root) for root in publish]}
        await self._store.commit(
            self._clock(), Change(OperationKind.ROLLBACK, record, target.number, (gone, back), detail)
        )
        published, skipped = _publish(name, path, publish, data, expected)
        return Written(back, path, published, skipped)

    async def undo(self) -> Operation:
        """Take back the newest accept, rejection or rollback that was not undone yet."""
        inverse = {
            OperationKind.ACCEPT: self._undo_accept,
            OperationKind.ROLLBACK: self._undo_rollback,
            OperationKind.REJECT: self._undo_reject,
        }
        for operation in await self._store.operations(None, 500):
            if operation.undone_by is None and operation.kind in inverse:
                return await inverse[operation.kind](operation)
        raise StateError("there is nothing to undo", "see: skilltui history")

    async def _undo_accept(self, operation: Operation) -> Operation:
        record = await self._known(operation.skill)
        versions = await self._store.versions(operation.skill)
        made = next(v for v in versions if v.number == operation.version)
        before_number = operation.detail.get("before")
        before = next((v for v in versions if v.number == before_number), None)
        path = Path(record.path)
        current = await self.data(made)
        former = await self.data(before) if before else None
        swap(path, former, expected=current)
        publish = [Path(root) for root in operation.detail.get("publish", ())]
        _publish(operation.skill, path, publish, former, current)
        # Its bytes were fixed by the accept, so the version itself is not a draft again; the caller may draft anew.
        changed = [replace(made, state=VersionState.ROLLED_BACK)]
        if before:
            changed.append(replace(before, state=VersionState.ACTIVE))
        return await self._commit_undo(operation, record, tuple(changed))

    async def _undo_rollback(self, operation: Operation) -> Operation:
        record = await self._known(operation.skill)
        left = await self.version(operation.skill, operation.detail["from"])
        reached = await self.version(operation.skill, operation.version or 0)
        path = Path(record.path)
        current, former = await self.data(reached), await self.data(left)
        swap(path, former, expected=current)
        publish = [Path(root) for root in operation.detail.get("publish", ())]
        _publish(operation.skill, path, publish, former, current)
        changed = (
            replace(reached, state=VersionState(operation.detail["from_state"])),
            replace(left, state=VersionState.ACTIVE),
        )
        return await self._commit_undo(operation, record, changed)

    async def _undo_reject(self, operation: Operation) -> Operation:
        record = await self._known(operation.skill)
        version = await self.version(operation.skill, operation.version or 0)
        return await self._commit_undo(operation, record, (replace(version, state=VersionState.DRAFT, note=""),))

    async def _commit_undo(self, operation: Operation, record: SkillRecord, changed: tuple[Version, ...]) -> Operation:
        return await self._store.commit(
            self._clock(),
            Change(
                OperationKind.UNDO, record, operation.version, changed,
                {"undid": operation.id, "kind": operation.kind.value}, undoes=operation.id,
            ),
        )  # fmt: skip

    async def _activate(
        self,
        record: SkillRecord,
        version: Version,
        former: Version | None,
        *,
        kind: OperationKind,
        detail: Mapping[str, Any] | None = None,
        blobs: Mapping[str, bytes] | None = None,
    ) -> Version:
        active = replace(version, state=VersionState.ACTIVE)
        changed = [active]
        if former is not None and former.number != version.number:
            changed.append(replace(former, state=VersionState.SUPERSEDED))
        before = former.number if former is not None else None
        await self._store.commit(
            self._clock(),
            Change(kind, record, version.number, tuple(changed), {"before": before, **(detail or {})}, blobs),
        )
        return active

    async def _known(self, name: str) -> SkillRecord:
        record = await self._store.record(name)
        if record is None:
            raise NotFoundError(f"{name} has no history", "it gets one with its first draft or installation")
        return record


def _publish(
    name: str, home: Path, roots: Sequence[Path], data: bytes | None, expected: bytes | None
) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Bring the copies under ``roots`` to ``data``. One copy's trouble is reported and stops nothing."""
    published, skipped = [], []
    for root in roots:
        copy = root / name / home.name
        if copy == home:
            continue
        try:
            swap(copy, data, expected=expected)
        except SkilltuiError as error:
            skipped.append(f"{copy}: {error.message}")
        else:
            published.append(copy)
    return tuple(published), tuple(skipped)
