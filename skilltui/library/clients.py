"""Which copy of a skill each client loads. Clients look in different folders, and in different orders.

Sources: Claude Code's and Gemini CLI's documentation, OpenCode's loader (the last one read wins, its own folders come
last). Codex and Cursor document where they look, not which copy wins; for them the nearer folder is taken to win, as
the specification advises clients.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct, field

from skilltui.domain.skill import Skill, Verdict
from skilltui.paths import as_path, claude_skill_home, user_home


class Tier(StrEnum):
    """Whose folder it is."""

    USER = "user"
    PROJECT = "project"


_USER, _PROJECT = Tier.USER, Tier.PROJECT
_CLAUDE, _AGENTS, _GEMINI, _CODEX, _CURSOR = (
    f".{name}/skills" for name in ("claude", "agents", "gemini", "codex", "cursor")
)
_OPENCODE = ".opencode/skills"

# A project's folders and who reads them first.
PROJECT_FOLDERS: Mapping[str, str] = {
    _CLAUDE: "claude-code", _AGENTS: "agents", _GEMINI: "gemini", _OPENCODE: "opencode", _CODEX: "codex",
    _CURSOR: "cursor",
}  # fmt: skip

# Where each client looks; of two copies it loads the one whose place comes first.
CLIENTS: Mapping[str, Sequence[tuple[Tier, str]]] = {
    "claude-code": ((_USER, _CLAUDE), (_PROJECT, _CLAUDE)),
    "codex": ((_PROJECT, _AGENTS), (_USER, _AGENTS), (_USER, _CODEX)),
    "gemini": ((_PROJECT, _AGENTS), (_PROJECT, _GEMINI), (_USER, _AGENTS), (_USER, _GEMINI)),
    "opencode": (
        (_PROJECT, _OPENCODE), (_USER, _OPENCODE), (_PROJECT, _AGENTS), (_PROJECT, _CLAUDE), (_USER, _AGENTS),
        (_USER, _CLAUDE),
    ),
    "cursor": tuple((tier, folder) for tier in (_PROJECT, _USER) for folder in (_CURSOR, _AGENTS, _CLAUDE, _CODEX)),
}  # fmt: skip


class Loading(Struct, frozen=True):
    """What one client makes of one copy.

    ``loads``: it loads this one, in its project or, of a personal one, wherever no project has its own.
    ``shadowed_by``: the copy that it loads instead; ``None`` also where it never looks. ``shadowed_in``: of a personal
    copy that is loaded, the projects whose own copy wins there, with its path.
    """

    loads: bool = False
    shadowed_by: str | None = None
    shadowed_in: Mapping[str, str] = field(default_factory=dict)


def user_folders(env: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """A person's own folders of skills, by what they are called in a project."""
    home = user_home(env)
    return {
        _AGENTS: home / ".agents" / "skills",
        _CLAUDE: claude_skill_home(env),
        _CODEX: as_path(env.get("CODEX_HOME") or home / ".codex") / "skills",
        _GEMINI: home / ".gemini" / "skills",
        _OPENCODE: as_path(env.get("XDG_CONFIG_HOME") or home / ".config") / "opencode" / "skills",
        _CURSOR: home / ".cursor" / "skills",
    }


class _Placed(Struct, frozen=True):
    skill: Skill
    tier: Tier
    folder: str
    project: str | None


def loadings(skills: Sequence[Skill], env: Mapping[str, str] = os.environ) -> dict[str, dict[str, Loading]]:
    """By the path of each skill and the name of each client, what that client makes of it."""
    mine = {os.path.realpath(path) + os.sep: folder for folder, path in user_folders(env).items()}
    by_name: defaultdict[str, list[_Placed]] = defaultdict(list)
    found: dict[str, dict[str, Loading]] = {}
    real: dict[str, str] = {}
    for skill in skills:
        found[skill.path] = {client: Loading() for client in CLIENTS}
        placed = _place(skill, mine, real)
        # What a client can't read it does not load, and it stands in no other's way.
        if placed is not None and not any(f.verdict is Verdict.REJECT for f in skill.findings):
            by_name[skill.name].append(placed)
    for copies in by_name.values():
        for client, order in CLIENTS.items():
            read = [copy for copy in copies if (copy.tier, copy.folder) in order]
            for copy in read:
                found[copy.skill.path][client] = _loading(copy, read, order)
    return found


def differing(skills: Sequence[Skill], loaded: Mapping[str, Mapping[str, Loading]]) -> set[str]:
    """The names under which clients load different skills."""
    seen: defaultdict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for skill in skills:
        for client, loading in loaded.get(skill.path, {}).items():
            if loading.loads:
                seen[skill.name][client].add(skill.hash)
    return {
        name
        for name, clients in seen.items()
        if len({frozenset(hashes) for hashes in clients.values()}) > 1 or any(len(h) > 1 for h in clients.values())
    }


def _place(skill: Skill, mine: Mapping[str, str], real: dict[str, str]) -> _Placed | None:
    """``real`` keeps what the folders of skills are without links: there are few of them, and skills are many."""
    if skill.root not in real:
        real[skill.root] = os.path.realpath(skill.root) + os.sep
    folder = next((folder for path, folder in mine.items() if real[skill.root].startswith(path)), None)
    if folder is not None:
        return _Placed(skill, _USER, folder, None)
    for place in PROJECT_FOLDERS:
        project, found, _ = skill.path.rpartition(f"/{place}/")
        if found:
            return _Placed(skill, _PROJECT, place, project)
    return None


def _loading(copy: _Placed, read: Sequence[_Placed], order: Sequence[tuple[Tier, str]]) -> Loading:
    personal = [one for one in read if one.tier is _USER]
    if copy.tier is _PROJECT:
        winner = _first([*personal, *(one for one in read if one.project == copy.project)], order)
        return _outcome(copy, winner)
    winner = _first(personal, order)
    if winner is not copy:
        return _outcome(copy, winner)
    projects = {one.project for one in read if one.project is not None}
    own = {p: _first([*personal, *(one for one in read if one.project == p)], order) for p in sorted(projects)}
    return Loading(loads=True, shadowed_in={p: one.skill.path for p, one in own.items() if one is not copy})


def _first(copies: Iterable[_Placed], order: Sequence[tuple[Tier, str]]) -> _Placed:
    return min(copies, key=lambda one: (order.index((one.tier, one.folder)), one.skill.path))


def _outcome(copy: _Placed, winner: _Placed) -> Loading:
    return Loading(loads=True) if winner is copy else Loading(shadowed_by=winner.skill.path)
