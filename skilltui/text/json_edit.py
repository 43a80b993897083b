"""Changing one place of a JSON file that belongs to somebody else: every byte outside of that place stays.

A text becomes a tree of nodes with their places; an edit is made on the text and the tree is made anew. Only plain JSON
(RFC 8259) is taken: a file with comments or trailing commas is refused, never rewritten without them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs; strict JSON strings with their end
from typing import Any

from msgspec import Struct, field

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"-?\d[\d.eE+-]*|true|false|null")
_DEPTH = 200


class NotPlainJsonError(ValueError):
    """The text is not plain JSON; the message says where."""


class Node(Struct):
    """One value: ``start`` and ``end`` are offsets in the text. ``keys`` are an object's, in step with ``items``."""

    start: int
    end: int
    kind: str  # object, array, scalar
    value: Any = None
    keys: list[tuple[str, int]] = field(default_factory=list)  # name, offset of its opening quote
    items: list[Node] = field(default_factory=list)

    def get(self, name: str) -> Node | None:
        """An object's member."""
        return next((item for (key, _), item in zip(self.keys, self.items, strict=False) if key == name), None)


def parse(text: str) -> Node:
    """The tree of a text. ``NotPlainJsonError`` where it is none, or where a name stands twice in one object."""
    place = _skip(text, 1 if text.startswith("\ufeff") else 0)
    node = _value(text, place, 0)
    if _skip(text, node.end) != len(text):
        raise _wrong(text, _skip(text, node.end))
    return node


def add_member(text: str, target: Node, name: str, value: Any) -> str:
    """``target`` (an object) with one more member at its end."""
    return _add(text, target, lambda indent, unit: f"{json.dumps(name)}: {_dump(value, indent, unit)}")


def add_item(text: str, target: Node, value: Any) -> str:
    """``target`` (an array) with one more item at its end."""
    return _add(text, target, lambda indent, unit: _dump(value, indent, unit))


def remove(text: str, target: Node, index: int) -> str:
    """``target`` without its item or member number ``index``, and without the comma that it had."""
    starts = [start for _, start in target.keys] or [item.start for item in target.items]
    start, end = starts[index], target.items[index].end
    if len(starts) == 1:
        return text[: target.start + 1] + text[target.end - 1 :]
    if index + 1 < len(starts):
        # Up to the next one, so that this one's indentation serves the next.
        return text[:start] + text[starts[index + 1] :]
    return text[: target.items[index - 1].end] + text[end:]


def _dump(value: Any, indent: str | None, unit: str) -> str:
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", "\n" + indent)


def _add(text: str, target: Node, render: Callable[[str | None, str], str]) -> str:
    """Insert what ``render(indent, unit)`` gives before the closing bracket, laid out as the file is."""
    newline = "\r\n" if "\r\n" in text else "\n"
    unit = _unit(text)
    closing = target.end - 1
    outer = _indent_of(text, target.start)
    starts = [start for _, start in target.keys] or [item.start for item in target.items]
    if target.items:
        last = target.items[-1].end
        before = text[:last] + ","
        if "\n" in text[target.start : starts[0]]:
            indent = _indent_of(text, starts[0])
            return before + newline + indent + _lines(render(indent, unit), newline) + text[last:]
        return before + " " + render(None, unit) + text[last:]
    if "\n" not in text.strip() and target.start > _skip(text, 0):
        # A file of one line stays one.
        return text[: target.start + 1] + render(None, unit) + text[closing:]
    indent = outer + unit
    inside = newline + indent + _lines(render(indent, unit), newline) + newline + outer
    return text[: target.start + 1] + inside + text[closing:]


def _lines(rendered: str, newline: str) -> str:
    return rendered.replace("\n", newline)


def _indent_of(text: str, place: int) -> str:
    """The white space at the beginning of the line that ``place`` is on."""
    line = text.rfind("\n", 0, place) + 1
    return text[line : len(text) - len(text[line:].lstrip(" \t"))]


def _unit(text: str) -> str:
    """One step of indentation: that of the first indented line, else two spaces."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else "  "


def _value(text: str, place: int, depth: int) -> Node:
    if depth > _DEPTH:
        raise NotPlainJsonError("nested too deeply")
    first = text[place : place + 1]
    if first == "{":
        return _object(text, place, depth)
    if first == "[":
        return _array(text, place, depth)
    if first == '"':
        value, end = _string(text, place)
        return Node(place, end, "scalar", value)
    found = _SCALAR.match(text, place)
    if found is None:
        raise _wrong(text, place)
    try:
        return Node(place, found.end(), "scalar", json.loads(found[0]))
    except ValueError:
        raise _wrong(text, place) from None


def _object(text: str, start: int, depth: int) -> Node:
    node = Node(start, start, "object")
    place = _skip(text, start + 1)
    if text[place : place + 1] == "}":
        node.end = place + 1
        return node
    names: set[str] = set()
    while True:
        if text[place : place + 1] != '"':
            raise _wrong(text, place)
        name, end = _string(text, place)
        if name in names:
            raise NotPlainJsonError(f"{name!r} stands twice in one object")
        names.add(name)
        node.keys.append((name, place))
        place = _skip(text, end)
        if text[place : place + 1] != ":":
            raise _wrong(text, place)
        item = _value(text, _skip(text, place + 1), depth + 1)
        node.items.append(item)
        place = _skip(text, item.end)
        if text[place : place + 1] == "}":
            node.end = place + 1
            return node
        place = _comma(text, place)


def _array(text: str, start: int, depth: int) -> Node:
    node = Node(start, start, "array")
    place = _skip(text, start + 1)
    if text[place : place + 1] == "]":
        node.end = place + 1
        return node
    while True:
        item = _value(text, place, depth + 1)
        node.items.append(item)
        place = _skip(text, item.end)
        if text[place : place + 1] == "]":
            node.end = place + 1
            return node
        place = _comma(text, place)


def _comma(text: str, place: int) -> int:
    if text[place : place + 1] != ",":
        raise _wrong(text, place)
    return _skip(text, place + 1)


def _string(text: str, place: int) -> tuple[str, int]:
    try:
        value, end = scanstring(text, place + 1, True)
    except ValueError:
        raise _wrong(text, place) from None
    return str(value), int(end)


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _wrong(text: str, place: int) -> NotPlainJsonError:
    line = text.count("\n", 0, place) + 1
    what = "a comment" if text.startswith(("//", "/*"), place) else "no plain JSON"
    return NotPlainJsonError(f"{what} in line {line}")


def plain(node: Node) -> Any:
    """The value that a node stands for."""
    if node.kind == "object":
        return {key: plain(item) for (key, _), item in zip(node.keys, node.items, strict=True)}
    return [plain(item) for item in node.items] if node.kind == "array" else node.value
