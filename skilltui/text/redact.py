"""Take secrets out of text and of decoded JSON before anything is stored.

A secret becomes ``‹redacted:kind:hmac8›``; ``hmac8`` is the head of an HMAC-SHA256 under a local key, so that equal
secrets stay equal and say nothing else. Doing it again changes nothing. Colour codes inside a secret do not hide it.
``secret_scan`` finds them; what they look like stands in ``secret_patterns``, what is none in ``secret_values``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from skilltui.text.redaction_gate import GateKeeper, Suspicion, gate_name
from skilltui.text.redaction_key import load_or_create_key
from skilltui.text.secret_patterns import Look
from skilltui.text.secret_scan import SHORTEST_TOKEN, WALL, SecretFinding, find_secrets, find_within
from skilltui.text.secret_values import Writing, is_secret, telling

__all__ = ["JSON", "Redacted", "RedactedBatch", "Redactor", "SecretFinding", "gate_name", "load_or_create_key"]

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

# JSON inside a string, inside a string ... to this depth.
MAX_NESTING = 4
_SHORTEST = 8
_SHORTEST_NAMED = 6
# Values that are no secrets and must stay whole: providers check them.
_KEPT_KEYS = frozenset({"signature", "encrypted_content"})
_MEDIA_TYPES = ("media_type", "mediaType", "mime_type", "mimeType")

# Colour and cursor codes, raw or still escaped. Each way begins with one character, by which `re` looks ahead.
_CSI = re.compile(r"(?:\x1b\[|\x9b|\\\\{0,7}(?:u001[bB]|x1[bB]|033|e)\[)[0-9;:?]{0,24}[A-Za-z]")
# The same for most texts, which have only these: three times as fast.
_RAW_CSI = re.compile(r"\x1b\[[0-9;:?]{0,24}[A-Za-z]")


class Redacted(Struct, frozen=True):
    """The text without its secrets, and where they were, in order."""

    text: str
    findings: tuple[SecretFinding, ...]


class RedactedBatch(Struct, frozen=True):
    """Texts and values in the order given, the same objects where nothing was found, and the kinds that were."""

    texts: list[str]
    values: list[JSON]
    counts: Counter[str]


class Redactor:
    """Redaction under one key. Any thread may use it at any time."""

    def __init__(self, key: bytes, *, gate: Path | None = None) -> None:
        """``gate``: where the compiled gate of ``redact_batch`` is kept; without it each process makes its own."""
        self._key = key
        self._keeper = GateKeeper(key, gate, _plain)

    def expect(self, size: int) -> None:
        """About ``size`` characters will come: the first of them make the gate, if all are worth one."""
        self._keeper.expect(size)

    def redact(self, text: str) -> Redacted:
        """Redact one text: plain, coloured, code, or JSON as it stands in a file."""
        return self._redact(text, Suspicion(Look.ALL))

    def replacements(self, text: str) -> list[tuple[SecretFinding, str]]:
        """What ``redact`` finds, in order, and what it puts in the place of each; gated, for a text that is long."""
        gate = self._keeper.gate(len(text))
        suspicion = gate.suspects([text]).get(0) if gate is not None else Suspicion(Look.ALL)
        return self._replacements(text, suspicion) if suspicion is not None else []

    def _redact(self, text: str, suspicion: Suspicion) -> Redacted:
        found = self._replacements(text, suspicion)
        if not found:
            return Redacted(text, ())
        parts: list[str] = []
        at = 0
        for finding, mark in found:
            parts += [text[at : finding.start], mark]
            at = finding.end
        return Redacted("".join([*parts, text[at:]]), tuple(finding for finding, _ in found))

    def _replacements(self, text: str, suspicion: Suspicion) -> list[tuple[SecretFinding, str]]:
        if len(text) < _SHORTEST:
            return []
        plain, codes = _without_codes(text)
        windows = suspicion.windows
        found = find_secrets(plain, suspicion.look) if windows is None else find_within(plain, suspicion.look, windows)
        result: list[tuple[SecretFinding, str]] = []
        for secret in found:
            start, end = _before(codes, secret.start), _before(codes, secret.end - 1) + 1
            mark = self._mark(secret.kind, plain[secret.start : secret.end])
            colours = "".join(_CSI.findall(text[start:end])) if codes else ""
            result.append((SecretFinding(secret.kind, start, end), mark + colours))
        return result

    def redact_value(self, value: JSON) -> tuple[JSON, Counter[str]]:
        """Redact a decoded JSON value and count what was found by kind; the value given is not changed.

        Strings that hold JSON are decoded, redacted and, only if something was found, encoded again. Text under a
        telling key (``"api_key"``) is judged with its key. Image data, ``signature`` and ``encrypted_content`` stay.
        """
        counts: Counter[str] = Counter()
        return self._walk(value, counts, MAX_NESTING), counts

    def redact_batch(self, texts: Sequence[str], values: Sequence[JSON] = ()) -> RedactedBatch:
        """What ``redact`` makes of each text and ``redact_value`` of each value, many times faster.

        One scan tells which of them can hold a secret, so that the cost is that of the few that can. Give it much at
        once: half a megabyte or more.
        """
        counts: Counter[str] = Counter()
        clean_texts, clean_values = list(texts), list(values)
        # What is scanned: the texts, and then the strings of the values, each with its value's number.
        scanned = list(texts)
        owners: list[int] = []
        suspected: set[int] = set()
        for number, value in enumerate(values):
            for text, name in _strings(value, MAX_NESTING):
                if name and _kind_by_name(text, name):
                    suspected.add(number)
                elif len(text) >= _SHORTEST:
                    scanned.append(text)
                    owners.append(number)
        gate = self._keeper.gate(sum(map(len, scanned)))
        everywhere = Suspicion(Look.ALL)
        suspects = dict.fromkeys(range(len(scanned)), everywhere) if gate is None else gate.suspects(scanned)
        for place, suspicion in suspects.items():
            if place < len(texts):
                clean_texts[place] = self._count(self._redact(texts[place], suspicion), counts)
            else:
                suspected.add(owners[place - len(texts)])
        for number in suspected:
            redacted, found = self.redact_value(values[number])
            if found:
                clean_values[number] = redacted
                counts.update(found)
        return RedactedBatch(clean_texts, clean_values, counts)

    def digest(self, text: str) -> str:
        """A hash of a text under the key: tells that two are equal, and nothing else."""
        keyed = hmac.new(self._key, b"digest\0" + text.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return keyed.hexdigest()[:16]

    def _mark(self, kind: str, secret: str) -> str:
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"‹redacted:{kind}:{digest.hexdigest()[:8]}›"

    def _walk(self, root: JSON, counts: Counter[str], nesting: int) -> JSON:
        """A redacted copy, without recursion: decoded JSON may be nested deeper than Python's stack."""
        top: list[JSON] = [None]
        # What is still to copy: a value, and the way to put its copy in its place.
        todo: list[tuple[JSON, list[JSON] | dict[str, JSON], int | str, str]] = [(root, top, 0, "")]
        while todo:
            value, into, place, name = todo.pop()
            copy: JSON = value
            if isinstance(value, str):
                copy = self._string(value, name, counts, nesting)
            elif isinstance(value, list):
                copy = [None] * len(value)
                todo += [(item, copy, i, name) for i, item in enumerate(value)]
            elif isinstance(value, dict):
                copy = self._fields(value, counts, todo)
            into[place] = copy  # type: ignore[index]
        return top[0]

    def _fields(
        self,
        value: dict[str, JSON],
        counts: Counter[str],
        todo: list[tuple[JSON, list[JSON] | dict[str, JSON], int | str, str]],
    ) -> dict[str, JSON]:
        copy: dict[str, JSON] = {}
        for key, item, name in _items(value):
            place = self._count(self.redact(key), counts)
            copy[place] = item
            if name is not None:
                todo.append((item, copy, place, name))
        return copy

    def _string(self, text: str, name: str, counts: Counter[str], nesting: int) -> str:
        if len(text) < _SHORTEST_NAMED:
            return text
        kind = _kind_by_name(text, name)
        if kind:
            specific = find_secrets(text)
            kind = specific[0].kind if len(specific) == 1 and specific[0].end == len(text) else kind
            counts[kind] += 1
            return self._mark(kind, text)
        inner = _json_inside(text) if nesting else None
        if inner is None:
            return self._count(self.redact(text), counts)
        found: Counter[str] = Counter()
        redacted = self._walk(inner, found, nesting - 1)
        if not found:
            return text
        separators = (", ", ": ") if '": ' in text else (",", ":")
        try:
            encoded = json.dumps(redacted, ensure_ascii=False, allow_nan=False, separators=separators)
        except (ValueError, RecursionError):  # an infinite number, or nested too deep to be written
            return self._count(self.redact(text), counts)
        counts.update(found)
        return encoded

    def _count(self, redacted: Redacted, counts: Counter[str]) -> str:
        counts.update(finding.kind for finding in redacted.findings)
        return redacted.text


