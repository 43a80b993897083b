"""Databases that agents write: imported twice, followed live, deleted, replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from skilltui.workshop.home import Home
from tests.opencode import OpenCodeDatabase
from tests.unit.test_capture_opencode_storage import tree


@pytest.fixture
async def following(home: Home) -> AsyncIterator[Home]:
    home._context.config = replace(home.config, trajectory_capture=True)
    task = asyncio.create_task(home.watcher.run())
    yield home
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def steps(home: Home) -> dict[str, list[tuple[str, bool | None]]]:
    """request -> what its calls gave."""
    found = await home.capturing.whole(t.id for t in await home.capturing.trajectories())
    return {t.request: [(s.output, s.ok) for s in t.steps] for t in found}


async def test_the_same_database_twice_adds_nothing(home: Home, tmp_path: Path) -> None:
    agent = OpenCodeDatabase(tmp_path / "data" / "opencode.db")
    for number in range(120):
        agent.turn(agent.session(f"ses_{number}"), f"task number {number}", "a", "b")
    first = await home.capturing.ingest([tmp_path])
    assert (first.files, first.sessions, first.trajectories, first.steps, first.new_steps) == (1, 120, 120, 240, 240)
    again = await home.capturing.ingest([tmp_path])
    assert (again.sessions, again.trajectories, again.steps, again.new_steps) == (120, 120, 240, 0)
    agent.close()  # the log is folded in: another file to look at, the same rows
    after = await home.capturing.ingest([tmp_path])
    assert (after.steps, after.new_steps, after.skipped) == (240, 0, ())


async def test_a_database_is_followed_while_its_agent_writes(following: Home, person: Path) -> None:
    agent = OpenCodeDatabase(person / ".local" / "share" / "opencode" / "opencode.db")
    session = agent.session()
    agent.say(session, "build the shop")
    part = agent.part(session, agent.answer(session), **agent.tool("c1", status="running"))
    await following.watcher.caught_up()
    assert await steps(following) == {"build the shop": [("", None)]}
    # Only the log grows: the file itself stays as it is.
    agent.update("part", part, agent.tool("c1", output="2 failing", metadata={"exit": 1}))
    await following.watcher.caught_up()
    assert await steps(following) == {"build the shop": [("2 failing", False)]}
    agent.turn(session, "now write the release notes of this month", "c2")
    await following.watcher.caught_up()
    assert len(await steps(following)) == 2
    agent.close()
    await following.watcher.caught_up()
    report = await following.capturing.ingest([], format="opencode")
    assert (report.files, report.sessions, report.steps, report.new_steps) == (1, 1, 2, 0)


async def test_a_deleted_and_replaced_database_keeps_what_was_read(following: Home, person: Path) -> None:
    path = person / ".local" / "share" / "opencode" / "opencode.db"
    agent = OpenCodeDatabase(path)
    agent.turn(agent.session(), "build the shop", "c1")
    await following.watcher.caught_up()
    agent.close()
    path.unlink()
    await following.watcher.caught_up()
    assert [file.gone for file in await following.capturing.files()] == [True]
    agent = OpenCodeDatabase(path, clock=agent.now + 1)
    agent.turn(agent.session("ses_new"), "write the tests of the shop", "c1")
    await following.watcher.caught_up()
    assert set(await steps(following)) == {"build the shop", "write the tests of the shop"}
    assert [file.gone for file in await following.capturing.files()] == [False]
    agent.close()


async def test_a_database_that_is_none_is_told_and_stops_nothing(home: Home, tmp_path: Path) -> None:
    (tmp_path / "opencode.db").write_bytes(b"SQLite format 3\0" + b"rubbish" * 1000)
    agent = OpenCodeDatabase(tmp_path / "opencode-dev.db")
    agent.turn(agent.session(), "build the shop", "c1")
    report = await home.capturing.ingest([tmp_path])
    assert (report.files, report.steps) == (1, 1)
    ((path, reason),) = report.skipped
    assert path.endswith("opencode.db")
    assert "damaged, or no SQLite database" in reason
    agent.close()


async def test_a_tree_that_was_moved_into_the_database_counts_once(home: Home, tmp_path: Path) -> None:
    agent = OpenCodeDatabase(tmp_path / "new" / "opencode.db")
    agent.turn(agent.session(), "build the shop", "c1", "c2")
    tree(tmp_path / "old", agent)
    first = await home.capturing.ingest([tmp_path / "old"])
    assert (first.files, first.sessions, first.new_steps) == (1, 1, 2)
    second = await home.capturing.ingest([tmp_path / "new", tmp_path / "old"])
    assert (second.files, second.sessions, second.trajectories, second.steps, second.new_steps) == (2, 1, 1, 2, 0)
    agent.close()
