"""What a format module offers, and what all of them share."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from skilltui.capture.events import Event, Quarantined
from skilltui.domain.trajectory import ErrorKind

if TYPE_CHECKING:
    from skilltui.capture.foreign_database import ForeignDatabase

JSONObject = Mapping[str, Any]


class FormatReader(Protocol):
    """Turns the records of one file into events. It may remember things, as strings in ``state`` alone."""

    state: dict[str, str]
    unknown: Counter[str]

    def read(self, record: JSONObject, offset: int) -> Iterable[Event]:
        """The events of one record at byte ``offset``. Never raises on a record of an unexpected shape."""
        ...


class LineFormat(Protocol):
    """A transcript format of lines that are appended: tailed by offset."""

    name: str

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether a file with this name and these first bytes is of this format."""
        ...

    def reader(self, path: Path, state: dict[str, str]) -> FormatReader:
        """A reader that goes on from ``state`` (empty at the beginning of a file)."""
        ...

    def is_noise(self, line: bytes) -> bool:
        """Whether a line surely holds nothing of interest, seen without parsing it."""
        ...

    def decode(self, line: bytes) -> JSONObject | None:
        """The record that a line plainly is, as far as the reader reads it: ``records.strictly``, or faster."""
        ...


class WholeFormat(Protocol):
    """A transcript format that is rewritten in place: read again from the beginning whenever the file changed.

    Its events must have the same keys every time: native ids, or ``session#position``.
    """

    name: str

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether a file with this name and these first bytes is of this format."""
        ...

    def beside(self, path: Path) -> tuple[Path, ...]:
        """Files, existing or not, that say something about this one; a change of theirs is a change of it."""
        ...

    def events(self, path: Path, records: Sequence[JSONObject], unknown: Counter[str]) -> Iterable[Event]:
        """All that the file says. ``records``: its one object, the objects of its list, or those of its lines."""
        ...


class DatabaseFormat(Protocol):
    """A transcript format of rows in a SQLite file that its agent inserts and updates: polled for what changed.

    ``files``: how the file is called in its agent's folder, as a glob.
    """

    name: str
    files: str

    def sniff(self, path: Path, head: bytes) -> bool:
        """Whether a file with this name and these first bytes is of this format."""
        ...

    def poll(
        self, database: ForeignDatabase, state: dict[str, str], unknown: Counter[str], *, limit: int, final: bool
    ) -> Iterator[Event | Quarantined]:
        """What the rows say that are newer than ``state``, about ``limit`` bytes of them; ``state`` is moved on.

        Its events must have the same keys every time. ``state["more"]`` is set while there is more to read. ``final``:
        look at every row, however long ago it was written.
        """
        ...


Format: TypeAlias = LineFormat | WholeFormat | DatabaseFormat

_EXACT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NAMED = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_TYPE_NAME = re.compile(r"[\w./-]+")
_LONGEST_TYPE = 64


def timestamp(value: Any) -> str | None:
    """ISO 8601 UTC with milliseconds, so that times compare as strings; ``None`` for what is no time."""
    if not isinstance(value, str) or not value:
        return None
    if _EXACT.fullmatch(value):
        return value
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def uuid_of(path: Path) -> str:
    """The UUID at the end of a file's name, which is how agents name a conversation; else the whole name."""
    named = _NAMED.search(path.stem)
    return named.group() if named else path.stem


def epoch(value: Any) -> str | None:
    """The same for seconds since 1970; ``None`` for what is no such number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
        return None
    return timestamp(datetime.fromtimestamp(value, UTC).isoformat())


def epoch_ms(value: Any) -> str | None:
    """The same for milliseconds."""
    return epoch(value / 1000) if isinstance(value, int | float) and not isinstance(value, bool) else None


class Whereabouts:
    """Notices where an agent goes on in another folder: one that is out of scope must not be missed.

    What is remembered from one read to the next is a hash: a folder's name is not redacted here.
    """

    def __init__(self, state: dict[str, str]) -> None:
        self._state = state
        self._last: str | None = None

    def moved(self, folder: str | None) -> bool:
        """Whether this is another folder than that of the record before. Where none is named, nothing changed."""
        if folder is None or folder == self._last:
            return False
        self._last = folder
        digest = hashlib.sha256(folder.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        before, self._state["folder"] = self._state.get("folder"), digest
        return digest != before


def text(value: Any) -> str | None:
    """A string that is not empty, else ``None``."""
    return value if isinstance(value, str) and value else None


def integer(value: Any) -> int | None:
    """A whole number that fits the store, else ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if abs(value) < 1 << 53 else None


