"""Messages of people to agents in seven languages, each with the kind that it should get, and how well they do get it.

Written before the word lists. Within each language and kind every second message is held out: the word lists were
tuned on the others alone. One hand wrote messages and lists, so both halves flatter. The messages in ``later`` were
written when the lists stood, in other words on purpose; they were scored (see the test) and then learned from. Those
in ``last`` were written after that and changed nothing any more. ``python -m tests.feedback`` prints the figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from skilltui.capture.feedback import FeedbackDetector
from skilltui.domain.trajectory import Step, Trajectory, Turn, TurnKind
from skilltui.text.sayings import Message

LANGUAGES = ("en", "de", "fr", "es", "ru", "zh", "ja")
KINDS = ("approval", "rejection", "correction", "request", "delivery", "follow_up", "slip")

# Work was done and the agent said so without a question: what a message is usually said to.
WORKED = Trajectory(
    "t_1", "s", "src", 1, "rework it",
    steps=(Step("c1", 1, "Edit", {"file_path": "a.py"}, ok=True), Step("c2", 2, "Bash", {"command": "ls"}, ok=True)),
    turns=(Turn("u1", TurnKind.REQUEST, "rework it", 0),), closing_text="I changed the parser.",
)  # fmt: skip


PARTS = ("tuned", "held out", "later", "last")


@dataclass(frozen=True, slots=True)
class Sample:
    """One message. ``part`` is one of ``PARTS``."""

    language: str
    kind: str
    text: str
    part: str


def samples() -> Iterator[Sample]:
    """All messages."""
    for language in LANGUAGES:
        seen: Counter[str] = Counter()
        for kind, text in _lines(f"{language}.tsv"):
            seen[kind] += 1
            yield Sample(language, kind, text, "tuned" if seen[kind] % 2 else "held out")
        for part in PARTS[2:]:
            for kind, text in _lines(f"{part}/{language}.tsv"):
                yield Sample(language, kind, text, part)


def _lines(name: str) -> Iterator[tuple[str, str]]:
    for line in (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines():
        kind, text = line.split("\t", 1)
        yield kind, text


def kind_of(text: str) -> str:
    """What the detector takes a message for; a request to keep the work and a slip have names of their own."""
    kind = FeedbackDetector().classify(text, WORKED)
    if kind is TurnKind.REQUEST and Message(text).asks_for_delivery:
        return "delivery"
    return "slip" if kind is TurnKind.FOLLOW_UP and Message(text).is_slip else str(kind)


@dataclass(frozen=True, slots=True)
class Score:
    """Precision and recall with the counts behind them."""

    right: int
    said: int
    meant: int

    @property
    def precision(self) -> float:
        """Of those taken for it, how many are it; 1 where none was."""
        return self.right / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Of those that are it, how many were found."""
        return self.right / self.meant if self.meant else 1.0


def score(pairs: Iterable[tuple[str, str]], kinds: frozenset[str]) -> Score:
    """For pairs of (kind meant, kind said): how well any of ``kinds`` is told from the rest."""
    found = [(meant in kinds, said in kinds) for meant, said in pairs]
    return Score(
        right=sum(meant and said for meant, said in found),
        said=sum(said for _, said in found),
        meant=sum(meant for meant, _ in found),
    )
