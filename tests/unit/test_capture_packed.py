"""Compressed transcripts: the same lines, the same places, whatever form the file has at the moment."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture import packed
from skilltui.capture.discover import Found, Skipped, candidates, discover
from skilltui.capture.events import Event, ToolCalled
from skilltui.capture.packed import PackedFiles
from skilltui.capture.tail import Cursor, read_lines
from skilltui.errors import SourceError
from tests.documents import READER

ID = "019e0000-aaaa-7bbb-8ccc-000000000001"
NAME = f"rollout-2026-11-03T10-20-00-{ID}.jsonl"


def record(kind: str, **payload: Any) -> bytes:
    return json.dumps({"timestamp": "2026-11-03T10:20:04.000Z", "type": kind, "payload": payload}).encode() + b"\n"


META = record("session_meta", id=ID, cwd="/w/shop", source="cli")


def calls(*numbers: int) -> bytes:
    return b"".join(
        record("response_item", type="web_search_call", status="completed", action={"query": f"{n}" * 50})
        for n in numbers
    )


def pack(path: Path, data: bytes, *, frames: int = 1) -> Path:
    size = -(-len(data) // frames) or 1
    parts = [data[at : at + size] for at in range(0, len(data), size)] or [b""]
    path.write_bytes(b"".join(zstandard.compress(part) for part in parts))
    return path


def all_lines(path: Path, *, limit: int, files: PackedFiles | None = None) -> list[tuple[int, bytes]]:
    files = files or PackedFiles()
    lines: list[tuple[int, bytes]] = []
    cursor: Cursor | None = None
    while True:
        chunk = files.read_lines(path, cursor, limit=limit)
        lines += chunk.lines
        cursor = Cursor.from_json(chunk.cursor.to_json())
        if not chunk.more:
            return lines


@settings(max_examples=80, deadline=None)
@given(st.lists(st.binary(max_size=300).map(lambda b: b.replace(b"\n", b" ")), max_size=30), st.integers(1, 400), st.integers(1, 4))  # fmt: skip  # noqa: E501
def test_the_lines_are_those_of_the_plain_file(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], limit: int, frames: int
) -> None:
    folder = tmp_path_factory.mktemp("packed")
    data = b"".join(line + b"\n" for line in lines)
    path = pack(folder / "a.jsonl.zst", data, frames=frames)
    offsets = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines))]
    expected = list(zip(offsets, lines, strict=True))
    assert all_lines(path, limit=limit) == expected
    # A program that was stopped between two chunks opens the file anew.
    stopped: list[tuple[int, bytes]] = []
    cursor: Cursor | None = None
    while True:
        chunk = PackedFiles().read_lines(path, cursor, limit=limit)
        stopped += chunk.lines
        cursor = chunk.cursor
        if not chunk.more:
            break
    assert stopped == expected


@pytest.mark.parametrize("limit", [100, 1 << 20])
def test_reading_goes_on_where_it_stopped_when_a_file_changes_its_form(tmp_path: Path, limit: int) -> None:
    plain, zst = tmp_path / NAME, tmp_path / f"{NAME}.zst"
    data = META + calls(1, 2, 3)
    plain.write_bytes(data)
    events: list[Event] = []
    seen: list[tuple[bool, int]] = []

    def follow(path: Path, cursor: Cursor | None) -> Cursor | None:
        while True:
            batch = READER.read(path, "codex", cursor, limit=limit)
            assert batch.path == plain
            events.extend(batch.events)
            cursor = batch.cursor
            seen.append((batch.restarted, len(batch.events)))
            if not batch.more:
                return cursor

    cursor = follow(plain, None)
    told = len(events)
    pack(zst, data)
    plain.unlink()
    cursor = follow(zst, cursor)
    assert len(events) == told
    # It is resumed: the plain file is back, and grows.
    plain.write_bytes(data + calls(4))
    zst.unlink()
    cursor = follow(plain, cursor)
    pack(zst, data + calls(4, 5))
    plain.unlink()
    follow(zst, cursor)
    called = [event.key for event in events if isinstance(event, ToolCalled)]
    assert len(called) == len(set(called)) == 5
    assert not any(restarted for restarted, _ in seen)


def test_another_content_under_the_same_name_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = pack(tmp_path / f"{NAME}.zst", META + calls(1, 2))
    files = PackedFiles()
    first = files.read_lines(path, None, limit=1 << 20)
    pack(path, META + calls(7, 8, 9))
    os.utime(path, ns=(1, 1))
    second = files.read_lines(path, first.cursor, limit=1 << 20)
    assert second.restarted
    assert len(second.lines) == 4
    third = files.read_lines(path, second.cursor, limit=1 << 20)
    assert (third.lines, third.read_bytes) == ([], 0)


def test_a_last_line_without_its_newline_is_whole(tmp_path: Path) -> None:
    path = pack(tmp_path / f"{NAME}.zst", META + calls(1).rstrip(b"\n"))
    assert len(all_lines(path, limit=1 << 20)) == 2


@pytest.mark.parametrize("damage", ["cut", "garbled", "trailing"])
@pytest.mark.parametrize("limit", [200, 1 << 20])
def test_what_stands_before_the_damage_is_read_and_the_damage_told(tmp_path: Path, damage: str, limit: int) -> None:
    path = pack(tmp_path / f"{NAME}.zst", META + calls(*range(50)))
    good = path.read_bytes()
    rest = zstandard.compress(os.urandom(50_000))
    bad = {"cut": rest[:-20_000], "garbled": b"\x28\xb5\x2f\xfd" + b"\xff" * 500, "trailing": b"rubbish" * 100}[damage]
    path.write_bytes(good + bad)
    files = PackedFiles()
    lines: list[bytes] = []

    def read(cursor: Cursor | None) -> None:
        while True:
            chunk = files.read_lines(path, cursor, limit=limit)
            lines.extend(line for _, line in chunk.lines)
            cursor = chunk.cursor

    for _ in range(2):  # asked again, it says so again
        with pytest.raises(SourceError, match="damaged"):
            read(None)
        told = [line for line in lines if line.startswith(b'{"timestamp"')]
        assert told == (META + calls(*range(50))).splitlines()
        lines.clear()


def test_a_bomb_fills_neither_memory_nor_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "GROWTH_FLOOR", 4 << 20)
    packer = zstandard.ZstdCompressor(level=19)
    path = tmp_path / f"{NAME}.zst"
    path.write_bytes(packer.compress(META + b"x" * (300 << 20)))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(SourceError, match="grows to more than"):
        all_lines(path, limit=1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150 << 20


def test_a_frame_that_wants_all_memory_is_refused(tmp_path: Path) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=True)
    path = tmp_path / f"{NAME}.zst"
    writer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    path.write_bytes(writer.compress(META) + writer.flush())
    with pytest.raises(SourceError, match="damaged"):
        all_lines(path, limit=1 << 20)


def test_discovery(tmp_path: Path) -> None:
    codex = META + calls(1)
    (tmp_path / "both.jsonl").write_bytes(codex)
    pack(tmp_path / "both.jsonl.zst", codex)
    pack(tmp_path / "alone.jsonl.zst", codex)
    pack(tmp_path / "odd.jsonl.zst", b"no transcript at all\n")
    pack(tmp_path / "atif.jsonl.zst", b'{"schema_version": "ATIF-v1.4", "session_id": "s", "agent": {}, "steps": []}')
    (tmp_path / "broken.jsonl.zst").write_bytes(zstandard.compress(codex)[:4] + b"\xff" * 40)
    (tmp_path / "empty.jsonl.zst").write_bytes(b"")
    (tmp_path / "misnamed.jsonl.zst").write_bytes(codex)
    (tmp_path / "backup.tar.zst").write_bytes(zstandard.compress(b"tar"))
    found = {e.path.name: e.format if isinstance(e, Found) else e.reason for e in discover([tmp_path])}
    told = found.pop("broken.jsonl.zst")
    assert "damaged" in told
    assert found == {
        "both.jsonl": "codex",
        "both.jsonl.zst": "the transcript beside it, not compressed, is read",
        "alone.jsonl.zst": "codex",
        "odd.jsonl.zst": "no transcript format that is known",
        "atif.jsonl.zst": "atif: unpack it first; only transcripts of lines are read compressed",
        "empty.jsonl.zst": "empty",
        "misnamed.jsonl.zst": "named as a compressed file, and is none",
    }
    names = {p.name for p in candidates(tmp_path, "codex")}
    assert {"both.jsonl", "alone.jsonl.zst"} <= names
    assert "both.jsonl.zst" not in names
    (named,) = discover([tmp_path / "both.jsonl.zst"])
    assert isinstance(named, Skipped)


def test_a_file_that_is_called_compressed_and_is_not_is_told(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.zst"
    path.write_bytes(META)
    with pytest.raises(SourceError, match="damaged"):
        READER.read(path, "codex", None)
    plain = tmp_path / NAME
    plain.write_bytes(META)
    assert len(read_lines(plain).lines) == 1