def mapping(value: Any) -> JSONObject:
    """A JSON object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def blocks(value: Any) -> list[JSONObject]:
    """The objects of a list of content blocks; a bare string counts as one text block."""
    if isinstance(value, str):
        return [{"type": "text", "text": value}]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def flat_text(value: Any) -> str:
    """Content as one text: a string, or a list of blocks; what is no text shows as ``[image]`` or the like."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, (_block_text(item) for item in value)))
    return _dump(value)


def _block_text(item: Any) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict):
        if isinstance(item.get("text"), str):
            return str(item["text"])
        kind = item.get("type")
        return f"[{kind}]" if isinstance(kind, str) and _is_type(kind) else _dump(item)
    return ""


def _dump(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "[… nested deeper …]"


def mark(words: str) -> str:
    """A short mark of a text, the same in every process."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]


def type_name(value: Any) -> str:
    """A record's type as a key for counting: short and printable whatever stands there."""
    return value if isinstance(value, str) and _is_type(value) else "(no type)"


def _is_type(text: str) -> bool:
    return len(text) <= _LONGEST_TYPE and _is_name(text)


# A handful of types in thousands of records.
@lru_cache(maxsize=256)
def _is_name(text: str) -> bool:
    return _TYPE_NAME.fullmatch(text) is not None


_REJECTED = re.compile(
    r"doesn't want to (?:proceed|take this action)|^(?:error: )?user rejected|rejected by (?:the )?user|"
    r"user (?:declined|denied)|permission for this tool use was denied"
)
_INTERRUPTED = re.compile(
    r"\[request interrupted by user|^aborted by user|^(?:command|operation|tool) (?:was )?cancell?ed"
)
_TIMEOUT = re.compile(r"\btimed out\b|timeouterror|deadline exceeded")
_PERMISSION = re.compile(
    r"permission denied|permissions? .{0,40}(?:haven't granted|not granted)|haven't granted|operation not permitted|"
    r"\beacces\b|\beperm\b|access is denied|not allowed"
)
_NOT_FOUND = re.compile(r"does not exist|doesn't exist|\benoent\b|no such file|unknown skill|not found|no such tool")
_INVALID = re.compile(
    r"^<tool_use_error>|inputvalidationerror|apply_patch verification failed|write_stdin failed|exec_command failed|"
    r"failed to parse (?:function )?arguments|has not been read yet|string to replace not found|"
    r"missing required parameter"
)


def error_kind(output: str, exit_code: int | None = None) -> ErrorKind:
    """The class of a failed step, from the head of its output and its exit code."""
    head = output.lstrip()[:400].lower()
    if _REJECTED.search(head):
        return ErrorKind.USER_REJECTED
    if _INTERRUPTED.search(head):
        return ErrorKind.INTERRUPTED
    if exit_code:
        # 124 is what timeout(1) answers; the harness says it in words.
        return ErrorKind.TIMEOUT if exit_code == 124 or _TIMEOUT.search(head[:120]) else ErrorKind.EXIT_NONZERO
    if _TIMEOUT.search(head):
        return ErrorKind.TIMEOUT
    if _PERMISSION.search(head):
        return ErrorKind.PERMISSION_DENIED
    if _NOT_FOUND.search(head) and "string to replace not found" not in head:
        return ErrorKind.NOT_FOUND
    if _INVALID.search(head):
        return ErrorKind.INVALID_CALL
    return ErrorKind.OTHER
