"""One scan over many texts that tells which of them can hold a secret; the exact rules then read only those.

Hyperscan reads ``secret_gate``'s expressions all at once. Compiling them takes 0.2 s, so the compiled form is kept in a
file under the home's own key, and is made only when enough text has come by to pay for it. Without Hyperscan, and until
then, there is no gate: every text is read by the exact rules, with the same result.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from skilltui.text.gate_database import compiled
from skilltui.text.multi_pattern import Scanner
from skilltui.text.secret_patterns import Look

# ``secret_gate`` is imported late: building its expressions takes longer than many commands.

if TYPE_CHECKING:
    import hyperscan

# Characters scanned at once: enough to make the call cheap, little enough to stay in the processor's cache.
_BLOCK = 512 << 10
# Characters that the exact rules read in the time that compiling takes.
_WORTH_COMPILING = 4 << 20
_LARGEST_FILE = 16 << 20
_DIGEST = hashlib.sha256
# From this length on a text is read only around its matches.
_LONG = 2 << 10
# Bytes: longer than the longest name, what stands between it and a value, and what a match takes of the value.
_BEFORE_MATCH = 600
_Hits: TypeAlias = dict[int, set[int]]


def gate_name() -> str:
    """What decides which texts are read by the exact rules: ``hyperscan 0.9.1``, or ``none: ...`` with the reason."""
    try:
        import hyperscan
    except ImportError as error:
        return f"none: {error}"
    return f"hyperscan {hyperscan.__version__}"  # type: ignore[attr-defined]  # forgotten in its stubs


class Suspicion(Struct, frozen=True):
    """What to look for in a text, and where: ``windows`` are offsets in the text without colour codes, ends exclusive.

    ``None``: everywhere.
    """

    look: Look
    windows: tuple[tuple[int, int], ...] | None = None


class Gate:
    """A compiled database of the expressions. Any thread may use it at any time."""

    def __init__(self, database: hyperscan.Database, without_codes: Callable[[str], str]) -> None:
        """``without_codes`` takes colour codes out of a text, as the exact rules do before they look."""
        self._scanner = Scanner(database)
        self._without_codes = without_codes

    def suspects(self, texts: Sequence[str]) -> dict[int, Suspicion]:
        """The numbers of the texts that the exact rules have to read, and what they have to read there."""
        plain = [self._without_codes(text) if "\x1b" in text or "\x9b" in text else text for text in texts]
        found, coded = self._scan(plain)
        # Codes that are written out ("\\u001b[31m"), as in JSON: the scan tells of them.
        coded = [number for number in coded if plain[number] is texts[number]]
        for number in coded:
            found.pop(number, None)
        again, _ = self._scan([self._without_codes(texts[number]) for number in coded])
        found.update((coded[place], suspicion) for place, suspicion in again.items())
        return found

    def _scan(self, texts: Sequence[str]) -> tuple[dict[int, Suspicion], list[int]]:
        """Which are suspected, and which hold a colour code."""
        found: dict[int, Suspicion] = {}
        coded: list[int] = []
        for begin, end in _blocks(texts):
            block = texts[begin:end]
            hits, own = self._hits(block)
            coded += [begin + place for place in own]
            found.update((begin + place, suspicion) for place, suspicion in _suspicions(block, hits))
        return found, coded

    def _hits(self, texts: Sequence[str]) -> tuple[dict[int, _Hits], list[int]]:
        """For each text that something matched in, by its place: expressions and the ends of their matches, in bytes.

        And the places of those with a colour code.
        """
        from skilltui.text import secret_gate

        parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        found = self._scanner.scan(secret_gate.SEPARATOR.join([*parts, b""]))
        hits: dict[int, _Hits] = {}
        coded: dict[int, None] = {}
        if found:
            ends = list(accumulate(len(part) + 1 for part in parts))
            for end, expression in found:
                place = bisect_right(ends, end - 1)
                if expression == secret_gate.CODES:
                    coded[place] = None
                else:
                    start = ends[place] - len(parts[place]) - 1
                    hits.setdefault(place, {}).setdefault(expression, set()).add(end - start)
        return hits, list(coded)


def _blocks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Neighbours that make about a block, as ranges."""
    sizes = list(accumulate(map(len, texts)))
    begin = 0
    while begin < len(sizes):
        end = bisect_right(sizes, _BLOCK + (sizes[begin - 1] if begin else 0), begin + 1)
        yield begin, end
        begin = end


