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
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from skilltui.text import secret_gate

if TYPE_CHECKING:
    import hyperscan

# Characters scanned at once: enough to make the call cheap, little enough to stay in the processor's cache.
_BLOCK = 512 << 10
# Characters that the exact rules read in the time that compiling takes.
_WORTH_COMPILING = 4 << 20
_LARGEST_FILE = 16 << 20
_DIGEST = hashlib.sha256


def gate_name() -> str:
    """What decides which texts are read by the exact rules: ``hyperscan 0.9.1``, or ``none: ...`` with the reason."""
    try:
        import hyperscan
    except ImportError as error:
        return f"none: {error}"
    return f"hyperscan {version(hyperscan.__name__)}"


class Gate:
    """A compiled database of the expressions. Any thread may use it at any time."""

    def __init__(self, database: hyperscan.Database, without_codes: Callable[[str], str]) -> None:
        """``without_codes`` takes colour codes out of a text, as the exact rules do before they look."""
        self._database = database
        self._without_codes = without_codes
        self._local = threading.local()

    def suspects(self, texts: Sequence[str]) -> set[int]:
        """The numbers of the texts that the exact rules have to read."""
        found: set[int] = set()
        coloured: set[int] = set()
        plain: dict[int, str] = {}
        self._scan(texts, range(len(texts)), plain, found, coloured)
        # Escaped codes are found by the scan; with them taken out, the text is scanned once more.
        again = sorted(coloured - found - plain.keys())
        if again:
            plain = {number: self._without_codes(texts[number]) for number in again}
            self._scan(texts, again, plain, found, set())
        return found

    def _scan(
        self, texts: Sequence[str], numbers: Sequence[int], plain: dict[int, str], found: set[int], coloured: set[int]
    ) -> None:
        """Scan these texts in blocks. Those with raw colour codes are noted in ``plain``, where they have none."""
        parts: list[bytes] = []
        ends: list[int] = []
        size = first = 0
        for place, number in enumerate(numbers):
            text = plain[number] if number in plain else texts[number]
            if ("\x1b" in text or "\x9b" in text) and number not in plain:
                text = plain[number] = self._without_codes(text)
            part = text.encode("utf-8", "surrogatepass")
            parts.append(part)
            size += len(part) + 1
            ends.append(size)
            if size >= _BLOCK:
                self._block(parts, ends, numbers[first : place + 1], found, coloured)
                parts, ends, size, first = [], [], 0, place + 1
        if parts:
            self._block(parts, ends, numbers[first:], found, coloured)

    def _block(
        self, parts: list[bytes], ends: list[int], numbers: Sequence[int], found: set[int], coloured: set[int]
    ) -> None:
        hits: list[int] = []
        codes: list[int] = []

        def note(expression: int, _start: int, end: int, _flags: int, _context: object) -> None:
            # Matches come in no promised order, so that none may end the scan.
            (hits if expression != secret_gate.CODES else codes).append(end)

        block = secret_gate.SEPARATOR.join([*parts, b""])
        self._database.scan(block, match_event_handler=note, scratch=self._scratch())
        for matches, into in ((hits, found), (codes, coloured)):
            into.update(numbers[place] for place in {bisect_right(ends, end - 1) for end in matches})

    def _scratch(self) -> hyperscan.Scratch:
        scratch: hyperscan.Scratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            import hyperscan

            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        return scratch


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
        if database is None and self._seen < _WORTH_COMPILING:
            return None
        self._settled = True
        try:
            database = database or self._compile()
        except hyperscan.HyperscanError:  # a processor or a build without what Hyperscan needs
            return None
        return Gate(database, self._without_codes)

    def _compile(self) -> hyperscan.Database:
        import hyperscan

        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        numbers = list(range(len(secret_gate.EXPRESSIONS)))
        database.compile(expressions=list(secret_gate.EXPRESSIONS), ids=numbers, flags=[0] * len(numbers))
        self._write(hyperscan.dumpb(database))
        return database

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
        code = hmac.new(self._key, b"skilltui redaction gate\0" + gate_name().encode(), _DIGEST)
        for part in (*secret_gate.EXPRESSIONS, payload):
            code.update(len(part).to_bytes(8, "big"))
            code.update(part)
        return code.digest()
