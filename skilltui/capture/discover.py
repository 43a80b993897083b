"""Which files under the named paths are transcripts, and of which format; every other candidate with its reason."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct, field

from skilltui.capture.footprint import PRUNED
from skilltui.capture.formats.registry import DATABASES, DOCUMENTS, FORMATS, OF_WHOLE_FILES
from skilltui.capture.packed import MAGIC as PACKED
from skilltui.capture.packed import is_packed, plain_head, plain_path
from skilltui.errors import SourceError

_HEAD = 64 << 10
# What a transcript is called. Other files in a folder (notes, images, tool output) are no candidates.
_SUFFIXES = (".jsonl", ".json", ".traj", ".jsonl.zst", ".ndjson", ".db")


class Found(Struct, frozen=True):
    """A transcript that can be read. ``unchanged``: somebody who keeps account says that it was, to its end."""

    path: Path
    format: str
    unchanged: bool = False


class Skipped(Struct, frozen=True):
    """A candidate that is not read, and why. ``passing``: another try may find it otherwise, though nothing changed."""

    path: Path
    reason: str
    passing: bool = False


# How the formats look that are not read yet, so that a person is told what was passed over. First match wins; the
# marks are looked for in the first 64 KiB.
_NOT_READ_YET: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("qwen", re.compile(rb'"message"\s*:\s*\{\s*"role"\s*:\s*"(?:user|model)"\s*,\s*"parts"')),
)
# Single messages and parts of them, as OpenCode kept them before its database.
_PIECE = re.compile(rb'\A\s*\{[^{}\[\]]{0,400}"(?:messageID|sessionID)"\s*:')
_PIECES = frozenset({"message", "part"})

# What stands beside transcripts: notes on a subagent, a trial's reward, the plans and files of a Copilot session.
_BESIDE = re.compile(r"\.meta\.json\Z|/reward\.json\Z|/session-state/[^/]+/(?!events\.jsonl\Z).")


# Answers, for a path and its stat, the format of a file that was read to its end and has not changed since.
Account: TypeAlias = Callable[[Path, os.stat_result], str | None]


def discover(
    paths: Iterable[Path],
    *,
    format: str | None = None,  # noqa: A002 - the option's name
    account: Account | None = None,
) -> Iterator[Found | Skipped]:
    """Walk files and folders, in the order given and sorted within each.

    The format is told from the first bytes of a file, with its name as a hint; ``format`` overrides that. A file that
    ``account`` knows is not opened. Links inside a folder are followed only to folders that lie under one of the
    named ones; nothing is visited twice.
    """
    named = [path.absolute() for path in paths]
    walk = _Walk([Path(os.path.realpath(path)) for path in named], format, account)
    for path in named:
        yield from walk.start(path)


class _Walk(Struct):
    roots: list[Path]
    format: str | None
    account: Account | None
    seen: set[tuple[int, int]] = field(default_factory=set)

    def start(self, path: Path) -> Iterator[Found | Skipped]:
        try:
            # A path that a person names may be a link: they said so.
            target = path.resolve(strict=True)
            status = target.stat()
        except FileNotFoundError:
            yield Skipped(path, "no such file or folder")
        except PermissionError:
            yield Skipped(path, "permission denied")
        except (OSError, RuntimeError):
            yield Skipped(path, "a link that leads nowhere")
        else:
            if stat.S_ISDIR(status.st_mode):
                yield from self.folder(target, status)
            else:
                yield from self.file(target, status)

    def folder(self, path: Path, status: os.stat_result) -> Iterator[Found | Skipped]:
        if (status.st_dev, status.st_ino) in self.seen:
            return
        self.seen.add((status.st_dev, status.st_ino))
        try:
            with os.scandir(path) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as error:
            reason = "permission denied" if isinstance(error, PermissionError) else "cannot be listed"
            yield Skipped(path, reason, passing=True)
            return
        for name in names:
            yield from self.entry(path / name)

    def entry(self, path: Path) -> Iterator[Found | Skipped]:
        candidate = path.name.endswith(_SUFFIXES)
        try:
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                yield from self.link(path, candidate=candidate)
                return
        except OSError:
            if candidate:
                yield Skipped(path, "vanished or cannot be read", passing=True)
            return
        if stat.S_ISDIR(status.st_mode):
            if candidate:
                yield Skipped(path, "a folder named like a transcript")
            if path.name not in PRUNED and not (path.name in _PIECES and path.parent.name == "storage"):
                yield from self.folder(path, status)
        elif candidate:
            found = self.file(path, status)
            # Programs of all kinds keep such files; only an agent's is a candidate.
            yield from (e for e in found if isinstance(e, Found) or path.suffix != ".db")

    def link(self, path: Path, *, candidate: bool) -> Iterator[Found | Skipped]:
        try:
            target = path.resolve(strict=True)
            status = target.stat()
        except (OSError, RuntimeError):
            yield Skipped(path, "a link that leads nowhere")
            return
        if not stat.S_ISDIR(status.st_mode):
            if candidate:
                yield Skipped(path, "a link; the file is read where it lies")
        elif any(target.is_relative_to(root) for root in self.roots):
            yield from self.folder(target, status)
        else:
            yield Skipped(path, "a link out of the named folder")

    def file(self, path: Path, status: os.stat_result) -> Iterator[Found | Skipped]:
        if not stat.S_ISREG(status.st_mode):
            yield Skipped(path, "not a regular file")
        elif (status.st_dev, status.st_ino) not in self.seen:
            self.seen.add((status.st_dev, status.st_ino))
            yield self.known(path, status) if status.st_size else Skipped(path, "empty")

    def known(self, path: Path, status: os.stat_result) -> Found | Skipped:
        if is_packed(path) and plain_path(path).is_file():
            return Skipped(path, "the transcript beside it, not compressed, is read")
        told = self.account(path, status) if self.account is not None else None
        if told is not None and self.format in {None, told}:
            return Found(path, told, unchanged=True)
        try:
            head = _head(path)
            if not is_packed(path):
                return identify(path, head, self.format)
            if not head.startswith(PACKED):
                return Skipped(path, "named as a compressed file, and is none")
            found = identify(plain_path(path), plain_head(path, _HEAD), self.format)
        except SourceError as error:
            return Skipped(path, error.message.removeprefix(f"{path}: "))
        except OSError as error:
            reason = "permission denied" if isinstance(error, PermissionError) else "cannot be read"
            return Skipped(path, reason, passing=True)
        if isinstance(found, Skipped):
            return Skipped(path, found.reason)
        if found.format in OF_WHOLE_FILES:
            return Skipped(path, f"{found.format}: unpack it first; only transcripts of lines are read compressed")
        return Found(path, found.format)


def _head(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _HEAD)
    finally:
        os.close(descriptor)


def identify(path: Path, head: bytes, format: str | None = None) -> Found | Skipped:  # noqa: A002
    """What a file with this name and these first bytes is. ``format`` is believed where the bytes do not speak up."""
    told = next((name for name, fmt in FORMATS.items() if fmt.sniff(path, head)), None)
    if told is None and _BESIDE.search(path.as_posix()):
        return Skipped(path, "notes beside a transcript, no records")
    if format is not None:
        # A person may know better, but not against what the file plainly is; and a document's outline is plain.
        if told == format or (told is None and format not in OF_WHOLE_FILES):
            return Found(path, format)
        return Skipped(path, f"looks like {told}, not {format}" if told else f"does not look like {format}")
    if told in OF_WHOLE_FILES:
        return Found(path, str(told))
    # Some agents write the envelope of another: then the first record decides.
    other = _other(head if told is None else head.split(b"\n", 1)[0])
    if other is not None:
        return Skipped(path, f"{other}: this format is not read yet")
    if told is not None:
        return Found(path, told)
    if _PIECE.match(head):
        return Skipped(path, "a piece of an OpenCode session, read with that")
    return Skipped(path, "no transcript format that is known")


def _other(head: bytes) -> str | None:
    return next((name for name, mark in _NOT_READ_YET if mark.search(head)), None)


def candidates(folder: Path, format: str) -> list[Path]:  # noqa: A002
    """Files under an agent's own folder that are named as ``format`` names them, sorted; none is opened.

    A source may also be named as a file.
    """
    if folder.is_file():
        return [folder]
    database = DATABASES.get(format)
    if database is not None:
        return sorted(folder.glob(database.files))
    suffixes = (".json", ".jsonl") if format in DOCUMENTS else (".jsonl", ".jsonl.zst")
    found = {path for suffix in suffixes for path in folder.rglob(f"*{suffix}")}
    return sorted(path for path in found if not (is_packed(path) and plain_path(path) in found))


def discover_source(
    folders: Iterable[Path],
    format: str,  # noqa: A002
    *,
    account: Account | None = None,
) -> Iterator[Found | Skipped]:
    """As ``discover``, in an agent's own folders. Of a folder that holds a database, only that is looked at."""
    if format in DATABASES:
        folders = [path for folder in folders for path in candidates(folder, format)]
    return discover(folders, format=format, account=account)


def all_within(files: Iterable[Found], folders: Iterable[Path]) -> bool:
    """Whether these files, and what stands beside those that are documents, lie in the folders."""
    roots = [f"{os.path.realpath(folder)}{os.sep}" for folder in folders]

    def within(path: Path) -> bool:
        return os.path.realpath(path).startswith(tuple(roots))

    for file in files:
        document = DOCUMENTS.get(file.format)
        beside = document.beside(file.path) if document is not None else ()
        if not all(map(within, (file.path, *beside))):
            return False
    return True
