"""Copilot CLI events: ``session-state/<session>/events.jsonl`` (older: ``<session>.jsonl``).

Lines of ``{type, data, id, timestamp, parentId, agentId?}``. Counted in versions 1.0.64 to 1.0.68; skills, subagents,
permissions and resumed sessions from the event types that its SDK publishes. ``success`` says that a tool ran: the
exit code of a command stands in the last line of its output.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from skilltui.capture.events import (
    AgentSaid,
    Event,
    SessionEnded,
    SessionStarted,
    SkillLoaded,
    ToolCalled,
    ToolReturned,
    UserSaid,
)
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
from skilltui.capture.records import strictly
from skilltui.capture.skills_used import skill_name
from skilltui.domain.trajectory import ErrorKind

NAME = "copilot"

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FIRST = re.compile(
    rb'\A\s*\{\s*"type"\s*:\s*"(?:session\.[a-z_]+|(?:user|system|assistant)\.[a-z_]+|tool\.execution_start|hook\.start)"'
)
_NOISE = re.compile(rb'\{"type":"(?:hook\.(?:start|end)|system\.message|assistant\.(?:turn_start|turn_end|usage))"')
# What the program tells about itself. New types under these names come often and hold neither words nor calls.
_QUIET_GROUPS = ("session.", "hook.", "system.", "subagent.", "permission.", "user_input.", "elicitation.")
_QUIET = frozenset(
    {
        "assistant.turn_start", "assistant.turn_end", "assistant.intent", "assistant.reasoning", "assistant.usage",
        "tool.execution_progress", "tool.execution_partial_result", "tool.user_requested",
    }
)  # fmt: skip
_WHERE_AND_WHICH = frozenset({"session.start", "session.resume", "session.context_changed", "session.model_change"})

# Who wrote a message that stands as the user's, where it was no person.
_NOT_HUMAN = ("skill-", "system", "jit-", "autopilot")
_EXIT_CODE = re.compile(r"<(?:shellId: \S{1,80} completed|exited) with exit code (-?\d{1,10})>\s*\Z")
_REFUSED_CODES = {"rejected": ErrorKind.USER_REJECTED, "denied": ErrorKind.PERMISSION_DENIED}


class Copilot:
    """The format ``copilot``."""

    name = NAME
    decode = staticmethod(strictly)

    def sniff(self, path: Path, head: bytes) -> bool:
        """Lines that open with a dotted type and hold ``data``; in the agent's own folder, any with both keys."""
        if b'"data"' not in head:
            return False
        return _FIRST.match(head) is not None or (_own_place(path) and b'"type"' in head and b'"parentId"' in head)

    def reader(self, path: Path, state: dict[str, str]) -> CopilotReader:
        """See ``Format``."""
        return CopilotReader(path, state)

    def is_noise(self, line: bytes) -> bool:
        """Hooks, system prompts (tens of kilobytes each) and the borders of turns."""
        # Outside a string "}{" can only be two records glued together, and inside one its quote would be escaped.
        return _NOISE.match(line) is not None and b'}{"' not in line


