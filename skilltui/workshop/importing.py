"""Skills from elsewhere, as quarantined drafts: a bank, a skill, a folder or checkout full of them.

Nothing of it goes near a folder that an agent loads before a person accepts it. What is there is only read: no git is
run, no link followed, no network asked. A draft is one text; a skill that needs its other files is not taken apart.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.proposal import IMPORT, Proposal
from skilltui.domain.skill import CheckResult, Severity, Verdict
from skilltui.domain.trust import SkillOrigin
from skilltui.domain.version import VersionState
from skilltui.errors import SkillInvalidError, SkilltuiError, SourceError, StateError, UsageError
from skilltui.library.check import (
    SKILL_FILES,
    check_folder,
    check_text,
    find_skill_files,
    list_tree,
    read_limited,
    skill_file,
)
from skilltui.library.checkout import Checkout, checkout, is_licence, licence_of
from skilltui.library.skill_bank import MAX_BANK_BYTES, bank_skills
from skilltui.paths import as_path, is_file, is_folder, path_text
from skilltui.store import history, proposals
from skilltui.text.skillmd import MAX_NAME, NAME, parse_skill, with_name
from skilltui.text.tokenise import kebab
from skilltui.versions.files import check_fresh
from skilltui.versions.manager import SkillVersionManager
from skilltui.workshop.context import Context
from skilltui.workshop.drafts import save_draft
from skilltui.workshop.events import ProposalSaved
from skilltui.workshop.judging import readable
from skilltui.workshop.shelf import Shelf

MAX_SKILLS = 500

_OTHER_NAME = "import it under another name: --as NAME"

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:", re.IGNORECASE)
# Beside a SKILL.md without being needed by it.
_BESIDE = re.compile(r"(?:readme|notice|changelog|authors|\.gitignore|\.ds_store)(?:\.\w{1,12})?", re.IGNORECASE)
_GENERIC = re.compile(r"(?:claude[_-]style[_-])?skills?(?:[_-]?bank)?(?:[_-]?\d+)?|bank", re.IGNORECASE)


class Imported(Struct, frozen=True):
    """One draft that was made. ``source`` says where from, as precisely as it is known."""

    skill: str
    version: int
    verdict: Verdict
    source: str


class ImportReport(Struct, frozen=True):
    """What was imported, and what was not with the reason."""

    imported: tuple[Imported, ...]
    skipped: tuple[tuple[str, str], ...]


class _Found(Struct, frozen=True):
    """One skill at the source: its text, or the reason why not."""

    path: str
    name: str
    text: str
    source: str
    licence: str = ""
    reason: str = ""


class Importing:
    """The use case of importing."""

    def __init__(self, context: Context, shelf: Shelf, manager: SkillVersionManager) -> None:
        self._context = context
        self._shelf = shelf
        self._manager = manager

    async def bank(self, source: str, *, name: str | None = None) -> ImportReport:
        """Draft every skill at a path. With ``name`` one skill is called so, of several each ``name-its-name``.

        A name that is in use is reported and nothing is overwritten; the same skill twice adds nothing.

        Raises:
            UsageError: the source is an address, or ``name`` is no name.
            SourceError: there is nothing that could be read.
        """
        if name is not None and (not NAME.fullmatch(name) or len(name) > MAX_NAME):
            example = kebab(name)
            raise UsageError(f"{name!r} is no skill name", f"try: {example}" if example else "use a-z, 0-9 and hyphens")
        if _ADDRESS.match(source):
            raise UsageError(
                "skills are imported from this machine, not from an address",
                "clone or download it first, look at it, then name the folder",
            )
        found = await asyncio.to_thread(_found, as_path(source).absolute(), name)
        imported: list[Imported] = []
        skipped: list[tuple[str, str]] = []
        for one in found:
            made = one.reason or await self._import(one)
            if isinstance(made, Imported):
                imported.append(made)
            else:
                skipped.append((one.path, made))
        return ImportReport(tuple(imported), tuple(skipped))

    async def _import(self, one: _Found) -> Imported | str:
        """The draft, or why there is none."""
        check = await asyncio.to_thread(check_text, one.text, path=one.path, folder_name=one.name)
        reason = _refused(check) or await self._in_use(one)
        if reason:
            return reason
        source = self._context.redactor.redact(one.source).text
        licence = f"; licence: {self._context.redactor.redact(one.licence).text}" if one.licence else ""
        made = Proposal(
            skill=one.name, version=0, parent=None, engine=IMPORT, model=None, base=one.text, edits=(),
            findings=check.findings, note=f"imported from {source}{licence}",
        )  # fmt: skip
        target = self._shelf.publishing.home / one.name / "SKILL.md"
        try:
            saved = await save_draft(self._manager, made, target, SkillOrigin.IMPORTED, in_use=_OTHER_NAME)
        except (StateError, SkillInvalidError, SourceError) as error:
            return error.message
        self._context.bus.publish(ProposalSaved(one.name, saved.version))
        return Imported(one.name, saved.version, check.verdict, source)

    async def _in_use(self, one: _Found) -> str:
        """Why the name may not be taken; empty where it may."""
        name = one.name
        standing = await self._shelf.find(name)
        if standing is not None:
            text = await asyncio.to_thread(_text_at, Path(standing.path))
            if text == one.text:
                return f"it stands at {standing.path} already"
            return f"{name} stands at {standing.path}; {_OTHER_NAME}"
        versions = await self._context.database.read(partial(history.versions, skill=name))
        for version in versions:
            known = await self._context.database.read(partial(proposals.proposal, skill=name, number=version.number))
            if known is not None and known.engine == IMPORT and known.base == one.text:
                state = version.state
                if state is VersionState.DRAFT:
                    return f"imported already: draft {version.number} of {name} waits"
                return f"imported before, as version {version.number} of {name}, which is {state} now"
            if version.state is VersionState.DRAFT:
                return f"another draft of {name} waits (version {version.number}); {_OTHER_NAME}"
        target = self._shelf.publishing.home / name / "SKILL.md"
        try:
            await asyncio.to_thread(check_fresh, target)
        except SkilltuiError as error:
            return f"{error.message}; {_OTHER_NAME}"
        record = await self._context.database.read(partial(history.skill_record, name=name))
        # A name with another past would lend the import the trust that it earned.
        if record is not None and SkillOrigin(record[2]) is not SkillOrigin.IMPORTED:
            return f"{name} is the name of a skill that skilltui knows from before; {_OTHER_NAME}"
        return ""


def _refused(check: CheckResult) -> str:
    worst = next((f for f in check.findings if f.verdict is Verdict.REJECT), None)
    if worst is not None:
        return f"line {worst.line or 1}: {worst.code}: {worst.message}"
    # A draft is stored as it is read, and a secret is never stored.
    secret = next((f for f in check.findings if f.code == "SECRET" and f.severity is not Severity.INFO), None)
    return f"line {secret.line or 1}: {secret.message}" if secret is not None else ""


def _text_at(path: Path) -> str | None:
    try:
        return readable(read_limited(path))
    except OSError:
        return None


def _found(path: Path, name: str | None) -> list[_Found]:
    if not (is_file(path) or is_folder(path)):
        raise SourceError(f"there is nothing at {path}", "a bank's JSON, a SKILL.md, or a folder of skills")
    place = checkout(path)
    if is_file(path) and path.name not in SKILL_FILES:
        return list(_of_bank(path, name, place))
    own = path if is_file(path) else skill_file(path)
    files = [own] if own is not None else sorted(find_skill_files(path))
    if not files:
        raise SourceError(f"there is no {SKILL_FILES[0]} at or below {path}", "name a folder that holds skills")
    found = [_of_file(file, place) for file in files[:MAX_SKILLS]]
    found += [_Found(path_text(f), "", "", "", reason=f"over {MAX_SKILLS} skills at once") for f in files[MAX_SKILLS:]]
    if name is not None:
        good = [one for one in found if not one.reason]
        found = [_renamed(one, name if len(good) == 1 else f"{name}-{one.name}") for one in found]
    return _apart(found)


def _of_bank(path: Path, name: str | None, place: Checkout | None) -> Iterator[_Found]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BANK_BYTES + 1)
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}", "check the file's permissions") from error
    stem = path.parent.name if _GENERIC.fullmatch(path.stem) else path.stem
    licence = licence_of(path.parent, place.root if place else None)
    for skill in bank_skills(data, prefix=name or kebab(stem) or "bank"):
        where = f"{path_text(path)}#{skill.kind}"
        yield _Found(where, skill.name, skill.text or "", _source(path, place), licence, skill.reason)


def _of_file(file: Path, place: Checkout | None) -> _Found:
    shown = path_text(file)
    result = check_folder(file)
    name, text, licence, reason = result.name, "", "", _refused(result)
    try:
        if not reason:
            text = read_limited(file).decode("utf-8")
            more = _needed(file)
            reason = f"it has files beside its {file.name} that a draft can't hold yet: {more}" if more else ""
            field = parse_skill(text).fields.get("license")
            licence = (
                field if isinstance(field, str) and field else licence_of(file.parent, place.root if place else None)
            )
    except (OSError, UnicodeDecodeError, SkilltuiError) as error:
        reason = f"it can't be read: {error}"
    return _Found(shown, name, text, _source(file, place), licence, reason)


def _needed(file: Path) -> str:
    """The files that a skill may need beside its text, a few of them named."""
    names = [
        entry.path
        for entry in list_tree(file.parent)
        if entry.path != file.name and not is_licence(entry.path) and not _BESIDE.fullmatch(entry.path)
    ]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _source(path: Path, place: Checkout | None) -> str:
    if place is None or not place.commit:
        return path_text(path)
    inside = path.relative_to(place.root).as_posix()
    return f"{place.remote or path_text(place.root)}@{place.commit}:{inside}"


def _renamed(one: _Found, name: str) -> _Found:
    """The same skill under another name; nothing else of its text changes."""
    if one.reason or name == one.name:
        return one
    try:
        return replace(one, name=name, text=with_name(parse_skill(one.text), name))
    except SkillInvalidError as error:
        return replace(one, reason=f"can't be called {name}: {error.message}")


def _apart(found: list[_Found]) -> list[_Found]:
    """Of several with one name the first; banks often hold a skill once for each agent."""
    seen: dict[str, str] = {}
    kept = []
    for one in found:
        first = seen.setdefault(one.name, one.path) if not one.reason else one.path
        same = first == one.path
        kept.append(one if same else replace(one, reason=f"the same name as {first}"))
    return kept
