"""The lint that keeps our schemas to what a grammar enforces, and the validator for what comes back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skilltui.domain.proposal import Origin, Support
from skilltui.learning import prompts
from skilltui.learning.engine import Card, CardKind
from skilltui.llm.schema import unsafe, violations


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def card(name: str, lines: int) -> Card:
    words = tuple(f"line {number}" for number in range(lines))
    return Card(name, CardKind.FIX, "Gotchas", words, Support(2, 3), (), Origin.USER, "")


@pytest.mark.parametrize("cards", [1, 4, 60])
@pytest.mark.parametrize("lines", [1, 5, 200])
def test_our_schema_is_safe(cards: int, lines: int) -> None:
    assert unsafe(prompts.schema([card(f"c_{number}", lines) for number in range(cards)])) == []


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "number", "minimum": 0, "maximum": 1}, "minimum is not enforced for number"),
        ({"type": "string", "pattern": "^[a-z]{1,9}$", "maxLength": 9}, "minLength and maxLength ignored"),
        ({"type": "string", "pattern": "[a-z]{1,9}"}, "begin with ^"),
        ({"type": "string", "pattern": "^(?=a)[a-z]{1,9}$"}, "look-around"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "no upper bound"),
        ({"type": "string", "pattern": "^[a-z]{1,}$"}, "no upper bound"),
        ({"type": "string", "pattern": "^[a-z]{1,2000}$"}, "2000 times"),
        ({"type": "string", "pattern": "^.{1,9}$"}, "quotation mark"),
        ({"type": "string", "pattern": '^[a-z"]{1,9}$'}, "quotation mark"),
        ({"type": "string"}, "no maxLength"),
        ({"type": "string", "maxLength": 5000}, "2000 or more"),
        ({"type": "array", "items": {"type": "boolean"}}, "no maxItems"),
        ({"type": "array", "maxItems": 3}, "no items"),
        ({"type": "array", "items": {"type": "boolean"}, "maxItems": 3, "uniqueItems": True}, "uniqueItems"),
        ({"type": "array", "items": {"type": "boolean"}, "maxItems": 3, "contains": {}}, "contains"),
        ({"type": "object", "properties": {}}, "open to further properties"),
        ({"type": "object", "properties": {"a": {"type": "null"}}, "additionalProperties": False}, "optional"),
        (closed() | {"patternProperties": {}}, "patternProperties"),
        (closed() | {"if": {}}, "if is not enforced"),
        (closed() | {"anyOf": [{"type": "null"}]}, "beside anyOf"),
        ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "no maxLength"),
        ({"type": "text"}, "unknown type"),
        ({"type": ["string", "null"]}, "unknown type"),
        ({}, "unknown type"),
        ({"$ref": "#/$defs/x"}, "$ref"),
    ],
)
def test_what_a_grammar_ignores_is_named_with_its_place(part: dict[str, Any], said: str) -> None:
    found = unsafe(closed(deep={"type": "array", "items": closed(field=part), "maxItems": 2}))
    assert any(said in line and "$.deep[].field" in line for line in found), found


@pytest.mark.parametrize(
    "part",
    [
        {"type": "string", "maxLength": 40},
        {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,39}$"},
        {"type": "string", "pattern": '^[^"\\\\\\x00-\\x1f]{1,500}$'},
        {"enum": ["low", "high"]},
        {"type": "integer", "minimum": 0, "maximum": 10},
        {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
    ],
)
def test_what_a_grammar_enforces_is_let_through(part: dict[str, Any]) -> None:
    assert unsafe(closed(field=part)) == []


SCHEMA = closed(
    name={"type": "string", "pattern": "^[a-z]{1,5}$"},
    kind={"type": "string", "enum": ["a", "b"]},
    size={"type": "integer", "minimum": 0, "maximum": 9},
    lines={"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "minLength": 1, "maxLength": 3}},
    more={"anyOf": [{"type": "null"}, {"type": "boolean"}]},
)
GOOD = {"name": "abc", "kind": "a", "size": 3, "lines": ["x"], "more": None}


def test_a_value_that_fits() -> None:
    assert violations(GOOD, SCHEMA) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": "ABC"}, "$.name"),
        ({"name": "abc\n"}, "$.name"),
        ({"name": 3}, "$.name"),
        ({"kind": "c"}, "$.kind"),
        ({"size": 10}, "$.size"),
        ({"size": True}, "$.size"),
        ({"size": 3.5}, "$.size"),
        ({"lines": []}, "$.lines"),
        ({"lines": ["x", "x", "x"]}, "$.lines"),
        ({"lines": ["long"]}, "$.lines[0]"),
        ({"lines": "x"}, "$.lines"),
        ({"more": "maybe"}, "$.more"),
        ({"extra": 1}, "$: unknown"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_place(change: dict[str, Any], place: str) -> None:
    found = violations(GOOD | change, SCHEMA)
    assert found
    assert all(line.startswith(place) for line in found), found


def test_only_the_outermost_object_of_a_part_may_lack_something() -> None:
    schema = closed(inner=closed(a={"type": "null"}), last={"type": "null"})
    assert violations({"inner": {"a": None}}, schema)
    assert violations({"inner": {"a": None}}, schema, partial=True) == []
    assert violations({"inner": {}}, schema, partial=True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_any_json_value_is_judged(value: Any) -> None:
    assert violations(value, SCHEMA)
