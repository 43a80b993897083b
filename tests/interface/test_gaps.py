"""Gaps, as a person curates them: over a queue that real requests filled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from skilltui.domain.gap import GapRequest, GapStatus
from skilltui.tui.app import SkilltuiApp
from skilltui.tui.chooser import Chooser
from skilltui.tui.gap_rows import activity, short_need
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.tabs_line import TabsLine
from skilltui.workshop.home import Home
from tests.interface.conftest import HOSTILE, SIZES, assert_clean, opened, screen_lines, screen_text, wait_until


async def asked(home: Home, *texts: str) -> None:
    """Somebody asks for skills in words."""
    for text in texts:
        home.curating.ask(text)
    await home.tend()


def queue(app: object) -> LineList:
    found = app.query_one("#queue")  # type: ignore[attr-defined]
    assert isinstance(found, LineList)
    return found


@pytest.mark.parametrize("size", SIZES)
async def test_the_queue_tells_what_is_wanted_how_often_and_at_what_cost(home: Home, size: tuple[int, int]) -> None:
    async with opened(home, size, "gaps") as pilot:
        await wait_until(pilot, lambda: "3×" in screen_text(pilot.app))
        text = screen_text(pilot.app)
        assert "open 1" in text
        assert "most wanted first" in text
        assert "release" in text
        if size[0] >= 120:
            await wait_until(pilot, lambda: "NEAREST SKILLS" in screen_text(pilot.app))
            assert "REQUESTS" in screen_text(pilot.app)
            assert "3 of 3 succeeded without a skill" in " ".join(screen_text(pilot.app).split())
        assert_clean(pilot.app)


async def test_at_80_columns_a_gap_opens_over_the_queue(home: Home) -> None:
    async with opened(home, (80, 24), "gaps") as pilot:
        await wait_until(pilot, lambda: queue(pilot.app).rows)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "WHY NOTHING FITTED" in screen_text(pilot.app))
        assert "publish a release" in screen_text(pilot.app)
        await pilot.press("escape")
        await wait_until(pilot, lambda: "WHY NOTHING FITTED" not in screen_text(pilot.app))


async def test_a_request_opens_its_trajectory(home: Home) -> None:
    async with opened(home, (120, 40), "gaps") as pilot:
        app = pilot.app
        assert isinstance(app, SkilltuiApp)
        await wait_until(pilot, lambda: queue(app).rows)
        await pilot.press("enter", "enter")
        await wait_until(pilot, lambda: app.pane is not None and app.pane.PANE == "Live")
        await wait_until(pilot, lambda: "STEPS  publish a release" in screen_text(app))


async def test_dismissed_snoozed_and_reopened(home: Home) -> None:
    await asked(home, "rotate the database credentials")
    async with opened(home, (120, 40), "gaps") as pilot:
        await wait_until(pilot, lambda: len(queue(pilot.app).rows) == 2)
        await pilot.press("x")
        await wait_until(pilot, lambda: len(queue(pilot.app).rows) == 1)
        await pilot.press("z")
        await wait_until(pilot, lambda: "No gap is open." in screen_text(pilot.app))
        await wait_until(
            pilot, lambda: "snoozed 1" in screen_text(pilot.app) and "dismissed 1" in screen_text(pilot.app)
        )
        await pilot.press("tab")
        await wait_until(pilot, lambda: len(queue(pilot.app).rows) == 1)
        await pilot.press("r")
        await wait_until(pilot, lambda: "Nothing is snoozed." in screen_text(pilot.app))
        await pilot.press("shift+tab")
        await wait_until(pilot, lambda: len(queue(pilot.app).rows) == 1)
    counts = await home.curating.counts()
    assert (counts[GapStatus.OPEN], counts[GapStatus.DISMISSED]) == (1, 1)


async def test_several_are_selected_and_dismissed_at_once(home: Home) -> None:
    await asked(home, "rotate the database credentials", "draw an owl with charcoal")
    async with opened(home, (120, 40), "gaps") as pilot:
        await wait_until(pilot, lambda: len(queue(pilot.app).rows) == 3)
        await pilot.press("space", "space")
        await wait_until(pilot, lambda: "2 selected" in screen_text(pilot.app))
        await pilot.press("x")
        await wait_until(pilot, lambda: len(queue(pilot.app).rows) == 1)
        await wait_until(pilot, lambda: "2 gaps: dismissed" in screen_text(pilot.app))


async def link_to_the_first(pilot: Pilot[None]) -> None:
    """Choose the skill at the top of the list."""
    await pilot.press("l")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, Chooser))
    await wait_until(pilot, lambda: "pytest-fixtures" in screen_text(pilot.app))
    await pilot.press("enter")


async def test_a_gap_is_linked_to_a_skill_from_a_list(home: Home) -> None:
    async with opened(home, (120, 40), "gaps") as pilot:
        await wait_until(pilot, lambda: queue(pilot.app).rows)
        await link_to_the_first(pilot)
        await wait_until(pilot, lambda: "linked 1" in screen_text(pilot.app))
        await pilot.press("tab", "tab")
        await wait_until(pilot, lambda: "linked to pytest-fixtures" in screen_text(pilot.app))


async def test_a_link_drafts_what_the_description_lacks_and_says_where_it_waits(home: Home) -> None:
    async with opened(home, (120, 40), "gaps") as pilot:
        await wait_until(pilot, lambda: "asked in shop" in screen_text(pilot.app))
        await link_to_the_first(pilot)
        told = "For its description draft 2 waits in the Workbench"
        await wait_until(pilot, lambda: told in " ".join(screen_text(pilot.app).split()))
        await wait_until(pilot, lambda: "under linked" in " ".join(screen_text(pilot.app).split()))
        await pilot.press("3")
        await wait_until(pilot, lambda: "Also use when asked" in " ".join(screen_text(pilot.app).split()))
    (draft,) = await home.reviewing.proposals()
    assert [edit.section for edit in draft.edits] == ["description"]


async def test_a_link_whose_draft_failed_the_gate_says_so(home: Home, person: Path) -> None:
    file = person / ".agents" / "skills" / "pytest-fixtures" / "SKILL.md"
    file.write_text(file.read_text(encoding="utf-8") + "- More.\n" * 520, encoding="utf-8")
    async with opened(home, (120, 40), "gaps") as pilot:
        await wait_until(pilot, lambda: "asked in shop" in screen_text(pilot.app))
        await link_to_the_first(pilot)
        told = "The edit of its description failed the gate"
        await wait_until(pilot, lambda: told in " ".join(screen_text(pilot.app).split()))


async def test_a_wish_in_words_is_evidence_that_leads_back_to_its_gap(empty_home: Home) -> None:
    await asked(empty_home, "rotate the database credentials")
    (gap,) = await empty_home.curating.gaps()
    await empty_home.linking.link(gap.id, "pytest-fixtures")
    async with opened(empty_home, (120, 40), "workbench") as pilot:
        app = pilot.app
        assert isinstance(app, SkilltuiApp)
        await wait_until(pilot, lambda: "asked for in words" in screen_text(app))
        await pilot.press("right", "enter")
        await wait_until(pilot, lambda: app.pane is not None and app.pane.PANE == "Gaps")
        await wait_until(pilot, lambda: "linked to pytest-fixtures" in screen_text(app))


async def test_a_draft_is_written_and_opened(home: Home) -> None:
    async with opened(home, (120, 40), "gaps") as pilot:
        app = pilot.app
        assert isinstance(app, SkilltuiApp)
        await wait_until(pilot, lambda: queue(app).rows)
        await pilot.press("d")
        await wait_until(pilot, lambda: app.pane is not None and app.pane.PANE == "Workbench", seconds=30)
    assert (await home.curating.counts())[GapStatus.DRAFTED] == 1


async def test_a_click_on_a_status_shows_it(home: Home) -> None:
    async with opened(home, (120, 40), "gaps") as pilot:
        await wait_until(pilot, lambda: "open 1" in screen_text(pilot.app))
        x = screen_lines(pilot.app)[1].index("closed 0")
        await pilot.click(TabsLine, offset=(x + 1, 0))
        await wait_until(pilot, lambda: "No gap is closed yet." in screen_text(pilot.app))


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_wanted(empty_home: Home, size: tuple[int, int]) -> None:
    async with opened(empty_home, size, "gaps") as pilot:
        await wait_until(pilot, lambda: "No gap is open." in screen_text(pilot.app))
        await pilot.press("d", "x", "l", "enter", "space")
        assert "No gap is open." in screen_text(pilot.app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_hostile_wish_is_a_wish_like_any_other(empty_home: Home, size: tuple[int, int]) -> None:
    await asked(empty_home, HOSTILE)
    async with opened(empty_home, size, "gaps") as pilot:
        await wait_until(pilot, lambda: queue(pilot.app).rows)
        await pilot.press("enter")
        await pilot.pause()
        assert_clean(pilot.app)
        await pilot.press("x")
        await wait_until(pilot, lambda: "dismissed" in screen_text(pilot.app))
        await pilot.pause()
        assert_clean(pilot.app)


def test_needs_are_shown_without_the_words_they_all_begin_with() -> None:
    assert short_need("I need a skill that can  release a package") == "release a package"
    assert short_need("release") == "release"


def test_activity_counts_each_request_once() -> None:
    first = datetime(2026, 11, 20, tzinfo=UTC)
    times = [first + timedelta(days=days) for days in (0, 1, 6, 12)]
    requests = [GapRequest("x", time.isoformat()) for time in times] + [GapRequest("no time", None)]
    assert activity(requests, 6) == [2, 0, 0, 1, 0, 1]
    assert activity([], 6) == [0] * 6
