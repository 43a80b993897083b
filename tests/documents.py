"""Small documents as benchmarks and agents write them, and a way to read one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from skilltui.capture.discover import Found, discover
from skilltui.capture.events import Event, ToolCalled, ToolReturned
from skilltui.capture.reader import Batch, TranscriptReader
from skilltui.text.redact import Redactor

READER = TranscriptReader(Redactor(b"k" * 32))
_E = TypeVar("_E", bound=Event)


def write(path: Path, value: Any) -> Path:
    """One JSON document, over what stood there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    return path


def read(path: Path) -> Batch:
    """The file as discovery and the reader see it."""
    (found,) = discover([path])
    assert isinstance(found, Found), found
    batch = READER.read(path, found.format, final=True)
    assert not batch.quarantined
    return batch


def of(batch: Batch, kind: type[_E]) -> list[_E]:
    """The events of one kind."""
    return [event for event in batch.events if isinstance(event, kind)]


def paired(batch: Batch) -> list[tuple[str, ToolReturned | None]]:
    """Each call's tool with its result."""
    results = {event.key: event for event in of(batch, ToolReturned)}
    return [(call.tool, results.get(call.key)) for call in of(batch, ToolCalled)]


def gemini_message(number: int, kind: str, content: str = "", **more: Any) -> dict[str, Any]:
    """A message of a Gemini CLI session."""
    native = f"{number:08d}-0000-4000-8000-000000000000"
    at = f"2026-11-03T10:{number:02d}:00.000Z"
    return {"id": native, "timestamp": at, "type": kind, "content": content, **more}


def gemini_call(name: str, output: str, status: str = "success", **args: Any) -> dict[str, Any]:
    """A tool call of a Gemini CLI message, with its result."""
    response = {"error" if status == "error" else "output": output}
    part = {"functionResponse": {"id": f"{name}-17", "name": name, "response": response}}
    return {"id": f"{name}-17", "name": name, "args": args, "result": [part], "status": status}


def gemini_session(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A whole session as versions before 0.40 write it."""
    head = {
        "sessionId": "9b6f8a54-3c1e-4d8e-9a77-51c2f0e4d9aa",
        "projectHash": "ab",
        "startTime": "2026-11-03T10:00:00Z",
    }
    return head | {"messages": list(messages)} | more
