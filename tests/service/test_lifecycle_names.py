"""Names of skills that meet: retired ones, those of several projects, undone ones, and folders called otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from skilltui.errors import NotFoundError, StateError
from skilltui.paths import HomePaths
from skilltui.workshop.home import Home
from tests.service.conftest import SKILL, add_skill
from tests.service.test_cli import Cli, cli
from tests.service.test_lifecycle import NAME, fill, no_leftovers, tree

__all__ = ["cli"]

# Copies are made where Claude Code is found.
pytestmark = pytest.mark.usefixtures("root")


# Retired


async def test_another_skill_does_not_take_over_the_history_of_a_retired_one(home: Home, root: Path) -> None:
    before = tree(root / NAME)
    await home.lifecycle.retire(NAME)
    second = add_skill(root / "group", NAME, SKILL + "- another\n")
    for change in (home.lifecycle.retire(NAME), home.lifecycle.rename(NAME, "other"), home.lifecycle.publish(NAME)):
        with pytest.raises(StateError):
            await change
    assert second.is_file()
    await home.reviewing.undo(NAME)
    assert tree(root / NAME) == before
    assert second.is_file()


@pytest.mark.parametrize("seen", [True, False])
async def test_a_retired_skill_put_back_by_hand_is_retired_no_more(home: Home, root: Path, seen: bool) -> None:
    fill(root / NAME / "SKILL.md")
    await home.lifecycle.retire(NAME)
    by_hand = add_skill(root, NAME, SKILL + "- by hand\n")
    assert await home.lifecycle.retired() == []
    if seen:
        await home.learning._manager.track(NAME, by_hand)
    with pytest.raises(StateError):
        await home.lifecycle.bring_back(NAME)
    shutil.rmtree(by_hand.parent)
    (retired,) = await home.lifecycle.retired()
    assert retired.name == NAME
    await home.reviewing.undo(NAME)
    assert {"SKILL.md", "scripts/run.sh"} < set(tree(root / NAME))
    assert by_hand.read_text(encoding="utf-8") == SKILL
    (live,) = [v.version for v in await home.comparing.versions(NAME) if v.version.state == "active"]
    assert live.number == 1


def test_a_retired_shipped_skill_is_brought_back_not_installed(cli: Cli, person: Path) -> None:
    name = cli("skills", "install", "no-such", status=1)["error"]["hint"].removeprefix("there are: ").split(", ")[0]
    cli("skills", "install", name)
    cli("retire", name)
    refused = cli("skills", "install", name, status=1)
    assert f"skilltui undo {name}" in refused["error"]["hint"]
    cli("undo", name)
    assert (person / ".agents" / "skills" / name / "SKILL.md").is_file()


async def test_a_skill_that_stands_elsewhere_by_now_is_not_doubled(home: Home, root: Path) -> None:
    await home.lifecycle.retire(NAME)
    by_hand = add_skill(root, NAME, SKILL + "- by hand\n")
    await home.learning._manager.track(NAME, by_hand)
    (root / "group").mkdir()
    by_hand.parent.rename(root / "group" / NAME)
    moved = add_skill(root / "group", NAME, SKILL + "- and moved\n")
    await home.learning._manager.track(NAME, moved)
    with pytest.raises(StateError):
        await home.reviewing.undo(NAME)
    assert not (root / NAME).exists()


# Several projects


async def test_of_several_projects_skills_none_is_changed_by_its_name_alone(
    paths: HomePaths, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skilltui.library.registry import SkillRegistry
    from skilltui.library.roots import Root

    broken = "---\nname: shared\ndescription: Run it. Use when: a demo is asked for\n---\n"
    files = [add_skill(person / one / ".agents" / "skills", "shared", broken + one) for one in ("one", "two")]
    set_roots = SkillRegistry.set_roots

    def with_projects(registry: SkillRegistry, roots: list[Root]) -> None:
        projects = [Root(file.parent.parent, "agents", str(file.parents[3])) for file in files]
        set_roots(registry, [*roots, *projects])

    monkeypatch.setattr(SkillRegistry, "set_roots", with_projects)
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        before = [file.read_bytes() for file in files]
        for change in (
            home.lifecycle.retire("shared"), home.lifecycle.rename("shared", "other"), home.lifecycle.mending("shared"),
        ):  # fmt: skip
            with pytest.raises(StateError) as refused:
                await change
            assert all(str(file) in refused.value.message for file in files)
        assert [file.read_bytes() for file in files] == before


# A root that holds a SKILL.md


@pytest.mark.parametrize("name", ["skills", "lost"])
def test_a_root_is_moved_by_nobody(cli: Cli, tmp_path: Path, name: str) -> None:
    root = tmp_path / "skills"
    file = root / "SKILL.md"
    root.mkdir()
    file.write_text(SKILL.replace(NAME, name), encoding="utf-8")
    (root / "mine.md").write_text("mine", encoding="utf-8")
    given = ("--skills", str(root))
    found = cli("skills", *given)["skills"]
    # The root is a skill only where it is named as one.
    assert [skill["name"] for skill in found] == (["skills"] if name == "skills" else [])
    before = tree(root)
    for command in (("retire", name), ("rename", name, "other"), ("new", "fresh")):
        cli(*command, *given, status=1)
    assert tree(root) == before


# Rollback past a rename


async def test_a_former_name_does_not_come_back_by_a_rollback(home: Home, root: Path, copies: Path) -> None:
    await home.lifecycle.publish(NAME)
    await home.lifecycle.rename(NAME, "other")
    before = tree(root), tree(copies)
    for number in (None, 1):
        with pytest.raises(StateError, match=NAME) as refused:
            await home.reviewing.rollback("other", number)
        assert "skilltui undo other" in refused.value.hint
    assert (tree(root), tree(copies)) == before


# Undone


async def test_an_undone_skill_of_the_old_name_is_in_no_renames_way(home: Home, root: Path) -> None:
    before = tree(root / NAME)
    await home.lifecycle.rename(NAME, "other")
    await home.lifecycle.new(NAME)
    await home.reviewing.undo(NAME)
    await home.reviewing.undo("other")
    assert tree(root / NAME) == before
    # What was known of the undone one is kept, under a name of its own.
    assert await home.comparing.skills_with_history() == [NAME, f"{NAME}-2"]
    assert [o.kind for o in await home.comparing.history(f"{NAME}-2")] == ["undo", "new"]
    assert [v.version.number for v in await home.comparing.versions(NAME) if v.version.state == "active"] == [1]


async def test_a_skill_of_the_old_name_that_stands_is_in_the_way(home: Home, root: Path) -> None:
    await home.lifecycle.rename(NAME, "other")
    await home.lifecycle.new(NAME)
    with pytest.raises(StateError, match="another skill"):
        await home.reviewing.undo("other")
    await home.lifecycle.retire(NAME)
    with pytest.raises(StateError, match="another skill"):
        await home.reviewing.undo("other")
    with pytest.raises(NotFoundError):
        await home.lifecycle.rename(NAME, "third")


# A folder called otherwise


async def test_a_skill_gets_the_name_of_its_folder(home: Home, root: Path, copies: Path) -> None:
    file = add_skill(root, "bar", SKILL.replace(NAME, "foo"))
    fill(file)
    before = tree(root)
    await home.lifecycle.publish("foo")
    done = await home.lifecycle.rename("foo", "bar")
    assert done.path == file
    assert file.read_text(encoding="utf-8") == SKILL.replace(NAME, "bar")
    assert [folder.name for folder in copies.iterdir()] == ["bar"]
    assert await home.comparing.skills_with_history() == ["bar"]
    await home.reviewing.undo()
    assert tree(root) == before
    assert [folder.name for folder in copies.iterdir()] == ["foo"]
    assert no_leftovers(root, copies)


async def test_a_name_of_another_skills_folder_is_not_to_be_had(home: Home, root: Path) -> None:
    add_skill(root, "bar", SKILL.replace(NAME, "foo"))
    with pytest.raises(StateError):
        await home.lifecycle.rename(NAME, "bar")
