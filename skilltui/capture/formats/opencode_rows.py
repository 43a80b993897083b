"""What OpenCode's rows say: its messages with their parts, and the one-row messages of its newer tables.

A fork copies messages under new ids, with their times of creation and the call ids in them: keys are made of those, so
that what a fork repeats counts once. (https://github.com/sst/opencode: ``message-v2.ts``, ``session/message.ts``)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from skilltui.capture.events import AgentSaid, Event, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import (
    JSONObject,
    blocks,
    epoch_ms,
    error_kind,
    flat_text,
    integer,
    mapping,
    mark,
    text,
    type_name,
)
from skilltui.capture.skills_used import skill_name
from skilltui.domain.trajectory import ErrorKind

_QUIET_PARTS = frozenset(
    {"reasoning", "file", "agent", "step-start", "step-finish", "snapshot", "patch", "retry", "compaction", "subtask"}
)
_QUIET_ROWS = frozenset({"synthetic", "system", "shell", "compaction", "agent-switched", "model-switched"})
_QUIET_CONTENT = frozenset({"reasoning", "file"})
# How a command ended that gave no exit code; in the note that the shell tool puts behind an output.
_TIMED_OUT = re.compile(r"<\w+_metadata>[^<]{0,400}exceeding timeout")
_ABORTED = re.compile(r"<\w+_metadata>[^<]{0,400}aborted the command")
_REJECTED = ("The user rejected permission", "The user dismissed")
_FORBIDDEN = ("Permission denied by ruleset", "The user has specified a rule")
_FEEDBACK = re.compile(r"\AThe user rejected permission[^:]{0,120}feedback:\s*(\S.*)\Z", re.DOTALL)
_DONE = frozenset({"completed", "success"})
_OPEN = frozenset({"pending", "running", "streaming"})
_NOTE = 600  # characters at the end of an output that may hold the shell tool's note


class Teller(Struct, frozen=True):
    """Tells the events of one session. ``child``: an agent started it, so nobody typed what stands as the user's."""

    session: str
    child: bool
    unknown: Counter[str]

    def message(self, created: int, info: JSONObject, parts: Iterable[tuple[str, JSONObject]]) -> Iterator[Event]:
        """A row of ``message`` with its rows of ``part`` as (id, data). ``created``: the row's time, in ms."""
        given = integer(mapping(info.get("time")).get("created"))
        born = given if given is not None else created
        role = info.get("role")
        if role == "user":
            yield from self._said(born, parts)
        elif role == "assistant":
            yield from self._done(born, info, parts)
        else:
            self.unknown[f"role/{type_name(role)}"] += 1

    def _said(self, born: int, parts: Iterable[tuple[str, JSONObject]]) -> Iterator[Event]:
        if self.child:
            return
        said = [
            words
            for _, part in parts
            if (words := flat_text(part.get("text" if part.get("type") == "text" else "prompt")).strip())
            and part.get("type") in {"text", "subtask"}
            and not (part.get("synthetic") or part.get("ignored"))
        ]
        if said:
            yield UserSaid(self.session, said_key(born, said[0]), epoch_ms(born), "\n\n".join(said))

    def _done(self, born: int, info: JSONObject, parts: Iterable[tuple[str, JSONObject]]) -> Iterator[Event]:
        model = text(info.get("modelID")) or text(mapping(info.get("model")).get("modelID"))
        for native, part in parts:
            kind = type_name(part.get("type"))
            if kind == "text":
                words = flat_text(part.get("text"))
                # The summary of a compaction is no answer to the person.
                if words.strip() and not (info.get("summary") or part.get("synthetic") or part.get("ignored")):
                    at = mapping(part.get("time"))
                    said_at = epoch_ms(at.get("end")) or epoch_ms(at.get("start")) or epoch_ms(born)
                    yield AgentSaid(self.session, native, said_at, words, model)
            elif kind == "tool":
                state = mapping(part.get("state"))
                yield from self._call(
                    f"{text(part.get('callID')) or native}@{born}", born, text(part.get("tool")), state,
                    took=mapping(state.get("time")), model=model,
                )  # fmt: skip
            elif kind not in _QUIET_PARTS:
                self.unknown[f"part/{kind}"] += 1
        yield from self._stopped(born, info)

    def _stopped(self, born: int, info: JSONObject) -> Iterator[Event]:
        error = mapping(info.get("error"))
        names = {error.get("name"), error.get("type"), mapping(error.get("error")).get("type")}
        if not self.child and names & {"MessageAbortedError", "aborted", "AbortedError"}:
            at = epoch_ms(mapping(info.get("time")).get("completed")) or epoch_ms(born)
            yield UserSaid(self.session, f"aborted@{born}", at, "the person stopped the agent", "interruption")

    def row(self, native: str, created: int, kind: str, data: JSONObject, asked: str) -> Iterator[Event]:
        """A row of ``session_message``. ``asked``: the key of the person's last words before it."""
        given = integer(mapping(data.get("time")).get("created"))
        born = given if given is not None else created
        if kind == "user":
            words = flat_text(data.get("text")).strip()
            if words and not self.child:
                yield UserSaid(self.session, said_key(born, words), epoch_ms(born), words)
        elif kind == "assistant":
            yield from self._content(native, born, data)
            yield from self._stopped(born, data)
        elif kind == "skill":
            name = skill_name(data.get("name")) or skill_name(data.get("skill"))
            if name:
                yield SkillLoaded(self.session, f"{asked or self.session}#{native}", epoch_ms(born), name)
        elif kind not in _QUIET_ROWS:
            self.unknown[f"session_message/{kind}"] += 1

    def _content(self, native: str, born: int, data: JSONObject) -> Iterator[Event]:
        model = text(mapping(data.get("model")).get("id")) or text(mapping(data.get("model")).get("modelID"))
        ended = epoch_ms(mapping(data.get("time")).get("completed")) or epoch_ms(born)
        for number, item in enumerate(blocks(data.get("content"))):
            kind = type_name(item.get("type"))
            if kind == "text":
                words = flat_text(item.get("text"))
                if words.strip() and not (item.get("synthetic") or item.get("ignored")):
                    yield AgentSaid(self.session, f"{native}/{number}", ended, words, model)
            elif kind == "tool":
                given = mapping(item.get("time"))
                took = {"start": given.get("ran") or given.get("created"), "end": given.get("completed")}
                yield from self._call(
                    f"{text(item.get('id')) or f'{native}.{number}'}@{born}", born, text(item.get("name")),
                    mapping(item.get("state")), took=took, model=model,
                )  # fmt: skip
            elif kind not in _QUIET_CONTENT:
                self.unknown[f"content/{kind}"] += 1

    def _call(
        self, key: str, born: int, tool: str | None, state: JSONObject, *, took: JSONObject, model: str | None
    ) -> Iterator[Event]:
        given = state.get("input")
        arguments = given if isinstance(given, dict) else {"input": given} if text(given) else {}
        # What the model called wrongly is put down to a tool of this name, which says so and does nothing else.
        refused = tool == "invalid"
        name = (text(arguments.get("tool")) if refused else tool) or tool or "(no name)"
        start, end = integer(took.get("start")), integer(took.get("end"))
        yield ToolCalled(self.session, key, epoch_ms(start) or epoch_ms(born), name, arguments, model)
        status = state.get("status")
        duration = end - start if start is not None and end is not None and end >= start else None
        if status in _DONE:
            output = flat_text(state.get("output")) or flat_text(state.get("content"))
            code, kind = _ended(state, output)
            if refused:
                kind = ErrorKind.INVALID_CALL
            yield ToolReturned(self.session, key, epoch_ms(end), kind is None, output, kind, code, duration)
        elif status == "error":
            output = _error(state)
            code, _ = _ended(state, output)
            yield ToolReturned(self.session, key, epoch_ms(end), False, output, _why(output, code), code, duration)
            feedback = _FEEDBACK.match(output)
            if feedback and not self.child:
                yield UserSaid(self.session, f"{key}#said", epoch_ms(end), feedback.group(1).strip())
        elif status not in _OPEN:
            self.unknown[f"status/{type_name(status)}"] += 1


