"""Plays the recordings into a home: the history at once, the live sessions line by line at their own pace."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec import Struct

from skilltui.demo.story import CODEX, MOMENT, Line, Recording, recordings, skills
from skilltui.paths import DIRECTORY_MODE, FILE_MODE

# Every so many lines one is written in two pieces, as an agent's buffer may do.
_TORN_EVERY = 9
_TORN_SECONDS = 0.15

_SKILLS_AGE = timedelta(days=30)


class _Cue(Struct, frozen=True):
    """A live line that is still to come."""

    recording: Recording
    line: Line
    torn: bool


def local_now() -> datetime:
    """The present, in the zone of this machine."""
    return datetime.now(UTC).astimezone()


class Player:
    """Stands in for two agents at work.

    ``home_dir`` is what the agents take for the person's home. ``speed`` divides every pause. ``clock`` gives the
    present as an aware datetime; all recorded times are moved with it, so that the history lies in the last days and
    the live sessions end now. Raises ``ValueError`` for a speed that is not above 0.
    """

    def __init__(self, home_dir: Path, *, speed: float = 1.0, clock: Callable[[], datetime] = local_now) -> None:
        if not speed > 0:
            raise ValueError("speed must be above 0")
        self._home = home_dir
        self._speed = speed
        self._clock = clock
        self._recordings = recordings()

    @property
    def total_seconds(self) -> float:
        """How long ``play`` takes from the first line to the last."""
        times = [line.at for recording in self._recordings if recording.live for line in recording.lines]
        return (max(times) - min(times)).total_seconds() / self._speed

    def prepare(self) -> None:
        """Lay out the history and the skills, each file as old as what it holds.

        What is there already stays as it is, so a second call adds nothing.
        """
        now = self._clock()
        by = now - MOMENT
        for name, data in skills().items():
            target = self._home / ".agents" / "skills" / name / "SKILL.md"
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                # Older than every session that used it: else nobody could know which text was used.
                _date(target, now - _SKILLS_AGE)
                _date(target.parent, now - _SKILLS_AGE)
        for recording in self._recordings:
            if recording.live or self._existing(recording):
                continue
            text = "".join(line.shifted(by) + "\n" for line in recording.lines)
            target = self._home / recording.path(by, now)
            part = target.with_suffix(".part")
            part.unlink(missing_ok=True)
            _append(part, text.encode())
            _date(part, recording.lines[-1].at + by)
            part.replace(target)

    async def play(self, on_line: Callable[[str], None] | None = None) -> None:
        """Append the live lines at the recorded pace, and call ``on_line`` with each after it is written whole.

        Cancelling is safe: a line that was begun is finished first. A later call goes on behind the last line written.
        """
        cues = self._cues()
        if not cues:
            return
        now = self._clock()
        first, last = cues[0].line.at, cues[-1].line.at
        # Played fast, the recorded pauses do not fit between now and the end: the stamps begin in the past then, so
        # that durations stay true and no record is stamped with a time to come.
        by = now - first - (last - first) * max(0.0, 1 - 1 / self._speed)
        loop = asyncio.get_running_loop()
        start = loop.time()
        for cue in cues:
            due = start + (cue.line.at - first) / timedelta(seconds=self._speed)
            await asyncio.sleep(max(0.0, due - loop.time()))
            target = self._existing(cue.recording) or self._home / cue.recording.path(by, now)
            text = cue.line.shifted(by)
            await self._write(target, text.encode() + b"\n", torn=cue.torn)
            if on_line is not None:
                on_line(text)

    async def _write(self, target: Path, data: bytes, *, torn: bool) -> None:
        half = len(data) // 2 if torn else len(data)
        _append(target, data[:half])
        if torn:
            try:
                await asyncio.sleep(_TORN_SECONDS / self._speed)
            finally:
                _append(target, data[half:])

    def _cues(self) -> list[_Cue]:
        """What is not yet on disk, in the order of time."""
        cues = []
        for recording in self._recordings:
            if not recording.live:
                continue
            existing = self._existing(recording)
            written = existing.read_bytes().count(b"\n") if existing else 0
            cues += [
                _Cue(recording, line, torn=index % _TORN_EVERY == 0)
                for index, line in enumerate(recording.lines, start=1)
                if index > written
            ]
        return sorted(cues, key=lambda cue: cue.line.at)

    def _existing(self, recording: Recording) -> Path | None:
        """The file that a recording was written to, under whatever date."""
        folder = self._home / (".codex/sessions" if recording.agent == CODEX else ".claude/projects")
        return next(folder.rglob(f"*{recording.session}.jsonl"), None)


def _append(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE_MODE)
    with os.fdopen(descriptor, "ab") as file:
        file.write(data)


def _date(path: Path, moment: datetime) -> None:
    """Make a file look as old as the story says it is."""
    os.utime(path, (moment.timestamp(), moment.timestamp()))