def _items(value: dict[str, JSON]) -> Iterator[tuple[str, JSON, str | None]]:
    """Key, item, and the name that the item is judged with; no name where it must stay as it is."""
    image = "data" in value and any(str(value.get(key, "")).startswith("image/") for key in _MEDIA_TYPES)
    named = value.get("name", value.get("key"))  # {"name": "DB_PASSWORD", "value": "..."}
    for key, item in value.items():
        if key in _KEPT_KEYS or (image and key == "data"):
            yield key, item, None
        else:
            yield key, item, named if key == "value" and isinstance(named, str) else key


def _strings(root: JSON, nesting: int) -> Iterator[tuple[str, str]]:
    """Every string that ``Redactor.redact_value`` looks at, with its name: keys, leaves, those of JSON in strings."""
    todo: list[tuple[JSON, str, int]] = [(root, "", nesting)]
    while todo:
        value, name, nesting = todo.pop()
        if isinstance(value, str):
            inner = _json_inside(value) if nesting else None
            if inner is None or _kind_by_name(value, name):
                yield value, name
            else:
                todo.append((inner, "", nesting - 1))
        elif isinstance(value, list):
            todo += [(item, name, nesting) for item in value]
        elif isinstance(value, dict):
            for key, item, its_name in _items(value):
                if len(key) >= SHORTEST_TOKEN or not key.isidentifier():
                    yield key, ""
                if its_name is not None:
                    todo.append((item, its_name, nesting))


