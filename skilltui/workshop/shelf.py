"""The library as the faces see it: skills on disk, broken ones, matching, checking, installing."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.skill import CheckResult, Finding, MatchResult, Severity, Skill, Verdict, serves
from skilltui.domain.trajectory import SkillUse, Trajectory
from skilltui.domain.version import Operation
from skilltui.errors import ForeignEditError, NotFoundError, SkillInvalidError, SourceError, StateError
from skilltui.library.index_file import IndexKeeper
from skilltui.library.match import Matcher
from skilltui.library.registry import LibraryState, SkillRegistry
from skilltui.library.roots import Root, default_roots
from skilltui.library.sealed import Sealed
from skilltui.paths import is_file, path_text, shipped_skills
from skilltui.store import history
from skilltui.store.database import Connection
from skilltui.versions.copies import Copied, Ours, bring, bring_copies, wanted
from skilltui.versions.trees import hash_of, sweep
from skilltui.workshop.context import Context
from skilltui.workshop.embedding import PATIENCE_SECONDS, Embeddings
from skilltui.workshop.events import LibraryChanged
from skilltui.workshop.evidence import Evidence
from skilltui.workshop.project_skills import ProjectSkills
from skilltui.workshop.publishing import Publishing

if TYPE_CHECKING:
    from skilltui.library.clients import Loading
    from skilltui.library.confusable import Confusion


class Installed(Struct, frozen=True):
    """A shipped skill that was put in place, its copies, and those that were not touched, with the reason."""

    skill: Skill
    published: tuple[Path, ...]
    skipped: tuple[str, ...]


# How long the library as read may be out of step with the disk while a session is captured.
FRESH_SECONDS = 2.0


class Shelf:
    """Use cases around skills that stand on disk."""

    def __init__(self, context: Context, roots: Sequence[Path] | None, env: Mapping[str, str], cache: Sealed) -> None:
        self._context = context
        config = context.config
        if roots is not None:
            chosen = [Root(path.absolute(), "given") for path in roots]
        else:
            chosen = default_roots(config.skills_home, config.roots, env)
        self._registry = SkillRegistry(chosen, cache)
        self._personal = chosen
        # Roots given for a call stand for all others.
        self._projects = ProjectSkills(context, chosen, env) if roots is None else None
        self._env = env
        self._index = IndexKeeper(cache, self._registry.id)
        self.embeddings = Embeddings(context, cache, self._registry.id)
        self.publishing = Publishing(context, roots[0].absolute() if roots else None)
        self._state: LibraryState | None = None
        self._matcher: Matcher | None = None
        self._evidence = Evidence()
        self._informed_at = -math.inf
        self._looked_at = 0.0
        # The registry is read on a thread, and by one at a time.
        self._reading = asyncio.Lock()

    @property
    def roots(self) -> tuple[Path, ...]:
        """Where skills are looked for, whether that exists or not."""
        return tuple(root.path for root in self._registry.roots)

    async def refresh(self) -> LibraryState:
        """Read the roots again; only what changed is parsed."""
        async with self._reading:
            before, self._looked_at = self._state, time.monotonic()
            if self._projects is not None:
                self._registry.set_roots([*self._personal, *await self._projects.roots()])
            state = await asyncio.to_thread(self._registry.load)
            if before is None or state.skills != before.skills or state.broken != before.broken:
                self._state, self._matcher = state, None
                if before is not None:
                    self._context.bus.publish(LibraryChanged(len(state.skills), len(state.broken)))
            return state

    async def refresh_if_old(self) -> None:
        """Read the roots again unless that was done a moment ago: people and agents change skills all the time."""
        if self._state is None or time.monotonic() - self._looked_at > FRESH_SECONDS:
            await self.refresh()

    async def skills(self) -> list[Skill]:
        """Every skill that could be read, shadowed ones included."""
        return list((await self.refresh()).skills)

    async def broken(self) -> list[CheckResult]:
        """What could not be read as a skill, and why."""
        return list((await self.refresh()).broken)

    async def loadings(self) -> dict[str, dict[str, Loading]]:
        """By the path of each skill and the name of each client, whether that client loads it."""
        from skilltui.library.clients import loadings

        skills = await self.skills()
        return await asyncio.to_thread(loadings, skills, self._env)

    async def find(self, name: str) -> Skill | None:
        """The skill that wins under a name, ``None`` where there is none."""
        if self._state is None:
            await self.refresh()
        return self._standing(name)

    async def get(self, name: str) -> Skill:
        """The skill that wins under a name; ``NotFoundError`` with near names."""
        await self.refresh()
        return self._registry.get(name)

    async def matcher(self) -> Matcher:
        """The matcher over the library as last read, knowing what past uses of its skills came to."""
        state = self._state or await self.refresh()
        if self._matcher is None or time.monotonic() - self._informed_at > FRESH_SECONDS:
            self._informed_at = time.monotonic()
            evidence = await self._context.database.read(Evidence.read)
            if self._matcher is None or evidence != self._evidence:
                self._evidence = evidence
                self._matcher = await asyncio.to_thread(self._informed, state.skills, self._matcher)
        return self._matcher

    def _informed(self, skills: Sequence[Skill], before: Matcher | None) -> Matcher:
        if before is None:
            threshold = self._context.config.gap_threshold
            before = self._index.matcher([s for s in skills if s.shadowed_by is None], threshold)
        return before.informed(trust=self._evidence.trust(skills), served=self._evidence.served)

    def draft_matcher(self, skills: Sequence[Skill]) -> Matcher:
        """A matcher over other skills than those on disk, to see what a change would do; only new ones are read."""
        return self._index.matcher(skills, self._context.config.gap_threshold, keep=False)

    async def match(self, query: str, k: int = 5, *, project: str | None = None) -> MatchResult:
        """Which skills serve a request made in a project, by words alone: capture waits for no model."""
        matcher = await self.matcher()
        return await asyncio.to_thread(partial(matcher.match, query, k, project=project))

    async def match_all(
        self, queries: Sequence[str], k: int = 5, *, project: str | None = None, patience: float = PATIENCE_SECONDS
    ) -> list[MatchResult]:
        """The same for a person's questions, with embeddings where a model of them is set and can be had.

        Skills that are not embedded yet are waited for ``patience`` seconds.
        """
        matcher = await self.matcher()
        nearness = await self.embeddings.near(matcher, queries, patience=patience)
        rows: Sequence[Sequence[float] | None] = nearness.rows or [None] * len(queries)

        def match() -> list[MatchResult]:
            found = [
                matcher.match(query, k, project=project, near=near) for query, near in zip(queries, rows, strict=True)
            ]
            return [replace(one, reason=nearness.reason) for one in found] if nearness.reason else found

        return await asyncio.to_thread(match)

    def with_hashes(self, trajectory: Trajectory) -> tuple[SkillUse, ...]:
        """The trajectory's uses with the tree hash active then, where that can be known; for a thread.

        A skill whose files are older than the use was, at the time of the use, what it is now; of one that has
        changed since, nothing is known, and the use counts for nothing.
        """
        uses = []
        for use in trajectory.skills_used:
            wanted = use.hash is None and trajectory.started_at
            skill = self._standing(use.skill, trajectory.project) if wanted else None
            if skill is not None and _changed_at(Path(skill.path).parent) <= str(trajectory.started_at):
                uses.append(SkillUse(use.skill, skill.hash))
            else:
                uses.append(use)
        return tuple(uses)

    def _standing(self, name: str, project: str | None = None) -> Skill | None:
        skills = [s for s in (self._state.skills if self._state else ()) if s.name == name and s.shadowed_by is None]
        serving = next((s for s in skills if serves(s.project, project)), None)
        # Without a project in mind, any project's.
        return serving or (next(iter(skills), None) if project is None else None)

    @staticmethod
    def check(paths: Sequence[Path]) -> list[CheckResult]:
        """Lint and scan skill folders or SKILL.md files, and run the selection tests in them.

        One that can't be read is a result like the others.
        """
        from skilltui.library.check import check_path
        from skilltui.library.selection import with_selection

        results: list[CheckResult] = []
        for path in paths:
            try:
                results += check_path(path)
            except SourceError as error:
                finding = Finding("UNREADABLE", Severity.HIGH, None, error.message, verdict=Verdict.REJECT)
                results.append(CheckResult(path_text(path), "", Verdict.REJECT, (finding,)))
        return with_selection(results)

    async def confusable(self, paths: Sequence[Path] = ()) -> list[Confusion]:
        """Skills that would be taken for one another, worst first.

        With ``paths`` those of the skills there, among themselves and with the library; else all of the library.
        """
        library = [skill for skill in await self.skills() if skill.shadowed_by is None]

        from skilltui.library.confusable import confusable

        def compare() -> list[Confusion]:
            if not paths:
                return confusable(self.draft_matcher(library))
            # What is not there is told of by the check; the folder that it would be in was not asked about.
            there = [path for path in paths if os.path.exists(path)]
            roots = [Root((path if os.path.isdir(path) else path.parent).absolute(), "given") for path in there]
            given = SkillRegistry(roots).load().skills
            among = {skill.path for skill in given}
            beside = [skill for skill in library if skill.path not in among]
            return confusable(self.draft_matcher([*given, *beside]), among)

        return await asyncio.to_thread(compare)

    @staticmethod
    def shipped() -> list[str]:
        """The skills that come with the program."""
        return sorted(folder.name for folder in shipped_skills().iterdir() if (folder / "SKILL.md").is_file())

    def sweep(self) -> None:
        """Remove what a killed process left in the roots; the caller is the one that writes."""
        for root in {root.path for root in self._personal} | set(self._context.config.publish):
            sweep(root)

    async def retired(self) -> list[Operation]:
        """The retirements that stand, one for each name, newest first: of a skill that is on disk again none does."""
        found: dict[str, tuple[Operation, str]] = {}

        def read(connection: Connection) -> None:
            for operation in history.retired(connection):
                record = history.skill_record(connection, operation.skill)
                if record is not None:
                    found.setdefault(operation.skill, (operation, record[0]))

        await self._context.database.read(read)
        return [operation for operation, path in found.values() if not is_file(Path(path))]

    def folders(self, name: str) -> list[Path]:
        """What stands under that name in the roots, be it a skill or not."""
        places = [root.path / name for root in self._registry.roots]
        return [place for place in places if os.path.lexists(place)]

    async def install(self, name: str) -> Installed:
        """Put a shipped skill into the skill home (or the given root) and its copies where they are published.

        What stands there and is not as it ships is a person's: ``StateError``; such a copy is told of and left.
        """
        from skilltui.library.check import check_path

        source = shipped_skills() / name / "SKILL.md"
        if name not in self.shipped():
            raise NotFoundError(f"no skill {name!r} comes with skilltui", f"there are: {', '.join(self.shipped())}")
        if any(result.verdict is Verdict.REJECT for result in check_path(source)):
            raise SkillInvalidError(f"the shipped skill {name} is damaged", "install skilltui again")
        if any(one.skill == name for one in await self.retired()):
            raise StateError(f"{name} is the name of a retired skill", f"skilltui undo {name} brings it back")
        target = self.publishing.home / name / "SKILL.md"
        copied = await asyncio.to_thread(_install, source, target, self.publishing.roots(name, target, fresh=True))
        await self.refresh()
        skill = next(s for s in (self._state.skills if self._state else ()) if Path(s.path) == target)
        return Installed(skill, copied.done, copied.skipped)


def _install(source: Path, target: Path, roots: Sequence[Path]) -> Copied:
    data = source.read_bytes()
    tree = wanted(source, data)
    known = Ours(frozenset({hash_of(tree)}), frozenset())
    try:
        bring(target, tree, known, fresh=True)
    except ForeignEditError as error:
        raise StateError(
            f"{target} exists and is different", "compare them; remove yours to take the shipped one"
        ) from error
    return bring_copies(target, roots, data, expected=None, known=known, name=target.parent.name)


def _changed_at(folder: Path) -> str:
    """When anything in a skill's folder last changed, ISO 8601 UTC."""
    newest = 0.0
    for base, _, names in os.walk(folder):
        for name in names:
            # A file that goes while we look changed nothing that an agent still reads.
            with suppress(FileNotFoundError):
                newest = max(newest, os.lstat(Path(base, name)).st_mtime)
    return datetime.fromtimestamp(newest, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
