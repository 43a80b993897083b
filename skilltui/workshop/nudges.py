"""What hooks left in the spool: which transcript to look at now, and which session came to an end.

A hook's word is taken for a hint. It can make a file be read only where that is a regular file of the person's own
which plainly is a transcript of that agent; and nobody asks here without consent.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from skilltui.capture.discover import Found, discover

_LIMIT = 64 * 1024
_MOST_AT_ONCE = 200
_ENDS = frozenset({"Stop", "StopFailure", "AfterAgent", "SessionEnd"})
_TAKEN = ".taken-"
DROPPED = "dropped-hooks"


class Nudge(Struct, frozen=True):
    """One session's last event. ``over``: the agent rests or left."""

    agent: str
    session: str | None
    path: Path | None
    over: bool
    project: str | None = None
    model: str | None = None


class Waiting(Struct, frozen=True):
    """What the spool holds, for ``doctor``: events, and how many were dropped because nobody took them."""

    events: int
    dropped: int


def waiting(spool: Path) -> Waiting:
    """Look, and take nothing."""
    try:
        events = sum(1 for _ in _events(spool))
        dropped = (spool / DROPPED).stat().st_size
    except FileNotFoundError:
        dropped = 0
    return Waiting(events, dropped)


def take(spool: Path) -> list[Nudge]:
    """Take the events out of the spool, some at a time."""
    nudges = []
    for path in list(_events(spool))[:_MOST_AT_ONCE]:
        # Out of the way first: the hook may put the next event of this session under the same name at any moment.
        mine = spool / f"{_TAKEN}{secrets.token_hex(8)}"
        try:
            path.rename(mine)
            record = _read(mine)
        except OSError:
            continue
        finally:
            with suppress(OSError):
                mine.unlink()
        nudge = _nudge(record)
        if nudge is not None:
            nudges.append(nudge)
    return nudges


def sweep(spool: Path) -> None:
    """Remove what a killed hook, or a killed ``take``, left half done."""
    with suppress(OSError), os.scandir(spool) as entries:
        for entry in list(entries):
            if entry.name.startswith((_TAKEN, ".hook-")):
                with suppress(OSError):
                    Path(entry.path).unlink()


def transcript(nudge: Nudge) -> Found | None:
    """The file that a nudge names, where it may be read."""
    if nudge.path is None:
        return None
    try:
        path = nudge.path.resolve(strict=True)
        status = path.stat()
    except (OSError, RuntimeError):
        # Named before it is written, or no more there.
        return None
    if status.st_uid != os.getuid():
        return None
    found = next(iter(discover([path])), None)
    return found if isinstance(found, Found) and found.format == nudge.agent else None


def _events(spool: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError), os.scandir(spool) as entries:
        for entry in entries:
            if entry.name.startswith("hook-") and entry.name.endswith(".json"):
                yield Path(entry.path)


def _read(path: Path) -> Any:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        data = os.read(descriptor, _LIMIT)
    finally:
        os.close(descriptor)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        # Somebody else's file under our name says nothing that could be acted on.
        return None


def _nudge(record: Any) -> Nudge | None:
    if not isinstance(record, Mapping) or record.get("kind") != "hook":
        return None

    def text(name: str) -> str | None:
        value = record.get(name)
        return value if isinstance(value, str) and value and "\0" not in value else None

    agent, session, path = text("agent"), text("session_id"), text("transcript_path")
    if agent is None or (session is None and path is None):
        return None
    # A subagent's end is not the session's.
    over = record.get("hook_event_name") in _ENDS and text("agent_id") is None
    place = Path(path) if path is not None and Path(path).is_absolute() else None
    return Nudge(agent, session, place, over, text("cwd"), text("model"))
