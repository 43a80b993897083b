"""Where a folder comes from: the remote and commit of a git checkout, read from its files, and its licence.

Git is never run, so that no hook, filter or setting of the checkout is. Nothing is read through a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from skilltui.library.check import read_limited
from skilltui.paths import is_folder, is_link

_LEVELS = 12
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"refs/[\w./-]{1,200}")
_REMOTE = re.compile(r'\s*\[remote\s+"(?P<name>[^"]{1,100})"\]')
_URL = re.compile(r"\s*url\s*=\s*(?P<url>\S{1,500})")
_USER = re.compile(r"(?<=://)[^/@\s]*@")
_LICENCE = re.compile(r"(?:licen[cs]e|copying)(?:[.-]\w{1,12})?", re.IGNORECASE)
_LONGEST = 100


class Checkout(Struct, frozen=True):
    """``root`` is the folder that holds ``.git``; what it does not say is empty. ``remote`` holds no user name."""

    root: Path
    remote: str
    commit: str


def checkout(path: Path) -> Checkout | None:
    """The git checkout that holds a file or folder."""
    for folder in [path, *path.parents][:_LEVELS]:
        git = folder / ".git"
        if is_link(git) or not is_folder(git):
            continue
        return Checkout(folder, _remote(git), _commit(git))
    return None


def licence_of(folder: Path, root: Path | None) -> str:
    """The first line of the licence file in a skill's folder, else in the checkout's; empty where there is none."""
    for place in (folder, root):
        for file in sorted(_licences(place)) if place is not None else ():
            line = next((line.strip() for line in _text(file).splitlines() if line.strip(" #*=-")), "")
            if line:
                return line.strip("# *")[:_LONGEST]
    return ""


def is_licence(name: str) -> bool:
    """Whether a file of this name is a licence."""
    return _LICENCE.fullmatch(name) is not None


def _licences(folder: Path) -> Iterator[Path]:
    try:
        yield from (file for file in folder.iterdir() if is_licence(file.name))
    except OSError:
        return


def _commit(git: Path) -> str:
    head = _text(git / "HEAD").strip()
    if _HASH.fullmatch(head):
        return head
    ref = head.removeprefix("ref: ")
    if not _REF.fullmatch(ref) or ".." in ref:
        return ""
    commit = "" if _linked(git, ref) else _text(git / ref).strip()
    if _HASH.fullmatch(commit):
        return commit
    for line in _text(git / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == ref and _HASH.fullmatch(commit):
            return commit
    return ""


def _linked(git: Path, ref: str) -> bool:
    place = git
    for part in ref.split("/")[:-1]:
        place /= part
        if is_link(place):
            return True
    return False


def _remote(git: Path) -> str:
    found: dict[str, str] = {}
    section = None
    for line in _text(git / "config").splitlines():
        if (match := _REMOTE.match(line)) is not None:
            section = match["name"]
        elif line.lstrip().startswith("["):
            section = None
        elif section is not None and (match := _URL.match(line)) is not None:
            found.setdefault(section, _USER.sub("", match["url"]))
    return found.get("origin") or next(iter(found.values()), "")


def _text(file: Path) -> str:
    try:
        return read_limited(file).decode("utf-8", "replace")
    except OSError:
        return ""  # no such file, or none that may be read: then nothing is known from it
