"""The registry: the skills of all roots as they stand on disk, read again only where something changed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.skill import CheckResult, Skill, Verdict, blob_hash, tree_hash
from skilltui.errors import NotFoundError, SkilltuiError
from skilltui.library.catalogue import FORMAT, ReadSkill, dump_catalogue, load_catalogue
from skilltui.library.check import (
    SKILL_FILES,
    Checked,
    check_document,
    list_tree,
    read_limited,
    read_tree,
    refused,
    unread,
    walk_folders,
)
from skilltui.library.roots import Root
from skilltui.library.sealed import Sealed, made_by, worth_writing
from skilltui.text.skillmd import MAX_NAME, NAME, parse_skill

_NEAR_NAME = 60.0
# A file system's clock moves on by ticks; a file that changed in the same one has the same stamps.
_TICK_NS = 20_000_000


class LibraryState(Struct, frozen=True):
    """What stands on disk. ``broken`` holds what agents will refuse, with the reason and, where there is one, a fix.

    A skill that we can read although agents can't (an unquoted colon, a name with capitals) is in both: it is a
    person's skill, and it needs mending.
    """

    skills: tuple[Skill, ...]
    broken: tuple[CheckResult, ...]
    # How many folders had to be read for it; the others were as they had been before.
    read: int = 0


class SkillRegistry:
    """All skills below some roots, the first root taking precedence.

    Of several skills with one name the first wins and the others name it in ``shadowed_by``, unless they are copies
    byte for byte. A project's skills are on their own: they shadow nothing outside their project.

    With ``cache`` what was read is kept there for the next start.
    """

    def __init__(self, roots: Sequence[Root], cache: Sealed | None = None) -> None:
        texts = "\0".join(f"{root.path}\1{root.client}\1{root.project}" for root in roots)
        # Other roots, another file in the cache.
        self.id = blake2b(os.fsencode(texts), digest_size=8).hexdigest()
        self._cache = cache
        self.set_roots(roots)
        self._read: dict[str, ReadSkill] = {}
        self._state: LibraryState | None = None
        self._unsaved = 0

    def set_roots(self, roots: Sequence[Root]) -> None:
        """Look in these from the next ``load`` on; what was read of them stays known, also in the cache."""
        self.roots = tuple(roots)
        self._real = tuple(os.path.realpath(root.path) for root in roots)

    def load(self) -> LibraryState:
        """Read what is new or changed since the last call. Never raises for what is on disk."""
        if self._state is None and self._cache is not None:
            kept = self._cache.read(f"skills-{self.id}", made_by(FORMAT))
            self._read = {} if kept is None else load_catalogue(kept)
        reads: dict[str, ReadSkill] = {}
        skills: list[Skill] = []
        broken: list[CheckResult] = []
        for root in self.roots:
            errors: list[OSError] = []
            for file in self._files(root, errors, broken):
                key = str(file)
                if key in reads:
                    continue  # a root inside a root
                found = self._skill(file, root, self._read.get(key))
                reads[key] = found
                if found.skill is not None:
                    skills.append(found.skill)
                if found.result.verdict is Verdict.REJECT:
                    broken.append(found.result)
            # A root that does not exist is an empty one.
            broken += [
                unread(Path(os.fsdecode(error.filename or root.path)), error)
                for error in errors
                if not isinstance(error, FileNotFoundError)
            ]
        anew = [read for path, read in reads.items() if self._read.get(path) is not read]
        self._unsaved += sum(read.settled for read in anew)
        self._read = reads
        self._state = LibraryState(_shadowed(skills), tuple(broken), len(anew))
        if self._cache is not None and self._unsaved >= worth_writing(len(reads)):
            self._cache.write(f"skills-{self.id}", dump_catalogue(reads), made_by(FORMAT))
            self._unsaved = 0
        return self._state

    def get(self, name: str) -> Skill:
        """The skill of that name that wins.

        Raises:
            NotFoundError: there is none; the hint gives names that are spelt alike.
        """
        skills = self._loaded().skills
        found = next((skill for skill in skills if skill.name == name and skill.shadowed_by is None), None)
        if found is None:
            raise NotFoundError(f"There is no skill called {name}.", _near(name, skills))
        return found

    def find(self, name: str, root: Path) -> Skill:
        """The skill of that name in one root, shadowed or not.

        Raises:
            NotFoundError: there is none.
        """
        skills = [skill for skill in self._loaded().skills if Path(skill.path).is_relative_to(root)]
        found = next((skill for skill in skills if skill.name == name), None)
        if found is None:
            raise NotFoundError(f"There is no skill called {name} in {root}.", _near(name, skills))
        return found

    def _loaded(self) -> LibraryState:
        return self._state if self._state is not None else self.load()

    def _files(self, root: Root, errors: list[OSError], broken: list[CheckResult]) -> Iterator[Path]:
        """The file of every skill below a root, sorted by path; links that lead out go to ``broken``."""
        files: list[Path] = []
        own: Path | None = None
        for folder, entries in walk_folders(root.path, errors):
            name = next((name for name in SKILL_FILES if name in entries), None)
            if name is not None and folder == root.path:
                own = folder / name
                continue
            if name is not None:
                files.append(folder / name)
                continue
            for entry in entries.values():
                if entry.is_symlink() and (file := _file_in(Path(entry.path))) is not None:
                    if self._inside(entry.path):
                        files.append(file)
                    else:
                        target = os.path.realpath(entry.path)
                        message = f"A link that leads out of every skill root, to {target}. Put a copy here instead."
                        broken.append(refused(file, "SYMLINK", message))
        # The root itself is a skill only where it is named as one, not where a SKILL.md got lost in it.
        return iter(sorted(files) if files or own is None or not _named_as(root.path, own) else [own])

    def _inside(self, path: str) -> bool:
        real = os.path.realpath(path)
        return any(real.startswith(root + os.sep) for root in self._real)

    def _skill(self, file: Path, root: Root, before: ReadSkill | None) -> ReadSkill:
        folder = file.parent
        began = time.time_ns()
        try:
            entries = list_tree(folder)
            if before is not None and before.entries == tuple(entries):
                if before.skill is None or before.skill.project == root.project:
                    return before
                return replace(before, skill=replace(before.skill, project=root.project))
            tree = read_tree(folder, entries)
            data = read_limited(file)
        except OSError as error:
            return ReadSkill((), None, unread(file, error), settled=False)
        checked = check_document(data, path=str(file), folder_name=folder.name, tree=tree)
        skill = _as_skill(checked, file, root, data, tree_hash(tree.files))
        settled = all(entry.ctime_ns + _TICK_NS < began for entry in entries)
        return ReadSkill(tuple(entries), skill, checked.result, settled)


def _as_skill(checked: Checked, file: Path, root: Root, data: bytes, tree: str) -> Skill | None:
    """The skill, under its own name or, where that breaks the rules, under its folder's; ``None`` without one."""
    document = checked.document
    if document is None or not document.description:
        return None
    name = next((name for name in (document.name, file.parent.name) if _is_name(name)), None)
    if name is None:
        return None
    return Skill(
        name=name, description=document.description, body=document.body, path=str(file), root=str(file.parent.parent),
        blob=blob_hash(data), hash=tree, findings=checked.result.findings, project=root.project,
    )  # fmt: skip


