"""The recordings are sessions as the two agents write them, and hold nothing that must not be published."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from skilltui.demo.story import CLAUDE_CODE, CODEX, MOMENT, Recording, recordings, skills

ALL = recordings()
NAMES = [recording.name for recording in ALL]


def records(recording: Recording) -> list[dict[str, Any]]:
    return [json.loads(line.text) for line in recording.lines]


def of(agent: str) -> list[Recording]:
    return [recording for recording in ALL if recording.agent == agent]


def test_the_cast_is_what_the_demo_promises() -> None:
    history = [recording for recording in ALL if not recording.live]
    live = [recording for recording in ALL if recording.live]
    assert [r.agent for r in history] == [CLAUDE_CODE, CODEX, CLAUDE_CODE, CLAUDE_CODE, CLAUDE_CODE, CODEX]
    assert sorted((r.agent, r.cwd) for r in live) == [
        (CLAUDE_CODE, "/home/sam/code/shop-api"),
        (CODEX, "/home/sam/code/notes-cli"),
    ]
    assert len({recording.session for recording in ALL}) == len(ALL)
    assert all(MOMENT - timedelta(days=10) < line.at < MOMENT for r in history for line in r.lines)


@pytest.mark.parametrize("recording", ALL, ids=NAMES)
def test_lines_are_compact_json_objects_in_the_order_of_time(recording: Recording) -> None:
    for line in recording.lines:
        assert json.dumps(json.loads(line.text), ensure_ascii=False, separators=(",", ":")) == line.text
    assert all(a.at <= b.at for a, b in pairwise(recording.lines))


def test_live_pauses_are_short_enough_to_watch() -> None:
    times = sorted(line.at for recording in ALL if recording.live for line in recording.lines)
    assert max(b - a for a, b in pairwise(times)) <= timedelta(seconds=4)
    assert timedelta(seconds=80) < times[-1] - times[0] < timedelta(seconds=120)


@pytest.mark.parametrize("recording", of(CLAUDE_CODE), ids=lambda r: r.name)
def test_claude_code_records_chain_and_pair(recording: Recording) -> None:
    seen: set[str] = set()
    open_calls: dict[str, str] = {}
    last = None
    for record in records(recording):
        if record["type"] == "file-history-snapshot":
            continue
        assert record["sessionId"] == recording.session
        assert record["cwd"] == recording.cwd
        assert record["parentUuid"] == last
        last = record["uuid"]
        assert last not in seen
        seen.add(last)
        message = record.get("message", {})
        blocks = message.get("content") if isinstance(message.get("content"), list) else []
        if record["type"] == "assistant":
            assert message["usage"]["output_tokens"] > 0
            assert message["id"].startswith("msg_")
            assert record["requestId"].startswith("req_")
        for block in blocks:
            if block["type"] == "tool_use":
                open_calls[block["id"]] = last
            elif block["type"] == "tool_result":
                assert open_calls.pop(block["tool_use_id"]) == record["sourceToolAssistantUUID"]
                assert isinstance(record["toolUseResult"], str if block.get("is_error") else dict)
    assert not open_calls


@pytest.mark.parametrize("recording", of(CODEX), ids=lambda r: r.name)
def test_codex_records_pair_and_every_turn_ends(recording: Recording) -> None:
    head, *rest = records(recording)
    assert head["type"] == "session_meta"
    assert (head["payload"]["id"], head["payload"]["cwd"]) == (recording.session, recording.cwd)
    calls: dict[str, str] = {}
    turns: list[str] = []
    for record in rest:
        assert record["type"] in {"response_item", "event_msg", "turn_context"}
        payload = record["payload"]
        match payload.get("type"):
            case "function_call":
                assert json.loads(payload["arguments"])["workdir"] == recording.cwd
                calls[payload["call_id"]] = "function_call_output"
            case "custom_tool_call":
                assert payload["input"].startswith("*** Begin Patch\n")
                calls[payload["call_id"]] = "custom_tool_call_output"
            case "function_call_output" | "custom_tool_call_output" as kind:
                assert calls.pop(payload["call_id"]) == kind
                assert re.search(r"^(Process exited with code|Exit code:) \d+$", payload["output"], re.MULTILINE)
            case "task_started":
                turns.append(payload["turn_id"])
            case "task_complete":
                assert turns.pop() == payload["turn_id"]
                started = datetime.fromisoformat(record["timestamp"]).timestamp()
                assert abs(payload["completed_at"] - started) <= 1
    assert not calls
    assert not turns


def test_the_made_up_key_is_a_placeholder_until_it_is_played() -> None:
    stored = "\n".join(line.text for recording in ALL for line in recording.lines)
    assert not re.search(r"AKIA[0-9A-Z]{16}", stored)
    assert "{{aws_access_key_id}}" in stored
    played = "\n".join(line.shifted(timedelta()) for recording in ALL for line in recording.lines)
    assert len(re.findall(r"\bAKIA[0-9A-Z]{16}\b", played)) == 2
    assert "{{" not in played


@pytest.mark.parametrize("recording", ALL, ids=NAMES)
def test_a_recorded_skill_text_is_that_of_the_library(recording: Recording) -> None:
    bodies = {name: data.decode().split("---\n", 2)[2].strip() for name, data in skills().items()}
    for record in records(recording):
        if record.get("isMeta") and "sourceToolUseID" in record:
            text = record["message"]["content"][0]["text"]
            head, body = text.split("\n\n", 1)
            assert body == bodies[head.rsplit("/", 1)[1]]
        elif "SKILL.md" in str(record.get("payload", {}).get("arguments")):
            call = record["payload"]["call_id"]
            output = next(
                r["payload"]["output"]
                for r in records(recording)
                if r["payload"].get("type") == "function_call_output" and r["payload"]["call_id"] == call
            )
            assert output.rstrip("\n").endswith(bodies["pytest-fixtures"])
