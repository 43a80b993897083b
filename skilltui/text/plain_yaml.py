"""YAML as plain data: every scalar is a string, and nothing in it can refer, expand, construct or nest without end.

Anchors, aliases, tags and merge keys are refused: they are how small files explode or run code on load. Reading goes
event by event, so that a hostile text is refused where it turns hostile and not after it was built up.
"""

from __future__ import annotations

import json
from typing import TypeAlias

from msgspec import Struct

from skilltui.text.simple_yaml import simple_entries

FieldValue: TypeAlias = "str | list[FieldValue] | dict[str, FieldValue]"

MAX_DEPTH = 8


class RefusedYaml(Exception):  # noqa: N818 - a signal between two modules, no failure that a person sees
    """Valid YAML that is not plain data. ``index`` is an offset in the text."""

    def __init__(self, what: str, index: int) -> None:
        super().__init__(what)
        self.what = what
        self.index = index


class BrokenYaml(Exception):  # noqa: N818 - the same
    """No YAML. ``places`` are offsets in the text where the culprit may be, likeliest first."""

    def __init__(self, places: list[int]) -> None:
        super().__init__("no YAML")
        self.places = places


class Node(Struct):
    """A value and where it stands, as offsets in the text.

    ``plain`` for an unquoted scalar; ``entries`` are the keys of a map with their offsets, in order and with repeats;
    ``duplicates`` the repeats, from deeper maps too.
    """

    value: FieldValue
    start: int
    end: int
    plain: bool = False
    entries: list[tuple[str, int, Node]] | None = None
    duplicates: tuple[tuple[str, int], ...] = ()


def read_yaml(text: str) -> Node:
    """The one value of a YAML text; an empty text is an empty map.

    Raises:
        RefusedYaml: it holds what :class:`RefusedYaml` names.
        BrokenYaml: it is none.
    """
    simple = _simple(text)
    if simple is not None:
        return simple
    # Late: PyYAML takes as long to load as hundreds of skills without it to read.
    from skilltui.text.yaml_events import parsed

    return parsed(text)


def _simple(text: str) -> Node | None:
    simple = simple_entries(text)
    if simple is None or len({key for key, *_ in simple}) < len(simple):
        return None
    entries = [(key, at, Node(value, start, end, plain)) for key, at, value, start, end, plain in simple]
    return Node({key: node.value for key, _, node in entries}, 0, len(text), entries=entries)


def quote(text: str) -> str:
    """A double-quoted YAML scalar on one line that every YAML reader turns back into ``text``."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escape(char) for char in quoted)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
