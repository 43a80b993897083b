"""mini-SWE-agent trajectories (``*.traj.json``): one document ``{info, messages, trajectory_format, instance_id}``.

In format 1 the agent's command is the one bash block of its message; the harness refuses a message with none or
several. The next message answers it, with ``<returncode>N</returncode>`` in front. Version 2 writes the commands that
it understood into ``extra.actions``, and after them an answer each, with the code in ``extra.returncode``; messages are
those of the model's API, of either kind (https://mini-swe-agent.com).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from skilltui.capture.events import AgentSaid, Event, SessionEnded, SessionStarted, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import JSONObject, epoch, error_kind, flat_text, integer, mapping, text, timestamp
from skilltui.capture.formats.outline import outline, session_name
from skilltui.domain.trajectory import ErrorKind

_COMMAND = re.compile(r"```(?:bash|mswea_bash_command)\s*\n(.*?)\n```", re.DOTALL)
_RETURN_CODE = re.compile(r"<returncode>(-?\d{1,10})</returncode>\s*")
_TASK = re.compile(
    r"<pr_description>\s*(?:Consider the following PR description:\s*)?(.*?)</pr_description>", re.DOTALL
)
_TIMED_OUT = "The last command <command>"
_NOT_RUN = "action was not executed"


class MiniSweAgent:
    """The format ``mini-swe-agent``."""

    name = "mini-swe-agent"

    def sniff(self, path: Path, head: bytes) -> bool:
        """``info`` and ``messages``; the submission in ``info`` may be longer than what is looked at."""
        keys = outline(head)
        if keys.get("trajectory_format", "").startswith("mini-swe-agent") or "info/mini_version" in keys:
            return True
        named = path.name.endswith(".traj.json")
        return "info/exit_status" in keys and ("messages" in keys or named) and "trajectory" not in keys

    def beside(self, path: Path) -> tuple[Path, ...]:  # noqa: ARG002 - the document says it all
        """See ``WholeFormat``."""
        return ()

    def events(self, path: Path, records: Sequence[JSONObject], unknown: Counter[str]) -> Iterator[Event]:  # noqa: ARG002
        """See ``WholeFormat``. One file = one session = one task."""
        for document in records[:1]:
            yield from _run(document, session_name(path, text(document.get("instance_id"))))


def _run(document: JSONObject, session: str) -> Iterator[Event]:
    info = mapping(document.get("info"))
    config = mapping(info.get("config"))
    model = text(mapping(config.get("model")).get("model_name"))
    given = document.get("messages")
    messages = [mapping(message) for message in given] if isinstance(given, list) else []
    times = [_time(message) for message in messages]
    started = next(filter(None, times), None)
    yield SessionStarted(session, started, text(mapping(config.get("environment")).get("cwd")), model)
    asked = False
    waiting: list[tuple[Any, str]] = []  # commands of version 2 without their answer: native id, key
    for number, message in enumerate(messages):
        words = _words(message)
        key = f"{session}#{number}"
        extra = mapping(message.get("extra"))
        if message.get("role") == "assistant" or message.get("object") == "response":
            said = _COMMAND.sub("", words).strip()
            if said:
                yield AgentSaid(session, f"{key}/said", times[number], said, model)
            actions = extra.get("actions")
            if isinstance(actions, list):
                waiting.clear()
                for place, action in enumerate(map(mapping, actions)):
                    command = {"command": action.get("command")}
                    yield ToolCalled(session, f"{key}.{place}", times[number], "bash", command, model)
                    waiting.append((action.get("tool_call_id"), f"{key}.{place}"))
                continue
            commands = _COMMAND.findall(words)
            if len(commands) == 1:
                yield ToolCalled(session, key, times[number], "bash", {"command": commands[0]}, model)
                if number + 1 < len(messages) and messages[number + 1].get("role") in {"user", "tool"}:
                    answer = flat_text(messages[number + 1].get("content"))
                    yield _result(session, key, times[number + 1], answer)
        elif waiting and "returncode" in extra:
            native = message.get("tool_call_id") or message.get("call_id")
            place = next((n for n, (known, _) in enumerate(waiting) if known == native), 0)
            yield _answered(session, waiting.pop(place)[1], times[number], words, extra)
        elif message.get("role") == "user" and not asked and words.strip():
            asked = True
            task = _TASK.search(words)
            yield UserSaid(session, key, times[number], (task.group(1) if task else words).strip())
    if text(info.get("exit_status")):
        yield SessionEnded(session, f"{session}#end", next(filter(None, reversed(times)), None))


def _words(message: JSONObject) -> str:
    """The text of a message of either API."""
    if message.get("object") == "response":
        output = message.get("output")
        items = [mapping(item) for item in output] if isinstance(output, list) else []
        return "\n".join(flat_text(item.get("content")) for item in items if item.get("type") == "message")
    return flat_text(message.get("content")) or flat_text(message.get("output"))


def _time(message: JSONObject) -> str | None:
    extra = mapping(message.get("extra"))
    created = mapping(extra.get("response")).get("created")
    for value in (message.get("timestamp"), extra.get("timestamp"), created):
        at = epoch(value) or timestamp(value)
        if at is not None:
            return at
    return None


def _answered(session: str, key: str, at: str | None, words: str, extra: JSONObject) -> ToolReturned:
    """The result of a command of version 2."""
    code = integer(extra.get("returncode"))
    output = extra.get("raw_output")
    trouble = text(extra.get("exception_info"))
    if trouble == _NOT_RUN:
        return ToolReturned(session, key, at, None, trouble)
    told = flat_text(output) if isinstance(output, str) else words
    if trouble:
        told = f"{trouble}\n{told}"
        return ToolReturned(session, key, at, False, told, error_kind(trouble), code)
    if code is None:
        return ToolReturned(session, key, at, None, told)
    return ToolReturned(session, key, at, code == 0, told, error_kind(told, code) if code else None, code)


def _result(session: str, key: str, at: str | None, answer: str) -> ToolReturned:
    told = _RETURN_CODE.match(answer)
    if told is not None:
        code = int(told.group(1))
        output = answer[told.end() :]
        return ToolReturned(session, key, at, code == 0, output, error_kind(output, code) if code else None, code)
    if answer.startswith(_TIMED_OUT) and "timed out" in answer:
        return ToolReturned(session, key, at, False, answer, ErrorKind.TIMEOUT)
    # The command that hands the work in is answered with the patch alone.
    return ToolReturned(session, key, at, None, answer)