def _kind_by_name(text: str, name: str) -> str | None:
    """The kind of secret that the whole text is, if it is one under this name."""
    if len(text) < _SHORTEST_NAMED or not name or WALL in text:
        return None
    kind = telling(name)
    if kind and not any(char.isspace() for char in text) and is_secret(text, kind, Writing.DATA):
        return kind
    return None


def _json_inside(text: str) -> list[JSON] | dict[str, JSON] | None:
    stripped = text.strip()
    if stripped[:1] + stripped[-1:] not in {"{}", "[]"}:
        return None
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list | dict) else None


# Positions in the text without codes at which a code was taken out, and what to add from there on.
_Codes: TypeAlias = tuple[list[int], list[int]]


def _csi(text: str) -> re.Pattern[str]:
    return _CSI if "\\" in text or "\x9b" in text else _RAW_CSI


def _plain(text: str) -> str:
    return _csi(text).sub("", text)


def _without_codes(text: str) -> tuple[str, _Codes | None]:
    if "\x1b" not in text and "\x9b" not in text and "\\" not in text:
        return text, None
    positions: list[int] = [0]
    shifts: list[int] = [0]
    parts: list[str] = []
    at = 0
    for code in _csi(text).finditer(text):
        parts.append(text[at : code.start()])
        at = code.end()
        shifts.append(shifts[-1] + len(code.group()))
        positions.append(code.end() - shifts[-1])
    if at == 0:
        return text, None
    return "".join([*parts, text[at:]]), (positions, shifts)


def _before(codes: _Codes | None, position: int) -> int:
    """The offset in the original of a character in the text without codes."""
    if codes is None:
        return position
    positions, shifts = codes
    return position + shifts[bisect_right(positions, position) - 1]
