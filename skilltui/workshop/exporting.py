"""Trajectories out of the store, as documents that other tools read and ``ingest`` reads back."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, structs
from msgspec.structs import replace

from skilltui.capture.exports import atif, events_jsonl
from skilltui.capture.exports.session import as_arrived, exported
from skilltui.domain.trajectory import Outcome, Step, Trajectory
from skilltui.errors import DiskFullError, NotFoundError, SourceError, StateError
from skilltui.paths import FILE_MODE
from skilltui.text.redact import Redactor
from skilltui.text.sanitise import sanitise
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context


class Export(Struct, frozen=True):
    """One session or one of its trajectories. ``content``: the ATIF document, or the list of event records."""

    format: str
    session: str
    source: str
    trajectories: tuple[str, ...]
    steps: int
    content: Any

    @property
    def text(self) -> str:
        """What stands in the file: one document, or a record a line. Nothing in it is obeyed by a terminal."""
        if self.format == "atif":
            return _json(self.content, indent=1) + "\n"
        return "".join(_json(record) + "\n" for record in self.content)


class Exporting:
    """Use cases of export."""

    def __init__(self, context: Context, capturing: Capturing) -> None:
        self._context = context
        self._capturing = capturing

    async def export(self, name: str, format: str = "atif") -> Export:  # noqa: A002 - the option's name
        """A trajectory by its id, or every trajectory of a session; ``NotFoundError``, ``StateError``."""
        found = await self._find(name)
        return await asyncio.to_thread(_export, found, format, self._context.redactor)

    async def _find(self, name: str) -> list[Trajectory]:
        with suppress(NotFoundError):
            return [await self._capturing.trajectory(name)]
        listed = await self._capturing.trajectories(session=name, limit=None)
        if not listed:
            raise NotFoundError(f"no trajectory and no session {name}", "see: skilltui trajectories")
        sources = sorted({t.source for t in listed})
        if len(sources) > 1:
            raise StateError(
                f"{' and '.join(sources)} both have a session {name}",
                "export its trajectories one by one: skilltui trajectories --session",
            )
        return await self._capturing.whole(t.id for t in listed)


def save(path: Path, text: str, *, force: bool = False) -> None:
    """Write a file of the person's alone, whole or not at all; one that is there stays, unless ``force``.

    Raises ``StateError`` where it is there, ``SourceError`` where it can't be written.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if force:
                part.replace(path)
            else:
                # Unlike a rename, a link never takes the place of what is there.
                os.link(part, path)
        finally:
            part.unlink(missing_ok=True)
    except FileExistsError as error:
        raise StateError(f"{path} is there already", "name another file, or replace it with --force") from error
    except OSError as error:
        kind = DiskFullError if error.errno == errno.ENOSPC else SourceError
        raise kind(f"{path} can't be written: {error.strerror}", "name a file in a folder that is yours") from error


def _export(found: Sequence[Trajectory], format: str, redactor: Redactor) -> Export:  # noqa: A002
    session = exported([_redacted(t, redactor) for t in found])
    content = atif.document(session) if format == "atif" else list(events_jsonl.records(session))
    ids = tuple(t.id for t in session.trajectories)
    return Export(
        format, session.session, session.source, ids, sum(len(as_arrived(t)) for t in session.trajectories), content
    )


def _redacted(t: Trajectory, redactor: Redactor) -> Trajectory:
    """Once more: what is stored is redacted, but by the rules of the day it was read."""

    def words(text: str) -> str:
        return redactor.redact(text).text

    def named(text: str | None) -> str | None:
        return words(text) if text else text

    def step(one: Step) -> Step:
        args, _ = redactor.redact_value(dict(one.args))
        return structs.replace(
            one, tool=words(one.tool), args=args if isinstance(args, dict) else {}, output=words(one.output)
        )

    outcome: Outcome = t.outcome
    return replace(
        t, request=words(t.request), project=named(t.project), model=named(t.model), steps=tuple(map(step, t.steps)),
        delegated=tuple(map(step, t.delegated)),
        turns=tuple(replace(turn, text=words(turn.text)) for turn in t.turns), closing_text=words(t.closing_text),
        outcome=replace(outcome, evidence=tuple(replace(s, text=words(s.text)) for s in outcome.evidence)),
        skills_used=tuple(replace(use, skill=words(use.skill)) for use in t.skills_used),
    )  # fmt: skip


_PLAIN = re.compile(r"[\n -~]*")


def _json(value: Any, indent: int | None = None) -> str:
    """JSON in which every character that a terminal might act on, or that is no character, is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=None if indent else (",", ":"))
    if _PLAIN.fullmatch(text):
        return text
    return "".join(c if c.isascii() or sanitise(c) == c else json.dumps(c)[1:-1] for c in text)
