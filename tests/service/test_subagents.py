"""Work of subagents: it belongs to the trajectory that started it, whichever transcript is read first."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from skilltui.domain.trajectory import OutcomeLabel
from skilltui.workshop.home import Home
from tests.sessions import ClaudeSession

PARENT = "a0000000-0000-4000-8000-000000000000"


def conversation() -> ClaudeSession:
    """A person asks twice; the first task is given to a subagent."""
    session = ClaudeSession(PARENT)
    session.say("find out why the login test is flaky, then fix it")
    session.call("Task", {"description": "look", "prompt": "find the flaky test"}, "it is the clock")
    session.bash("pytest -q", "1 passed")
    session.say("now write the release notes for version 2")
    session.bash("git log --oneline")
    return session


def subagent(*, late: int = 0) -> ClaudeSession:
    """What the subagent did while the agent went on: two steps, one of them failed."""
    session = ClaudeSession("agent-a1b2c3", start=ClaudeSession("").start + timedelta(seconds=9 + late))
    session.say("find the flaky test")
    session.bash("pytest -x tests/login", "assert False", code=1)
    session.bash("grep -rn now src")
    for record in session.records:
        record.update(sessionId=PARENT, isSidechain=True, agentId="a1b2c3")
    return session


def lay_out(folder: Path, *, nested: bool) -> tuple[Path, Path]:
    parent = conversation().write(folder)
    child = parent.with_suffix("") / "subagents" / "agent-a1b2c3.jsonl" if nested else parent.with_stem("agent-a1b2c3")
    child.parent.mkdir(parents=True, exist_ok=True)
    child.write_text("".join(subagent().lines()), encoding="utf-8")
    return parent, child


@pytest.mark.parametrize("nested", [True, False])
async def test_its_steps_stand_in_the_trajectory_that_started_it(home: Home, tmp_path: Path, nested: bool) -> None:
    folder = tmp_path / "projects"
    lay_out(folder, nested=nested)
    report = await home.capturing.ingest([folder])
    assert (report.sessions, report.trajectories, report.steps, report.failed_steps) == (2, 2, 5, 1)
    second, first = await home.capturing.trajectories()
    assert (first.steps, first.failed_steps, second.steps) == (4, 1, 1)
    whole = await home.capturing.trajectory(first.id)
    assert [s.tool for s in whole.steps] == ["Task", "Bash"]
    assert [s.agent for s in whole.delegated] == ["agent-a1b2c3"] * 2
    assert [s.args.get("command", s.tool) for s in whole.all_steps] == [
        "Task", "pytest -x tests/login", "pytest -q", "grep -rn now src",
    ]  # fmt: skip
    assert len({s.seq for s in whole.all_steps}) == 4
    assert whole.outcome.label is OutcomeLabel.SUCCESS
    # What an agent asked of its subagent is nobody's request.
    assert not any(r.text == "flaky test" for gap in await home.curating.gaps(None) for r in gap.requests)
    again = await home.capturing.ingest([folder])
    assert (again.new_steps, again.sessions, again.steps, again.trajectories) == (0, 2, 5, 2)
    assert await home.capturing.trajectory(first.id) == whole


async def test_read_before_its_parent_it_moves_there_as_soon_as_that_is_known(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "projects"
    parent, child = lay_out(folder, nested=True)
    await home.capturing.ingest([child])
    (alone,) = await home.capturing.trajectories()
    assert (alone.session, alone.steps) == ("agent-a1b2c3", 2)
    assert await home.curating.gaps(None) == []
    await home.capturing.ingest([parent])
    second, first = await home.capturing.trajectories()
    assert (first.session, first.steps, first.failed_steps, second.steps) == (PARENT, 4, 1, 1)
    whole = await home.capturing.trajectory(first.id)
    assert [s.tool for s in whole.steps] == ["Task", "Bash"]
    assert [s.agent for s in whole.delegated] == ["agent-a1b2c3"] * 2
    report = await home.capturing.ingest([folder])
    assert (report.new_steps, report.steps, report.trajectories) == (0, 5, 2)
    # What the subagent does later goes to the same place.
    more = subagent()
    more.bash("make later")
    more.records[-1].update(sessionId=PARENT)
    more.records[-2].update(sessionId=PARENT)
    child.write_text("".join(more.lines()), encoding="utf-8")
    assert (await home.capturing.ingest([folder])).new_steps == 1
    assert len((await home.capturing.trajectory(first.id)).delegated) == 3


async def test_a_result_that_comes_later_reaches_the_subagents_step(home: Home, tmp_path: Path) -> None:
    parent, child = lay_out(tmp_path / "projects", nested=True)
    lines = child.read_text(encoding="utf-8").splitlines(keepends=True)
    child.write_text("".join(lines[:-1]), encoding="utf-8")
    await home.capturing.ingest([tmp_path / "projects"])
    _, first = await home.capturing.trajectories()
    assert (await home.capturing.trajectory(first.id)).delegated[-1].ok is None
    with child.open("a", encoding="utf-8") as file:
        file.write(lines[-1])
    await home.capturing.ingest([child])
    step = (await home.capturing.trajectory(first.id)).delegated[-1]
    assert (step.ok, step.tool) == (True, "Bash")
    assert json.loads(lines[-1])["message"]["content"][0]["tool_use_id"] == step.key
    assert parent.exists()


async def test_a_subagent_of_an_unknown_conversation_stands_alone(home: Home, tmp_path: Path) -> None:
    _, child = lay_out(tmp_path / "projects", nested=True)
    await home.capturing.ingest([child])
    await home.capturing.ingest([child])
    (alone,) = await home.capturing.trajectories()
    assert (alone.steps, alone.failed_steps) == (2, 1)


async def test_a_persons_label_on_the_host_stays(home: Home, tmp_path: Path) -> None:
    parent, child = lay_out(tmp_path / "projects", nested=True)
    await home.capturing.ingest([parent])
    _, first = await home.capturing.trajectories()
    await home.capturing.label(first.id, OutcomeLabel.FAILURE)
    await home.capturing.ingest([child])
    whole = await home.capturing.trajectory(first.id)
    assert (len(whole.delegated), whole.outcome.label) == (2, OutcomeLabel.FAILURE)


async def test_what_a_subagent_did_counts_in_a_task_that_is_over(home: Home, tmp_path: Path) -> None:
    """Its tests are the only evidence; read in the same import as an old conversation, they count in full."""
    parent = ClaudeSession(PARENT).say("repair the login").call("Task", {"prompt": "repair it"}, "repaired")
    child = ClaudeSession("agent-d4e5f6", start=ClaudeSession("").start + timedelta(seconds=9))
    child.say("repair it").bash("pytest -q tests/login", "4 passed")
    for record in child.records:
        record.update(sessionId=PARENT, isSidechain=True, agentId="d4e5f6")
    for session in (parent, child):
        session.write(tmp_path / "projects")
    await home.capturing.ingest([tmp_path / "projects"])
    (one,) = await home.capturing.trajectories()
    together = one.outcome
    assert together.label is OutcomeLabel.SUCCESS
    assert any(signal.signal == "check_passed" and signal.weight == 0.6 for signal in together.evidence)
