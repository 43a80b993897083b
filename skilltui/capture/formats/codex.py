"""Codex CLI rollouts: ``sessions/YYYY/MM/DD/rollout-*.jsonl``, lines of ``{timestamp, type, payload}``.

Counted in versions 0.140 to 0.142; the paginated history (``item_completed``, default since about 0.153) from its
source. There is no success flag: the head of an output says how a command ended.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from skilltui.capture.events import AgentSaid, Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import (
    JSONObject,
    Whereabouts,
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

NAME = "codex"

_LINE_TYPES = frozenset({"session_meta", "turn_context", "response_item", "event_msg", "compacted"})
# What a user message holds that no person typed.
_NOT_HUMAN = (
    "<environment_context>", "<user_instructions>", "<permissions instructions>", "# AGENTS.md", "<turn_aborted>",
)  # fmt: skip
_IDE_REQUEST = re.compile(r"\A# Context from my IDE setup:.*?^## My request for Codex:\s*", re.DOTALL | re.MULTILINE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SKILL = re.compile(r"\s*<skill>\s*<name>([^<]{1,120})</name>")
_EXIT_CODE = re.compile(r"^(?:Process exited with code|Exit code:) (-?\d{1,10})", re.MULTILINE)
_WALL_TIME = re.compile(r"^Wall time: ([\d.]{1,20}) seconds", re.MULTILINE)
_RUNNING = re.compile(r"^Process running with session ID", re.MULTILINE)
_REFUSED = ("apply_patch verification failed", "write_stdin failed", "exec_command failed", "aborted by user")
_HEADER = 300  # characters of an output that are its header; what a program printed may imitate one further down

_QUIET_ITEMS = frozenset({"reasoning", "ghost_snapshot", "compaction", "compaction_summary", "context_compaction"})
_QUIET_EVENTS = frozenset(
    {
        "agent_message", "agent_reasoning", "agent_reasoning_raw_content", "agent_reasoning_section_break",
        "token_count", "task_complete", "turn_complete", "context_compacted",
        "web_search_end", "thread_rolled_back", "thread_name_updated", "thread_goal_updated", "undo_completed",
        "entered_review_mode", "exited_review_mode", "view_image_tool_call", "error", "warning", "exec_command_end",
        "image_generation_end", "sub_agent_activity", "thread_settings_applied",
    }
)  # fmt: skip


class Codex:
    """The format ``codex``."""

    name = NAME
    decode = staticmethod(strictly)

    def sniff(self, path: Path, head: bytes) -> bool:
        """Lines with ``payload`` and one of the five line types."""
        if re.search(rb'"type"\s*:\s*"(?:session_meta|response_item|event_msg|turn_context)"', head):
            return b'"payload"' in head
        return path.name.startswith("rollout-") and b'"payload"' in head

    def reader(self, path: Path, state: dict[str, str]) -> CodexReader:
        """See ``Format``."""
        return CodexReader(path, state)

    def is_noise(self, line: bytes) -> bool:
        """Token counts and encrypted reasoning, told by the key that opens the payload."""
        at = line.find(b'"payload":{"type":"', 0, 200)
        quiet = at >= 0 and line.startswith((b'token_count"', b'reasoning"'), at + 19)
        return quiet and line.count(b'"payload":{') == 1


class CodexReader:
    """One file = one session, named by its first ``session_meta``; later ones are of the thread it was forked from.

    A fork begins with all that was said before, under new times. What a person said is known by its turn, whose id is
    kept; where turns had no ids, by all that was said up to there.
    """

    def __init__(self, path: Path, state: dict[str, str]) -> None:
        self.state = state
        self.unknown: Counter[str] = Counter()
        self._stem = uuid_of(path)
        self._whereabouts = Whereabouts(state)

    def read(self, record: JSONObject, offset: int) -> Iterator[Event]:
        """See ``FormatReader``."""
        kind = type_name(record.get("type"))
        payload = mapping(record.get("payload"))
        at = timestamp(record.get("timestamp"))
        if kind == "session_meta":
            yield from self._meta(payload, at)
        elif kind == "turn_context":
            yield from self._context(payload, at)
        elif kind == "response_item":
            yield from self._item(payload, self._session(), at, offset)
        elif kind == "event_msg":
            yield from self._event(payload, self._session(), at, offset)
        elif kind not in _LINE_TYPES:
            self.unknown[kind] += 1

    def _session(self) -> str:
        return self.state.setdefault("session", self._stem)

    def _meta(self, payload: JSONObject, at: str | None) -> Iterator[Event]:
        inner = mapping(payload.get("meta")) or payload
        native = text(inner.get("id")) or text(inner.get("session_id"))
        # The last one before the first message is that of the thread where the history that is repeated began.
        if native and "chain" not in self.state:
            self.state["root"] = text(inner.get("forked_from_id")) or native
        folder = text(inner.get("cwd"))
        moved = self._whereabouts.moved(folder)
        if "session" in self.state:
            # What a fork repeats of another conversation, which may have been out of scope.
            if moved:
                yield SessionStarted(self.state["session"], at, project=folder)
            return
        parent = None
        self.state["session"] = native or self._stem
        if isinstance(inner.get("source"), dict):
            # A thread that another agent started: what stands there as the user's words are that agent's.
            self.state["subagent"] = "1"
            spawn = mapping(mapping(mapping(inner.get("source")).get("subagent")).get("thread_spawn"))
            parent = text(inner.get("parent_thread_id")) or text(spawn.get("parent_thread_id"))
        yield SessionStarted(self.state["session"], at, project=folder, parent=parent)

    def _turn(self, payload: JSONObject) -> None:
        turn = text(payload.get("turn_id"))
        # Older versions number the turns of a process.
        if turn and _UUID.fullmatch(turn) and turn != self.state.get("turn"):
            self.state["turn"] = turn
            self.state.pop("in turn", None)

    def _in_turn(self) -> str | None:
        """A key for the next thing of a turn that has no id of its own: the same in every fork that repeats it."""
        if "turn" not in self.state:
            return None
        number = int(self.state.get("in turn", "0")) + 1
        self.state["in turn"] = str(number)
        return f"{self.state['turn']}/{number}"

    def _asked(self, words: str) -> str:
        """The key of a person's words: the same in every fork that repeats them."""
        key = self._in_turn()
        if key is not None:
            return f"{key}:{_mark(words)}"
        before = self.state.get("chain") or self.state.get("root") or self._session()
        self.state["chain"] = _mark(f"{before} {words}")
        return f"said:{self.state['chain']}"

    def _context(self, payload: JSONObject, at: str | None) -> Iterator[Event]:
        self._turn(payload)
        model, folder = text(payload.get("model")), text(payload.get("cwd"))
        changed = model is not None and model != self.state.get("model")
        if self._whereabouts.moved(folder) or changed:
            if model:
                self.state["model"] = model
            yield SessionStarted(self._session(), at, project=folder, model=model)

    def _item(self, payload: JSONObject, session: str, at: str | None, offset: int) -> Iterator[Event]:
        kind = type_name(payload.get("type"))
        model = self.state.get("model")
        call = text(payload.get("call_id")) or text(payload.get("id")) or f"{session}@{offset}"
        if kind == "message":
            yield from self._message(payload, session, at, offset)
        elif kind == "function_call":
            tool = text(payload.get("name")) or "(no name)"
            yield ToolCalled(session, call, at, tool, _arguments(payload.get("arguments")), model)
        elif kind == "custom_tool_call":
            tool = text(payload.get("name")) or "(no name)"
            yield ToolCalled(session, call, at, tool, {"input": payload.get("input")}, model)
        elif kind == "local_shell_call":
            yield ToolCalled(session, call, at, "local_shell", mapping(payload.get("action")), model)
        elif kind == "tool_search_call":
            yield ToolCalled(session, call, at, "tool_search", _arguments(payload.get("arguments")), model)
        elif kind == "web_search_call":
            call = self._in_turn() or f"{session}@{offset}"
            yield ToolCalled(session, call, at, "web_search", mapping(payload.get("action")), model)
            done = {"completed": True, "failed": False}.get(str(payload.get("status")))
            # One record is call and result: no time passes that could be measured.
            yield ToolReturned(session, call, None, done, "", None if done is not False else ErrorKind.OTHER)
        elif kind in {"function_call_output", "custom_tool_call_output"}:
            yield _output(session, call, at, payload.get("output"))
        elif kind == "tool_search_output":
            yield ToolReturned(session, call, at, True, flat_text(payload.get("tools")))
        elif kind not in _QUIET_ITEMS:
            self.unknown[f"response_item/{kind}"] += 1

    def _message(self, payload: JSONObject, session: str, at: str | None, offset: int) -> Iterator[Event]:
        """The agent's words; of user messages only the skills that the program put in (``event_msg`` has the words)."""
        role = payload.get("role")
        words = flat_text(payload.get("content"))
        if role == "assistant" and words.strip():
            yield AgentSaid(session, f"{session}@{offset}", at, words, self.state.get("model"))
        elif role == "user":
            skill = _SKILL.match(words)
            name = skill_name(skill.group(1)) if skill else None
            if name:
                # Named after the message it served: in a file that is read again, it served that one and no later one.
                yield SkillLoaded(session, f"{self.state.get('asked', session)}#{offset}", at, name)

    def _event(self, payload: JSONObject, session: str, at: str | None, offset: int) -> Iterator[Event]:
        kind = type_name(payload.get("type"))
        if kind == "user_message":
            yield from self._user("event", flat_text(payload.get("message")), session, at)
        elif kind == "item_completed":
            item = mapping(payload.get("item"))
            if item.get("type") == "UserMessage":
                words = flat_text(item.get("content")) or flat_text(item.get("text"))
                yield from self._user("item", words, session, at)
        elif kind == "turn_aborted":
            if payload.get("reason", "interrupted") == "interrupted":
                self._turn(payload)
                key = f"{self.state['turn']}/aborted" if "turn" in self.state else f"{session}@{offset}"
                yield UserSaid(session, key, at, "turn aborted: interrupted", "interruption")
        elif kind in {"patch_apply_end", "mcp_tool_call_end"}:
            yield from _end(payload, session, at)
        elif kind in {"task_started", "turn_started"}:
            self._turn(payload)
        elif kind not in _QUIET_EVENTS:
            self.unknown[f"event_msg/{kind}"] += 1

    def _user(self, written_as: str, words: str, session: str, at: str | None) -> Iterator[Event]:
        words = _IDE_REQUEST.sub("", words.strip()).strip()
        if not words or "subagent" in self.state or words.startswith(_NOT_HUMAN):
            return
        # A thread on its way to paginated history holds each message in both forms; the second one is no new message.
        mark = _mark(words)
        before = self.state.get("said", "").split(" ")
        if before[0] == mark and before[-1] != written_as:
            self.state.pop("said")
            return
        self.state["said"] = f"{mark} {written_as}"
        key = self.state["asked"] = self._asked(words)
        yield UserSaid(session, key, at, words)


