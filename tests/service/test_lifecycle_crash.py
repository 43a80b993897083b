"""Killed or failed at any point of a rename, a retirement, or taking one back: the skill is old or new, never neither.

Every call that changes the disk, and every commit, is a point. A kill is an exception that nothing in the program
catches on its way out of the process, and after which nothing more is written; a fault is what the system answers.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from skilltui.errors import SkilltuiError, StoreError
from skilltui.paths import HomePaths
from skilltui.store.database import Database
from skilltui.workshop.home import Home
from tests.service.conftest import add_skill
from tests.service.test_lifecycle import NAME, fill, no_leftovers, tree

TO = "fixtures"


class Killed(BaseException):
    """The process is no more."""


class Points:
    """Counts the points passed, and stops at one of them, before or after what it does."""

    def __init__(self, at: int | None, stop: Callable[[], BaseException], *, after: bool = False, once: bool) -> None:
        self.at, self.stop, self.after, self.once = at, stop, after, once
        self.passed = 0
        self.dead = False

    def wrap(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def point(*args: Any, **options: Any) -> Any:
            if self.dead and not self.once:
                raise self.stop()
            self.passed += 1
            if self.passed == self.at:
                self.dead = True
                if self.after:
                    call(*args, **options)
                raise self.stop()
            return call(*args, **options)

        return point

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("rename", "replace", "unlink", "mkdir", "rmdir", "fsync", "chmod"):
                patch.setattr(os, name, self.wrap(getattr(os, name)))
            write = Database.write

            async def commit(database: Database, work: Any) -> Any:
                try:
                    self.wrap(lambda: None)()
                except OSError as error:
                    raise StoreError("injected") from error
                return await write(database, work)

            patch.setattr(Database, "write", commit)
            yield


def places(person: Path) -> tuple[Path, Path]:
    return person / ".agents" / "skills", person / ".claude" / "skills"


async def begin(paths: HomePaths, person: Path) -> None:
    root, copies = places(person)
    (person / ".claude").mkdir(parents=True)
    fill(add_skill(root, NAME))
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        await home.lifecycle.publish(NAME)
    assert copies.is_dir()


async def rename(home: Home) -> None:
    await home.lifecycle.rename(NAME, TO)


async def retire(home: Home) -> None:
    await home.lifecycle.retire(NAME)


async def undo(home: Home) -> None:
    await home.reviewing.undo()


CHANGES = {
    "rename": (None, rename),
    "undo-rename": (rename, undo),
    "retire": (None, retire),
    "undo-retire": (retire, undo),
}


def whole(root: Path) -> dict[str, Any]:
    """By name, every folder that an agent would find."""
    if not root.is_dir():
        return {}
    return {folder.name: tree(folder) for folder in root.iterdir() if not folder.name.startswith(".")}


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("stop", ["kill", "fault"])
async def test_at_every_point_the_skill_is_old_or_new(tmp_path: Path, kind: str, stop: str) -> None:
    first, change = CHANGES[kind]
    person, base = tmp_path / "person", tmp_path / "base"
    await begin(HomePaths(base, base), person)
    if first is not None:
        async with Home.open(HomePaths(base, base), env={"HOME": str(person)}) as home:
            await first(home)
    kept = tmp_path / "kept"
    shutil.copytree(person, kept)

    def stopping() -> BaseException:
        return Killed() if stop == "kill" else OSError(errno.ENOSPC if at % 4 == 1 else errno.EIO, "injected")

    old = [whole(root) for root in places(person)]
    new: list[dict[str, Any]] = []
    at = 0
    while True:
        # The first time through nothing stops it, which shows what it comes to and how many points there are.
        shutil.rmtree(person)
        shutil.copytree(kept, person)
        where = tmp_path / f"home-{at}"
        shutil.copytree(base, where)
        points = Points(at or None, stopping, once=stop != "kill")
        paths = HomePaths(where, where)
        env = {"HOME": str(person)}
        failed = False
        try:
            async with Home.open(paths, env=env) as home:
                with points():
                    await change(home)
        except (Killed, SkilltuiError):
            # Anything else is no failure that a person could do something about, and fails the test.
            failed = True
        if at == 0:
            assert not failed
            new = [whole(root) for root in places(person)]
            last = points.passed
        for before, after, root in zip(old, new, places(person), strict=True):
            found = whole(root)
            # In a copy's place, and between two single renames, both may be there; each is whole.
            assert all(folder in (before.get(name), after.get(name)) for name, folder in found.items()), (at, found)
            assert found or not before or not after, at
        async with Home.open(paths, env=env) as home:
            assert await home.lifecycle.unfinished() == []
            found = whole(places(person)[0])
            assert found in (old[0], new[0]), at
            if stop == "kill":
                assert whole(places(person)[1]) in (old[1], new[1]), at
            names = await home.comparing.skills_with_history()
            state = new if found == new[0] else old
            assert names == [next(iter(state[0]), NAME)], at
            retired = await home.lifecycle.retired()
            assert bool(retired) == (not state[0]), at
            assert no_leftovers(*places(person)) or stop != "kill", at
        shutil.rmtree(where)
        # Faults come at every other point, full disks and broken ones in turn.
        at += 1 if stop == "kill" or at == 0 else 2
        if at > last:
            break
    assert last > 20


SCRIPT = """
import asyncio, os, signal, sys
from pathlib import Path
from skilltui.paths import HomePaths
from skilltui.workshop.home import Home
real, n = os.rename, int(sys.argv[3])
seen = 0
def rename(*args, **options):
    global seen
    seen += 1
    if seen == n:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **options)
