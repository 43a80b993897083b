"""``doctor``: what is there, what was passed over and why, and whether the store is whole."""

from __future__ import annotations

import json
import platform
from dataclasses import dataclass
from typing import Any

from skilltui import __version__
from skilltui.capture.discover import Skipped, discover_source
from skilltui.errors import StoreError
from skilltui.paths import HomePaths
from skilltui.workshop.capturing import CONSENT_KEY
from skilltui.workshop.home import Home


@dataclass(frozen=True, slots=True)
class Report:
    """Both forms of the answer."""

    data: dict[str, Any]
    lines: list[str]
    healthy: bool


async def examine(
    home: Home, *, verify: bool, paths: HomePaths | None = None, damage: StoreError | None = None
) -> Report:
    """Look at everything; changes nothing.

    Where the store can't be opened, ``damage`` says why, ``paths`` is where it is, and ``home`` has another.
    """
    paths = paths or home.paths
    problems = [f"{damage.message} ({damage.hint})"] if damage else await _problems(home, verify=verify)
    store = {"path": str(paths.database), "state": "damaged" if problems else "whole", "verified": verify}
    agents, skipped = _agents(home)
    model = await home.learning.model_status()
    files = await home.capturing.files()
    broken = await home.library.broken()
    data = {
        "version": __version__, "python": platform.python_version(), "sqlite": home.database.sqlite_version,
        "home": str(paths.data_dir), "config": str(paths.config),
        "unknown_settings": list(home.config.unknown),
        "capture": home.capturing.consent, "agents": agents,
        "files": [
            {
                "path": f.path, "format": f.source, "gone": f.gone, "quarantined": f.quarantined,
                "unknown": json.loads(f.unknown), "read_at": f.read_at,
            }
            for f in files
        ],
        "skipped": [{"path": path, "reason": reason} for path, reason in skipped],
        "broken_skills": [b.path for b in broken],
        "ollama": {"state": model.state, "host": model.host, "model": model.model, "hint": model.hint},
        "store": store, "problems": problems,
    }  # fmt: skip
    lines = [
        f"skilltui {__version__} on Python {data['python']}, SQLite {data['sqlite']}",
        f"home     {data['home']}",
        f"config   {data['config']}",
        f"capture  {'on' if home.capturing.consent else f'off: skilltui config set {CONSENT_KEY} true'}",
        *(f"agent    {name}: {', '.join(a['folders']) or 'no folder found'}" for name, a in agents.items()),
        f"files    {len(files)} read, {sum(f.quarantined for f in files)} damaged lines set aside",
        *(f"skipped  {path}: {reason}" for path, reason in skipped),
        *(f"broken   {b.path}" for b in broken),
        *(f"setting  {name} is none of ours" for name in home.config.unknown),
        f"ollama   {model.state}{' · ' + model.model if model.model else ''}{' · ' + model.hint if model.hint else ''}",
        f"store    {store['state']}",
        *(f"PROBLEM  {problem}" for problem in problems),
    ]
    return Report(data, lines, not problems)


async def _problems(home: Home, *, verify: bool) -> list[str]:
    try:
        return await home.comparing.integrity(every_page=verify)
    except StoreError as error:
        return [error.message]


def _agents(home: Home) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    agents: dict[str, Any] = {}
    skipped: list[tuple[str, str]] = []
    for name, folders in home.capturing.folders.items():
        count = 0
        # Without consent, folders are named but not opened.
        if home.capturing.consent:
            for entry in discover_source(folders, name):
                if isinstance(entry, Skipped):
                    skipped.append((str(entry.path), entry.reason))
                else:
                    count += 1
        agents[name] = {"folders": [str(folder) for folder in folders], "files": count}
    return agents, skipped
