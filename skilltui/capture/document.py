"""Files that are one document, rewritten in place: read whole when they changed, which a ``stat`` tells.

The cursor is that of ``capture.tail`` with its head being all of the file, so that it is stored and compared alike. A
document that does not parse is being written at this moment: it waits, until ``final`` says that nobody writes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct

from skilltui.capture.events import Quarantined
from skilltui.capture.records import parse_line, storable_value
from skilltui.capture.tail import Cursor, failure, open_regular, unchanged
from skilltui.errors import SourceError

DOCUMENT_LIMIT = 256 << 20
_BESIDE = "beside"


class Document(Struct, frozen=True):
    """The objects in a file: its one object, those of its list, or those of its lines. Empty where nothing changed.

    ``pending``: bytes of a document that is not complete yet. ``restarted``: it was read before, and is another now.
    """

    records: tuple[dict[str, Any], ...]
    cursor: Cursor
    quarantined: tuple[Quarantined, ...] = ()
    read_bytes: int = 0
    pending: int = 0
    restarted: bool = False


def same_document(path: Path, cursor: Cursor, beside: Iterable[Path] = (), *, final: bool = False) -> bool:
    """Whether the file and those beside it are as they were, by one ``stat`` each. Raises ``SourceError``."""
    return unchanged(path, cursor, final=final) and cursor.state.get(_BESIDE, "") == _stamps(beside)


def read_document(
    path: Path,
    cursor: Cursor | None = None,
    beside: Iterable[Path] = (),
    *,
    final: bool = False,
    limit: int = DOCUMENT_LIMIT,
) -> Document:
    """Read the whole file; no records where it holds the same bytes as when ``cursor`` was made.

    Raises:
        SourceError: the file is gone, unreadable, not a regular file, or larger than ``limit`` bytes.
    """
    # Before the bytes: what changes between the two is seen as a change the next time.
    stamps = _stamps(beside)
    descriptor, status = open_regular(path)
    try:
        if status.st_size > limit:
            raise _too_large(path, limit)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise failure(path, error) from error
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise _too_large(path, limit)
    digest = hashlib.sha256(data).hexdigest()
    same = cursor is not None and (cursor.head_hash, cursor.offset) == (digest[:32], len(data))
    records: tuple[dict[str, Any], ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    pending = 0
    if cursor is None or not same or cursor.state.get(_BESIDE, "") != stamps:
        records, quarantined, pending = _parse(data, digest, final=final)
    after = Cursor(
        device=status.st_dev,
        inode=status.st_ino,
        size=len(data),
        mtime_ns=status.st_mtime_ns,
        offset=len(data) - pending,
        head_length=len(data),
        head_hash=digest[:32],
        tail_hash="",
        state={_BESIDE: stamps} if stamps else {},
    )
    restarted = cursor is not None and cursor.offset > 0 and not same
    return Document(records, after, quarantined, len(data), pending, restarted)


def _too_large(path: Path, limit: int) -> SourceError:
    return SourceError(
        f"{path}: larger than {limit >> 20} MB, too large for a document that is read whole",
        "Split it into smaller files, or convert it to the events format.",
    )


def _stamps(paths: Iterable[Path]) -> str:
    """Size and time of the files that exist."""
    found = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            continue
        found.append(f"{path.name}:{status.st_size}:{status.st_mtime_ns}")
    return " ".join(found)


def _parse(data: bytes, digest: str, *, final: bool) -> tuple[tuple[dict[str, Any], ...], tuple[Quarantined, ...], int]:
    """Records, what is none, and how many bytes are not complete yet."""
    try:
        value = json.loads(data.decode("utf-8-sig", "replace"), strict=False)
    except (ValueError, RecursionError):
        first = parse_line(0, data.split(b"\n", 1)[0])
        if first.records and not first.quarantined:
            return _parse_lines(data, final=final)
        if not final:
            return (), (), len(data)
        return (), (Quarantined(0, len(data), digest, "not a whole JSON document"),), 0
    items = value if isinstance(value, list) else [value]
    records: list[dict[str, Any]] = []
    quarantined: list[Quarantined] = []
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            told = hashlib.sha256(repr(item).encode("utf-8", "replace")).hexdigest()
            quarantined.append(Quarantined(number, 0, told, "not a JSON object"))
            continue
        try:
            records.append(storable_value(item))
        except RecursionError:
            quarantined.append(Quarantined(number, 0, digest, "nested too deeply"))
    return tuple(records), tuple(quarantined), 0


def _parse_lines(data: bytes, *, final: bool) -> tuple[tuple[dict[str, Any], ...], tuple[Quarantined, ...], int]:
    records: list[dict[str, Any]] = []
    quarantined: list[Quarantined] = []
    offset = 0
    for line in data.split(b"\n"):
        parsed = parse_line(offset, line)
        if parsed.quarantined and not final and offset + len(line) == len(data):
            return tuple(records), tuple(quarantined), len(line)
        records.extend(record for _, record in parsed.records)
        quarantined.extend(parsed.quarantined)
        offset += len(line) + 1
    return tuple(records), tuple(quarantined), 0
