"""A home that follows transcripts, by file events and by polling, for the tests of live capture."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from skilltui.domain.trajectory import Trajectory
from skilltui.workshop import watching
from skilltui.workshop.events import WorkshopEvent
from skilltui.workshop.home import Home
from tests.sessions import ClaudeSession

S1 = "d1000000-0000-4000-8000-000000000000"
S2 = "d2000000-0000-4000-8000-000000000000"


@pytest.fixture(params=["events", "polling"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How the watcher learns of changes."""
    name: str = request.param
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1" if name == "polling" else "")
    if name == "polling":
        # Folders are listed every two seconds; these tests have other things to do.
        monkeypatch.setattr(watching, "SCAN_SECONDS", 0.2)
    return name


class Live:
    """A home that follows a person's folder of transcripts."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.home = home
        self.folder = folder
        self.news = asyncio.Event()
        home.bus.subscribe(self._heard)

    def _heard(self, event: WorkshopEvent) -> None:
        self.news.set()

    async def until(self, wanted: Any) -> Any:
        """Wait until ``wanted()`` is true of what is stored; it is asked after each event of the bus."""
        while not (found := await wanted()):
            self.news.clear()
            await self.news.wait()
        return found

    async def commands(self) -> list[str]:
        """Every shell command that is stored, in no order."""
        return sorted(str(step.args["command"]) for t in await self.trajectories() for step in t.steps)

    async def trajectories(self) -> list[Trajectory]:
        """All of them, whole."""
        return [await self.home.capturing.trajectory(t.id) for t in await self.home.capturing.trajectories()]

    async def until_commands(self, *wanted: str) -> None:
        """Wait until exactly these commands are stored, each once."""

        async def there() -> bool:
            return set(await self.commands()) >= set(wanted)

        await self.until(there)
        await self.home.watcher.caught_up()
        assert await self.commands() == sorted(wanted)

    async def gone(self) -> dict[str, bool]:
        """Which files are marked as gone, by name."""
        return {Path(file.path).name: file.gone for file in await self.home.capturing.files()}


@asynccontextmanager
async def followed(home: Home) -> AsyncIterator[None]:
    home._context.config = replace(home.config, trajectory_capture=True)
    running = asyncio.create_task(home.watcher.run())
    try:
        await home.watcher.caught_up()
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def live(home: Home, person: Path, way: str) -> AsyncIterator[Live]:
    folder = person / ".claude" / "projects"
    (folder / "-w-shop").mkdir(parents=True)
    async with asyncio.timeout(60), followed(home):
        live = Live(home, folder)

        async def begun() -> bool:
            return bool(home.watcher.status.way)

        await live.until(begun)
        expected = watching.FILE_EVENTS if way == "events" else "polling every 0.3 s: WATCHFILES_FORCE_POLLING is set"
        assert home.watcher.status.way == expected
        yield live


def session(*commands: str, name: str = S1) -> ClaudeSession:
    made = ClaudeSession(name).say("do the long task of today")
    for command in commands:
        made.bash(command)
    return made


def append(path: Path, made: ClaudeSession, *commands: str) -> None:
    before = len(made.records)
    for command in commands:
        made.bash(command)
    with path.open("a", encoding="utf-8") as file:
        file.writelines(made.lines()[before:])
