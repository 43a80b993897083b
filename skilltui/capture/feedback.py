"""What a person's message is to the work before it, and how that work ended.

``FeedbackDetector`` is the request's own name for it. Structured evidence (an exit status, a commit, a refusal) goes
before words, words before the mere end state; where neither says enough, the outcome is unknown.
"""

from __future__ import annotations

from skilltui.capture.evidence import SPOKEN, delivered, gather
from skilltui.capture.repetition import asked_again, similarity
from skilltui.domain.trajectory import (
    ErrorKind,
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    Signal,
    Trajectory,
    TurnKind,
)
from skilltui.text.sayings import Message, read_message

_ENOUGH = 0.4
_SURE = 0.95


class FeedbackDetector:
    """Classifies messages and weighs outcomes.

    English and six more languages (``languages``); any other falls back to length, structure and repetition.
    """

    def classify(self, text: str, trajectory: Trajectory) -> TurnKind:
        """What this message is to ``trajectory``, the work that came before it.

        ``REQUEST`` opens a task of its own, also where it praises or keeps the old one first.
        """
        if text.lstrip().startswith("/"):
            return TurnKind.REQUEST
        message = read_message(text)
        worked = bool(trajectory.steps or trajectory.closing_text)
        if message.is_slip:
            return TurnKind.FOLLOW_UP
        if worked and message.is_only_praise and not _asked(trajectory):
            return TurnKind.APPROVAL
        if message.praise and worked:
            return self._after_praise(message.after_praise, trajectory)
        if _halted(trajectory):
            return self._after_halt(message, trajectory)
        if message.adds_on and message.is_asking:
            return TurnKind.REQUEST
        blamed = self._blamed(message, trajectory)
        if blamed is not None:
            # Nothing was done yet that could be blamed: the person adds to what they asked.
            return blamed if worked else TurnKind.FOLLOW_UP
        if message.is_asking:
            return TurnKind.REQUEST
        if worked and message.is_thanks:
            return TurnKind.APPROVAL
        if worked and message.is_pasted_trouble:
            return TurnKind.CORRECTION
        return self._neither(message, trajectory)

    def _blamed(self, message: Message, trajectory: Trajectory) -> TurnKind | None:
        if message.is_bare_no:
            return TurnKind.FOLLOW_UP if _asked(trajectory) else TurnKind.REJECTION
        if message.is_rejection or message.is_only_blame:
            return TurnKind.REJECTION
        if message.is_correction:
            return TurnKind.CORRECTION
        return TurnKind.CORRECTION if _again(message, trajectory) else None

    def _after_praise(self, rest: Message, trajectory: Trajectory) -> TurnKind:
        if rest.is_rejection:
            return TurnKind.REJECTION
        if rest.is_asking:
            return TurnKind.REQUEST
        if rest.is_correction:
            return TurnKind.CORRECTION
        if rest.praise or rest.words < 6 or rest.is_statement:
            return TurnKind.APPROVAL
        return self._neither(rest, trajectory)

    def _after_halt(self, message: Message, trajectory: Trajectory) -> TurnKind:
        """The person stopped the agent, or refused a call, and now says why; or says something else."""
        if any(similarity(message.text, turn.text) >= 0.4 for turn in trajectory.turns):
            return TurnKind.FOLLOW_UP
        if message.words >= 25 or message.asks_for_delivery:
            return TurnKind.REQUEST
        if not trajectory.steps:
            # Stopped before anything was done: the person says better what they want.
            return TurnKind.FOLLOW_UP
        if message.is_rejection:
            return TurnKind.REJECTION
        if message.is_correction:
            return TurnKind.CORRECTION
        if _refused(trajectory):
            return TurnKind.REJECTION
        # "continue" goes on; "use hex values, not names" does not.
        return TurnKind.FOLLOW_UP if message.is_going_on and message.words <= 4 else TurnKind.CORRECTION

    def _neither(self, message: Message, trajectory: Trajectory) -> TurnKind:
        """No word of praise, blame or asking: an answer to the agent, or a new matter."""
        count = message.words
        settled = bool(trajectory.turns) and trajectory.turns[-1].kind is TurnKind.APPROVAL
        if count >= 6 and settled:
            return TurnKind.REQUEST
        if message.is_going_on or message.is_opinion or count <= 3:
            return TurnKind.FOLLOW_UP
        # Once the work is committed, fewer words of trouble make a new matter.
        if count >= (12 if delivered(trajectory) else 40) and message.tells_of_trouble:
            return TurnKind.REQUEST
        if message.is_question or message.is_statement or _asked(trajectory):
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


def _again(message: Message, trajectory: Trajectory) -> bool:
    """Whether the person asks for the same as before. To keep the work is routine, and what was approved was done."""
    turns = trajectory.turns
    if message.asks_for_delivery or message.is_going_on or (turns and turns[-1].kind is TurnKind.APPROVAL):
        return False
    earlier = {trajectory.request, *(turn.text for turn in turns[-3:] if turn.kind is not TurnKind.INTERRUPTION)}
    return any(asked_again(message.text, before) for before in earlier)


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