async def main():
    where = Path(sys.argv[1])
    async with Home.open(HomePaths(where, where), env={"HOME": sys.argv[2]}) as home:
        os.rename = rename
        await home.lifecycle.rename("pytest-fixtures", "fixtures")
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_a_process_that_is_really_killed_is_carried_on_by_the_next(tmp_path: Path) -> None:
    for number in (1, 2, 3, 4):
        person, where = tmp_path / f"person-{number}", tmp_path / f"home-{number}"
        paths = HomePaths(where, where)
        await begin(paths, person)
        before = tree(person / ".agents" / "skills" / NAME)
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(where), str(person), str(number)], capture_output=True, check=False
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        root, copies = places(person)
        assert whole(root)
        async with Home.open(paths, env={"HOME": str(person)}) as home:
            assert set(whole(root)) == set(whole(copies)) == {TO}
            assert set(tree(root / TO)) == set(before)
            await home.reviewing.undo()
            assert tree(root / NAME) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("edited", ["SKILL.md", "scripts/run.sh", "new.md"])
async def test_what_a_person_saves_between_the_kill_and_the_next_start_is_kept(tmp_path: Path, edited: str) -> None:
    person, where = tmp_path / "person", tmp_path / "home"
    await begin(HomePaths(where, where), person)
    # Killed when the new folder stands and the old one is about to go.
    subprocess.run([sys.executable, "-c", SCRIPT, str(where), str(person), "2"], capture_output=True, check=False)
    root, _ = places(person)
    assert set(whole(root)) == {NAME, TO}
    (root / NAME / edited).write_text("by hand", encoding="utf-8")
    async with Home.open(HomePaths(where, where), env={"HOME": str(person)}) as home:
        assert (root / NAME / edited).read_text(encoding="utf-8") == "by hand"
        assert await home.lifecycle.unfinished() == []
        (operation, *_) = await home.comparing.history(TO)
        assert str(root / NAME) in operation.detail["skipped"][0]
        assert TO in whole(root)


@pytest.mark.parametrize("kind", ["new", "fix"])
async def test_a_skill_begun_or_mended_is_there_whole_or_as_it_was(tmp_path: Path, kind: str) -> None:
    broken = b"---\nname: demo\ndescription: Run it. Use when: a demo is asked for\n---\n"
    seen: set[bytes | None] = set()
    at, last = 0, 0
    while at <= last:
        person, where = tmp_path / f"person-{at}", tmp_path / f"home-{at}"
        paths, env = HomePaths(where, where), {"HOME": str(person)}
        root, copies = places(person)
        (person / ".claude").mkdir(parents=True)
        file = root / "demo" / "SKILL.md"
        if kind == "fix":
            for place in (root, copies):
                add_skill(place, "demo", broken.decode())
        points = Points(at or None, Killed, once=False)
        try:
            async with Home.open(paths, env=env) as home:
                mending = await home.lifecycle.mending("demo") if kind == "fix" else None
                with points():
                    await (home.lifecycle.mend(mending) if mending else home.lifecycle.new("demo"))
        except Killed:
            pass
        last = last or points.passed
        found = file.read_bytes() if file.is_file() else None
        copy = copies / "demo" / "SKILL.md"
        seen |= {found, copy.read_bytes() if copy.is_file() else None}
        async with Home.open(paths, env=env) as home:
            assert [skill.name for skill in await home.library.skills() if skill.path == str(file)] == (
                ["demo"] if found is not None else []
            )
            if found is not None and "demo" in await home.comparing.skills_with_history():
                assert await home.comparing.text("demo") == found.decode()
                live = [v.version for v in await home.comparing.versions("demo") if v.version.state == "active"]
                assert [await home.comparing.text("demo", v.number) for v in live] == [found.decode()]
        at += 1
    # Never anything but the old and the new.
    assert len(seen) == 2
    assert (broken if kind == "fix" else None) in seen
    assert last > 5
