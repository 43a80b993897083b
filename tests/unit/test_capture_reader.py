"""One file into batches: redacted, capped, resumable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skilltui.capture.events import Event, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.reader import Batch, TranscriptReader
from skilltui.capture.tail import Cursor
from skilltui.errors import SourceError, UsageError
from skilltui.text.redact import Redactor

SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
READER = TranscriptReader(Redactor(b"k" * 32))
UUID = "0b6f8a54-3c1e-4d8e-9a77-51c2f0e4d9aa"


def record(kind: str, content: Any, uuid: str = "r1", **more: Any) -> bytes:
    message = {"role": kind, "content": content}
    base = {"type": kind, "uuid": uuid, "sessionId": "s", "timestamp": "2026-11-03T10:15:00.120Z", "message": message}
    return json.dumps(base | more).encode() + b"\n"


def call(key: str, **args: Any) -> bytes:
    return record("assistant", [{"type": "tool_use", "id": key, "name": "Bash", "input": args}], uuid=f"a-{key}")


def result(key: str, text: str, *, error: bool = False) -> bytes:
    block = {"type": "tool_result", "tool_use_id": key, "content": text, "is_error": error}
    return record("user", [block], uuid=f"u-{key}", toolUseResult=text)


def batches(path: Path, *, limit: int = 1 << 20, final: bool = False) -> Iterator[Batch]:
    cursor: Cursor | None = None
    while True:
        batch = READER.read(path, "claude-code", cursor, limit=limit, final=final)
        yield batch
        assert batch.cursor is not None
        cursor = Cursor.from_json(batch.cursor.to_json())
        if not batch.more:
            return


def events(path: Path, **options: Any) -> list[Event]:
    return [event for batch in batches(path, **options) for event in batch.events]


def test_no_secret_leaves_in_any_string(tmp_path: Path) -> None:
    path = tmp_path / f"{UUID}.jsonl"
    path.write_bytes(
        record("user", f"use {SECRET} to push")
        + record("assistant", [{"type": "text", "text": f"using {SECRET}"}])
        + call("c1", command=f"git push https://x:{SECRET}@github.com/a/b", env={"deep": [SECRET]})
        + result("c1", f"remote: {SECRET} rejected", error=True)
        + record("user", f"<command-name>/deploy</command-name><command-args>{SECRET}</command-args>", uuid="r9")
    )
    (batch,) = batches(path)
    assert len(batch.events) == 7
    assert SECRET not in repr(batch)
    assert "redacted:github-token" in repr(batch.events)
    assert batch.redactions["github-token"] >= 5


def test_the_same_secret_stays_recognisable_as_the_same(tmp_path: Path) -> None:
    path = tmp_path / f"{UUID}.jsonl"
    path.write_bytes(record("user", SECRET) + record("user", f"again {SECRET}", uuid="r2"))
    first, second = (event.text for event in events(path) if isinstance(event, UserSaid))
    assert second == f"again {first}"


def test_long_outputs_keep_head_and_tail_and_say_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / f"{UUID}.jsonl"
    for size in (20_000, 900_000):
        text = "HEAD" + "x" * (size - 8) + "TAIL"
        path.write_bytes(call("c1", command="y" * 20_000) + result("c1", text))
        called, returned = (e for e in events(path) if isinstance(e, ToolCalled | ToolReturned))
        assert isinstance(returned, ToolReturned)
        assert returned.text.startswith("HEADx")
        assert returned.text.endswith("xTAIL")
        kept = len(returned.text.replace(f"\n[… {size - 16384} characters left out …]\n", ""))
        assert kept == 16384
        assert isinstance(called, ToolCalled)
        assert len(called.args["command"]) < 8300
        assert "11808 characters left out" in called.args["command"]


def test_a_secret_at_the_cut_is_still_found(tmp_path: Path) -> None:
    path = tmp_path / f"{UUID}.jsonl"
    path.write_bytes(call("c1", command="env") + result("c1", "x " * 4090 + SECRET + " y" * 20_000))
    (returned,) = (event for event in events(path) if isinstance(event, ToolReturned))
    assert SECRET[:12] not in returned.text


def test_small_limits_give_the_same_events(tmp_path: Path) -> None:
    path = tmp_path / "conversation.jsonl"
    path.write_bytes(
        b"".join(record("user", f"m{n}", uuid=f"r{n}") + call(f"c{n}") + result(f"c{n}", "ok") for n in range(20))
    )
    assert events(path, limit=50) == events(path)
    assert {event.session for event in events(path, limit=50)} == {"s"}


def test_quirks_of_real_files(tmp_path: Path) -> None:
    path = tmp_path / f"{UUID}.jsonl"
    path.write_bytes(
        record("user", "one", uuid="r1").rstrip(b"\n")
        + record("user", "two", uuid="r2")
        + record("user", "lost", uuid="r3")[:60]
        + record("user", "three", uuid="r4")
        + b'{"type":"user","message":{"content":"bad \xff"},"uuid":"r5","sessionId":"s"}\n'
        + b"\n\xef\xbb\xbf"
        + record("user", "four", uuid="r6", sessionId="s-2")
        + b"no json at all\n"
        + record("user", "last", uuid="r7").rstrip(b"\n")
    )
    (batch,) = batches(path)
    said = [event.text for event in batch.events if isinstance(event, UserSaid)]
    assert said == ["one", "two", "three", "bad \ufffd", "four"]
    assert [q.reason for q in batch.quarantined] == ["torn record", "not valid JSON"]
    assert batch.pending > 0
    assert {event.session for event in batch.events} == {UUID}
    assert [e.text for e in events(path, final=True) if isinstance(e, UserSaid)][-1] == "last"


def test_a_record_in_two_files_has_the_same_key_in_both(tmp_path: Path) -> None:
    one, two = tmp_path / f"{UUID}.jsonl", tmp_path / f"{UUID[:-1]}b.jsonl"
    for path in (one, two):
        path.write_bytes(record("user", "hello there", uuid="same") + call("c1"))
    keys = [[e.key for e in events(path) if isinstance(e, UserSaid | ToolCalled)] for path in (one, two)]
    assert keys == [["same", "c1"], ["same", "c1"]]


def test_a_replaced_file_starts_over_with_a_new_state(tmp_path: Path) -> None:
    path = tmp_path / "conversation.jsonl"
    path.write_bytes(record("user", "old", sessionId="s-1"))
    first = READER.read(path, "claude-code")
    path.write_bytes(record("user", "new and different", sessionId="s-2"))
    second = READER.read(path, "claude-code", first.cursor)
    assert second.restarted
    assert {event.session for event in second.events} == {"s-2"}


def test_unknown_types_are_counted_and_noise_is_not(tmp_path: Path) -> None:
    path = tmp_path / f"{UUID}.jsonl"
    path.write_bytes(b'{"type":"progress","data":{}}\n{"type":"file-history-snapshot"}\n{"type":"hologram"}\n')
    (batch,) = batches(path)
    assert dict(batch.unknown) == {"hologram": 1}
    assert batch.events == ()


def test_a_file_of_snapshots_gives_no_session(tmp_path: Path) -> None:
    path = tmp_path / "medium.jsonl"
    path.write_bytes(b'{"type":"file-history-snapshot","messageId":"m","snapshot":{},"isSnapshotUpdate":false}\n' * 3)
    assert events(path) == []


def test_a_stream_is_read_in_batches() -> None:
    lines = [
        json.dumps({"v": 1, "type": "user_message", "session": "s1", "text": f"m{n}"}).encode() + b"\n"
        for n in range(9)
    ]
    lines.insert(4, b"broken\n")
    lines.append(b'{"v":1,"type":"odd","session":"s1"}')
    stream = READER.stream("events")
    parts = [stream.read(lines[start : start + 3]) for start in range(0, len(lines), 3)]
    assert len(parts) > 2
    said = [event.text for part in parts for event in part.events if isinstance(event, UserSaid)]
    assert said == [f"m{n}" for n in range(9)]
    assert sum(len(part.quarantined) for part in parts) == 1
    assert sum((part.unknown for part in parts), start=parts[0].unknown.__class__()) == {"odd": 1}
    assert sum(part.read_bytes for part in parts) == sum(map(len, lines))
    keys = [event.key for part in parts for event in part.events if isinstance(event, UserSaid)]
    assert len(set(keys)) == 9


def test_a_document_is_no_stream() -> None:
    with pytest.raises(UsageError, match="whole files"):
        READER.stream("atif")


def test_a_format_that_is_not_read_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nonsense") as caught:
        READER.read(tmp_path / "x", "nonsense")
    assert "claude-code" in caught.value.hint
    with pytest.raises(SourceError):
        READER.read(tmp_path / "x", "codex")
