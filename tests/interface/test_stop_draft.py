"""Escape stops the draft that is being written, from whatever pane the person is in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from skilltui.paths import HomePaths
from skilltui.tui.app import SkilltuiApp
from skilltui.tui.widgets.line_list import LineList
from skilltui.workshop.home import Home
from tests.fake_ollama import FakeOllama
from tests.interface.conftest import opened, screen_text, wait_until
from tests.sessions import write_releases


@pytest.mark.parametrize("pane", ["1", "2", "4"])
async def test_escape_stops_a_draft_from_any_pane(tmp_path: Path, person: Path, pane: str) -> None:
    paths = HomePaths(tmp_path / "home", tmp_path / "home")
    paths.make()
    async with FakeOllama() as server:
        paths.config.write_text(f'[ollama]\nhost = "{server.url}"\n', encoding="utf-8")
        async with Home.open(paths, env={"HOME": str(person)}) as home:
            write_releases(tmp_path / "t")
            await home.capturing.ingest([tmp_path / "t"])
            server.gate.hold()
            async with opened(home, (120, 40), "gaps") as pilot:
                app = pilot.app
                assert isinstance(app, SkilltuiApp)
                await wait_until(pilot, lambda: app.query_one("#gaps LineList", LineList).highlighted)
                await pilot.press("d")
                server.gate.let(6)
                await wait_until(pilot, lambda: "esc stops it" in screen_text(app) and server.chats)
                await pilot.press(pane)
                await pilot.press("escape")
                await wait_until(pilot, lambda: "esc stops it" not in screen_text(app), seconds=3)
                await asyncio.wait_for(server.requests[-1].closed.wait(), 3)
            assert await home.reviewing.proposals() == []
            assert len(await home.curating.gaps()) == 1
