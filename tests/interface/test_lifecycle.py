"""Versions, as a person begins, renames, retires and mends skills."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input

from skilltui.tui.chooser import Chooser
from skilltui.tui.dialogs import Confirm, Told
from skilltui.tui.versions_lifecycle import Form
from skilltui.tui.widgets.line_list import LineList
from skilltui.workshop.home import Home
from tests.interface.conftest import SIZES, assert_clean, opened, screen_text, wait_until
from tests.interface.test_versions import told, words
from tests.service.conftest import add_skill

NAME = "pytest-fixtures"


@pytest.fixture
def root(person: Path) -> Path:
    return person / ".agents" / "skills"


async def at_skill(pilot: Pilot[None], name: str = NAME) -> None:
    """The skill is under the cursor, and shown."""
    await wait_until(pilot, lambda: pilot.app.query("#skills"))
    skills = pilot.app.query_one("#skills", LineList)
    await wait_until(pilot, lambda: any(row.key == name for row in skills.rows))
    skills.highlight(name)
    pane = pilot.app.query_one("#versions")
    await wait_until(pilot, lambda: getattr(pane, "compared", None) is not None and pane.compared.skill == name)  # type: ignore[attr-defined]


async def fill_in(pilot: Pilot[None], *values: str) -> None:
    """Type into each field, Enter after each."""
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, Form))
    for field, value in zip(pilot.app.screen.query(Input), values, strict=True):
        field.value = value
        field.focus()
        await pilot.press("enter")


async def palette(pilot: Pilot[None], text: str) -> None:
    """Choose a command."""
    await pilot.press("ctrl+p")
    await wait_until(pilot, lambda: pilot.app.screen.query("CommandInput"))
    pilot.app.screen.query_one("CommandInput", Input).value = text
    options = pilot.app.screen.query_one("CommandList")
    await wait_until(pilot, lambda: getattr(options, "option_count", 0) and text in words(pilot.app))
    await pilot.press("down", "enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_skill_is_begun_and_a_name_that_is_taken_is_told_where_it_was_typed(
    empty_home: Home, root: Path, size: tuple[int, int]
) -> None:
    async with opened(empty_home, size, "versions") as pilot:
        await at_skill(pilot)
        await palette(pilot, "new skill")
        await fill_in(pilot, NAME, "")
        await wait_until(pilot, lambda: told(pilot, "stands at"))
        assert isinstance(pilot.app.screen, Form)
        assert_clean(pilot.app)
        pilot.app.screen.query(Input).first().focus()
        await fill_in(pilot, "Bad Name", "")
        await wait_until(pilot, lambda: told(pilot, "not a valid skill name"))
        await fill_in(pilot, "release-notes", "Write release notes. Use when a version is cut.")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, Form))
        await wait_until(pilot, lambda: told(pilot, "Write release notes"))
        assert (root / "release-notes" / "SKILL.md").is_file()
        assert_clean(pilot.app)


async def test_a_skill_is_renamed_and_the_undo_is_one_key(empty_home: Home, root: Path) -> None:
    before = (root / NAME / "SKILL.md").read_bytes()
    async with opened(empty_home, start="versions") as pilot:
        await at_skill(pilot)
        await pilot.press("r")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Form))
        assert pilot.app.screen.query_one(Input).value == NAME
        await fill_in(pilot, "fixtures")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, Form) and told(pilot, "▸ ● fixtures"))
        assert (root / "fixtures" / "SKILL.md").is_file()
        assert not (root / NAME).exists()
        await pilot.press("u")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert "renamed from pytest-fixtures to fixtures" in words(pilot.app)
        await pilot.press("y")
        await at_skill(pilot)
        assert (root / NAME / "SKILL.md").read_bytes() == before


@pytest.mark.parametrize("size", SIZES)
async def test_a_retired_skill_says_so_and_comes_back(empty_home: Home, root: Path, size: tuple[int, int]) -> None:
    async with opened(empty_home, size, "versions") as pilot:
        await at_skill(pilot)
        await pilot.press("X")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("n")
        assert (root / NAME).exists()
        await pilot.press("X")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await wait_until(pilot, lambda: told(pilot, "Retired: no agent finds it"))
        assert not (root / NAME).exists()
        assert_clean(pilot.app)
        await palette(pilot, f"bring back {NAME}")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await wait_until(pilot, (root / NAME / "SKILL.md").is_file)
        await wait_until(pilot, lambda: not told(pilot, "Retired: no agent finds it"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_broken_skill_is_mended_after_its_change_was_shown(
    empty_home: Home, root: Path, size: tuple[int, int]
) -> None:
    broken = "---\nname: {}\ndescription: Deploy it. Use when: it is asked for\n---\n# Deploy\n"
    first, second = (add_skill(root, name, broken.format(name)) for name in ("deploy", "ship"))
    add_skill(root, "hopeless", "no frontmatter")
    async with opened(empty_home, size, "versions") as pilot:
        await at_skill(pilot, "deploy")
        await palette(pilot, "list the files")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Told))
        assert "quote what breaks one of them" in words(pilot.app)
        await pilot.press("f")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Chooser))
        await pilot.press("enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Told))
        await wait_until(pilot, lambda: told(pilot, '+description: "Deploy it. Use when: it is asked for"'))
        assert_clean(pilot.app)
        assert "Use when: it is asked for\n" in first.read_text(encoding="utf-8")
        await pilot.press("f")
        await wait_until(pilot, lambda: '"Deploy it. Use when: it is asked for"' in first.read_text(encoding="utf-8"))
        assert '"' not in second.read_text(encoding="utf-8")
        await wait_until(pilot, lambda: told(pilot, "2 files can't be") or size[0] < 100)
        await pilot.press("escape")


async def test_where_nothing_can_be_mended_nothing_is_offered(empty_home: Home, root: Path) -> None:
    add_skill(root, "hopeless", "no frontmatter")
    async with opened(empty_home, start="versions") as pilot:
        await at_skill(pilot)
        await palette(pilot, "list the files")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Told))
        assert "quote" not in screen_text(pilot.app)
        await pilot.press("f")
        assert isinstance(pilot.app.screen, Told)


@pytest.mark.parametrize("size", SIZES)
async def test_a_copy_that_differs_is_shown_and_one_that_is_missing_can_be_made(
    empty_home: Home, root: Path, person: Path, size: tuple[int, int]
) -> None:
    (person / ".claude").mkdir()
    copy = person / ".claude" / "skills" / NAME / "SKILL.md"
    async with (
        Home.open(empty_home.paths, write=False, env=empty_home.env) as reading,
        opened(reading, size, "versions") as pilot,
    ):
        await at_skill(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: told(pilot, "There is no copy in"))
    async with opened(empty_home, size, "versions") as pilot:
        add_skill(copy.parent.parent, text="mine")
        # What was configured when the home was opened holds, so this one is asked for by name.
        empty_home._context.config = replace(empty_home.config, publish=(copy.parent.parent,))
        await at_skill(pilot)
        await pilot.press("enter")
        await wait_until(pilot, lambda: told(pilot, "differs: somebody edited it"))
        assert_clean(pilot.app)
        await palette(pilot, f"publish {NAME}")
        await wait_until(pilot, lambda: told(pilot, "Left:"))
        assert copy.read_text(encoding="utf-8") == "mine"
        copy.unlink()
        await palette(pilot, f"publish {NAME}")
        await wait_until(pilot, lambda: copy.is_file() and copy.read_bytes() == (root / NAME / "SKILL.md").read_bytes())
        await wait_until(pilot, lambda: not told(pilot, "differs: somebody edited it"))
