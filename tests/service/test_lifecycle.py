"""Skills begun, renamed and retired: whole trees, their copies, their history, and back again by undo."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from skilltui.domain.version import VersionState
from skilltui.errors import ForeignEditError, NotFoundError, SkillInvalidError, SkilltuiError, StateError
from skilltui.text.skillmd import parse_skill
from skilltui.workshop.home import Home
from tests.service.conftest import add_skill
from tests.service.test_cli import Cli, cli
from tests.service.test_cli_library import used
from tests.service.test_review import plant

__all__ = ["cli"]

# Copies are made where Claude Code is found.
pytestmark = pytest.mark.usefixtures("root")

NAME = "pytest-fixtures"
# A byte-order mark, CRLF, a comment, a quoted name, no newline at the end.
ODD = (
    b'\xef\xbb\xbf---\r\n# mine\r\nname:   "odd-one"  # keep\r\ndescription: "Odd. Use when odd."\r\n'
    b"x-mine: 1\r\n---\r\n# Odd\r\n\r\nname: odd-one stays here\r\n---\r\n\ttab"
)


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Everything below a folder, with permissions."""
    return {
        str(file.relative_to(folder)): (
            os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes(),
            stat.S_IMODE(file.lstat().st_mode),
        )
        for file in sorted(folder.rglob("*"))
        if file.is_symlink() or not file.is_dir()
    }


def fill(file: Path) -> None:
    """A script, a reference, and what a run leaves behind."""
    for name, text, mode in (
        ("scripts/run.sh", "#!/bin/sh\necho hi\n", 0o755),
        ("references/deep/a.md", "more\n", 0o640),
        ("scripts/__pycache__/run.pyc", "\x00", 0o644),
    ):
        place = file.parent / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        place.chmod(mode)


def no_leftovers(*roots: Path) -> bool:
    return not any(path.name.startswith(".skilltui") for root in roots for path in root.rglob("*"))


# New


async def test_a_new_skill_is_valid_a_persons_version_one_and_copied(home: Home, root: Path, copies: Path) -> None:
    done = await home.lifecycle.new("release-notes", "Write release notes. Use when a version is cut.")
    path = root / "release-notes" / "SKILL.md"
    assert (done.path, done.version.number, done.version.engine) == (path, 1, "person")
    assert done.copies == (copies / "release-notes" / "SKILL.md",)
    assert done.copies[0].read_bytes() == path.read_bytes()
    assert parse_skill(path.read_bytes()).description == "Write release notes. Use when a version is cut."
    (result,) = home.library.check([path])
    assert result.verdict == "ok"
    (trust,) = await home.comparing.trust("release-notes")
    assert (trust.origin, trust.level) == ("person", "trusted")
    assert [o.kind for o in await home.comparing.history("release-notes")] == ["new"]
    await home.reviewing.undo()
    assert not path.parent.exists()
    assert not (copies / "release-notes").exists()
    again = await home.lifecycle.new("release-notes")
    assert again.version.number == 2
    (result,) = home.library.check([path])
    assert result.verdict == "ok"


@pytest.mark.parametrize("name", ["", "Upper", "a--b", "-a", "a/b", "..", "../x", "ä", "a b", "x" * 65, "con", "lpt1"])
async def test_a_name_that_breaks_the_rules_writes_nothing(home: Home, root: Path, copies: Path, name: str) -> None:
    before = tree(root.parent.parent)
    with pytest.raises(SkillInvalidError):
        await home.lifecycle.new(name)
    with pytest.raises(SkillInvalidError):
        await home.lifecycle.rename(NAME, name)
    assert tree(root.parent.parent) == before


async def test_a_name_that_anything_has_is_refused(home: Home, root: Path, person: Path) -> None:
    (root / "a-folder").mkdir()
    (root / "a-link").symlink_to(person / "nowhere")
    for name in (NAME, "a-folder", "a-link"):
        with pytest.raises(StateError):
            await home.lifecycle.new(name)
        with pytest.raises(StateError):
            await home.lifecycle.rename(NAME, name)
    assert (root / "a-link").is_symlink()


def test_other_clients_roots_count_as_well(cli: Cli, person: Path) -> None:
    codex = person / ".codex" / "skills"
    add_skill(codex, "other", "---\nname: other\ndescription: Use when x.\n---\n")
    add_skill(codex, "broken", "no frontmatter")
    for name in ("other", "broken"):
        assert cli("new", name, status=1)["error"]["code"] == "state"
        assert cli("rename", NAME, name, status=1)["error"]["code"] == "state"
    assert cli("new", "Bad Name", status=1)["error"]["code"] == "skill_invalid"
    assert cli("new", "fine", "--description", "x" * 1025, status=1)["error"]["code"] == "skill_invalid"
    assert cli("rename", "nobody", "fine", status=1)["error"]["code"] == "not_found"
    assert cli("retire", "nobody", status=1)["error"]["code"] == "not_found"


