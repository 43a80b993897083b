"""The process that reads a long import, started before the program itself is imported.

Starting it and the program one after the other takes a tenth of a second longer. What is asked here is what ``ingest``
asks again, with care; where the answer is not plainly yes, nothing is started, and the import starts one if it pays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skilltui.capture.footprint import footprint
from skilltui.cli import again
from skilltui.errors import SkilltuiError
from skilltui.paths import HomePaths, home_paths

if TYPE_CHECKING:
    from skilltui.workshop.reading_process import ReadingProcess


@contextmanager
def reading_ahead(argv: Sequence[str]) -> Iterator[ReadingProcess | None]:
    """A process for this command line, ended in the end: where it imports much, all of it new to its home."""
    process = _start(argv)
    try:
        yield process
    finally:
        if process is not None:
            process.close()


def _start(argv: Sequence[str]) -> ReadingProcess | None:
    call = again.import_call(argv)
    if call is None or not {"-", ""}.isdisjoint(call[2]):
        return None
    home, _, named = call
    try:
        paths = home_paths(home)
        if os.path.exists(paths.database):
            return None
        folders = [os.path.abspath(os.path.expanduser(path)) for path in named] or agents_folders(paths, os.environ)
    except SkilltuiError:  # said when the command is run
        return None
    seen = footprint(folders) if folders else None
    if seen is None:
        return None
    from skilltui.workshop.reading_process import ReadingProcess

    return ReadingProcess.start(paths.redaction_gate, seen.bytes)


def agents_folders(paths: HomePaths, env: Mapping[str, str]) -> list[str]:
    """Where the agents keep their transcripts, existing or not; none before the person said that they may be read."""
    from skilltui.config import load_config

    config = load_config(paths.config, env)
    if not config.trajectory_capture:
        return []
    return [os.path.abspath(path) for kept in config.sources.values() for path in kept]
