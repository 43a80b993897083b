"""A settings file that belongs to another program: read, compared and swapped, with a copy kept of what it was.

A link stays a link, and what it points to is replaced. Copies go beside the file and into the home's ``backups/``, and
only their owner can read them: an agent's settings may hold keys.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from skilltui.errors import DiskFullError, ForeignEditError, SkilltuiError, SourceError, StateError
from skilltui.paths import DIRECTORY_MODE, FILE_MODE

_LIMIT = 8 << 20
_BESIDE = ".skilltui-backup"


class ForeignFile(Struct, frozen=True):
    """The file as it was read. ``text`` is ``None`` where there is none."""

    path: Path
    target: Path
    backups: Path
    owner: str
    text: str | None

    @classmethod
    def read(cls, path: Path, backups: Path, owner: str) -> ForeignFile:
        """Read it. ``StateError`` where it is no text file, ``SourceError`` where it can't be read."""
        target = Path(os.path.realpath(path))
        if path.is_symlink() and not target.exists():
            raise StateError(f"{path} is a link to {target}, which is not there", "make that file, or remove the link")
        data = _read(target)
        try:
            text = None if data is None else data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise StateError(f"{path} is not UTF-8: {error}", "mend the file first; nothing was changed") from error
        return cls(path, target, backups, owner, text)

    @property
    def made_by_us(self) -> bool:
        """Whether the file was not there before ``write`` made it."""
        return self._mark.exists()

    def write(self, text: str | None) -> Path | None:
        """Put ``text`` in its place (``None``: no file); returns the copy of what was there.

        ``ForeignEditError``, and nothing is written, where the file is no longer as it was read.
        """
        before = None if self.text is None else self.text.encode()
        after = None if text is None else text.encode()
        try:
            backup = self._keep(before, after)
            if after is None:
                self._compare(before)
                self.target.unlink()
                self._mark.unlink(missing_ok=True)
            else:
                self.target.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
                self._replace(after, before)
        except OSError as error:
            raise _explain(error, self.path) from error
        return backup

    @property
    def _mark(self) -> Path:
        place = hashlib.sha256(os.fsencode(self.target)).hexdigest()[:12]
        return self.backups / f"hooks-{self.owner}-{place}.made"

    @property
    def _beside(self) -> Path:
        return self.target.with_name(self.target.name + _BESIDE)

    def _keep(self, before: bytes | None, after: bytes | None) -> Path | None:
        beside = _read(self._beside)
        if before is None:
            return None
        at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
        backup = self.backups / f"hooks-{self.owner}-{at}-{self.target.name}"
        _fresh(backup, before, FILE_MODE)
        if beside is not None:
            self._beside.unlink()
        # The copy beside goes where the file becomes what the copy holds, or goes itself.
        if after not in {beside, None}:
            _fresh(self._beside, before, FILE_MODE)
        return backup

    def _compare(self, before: bytes | None) -> None:
        if _read(self.target) != before:
            raise ForeignEditError(
                f"{self.path} was changed by somebody else meanwhile; nothing was written", "try again"
            )

    def _replace(self, data: bytes, before: bytes | None) -> None:
        mode = FILE_MODE if before is None else stat.S_IMODE(self.target.stat().st_mode)
        if before is None:
            self._mark.touch(mode=FILE_MODE)
        temporary = self.target.with_name(f".{self.target.name}.skilltui-{secrets.token_hex(4)}")
        try:
            _fresh(temporary, data, mode)
            temporary.chmod(mode)
            # Writing took its time; an agent or an editor may have saved meanwhile.
            self._compare(before)
            temporary.replace(self.target)
        except BaseException:
            # Whatever stopped it, no half of it stays beside the settings.
            with suppress(OSError):
                temporary.unlink()
            if before is None:
                self._mark.unlink(missing_ok=True)
            raise
        _sync(self.target.parent)


def _read(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}", "check the file's permissions") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise StateError(f"{path} is no regular file", "settings are a plain text file")
        data = file.read(_LIMIT + 1)
    if len(data) > _LIMIT:
        raise StateError(f"{path} is larger than {_LIMIT >> 20} MiB", "that is no settings file; nothing was changed")
    return data


def _fresh(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    with suppress(OSError):
        # Not every file system syncs a folder; the rename itself is the best there is then.
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explain(error: OSError, path: Path) -> SkilltuiError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFullError(f"no space left to write {path}; the old file stands", "free some space, then try again")
    where = os.fsdecode(error.filename) if error.filename else str(path)
    return SourceError(f"{where} can't be written: {error.strerror}", "check the folder's permissions")
