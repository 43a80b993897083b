"""The retrieval preview of a skill's version, over Versions."""

from __future__ import annotations

from typing import Any

from textual.app import App

from skilltui.domain.version import VersionState
from skilltui.tui.dialogs import Told
from skilltui.tui.preview_rows import blocks, fire_words
from skilltui.tui.versions_state import Compared
from skilltui.workshop.home import Home


async def show_fires(app: App[Any], home: Home, shown: Compared | None) -> None:
    """Read it and show it. Runs in a worker.

    What is live takes requests from the library without it; another version is compared with what is live.
    """
    if shown is None:
        return
    version = shown.version(shown.after)
    live = version is None or version.state is VersionState.ACTIVE
    preview = await home.previewing.skill(shown.skill, None if live else shown.after)
    name = shown.skill if live else f"{shown.skill} {shown.after}"
    app.push_screen(Told(f"{name} {fire_words(preview)}", blocks(preview)))
