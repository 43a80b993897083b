"""File events from the system, or the reason why there are none: then files are polled, and the status says so.

Events come through ``watchfiles`` (inotify, FSEvents, ReadDirectoryChangesW) on a thread of its own. They get lost, and
some file systems send none, so nobody relies on them: whoever polls beside them tells here what they missed.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path

# Changes within this are told together; the thread looks that often.
_STEP_MS = 50
_DEBOUNCE_MS = 200
_BEAT_MS = 500
# A thread that was not heard of for so long is dead, or stuck in a file system that hangs.
SILENT_SECONDS = 3.0
STARTING = "starting"
# Local changes made by another machine, by Windows or by the host of a container reach these without an event.
_EVENTLESS = frozenset(
    {"9p", "nfs", "nfs4", "cifs", "smb3", "smbfs", "drvfs", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "afs", "ceph",
     "glusterfs", "lustre", "ncpfs", "orangefs", "gfs2", "ocfs2"}
)  # fmt: skip

Named = Callable[[frozenset[str]], None]


class FileEvents:
    """Watches folders until closed. ``reason`` is ``None`` while events come, else why they do not."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._folders: tuple[tuple[str, int, int], ...] = ()
        self._stop: threading.Event | None = None
        self._heard: float | None = None
        self.reason: str | None = STARTING

    async def watch(self, folders: Collection[Path]) -> None:
        """Watch these folders from now on; the same ones again cost a ``stat`` each."""
        wanted = await asyncio.to_thread(_identities, folders)
        if wanted == self._folders:
            if self._stop is not None and time.monotonic() - (self._heard or 0.0) > SILENT_SECONDS:
                # It may be heard of again; then events are what counts again.
                self.reason = "the thread that waits for them is silent"
            return
        self.close()
        self._folders = wanted
        paths = [path for path, _, _ in wanted]
        self.reason = await asyncio.to_thread(why_not, paths, os.environ)
        if self.reason is None and paths:
            self._start(paths)

    def fail(self, reason: str) -> None:
        """Give events up for these folders."""
        self._halt()
        self.reason = reason

    def close(self) -> None:
        """Stop the thread. ``watch`` starts it again."""
        self._halt()
        self._folders = ()

    def _halt(self) -> None:
        if self._stop is not None:
            self._stop.set()
            self._stop = None

    def _start(self, paths: list[str]) -> None:
        stop = self._stop = threading.Event()
        self._heard = time.monotonic()
        self.reason = STARTING
        loop = asyncio.get_running_loop()

        def tell(names: frozenset[str] | None, failure: str | None = None) -> None:
            if not stop.is_set():
                # A loop that is closed by now wants to know nothing.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._take, stop, names, failure)

        threading.Thread(target=_run, args=(paths, stop, tell), name="file-events", daemon=True).start()

    def _take(self, stop: threading.Event, names: frozenset[str] | None, failure: str | None) -> None:
        if stop is not self._stop:
            return
        self._heard = time.monotonic()
        if failure is not None:
            self.fail(failure)
            self._named(frozenset())
            return
        if self.reason is not None:
            self.reason = None
            # What changed before the watch stood was told by nobody.
            self._named(frozenset())
        if names:
            self._named(names)


async def trial(folders: Collection[Path]) -> str | None:
    """Whether file events can be had for these folders now: ``None``, or why not. For ``doctor``."""
    if not await asyncio.to_thread(_identities, folders):
        return None  # where there is nothing yet, nothing is missed
    told = asyncio.Event()
    events = FileEvents(lambda _: told.set())
    try:
        await events.watch(folders)
        if events.reason == STARTING:
            await asyncio.wait_for(told.wait(), SILENT_SECONDS)
        return events.reason
    except TimeoutError:
        return "nothing is heard of them"
    finally:
        events.close()


def _run(paths: list[str], stop: threading.Event, tell: Callable[..., None]) -> None:
    try:
        from watchfiles import watch

        # To ignore a denied permission would be to ignore the limit of watches too (watchfiles 1.3).
        changes = watch(
            *paths, watch_filter=None, debounce=_DEBOUNCE_MS, step=_STEP_MS, stop_event=stop, rust_timeout=_BEAT_MS,
            yield_on_timeout=True, debug=False, raise_interrupt=False, force_polling=False,
            ignore_permission_denied=False,
        )  # fmt: skip
        for names in changes:
            tell(frozenset(name for _, name in names))
        tell(None, "the thread that waits for them ended")
    except Exception as error:  # noqa: BLE001 - whatever ends this thread, polling takes over and says why
        tell(None, _words(error))


def _words(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "watchfiles can't be loaded"
    text = " ".join(str(error).split())
    if "limit" in text or "No space left" in text or "os error 28" in text or "os error 24" in text:
        return "the system's limit of file watches is reached"
    return f"file events failed: {text[:120] or type(error).__name__}"


def why_not(folders: Collection[str], env: Mapping[str, str], mounts: str | None = None) -> str | None:
    """Why file events can't be relied on for these folders; ``None`` where nothing speaks against them.

    ``mounts`` is the text of ``/proc/self/mountinfo``, which only Linux has.
    """
    if env.get("WATCHFILES_FORCE_POLLING", "").lower() not in {"", "0", "false", "disable", "disabled"}:
        return "WATCHFILES_FORCE_POLLING is set"
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
    table = _mounts(mounts)
    for folder in folders:
        kind = _kind(folder, table)
        if kind in _EVENTLESS or kind == "fuse" or kind.startswith("fuse."):
            return f"{folder} is on {kind}, which sends no events"
    return None


def _mounts(text: str) -> dict[str, str]:
    """Mount point -> file system type."""
    table: dict[str, str] = {}
    for line in text.splitlines():
        left, found, right = line.partition(" - ")
        fields, kinds = left.split(" "), right.split(" ")
        if found and len(fields) > 4:
            # Blanks and the like are written as octal numbers.
            point = fields[4].replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
            table[point] = kinds[0]
    return table


def _kind(folder: str, table: Mapping[str, str]) -> str:
    place = Path(folder)
    return next((table[str(part)] for part in (place, *place.parents) if str(part) in table), "")


def _identities(folders: Collection[Path]) -> tuple[tuple[str, int, int], ...]:
    """Each folder that is there, with its device and inode: one that is made anew must be watched anew."""
    found = {}
    for folder in folders:
        try:
            real = os.path.realpath(folder)
            status = Path(real).stat()
        except OSError:
            continue
        found[real] = (real, status.st_dev, status.st_ino)
    return tuple(sorted(found.values()))
