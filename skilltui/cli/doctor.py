"""``doctor``: what is there, what was passed over and why, and whether the store is whole."""

from __future__ import annotations

import asyncio
import platform
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from skilltui import __version__
from skilltui.cli import shapes
from skilltui.cli.output import embedding_words, table
from skilltui.errors import StoreError
from skilltui.paths import HomePaths
from skilltui.text.sanitise import sanitise_line
from skilltui.versions.copies import CopyState
from skilltui.workshop.agent_hooks import hooks_installed
from skilltui.workshop.capturing import CONSENT_KEY
from skilltui.workshop.home import Home
from skilltui.workshop.inspecting import AgentSeen, FileSeen, Inspection
from skilltui.workshop.nudges import waiting
from skilltui.workshop.retaining import StoreSize

# How many of a long list people are shown; --json has all of it.
_SHOWN = 5
_MB = 1 << 20


class Report(Struct, frozen=True):
    """Both forms of the answer."""

    data: dict[str, Any]
    lines: list[str]
    healthy: bool


async def examine(
    home: Home,
    *,
    verify: bool,
    named_home: Path | None = None,
    paths: HomePaths | None = None,
    damage: StoreError | None = None,
) -> Report:
    """Look at everything; changes nothing.

    ``named_home``: as ``AgentHooks`` wants it. Where the store can't be opened, ``damage`` says why, ``paths`` is where
    it is, and ``home`` has another.
    """
    paths = paths or home.paths
    problems = [f"{damage.message} ({damage.hint})"] if damage else await _problems(home, verify=verify)
    seen = await home.inspecting.look()
    size = None if damage else await home.retaining.size()
    store = {"path": str(paths.database), "state": "damaged" if problems else "whole", "verified": verify}
    way, skills_way = await asyncio.gather(_way(home), home.shelf_watcher.way_here())
    hooks = hooks_installed(paths, named_home, home.env)
    spool = waiting(paths.spool)
    model = await home.learning.model_status()
    embeddings = await home.library.embeddings.status()
    broken = await home.library.broken()
    copies = [c for some in (await home.lifecycle.copies()).values() for c in some if c.state is CopyState.DIFFERS]
    unfinished = await home.lifecycle.unfinished()
    data = {
        "version": __version__, "python": platform.python_version(), "sqlite": home.database.sqlite_version,
        "home": str(paths.data_dir), "config": str(paths.config),
        "unknown_settings": list(home.config.unknown), "capture": home.capturing.consent, "live": way,
        "skills": skills_way, "hooks": hooks,
        "spool": {"events": spool.events, "dropped": spool.dropped},
        **_seen(seen),
        "broken_skills": [b.path for b in broken],
        "copies": [{"path": str(c.path), "state": c.state} for c in copies], "unfinished": unfinished,
        "ollama": {"state": model.state, "host": model.host, "model": model.model, "hint": model.hint},
        "embeddings": shapes.embeddings(embeddings),
        "store": store, "size": _size(size), "problems": problems,
    }  # fmt: skip
    lines = [
        f"skilltui {__version__} on Python {data['python']}, SQLite {data['sqlite']}",
        f"home     {data['home']}",
        f"config   {data['config']}",
        f"capture  {'on' if home.capturing.consent else f'off: skilltui config set {CONSENT_KEY} true'}",
        f"live     {way}",
        f"skills   {skills_way}",
        *(f"hook     {name}: {state}" for name, state in hooks.items()),
        *([f"spool    {spool.dropped} hook events were dropped while nothing read them"] if spool.dropped else []),
        "",
        *_agents(seen.agents),
        "",
        *_files(seen),
        *(f"broken   {b.path}" for b in broken),
        *(f"copy     {_short(c.path)} differs from the skill: somebody edited it, or it is behind" for c in copies),
        *(f"halfway  {what}: it is finished at the next start" for what in unfinished),
        *(f"setting  {name} is none of ours" for name in home.config.unknown),
        f"ollama   {model.state}{' · ' + model.model if model.model else ''}{' · ' + model.hint if model.hint else ''}",
        *textwrap.wrap(f"match    {embedding_words(embeddings)}", _width(), subsequent_indent=" " * 9),
        f"store    {store['state']}{_fill(size) if size else ''}",
        *(f"PROBLEM  {problem}" for problem in problems),
    ]
    return Report(data, lines, not problems)


async def _way(home: Home) -> str:
    return await home.watcher.way_here() if home.capturing.consent else "off"


async def _problems(home: Home, *, verify: bool) -> list[str]:
    try:
        return await home.comparing.integrity(every_page=verify)
    except StoreError as error:
        return [error.message]


