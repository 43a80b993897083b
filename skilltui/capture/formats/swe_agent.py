"""SWE-agent trajectories (``*.traj``): one document ``{environment, trajectory, history, info, replay_config}``.

A step is ``{action, observation, response, thought, execution_time (seconds), state}``; demonstrations have the
``history`` of messages alone. There is no error mark: what is known of a failure stands in the harness's own words.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from skilltui.capture.events import AgentSaid, Event, SessionEnded, SessionStarted, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import JSONObject, flat_text, mapping, text
from skilltui.capture.formats.outline import outline, session_name
from skilltui.domain.trajectory import ErrorKind

_TASK = re.compile(
    r"<pr_description>\s*(?P<pr>.*?)</pr_description>|^ISSUE:\s*(?P<issue>.*?)(?:^INSTRUCTIONS:|\Z)",
    re.DOTALL | re.MULTILINE,
)
_TIMED_OUT = re.compile(r"\A\s*EXECUTION TIMED OUT|was cancelled because it took more than [\d.]+ seconds")
_REFUSED = re.compile(
    r"\A\s*(?:Your proposed edit has introduced new syntax error|Your bash command contained syntax errors)"
)
_HEAD = 2000  # characters in which the harness speaks; below them a program may


class SweAgent:
    """The format ``swe-agent``."""

    name = "swe-agent"

    def sniff(self, path: Path, head: bytes) -> bool:
        """``trajectory`` with one of its neighbours; ``history`` alone only where the name says what it is."""
        keys = outline(head).keys()
        if "trajectory" in keys:
            return path.suffix == ".traj" or bool(keys & {"environment", "history", "info", "replay_config"})
        return path.suffix == ".traj" and bool(keys & {"history", "environment", "replay_config"})

    def beside(self, path: Path) -> tuple[Path, ...]:  # noqa: ARG002 - the document says it all
        """See ``WholeFormat``."""
        return ()

    def events(self, path: Path, records: Sequence[JSONObject], unknown: Counter[str]) -> Iterator[Event]:  # noqa: ARG002
        """See ``WholeFormat``. One file = one session = one task."""
        for document in records[:1]:
            yield from _run(document, session_name(path, path.stem))


def _run(document: JSONObject, session: str) -> Iterator[Event]:
    history = _objects(document.get("history"))
    steps = document.get("trajectory")
    yield SessionStarted(session, model=_model(document.get("replay_config")))
    task = next((m for m in history if m.get("role") == "user" and not m.get("is_demo")), None)
    if task is not None:
        words = flat_text(task.get("content"))
        found = _TASK.search(words)
        request = (found.group("pr") or found.group("issue") or "") if found else words
        yield UserSaid(session, f"{session}#task", None, (request.strip() or words).strip())
    yield from _steps(_objects(steps), session) if steps is not None else _history(history, session)
    if text(mapping(document.get("info")).get("exit_status")):
        yield SessionEnded(session, f"{session}#end", None)


def _objects(value: object) -> list[JSONObject]:
    return [mapping(item) for item in value] if isinstance(value, list) else []


def _model(config: object) -> str | None:
    """The model's name out of the configuration, which is an object or one more JSON text."""
    if isinstance(config, str):
        try:
            config = json.loads(config)
        except (ValueError, RecursionError):
            return None
    return text(mapping(mapping(mapping(config).get("agent")).get("model")).get("name"))


def _steps(steps: Sequence[JSONObject], session: str) -> Iterator[Event]:
    for number, step in enumerate(steps):
        key = f"{session}#{number}"
        said = flat_text(step.get("thought")) or flat_text(step.get("response"))
        if said.strip():
            yield AgentSaid(session, f"{key}/said", None, said)
        action = flat_text(step.get("action")).strip()
        if not action:
            continue
        yield ToolCalled(session, key, None, "bash", {"command": action})
        if step.get("observation") is not None:
            seconds = step.get("execution_time")
            took = round(seconds * 1000) if isinstance(seconds, int | float) and 0 <= seconds < 1e9 else None
            yield _result(session, key, flat_text(step.get("observation")), took)


def _history(history: Sequence[JSONObject], session: str) -> Iterator[Event]:
    for number, message in enumerate(history):
        if message.get("role") != "assistant":
            continue
        key = f"{session}#h{number}"
        said = flat_text(message.get("thought") or message.get("content"))
        if said.strip():
            yield AgentSaid(session, f"{key}/said", None, said)
        action = flat_text(message.get("action")).strip()
        if not action and not message.get("tool_calls"):
            continue
        arguments = {"command": action} if action else {"tool_calls": message.get("tool_calls")}
        yield ToolCalled(session, key, None, "bash", arguments)
        if number + 1 < len(history) and history[number + 1].get("role") in {"user", "tool"}:
            yield _result(session, key, flat_text(history[number + 1].get("content")), None)


def _result(session: str, key: str, output: str, duration: int | None) -> ToolReturned:
    head = output[:_HEAD]
    kind = ErrorKind.TIMEOUT if _TIMED_OUT.search(head) else ErrorKind.INVALID_CALL if _REFUSED.search(head) else None
    return ToolReturned(session, key, None, None if kind is None else False, output, kind, duration_ms=duration)
