"""What a text must hold before a rule is worth a look: every pattern of the table, loosened until one scan decides.

The loose forms have no look-around, no word boundaries and no upper limits, so that Hyperscan (Wang et al., NSDI 2019)
reads them all at once, in linear time. They may be wrong in one direction only: where a pattern matches a text, its
loose form matches that text's UTF-8 bytes. Without Hyperscan there is no gate, and each rule looks for itself: the
findings are the same.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence

from skilltui.text.multi_pattern import Scanner, compile_patterns

# Characters that the rules read one by one in about the time that compiling takes.
_WORTH_COMPILING = 1 << 20

# Any byte of a character that is not ASCII: it may be a blank, a digit or a letter.
_HIGH = r"\x80-\xff"
_BLANKS = r"\x09-\x0d\x1c-\x20"
_CLASSES = {"s": _BLANKS + _HIGH, "d": "0-9" + _HIGH, "w": "A-Za-z0-9_" + _HIGH}
# In a class that says what may not stand there, only what certainly is a blank, a digit or a letter.
_ONLY = {"s": _BLANKS, "d": "0-9", "w": "A-Za-z0-9_"}
_SKIPPED = re.compile(r"\\b|[\^$]")
_LOOKAROUND = re.compile(r"\(\?<?[!=]")
_CLASS = re.compile(r"\[(?P<not>\^?)(?P<members>\]?(?:\\.|[^\]\\])*)\]")
_REPEAT = re.compile(r"(?:\{(?P<least>\d+)(?:,\d*)?\}|[?*+])\??")
_PLAIN = re.compile(r"\\x[0-9a-f]{2}|\\.|.", re.DOTALL)


def loosened(pattern: str) -> bytes:
    """An expression over bytes that matches wherever ``pattern`` matches the text that they encode.

    For patterns as ``rules`` writes them: no back-references, no named groups, no dot, no flags inside.
    """
    return _Loosening(pattern).branches()[0].encode("ascii")


class _Loosening:
    """One way through a pattern, from left to right.

    A way ends where almost anything may follow: of "curl", the rest of a line, "| sh" the first is enough. And of two
    words with such a gap between them hyperscan 0.9.1 misses some: "cp/launchagents", "env | tee /tmp/keys && nc".
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    def branches(self, *, inside: bool = False) -> tuple[str, bool]:
        """The alternatives up to the bracket that closes them, and whether one of them ends early."""
        found, ended = self._branch(inside=inside)
        parts = [found]
        while self._pattern.startswith("|", self._at):
            self._at += 1
            found, early = self._branch(inside=inside)
            parts.append(found)
            ended = ended or early
        return "|".join(parts), ended

    def _branch(self, *, inside: bool) -> tuple[str, bool]:
        parts: list[str] = []
        ended = False
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            part, early = self._part(first=not parts and not inside)
            if not ended and part:
                parts.append(part)
            ended = ended or early
        return "".join(parts), ended

    def _part(self, *, first: bool) -> tuple[str, bool]:
        """The next part with its repeat, and whether the branch ends with it."""
        pattern = self._pattern
        if match := _SKIPPED.match(pattern, self._at):
            self._at = match.end()
            return "", False
        if match := _LOOKAROUND.match(pattern, self._at):
            self._bracketed(match[0])
            return "", False
        if match := _CLASS.match(pattern, self._at):
            self._at = match.end()
            repeat = self._repeat()
            if match["not"] and repeat not in {"", "?"}:
                # At the very beginning it is left out: what follows is looked for anywhere.
                return "", not first
            return _class(match["members"], negated=bool(match["not"])) + repeat, False
        if pattern.startswith("(", self._at):
            return self._group(first=first)
        match = _PLAIN.match(pattern, self._at)
        assert match is not None
        self._at = match.end()
        return _plain(match[0]) + self._repeat(), False

    def _group(self, *, first: bool) -> tuple[str, bool]:
        opening = "(?:" if self._pattern.startswith("(?:", self._at) else "("
        inner, ended = self._bracketed(opening)
        repeat = self._repeat()
        if ended and repeat[:1] in {"?", "*"}:
            return "", not first
        return f"{opening}{inner}){repeat}", ended

    def _bracketed(self, opening: str) -> tuple[str, bool]:
        self._at += len(opening)
        found = self.branches(inside=True)
        self._at += 1
        return found

    def _repeat(self) -> str:
        match = _REPEAT.match(self._pattern, self._at)
        if match is None:
            return ""
        self._at = match.end()
        if match["least"] is None:
            return match[0]
        return "*" if int(match["least"]) == 0 else f"{{{match['least']},}}"


def _plain(part: str) -> str:
    if part[0] == "\\" and part[1:] in _CLASSES:
        return _any(_CLASSES[part[1:]])
    if part.isascii():
        return part
    return "(?:" + "".join(f"\\x{byte:02x}" for byte in part.encode("utf-8")) + ")"


def _class(members: str, *, negated: bool) -> str:
    known = _ONLY if negated else _CLASSES
    kept = "".join(char for char in members if char.isascii())
    kept = re.sub(r"\\[sdw]", lambda match: known[match[0][1]], kept)
    if negated:
        return _any(f"^{kept}" if kept else r"\x00-\x7f" + _HIGH)
    return _any(kept if members.isascii() else kept + _HIGH)


def _any(members: str) -> str:
    """One character: a byte of these, and what follows it where the character is several."""
    return f"(?:[{members}][\\x80-\\xbf]*)" if members[0] == "^" or _HIGH in members else f"[{members}]"


class ScanGate:
    """Opens when enough text came by to make compiling worth it. Any thread may ask at any time."""

    def __init__(self, patterns: Sequence[str], literals: Sequence[str]) -> None:
        """``literals`` are looked for as they are."""
        self._expressions = [loosened(pattern) for pattern in patterns]
        self._expressions += [re.escape(literal.encode("utf-8")) for literal in literals]
        self._lock = threading.Lock()
        self._scanner: Scanner | None = None
        self._settled = False
        self._seen = 0

    def possible(self, text: str) -> set[int] | None:
        """The numbers of what the text may hold, patterns first, then literals; ``None``: anything."""
        self._seen += len(text)
        if not self._settled and self._seen >= _WORTH_COMPILING:
            with self._lock:
                self.open()
        if self._scanner is None:
            return None
        return {number for _, number in self._scanner.scan(text.encode("utf-8", "surrogatepass"))}

    def open(self) -> bool:
        """Compile now; false where Hyperscan is missing or can't work on this machine."""
        if not self._settled:
            self._scanner = self._compiled()
            self._settled = True
        return self._scanner is not None

    def _compiled(self) -> Scanner | None:
        try:
            import hyperscan
        except ImportError:
            return None
        try:
            return Scanner(compile_patterns(self._expressions, once=True))
        except hyperscan.HyperscanError:  # a processor or a build without what Hyperscan needs
            return None
