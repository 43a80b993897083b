"""A filled home, the app over it, and ways to wait and to look. No sleeps: tests wait for conditions."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree as ET

import pytest
from textual.app import App
from textual.pilot import Pilot

from skilltui.paths import HomePaths
from skilltui.tui.app import SkilltuiApp
from skilltui.workshop.home import Home
from tests.service.conftest import add_skill
from tests.sessions import RELEASES, ClaudeSession, release

SIZES = [(80, 24), (120, 40), (200, 60)]
# Markup that crashes, markup that acts, a clipboard write, a window title, reordering, hidden tags, NUL and DEL, C1.
HOSTILE = (
    "[/] [/red] [@click=app.quit]x[/] [link=x \x1b]52;c;aGFja2Vk\x07 \x1b]0;title\x07 \x1b[2J"
    " \u202egnissim\u202c \U000e0041\U000e0042 \x00\x7f\x9b31m end"
)

AppT = TypeVar("AppT", bound=App[None])


async def wait_until(pilot: Pilot[None], true: Callable[[], object], *, seconds: float = 15.0) -> None:
    """Let the app work until ``true()`` holds."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"did not become true within {seconds} s; the screen:\n{screen_text(pilot.app)}")
        await pilot.pause(0.01)


def screen_lines(app: App[None]) -> list[str]:
    """What is on screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def screen_text(app: App[None]) -> str:
    """The same as one text."""
    return "\n".join(line.rstrip() for line in screen_lines(app))


def assert_clean(app: App[None]) -> None:
    """No control or hidden character on screen, and a screenshot that is XML."""
    foreign = {c for line in screen_lines(app) for c in line if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs")}
    assert not foreign, f"on screen: {[hex(ord(c)) for c in foreign]}"
    ET.fromstring(app.export_screenshot())


@asynccontextmanager
async def running(app: AppT, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    """The app with toasts and tooltips, which can crash on markup too."""
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        yield pilot


@asynccontextmanager
async def opened(home: Home, size: tuple[int, int] = (120, 40), start: str = "live") -> AsyncIterator[Pilot[None]]:
    """The whole interface over a home."""
    async with running(SkilltuiApp(home, start=start), size) as pilot:
        yield pilot


def minutes_ago(minutes: float) -> datetime:
    """A time near enough to now for ages to be told in minutes."""
    return datetime.now(UTC) - timedelta(minutes=minutes)


def login_session() -> ClaudeSession:
    """An agent at work now: a failed step, a correction, a success."""
    session = ClaudeSession("aaaaaaaa-0000-4000-8000-000000000000", cwd="/w/api-server", start=minutes_ago(1))
    session.say("make the login tests pass, a pytest fixture is missing")
    session.bash("pytest tests/login -q", "E   fixture 'db' not found\n1 failed in 2.61s", code=1)
    session.call("Edit", {"file_path": "/w/api-server/conftest.py", "old_string": "a", "new_string": "b\nc"})
    session.say("no, put it into tests/login/conftest.py")
    session.bash("pytest tests/login -q", "3 passed in 2.10s")
    session.say("great, thanks")
    return session


def hostile_session() -> ClaudeSession:
    """Everything that a transcript can hold against a terminal."""
    session = ClaudeSession("bbbbbbbb-0000-4000-8000-000000000000", cwd="/w/[bold]x", start=minutes_ago(90))
    session.say(HOSTILE)
    session.bash(f"echo {HOSTILE}", HOSTILE, code=1)
    session.call(HOSTILE[:40], {"path": HOSTILE, HOSTILE[:12]: HOSTILE}, HOSTILE)
    session.say(f"no, {HOSTILE}")
    return session


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """A person's home directory with one skill."""
    home = tmp_path / "person"
    add_skill(home / ".agents" / "skills")
    return home


@pytest.fixture
async def empty_home(tmp_path: Path, person: Path) -> AsyncIterator[Home]:
    """Nothing captured, nothing asked yet."""
    where = tmp_path / "home"
    async with Home.open(HomePaths(where, where), env={"HOME": str(person)}) as opened_home:
        yield opened_home


@pytest.fixture
async def home(empty_home: Home, tmp_path: Path) -> Home:
    """Four sessions: one at work now, and three releases that no skill serves."""
    folder = tmp_path / "transcripts"
    paths = [release(n, text, correct=n == 1).write(folder) for n, text in enumerate(RELEASES, 1)]
    report = await empty_home.capturing.ingest([login_session().write(folder), *paths])
    assert report.sessions == 4
    return empty_home


@pytest.fixture
async def hostile_home(empty_home: Home, tmp_path: Path) -> Home:
    """One session at work now, and a hostile one."""
    folder = tmp_path / "transcripts"
    await empty_home.capturing.ingest([login_session().write(folder), hostile_session().write(folder)])
    return empty_home
