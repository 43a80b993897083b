"""``ingest``: import files, folders, or what every agent has written."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skilltui.capture.footprint import Footprint, footprint
from skilltui.cli import again, shapes
from skilltui.cli.ahead import agents_folders, named_folders
from skilltui.cli.call import Call
from skilltui.cli.stdin import line_chunks
from skilltui.errors import SourceError, UsageError
from skilltui.paths import as_path


async def ingest(args: argparse.Namespace, call: Call) -> int:
    """The command."""
    if args.format is not None:
        _check_format(args.format)
    if "-" in args.paths:
        if args.paths != ["-"] or args.format not in {None, "events"}:
            raise UsageError("standard input takes the event format, and nothing beside it", "skilltui ingest -")
        async with call.writing() as home:
            report = shapes.ingest(await home.capturing.ingest_stream(line_chunks(sys.stdin.buffer)))
            await home.retaining.trim()
    else:
        report = await _files(args, call)
    call.out.result(report, *again.report_lines(report))
    return 0


def _check_format(name: str) -> None:
    from skilltui.capture.formats.registry import FORMATS

    if name not in FORMATS:
        raise UsageError(f"no format {name!r} is read", f"there are: {', '.join(sorted(FORMATS))}")


async def _files(args: argparse.Namespace, call: Call) -> shapes.Json:
    paths = [as_path(path) for path in args.paths]
    folders = named_folders(args.paths) or agents_folders(call.paths, call.env)
    ahead = call.ahead
    if ahead is not None and ahead.folders == folders:
        seen: Footprint | None = ahead.seen
    else:
        seen = await asyncio.to_thread(footprint, folders) if folders else None
    receipt = again.Receipt(call.paths, args.format, args.paths, folders, seen)
    with _no_collecting():
        async with call.writing(on_closed=receipt.store_closed) as home:
            report = await home.capturing.ingest(
                paths, format=args.format, on_progress=_Progress(), process=ahead.process if ahead else None
            )
            await home.retaining.trim()
    if paths and not any(map(_readable, paths)):
        why = "; ".join(f"{path}: {reason}" for path, reason in report.skipped)
        raise SourceError(f"nothing could be read: {why}", "name transcripts, or folders that hold some")
    told = shapes.ingest(report)
    if report.lasting:
        receipt.write(told)
    return told


@contextmanager
def _no_collecting() -> Iterator[None]:
    """What is read lives until it is stored, and hardly any of it in cycles: to look for some takes a twentieth."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Progress:
    """How far it is, on standard error, where a person looks at it."""

    def __init__(self) -> None:
        self._shown = -1

    def __call__(self, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if sys.stderr.isatty() and percent != self._shown:
            self._shown = percent
            line = f"{percent:3d} % of {total / 1e6:.1f} MB" if percent < 100 else " " * 30 + "\r"
            print(f"\r{line}", end="", file=sys.stderr, flush=True)


def _readable(path: Path) -> bool:
    return os.access(path, os.R_OK) and (path.is_file() or path.is_dir())
