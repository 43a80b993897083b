"""The spool: where ``ask`` leaves a line without waiting for anybody, and where the next writer picks it up.

One JSON object a line, ``{"v":1,"kind":"ask","at":...,"text":...}``, already redacted. A draining writer first moves
the file aside; if it dies before its commit, the next one takes the moved file first, and a request that is stored
already is recognised by its time and text.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from skilltui.errors import StoreError, UsageError
from skilltui.paths import FILE_MODE, HomePaths
from skilltui.text.redact import Redactor
from skilltui.workshop.context import Context
from skilltui.workshop.filing import GapFiler

_MAX_TEXT = 2000


def ask(paths: HomePaths, redactor: Redactor, text: str, at: str) -> None:
    """Append a request for a skill. Never waits for a lock; one ``write`` call keeps lines of several agents apart."""
    text = " ".join(text.split())
    if not text:
        raise UsageError("ask for something", 'skilltui ask "I need a skill that can ..."')
    line = json.dumps({"v": 1, "kind": "ask", "at": at, "text": redactor.redact(text[:_MAX_TEXT]).text}) + "\n"
    try:
        paths.make()
        descriptor = os.open(_spool(paths), os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE_MODE)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(
            f"{paths.spool} can't be written: {error.strerror}", "check the folder's permissions"
        ) from error


async def drain(context: Context, filer: GapFiler) -> tuple[str, ...]:
    """File every spooled request; returns the gaps that changed."""
    moved = context.paths.spool / "ask.draining"
    touched: list[str] = []
    for _ in range(2):
        if not moved.exists():
            if not _spool(context.paths).exists():
                break
            _spool(context.paths).replace(moved)
        for text, at in await asyncio.to_thread(_lines, moved):
            filing = await filer.plan_help(text, at)
            if filing.gaps:
                try:
                    touched.extend(await context.database.write(filing.write))
                except BaseException:
                    filer.forget()
                    raise
        moved.unlink()
    return tuple(dict.fromkeys(touched))


def _lines(path: Path) -> list[tuple[str, str]]:
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
            found.append((str(record["text"]), str(record["at"])))
        except (ValueError, KeyError, TypeError):
            # A torn line of a killed process says nothing that could be acted on.
            continue
    return found


def _spool(paths: HomePaths) -> Path:
    return paths.spool / "ask.jsonl"
