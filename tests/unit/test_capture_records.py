"""Lines into records: nothing raises, nothing readable is lost."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.records import parse_line


def values(data: bytes, offset: int = 0) -> list[dict[str, Any]]:
    return [record for _, record in parse_line(offset, data).records]


def test_a_plain_record() -> None:
    parsed = parse_line(7, b'{"a":"\xc3\xa4"}\r')
    assert parsed.records == ((7, {"a": "ä"}),)
    assert parsed.quarantined == ()


def test_glued_records_are_split_and_keep_their_own_places() -> None:
    data = '{"a":"ä"}{"b":2} {"c":3}'.encode()
    parsed = parse_line(100, data)
    assert [record for _, record in parsed.records] == [{"a": "ä"}, {"b": 2}, {"c": 3}]
    assert [data[at - 100 : at - 97] for at, _ in parsed.records] == [b'{"a', b'{"b', b'{"c']


@pytest.mark.parametrize(
    "stub",
    [
        b'{"type":"user","mess',
        b'{"type":"user","message":{"role":"user"},"x":"a {',
        b'{"a":{"b":1},"c":',
        b'"}]}',
        b'{"t":"\\',
    ],
)
def test_a_torn_stub_before_a_record_is_quarantined_and_the_record_kept(stub: bytes) -> None:
    whole = b'{"type":"assistant","message":{"k":[{"n":1}]}}'
    parsed = parse_line(0, stub + whole)
    assert [record for _, record in parsed.records] == [json.loads(whole)]
    assert parsed.records[0][0] == len(stub)
    (bad,) = parsed.quarantined
    assert (bad.offset, bad.length, bad.sha256) == (0, len(stub), hashlib.sha256(stub).hexdigest())


def test_a_record_behind_a_huge_torn_one_is_kept() -> None:
    stub = b'{"type":"user","x":[' + b'{"a":1},' * 20_000 + b'{"text":"' + b"word " * 20_000
    whole = b'{"type":"assistant","n":{"k":[1]}}'
    assert values(stub + whole) == [json.loads(whole)]
    assert values(stub[:-7] + b'","y":1,' + whole) == [json.loads(whole)]


def test_a_record_before_a_torn_one_is_kept() -> None:
    parsed = parse_line(10, b'{"a":1}{"b":"hal')
    assert parsed.records == ((10, {"a": 1}),)
    assert [(q.offset, q.length) for q in parsed.quarantined] == [(17, 9)]


def test_a_file_cut_in_mid_record_leaves_a_quarantined_piece() -> None:
    parsed = parse_line(0, b'{"type":"user","message":{"content":"ha')
    assert parsed.records == ()
    assert parsed.quarantined[0].reason


def test_bad_utf8_keeps_the_record() -> None:
    assert values(b'{"a":"x\xff\xfey","b":1}') == [{"a": "x\ufffd\ufffdy", "b": 1}]
    torn = parse_line(0, b'{"x":"\xff{"a":"\xffz"}')
    assert torn.records == ((7, {"a": "\ufffdz"}),)


def test_lone_surrogates_become_storable_and_pairs_stay() -> None:
    (record,) = values(b'{"a":"\\ud83d\\ude00 \\ud800","\\udc00":1}')
    assert record == {"a": "😀 \ufffd", "\ufffd": 1}
    json.dumps(record).encode()


def test_bom_nul_and_blank_lines() -> None:
    assert values(b'\xef\xbb\xbf{"a":1}') == [{"a": 1}]
    assert values(b'\0\0\0{"a":1}\0') == [{"a": 1}]
    assert parse_line(0, b" \r") == parse_line(0, b"")
    assert parse_line(0, b"").quarantined == ()


def test_a_raw_control_character_in_a_string_is_no_reason_to_lose_the_record() -> None:
    assert values(b'{"a":"tab\there"}') == [{"a": "tab\there"}]


def test_a_huge_integer_is_kept_as_its_digits() -> None:
    digits = "7" * 5000
    assert values(b'{"n":%s,"m":3}' % digits.encode()) == [{"n": digits, "m": 3}]


def test_deep_nesting_is_quarantined() -> None:
    parsed = parse_line(0, b'{"a":' * 200_000 + b"1" + b"}" * 200_000)
    assert parsed.records == ()
    assert "deep" in parsed.quarantined[0].reason


@pytest.mark.parametrize("data", [b"[1]", b"3", b'"text"', b"null", b"not json"])
def test_what_is_no_object_is_quarantined(data: bytes) -> None:
    parsed = parse_line(3, data)
    assert parsed.records == ()
    assert (parsed.quarantined[0].offset, parsed.quarantined[0].length) == (3, len(data))


_TEXT = st.text(max_size=12)
# Keys as programs write them: one that is "}" makes a torn string end where a record seems to.
_KEY = st.text("abcxyz_", min_size=1, max_size=5)
_OBJECT = st.dictionaries(
    _KEY, st.none() | st.booleans() | st.integers() | _TEXT | st.lists(_TEXT, max_size=3), max_size=4
)


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=200)
    | st.lists(st.sampled_from([b'{"a":', b"{", b"}", b'"', b"\\", b"1", b"[", b"\xff", b",", b'"b":'])).map(b"".join)
)
def test_any_bytes_give_records_or_quarantine_and_never_raise(data: bytes) -> None:
    parsed = parse_line(5, data)
    for at, record in parsed.records:
        assert 5 <= at < 5 + len(data)
        json.dumps(record).encode()
    for bad in parsed.quarantined:
        assert bad.sha256 == hashlib.sha256(data[bad.offset - 5 : bad.offset - 5 + bad.length]).hexdigest()
    if data.strip(b" \t\r\n\0") and not data.startswith(b"\xef\xbb\xbf"):
        assert parsed.records or parsed.quarantined


@settings(max_examples=100, deadline=None)
@given(
    objects=st.lists(_OBJECT, min_size=1, max_size=4), stub=st.sampled_from([b"", b'{"torn', b'{"x":"y', b'{"k":[1,'])
)
def test_whole_records_behind_a_stub_are_found(objects: list[dict[str, Any]], stub: bytes) -> None:
    # A record is told from a piece of one by its opening, so an empty object behind a stub is no record.
    objects = [dict(item, type="t") for item in objects]
    data = stub + b"".join(json.dumps(item).encode() for item in objects)
    assert values(data) == objects
