"""Transcripts that their agent has compressed (``.jsonl.zst``), read as the lines they were.

A cursor counts the bytes of the lines, not those of the file: when ``x.jsonl`` becomes ``x.jsonl.zst``, or comes back,
reading goes on where it stopped. Codex does so with rollouts that rest for a week. Where both stand, the plain one is
the one that is written.

What a few compressed bytes may become is bounded: they are fed in so small pieces that no piece can fill the memory
(a run of one byte needs four bytes for 128 KiB), and a file may not grow beyond all proportion.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import BinaryIO

import zstandard

from skilltui.capture.tail import (
    HEAD,
    LINE_LIMIT,
    TAIL,
    Chunk,
    Cursor,
    Reading,
    edge_hash,
    failure,
    open_regular,
    unchanged,
)
from skilltui.errors import SourceError

SUFFIX = ".zst"
MAGIC = b"\x28\xb5\x2f\xfd"
_PIECE = 1 << 10  # compressed bytes at a time: at most 32 MiB of lines
_WINDOW = 1 << 27  # how far back a frame may reach, hence what its decoder holds
# A file that grows to more than this many bytes, and to more than so many times its size, is no transcript.
GROWTH_FLOOR = 32 << 20
GROWTH = 200


def is_packed(path: Path) -> bool:
    """Whether a file is named as a compressed one."""
    return path.suffix == SUFFIX


def plain_path(path: Path) -> Path:
    """The name of the transcript, compressed or not."""
    return path.with_suffix("") if is_packed(path) else path


def plain_head(path: Path, length: int) -> bytes:
    """The first bytes of the lines in a compressed file. Raises ``SourceError`` where it is damaged before them."""
    descriptor, status = open_regular(path)
    with os.fdopen(descriptor, "rb") as file:
        unpacking = _Unpacking(path, file, status.st_size)
        data = unpacking.block(0, length)
    if not data and unpacking.damage is not None:
        raise unpacking.damage
    return data


class _Unpacking:
    """The lines of one compressed file, from front to back. Keeps what was read last, and ``TAIL`` bytes before it.

    ``damage``: why there is nothing behind what ``block`` gave.
    """

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self.head = b""
        self.damage: SourceError | None = None
        self._file, self._position = file, 0
        self._path, self._size = path, size
        self._buffer, self._start = bytearray(), 0
        self._frames = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._ended = False

    def stop(self) -> None:
        """The file is about to be closed."""
        self._position = self._file.tell()

    def go_on(self, file: BinaryIO) -> None:
        """Go on in the same file, which was opened again."""
        file.seek(self._position)
        self._file = file

    def block(self, position: int, length: int) -> bytes:
        """At most ``length`` bytes of lines at ``position``, at most ``TAIL`` before that of the call before."""
        while not self._ended and self._start + len(self._buffer) < position + length:
            self._more()
            before = min(position - TAIL - self._start, len(self._buffer))
            if before > 0:
                del self._buffer[:before]
                self._start += before
        at = position - self._start
        return bytes(self._buffer[at : at + length]) if at >= 0 else b""

    def _more(self) -> None:
        piece = self._file.read(_PIECE)
        if not piece:
            self._ended = True
            if self._frame is not None:
                self._break("it ends in the middle of a frame")
            return
        try:
            while piece:
                if self._frame is None:
                    self._frame = self._frames.decompressobj()
                self._take(self._frame.decompress(piece))
                piece = self._frame.unused_data
                if self._frame.eof:
                    self._frame = None
                else:
                    piece = b""
        except zstandard.ZstdError as error:
            self._break(str(error))

    def _take(self, data: bytes) -> None:
        if len(self.head) < HEAD:
            self.head += data[: HEAD - len(self.head)]
        self._buffer += data
        if self._start + len(self._buffer) > max(GROWTH_FLOOR, GROWTH * self._size):
            self._break(f"it grows to more than {GROWTH} times its size")

    def _break(self, why: str) -> None:
        self._ended = True
        self.damage = SourceError(
            f"{self._path}: damaged ({why})", "What stands before the damage is kept; restore the file from a backup."
        )


class _PackedReading(Reading, kw_only=True):
    """Lines that are unpacked as they are read."""

    unpacking: _Unpacking

    def block(self, position: int, length: int) -> bytes:
        """See ``Reading``."""
        data = self.unpacking.block(position, length)
        self.read_bytes += len(data)
        return data


class PackedFiles:
    """Reads compressed transcripts a chunk at a time. Safe to share between threads.

    Of the last one, it keeps how far it was unpacked, so that no chunk has to be unpacked again for the next one; no
    file stays open.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[tuple[object, ...], int, _Unpacking] | None = None

    def read_lines(self, path: Path, cursor: Cursor | None, *, limit: int) -> Chunk:
        """As ``tail.read_lines``, of a file to which nobody appends.

        Raises ``SourceError`` where the file is damaged and everything before the damage has been read.
        """
        if cursor is not None and unchanged(path, cursor):
            return Chunk([], cursor, restarted=False, more=False)
        descriptor, status = open_regular(path)
        place = (path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        try:
            with os.fdopen(descriptor, "rb") as file:
                unpacking = self._kept_at(place, cursor)
                if unpacking is not None:
                    unpacking.go_on(file)
                else:
                    unpacking = _open(path, file, status.st_size, cursor)
                known = cursor is not None and unpacking is not None
                if unpacking is None:
                    file.seek(0)
                    unpacking = _Unpacking(path, file, status.st_size)
                begun = cursor if known else None
                reading = _PackedReading(
                    -1, begun.offset if begun else 0, begun.skipping if begun else False, unpacking=unpacking
                )
                reading.run(limit, LINE_LIMIT, final=unpacking.damage is None)
                unpacking.stop()
        except OSError as error:
            raise failure(path, error) from error
        if unpacking.damage is not None and not reading.lines and not reading.oversized:
            raise unpacking.damage
        more = reading.more or unpacking.damage is not None
        tail_start = max(0, reading.offset - TAIL)
        after = Cursor(
            device=status.st_dev, inode=status.st_ino, size=-1 if more else status.st_size,
            mtime_ns=status.st_mtime_ns, offset=reading.offset, head_length=min(HEAD, reading.offset),
            head_hash=edge_hash(unpacking.head[: min(HEAD, reading.offset)]),
            tail_hash=edge_hash(unpacking.block(tail_start, reading.offset - tail_start)),
            state=dict(begun.state) if begun else {}, skipping=reading.skipping,
        )  # fmt: skip
        if more:
            with self._lock:
                self._kept = (place, reading.offset, unpacking)
        return Chunk(
            lines=reading.lines, cursor=after, restarted=cursor is not None and not known, more=more,
            oversized=tuple(reading.oversized), read_bytes=reading.read_bytes,
        )  # fmt: skip

    def _kept_at(self, place: tuple[object, ...], cursor: Cursor | None) -> _Unpacking | None:
        with self._lock:
            kept, self._kept = self._kept, None
        return kept[2] if kept is not None and cursor is not None and kept[:2] == (place, cursor.offset) else None


def _open(path: Path, file: BinaryIO, size: int, cursor: Cursor | None) -> _Unpacking | None:
    """A reading that stands where ``cursor`` does; ``None`` where the lines are not those that it was made of."""
    if cursor is None:
        return None
    unpacking = _Unpacking(path, file, size)
    tail_start = max(0, cursor.offset - TAIL)
    tail = unpacking.block(tail_start, cursor.offset - tail_start)
    same = (
        len(tail) == cursor.offset - tail_start
        and edge_hash(tail) == cursor.tail_hash
        and edge_hash(unpacking.head[: cursor.head_length]) == cursor.head_hash
    )
    return unpacking if same else None
