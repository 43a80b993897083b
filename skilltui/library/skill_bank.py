"""SkillRL's skill bank (``claude_style_skills.json``) as skills: one for what is general, one for each kind of task.

The bank is one object: ``general_skills`` is a list of ``{skill_id, title, principle, when_to_apply}``, and
``task_specific_skills`` such a list for each kind of task; ``common_mistakes`` is a list of ``{mistake_id,
description, why_it_happens, how_to_avoid}``. A mistake that names its kind of task goes there, the others to what is
general. Pure. (https://github.com/aiming-lab/SkillRL)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from skilltui.errors import SkillInvalidError, SourceError
from skilltui.text.skillmd import MAX_DESCRIPTION, MAX_NAME, emit_new
from skilltui.text.tokenise import kebab

MAX_BANK_BYTES = 8 * 1024 * 1024
MAX_KINDS = 200
# A skill of more principles is no skill; the rest is counted, not read.
MAX_ENTRIES = 100

_GENERAL = "general"
_LINE = 900  # characters of one principle or mistake
_KIND_KEYS = ("category", "task_type", "task")


class BankSkill(Struct, frozen=True):
    """A skill of a bank as a ``SKILL.md``; ``reason`` instead, where it can't be one."""

    kind: str
    name: str
    text: str | None
    reason: str = ""


def bank_skills(data: bytes, *, prefix: str) -> list[BankSkill]:
    """The skills of a bank, each called ``prefix-kind``.

    Raises:
        SourceError: it is too large, no JSON, or no bank.
    """
    bank = _bank(data)
    mistakes: dict[str, list[Mapping[str, Any]]] = {}
    specific = bank.get("task_specific_skills")
    kinds = {str(kind): _entries(items) for kind, items in specific.items()} if isinstance(specific, dict) else {}
    for mistake in _entries(bank.get("common_mistakes")):
        kind = next(
            (kind for key in _KIND_KEYS if isinstance(kind := mistake.get(key), str) and kind in kinds), _GENERAL
        )
        mistakes.setdefault(kind, []).append(mistake)
    general = _entries(bank.get("general_skills"))
    parts = [(_GENERAL, general), *((kind, entries) for kind, entries in kinds.items() if kind != _GENERAL)]
    made = [
        _made(kind, entries, mistakes.get(kind, []), prefix)
        for kind, entries in parts[: MAX_KINDS + 1]
        if entries or mistakes.get(kind)
    ]
    if len(parts) > MAX_KINDS + 1:
        made.append(BankSkill("", "", None, f"{len(parts) - MAX_KINDS - 1} more kinds of task were not read"))
    return made


def _bank(data: bytes) -> Mapping[str, Any]:
    if len(data) > MAX_BANK_BYTES:
        raise SourceError(f"The bank is larger than {MAX_BANK_BYTES >> 20} MiB.", "split it")
    try:
        bank = json.loads(data)
    except (ValueError, RecursionError):
        bank = None
    known = {"general_skills", "task_specific_skills", "common_mistakes"}
    if not isinstance(bank, dict) or not known & bank.keys():
        raise SourceError(
            "This is no skill bank that can be read.",
            "SkillRL's claude_style_skills.json, a SKILL.md, or a folder of skills",
        )
    return bank


def _entries(items: object) -> list[Mapping[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _made(kind: str, entries: list[Mapping[str, Any]], mistakes: list[Mapping[str, Any]], prefix: str) -> BankSkill:
    name = kebab(f"{prefix} {kind.replace('_', ' ')}", limit=MAX_NAME) or kebab(kind) or "skill-bank"
    left_out = max(0, len(entries) - MAX_ENTRIES) + max(0, len(mistakes) - MAX_ENTRIES)
    entries, mistakes = entries[:MAX_ENTRIES], mistakes[:MAX_ENTRIES]
    title = " ".join(name.split("-")).capitalize()
    lines = [f"# {title}", ""]
    if entries:
        lines += ["## Principles", "", *_principles(entries), ""]
    if mistakes:
        lines += ["## Gotchas", "", *_gotchas(mistakes), ""]
    if left_out:
        lines.append(f"{left_out} more of the bank are left out.")
    try:
        return BankSkill(kind, name, emit_new(name, _description(title, entries, mistakes), "\n".join(lines)))
    except SkillInvalidError as error:
        return BankSkill(kind, name, None, error.message)


def _principles(entries: list[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        title, principle = _said(entry, "title"), _said(entry, "principle")
        when = _said(entry, "when_to_apply")
        told = f"**{title}**: {principle}" if title and principle else title or principle
        if told:
            yield f"- {_ended(told)}" + (f" When: {_ended(when)}" if when else "")


def _gotchas(mistakes: list[Mapping[str, Any]]) -> Iterator[str]:
    for mistake in mistakes:
        what, why = _said(mistake, "description"), _said(mistake, "why_it_happens")
        instead = _said(mistake, "how_to_avoid")
        parts = [_ended(what)] if what else []
        parts += [f"Why: {_ended(why)}"] if why else []
        parts += [f"Instead: {_ended(instead)}"] if instead else []
        if parts:
            yield f"- {' '.join(parts)}"


def _description(title: str, entries: list[Mapping[str, Any]], mistakes: list[Mapping[str, Any]]) -> str:
    titles = [text for entry in entries if (text := _said(entry, "title"))]
    whens = [text for entry in entries if (text := _said(entry, "when_to_apply"))]
    about = _joined(titles or [_said(mistake, "description") for mistake in mistakes], MAX_DESCRIPTION // 2 - 100)
    when = _joined([_uncapitalised(text) for text in whens], MAX_DESCRIPTION // 2 - 100)
    text = f"{title}: {about}." if about else f"{title}."
    return f"{text} Use when {when}." if when else f"{text} Use when a task is of this kind."


def _joined(parts: list[str], most: int) -> str:
    """As many of them, whole, as there is room for; at least a piece of the first."""
    found = ""
    for part in dict.fromkeys(part.rstrip(".;, ") for part in parts):
        longer = f"{found}; {part}" if found else part[:most]
        if len(longer) > most:
            break
        found = longer
    return found


def _uncapitalised(when: str) -> str:
    words = when.split(" ", 1)
    if words[0].lower() in {"when", "whenever"} and len(words) > 1:
        when = words[1]
    return when if when[1:2].isupper() else when[:1].lower() + when[1:]


def _said(entry: Mapping[str, Any], key: str) -> str:
    """The text under a key, on one line: a line of its own would be a heading, a fence or a list."""
    value = entry.get(key)
    return " ".join(value.split())[:_LINE].strip() if isinstance(value, str) else ""


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":", "。")) else f"{text}."
