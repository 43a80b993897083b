"""What a person types to find trajectories: words, and ``outcome:``, ``skill:``, ``agent:`` before a value."""

from __future__ import annotations

from msgspec import Struct

from skilltui.domain.trajectory import OutcomeLabel

_KEYS = {"outcome": "outcome", "is": "outcome", "skill": "skill", "agent": "source", "source": "source"}


class TrajectoryFilter(Struct, frozen=True):
    """What to look for; ``None`` where it does not matter."""

    text: str | None = None
    outcome: str | None = None
    skill: str | None = None
    source: str | None = None


def parse_filter(typed: str) -> TrajectoryFilter:
    """Words that are no filter are looked for in requests. A value may be cut short: ``is:fail``."""
    found: dict[str, str] = {}
    words: list[str] = []
    for word in typed.split():
        key, colon, value = word.partition(":")
        name = _KEYS.get(key.lower())
        if not colon or name is None:
            words.append(word)
            continue
        if name == "outcome":
            value = next((label.value for label in OutcomeLabel if value and label.value.startswith(value.lower())), "")
        if value:
            found[name] = value
    return TrajectoryFilter(text=" ".join(words) or None, **found)
