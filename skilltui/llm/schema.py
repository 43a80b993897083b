"""The part of JSON Schema that grammars really enforce: a lint for our schemas, a validator for what comes back.

Ollama turns a schema into a GBNF grammar and passes over in silence what it can't express (llama.cpp,
``json-schema-to-grammar``), so a schema may only use what :func:`unsafe` lets through, and every answer is validated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

# llama.cpp rejects a grammar with a repetition of this many or more.
MAX_REPEAT = 2000

_ANNOTATIONS = {"title", "description"}
_KEYWORDS = {
    "object": {"type", "properties", "required", "additionalProperties"},
    "array": {"type", "items", "minItems", "maxItems"},
    "string": {"type", "minLength", "maxLength", "pattern", "enum", "const"},
    "integer": {"type", "minimum", "maximum", "enum", "const"},
    "number": {"type"},
    "boolean": {"type"},
    "null": {"type"},
}
_LOOK_AROUND = re.compile(r"\(\?(?:[=!]|<[=!])")
_OPEN_REPEAT = re.compile(r"(?<!\\)(?:[*+]|\{\d*,\})")
_BOUND = re.compile(r"\{\d*,?(\d+)\}")
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")


def unsafe(schema: Schema, path: str = "$") -> list[str]:
    """What in a schema the grammar would ignore or break on, each with its place; empty for a safe schema."""
    return list(_unsafe(schema, path))


def _unsafe(schema: Schema, path: str) -> Iterator[str]:
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives is not None:
        if set(schema) - {"anyOf", "oneOf"} - _ANNOTATIONS:
            yield f"{path}: what stands beside anyOf is ignored"
        for index, part in enumerate(alternatives):
            yield from _unsafe(part, f"{path}.anyOf[{index}]")
        return
    if "type" not in schema and ("enum" in schema or "const" in schema):
        schema = {**schema, "type": "string"}
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _KEYWORDS:
        yield f"{path}: unknown type {kind!r}" if "$ref" not in schema else f"{path}: write out what $ref names"
        return
    for key in sorted(set(schema) - _KEYWORDS[kind] - _ANNOTATIONS):
        yield f"{path}: {key} is not enforced for {kind}"
    if kind == "object":
        yield from _unsafe_object(schema, path)
    elif kind == "array":
        yield from _unsafe_array(schema, path)
    elif kind == "string":
        yield from _unsafe_string(schema, path)


def _unsafe_object(schema: Schema, path: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    if schema.get("additionalProperties") is not False:
        yield f"{path}: open to further properties"
    for name in properties:
        if name not in schema.get("required", ()):
            yield f"{path}.{name}: optional"
    for name, part in properties.items():
        yield from _unsafe(part, f"{path}.{name}")


def _unsafe_array(schema: Schema, path: str) -> Iterator[str]:
    if "maxItems" not in schema:
        yield f"{path}: no maxItems"
    elif schema["maxItems"] >= MAX_REPEAT:
        yield f"{path}: maxItems is {MAX_REPEAT} or more"
    if "items" not in schema:
        yield f"{path}: no items"
    else:
        yield from _unsafe(schema["items"], f"{path}[]")


def _unsafe_string(schema: Schema, path: str) -> Iterator[str]:
    if "enum" in schema or "const" in schema:
        return
    pattern = schema.get("pattern")
    if pattern is None:
        if "maxLength" not in schema:
            yield f"{path}: no maxLength"
        elif schema["maxLength"] >= MAX_REPEAT:
            yield f"{path}: maxLength is {MAX_REPEAT} or more"
        return
    if "minLength" in schema or "maxLength" in schema:
        yield f"{path}: the pattern makes minLength and maxLength ignored"
    if not (pattern.startswith("^") and pattern.endswith("$")):
        yield f"{path}: the pattern must begin with ^ and end with $"
    if _LOOK_AROUND.search(pattern):
        yield f"{path}: look-around in the pattern"
    outside = _CLASS.sub("c", pattern)
    if _OPEN_REPEAT.search(outside):
        yield f"{path}: the pattern has no upper bound"
    if any(int(bound) >= MAX_REPEAT for bound in _BOUND.findall(outside)):
        yield f"{path}: the pattern repeats {MAX_REPEAT} times or more"
    # The grammar writes the pattern's characters into the JSON text as they are.
    if re.search(r"(?<!\\)\.", outside) or any(re.fullmatch(part, '"') for part in _CLASS.findall(pattern)):
        yield f"{path}: the pattern lets a bare quotation mark through, which ends the JSON string"


def violations(value: Any, schema: Schema, *, partial: bool = False, path: str = "$") -> list[str]:
    """How a value breaks a schema, each with its place; empty where it fits.

    ``partial``: the outermost object may lack properties, because the answer was cut off.
    """
    return list(_violations(value, schema, path, partial=partial))


def _violations(value: Any, schema: Schema, path: str, *, partial: bool = False) -> Iterator[str]:
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives is not None:
        if all(violations(value, part) for part in alternatives):
            yield f"{path}: fits none of the alternatives"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: not one of the allowed values"
    elif "const" in schema and value != schema["const"]:
        yield f"{path}: not the one allowed value"
    kind = schema.get("type")
    if kind is not None and not _has_type(value, kind):
        yield f"{path}: not of type {kind}"
    elif isinstance(value, dict):
        yield from _object_violations(value, schema, path, partial=partial)
    elif isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            yield f"{path}: {len(value)} elements"
        for index, element in enumerate(value):
            yield from _violations(element, schema.get("items", {}), f"{path}[{index}]")
    elif isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{path}: {len(value)} characters"
        if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
            yield f"{path}: does not fit the pattern"
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{path}: out of range"


def _object_violations(value: dict[str, Any], schema: Schema, path: str, *, partial: bool) -> Iterator[str]:
    properties = schema.get("properties", {})
    if not partial:
        yield from (f"{path}.{name}: missing" for name in schema.get("required", ()) if name not in value)
    if schema.get("additionalProperties") is False and set(value) - set(properties):
        yield f"{path}: unknown properties"
    for name, part in properties.items():
        if name in value:
            yield from _violations(value[name], part, f"{path}.{name}")


def _has_type(value: Any, kind: str) -> bool:
    match kind:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return value is None
