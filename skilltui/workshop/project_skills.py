"""Which projects' own skills are looked at: those of projects that somebody's captured work was done in."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence

from skilltui.library.projects import project_roots
from skilltui.library.roots import Root
from skilltui.paths import user_home
from skilltui.store.projects import recent_projects
from skilltui.workshop.context import Context

# How long a project's first skill may go unseen; a further one is seen at once.
_AGAIN_SECONDS = 10.0


class ProjectSkills:
    """Looks for the folders now and then. A project that may not be captured is not looked at either."""

    def __init__(self, context: Context, personal: Sequence[Root], env: Mapping[str, str]) -> None:
        self._context = context
        self._personal = [root.path for root in personal]
        self._home = user_home(env)
        self._looked_at = -math.inf
        self._roots: list[Root] = []

    async def roots(self) -> list[Root]:
        """The folders there are."""
        if time.monotonic() - self._looked_at > _AGAIN_SECONDS:
            projects = await self._context.database.read(recent_projects)
            self._roots = await asyncio.to_thread(self._look, projects)
            self._looked_at = time.monotonic()
        return self._roots

    def _look(self, projects: Sequence[str]) -> list[Root]:
        # Late: where nothing was captured nobody needs the formats that it knows.
        from skilltui.workshop.places import scope_of

        scope = scope_of(self._context.config)
        return project_roots(projects, self._personal, self._home, lambda base: scope.withholds([base]) is None)
