"""Where skills are looked for, in order of precedence. Pure but for asking which folders exist."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from skilltui.library.clients import PROJECT_FOLDERS, user_folders
from skilltui.paths import is_folder


class Root(Struct, frozen=True):
    """A folder of skill folders. ``client`` is who reads it; ``project`` the directory it serves, ``None`` for all."""

    path: Path
    client: str
    project: str | None = None


def default_roots(config_home: Path, extra: Sequence[Path], env: Mapping[str, str] = os.environ) -> list[Root]:
    """The personal roots: the configured skill home, ``extra``, then those of each client that exist.

    The first two come whether they exist or not. No folder comes twice, whatever links lead to it.
    """
    clients = [Root(path, PROJECT_FOLDERS[folder]) for folder, path in user_folders(env).items()]
    known = {os.path.realpath(root.path): root.client for root in reversed(clients)}
    named = [Root(path, known.get(os.path.realpath(path), "skilltui")) for path in (config_home, *extra)]
    found: dict[str, Root] = {}
    for root in (*named, *(root for root in clients if is_folder(root.path))):
        found.setdefault(os.path.realpath(root.path), root)
    return list(found.values())
