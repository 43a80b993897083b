"""Where an import looks for transcripts, and what it finds there: what a person named, or the agents' own folders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from skilltui.capture.discover import Account, Found, Skipped, all_within, discover, discover_source
from skilltui.capture.scope import Scope

if TYPE_CHECKING:
    from skilltui.config import Config


def scope_of(config: Config) -> Scope:
    """The lists in the configuration that say what may be captured."""
    return Scope(config.allow_sources, config.deny_sources, config.allow_projects, config.deny_projects)


def own_folders(config: Config) -> dict[str, tuple[Path, ...]]:
    """What of the agents in scope is there to be read, by format: folders, or single files."""
    scope = scope_of(config)
    return {
        name: tuple(path for path in paths if path.exists())
        for name, paths in config.sources.items()
        if scope.source(name) is None
    }


class Places(Struct, frozen=True):
    """``named``: files and folders, all of ``format`` where a person said so. ``sources``: where nothing is named, the
    folders of each agent's format."""

    named: tuple[Path, ...] = ()
    format: str | None = None
    sources: tuple[tuple[str, tuple[Path, ...]], ...] = ()

    @classmethod
    def of(
        cls,
        named: Sequence[Path],
        format: str | None,  # noqa: A002 - the option's name
        own: Mapping[str, tuple[Path, ...]],
    ) -> Places:
        """The places of an import. ``own``: the agents' folders that may be read, by format."""
        if named:
            return cls(tuple(named), format)
        return cls(sources=tuple((name, folders) for name, folders in own.items() if format in {None, name}))


class Finds(Struct):
    """What lies in ``places``. ``within``: whether all that was found lies under them."""

    places: Places
    found: list[Found]
    skipped: list[Skipped]
    within: bool


def look(places: Places, account: Account | None = None) -> Finds:
    """Look for transcripts. For a thread."""
    every = list(_entries(places, account))
    found = [entry for entry in every if isinstance(entry, Found)]
    folders = [*places.named, *(folder for _, folders in places.sources for folder in folders)]
    return Finds(places, found, [entry for entry in every if isinstance(entry, Skipped)], all_within(found, folders))


def to_read(found: Iterable[Found]) -> list[Found]:
    """Those with something new, in the order in which to read them: transcripts of subagents behind those of the
    agents that started them, as far as names tell."""
    new = (file for file in found if not file.unchanged)
    return sorted(new, key=lambda file: file.path.stem.startswith("agent-") or "subagents" in file.path.parts)


def size_of(files: Iterable[Found]) -> int:
    """How many bytes these have."""
    return sum(_size(file.path) for file in files)


def _entries(places: Places, account: Account | None) -> Iterator[Found | Skipped]:
    yield from discover(places.named, format=places.format, account=account)
    for name, folders in places.sources:
        yield from discover_source(folders, name, account=account)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
