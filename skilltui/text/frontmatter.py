"""The YAML between the two ``---`` lines of a ``SKILL.md``: read leniently.

The limit on size comes before the parse, because PyYAML takes seconds over a hostile megabyte. An unquoted ``: `` in
a value, the first cause of skills that vanish without a word (mattpocock/skills#907, anthropics/skills#1370), is
repaired in memory by quoting the value, and reported with the line that would be right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from msgspec import Struct

from skilltui.errors import SkillInvalidError
from skilltui.text.plain_yaml import BrokenYaml, FieldValue, Node, RefusedYaml, quote, read_yaml

MAX_FRONTMATTER_BYTES = 16 * 1024
# Each repair costs another parse.
MAX_REPAIRS = 8

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_FENCE = re.compile(r"---[ \t]*(?:\r\n|\n|\r)?\Z")
# A key with its value on the same line. A quote may follow the colon without a space: that is no YAML, but meant.
_ENTRY = re.compile(r"(?P<key>[A-Za-z_][\w.-]*)[ \t]*:(?=[ \t\r\n\"']|\Z)[ \t]*")
# What YAML takes for space; str.strip() would take more.
_BLANK = " \t\r\n"
_PROBLEM_HINT = 'Quote the value: description: "..."'


class Problem(Struct, frozen=True):
    """Something that other readers may stumble over. ``line`` counts from 1 in the file; ``fix`` is that line mended.

    Codes: ``YAML_COLON`` an unquoted ``: `` broke the value; ``YAML_QUOTE`` the value broke the YAML in another way;
    ``YAML_COMMENT`` an unquoted `` #`` cuts the description short; ``YAML_DUPLICATE_KEY`` the last value wins;
    ``FIELD_TYPE`` name or description is a list or a map; ``LEADING_BLANK`` the file does not begin with ``---``.
    """

    code: str
    line: int
    message: str
    fix: str | None = None


class Span(Struct, frozen=True):
    """Where a scalar stands in the file, as character offsets; ``start == end`` where the value is empty."""

    start: int
    end: int


class Frontmatter(Struct, frozen=True):
    """What was read. ``lines`` gives the line of each top-level key, ``spans`` the place of each top-level scalar.

    ``mended`` is the whole file with the values quoted that broke the YAML; ``None`` where none did.
    """

    fields: Mapping[str, FieldValue]
    lines: Mapping[str, int]
    spans: Mapping[str, Span]
    problems: tuple[Problem, ...]
    start: int
    end: int
    body_start: int
    mended: str | None = None


def split_lines(text: str) -> list[str]:
    """Lines with their endings kept; only ``\\n``, ``\\r\\n`` and ``\\r`` end a line, as in CommonMark."""
    return _LINE.findall(text)


def read_frontmatter(raw: str) -> Frontmatter:
    """Find and read the frontmatter of a whole file.

    Raises:
        SkillInvalidError: there is none, it is not closed, too long, too deep, holds what is refused, or is not YAML
            even with its values quoted.
    """
    start, end, body_start, problems = _boundaries(raw)
    if len(raw[start:end].encode()) > MAX_FRONTMATTER_BYTES:
        raise SkillInvalidError(
            f"The frontmatter is longer than {MAX_FRONTMATTER_BYTES // 1024} KiB.",
            "Keep name, description and a few fields there, and move the rest into the body.",
        )
    source = _Source(raw, start, end)
    reading = _read_leniently(source)
    problems += source.problems() + reading.problems
    return Frontmatter(
        fields=reading.fields, lines=reading.lines, spans=reading.spans, start=start, end=end, body_start=body_start,
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        mended=raw[:start] + source.text() + raw[end:] if source.problems() else None,
    )  # fmt: skip


def _boundaries(raw: str) -> tuple[int, int, int, list[Problem]]:
    """Start and end of the YAML, start of the body, and what is odd about the opening."""
    at = 1 if raw.startswith("\ufeff") else 0
    lines = (match[0] for match in _LINE.finditer(raw, at))  # the body may be long, and is none of our business
    number = 0
    for line in lines:
        number += 1
        if line.strip() == "":
            at += len(line)
            continue
        if _FENCE.match(line) is None:
            break
        problems = []
        if number > 1:
            problems.append(
                Problem("LEADING_BLANK", 1, "Blank lines stand before the opening ---; some agents skip it.")
            )
        start = at = at + len(line)
        for inner in lines:
            if _FENCE.match(inner):
                return start, at, at + len(inner), problems
            at += len(inner)
        raise SkillInvalidError("The frontmatter is not closed.", "Put a line with only --- after the last field.")
    raise SkillInvalidError(
        "There is no frontmatter.", "A SKILL.md begins with a line ---, then name: and description:, then a line ---."
    )


class _Repair(Struct):
    """A value that was quoted in memory: ``start`` and ``end`` in the file, and what stands there instead."""

    start: int
    end: int
    text: str
    problem: Problem


class _Source:
    """The YAML of a file with the repairs made so far, and the way back from its offsets to those of the file."""

    def __init__(self, raw: str, start: int, end: int) -> None:
        self.raw = raw
        self.start = start
        self.end = end
        self._repairs: list[_Repair] = []

    def text(self) -> str:
        parts = []
        at = self.start
        for repair in self._repairs:
            parts += [self.raw[at : repair.start], repair.text]
            at = repair.end
        return "".join([*parts, self.raw[at : self.end]])

    def offset(self, index: int) -> int:
        """The offset in the file of an offset in :meth:`text`."""
        at = index + self.start
        for repair in self._repairs:
            if at <= repair.start:
                return at
            if at < repair.start + len(repair.text):
                return repair.start
            at += repair.end - repair.start - len(repair.text)
        return at

    def line(self, index: int) -> int:
        """The line in the file, from 1, of an offset in :meth:`text`."""
        return self.line_at(self.offset(index))

    def line_at(self, offset: int) -> int:
        return len(split_lines(self.raw[:offset] + "x"))

    def problems(self) -> list[Problem]:
        return [repair.problem for repair in self._repairs]

    def quote_value(self, offset: int) -> bool:
        """Quote the value of the top-level entry at ``offset``; false where there is none that may be quoted."""
        entry = self._entry(offset)
        if entry is None or len(self._repairs) == MAX_REPAIRS:
            return False
        head, start, end = entry
        value = self.raw[start:end]
        before = self.raw[head:start].rstrip(_BLANK)
        if self.raw[head + len(before) : start].strip(" ") or start == head + len(before):
            start = head + len(before)  # a tab, or nothing, stands where YAML wants a space
        if not value or value[0] in "|>" or any(repair.start == start for repair in self._repairs):
            return False
        text = _plain_text(value)
        spaced = self.raw[start - 1] == " "
        colon = value[0] not in "\"'" and (re.search(r":[ \t]", text) is not None or text.endswith(":"))
        what = "An unquoted ': '" if colon else "This value"
        problem = Problem(
            "YAML_COLON" if colon else "YAML_QUOTE",
            self.line_at(head),
            f"{what} breaks the YAML; agents skip such a skill without a word.",
            fix=f"{before} {quote(text)}",
        )
        self._repairs.append(_Repair(start, end, quote(text) if spaced else f" {quote(text)}", problem))
        self._repairs.sort(key=lambda repair: repair.start)
        return True

    def _entry(self, offset: int) -> tuple[int, int, int] | None:
        """Offsets of key, value and value's end of the top-level entry that holds ``offset``."""
        found = None
        at = self.start
        for line in split_lines(self.raw[self.start : self.end]):
            if line[0] not in _BLANK:  # indented and blank lines go on with the entry above
                if at > offset:
                    break
                match = _ENTRY.match(line)
                found = None if match is None else (at, at + match.end(), at + len(line.rstrip(_BLANK)))
            elif found is not None and line.strip(_BLANK):
                found = (found[0], found[1], at + len(line.rstrip(_BLANK)))
            at += len(line)
        if found is None or found[1] > found[2]:
            return None
        return self._inner(found, offset) or found

    def _inner(self, entry: tuple[int, int, int], offset: int) -> tuple[int, int, int] | None:
        """The same of the entry of a map below a key, so that the map stays one; ``None`` where there is no map."""
        at, first, _ = entry
        lines = split_lines(self.raw[at : entry[2]])
        if first < at + len(lines[0].rstrip(_BLANK)):
            return None  # the key's own line goes on with a value
        found: tuple[int, int, int] | None = None
        depth = 0
        for line in lines:
            text = line.lstrip(" ")
            indent, end = len(line) - len(text), at + len(line.rstrip(_BLANK))
            match = _ENTRY.match(text) if indent else None
            if match is not None and (found is None or indent <= depth or at <= offset):
                if at > offset:
                    break
                found, depth = (at + indent, at + indent + match.end(), end), indent
            elif found is not None and text.strip(_BLANK):
                found = (found[0], found[1], end)
            at += len(line)
        return found if found is not None and found[1] <= found[2] else None