def test_with_roots_given_the_first_gets_the_skill_and_nothing_is_copied(
    cli: Cli, person: Path, tmp_path: Path
) -> None:
    data = cli("--skills", str(tmp_path / "mine"), "new", "thing")
    assert (data["path"], data["published"]) == (str(tmp_path / "mine" / "thing" / "SKILL.md"), [])
    assert not (person / ".claude" / "skills").exists()


# Rename


async def test_a_rename_changes_the_name_line_and_moves_everything_else_as_it_is(
    home: Home, root: Path, copies: Path
) -> None:
    file = root / "odd-one" / "SKILL.md"
    file.parent.mkdir()
    file.write_bytes(ODD)
    fill(file)
    (file.parent / "link").symlink_to("references")
    before = tree(file.parent)
    await home.lifecycle.publish("odd-one")
    copied = tree(copies / "odd-one")
    done = await home.lifecycle.rename("odd-one", "even-one")
    assert done.path == root / "even-one" / "SKILL.md"
    assert done.path.read_bytes() == ODD.replace(b'name:   "odd-one"', b'name:   "even-one"')
    after = tree(root / "even-one")
    assert {k: v for k, v in after.items() if k != "SKILL.md"} == {k: v for k, v in before.items() if k != "SKILL.md"}
    assert not file.parent.exists()
    assert not (copies / "odd-one").exists()
    assert (copies / "even-one" / "SKILL.md").read_bytes() == done.path.read_bytes()
    assert (copies / "even-one" / "scripts" / "run.sh").stat().st_mode & 0o111
    assert done.skipped == ()
    await home.reviewing.undo()
    assert tree(file.parent) == before
    assert tree(copies / "odd-one") == copied
    assert not (root / "even-one").exists()
    assert not (copies / "even-one").exists()
    assert no_leftovers(root, copies)


async def test_history_blame_drafts_gaps_and_level_follow_the_new_name(home: Home, root: Path) -> None:
    file = root / NAME / "SKILL.md"
    first = await plant(home, file, "one lesson")
    await home.reviewing.accept(NAME, first.version, unverified=True)
    draft = await plant(home, file, "another lesson")
    done = await home.lifecycle.rename(NAME, "fixtures")
    assert done.rebased == ()
    with pytest.raises(NotFoundError):
        await home.comparing.versions(NAME)
    versions = [v.version for v in await home.comparing.versions("fixtures")]
    assert [(v.number, v.state) for v in versions] == [
        (1, VersionState.SUPERSEDED), (2, VersionState.SUPERSEDED), (3, VersionState.DRAFT), (4, VersionState.ACTIVE),
    ]  # fmt: skip
    assert {o.skill for o in await home.comparing.history()} == {"fixtures"}
    lines = await home.comparing.blame("fixtures")
    assert [(b.version, b.edit) for b in lines if b.text == "- one lesson"] == [(2, "e1")]
    assert [b.version for b in lines if b.text.startswith("name:")] == [4]
    moved = await home.reviewing.proposal("fixtures", draft.version)
    assert (moved.skill, moved.parent) == ("fixtures", 4)
    accepted = await home.reviewing.accept("fixtures", draft.version, unverified=True)
    assert accepted.path == root / "fixtures" / "SKILL.md"
    assert "- another lesson" in accepted.path.read_text(encoding="utf-8")
    await home.reviewing.undo()
    await home.reviewing.undo()
    assert (root / NAME / "SKILL.md").read_text(encoding="utf-8").startswith(f"---\nname: {NAME}\n")
    assert [v.version.state for v in await home.comparing.versions(NAME)][1] is VersionState.ACTIVE
    await home.reviewing.undo()
    assert "one lesson" not in (root / NAME / "SKILL.md").read_text(encoding="utf-8")


