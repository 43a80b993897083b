"""The recordings: sessions in the formats of Claude Code and Codex, with times around one fixed moment.

What is stamped before ``MOMENT`` is history, what is stamped after it is played live. Records that hold the made-up
access key name it by a placeholder, so that scanners of the repository find nothing that looks like one.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from msgspec import Struct

MOMENT = datetime(2026, 1, 15, 12, tzinfo=UTC)

CLAUDE_CODE = "claude-code"
CODEX = "codex"

# Each in two halves: whole, they would look real to a scanner. They open nothing.
_PLACEHOLDERS = {
    "{{aws_access_key_id}}": "AKIA" + "Q3TZ7DEM0W5NXKHB",
    "{{aws_secret_access_key}}": "tN4vRq8LwZc1Yb6MfKx0" + "Hs9UeJpGa2Di7OoTk5Wm",
}
_STAMP = re.compile(r'"timestamp":"([^"]+)"')
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d(?!T)\b")
_EPOCH = re.compile(r'("(?:started_at|completed_at)":)(\d+)')


class Line(Struct, frozen=True):
    """One record as stored, without its newline, and the moment it is stamped with."""

    text: str
    at: datetime

    def shifted(self, by: timedelta) -> str:
        """The record with every time in it moved, dates in its text too, and the placeholders filled in."""
        days = (self.at + by).date() - self.at.date()
        text = _TIME.sub(lambda m: stamp(datetime.fromisoformat(m[0]) + by), self.text)
        text = _DATE.sub(lambda m: str(date.fromisoformat(m[0]) + days), text)
        text = _EPOCH.sub(lambda m: f"{m[1]}{int(m[2]) + round(by.total_seconds())}", text)
        for placeholder, value in _PLACEHOLDERS.items():
            text = text.replace(placeholder, value)
        return text


class Recording(Struct, frozen=True):
    """One session. ``lines`` are in the order in which they were written."""

    name: str
    agent: str
    session: str
    cwd: str
    lines: tuple[Line, ...]

    @property
    def live(self) -> bool:
        """Whether it is played rather than laid out at the start."""
        return self.lines[0].at >= MOMENT

    def path(self, by: timedelta, now: datetime) -> PurePosixPath:
        """Where its agent keeps it, below a home; Codex names the file by the local time, that of ``now``'s zone."""
        if self.agent == CLAUDE_CODE:
            folder = re.sub(r"[^A-Za-z0-9]", "-", self.cwd)
            return PurePosixPath(".claude", "projects", folder, f"{self.session}.jsonl")
        local = (self.lines[0].at + by).astimezone(now.tzinfo)
        name = f"rollout-{local:%Y-%m-%dT%H-%M-%S}-{self.session}.jsonl"
        return PurePosixPath(".codex", "sessions", f"{local:%Y}", f"{local:%m}", f"{local:%d}", name)


def stamp(moment: datetime) -> str:
    """A time as both agents write it: UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def recordings() -> list[Recording]:
    """All of them, by name: the history first, then the live ones."""
    return [_read(file) for file in _entries("recordings") if file.name.endswith(".jsonl")]


def skills() -> dict[str, bytes]:
    """The made-up developer's own skills: name -> the bytes of ``SKILL.md``."""
    return {folder.name: (folder / "SKILL.md").read_bytes() for folder in _entries("skills") if folder.is_dir()}


def _entries(folder: str) -> list[Traversable]:
    return sorted((files("skilltui.demo") / folder).iterdir(), key=lambda entry: entry.name)


def _read(file: Traversable) -> Recording:
    texts = file.read_text(encoding="utf-8").splitlines()
    lines = tuple(Line(text, _moment(text)) for text in texts)
    agent = CODEX if '"type":"session_meta"' in texts[0] else CLAUDE_CODE
    key = "id" if agent == CODEX else "sessionId"
    return Recording(file.name.removesuffix(".jsonl"), agent, _value(texts[0], key), _value(texts[0], "cwd"), lines)


def _moment(text: str) -> datetime:
    match = _STAMP.search(text)
    assert match, "every recorded line is stamped"
    return datetime.fromisoformat(match[1])


def _value(text: str, key: str) -> str:
    match = re.search(rf'"{key}":"([^"]+)"', text)
    assert match, f"the first recorded line names its {key}"
    return match[1]
