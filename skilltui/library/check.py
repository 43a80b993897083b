"""Checking a ``SKILL.md`` and its folder: format, safety table, tree. Reads; never writes, follows no link out.

What a folder may hold: at most 500 files and 10 MiB; a link, a special file or a compiled program is reported.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, field

from skilltui.domain.skill import CheckResult, Finding, Severity, Verdict, blob_hash, worst
from skilltui.errors import SkillInvalidError, SourceError
from skilltui.paths import is_file, is_folder
from skilltui.text.skillmd import MAX_FILE_BYTES, SkillDocument, parse_skill

SKILL_FILES = ("SKILL.md", "skill.md")
MAX_DEPTH = 6
MAX_FOLDERS = 2000
MAX_TREE_FILES = 500
MAX_TREE_BYTES = 10 * 1024 * 1024
# Folders that tools make, which are no part of a skill.
ASIDE = frozenset({".git", "node_modules", "__pycache__"})

_PROGRAMS = (
    (b"\x7fELF", "a compiled program"), (b"MZ", "a Windows program"), (b"\xcf\xfa\xed\xfe", "a compiled program"),
    (b"\xca\xfe\xba\xbe", "a compiled program"), (b"\xd0\xcf\x11\xe0", "an old Office file, which may hold macros"),
)  # fmt: skip
_BYTECODE = (".pyc", ".pyo", ".class", ".jar", ".exe", ".dll", ".so", ".dylib", ".scr", ".docm", ".xlsm", ".pptm")


class TreeEntry(Struct, frozen=True):
    """A file below a skill's folder. ``path`` is relative and POSIX; the rest is from ``lstat``.

    The time of the last change (``ctime``) is among it, because nobody can set that one back.
    """

    path: str
    mtime_ns: int
    ctime_ns: int
    size: int
    inode: int
    mode: int
    links: int


class Tree(Struct):
    """What was read of a folder: ``files`` from relative path to SHA-256, and what is odd about it."""

    files: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class Checked(Struct, frozen=True):
    """A checked skill with what was read on the way; ``document`` is ``None`` where it can't be read."""

    result: CheckResult
    document: SkillDocument | None


def check_text(text: str, *, path: str, folder_name: str | None) -> CheckResult:
    """Check the text of a ``SKILL.md``: format and safety table. ``path`` is only for the result."""
    return check_document(text, path=path, folder_name=folder_name).result


def check_document(data: bytes | str, *, path: str, folder_name: str | None, tree: Tree | None = None) -> Checked:
    """Check a ``SKILL.md``, with its tree where that was read."""
    # Late: their patterns take longer to compile than most commands take, and a library may hold nothing new.
    from skilltui.library.scan import scan_text
    from skilltui.library.spec import spec_findings, unreadable

    document: SkillDocument | None = None
    findings: list[Finding] = []
    try:
        document = parse_skill(data)
    except SkillInvalidError as error:
        findings.append(unreadable(error))
    else:
        files = None if tree is None else tree.files
        findings += spec_findings(document, folder_name=folder_name, files=files)
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    if len(text) <= MAX_FILE_BYTES:
        findings += scan_text(text)
    if tree is not None:
        findings += tree.findings
    found = tuple(sorted(findings, key=lambda finding: (finding.line is None, finding.line or 0)))
    return Checked(CheckResult(path, document.name if document else "", worst(found), found), document)


def check_path(path: Path) -> list[CheckResult]:
    """Check a ``SKILL.md``, a skill's folder, or every skill below a folder, in order of paths.

    Raises:
        SourceError: there is nothing at ``path``, or it is neither a file nor a folder.
    """
    if is_folder(path):
        own = skill_file(path)
        if own is not None:
            return [check_folder(own)]
        found = [check_folder(file) for file in sorted(find_skill_files(path))]
        if not found:
            message = f"There is no {SKILL_FILES[0]} in this folder or below it."
            return [refused(path, "FORMAT", message)]
        return found
    if is_file(path):
        if path.name in SKILL_FILES:
            return [check_folder(path)]
        return [_check_file(path)]
    raise SourceError(
        f"There is no file or folder at {path}.", "Name a SKILL.md, a skill's folder, or a folder of skills."
    )


def check_folder(file: Path) -> CheckResult:
    """Check one skill, given its ``SKILL.md``, with everything in its folder."""
    try:
        tree = read_tree(file.parent, list_tree(file.parent))
        data = read_limited(file)
    except OSError as error:
        return unread(file, error)
    return check_document(data, path=str(file), folder_name=file.absolute().parent.name, tree=tree).result


def _check_file(file: Path) -> CheckResult:
    try:
        return check_document(read_limited(file), path=str(file), folder_name=None).result
    except OSError as error:
        return unread(file, error)


def refused(path: Path, code: str, message: str) -> CheckResult:
    """The result for something that is no readable skill."""
    finding = Finding(code, Severity.HIGH, None, message, None, Verdict.REJECT)
    return CheckResult(str(path), "", Verdict.REJECT, (finding,))


def unread(path: Path, error: OSError) -> CheckResult:
    """The result for something that the system does not let us read."""
    reason = "it is a link, and links are not followed" if error.errno == errno.ELOOP else error.strerror or str(error)
    return refused(path, "UNREADABLE", f"It can't be read: {reason}.")


