"""Reading in a process of its own: a long import reads, redacts and cuts beside the process that files and stores.

Python runs one thread at a time, and these three keep it busy for half of an import. What comes back are the groups
that ``reading.groups`` gives, redacted: nothing of a transcript leaves that process with its secrets in it. Sessions
that stand alone come cut (``reading.cut``); whether they do is seen when they are stored. It is worth
a start of a tenth of a second on a machine with a second processor; where it can't be started, or ends too soon, the
same is read here. Little is imported for starting it, so that it may start beside the rest of the program.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar, get_origin

from skilltui import __version__
from skilltui.errors import SourceError

if TYPE_CHECKING:
    from skilltui.capture.reader import TranscriptReader
    from skilltui.workshop.places import Finds
    from skilltui.workshop.reading import Group, Order

T = TypeVar("T")

# Bytes of transcripts that take several times as long to read as a process takes to start.
WORTH_A_PROCESS = 32 << 20
_CHILD = "skilltui.workshop.reading_child"
# Before each message stands its size, in so many bytes. An empty one is the last.
_SIZE = 8
_LONGEST = 1 << 31
_PIPE = 1 << 20
# Seconds for starting: many times what it takes on a busy machine.
_PATIENCE = 15.0


class ReadingProcessError(Exception):
    """It is none of ours, or ended before its work did: what it had not read has to be read here."""


class ReadingProcess:
    """Another process that reads, for one import. ``found``: what it was told ahead to read, if it was."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._greeted = False
        self._ordered = False
        self.found: Finds | None = None

    @classmethod
    def start(cls, gate: Path, size: int) -> ReadingProcess | None:
        """Begin to start it, for about ``size`` bytes of transcripts; ``None`` where that can't be, or would not pay.

        ``gate``: where the redaction's gate is kept; where there is none it begins to make it.
        """
        if size < WORTH_A_PROCESS or _processors() < 2 or not sys.executable:
            return None
        # -P: what lies in the folder that the person is in is not looked at.
        command = [sys.executable, "-P", "-c", f"from {_CHILD} import main; main()", os.fspath(gate)]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        with suppress(OSError):
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere)  # noqa: S603 - our own
            _widen(process.stdin)
            _widen(process.stdout)
            return cls(process)
        return None

    def order(self, order: Order) -> None:
        """Say what it is to read. ``ReadingProcessError`` where it has ended."""
        sink = self._process.stdin
        if sink is None:
            raise ReadingProcessError
        try:
            # What is no Python of ours may never take it.
            with _killed_after(_PATIENCE, self._process):
                send(sink, encode(order))
        except (OSError, UnicodeError) as error:
            raise ReadingProcessError from error
        self._ordered = True

    def groups(self, order: Order) -> Iterator[Group]:
        """What ``reading.groups`` gives for these files; ``ReadingProcessError`` where it ends too soon.

        What it was told ahead to read is not ordered again.
        """
        from skilltui.workshop.reading import Group

        if not self._ordered:
            self.order(order)
        while message := self._message():
            yield decode(message, Group)

    def _message(self) -> bytes:
        source = self._process.stdout
        if source is None:
            raise ReadingProcessError
        try:
            if not self._greeted:
                with _killed_after(_PATIENCE, self._process):
                    answer = receive(source)
                if answer != hello():
                    raise ReadingProcessError
                self._greeted = True
            return receive(source)
        except (OSError, EOFError) as error:
            raise ReadingProcessError from error

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.wait()


@contextmanager
def reading(order: Order, reader: TranscriptReader, process: ReadingProcess | None) -> Iterator[Iterator[Group]]:
    """The groups of an order's files: read by ``process``, by one that is started here, or by none.

    They are to be taken on a thread. What is started here is ended here.
    """
    from skilltui.workshop.reading import groups

    own = ReadingProcess.start(order.gate, order.size) if process is None else None
    process = process or own
    try:
        if process is None or (order.size < WORTH_A_PROCESS and process.found is None):
            yield groups(reader, order.files, order.size)
        else:
            yield _read_apart(process, order, reader)
    finally:
        if own is not None:
            own.close()


def _read_apart(process: ReadingProcess, order: Order, reader: TranscriptReader) -> Iterator[Group]:
    """Read by the process as long as it lives, and here from where it stopped."""
    from skilltui.capture.packed import plain_path
    from skilltui.workshop.reading import groups

    rest = {plain_path(path): (path, form, cursor) for path, form, cursor in order.files}
    try:
        for group in process.groups(order):
            for batch in group.batches:
                path, form, _ = rest[plain_path(batch.path)]
                rest[plain_path(batch.path)] = (path, form, batch.cursor)
            ended = [batch.path for batch in group.batches if not batch.more] + [path for path, _ in group.failed]
            for path in ended:
                del rest[plain_path(path)]
            yield group
    except ReadingProcessError:
        yield from groups(reader, list(rest.values()), order.size)


@contextmanager
def _killed_after(seconds: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def hello() -> bytes:
    """Which program it is: another one may come first on the other process's path."""
    return f"{__version__} {os.path.realpath(__file__)}".encode("utf-8", "surrogateescape")


def send(sink: IO[bytes], message: bytes) -> None:
    """Write one message."""
    sink.write(len(message).to_bytes(_SIZE, "big"))
    sink.write(message)
    sink.flush()


def receive(source: IO[bytes]) -> bytes:
    """Read one message; ``EOFError`` where there is no whole one."""
    size = int.from_bytes(_exactly(source, _SIZE), "big")
    if size > _LONGEST:  # words of another program
        raise EOFError
    return _exactly(source, size)


def _exactly(source: IO[bytes], size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise EOFError
    return data


def encode(message: Order | Group) -> bytes:
    """A message. Raises ``ValueError``, ``TypeError`` or ``OverflowError`` on what no message can hold."""
    from msgspec import msgpack

    return msgpack.encode(message, enc_hook=_encoded)


def decode(message: bytes, kind: type[T]) -> T:
    """What a message holds; ``ReadingProcessError`` where that is something else."""
    from msgspec import MsgspecError, msgpack

    try:
        return msgpack.decode(message, type=kind, dec_hook=_decoded)
    except (MsgspecError, UnicodeError) as error:
        raise ReadingProcessError from error


def _encoded(value: Any) -> Any:
    if isinstance(value, Path):
        return os.fsencode(value)
    if isinstance(value, SourceError):
        return (value.message, value.hint)
    raise NotImplementedError(type(value))


def _decoded(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(os.fsdecode(value))
    if kind is SourceError:
        return SourceError(*value)
    if get_origin(kind) is Counter:
        return Counter(value)
    raise NotImplementedError(kind)


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a pipe take a whole message, where the system has such pipes: the two wait for each other less often."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe or -1, fcntl.F_SETPIPE_SZ, _PIPE)


def _processors() -> int:
    """Those that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)  # not everywhere
    return len(affinity(0)) if affinity else os.cpu_count() or 1
