"""What a text says already, however it puts it: words, what its commands do, and the files that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from skilltui.learning.shell import bare, head
from skilltui.text.tokenise import terms

# Token overlap (Jaccard) from which two lessons say the same.
SAME = 0.6

CODE = re.compile(r"`+ ?([^`]+?) ?`+")
FILE = re.compile(r"(?:[\w@+~-]+/)*[\w.@+-]*\.\w{1,10}|#.*|\W.*|[\w-]+:.*")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
# What their first word runs is another thing each time.
_INTERPRETERS = frozenset({"python", "python3", "node", "bash", "sh", "zsh", "ruby", "perl", "deno", "php", "make"})


class Told:
    """The body of a skill, asked whether it says a step."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._lines = [line for line in body.splitlines() if line.strip()]
        codes = [code.strip() for code in CODE.findall(body)] + _fenced(body)
        self._heads = {head(bare(code)) for code in codes} - {""}
        self._files = {word.rsplit("/", 1)[-1] for code in codes for word in code.split()}

    def holds(self, line: str) -> bool:
        """Whether a step tells nothing new: its words are there, or its file by name, or its command by what it does.

        A step that names no file but only "the files that the request is about" tells nothing.
        """
        if already_said(line, self._lines) or "that the request is about" in line:
            return True
        codes = [code.strip() for code in CODE.findall(line)]
        return bool(codes) and self._holds_code(codes[0])

    def _holds_code(self, code: str) -> bool:
        if " " not in code and FILE.fullmatch(code):
            return code.rsplit("/", 1)[-1] in self._files or holds(self._body, code)
        name = head(bare(code))
        if name in _INTERPRETERS or not name:
            return holds(self._body, code)
        return name in self._heads or (" " in name and holds(self._body, name))


def already_said(line: str, others: Iterable[str]) -> bool:
    """Whether one of ``others`` says what ``line`` says: most terms (Jaccard from 0.6 on) and every command."""
    mine = frozenset(terms(line))
    commands = [text.strip() for text in CODE.findall(line)]
    return any(
        jaccard(mine, frozenset(terms(other))) >= SAME and all(holds(other, command) for command in commands)
        for other in others
    )


def holds(text: str, command: str) -> bool:
    """Whether a command stands in a text as a whole."""
    return bool(re.search(rf"(?<![\w.:-]){re.escape(command)}(?![\w.:-])", text))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared over all; 0 for nothing."""
    return len(a & b) / len(a | b) if a or b else 0.0


def _fenced(body: str) -> list[str]:
    lines, inside = [], False
    for line in body.splitlines():
        if _FENCE.match(line):
            inside = not inside
        elif inside and line.strip():
            lines.append(line.strip().removeprefix("$ "))
    return lines
