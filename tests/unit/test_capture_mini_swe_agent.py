"""mini-SWE-agent's documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skilltui.capture.events import AgentSaid, SessionEnded, SessionStarted, ToolCalled, ToolReturned, UserSaid
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


def acts(*commands: str, api: str = "chat") -> dict[str, Any]:
    """A message of version 2: with tool calls of either API, or with a block of text."""
    actions = [{"command": c} | ({"tool_call_id": f"call_{c}"} if api != "text" else {}) for c in commands]
    extra = {"actions": actions, "timestamp": 1764000000.5, "response": {"id": "x"}}
    if api == "responses":
        output: list[dict[str, Any]] = [{"type": "message", "content": [{"type": "output_text", "text": "next"}]}]
        output += [{"type": "function_call", "call_id": f"call_{c}", "name": "bash"} for c in commands]
        return {"object": "response", "output": output, "extra": extra}
    if api == "text":
        blocks = "".join(f"```mswea_bash_command\n{c}\n```" for c in commands)
        return {"role": "assistant", "content": f"next\n{blocks}", "extra": extra}
    calls = [{"id": f"call_{c}", "type": "function", "function": {"name": "bash"}} for c in commands]
    return {"role": "assistant", "content": "next", "tool_calls": calls, "extra": extra}


def answers(command: str, code: int | None, output: str, *, api: str = "chat", trouble: str = "") -> dict[str, Any]:
    told = f"<returncode>{code}</returncode>\n<output>\n{output}</output>"
    extra: dict[str, Any] = {"raw_output": output, "returncode": code, "timestamp": 1764000002.0}
    extra |= {"exception_info": trouble} if trouble else {}
    if api == "responses":
        return {"type": "function_call_output", "call_id": f"call_{command}", "output": told, "extra": extra}
    if api == "text":
        return {"role": "user", "content": told, "extra": extra}
    return {"role": "tool", "tool_call_id": f"call_{command}", "content": told, "extra": extra}


@pytest.mark.parametrize("api", ["chat", "responses", "text"])
def test_version_2(tmp_path: Path, api: str) -> None:
    refused = {"role": "user", "content": "No tool calls found.", "extra": {"interrupt_type": "FormatError"}}
    run = document(
        acts("ls", "cat a", api=api),
        answers("cat a" if api != "text" else "ls", 0, "text of a" if api != "text" else "a.py", api=api),
        answers("ls" if api != "text" else "cat a", 0, "a.py" if api != "text" else "text of a", api=api),
        refused,
        acts("pytest", api=api),
        answers("pytest", 2, "boom", api=api),
        acts("sleep 99", api=api),
        answers("sleep 99", -1, "", api=api, trouble="Command 'sleep 99' timed out after 30 seconds"),
        acts("echo DONE", "ls again", api=api),
        answers("echo DONE", 0, "DONE", api=api),
        answers("ls again", -1, "", api=api, trouble="action was not executed"),
        {"role": "exit", "content": "diff --git a b", "extra": {"exit_status": "Submitted"}},
        exit_status="Submitted",
    )
    run["trajectory_format"] = "mini-swe-agent-1.1"
    batch = read(write(tmp_path / "shop-1.traj.json", run))
    assert [e.text for e in of(batch, UserSaid)] == ["The parser fails."]
    assert {e.text for e in of(batch, AgentSaid)} == {"next"}
    results = {r.key: r for r in of(batch, ToolReturned)}
    told = [(c.args["command"], results[c.key].ok, results[c.key].text) for c in of(batch, ToolCalled)]
    assert told == [
        ("ls", True, "a.py"),
        ("cat a", True, "text of a"),
        ("pytest", False, "boom"),
        ("sleep 99", False, "Command 'sleep 99' timed out after 30 seconds\n"),
        ("echo DONE", True, "DONE"),
        ("ls again", None, "action was not executed"),
    ]
    kinds = [r.error_kind for r in of(batch, ToolReturned) if r.ok is False]
    assert kinds == [ErrorKind.EXIT_NONZERO, ErrorKind.TIMEOUT]
    assert len(of(batch, SessionEnded)) == 1
