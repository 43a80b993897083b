"""Following a file that another program writes: whole lines from where the last read stopped.

A file is known by device, inode, a hash of its head and a hash of the bytes before the offset. An inode alone is
reused at once on some file systems, and a name says nothing after a rotation (fluent-bit#8025, elastic/beats#44780,
elastic/beats#36541). The cursor is a value: whoever stores the lines stores it in the same transaction.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, field
from msgspec.structs import asdict, replace

from skilltui.capture.events import Quarantined
from skilltui.capture.records import parse_line
from skilltui.errors import SourceError

READ_LIMIT = 1 << 20
LINE_LIMIT = 64 << 20
HEAD = 1024
TAIL = 64
_DATABASES = frozenset({".db", ".sqlite", ".sqlite3"})
_BLOCK = 1 << 20


class Cursor(Struct, frozen=True):
    """Where reading stopped, and what the file looked like then.

    ``size`` is how far the file has been looked at, ``offset`` how far it has been read: the difference is a last
    line without its newline. ``head_hash`` covers the first ``head_length`` bytes (it grows to 1,024), ``tail_hash``
    the 64 bytes before ``offset``. ``state`` belongs to the format reader. ``skipping``: the offset is inside a line
    too long to be read.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    offset: int
    head_length: int
    head_hash: str
    tail_hash: str
    state: Mapping[str, str] = field(default_factory=dict)
    skipping: bool = False

    def to_json(self) -> str:
        """One JSON object, for the store."""
        fields = asdict(self) | {"state": dict(self.state)}
        return json.dumps(fields, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Cursor:
        """Read back what ``to_json`` wrote. Raises ``ValueError`` or ``TypeError`` on anything else."""
        return cls(**msgspec.json.decode(text))

    def with_state(self, state: Mapping[str, str]) -> Cursor:
        """The same place with another reader's state."""
        return replace(self, state=dict(state))


class Chunk(Struct, frozen=True):
    """What one read gave. ``lines`` are ``(offset, bytes without the newline)``.

    ``restarted``: the file was cut, rewritten or replaced since the cursor was made, so reading began at 0 again.
    ``more``: the read stopped at its limit, not at the end. ``pending``: bytes of a last line that has no newline yet.
    """

    lines: list[tuple[int, bytes]]
    cursor: Cursor
    restarted: bool
    more: bool
    pending: int = 0
    oversized: tuple[Quarantined, ...] = ()
    read_bytes: int = 0


def failure(path: Path, error: OSError) -> SourceError:
    """What to tell a person when the system refuses a file."""
    if isinstance(error, FileNotFoundError):
        return SourceError(f"{path}: no such file", "It was moved or deleted; what was read from it is kept.")
    if isinstance(error, PermissionError):
        return SourceError(f"{path}: permission denied", "Give your user read access to the file, then try again.")
    if error.errno == errno.ELOOP:
        return SourceError(f"{path}: is a symbolic link", "Name the file that it points to.")
    return SourceError(f"{path}: {error.strerror or 'cannot be read'}", "Check the disk or the mount, then try again.")


def open_regular(path: Path) -> tuple[int, os.stat_result]:
    """A descriptor of a regular file; never waits for a fifo's writer and never follows a final link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise failure(path, error) from error
    try:
        status = os.fstat(descriptor)
    except OSError as error:
        os.close(descriptor)
        raise failure(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise SourceError(f"{path}: not a regular file", "Name a transcript file, or a folder that holds some.")
    return descriptor, status


def stamp(path: Path, status: os.stat_result) -> tuple[int, int]:
    """Size and time of a file; of a database, those of its write-ahead log as well, where changes stand first."""
    size, mtime_ns = status.st_size, status.st_mtime_ns
    if path.suffix in _DATABASES:
        try:
            log = path.with_name(path.name + "-wal").stat()
        except OSError:
            return size, mtime_ns
        return size + log.st_size, max(mtime_ns, log.st_mtime_ns)
    return size, mtime_ns


def unchanged(path: Path, cursor: Cursor, *, final: bool = False) -> bool:
    """Whether there is nothing new to read, by one ``stat``. ``final`` also wants a last line without newline."""
    try:
        return still(path, path.stat(follow_symlinks=False), cursor, final=final)
    except OSError as error:
        raise failure(path, error) from error


def still(path: Path, status: os.stat_result, cursor: Cursor, *, final: bool = False) -> bool:
    """The same by a ``stat`` that was made already."""
    same = (status.st_dev, status.st_ino, *stamp(path, status)) == (
        cursor.device, cursor.inode, cursor.size, cursor.mtime_ns,
    )  # fmt: skip
    return same and not (final and cursor.offset < cursor.size)


def edge_hash(data: bytes) -> str:
    """The hash that a cursor holds of a head or a tail."""
    return hashlib.sha256(data).hexdigest()[:32]


def _still_same(descriptor: int, size: int, cursor: Cursor) -> bool:
    if size < cursor.offset:
        return False
    if edge_hash(os.pread(descriptor, cursor.head_length, 0)) != cursor.head_hash:
        return False
    start = max(0, cursor.offset - TAIL)
    return edge_hash(os.pread(descriptor, cursor.offset - start, start)) == cursor.tail_hash


class Reading(Struct):
    """The mutable middle of one reading of lines, of whatever ``block`` can read."""

    descriptor: int
    offset: int
    skipping: bool
    lines: list[tuple[int, bytes]] = field(default_factory=list)
    oversized: list[Quarantined] = field(default_factory=list)
    more: bool = False
    pending: int = 0
    read_bytes: int = 0

    def block(self, position: int, length: int) -> bytes:
        """At most ``length`` bytes at ``position``; none at the end."""
        data = os.pread(self.descriptor, length, position)
        self.read_bytes += len(data)
        return data

    def take(self, data: bytes) -> None:
        """Split whole lines (``data`` ends with a newline) and move on."""
        start = 0
        while start < len(data):
            end = data.index(b"\n", start)
            self.lines.append((self.offset + start, data[start:end]))
            start = end + 1
        self.offset += len(data)

    def long_line(self, data: bytes, line_limit: int) -> bytes:
        """Read on to the end of a line that fills the limit. Empty: it is too long, and is being skipped."""
        parts, length = [data], len(data)
        while True:
            data = self.block(self.offset + length, _BLOCK)
            end = data.find(b"\n")
            if length + (len(data) if end < 0 else end) > line_limit:
                return b""
            if end >= 0:
                return b"".join((*parts, data[: end + 1]))
            if not data:
                return b"".join(parts)
            parts.append(data)
            length += len(data)

    def skip(self) -> None:
        """Pass over the rest of an overlong line, hashing and not keeping it."""
        digest, start = hashlib.sha256(), self.offset
        while True:
            data = self.block(self.offset, _BLOCK)
            end = data.find(b"\n")
            part = data if end < 0 else data[:end]
            digest.update(part)
            self.offset += len(part)
            if end >= 0:
                self.skipping = False
                break
            if not data:
                break
        if self.offset > start:
            reason = "line is too long to be read"
            self.oversized.append(Quarantined(start, self.offset - start, digest.hexdigest(), reason))
        if not self.skipping:
            self.offset += 1

    def run(self, limit: int, line_limit: int, *, final: bool) -> None:
        """Take about ``limit`` bytes of whole lines from ``offset`` on."""
        if self.skipping:
            self.skip()
            if self.skipping:
                return
        data = self.block(self.offset, limit)
        end = data.rfind(b"\n")
        if end >= 0:
            at_limit = len(data) == limit
            rest = data[end + 1 :]
            self.take(data[: end + 1])
            if at_limit:
                self.more = True
                return
            data = rest
        elif len(data) == limit:
            data = self.long_line(data, line_limit)
            if not data:
                self.skipping = True
                self.skip()
                self.more = not self.skipping
                return
            if data.endswith(b"\n"):
                self.take(data)
                self.more = True
                return
        if final and data and not parse_line(self.offset, data).quarantined:
            self.lines.append((self.offset, data))
            self.offset += len(data)
            return
        self.pending = len(data)


def read_lines(
    path: Path,
    cursor: Cursor | None = None,
    *,
    limit: int = READ_LIMIT,
    final: bool = False,
    line_limit: int = LINE_LIMIT,
) -> Chunk:
    """Read whole lines from where ``cursor`` stands, about ``limit`` bytes of them.

    A line longer than ``limit`` is read to its end; beyond ``line_limit`` it is quarantined and passed over without
    being held. A last line without newline waits for it, unless ``final`` is set and it is complete JSON: then it is
    handed over, and what is appended later begins a line of its own.

    Raises:
        SourceError: the file is gone, unreadable, or not a regular file.
    """
    descriptor, status = open_regular(path)
    try:
        known = cursor is not None and _still_same(descriptor, status.st_size, cursor)
        begun = cursor if known else None
        reading = Reading(descriptor, begun.offset if begun else 0, begun.skipping if begun else False)
        reading.run(limit, line_limit, final=final)
        head_length = min(HEAD, reading.offset)
        tail_start = max(0, reading.offset - TAIL)
        after = Cursor(
            device=status.st_dev,
            inode=status.st_ino,
            # A read that stopped at its limit has not seen the end: then no stat may say "unchanged".
            size=reading.offset if reading.more else reading.offset + reading.pending,
            mtime_ns=status.st_mtime_ns,
            offset=reading.offset,
            head_length=head_length,
            head_hash=edge_hash(os.pread(descriptor, head_length, 0)),
            tail_hash=edge_hash(os.pread(descriptor, reading.offset - tail_start, tail_start)),
            state=dict(begun.state) if begun else {},
            skipping=reading.skipping,
        )
    except OSError as error:
        raise failure(path, error) from error
    finally:
        os.close(descriptor)
    return Chunk(
        lines=reading.lines,
        cursor=after,
        restarted=cursor is not None and not known,
        more=reading.more,
        pending=reading.pending,
        oversized=tuple(reading.oversized),
        read_bytes=reading.read_bytes,
    )
