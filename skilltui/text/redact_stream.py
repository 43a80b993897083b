"""Redact a text of any length, read piece by piece, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from skilltui.text.redact import Redacted, Redactor
from skilltui.text.secret_scan import SecretFinding

# Characters. What is looked at together; what of it waits for what follows, longer than any secret but one without a
# bound, which waits as a whole; what went out already and is looked at again for what it tells of the rest.
WINDOW = 1 << 20
OVERLAP = 64 << 10
CONTEXT = 8 << 10


def redact_stream(
    redactor: Redactor,
    pieces: Iterable[str],
    *,
    window: int = WINDOW,
    overlap: int = OVERLAP,
    context: int = CONTEXT,
) -> Iterator[Redacted]:
    """The pieces' text, redacted as a whole, in new pieces; offsets of findings are those in the whole text."""
    before = waiting = ""
    offset = 0  # of ``waiting``
    wanted = window
    for piece in pieces:
        waiting += piece
        if len(waiting) < wanted:
            continue
        redacted, taken = _head(redactor, before, waiting, offset, len(waiting) - overlap)
        if not taken:
            wanted = 2 * len(waiting)
            continue
        yield redacted
        before = (before + waiting[:taken])[-context:]
        waiting = waiting[taken:]
        offset += taken
        wanted = max(window, len(waiting) + overlap)
    if waiting:
        yield _head(redactor, before, waiting, offset, len(waiting))[0]


def _head(redactor: Redactor, before: str, waiting: str, offset: int, end: int) -> tuple[Redacted, int]:
    """Redact ``waiting`` up to about ``end``, to the end of a line if there is one: the result, and how much it is."""
    if end < len(waiting):
        end = waiting.rfind("\n", end // 2, end) + 1 or end
    start = len(before)
    parts: list[str] = []
    findings: list[SecretFinding] = []
    at = 0
    found = redactor.replacements(before + waiting)
    for finding, _ in reversed(found):
        if finding.start - start < end < finding.end - start:
            end = max(0, finding.start - start)
    for finding, mark in found:
        begin, stop = max(at, finding.start - start), finding.end - start
        if at <= begin < stop <= end:
            parts += [waiting[at:begin], mark]
            findings.append(SecretFinding(finding.kind, offset + begin, offset + stop))
            at = stop
    return Redacted("".join([*parts, waiting[at:end]]), tuple(findings)), end
