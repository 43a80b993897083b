"""Reading in an import: what files hold behind where reading stopped, in groups of batches.

A group is what goes into one transaction: large enough that committing it costs little beside reading it, small
enough that its events and rows take a few tens of megabytes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.formats.registry import OF_WHOLE_FILES
from skilltui.capture.packed import plain_path
from skilltui.capture.reader import Batch, TranscriptReader
from skilltui.capture.tail import Cursor, still
from skilltui.capture.whole import whole_session
from skilltui.errors import SourceError
from skilltui.paths import path_text
from skilltui.workshop.resting import rests

# One read of one file: small enough that following live gives every file a turn many times a second.
CHUNK_BYTES = 512 << 10
GROUP_BYTES = 6 << 20
# Until the first group comes, nothing else can be done; nor while the last is stored.
FIRST_BYTES = 1 << 20
_LAST_GROUPS = 4


class Group(Struct):
    """Batches in order, and the files that could not be read (further)."""

    batches: list[Batch] = field(default_factory=list)
    failed: list[tuple[Path, SourceError]] = field(default_factory=list)
    bytes: int = 0

    def add(self, batch: Batch) -> None:
        """Take in what was read next. Reads of one file make one batch: cutting goes through a session once a batch."""
        last = self.batches[-1] if self.batches else None
        if last is not None and last.more and last.path == batch.path and not batch.restarted:
            self.batches[-1] = last.followed_by(batch)
        else:
            self.batches.append(batch)
        self.bytes += batch.read_bytes


# A file, its format, and the cursor behind which to read it.
Wanted: TypeAlias = tuple[Path, str, Cursor | None]


class Order(Struct):
    """What another process is to read, about ``size`` bytes, and where the keys of its redaction are.

    ``now``: the time, if it may cut whole sessions as well; those that rest by then are over.
    """

    key: Path
    gate: Path
    size: int
    files: list[Wanted]
    now: str | None = None


class Ledger:
    """How far every file was read, as stored: path -> (source, cursor JSON)."""

    def __init__(self, stored: Mapping[str, tuple[str, str]]) -> None:
        self._stored = stored

    @property
    def empty(self) -> bool:
        """Whether nothing was ever read."""
        return not self._stored

    def cursor(self, path: Path) -> Cursor | None:
        """Where reading of this file stopped; ``None`` where it never began."""
        known = self._stored.get(path_text(plain_path(path)))
        return Cursor.from_json(known[1]) if known is not None and known[1] else None

    def __call__(self, path: Path, status: os.stat_result) -> str | None:
        """The format of a file that was read to its end and has not changed since (``discover.Account``)."""
        known = self._stored.get(path_text(plain_path(path)))
        if known is None or not known[1]:
            return None
        # What stands beside a document belongs to it, and may have changed: its format has to look.
        if known[0] in OF_WHOLE_FILES:
            return None
        return known[0] if still(path, status, Cursor.from_json(known[1]), final=True) else None


def groups(reader: TranscriptReader, files: Iterable[Wanted], size: int) -> Iterator[Group]:
    """What these files, each with its format, hold behind their cursors. For a thread.

    ``size``: about how many bytes; where more comes, since files are compressed, the groups are of the usual size.
    """
    group, wanted, left = Group(), FIRST_BYTES, size
    for path, form, cursor in files:
        more = True
        while more:
            try:
                batch = reader.read(path, form, cursor, limit=CHUNK_BYTES, final=True)
            except SourceError as error:
                group.failed.append((path, error))
                break
            group.add(batch)
            cursor, more = batch.cursor, batch.more  # noqa: PLW2901 - reading goes on behind it
            # A file that ends soon is handed over whole: then it can be cut ahead.
            if group.bytes >= wanted and not (more and _left(batch) <= wanted // 4):
                yield group
                left -= group.bytes
                ahead = left // _LAST_GROUPS if left > 0 else GROUP_BYTES
                group, wanted = Group(), max(FIRST_BYTES, min(2 * wanted, GROUP_BYTES, ahead))
    if group.batches or group.failed:
        yield group


def _left(batch: Batch) -> float:
    """How many bytes of a file of lines are still to be read."""
    if batch.cursor is None or batch.format in OF_WHOLE_FILES:
        return math.inf
    try:
        return batch.path.stat().st_size - batch.cursor.offset
    except OSError:
        return math.inf


def cut(group: Group, detector: FeedbackDetector, now: str) -> None:
    """Put what whole sessions come to, where nothing of them is stored, in the place of their events."""
    for number, batch in enumerate(group.batches):
        if batch.fresh and not batch.more:
            whole = whole_session(batch.format, batch.events, detector, partial(rests, now))
            if whole is not None:
                group.batches[number] = replace(batch, events=(), whole=whole)


def read_again(reader: TranscriptReader, batch: Batch) -> Batch:
    """The file of a batch, from its beginning to its end, with its events. ``SourceError`` where it can't be read."""
    whole = reader.read(batch.path, batch.format, None, limit=CHUNK_BYTES, final=True)
    while whole.more:
        whole = whole.followed_by(reader.read(batch.path, batch.format, whole.cursor, limit=CHUNK_BYTES, final=True))
    return whole
