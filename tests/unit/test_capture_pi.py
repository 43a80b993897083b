"""Pi sessions into events. Records are hand-made after the format page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.events import AgentSaid, Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.formats.pi import Pi
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import ErrorKind, TurnKind

ID = "019e0000-aaaa-7bbb-8ccc-000000000001"
FILE = Path(f"/h/.pi/agent/sessions/--w-shop--/2026-11-03T10-20-00-000Z_{ID}.jsonl")
AT = "2026-11-03T10:20:04.000Z"
EPOCH = 1793701204000  # the same moment
HEADER = {"type": "session", "version": 3, "id": ID, "timestamp": AT, "cwd": "/w/shop"}


def entry(kind: str, number: int = 1, parent: int | None = None, **fields: Any) -> dict[str, Any]:
    """A record of version 3."""
    above = f"{parent if parent is not None else number - 1:08x}"
    return {"type": kind, "id": f"{number:08x}", "parentId": above, "timestamp": AT, **fields}


def message(role: str, content: Any = None, number: int = 1, **fields: Any) -> dict[str, Any]:
    return entry("message", number, message={"role": role, "content": content, "timestamp": EPOCH + number, **fields})


def text(words: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": words}]


def call(number: int = 1, tool: str = "bash", **arguments: Any) -> dict[str, Any]:
    return {"type": "toolCall", "id": f"c{number}", "name": tool, "arguments": arguments}


def failed(words: str) -> ToolReturned:
    (found,) = read(message("toolResult", text(words), toolCallId="c1", toolName="bash", isError=True))
    assert isinstance(found, ToolReturned)
    return found


def read(*records: dict[str, Any], file: Path = FILE, state: dict[str, str] | None = None) -> list[Event]:
    reader = Pi().reader(file, {} if state is None else state)
    return [found for number, record in enumerate(records) for found in reader.read(record, number * 100)]


def said(*records: dict[str, Any]) -> list[str]:
    return [found.text for found in read(*records) if isinstance(found, UserSaid)]


def test_a_session_begins_with_its_header_and_the_model_may_change() -> None:
    found = read(
        HEADER,
        entry("model_change", provider="p", modelId="m-2"),
        message("assistant", [*text("I look."), call(command="ls")], model="m-2", stopReason="toolUse"),
        message("toolResult", text("a.py"), 2, toolCallId="c1", toolName="bash", isError=False),
    )
    assert found[:2] == [SessionStarted(ID, AT, "/w/shop"), SessionStarted(ID, AT, None, "m-2")]
    words, called, returned = found[2:]
    assert isinstance(words, AgentSaid)
    assert (words.text, words.model) == ("I look.", "m-2")
    assert called == ToolCalled(ID, "c1", AT, "bash", {"command": "ls"}, "m-2")
    assert returned == ToolReturned(ID, "c1", AT, True, "a.py")


def test_the_first_version_has_no_ids_and_its_header_names_the_model() -> None:
    header = {"type": "session", "id": ID, "timestamp": AT, "cwd": "/w", "provider": "p", "modelId": "m-1"}
    first = {"type": "message", "timestamp": AT, "message": {"role": "user", "content": "hello", "timestamp": EPOCH}}
    started, words = read(header, first)
    assert started == SessionStarted(ID, AT, "/w", "m-1")
    assert isinstance(words, UserSaid)
    assert words.text == "hello"


def test_a_message_keeps_its_key_when_its_file_is_rewritten_or_forked() -> None:
    old = {"type": "message", "timestamp": AT, "message": {"role": "user", "content": text("go"), "timestamp": EPOCH}}
    upgraded = {**old, "id": "0a0b0c0d", "parentId": None}
    fork = {**HEADER, "id": "another", "parentSession": "/h/first.jsonl"}
    keys = [
        [e.key for e in read(*records) if isinstance(e, UserSaid)]
        for records in ([old], [HEADER, entry("label"), upgraded], [fork, upgraded])
    ]
    assert keys[0] == keys[1] == keys[2]


def test_equal_words_at_two_times_are_two_messages() -> None:
    first, second = read(message("user", "continue", 1), message("user", "continue", 2))
    assert isinstance(first, UserSaid)
    assert isinstance(second, UserSaid)
    assert first.key != second.key


def test_a_message_without_any_time_is_known_by_its_place() -> None:
    (found,) = read({"type": "message", "message": {"role": "user", "content": "hi"}})
    assert found == UserSaid(ID, f"{ID}@0", None, "hi")


def test_without_a_header_the_files_name_says_which_session_it_is() -> None:
    assert {found.session for found in read(message("user", "hi there"))} == {ID}


def test_a_commands_of_the_person_is_neither_step_nor_request() -> None:
    own = message("bashExecution", command="git push", output="denied", exitCode=1, cancelled=False, truncated=False)
    assert read(own) == []


@pytest.mark.parametrize(
    "record",
    [
        entry("compaction", summary="We fixed the tests", firstKeptEntryId="00000001", tokensBefore=9),
        entry("branch_summary", fromId="00000001", summary="The other way failed"),
        entry("custom", customType="x", data={"role": "user"}),
        entry("custom_message", customType="x", content="remember this", display=True),
        entry("label", targetId="00000001", label="checkpoint"),
        entry("session_info", name="Fix the tests"),
        entry("thinking_level_change", thinkingLevel="high"),
        message("compactionSummary", summary="We fixed the tests"),
        message("branchSummary", summary="The other way failed"),
        message("custom", text("remember this")),
        message("hookMessage", text("remember this")),
        message("user", [{"type": "image", "data": "aGk=", "mimeType": "image/png"}]),
        message("user", "  "),
    ],
)
def test_what_no_person_typed_is_no_request(record: dict[str, Any]) -> None:
    reader = Pi().reader(FILE, {})
    assert list(reader.read(record, 0)) == []
    assert not reader.unknown


def test_a_message_may_be_a_string_or_blocks_with_images() -> None:
    shown = [*text("look at"), {"type": "image", "data": "aGk=", "mimeType": "image/png"}, *text("this")]
    assert said(message("user", "plain"), message("user", shown)) == ["plain", "look at\nthis"]


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        ("2 failing\n\n\nCommand exited with code 1", "exit_nonzero", 1),
        ("Command exited with code 2", "exit_nonzero", 2),
        ("grep: x: No such file or directory\n\n\nCommand exited with code 2", "exit_nonzero", 2),
        ("part\n\n\nCommand timed out after 30 seconds", "timeout", None),
        ("part\n\n\nCommand aborted", "interrupted", None),
        ("Operation aborted", "interrupted", None),
        ("File not found: a.py", "not_found", None),
        ("Could not find the exact text in a.py. The old text must match exactly.", "invalid_call", None),
        ('Validation failed for tool "edit":\n  - path: must be string', "invalid_call", None),
        ("Command exited with code 1\nis what the log said", "other", None),
        ("", "other", None),
    ],
)
def test_how_a_call_fails(words: str, kind: str, code: int | None) -> None:
    found = failed(words)
    assert (found.ok, found.error_kind, found.exit_code) == (False, ErrorKind(kind), code)


def test_words_about_failure_in_a_success_change_nothing() -> None:
    (found,) = read(message("toolResult", text("Command exited with code 1"), toolCallId="c1", isError=False))
    assert isinstance(found, ToolReturned)
    assert (found.ok, found.exit_code) == (True, None)


def test_an_aborted_answer_is_an_interruption_and_its_calls_stay_open() -> None:
    events = read(
        HEADER,
        message("user", "sleep for five seconds", 1),
        message("assistant", [call(command="sleep 5")], 2, stopReason="aborted", errorMessage="Request was aborted."),
    )
    segmenter = Segmenter("pi", ID, FeedbackDetector())
    segmenter.feed(events)
    (trajectory,) = segmenter.close().trajectories
    assert [turn.kind for turn in trajectory.turns] == [TurnKind.REQUEST, TurnKind.INTERRUPTION]
    assert [step.ok for step in trajectory.steps] == [None]


def test_an_error_of_the_provider_is_no_interruption() -> None:
    assert read(message("assistant", [], stopReason="error", errorMessage="overloaded")) == []


def test_branches_are_read_in_the_order_in_which_they_were_written() -> None:
    records = [
        message("user", "add a cache to the loader", 1),
        message("assistant", [call(1, command="make one")], 2, stopReason="toolUse"),
        # Back to the first message, and another way from there.
        entry("branch_summary", 3, parent=1, fromId="00000002", summary="The first way"),
        message("user", "write a test for the parser", 4),
        message("assistant", [call(2, command="make two")], 5, stopReason="toolUse"),
    ]
    segmenter = Segmenter("pi", ID, FeedbackDetector())
    segmenter.feed(read(HEADER, *records))
    first, second = segmenter.close().trajectories
    assert [step.key for step in first.steps] == ["c1"]
    assert [step.key for step in second.steps] == ["c2"]


def test_a_slash_form_is_the_request_and_loads_its_skill() -> None:
    body = "<pre></skill></pre>\nSteps"
    block = (
        f'<skill name="release" location="/s/release/SKILL.md">\nReferences are relative to /s/release.\n\n{body}\n'
        "</skill>"
    )
    asked, loaded = read(message("user", text(f"{block}\n\nas 1.2.0")))
    assert isinstance(asked, UserSaid)
    assert isinstance(loaded, SkillLoaded)
    assert (asked.text, loaded.skill) == ("/skill:release as 1.2.0", "release")
    assert said(message("user", text(block))) == ["/skill:release"]


def test_a_slash_form_that_was_not_expanded_loaded_nothing() -> None:
    assert [type(found) for found in read(message("user", "/skill:release"))] == [UserSaid]


def test_reading_a_skill_uses_it() -> None:
    segmenter = Segmenter("pi", ID, FeedbackDetector())
    segmenter.feed(
        read(
            message("user", "release it", 1),
            message("assistant", [call(1, "read", path="/s/release/SKILL.md")], 2, stopReason="toolUse"),
            message("toolResult", text("# Release"), 3, toolCallId="c1", toolName="read", isError=False),
        )
    )
    (trajectory,) = segmenter.close().trajectories
    assert [use.skill for use in trajectory.skills_used] == ["release"]


def test_unknown_types_are_counted() -> None:
    reader = Pi().reader(FILE, {})
    assert [found for record in (entry("novel"), message("novel"), {}) for found in reader.read(record, 0)] == []
    assert dict(reader.unknown) == {"novel": 1, "message/novel": 1, "(no type)": 1}


def test_noise_is_told_from_the_bytes() -> None:
    noise = Pi().is_noise
    quiet = json.dumps(entry("custom", data={"a": '}{"type"'}), separators=(",", ":")).encode()
    spoken = json.dumps(message("user", "x"), separators=(",", ":")).encode()
    mine = json.dumps(entry("custom_message", content="x"), separators=(",", ":")).encode()
    assert noise(quiet)
    assert not noise(spoken)
    assert not noise(mine)
    assert not noise(quiet + spoken)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_BLOCK = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "toolCall", "image"]) | _JSON},
    optional=dict.fromkeys(("text", "id", "name", "arguments"), _JSON),
)


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["session", "message", "model_change", "compaction"]) | _JSON,
    inner=_JSON
    | st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "toolResult"]) | _JSON},
        optional={
            "content": _JSON | st.lists(_BLOCK, max_size=3),
            "stopReason": st.just("aborted") | _JSON,
            "isError": st.booleans() | _JSON,
            **dict.fromkeys(("toolCallId", "timestamp", "model", "errorMessage"), _JSON),
        },
    ),
    rest=st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "timestamp", "cwd", "modelId"), _JSON)),
)
def test_a_record_of_any_shape_is_read_without_raising(kind: Any, inner: Any, rest: dict[str, Any]) -> None:
    for found in read({"type": kind, "message": inner, **rest}):
        assert found.session
