"""Copilot CLI events into events. Records are hand-made after the format page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.events import (
    AgentSaid,
    Event,
    SessionEnded,
    SessionStarted,
    SkillLoaded,
    ToolCalled,
    ToolReturned,
    UserSaid,
)
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.formats.copilot import Copilot
from skilltui.capture.reader import TranscriptReader
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import ErrorKind, OutcomeLabel
from skilltui.text.redact import Redactor

ID = "019e0000-aaaa-7bbb-8ccc-000000000001"
FILE = Path(f"/h/.copilot/session-state/{ID}/events.jsonl")
AT = "2026-11-03T10:20:04.000Z"


def event(kind: str, number: int = 1, agent: str | None = None, **data: Any) -> dict[str, Any]:
    record = {"type": kind, "data": data, "id": f"e{number}", "timestamp": AT, "parentId": None}
    return record | ({"agentId": agent} if agent else {})


START = event("session.start", sessionId=ID, selectedModel="gpt-x", context={"cwd": "/w/shop", "branch": "main"})


def read(*records: dict[str, Any], file: Path = FILE, state: dict[str, str] | None = None) -> list[Event]:
    reader = Copilot().reader(file, {} if state is None else state)
    return [found for number, entry in enumerate(records) for found in reader.read(entry, number * 100)]


def result(**data: Any) -> ToolReturned:
    (found,) = read(event("tool.execution_complete", toolCallId="c1", **data))
    assert isinstance(found, ToolReturned)
    return found


def test_a_session_begins_with_its_folder_and_its_model() -> None:
    call = event("tool.execution_start", toolCallId="c1", toolName="bash", arguments={"command": "ls"}, model="m-2")
    assert read(START, event("session.model_change", newModel="m-2"), call) == [
        SessionStarted(ID, AT, "/w/shop", "gpt-x"),
        SessionStarted(ID, AT, None, "m-2"),
        ToolCalled(ID, "c1", AT, "bash", {"command": "ls"}, "m-2"),
    ]


def test_a_resumed_session_may_stand_in_another_folder() -> None:
    resumed = event("session.resume", context={"cwd": "/w/other"})
    assert read(resumed, event("session.context_changed", cwd="/w/third")) == [
        SessionStarted(ID, AT, "/w/other"),
        SessionStarted(ID, AT, "/w/third"),
    ]


@pytest.mark.parametrize("file", [FILE, Path(f"/h/.copilot/session-state/{ID}.jsonl")])
def test_without_a_start_the_folder_or_the_file_names_the_session(file: Path) -> None:
    assert {found.session for found in read(event("user.message", content="hi there"), file=file)} == {ID}


def test_a_message_counts_as_typed_without_what_the_program_wrapped_around_it() -> None:
    typed = event("user.message", 7, content="fix it\n", transformedContent="<current_datetime>now</current_datetime>")
    assert read(typed) == [UserSaid(ID, "e7", AT, "fix it")]


@pytest.mark.parametrize(
    "record",
    [
        event("user.message", content="   "),
        event("user.message", content="look it up", agent="sub-1"),
        event("user.message", content="# PDF\nSteps", source="skill-pdf"),
        event("user.message", content="shell 3 is done", source="system"),
        event("user.message", content="go on", isAutopilotContinuation=True),
        event("system.message", role="system", content="You are"),
        event("system.notification", content="shell 3 is done"),
    ],
)
def test_what_no_person_typed_is_no_request(record: dict[str, Any]) -> None:
    assert read(record) == []


@pytest.mark.parametrize(
    ("data", "ok", "kind", "code"),
    [
        ({"success": True, "result": {"content": "done\n<shellId: 3 completed with exit code 0>"}}, True, None, 0),
        ({"success": True, "result": {"content": "x\n<shellId: 3 completed with exit code 1>"}}, False,
         "exit_nonzero", 1),
        ({"success": True, "result": {"content": "x\n<exited with exit code 2>\n"}}, False, "exit_nonzero", 2),
        ({"success": True, "result": {"content": "<shellId: 1 completed with exit code 124>"}}, False, "timeout", 124),
        ({"success": True, "result": {"content": "<exited with exit code 1>\nis what the log said"}}, True, None, None),
        ({"success": True, "result": {"content": "x", "contents": [{"type": "terminal", "exitCode": 3}]}}, False,
         "exit_nonzero", 3),
        ({"success": True, "result": {"content": "1. # Title"}}, True, None, None),
        ({"success": True}, True, None, None),
        ({"success": False, "error": {"message": "Path does not exist", "code": "failure"}}, False, "not_found", None),
        ({"success": False, "error": {"message": "Request timed out"}}, False, "timeout", None),
        ({"success": False, "error": {"message": "No.", "code": "rejected"}}, False, "user_rejected", None),
        ({"success": False, "error": {"message": "No rule allows it", "code": "denied"}}, False,
         "permission_denied", None),
        ({"success": False}, False, "other", None),
        ({}, False, "other", None),
    ],
)  # fmt: skip
def test_how_a_call_ends(data: dict[str, Any], ok: bool, kind: str | None, code: int | None) -> None:
    found = result(**data)
    assert (found.ok, found.error_kind, found.exit_code) == (ok, kind and ErrorKind(kind), code)


def test_the_text_of_a_failure_is_its_message() -> None:
    assert result(success=False, error={"message": "Path does not exist"}).text == "Path does not exist"


def test_a_persons_no_is_told_apart_from_a_failure_and_their_words_come_after_it() -> None:
    found = read(
        event("tool.execution_start", toolCallId="c1", toolName="bash", arguments={"command": "rm -r build"}),
        event("permission.requested", requestId="r1", permissionRequest={"kind": "shell", "toolCallId": "c1"}),
        event(
            "permission.completed",
            requestId="r1",
            result={"kind": "denied-interactively-by-user", "feedback": "keep the build"},
        ),
        event("tool.execution_complete", toolCallId="c1", success=False, error={"message": "it did not run"}),
    )
    assert [type(e).__name__ for e in found] == ["ToolCalled", "ToolReturned", "UserSaid", "ToolReturned"]
    assert {e.error_kind for e in found if isinstance(e, ToolReturned)} == {ErrorKind.USER_REJECTED}
    assert [e.text for e in found if isinstance(e, UserSaid)] == ["keep the build"]


def test_a_refusal_is_remembered_over_batches_and_forgotten_with_its_result() -> None:
    state: dict[str, str] = {}
    no = {"kind": "denied-interactively-by-user", "feedback": "my token is hunter2"}
    read(event("permission.completed", requestId="r1", toolCallId="c1", result=no), state=state)
    assert "hunter2" not in json.dumps(state)
    end = event("tool.execution_complete", toolCallId="c1", success=False)
    assert [e.error_kind for e in read(end, state=state) if isinstance(e, ToolReturned)] == [ErrorKind.USER_REJECTED]
    assert set(state) == {"session"}


def test_a_permission_that_was_given_says_nothing() -> None:
    state: dict[str, str] = {}
    asked = event("permission.requested", requestId="r1", permissionRequest={"toolCallId": "c1"})
    assert read(asked, event("permission.completed", requestId="r1", result={"kind": "approved"}), state=state) == []
    assert set(state) == {"session"}


def test_a_stop_is_the_persons_and_a_subagents_is_not() -> None:
    found = read(event("abort", reason="user_initiated"), event("abort", reason="x", agent="sub-1"))
    assert found == [UserSaid(ID, "e1", AT, "aborted: user_initiated", "interruption")]


def test_the_agents_words_are_those_of_the_main_agent() -> None:
    found = read(
        event("assistant.message", 1, content="done", model="m", toolRequests=[{"toolCallId": "c1", "name": "bash"}]),
        event("assistant.message", 2, content="", model="m"),
        event("assistant.message", 3, content="found it", agent="sub-1"),
        event("assistant.message", 4, content="found it", parentToolCallId="c1"),
    )
    assert found == [AgentSaid(ID, "e1", AT, "done", "m")]


def test_a_subagents_calls_are_steps_of_the_task_that_started_it() -> None:
    events = read(
        START,
        event("user.message", 2, content="find the slow query"),
        event("tool.execution_start", 3, toolCallId="c1", toolName="task", arguments={"prompt": "look"}, model="big"),
        event("subagent.started", 4, agent="sub-1", toolCallId="c1", agentName="explore"),
        event("user.message", 5, agent="sub-1", content="look"),
        event("tool.execution_start", 6, agent="sub-1", toolCallId="c2", toolName="grep", arguments={}, model="small"),
        event("tool.execution_complete", 7, agent="sub-1", toolCallId="c2", success=True, result={"content": "q"}),
        event("subagent.completed", 8, agent="sub-1", toolCallId="c1", agentName="explore"),
        event("tool.execution_complete", 9, toolCallId="c1", success=True, result={"content": "it is q"}),
        event("session.shutdown", 10, shutdownType="routine"),
    )
    segmenter = Segmenter("copilot", ID, FeedbackDetector())
    segmenter.feed(events)
    (trajectory,) = segmenter.close().trajectories
    assert [(step.tool, step.ok) for step in trajectory.steps] == [("task", True), ("grep", True)]
    assert (trajectory.model, trajectory.project) == ("big", "/w/shop")
    assert trajectory.outcome.label is not OutcomeLabel.FAILURE


def test_a_session_that_was_left_has_ended() -> None:
    assert read(event("session.shutdown", 9, shutdownType="routine")) == [SessionEnded(ID, "e9", AT)]


def test_skills_are_those_invoked_and_those_read() -> None:
    events = read(
        event("user.message", 1, content="/pdf merge these"),
        event("skill.invoked", 2, name="docs:pdf", path="/s/pdf/SKILL.md", content="# PDF"),
        event("tool.execution_start", 3, toolCallId="c1", toolName="view", arguments={"path": "/s/release/SKILL.md"}),
        event("tool.execution_complete", 4, toolCallId="c1", success=True, result={"content": "# Release"}),
        event("tool.execution_start", 5, toolCallId="c2", toolName="view", arguments={"path": "/s/gone/SKILL.md"}),
        event("tool.execution_complete", 6, toolCallId="c2", success=False, error={"message": "does not exist"}),
    )
    assert [e.skill for e in events if isinstance(e, SkillLoaded)] == ["pdf"]
    segmenter = Segmenter("copilot", ID, FeedbackDetector())
    segmenter.feed(events)
    (trajectory,) = segmenter.close().trajectories
    assert [use.skill for use in trajectory.skills_used] == ["pdf", "release"]
    assert trajectory.request == "/pdf merge these"


def test_a_skill_met_again_in_a_file_that_is_read_again_belongs_to_its_old_task() -> None:
    old = [event("user.message", 1, content="merge the files"), event("skill.invoked", 2, name="pdf")]
    new = [event("user.message", 3, content="write a test for the parser"), event("skill.invoked", 4, name="tests")]
    again = Segmenter("copilot", ID, FeedbackDetector(), known=frozenset({"e1"}))
    again.feed(read(*old, *new, *old))
    (trajectory,) = again.close().trajectories
    assert [use.skill for use in trajectory.skills_used] == ["tests"]


def test_arguments_that_are_no_object_are_kept() -> None:
    (found,) = read(event("tool.execution_start", toolCallId="c1", toolName="apply_patch", arguments="*** Begin"))
    assert isinstance(found, ToolCalled)
    assert found.args == {"arguments": "*** Begin"}


def test_unknown_types_are_counted() -> None:
    reader = Copilot().reader(FILE, {})
    strange = [event("new.thing"), event("assistant.thing"), event("hook.end"), event("session.truncation"), {}]
    assert [found for entry in strange for found in reader.read(entry, 0)] == []
    assert dict(reader.unknown) == {"new.thing": 1, "assistant.thing": 1, "(no type)": 1}


def test_noise_is_told_from_the_bytes() -> None:
    noise = Copilot().is_noise
    quiet = json.dumps(event("hook.start", input={"a": {"b": '}{"type"'}}), separators=(",", ":")).encode()
    spoken = json.dumps(event("user.message", content="x"), separators=(",", ":")).encode()
    assert noise(quiet)
    assert not noise(spoken)
    assert not noise(quiet + spoken)


def test_a_file_is_read_whole_with_its_secrets_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "session-state" / ID / "events.jsonl"
    path.parent.mkdir(parents=True)
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    records = [
        START,
        event("system.message", 2, content="You are"),
        event("user.message", 3, content=f"push it with {secret}"),
        event("tool.execution_start", 4, toolCallId="c1", toolName="bash", arguments={"command": f"TOKEN={secret} x"}),
        event("tool.execution_complete", 5, toolCallId="c1", success=True, result={"content": secret}),
    ]
    lines = [json.dumps(record, separators=(",", ":")) for record in records]
    path.write_text("\n".join([*lines[:3], lines[3] + lines[4], '{"type":"user.mess']) + "\n")
    batch = TranscriptReader(Redactor(b"k" * 32)).read(path, "copilot", final=True)
    assert [type(e).__name__ for e in batch.events] == ["SessionStarted", "UserSaid", "ToolCalled", "ToolReturned"]
    assert len(batch.quarantined) == 1
    assert secret not in repr(batch.events)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_KINDS = [
    "session.start", "session.model_change", "user.message", "assistant.message", "tool.execution_start",
    "tool.execution_complete", "permission.requested", "permission.completed", "skill.invoked", "abort",
]  # fmt: skip
_KEYS = (
    "sessionId", "context", "content", "source", "toolCallId", "toolName", "arguments", "model", "result", "error",
    "requestId", "permissionRequest", "name", "reason", "newModel",
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(_KINDS) | _JSON,
    data=_JSON | st.fixed_dictionaries({"success": st.booleans() | _JSON}, optional=dict.fromkeys(_KEYS, _JSON)),
    rest=st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "timestamp", "agentId"), _JSON)),
)
def test_a_record_of_any_shape_is_read_without_raising(kind: Any, data: Any, rest: dict[str, Any]) -> None:
    for found in read({"type": kind, "data": data, **rest}):
        assert found.session
