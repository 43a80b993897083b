"""Skills that agents and editors change on disk are noticed while the home is open, with and without file events."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from skilltui.workshop import shelf_watching
from skilltui.workshop.events import LibraryChanged, WorkshopEvent
from skilltui.workshop.home import Home
from skilltui.workshop.shelf_watching import ShelfWatcher
from tests.service.conftest import SKILL, add_skill

SECONDS = 20.0


class News:
    """What the bus tells of the library."""

    def __init__(self, home: Home) -> None:
        self.told: asyncio.Queue[LibraryChanged] = asyncio.Queue()
        home.bus.subscribe(self._hear)

    def _hear(self, event: WorkshopEvent) -> None:
        if isinstance(event, LibraryChanged):
            self.told.put_nowait(event)

    async def next(self) -> LibraryChanged:
        return await asyncio.wait_for(self.told.get(), SECONDS)


@asynccontextmanager
async def watching(home: Home) -> AsyncIterator[tuple[ShelfWatcher, News]]:
    watcher, news = home.shelf_watcher, News(home)
    await home.library.refresh()
    running = asyncio.create_task(watcher.run())
    try:
        await until(lambda: bool(watcher.way))
        yield watcher, news
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(true: Any) -> None:
    async with asyncio.timeout(SECONDS):
        while not true():
            await asyncio.sleep(0.01)


async def next_look(watcher: ShelfWatcher) -> None:
    before = watcher._looked_at
    await until(lambda: watcher._looked_at > before)


@pytest.fixture
def root(person: Path) -> Path:
    return person / ".agents" / "skills"


@pytest.fixture(params=["events", "polling"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1" if request.param == "polling" else "")
    return str(request.param)


@pytest.fixture
def by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)
    # Only what is told is looked at: a look that comes by itself would prove nothing.
    monkeypatch.setattr(shelf_watching, "SCAN_SECONDS", 3600.0)


async def test_a_skill_added_edited_and_removed_is_noticed_and_only_it_is_read(
    home: Home, root: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "events":
        monkeypatch.setattr(shelf_watching, "SCAN_SECONDS", 3600.0)
    async with watching(home) as (watcher, news):
        assert watcher.polling == (way == "polling")
        assert watcher.way == (
            "file events" if way == "events" else "polling every 1 s: WATCHFILES_FORCE_POLLING is set"
        )
        file = add_skill(root, "fold-paper", SKILL.replace("pytest-fixtures", "fold-paper"))
        await news.next()
        assert {s.name for s in home.library._state.skills} == {"pytest-fixtures", "fold-paper"}  # type: ignore[union-attr]
        assert home.library._state.read <= 1  # type: ignore[union-attr]
        file.write_text(file.read_text(encoding="utf-8").replace("Write and mend", "Fold and cut"), encoding="utf-8")
        await news.next()
        assert (await home.library.find("fold-paper")).description.startswith("Fold")  # type: ignore[union-attr]
        (file.parent / "notes.md").write_text("more", encoding="utf-8")
        await news.next()
        shutil.rmtree(file.parent)
        await until(lambda: [s.name for s in home.library._state.skills] == ["pytest-fixtures"])  # type: ignore[union-attr]


async def test_what_breaks_is_told_and_what_is_mended_too(home: Home, root: Path, way: str) -> None:
    async with watching(home) as (_, news):
        file = root / "pytest-fixtures" / "SKILL.md"
        file.write_text("no frontmatter", encoding="utf-8")
        assert (await news.next()).broken == 1
        file.write_text(SKILL, encoding="utf-8")
        assert (await news.next()).broken == 0


@pytest.mark.usefixtures("by_events")
async def test_a_root_that_is_made_later_or_anew_is_watched(home: Home, root: Path) -> None:
    async with watching(home) as (_, news):
        root.rename(root.with_name("away"))
        await until(lambda: home.library._state.skills == ())  # type: ignore[union-attr]
        root.mkdir()
        await until(lambda: str(root) in [path for path, *_ in home.shelf_watcher._events._folders])
        add_skill(root)
        while (await news.next()).skills != 1:
            pass


@pytest.mark.usefixtures("by_events")
async def test_what_does_not_belong_to_a_skill_wakes_nobody(home: Home, root: Path) -> None:
    (root / ".git").mkdir()
    async with watching(home) as (watcher, news):
        await until(lambda: not watcher._changed)
        looked = watcher._looked_at
        watcher._heard(frozenset({str(root / ".git" / "index"), str(root / "node_modules" / "x")}))
        assert not watcher._changed
        add_skill(root, "fold-paper", SKILL.replace("pytest-fixtures", "fold-paper"))
        await news.next()
        assert watcher._looked_at > looked


async def test_where_events_do_not_come_it_polls_and_says_so(
    home: Home, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(*paths: str, stop_event: Any, **options: Any) -> Iterator[set[Any]]:
        while not stop_event.wait(0.05):
            yield set()

    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)
    monkeypatch.setattr("watchfiles.watch", deaf)
    monkeypatch.setattr(shelf_watching, "SCAN_SECONDS", 0.1)
    monkeypatch.setattr(shelf_watching, "_UNTOLD_SECONDS", 0.05)
    async with watching(home) as (watcher, news):
        await until(lambda: watcher.way == "file events")
        # The look that this told it to make is over when a second one is; what that saw would not be untold.
        for _ in range(2):
            await next_look(watcher)
        add_skill(root, "fold-paper", SKILL.replace("pytest-fixtures", "fold-paper"))
        await until(lambda: watcher.polling)
        assert watcher.way == "polling every 1 s: changes came that no event told of"
        shutil.rmtree(root / "fold-paper")
        while (await news.next()).skills != 1:
            pass


async def test_a_look_that_fails_keeps_what_was_seen_and_the_next_one_goes_on(
    home: Home, root: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_watching, "SCAN_SECONDS", 0.1)
    monkeypatch.setattr(shelf_watching, "POLL_SECONDS", 0.1)
    load = home.library._registry.load
    tried: list[bool] = []

    def denied() -> Any:
        tried.append(True)
        raise PermissionError(13, "Permission denied")

    async with watching(home) as (watcher, news):
        await next_look(watcher)
        seen = watcher._state
        monkeypatch.setattr(home.library._registry, "load", denied)
        await until(lambda: len(tried) > 1)
        assert watcher._state is seen
        monkeypatch.setattr(home.library._registry, "load", load)
        add_skill(root, "fold-paper", SKILL.replace("pytest-fixtures", "fold-paper"))
        while (await news.next()).skills != 2:
            pass
