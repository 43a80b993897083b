"""The one-writer rule: one process writes a home (SQLite before 3.51.3 can damage a WAL that two connections reset).

The lock is advisory and dies with its process. An interface that waits for it leaves a mark, and a running ``watch``
gives way when it sees the mark.
"""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from skilltui.errors import HomeInUseError, StoreError
from skilltui.paths import HomePaths

_POLL_SECONDS = 0.05
_MARK_VALID_SECONDS = 30.0


@asynccontextmanager
async def writer_lock(paths: HomePaths, *, wait_seconds: float, claim: bool = False) -> AsyncIterator[None]:
    """Hold the home's lock; ``claim`` asks a running ``watch`` to give way. ``HomeInUseError`` after the wait."""
    # Not thread-local: the lock is taken and released on the event loop, but a test may close the loop elsewhere.
    lock = FileLock(paths.lock, mode=0o600, thread_local=False)
    deadline = time.monotonic() + wait_seconds
    try:
        while True:
            try:
                lock.acquire(blocking=False)
                break
            except Timeout:
                if time.monotonic() >= deadline:
                    raise HomeInUseError(
                        f"another skilltui writes {paths.data_dir}{_holder(paths)}",
                        "close it, or name another home with --home",
                    ) from None
            except OSError as error:
                hint = "put the home on a local file system"
                if error.errno in {errno.EROFS, errno.EACCES, errno.ENOSPC}:
                    hint = "this needs a home that can be written, with some space; reading commands work without"
                raise StoreError(f"{paths.lock} can't be locked: {error.strerror}", hint) from error
            if claim:
                with suppress(OSError):
                    paths.lock_wanted.touch(mode=0o600)
            await asyncio.sleep(_POLL_SECONDS)
        # Only for the message that names the holder.
        with suppress(OSError):
            _pid_file(paths).write_text(str(os.getpid()), encoding="ascii")
        if claim:
            _unmark(paths)
        yield
    finally:
        if claim:
            _unmark(paths)
        if lock.is_locked:
            with suppress(OSError):
                _pid_file(paths).unlink()
            lock.release()


def claimed(paths: HomePaths) -> bool:
    """Whether an interface waits for the lock that we hold. A mark left by a process that died fades."""
    try:
        return time.time() - paths.lock_wanted.stat().st_mtime < _MARK_VALID_SECONDS
    except OSError:
        return False


def _unmark(paths: HomePaths) -> None:
    with suppress(OSError):
        paths.lock_wanted.unlink()


def _pid_file(paths: HomePaths) -> Path:
    return paths.lock.with_name("writer.pid")


def _holder(paths: HomePaths) -> str:
    with suppress(OSError, ValueError):
        return f" (process {int(_pid_file(paths).read_text(encoding='ascii'))})"
    return ""