def _is_name(name: str) -> bool:
    return len(name) <= MAX_NAME and NAME.fullmatch(name) is not None


def _named_as(folder: Path, file: Path) -> bool:
    """Whether a skill has the name of a folder, or can't be read: then it is to be told of."""
    try:
        return parse_skill(read_limited(file)).name == folder.name
    except (OSError, SkilltuiError):
        return True


def _file_in(folder: Path) -> Path | None:
    return next((folder / name for name in SKILL_FILES if os.path.isfile(folder / name)), None)


def _shadowed(skills: list[Skill]) -> tuple[Skill, ...]:
    winners: dict[tuple[str, str | None], Skill] = {}
    found: list[Skill] = []
    for skill in skills:
        winner = winners.get((skill.name, None)) or winners.get((skill.name, skill.project))
        if winner is None:
            winners[skill.name, skill.project] = skill
        elif winner.hash != skill.hash:
            skill = replace(skill, shadowed_by=winner.path)  # noqa: PLW2901
        found.append(skill)
    return tuple(found)


def _near(name: str, skills: Sequence[Skill]) -> str:
    names = sorted({skill.name for skill in skills})
    from rapidfuzz import fuzz, process

    near = process.extract(name, names, scorer=fuzz.ratio, limit=3, score_cutoff=_NEAR_NAME)
    if near:
        return "Did you mean " + ", ".join(match[0] for match in near) + "?"
    return "skilltui skills lists all that were found."