def test_what_a_skill_earned_counts_under_its_new_name_and_for_it_alone(cli: Cli, tmp_path: Path) -> None:
    cli("ingest", str(used(tmp_path, NAME, 3)), "--format", "events")
    before = cli("trust", NAME)["skills"][0]
    assert before["successes"] == 3
    matched = cli("match", "ship the friday bulletin")["top"]
    cli("rename", NAME, "fixtures")
    after = cli("trust", "fixtures")["skills"][0]
    assert (after["successes"], after["level"], after["origin"]) == (3, before["level"], before["origin"])
    assert after["hash"] != before["hash"]
    assert [v["trust"]["successes"] for v in cli("versions", "fixtures")["versions"]] == [3, 3]
    assert [m["score"] for m in cli("match", "ship the friday bulletin")["top"]] == [m["score"] for m in matched]
    cli("new", NAME, "--description", "Another. Use when something else is asked for.")
    assert cli("trust", NAME)["skills"][0]["state"] == "unknown"
    assert cli("undo", NAME)["operation"]["detail"]["kind"] == "new"
    # Of the other skill of that name nothing is left, so the name is given back, and what was earned under it.
    cli("undo", "fixtures")
    assert cli("trust", NAME)["skills"][0]["successes"] == 3


async def test_a_rename_meets_a_foreign_edit_as_every_change_does(home: Home, root: Path) -> None:
    file = root / NAME / "SKILL.md"
    await home.lifecycle.rename(NAME, "fixtures")
    moved = root / "fixtures" / "SKILL.md"
    moved.write_bytes(moved.read_bytes() + b"- by hand\n")
    with pytest.raises(ForeignEditError):
        await home.reviewing.undo("fixtures")
    assert moved.read_bytes().endswith(b"- by hand\n")
    assert not file.exists()


async def test_a_skill_whose_folder_is_a_link_is_left(home: Home, root: Path, tmp_path: Path) -> None:
    real = add_skill(root / "group", "linked", "---\nname: linked\ndescription: Use when linked.\n---\n")
    (root / "linked").symlink_to(real.parent)
    real.parent.rename(root / "group" / ".hidden")
    (root / "linked").unlink()
    (root / "linked").symlink_to(root / "group" / ".hidden")
    before = tree(root)
    for change in (home.lifecycle.rename("linked", "other"), home.lifecycle.retire("linked")):
        with pytest.raises(SkilltuiError):
            await change
    assert tree(root) == before
    assert [v.version.state for v in await home.comparing.versions("linked")] == [VersionState.ACTIVE]


# Retire


async def test_a_retired_skill_is_kept_whole_and_comes_back_as_it_was(home: Home, root: Path, copies: Path) -> None:
    file = root / NAME / "SKILL.md"
    fill(file)
    (file.parent / "link").symlink_to("references")
    (file.parent / "assets").mkdir()
    before = tree(file.parent)
    await home.lifecycle.publish(NAME)
    copied = tree(copies / NAME)
    done = await home.lifecycle.retire(NAME)
    assert not file.parent.exists()
    assert not (copies / NAME).exists()
    assert (done.copies, done.skipped) == ((copies / NAME / "SKILL.md",), ())
    assert await home.library.skills() == []
    (retired,) = await home.lifecycle.retired()
    assert (retired.name, retired.path, retired.files) == (NAME, file, len(before) + 1)
    assert await home.comparing.integrity(every_page=True) == []
    with pytest.raises(StateError, match="retired"):
        await home.reviewing.rollback(NAME, 1)
    with pytest.raises(StateError, match="retired"):
        await home.lifecycle.new(NAME)
    await home.reviewing.undo(NAME)
    assert tree(file.parent) == before
    assert (file.parent / "assets").is_dir()
    assert tree(copies / NAME) == copied
    assert await home.lifecycle.retired() == []
    assert (await home.comparing.versions(NAME))[0].version.state is VersionState.ACTIVE
    assert no_leftovers(root, copies)


async def test_a_retired_skill_does_not_come_back_over_another(home: Home, root: Path) -> None:
    await home.lifecycle.retire(NAME)
    mine = add_skill(root, NAME, "---\nname: pytest-fixtures\ndescription: Use when mine.\n---\n").read_bytes()
    with pytest.raises(ForeignEditError):
        await home.reviewing.undo(NAME)
    assert (root / NAME / "SKILL.md").read_bytes() == mine
    # A skill of that name is on disk; it is retired again when that one goes.
    assert await home.lifecycle.retired() == []
    (root / NAME / "SKILL.md").rename(root.parent / "mine.md")
    assert len(await home.lifecycle.retired()) == 1


