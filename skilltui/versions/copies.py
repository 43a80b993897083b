"""The copies of a skill in the folders of other agents: brought to what the skill is, unless somebody edited them.

A copy is ours while it holds what a version of the skill held: the whole tree, or its ``SKILL.md`` with other files
that are the skill's own. Anything else was changed by hand; it is told of and left.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from skilltui.domain.skill import blob_hash
from skilltui.domain.version import Version
from skilltui.errors import ForeignEditError, SkillInvalidError, SkilltuiError, SourceError
from skilltui.library.check import MAX_TREE_BYTES, MAX_TREE_FILES, list_tree
from skilltui.paths import is_folder
from skilltui.versions.files import TEMPORARY, explain, hash_tree, read_skill, swap
from skilltui.versions.trees import Tree, TreeFile, hash_of, put_folder, read_folder, restore, take_folder

# What Python leaves beside a script that was run is nobody's work.
_CACHES = "__pycache__"


class CopyState(StrEnum):
    """How a copy stands to its skill."""

    SAME = "same"
    DIFFERS = "differs"
    MISSING = "missing"


class Ours(Struct, frozen=True):
    """What an unedited copy may hold: hashes of whole trees, and of ``SKILL.md`` alone."""

    trees: frozenset[str]
    blobs: frozenset[str]


class Copied(Struct, frozen=True):
    """The copies that stand as they should now; of the others, which and why."""

    done: tuple[Path, ...]
    skipped: tuple[str, ...]


def ours(versions: Iterable[Version]) -> Ours:
    """What these versions put on disk."""
    known = list(versions)
    return Ours(frozenset(v.hash for v in known if v.hash), frozenset(v.blob for v in known if v.blob))


def wanted(home: Path, data: bytes) -> dict[str, TreeFile]:
    """What a copy should hold: the regular files of the skill's folder, with ``data`` as its ``SKILL.md``.

    Raises ``SourceError`` where one can't be read, ``SkillInvalidError`` where there is too much.
    """
    tree = {home.name: TreeFile(data, stat.S_IFREG | 0o644)}
    if not is_folder(home.parent):
        return tree
    try:
        entries = list_tree(home.parent)
        if len(entries) > MAX_TREE_FILES or sum(entry.size for entry in entries) > MAX_TREE_BYTES:
            raise SkillInvalidError(f"{home.parent} holds too much to be copied", "split the skill")
        for entry in entries:
            if entry.path not in {TEMPORARY, home.name} and stat.S_ISREG(entry.mode):
                tree[entry.path] = TreeFile((home.parent / entry.path).read_bytes(), entry.mode)
    except OSError as error:
        where = os.fsdecode(error.filename) if error.filename else str(home.parent)
        raise SourceError(f"{where} can't be read: {error.strerror}", "check the file's permissions") from error
    return tree


def bring_copies(
    home: Path, roots: Sequence[Path], data: bytes | None, *, expected: bytes | None, known: Ours, name: str
) -> Copied:
    """Bring the copies that the skill at ``home`` has under ``roots`` to ``data``; ``None`` takes them away.

    ``expected``: what they held before; ``None`` where there may be none yet. One copy's trouble stops nothing.
    """
    places = [root / name / home.name for root in roots]
    try:
        tree = None if data is None else wanted(home, data)
    except SkilltuiError as error:
        return Copied((), tuple(f"{copy}: {error.message}" for copy in places))
    done, skipped = [], []
    for copy in places:
        if copy == home:
            continue
        try:
            bring(copy, tree, known, fresh=expected is None)
        except SkilltuiError as error:
            skipped.append(f"{copy}: {error.message}")
        else:
            done.append(copy)
    return Copied(tuple(done), tuple(skipped))


def bring(copy: Path, tree: Tree | None, known: Ours, *, fresh: bool) -> None:
    """Bring one copy to a tree; ``fresh``: it may be made. ``ForeignEditError`` where somebody changed it."""
    restore(copy.parent)
    found = read_folder(copy.parent)
    if found is None:
        if tree is None:
            return
        if not fresh:
            raise ForeignEditError("it was removed by somebody else; it was not made again")
        put_folder(copy.parent, tree)
        return
    if tree is None:
        check_ours(found, copy.name, known)
        take_folder(copy.parent, found)
        return
    regular = {path: file for path, file in found.items() if not _is_cache(path)}
    if hash_of(regular) == hash_of(tree):
        return
    if copy.name not in regular and not fresh:
        raise ForeignEditError("it was removed by somebody else; it was not made again")
    check_ours(regular, copy.name, known, tree)
    # The text comes last: what it names should be there when it is read.
    for path in sorted(tree, key=lambda path: path == copy.name):
        before = regular.get(path)
        swap(copy.parent / path, tree[path].data, expected=before.data if before else None)
        if before is None:
            try:
                (copy.parent / path).chmod(stat.S_IMODE(tree[path].mode))
            except OSError as error:
                raise explain(error, copy.parent / path) from error
    for path, file in regular.items():
        if path not in tree and stat.S_ISREG(file.mode):
            swap(copy.parent / path, None, expected=file.data)


def state_of(copy: Path, skill_hash: str) -> CopyState:
    """How a copy stands to a skill whose tree has this hash."""
    try:
        data = read_skill(copy)
        if data is None:
            return CopyState.MISSING
        return CopyState.SAME if hash_tree(copy, data) == skill_hash else CopyState.DIFFERS
    except (SkilltuiError, OSError):
        # A link, or something that we may not read: not what the skill is.
        return CopyState.DIFFERS


def check_ours(found: Tree, name: str, known: Ours, tree: Tree | None = None) -> None:
    """``ForeignEditError`` where what stands in a copy's folder is not what we put there. ``tree``: the skill's."""
    if not _is_ours(found, name, known, tree):
        raise ForeignEditError("it was changed by somebody else; it was left as it is")


def _is_ours(found: Tree, name: str, known: Ours, tree: Tree | None) -> bool:
    own = {path: file for path, file in found.items() if not _is_cache(path)}
    if any(not stat.S_ISREG(file.mode) for file in own.values()):
        return False
    if hash_of(own) in known.trees:
        return True
    text = own.pop(name, None)
    if text is not None and blob_hash(text.data) not in known.blobs:
        return False
    return all(tree is not None and path in tree and tree[path].data == file.data for path, file in own.items())


def _is_cache(path: str) -> bool:
    return _CACHES in path.split("/")
