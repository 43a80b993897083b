"""A session that was read from its beginning to the end of its file, cut where it is read.

While nothing of a session is stored, whoever cuts it comes to the same; so another process may. Whether that was so is
seen when it is stored. Where it was not, the file is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from skilltui.capture.events import Event, SessionEnded, SessionStarted, SkillLoaded, has_content, span
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import Trajectory

# Whether nobody works on any more where this was the last time of a session.
Rests = Callable[[str | None], bool]


class WholeSession(Struct, frozen=True):
    """What the events of one session come to. ``settled``: nobody works on it any more."""

    session: str
    trajectories: tuple[Trajectory, ...]
    project: str | None
    model: str | None
    started_at: str | None
    last_at: str | None
    settled: bool
    has_content: bool

    def keys(self) -> set[str]:
        """Keys of all its steps and turns."""
        return {*self.step_keys(), *self.turn_keys()}

    def step_keys(self) -> Iterator[str]:
        """Keys of all its steps."""
        return (step.key for t in self.trajectories for steps in (t.steps, t.delegated) for step in steps)

    def turn_keys(self) -> Iterator[str]:
        """Keys of all its turns."""
        return (turn.key for t in self.trajectories for turn in t.turns)


def whole_session(
    source: str, events: Sequence[Event], detector: FeedbackDetector, rests: Rests
) -> WholeSession | None:
    """The one session that these events are; ``None`` where they are of several, or speak of what lies elsewhere: of
    the session that started this one, of calls that were made before, of a message that loaded a skill."""
    sessions = {event.session for event in events}
    if len(sessions) != 1 or any(isinstance(event, SessionStarted) and event.parent for event in events):
        return None
    session = sessions.pop()
    started_at, last_at = span(events)
    over = rests(last_at)
    segmenter = Segmenter(source, session, detector)
    segmenter.feed(events)
    done = segmenter.close(ended=over)
    whole = WholeSession(
        session, done.trajectories, done.project, done.model, started_at, last_at,
        settled=over or any(isinstance(event, SessionEnded) for event in events),
        has_content=has_content(events),
    )  # fmt: skip
    keys = whole.keys()
    loaded = (event.key for event in events if isinstance(event, SkillLoaded))
    alone = not done.late and all(key in keys or key.partition("#")[0] in keys for key in loaded)
    return whole if alone else None
