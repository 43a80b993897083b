"""Edits of somebody else's JSON: one place changes, every other byte stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skilltui.text.json_edit import NotPlainJsonError, add_item, add_member, parse, plain, remove

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=5)
LAYOUTS = st.sampled_from([None, 2, 4, "\t"])


@given(OBJECTS, LAYOUTS, VALUES)
def test_a_member_comes_in_and_goes_without_a_trace(value: dict[str, Any], layout: int | str | None, more: Any) -> None:
    value.pop("ours", None)
    text = json.dumps(value, indent=layout) + "\n"
    changed = add_member(text, parse(text), "ours", more)
    assert json.loads(changed) == {**value, "ours": more}
    assert plain(parse(changed)) == json.loads(changed)
    root = parse(changed)
    assert remove(changed, root, len(root.items) - 1) == text


@given(st.lists(VALUES, max_size=5), LAYOUTS, VALUES)
def test_an_item_comes_in_and_goes_without_a_trace(value: list[Any], layout: int | str | None, more: Any) -> None:
    text = json.dumps({"list": value}, indent=layout)
    target = parse(text).get("list")
    assert target is not None
    changed = add_item(text, target, more)
    assert json.loads(changed) == {"list": [*value, more]}
    grown = parse(changed).get("list")
    assert grown is not None
    assert remove(changed, grown, len(value)) == text


@given(OBJECTS, LAYOUTS, st.data())
def test_any_member_can_go_and_the_others_keep_their_bytes(
    value: dict[str, Any], layout: int | str | None, data: st.DataObject
) -> None:
    if not value:
        return
    text = json.dumps(value, indent=layout)
    number = data.draw(st.integers(0, len(value) - 1))
    left = {key: item for n, (key, item) in enumerate(value.items()) if n != number}
    assert json.loads(remove(text, parse(text), number)) == left


def test_numbers_escapes_and_odd_spacing_of_others_stay_as_they_are() -> None:
    text = '{\r\n\t"n" : 1.0e5,  "s":"\\u00e9" ,\r\n\t"a":[ 1,2 ,3 ]\r\n}\r\n'
    changed = add_member(text, parse(text), "ours", {"x": [1]})
    assert changed.startswith(text[: text.rindex("]") + 1])
    assert "\n" not in changed.replace("\r\n", "")
    assert json.loads(changed)["ours"] == {"x": [1]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1, // mine\n"b": 2}', "a comment in line 1"),
        ('{\n/* mine */ "a": 1}', "a comment in line 2"),
        ('{"a": 1,}', "no plain JSON"),
        ('{"a": 1} {"b": 2}', "no plain JSON"),
        ('{"a": 1, "a": 2}', "twice"),
        ("[" * 300 + "]" * 300, "deeply"),
        ('{"a": "unclosed}', "no plain JSON"),
        ("", "no plain JSON"),
        ('{"a": 1e}', "no plain JSON"),
    ],
)
def test_what_is_not_plain_json_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(NotPlainJsonError, match=why):
        parse(text)


@given(st.text(alphabet='{}[]",:/*\\ \n0e-tnula', max_size=40))
def test_it_takes_what_json_takes_and_nothing_else(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(NotPlainJsonError):
            parse(text)
        return
    names = json.loads(text, object_pairs_hook=lambda pairs: [len({k for k, _ in pairs}) == len(pairs), pairs])
    if "False" in repr(names):
        return
    assert plain(parse(text)) == expected
