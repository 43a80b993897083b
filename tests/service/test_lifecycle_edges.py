"""A skill's life where the disk is not as it should be: links, unreadable roots, full disks, what was left behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from skilltui.errors import DiskFullError, SkillInvalidError, SkilltuiError, SourceError
from skilltui.paths import HomePaths
from skilltui.versions.trees import AWAY, _remove
from skilltui.workshop.home import Home
from tests.service.conftest import SKILL, add_skill
from tests.service.test_lifecycle import NAME, fill, no_leftovers, tree

# Copies are made where Claude Code is found.
pytestmark = pytest.mark.usefixtures("root")

# Longer than a name may be: the system answers with an error where it is asked what stands there.
IMPOSSIBLE = "x" * 300


async def test_undo_removes_nothing_through_a_folder_that_is_a_link_by_now(home: Home, root: Path) -> None:
    done = await home.lifecycle.new("foo")
    elsewhere = root.parent / "elsewhere"
    (root / "foo").rename(elsewhere)
    (root / "foo").symlink_to(elsewhere)
    with pytest.raises(SkillInvalidError, match="is a link"):
        await home.reviewing.undo()
    assert (elsewhere / "SKILL.md").is_file()
    assert done.path.is_file()


async def test_a_new_skill_that_finds_no_room_leaves_its_name_free(
    home: Home, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFullError) as failure:
            await home.lifecycle.new("foo")
    assert "nothing was written" in failure.value.message
    assert not (root / "foo").exists()
    assert (await home.lifecycle.new("foo")).version.number == 1


def deepen(folder: Path, depth: int) -> None:
    """Folders in one another, deeper than a path can name at once."""
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


async def test_folders_without_end_in_a_copy_do_not_stop_a_retirement(home: Home, root: Path, copies: Path) -> None:
    await home.lifecycle.publish(NAME)
    deepen(copies / NAME / "deep", 1_200)
    try:
        done = await home.lifecycle.retire(NAME)
    finally:
        # Neither pytest nor shutil gets to the end of it.
        _remove(copies / NAME / "deep")
    assert not (root / NAME).exists()
    assert not (copies / NAME / "deep").exists()
    assert "folders more than" in done.skipped[0]
    assert (copies / NAME / "SKILL.md").is_file()
    assert await home.lifecycle.unfinished() == []


async def test_one_change_that_can_not_be_finished_does_not_stop_the_others_nor_the_start(
    home: Home, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skilltui.versions import trees

    add_skill(root, "other", SKILL.replace(NAME, "other"))
    take = trees.take_folder
    broken = OSError(errno.EIO, "input/output error")

    def killed(path: Path, kept: Any) -> None:
        raise KeyboardInterrupt

    def fails(path: Path, kept: Any) -> None:
        if path.name == NAME:
            raise broken
        take(path, kept)

    monkeypatch.setattr(trees, "take_folder", killed)
    for name in (NAME, "other"):
        with pytest.raises(KeyboardInterrupt):
            await home.lifecycle.retire(name)
    monkeypatch.setattr(trees, "take_folder", fails)
    told = await home.lifecycle.carry_on()
    assert len(told) == 1
    assert "input/output error" in told[0]
    assert await home.lifecycle.unfinished() == [f"retire of {NAME}"]
    assert not (root / "other").exists()
    monkeypatch.setattr(trees, "take_folder", take)
    assert await home.lifecycle.carry_on() == []
    assert not (root / NAME).exists()


async def test_a_root_that_can_not_be_looked_at_stops_no_start_and_no_change(
    paths: HomePaths, person: Path, root: Path
) -> None:
    paths.make()
    bad = str(person / IMPOSSIBLE / "skills")
    paths.config.write_text(f'[skills]\nroots = ["{bad}"]\npublish = ["{bad}"]\n', encoding="utf-8")
    async with Home.open(paths, env={"HOME": str(person), "CODEX_HOME": str(person / IMPOSSIBLE)}) as home:
        done = await home.lifecycle.new("foo")
        assert (root / "foo" / "SKILL.md").is_file()
        assert IMPOSSIBLE in done.skipped[0]
        await home.lifecycle.rename("foo", "bar")
        await home.lifecycle.retire("bar")
        assert not (root / "bar").exists()


def test_a_folder_that_can_not_be_looked_at_is_told() -> None:
    from skilltui.versions.trees import read_folder

    with pytest.raises(SourceError, match="can't be read"):
        read_folder(Path("/tmp") / IMPOSSIBLE)


async def test_what_was_left_behind_is_in_no_retirements_way(home: Home, root: Path) -> None:
    fill(root / NAME / "SKILL.md")
    away = root / AWAY
    for left in (f"gone-{NAME}", f"out-{NAME}"):
        (away / left).mkdir(parents=True)
        (away / left / "kept.md").write_text("old", encoding="utf-8")
    before = tree(root / NAME)
    await home.lifecycle.retire(NAME)
    assert not (root / NAME).exists()
    # What was being taken out when somebody made another is a person's to look at, and comes back by itself no more.
    home.library.sweep()
    assert [path.name for path in away.iterdir()] == [f"left-{NAME}"]
    assert not (root / NAME).exists()
    await home.reviewing.undo()
    assert tree(root / NAME) == before


async def test_folders_that_may_not_be_written_go_as_well(home: Home, root: Path) -> None:
    locked = root / AWAY / f"gone-{NAME}" / "locked"
    locked.mkdir(parents=True)
    (locked / "a.md").write_text("a", encoding="utf-8")
    real = os.unlink

    def unlink(path: Any, *args: Any, **options: Any) -> None:
        # As the system does for those who are not root.
        if not Path(path).parent.stat().st_mode & 0o200:
            raise PermissionError(errno.EACCES, "denied", str(path))
        real(path, *args, **options)

    locked.chmod(0o500)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "unlink", unlink)
        home.library.sweep()
    assert no_leftovers(root)


async def test_a_rollback_beside_too_many_files_fails_before_it_writes(home: Home, root: Path) -> None:
    path = root / NAME / "SKILL.md"
    first = path.read_bytes()
    manager = home.learning._manager
    for text in (first + b"- by hand\n", first):
        path.write_bytes(text)
        await manager.track(NAME, path)
    for number in range(501):
        (root / NAME / f"{number}.md").touch()
    with pytest.raises(SkilltuiError):
        await home.reviewing.rollback(NAME, 1)
    assert path.read_bytes() == first
