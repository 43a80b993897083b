"""Following a file that another program writes."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skilltui.capture.events import Quarantined
from skilltui.capture.tail import Cursor, read_lines, unchanged
from skilltui.errors import SourceError


def texts(path: Path, cursor: Cursor | None = None, **options: int) -> tuple[list[bytes], Cursor]:
    chunk = read_lines(path, cursor, **options)  # type: ignore[arg-type]
    return [line for _, line in chunk.lines], chunk.cursor


def test_only_whole_lines_are_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":')
    chunk = read_lines(path)
    assert chunk.lines == [(0, b'{"a":1}')]
    assert (chunk.pending, chunk.more, chunk.restarted) == (5, False, False)
    with path.open("ab") as file:
        file.write(b"2}\n")
    assert read_lines(path, chunk.cursor).lines == [(8, b'{"b":2}')]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=12),
    cuts=st.lists(st.integers(0, 400), max_size=8),
    limit=st.integers(1, 64),
    reopen=st.booleans(),
)
def test_any_split_of_appended_bytes_gives_each_line_once(
    tmp_path: Path, lines: list[bytes], cuts: list[int], limit: int, reopen: bool
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"")
    edges = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    cursor: Cursor | None = None
    seen: list[tuple[int, bytes]] = []
    for start, end in [(0, 0), *pairwise(edges)]:
        with path.open("ab") as file:
            file.write(data[start:end])
        more = True
        while more:
            if cursor is not None and reopen:
                cursor = Cursor.from_json(cursor.to_json())
            chunk = read_lines(path, cursor, limit=limit)
            assert not chunk.restarted
            seen += chunk.lines
            cursor, more = chunk.cursor, chunk.more
    assert [line for _, line in seen] == lines
    assert all(data[at : at + len(line)] == line for at, line in seen)
    assert cursor is not None
    assert cursor.offset == len(data)


def test_a_truncated_file_is_read_from_the_start_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":2}\n')
    cursor = read_lines(path).cursor
    path.write_bytes(b'{"c":3}\n')
    chunk = read_lines(path, cursor.with_state({"session": "s"}))
    assert chunk.restarted
    assert chunk.lines == [(0, b'{"c":3}')]
    assert chunk.cursor.state == {}


def test_a_rewritten_file_of_the_same_length_or_longer_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n')
    cursor = read_lines(path).cursor
    path.write_bytes(b'{"a":2}\n{"b":1}\n')
    chunk = read_lines(path, cursor)
    assert chunk.restarted
    assert [line for _, line in chunk.lines] == [b'{"a":2}', b'{"b":1}']


def test_a_change_behind_the_head_and_before_the_offset_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    head = b"".join(b'{"n":%04d}\n' % n for n in range(200))
    path.write_bytes(head + b'{"last":1}\n')
    cursor = read_lines(path).cursor
    path.write_bytes(head + b'{"last":2}\n{"new":1}\n')
    assert read_lines(path, cursor).restarted


def test_a_copy_with_the_same_beginning_is_read_on(tmp_path: Path) -> None:
    """A backup tool or an editor puts a new inode in place; the content says that nothing was lost."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n')
    cursor = read_lines(path).cursor
    copy = tmp_path / "copy"
    copy.write_bytes(b'{"a":1}\n{"b":2}\n')
    copy.replace(path)
    chunk = read_lines(path, cursor)
    assert not chunk.restarted
    assert chunk.lines == [(8, b'{"b":2}')]


def test_a_line_longer_than_the_limit_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    long = b'{"x":"' + b"y" * 5000 + b'"}'
    path.write_bytes(long + b"\n" + b'{"b":2}\n')
    lines, cursor = texts(path, limit=100)
    assert lines == [long]
    assert texts(path, cursor, limit=100)[0] == [b'{"b":2}']


def test_a_line_beyond_all_bounds_is_quarantined_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n' + b"z" * 9000 + b'\n{"b":2}\n')
    cursor: Cursor | None = None
    seen: list[tuple[int, bytes]] = []
    bad: list[Quarantined] = []
    more = True
    while more:
        chunk = read_lines(path, cursor, limit=64, line_limit=4000)
        seen += chunk.lines
        bad += chunk.oversized
        cursor, more = chunk.cursor, chunk.more
    assert [line for _, line in seen] == [b'{"a":1}', b'{"b":2}']
    assert [(q.offset, q.length) for q in bad] == [(8, 9000)]


def test_an_endless_line_is_not_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"z" * 9000)
    first = read_lines(path, limit=64, line_limit=4000)
    assert (first.lines, first.cursor.offset, first.cursor.skipping) == ([], 9000, True)
    with path.open("ab") as file:
        file.write(b"zzz\n" + b'{"b":2}\n')
    second = read_lines(path, Cursor.from_json(first.cursor.to_json()), limit=64, line_limit=4000)
    assert second.lines == [(9004, b'{"b":2}')]
    assert sum(q.length for q in first.oversized + second.oversized) == 9003


def test_a_complete_last_line_without_newline_counts_only_when_nobody_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":2}')
    live = read_lines(path)
    assert live.lines == [(0, b'{"a":1}')]
    assert unchanged(path, live.cursor)
    assert not unchanged(path, live.cursor, final=True)
    last = read_lines(path, live.cursor, final=True)
    assert last.lines == [(8, b'{"b":2}')]
    assert unchanged(path, last.cursor, final=True)


@pytest.mark.parametrize("appended", [b'\n{"c":3}\n', b'{"c":3}\n', b'\n\n{"c":3}\n'])
def test_what_follows_such_a_line_is_neither_lost_nor_doubled(tmp_path: Path, appended: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"b":2}')
    cursor = read_lines(path, final=True).cursor
    with path.open("ab") as file:
        file.write(appended)
    chunk = read_lines(path, cursor)
    assert not chunk.restarted
    assert [line for _, line in chunk.lines if line] == [b'{"c":3}']


def test_a_torn_last_line_waits_even_then(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":"half')
    chunk = read_lines(path, final=True)
    assert chunk.lines == [(0, b'{"a":1}')]
    assert chunk.pending == 10


def test_unchanged_needs_one_stat_and_is_never_true_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n{"b":2}\n{"c":3}\n')
    part = read_lines(path, limit=10)
    assert part.more
    assert not unchanged(path, part.cursor)
    whole = read_lines(path, part.cursor)
    assert unchanged(path, whole.cursor)
    os.utime(path, ns=(1, 1))
    assert not unchanged(path, whole.cursor)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file") as caught:
        read_lines(tmp_path / "gone.jsonl")
    assert "gone.jsonl" in caught.value.message
    assert caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{}\n")
    path.chmod(0)
    with pytest.raises(SourceError, match="permission denied"):
        read_lines(path)


def test_fifos_folders_devices_and_links_are_refused_at_once(tmp_path: Path) -> None:
    fifo, folder, link = tmp_path / "f.jsonl", tmp_path / "d.jsonl", tmp_path / "l.jsonl"
    os.mkfifo(fifo)
    folder.mkdir()
    link.symlink_to(tmp_path / "real")
    (tmp_path / "real").write_bytes(b"{}\n")
    for path in (fifo, folder, link, Path("/dev/null")):
        with pytest.raises(SourceError) as caught:
            read_lines(path)
        assert str(path) in caught.value.message
        assert caught.value.hint
