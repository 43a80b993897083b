"""Whole skill folders on disk: read, put in place by one rename, taken out of place by one rename.

What is not finished stands in a hidden folder beside the skills, into which no agent looks. So a folder is there whole
or not at all, whenever the process is killed, and nobody's edit of the last moment is lost: what was taken out is
compared once more before it goes.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from skilltui.domain.skill import blob_hash, tree_hash
from skilltui.errors import ForeignEditError, SkillInvalidError, SourceError
from skilltui.library.check import MAX_TREE_BYTES, MAX_TREE_FILES
from skilltui.paths import is_folder, is_link
from skilltui.versions.files import TEMPORARY, explain, sync_directory

AWAY = ".skilltui-tmp"
MAX_TREE_DEPTH = 64


class TreeFile(Struct, frozen=True):
    """A file of a tree. ``mode`` is its type and permissions; of a link ``data`` is the target, of an empty folder
    nothing."""

    data: bytes
    mode: int


# By relative POSIX path.
Tree: TypeAlias = Mapping[str, TreeFile]


def read_folder(folder: Path) -> dict[str, TreeFile] | None:
    """Everything in a folder, links and empty folders included; ``None`` where there is none.

    Raises ``SkillInvalidError`` where it is a link, holds what is no file, or too much; ``SourceError`` where
    something in it can't be read.
    """
    found: dict[str, TreeFile] = {}
    try:
        try:
            mode = os.lstat(folder).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISLNK(mode):
            raise SkillInvalidError(f"{folder} is a link", "skilltui moves real folders only")
        if not stat.S_ISDIR(mode):
            return None
        _read_into(found, folder)
    except OSError as error:
        where = os.fsdecode(error.filename) if error.filename else str(folder)
        raise SourceError(f"{where} can't be read: {error.strerror}", "check the file's permissions") from error
    return found


def _read_into(found: dict[str, TreeFile], top: Path) -> None:
    total = 0
    # Not by recursion: how deep it goes is for whoever made the folder to say.
    waiting = [(top, "", 0)]
    while waiting:
        folder, prefix, depth = waiting.pop()
        if depth > MAX_TREE_DEPTH:
            raise SkillInvalidError(
                f"{top} holds folders more than {MAX_TREE_DEPTH} deep", "take out what is no part of the skill first"
            )
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
        if not entries and prefix:
            found[prefix.rstrip("/")] = TreeFile(b"", folder.stat().st_mode)
        for entry in entries:
            path = f"{prefix}{entry.name}"
            info = entry.stat(follow_symlinks=False)
            if path == TEMPORARY:
                continue  # a killed save's leftover is no part of the skill
            if entry.is_symlink():
                found[path] = TreeFile(os.fsencode(Path(entry.path).readlink()), info.st_mode)
            elif entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), f"{path}/", depth + 1))
            elif stat.S_ISREG(info.st_mode):
                total += info.st_size
                if total <= MAX_TREE_BYTES:
                    found[path] = TreeFile(Path(entry.path).read_bytes(), info.st_mode)
            else:
                raise SkillInvalidError(
                    f"{entry.path} is neither a file nor a folder", "take it out of the skill first"
                )
            if len(found) + len(waiting) > MAX_TREE_FILES or total > MAX_TREE_BYTES:
                raise SkillInvalidError(
                    f"{folder} holds more than {MAX_TREE_FILES} files or {MAX_TREE_BYTES >> 20} MiB",
                    "take out what is no part of the skill (node_modules, .git) first",
                )


def hash_of(tree: Tree) -> str:
    """The library's hash of a tree: of its regular files alone."""
    return tree_hash({path: blob_hash(file.data) for path, file in tree.items() if stat.S_ISREG(file.mode)})


def same(one: Tree, other: Tree) -> bool:
    """Whether two trees hold the same, whoever may read or run it."""
    return one.keys() == other.keys() and all(
        file.data == other[path].data and stat.S_IFMT(file.mode) == stat.S_IFMT(other[path].mode)
        for path, file in one.items()
    )


def put_folder(target: Path, tree: Tree) -> None:
    """Make a folder that holds ``tree``, at once. ``ForeignEditError`` where something stands there."""
    stage_folder(target, tree)
    place_folder(target)


def stage_folder(target: Path, tree: Tree) -> None:
    """Write all of ``tree`` beside its place, so that nothing but a rename is left to do."""
    staged = _away(target, "in")
    try:
        _vacant(target)
        drop_stage(target)
        staged.mkdir(parents=True)
        for path, file in tree.items():
            _write(staged / path, file)
        for folder, _, _ in os.walk(staged, topdown=False):
            sync_directory(Path(folder))
    except OSError as error:
        drop_stage(target)
        raise explain(error, target) from error
    except BaseException:
        drop_stage(target)
        raise


