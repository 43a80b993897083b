"""What a look at folders shows without opening a file: equal footprints mean that nothing there has changed.

Names, and of every file its inode, size and times: the change time too, which neither a rewrite in the same second
nor a new permission leaves as it was. A re-scan waits for this, so that little more than ``os`` is imported.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

# Folders that hold no transcripts, and much else.
PRUNED = frozenset({".git", "node_modules", "__pycache__", ".venv"})
# Beyond this many entries a look costs what it was to save.
MOST = 20_000
# A file system's clock moves on by ticks; a file that changed in the same one has the same times.
_TICK_NS = 20_000_000


class Footprint(NamedTuple):
    """``digest`` of all that was seen, and how many ``bytes`` the files hold."""

    digest: str
    bytes: int


def footprint(folders: Sequence[str]) -> Footprint | None:
    """Look at these folders and all below them, in the order given; one that does not exist is seen as missing.

    Links are followed as ``discover`` follows them: to folders under one of those named. ``None`` where no look can
    tell: a file is named instead of a folder, there is too much to see, or something changed a moment ago.
    """
    look = _Look([os.path.realpath(folder) for folder in folders])
    began = time.time_ns()
    for folder in look.roots:
        if os.path.exists(folder) and not os.path.isdir(folder):
            return None
        look.todo.append(folder)
        if not look.walk():
            return None
    if look.newest > began - _TICK_NS:
        return None
    return Footprint(look.digest.hexdigest(), look.bytes)


class _Look:
    def __init__(self, roots: list[str]) -> None:
        self.roots = roots
        self.todo: list[str] = []
        self.digest = blake2b(digest_size=16)
        self.bytes = 0
        self.newest = 0
        self._seen: set[tuple[int, int]] = set()
        self._left = MOST

    def walk(self) -> bool:
        """See all that is to do; false where that is too much."""
        while self.todo:
            folder = self.todo.pop()
            try:
                with os.scandir(folder) as listed:
                    entries = sorted(listed, key=lambda entry: entry.name)
            except OSError as error:
                self._say(folder, error.errno)
                continue
            self._say(folder)
            self._left -= len(entries)
            if self._left < 0:
                return False
            for entry in entries:
                # What readers of a database share among them changes as it is read; its content is in the log.
                if not entry.name.endswith("-shm"):
                    self._entry(entry)
        return True

    def _entry(self, entry: os.DirEntry[str]) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            self._say(entry.name, error.errno)
            return
        if stat.S_ISDIR(status.st_mode):
            self._say(entry.name, "folder")
            self._folder(entry.path, entry.name, status)
            return
        self._say(
            entry.name, status.st_mode, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns,
            status.st_ctime_ns,
        )  # fmt: skip
        self.newest = max(self.newest, status.st_mtime_ns, status.st_ctime_ns)
        if stat.S_ISLNK(status.st_mode):
            self._link(entry.path)
        elif stat.S_ISREG(status.st_mode):
            self.bytes += status.st_size

    def _link(self, path: str) -> None:
        target = os.path.realpath(path)
        inside = any(target == root or target.startswith(root.rstrip(os.sep) + os.sep) for root in self.roots)
        try:
            status = os.stat(target)
        except OSError as error:
            self._say(target, error.errno)
            return
        self._say(target, stat.S_IFMT(status.st_mode), inside)
        if inside and stat.S_ISDIR(status.st_mode):
            self._folder(target, "", status)

    def _folder(self, path: str, name: str, status: os.stat_result) -> None:
        if name not in PRUNED and (status.st_dev, status.st_ino) not in self._seen:
            self._seen.add((status.st_dev, status.st_ino))
            self.todo.append(path)

    def _say(self, *facts: object) -> None:
        self.digest.update("\0".join(map(str, facts)).encode("utf-8", "surrogateescape") + b"\n")
