"""Delta edits on the raw text of a ``SKILL.md``: what an edit does not touch stays byte for byte.

An edit is a cut into one string, never a rendering of a parsed document: a whole rewrite is how knowledge collapses
(ACE, arXiv 2510.04618). Format: CommonMark ATX headings, agentskills.io frontmatter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from skilltui.domain.proposal import DESCRIPTION, Edit, EditOp
from skilltui.errors import EditConflictError
from skilltui.text.skillmd import SkillDocument, parse_skill, split_lines, with_description

STEPS = "Steps"
GOTCHAS = "Gotchas"

_DRAFT_AGAIN = "draft again from the text as it is now, or refuse this edit"
_ITEM = re.compile(r"^(?P<bullet>[-*+])(?= |$)|^(?P<number>\d{1,9})(?P<mark>[.)])(?= |$)")
_BLOCK = re.compile(r"^(#{1,6} |```|~~~|>|\||<)")


class _Line(Struct, frozen=True):
    """One line of the file: ``raw[start:end]`` is its text without the line ending, ``after`` is past the ending."""

    text: str
    start: int
    end: int
    after: int


def apply_edits(raw: str, edits: Iterable[Edit]) -> str:
    """``raw`` with every edit applied in order. Raises ``EditConflictError`` at the first that does not apply."""
    for edit in edits:
        raw = apply_edit(raw, edit)
    return raw


def apply_edit(raw: str, edit: Edit) -> str:
    """``raw`` with one edit applied.

    ``ADD`` appends to the section's own text, before its first sub-heading, and makes the section at the end of the
    body where it is missing. ``REPLACE`` and ``REMOVE`` want ``before`` exactly once in the section, as whole lines.
    Raises ``EditConflictError`` where the edit does not apply any more, ``SkillInvalidError`` where ``raw`` can't be
    read as a skill.
    """
    document = parse_skill(raw)
    if edit.section == DESCRIPTION:
        return _describe(document, edit)
    if edit.op is EditOp.ADD:
        return _add(document, edit)
    return _substitute(document, edit)


def _describe(document: SkillDocument, edit: Edit) -> str:
    if edit.after is None:
        raise EditConflictError(
            f"edit {edit.id} would leave the skill without a description", "a skill needs one: refuse this edit"
        )
    before = edit.before or ""
    if before.split() != document.description.split():
        raise EditConflictError(f"edit {edit.id} was made for another description", _DRAFT_AGAIN)
    return with_description(document, edit.after)


def _add(document: SkillDocument, edit: Edit) -> str:
    if not edit.after or not edit.after.strip():
        raise EditConflictError(f"edit {edit.id} adds nothing", "refuse this edit")
    raw = document.raw
    newline = document.newline
    own = _own_lines(document, edit.section)
    if own is None:
        lines = _formatted(edit.after, edit.section, beside=())
        at = len(raw.rstrip())
        heading = [f"## {edit.section}", ""] if edit.section else []
        result = raw[:at] + newline.join(["", "", *heading, *lines]) + raw[at:]
        # A body that ends inside an open code block or comment would swallow the new heading.
        if edit.section and _own_lines(parse_skill(result), edit.section) is None:
            raise EditConflictError(
                f"edit {edit.id} can't be placed: the body ends in an open code block", "close the block in the file"
            )
        return result
    heading_line, content = own
    filled = [line for line in content if line.text.strip()]
    lines = _formatted(edit.after, edit.section, beside=tuple(line.text for line in filled))
    last = filled[-1] if filled else heading_line
    in_list = bool(filled) and _ends_in_list([line.text for line in content])
    joins = in_list and bool(_ITEM.match(lines[0]))
    return raw[: last.end] + newline.join(["", *([] if joins else [""]), *lines]) + raw[last.end :]


def _substitute(document: SkillDocument, edit: Edit) -> str:
    raw = document.raw
    wanted = [] if edit.before is None else edit.before.replace("\r\n", "\n").split("\n")
    if not any(line.strip() for line in wanted):
        raise EditConflictError(f"edit {edit.id} does not say which lines it is for", "refuse this edit")
    found: list[tuple[_Line, ...]] = []
    for lines in _extents(document, edit.section):
        texts = [line.text for line in lines]
        found += [
            tuple(lines[i : i + len(wanted)])
            for i in range(len(lines) - len(wanted) + 1)
            if texts[i : i + len(wanted)] == wanted
        ]
    if len(found) != 1:
        how = "are no longer" if not found else "stand more than once"
        raise EditConflictError(f"the lines of edit {edit.id} {how} in section {edit.section!r}", _DRAFT_AGAIN)
    first, last = found[0][0], found[0][-1]
    if edit.op is EditOp.REPLACE:
        if edit.after is None or not edit.after.strip():
            raise EditConflictError(f"edit {edit.id} replaces lines with nothing", "refuse this edit")
        after = document.newline.join(edit.after.replace("\r\n", "\n").split("\n"))
        return raw[: first.start] + after + raw[last.end :]
    if last.after > last.end:
        return raw[: first.start] + raw[last.after :]
    # The file's last line goes, and it had no line ending: the one before it loses its own.
    return raw[: first.start].removesuffix("\n").removesuffix("\r") + raw[last.end :]


def _lines(raw: str) -> list[_Line]:
    result: list[_Line] = []
    start = 0
    for line in split_lines(raw):
        text = line.rstrip("\r\n")
        result.append(_Line(text, start, start + len(text), start + len(line)))
        start += len(line)
    return result


def _own_lines(document: SkillDocument, title: str) -> tuple[_Line, list[_Line]] | None:
    """The heading of the first section of that title, and its lines up to the next heading of any level."""
    lines = _lines(document.raw)
    sections = document.sections
    for index, section in enumerate(sections):
        if _same(section.title, title):
            stop = sections[index + 1].start_line if index + 1 < len(sections) else len(lines) + 1
            return lines[section.start_line - 1], lines[section.start_line : stop - 1]
    return None


def _extents(document: SkillDocument, title: str) -> list[list[_Line]]:
    """The lines under each heading of that title, its sub-sections included; ``""`` is the text before all headings."""
    lines = _lines(document.raw)
    sections = document.sections
    if not title:
        stop = sections[0].start_line - 1 if sections else len(lines)
        return [[line for line in lines[:stop] if line.start >= document.body_start]]
    result: list[list[_Line]] = []
    covered = 0
    for index, section in enumerate(sections):
        if not _same(section.title, title) or section.start_line <= covered:
            continue
        rest = (later.start_line for later in sections[index + 1 :] if later.level <= section.level)
        covered = next(rest, len(lines) + 1) - 1
        result.append(lines[section.start_line : covered])
    return result


def _same(a: str, b: str) -> bool:
    return a.strip().casefold() == b.strip().casefold()


def _ends_in_list(lines: list[str]) -> bool:
    """Whether the last block of these lines is a list at the margin (its items may have indented lines)."""
    for line in reversed(lines):
        if _ITEM.match(line):
            return True
        if line.strip() and not line.startswith((" ", "\t")):
            return False
    return False


def _formatted(after: str, section: str, *, beside: tuple[str, ...]) -> list[str]:
    """The lines of ``after`` in the list style that the section ends with; bare lines become items."""
    lines = after.replace("\r\n", "\n").strip("\n").split("\n")
    if not any(_ITEM.match(line) for line in lines):
        if any(_BLOCK.match(line) for line in lines):
            return lines
        lines = [f"- {line}" if line.strip() and not line.startswith((" ", "\t")) else line for line in lines]
        style = "1." if _same(section, STEPS) else "-"
    else:
        style = ""
    number = 0
    if _ends_in_list(list(beside)):
        last = next(match for line in reversed(beside) if (match := _ITEM.match(line)))
        style = last["bullet"] or "1" + last["mark"]
        number = int(last["number"] or 0)
    elif not style:
        first = next(match for line in lines if (match := _ITEM.match(line)))
        style = first["bullet"] or "1" + first["mark"]
    result = []
    fenced = False
    for line in lines:
        if re.match(r"\s*(```|~~~)", line):
            fenced = not fenced
        match = None if fenced else _ITEM.match(line)
        if match is None:
            result.append(line)
            continue
        number += 1
        marker = style if len(style) == 1 else f"{number}{style[-1]}"
        result.append(marker + line[match.end() :])
    return result
