"""Zeph's audit log: one line for each tool call, with its outcome. No real file was seen.

Told from the documentation and the public source (https://github.com/bug-ops/zeph, ``zeph-tools/src/audit.rs``): who
asked for what, and what a tool printed, is not in it. It has no sessions either: a pause of half an hour ends one, and
each caller has its own. ``skill_name`` lists the skills that were in the prompt for the turn: shown, not used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from skilltui.capture.events import Event, SessionStarted, ToolCalled, ToolReturned
from skilltui.capture.formats.base import JSONObject, epoch, error_kind, integer, mapping, text, type_name
from skilltui.capture.formats.outline import place_mark
from skilltui.capture.records import strictly
from skilltui.domain.trajectory import ErrorKind

NAME = "zeph"

PAUSE_SECONDS = 30 * 60
_FIRST = re.compile(rb'\s*\{"timestamp":\s*"\d{1,12}",\s*(?:"kind":\s*"egress"|"tool":)')
_CALLERS = 32  # whose last time is remembered
_NAME_LIMIT = 80
_KINDS = {
    "timeout": ErrorKind.TIMEOUT,
    "policy_blocked": ErrorKind.PERMISSION_DENIED,
    "confirmation_required": ErrorKind.PERMISSION_DENIED,
    "tool_not_found": ErrorKind.NOT_FOUND,
    "invalid_parameters": ErrorKind.INVALID_CALL,
    "type_mismatch": ErrorKind.INVALID_CALL,
    "cancelled": ErrorKind.INTERRUPTED,
}


class Zeph:
    """The format ``zeph``."""

    name = NAME
    decode = staticmethod(strictly)

    def sniff(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the log has the name that a person gave it
        """A first line that opens with a time in seconds, as a string, and a tool."""
        return _FIRST.match(head) is not None and (b'"result"' in head or b'"egress"' in head)

    def reader(self, path: Path, state: dict[str, str]) -> ZephReader:
        """See ``LineFormat``."""
        return ZephReader(path, state)

    def is_noise(self, line: bytes) -> bool:
        """What a call sent over the network: it stands beside the call."""
        return b'"kind":"egress"' in line[:80] and b'}{"' not in line


class ZephReader:
    """``state`` holds, for each caller, the session and the time of its last call."""

    def __init__(self, path: Path, state: dict[str, str]) -> None:
        self.state = state
        self.unknown: Counter[str] = Counter()
        self._place = f"{path.name.partition('.')[0]}~{place_mark(path)}"

    def read(self, record: JSONObject, offset: int) -> Iterator[Event]:
        """See ``FormatReader``."""
        if "kind" in record:
            if record.get("kind") != "egress":
                self.unknown[type_name(record.get("kind"))] += 1
            return
        result = mapping(record.get("result"))
        kind = type_name(result.get("type"))
        tool = text(record.get("tool"))
        if tool is None or kind == "(no type)":
            self.unknown["(no tool call)"] += 1
            return
        if kind == "rollback":
            return  # files that were put back after a call; no call of its own
        at = _time(record.get("timestamp"))
        session, new = self._session(text(record.get("caller_id")), at)
        if new:
            yield SessionStarted(session, at)
        key = text(record.get("correlation_id")) or f"{self._place}@{offset}"
        given: dict[str, object] = {"command": record.get("command")}
        server = text(record.get("mcp_server_id"))
        if server:
            given["mcp_server_id"] = server
        yield ToolCalled(session, key, at, tool, given)
        yield self._result(record, result, kind, session, key)

    def _session(self, caller: str | None, at: str | None) -> tuple[str, bool]:
        name = (caller or "")[:_NAME_LIMIT]
        session, _, last = self.state.get(f"at:{name}", "").rpartition(" ")
        if session and not _paused(last, at):
            self.state[f"at:{name}"] = f"{session} {max(last, at or '')}"
            return session, False
        if len(self.state) >= _CALLERS:
            del self.state[next(iter(self.state))]
        self.state.pop(f"at:{name}", None)
        session = "/".join(filter(None, (self._place, name.replace(" ", "_"), at)))
        self.state[f"at:{name}"] = f"{session} {at or ''}"
        return session, True

    def _result(self, record: JSONObject, result: JSONObject, kind: str, session: str, key: str) -> ToolReturned:
        code = integer(record.get("exit_code"))
        words = text(result.get("message")) or text(result.get("reason")) or ""
        failed: ErrorKind | None = None
        if kind == "timeout":
            failed = ErrorKind.TIMEOUT
        elif kind == "blocked":
            failed = ErrorKind.PERMISSION_DENIED
        elif kind == "error":
            failed = _KINDS.get(str(record.get("error_category"))) or error_kind(words, code)
        elif kind == "success":
            failed = error_kind(words, code) if code else None
        else:
            self.unknown[f"result/{kind}"] += 1
            return ToolReturned(session, key, None, None, words, None, code, integer(record.get("duration_ms")))
        return ToolReturned(session, key, None, failed is None, words, failed, code, integer(record.get("duration_ms")))


def _time(value: object) -> str | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        return epoch(int(value))
    return epoch(value)


def _paused(last: str, at: str | None) -> bool:
    if not last or at is None:
        return False
    gap = datetime.fromisoformat(at).astimezone(UTC) - datetime.fromisoformat(last).astimezone(UTC)
    return gap.total_seconds() > PAUSE_SECONDS
