"""Claude Code transcripts: ``projects/<folder>/<session>.jsonl``, one record a line.

No vendor promises this format. Counted up to version 2.1.63, newer keys from public fixtures: queued prompts
(``attachment.type=queued_command``) and ``origin.kind``. One API message is spread over several records; a resumed
file repeats old records under their old ids, which is why every event carries the record's own id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from skilltui.capture.events import AgentSaid, Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import (
    JSONObject,
    Whereabouts,
    blocks,
    error_kind,
    flat_text,
    integer,
    mapping,
    text,
    timestamp,
    type_name,
)
from skilltui.capture.records import decoder
from skilltui.capture.skills_used import skill_name
from skilltui.domain.trajectory import ErrorKind

NAME = "claude-code"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_CONVERSATION = frozenset({"user", "assistant"})
_NOISE = frozenset(
    {
        "progress", "file-history-snapshot", "queue-operation", "summary", "pr-link", "last-prompt", "custom-title",
        "ai-title", "agent-name", "permission-mode", "mode", "frame-link", "worktree-state", "relocated",
        "bridge-session", "started", "result", "system", "attachment", "tag", "agent-setting", "agent-color",
    }
)  # fmt: skip
_NOISE_BYTES = frozenset(name.encode() for name in _NOISE - {"attachment"})
# A record's type stands among its first keys, before anything long.
_TYPE_WITHIN = 4096

# What stands in a user record but was not typed to the agent by a person.
_NOT_HUMAN = (
    "<local-command-", "<bash-input>", "<bash-stdout>", "<bash-stderr>", "<task-notification>", "Caveat:",
    "<user-memory-input>", "This session is being continued",
)  # fmt: skip
_INTERRUPTED = "[Request interrupted by user"
_ADDED = re.compile(
    r"<(system-reminder|ide_opened_file|ide_selection|ide_diagnostics)>.*?</\1>\s*", re.DOTALL
)  # blocks that the program puts beside the person's words
_COMMAND = re.compile(r"<command-name>\s*/?([^<\s]{1,120})\s*</command-name>")
_COMMAND_ARGS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_SAID_ON_REJECTING = re.compile(r"the user said:\s*(.+)\Z", re.DOTALL)
_EXIT_CODE = re.compile(r"\s*(?:Error: )?Exit code (\d{1,5})\b")

# Commands of the program itself. Those in the second set start work of the agent, so they are requests, not skills.
_BUILTIN = """
    add-dir agents allowed-tools bashes branch btw bug chrome clear color compact config context copy cost desktop
    diff doctor effort exit export extra-usage fast feedback fork goto help hooks ide install install-github-app
    install-slack-app keybindings login logout mcp memory mobile model new output-style passes permissions plan plugin
    plugins privacy-settings quit rate-limit-options release-notes reload-plugins remote-control remote-env rename
    reset resume rewind sandbox settings skills stats status statusline stickers tasks teleport terminal-setup theme
    think-back todos undo upgrade usage vim voice web-setup
