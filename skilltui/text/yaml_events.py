"""YAML read event by event through PyYAML, for what ``simple_yaml`` does not take; see ``plain_yaml``."""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from skilltui.text.plain_yaml import MAX_DEPTH, BrokenYaml, FieldValue, Node, RefusedYaml


def parsed(text: str) -> Node:
    """The one value of a YAML text. Raises what ``read_yaml`` does."""
    try:
        return _whole(text)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # PyYAML lets chr() and int() fail on bad escapes
        raise BrokenYaml([mark.index for mark in _marks(error)]) from error


def _marks(error: Exception) -> list[yaml.Mark]:
    """Where a bracket or quote was opened, if that is likeliest, else where the reader stopped."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return []
    opened = None if "block" in (error.context or "") else error.context_mark
    return [mark for mark in (opened, error.problem_mark) if mark is not None]


def _whole(text: str) -> Node:
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