def _plain_text(value: str) -> str:
    """What the author of a broken value most likely meant: its lines joined, one pair of outer quotes taken off."""
    try:
        whole = read_yaml(value).value
    except (BrokenYaml, RefusedYaml):
        whole = None
    if isinstance(whole, str) and value[0] in "\"'":
        return whole
    text = " ".join(part.strip() for part in split_lines(value))
    if len(text) >= 2 and text[0] in "\"'" and text[-1] == text[0]:
        text = text[1:-1]
    return text.strip()


class _Reading(Struct):
    fields: dict[str, FieldValue]
    lines: dict[str, int]
    spans: dict[str, Span]
    problems: list[Problem]


def _read_leniently(source: _Source) -> _Reading:
    """Read; where that fails, quote the value at the failure and read again, each value once."""
    while True:
        try:
            return _reading(source, read_yaml(source.text()))
        except RefusedYaml as error:
            line = source.line(error.index)
            raise SkillInvalidError(
                f"Line {line}: {error.what} is not allowed in the frontmatter.", _PROBLEM_HINT
            ) from None
        except BrokenYaml as error:
            if not any(source.quote_value(source.offset(index)) for index in error.places):
                line = source.line(error.places[0] if error.places else 0)
                raise SkillInvalidError(f"Line {line}: the frontmatter is not valid YAML.", _PROBLEM_HINT) from error