"""
BUILTIN_COMMANDS = frozenset(_BUILTIN.split())
_PROMPT_COMMANDS = frozenset({"init", "review", "security-review", "pr-comments", "insights", "ultrareview"})


def _noise_type(line: bytes) -> bytes:
    """The record's own ``type`` where that is noise and can be seen without parsing, else nothing.

    A quote inside a JSON string is escaped, so ``"type":"`` is a key; with one brace before it, a key of the record.
    """
    at = line.find(b'"type":"', 0, _TYPE_WITHIN)
    if at < 0 or line.count(b"{", 0, at) != 1:
        return b""
    start = at + 8
    end = line.find(b'"', start, start + 64)
    kind = line[start:end] if end > 0 else b""
    # A second record glued to this one brings its own session id.
    return kind if kind in _NOISE_BYTES and line.find(b'"sessionId"', start) < 0 else b""


class _Details(Struct):
    """What is read of ``toolUseResult``: most of it repeats the message, and is most of a line."""

    totalDurationMs: Any = None
    durationMs: Any = None
    userModified: Any = None


class _Record(Struct):
    """The keys of a record that are read."""

    type: Any = None
    timestamp: Any = None
    cwd: Any = None
    sessionId: Any = None
    message: Any = None
    uuid: Any = None
    isSidechain: Any = None
    isCompactSummary: Any = None
    isMeta: Any = None
    attachment: Any = None
    origin: Any = None
    toolUseResult: _Details | str | list[Any] | None = None


_decode_record = decoder(_Record)


def _decode(line: bytes) -> JSONObject | None:
    record = _decode_record(line)
    if record is None:
        return None
    found = asdict(record)
    if isinstance(record.toolUseResult, _Details):
        found["toolUseResult"] = asdict(record.toolUseResult)
    return found


class ClaudeCode:
    """The format ``claude-code``."""

    name = NAME
    decode = staticmethod(_decode)

    def sniff(self, path: Path, head: bytes) -> bool:
        """Records with ``sessionId`` and a ``message`` that has ``content``, or the noise that may come first."""
        if b'"sessionId"' in head and b'"message"' in head and b'"content"' in head:
            # Forks of Gemini CLI write the same envelope around messages made of "parts".
            return re.search(rb'"type"\s*:\s*"(?:user|assistant)"', head) is not None and b'"projectHash"' not in head
        first = head.split(b"\n", 1)[0]
        known = _noise_type(first)
        if known in {b"file-history-snapshot", b"queue-operation", b"progress"}:
            return True
        if known == b"summary":
            return b'"leafUuid"' in first
        named = _UUID.fullmatch(path.stem) is not None or path.stem.startswith("agent-")
        return named and b'"sessionId"' in first and b'"type"' in first and b'"parts"' not in first

    def reader(self, path: Path, state: dict[str, str]) -> ClaudeCodeReader:
        """See ``Format``."""
        return ClaudeCodeReader(path, state)

    def is_noise(self, line: bytes) -> bool:
        """37 % of the lines counted in public logs need no parsing."""
        return _noise_type(line) != b""


class ClaudeCodeReader:
    """One file = one session: the file's name where it is an id, else the first ``sessionId`` in it."""

    def __init__(self, path: Path, state: dict[str, str]) -> None:
        self.state = state
        self.unknown: Counter[str] = Counter()
        self._stem = path.stem
        self._whereabouts = Whereabouts(state)
        self._is_agent_file = path.stem.startswith("agent-")
        if _UUID.fullmatch(path.stem) or self._is_agent_file:
            state.setdefault("session", path.stem)

    def read(self, record: JSONObject, offset: int) -> Iterator[Event]:
        """See ``FormatReader``."""
        kind = type_name(record.get("type"))
        if kind == "attachment":
            yield from self._queued(record, offset)
            return
        if kind not in _CONVERSATION:
            if kind not in _NOISE:
                self.unknown[kind] += 1
            return
        session = self._session(record)
        at = timestamp(record.get("timestamp"))
        yield from self._start(session, at, record)
        message = mapping(record.get("message"))
        key = text(record.get("uuid")) or f"{session}@{offset}"
        if kind == "assistant":
            yield from self._assistant(record, message, session, key, at)
        else:
            yield from self._user(record, message, session, key, at)

    def _session(self, record: JSONObject) -> str:
        session = self.state.get("session")
        if session is None:
            session = self.state["session"] = text(record.get("sessionId")) or self._stem
        return session

    def _start(self, session: str, at: str | None, record: JSONObject) -> Iterator[Event]:
        folder = text(record.get("cwd"))
        moved = self._whereabouts.moved(folder)
        if "started" in self.state and not moved:
            return
        self.state["started"] = "1"
        # A subagent's file has a name of its own, and its records carry the id of the conversation that started it.
        parent = text(record.get("sessionId")) if self._is_agent_file else None
        yield SessionStarted(session, at, project=folder, parent=parent if parent != session else None)

    def _assistant(
        self, record: JSONObject, message: JSONObject, session: str, key: str, at: str | None
    ) -> Iterator[Event]:
        sidechain = record.get("isSidechain") is True
        model = text(message.get("model"))
        if model == "<synthetic>" or (sidechain and not self._is_agent_file):
            model = None
        for number, block in enumerate(blocks(message.get("content"))):
            kind = block.get("type")
            if kind == "text" and not sidechain:
                words = text(block.get("text"))
                if words and words.strip():
                    yield AgentSaid(session, f"{key}#{number}", at, words, model)
            elif kind == "tool_use":
                call = text(block.get("id")) or f"{key}#{number}"
                tool = text(block.get("name")) or "(no name)"
                args = mapping(block.get("input"))
                yield ToolCalled(session, call, at, tool, args, model)
                skill = skill_name(args.get("skill") or args.get("command")) if tool == "Skill" else None
                if skill:
                    yield SkillLoaded(session, call, at, skill)

    def _user(self, record: JSONObject, message: JSONObject, session: str, key: str, at: str | None) -> Iterator[Event]:
        content = blocks(message.get("content"))
        results = [block for block in content if block.get("type") == "tool_result"]
        for block in results:
            yield from self._result(block, record.get("toolUseResult"), session, at)
        if results or record.get("isSidechain") is True or record.get("isCompactSummary") is True:
            return
        words = "\n".join(block["text"] for block in content if isinstance(block.get("text"), str))
        words = _ADDED.sub("", words).strip()
        if words.startswith(_INTERRUPTED):
            yield UserSaid(session, key, at, words, "interruption")
        elif record.get("isMeta") is not True and record.get("toolUseResult") is None and _typed(record):
            yield from _words(session, key, at, words)

    def _result(self, block: JSONObject, details: Any, session: str, at: str | None) -> Iterator[Event]:
        call = text(block.get("tool_use_id"))
        if call is None:
            return
        output = flat_text(block.get("content"))
        failed = block.get("is_error") is True
        code = _EXIT_CODE.match(output[:200]) if failed else None
        exit_code = int(code.group(1)) if code else None
        kind = error_kind(output, exit_code) if failed else None
        times = mapping(details)
        duration = integer(times.get("totalDurationMs")) or integer(times.get("durationMs"))
        edited = times.get("userModified") is True
        yield ToolReturned(session, call, at, not failed, output, kind, exit_code, duration, edited)
        said = _SAID_ON_REJECTING.search(output) if kind is ErrorKind.USER_REJECTED else None
        if said:
            yield UserSaid(session, f"{call}#said", at, said.group(1).strip())

    def _queued(self, record: JSONObject, offset: int) -> Iterator[Event]:
        """Words typed while the agent was at work: they reach it as an attachment, not as a user record."""
        attachment = mapping(record.get("attachment"))
        if attachment.get("type") != "queued_command" or attachment.get("commandMode", "prompt") != "prompt":
            return
        if record.get("isSidechain") is True or not _typed(attachment):
            return
        prompt = attachment.get("prompt")
        words = "\n".join(b["text"] for b in blocks(prompt) if isinstance(b.get("text"), str)).strip()
        session = self._session(record)
        at = timestamp(record.get("timestamp"))
        yield from self._start(session, at, record)
        yield from _words(session, text(record.get("uuid")) or f"{session}@{offset}", at, words)


def _typed(record: JSONObject) -> bool:
    """Whether nothing says that a program wrote this message."""
    return bool(mapping(record.get("origin")).get("kind", "human") == "human")


def _words(session: str, key: str, at: str | None, words: str) -> Iterator[Event]:
    if words.startswith(("<command-name>", "<command-message>")):
        command = _COMMAND.search(words)
        if command is None or command.group(1) in BUILTIN_COMMANDS:
            return
        name = command.group(1)
        arguments = _COMMAND_ARGS.search(words)
        # The person's request is the command itself: nothing else in the file holds their words.
        yield UserSaid(session, key, at, f"/{name} {arguments.group(1).strip() if arguments else ''}".rstrip())
        skill = skill_name(name)
        if skill and name not in _PROMPT_COMMANDS and not name.startswith("mcp__"):
            yield SkillLoaded(session, f"{key}#skill", at, skill)
    elif words and not words.startswith(_NOT_HUMAN):
        yield UserSaid(session, key, at, words)
