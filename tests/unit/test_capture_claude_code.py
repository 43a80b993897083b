"""Claude Code records into events. Records are hand-made after the format page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.events import AgentSaid, Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.claude_code import ClaudeCode
from skilltui.domain.trajectory import ErrorKind

UUID = "0b6f8a54-3c1e-4d8e-9a77-51c2f0e4d9aa"
FILE = Path(f"/t/{UUID}.jsonl")


def record(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    base = {"type": kind, "uuid": "r1", "sessionId": "other", "timestamp": "2026-11-03T10:15:00.120Z", "cwd": "/w/shop"}
    return base | {"message": {"role": kind, "content": content, "model": "m-1"}} | more


def read(*records: dict[str, Any], path: Path = FILE, state: dict[str, str] | None = None) -> list[Event]:
    reader = ClaudeCode().reader(path, {} if state is None else state)
    return [event for number, item in enumerate(records) for event in reader.read(item, number * 100)]


def said(*records: dict[str, Any]) -> list[str]:
    return [event.text for event in read(*records) if isinstance(event, UserSaid)]


def result(text: Any, *, error: bool | None = None, **more: Any) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": "tu_1", "content": text}
    if error is not None:
        block["is_error"] = error
    return record("user", [block], **({"toolUseResult": "x"} | more))


def returned(*records: dict[str, Any]) -> ToolReturned:
    (event,) = [event for event in read(*records) if isinstance(event, ToolReturned)]
    return event


def test_a_call_and_its_result() -> None:
    call = {"type": "tool_use", "id": "tu_1", "name": "Bash", "input": {"command": "make t"}}
    events = read(record("assistant", [{"type": "text", "text": "Running."}, call]), result("done"))
    assert events == [
        SessionStarted(UUID, "2026-11-03T10:15:00.120Z", "/w/shop"),
        AgentSaid(UUID, "r1#0", "2026-11-03T10:15:00.120Z", "Running.", "m-1"),
        ToolCalled(UUID, "tu_1", "2026-11-03T10:15:00.120Z", "Bash", {"command": "make t"}, "m-1"),
        ToolReturned(UUID, "tu_1", "2026-11-03T10:15:00.120Z", True, "done"),
    ]


def test_a_result_may_be_a_list_of_blocks() -> None:
    blocks = [{"type": "text", "text": "one"}, {"type": "image", "source": {}}, {"type": "text", "text": "two"}]
    assert returned(result(blocks)).text == "one\n[image]\ntwo"


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("Exit code 1\n2 failing", ErrorKind.EXIT_NONZERO, 1),
        ("Error: Exit code 127\nbash: x: command not found", ErrorKind.EXIT_NONZERO, 127),
        ("Exit code 143\nCommand timed out after 2m 0s", ErrorKind.TIMEOUT, 143),
        ("<tool_use_error>String to replace not found in file.</tool_use_error>", ErrorKind.INVALID_CALL, None),
        ("<tool_use_error>File does not exist.</tool_use_error>", ErrorKind.NOT_FOUND, None),
        ("The user doesn't want to proceed with this tool use. STOP", ErrorKind.USER_REJECTED, None),
        ("[Request interrupted by user for tool use]", ErrorKind.INTERRUPTED, None),
        (
            "Claude requested permissions to use Bash, but you haven't granted it yet.",
            ErrorKind.PERMISSION_DENIED,
            None,
        ),
        ("Request failed with status code 403", ErrorKind.OTHER, None),
    ],
)
def test_failures_by_class(text: str, kind: ErrorKind, code: int | None) -> None:
    event = returned(result(text, error=True))
    assert (event.ok, event.error_kind, event.exit_code) == (False, kind, code)


def test_no_error_flag_means_ok_whatever_the_text_says() -> None:
    event = returned(result("Exit code 1 is what the docs describe"))
    assert (event.ok, event.error_kind, event.exit_code) == (True, None, None)


def test_measured_durations_are_taken() -> None:
    assert returned(result("x", toolUseResult={"totalDurationMs": 4200, "status": "completed"})).duration_ms == 4200
    assert returned(result("x", toolUseResult={"durationMs": 7})).duration_ms == 7
    assert returned(result("x", toolUseResult=[{"durationMs": 7}])).duration_ms is None


def test_what_a_person_typed() -> None:
    assert said(record("user", "fix the build")) == ["fix the build"]
    assert said(record("user", [{"type": "text", "text": "fix"}, {"type": "text", "text": "it"}])) == ["fix\nit"]
    assert said(record("user", "<system-reminder>be nice</system-reminder>\nfix the build")) == ["fix the build"]


@pytest.mark.parametrize(
    "text",
    [
        "<command-name>/clear</command-name>\n<command-message>clear</command-message><command-args></command-args>",
        "<command-message>plan</command-message><command-name>/plan</command-name><command-args>x</command-args>",
        "<local-command-stdout>Bye!</local-command-stdout>",
        "<local-command-caveat>Caveat: ...</local-command-caveat>",
        "<bash-input>ls</bash-input>",
        "<bash-stdout>a b</bash-stdout>",
        "<task-notification>done</task-notification>",
        "Caveat: The messages below were generated by the user",
        "This session is being continued from a previous conversation",
        "<system-reminder>only this</system-reminder>",
        "   ",
    ],
)
def test_what_no_person_typed(text: str) -> None:
    assert said(record("user", text)) == []


@pytest.mark.parametrize(
    "flags",
    [{"isMeta": True}, {"isCompactSummary": True}, {"isSidechain": True}, {"origin": {"kind": "task-notification"}}],
)
def test_flags_that_say_that_no_person_typed_it(flags: dict[str, Any]) -> None:
    assert said(record("user", "do this", **flags)) == []


def test_a_queued_prompt_is_the_persons_word() -> None:
    queued: dict[str, Any] = {
        "type": "attachment",
        "uuid": "q1",
        "attachment": {"type": "queued_command", "commandMode": "prompt"},
    }
    prompt = {"prompt": "also the docs"}
    assert said(queued | {"attachment": queued["attachment"] | prompt}) == ["also the docs"]
    note = {"type": "queued_command", "commandMode": "task-notification", "prompt": "agent 3 is done"}
    assert said(queued | {"attachment": note}) == []
    assert said(queued | {"attachment": {"type": "hook_success", "content": "x"}}) == []


def test_an_interruption_is_no_request() -> None:
    (event,) = [
        e for e in read(record("user", "[Request interrupted by user for tool use]")) if isinstance(e, UserSaid)
    ]
    assert event.kind == "interruption"


def test_words_given_with_a_refusal_are_the_persons() -> None:
    refusal = (
        "The user doesn't want to proceed with this tool use. To tell you how to proceed, the user said:\nuse pnpm"
    )
    events = read(result(refusal, error=True))
    assert [(e.key, e.text) for e in events if isinstance(e, UserSaid)] == [("tu_1#said", "use pnpm")]


def test_a_skill_call_gives_the_call_and_the_load() -> None:
    for asked in ({"skill": "commit"}, {"command": "commit now"}, {"skill": "tools:commit"}):
        events = read(record("assistant", [{"type": "tool_use", "id": "tu_2", "name": "Skill", "input": asked}]))
        assert [type(event) for event in events] == [SessionStarted, ToolCalled, SkillLoaded]
        assert [e.skill for e in events if isinstance(e, SkillLoaded)] == ["commit"]


def test_a_skills_slash_command_is_a_request_that_loads_it() -> None:
    text = "<command-message>release</command-message><command-name>/release</command-name>"
    text += "\n<command-args>1.2</command-args>"
    events = read(record("user", text))
    assert [e.text for e in events if isinstance(e, UserSaid)] == ["/release 1.2"]
    assert [e.skill for e in events if isinstance(e, SkillLoaded)] == ["release"]
    review = read(record("user", "<command-name>/review</command-name>"))
    assert [e.text for e in review if isinstance(e, UserSaid)] == ["/review"]
    assert not [e for e in review if isinstance(e, SkillLoaded)]


def test_sidechains_give_steps_and_no_words() -> None:
    call = {"type": "tool_use", "id": "tu_3", "name": "Grep", "input": {}}
    events = read(
        record("user", "search for x", isSidechain=True),
        record("assistant", [{"type": "text", "text": "ok"}, call], isSidechain=True),
        result("found", isSidechain=True),
    )
    assert [type(event) for event in events] == [SessionStarted, ToolCalled, ToolReturned]
    assert [e.model for e in events if isinstance(e, ToolCalled)] == [None]


def test_the_session_is_the_file_where_its_name_is_an_id() -> None:
    two = (record("user", "a", sessionId="s-1"), record("user", "b", sessionId="s-2", uuid="r2"))
    assert {event.session for event in read(*two)} == {UUID}
    assert {event.session for event in read(*two, path=Path("/t/agent-a1b2.jsonl"))} == {"agent-a1b2"}
    state: dict[str, str] = {}
    assert {event.session for event in read(*two, path=Path("/t/main.jsonl"), state=state)} == {"s-1"}
    # The state goes with the cursor: the next batch of the same file stays with the same session.
    later = read(record("user", "c", sessionId="s-3"), path=Path("/t/main.jsonl"), state=state)
    assert {event.session for event in later} == {"s-1"}
    assert not [event for event in later if isinstance(event, SessionStarted)]


def test_noise_and_unknown_types() -> None:
    reader = ClaudeCode().reader(FILE, {})
    noisy: list[dict[str, Any]] = [
        {"type": "progress"},
        {"type": "summary"},
        {"type": "brand-new"},
        {"type": 3},
        {"no": "type"},
    ]
    assert [event for item in noisy for event in reader.read(item, 0)] == []
    assert dict(reader.unknown) == {"brand-new": 1, "(no type)": 2}


def test_noise_is_told_from_the_bytes_and_never_hides_a_record() -> None:
    noise = ClaudeCode().is_noise
    assert noise(b'{"parentUuid":"x","sessionId":"s","type":"progress","data":{"type":"hook"}}')
    assert noise(b'{"type":"file-history-snapshot","messageId":"m","snapshot":{"a":{}}}')
    assert not noise(b'{"sessionId":"s","message":{"type":"progress"},"type":"user"}')
    assert not noise(b'{"type":"user","message":{"content":"\\"type\\":\\"progress\\""}}')
    assert not noise(b'{"sessionId":"s","type":"progress","data":{}}{"sessionId":"s","type":"user"}')
    assert not noise(b'{"sessionId":"s","type":"progress","da{"sessionId":"s","type":"user"}')


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_BLOCK = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "tool_use", "tool_result", "thinking"]) | _JSON},
    optional={
        "text": _JSON,
        "id": _JSON,
        "name": _JSON,
        "input": _JSON,
        "content": _JSON,
        "tool_use_id": _JSON,
        "is_error": _JSON,
    },
)


@settings(max_examples=200, deadline=None)
@given(
    item=st.fixed_dictionaries(
        {"type": st.sampled_from(["user", "assistant", "attachment", "system"]) | _JSON},
        optional={
            "message": st.fixed_dictionaries({"content": st.lists(_BLOCK, max_size=3) | _JSON}) | _JSON,
            "attachment": st.fixed_dictionaries({"type": st.just("queued_command"), "prompt": _JSON}) | _JSON,
            **dict.fromkeys(("uuid", "sessionId", "timestamp", "cwd", "isMeta", "toolUseResult", "origin"), _JSON),
        },
    )
)  # fmt: skip
def test_a_record_of_any_shape_is_read_without_raising(item: dict[str, Any]) -> None:
    for event in read(item, path=Path("/t/x.jsonl")):
        assert event.session


def test_an_agent_that_goes_to_another_folder_is_noticed_once() -> None:
    events = read(record("user", "a"), record("user", "b", uuid="r2", cwd="/w/secret"), record("user", "c", uuid="r3"))
    assert [e.project for e in events if isinstance(e, SessionStarted)] == ["/w/shop", "/w/secret", "/w/shop"]
