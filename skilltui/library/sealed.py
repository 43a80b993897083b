"""Files that hold what can be made again: sealed, so that only what this home wrote is believed.

A cache lies on disk where others may write, and what it says decides which skills are clean and which one serves a
request. So it is no pickle, and it carries a keyed digest (BLAKE2b) over everything in it: one that is damaged, cut
off, of another kind or format, or from another home is as good as none.
"""

from __future__ import annotations

import hmac
import os
import re
import stat
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tempfile import mkstemp

from skilltui import __version__
from skilltui.paths import DIRECTORY_MODE

MAX_BYTES = 1 << 30
# Two or three for each set of skill roots that this home was opened with.
MAX_FILES = 18
_DIGEST_BYTES = 32
# Including what is left where a process was killed while it wrote.
_OURS = re.compile(r"\.?(?:skills|index|vectors)-[0-9a-f]{16}(?:\.\w+)?")


def worth_writing(skills: int) -> int:
    """From how many changed skills on the file of a library of this size is written again.

    In the time that it takes to write thousands, a few are read; and people change one at a time.
    """
    return 1 + min(skills // 50, 20)


@cache
def made_by(content: str) -> str:
    """The kind of a file: what it holds, and the code that made it, since other code may find something else."""
    digest = blake2b(digest_size=16)
    here = Path(__file__).parent
    for file in sorted((*here.glob("*.py"), *(here.parent / "text").glob("*.py"))):
        stamp = file.stat()
        digest.update(f"{file.name} {stamp.st_size} {stamp.st_mtime_ns}\n".encode())
    return f"skilltui {__version__} {content} {digest.hexdigest()}"


class Sealed:
    """A folder of such files, all sealed with one key."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._folder = folder
        self._key = key

    def read(self, name: str, kind: str) -> memoryview | None:
        """What was written under that name with the same key and kind; ``None`` where that is not what stands there."""
        try:
            flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
            descriptor = os.open(self._folder / name, flags)
            with os.fdopen(descriptor, "rb") as file:
                info = os.fstat(descriptor)
                if not stat.S_ISREG(info.st_mode) or info.st_size > MAX_BYTES:
                    return None
                data = file.read(MAX_BYTES)
        except OSError:
            return None
        content = memoryview(data)[_DIGEST_BYTES:]
        return content if hmac.compare_digest(data[:_DIGEST_BYTES], self._digest(content, kind)) else None

    def write(self, name: str, content: bytes, kind: str) -> None:
        """Replace the file at once, readable by its owner alone, and let the oldest of too many files go.

        A disk that takes no file leaves none: what is in it can be made again.
        """
        with suppress(OSError):
            self._folder.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            descriptor, temporary = mkstemp(prefix=f".{name}.", dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(self._digest(content, kind))
                    file.write(content)
                Path(temporary).replace(self._folder / name)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
                raise
            # Only files of ours: the folder may be one that was there before, with something else in it.
            ours = [file for file in self._folder.iterdir() if _OURS.fullmatch(file.name)]
            for old in sorted(ours, key=lambda file: -file.lstat().st_mtime)[MAX_FILES:]:
                old.unlink(missing_ok=True)

    def _digest(self, content: bytes | memoryview, kind: str) -> bytes:
        key = blake2b(kind.encode(), key=blake2b(self._key).digest(), digest_size=_DIGEST_BYTES).digest()
        return blake2b(content, key=key, digest_size=_DIGEST_BYTES).digest()
