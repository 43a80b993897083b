"""A skill's folder and its copies under another name, on disk."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from skilltui.domain.skill import blob_hash
from skilltui.errors import ForeignEditError, NotFoundError, SkilltuiError
from skilltui.library.check import ASIDE
from skilltui.paths import is_file
from skilltui.versions import trees
from skilltui.versions.copies import Copied, Ours, bring, check_ours, wanted
from skilltui.versions.files import read_skill
from skilltui.versions.trees import Tree, TreeFile, hash_of


class Moved(Struct, frozen=True):
    """A skill was called ``name``, is called ``to``, and stands at ``home`` (its ``SKILL.md``)."""

    name: str
    to: str
    home: Path


def library_hash(tree: Tree) -> str:
    """The library's hash of a whole folder, which leaves out what tools put there."""
    return hash_of({path: file for path, file in tree.items() if ASIDE.isdisjoint(path.split("/"))})


def tree_with(source: Path, data: bytes) -> dict[str, TreeFile]:
    """The folder of a skill with another text."""
    tree = trees.read_folder(source.parent)
    if tree is None:
        raise NotFoundError(f"{source.parent} is gone", "see: skilltui history")
    mode = tree[source.name].mode if source.name in tree else stat.S_IFREG | 0o644
    return {**tree, source.name: TreeFile(data, mode)}


def leave(source: Path, target: Path, text: str) -> None:
    """Remove the folder that the one at ``target`` was made from, unless somebody changed it meanwhile.

    ``text``: the hash of the ``SKILL.md`` that it held.
    """
    trees.restore(source.parent)
    found, kept = trees.read_folder(source.parent), trees.read_folder(target.parent)
    if found is None or kept is None:
        return
    left = found.get(source.name)
    unchanged = left is not None and blob_hash(left.data) == text
    if not unchanged or not trees.same({**found, source.name: kept[target.name]}, kept):
        raise ForeignEditError("it was changed by somebody else meanwhile; it was left as it is")
    trees.take_folder(source.parent, found)


def move_copies(moved: Moved, roots: Sequence[Path], known: Ours) -> Copied:
    """Move the copies of a skill that moved, those that nobody edited."""
    done, skipped = [], []
    data = read_skill(moved.home)
    if data is None:
        return Copied((), ())
    try:
        tree = wanted(moved.home, data)
    except SkilltuiError as error:
        return Copied((), tuple(f"{root / moved.name}: {error.message}" for root in roots))
    for root in roots:
        old, new = (root / name / moved.home.name for name in (moved.name, moved.to))
        if new == moved.home:
            continue
        try:
            trees.restore(old.parent)
            found = trees.read_folder(old.parent)
            if found is not None:
                check_ours(found, old.name, known, tree)
                bring(new, tree, known, fresh=True)
                trees.take_folder(old.parent, found)
        except SkilltuiError as error:
            skipped.append(f"{old}: {error.message}")
        else:
            done += [new] if is_file(new) else []
    return Copied(tuple(done), tuple(skipped))
