"""A model's judgement in the interface: asked for from the palette, and always told from everybody else's word."""

from __future__ import annotations

import json
from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot

from skilltui.domain.trajectory import OutcomeBy
from skilltui.tui.app import SkilltuiApp
from skilltui.tui.pane import PaneCommand
from skilltui.workshop.events import JudgeFailed
from skilltui.workshop.home import Home
from tests.fake_ollama import FakeOllama
from tests.interface.conftest import HOSTILE, assert_clean, opened, screen_text, wait_until
from tests.sessions import ClaudeSession

ASK = "ask a model how it ended"


async def unclear(home: Home, folder: Path, host: str) -> str:
    session = ClaudeSession("b0000000-0000-4000-8000-000000000000").say("make the total bold")
    await home.capturing.ingest([session.call("Edit", {"file_path": "/w/shop/a.py"}).write(folder)])
    home._context.config = replace(home.config, ollama_host=host)
    (one,) = await home.capturing.trajectories()
    return one.id


def offered(pilot: Pilot[None]) -> dict[str, PaneCommand]:
    assert isinstance(pilot.app, SkilltuiApp)
    return {command.title: command for command in pilot.app.offered()}


async def test_a_judged_outcome_is_shown_as_a_models(empty_home: Home, tmp_path: Path) -> None:
    answer = json.dumps({"reason": "The file was changed [/red] as asked.", "outcome": "success"})
    async with FakeOllama(reply=answer) as server:
        one = await unclear(empty_home, tmp_path, server.url)
        async with opened(empty_home) as pilot:
            await wait_until(pilot, lambda: ASK in offered(pilot))
            offered(pilot)[ASK].run()
            await wait_until(pilot, lambda: "by a model's judgement" in screen_text(pilot.app))
            await wait_until(pilot, lambda: "judged" in screen_text(pilot.app))
            assert "0.35" in screen_text(pilot.app)
            assert "[/red] as asked" in " ".join(screen_text(pilot.app).split())
            assert ASK not in offered(pilot)
            await pilot.press("minus")
            await wait_until(pilot, lambda: "failure · your label" in screen_text(pilot.app))
    assert (await empty_home.capturing.trajectory(one)).outcome.by is OutcomeBy.USER


async def test_a_judge_that_can_t_work_says_so_in_a_toast(empty_home: Home) -> None:
    async with opened(empty_home) as pilot:
        empty_home.bus.publish(JudgeFailed(f"no Ollama answers {HOSTILE}", "start it with: ollama serve"))
        await wait_until(pilot, lambda: "the judge can't work" in screen_text(pilot.app))
        assert_clean(pilot.app)
