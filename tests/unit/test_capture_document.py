"""Files that are one document: read whole, when they changed, and never half."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.document import read_document, same_document
from skilltui.capture.formats.outline import outline
from skilltui.capture.formats.registry import FORMATS
from skilltui.capture.tail import Cursor
from skilltui.errors import SourceError
from tests.documents import READER, gemini_message, gemini_session, write


def test_an_unchanged_document_is_not_read_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"a": 1})
    first = read_document(path)
    assert first.records == ({"a": 1},)
    cursor = Cursor.from_json(first.cursor.to_json())
    assert same_document(path, cursor)
    os.utime(path, (1, 1))
    assert not same_document(path, cursor)
    touched = read_document(path, cursor)
    assert (touched.records, touched.restarted) == ((), False)
    assert same_document(path, touched.cursor)
    write(path, {"a": 2})
    assert read_document(path, cursor).records == ({"a": 2},)


def test_a_change_of_a_file_beside_it_is_one_of_the_document(tmp_path: Path) -> None:
    path, beside = write(tmp_path / "a.json", {"a": 1}), (tmp_path / "b.txt",)
    first = read_document(path, None, beside)
    assert same_document(path, first.cursor, beside)
    beside[0].write_text("1")
    assert not same_document(path, first.cursor, beside)
    again = read_document(path, first.cursor, beside)
    assert again.records == ({"a": 1},)
    assert same_document(path, again.cursor, beside)


def test_a_document_that_is_being_written_waits(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{\n "a": [1, ')
    half = read_document(path)
    assert (half.records, half.quarantined, half.pending) == ((), (), 12)
    assert same_document(path, half.cursor)
    assert not same_document(path, half.cursor, final=True)
    dead = read_document(path, half.cursor, final=True)
    assert [q.reason for q in dead.quarantined] == ["not a whole JSON document"]
    assert same_document(path, dead.cursor, final=True)
    path.write_text('{\n "a": [1, 2]}')
    assert read_document(path, half.cursor).records == ({"a": [1, 2]},)


def test_lines_are_records_and_a_torn_last_one_waits(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a":1}\n\nbroken\n{"a":2}{"a":3}\n{"a":')
    live = read_document(path)
    assert live.records == ({"a": 1}, {"a": 2}, {"a": 3})
    assert ([q.offset for q in live.quarantined], live.pending) == ([9], 5)
    assert [q.offset for q in read_document(path, live.cursor, final=True).quarantined] == [9, 31]


def test_a_list_gives_its_objects(tmp_path: Path) -> None:
    document = read_document(write(tmp_path / "a.json", [{"a": 1}, 7, {"a": 2}]))
    assert document.records == ({"a": 1}, {"a": 2})
    assert [q.reason for q in document.quarantined] == ["not a JSON object"]


def test_what_is_too_large_is_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", {"a": "x" * 100})
    with pytest.raises(SourceError, match="too large") as caught:
        read_document(path, limit=100)
    assert caught.value.hint
    with pytest.raises(SourceError, match="no such file"):
        read_document(tmp_path / "gone.json")


def test_the_reader_gives_all_again_with_the_same_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", gemini_session(gemini_message(1, "user", "one")))
    first = READER.read(path, "gemini")
    assert READER.read(path, "gemini", first.cursor).events == ()
    write(path, gemini_session(gemini_message(1, "user", "one"), gemini_message(2, "user", "two")))
    second = READER.read(path, "gemini", first.cursor)
    assert second.restarted
    assert second.events[: len(first.events)] == first.events
    assert len(second.events) == len(first.events) + 1


def test_no_secret_leaves_a_document(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    batch = READER.read(
        write(tmp_path / "a.json", gemini_session(gemini_message(1, "user", f"use {secret}"))), "gemini"
    )
    assert secret not in repr(batch)
    assert batch.redactions["github-token"] == 1


def test_bad_bytes_and_deep_nesting_are_no_reason_to_stop(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": "\xff \\ud800 \x01"}')
    ((record,),) = (read_document(path).records,)
    assert record == {"a": "\ufffd \ufffd \x01"}
    path.write_text("[" * 200_000)
    assert read_document(path, final=True).records == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
NAMES = st.sampled_from(
    ("messages", "info", "trajectory", "history", "steps", "tool_calls", "toolCalls", "traj", "schema_version", "agent",
     "observation", "results", "role", "source", "content", "id", "type", "$set", "$rewindTo", "exit_status")
)  # fmt: skip
WORDS = st.sampled_from(("user", "assistant", "agent", "gemini", "tool", "ATIF-v1.4", "```bash\nls\n```"))
SHAPES = st.recursive(
    JSON | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)


@given(SHAPES)
@settings(max_examples=150, deadline=None)
def test_no_document_of_whatever_shape_raises(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    for name in ("gemini", "atif", "mini-swe-agent", "swe-agent", "tau-bench"):
        batch = READER.read(path, name, final=True)
        assert READER.read(path, name, final=True).events == batch.events
        FORMATS[name].sniff(path, path.read_bytes())


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=6), st.integers(min_value=0, max_value=300))
@settings(max_examples=150)
def test_the_outline_has_the_outer_keys_and_a_cut_adds_none(value: dict[str, Any], cut: int) -> None:
    whole = json.dumps(value, ensure_ascii=False).encode()
    keys = {json.dumps(key, ensure_ascii=False)[1:-1] for key in value}
    assert {path for path in outline(whole) if path in keys} == keys
    assert outline(whole[:cut]).keys() <= outline(whole).keys()