def said_key(born: int, words: str) -> str:
    """The key of a person's words: the same in every copy of the message."""
    return f"said@{born}:{mark(words)}"


def _error(state: JSONObject) -> str:
    error: Any = state.get("error")
    if isinstance(error, dict):
        error = error.get("message") or mapping(error.get("data")).get("message") or error
    return flat_text(error) or flat_text(state.get("content"))


def _ended(state: JSONObject, output: str) -> tuple[int | None, ErrorKind | None]:
    """The exit code, and why a call that is called completed has failed all the same."""
    known = (
        mapping(state.get(place)).get(name) for place in ("metadata", "structured") for name in ("exit", "exitCode")
    )
    code = next((number for value in known if (number := integer(value)) is not None), None)
    note = output[-_NOTE:]
    if _TIMED_OUT.search(note):
        return code, ErrorKind.TIMEOUT
    if _ABORTED.search(note):
        return code, ErrorKind.INTERRUPTED
    return code, error_kind(output, code) if code else None


def _why(output: str, code: int | None) -> ErrorKind:
    if output.startswith(_REJECTED):
        return ErrorKind.USER_REJECTED
    if output.startswith(_FORBIDDEN):
        return ErrorKind.PERMISSION_DENIED
    if output.startswith("Tool execution aborted"):
        return ErrorKind.INTERRUPTED
    return error_kind(output, code)
