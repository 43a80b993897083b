"""OpenCode before its database: ``storage/session/<project>/<id>.json``, with ``message/`` and ``part/`` beside.

OpenCode itself moves such a tree into ``opencode.db``, under the same ids and times, so both together count once. It is
read for those who kept a copy: what is rewritten in place in it later, without a new file, is not noticed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from skilltui.capture.document import read_document
from skilltui.capture.events import Event, SessionStarted
from skilltui.capture.formats.base import JSONObject, epoch_ms, integer, mapping, text
from skilltui.capture.formats.opencode_rows import Teller
from skilltui.capture.formats.outline import outline
from skilltui.errors import SourceError

_LIMIT = 64 << 20


class OpenCodeStorage:
    """The format ``opencode`` in its older form, told apart as ``opencode-json``."""

    name = "opencode"

    def sniff(self, path: Path, head: bytes) -> bool:
        """A session: its id is the file's name, and it names its project."""
        keys = outline(head)
        return keys.get("id") == path.stem[:64] and {"projectID", "directory"} <= keys.keys()

    def beside(self, path: Path) -> tuple[Path, ...]:
        """The folders of its messages and of their parts."""
        messages = _messages(path)
        return (messages, *(_parts(path, message.stem) for message in _listed(messages)))

    def events(self, path: Path, records: Sequence[JSONObject], unknown: Counter[str]) -> Iterator[Event]:
        """See ``WholeFormat``. One file = one session."""
        for record in records[:1]:
            session, parent = path.stem, text(record.get("parentID"))
            at = epoch_ms(mapping(record.get("time")).get("created"))
            yield SessionStarted(session, at, text(record.get("directory")), parent=parent)
            teller = Teller(session, parent is not None, unknown)
            messages = [(_born(info), file.stem, info) for file in _listed(_messages(path)) if (info := _load(file))]
            for born, native, info in sorted(messages, key=lambda message: message[:2]):
                parts = ((file.stem, part) for file in _listed(_parts(path, native)) if (part := _load(file)))
                yield from teller.message(born, info, parts)


def _messages(path: Path) -> Path:
    return path.parents[2] / "message" / path.stem if len(path.parents) > 2 else path / "none"


def _parts(path: Path, message: str) -> Path:
    return path.parents[2] / "part" / message


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.json"))
    except OSError:
        return []


def _load(path: Path) -> Any:
    try:
        found = read_document(path, final=True, limit=_LIMIT).records
    except SourceError:
        return None
    return found[0] if len(found) == 1 else None


def _born(info: JSONObject) -> int:
    return integer(mapping(info.get("time")).get("created")) or 0
