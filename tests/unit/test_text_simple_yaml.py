"""What the short reader of frontmatter takes, it reads as PyYAML does; the rest it leaves alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.text import plain_yaml
from skilltui.text.simple_yaml import simple_entries
from skilltui.text.yaml_events import parsed

_PIECES = [
    "key: ", "a: ", "\n", ": ", " #", "'", '"', "\\", "word", " ", "-", "?", "é", "\u2028", "\xa0", "|", "&x", "[", "{",
    "~", ":", "#", "%", "\t", "\r\n",
]  # fmt: skip


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=9).map("".join))
def test_it_agrees_with_the_full_parser(end: str) -> None:
    text = f"name: x\ndescription: {end}"
    found = plain_yaml._simple(text)
    if found is not None:
        assert found == parsed(text)


@pytest.mark.parametrize(
    "text",
    [
        "name: release-notes\ndescription: Writes notes. Use when a version is due (or late).\n",
        'name: a\ndescription: "Fixes it: now. # not a comment"\nlicense: MIT',
        "name: 'no'\nversion: 1.2.3\nurl: https://example.test/a#b\n",
        "description: 用户 – naïve – 10 % of it's “words”   \n",
    ],
)
def test_ordinary_frontmatter_is_taken(text: str) -> None:
    assert simple_entries(text) is not None
    assert plain_yaml.read_yaml(text) == parsed(text)


@pytest.mark.parametrize(
    "text",
    ["", "a: b: c\n", "a:\n  b: c\n", "a: >-\n  b\n", "a: b # c\n", "a: b\n  c\n", "a: *b\n", "a: b\na: c\n",
     "- a\n", "a: \"b\\n\"\n", "a: 'it''s'\n", "a: b:\n", "a: b\r\n", "# x\na: b\n", "a:b\n"],
)  # fmt: skip
def test_anything_else_is_left_to_the_parser(text: str) -> None:
    assert plain_yaml._simple(text) is None
