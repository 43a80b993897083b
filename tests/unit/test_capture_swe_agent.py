"""SWE-agent's documents."""

from __future__ import annotations

from pathlib import Path

from skilltui.capture.events import AgentSaid, SessionEnded, ToolCalled, UserSaid
from skilltui.domain.trajectory import ErrorKind
from tests.documents import of, paired, read, write

TASK = "We're solving an issue.\nISSUE:\nThe colon is missing\nin a.py\n\nINSTRUCTIONS:\nNow, go on."
HISTORY = [
    {"role": "system", "content": "SETTING"},
    {"role": "user", "content": "a demonstration", "is_demo": True},
    {"role": "user", "content": TASK},
]


def test_steps_with_an_action_count_and_only_the_text_tells_of_failure(tmp_path: Path) -> None:
    steps = [
        {"action": "open a.py\n", "observation": "[File: a.py]", "thought": "look", "execution_time": 0.25},
        {"action": "", "observation": "Your output could not be parsed", "thought": "hm"},
        {"action": "python a.py", "observation": "\nEXECUTION TIMED OUT", "response": "run"},
        {"action": "edit 1:1", "observation": "Your proposed edit has introduced new syntax error(s).", "thought": "e"},
        {"action": "submit", "observation": None, "thought": "done"},
    ]
    info = {"exit_status": "submitted"}
    batch = read(
        write(tmp_path / "a.traj", {"environment": "main", "trajectory": steps, "history": HISTORY, "info": info})
    )
    assert [event.text for event in of(batch, UserSaid)] == ["The colon is missing\nin a.py"]
    assert [call.args["command"] for call in of(batch, ToolCalled)] == [
        "open a.py",
        "python a.py",
        "edit 1:1",
        "submit",
    ]
    results = [result for _, result in paired(batch)]
    assert results[3] is None
    assert [(r.ok, r.error_kind, r.duration_ms) for r in results if r] == [
        (None, None, 250), (False, ErrorKind.TIMEOUT, None), (False, ErrorKind.INVALID_CALL, None),
    ]  # fmt: skip
    assert of(batch, AgentSaid)[-1].text == "done"
    assert len(of(batch, SessionEnded)) == 1


def test_a_demonstration_has_its_steps_in_the_history(tmp_path: Path) -> None:
    messages = [
        {"role": "assistant", "content": "find it", "action": "find_file a.py", "tool_calls": [{"id": "c1"}]},
        {"role": "tool", "content": "Found 1", "tool_call_ids": ["c1"]},
        {"role": "assistant", "content": "no action"},
        {"role": "assistant", "content": "", "action": "", "tool_calls": [{"id": "c2"}]},
    ]
    batch = read(write(tmp_path / "demo.traj", {"history": [*HISTORY, *messages]}))
    assert [result.text if result else None for _, result in paired(batch)] == ["Found 1", None]


def test_a_message_that_is_no_template_is_the_request_as_it_stands(tmp_path: Path) -> None:
    batch = read(write(tmp_path / "a.traj", {"trajectory": [], "history": [{"role": "user", "content": "Fix it."}]}))
    assert [event.text for event in of(batch, UserSaid)] == ["Fix it."]
