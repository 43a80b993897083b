"""Formats without a live writer, and the families of subagents: imported twice, nothing is new the second time."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from skilltui.domain.trajectory import OutcomeBy, OutcomeLabel
from skilltui.workshop.home import Home
from tests.documents import write
from tests.opencode import OpenCodeDatabase

ZEPH = 1_793_700_000


def zeph(path: Path, *numbers: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for n in numbers:
            told = {"type": "success"} if n % 2 else {"type": "error", "message": "boom"}
            entry = {"timestamp": str(ZEPH + n), "tool": "shell", "command": f"make {n}", "result": told}
            file.write(json.dumps(entry | {"duration_ms": 5, "correlation_id": f"c-{n}"}) + "\n")
    return path


def skillrl(path: Path) -> Path:
    def memory(number: int, outcome: str) -> dict[str, Any]:
        content = {
            "task_meta": {"original_goal": f"put lamp {number} on the desk"},
            "refined_trajectory": None,
            "strategic_guidelines": {"strategic_guidelines": {"planning_pattern": "search -> take"}},
        }
        tags = {"environment": "Household", "outcome": outcome}
        return {"memory_id": f"m{number}", "contextual_description": "d", "tags": tags, "content": content}

    return write(path, [memory(1, "Success"), memory(2, "Failure")])


def atif(folder: Path) -> Path:
    def document(*calls: str, **more: Any) -> dict[str, Any]:
        listed = [{"tool_call_id": c, "function_name": "Bash", "arguments": {"command": c}} for c in calls]
        at = "2026-11-03T10:00:0{}Z"
        steps = [
            {"step_id": 1, "timestamp": at.format(1), "source": "user", "message": "build the shop"},
            {"step_id": 2, "timestamp": at.format(2), "source": "agent", "message": "", "tool_calls": listed},
        ]
        return {"schema_version": "ATIF-v1.7", "session_id": "s", "agent": {"name": "a"}, "steps": steps, **more}

    inner = document("c2", "c3", trajectory_id="sub-1")
    sub = {"source_call_id": "c1", "subagent_trajectory_ref": [{"trajectory_path": "sub.json"}]}
    main = document("c1", subagent_trajectories=[inner])
    main["steps"][1]["observation"] = {"results": [sub]}
    write(folder / "agent" / "sub.json", document("c4"))
    write(folder / "result.json", {"verifier_result": {"rewards": {"reward": 1.0}}})
    return write(folder / "agent" / "trajectory.json", main)


async def test_an_audit_log_twice(home: Home, tmp_path: Path) -> None:
    path = zeph(tmp_path / "t" / "audit.jsonl", 1, 2, 3)
    first = await home.capturing.ingest([path])
    assert (first.files, first.sessions, first.steps, first.failed_steps, first.new_steps) == (1, 1, 3, 1, 3)
    zeph(path, 4, 7200)
    second = await home.capturing.ingest([path])
    assert (second.sessions, second.steps, second.new_steps) == (2, 5, 2)
    # A moved log has calls that are known by their ids.
    moved = path.rename(path.with_name("moved.jsonl"))
    assert (await home.capturing.ingest([moved])).new_steps == 0


async def test_an_audit_log_is_followed(home: Home, person: Path) -> None:
    home._context.config = replace(home.config, trajectory_capture=True)
    path = zeph(person / ".zeph" / "data" / "audit.jsonl", 1)
    following = asyncio.create_task(home.watcher.run())
    await home.watcher.caught_up()
    zeph(path, 2)
    await home.watcher.caught_up()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert home.watcher.status.agents == ("zeph",)
    assert [s.steps for s in await home.capturing.sessions()] == [2]


async def test_memories_twice_wherever_they_lie(home: Home, tmp_path: Path) -> None:
    one = skillrl(tmp_path / "t" / "memories.json")
    first = await home.capturing.ingest([one.parent])
    assert (first.files, first.sessions, first.trajectories, first.steps) == (1, 2, 2, 0)
    moved = one.rename(one.with_name("moved.json"))
    second = await home.capturing.ingest([moved])
    assert (second.sessions, second.trajectories, second.new_steps) == (2, 2, 0)
    found = await home.capturing.trajectories()
    assert {(t.request, t.outcome.label, t.outcome.by) for t in found} == {
        ("put lamp 1 on the desk", OutcomeLabel.SUCCESS, OutcomeBy.REWARD),
        ("put lamp 2 on the desk", OutcomeLabel.FAILURE, OutcomeBy.REWARD),
    }
    assert (await home.capturing.trajectory(found[0].id)).closing_text.startswith("Plan: search -> take")


@pytest.mark.parametrize("whole_folder", [True, False])
async def test_a_trial_with_subagents_is_one_task(home: Home, tmp_path: Path, *, whole_folder: bool) -> None:
    path = atif(tmp_path / "trial")
    named = tmp_path / "trial" if whole_folder else path
    first = await home.capturing.ingest([named])
    assert (first.steps, first.new_steps) == (4, 4)
    (one,) = [t for t in await home.capturing.trajectories() if t.request]
    assert (one.request, one.outcome.label, one.outcome.by) == (
        "build the shop", OutcomeLabel.SUCCESS, OutcomeBy.REWARD,
    )  # fmt: skip
    assert len((await home.capturing.trajectory(one.id)).delegated) == 3
    again = await home.capturing.ingest([named])
    assert (again.steps, again.new_steps) == (4, 0)


async def test_a_subagent_of_opencode_works_for_the_task_that_started_it(home: Home, tmp_path: Path) -> None:
    agent = OpenCodeDatabase(tmp_path / "t" / "opencode.db")
    session = agent.session()
    agent.say(session, "build the shop")
    message = agent.answer(session)
    task = agent.part(session, message, **agent.tool("c1", "task", "running"))
    agent.turn(agent.session("ses_2", parent=session), "find the makefile", "c2", "c3")
    agent.tick()
    agent.update("part", task, agent.tool("c1", "task", output="it is in the root"))
    agent.turn(session, "now write the release notes of this month", "c4")
    report = await home.capturing.ingest([tmp_path / "t"])
    assert (report.sessions, report.steps, report.new_steps) == (2, 4, 4)
    first = next(t for t in await home.capturing.trajectories() if t.request == "build the shop")
    whole = await home.capturing.trajectory(first.id)
    assert [s.tool for s in whole.steps] == ["task"]
    assert [s.agent for s in whole.delegated] == ["ses_2", "ses_2"]
    assert all(t.request for t in await home.capturing.trajectories())
    assert (await home.capturing.ingest([tmp_path / "t"])).new_steps == 0
    agent.close()