def place_folder(target: Path) -> None:
    """Put what was staged in its place."""
    staged = _away(target, "in")
    try:
        _vacant(target)
        staged.rename(target)
        try:
            sync_directory(target.parent)
        except OSError:
            target.rename(staged)
            raise
    except OSError as error:
        drop_stage(target)
        raise explain(error, target) from error
    finally:
        _tidy(target.parent)


def drop_stage(target: Path) -> None:
    """Forget what was staged for a place."""
    _remove(_away(target, "in"))
    _tidy(target.parent)


def take_folder(target: Path, tree: Tree) -> None:
    """Remove a folder that holds ``tree``, at once.

    Raises ``ForeignEditError`` where it holds something else, also when that was saved in the very last moment: then
    it is put back.
    """
    restore(target)
    found = read_folder(target)
    if found is None:
        return
    if not same(found, tree):
        raise _changed(target)
    away = _away(target, "out")
    try:
        away.parent.mkdir(exist_ok=True)
        if os.path.lexists(away):
            # It was being taken out when its process was killed, and somebody made another since: theirs to look at.
            away.rename(_free(target, "left"))
        _remove(_away(target, "gone"))
        gone = _free(target, "gone")
        target.rename(away)
        try:
            sync_directory(target.parent)
            if not same(read_folder(away) or {}, tree):
                raise _changed(target)
            away.rename(gone)
        except BaseException:
            # Whatever happened, also an interruption: it is where it was.
            restore(target)
            raise
        # What can't be removed now is no agent's any more, and goes at the next start.
        _remove(gone)
    except OSError as error:
        raise explain(error, target) from error
    finally:
        _tidy(target.parent)


def restore(target: Path) -> None:
    """Put a folder back that was being taken out when its process was killed."""
    away = _away(target, "out")
    if is_folder(away) and not os.path.lexists(target):
        with suppress(OSError):
            away.rename(target)


def sweep(root: Path) -> None:
    """Remove what killed processes left in a root of skills: what was not yet in place, and what was out of it."""
    folder = root / AWAY
    if is_link(folder) or not is_folder(folder):
        return
    with suppress(OSError):
        for left in list(folder.iterdir()):
            if left.name.startswith(("in-", "gone-", "gone.")):
                _remove(left)
            elif left.name.startswith("out-"):
                restore(root / left.name.removeprefix("out-"))
    _tidy(root)


def _changed(target: Path) -> ForeignEditError:
    return ForeignEditError(
        f"{target} was changed by somebody else; it was left as it is", "see what stands there, then try again"
    )


def _vacant(target: Path) -> None:
    if os.path.lexists(target):
        raise ForeignEditError(f"{target} exists; nothing was written over it", "move it away, or choose another name")


def _away(target: Path, why: str) -> Path:
    folder = target.parent / AWAY
    if is_link(folder):
        raise SkillInvalidError(f"{folder} is a link", "remove it: skilltui needs a folder of its own there")
    return folder / f"{why}-{target.name}"


def _free(target: Path, why: str) -> Path:
    """A name there that nothing has: what could not be removed before is in nobody's way."""
    names = (_away(target, why if number == 1 else f"{why}.{number}") for number in itertools.count(1))
    return next(path for path in names if not os.path.lexists(path))


def _remove(folder: Path) -> None:
    """Remove a folder with all that is in it, also what may not be written; what can't be removed stays."""
    waiting, folders = [folder] if is_folder(folder) and not is_link(folder) else [], []
    while waiting:
        here = waiting.pop()
        folders.append(here)
        with suppress(OSError):
            if (mode := stat.S_IMODE(here.stat().st_mode)) & stat.S_IRWXU != stat.S_IRWXU:
                here.chmod(mode | stat.S_IRWXU)
            with os.scandir(here) as scan:
                entries = list(scan)
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                else:
                    Path(entry.path).unlink()
    for here in reversed(folders):
        with suppress(OSError):
            here.rmdir()


def _tidy(root: Path) -> None:
    # It goes when nothing is in it.
    with suppress(OSError):
        (root / AWAY).rmdir()


def _write(path: Path, file: TreeFile) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISLNK(file.mode):
        path.symlink_to(os.fsdecode(file.data))
        return
    if stat.S_ISDIR(file.mode):
        path.mkdir(exist_ok=True)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IMODE(file.mode))
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.data)
        stream.flush()
        os.fsync(stream.fileno())
    # Whatever the umask: a script that could be run can be run.
    path.chmod(stat.S_IMODE(file.mode))
