"""Importing from the palette: a place is asked for, drafts stand in the Workbench, what was left out is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from skilltui.tui.app import SkilltuiApp
from skilltui.tui.dialogs import Confirm, Reason, Told
from skilltui.workshop.home import Home
from tests.interface.conftest import SIZES, assert_clean, opened, screen_text, wait_until
from tests.service.conftest import add_skill

TEXT = '---\nname: tidy-logs\ndescription: "Tidies logs. Use when logs [b]grow[/b]."\n---\n\n1. Rotate them.\n'


async def asked(pilot: Pilot[None], place: Path) -> None:
    app = pilot.app
    assert isinstance(app, SkilltuiApp)
    next(command for command in app.offered() if command.title == "import skills").run()
    await wait_until(pilot, lambda: isinstance(app.screen, Reason))
    # Pasted, as a path is: a hundred keys would take seconds.
    app.screen.query_one(Input).value = str(place)
    await pilot.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_an_import_is_read_and_saved_like_any_draft(home: Home, size: tuple[int, int], tmp_path: Path) -> None:
    add_skill(tmp_path / "b", "tidy-logs", TEXT)
    add_skill(tmp_path / "b", "bad", "no frontmatter\n")
    async with opened(home, size) as pilot:
        await asked(pilot, tmp_path / "b")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Told))
        assert "There is no frontmatter" in screen_text(pilot.app)
        await pilot.press("escape", "3")
        await wait_until(pilot, lambda: "tidy-logs" in screen_text(pilot.app))
        await wait_until(pilot, lambda: "imported from" in screen_text(pilot.app))
        assert_clean(pilot.app)
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert "Make the imported tidy-logs live" in screen_text(pilot.app)
        await pilot.press("y")
        await wait_until(pilot, lambda: "is live" in screen_text(pilot.app))
    trust = await home.comparing.trust("tidy-logs")
    assert [one.level for one in trust] == ["quarantined"]


async def test_a_wrong_place_is_told_with_what_would_be_right(home: Home, tmp_path: Path) -> None:
    async with opened(home) as pilot:
        await asked(pilot, tmp_path / "nowhere")
        await wait_until(pilot, lambda: "there is nothing at" in screen_text(pilot.app))
