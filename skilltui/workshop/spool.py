"""The spool: where ``ask`` leaves a request without waiting for anybody, and where the next writer picks it up.

One file a request, ``ask-<time>-<random>.json`` with ``{"v":1,"kind":"ask","at":...,"text":...}``, already redacted and
renamed into place whole. It goes once it is filed; a request that is stored already (the writer died in between) is
recognised by its time and text.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from pathlib import Path

from skilltui.errors import StoreError, UsageError
from skilltui.paths import FILE_MODE, HomePaths
from skilltui.text.redact import Redactor
from skilltui.workshop.context import Context
from skilltui.workshop.filing import GapFiler

_MAX_TEXT = 2000


def ask(paths: HomePaths, redactor: Redactor, text: str, at: str) -> None:
    """Leave a request for a skill. Never waits for a lock."""
    text = " ".join(text.split())
    if not text:
        raise UsageError("ask for something", 'skilltui ask "I need a skill that can ..."')
    line = json.dumps({"v": 1, "kind": "ask", "at": at, "text": redactor.redact(text[:_MAX_TEXT]).text}) + "\n"
    name = f"ask-{at.replace(':', '')}-{secrets.token_hex(4)}.json"
    try:
        paths.make()
        part = paths.spool / f".{name}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(line)
        part.replace(paths.spool / name)
    except OSError as error:
        raise _unusable(paths, error) from error


async def drain(context: Context, filer: GapFiler) -> tuple[str, ...]:
    """File every spooled request; returns the gaps that changed."""
    touched: list[str] = []
    try:
        for path in await asyncio.to_thread(lambda: sorted(context.paths.spool.glob("ask-*.json"))):
            request = await asyncio.to_thread(_read, path)
            if request is not None:
                touched += await filer.commit_help(*request)
            path.unlink()
    except OSError as error:
        raise _unusable(context.paths, error) from error
    return tuple(dict.fromkeys(touched))


def _read(path: Path) -> tuple[str, str] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8", errors="replace"))
        return (str(record["text"]), str(record["at"]))
    except (ValueError, KeyError, TypeError):
        # Somebody else's file under our name says nothing that could be acted on.
        return None


def _unusable(paths: HomePaths, error: OSError) -> StoreError:
    return StoreError(f"{paths.spool} can't be used: {error.strerror}", "check the folder and its permissions")