def read_limited(file: Path) -> bytes:
    """The bytes of a regular file; of a larger one than 1 MiB just enough to see that it is larger."""
    # Not through a link, and not waiting for the other end of a pipe.
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file")
        return stream.read(MAX_FILE_BYTES + 1)


def skill_file(folder: Path) -> Path | None:
    """The skill's file in a folder: exactly ``SKILL.md``, else ``skill.md``."""
    try:
        names = {entry.name for entry in folder.iterdir()}
    except OSError:
        return None
    return next((folder / name for name in SKILL_FILES if name in names and not (folder / name).is_dir()), None)


def find_skill_files(root: Path) -> Iterator[Path]:
    """The files of all skills below ``root``; links are not followed, what can't be read is passed over."""
    for folder, names in walk_folders(root, []):
        name = next((name for name in SKILL_FILES if name in names), None)
        if name is not None:
            yield folder / name


def walk_folders(root: Path, errors: list[OSError]) -> Iterator[tuple[Path, dict[str, os.DirEntry[str]]]]:
    """Folders below ``root`` with their entries, breadth first; not into a skill, a hidden folder or a package.

    At most six levels and 2,000 folders that are no skills. A folder that can't be read goes to ``errors``.
    """
    level: list[Path] = [root]
    plain = 0
    for depth in range(MAX_DEPTH + 1):
        following: list[Path] = []
        for folder in level:
            try:
                with os.scandir(folder) as scan:
                    entries = {entry.name: entry for entry in scan}
            except OSError as error:
                errors.append(error)
                continue
            yield folder, entries
            if depth > 0 and any(name in entries for name in SKILL_FILES):
                continue
            plain += 1
            if plain > MAX_FOLDERS:
                return
            following += sorted(
                folder / name
                for name, entry in entries.items()
                if not name.startswith(".") and name not in ASIDE and entry.is_dir(follow_symlinks=False)
            )
        level = following


def list_tree(folder: Path) -> list[TreeEntry]:
    """Every entry below a skill's folder that is no folder, sorted by path, at most one more than is allowed."""
    found: list[TreeEntry] = []
    stack = [(folder, "")]
    while stack and len(found) <= MAX_TREE_FILES:
        here, prefix = stack.pop()
        with os.scandir(here) as scan:
            for entry in scan:
                if entry.name in ASIDE:
                    continue
                path = f"{prefix}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    stack.append((here / entry.name, f"{path}/"))
                    continue
                info = entry.stat(follow_symlinks=False)
                found.append(
                    TreeEntry(
                        path, info.st_mtime_ns, info.st_ctime_ns, info.st_size, info.st_ino, info.st_mode, info.st_nlink
                    )
                )
    return sorted(found, key=lambda entry: entry.path)


def read_tree(folder: Path, entries: list[TreeEntry]) -> Tree:
    """Hash the regular files of a skill's folder and check everything but the ``SKILL.md`` at its top."""
    tree = Tree()
    total = 0
    for entry in entries[:MAX_TREE_FILES]:
        if not stat.S_ISREG(entry.mode):
            tree.findings.append(_special(folder, entry))
            continue
        total += entry.size
        if total > MAX_TREE_BYTES:
            break
        data = (folder / entry.path).read_bytes()
        tree.files[entry.path] = blob_hash(data)
        if entry.links > 1:
            message = f"{entry.path}: a second name of a file that lies elsewhere (hard link)"
            tree.findings.append(Finding("HARD_LINK", Severity.MEDIUM, None, message))
        if entry.path not in SKILL_FILES:
            tree.findings += _content(entry.path, data)
    if len(entries) > MAX_TREE_FILES or total > MAX_TREE_BYTES:
        message = f"The folder holds more than {MAX_TREE_FILES} files or {MAX_TREE_BYTES >> 20} MiB."
        tree.findings.append(Finding("TREE_LARGE", Severity.HIGH, None, message, None, Verdict.REJECT))
    return tree


def _special(folder: Path, entry: TreeEntry) -> Finding:
    if not stat.S_ISLNK(entry.mode):
        message = f"{entry.path}: neither a file nor a folder"
        return Finding("SPECIAL_FILE", Severity.CRITICAL, None, message, None, Verdict.REJECT)
    target = str((folder / entry.path).readlink())
    inside = os.path.realpath(folder / entry.path).startswith(os.path.realpath(folder) + os.sep)
    if inside:
        return Finding("SYMLINK", Severity.MEDIUM, None, f"{entry.path}: a link to another file of the skill", target)
    message = f"{entry.path}: a link that leads out of the skill's folder"
    return Finding("SYMLINK", Severity.CRITICAL, None, message, target, Verdict.REJECT)


def _content(path: str, data: bytes) -> Iterator[Finding]:
    program = next((what for magic, what in _PROGRAMS if data.startswith(magic)), None)
    if program is None and path.lower().endswith(_BYTECODE):
        program = "a program that can't be read"
    if program is not None:
        yield Finding("BINARY", Severity.HIGH, None, f"{path}: {program}", None, Verdict.BLOCK)
        return
    if len(data) > MAX_FILE_BYTES:
        if b"\0" not in data[:4096]:
            message = f"{path}: too large to be read through"
            yield Finding("FILE_LARGE", Severity.MEDIUM, None, message)
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    from skilltui.library.scan import scan_text

    yield from scan_text(text, label=path)
