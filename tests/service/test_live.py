"""Files while they are followed: what agents and rotations do to them, by file events and by polling; hooks."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from skilltui.cli import hook
from skilltui.domain.trajectory import OutcomeLabel, Trajectory
from skilltui.workshop import watching
from skilltui.workshop.events import Captured, WorkshopEvent
from skilltui.workshop.home import Home
from tests.sessions import ClaudeSession

pytestmark = pytest.mark.usefixtures("way")
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


async def test_a_file_that_is_new_and_then_grows(live: Live) -> None:
    made = session("a")
    path = made.write(live.folder)
    await live.until_commands("a")
    append(path, made, "b")
    await live.until_commands("a", "b")
    append(path, made, "c", "d")
    await live.until_commands("a", "b", "c", "d")


async def test_a_folder_that_comes_later(live: Live, person: Path) -> None:
    made = session("a")
    made.cwd = "/w/other"
    made.write(live.folder)
    await live.until_commands("a")
    rollout = person / ".codex" / "sessions" / "2026" / "11" / "03" / "rollout-2026-11-03T10-00-00-c0de.jsonl"
    rollout.parent.mkdir(parents=True)
    lines = [
        {"type": "session_meta", "payload": {"id": "c0de", "cwd": "/w", "timestamp": "2026-11-03T10:00:00Z"}},
        {"type": "event_msg", "payload": {"type": "user_message", "message": "build it"}},
        {"type": "response_item", "payload": {
            "type": "function_call", "name": "shell", "call_id": "c1", "arguments": '{"command": "make"}'}},
    ]  # fmt: skip
    rollout.write_text(
        "".join(json.dumps({"timestamp": "2026-11-03T10:00:01Z", **line}) + "\n" for line in lines), encoding="utf-8"
    )
    await live.until_commands("a", "make")


async def test_an_atomic_replacement_with_more_in_it(live: Live) -> None:
    made = session("a")
    path = made.write(live.folder)
    await live.until_commands("a")
    made.bash("b")
    other = path.with_name("whole.tmp")
    other.write_text("".join(made.lines()), encoding="utf-8")
    other.replace(path)
    await live.until_commands("a", "b")


async def test_a_rename_and_then_more(live: Live) -> None:
    made = session("a")
    path = made.write(live.folder)
    await live.until_commands("a")
    moved = path.rename(path.with_name(f"{S2}.jsonl"))
    append(moved, made, "b")
    await live.until_commands("a", "b")
    assert await live.gone() == {path.name: True, moved.name: False}


async def test_a_file_that_goes_and_comes_back_as_itself_and_as_another(live: Live) -> None:
    made = session("a")
    path = made.write(live.folder)
    await live.until_commands("a")
    kept = path.rename(live.folder.parent / "kept")
    await live.home.watcher.caught_up()
    assert await live.gone() == {path.name: True}
    kept.rename(path)
    await live.home.watcher.caught_up()
    assert await live.gone() == {path.name: False}
    path.rename(kept)
    await live.home.watcher.caught_up()
    path.write_text("".join(session("z", name=S2).lines()), encoding="utf-8")
    await live.until_commands("a", "z")
    assert await live.gone() == {path.name: False}
    path.unlink()
    await live.home.watcher.caught_up()
    kept.rename(path)
    await live.until_commands("a", "z")
    assert await live.gone() == {path.name: False}
    append(path, made, "b")
    await live.until_commands("a", "b", "z")


async def test_a_truncation_and_new_lines(live: Live) -> None:
    made = session("a", "b")
    path = made.write(live.folder)
    await live.until_commands("a", "b")
    path.write_text("".join(session("z", name=S2).lines()), encoding="utf-8")
    await live.until_commands("a", "b", "z")
    # To nothing, and further with what comes next: the way of `copytruncate`.
    copy = Path(shutil.copy(path, path.with_name("copy.jsonl.1")))
    os.truncate(path, 0)
    append(path, made, "c")
    await live.until_commands("a", "b", "c", "z")
    assert copy.exists()


async def test_a_rotation(live: Live) -> None:
    made = session("a")
    path = made.write(live.folder)
    await live.until_commands("a")
    append(path, made, "b")
    path.rename(path.with_name(f"{S1}.1.jsonl"))
    append(path, made, "c")
    await live.until_commands("a", "b", "c")


async def test_a_rewrite_in_place_of_the_same_length(live: Live) -> None:
    path = session("a").write(live.folder)
    await live.until_commands("a")
    lines = "".join(session("z", name=S2).lines())
    assert len(lines) == path.stat().st_size
    path.write_text(lines, encoding="utf-8")
    await live.until_commands("a", "z")


async def test_a_line_in_pieces_is_one_line(live: Live) -> None:
    made = session("a")
    path = made.write(live.folder)
    await live.until_commands("a")
    made.bash("b")
    data = "".join(made.lines()[-2:]).encode()
    for start in range(0, len(data), 300):
        with path.open("ab") as file:
            file.write(data[start : start + 300])
        await live.home.watcher.caught_up()
    await live.until_commands("a", "b")
    assert all(file.quarantined == 0 for file in await live.home.capturing.files())


async def test_what_can_not_be_read_stops_no_other_file(live: Live) -> None:
    folder = live.folder / "-w-shop"
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "loop.jsonl").symlink_to(folder / "loop.jsonl")
    (folder / "folder.jsonl").mkdir()
    session("a").write(live.folder)
    await live.until_commands("a")


# Hooks


def tell(home: Home, event: str, path: Path | None, agent: str = "claude-code", **fields: str) -> None:
    record = {"hook_event_name": event, "session_id": S1, **fields}
    hook.store(agent, record | ({"transcript_path": str(path)} if path else {}), str(home.paths.spool))


async def test_an_end_is_judged_at_once(live: Live) -> None:
    made = session("pytest -q").answer("Done, all of it is green.")
    path = made.write(live.folder)
    await live.until_commands("pytest -q")

    async def settled() -> bool:
        return not await live.home.database.read(
            lambda c: c.execute("SELECT 1 FROM session WHERE NOT settled").fetchall()
        )

    # The lines of 2026-11-03 are over by their age; the clock is set back to when they were written.
    live.home._context.clock = lambda: "2026-11-03T10:01:00.000Z"
    append(path, made, "git status")
    await live.until_commands("git status", "pytest -q")
    assert not await settled()
    tell(live.home, "UserPromptSubmit", path)
    tell(live.home, "Stop", path)
    await live.until(settled)
    assert list(live.home.paths.spool.glob("hook-*")) == []
    # It goes on: it was not over after all.
    append(path, made, "git push")
    await live.until_commands("git push", "git status", "pytest -q")
    assert not await settled()
    tell(live.home, "SessionEnd", None)
    await live.until(settled)
    (one,) = await live.trajectories()
    assert one.outcome.label is not OutcomeLabel.FAILURE


async def test_a_transcript_elsewhere_is_followed_once_a_hook_names_it(live: Live, tmp_path: Path) -> None:
    made = session("a")
    path = made.write(tmp_path / "elsewhere")
    tell(live.home, "SessionStart", path)
    await live.until_commands("a")
    append(path, made, "b")
    await live.until_commands("a", "b")
    assert live.home.watcher.status.way != "polling every 0.3 s: changes came that no event told of"


async def test_a_hook_can_not_make_anything_else_be_read(live: Live, tmp_path: Path) -> None:
    secret = tmp_path / "diary.jsonl"
    secret.write_text('{"text": "dear diary"}\n', encoding="utf-8")
    codex = tmp_path / "other.jsonl"
    codex.write_text('{"timestamp":"x","type":"session_meta","payload":{"id":"c","cwd":"/w"}}\n', encoding="utf-8")
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    good = session("a").write(tmp_path / "elsewhere")
    for number, path in enumerate((secret, codex, pipe, tmp_path, tmp_path / "nowhere.jsonl", Path("relative.jsonl"))):
        tell(live.home, "Stop", path, session_id=f"s{number}")
    spool = live.home.paths.spool
    (spool / "hook-codex-odd.json").write_text("[" * 100_000, encoding="utf-8")
    (spool / "hook-codex-null.json").write_text('{"kind":"hook","agent":"codex","transcript_path":"/\\u0000"}')
    (spool / "hook-codex-nobody.json").write_text('{"kind":"hook","agent":"nobody","session_id":"x"}')
    (spool / "hook-codex-link.json").symlink_to(secret)
    os.mkfifo(spool / "hook-codex-pipe.json")
    (spool / "hook-codex-folder.json").mkdir()
    tell(live.home, "Stop", good)
    await live.until_commands("a")
    assert [Path(file.path) for file in await live.home.capturing.files()] == [good]
    assert secret.exists()


async def test_a_hook_fills_in_what_the_transcript_does_not_say(live: Live) -> None:
    made = session("a")
    for record in made.records:
        del record["cwd"]
        record["message"].pop("model", None)
    path = made.write(live.folder)
    await live.until_commands("a")
    key = "ghp_" + "a1B2" * 9
    tell(live.home, "SessionStart", path, cwd=f"/w/{key}", model="a-model")

    async def known() -> bool:
        return (await live.trajectories())[0].project is not None

    # Nothing is published for so small a change.
    while not await known():
        await live.home.watcher.caught_up()
    (one,) = await live.trajectories()
    assert one.model == "a-model"
    assert one.project is not None
    assert one.project.startswith("/w/‹redacted:")


async def test_without_consent_a_hook_is_not_heeded(home: Home, tmp_path: Path) -> None:
    path = session("a").write(tmp_path / "elsewhere")
    tell(home, "Stop", path)
    await home.tend()
    assert len(list(home.paths.spool.glob("hook-*"))) == 1
    assert await home.capturing.files() == []


# When events fail


async def test_changes_that_no_event_tells_of_make_it_poll(
    home: Home, person: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "polling":
        pytest.skip("polls already")

    def deaf(*paths: str, stop_event: threading.Event, **options: Any) -> Iterator[set[Any]]:
        while not stop_event.wait(0.1):
            yield set()

    monkeypatch.setattr("watchfiles.watch", deaf)
    folder = person / ".claude" / "projects"
    made = session("a")
    path = made.write(folder)
    async with asyncio.timeout(60), followed(home):
        live = Live(home, folder)

        async def says(words: str) -> bool:
            return words in home.watcher.status.way

        await live.until(lambda: says(watching.FILE_EVENTS))
        append(path, made, "b")
        await live.until_commands("a", "b")
        await live.until(lambda: says("polling every 0.3 s: changes came that no event told of"))
        assert home.watcher.status.polling
        append(path, made, "c")
        await live.until_commands("a", "b", "c")


async def test_a_watch_that_dies_is_told_and_polling_goes_on(
    home: Home, person: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "polling":
        pytest.skip("polls already")

    def dying(*paths: str, **options: Any) -> Iterator[set[Any]]:
        yield set()
        raise OSError("OS file watch limit reached. about [/x]")

    monkeypatch.setattr("watchfiles.watch", dying)
    folder = person / ".claude" / "projects"
    made = session("a")
    path = made.write(folder)
    async with asyncio.timeout(60), followed(home):
        live = Live(home, folder)

        async def says() -> bool:
            return home.watcher.status.way == "polling every 0.3 s: the system's limit of file watches is reached"

        await live.until(says)
        append(path, made, "b")
        await live.until_commands("a", "b")


async def test_each_batch_is_told_once(live: Live) -> None:
    batches: list[Captured] = []

    def heard(event: WorkshopEvent) -> None:
        if isinstance(event, Captured) and event.path:
            batches.append(event)

    live.home.bus.subscribe(heard)
    made = session("a")
    path = made.write(live.folder)
    await live.until_commands("a")
    append(path, made, "b")
    await live.until_commands("a", "b")
    assert sum(batch.new_steps for batch in batches) == 2
