"""Where file events can be relied on, and what is said where they can't."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skilltui.workshop import file_events
from skilltui.workshop.file_events import FileEvents, trial, why_not
from skilltui.workshop.followed import Followed
from tests.sessions import ClaudeSession

MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:30 / /mnt/c rw,noatime - 9p drvfs rw,aname=drvfs
31 22 0:31 / /home/me/far\\040away rw master:2 shared:7 - nfs4 server:/x rw
32 22 0:32 / /home/me/usb rw - fuseblk /dev/sdb1 rw
33 22 0:33 / /home/me/cloud rw - fuse.sshfs me@host: rw
34 31 0:34 / /home/me/far\\040away/near rw - tmpfs tmpfs rw
a line of another form
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me/.claude/projects", None),
        ("/mnt/c/Users/me/.claude", "9p"),
        ("/mnt/cc", None),
        ("/home/me/far away/.claude", "nfs4"),
        ("/home/me/far away/near/.claude", None),
        ("/home/me/usb/x", None),
        ("/home/me/cloud", "fuse.sshfs"),
    ],
)
def test_the_kind_of_mount_decides(folder: str, kind: str | None) -> None:
    reason = why_not(["/home/me", folder], {}, MOUNTS)
    assert reason == (f"{folder} is on {kind}, which sends no events" if kind else None)


def test_polling_can_be_asked_for() -> None:
    assert why_not(["/"], {"WATCHFILES_FORCE_POLLING": "1"}, MOUNTS) == "WATCHFILES_FORCE_POLLING is set"
    assert why_not(["/"], {"WATCHFILES_FORCE_POLLING": "false"}, MOUNTS) is None


@pytest.fixture(autouse=True)
def _by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)


async def test_a_change_in_a_new_folder_is_told(tmp_path: Path) -> None:
    told: asyncio.Queue[frozenset[str]] = asyncio.Queue()
    events = FileEvents(told.put_nowait)
    await events.watch([tmp_path, tmp_path / "not there"])
    assert await told.get() == frozenset()
    assert events.reason is None
    (tmp_path / "new").mkdir()
    while str(tmp_path / "new") not in await told.get():
        pass
    (tmp_path / "new" / "file").write_text("x", encoding="utf-8")
    while str(tmp_path / "new" / "file") not in await told.get():
        pass
    events.close()


async def test_a_folder_that_is_made_anew_is_watched_anew(tmp_path: Path) -> None:
    told: asyncio.Queue[frozenset[str]] = asyncio.Queue()
    events = FileEvents(told.put_nowait)
    folder = tmp_path / "a"
    folder.mkdir()
    await events.watch([folder])
    await told.get()
    folder.rename(tmp_path / "b")
    folder.mkdir()
    await events.watch([folder])
    (folder / "file").write_text("x", encoding="utf-8")
    while str(folder / "file") not in await told.get():
        pass
    events.close()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("OS file watch limit reached. about [/x]"), "the system's limit of file watches is reached"),
        (OSError("Too many open files (os error 24)"), "the system's limit of file watches is reached"),
        (RuntimeError("something else"), "file events failed: something else"),
    ],
)
async def test_what_stops_the_thread_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def watch(*paths: str, **options: Any) -> Iterator[set[Any]]:
        raise error

    monkeypatch.setattr("watchfiles.watch", watch)
    assert await trial([tmp_path]) == reason


async def test_without_the_library_it_polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert await trial([tmp_path]) == "watchfiles can't be loaded"


async def test_a_thread_that_falls_silent_is_noticed_and_one_that_speaks_again_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak = threading.Event()

    def watch(*paths: str, stop_event: threading.Event, **options: Any) -> Iterator[set[Any]]:
        yield set()
        speak.wait()
        yield set()
        stop_event.wait()

    monkeypatch.setattr("watchfiles.watch", watch)
    monkeypatch.setattr(file_events, "SILENT_SECONDS", 0.0)
    told: asyncio.Queue[frozenset[str]] = asyncio.Queue()
    events = FileEvents(told.put_nowait)
    await events.watch([tmp_path])
    await told.get()
    await events.watch([tmp_path])
    reasons = [events.reason]
    assert reasons == ["the thread that waits for them is silent"]
    speak.set()
    await told.get()
    reasons = [events.reason]
    assert reasons == [None]
    events.close()


def test_files_are_known_by_more_than_size_and_time(tmp_path: Path) -> None:
    path = ClaudeSession("a0000000-0000-4000-8000-000000000000").say("one").write(tmp_path)
    followed = Followed()
    assert followed.scan({"claude-code": [tmp_path]}) == [path]
    followed.look(None)
    followed.done(path, followed.due[path])
    followed.look(None, told=[path])
    assert not followed.due
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes().replace(b"one", b"two"))
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    followed.look([path])
    assert path in followed.due
    path.unlink()
    assert followed.look(None) == [path]


def test_a_change_that_nobody_told_of_is_noticed_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = ClaudeSession("a0000000-0000-4000-8000-000000000000").say("one").write(tmp_path)
    followed = Followed()
    followed.scan({"claude-code": [tmp_path]})
    followed.look(None)
    path.write_bytes(path.read_bytes() * 2)
    followed.look(None)
    assert not followed.missed()
    monkeypatch.setattr("skilltui.workshop.followed.UNTOLD_SECONDS", 0.0)
    assert followed.missed()
    followed.look(None, told=[path])
    assert not followed.missed()
