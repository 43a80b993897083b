"""Makes the README's pictures from the demo: ``python screenshots/make.py``."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual.pilot import Pilot

from skilltui.config import set_config
from skilltui.demo.player import Player
from skilltui.paths import HomePaths
from skilltui.tui.app import SkilltuiApp
from skilltui.workshop.capturing import CONSENT_KEY
from skilltui.workshop.home import Home

SIZE = (132, 40)
# Workers that run as long as the app does.
LASTING = {"bridge", "capture", "background", "tending", "library"}
HERE = Path(__file__).resolve().parent
# Viewers that may not fetch fonts draw the same picture with the font of their own.
_FONT_FACES = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)
# Plain spaces at the ends of a text are dropped when it is drawn.
_TEXT = re.compile(r"(<text[^>]*>)([^<]*)(</text>)")


async def until(pilot: Pilot[None], true: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for a condition, not for a time."""
    for _ in range(600):
        if await true():
            await pilot.pause()
            return
        await pilot.pause(0.05)
    sys.exit(f"this never came: {what}")


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, and let what they start come to its end."""
    for key in keys:
        await pilot.press(key)
        passing = [worker for worker in pilot.app.workers if worker.group not in LASTING]
        if passing:
            await pilot.app.workers.wait_for_complete(passing)
        await pilot.pause(0.2)


def save(app: SkilltuiApp, name: str) -> None:
    """One picture."""
    svg = _FONT_FACES.sub("", app.export_screenshot(title="skilltui"))
    svg = _TEXT.sub(lambda text: text[1] + text[2].replace(" ", "&#160;") + text[3], svg)
    (HERE / f"{name}.svg").write_text(svg, encoding="utf-8")


async def main() -> None:
    """The four panes."""
    with tempfile.TemporaryDirectory() as folder:
        # Paths on the pictures begin with ~, and say nothing of this machine.
        os.environ["HOME"] = folder
        base = Path(folder)
        player = Player(base, speed=200)
        player.prepare()
        paths = HomePaths(base / "skilltui", base / "skilltui")
        paths.make()
        set_config(paths.config, CONSENT_KEY, "true")
        # Nothing listens on port 9: the pictures show what everybody has, with no model.
        async with Home.open(paths, env={"HOME": folder}) as home:
            set_config(paths.config, "ollama.host", "127.0.0.1:9")
            app = SkilltuiApp(home)
            async with app.run_test(size=SIZE, notifications=True, tooltips=True) as pilot:
                await player.play()
                await home.watcher.caught_up()
                # New tasks came above the chosen one, and how many is a matter of time.
                await press(pilot, "home", *["down"] * 4, "enter", "enter")
                save(app, "live")
                await press(pilot, "2")
                save(app, "gaps")
                await press(pilot, "d")
                await until(pilot, lambda: _some(home.reviewing.proposals()), "a draft")
                await press(pilot, "a", "down")
                save(app, "workbench")
                for proposal in await home.reviewing.proposals():
                    await home.reviewing.accept(proposal.skill, proposal.version, unverified=True)
                report = await home.learning.distill(["pytest-fixtures"], engine="extractive")
                for proposal in report.proposals:
                    await home.reviewing.accept(proposal.skill, proposal.version, unverified=True)
                await press(pilot, "4", "home", "down", "down", "enter")
                save(app, "versions")


async def _some(found: Awaitable[Sequence[object]]) -> bool:
    return bool(await found)


if __name__ == "__main__":
    asyncio.run(main())
