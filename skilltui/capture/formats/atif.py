"""ATIF, the Agent Trajectory Interchange Format (Harbor's RFC 0001), any 1.x: one document of ``steps``.

Tool call ids are unique only in a document, for some writers only in a step, so keys are positions. Steps that replay
an earlier context are not counted. What a subagent did, in the document or in a file that it refers to, is a session of
its own with this one for its parent, and so is a file that continues this one. A Harbor trial keeps the reward beside.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from skilltui.capture.document import read_document
from skilltui.capture.events import AgentSaid, Event, SessionEnded, SessionStarted, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import JSONObject, error_kind, flat_text, integer, mapping, text, timestamp
from skilltui.capture.formats.outline import outline, session_name
from skilltui.capture.formats.recorded import recorded_task, stated_turn
from skilltui.domain.trajectory import ErrorKind, TurnKind
from skilltui.errors import SourceError

_VERSION = re.compile(r"ATIF-v1(?:\.|\Z)")
_REWARD_LIMIT = 4 << 20
_FILE_LIMIT = 64 << 20  # of a file that a document refers to
_FILES, _DEPTH = 100, 8
_REWARDS = ("reward.json", "verifier/reward.json", "verifier/reward.txt", "result.json")
_EXIT_CODE = re.compile(r"\A(?:Error: )?(?:Exit code|Process exited with code):? (-?\d{1,10})\b")
_RESULT = frozenset({"ok", "error_kind", "exit_code", "duration_ms"})  # a result's extra in an export of ours
_FAILED = re.compile(r"\A<tool_use_error>|\[error\] tool reported failure\s*\Z")
# What a coding agent's transcript holds under the person's name that nobody typed.
_NOT_HUMAN = (
    "<command-name>", "<command-message>", "<local-command-", "<bash-input>", "<bash-stdout>", "<bash-stderr>",
    "<task-notification>", "Caveat:", "This session is being continued",
)  # fmt: skip


class Atif:
    """The format ``atif``."""

    name = "atif"

    def sniff(self, path: Path, head: bytes) -> bool:
        """``schema_version`` of ATIF; where long tool definitions come before it, the name and the other keys."""
        keys = outline(head)
        if "schema_version" in keys:
            return _VERSION.match(keys["schema_version"]) is not None
        return path.name == "trajectory.json" and {"agent", "agent/tool_definitions"} <= keys.keys()

    def beside(self, path: Path) -> tuple[Path, ...]:
        """The files that may hold the reward: in the document's folder, and in the trial's where that is above."""
        folders = [path.parent, path.parent.parent] if path.parent.name == "agent" else [path.parent]
        return tuple(folder / name for folder in folders for name in _REWARDS)

    def events(self, path: Path, records: Sequence[JSONObject], unknown: Counter[str]) -> Iterator[Event]:
        """See ``WholeFormat``. One document = one session, and one for each that it brought forth."""
        for document in records[:1]:
            if _VERSION.match(str(document.get("schema_version"))) is None:
                unknown["(no ATIF 1.x)"] += 1
                return
            session = _session_of(path, document)
            parent = _parent_of(path.resolve())
            yield from _run(document, session, parent)
            yield from _family(document, session, path, {path.resolve()}, _DEPTH)
            reward = next((found for file in self.beside(path) if (found := _reward(file)) is not None), None)
            if reward is not None and parent is None:
                yield SessionEnded(session, f"{session}#end", None, reward=reward)


def _family(document: JSONObject, session: str, path: Path, seen: set[Path], depth: int) -> Iterator[Event]:
    """The subagents of a document, and the file that continues it. Files are named as they are when read alone."""
    if depth == 0:
        return
    embedded = document.get("subagent_trajectories")
    for number, item in enumerate(embedded if isinstance(embedded, list) else []):
        inner = mapping(item)
        child = f"{session}/{text(inner.get('trajectory_id')) or number}"
        yield from _run(inner, child, session)
        yield from _family(inner, child, path, seen, depth - 1)
    for named in _referred(document):
        file = (path.parent / named).resolve()
        # A document is data: it may name files beside it, and below, and no others.
        if file in seen or len(seen) > _FILES or not file.is_relative_to(path.parent.resolve()):
            continue
        seen.add(file)
        inner = _load(file)
        if _VERSION.match(str(inner.get("schema_version"))) is not None:
            child = _session_of(file, inner)
            yield from _run(inner, child, session)
            yield from _family(inner, child, file, seen, depth - 1)


def _referred(document: JSONObject) -> Iterator[str]:
    steps = document.get("steps")
    for step in steps if isinstance(steps, list) else []:
        results = mapping(mapping(step).get("observation")).get("results")
        for result in results if isinstance(results, list) else []:
            given = mapping(result).get("subagent_trajectory_ref")
            for reference in given if isinstance(given, list) else [given]:
                named = text(mapping(reference).get("trajectory_path"))
                if named and "\0" not in named:
                    yield named
    continued = text(document.get("continued_trajectory_ref"))
    if continued and "\0" not in continued:
        yield continued


def _parent_of(path: Path) -> str | None:
    """The session whose document, beside this one or above it, refers to this file."""
    for folder in path.parents[:3]:
        above = folder / "trajectory.json"
        if above != path and above.is_file():
            document = _load(above)
            if any((folder / named).resolve() == path for named in _referred(document)):
                return _session_of(above, document)
    return None


def _load(path: Path) -> JSONObject:
    try:
        found = read_document(path, final=True, limit=_FILE_LIMIT).records
    except SourceError:
        return {}
    return found[0] if len(found) == 1 else {}


def _session_of(path: Path, document: JSONObject) -> str:
    native = text(document.get("session_id")) or text(document.get("trajectory_id")) or path.parent.name
    return session_name(path, native)


def _run(document: JSONObject, session: str, parent: str | None) -> Iterator[Event]:
    agent = mapping(document.get("agent"))
    model = text(agent.get("model_name"))
    given = document.get("steps")
    steps = [mapping(step) for step in given] if isinstance(given, list) else []
    folders = mapping(agent.get("extra")).get("cwds")
    project = text(folders[0]) if isinstance(folders, list) and folders else None
    yield SessionStarted(
        session, next((at for s in steps if (at := timestamp(s.get("timestamp")))), None), project, model, parent
    )
    extra = mapping(document.get("extra"))
    tasks, ours = _tasks(extra), (text(extra.get("exported_by")) or "").startswith("skilltui")
    for number, step in enumerate(steps):
        if step.get("is_copied_context"):
            continue
        key, at = f"{session}#{number}", timestamp(step.get("timestamp"))
        words = flat_text(step.get("message")).strip()
        opened = key
        if step.get("source") == "user":
            extra = mapping(step.get("extra"))
            turn = stated_turn(extra.get("turn")) if ours else None
            if turn is not None and parent is None:
                # An export of ours: read as it is.
                kind: Literal["human", "interruption"] = "interruption" if turn is TurnKind.INTERRUPTION else "human"
                yield UserSaid(session, key, at, flat_text(step.get("message")), kind, turn)
            elif words and parent is None and not extra.get("is_sidechain") and not words.startswith(_NOT_HUMAN):
                # What a subagent is told, its agent says.
                yield UserSaid(session, key, at, words)
        elif step.get("source") == "agent":
            by = text(step.get("model_name")) or model
            if words:
                yield AgentSaid(session, f"{key}/said", at, words, by)
            yield from _calls(step, session, key, at, by, ours=ours)
            opened = f"{key}.0"
        yield from recorded_task(session, opened, tasks.get(number + 1))


def _calls(
    step: JSONObject, session: str, key: str, at: str | None, model: str | None, *, ours: bool
) -> Iterator[Event]:
    given = step.get("tool_calls")
    waiting: list[tuple[Any, str]] = []  # calls without their result: id, key
    for place, item in enumerate(given if isinstance(given, list) else []):
        call = mapping(item)
        waiting.append((call.get("tool_call_id"), f"{key}.{place}"))
        tool = text(call.get("function_name")) or "(no name)"
        by = text(mapping(call.get("extra")).get("agent")) if ours else None
        yield ToolCalled(session, f"{key}.{place}", at, tool, mapping(call.get("arguments")), model, by)
    results = mapping(step.get("observation")).get("results")
    for item in results if isinstance(results, list) else []:
        result = mapping(item)
        named = result.get("source_call_id")
        place = next((n for n, (native, _) in enumerate(waiting) if native == named), -1) if named else -1
        if place >= 0:
            yield _result(session, waiting.pop(place)[1], result)


def _result(session: str, key: str, result: JSONObject) -> ToolReturned:
    """A result has no error mark of its own: success is in ``extra`` by custom, or in the text, or unknown."""
    extra = mapping(result.get("extra"))
    output = flat_text(result.get("content"))
    if extra.keys() >= _RESULT:
        return _stated(session, key, output, extra)
    told = _EXIT_CODE.match(output)
    code = integer(extra.get("exit_code"))
    if code is None and told is not None:
        code = int(told.group(1))
    stated = [extra.get("ok"), extra.get("success"), not extra["is_error"] if "is_error" in extra else None]
    ok = next((value for value in stated if isinstance(value, bool)), None)
    if code or (ok is None and _FAILED.search(output)):
        ok = False
    elif ok is None and code == 0:
        ok = True
    kind: ErrorKind | None = None
    if ok is False:
        given = extra.get("error_kind")
        kind = ErrorKind(given) if isinstance(given, str) and given in set(ErrorKind) else error_kind(output, code)
    # No time of its own either: a step's is that of its call.
    return ToolReturned(session, key, None, ok, output, kind, code, integer(extra.get("duration_ms")))


def _stated(session: str, key: str, output: str, extra: JSONObject) -> ToolReturned:
    """All that an export of ours says of a result: nothing is left to guess."""
    ok, kind = extra["ok"], extra["error_kind"]
    return ToolReturned(
        session, key, None, ok if isinstance(ok, bool) else None, output,
        ErrorKind(kind) if isinstance(kind, str) and kind in set(ErrorKind) else None,
        integer(extra["exit_code"]), integer(extra["duration_ms"]), extra.get("user_edited") is True,
    )  # fmt: skip


def _tasks(extra: JSONObject) -> dict[int, Any]:
    """The descriptions of tasks in an export of ours, by the step that opens each."""
    given = extra.get("trajectories")
    described = [mapping(entry) for entry in given] if isinstance(given, list) else [extra]
    return {first: entry for entry in described if (first := integer(entry.get("first_step_id"))) is not None}


def _reward(path: Path) -> float | None:
    """The number in a reward file; ``None`` where it is missing or says nothing.

    ``reward.txt`` is a number, ``reward.json`` has it as ``reward``, ``result.json`` deeper: under ``verifier_result``
    and ``rewards``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            value: Any = json.loads(file.read(_REWARD_LIMIT))
    except (OSError, ValueError, RecursionError):
        return None
    for name in ("verifier_result", "rewards", "reward"):
        if isinstance(value, dict):
            value = value.get(name, value if name != "reward" else None)
    known = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if known else None
