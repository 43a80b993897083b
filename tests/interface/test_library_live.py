"""What others do to skills on disk reaches the pane on screen without a key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skilltui.workshop.home import Home
from tests.interface.conftest import opened, screen_text, wait_until
from tests.interface.drafts import edit, plant
from tests.service.conftest import SKILL, add_skill

RELEASES = SKILL.replace("pytest-fixtures", "ship-it").replace(
    "Write and mend pytest fixtures. Use when tests fail because a fixture is missing or leaks.",
    "Publish a release of a package. Use when asked to publish or cut a release.",
)


@pytest.fixture
def root(person: Path) -> Path:
    return person / ".agents" / "skills"


@pytest.mark.parametrize("forced", ["", "1"])
async def test_versions_shows_a_skill_that_was_added_and_one_that_was_removed(
    home: Home, root: Path, forced: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", forced)
    async with opened(home, (120, 40), "versions") as pilot:
        await wait_until(pilot, lambda: "pytest-fixtures" in screen_text(pilot.app))
        await wait_until(pilot, lambda: home.shelf_watcher.way)
        add_skill(root, "ship-it", RELEASES)
        await wait_until(pilot, lambda: "ship-it" in screen_text(pilot.app))
        assert ("2 · polling" in screen_text(pilot.app)) is bool(forced)
        shutil.rmtree(root / "ship-it")
        await wait_until(pilot, lambda: "ship-it" not in screen_text(pilot.app))


async def test_an_edited_skill_shows_its_new_text(home: Home, root: Path) -> None:
    async with opened(home, (120, 40), "versions") as pilot:
        await wait_until(pilot, lambda: "Put shared fixtures into conftest.py." in screen_text(pilot.app))
        add_skill(root, text=SKILL.replace("into conftest.py", "beside the tests"))
        await wait_until(pilot, lambda: "Put shared fixtures beside the tests." in screen_text(pilot.app))


async def test_a_gap_is_compared_with_a_skill_that_came_meanwhile(home: Home, root: Path) -> None:
    async with opened(home, (120, 40), "gaps") as pilot:
        await wait_until(pilot, lambda: "NEAREST SKILLS" in screen_text(pilot.app))
        assert "ship-it" not in screen_text(pilot.app)
        add_skill(root, "ship-it", RELEASES)
        await wait_until(pilot, lambda: "ship-it" in screen_text(pilot.app).partition("NEAREST SKILLS")[2])


async def test_an_open_draft_says_that_the_file_it_was_made_from_changed(home: Home, root: Path) -> None:
    await plant(home, "pytest-fixtures", [edit(1, "Gotchas", "- Never share a database.")])
    async with opened(home, (120, 40), "workbench") as pilot:
        await wait_until(pilot, lambda: "Never share a database" in screen_text(pilot.app))
        assert "meanwhile" not in screen_text(pilot.app)
        add_skill(root, text=SKILL.replace("into conftest.py", "beside the tests"))
        await wait_until(pilot, lambda: "the file changed meanwhile" in screen_text(pilot.app))


async def test_a_hidden_pane_shows_the_change_at_the_next_look(home: Home, root: Path) -> None:
    async with opened(home, (120, 40), "versions") as pilot:
        await wait_until(pilot, lambda: "pytest-fixtures" in screen_text(pilot.app))
        await pilot.press("2")
        await wait_until(pilot, lambda: "NEAREST SKILLS" in screen_text(pilot.app))
        add_skill(root, "ship-it", RELEASES)
        await wait_until(pilot, lambda: "ship-it" in screen_text(pilot.app))
        await pilot.press("4")
        await wait_until(pilot, lambda: "SKILLS" in screen_text(pilot.app) and "ship-it" in screen_text(pilot.app))


async def test_one_who_only_reads_is_told_as_well(home: Home, root: Path) -> None:
    await plant(home, "pytest-fixtures", [edit(1, "Gotchas", "- Never share a database.")])
    async with (
        Home.open(home.paths, write=False, env=home.env) as reader,
        opened(reader, (120, 40), "workbench") as pilot,
    ):
        await wait_until(pilot, lambda: "Never share a database" in screen_text(pilot.app))
        add_skill(root, text=SKILL.replace("into conftest.py", "beside the tests"))
        await wait_until(pilot, lambda: "the file changed meanwhile" in screen_text(pilot.app))
