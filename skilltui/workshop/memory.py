"""The version manager's memory, fulfilled by the store."""

from __future__ import annotations

from skilltui.domain.version import Operation, Version
from skilltui.store import history, proposals
from skilltui.store.database import Connection, Database
from skilltui.versions.changes import Change, SkillRecord


class StoredVersions:
    """``VersionStore`` over the database: each change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, name: str) -> SkillRecord | None:
        """What is known of a skill."""
        found = await self._database.read(lambda c: history.skill_record(c, name))
        return None if found is None else SkillRecord(name, *found)

    async def versions(self, name: str) -> list[Version]:
        """All versions, oldest first."""
        return await self._database.read(lambda c: history.versions(c, name))

    async def blob(self, digest: str) -> bytes | None:
        """Bytes by SHA-256."""
        return await self._database.read(lambda c: history.blob(c, digest))

    async def operations(self, name: str | None, limit: int) -> list[Operation]:
        """The log, newest first."""
        return await self._database.read(lambda c: history.operations(c, name, limit))

    async def stage(self, skill: SkillRecord, version: Version, data: bytes | None) -> None:
        """A draft's bytes and where they go, before the file is swapped."""

        def store(connection: Connection) -> None:
            history.save_skill(connection, skill.name, skill.path, skill.level, skill.origin)
            if data is not None and version.blob is not None:
                history.save_blob(connection, version.blob, data)
            history.save_versions(connection, [version])

        await self._database.write(store)

    async def commit(self, at: str, change: Change) -> Operation:
        """One step of history."""

        def store(connection: Connection) -> Operation:
            skill = change.skill
            if change.aside is not None:
                history.rename(connection, skill.name, change.aside)
            if change.former is not None:
                history.rename(connection, change.former, skill.name)
            history.save_skill(connection, skill.name, skill.path, skill.level, skill.origin)
            for digest, data in (change.blobs or {}).items():
                history.save_blob(connection, digest, data)
            history.save_versions(connection, change.versions)
            if change.proposal is not None:
                proposals.save(connection, change.proposal)
            operation = history.log(connection, at, change.kind, skill.name, change.version, change.detail)
            if change.undoes is not None:
                history.mark_undone(connection, change.undoes, operation.id)
            return operation

        return await self._database.write(store)

    async def unfinished(self) -> list[Operation]:
        """Operations that the disk may not show yet, oldest first."""
        return await self._database.read(history.unfinished)

    async def finish(self, operation: Operation) -> None:
        """Keep an operation's detail as it is now."""
        await self._database.write(lambda c: history.save_detail(c, operation.id, operation.detail))