async def test_what_is_too_large_to_be_kept_is_not_taken(home: Home, root: Path) -> None:
    modules = root / NAME / "node_modules"
    modules.mkdir()
    for number in range(501):
        (modules / f"{number}.js").touch()
    with pytest.raises(SkillInvalidError, match="node_modules"):
        await home.lifecycle.retire(NAME)
    assert (root / NAME / "SKILL.md").is_file()
    assert (await home.comparing.versions(NAME))[0].version.state is VersionState.ACTIVE


# Copies


@pytest.mark.parametrize("edited", ["SKILL.md", "scripts/run.sh", "mine.txt"])
async def test_a_copy_edited_by_hand_is_told_and_left_by_every_change(
    home: Home, root: Path, copies: Path, edited: str
) -> None:
    file = root / NAME / "SKILL.md"
    fill(file)
    await home.lifecycle.publish(NAME)
    hand = copies / NAME / edited
    hand.write_text("by hand\n", encoding="utf-8")
    mine = tree(copies / NAME)

    def told(skipped: tuple[str, ...]) -> None:
        assert len(skipped) == 1
        assert str(copies / NAME) in skipped[0]
        assert tree(copies / NAME) == mine

    draft = await plant(home, file, "a lesson")
    told((await home.reviewing.accept(NAME, draft.version, unverified=True)).skipped)
    told((await home.reviewing.rollback(NAME)).skipped)
    told(tuple((await home.reviewing.undo()).detail["skipped"]))
    told((await home.lifecycle.publish(NAME)).skipped)
    told((await home.lifecycle.rename(NAME, "fixtures")).skipped)
    assert not (copies / "fixtures").exists()
    # It stands under the name that the skill has again: there is nothing to move.
    await home.reviewing.undo()
    assert tree(copies / NAME) == mine
    told((await home.lifecycle.retire(NAME)).skipped)
    await home.reviewing.undo()
    assert tree(copies / NAME) == mine


async def test_accept_brings_the_whole_tree_to_a_copy_that_only_had_the_text(
    home: Home, root: Path, copies: Path
) -> None:
    file = root / NAME / "SKILL.md"
    add_skill(copies, NAME, file.read_text(encoding="utf-8"))
    fill(file)
    draft = await plant(home, file, "a lesson")
    done = await home.reviewing.accept(NAME, draft.version, unverified=True)
    assert (done.published, done.skipped) == ((copies / NAME / "SKILL.md",), ())
    assert set(tree(copies / NAME)) == {"SKILL.md", "scripts/run.sh", "references/deep/a.md"}
    # A script that went, and one that changed, go and change with the next version.
    (file.parent / "references" / "deep" / "a.md").unlink()
    (file.parent / "scripts" / "run.sh").write_text("echo other\n", encoding="utf-8")
    draft = await plant(home, file, "a second lesson")
    done = await home.reviewing.accept(NAME, draft.version, unverified=True)
    assert done.skipped == ()
    assert {k: v[0] for k, v in tree(copies / NAME).items()} == {
        "SKILL.md": file.read_bytes(), "scripts/run.sh": b"echo other\n",
    }  # fmt: skip


async def test_changes_of_a_script_reach_the_copies_again_and_again(home: Home, root: Path, copies: Path) -> None:
    file = root / NAME / "SKILL.md"
    fill(file)
    for number in range(3):
        (file.parent / "scripts" / "run.sh").write_text(f"echo {number}\n", encoding="utf-8")
        assert (await home.lifecycle.publish(NAME)).skipped == ()
        assert (copies / NAME / "scripts" / "run.sh").read_text(encoding="utf-8") == f"echo {number}\n"
        await home.reviewing.accept(NAME, (await plant(home, file, "a lesson")).version, unverified=True)
        (file.parent / "scripts" / "run.sh").write_text(f"echo again {number}\n", encoding="utf-8")
        assert (await home.reviewing.undo()).detail["skipped"] == []
        assert (copies / NAME / "scripts" / "run.sh").read_text(encoding="utf-8") == f"echo again {number}\n"
    assert (await home.lifecycle.rename(NAME, "fixtures")).skipped == ()
    assert not (copies / NAME).exists()


async def test_a_copy_that_somebody_removed_is_not_made_again_by_an_undo(home: Home, root: Path, copies: Path) -> None:
    file = root / NAME / "SKILL.md"
    await home.lifecycle.publish(NAME)
    await home.reviewing.accept(NAME, (await plant(home, file, "a lesson")).version, unverified=True)
    (copies / NAME / "SKILL.md").unlink()
    (copies / NAME).rmdir()
    assert "removed" in (await home.reviewing.undo()).detail["skipped"][0]
    assert not (copies / NAME).exists()
