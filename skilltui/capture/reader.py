"""Bytes of one file -> events, redacted: nothing of a transcript leaves this module with its secrets in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field, structs
from msgspec.structs import replace

from skilltui.capture.document import DOCUMENT_LIMIT, read_document, same_document
from skilltui.capture.events import (
    AgentSaid,
    Event,
    Quarantined,
    SessionStarted,
    SkillLoaded,
    TaskRecorded,
    ToolCalled,
    ToolReturned,
    UserSaid,
)
from skilltui.capture.foreign_database import open_database
from skilltui.capture.formats.base import DatabaseFormat, FormatReader, LineFormat, WholeFormat
from skilltui.capture.formats.registry import DATABASES, DOCUMENTS, FORMATS, LINES, OF_WHOLE_FILES
from skilltui.capture.limits import (
    OUTPUT_HEAD,
    OUTPUT_TAIL,
    WORDS_HEAD,
    WORDS_TAIL,
    cap,
    cap_arguments,
    plain,
    slack,
)
from skilltui.capture.packed import PackedFiles, is_packed, plain_path
from skilltui.capture.records import patiently
from skilltui.capture.tail import READ_LIMIT, Cursor, read_lines
from skilltui.capture.whole import WholeSession
from skilltui.errors import UsageError

if TYPE_CHECKING:
    from skilltui.text.redact import Redactor

_STREAM_PATH = Path("-")


class Batch(Struct, frozen=True):
    """What one read of one file gave, ready to be segmented and stored in one transaction with ``cursor``.

    ``path`` is the transcript's, also where it was read from its compressed form. ``cursor`` is ``None`` for a stream.
    ``pending``: bytes of a last line without its newline, not read yet. ``fresh``: it begins where that file does.
    ``whole``: what the events came to, in their place.
    """

    path: Path
    format: str
    events: tuple[Event, ...]
    quarantined: tuple[Quarantined, ...] = ()
    unknown: Counter[str] = field(default_factory=Counter)
    redactions: Counter[str] = field(default_factory=Counter)
    cursor: Cursor | None = None
    read_bytes: int = 0
    more: bool = False
    restarted: bool = False
    pending: int = 0
    fresh: bool = False
    whole: WholeSession | None = None

    def followed_by(self, later: Batch) -> Batch:
        """What this read of a file and the next one gave, as one."""
        return Batch(
            self.path, self.format, self.events + later.events, self.quarantined + later.quarantined,
            self.unknown + later.unknown, self.redactions + later.redactions, later.cursor,
            self.read_bytes + later.read_bytes, later.more, self.restarted, later.pending, self.fresh,
        )  # fmt: skip


class _Redaction:
    """Redacts the strings of a batch of events, all in one go, and caps them; counts what it found.

    Native ids stay as they are: they pair calls with results.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._texts: dict[str, str] = {}
        self.found: Counter[str] = Counter()

    def events(self, events: Sequence[Event]) -> tuple[Event, ...]:
        """The same events, redacted and capped."""
        # Cut wide, redact, cut to size: a secret that lay across the edge would lose the shape it is known by.
        texts = list(dict.fromkeys(slack(text) for event in events for text in _texts(event)))
        values = [plain(event.args) for event in events if isinstance(event, ToolCalled)]
        done = self._redactor.redact_batch(texts, values)
        self.found.update(done.counts)
        self._texts = dict(zip(texts, done.texts, strict=True))
        arguments = iter(done.values)
        return tuple(self._event(event, arguments) for event in events)

    def _words(self, text: str, head: int = WORDS_HEAD, tail: int = WORDS_TAIL) -> str:
        return cap(self._texts[slack(text)], head, tail)

    def _name(self, text: str | None) -> str | None:
        return self._words(text, 400, 0) if text else text

    def _event(self, event: Event, arguments: Iterator[Any]) -> Event:
        e = event
        if isinstance(e, ToolCalled):
            capped = cap_arguments(next(arguments))
            args = capped if isinstance(capped, dict) else {}
            return ToolCalled(e.session, e.key, e.at, self._words(e.tool, 400, 0), args, self._name(e.model), e.agent)
        if isinstance(e, ToolReturned):
            text = self._words(e.text, OUTPUT_HEAD, OUTPUT_TAIL)
            return (
                e
                if text is e.text
                else ToolReturned(
                    e.session, e.key, e.at, e.ok, text, e.error_kind, e.exit_code, e.duration_ms, e.user_edited
                )
            )
        if isinstance(e, UserSaid):
            return UserSaid(e.session, e.key, e.at, self._words(e.text), e.kind, e.turn)
        if isinstance(e, AgentSaid):
            return AgentSaid(e.session, e.key, e.at, self._words(e.text), self._name(e.model))
        if isinstance(e, SessionStarted):
            return SessionStarted(e.session, e.at, self._name(e.project), self._name(e.model), e.parent)
        if isinstance(e, SkillLoaded):
            return SkillLoaded(e.session, e.key, e.at, self._words(e.skill, 400, 0))
        if isinstance(e, TaskRecorded):
            evidence = tuple(
                replace(s, signal=self._alone(s.signal), text=self._alone(s.text)) for s in e.outcome.evidence
            )
            return structs.replace(
                e, outcome=replace(e.outcome, evidence=evidence), model=self._alone(e.model) if e.model else None,
                skills=tuple(map(self._alone, e.skills)),
            )  # fmt: skip
        return e

    def _alone(self, text: str) -> str:
        """A short text of an event that seldom comes."""
        result = self._redactor.redact(slack(text))
        self.found.update(finding.kind for finding in result.findings)
        return cap(result.text, 400, 0)


