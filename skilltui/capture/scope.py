"""Which agents and projects may be captured at all. Lists of names and of patterns; a denial wins over everything.

A pattern is a folder, with ``*`` and ``?`` if wanted, and stands for what lies below it as well; without a slash it is
the name of a folder anywhere in the path (``client-*``). An empty list of what is allowed allows everything.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from msgspec import Struct

from skilltui.capture.document import read_document
from skilltui.capture.events import Event, Quarantined, SessionStarted
from skilltui.capture.foreign_database import open_database
from skilltui.capture.formats.registry import DATABASES, DOCUMENTS, LINES
from skilltui.capture.packed import PackedFiles, is_packed, plain_path
from skilltui.capture.records import parse_line
from skilltui.capture.tail import READ_LIMIT, Cursor, read_lines

ALLOW_SOURCES, DENY_SOURCES = "capture.allow_sources", "capture.deny_sources"
ALLOW_PROJECTS, DENY_PROJECTS = "capture.allow_projects", "capture.deny_projects"


class Scope(Struct, frozen=True):
    """The four lists. Patterns of projects are as the person wrote them, ``~`` replaced by their home."""

    allow_sources: tuple[str, ...] = ()
    deny_sources: tuple[str, ...] = ()
    allow_projects: tuple[str, ...] = ()
    deny_projects: tuple[str, ...] = ()

    @property
    def by_project(self) -> bool:
        """Whether a session's project matters."""
        return bool(self.allow_projects or self.deny_projects)

    @property
    def withholds_any(self) -> bool:
        """Whether there is a rule at all."""
        return bool(self.by_project or self.allow_sources or self.deny_sources)

    @property
    def rules(self) -> str:
        """The lists of projects as one text that changes when they do."""
        return repr((self.allow_projects, self.deny_projects)) if self.by_project else ""

    def source(self, name: str, *, named: bool = False) -> str | None:
        """Why this agent is not read, ``None`` where it may be. ``named``: a person named the file."""
        if name in self.deny_sources:
            return f"{name} is denied by {DENY_SOURCES}"
        if self.allow_sources and name not in self.allow_sources and not named:
            return f"{name} is not in {ALLOW_SOURCES}"
        return None

    def denied(self, project: str | None) -> str | None:
        """Which rule denies a project."""
        found = next((p for p in self.deny_projects if project and _matches(project, p)), None)
        return None if found is None else f"its project is denied by {DENY_PROJECTS}: {found}"

    def unlisted(self, project: str | None) -> str | None:
        """Why a project that nothing denies is not captured unasked all the same."""
        if not self.allow_projects:
            return None
        if not project:
            return f"its project is not known, and {ALLOW_PROJECTS} names some"
        if any(_matches(project, pattern) for pattern in self.allow_projects):
            return None
        return f"its project is not in {ALLOW_PROJECTS}"

    def withholds(self, projects: Iterable[str], *, named: bool = False) -> str | None:
        """Why a session that worked in these folders, in this order, is not stored.

        One that is denied denies the session. The one that it began in decides whether it is among those allowed;
        a person who names a file has allowed it.
        """
        seen = tuple(projects)
        denied = next((why for project in seen if (why := self.denied(project)) is not None), None)
        if denied is not None or named:
            return denied
        return self.unlisted(seen[0] if seen else None)


def _matches(project: str, pattern: str) -> bool:
    forms = {_normal(project)}
    if Path(project).is_absolute():
        # What a transcript calls /tmp may be a link; a denial should hold for the place, however it is called.
        forms.add(os.path.realpath(project))
    return any(_under(form, pattern) for form in forms)


def _under(project: str, pattern: str) -> bool:
    path = PurePosixPath(project)
    if "/" not in pattern.rstrip("/"):
        return any(fnmatchcase(part, pattern.rstrip("/")) for part in path.parts)
    wanted = {_normal(pattern)}
    if not any(sign in pattern for sign in "*?["):
        wanted.add(os.path.realpath(pattern))
    return any(fnmatchcase(str(folder), one) for folder in (path, *path.parents) for one in wanted)


def _normal(path: str) -> str:
    return os.path.normpath(path.replace("\\", "/"))


def named_projects(path: Path, format_name: str) -> dict[str, list[str]]:
    """The sessions in a file and the folders that each worked in, in order. Nothing else of it is looked at.

    Raises ``SourceError`` where the file can't be read.
    """
    sessions: dict[str, list[str]] = {}
    for event in _events(path, format_name):
        folders = sessions.setdefault(event.session, [])
        if isinstance(event, SessionStarted) and event.project and event.project not in folders:
            folders.append(event.project)
    return sessions


def _events(path: Path, format_name: str) -> Iterator[Event]:
    document, rows = DOCUMENTS.get(format_name), DATABASES.get(format_name)
    if document is not None:
        yield from document.events(path, read_document(path, final=True).records, Counter())
        return
    state: dict[str, str] = {}
    if rows is not None:
        more = True
        while more:
            with open_database(path) as database:
                found = list(rows.poll(database, state, Counter(), limit=READ_LIMIT, final=True))
            yield from (event for event in found if not isinstance(event, Quarantined))
            more = state.pop("more", "") != ""
        return
    lines = LINES[format_name]
    cursor: Cursor | None = None
    packed = PackedFiles()
    more = True
    while more:
        chunk = (
            packed.read_lines(path, cursor, limit=READ_LIMIT)
            if is_packed(path)
            else read_lines(path, cursor, final=True)
        )
        reader = lines.reader(plain_path(path), state)
        for offset, line in chunk.lines:
            if not lines.is_noise(line):
                for at, record in parse_line(offset, line).records:
                    yield from reader.read(record, at)
        cursor, state, more = chunk.cursor, reader.state, chunk.more
