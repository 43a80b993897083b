"""Where a skill's copies belong, and how they stand to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from skilltui.domain.skill import Skill
from skilltui.paths import is_file
from skilltui.versions.copies import CopyState, state_of
from skilltui.workshop.context import Context


class Copy(Struct, frozen=True):
    """One of a skill's copies. ``path`` is where its ``SKILL.md`` stands, or would."""

    path: Path
    state: CopyState


class Publishing:
    """The roots of ``[skills] publish``. With roots given for a call, nothing is copied anywhere."""

    def __init__(self, context: Context, given_root: Path | None) -> None:
        self._context = context
        self._given_root = given_root

    @property
    def home(self) -> Path:
        """The folder that a new skill goes to."""
        return self._given_root or self._context.config.skills_home

    def roots(self, skill: str, path: Path, *, fresh: bool) -> tuple[Path, ...]:
        """Where the skill at ``path`` is copied to: all configured roots for a new one, else those with a copy."""
        config = self._context.config
        if self._given_root is not None or path.parent.parent != config.skills_home:
            return ()
        return tuple(root for root in config.publish if fresh or is_file(root / skill / path.name))

    def copies(self, skills: Sequence[Skill]) -> Mapping[str, tuple[Copy, ...]]:
        """By the path of each skill that is published, how its copies stand; for a thread."""
        hashes = {skill.path: skill.hash for skill in skills}
        return {
            skill.path: tuple(self._copies(skill, hashes))
            for skill in skills
            if self.roots(skill.name, Path(skill.path), fresh=True)
        }

    def _copies(self, skill: Skill, hashes: Mapping[str, str]) -> Iterable[Copy]:
        path = Path(skill.path)
        for root in self.roots(skill.name, path, fresh=True):
            copy = root / skill.name / path.name
            if copy == path:
                continue
            # What the library has read need not be read again.
            known = hashes.get(str(copy))
            if known is None:
                yield Copy(copy, state_of(copy, skill.hash))
            else:
                yield Copy(copy, CopyState.SAME if known == skill.hash else CopyState.DIFFERS)
