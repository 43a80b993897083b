"""Trust drawn: the Wilson interval of a success rate on a line from 0 to 1, and what it means in words."""

from __future__ import annotations

from skilltui.domain.trust import Trust, TrustLevel, wilson_interval
from skilltui.tui.signs import DOT, ascii_only
from skilltui.tui.widgets.cells import Cell, Line

UNKNOWN = "unknown: no use counted yet"
_TONES = {
    TrustLevel.BLOCKED: "failure",
    TrustLevel.QUARANTINED: "finding",
    TrustLevel.COMMUNITY: "unknown",
    TrustLevel.TRUSTED: "success",
}


def level_tone(level: TrustLevel) -> str:
    """The tone of a level; its word says the same."""
    return _TONES[level]


def interval_bar(successes: int, failures: int, width: int = 16) -> str:
    """``0 ··├────●───┤ 1``: where the success rate lies with 95 % confidence. ``width`` cells between 0 and 1."""
    interval = wilson_interval(successes, failures)
    if interval is None:
        return UNKNOWN
    outside, line, start, end, mean = ".-[]*" if ascii_only() else "·─├┤●"
    last = max(2, width) - 1
    low, high = (round(bound * last) for bound in interval)
    middle = round(successes / (successes + failures) * last)
    bar = [line if low <= place <= high else outside for place in range(last + 1)]
    bar[low], bar[high] = start, end
    bar[min(max(middle, low), high)] = mean
    return f"0 {''.join(bar)} 1"


def trust_cells(trust: Trust | None, *, bar_width: int = 16) -> Line:
    """The line that a skill's trust takes: level, interval, counts, what is missing to the next level."""
    if trust is None:
        return (Cell("trust", "muted"), Cell("none yet: a draft earns none", "muted", grow=True))
    level = (Cell("trust", "muted"), Cell(trust.level.value, level_tone(trust.level)))
    to_next = Cell(trust.to_next, "muted", drop=2)
    if trust.lower is None:
        return (*level, Cell(str(DOT), "muted"), Cell(UNKNOWN, "unknown"), Cell("", grow=True), to_next)
    uses = trust.successes + trust.failures
    return (
        *level,
        Cell(interval_bar(trust.successes, trust.failures, bar_width), "strong"),
        Cell(f"lower {trust.lower:.2f} {DOT} {trust.successes} of {uses}"),
        Cell(f"{DOT} {trust.model}" if trust.model else "", "muted", drop=3),
        Cell("", grow=True),
        to_next,
    )
