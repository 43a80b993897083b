"""The library as the faces see it: skills on disk, broken ones, matching, checking, installing."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from skilltui.domain.skill import CheckResult, Finding, MatchResult, Severity, Skill, Verdict
from skilltui.domain.trajectory import SkillUse, Trajectory
from skilltui.errors import NotFoundError, SkillInvalidError, SourceError, StateError
from skilltui.library.match import Matcher
from skilltui.library.registry import LibraryState, SkillRegistry
from skilltui.library.roots import Root, default_roots
from skilltui.paths import path_text, shipped_skills
from skilltui.versions.files import read_skill, swap
from skilltui.workshop.context import Context
from skilltui.workshop.events import LibraryChanged

# How long the library as read may be out of step with the disk while a session is captured.
FRESH_SECONDS = 2.0


class Shelf:
    """Use cases around skills that stand on disk."""

    def __init__(self, context: Context, roots: Sequence[Path] | None, env: Mapping[str, str] = os.environ) -> None:
        self._context = context
        config = context.config
        if roots is not None:
            chosen = [Root(path.absolute(), "given") for path in roots]
        else:
            chosen = default_roots(config.skills_home, config.roots, env)
        self._registry = SkillRegistry(chosen)
        self.given_root = roots[0].absolute() if roots else None
        self._state: LibraryState | None = None
        self._matcher: Matcher | None = None
        self._looked_at = 0.0

    async def refresh(self) -> LibraryState:
        """Read the roots again; only what changed is parsed."""
        before, self._looked_at = self._state, time.monotonic()
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
        """The matcher over the library as last read."""
        if self._state is None:
            await self.refresh()
        assert self._state is not None
        if self._matcher is None:
            skills = [skill for skill in self._state.skills if skill.shadowed_by is None]
            threshold = self._context.config.gap_threshold
            self._matcher = await asyncio.to_thread(lambda: Matcher(skills, threshold=threshold))
        return self._matcher

    async def match(self, query: str, k: int = 5, *, project: str | None = None) -> MatchResult:
        """Which skills serve a request made in a project."""
        matcher = await self.matcher()
        return await asyncio.to_thread(partial(matcher.match, query, k, project=project))

    def with_hashes(self, trajectory: Trajectory) -> tuple[SkillUse, ...]:
        """The trajectory's uses with the tree hash active then, where that can be known; for a thread.

        A skill whose files are older than the use was, at the time of the use, what it is now; of one that has
        changed since, nothing is known, and the use counts for nothing.
        """
        uses = []
        for use in trajectory.skills_used:
            skill = self._standing(use.skill) if use.hash is None and trajectory.started_at else None
            if skill is not None and _changed_at(Path(skill.path).parent) <= str(trajectory.started_at):
                uses.append(SkillUse(use.skill, skill.hash))
            else:
                uses.append(use)
        return tuple(uses)

    def _standing(self, name: str) -> Skill | None:
        skills = self._state.skills if self._state else ()
        return next((s for s in skills if s.name == name and s.shadowed_by is None), None)

    @staticmethod
    def check(paths: Sequence[Path]) -> list[CheckResult]:
        """Lint and scan skill folders or SKILL.md files. One that can't be read is a result like the others."""
        from skilltui.library.check import check_path

        results = []
        for path in paths:
            try:
                results += check_path(path)
            except SourceError as error:
                finding = Finding("UNREADABLE", Severity.HIGH, None, error.message, verdict=Verdict.REJECT)
                results.append(CheckResult(path_text(path), "", Verdict.REJECT, (finding,)))
        return results

    @staticmethod
    def shipped() -> list[str]:
        """The skills that come with the program."""
        return sorted(folder.name for folder in shipped_skills().iterdir() if (folder / "SKILL.md").is_file())

    async def install(self, name: str) -> Skill:
        """Put a shipped skill into the skill home (or the given root) and its copies where they are published."""
        from skilltui.library.check import check_path

        source = shipped_skills() / name / "SKILL.md"
        if name not in self.shipped():
            raise NotFoundError(f"no skill {name!r} comes with skilltui", f"there are: {', '.join(self.shipped())}")
        data = source.read_bytes()
        if any(result.verdict is Verdict.REJECT for result in check_path(source)):
            raise SkillInvalidError(f"the shipped skill {name} is damaged", "install skilltui again")
        config = self._context.config
        root = self.given_root or config.skills_home
        target = root / name / "SKILL.md"
        if read_skill(target) not in (None, data):
            raise StateError(f"{target} exists and is different", "compare them; remove yours to take the shipped one")
        swap(target, data, expected=read_skill(target))
        if self.given_root is None:
            for folder in config.publish:
                copy = folder / name / "SKILL.md"
                if read_skill(copy) is None:
                    swap(copy, data, expected=None)
        await self.refresh()
        return next(s for s in (self._state.skills if self._state else ()) if Path(s.path) == target)


def _changed_at(folder: Path) -> str:
    """When anything in a skill's folder last changed, ISO 8601 UTC."""
    newest = 0.0
    for base, _, names in os.walk(folder):
        for name in names:
            # A file that goes while we look changed nothing that an agent still reads.
            with suppress(FileNotFoundError):
                newest = max(newest, os.lstat(Path(base, name)).st_mtime)
    return datetime.fromtimestamp(newest, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
