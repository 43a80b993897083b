"""Imports in several ways, and what the store holds afterwards, to be compared."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from skilltui.paths import HomePaths
from skilltui.workshop import reading_process
from skilltui.workshop.home import Home
from skilltui.workshop.reading_process import ReadingProcess

_TOLD = (
    "SELECT source, key, seq, tool, args, ok, output, at, trajectory_id FROM step",
    "SELECT source, key, kind, text, after_step, at, trajectory_id FROM turn",
    "SELECT id, request, outcome, evidence, steps, closing_text FROM trajectory",
    "SELECT f.path, native FROM session_file JOIN file f ON f.id = file_id JOIN session s ON s.id = session_id",
    "SELECT source, native, project, model, started_at, last_at, settled, parent, host FROM session",
    "SELECT path, key FROM sighting JOIN file f ON f.id = sighting.file_id JOIN step s ON s.id = step_id",
)

# Which gap a request comes to depends on what was filed before, so on how the groups of an import fell.
_QUEUE = (
    "SELECT id, status, kind, need, project FROM gap",
    "SELECT gap_id, trajectory_id, text, at FROM gap_request ORDER BY trajectory_id",
)


def home_at(tmp_path: Path, name: str) -> HomePaths:
    return HomePaths(tmp_path / name, tmp_path / name)


async def read_here(paths: HomePaths, env: dict[str, str], *folders: Path) -> tuple[Any, list[tuple[Any, ...]]]:
    """The same without another process, of one folder after the other: the last one's report."""
    with pytest.MonkeyPatch.context() as alone:
        alone.setattr(reading_process, "WORTH_A_PROCESS", 1 << 60)
        *_, last = [await imported(paths, env, folder) for folder in folders]
    return last


async def imported(
    paths: HomePaths, env: dict[str, str], folder: Path, process: ReadingProcess | None = None
) -> tuple[Any, list[tuple[Any, ...]]]:
    """The report of an import, under one redaction key for all homes, and the rows of the store."""
    paths.make()
    paths.redaction_key.write_bytes(b"k" * 32)
    async with Home.open(paths, env=env) as home:
        report = await home.capturing.ingest([folder], process=process)
    return report, _answers(paths, _TOLD)


def queue(paths: HomePaths) -> list[tuple[Any, ...]]:
    """The rows of the gap queue."""
    return _answers(paths, _QUEUE)


def _answers(paths: HomePaths, questions: tuple[str, ...]) -> list[tuple[Any, ...]]:
    with sqlite3.connect(paths.database) as store:
        return [row for question in questions for row in sorted(store.execute(question), key=repr)]
