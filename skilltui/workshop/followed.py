"""The files that capture follows: which there are, which changed since they were read to their end, which are gone."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct, field

from skilltui.capture.discover import Found, Skipped, candidates, discover
from skilltui.capture.tail import stamp

# What a file looked like: size, mtime_ns, and which file it is (inode, device). A file that was put in the place of
# another may have the other's size and time.
Stamp: TypeAlias = tuple[int, int, int, int]
# An event is told within a fraction of this; a change that is older and was not told came without one.
UNTOLD_SECONDS = 1.0


class File(Struct):
    """One transcript. ``read`` is how it looked when it was last read to its end."""

    found: Found
    read: Stamp | None = None
    seen: Stamp | None = None  # when it was last looked at
    watched: bool = True  # whether it lies in a folder that is watched


class Followed(Struct):
    """``due``: files with something to read, as they looked last. ``untold``: changes that no event told of, and when
    they were found."""

    files: dict[Path, File] = field(default_factory=dict)
    skipped: dict[Path, tuple[int, str]] = field(default_factory=dict)  # size when looked at, reason
    due: dict[Path, Stamp] = field(default_factory=dict)
    untold: dict[Path, float] = field(default_factory=dict)

    @property
    def agents(self) -> tuple[str, ...]:
        """The formats of the files that are followed."""
        return tuple(sorted({file.found.format for file in self.files.values()}))

    def scan(self, folders: Mapping[str, Iterable[Path]]) -> list[Path]:
        """Find files that are new. Only a new one is opened, to see what it is."""
        new = []
        for source, roots in folders.items():
            # Events come with real paths, and the store knows files by them.
            for path in (path for root in roots for path in candidates(Path(os.path.realpath(root)), source)):
                if path in self.files:
                    continue
                size = (stamp_of(path) or (-1,))[0]
                if self.skipped.get(path, (-1, ""))[0] == size:
                    continue
                for entry in discover([path], format=source):
                    if isinstance(entry, Skipped):
                        self.skipped[path] = (size, entry.reason)
                    else:
                        self.add(path, entry)
                        new.append(path)
        return new

    def add(self, path: Path, found: Found, *, watched: bool = True) -> None:
        """Follow one more file."""
        self.skipped.pop(path, None)
        self.files[path] = File(found, watched=watched)

    def look(self, paths: Collection[Path] | None, *, told: Collection[Path] = ()) -> list[Path]:
        """Look whether files changed (``None``: all of them); returns those that are no longer there.

        ``told``: those that an event named since the last look.
        """
        gone = []
        now = time.monotonic()
        for path in told:
            self.untold.pop(path, None)
        for path in list(self.files) if paths is None else [path for path in paths if path in self.files]:
            file = self.files[path]
            looks = stamp_of(path)
            if looks is None:
                gone.append(path)
                continue
            if file.watched and file.seen is not None and looks != file.seen and path not in told:
                self.untold.setdefault(path, now)
            file.seen = looks
            if looks == file.read:
                self.due.pop(path, None)
            else:
                self.due[path] = looks
        return gone

    def missed(self) -> bool:
        """Whether a change was not told of, though there was time enough. Asked after each look at all files."""
        now = time.monotonic()
        return any(now - since >= UNTOLD_SECONDS for since in self.untold.values())

    def done(self, path: Path, stamp: Stamp) -> None:
        """A file was read to the end that it had when it looked like ``stamp``."""
        self.files[path].read = stamp
        self.due.pop(path, None)

    def forget(self, paths: Iterable[Path]) -> None:
        """They are gone; one that comes back is looked at anew."""
        for path in paths:
            self.files.pop(path, None)
            self.due.pop(path, None)
            self.untold.pop(path, None)


def stamp_of(path: Path) -> Stamp | None:
    """How a file looks now; ``None`` where there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return (*stamp(path, stat), stat.st_ino, stat.st_dev)
