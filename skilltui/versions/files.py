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
from skilltui.errors import DiskFullError, ForeignEditError, SkillInvalidError, SkilltuiError, SourceError, StateError
from skilltui.library.check import MAX_TREE_BYTES, MAX_TREE_FILES, list_tree, read_tree
from skilltui.paths import is_folder, is_link

TEMPORARY = ".skilltui-new"


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


def check_fresh(path: Path) -> None:
    """``StateError`` where the folder that a skill's first file is to stand in holds something already.

    Nobody looked at that, and it would go live with the skill.
    """
    folder = path.parent
    if is_link(folder):
        raise StateError(f"{folder} is a link", "move it away first")
    try:
        names = {entry.name for entry in folder.iterdir()} - {TEMPORARY}
    except FileNotFoundError:
        return
    except OSError as error:
        raise SourceError(f"{folder} can't be read: {error.strerror}", "check the folder's permissions") from error
    if names and path.name not in names:
        raise StateError(f"{folder} holds {min(names)} already", "move it away first")


def hash_tree(skill_file: Path, data: bytes) -> str:
    """The hash that the library gives the folder around ``skill_file``, were ``data`` that file's content.

    Raises ``SourceError`` where a file of the folder can't be read, ``SkillInvalidError`` where there is too much.
    """
    folder = skill_file.parent
    files: dict[str, str] = {}
    if is_folder(folder):
        try:
            # A killed save's leftover goes with the next save, so it is no part of the skill.
            entries = [entry for entry in list_tree(folder) if entry.path not in {TEMPORARY, skill_file.name}]
            if len(entries) >= MAX_TREE_FILES or sum(entry.size for entry in entries) > MAX_TREE_BYTES:
                raise SkillInvalidError(
                    f"{folder} holds more than {MAX_TREE_FILES} files or {MAX_TREE_BYTES >> 20} MiB", "split the skill"
                )
            files.update(read_tree(folder, entries).files)
        except OSError as error:
            where = os.fsdecode(error.filename) if error.filename else str(folder)
            raise SourceError(f"{where} can't be read: {error.strerror}", "check the file's permissions") from error
    return tree_hash(files | {skill_file.name: blob_hash(data)})


def swap(path: Path, data: bytes | None, *, expected: bytes | None) -> None:
    """Put ``data`` where ``expected`` stands; ``None`` means no file. Raises ``ForeignEditError`` where it differs."""
    if read_skill(path) == data:
        return
    if is_link(path.parent):
        raise SkillInvalidError(f"{path.parent} is a link", "skilltui changes files in real folders only")
    _compare(path, expected)
    made = not os.path.lexists(path.parent)
    try:
        if data is None:
            path.unlink()
            # The folder goes with its only file; one that holds more is somebody's work.
            with suppress(OSError):
                path.parent.rmdir()
        else:
            _write(path, data, expected)
    except BaseException as error:
        if made:
            # Whatever stopped the save, an empty folder would hold a name that nothing has.
            with suppress(OSError):
                path.parent.rmdir()
        if isinstance(error, OSError):
            raise explain(error, path, "nothing was written" if expected is None else "the old file stands") from error
        raise


def _compare(path: Path, expected: bytes | None) -> None:
    found = read_skill(path)
    if found != expected:
        what = "was removed" if found is None else "was changed by somebody else"
        raise ForeignEditError(
            f"{path} {what} since this version was made; nothing was written",
            "see what stands there now in Versions; a skill's text that is not ours is kept, never overwritten",
        )


def _write(path: Path, data: bytes, expected: bytes | None) -> None:
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / TEMPORARY
    with suppress(FileNotFoundError):
        temporary.unlink()
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o644
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # Writing took its time; an editor may have saved meanwhile.
        _compare(path, expected)
        temporary.replace(path)
    except BaseException:
        # Whatever stopped the save, no half of it stays beside the skill.
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_directory(folder)


def sync_directory(folder: Path) -> None:
    """Make a rename in a folder last."""
    # Windows can't open a directory; there the rename itself is the best there is.
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def explain(error: OSError, path: Path, stands: str = "nothing was changed") -> SkilltuiError:
    """A write that failed as something that a person can do about; ``stands``: what is there after it."""
    if error.errno == errno.ENOSPC:
        return DiskFullError(f"no space left to write {path}; {stands}", "free some space, then try again")
    return SourceError(f"{path} can't be written: {error.strerror}", "check the folder's permissions")
