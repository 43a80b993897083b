"""What capture sees: every agent, every file of theirs, what of it was passed over or set aside, and why."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field

from skilltui.capture.discover import Skipped, discover_source
from skilltui.paths import path_text
from skilltui.store import barred, browse, care
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context
from skilltui.workshop.places import scope_of
from skilltui.workshop.scoping import in_words


class AgentSeen(Struct, frozen=True):
    """An agent that can be read live. ``folders``: those that exist. ``files`` is ``None`` while there is no consent:
    its folders are named and not opened. ``withheld``: the rule that keeps it out of scope."""

    name: str
    folders: tuple[Path, ...]
    missing: tuple[Path, ...]
    files: int | None
    sessions: int
    withheld: str | None


class FileSeen(Struct, frozen=True):
    """A transcript. ``read_at`` is ``None`` for one that waits to be read; ``unknown`` counts record types."""

    path: str
    format: str
    read_at: str | None
    gone: bool = False
    quarantined: tuple[care.Damage, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)


class Inspection(Struct, frozen=True):
    """``skipped``: (path, reason). ``unknown``: format -> record type -> how often."""

    agents: tuple[AgentSeen, ...]
    files: tuple[FileSeen, ...]
    skipped: tuple[tuple[str, str], ...]
    unknown: Mapping[str, Counter[str]]


class Inspecting:
    """The use case of ``doctor``. Changes nothing."""

    def __init__(self, context: Context, capturing: Capturing) -> None:
        self._context = context
        self._capturing = capturing

    async def look(self) -> Inspection:
        """Read the store, and with consent the agents' folders."""
        stored = await self._context.database.read(browse.files)
        damage = await self._context.database.read(care.damage)
        sessions = await self._context.database.read(care.sessions_by_source)
        agents, found, skipped = await asyncio.to_thread(self._agents, sessions)
        files = {
            f.path: FileSeen(f.path, f.source, f.read_at, f.gone, tuple(damage.get(f.path, ())), json.loads(f.unknown))
            for f in stored
        }
        paths = {*found, *files}
        marks = await self._context.database.read(lambda c: barred.files_barred(c, sorted(paths)))
        for path, format_name in found.items():
            if path not in files and path not in marks:
                files[path] = FileSeen(path, format_name, None)
        skipped += [(path, in_words(why)) for path, why in sorted(marks.items())]
        unknown: dict[str, Counter[str]] = {}
        for file in files.values():
            if file.unknown:
                unknown.setdefault(file.format, Counter()).update(file.unknown)
        return Inspection(tuple(agents), tuple(sorted(files.values(), key=lambda f: f.path)), tuple(skipped), unknown)

    def _agents(self, sessions: Mapping[str, int]) -> tuple[list[AgentSeen], dict[str, str], list[tuple[str, str]]]:
        agents: list[AgentSeen] = []
        seen: dict[str, str] = {}
        skipped: list[tuple[str, str]] = []
        scope = scope_of(self._context.config)
        for name, folders in self._context.config.sources.items():
            there = tuple(folder for folder in folders if folder.exists())
            missing = tuple(folder for folder in folders if folder not in there)
            withheld = scope.source(name)
            count: int | None = None
            if self._capturing.consent and withheld is None:
                count = 0
                for entry in discover_source(there, name):
                    if isinstance(entry, Skipped):
                        skipped.append((path_text(entry.path), entry.reason))
                    else:
                        seen[path_text(entry.path)] = name
                        count += 1
            agents.append(AgentSeen(name, there, missing, count, sessions.get(name, 0), withheld))
        others = sorted(set(sessions) - set(self._context.config.sources))
        agents += [AgentSeen(name, (), (), None, sessions[name], scope.source(name)) for name in others]
        return agents, seen, skipped