def _mark(words: str) -> str:
    """A short mark of a message, stable over processes."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]


def _arguments(value: Any) -> JSONObject:
    """Arguments come as a JSON string; what is none is kept as it is."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return {}
    try:
        decoded = json.loads(value)
    except (ValueError, RecursionError):
        return {"arguments": value}
    return decoded if isinstance(decoded, dict) else {"arguments": value}


def _output(session: str, call: str, at: str | None, value: Any) -> ToolReturned:
    """A result with what its header says: exit code, wall time, still running."""
    if isinstance(value, dict):
        # Older versions: {"content": "...", "success": true}
        output, stated = flat_text(value.get("content")), value.get("success")
    else:
        output, stated = flat_text(value), None
    seconds: float | None = None
    exit_code: int | None = None
    if output.startswith('{"output":'):
        # The oldest shell tool wrapped its result once more.
        try:
            wrapped = mapping(json.loads(output))
        except (ValueError, RecursionError):
            wrapped = {}
        meta = mapping(wrapped.get("metadata"))
        if meta:
            output = flat_text(wrapped.get("output"))
            exit_code = integer(meta.get("exit_code"))
            given = meta.get("duration_seconds")
            seconds = float(given) if isinstance(given, int | float) else None
    header = output[:_HEADER]
    found = _EXIT_CODE.search(header)
    if found:
        exit_code = int(found.group(1))
    wall = _WALL_TIME.search(header)
    if wall:
        try:
            seconds = float(wall.group(1))
        except ValueError:
            seconds = None
    duration = round(seconds * 1000) if seconds is not None and 0 <= seconds < 1e9 else None
    if exit_code is None and _RUNNING.search(header):
        return ToolReturned(session, call, at, None, output, duration_ms=duration)
    failed = bool(exit_code) or output.startswith(_REFUSED) or stated is False
    kind = error_kind(output, exit_code) if failed else None
    return ToolReturned(session, call, at, not failed, output, kind, exit_code, duration)


def _end(payload: JSONObject, session: str, at: str | None) -> Iterator[Event]:
    """The events that say how a patch or an MCP call ended; their text is in the output record."""
    call = text(payload.get("call_id"))
    if call is None:
        return
    duration: int | None = None
    if payload.get("type") == "patch_apply_end":
        failed = payload.get("success") is False
        words = flat_text(payload.get("stderr"))
    else:
        result = mapping(payload.get("result"))
        failed = "Err" in result or mapping(result.get("Ok")).get("isError") is True
        words = flat_text(result.get("Err"))
        took = mapping(payload.get("duration"))
        seconds, nanos = integer(took.get("secs")), integer(took.get("nanos"))
        duration = seconds * 1000 + (nanos or 0) // 1_000_000 if seconds is not None else None
    kind = error_kind(words) if failed else None
    yield ToolReturned(session, call, at, not failed, words if failed else "", kind, None, duration)
