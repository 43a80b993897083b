"""When a session that nothing was added to for a while counts as over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# An agent that thinks, or waits for a permission, takes less.
IDLE_SECONDS = 15 * 60.0


def rests(now: str, last_at: str | None) -> bool:
    """Whether a session is over by ``now`` to which something was added last at ``last_at``."""
    return last_at is None or (_moment(now) - _moment(last_at)).total_seconds() > IDLE_SECONDS


def over_before(now: str) -> str:
    """The time before which the last word of a session must have been that is over by ``now``."""
    moment = _moment(now) - timedelta(seconds=IDLE_SECONDS)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