def _suspicions(texts: Sequence[str], hits: dict[int, _Hits]) -> Iterator[tuple[int, Suspicion]]:
    from skilltui.text import secret_gate

    for place, matches in hits.items():
        look = Look(0)
        for expression in matches:
            look |= secret_gate.LOOKS[expression]
        text = texts[place]
        if look & ~Look.IN_LINES or len(text) < _LONG:
            yield place, Suspicion(look)
        else:
            yield place, Suspicion(look, _windows(text, sorted(set().union(*matches.values()))))


def _windows(text: str, ends: list[int]) -> tuple[tuple[int, int], ...]:
    """The whole lines around matches that end at these bytes: no rule of ``Look.IN_LINES`` reads further."""
    data = text.encode("utf-8", "surrogatepass")
    lines: list[tuple[int, int]] = []
    for end in ends:
        if lines and end <= lines[-1][1]:
            continue
        begin = data.rfind(b"\n", 0, max(0, end - _BEFORE_MATCH)) + 1
        stop = data.find(b"\n", max(0, end - 1)) + 1 or len(data)
        if lines and begin <= lines[-1][1]:
            begin = lines.pop()[0]
        lines.append((begin, stop))
    if len(data) == len(text):
        return tuple(lines)
    windows = []
    at = count = 0
    for begin, stop in lines:
        left = count + len(data[at:begin].decode("utf-8", "surrogatepass"))
        at, count = stop, left + len(data[begin:stop].decode("utf-8", "surrogatepass"))
        windows.append((left, count))
    return tuple(windows)


class GateKeeper:
    """Opens the gate when it is there or worth making. Any thread may ask at any time."""

    def __init__(self, key: bytes, path: Path | None, without_codes: Callable[[str], str]) -> None:
        """``path`` keeps the compiled form, sealed with ``key``; ``None`` keeps none."""
        self._key = key
        self._path = path
        self._without_codes = without_codes
        self._lock = threading.Lock()
        self._gate: Gate | None = None
        self._settled = False
        self._seen: int | None = None
        self._expected = 0

    def expect(self, size: int) -> None:
        """About ``size`` characters will come."""
        self._expected = size

    def gate(self, size: int) -> Gate | None:
        """The gate for ``size`` characters more, if they are worth one."""
        if self._settled:
            return self._gate
        with self._lock:
            if not self._settled:
                self._gate = self._open(size)
            return self._gate

    def _open(self, size: int) -> Gate | None:
        try:
            import hyperscan
        except ImportError:
            self._settled = True
            return None
        database = self._read() if self._seen is None else None
        self._seen = (self._seen or 0) + size
        if database is None and max(self._seen, self._expected) < _WORTH_COMPILING:
            return None
        self._settled = True
        try:
            if database is None:
                database = compiled()
                self._write(hyperscan.dumpb(database))
        except hyperscan.HyperscanError:  # a processor or a build without what Hyperscan needs
            return None
        return Gate(database, self._without_codes)

    def _read(self) -> hyperscan.Database | None:
        """The database in the file, if it is one that this home made with these expressions and this library."""
        import hyperscan

        if self._path is None:
            return None
        try:
            with self._path.open("rb") as file:
                data = file.read(_LARGEST_FILE)
        except OSError:
            return None
        seal, payload = data[: _DIGEST().digest_size], data[_DIGEST().digest_size :]
        if not hmac.compare_digest(seal, self._seal(payload)):
            return None
        try:
            database = hyperscan.loadb(payload, hyperscan.HS_MODE_BLOCK)
            hyperscan.Scratch(database)  # a database for another processor fails here at the latest
        except hyperscan.HyperscanError:
            return None
        return database

    def _write(self, payload: bytes) -> None:
        if self._path is None:
            return
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        # A home that can't be written to has its gate made anew by each process.
        with suppress(OSError):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(self._seal(payload) + payload)
                draft.replace(self._path)
            finally:
                draft.unlink(missing_ok=True)

    def _seal(self, payload: bytes) -> bytes:
        """Native code reads the payload as it is, so that nobody's but our own may reach it."""
        from skilltui.text import secret_gate

        code = hmac.new(self._key, b"skilltui redaction gate\0" + gate_name().encode(), _DIGEST)
        for part in (*secret_gate.EXPRESSIONS, payload):
            code.update(len(part).to_bytes(8, "big"))
            code.update(part)
        return code.digest()
