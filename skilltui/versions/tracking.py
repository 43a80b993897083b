"""``SkillHistory``: what is known of skills, brought up to what stands on disk.

A foreign edit becomes a version of its own; a crash between the swap of a file and its record is finished here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from skilltui.clock import utc_now
from skilltui.domain.skill import blob_hash
from skilltui.domain.trust import START_LEVEL, SkillOrigin
from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.errors import ForeignEditError, NotFoundError, SourceError, StateError
from skilltui.paths import is_file, path_text
from skilltui.versions.changes import Change, SkillRecord, VersionStore
from skilltui.versions.files import hash_tree, read_skill, swap

LOOK_BACK = 500  # operations


class SkillHistory:
    """Looks and keeps up. One change at a time in this process, while the caller holds the home's lock."""

    def __init__(self, store: VersionStore, clock: Callable[[], str] = utc_now) -> None:
        self._store = store
        self._clock = clock
        # Each change reads history and disk, then writes both; two of them interleaved would take the same number.
        self._lock = asyncio.Lock()

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
        fixed = version.blob is not None and version.state is not VersionState.DRAFT
        data = await self._store.blob(version.blob) if version.blob and fixed else None
        if data is None:
            raise StateError(f"version {version.number} of {version.skill} is {version.state}: its text was never live")
        return data

    async def track(self, name: str, path: Path, origin: SkillOrigin = SkillOrigin.PERSON) -> Version | None:
        """Bring history up to what stands on disk at ``path``, and return the active version.

        The first look makes the bytes version 1; later, bytes that differ from the active version become a version
        of their own (or, after a crash between swap and record, finish the accept). ``None``: there is no file.
        Raises ``StateError`` where the skill of that name lives elsewhere.
        """
        async with self._lock:
            return await self._track(await self._place(name, path, origin))

    async def retirement(self, name: str) -> Operation | None:
        """The retirement of a skill that stands: nobody took it back, and the skill is not on disk again."""
        record = await self._store.record(name)
        if record is None or is_file(Path(record.path)):
            return None
        found = await self._store.operations(name, LOOK_BACK)
        return next((o for o in found if o.kind is OperationKind.RETIRE and o.undone_by is None), None)

    async def _track(self, record: SkillRecord) -> Version | None:
        path = Path(record.path)
        data = read_skill(path)
        if data is None:
            return None
        versions = await self._store.versions(record.name)
        active = next((v for v in versions if v.state is VersionState.ACTIVE), None)
        digest = blob_hash(data)
        if active is not None and active.blob == digest:
            return active
        staged = next((v for v in versions if v.state is VersionState.DRAFT and v.blob == digest), None)
        if staged is not None:
            return await self._activate(record, staged, active, kind=OperationKind.ACCEPT, detail={"finished": True})
        earlier = next((v for v in reversed(versions) if v.blob == digest), None)
        if earlier is not None:
            # Somebody put old bytes back by hand, or a crash came between a rollback's swap and its record.
            return await self._activate(record, earlier, active, kind=OperationKind.FOREIGN_EDIT)
        kind = OperationKind.FOREIGN_EDIT if active is not None else OperationKind.IMPORT
        version = Version(
            skill=record.name, number=await self._next(record.name), state=VersionState.DRAFT,
            parent=active.number if active else None, blob=digest, hash=hash_tree(path, data), engine="person",
            model=None, created_at=self._clock(),
        )  # fmt: skip
        return await self._activate(record, version, active, kind=kind, blobs={digest: data})

    async def _place(self, name: str, path: Path, origin: SkillOrigin) -> SkillRecord:
        """The skill's record; one whose file is gone goes on at ``path``, unless it was retired."""
        try:
            str(path).encode()
        except UnicodeEncodeError as error:
            raise SourceError(
                f"{path_text(path)} is no UTF-8 name, and can't be kept", "give the folder another name"
            ) from error
        record = await self._store.record(name)
        if record is None:
            return SkillRecord(name, str(path), START_LEVEL[origin], origin)
        if record.path == str(path):
            return record
        known = read_skill(Path(record.path))
        if known is None:
            if await self.active(name) is None and await self.retirement(name) is not None:
                raise StateError(
                    f"{path} is another skill than the {name} that was retired, whose history is kept",
                    f"skilltui undo {name} brings that one back; give this one another name, by hand",
                )
            return replace(record, path=str(path))
        if read_skill(path) not in (None, known):
            raise StateError(
                f"{path} is another skill than the {name} with a history, which stands at {record.path}",
                "give one of them another name",
            )
        return record

    async def _swap(self, record: SkillRecord, data: bytes | None, expected: bytes | None) -> None:
        try:
            swap(Path(record.path), data, expected=expected)
        except ForeignEditError:
            # Somebody saved in the moment before: their text becomes a version like any other edit.
            await self._track(record)
            raise

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
        """``former`` is what this version takes the place of on disk."""
        active = replace(version, state=VersionState.ACTIVE)
        # Of a skill that was deleted by hand a version is active still, although nothing stands on disk.
        last = await self.active(record.name)
        changed = [active]
        if last is not None and last.number != version.number:
            changed.append(replace(last, state=VersionState.SUPERSEDED))
        before = former.number if former is not None else None
        await self._store.commit(
            self._clock(),
            Change(kind, record, version.number, tuple(changed), {"before": before, **(detail or {})}, blobs),
        )
        return active

    async def _draft(self, version: Version) -> Version:
        """The draft as it stands now; the caller's copy may be old."""
        draft = await self.version(version.skill, version.number)
        if draft.state is not VersionState.DRAFT:
            raise StateError(f"version {draft.number} of {draft.skill} is {draft.state}, not a draft")
        return draft

    async def _known(self, name: str) -> SkillRecord:
        record = await self._store.record(name)
        if record is None:
            raise NotFoundError(f"{name} has no history", "it gets one with its first draft or installation")
        return record

    async def _next(self, name: str) -> int:
        return max((v.number for v in await self._store.versions(name)), default=0) + 1
