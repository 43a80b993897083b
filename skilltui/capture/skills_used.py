"""Which skills a step used: the ``Skill`` tool, or a ``SKILL.md`` that was read by whatever tool."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from skilltui.domain.steps import shell_command
from skilltui.domain.trajectory import Step

_SKILL_FILE = re.compile(r"(?:^|[\s\"'=/\\])([A-Za-z0-9][\w.-]{0,120})[/\\]SKILL\.md\b")
_READERS = frozenset(
    {"cat", "bat", "less", "more", "head", "tail", "sed", "awk", "nl", "view", "get-content", "type", "gc"}
)
# Tools that name a file without reading it as instructions.
_OTHERS = re.compile(
    r"edit|write|patch|create|replace|delete|remove|move|rename|glob|grep|search|list|\bls\b", re.IGNORECASE
)
_REDIRECTION = re.compile(r">>?\s*\S+")


def skills_of(step: Step) -> Iterator[str]:
    """The names of the skills that this step used, if it succeeded."""
    if step.tool.lower() == "skill":
        given = (step.args.get(key) for key in ("skill", "command", "name"))
        name = skill_name(next((value for value in given if value is not None), None))
        if name:
            yield name
        return
    command = shell_command(step.tool, step.args)
    if command is not None:
        yield from _read_by_shell(command)
    elif not _OTHERS.search(step.tool):
        for value in step.args.values():
            if isinstance(value, str) and len(value) < 4096 and value.rstrip().endswith("SKILL.md"):
                yield from _SKILL_FILE.findall(value)


def skill_name(value: Any) -> str | None:
    """The skill's own name out of ``/name``, ``plugin:name`` or ``name with arguments``."""
    words = value.split() if isinstance(value, str) else []
    name = words[0].lstrip("/").rsplit(":", 1)[-1] if words else ""
    return name or None


def _read_by_shell(command: str) -> Iterator[str]:
    if "SKILL.md" not in command:
        return
    # A here-document is text that is written, whatever it says.
    for part in re.split(r"&&|\|\||[;|\n]", command.split("<<", 1)[0]):
        words = part.split()
        if not words or words[0].rsplit("/", 1)[-1].lower() not in _READERS or "-i" in words[:3]:
            continue
        yield from _SKILL_FILE.findall(_REDIRECTION.sub(" ", part))
