"""The optional judge: a local model says how a trajectory ended that nothing else decides. Off by default.

What it says is never more than that: its confidence is below that of any other evidence, a person, a benchmark or
clear feedback always stands above it, and it moves nobody's trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from msgspec.structs import replace

from skilltui.domain.trajectory import Outcome, OutcomeBy, OutcomeLabel, Signal, Trajectory
from skilltui.errors import (
    EngineError,
    ModelMissingError,
    ModelOfflineError,
    ModelRefusedError,
    NotFoundError,
    StateError,
)
from skilltui.learning import outcome_judge as asking
from skilltui.llm.model import LocalModel
from skilltui.store import judgements
from skilltui.store.database import Connection
from skilltui.text.sanitise import sanitise_line
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context
from skilltui.workshop.events import JudgeFailed

# Below what the weakest other evidence must reach to decide anything.
CONFIDENCE = 0.35
MINUTE, DAY = 60.0, 86400.0
# How long after a fault the model is tried again.
RETRY_SECONDS = 300.0
_POLARITY = {OutcomeLabel.SUCCESS: 1, OutcomeLabel.FAILURE: -1}


class OutcomeJudge:
    """Asks about one trajectory at a time."""

    def __init__(self, context: Context, capturing: Capturing) -> None:
        self._context = context
        self._capturing = capturing
        self._told = ""

    @property
    def wanted(self) -> bool:
        """Whether the configuration asks for it in the background."""
        return self._context.config.outcome_judge

    async def judge(self, trajectory_id: str) -> Trajectory:
        """Ask about one trajectory, whatever the limits of the background; cancel the task to stop it.

        Raises ``NotFoundError``, ``StateError`` where something else decides its outcome or it is not over, and
        ``EngineError``.
        """
        before = await self._capturing.trajectory(trajectory_id)
        if not await self._context.database.read(partial(judgements.is_unclear, trajectory=trajectory_id)):
            decided = before.outcome.by is not OutcomeBy.NONE
            word = f"has its outcome already: {before.outcome.label}, by {before.outcome.by}"
            why = word if decided else "is not over, or nothing was done in it"
            raise StateError(f"{trajectory_id} {why}", "the judge is for what is over and unclear; your own label wins")
        config = self._context.config
        model = LocalModel(config.ollama_host, config.ollama_model, allow_remote=config.allow_remote)
        try:
            found = await self._ask(model, before)
        except (ModelOfflineError, ModelMissingError, ModelRefusedError):
            raise
        except EngineError:
            # Asked in vain: asked again, it would stand in the way of all others for ever.
            await self._context.database.write(self._remembering(trajectory_id, model, ""))
            raise
        outcome = self._outcome(before, found, model.name or "model")

        def write(connection: Connection) -> None:
            judgements.decide(connection, trajectory_id, outcome)
            self._remembering(trajectory_id, model, found.outcome)(connection)

        return await self._capturing.set_outcome(before, outcome, write)

    async def round(self) -> float | None:
        """Judge what is unclear, newest first, as far as the limits allow.

        Returns in how many seconds to come back; ``None``: when there is something new. A fault of the model is told
        once, until it has worked again.
        """
        while self.wanted:
            subject = await self._context.database.read(judgements.unclear)
            if subject is None:
                return None
            wait = await self._wait()
            if wait > 0:
                return wait
            try:
                await self.judge(subject)
            except (StateError, NotFoundError):
                # Decided, taken up again or forgotten meanwhile; when it is unclear again, there is news.
                return None
            except EngineError as fault:
                if fault.message != self._told:
                    self._told = fault.message
                    self._context.bus.publish(JudgeFailed(fault.message, fault.hint))
                return RETRY_SECONDS
            self._told = ""
        return None

    async def _ask(self, model: LocalModel, trajectory: Trajectory) -> asking.Verdict:
        chat = asking.messages(trajectory, await model.room())
        reply = await model.chat(
            chat, asking.SCHEMA, on_delta=_unheard, on_phase=_unheard, num_predict=asking.ANSWER_TOKENS
        )
        found = asking.verdict(reply.data)
        if found is None:
            raise EngineError("the model's answer was cut off before it said anything", "try another model")
        return found

    def _outcome(self, before: Trajectory, found: asking.Verdict, model: str) -> Outcome:
        reason = sanitise_line(self._context.redactor.redact(found.reason).text, max_line=asking.REASON_LENGTH)
        polarity = _POLARITY.get(found.outcome, 0)
        word = "cannot tell" if not polarity else f"takes it for a {found.outcome}"
        signal = Signal("judged", polarity, CONFIDENCE if polarity else 0.0, f"{model} {word}: “{reason}”")
        evidence = (*(s for s in before.outcome.evidence if s.signal != "judged"), signal)
        if not polarity:
            return replace(before.outcome, evidence=evidence)
        return Outcome(found.outcome, OutcomeBy.JUDGE, CONFIDENCE, evidence)

    def _remembering(self, trajectory: str, model: LocalModel, answer: str) -> partial[None]:
        return partial(
            judgements.asked, trajectory=trajectory, at=self._context.clock(), model=model.name or "", answer=answer
        )

    async def _wait(self) -> float:
        """Seconds until the limits allow another question."""
        now = datetime.fromisoformat(self._context.clock())
        since = (now - timedelta(seconds=DAY)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        asked = await self._context.database.read(partial(judgements.asked_since, since=since))
        ages = [(now - datetime.fromisoformat(at)).total_seconds() for at in asked]
        config = self._context.config
        return max(_until(ages, config.judge_per_minute, MINUTE), _until(ages, config.judge_per_day, DAY))


def _until(ages: Sequence[float], most: int, span: float) -> float:
    """Seconds until fewer than ``most`` of these ages (oldest first) lie within ``span``."""
    recent = [age for age in ages if age < span]
    return span - recent[-most] if len(recent) >= most else 0.0


def _unheard(_: str) -> None:
    """Nobody watches a judgement being written."""
