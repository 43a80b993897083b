"""What the version manager hands to its memory, and what it hands back to its caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from skilltui.domain.proposal import Proposal
from skilltui.domain.trust import SkillOrigin, TrustLevel
from skilltui.domain.version import Operation, OperationKind, Version

# Given a reserved version and the live bytes of its parent: what the draft of that number holds.
Propose: TypeAlias = Callable[[Version, bytes | None], Proposal]


class SkillRecord(Struct, frozen=True):
    """What is known of a skill beside its versions. ``path`` is its ``SKILL.md``."""

    name: str
    path: str
    level: TrustLevel
    origin: SkillOrigin


class Change(Struct, frozen=True):
    """One step of history, to be stored whole or not at all.

    ``former``: the name that the skill had until now, where it gets another: all that is known of it moves along.
    ``aside``: what a skill that is no more, and was called so before, is called from now on.
    """

    kind: OperationKind
    skill: SkillRecord
    version: int | None
    versions: tuple[Version, ...]
    detail: Mapping[str, Any]
    blobs: Mapping[str, bytes] | None = None
    undoes: int | None = None
    proposal: Proposal | None = None
    former: str | None = None
    aside: str | None = None


class VersionStore(Protocol):
    """The memory that the version manager needs."""

    async def record(self, name: str) -> SkillRecord | None: ...
    async def versions(self, name: str) -> list[Version]: ...
    async def blob(self, digest: str) -> bytes | None: ...
    async def operations(self, name: str | None, limit: int) -> list[Operation]: ...
    async def stage(self, skill: SkillRecord, version: Version, data: bytes | None) -> None:
        """Keep a draft's bytes and hash, and where they go, before the file is swapped."""

    async def commit(self, at: str, change: Change) -> Operation: ...
    async def unfinished(self) -> list[Operation]:
        """Operations that were recorded before the disk was changed, and of which it is not known that it was."""

    async def finish(self, operation: Operation) -> None:
        """Keep an operation's ``detail`` as it is now."""


class Written(Struct, frozen=True):
    """What a save left on disk. ``skipped`` says which copies were not touched, and why."""

    version: Version
    path: Path
    published: tuple[Path, ...]
    skipped: tuple[str, ...]
