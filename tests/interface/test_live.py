"""Live, as a person uses it: over real transcripts in a real home."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from skilltui.domain.trajectory import Fault, OutcomeBy, OutcomeLabel
from skilltui.tui.app import SkilltuiApp
from skilltui.tui.chooser import Chooser
from skilltui.tui.filters import TrajectoryFilter, parse_filter
from skilltui.tui.messages import OpenTrajectory
from skilltui.tui.widgets.detail import Detail
from skilltui.tui.widgets.line_list import LineList
from skilltui.workshop.home import Home
from tests.interface.conftest import SIZES, assert_clean, login_session, opened, screen_text, wait_until

LOGIN = "make the login tests pass"


def list_of(pilot: object, name: str) -> LineList:
    app = pilot.app  # type: ignore[attr-defined]
    found = app.query_one(f"#{name}")
    assert isinstance(found, LineList)
    return found


@pytest.mark.parametrize("size", SIZES)
async def test_one_glance_tells_who_works_and_how_it_went(home: Home, size: tuple[int, int]) -> None:
    async with opened(home, size) as pilot:
        await wait_until(pilot, lambda: LOGIN in screen_text(pilot.app))
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        text = screen_text(pilot.app)
        assert f"✓ {LOGIN}" in text
        assert "1✗" in text
        if size[0] >= 120:
            assert "● claude api-server" in text
            assert "you corrected" in text
            assert "OUTCOME" in text
            assert "$ pytest tests/login -q" in text
        assert_clean(pilot.app)


async def test_at_80_columns_enter_goes_in_and_escape_comes_back(home: Home) -> None:
    async with opened(home, (80, 24)) as pilot:
        await wait_until(pilot, lambda: list_of(pilot, "trajectories").rows)
        assert "TRAJECTORIES" in screen_text(pilot.app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "STEPS" in screen_text(pilot.app) and "fixture 'db'" in screen_text(pilot.app))
        assert "TRAJECTORIES" not in screen_text(pilot.app)
        assert "success" in screen_text(pilot.app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "OUTPUT" in screen_text(pilot.app))
        assert "1 failed in 2.61s" in screen_text(pilot.app)
        await pilot.press("escape")
        await wait_until(pilot, lambda: "STEPS" in screen_text(pilot.app))
        await pilot.press("escape", "escape")
        await wait_until(pilot, lambda: "SESSIONS" in screen_text(pilot.app))
        await pilot.resize_terminal(120, 40)
        await wait_until(pilot, lambda: "STEPS" in screen_text(pilot.app) and "SESSIONS" in screen_text(pilot.app))


async def test_a_session_narrows_the_trajectories(home: Home) -> None:
    async with opened(home) as pilot:
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 4)
        await pilot.press("left", "down")
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 1)
        assert "api-server · 1" in screen_text(pilot.app)
        await pilot.press("up")
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 4)


async def test_a_persons_label_wins_and_is_shown_as_theirs(home: Home) -> None:
    async with opened(home) as pilot:
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        chosen = list_of(pilot, "trajectories").highlighted
        assert chosen is not None
        await pilot.press("minus")
        await wait_until(pilot, lambda: f"✗ {LOGIN}" in screen_text(pilot.app))
        await wait_until(pilot, lambda: "failure · your label" in screen_text(pilot.app))
        assert "yours" in screen_text(pilot.app)
        assert (await home.capturing.trajectory(chosen)).outcome.by is OutcomeBy.USER
        await pilot.press("0")
        await wait_until(pilot, lambda: "unknown · your label" in screen_text(pilot.app))
        await pilot.press("plus")
        await wait_until(pilot, lambda: "success · your label" in screen_text(pilot.app))


async def test_a_fault_is_chosen_from_a_list_and_makes_it_a_failure(home: Home) -> None:
    async with opened(home) as pilot:
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        chosen = list_of(pilot, "trajectories").highlighted
        assert chosen is not None
        await pilot.press("f")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Chooser))
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: "failure · your label" in screen_text(pilot.app))
        outcome = (await home.capturing.trajectory(chosen)).outcome
        assert (outcome.label, outcome.fault) == (OutcomeLabel.FAILURE, Fault.MODEL)


async def test_search_finds_by_words_and_by_outcome_and_escape_ends_it(home: Home) -> None:
    async with opened(home) as pilot:
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 4)
        await pilot.press("slash", *"release")
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 3)
        await pilot.press(*" is:fail")
        await wait_until(pilot, lambda: not list_of(pilot, "trajectories").rows)
        assert "No trajectory fits the search." in screen_text(pilot.app)
        await pilot.press("escape")
        await wait_until(pilot, lambda: len(list_of(pilot, "trajectories").rows) == 4)
        assert not pilot.app.query_one("#search", Input).display


def test_a_search_is_words_and_keys() -> None:
    assert parse_filter("a is:fail b") == TrajectoryFilter(text="a b", outcome="failure")
    assert parse_filter("skill:x agent:codex") == TrajectoryFilter(skill="x", source="codex")
    assert parse_filter("why: http://x is:nonsense") == TrajectoryFilter(text="why: http://x")


async def test_the_next_failure_is_one_key_away(home: Home) -> None:
    async with opened(home) as pilot:
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        first = list_of(pilot, "trajectories").highlighted
        await pilot.press("exclamation_mark")
        await wait_until(pilot, lambda: list_of(pilot, "trajectories").highlighted != first)
        await wait_until(pilot, lambda: "dist/shop-0.1.tar.gz: stale" in screen_text(pilot.app))


HOSTILE_STEP = "echo [/]"


@pytest.mark.parametrize("size", SIZES)
async def test_a_hostile_transcript_is_read_like_any_other(hostile_home: Home, size: tuple[int, int]) -> None:
    async with opened(hostile_home, size) as pilot:
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        await pilot.press("down")
        await wait_until(pilot, lambda: "[@click=app.quit]" in screen_text(pilot.app))
        assert_clean(pilot.app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: HOSTILE_STEP in screen_text(pilot.app))
        for _ in range(4):
            await pilot.press("down")
            await pilot.pause()
            assert_clean(pilot.app)
        await pilot.press("enter")
        await pilot.pause()
        assert_clean(pilot.app)


async def test_distil_opens_the_draft_of_the_gap_when_it_is_done(home: Home) -> None:
    async with opened(home) as pilot:
        app = pilot.app
        assert isinstance(app, SkilltuiApp)
        await wait_until(pilot, lambda: list_of(pilot, "steps").rows)
        await pilot.press("end", "d")
        await wait_until(pilot, lambda: app.pane is not None and app.pane.PANE == "Workbench", seconds=30)
        assert len(await home.reviewing.proposals()) == 1


async def test_another_pane_can_ask_for_a_step(home: Home) -> None:
    wanted = next(t for t in await home.capturing.trajectories(text="index"))
    async with opened(home, start="gaps") as pilot:
        pilot.app.post_message(OpenTrajectory(wanted.id, 4))
        await wait_until(pilot, lambda: pilot.app.query("#steps") and list_of(pilot, "steps").highlighted == "step:4")
        await wait_until(pilot, lambda: "STEP 4" in screen_text(pilot.app))
        assert list_of(pilot, "trajectories").highlighted == wanted.id


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_read_before_a_yes_and_then_what_agents_write_appears(
    empty_home: Home, person: Path, size: tuple[int, int]
) -> None:
    folder = person / ".claude" / "projects"
    session = login_session()
    path = session.write(folder)
    async with opened(empty_home, size) as pilot:
        await wait_until(pilot, lambda: "May skilltui read" in screen_text(pilot.app))
        await wait_until(pilot, lambda: "Nothing is captured yet." in screen_text(pilot.app))
        assert "not capturing" in screen_text(pilot.app) or size[0] == 80
        assert not await empty_home.capturing.sessions()
        await pilot.press("n")
        await wait_until(pilot, lambda: "May skilltui read" not in screen_text(pilot.app))
        assert not empty_home.capturing.consent
    async with opened(empty_home, size) as pilot:
        # Asked once: the no stands, and can be taken back.
        await wait_until(pilot, lambda: "Nothing is captured yet." in screen_text(pilot.app))
        assert "May skilltui read" not in screen_text(pilot.app)
        await pilot.press("y")
        await wait_until(pilot, lambda: LOGIN in screen_text(pilot.app))
        assert "trajectory_capture = true" in empty_home.paths.config.read_text(encoding="utf-8")
        assert "May skilltui read" not in screen_text(pilot.app)
        before = len(session.records)
        session.say("add a logout page")
        with path.open("a", encoding="utf-8") as file:
            file.writelines(session.lines()[before:])
        await wait_until(pilot, lambda: "logout page" in screen_text(pilot.app))
        highlighted = list_of(pilot, "trajectories").highlighted
        assert highlighted is not None
        assert LOGIN in (await empty_home.capturing.trajectory(highlighted)).request


async def test_a_very_long_output_shows_both_ends(empty_home: Home, tmp_path: Path) -> None:
    session = login_session()
    session.say("print a lot")
    session.bash("seq 200000", "\n".join(str(n) for n in range(1, 200_001)))
    await empty_home.capturing.ingest([session.write(tmp_path)])
    async with opened(empty_home) as pilot:
        await wait_until(pilot, lambda: "seq 200000" in screen_text(pilot.app))
        output = pilot.app.query_one("#output", Detail)
        await wait_until(pilot, lambda: output.virtual_size.height > 100)
        assert output.virtual_size.height < 2_000