def _reading(source: _Source, top: Node) -> _Reading:
    if top.entries is None or not isinstance(top.value, dict):
        raise SkillInvalidError(
            "The frontmatter is not a list of fields.", "Write one field per line: name: ..., description: ..."
        )
    reading = _Reading(top.value, {}, {}, [])
    for key, start, node in top.entries:
        reading.lines[key] = source.line(start)
        reading.spans.pop(key, None)
        if isinstance(node.value, str):
            reading.spans[key] = _span(source, node)
        if key == "description" and node.plain:
            reading.problems += _cut_by_comment(source, start, node)
    for key in ("name", "description"):
        if not isinstance(top.value.get(key, ""), str):
            reading.problems.append(
                Problem("FIELD_TYPE", reading.lines[key], f"{key} is not text but a list or a map.")
            )
    for key, start in top.duplicates:
        reading.problems.append(
            Problem("YAML_DUPLICATE_KEY", source.line(start), f"{key} stands here twice; the last value is used.")
        )
    _refuse_surrogates(top.value)
    return reading


def _span(source: _Source, node: Node) -> Span:
    start, end = source.offset(node.start), source.offset(node.end)
    # A block scalar's end mark lies behind the blank lines that follow it. A tab at its end is text.
    return Span(start, start + len(source.raw[start:end].rstrip(" \r\n")))


def _cut_by_comment(source: _Source, key_start: int, node: Node) -> list[Problem]:
    end = source.offset(node.end)
    rest = split_lines(source.raw[end : source.end] + "\n")[0].rstrip()
    if not rest.lstrip().startswith("#"):
        return []
    start = source.offset(node.start)
    text = " ".join(part.strip() for part in split_lines(source.raw[start:end])) + rest
    return [
        Problem(
            "YAML_COMMENT",
            source.line(node.end),
            "An unquoted ' #' begins a comment: the description ends before it.",
            fix=source.raw[source.offset(key_start) : start] + quote(text),
        )
    ]


def _refuse_surrogates(value: FieldValue) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise SkillInvalidError(
            "The frontmatter holds half a character (a lone surrogate).", "Remove the \\ud800-\\udfff escape."
        ) from None
