"""Documents that are rewritten in place: each time they are read whole, and only what is new is added."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from skilltui.domain.trajectory import OutcomeBy, OutcomeLabel
from skilltui.workshop.home import Home
from tests.documents import gemini_call, gemini_message, gemini_session, write


def worked(number: int, name: str) -> dict[str, Any]:
    call = gemini_call(name, f"{name} done", command=name) | {"id": f"{name}-{number}"}
    return gemini_message(number, "gemini", f"{name} is done.", toolCalls=[call])


BUILD = gemini_message(1, "user", "build the project for the release")
WEATHER = gemini_message(4, "user", "now write a poem about the weather in spring")


async def steps(home: Home) -> list[list[str]]:
    found = sorted(await home.capturing.trajectories(), key=lambda t: t.ordinal)
    return [[s.tool for s in t.steps] for t in await home.capturing.whole(t.id for t in found)]


async def test_a_rewritten_document_adds_only_what_is_new(home: Home, tmp_path: Path) -> None:
    path = write(tmp_path / "session-1.json", gemini_session(BUILD, worked(2, "make")))
    first = await home.capturing.ingest([path])
    assert (first.sessions, first.trajectories, first.new_steps) == (1, 1, 1)
    write(path, gemini_session(BUILD, worked(2, "make"), worked(3, "test"), WEATHER, worked(5, "write_file")))
    second = await home.capturing.ingest([path])
    assert (second.sessions, second.trajectories, second.steps, second.new_steps) == (1, 2, 3, 2)
    write(
        path, gemini_session(BUILD, worked(2, "make"), worked(3, "test"), WEATHER, worked(5, "write_file")) | {"x": 1}
    )
    third = await home.capturing.ingest([path])
    assert (third.steps, third.new_steps) == (3, 0)
    assert (await home.capturing.ingest([path])).bytes == 0
    assert await steps(home) == [["make", "test"], ["write_file"]]


async def test_a_result_that_comes_with_a_rewrite_finds_its_step(home: Home, tmp_path: Path) -> None:
    working = gemini_message(2, "gemini", toolCalls=[gemini_call("make", "", "executing")])
    path = write(tmp_path / "a.json", gemini_session(BUILD, working, WEATHER))
    await home.capturing.ingest([path])
    failed = gemini_message(2, "gemini", toolCalls=[gemini_call("make", "boom\nExit Code: 2")])
    write(path, gemini_session(BUILD, failed, WEATHER))
    assert (await home.capturing.ingest([path])).failed_steps == 1


async def test_old_words_without_a_time_do_not_become_the_last(home: Home, tmp_path: Path) -> None:
    untimed = [{k: v for k, v in m.items() if k != "timestamp"} for m in (BUILD, worked(2, "make"), WEATHER)]
    path = write(tmp_path / "a.json", gemini_session(*untimed))
    await home.capturing.ingest([path])
    write(path, gemini_session(*untimed) | {"x": 1})
    await home.capturing.ingest([path])
    words = {
        t.ordinal: (await home.capturing.trajectory(t.id)).closing_text for t in await home.capturing.trajectories()
    }
    assert words == {1: "make is done.", 2: ""}


async def test_a_reward_that_comes_later_becomes_the_outcome(home: Home, tmp_path: Path) -> None:
    call = {"tool_call_id": "c", "function_name": "Bash", "arguments": {"command": "make"}}
    made = [{"source": "user", "message": "build it"}, {"source": "agent", "message": "", "tool_calls": [call]}]
    trajectory = {"schema_version": "ATIF-v1.6", "session_id": "s", "agent": {}, "steps": made}
    write(tmp_path / "trial" / "agent" / "trajectory.json", trajectory)
    await home.capturing.ingest([tmp_path])
    (before,) = await home.capturing.trajectories()
    assert before.outcome.by is not OutcomeBy.REWARD
    (tmp_path / "trial" / "verifier").mkdir()
    (tmp_path / "trial" / "verifier" / "reward.txt").write_text("1.0\n")
    assert (await home.capturing.ingest([tmp_path])).new_steps == 0
    (after,) = await home.capturing.trajectories()
    assert (after.outcome.label, after.outcome.by) == (OutcomeLabel.SUCCESS, OutcomeBy.REWARD)


async def test_a_half_written_document_waits_live_and_is_told_of_by_an_import(home: Home, tmp_path: Path) -> None:
    whole = json.dumps(gemini_session(BUILD, worked(2, "make")))
    path = tmp_path / "a.json"
    path.write_text(whole[:-20])
    await home.capturing.step(path, "gemini", final=False, backfill=False)
    assert await home.capturing.trajectories() == []
    assert (await home.capturing.ingest([path])).quarantined == 1
    path.write_text(whole)
    assert (await home.capturing.ingest([path])).new_steps == 1


@pytest.mark.parametrize("suffix", ["json", "jsonl"])
async def test_geminis_own_folder_is_followed_live(home: Home, person: Path, suffix: str) -> None:
    def save(*messages: dict[str, Any]) -> None:
        session = gemini_session(*messages)
        if suffix == "json":
            write(path, session)
        else:
            head = {k: v for k, v in session.items() if k != "messages"}
            path.write_text("".join(json.dumps(record) + "\n" for record in (head, *messages)))

    path = person / ".gemini" / "tmp" / "shop" / "chats" / f"session-1.{suffix}"
    path.parent.mkdir(parents=True)
    save(BUILD, worked(2, "make"))
    write(path.parent.parent / "logs.json", [{"sessionId": "s", "messageId": 0, "type": "user", "message": "x"}])
    await home.capturing.give_consent(yes=True)
    running = asyncio.create_task(home.watcher.run())
    try:
        await home.watcher.caught_up()
        assert await steps(home) == [["make"]]
        save(BUILD, worked(2, "make"), worked(3, "test"))
        await home.watcher.caught_up()
        assert await steps(home) == [["make", "test"]]
        assert {p.name: r for p, r in home.watcher.skipped.items()} == {"logs.json": "does not look like gemini"}
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
