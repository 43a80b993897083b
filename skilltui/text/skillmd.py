"""``SKILL.md``, lossless: what was read comes back byte for byte, and a change touches only what it names.

Format: agentskills.io specification (August 2026). Reading is lenient, because people's files are what they are, and
says what it had to forgive; writing is strict. Whether name, folder and lengths keep the rules is for
``library.check`` to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from msgspec import Struct, field

from skilltui.errors import SkillInvalidError
from skilltui.text.frontmatter import Problem, Span, read_frontmatter, split_lines
from skilltui.text.plain_yaml import FieldValue, quote

__all__ = [
    "MAX_DESCRIPTION", "MAX_FILE_BYTES", "MAX_NAME", "NAME", "FieldValue", "Problem", "Section", "SkillDocument",
    "check_name", "emit_new", "parse_skill", "split_lines", "with_description", "with_name", "with_quotes",
]  # fmt: skip

MAX_FILE_BYTES = 1024 * 1024
MAX_NAME = 64
MAX_DESCRIPTION = 1024
NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

_HEADING = re.compile(r" {0,3}(?P<marks>#{1,6})(?:[ \t]+(?P<title>[^\r\n]*))?[\r\n]*\Z")
_CLOSING_MARKS = re.compile(r"(?:^|[ \t]+)#+[ \t]*\Z")
_CODE_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<marks>`{3,}|~{3,})(?P<info>[^\r\n]*)")
# Names that other YAML readers would not take for text.
_NOT_TEXT = frozenset({"n", "no", "null", "off", "on", "true", "false", "y", "yes"})
# The problems that quoting mends, and what a line of a list or a map begins with.
_QUOTED = frozenset({"YAML_COLON", "YAML_QUOTE"})
_ENTRY_LINE = re.compile(r"[ \t]*(?:-[ \t]|[\w.-]+[ \t]*:(?:[ \t\r\n]|\Z))")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


class Section(Struct, frozen=True):
    """A heading with all that belongs to it, deeper headings included.

    Lines count from 1 in the whole file, the heading's own first; ``end_line`` is the first line after it.
    """

    title: str
    level: int
    start_line: int
    end_line: int


class SkillDocument(Struct, frozen=True, dict=True):
    """A ``SKILL.md`` as read. ``raw`` is the whole file, with BOM and line endings as they were.

    ``name`` and ``description`` are stripped, and empty where missing or not text. ``fields`` holds every top-level
    field with all scalars as strings; ``lines`` the line of each key, from 1. ``body_start`` is an offset in ``raw``.
    """

    raw: str
    name: str
    description: str
    fields: Mapping[str, FieldValue]
    body_start: int
    problems: tuple[Problem, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    # Where the description's scalar and the closing line stand in ``raw``.
    description_span: Span | None = None
    frontmatter_end: int = 0
    name_span: Span | None = None
    # The file with the values quoted that broke its YAML; ``None`` where none did.
    mended: str | None = None

    @property
    def body(self) -> str:
        """Everything after the closing ``---`` line."""
        return self.raw[self.body_start :]

    @property
    def newline(self) -> str:
        """The line ending of the first line, which new lines should share."""
        first = split_lines(self.raw)[0]
        return first[len(first.rstrip("\r\n")) :] or "\n"

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """ATX headings outside code fences, in order."""
        return _sections(split_lines(self.raw), len(split_lines(self.raw[: self.body_start])))


def parse_skill(data: bytes | str) -> SkillDocument:
    """Read a ``SKILL.md``.

    Raises:
        SkillInvalidError: it is not UTF-8, larger than 1 MiB, or its frontmatter can't be read
            (:func:`skilltui.text.frontmatter.read_frontmatter`).
    """
    raw = _decode(data)
    front = read_frontmatter(raw)
    name, description = front.fields.get("name", ""), front.fields.get("description", "")
    return SkillDocument(
        raw=raw,
        name=name.strip() if isinstance(name, str) else "",
        description=description.strip() if isinstance(description, str) else "",
        fields=front.fields,
        body_start=front.body_start,
        problems=front.problems,
        lines=front.lines,
        description_span=front.spans.get("description"),
        frontmatter_end=front.end,
        name_span=front.spans.get("name"),
        mended=front.mended,
    )


def emit_new(name: str, description: str, body: str, *, metadata: Mapping[str, str] | None = None) -> str:
    """The text of a new skill, with ``\\n`` endings and a final newline; it has been read back before it is returned.

    Raises:
        SkillInvalidError: the name or the description breaks the specification, or the whole is too large.
    """
    check_name(name)
    description = _checked_description(description)
    lines = ["---", f"name: {_name_value(name)}", f"description: {quote(description)}"]
    if metadata:
        lines.append("metadata:")
        for key, value in metadata.items():
            plain = _PLAIN_KEY.fullmatch(key) and key not in _NOT_TEXT
            lines.append(f"  {key if plain else quote(key)}: {quote(value)}")
    text = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    raw = "\n".join([*lines, "---", ""]) + (f"\n{text}\n" if text else "")
    document = parse_skill(raw)
    wanted: dict[str, FieldValue] = {"name": name, "description": description}
    if metadata:
        wanted["metadata"] = dict(metadata)
    if document.fields != wanted or document.problems:
        raise SkillInvalidError("The new skill does not read back as it was written.", "Report this with the text.")
    return raw


def with_description(document: SkillDocument, description: str) -> str:
    """The file with another description and everything else byte for byte as it was.

    The new value is a double-quoted scalar on one line, whatever the old one was; a missing field is added last.

    Raises:
        SkillInvalidError: the description breaks the specification, the old one is no text, or the result would not
            read back.
    """
    description = _checked_description(description)
    span = document.description_span
    if span is None and "description" in document.fields:
        raise SkillInvalidError("The description is a list or a map.", "Replace it by text by hand first.")
    raw = document.raw
    if span is None:
        at = document.frontmatter_end
        result = f"{raw[:at]}description: {quote(description)}{document.newline}{raw[at:]}"
    else:
        space = "" if raw[span.start - 1] in " \t" else " "
        result = f"{raw[: span.start]}{space}{quote(description)}{raw[span.end :]}"
    again = parse_skill(result)
    if (again.description, again.name, again.body) != (description, document.name, document.body):
        raise SkillInvalidError(
            "The description can't be replaced in this frontmatter.", "Write it on one line of its own by hand first."
        )
    return result


def with_name(document: SkillDocument, name: str) -> str:
    """The file with another name and everything else byte for byte as it was; a missing field is added last.

    Raises:
        SkillInvalidError: the name breaks the specification, the old one is no text, or the result would not read back.
    """
    check_name(name)
    span, raw = document.name_span, document.raw
    if span is None and "name" in document.fields:
        raise SkillInvalidError("The name is a list or a map.", "Replace it by text by hand first.")
    if span is None:
        at = document.frontmatter_end
        result = f"{raw[:at]}name: {_name_value(name)}{document.newline}{raw[at:]}"
    else:
        quotes = raw[span.start : span.start + 1]
        value = f"{quotes}{name}{quotes}" if quotes and quotes in "\"'" else _name_value(name)
        space = "" if raw[span.start - 1] in " \t" else " "
        result = f"{raw[: span.start]}{space}{value}{raw[span.end :]}"
    again = parse_skill(result)
    if (again.name, again.description, again.body) != (name, document.description, document.body):
        raise SkillInvalidError(
            "The name can't be replaced in this frontmatter.", "Write it on one line of its own by hand first."
        )
    return result


def with_quotes(document: SkillDocument) -> str | None:
    """The file with the values quoted that broke its YAML, and nothing else changed.

    ``None`` where none did, or one may be a list or a map: in quotes it would be neither any more.

    Raises:
        SkillInvalidError: the result would not read back the same.
    """
    if document.mended is None or any(_spans_entries(document, p) for p in document.problems if p.code in _QUOTED):
        return None
    again = parse_skill(document.mended)
    if again.mended is not None or (again.fields, again.body) != (document.fields, document.body):
        raise SkillInvalidError("Quoting does not mend this frontmatter.", "Write its values in quotes by hand.")
    return document.mended


def _spans_entries(document: SkillDocument, problem: Problem) -> bool:
    """Whether a broken value goes on over lines that are entries or items, where it need not be text."""
    if problem.line in {document.lines.get(field) for field in ("name", "description")}:
        return False
    head, *rest = split_lines(document.raw[: document.frontmatter_end])[problem.line - 1 :]
    for line in rest:
        if line.strip() and _indent(line) <= _indent(head):
            break
        if _ENTRY_LINE.match(line):
            return True
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def check_name(name: str) -> None:
    """Raises ``SkillInvalidError`` where a name breaks the specification."""
    if len(name) > MAX_NAME or not NAME.fullmatch(name):
        raise SkillInvalidError(
            "The name is not a valid skill name.",
            f"Use a-z, 0-9 and single hyphens between them, at most {MAX_NAME} characters.",
        )


def _name_value(name: str) -> str:
    return quote(name) if name in _NOT_TEXT or name[0].isdigit() else name


def _checked_description(description: str) -> str:
    description = description.strip()
    if not description:
        raise SkillInvalidError("The description is empty.", "Say what the skill does and when to use it.")
    if len(description) > MAX_DESCRIPTION:
        raise SkillInvalidError(
            f"The description has {len(description)} characters.", f"The limit is {MAX_DESCRIPTION} characters."
        )
    return description


def _decode(data: bytes | str) -> str:
    try:
        encoded = data if isinstance(data, bytes) else data.encode()
        if len(encoded) > MAX_FILE_BYTES:
            raise SkillInvalidError(
                f"The file is larger than {MAX_FILE_BYTES // 1024} KiB.", "Move long material into references/."
            )
        return data.decode() if isinstance(data, bytes) else data
    except UnicodeError:
        raise SkillInvalidError("The file is not UTF-8 text.", "Save it as UTF-8.") from None


def _sections(lines: list[str], before: int) -> tuple[Section, ...]:
    """Sections of the lines after the first ``before``."""
    headings: list[tuple[int, int, str]] = []
    closing: str | None = None
    for number, line in enumerate(lines[before:], before + 1):
        fence = _CODE_FENCE.match(line)
        if closing is not None:
            if fence and fence["marks"].startswith(closing) and not fence["info"].strip():
                closing = None
        elif fence and _opens(fence, lines, number):
            closing = fence["marks"]
        elif heading := _HEADING.match(line):
            title = _CLOSING_MARKS.sub("", (heading["title"] or "").rstrip())
            headings.append((number, len(heading["marks"]), title.strip()))
    found = []
    for i, (number, level, title) in enumerate(headings):
        end = next((n for n, other, _ in headings[i + 1 :] if other <= level), len(lines) + 1)
        found.append(Section(title, level, number, end))
    return tuple(found)


def _opens(fence: re.Match[str], lines: list[str], number: int) -> bool:
    """Whether a line of fence marks begins a code block.

    CommonMark allows three spaces of indentation more than the list item around it. Without tracking lists, a deeper
    mark counts only if another line closes it.
    """
    if fence["marks"][0] == "`" and "`" in fence["info"]:
        return False
    if len(fence["indent"].expandtabs(4)) <= 3:
        return True
    return any(
        (other := _CODE_FENCE.match(line)) and other["marks"].startswith(fence["marks"]) and not other["info"].strip()
        for line in lines[number:]
    )
