"""Codex rollouts into events. Records are hand-made after the format page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.events import AgentSaid, Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.formats.codex import Codex
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import ErrorKind

ID = "019e0000-aaaa-7bbb-8ccc-000000000001"
FILE = Path(f"/t/rollout-2026-11-03T10-20-00-{ID}.jsonl")
AT = "2026-11-03T10:20:04.000Z"


def line(kind: str, **payload: Any) -> dict[str, Any]:
    return {"timestamp": AT, "type": kind, "payload": payload}


def item(kind: str, **payload: Any) -> dict[str, Any]:
    return line("response_item", type=kind, **payload)


def event(kind: str, **payload: Any) -> dict[str, Any]:
    return line("event_msg", type=kind, **payload)


META = line("session_meta", id=ID, cwd="/w/shop", source="cli")


def read(*records: dict[str, Any], state: dict[str, str] | None = None) -> list[Event]:
    reader = Codex().reader(FILE, {} if state is None else state)
    return [found for number, entry in enumerate(records) for found in reader.read(entry, number * 100)]


def output(value: Any, kind: str = "function_call_output") -> ToolReturned:
    (found,) = read(item(kind, call_id="c7", output=value))
    assert isinstance(found, ToolReturned)
    return found


def test_a_session_begins_with_its_first_meta_and_its_model_comes_with_the_turn() -> None:
    parent = line("session_meta", id="parent", cwd="/w/other")
    turn = line("turn_context", model="gpt-x", cwd="/w/shop")
    call = item("function_call", name="exec_command", arguments='{"cmd":"ls"}', call_id="c1")
    assert read(META, parent, turn, turn, call) == [
        SessionStarted(ID, AT, "/w/shop"),
        # Only the folder of what a fork repeats: it may be out of scope.
        SessionStarted(ID, AT, "/w/other"),
        SessionStarted(ID, AT, "/w/shop", "gpt-x"),
        ToolCalled(ID, "c1", AT, "exec_command", {"cmd": "ls"}, "gpt-x"),
    ]


def test_without_a_meta_the_files_name_says_which_session_it_is() -> None:
    assert {found.session for found in read(event("user_message", message="hi there"))} == {ID}


@pytest.mark.parametrize(
    ("text", "ok", "kind", "code", "ms"),
    [
        (
            "Chunk ID: 7\nWall time: 3.90 seconds\nProcess exited with code 1\nOutput:\nx",
            False,
            "exit_nonzero",
            1,
            3900,
        ),
        ("Chunk ID: 7\nWall time: 0.6197 seconds\nProcess exited with code 0\nOutput:\n", True, None, 0, 620),
        ("Chunk ID: 7\nWall time: 10.0 seconds\nProcess exited with code 124\nOutput:\n", False, "timeout", 124, 10000),
        ("Wall time: 1 seconds\nProcess running with session ID 5\nOutput:\n", None, None, None, 1000),
        ("Exit code: 2\nWall time: 0 seconds\nOutput:\nno", False, "exit_nonzero", 2, 0),
        ("apply_patch verification failed: x", False, "invalid_call", None, None),
        ("exec_command failed: rejected by user", False, "user_rejected", None, None),
        ("aborted by user after 3.2s", False, "interrupted", None, None),
        ("Plan updated", True, None, None, None),
        ('{"output":"boom","metadata":{"exit_code":3,"duration_seconds":0.25}}', False, "exit_nonzero", 3, 250),
        ("x" * 400 + "\nProcess exited with code 1", True, None, None, None),
    ],
)
def test_how_an_output_ends(text: str, ok: bool | None, kind: str | None, code: int | None, ms: int | None) -> None:
    found = output(text)
    assert (found.ok, found.error_kind, found.exit_code, found.duration_ms) == (ok, kind and ErrorKind(kind), code, ms)


def test_an_output_may_be_a_list_with_images() -> None:
    found = output([{"type": "input_text", "text": "seen"}, {"type": "input_image", "image_url": "data:"}])
    assert (found.text, found.ok) == ("seen\n[input_image]", True)


def test_the_end_of_an_unfinished_process_arrives_through_write_stdin() -> None:
    found = read(
        item("function_call", name="exec_command", arguments='{"cmd":"make"}', call_id="c1"),
        item("function_call_output", call_id="c1", output="Wall time: 1 seconds\nProcess running with session ID 9\n"),
        item("function_call", name="write_stdin", arguments='{"session_id":9}', call_id="c2"),
        item("function_call_output", call_id="c2", output="Wall time: 2 seconds\nProcess exited with code 1\n"),
    )
    assert [(e.key, e.ok) for e in found if isinstance(e, ToolReturned)] == [("c1", None), ("c2", False)]


def test_patches_searches_and_local_shells_are_steps() -> None:
    found = read(
        item("custom_tool_call", name="apply_patch", input="*** Begin Patch", call_id="c1", status="completed"),
        item("local_shell_call", call_id="c2", action={"type": "exec", "command": ["ls"]}),
        item("tool_search_call", call_id="c3", arguments={"query": "pr"}),
        item("web_search_call", status="completed", action={"type": "search", "query": "q"}),
    )
    calls = [e for e in found if isinstance(e, ToolCalled)]
    assert [(e.key, e.tool) for e in calls] == [
        ("c1", "apply_patch"), ("c2", "local_shell"), ("c3", "tool_search"), (f"{ID}@300", "web_search"),
    ]  # fmt: skip
    assert calls[0].args == {"input": "*** Begin Patch"}
    assert [(e.key, e.ok) for e in found if isinstance(e, ToolReturned)] == [(f"{ID}@300", True)]


def test_arguments_that_are_no_json_are_kept() -> None:
    (found,) = read(item("function_call", name="f", arguments="{broken", call_id="c1"))
    assert isinstance(found, ToolCalled)
    assert found.args == {"arguments": "{broken"}


def test_a_message_in_both_forms_counts_once_and_a_repeated_one_twice() -> None:
    item_form = event("item_completed", item={"type": "UserMessage", "content": [{"type": "text", "text": "yes"}]})
    legacy = event("user_message", message="yes")
    assert [e.text for e in read(META, legacy, item_form) if isinstance(e, UserSaid)] == ["yes"]
    assert [e.text for e in read(META, item_form, legacy) if isinstance(e, UserSaid)] == ["yes"]
    assert [e.text for e in read(META, legacy, legacy) if isinstance(e, UserSaid)] == ["yes", "yes"]
    assert [e.text for e in read(META, item_form) if isinstance(e, UserSaid)] == ["yes"]


def test_the_second_form_may_come_in_the_next_batch() -> None:
    state: dict[str, str] = {}
    item_form = event("item_completed", item={"type": "UserMessage", "content": [{"type": "text", "text": "go"}]})
    assert (
        len([e for e in read(META, event("user_message", message="go"), state=state) if isinstance(e, UserSaid)]) == 1
    )
    assert not [e for e in read(item_form, state=state) if isinstance(e, UserSaid)]


def test_the_agents_words_are_taken_once() -> None:
    found = read(
        event("agent_message", message="done"),
        item("message", role="assistant", content=[{"type": "output_text", "text": "done"}]),
        event("item_completed", item={"type": "AgentMessage", "content": [{"type": "Text", "text": "done"}]}),
    )
    assert [e.text for e in found if isinstance(e, AgentSaid)] == ["done"]


def test_what_the_program_put_in_is_no_request() -> None:
    found = read(
        item("message", role="user", content=[{"type": "input_text", "text": "# AGENTS.md instructions for /w"}]),
        item("message", role="developer", content=[{"type": "input_text", "text": "be brief"}]),
        event("user_message", message="<environment_context>cwd</environment_context>"),
        event(
            "user_message", message="# Context from my IDE setup:\n\n## Open tabs:\n\n## My request for Codex:\nfix it"
        ),
    )
    assert [e.text for e in found if isinstance(e, UserSaid)] == ["fix it"]


def test_an_injected_skill_was_used() -> None:
    text = "<skill>\n<name>release</name>\n<path>/s/release/SKILL.md</path>\nSteps\n</skill>"
    found = read(item("message", role="user", content=[{"type": "input_text", "text": text}]))
    assert [e.skill for e in found if isinstance(e, SkillLoaded)] == ["release"]


def test_an_injected_skill_counts_to_the_request_that_it_served() -> None:
    text = "<skill>\n<name>release</name>\n<path>/s/release/SKILL.md</path>\nSteps\n</skill>"
    injected = item("message", role="user", content=[{"type": "input_text", "text": text}])
    segmenter = Segmenter("codex", ID, FeedbackDetector())
    segmenter.feed(read(META, event("user_message", message="make a release"), injected))
    (trajectory,) = segmenter.close().trajectories
    assert [use.skill for use in trajectory.skills_used] == ["release"]


def test_a_threads_words_that_another_agent_wrote_are_no_requests() -> None:
    meta = line("session_meta", id="sub", source={"subagent": {"thread_spawn": {}}})
    assert not [e for e in read(meta, event("user_message", message="look it up")) if isinstance(e, UserSaid)]


def test_interruptions() -> None:
    found = read(event("turn_aborted", reason="interrupted"), event("turn_aborted", reason="replaced"))
    assert [e.kind for e in found if isinstance(e, UserSaid)] == ["interruption"]


def test_ends_of_patches_and_mcp_calls() -> None:
    found = read(
        event("patch_apply_end", call_id="c1", success=False, stderr="no such file"),
        event(
            "mcp_tool_call_end", call_id="c2", result={"Err": "timed out"}, duration={"secs": 4, "nanos": 240_616_103}
        ),
        event("mcp_tool_call_end", call_id="c3", result={"Ok": {"isError": True}}, duration={"secs": 0, "nanos": 0}),
        event("mcp_tool_call_end", call_id="c4", result={"Ok": {"isError": False}}),
    )
    ends = [(e.ok, e.error_kind, e.duration_ms) for e in found if isinstance(e, ToolReturned)]
    assert ends == [
        (False, ErrorKind.NOT_FOUND, None),
        (False, ErrorKind.TIMEOUT, 4240),
        (False, ErrorKind.OTHER, 0),
        (True, None, None),
    ]


def test_unknown_types_are_counted() -> None:
    reader = Codex().reader(FILE, {})
    strange = [line("new_line"), event("new_event"), item("new_item"), event("token_count"), item("reasoning"), {}]
    assert [found for entry in strange for found in reader.read(entry, 0)] == []
    assert dict(reader.unknown) == {
        "new_line": 1,
        "event_msg/new_event": 1,
        "response_item/new_item": 1,
        "(no type)": 1,
    }


def test_noise_is_told_from_the_bytes() -> None:
    noise = Codex().is_noise
    quiet = json.dumps(event("token_count", info={"a": {}}), separators=(",", ":")).encode()
    spoken = json.dumps(event("user_message", message="x"), separators=(",", ":")).encode()
    assert noise(quiet)
    assert not noise(spoken)
    assert not noise(quiet[:-3] + spoken)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_KINDS = ["message", "function_call", "function_call_output", "web_search_call", "user_message", "item_completed",
          "mcp_tool_call_end", "turn_aborted", "local_shell_call", "custom_tool_call_output"]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["session_meta", "turn_context", "response_item", "event_msg"]) | _JSON,
    payload=_JSON
    | st.fixed_dictionaries(
        {"type": st.sampled_from(_KINDS) | _JSON},
        optional=dict.fromkeys(
            ("call_id", "output", "arguments", "action", "content", "role", "item", "result"), _JSON
        ),
    ),
    at=_JSON,
)
def test_a_record_of_any_shape_is_read_without_raising(kind: Any, payload: Any, at: Any) -> None:
    for found in read({"type": kind, "payload": payload, "timestamp": at}):
        assert found.session


FORK = "019e0000-aaaa-7bbb-8ccc-00000000000f"
TURN = "019e0000-bbbb-7bbb-8ccc-00000000000{}"


def said(events: list[Event]) -> list[tuple[str, str]]:
    return [(found.key, found.text) for found in events if isinstance(found, UserSaid)]


def turns(*words: str, ids: bool) -> list[dict[str, Any]]:
    """Turns of one message and one call each."""
    records = []
    for number, text in enumerate(words, 1):
        turn = TURN.format(number) if ids else str(number)
        records += [
            event("task_started", turn_id=turn),
            line("turn_context", turn_id=turn, model="gpt-x", cwd="/w/shop"),
            event("user_message", message=text),
            item("function_call", name="exec_command", arguments="{}", call_id=f"call_{text}"),
        ]
    return records


@pytest.mark.parametrize("ids", [True, False])
def test_a_fork_repeats_what_was_said_and_it_counts_once(*, ids: bool) -> None:
    parent = [META, *turns("build it", "test it", ids=ids)]
    later = "2026-11-04T08:00:00.000Z"  # what is repeated is written with the time of the fork
    repeated = [{**record, "timestamp": later} for record in parent]
    fork = [line("session_meta", id=FORK, cwd="/w/shop", source="cli", forked_from_id=ID), *repeated]
    before = said(read(*parent))
    new = event("user_message", message="deploy it")
    own = [event("task_started", turn_id=TURN.format(9)), new] if ids else [new]
    after = read(*fork, *own)
    assert said(after)[:2] == before
    assert said(after)[2][1] == "deploy it"
    assert len({key for key, _ in said(after)}) == 3
    assert {found.session for found in after} == {FORK}
    # A fork of the fork repeats it all once more.
    third = [line("session_meta", id="third", forked_from_id=FORK), *fork, *own]
    assert said(read(*third)) == said(after)


def test_two_threads_that_begin_alike_are_two() -> None:
    other = line("session_meta", id=FORK, cwd="/w/shop", source="cli")
    one, two = (said(read(meta, *turns("hi", "continue", ids=False))) for meta in (META, other))
    assert not {key for key, _ in one} & {key for key, _ in two}


def test_the_same_words_twice_in_one_turn_are_two_messages() -> None:
    again = event("user_message", message="go on")
    assert len({key for key, _ in said(read(META, *turns("go on", ids=True), again, again))}) == 3


def test_an_interrupted_turn_is_interrupted_once_in_all_forks() -> None:
    stopped = event("turn_aborted", reason="interrupted", turn_id=TURN.format(1))
    fork = line("session_meta", id=FORK, forked_from_id=ID)
    one = [found for found in read(META, stopped) if isinstance(found, UserSaid)]
    two = [found for found in read(fork, META, stopped) if isinstance(found, UserSaid)]
    assert [found.key for found in one] == [found.key for found in two]


@pytest.mark.parametrize(
    ("meta", "parent"),
    [
        ({"source": "cli"}, None),
        ({"source": "cli", "forked_from_id": "p"}, None),
        ({"source": {"subagent": {"thread_spawn": {"parent_thread_id": "p", "depth": 1}}}}, "p"),
        ({"source": {"subagent": "review"}, "parent_thread_id": "p"}, "p"),
        ({"source": {"subagent": "review"}}, None),
        ({"source": {"subagent": 7}, "parent_thread_id": 8}, None),
    ],
)
def test_a_subagents_thread_names_the_thread_that_started_it(meta: dict[str, Any], parent: str | None) -> None:
    (started,) = read(line("session_meta", id=FORK, cwd="/w", **meta))
    assert isinstance(started, SessionStarted)
    assert started.parent == parent
