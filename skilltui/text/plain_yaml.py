"""YAML as plain data: every scalar is a string, and nothing in it can refer, expand, construct or nest without end.

Anchors, aliases, tags and merge keys are refused: they are how small files explode or run code on load. Reading goes
event by event, so that a hostile text is refused where it turns hostile and not after it was built up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml

from skilltui.text.simple_yaml import simple_entries

FieldValue: TypeAlias = "str | list[FieldValue] | dict[str, FieldValue]"

MAX_DEPTH = 8


class RefusedYaml(Exception):  # noqa: N818 - a signal between two modules, no failure that a person sees
    """Valid YAML that is not plain data. ``index`` is an offset in the text."""

    def __init__(self, what: str, index: int) -> None:
        super().__init__(what)
        self.what = what
        self.index = index


@dataclass(slots=True)
class Node:
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
        yaml.YAMLError, ValueError, OverflowError: it is no YAML. PyYAML lets ``chr`` and ``int`` fail on bad escapes
            and versions.
    """
    return _simple(text) or _parsed(text)


def _simple(text: str) -> Node | None:
    simple = simple_entries(text)
    if simple is None or len({key for key, *_ in simple}) < len(simple):
        return None
    entries = [(key, at, Node(value, start, end, plain)) for key, at, value, start, end, plain in simple]
    return Node({key: node.value for key, _, node in entries}, 0, len(text), entries=entries)


def _parsed(text: str) -> Node:
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=yaml.SafeLoader)
    next(events)  # the stream's start
    if isinstance(next(events), yaml.StreamEndEvent):
        return Node({}, 0, 0, entries=[])
    node = _value(events, next(events), depth=0)
    next(events)  # the document's end
    after = next(events)
    if not isinstance(after, yaml.StreamEndEvent):
        raise RefusedYaml("a second YAML document", _start(after))
    return node


def _start(event: yaml.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.index


def _end(event: yaml.Event) -> int:
    return 0 if event.end_mark is None else event.end_mark.index


def _value(events: Iterator[yaml.Event], event: yaml.Event, depth: int) -> Node:
    at = _start(event)
    if isinstance(event, yaml.AliasEvent):
        raise RefusedYaml("a YAML alias (*name)", at)
    if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
        raise RefusedYaml("a YAML anchor (&name)", at)
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        raise RefusedYaml("a YAML tag (!name)", at)
    if isinstance(event, yaml.ScalarEvent):
        return Node(event.value, at, _end(event), plain=event.style is None)
    if depth >= MAX_DEPTH:
        raise RefusedYaml(f"YAML nested deeper than {MAX_DEPTH} levels", at)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(events, at, depth)
    return _mapping(events, at, depth)


def _sequence(events: Iterator[yaml.Event], at: int, depth: int) -> Node:
    items: list[FieldValue] = []
    duplicates: list[tuple[str, int]] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        node = _value(events, event, depth + 1)
        items.append(node.value)
        duplicates += node.duplicates
    return Node(items, at, _end(event), duplicates=tuple(duplicates))


def _mapping(events: Iterator[yaml.Event], at: int, depth: int) -> Node:
    fields: dict[str, FieldValue] = {}
    entries: list[tuple[str, int, Node]] = []
    duplicates: list[tuple[str, int]] = []
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _value(events, event, depth + 1)
        if not isinstance(key.value, str):
            raise RefusedYaml("a YAML key that is not text", key.start)
        if key.plain and key.value == "<<":
            raise RefusedYaml("a YAML merge key (<<)", key.start)
        if key.value in fields:
            duplicates.append((key.value, key.start))
        node = _value(events, next(events), depth + 1)
        duplicates += node.duplicates
        fields[key.value] = node.value
        entries.append((key.value, key.start, node))
    return Node(fields, at, _end(event), entries=entries, duplicates=tuple(duplicates))


def quote(text: str) -> str:
    """A double-quoted YAML scalar on one line that every YAML reader turns back into ``text``."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escape(char) for char in quoted)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
