"""The skill folders that projects have of their own. Looks, reads no skill; follows no link out of a project."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from skilltui.library.clients import PROJECT_FOLDERS
from skilltui.library.roots import Root

MAX_ROOTS = 100
# From where somebody worked up to the top of their repository.
_MAX_LEVELS = 12


def project_roots(
    projects: Iterable[str], personal: Collection[Path], home: Path, allowed: Callable[[str], bool]
) -> list[Root]:
    """The folders that exist of these projects' own, the first project's first.

    A project is a directory that somebody worked in; the directories above it count up to the top of its repository,
    as agents have it. ``personal`` folders, what lies above ``home`` and what is not ``allowed`` are left out.
    """
    taken = {os.path.realpath(path) for path in personal}
    found: list[Root] = []
    seen: set[str] = set()
    for project in projects:
        for base in _levels(project, home):
            if str(base) in seen or not allowed(str(base)):
                continue
            seen.add(str(base))
            for folder, client in PROJECT_FOLDERS.items():
                real = os.path.realpath(base / folder)
                if real in taken or not real.startswith(os.path.realpath(base) + os.sep) or not os.path.isdir(real):
                    continue
                taken.add(real)
                found.append(Root(base / folder, client, str(base)))
                if len(found) == MAX_ROOTS:
                    return found
    return found


def _levels(project: str, home: Path) -> Iterator[Path]:
    base = Path(project)
    if not base.is_absolute() or not os.path.isdir(base):
        return
    levels = [base, *base.parents][:_MAX_LEVELS]
    top = next((n for n, level in enumerate(levels) if os.path.exists(level / ".git")), 0)
    for level in levels[: top + 1]:
        # In a person's home directory stands what is theirs everywhere.
        if not home.is_relative_to(level):
            yield level
