"""mini-SWE-agent's documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skilltui.capture.events import AgentSaid, SessionEnded, SessionStarted, ToolCalled, UserSaid
from skilltui.domain.trajectory import ErrorKind
from tests.documents import of, paired, read, write


def says(*commands: str) -> dict[str, Any]:
    blocks = "\n\n".join(f"```bash\n{command}\n```" for command in commands)
    return {
        "role": "assistant",
        "content": f"THOUGHT: next\n\n{blocks}",
        "extra": {"response": {"created": 1764000000}},
    }


def hears(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


TASK = (
    "<pr_description>\nConsider the following PR description:\nThe parser fails.\n</pr_description>\n<instructions>..."
)


def document(*messages: dict[str, Any], **info: Any) -> dict[str, Any]:
    opening = [{"role": "system", "content": "You use a shell."}, hears(TASK)]
    config = {"model": {"model_name": "m-1"}, "environment": {"cwd": "/testbed"}}
    return {
        "info": {"mini_version": "1.15.0", "config": config, **info},
        "messages": [*opening, *messages],
        "trajectory_format": "mini-swe-agent-1",
        "instance_id": "shop-1",
    }


def test_a_run_is_one_request_with_its_commands(tmp_path: Path) -> None:
    batch = read(
        write(
            tmp_path / "shop-1.traj.json",
            document(
                says("ls"),
                hears("<returncode>0</returncode>\n<output>\na.py\n</output>"),
                says("pytest"),
                hears("<returncode>2</returncode>\n<output>\nboom\n</output>"),
                says("sleep 99"),
                hears("The last command <command>sleep 99</command> timed out and has been killed."),
                says("echo DONE"),
                hears("diff --git a b"),
                exit_status="Submitted",
            ),
        )
    )
    (started,) = of(batch, SessionStarted)
    assert (started.project, started.model, started.at) == ("/testbed", "m-1", "2025-11-24T16:00:00.000Z")
    assert started.session.startswith("shop-1~")
    assert [event.text for event in of(batch, UserSaid)] == ["The parser fails."]
    assert [call.args["command"] for call in of(batch, ToolCalled)] == ["ls", "pytest", "sleep 99", "echo DONE"]
    assert [(r.ok, r.exit_code, r.error_kind) for _, r in paired(batch) if r] == [
        (True, 0, None), (False, 2, ErrorKind.EXIT_NONZERO), (False, None, ErrorKind.TIMEOUT), (None, None, None),
    ]  # fmt: skip
    assert "```" not in of(batch, AgentSaid)[0].text
    assert len(of(batch, SessionEnded)) == 1


def test_what_the_harness_refuses_is_no_step(tmp_path: Path) -> None:
    refused = hears("Please always provide EXACTLY ONE action in triple backticks")
    batch = read(write(tmp_path / "a.traj.json", document(says("ls", "pwd"), refused, says(), refused, says("ls"))))
    assert [result for _, result in paired(batch)] == [None]
    assert of(batch, SessionEnded) == []


def test_two_runs_of_one_task_are_two_sessions(tmp_path: Path) -> None:
    one, two = (read(write(tmp_path / run / "shop-1.traj.json", document(says("ls")))) for run in ("a", "b"))
    assert {event.session for event in one.events}.isdisjoint(event.session for event in two.events)
    assert {call.key for call in of(one, ToolCalled)}.isdisjoint(call.key for call in of(two, ToolCalled))
