"""Forgetting in the interface: a question that says what goes, and lists that no longer have it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from skilltui.tui.dialogs import Confirm
from skilltui.workshop.home import Home
from tests.interface.conftest import (
    SIZES,
    assert_clean,
    hostile_session,
    login_session,
    opened,
    screen_text,
    wait_until,
)
from tests.interface.test_live import list_of


@pytest.mark.parametrize("size", SIZES)
async def test_a_task_goes_after_a_yes(home: Home, size: tuple[int, int]) -> None:
    async with opened(home, size) as pilot:
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 4)
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        chosen = list_of(pilot, "trajectories").highlighted
        await pilot.press("x")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        text = screen_text(pilot.app)
        assert "Forget this task, for good?" in text
        assert "1 task · 3 steps · api-server" in text
        assert "gaps, trust and evidence" in text
        await pilot.press("n")
        assert len(await home.capturing.trajectories()) == 4
        await pilot.press("x")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 3)
        assert list_of(pilot, "trajectories").highlighted not in {chosen, None}
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        assert "make the login tests pass" not in screen_text(pilot.app)
        assert_clean(pilot.app)


def has_rows(pilot: Pilot[None], count: int) -> bool:
    return len(list_of(pilot, "sessions").rows) == count


async def test_a_session_goes_with_its_draft_and_the_last_one_leaves_a_calm_pane(home: Home) -> None:
    gap = (await home.curating.gaps())[0]
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    async with opened(home) as pilot:
        await wait_until(pilot, lambda: len(list_of(pilot, "sessions").rows) == 5)
        for left in (3, 2, 1, 0):
            await wait_until(pilot, lambda: list_of(pilot, "sessions").rows)
            list_of(pilot, "sessions").focus()
            await pilot.press("end")
            await pilot.pause()
            await pilot.press("x")
            await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
            assert "Forget this session" in screen_text(pilot.app)
            if left == 3:
                assert f"Draft 1 of {draft.skill} quotes it, and goes too." in screen_text(pilot.app)
            await pilot.press("enter")
            rows = left + 1 if left else 0
            await wait_until(pilot, partial(has_rows, pilot, rows))
        await wait_until(pilot, lambda: not list_of(pilot, "steps").rows)
        assert_clean(pilot.app)
    assert await home.curating.gaps(None) == []


async def test_a_hostile_name_is_asked_about_safely(empty_home: Home, tmp_path: Path) -> None:
    await empty_home.capturing.ingest([hostile_session().write(tmp_path / "t"), login_session().write(tmp_path / "t")])
    async with opened(empty_home, (80, 24)) as pilot:
        await wait_until(pilot, lambda: list_of(pilot, "trajectories").rows)
        await pilot.press("end")
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        await pilot.press("x")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert_clean(pilot.app)
        await pilot.press("y")
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 1)
        assert_clean(pilot.app)
