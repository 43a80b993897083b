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
_REPEAT = re.compile(r"\{(?P<least>\d+)(?:,\d*)?\}")
_PLAIN = re.compile(r"\\x[0-9a-f]{2}|\\.|\(\?:|.", re.DOTALL)


def loosened(pattern: str) -> bytes:
    """An expression over bytes that matches wherever ``pattern`` matches the text that they encode.

    For patterns as ``rules`` writes them: no back-references, no named groups, no dot, no flags inside.
    """
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        if match := _SKIPPED.match(pattern, at):
            at = match.end()
        elif _LOOKAROUND.match(pattern, at):
            at = _closing(pattern, at)
        elif match := _CLASS.match(pattern, at):
            parts.append(_class(match["members"], negated=bool(match["not"])))
            at = match.end()
        elif match := _REPEAT.match(pattern, at):
            least = int(match["least"])
            parts.append("*" if least == 0 else f"{{{least},}}")
            at = match.end()
        elif match := _PLAIN.match(pattern, at):
            parts.append(_plain(match[0]))
            at = match.end()
    return "".join(parts).encode("ascii")


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


def _closing(pattern: str, at: int) -> int:
    """The offset behind the bracket that closes the one at ``at``."""
    depth = 0
    while at < len(pattern):
        part = _CLASS.match(pattern, at) or _PLAIN.match(pattern, at)
        assert part is not None
        depth += (part[0][0] == "(") - (part[0] == ")")
        at = part.end()
        if depth == 0:
            break
    return at


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
            # Told apart by case, hyperscan 0.9.1 misses "cp/launchagents" behind 15 other characters where it looks for
            # "(?:>|tee|cp)[^\n]*/launch"; not so like this, and what the rules read is in lower case.
            return Scanner(compile_patterns(self._expressions, once=True, caseless=True))
        except hyperscan.HyperscanError:  # a processor or a build without what Hyperscan needs
            return None
