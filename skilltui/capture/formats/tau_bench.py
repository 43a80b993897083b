"""tau-bench results: one list of runs ``{task_id, reward, trial, info, traj}``, ``traj`` in OpenAI's chat shape.

Call ids repeat, even inside one run, so keys are positions. The person is simulated: all that is said in a run belongs
to its one task. A tool that fails answers ``Error: ...`` (https://github.com/sierra-research/tau-bench).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from skilltui.capture.events import AgentSaid, Event, SessionEnded, SessionStarted, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import JSONObject, error_kind, flat_text, mapping, text
from skilltui.capture.formats.outline import outline, session_name

_STOP = "###STOP###"


class TauBench:
    """The format ``tau-bench``."""

    name = "tau-bench"

    def sniff(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing about this format
        """A list of objects with ``task_id`` and ``reward``."""
        return outline(head).keys() >= {"*/task_id", "*/reward"}

    def beside(self, path: Path) -> tuple[Path, ...]:  # noqa: ARG002 - the document says it all
        """See ``WholeFormat``."""
        return ()

    def events(self, path: Path, records: Sequence[JSONObject], unknown: Counter[str]) -> Iterator[Event]:  # noqa: ARG002
        """See ``WholeFormat``. One element of the list = one session."""
        place = session_name(path, None)
        seen: Counter[str] = Counter()
        for run in records:
            # By task and trial, not by place in the list: results come in as runs finish.
            name = f"{place}/{_short(run.get('task_id'))}.{_short(run.get('trial'))}"
            seen[name] += 1
            yield from _run(run, name if seen[name] == 1 else f"{name}.{seen[name]}")


def _short(value: Any) -> str:
    return str(value)[:80] if isinstance(value, str | int) else "-"


def _run(run: JSONObject, session: str) -> Iterator[Event]:
    yield SessionStarted(session)
    given = run.get("traj")
    asked = False
    waiting: list[tuple[Any, str]] = []  # calls without their result: id, key
    for number, item in enumerate(given if isinstance(given, list) else []):
        message = mapping(item)
        role, words = message.get("role"), flat_text(message.get("content"))
        key = f"{session}#{number}"
        if role == "user":
            said = words.replace(_STOP, "").strip()
            if said:
                yield UserSaid(session, key, None, said, "reply" if asked else "human")
                asked = True
        elif role == "assistant":
            if words.strip():
                yield AgentSaid(session, f"{key}/said", None, words)
            calls = message.get("tool_calls")
            for place, call in enumerate(calls if isinstance(calls, list) else []):
                function = mapping(mapping(call).get("function"))
                waiting.append((mapping(call).get("id"), f"{key}.{place}"))
                tool = text(function.get("name")) or "(no name)"
                yield ToolCalled(session, f"{key}.{place}", None, tool, _arguments(function.get("arguments")))
        elif role == "tool" and waiting:
            named = message.get("tool_call_id")
            _, call_key = waiting.pop(next((n for n, (native, _) in enumerate(waiting) if native == named), 0))
            failed = words.startswith("Error")
            yield ToolReturned(session, call_key, None, not failed, words, error_kind(words) if failed else None)
    reward = run.get("reward")
    told = float(reward) if isinstance(reward, int | float) and math.isfinite(reward) else None
    yield SessionEnded(session, f"{session}#end", None, reward=told)


def _arguments(value: Any) -> JSONObject:
    if isinstance(value, str):
        try:
            decoded = json.loads(value)
        except (ValueError, RecursionError):
            return {"arguments": value}
        return decoded if isinstance(decoded, dict) else {"arguments": value}
    return mapping(value)
