"""The demo's tour leads from the first pane to two compared versions, by the keys that it names."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from skilltui.config import set_config
from skilltui.demo.player import Player
from skilltui.domain.version import VersionState
from skilltui.paths import HomePaths
from skilltui.tui.app import SkilltuiApp
from skilltui.tui.tour import END, STOPS, walk
from skilltui.workshop.capturing import CONSENT_KEY
from skilltui.workshop.home import Home
from tests.interface.conftest import SIZES, assert_clean, running, screen_text, wait_until


@pytest.mark.parametrize("size", SIZES)
async def test_the_tour_walks_the_whole_loop_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    player = Player(tmp_path, speed=500)
    player.prepare()
    paths = HomePaths(tmp_path / "skilltui", tmp_path / "skilltui")
    paths.make()
    set_config(paths.config, CONSENT_KEY, "true")
    set_config(paths.config, "ollama.host", "127.0.0.1:9")
    async with Home.open(paths, env={"HOME": str(tmp_path)}) as home:
        app = SkilltuiApp(home, tour=True)
        async with running(app, size) as pilot:
            assert app.tour is not None
            await wait_until(pilot, lambda: STOPS[0].text[:20] in screen_text(app))
            await player.play()
            walking = asyncio.create_task(walk(app, app.tour, speed=100))
            await wait_until(pilot, walking.done, seconds=60)
            assert app.tour.stop_now is None
            await wait_until(pilot, lambda: END[:20] in screen_text(app))
            assert_clean(app)
        views = await home.comparing.versions("pytest-fixtures")
        assert [v.version.state for v in views] == [VersionState.SUPERSEDED, VersionState.ACTIVE]
        assert len(await home.comparing.skills_with_history()) == 2
