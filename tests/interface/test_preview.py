"""The retrieval preview where a person meets it: beside a draft, and over a live skill."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.app import App

from skilltui.tui.dialogs import Told
from skilltui.tui.preview_rows import fire_words, many, request_rows
from skilltui.tui.widgets.line_list import LineList
from skilltui.workshop import previewing
from skilltui.workshop.home import Home
from skilltui.workshop.previewing import FiredRequest, LostRequest, RetrievalPreview, TakenFrom
from tests.interface.conftest import HOSTILE, SIZES, assert_clean, opened, screen_text, wait_until
from tests.interface.drafts import STUB, plant, release_edits
from tests.service.conftest import add_skill

NAME = "release-python-package"
RIVAL = """---
name: uv-build
description: "Release a package: cut, tag and publish it to the index, changelog first. Use when asked to release."
---
# uv-build
"""


def words(app: App[None]) -> str:
    return " ".join(screen_text(app).split())


@pytest.mark.parametrize("size", SIZES)
async def test_a_draft_tells_from_whom_it_takes_requests(home: Home, person: Path, size: tuple[int, int]) -> None:
    add_skill(person / ".agents" / "skills", "uv-build", RIVAL)
    await plant(home, NAME, await release_edits(home), base=STUB)
    async with opened(home, size, "workbench") as pilot:
        await wait_until(pilot, lambda: pilot.app.query("#edits"))
        await wait_until(pilot, lambda: pilot.app.query_one("#edits", LineList).rows)
        await pilot.press("p")
        await wait_until(pilot, lambda: "taken from uv-build" in words(pilot.app))
        if size[0] >= 200:
            await wait_until(pilot, lambda: "from uv-build 0." in words(pilot.app))
        assert_clean(pilot.app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_live_skill_shows_what_it_fires_on(home: Home, person: Path, size: tuple[int, int]) -> None:
    add_skill(person / ".agents" / "skills", "uv-build", RIVAL)
    async with opened(home, size, "versions") as pilot:
        await wait_until(pilot, lambda: pilot.app.query("#skills"))
        skills = pilot.app.query_one("#skills", LineList)
        await wait_until(pilot, lambda: any(row.key == "uv-build" for row in skills.rows))
        skills.highlight("uv-build")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "uv-build" in words(pilot.app) and "Release a package" in words(pilot.app))
        await pilot.press("p")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Told))
        await wait_until(pilot, lambda: "would fire on 3 past requests" in words(pilot.app))
        assert_clean(pilot.app)
        await pilot.press("escape")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, Told))


async def test_it_says_when_only_the_newest_were_looked_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previewing, "MOST", 2)
    await plant(home, NAME, await release_edits(home), base=STUB)
    async with opened(home, (120, 40), "workbench") as pilot:
        await wait_until(pilot, lambda: pilot.app.query("#edits"))
        await wait_until(pilot, lambda: pilot.app.query_one("#edits", LineList).rows)
        await pilot.press("p")
        await wait_until(pilot, lambda: "looked at the newest 2 of" in words(pilot.app))


def test_what_is_taken_lost_and_new_is_counted_in_words() -> None:
    fires = (
        FiredRequest("t1", "cut it", 0.8, new=False, taken=TakenFrom("uv-build", 0.6, 0.1)),
        FiredRequest("t2", HOSTILE, 0.7, new=True),
    )
    lost = (LostRequest("t3", "ship it", 0.5, 0.1, None),)
    preview = RetrievalPreview("x", "Releases.", fires, lost, 3, 3)
    assert fire_words(preview) == (
        "would fire on 2 past requests, 1 of them served by no skill today, 1 taken from uv-build, no longer on 1"
    )
    assert fire_words(None).startswith("would fire on")
    assert many(RetrievalPreview("x", "", (), (), 0, 0)) == "no past request"
    keys = [row.key for row in request_rows(preview)]
    assert keys == ["-new", "-taken", "0/t1", "1/t2", "-lost", "lost0/t3"]
