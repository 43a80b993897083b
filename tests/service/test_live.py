"""Files while they are followed: what agents and rotations do to them, by file events and by polling."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skilltui.workshop import watching
from skilltui.workshop.events import Captured, WorkshopEvent
from skilltui.workshop.home import Home
from tests.service.live import S1, S2, Live, append, followed, live, session, way

__all__ = ["live", "way"]
pytestmark = pytest.mark.usefixtures("way")


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
