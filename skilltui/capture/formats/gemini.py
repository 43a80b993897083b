"""Gemini CLI: ``~/.gemini/tmp/<project>/chats/session-*.json``, rewritten in place, or since 0.40 ``.jsonl``.

In the lines a message id comes again with more data, and its last write wins; ``$set`` changes the head of the session,
``$rewindTo`` takes messages back. What was taken back did happen: it stays, and the rewind is the mark of a person.
The lines are read whole too, for now: an append costs a reading of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from skilltui.capture.events import AgentSaid, Event, SessionStarted, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.formats.base import (
    JSONObject,
    error_kind,
    flat_text,
    mapping,
    text,
    timestamp,
    type_name,
)
from skilltui.capture.formats.outline import outline
from skilltui.domain.trajectory import ErrorKind

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_EXIT_CODE = re.compile(r"^Exit Code: (-?\d{1,10})", re.MULTILINE)
_QUIET = frozenset({"info", "warning", "error"})
_REWOUND = "$rewindTo"


class Gemini:
    """The format ``gemini``."""

    name = "gemini"

    def sniff(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - forks name their files alike
        """A document or a first line with the head of a session."""
        keys = outline(head).keys()
        return "sessionId" in keys and bool(keys & {"projectHash", "startTime"}) and "type" not in keys

    def beside(self, path: Path) -> tuple[Path, ...]:  # noqa: ARG002 - the document says it all
        """See ``WholeFormat``."""
        return ()

    def events(self, path: Path, records: Sequence[JSONObject], unknown: Counter[str]) -> Iterator[Event]:
        """See ``WholeFormat``. One file = one session."""
        head, messages = _last_writes(records, unknown)
        session = text(head.get("sessionId")) or path.stem
        folders = head.get("directories")
        project = text(folders[0]) if isinstance(folders, list) and folders else None
        model = next((m for message in messages if (m := text(message.get("model")))), None)
        # A subagent's file lies in a folder that is named after the session that started it.
        folder = path.parent.name if path.parent.parent.name == "chats" else None
        parent = folder if folder != session else None
        yield SessionStarted(session, timestamp(head.get("startTime")), project, model, parent)
        # What stands as the user's words in a subagent's file are the words of the agent that started it.
        subagent = head.get("kind") == "subagent"
        for number, message in enumerate(messages):
            native = text(message.get("id"))
            # Ids are UUIDs; a writer that counts instead repeats its numbers in the next session.
            key = native if native and _UUID.match(native) else f"{session}#{native or number}"
            at = timestamp(message.get("timestamp"))
            kind = type_name(message.get("type"))
            words = flat_text(message.get("content"))
            if _REWOUND in message:
                yield UserSaid(session, key, at, "taken back by a rewind", "interruption")
            elif kind == "user":
                if words.strip() and not subagent:
                    yield UserSaid(session, key, at, words)
            elif kind == "gemini":
                by = text(message.get("model"))
                if words.strip():
                    yield AgentSaid(session, f"{key}/said", at, words, by)
                calls = message.get("toolCalls")
                for place, call in enumerate(calls if isinstance(calls, list) else []):
                    yield from _call(mapping(call), session, f"{key}.{place}", at, by)
            elif kind not in _QUIET:
                unknown[kind] += 1


def _last_writes(records: Sequence[JSONObject], unknown: Counter[str]) -> tuple[JSONObject, list[JSONObject]]:
    """The session's head, and each message as it was written last, in the order of their first writes."""
    head: dict[str, Any] = {}
    messages: dict[object, JSONObject] = {}

    def write(message: JSONObject) -> None:
        messages[text(message.get("id")) or len(messages)] = message

    for record in records:
        if _REWOUND in record:
            target = text(record.get(_REWOUND))
            if target in messages:
                native = f"rewind-{target}-{len(messages)}"
                messages[native] = {"id": native, _REWOUND: target}
        elif "id" in record and "type" in record:
            write(record)
        else:
            patch = mapping(record.get("$set")) if "$set" in record else record
            head.update((name, value) for name, value in patch.items() if name != "messages")
            listed = patch.get("messages")
            for message in listed if isinstance(listed, list) else []:
                write(mapping(message))
            if not patch.keys() & {"sessionId", "lastUpdated", "messages", "$set"} and "$set" not in record:
                unknown["(no type)"] += 1
    return head, list(messages.values())


def _call(call: JSONObject, session: str, place: str, said_at: str | None, model: str | None) -> Iterator[Event]:
    key = text(call.get("id")) or place
    at = timestamp(call.get("timestamp")) or said_at
    yield ToolCalled(session, key, at, text(call.get("name")) or "(no name)", mapping(call.get("args")), model)
    status, result = call.get("status"), call.get("result")
    output = "\n".join(filter(None, map(_output, result if isinstance(result, list) else [])))
    if status == "success":
        told = _EXIT_CODE.search(output)
        code = int(told.group(1)) if told else None
        kind = error_kind(output, code) if code else None
        yield ToolReturned(session, key, None, not code, output, kind, code)
    elif status == "cancelled":
        yield ToolReturned(session, key, None, False, output, ErrorKind.USER_REJECTED)
    elif status == "error":
        yield ToolReturned(session, key, None, False, output, error_kind(output))


def _output(part: Any) -> str:
    response = mapping(mapping(mapping(part).get("functionResponse")).get("response"))
    for name in ("output", "error"):
        if name in response:
            return flat_text(response[name])
    return flat_text([part]) if not response else flat_text(dict(response))
