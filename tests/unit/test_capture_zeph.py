"""Zeph's audit log into events. Lines are hand-made after its public source; no real file was at hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.discover import Found, discover
from skilltui.capture.events import Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned
from skilltui.capture.formats.zeph import PAUSE_SECONDS, Zeph
from skilltui.domain.trajectory import ErrorKind
from tests.documents import READER, of

START = 1_793_700_000


def entry(at: int = 0, tool: str = "shell", result: str = "success", **more: Any) -> dict[str, Any]:
    outcome = {"type": result} | more.pop("told", {})
    return {
        "timestamp": str(START + at),
        "tool": tool,
        "command": "ls -la",
        "result": outcome,
        "duration_ms": 12,
    } | more


def egress(at: int = 0) -> dict[str, Any]:
    return {
        "timestamp": str(START + at), "kind": "egress", "correlation_id": "k", "tool": "fetch", "url": "https://x.test",
        "host": "x.test", "method": "GET", "duration_ms": 3, "response_bytes": 9,
    }  # fmt: skip


def read(*entries: Any, state: dict[str, str] | None = None) -> list[Event]:
    reader = Zeph().reader(Path("/w/audit.jsonl"), {} if state is None else state)
    return [found for n, record in enumerate(entries) for found in reader.read(record, n * 100)]


def only(events: Iterable[Event], kind: type[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (entry(exit_code=0), (True, None, 0)),
        (entry(), (True, None, None)),
        (entry(exit_code=2), (False, ErrorKind.EXIT_NONZERO, 2)),
        (entry(result="timeout", error_category="timeout"), (False, ErrorKind.TIMEOUT, None)),
        (entry(result="blocked", told={"reason": "sudo"}), (False, ErrorKind.PERMISSION_DENIED, None)),
        (
            entry(result="error", error_category="invalid_parameters", told={"message": "no path"}),
            (False, ErrorKind.INVALID_CALL, None),
        ),
        (entry(result="error", error_category="tool_not_found"), (False, ErrorKind.NOT_FOUND, None)),
        (entry(result="error", told={"message": "permission denied"}), (False, ErrorKind.PERMISSION_DENIED, None)),
        (entry(result="error", exit_code=1), (False, ErrorKind.EXIT_NONZERO, 1)),
        (entry(result="error"), (False, ErrorKind.OTHER, None)),
        (entry(result="novel"), (None, None, None)),
    ],
)
def test_how_a_call_ended(line: dict[str, Any], expected: Any) -> None:
    (returned,) = only(read(line), ToolReturned)
    assert (returned.ok, returned.error_kind, returned.exit_code) == expected
    assert returned.duration_ms == 12


def test_a_call_has_its_own_id_or_its_place() -> None:
    one, two = only(read(entry(correlation_id="c-1", mcp_server_id="files"), entry(tool="fetch")), ToolCalled)
    assert (one.key, one.tool, one.args) == ("c-1", "shell", {"command": "ls -la", "mcp_server_id": "files"})
    assert (two.key.partition("@")[2], two.tool) == ("100", "fetch")
    assert one.at == "2026-11-03T10:00:00.000Z"


def test_what_is_no_call_is_passed_over_or_counted() -> None:
    reader = Zeph().reader(Path("/w/audit.jsonl"), {})
    odd = [egress(), entry(result="rollback"), {"timestamp": "1", "kind": "novel"}, {"tool": 7}, {}, entry(tool="")]
    assert [event for record in odd for event in reader.read(record, 0)] == []
    assert reader.unknown == {"novel": 1, "(no tool call)": 3}


def test_a_pause_or_another_caller_begins_a_session() -> None:
    pause = PAUSE_SECONDS + 1
    lines = [entry(0), entry(60), entry(60, caller_id="acp 7"), entry(120), entry(120 + pause), entry(121 + pause)]
    state: dict[str, str] = {}
    events = [event for line in lines for event in read(line, state=state)]
    assert len(only(events, SessionStarted)) == 3
    by_session = [event.session for event in only(events, ToolCalled)]
    assert [by_session.index(session) for session in by_session] == [0, 0, 2, 0, 4, 4]
    assert "acp_7" in by_session[2]


def test_skills_that_were_in_the_prompt_were_not_used() -> None:
    assert only(read(entry(skill_name=["git", "shell"])), SkillLoaded) == []


def test_many_callers_do_not_fill_the_cursor() -> None:
    state: dict[str, str] = {}
    read(*(entry(n, caller_id=f"{n}" * 500) for n in range(200)), state=state)
    assert len(state) <= 32
    assert len(json.dumps(state)) < 20_000


def test_the_log_is_known_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for first in (entry(correlation_id="c-1"), egress()):
        path.write_text(
            "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in (first, entry(5), egress(6)))
        )
        (found,) = discover([tmp_path])
        assert isinstance(found, Found)
        assert found.format == "zeph"
    batch = READER.read(path, "zeph")
    assert len(of(batch, ToolCalled)) == 1
    assert not batch.unknown


_VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.none(), max_size=1)
)
_NAMES = (*entry(), "exit_code", "caller_id", "kind", "correlation_id")


@settings(max_examples=150)
@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(_NAMES, _VALUES)), max_size=5))
def test_no_shape_is_fatal(records: list[dict[str, Any]]) -> None:
    calls = [event.key for event in read(*records, *(entry() | r for r in records)) if isinstance(event, ToolCalled)]
    assert len(calls) <= 2 * len(records)
