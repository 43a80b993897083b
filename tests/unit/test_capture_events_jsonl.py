"""The event format of the command-line contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skilltui.capture.events import AgentSaid, Event, SessionEnded, SessionStarted, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.events_jsonl import Events
from skilltui.domain.trajectory import ErrorKind

AT = "2026-11-01T09:00:00.000Z"


def entry(kind: str, **more: Any) -> dict[str, Any]:
    return {"v": 1, "type": kind, "session": "s1", "ts": "2026-11-01T09:00:00Z"} | more


def read(*records: dict[str, Any]) -> list[Event]:
    reader = Events().reader(Path("-"), {})
    return [event for number, item in enumerate(records) for event in reader.read(item, number * 10)]


def test_the_contracts_own_example() -> None:
    assert read(
        entry("session_start", source="my-agent", cwd="/w/app"),
        entry("user_message", text="make the tests pass"),
        entry("tool_call", call_id="c1", tool="Bash", args={"command": "pytest -q"}),
        entry("tool_result", call_id="c1", ok=False, exit_code=1, text="1 failed"),
        entry("assistant_text", text="..."),
        entry("session_end", outcome="success", reward=1.0),
    ) == [
        SessionStarted("s1", AT, "/w/app"),
        UserSaid("s1", "s1@10", AT, "make the tests pass"),
        ToolCalled("s1", "s1/c1", AT, "Bash", {"command": "pytest -q"}),
        ToolReturned("s1", "s1/c1", AT, False, "1 failed", ErrorKind.EXIT_NONZERO, 1),
        AgentSaid("s1", "s1@40", AT, "..."),
        SessionEnded("s1", "s1@50", AT, "success", 1.0),
    ]


def test_call_ids_need_only_be_unique_in_their_session() -> None:
    found = read(entry("tool_call", call_id="c1", tool="A"), entry("tool_call", call_id="c1", tool="B", session="s2"))
    assert len({event.key for event in found if isinstance(event, ToolCalled)}) == 2


def test_calls_without_ids_are_paired_in_order() -> None:
    found = read(
        entry("tool_call", tool="A"),
        entry("tool_result", ok=True, text="a"),
        entry("tool_call", tool="B"),
        entry("tool_result", ok=False, text="b"),
    )
    calls = [event.key for event in found if isinstance(event, ToolCalled)]
    results = [event.key for event in found if isinstance(event, ToolReturned)]
    assert calls == results
    assert len(set(calls)) == 2


def test_what_a_result_leaves_out_is_inferred() -> None:
    def ok(**more: Any) -> bool | None:
        (event,) = read(entry("tool_result", call_id="c", **more))
        assert isinstance(event, ToolReturned)
        return event.ok

    assert [ok(), ok(exit_code=0), ok(exit_code=2), ok(ok=None), ok(ok=True, exit_code=2)] == [
        True,
        True,
        False,
        None,
        True,
    ]


def test_a_stated_class_and_duration_are_kept() -> None:
    (event,) = read(entry("tool_result", call_id="c", ok=False, error_kind="timeout", duration_ms=12, text="x"))
    assert isinstance(event, ToolReturned)
    assert (event.error_kind, event.duration_ms) == (ErrorKind.TIMEOUT, 12)


def test_unknown_types_are_counted_and_unknown_outcomes_dropped() -> None:
    reader = Events().reader(Path("-"), {})
    assert list(reader.read(entry("heartbeat"), 0)) == []
    assert dict(reader.unknown) == {"heartbeat": 1}
    (event,) = reader.read(entry("session_end", outcome="brilliant", reward="high"), 0)
    assert isinstance(event, SessionEnded)
    assert (event.outcome, event.reward) == (None, None)
