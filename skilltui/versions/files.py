"""Skill files on disk: reading, compare-and-swap, atomic writing.

A save is: temporary file in the same directory (a name that no agent loads) -> write -> fsync -> rename -> fsync of the
directory. Killed at any point, the file is byte for byte old or new. Nothing is ever written through a link.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from skilltui.domain.skill import blob_hash, tree_hash
from skilltui.errors import DiskFullError, ForeignEditError, SkillInvalidError, SkilltuiError, SourceError

_TEMPORARY = ".skilltui-new"
_MAX_FILES = 500


def read_skill(path: Path) -> bytes | None:
    """The bytes of a ``SKILL.md``, ``None`` where there is none. Refuses links and special files."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SkillInvalidError(f"{path} is a link", "replace it by the file it points at") from error
        raise SourceError(f"{path} can't be read: {error.strerror}", "check the file's permissions") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise SkillInvalidError(f"{path} is no regular file", "a SKILL.md is a plain text file")
        return file.read()


def hash_tree(skill_file: Path, data: bytes) -> str:
    """The tree hash of the folder around ``skill_file``, were ``data`` its content."""
    folder = skill_file.parent
    files = {skill_file.name: blob_hash(data)}
    if folder.is_dir():
        for base, directories, names in os.walk(folder):
            directories[:] = sorted(d for d in directories if not d.startswith("."))
            for name in sorted(names):
                path = Path(base, name)
                relative = path.relative_to(folder).as_posix()
                if relative == skill_file.name or name.startswith(".") or path.is_symlink() or not path.is_file():
                    continue
                if len(files) >= _MAX_FILES:
                    raise SkillInvalidError(f"{folder} holds more than {_MAX_FILES} files", "split the skill")
                files[relative] = blob_hash(path.read_bytes())
    return tree_hash(files)


def swap(path: Path, data: bytes | None, *, expected: bytes | None) -> None:
    """Put ``data`` where ``expected`` stands; ``None`` means no file. Raises ``ForeignEditError`` where it differs."""
    found = read_skill(path)
    if found == data:
        return
    if found != expected:
        what = "was removed" if found is None else "was changed by somebody else"
        raise ForeignEditError(
            f"{path} {what} since this version was made; nothing was written",
            "look at the difference in Versions; the foreign text is kept as a version of its own",
        )
    try:
        if data is None:
            path.unlink()
            # The folder goes with its only file; one that holds more is somebody's work.
            with suppress(OSError):
                path.parent.rmdir()
        else:
            _write(path, data)
    except OSError as error:
        raise _explain(error, path) from error


def _write(path: Path, data: bytes) -> None:
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink():
        raise SkillInvalidError(f"{folder} is a link", "skilltui writes into real folders only")
    temporary = folder / _TEMPORARY
    with suppress(FileNotFoundError):
        temporary.unlink()
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_directory(folder)


def _sync_directory(folder: Path) -> None:
    # Windows can't open a directory; there the rename itself is the best there is.
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _explain(error: OSError, path: Path) -> SkilltuiError:
    if error.errno == errno.ENOSPC:
        return DiskFullError(f"no space left to write {path}; the old file stands", "free some space, then try again")
    return SourceError(f"{path} can't be written: {error.strerror}", "check the folder's permissions")
