"""What a person's message is to the work before it, and how that work ended.

``FeedbackDetector`` is the request's own name for it. Structured evidence (an exit status, a commit, a refusal) goes
before words, words before the mere end state; where neither says enough, the outcome is unknown.
"""

from __future__ import annotations

from skilltui.capture import phrases
from skilltui.capture.evidence import SPOKEN, gather
from skilltui.domain.trajectory import (
    ErrorKind,
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    Signal,
    Trajectory,
    TurnKind,
)

_ENOUGH = 0.4
_SURE = 0.95


class FeedbackDetector:
    """Classifies messages and weighs outcomes. English; other languages fall back to length and structure."""

    def classify(self, text: str, trajectory: Trajectory) -> TurnKind:
        """What this message is to ``trajectory``, the work that came before it.

        ``REQUEST`` opens a task of its own, also where it praises or keeps the old one first.
        """
        if text.lstrip().startswith("/"):
            return TurnKind.REQUEST
        worked = bool(trajectory.steps or trajectory.closing_text)
        if phrases.is_slip(text):
            return TurnKind.FOLLOW_UP
        praised = phrases.praise(text)
        if praised and worked:
            return self._after_praise(phrases.opening(text)[len(praised) :], trajectory)
        if _halted(trajectory):
            return self._after_halt(text, trajectory)
        if phrases.adds_on(text) and phrases.is_asking(text):
            return TurnKind.REQUEST
        blamed = self._blamed(text, trajectory)
        if blamed is not None:
            # Nothing was done yet that could be blamed: the person adds to what they asked.
            return blamed if worked else TurnKind.FOLLOW_UP
        if phrases.is_asking(text):
            return TurnKind.REQUEST
        if worked and phrases.is_pasted_trouble(text):
            return TurnKind.CORRECTION
        return self._neither(text, trajectory)

    def _blamed(self, text: str, trajectory: Trajectory) -> TurnKind | None:
        if phrases.is_bare_no(text):
            return TurnKind.FOLLOW_UP if _asked(trajectory) else TurnKind.REJECTION
        if phrases.is_rejection(text):
            return TurnKind.REJECTION
        if phrases.is_correction(text):
            return TurnKind.CORRECTION
        said_before = any(phrases.similarity(text, turn.text) > 0.8 for turn in trajectory.turns[-3:])
        if said_before and phrases.word_count(text) >= 4:
            return TurnKind.CORRECTION
        return None

    def _after_praise(self, rest: str, trajectory: Trajectory) -> TurnKind:
        rest = rest.lstrip(" .!,;:)")
        if phrases.is_rejection(rest):
            return TurnKind.REJECTION
        if phrases.is_asking(rest):
            return TurnKind.REQUEST
        if phrases.is_correction(rest):
            return TurnKind.CORRECTION
        if phrases.praise(rest) or phrases.word_count(rest) < 6 or phrases.is_statement(rest):
            return TurnKind.APPROVAL
        return self._neither(rest, trajectory)

    def _after_halt(self, text: str, trajectory: Trajectory) -> TurnKind:
        """The person stopped the agent, or refused a call, and now says why; or says something else."""
        if any(phrases.similarity(text, turn.text) >= 0.4 for turn in trajectory.turns):
            return TurnKind.FOLLOW_UP
        if phrases.is_rejection(text):
            return TurnKind.REJECTION
        if phrases.is_correction(text):
            return TurnKind.CORRECTION
        if phrases.word_count(text) >= 25 or phrases.asks_for_delivery(text):
            return TurnKind.REQUEST
        if _refused(trajectory):
            return TurnKind.REJECTION
        return TurnKind.FOLLOW_UP if phrases.is_going_on(text) else TurnKind.CORRECTION

    def _neither(self, text: str, trajectory: Trajectory) -> TurnKind:
        """No word of praise, blame or asking: an answer to the agent, or a new matter."""
        count = phrases.word_count(text)
        settled = bool(trajectory.turns) and trajectory.turns[-1].kind is TurnKind.APPROVAL
        if count >= 6 and settled:
            return TurnKind.REQUEST
        if phrases.is_going_on(text) or phrases.is_opinion(text) or count <= 3:
            return TurnKind.FOLLOW_UP
        # Once the work is committed, fewer words of trouble make a new matter.
        if count >= (12 if _delivered(trajectory) else 40) and phrases.tells_of_trouble(text):
            return TurnKind.REQUEST
        if phrases.is_question(text) or phrases.is_statement(text) or _asked(trajectory):
            return TurnKind.FOLLOW_UP
        return TurnKind.REQUEST

    def outcome(self, trajectory: Trajectory, *, ended: bool, next_request: str | None = None) -> Outcome:
        """Weigh the evidence.

        ``ended``: nothing more will be done here; ``next_request``: what the person asked for next, if they did.
        """
        evidence = tuple(gather(trajectory, ended=ended, next_request=next_request))
        if not trajectory.steps:
            return Outcome(evidence=evidence)
        success, failure = _belief(evidence, 1), _belief(evidence, -1)
        won, lost = success * (1 - failure), failure * (1 - success)
        accepted = any(signal.polarity == 1 and signal.signal in SPOKEN for signal in evidence)
        if ended and _halted(trajectory) and not accepted:
            return Outcome(OutcomeLabel.ABANDONED, OutcomeBy.END_STATE, 0.8, evidence)
        if max(won, lost) < _ENOUGH or won == lost:
            return Outcome(evidence=evidence)
        polarity = 1 if won > lost else -1
        strongest = max((s for s in evidence if s.polarity == polarity), key=lambda s: s.weight)
        by = OutcomeBy.FEEDBACK if strongest.signal in SPOKEN else OutcomeBy.END_STATE
        label = OutcomeLabel.SUCCESS if polarity == 1 else OutcomeLabel.FAILURE
        return Outcome(label, by, round(min(max(won, lost), _SURE), 2), evidence)


def _belief(evidence: tuple[Signal, ...], polarity: int) -> float:
    """Independent reasons for the same thing, combined (noisy or)."""
    doubt = 1.0
    for signal in evidence:
        if signal.polarity == polarity:
            doubt *= 1 - signal.weight
    return 1 - doubt


def _asked(trajectory: Trajectory) -> bool:
    """Whether the agent's last words put a question to the person."""
    return "?" in trajectory.closing_text[-160:]


def _refused(trajectory: Trajectory) -> bool:
    return bool(trajectory.steps) and trajectory.steps[-1].error_kind is ErrorKind.USER_REJECTED


def _halted(trajectory: Trajectory) -> bool:
    """Whether the last thing that happened is that the person stopped the agent."""
    last = trajectory.turns[-1] if trajectory.turns else None
    if last is not None and last.kind is TurnKind.INTERRUPTION:
        return last.after_step == trajectory.last_seq
    said_since = last is not None and last.after_step == trajectory.last_seq
    return _refused(trajectory) and not said_since


def _delivered(trajectory: Trajectory) -> bool:
    return any(signal.signal == "delivered" for signal in gather(trajectory, ended=False))