def _seen(seen: Inspection) -> dict[str, Any]:
    return {
        "agents": {
            a.name: {
                "folders": [str(folder) for folder in a.folders], "missing": [str(folder) for folder in a.missing],
                "files": a.files, "sessions": a.sessions, "withheld": a.withheld,
            }
            for a in seen.agents
        },
        "files": [
            {
                "path": f.path, "format": f.format, "gone": f.gone, "quarantined": len(f.quarantined),
                "quarantine": [{"offset": d.offset, "length": d.length, "reason": d.reason} for d in f.quarantined],
                "unknown": dict(f.unknown), "read_at": f.read_at,
            }
            for f in seen.files
        ],
        "skipped": [{"path": path, "reason": reason} for path, reason in seen.skipped],
        "unknown": {name: dict(counts) for name, counts in sorted(seen.unknown.items())},
    }  # fmt: skip


def _agents(agents: tuple[AgentSeen, ...]) -> list[str]:
    rows = [(a.name, _count(a.files), a.sessions, _place(a)) for a in agents]
    return [table(("agent", "files", "sessions", "where"), rows)]


def _count(files: int | None) -> str:
    return "–" if files is None else str(files)


def _place(agent: AgentSeen) -> str:
    if agent.withheld:
        return agent.withheld
    if agent.folders:
        return ", ".join(map(_short, agent.folders))
    return f"not found: {', '.join(map(_short, agent.missing))}" if agent.missing else "read where it was named"


def _short(path: Path | str) -> str:
    home = str(Path.home())
    # One line, whatever a file is called: a name must not make up a line of this report.
    return sanitise_line("~" + str(path)[len(home) :] if str(path).startswith(home + "/") else str(path))


def _files(seen: Inspection) -> Iterator[str]:
    waiting = sum(f.read_at is None for f in seen.files)
    gone = sum(f.gone for f in seen.files)
    notes = [f"{len(seen.files) - waiting} read"]
    notes += [f"{waiting} wait to be read"] if waiting else []
    notes += [f"{gone} no longer on disk, their rows kept"] if gone else []
    yield f"files    {', '.join(notes)}"
    yield from _damaged([f for f in seen.files if f.quarantined])
    for name, counts in sorted(seen.unknown.items()):
        told = [f"{kind} {count}×" for kind, count in counts.most_common(_SHOWN)]
        more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
        text = f"unknown  record types of {name}: {', '.join(told)}{more}"
        yield from textwrap.wrap(text, _width(), subsequent_indent=" " * 9)
    reasons = Counter(reason for _, reason in seen.skipped)
    for reason, count in reasons.most_common():
        places = [path for path, why in seen.skipped if why == reason]
        text = f"skipped  {count} {'file' if count == 1 else 'files'}: {reason}"
        yield from textwrap.wrap(text, _width(), subsequent_indent=" " * 9)
        yield from (f"         {_fit(path)}" for path in places[:_SHOWN])
        yield from _more(count, "of them")


def _damaged(files: list[FileSeen]) -> Iterator[str]:
    if not files:
        return
    lines = sum(len(f.quarantined) for f in files)
    yield f"damaged  {lines} {'piece' if lines == 1 else 'pieces'} set aside, the rest of each file was read"
    for f in sorted(files, key=lambda f: -len(f.quarantined))[:_SHOWN]:
        why = ", ".join(f"{reason} {n}×" for reason, n in Counter(d.reason for d in f.quarantined).most_common(3))
        yield f"         {_fit(f.path, len(why) + 2)}: {why}"
    yield from _more(len(files), "files")


def _more(count: int, what: str) -> Iterator[str]:
    if count > _SHOWN:
        yield f"         … and {count - _SHOWN} more {what}: --json names them all"


def _fit(path: str, beside: int = 0) -> str:
    """A path by its end, which tells files apart, on one line of the terminal."""
    room = max(_width() - 9 - beside, 20)
    short = _short(path)
    return short if len(short) <= room else "…" + short[len(short) - room + 1 :]


def _width() -> int:
    return shutil.get_terminal_size((120, 24)).columns


def _size(size: StoreSize | None) -> dict[str, int] | None:
    if size is None:
        return None
    return {"bytes": size.used, "cap_bytes": size.cap, "trimmed_trajectories": size.trimmed}


def _fill(size: StoreSize) -> str:
    told = f", {size.used / _MB:.1f} of {size.cap // _MB} MB"
    if size.trimmed:
        told += f"; outputs of the {size.trimmed} oldest trajectories were cut down"
    if size.used > size.cap:
        told += "; nothing is left in it that may be cut: raise capture.max_store_mb, or forget something"
    return told
