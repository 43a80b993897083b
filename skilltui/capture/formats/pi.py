"""Pi sessions: ``~/.pi/agent/sessions/--<folder>--/<time>_<uuid>.jsonl``, a header and a tree of entries.

Version 1 (counted in a public log) is a list without ids; version 2 gave entries ``id`` and ``parentId``, version 3
renamed a role. A file of an older version is rewritten when it is opened, with new ids, and a fork copies the entries
of its parent into a file of its own: a message is therefore known by its time and its words, never by its id. Branches
are read in the order in which they were written: each was work that was really done.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from skilltui.capture.events import AgentSaid, Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import (
    JSONObject,
    blocks,
    error_kind,
    flat_text,
    integer,
    mapping,
    text,
    timestamp,
    type_name,
    uuid_of,
)
from skilltui.capture.records import strictly
from skilltui.capture.skills_used import skill_name
from skilltui.domain.trajectory import ErrorKind

NAME = "pi"

_HEADER = re.compile(rb'\A\s*\{\s*"type"\s*:\s*"session"\s*[,}]')
_ENTRY = re.compile(rb'\A\s*\{\s*"type"\s*:\s*"(?:message|model_change|thinking_level_change|compaction)"')
_NOISE = re.compile(rb'\{"type":"(?:thinking_level_change|label|session_info|custom)"')

# Nothing that a person asked or that the agent did: what the program and its extensions keep for themselves.
_QUIET = frozenset(
    {
        "thinking_level_change", "compaction", "branch_summary", "custom", "custom_message", "label", "session_info",
        "context_transform", "ephemeral",
    }
)  # fmt: skip
# "bashExecution" is a command that the person ran themselves (with "!"): neither a step nor a request.
_QUIET_ROLES = frozenset({"bashExecution", "custom", "hookMessage", "branchSummary", "compactionSummary"})

_SKILL = re.compile(r'\A<skill name="([^"]{1,120})" location="[^"]*">\n.*\n</skill>\s*(.*)\Z', re.DOTALL)
# How the shell tool ends a failed result.
_EXIT_CODE = re.compile(r"^Command exited with code (-?\d{1,10})\s*\Z", re.MULTILINE)
_TIMEOUT = re.compile(r"^Command timed out after [\d.]{1,20} seconds\s*\Z", re.MULTILINE)
_ABORTED = re.compile(r"^(?:Command|Operation) aborted\s*\Z", re.MULTILINE)
_INVALID = re.compile(
    r"\A(?:Validation failed for tool|Could not find the exact text|Found \d+ occurrences of the text)"
)


class Pi:
    """The format ``pi``."""

    name = NAME
    decode = staticmethod(strictly)

    def sniff(self, path: Path, head: bytes) -> bool:
        """A session header first; in the agent's own folder also a file that lost it."""
        if _HEADER.match(head):
            return b'"cwd"' in head or b'"version"' in head
        folder = path.parent.name
        own = folder.startswith("--") and folder.endswith("--") and path.parent.parent.name == "sessions"
        return own and _ENTRY.match(head) is not None

    def reader(self, path: Path, state: dict[str, str]) -> PiReader:
        """See ``Format``."""
        return PiReader(path, state)

    def is_noise(self, line: bytes) -> bool:
        """Entries that hold settings, marks and the data of extensions."""
        # Outside a string "}{" can only be two records glued together, and inside one its quote would be escaped.
        return _NOISE.match(line) is not None and b'}{"' not in line


class PiReader:
    """One file = one session, named by its header, else by the file's name."""

    def __init__(self, path: Path, state: dict[str, str]) -> None:
        self.state = state
        self.unknown: Counter[str] = Counter()
        self._stem = uuid_of(path)

    def read(self, record: JSONObject, offset: int) -> Iterator[Event]:
        """See ``FormatReader``."""
        kind = type_name(record.get("type"))
        if kind == "session":
            self.state.setdefault("session", text(record.get("id")) or self._stem)
        session = self.state.setdefault("session", self._stem)
        message = mapping(record.get("message"))
        at = timestamp(record.get("timestamp")) or _epoch(message.get("timestamp"))
        if kind == "session":
            yield SessionStarted(session, at, text(record.get("cwd")), text(record.get("modelId")))
        elif kind == "model_change":
            model = text(record.get("modelId"))
            if model:
                yield SessionStarted(session, at, model=model)
        elif kind == "message":
            yield from self._message(message, session, at, offset)
        elif kind not in _QUIET:
            self.unknown[kind] += 1

    def _message(self, message: JSONObject, session: str, at: str | None, offset: int) -> Iterator[Event]:
        role = type_name(message.get("role"))
        if role == "toolResult":
            call = text(message.get("toolCallId"))
            if call is not None:
                yield _result(session, call, at, message)
            return
        content = blocks(message.get("content"))
        words = "\n".join(block["text"] for block in content if isinstance(block.get("text"), str)).strip()
        moment = _epoch(message.get("timestamp")) or at
        key = f"{moment}-{_mark(role + words)}" if moment else f"{session}@{offset}"
        if role == "user":
            yield from _said(session, key, at, words)
        elif role == "assistant":
            yield from _answer(message, content, session, key, at)
        elif role not in _QUIET_ROLES:
            self.unknown[f"message/{role}"] += 1


def _said(session: str, key: str, at: str | None, words: str) -> Iterator[Event]:
    skill = _SKILL.match(words)
    name = skill_name(skill.group(1)) if skill else None
    if skill and name:
        # "/skill:name words" reaches the agent with the skill written out in the command's place.
        yield UserSaid(session, key, at, f"/skill:{name} {skill.group(2)}".rstrip())
        yield SkillLoaded(session, f"{key}#skill", at, name)
    elif words:
        yield UserSaid(session, key, at, words)


def _answer(message: JSONObject, content: list[JSONObject], session: str, key: str, at: str | None) -> Iterator[Event]:
    model = text(message.get("model"))
    for number, block in enumerate(content):
        if block.get("type") == "text":
            words = text(block.get("text"))
            if words and words.strip():
                yield AgentSaid(session, f"{key}#{number}", at, words, model)
        elif block.get("type") == "toolCall":
            call = text(block.get("id")) or f"{key}#{number}"
            arguments = mapping(block.get("arguments"))
            yield ToolCalled(session, call, at, text(block.get("name")) or "(no name)", arguments, model)
    if message.get("stopReason") == "aborted":
        yield UserSaid(session, f"{key}#aborted", at, text(message.get("errorMessage")) or "aborted", "interruption")


def _result(session: str, call: str, at: str | None, message: JSONObject) -> ToolReturned:
    output = flat_text(message.get("content"))
    if message.get("isError") is not True:
        return ToolReturned(session, call, at, True, output)
    tail = output[-300:]
    code = _EXIT_CODE.search(tail)
    exit_code = int(code.group(1)) if code else None
    if _ABORTED.search(tail):
        kind = ErrorKind.INTERRUPTED
    elif _TIMEOUT.search(tail):
        kind = ErrorKind.TIMEOUT
    elif exit_code is None and _INVALID.match(output):
        kind = ErrorKind.INVALID_CALL
    else:
        kind = error_kind(output, exit_code)
    return ToolReturned(session, call, at, False, output, kind, exit_code)


def _epoch(value: Any) -> str | None:
    """Milliseconds since 1970 as a time; ``None`` for what is none."""
    number = integer(value)
    if number is None:
        return None
    try:
        return timestamp(datetime.fromtimestamp(number / 1000, UTC).isoformat())
    except (ValueError, OverflowError, OSError):
        return None


def _mark(words: str) -> str:
    """A short mark of a message, stable over processes."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]
