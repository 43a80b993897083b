"""From a model's raw text to data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skilltui.llm.reply import decode, salvage, strip_thinking


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('<think>hm, {"a": 2}?</think>\n{"a": 1}', '{"a": 1}'),
        (' <think></think><think>more</think> {"a": 1}', '{"a": 1}'),
        ('so it is\n</think>\n\n{"a": 1}', '{"a": 1}'),
        ("<think>never ends", ""),
        ('{"a": "say </think> there"}', '{"a": "say </think> there"}'),
    ],
)
def test_thinking_is_cut_off(text: str, answer: str) -> None:
    assert strip_thinking(text) == answer


@pytest.mark.parametrize("text", ["", "Sure!", '{"a": 1', "[" * 100_000, '{"a": 1} and more', "1" * 5000])
def test_what_is_no_json_is_one_kind_of_error(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)


items = st.lists(
    st.fixed_dictionaries({"card": st.text(max_size=8), "lines": st.lists(st.text(max_size=12), max_size=3)}),
    max_size=4,
)


def whole(value: Any) -> bool:
    return isinstance(value, dict) and all(set(item) == {"card", "lines"} for item in value.get("items", ()))


@given(items, st.text(max_size=10), st.data(), st.booleans())
def test_an_answer_cut_anywhere_gives_only_items_that_were_whole(
    written: list[dict[str, Any]], description: str, data: st.DataObject, ascii_only: bool
) -> None:
    text = json.dumps({"items": written, "description": description}, ensure_ascii=ascii_only)
    cut = text[: data.draw(st.integers(0, len(text)))]
    part = salvage(cut, whole)
    if part is None:
        assert len(cut) < len(text)
        return
    assert part["items"] == written[: len(part["items"])]


def test_the_longest_whole_part_is_found() -> None:
    text = '{"items": [{"card": "a", "lines": ["x"]}, {"card": "b", "lines": ["y", "z'
    assert salvage(text, whole) == {"items": [{"card": "a", "lines": ["x"]}]}


def test_nothing_whole_is_nothing() -> None:
    assert salvage('{"items": [{"card": "a", "lines": ["x', whole) is None
