"""What a command prints: one JSON object, or a readable table; failures in both; nothing that a terminal would obey."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skilltui.errors import SkilltuiError
from skilltui.text.sanitise import sanitise, sanitise_line

if TYPE_CHECKING:
    from skilltui.workshop.embedding import EmbeddingStatus


class OutputError(Exception):
    """Standard output takes no more: the disk under it is full, say."""


class Output:
    """Where a command's result goes. ``json`` chooses the form."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, data: dict[str, Any], *lines: str) -> None:
        """The one result of a command: ``data`` with ``"v": 1``, or the readable lines."""
        if self.as_json:
            self.json_line(data)
        else:
            self.write("".join(sanitise(line, max_line=None) + "\n" for line in lines))

    def json_line(self, data: dict[str, Any]) -> None:
        """One JSON object on a line of its own, whatever the form (``watch``, ``match --batch``)."""
        self.write(dumps({"v": 1, **data}) + "\n")

    def write(self, text: str) -> None:
        """Everything for standard output, as it is, at once. ``OutputError``; a closed pipe stays what it is."""
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"standard output can't be written: {error.strerror}") from error

    def write_bytes(self, data: bytes) -> None:
        """Bytes for standard output, as they are. ``OutputError``; a closed pipe stays what it is."""
        try:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"standard output can't be written: {error.strerror}") from error

    def note(self, text: str) -> None:
        """Progress and remarks: standard error."""
        print(sanitise(text), file=sys.stderr, flush=True)

    def failure(self, error: SkilltuiError) -> None:
        """A failure in the chosen form; the readable one goes to standard error."""
        if self.as_json:
            self.json_line({"error": {"code": error.code, "message": error.message, "hint": error.hint}})
        else:
            self.note(f"skilltui: {error.message}" + (f"\n  {error.hint}" if error.hint else ""))


def line(text: str) -> str:
    """Text with foreign names in it as one line: a newline in a path would begin another."""
    return sanitise_line(text, max_line=None)


def dumps(data: dict[str, Any]) -> str:
    """JSON that any terminal and pipe can carry: lone surrogates would not encode, so such text is escaped."""
    text = json.dumps(data, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(data)
    return text


def table(head: Sequence[str], rows: Sequence[Sequence[object]], *, flexible: int = -1) -> str:
    """Columns of text; the ``flexible`` one takes what the terminal's width leaves, cut with an ellipsis."""
    import shutil

    from rich.cells import cell_len, set_cell_size

    if not rows:
        return ""
    cells = [[sanitise_line("" if value is None else str(value)) for value in row] for row in rows]
    widths = [max(cell_len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    flexible %= len(head)
    room = shutil.get_terminal_size((120, 24)).columns - sum(widths) - 2 * (len(head) - 1) + widths[flexible]
    widths[flexible] = max(min(widths[flexible], room), 12)

    def fit(text: str, width: int) -> str:
        return text if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"

    lines = [[fit(text, width) for text, width in zip(line, widths, strict=True)] for line in [list(head), *cells]]
    return "\n".join(
        "  ".join(text + " " * (width - cell_len(text)) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def embedding_words(status: EmbeddingStatus) -> str:
    """What decides which skill serves a request, in one line."""
    if status.available:
        return f"words and embeddings of {status.model}"
    return f"words alone: {status.reason}{f' ({status.hint})' if status.hint else ''}"
