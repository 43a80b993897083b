"""What a long import may begin with before the rest of the program is imported: a process that reads, and its files.

Starting it and the program one after the other takes a tenth of a second longer. What is asked here is what ``ingest``
asks again, with care; where the answer is not plainly yes, nothing is started, and the import starts one if it pays.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from skilltui.capture.footprint import Footprint, footprint
from skilltui.cli import again
from skilltui.errors import SkilltuiError
from skilltui.paths import HomePaths, as_path, home_paths

if TYPE_CHECKING:
    from skilltui.workshop.reading import Wanted
    from skilltui.workshop.reading_process import ReadingProcess


class Ahead(NamedTuple):
    """The process, and how the folders looked before it did."""

    process: ReadingProcess
    folders: list[str]
    seen: Footprint


@contextmanager
def reading_ahead(argv: Sequence[str]) -> Iterator[Ahead | None]:
    """What could be begun for this command line, ended in the end: where it imports much, all of it new to its home."""
    with ExitStack() as ending:
        yield _begin(argv, ending)


def _begin(argv: Sequence[str], ending: ExitStack) -> Ahead | None:
    call = again.import_call(argv)
    if call is None or not {"-", ""}.isdisjoint(call[2]):
        return None
    home, form, named = call
    try:
        paths = home_paths(home)
        if os.path.exists(paths.database):
            return None
        folders = named_folders(named) or agents_folders(paths, os.environ)
    except SkilltuiError:  # said when the command is run
        return None
    seen = footprint(folders) if folders else None
    if seen is None:
        return None
    from skilltui.workshop.reading_process import ReadingProcess

    process = ReadingProcess.start(paths.redaction_gate, seen.bytes)
    if process is None:
        return None
    ending.callback(process.close)
    _order(process, paths, form, named)
    return Ahead(process, folders, seen)


def _order(process: ReadingProcess, paths: HomePaths, form: str | None, named: Sequence[str]) -> None:
    """Tell it what to read, unless some of it may not be read: that is found out later."""
    from skilltui.capture.formats.registry import FORMATS
    from skilltui.clock import utc_now
    from skilltui.config import load_config
    from skilltui.text.redaction_key import load_or_create_key
    from skilltui.workshop.places import Places, look, own_folders, scope_of, size_of, to_read
    from skilltui.workshop.reading import Order
    from skilltui.workshop.reading_process import ReadingProcessError

    # Said, too, when the command is run.
    with suppress(SkilltuiError, ReadingProcessError):
        config = load_config(paths.config, os.environ)
        if form in {None, *FORMATS} and not scope_of(config).withholds_any:
            found = look(Places.of([as_path(path) for path in named], form, own_folders(config)))
            new = to_read(found.found)
            files: list[Wanted] = [(file.path, file.format, None) for file in new]
            paths.make()
            # Made by this process, which nobody kills: the other one only reads it.
            load_or_create_key(paths.redaction_key)
            process.order(Order(paths.redaction_key, paths.redaction_gate, size_of(new), files, utc_now()))
            process.found = found


def named_folders(named: Sequence[str]) -> list[str]:
    """The paths that a person named, as a receipt keeps them."""
    return [str(as_path(path).absolute()) for path in named]


def agents_folders(paths: HomePaths, env: Mapping[str, str]) -> list[str]:
    """Where the agents keep their transcripts, existing or not; none before the person said that they may be read."""
    from skilltui.config import load_config

    config = load_config(paths.config, env)
    if not config.trajectory_capture:
        return []
    return [os.path.abspath(path) for kept in config.sources.values() for path in kept]
