"""The interface stays usable while a history is imported behind it."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from skilltui.config import set_config
from skilltui.paths import HomePaths
from skilltui.tui.app import SkilltuiApp
from skilltui.workshop.capturing import CONSENT_KEY
from skilltui.workshop.home import Home
from tests.bench.corpus import generate
from tests.interface.conftest import running, screen_text, wait_until


def shows(app: SkilltuiApp, pane: str) -> bool:
    return app.pane is not None and pane == app.pane.PANE


def home_with_consent(tmp_path: Path) -> HomePaths:
    """Capture is on, and no model answers."""
    paths = HomePaths(tmp_path / "home", tmp_path / "home")
    paths.make()
    set_config(paths.config, CONSENT_KEY, "true")
    set_config(paths.config, "ollama.host", "127.0.0.1:9")
    return paths


async def test_panes_open_and_answer_while_history_is_imported(tmp_path: Path) -> None:
    person = tmp_path / "person"
    corpora = [generate(person, size=2_000_000, seed=1)]
    paths = home_with_consent(tmp_path)
    opened, captured = asyncio.Event(), asyncio.Event()

    async def feed(home: Home) -> None:
        # History keeps coming until every pane was opened: the import can't be over before.
        home.bus.subscribe(lambda _: captured.set())
        while not opened.is_set():
            if sum(corpus.bytes for corpus in corpora) - home.watcher.status.done_bytes < 2_000_000:
                corpora.append(await asyncio.to_thread(generate, person, size=2_000_000, seed=len(corpora) + 1))
            captured.clear()
            await captured.wait()

    async with Home.open(paths, env={"HOME": str(person)}) as home:
        app = SkilltuiApp(home)
        async with running(app) as pilot:
            await wait_until(pilot, lambda: home.watcher.status.done_bytes > 0)
            feeding = asyncio.create_task(feed(home))
            imported = []
            for key, pane in (("2", "Gaps"), ("3", "Workbench"), ("4", "Versions"), ("1", "Live")):
                await pilot.press(key)
                await wait_until(pilot, partial(shows, app, pane))
                imported.append(home.watcher.status.done_bytes)
                await wait_until(pilot, lambda: home.watcher.status.done_bytes > imported[-1], seconds=60)
            opened.set()
            captured.set()
            await feeding
            await home.watcher.caught_up()
            await pilot.press("2")
            await wait_until(pilot, lambda: "most wanted first" in screen_text(app))
        assert imported == sorted(set(imported))
        sessions = await home.capturing.sessions(10_000)
        assert len(sessions) == sum(corpus.sessions for corpus in corpora)
        assert sum(s.steps for s in sessions) == sum(corpus.steps for corpus in corpora)


async def test_leaving_in_the_middle_of_an_import_loses_nothing(tmp_path: Path) -> None:
    person = tmp_path / "person"
    corpus = generate(person, size=6_000_000, seed=4)
    paths = home_with_consent(tmp_path)
    async with Home.open(paths, env={"HOME": str(person)}) as home, running(SkilltuiApp(home)) as pilot:
        await wait_until(pilot, lambda: home.watcher.status.done_bytes > 0)
        assert home.watcher.status.state == "importing"
        await pilot.press("q")
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        assert 0 < sum(s.steps for s in await home.capturing.sessions(10_000)) < corpus.steps
        report = await home.capturing.ingest([])
        assert (report.sessions, report.steps) == (corpus.sessions, corpus.steps)
