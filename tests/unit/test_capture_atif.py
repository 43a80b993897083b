"""Documents of the Agent Trajectory Interchange Format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skilltui.capture.events import AgentSaid, SessionEnded, SessionStarted, ToolCalled, UserSaid
from skilltui.capture.reader import Batch
from skilltui.domain.trajectory import ErrorKind
from tests.documents import READER, of, paired, read, write


def document(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    numbered = [{"step_id": n, "timestamp": f"2026-11-03T10:00:{n:02d}Z", **step} for n, step in enumerate(steps, 1)]
    agent = {"name": "a", "version": "1", "model_name": "m-1", "extra": {"cwds": ["/app"]}}
    return {"schema_version": "ATIF-v1.6", "session_id": "s-1", "agent": agent, "steps": numbered, **more}


def user(text: Any, **more: Any) -> dict[str, Any]:
    return {"source": "user", "message": text, **more}


def agent(*calls: str, results: tuple[dict[str, Any], ...] = (), **more: Any) -> dict[str, Any]:
    listed = [{"tool_call_id": c, "function_name": "Bash", "arguments": {"command": c}} for c in calls]
    step = {"source": "agent", "message": "doing", "tool_calls": listed, **more}
    return step | {"observation": {"results": list(results)}} if results else step


def result(call: str | None, text: str, **extra: Any) -> dict[str, Any]:
    return {"source_call_id": call, "content": text} | ({"extra": extra} if extra else {})


def test_only_the_agents_own_steps_count(tmp_path: Path) -> None:
    path = write(
        tmp_path / "trajectory.json",
        document(
            {"source": "system", "message": "started", "observation": {"results": [result(None, "noise")]}},
            user("earlier", is_copied_context=True),
            agent("c0", is_copied_context=True),
            user([{"type": "text", "text": "build it"}, {"type": "image"}]),
            user("aside", extra={"is_sidechain": True}),
            user("<command-name>/clear</command-name>"),
            agent("c1", "c2", results=(result("c2", "second"), result("c1", "first"), result("c7", "orphan"))),
            agent("c1", results=(result("c1", "again"),)),
        ),
    )
    batch = read(path)
    (started,) = of(batch, SessionStarted)
    assert (started.project, started.model, started.at) == ("/app", "m-1", "2026-11-03T10:00:01.000Z")
    assert [event.text for event in of(batch, UserSaid)] == ["build it\n[image]"]
    assert len({call.key for call in of(batch, ToolCalled)}) == 3
    assert [r.text for _, r in paired(batch) if r] == ["first", "second", "again"]
    assert of(batch, SessionEnded) == []


@pytest.mark.parametrize(
    ("text", "extra", "expected"),
    [
        ("fine", {}, (None, None, None)),
        ("Exit code 127\nno such command", {}, (False, ErrorKind.EXIT_NONZERO, 127)),
        ("<tool_use_error>Unknown tool</tool_use_error>", {}, (False, ErrorKind.INVALID_CALL, None)),
        ("odd\n\n[error] tool reported failure", {}, (False, ErrorKind.OTHER, None)),
        ("x", {"is_error": True}, (False, ErrorKind.OTHER, None)),
        ("x", {"is_error": False}, (True, None, None)),
        ("x", {"success": True}, (True, None, None)),
        ("x", {"exit_code": 0}, (True, None, 0)),
        ("x", {"exit_code": 1}, (False, ErrorKind.EXIT_NONZERO, 1)),
        ("x", {"ok": False, "error_kind": "timeout"}, (False, ErrorKind.TIMEOUT, None)),
    ],
)
def test_success_is_unknown_unless_something_tells(tmp_path: Path, text: str, extra: Any, expected: Any) -> None:
    batch = read(write(tmp_path / "t.json", document(agent("c", results=(result("c", text, **extra),)))))
    ((_, returned),) = paired(batch)
    assert returned is not None
    assert (returned.ok, returned.error_kind, returned.exit_code) == expected


def test_a_step_without_words_does_not_wipe_the_last_ones(tmp_path: Path) -> None:
    batch = read(write(tmp_path / "t.json", document(user("x"), agent("c1"), agent("c2", message=""))))
    assert [event.text for event in of(batch, AgentSaid)] == ["doing"]


REWARDS = {
    "agent/reward.json": '{"reward": 1.0, "task": "t"}',
    "verifier/reward.txt": "1\n",
    "verifier/reward.json": '{"reward": 1}',
    "result.json": json.dumps({"verifier_result": {"rewards": {"reward": 1.0}}}),
}


@pytest.mark.parametrize("name", REWARDS)
def test_the_reward_of_a_trial_is_found_wherever_it_lies(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "agent" / "trajectory.json", document(user("build it"), agent("c1")))
    before = READER.read(path, "atif")
    assert of(before, SessionEnded) == []
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(REWARDS[name])
    # The verifier runs after the agent: the document is the same, what is known of it is not.
    after = READER.read(path, "atif", before.cursor)
    assert [event.reward for event in of(after, SessionEnded)] == [1.0]


@pytest.mark.parametrize("text", ["", "null", '{"reward": null}', '{"other": 1}', "NaN", "[1]", "{"])
def test_a_file_without_a_reward_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "reward.json").write_text(text)
    assert of(read(write(tmp_path / "trajectory.json", document(user("x")))), SessionEnded) == []


def test_the_folder_above_is_the_trials_only_for_the_agents_folder(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text(REWARDS["result.json"])
    path = write(tmp_path / "job" / "trajectory.json", document(user("x")))
    assert of(read(path), SessionEnded) == []


def test_two_documents_of_one_session_are_two(tmp_path: Path) -> None:
    one, two = (read(write(tmp_path / name, document(agent("c1")))) for name in ("a.json", "b.json"))
    assert of(one, ToolCalled)[0].key != of(two, ToolCalled)[0].key


def sessions(batch: Batch) -> dict[str, str | None]:
    return {e.session: e.parent for e in of(batch, SessionStarted)}


def calls(batch: Batch) -> list[tuple[str, str]]:
    return [(e.session, e.args["command"]) for e in of(batch, ToolCalled)]


def refers(call: str, **reference: Any) -> dict[str, Any]:
    return {"source_call_id": call, "subagent_trajectory_ref": [reference]}


def test_an_embedded_subagent_is_a_session_with_a_parent(tmp_path: Path) -> None:
    deepest = document(user("look deeper"), agent("c2"), trajectory_id="sub-2")
    embedded = document(user("look there"), agent("c1"), trajectory_id="sub-1", subagent_trajectories=[deepest])
    main = document(
        user("build it"), agent("c1", results=(refers("c1", trajectory_id="sub-1"),)), subagent_trajectories=[embedded]
    )
    (tmp_path / "reward.json").write_text('{"reward": 1.0}')
    batch = read(write(tmp_path / "trajectory.json", main))
    (root,) = [session for session, parent in sessions(batch).items() if parent is None]
    assert sessions(batch) == {root: None, f"{root}/sub-1": root, f"{root}/sub-1/sub-2": f"{root}/sub-1"}
    assert calls(batch) == [(root, "c1"), (f"{root}/sub-1", "c1"), (f"{root}/sub-1/sub-2", "c2")]
    # What a subagent is told, nobody typed; and the trial's reward is that of the whole.
    assert [e.text for e in of(batch, UserSaid)] == ["build it"]
    assert [e.session for e in of(batch, SessionEnded)] == [root]


@pytest.mark.parametrize("where", ["trajectory.sub-1.json", "subagents/one/trajectory.json"])
def test_a_file_that_is_referred_to_is_the_same_session_however_it_is_met(tmp_path: Path, where: str) -> None:
    sub = write(tmp_path / where, document(user("look there"), agent("c1"), session_id="s-1"))
    main = document(user("build it"), agent("c1", results=(refers("c1", trajectory_path=where, session_id="s-1"),)))
    whole = read(write(tmp_path / "trajectory.json", main))
    alone = read(sub)
    (root,) = [session for session, parent in sessions(whole).items() if parent is None]
    (child,) = sessions(alone)
    assert sessions(whole) == {root: None, child: root}
    assert sessions(alone) == {child: root}
    assert {c.key for c in of(alone, ToolCalled)} < {c.key for c in of(whole, ToolCalled)}
    assert of(alone, UserSaid) == []


def test_a_continued_run_is_one_task(tmp_path: Path) -> None:
    more = document(user("build it", is_copied_context=True), user("a summary for you"), agent("c2"))
    write(tmp_path / "trajectory.cont-1.json", more)
    main = document(user("build it"), agent("c1"), continued_trajectory_ref="trajectory.cont-1.json")
    batch = read(write(tmp_path / "trajectory.json", main))
    assert [e.text for e in of(batch, UserSaid)] == ["build it"]
    assert [command for _, command in calls(batch)] == ["c1", "c2"]
    assert sorted(map(bool, sessions(batch).values())) == [False, True]


@pytest.mark.parametrize(
    "named",
    ["../outside.json", "/etc/passwd", "missing.json", "trajectory.json", "folder", "notes.json", "\0", "x" * 5000],
)
def test_a_reference_leads_nowhere_else(tmp_path: Path, named: str) -> None:
    write(tmp_path / "outside.json", document(user("x"), agent("c9")))
    (tmp_path / "run" / "folder").mkdir(parents=True)
    write(tmp_path / "run" / "notes.json", {"no": "trajectory"})
    main = document(agent("c1", results=(refers("c1", trajectory_path=named),)), continued_trajectory_ref=named)
    assert [command for _, command in calls(read(write(tmp_path / "run" / "trajectory.json", main)))] == ["c1"]


def test_documents_that_refer_to_each_other_end(tmp_path: Path) -> None:
    for name, other in (("trajectory", "b"), ("b", "trajectory")):
        write(tmp_path / f"{name}.json", document(agent(f"c-{name}"), continued_trajectory_ref=f"{other}.json"))
    assert len(calls(read(tmp_path / "trajectory.json"))) == 2