def last_words(events: Sequence[Event]) -> list[Event]:
    """Without the agent's words that it spoke on after, before the person did: only its last word is ever kept."""
    kept: list[Event] = []
    spoken_later: dict[str, str] = {}
    for event in reversed(events):
        if isinstance(event, AgentSaid):
            if event.at is not None and event.at <= spoken_later.get(event.session, "") and event.text.strip():
                continue
            if event.at is not None and event.text.strip():
                spoken_later[event.session] = event.at
        elif isinstance(event, UserSaid):
            spoken_later.pop(event.session, None)
        kept.append(event)
    kept.reverse()
    return kept


def _texts(event: Event) -> tuple[str, ...]:
    """The texts of an event, other than a call's arguments."""
    if isinstance(event, ToolReturned):
        return (event.text,)
    if isinstance(event, ToolCalled):
        return (event.tool, event.model) if event.model else (event.tool,)
    if isinstance(event, AgentSaid):
        return (event.text, event.model) if event.model else (event.text,)
    if isinstance(event, UserSaid):
        return (event.text,)
    if isinstance(event, SkillLoaded):
        return (event.skill,)
    if isinstance(event, SessionStarted):
        return tuple(filter(None, (event.project, event.model)))
    return ()


class TranscriptReader:
    """Reads transcripts of every known format. Safe to share between threads."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._packed = PackedFiles()

    def read(
        self,
        path: Path,
        format_name: str,
        cursor: Cursor | None = None,
        *,
        limit: int = READ_LIMIT,
        final: bool = False,
    ) -> Batch:
        """Read about ``limit`` bytes on from ``cursor``; a whole document all at once, if it changed since.

        ``final``: nobody is writing this file; a complete last line without newline counts.

        Raises:
            SourceError: the file is gone, unreadable, not a regular file, or a document of more than 256 MB.
            UsageError: no format of that name can be read.
        """
        document, database = DOCUMENTS.get(format_name), DATABASES.get(format_name)
        if document is not None:
            return self._read_whole(document, path, cursor, final=final)
        if database is not None:
            return self._read_database(database, path, cursor, limit=limit, final=final)
        fmt = _of_lines(format_name)
        packed = is_packed(path)
        if packed:
            chunk = self._packed.read_lines(path, cursor, limit=limit)
        else:
            chunk = read_lines(path, cursor, limit=limit, final=final)
        path = plain_path(path)
        reader = fmt.reader(path, dict(chunk.cursor.state))
        events, quarantined, found = self.events(fmt, reader, chunk.lines)
        return Batch(
            path=path,
            format=fmt.name,
            events=events,
            quarantined=chunk.oversized + quarantined,
            unknown=reader.unknown,
            redactions=found,
            cursor=chunk.cursor.with_state(reader.state),
            read_bytes=chunk.read_bytes,
            more=chunk.more,
            restarted=chunk.restarted,
            pending=chunk.pending,
            # What was unpacked can't be read again by the path of its transcript.
            fresh=cursor is None and not packed,
        )

    def _read_whole(self, fmt: WholeFormat, path: Path, cursor: Cursor | None, *, final: bool) -> Batch:
        beside = fmt.beside(path)
        if cursor is not None and same_document(path, cursor, beside, final=final):
            return Batch(path, fmt.name, (), cursor=cursor)
        document = read_document(path, cursor, beside, final=final, limit=DOCUMENT_LIMIT)
        redaction = _Redaction(self._redactor)
        unknown: Counter[str] = Counter()
        events = redaction.events(list(fmt.events(path, document.records, unknown)))
        return Batch(
            path, fmt.name, events, document.quarantined, unknown, redaction.found, document.cursor,
            read_bytes=document.read_bytes, restarted=document.restarted, pending=document.pending,
            fresh=cursor is None,
        )  # fmt: skip

    def _read_database(
        self, fmt: DatabaseFormat, path: Path, cursor: Cursor | None, *, limit: int, final: bool
    ) -> Batch:
        state = dict(cursor.state) if cursor is not None else {}
        redaction = _Redaction(self._redactor)
        unknown: Counter[str] = Counter()
        events: list[Event] = []
        quarantined: list[Quarantined] = []
        raw: list[Event] = []
        with open_database(path) as database:
            read = 0
            for found in fmt.poll(database, state, unknown, limit=limit, final=final):
                if isinstance(found, Quarantined):
                    quarantined.append(found)
                    continue
                raw.append(found)
                # What is read is large, what is kept of it is not.
                if database.read_bytes - read > READ_LIMIT:
                    read = database.read_bytes
                    events += redaction.events(raw)
                    raw.clear()
        events += redaction.events(raw)
        status = database.status
        size, mtime_ns = database.stamp
        more = state.pop("more", "") != ""
        after = Cursor(
            device=status.st_dev, inode=status.st_ino, size=-1 if more else size, mtime_ns=mtime_ns, offset=0,
            head_length=0, head_hash="", tail_hash="", state=state,
        )  # fmt: skip
        return Batch(
            path, fmt.name, tuple(events), tuple(quarantined), unknown, redaction.found, after,
            read_bytes=database.read_bytes, more=more,
        )  # fmt: skip

    def stream(self, format_name: str) -> StreamReader:
        """Read lines as they come (standard input)."""
        if format_name in OF_WHOLE_FILES:
            raise UsageError(f"{format_name} is a format of whole files, not of a stream", "Name the file to read.")
        return StreamReader(self, _of_lines(format_name))

    def events(
        self, fmt: LineFormat, reader: FormatReader, lines: list[tuple[int, bytes]]
    ) -> tuple[tuple[Event, ...], tuple[Quarantined, ...], Counter[str]]:
        """What these lines, each with its offset, say; redacted."""
        redaction = _Redaction(self._redactor)
        events: list[Event] = []
        quarantined: list[Quarantined] = []
        is_noise, decode, read = fmt.is_noise, fmt.decode, reader.read
        for offset, line in lines:
            if is_noise(line):
                continue
            record = decode(line)
            if record is not None:
                events += read(record, offset)
                continue
            parsed = patiently(offset, line)
            quarantined.extend(parsed.quarantined)
            for at, recovered in parsed.records:
                events += read(recovered, at)
        redacted = redaction.events(last_words(events))
        return redacted, tuple(quarantined), redaction.found


class StreamReader:
    """Reads one stream of lines, some at a time."""

    def __init__(self, reader: TranscriptReader, fmt: LineFormat) -> None:
        self._reader = reader
        self._fmt = fmt
        self._records = fmt.reader(_STREAM_PATH, {})
        self._offset = 0

    def read(self, lines: Sequence[bytes]) -> Batch:
        """The batch that these lines are; its ``cursor`` is ``None``."""
        placed = []
        start = self._offset
        for line in lines:
            placed.append((self._offset, line))
            self._offset += len(line)
        self._records.unknown = Counter()
        events, quarantined, found = self._reader.events(self._fmt, self._records, placed)
        return Batch(
            _STREAM_PATH, self._fmt.name, events, quarantined, self._records.unknown, found,
            read_bytes=self._offset - start, more=True,
        )  # fmt: skip


def _of_lines(name: str) -> LineFormat:
    try:
        return LINES[name]
    except KeyError:
        raise UsageError(f"format {name!r} is not read", f"Formats that are: {', '.join(FORMATS)}.") from None