class CopilotReader:
    """One file = one session. What a subagent did stands in it too, marked by ``agentId``, and belongs to it."""

    def __init__(self, path: Path, state: dict[str, str]) -> None:
        self.state = state
        self.unknown: Counter[str] = Counter()
        self._named = path.parent.name if path.stem == "events" and path.parent.name else path.stem

    def read(self, record: JSONObject, offset: int) -> Iterator[Event]:
        """See ``FormatReader``."""
        kind = type_name(record.get("type"))
        data = mapping(record.get("data"))
        at = timestamp(record.get("timestamp"))
        if kind == "session.start":
            self.state.setdefault("session", text(data.get("sessionId")) or self._named)
        session = self.state.setdefault("session", self._named)
        key = text(record.get("id")) or f"{session}@{offset}"
        # The second key is that of older versions.
        sub = bool(record.get("agentId") or data.get("parentToolCallId"))
        if kind in _WHERE_AND_WHICH:
            yield from self._known(data, session, at)
        elif kind == "user.message":
            if not sub:
                yield from self._said(data, session, key, at)
        elif kind == "assistant.message":
            words = flat_text(data.get("content"))
            if words.strip() and not sub:
                yield AgentSaid(session, key, at, words, text(data.get("model")))
        elif kind == "tool.execution_start":
            yield self._call(data, session, key, at, sub=sub)
        elif kind == "tool.execution_complete":
            yield from self._result(data, session, at)
        elif kind in {"permission.requested", "permission.completed"}:
            yield from self._permission(kind, data, session, at)
        elif kind == "skill.invoked":
            name = skill_name(data.get("name"))
            if name:
                # Named after the message it served: in a file that is read again, it served that one and no later one.
                yield SkillLoaded(session, f"{self.state.get('said', session)}#{key}", at, name)
        elif kind == "abort":
            if not sub:
                reason = text(data.get("reason")) or "no reason given"
                yield UserSaid(session, key, at, f"aborted: {reason}", "interruption")
        elif kind == "session.shutdown":
            yield SessionEnded(session, key, at)
        elif kind not in _QUIET and not kind.startswith(_QUIET_GROUPS):
            self.unknown[kind] += 1

    def _known(self, data: JSONObject, session: str, at: str | None) -> Iterator[Event]:
        project = text(mapping(data.get("context")).get("cwd")) or text(data.get("cwd"))
        model = text(data.get("newModel")) or text(data.get("selectedModel"))
        yield SessionStarted(session, at, project, model)

    def _said(self, data: JSONObject, session: str, key: str, at: str | None) -> Iterator[Event]:
        # "transformedContent" is the same message with what the program wraps around it.
        words = flat_text(data.get("content")).strip()
        source = text(data.get("source")) or ""
        if words and data.get("isAutopilotContinuation") is not True and not source.startswith(_NOT_HUMAN):
            self.state["said"] = key
            yield UserSaid(session, key, at, words)

    def _call(self, data: JSONObject, session: str, key: str, at: str | None, *, sub: bool) -> ToolCalled:
        arguments = data.get("arguments")
        # The model of a subagent is not the one that the session runs on.
        model = None if sub else text(data.get("model"))
        given = arguments if isinstance(arguments, dict) else {} if arguments is None else {"arguments": arguments}
        tool = text(data.get("toolName")) or "(no name)"
        return ToolCalled(session, text(data.get("toolCallId")) or key, at, tool, given, model)

    def _result(self, data: JSONObject, session: str, at: str | None) -> Iterator[Event]:
        call = text(data.get("toolCallId"))
        if call is None:
            return
        refused = self.state.pop(f"refused:{call}", None) is not None
        result, error = mapping(data.get("result")), mapping(data.get("error"))
        if data.get("success") is not True or refused:
            words = flat_text(error.get("message")) or flat_text(result.get("content"))
            kind = ErrorKind.USER_REJECTED if refused else _REFUSED_CODES.get(str(error.get("code")))
            yield ToolReturned(session, call, at, False, words, kind or error_kind(words))
            return
        output = flat_text(result.get("content"))
        exit_code = _exit_code(result, output)
        failed = bool(exit_code)
        yield ToolReturned(
            session, call, at, not failed, output, error_kind(output, exit_code) if failed else None, exit_code
        )

    def _permission(self, kind: str, data: JSONObject, session: str, at: str | None) -> Iterator[Event]:
        """A person's no, and what they said with it. The call's own result follows and calls it a mere failure."""
        asked = f"asked:{text(data.get('requestId'))}"
        if kind == "permission.requested":
            call = text(mapping(data.get("permissionRequest")).get("toolCallId"))
            if call:
                self.state[asked] = call
            return
        call = text(data.get("toolCallId")) or self.state.get(asked)
        self.state.pop(asked, None)
        answer = mapping(data.get("result"))
        if call is None or answer.get("kind") != "denied-interactively-by-user":
            return
        self.state[f"refused:{call}"] = "1"
        yield ToolReturned(session, call, at, False, "", ErrorKind.USER_REJECTED)
        words = text(answer.get("feedback"))
        if words and words.strip():
            yield UserSaid(session, f"{call}#said", at, words.strip())


def _own_place(path: Path) -> bool:
    """Whether the file lies where the agent keeps its sessions, under either of its two names."""
    folders = path.parts[:-1]
    if path.name == "events.jsonl":
        return "session-state" in folders[-2:]
    return folders[-1:] == ("session-state",) and _UUID.fullmatch(path.stem) is not None


def _exit_code(result: JSONObject, output: str) -> int | None:
    """The code in the command's terminal block, else in the last line of its output."""
    contents = result.get("contents")
    for block in contents if isinstance(contents, list) else ():
        code = integer(mapping(block).get("exitCode"))
        if code is not None:
            return code
    found = _EXIT_CODE.search(output[-200:])
    return int(found.group(1)) if found else None
