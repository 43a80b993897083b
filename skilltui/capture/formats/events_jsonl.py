"""The event format (``events``): what scripts and agents of one's own write, one JSON object a line.

Defined in the command-line contract. A ``call_id`` need only be unique in its session, so the key of a step is
``session/call_id``. Unknown keys are passed over, unknown types counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from skilltui.capture.events import AgentSaid, Event, SessionEnded, SessionStarted, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import (
    JSONObject,
    error_kind,
    flat_text,
    integer,
    mapping,
    text,
    timestamp,
    type_name,
)
from skilltui.capture.formats.recorded import recorded_task, stated_turn
from skilltui.capture.records import strictly
from skilltui.domain.trajectory import ErrorKind, OutcomeLabel

NAME = "events"
_TYPES = ("session_start", "user_message", "tool_call", "tool_result", "assistant_text", "session_end")
_MARK = re.compile(rb'"type"\s*:\s*"(?:' + "|".join(_TYPES).encode() + rb')"')
_VERSION = re.compile(rb'"v"\s*:\s*1\b')
_SESSION = re.compile(rb'"session"\s*:\s*"')


class Events:
    """The format ``events``."""

    name = NAME
    decode = staticmethod(strictly)

    def sniff(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing about this format
        """Lines with ``v`` 1, ``session`` and one of the six types."""
        first = head.lstrip().split(b"\n", 1)[0]
        return all(mark.search(first) for mark in (_MARK, _VERSION, _SESSION))

    def reader(self, path: Path, state: dict[str, str]) -> EventsReader:
        """See ``Format``."""
        return EventsReader(path, state)

    def is_noise(self, line: bytes) -> bool:  # noqa: ARG002 - this format has no noise
        """Nothing in it may be passed over unseen."""
        return False


class EventsReader:
    """Records of many sessions may stand in one file."""

    def __init__(self, path: Path, state: dict[str, str]) -> None:
        self.state = state
        self.unknown: Counter[str] = Counter()
        self._stem = path.stem

    def read(self, record: JSONObject, offset: int) -> Iterator[Event]:
        """See ``FormatReader``."""
        kind = type_name(record.get("type"))
        session = text(record.get("session")) or self._stem
        at = timestamp(record.get("ts"))
        key = f"{session}@{offset}"
        if kind == "session_start":
            yield SessionStarted(session, at, text(record.get("cwd")), text(record.get("model")))
        elif kind == "user_message":
            yield from _said(record, session, key, at)
            yield from recorded_task(session, key, record.get("task"))
        elif kind == "tool_call":
            call = text(record.get("call_id"))
            if call is None:
                # Without an id the next result without one answers it.
                self.state[f"open:{session}"] = key
            tool = text(record.get("tool")) or "(no name)"
            step = f"{session}/{call}" if call else key
            by = text(record.get("agent"))
            yield ToolCalled(session, step, at, tool, mapping(record.get("args")), text(record.get("model")), by)
            yield from recorded_task(session, step, record.get("task"))
        elif kind == "tool_result":
            call = text(record.get("call_id"))
            step = f"{session}/{call}" if call else self.state.pop(f"open:{session}", key)
            yield _result(record, session, step, at)
        elif kind == "assistant_text":
            words = flat_text(record.get("text"))
            if words.strip():
                yield AgentSaid(session, key, at, words, text(record.get("model")))
        elif kind == "session_end":
            reward = record.get("reward")
            number = float(reward) if isinstance(reward, int | float) and abs(reward) < 1e15 else None
            outcome = record.get("outcome")
            label = outcome if isinstance(outcome, str) and outcome in set(OutcomeLabel) else None
            yield SessionEnded(session, key, at, label, number)
        else:
            self.unknown[kind] += 1


def _said(record: JSONObject, session: str, key: str, at: str | None) -> Iterator[Event]:
    words = flat_text(record.get("text"))
    turn = stated_turn(record.get("turn"))
    # What was exported is read as it is.
    words = words if turn else words.strip()
    if record.get("kind") == "interruption":
        yield UserSaid(session, key, at, words if turn else words or "interrupted", "interruption")
    elif words:
        yield UserSaid(session, key, at, words, turn=turn)


def _result(record: JSONObject, session: str, step: str, at: str | None) -> ToolReturned:
    output = flat_text(record.get("text"))
    exit_code = integer(record.get("exit_code"))
    stated = record.get("ok", exit_code in (None, 0))
    ok = stated if isinstance(stated, bool) else None
    kind: ErrorKind | None = None
    if ok is False:
        given = record.get("error_kind")
        kind = ErrorKind(given) if isinstance(given, str) and given in set(ErrorKind) else error_kind(output, exit_code)
    if "error_kind" in record and record["error_kind"] is None:
        kind = None
    edited = record.get("user_edited") is True
    return ToolReturned(session, step, at, ok, output, kind, exit_code, integer(record.get("duration_ms")), edited)
