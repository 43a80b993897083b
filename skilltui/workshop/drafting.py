"""Learning as the faces use it: a stub for a gap, edits for skills; each result is saved as a draft."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.gap import GapStatus
from skilltui.domain.proposal import ENGINES, Proposal
from skilltui.domain.skill import Skill
from skilltui.domain.trajectory import Trajectory
from skilltui.domain.trust import SkillOrigin
from skilltui.errors import (
    EngineError,
    NotFoundError,
    NothingToLearnError,
    StateError,
    UsageError,
)
from skilltui.learning.distiller import TrajectoryDistiller
from skilltui.learning.engine import Engine, OnProgress, Progress
from skilltui.learning.extractive import ExtractiveEngine
from skilltui.learning.ollama_engine import OllamaEngine
from skilltui.learning.synthesizer import SkillSynthesizer
from skilltui.llm.model import LocalModel, ModelStatus
from skilltui.store import browse, history, proposals
from skilltui.versions.manager import SkillVersionManager
from skilltui.workshop.capturing import Capturing
from skilltui.workshop.context import Context
from skilltui.workshop.curating import Curating
from skilltui.workshop.drafts import put_away, read_text, save_draft
from skilltui.workshop.events import DraftProgressed, ProposalSaved
from skilltui.workshop.shelf import Shelf

_Write: TypeAlias = Callable[[Engine, OnProgress], Awaitable[Proposal]]

# More trajectories than this teach nothing new and would be read into memory whole.
_MOST = 40


class EngineStatus(Struct, frozen=True):
    """What can write drafts here, and why not."""

    name: str
    available: bool
    model: str | None
    reason: str
    hint: str


class DistillReport(Struct, frozen=True):
    """Drafts made, and the skills that taught nothing with the reason."""

    proposals: tuple[Proposal, ...]
    nothing_to_learn: tuple[tuple[str, str], ...]


class Learning:
    """Use cases of learning."""

    def __init__(
        self, context: Context, shelf: Shelf, capturing: Capturing, curating: Curating, manager: SkillVersionManager
    ) -> None:
        self._context = context
        self._shelf = shelf
        self._capturing = capturing
        self._curating = curating
        self._manager = manager

    def _model(self) -> LocalModel:
        config = self._context.config
        return LocalModel(config.ollama_host, config.ollama_model, allow_remote=config.allow_remote)

    async def model_status(self) -> ModelStatus:
        """What Ollama says of itself; never raises for a server that is down."""
        return await self._model().status()

    async def engines(self) -> list[EngineStatus]:
        """Both engines, the one that ``auto`` would take first."""
        status = await self.model_status()
        ready = status.state == "ready"
        ollama = EngineStatus("ollama", ready, status.model, "" if ready else status.state, status.hint)
        extractive = EngineStatus("extractive", True, None, "needs no model", "")
        return [ollama, extractive] if ready else [extractive, ollama]

    async def synthesize(self, gap_id: str, *, engine: str = "auto") -> Proposal:
        """One proposal for a new skill, saved as a draft. Cancel the task to stop it."""
        gap = await self._curating.gap(gap_id)
        if gap.status is GapStatus.CLOSED:
            raise StateError(f"gap {gap_id} is closed", f"open it again first: skilltui gaps reopen {gap_id}")
        ids = [r.trajectory for r in gap.requests if r.trajectory][-_MOST:]
        trajectories = await self._capturing.whole(ids)
        taken = set(await self._context.database.read(history.skill_names))
        taken -= {p.skill for p in await self._drafts_for(gap_id)}
        taken |= {skill.name for skill in await self._shelf.skills()}

        async def write(chosen: Engine, on_progress: OnProgress) -> Proposal:
            return await SkillSynthesizer(chosen).synthesize(
                gap, trajectories, version=0, taken=taken, on_progress=on_progress
            )

        made = replace(await self._with_engine(engine, gap_id, write), gap=gap_id)
        target = self._shelf.publishing.home / made.skill / "SKILL.md"
        again = "draft again: the draft gets another name"
        saved = await save_draft(self._manager, made, target, SkillOrigin.SYNTHESISED, in_use=again)
        for old in await self._drafts_for(gap_id):
            if (old.skill, old.version) != (saved.skill, saved.version):
                await put_away(self._manager, old, "drafted again")
        self._tell(saved)
        # The gap may have closed, or gone, while the engine wrote; the draft stands all the same.
        with suppress(NotFoundError, StateError):
            if (await self._curating.gap(gap_id)).status is not GapStatus.LINKED:
                await self._curating.drafted(gap_id, saved.skill)
        return saved

    async def _drafts_for(self, gap_id: str) -> list[Proposal]:
        """Drafts of new skills; one that a link left is an edit of a skill that stands."""
        return [p for p in await self._context.database.read(proposals.drafts) if p.gap == gap_id and p.parent is None]

    async def distill(
        self, skills: Sequence[str] = (), *, trajectories: Sequence[str] = (), engine: str = "auto"
    ) -> DistillReport:
        """Edits for the named skills, else for every skill that the trajectories (all, by default) really used."""
        chosen = await self._chosen(skills, trajectories)
        made: list[Proposal] = []
        nothing: list[tuple[str, str]] = []
        for name, ids in chosen.items():
            skill = await self._shelf.get(name)
            evidence = await self._capturing.whole(ids[:_MOST])
            try:
                made.append(await self._distill_one(skill, evidence, engine))
            except NothingToLearnError as answer:
                nothing.append((name, answer.message))
        return DistillReport(tuple(made), tuple(nothing))

    async def _chosen(self, skills: Sequence[str], trajectories: Sequence[str]) -> dict[str, list[str]]:
        """Which trajectories teach which skill: named ones, else those that used it."""
        chosen: dict[str, list[str]] = {}
        if trajectories:
            for one in [await self._capturing.trajectory(t) for t in trajectories]:
                names = list(skills) or [use.skill for use in one.skills_used]
                if not names and one.match and one.match.score >= self._context.config.gap_threshold:
                    names = [one.match.skill]
                if not names:
                    raise UsageError(
                        f"{one.id} used no skill and none matches it", "name the skill, or draft one for its gap"
                    )
                for name in names:
                    chosen.setdefault(name, []).append(one.id)
            return chosen
        for name in skills or [skill.name for skill in await self._shelf.skills() if skill.shadowed_by is None]:
            wanted = browse.Filter(skill=name, limit=_MOST)
            found = await self._context.database.read(partial(browse.trajectories, wanted=wanted))
            if found or skills:
                chosen[name] = [t.id for t in found]
        return chosen

    async def _distill_one(self, skill: Skill, evidence: list[Trajectory], engine: str) -> Proposal:
        raw = await asyncio.to_thread(read_text, Path(skill.path))

        async def write(chosen: Engine, on_progress: OnProgress) -> Proposal:
            return await TrajectoryDistiller(chosen).distill(
                skill, evidence, raw=raw, version=0, parent=None, on_progress=on_progress
            )

        made = await self._with_engine(engine, skill.name, write)
        saved = await save_draft(self._manager, made, Path(skill.path), SkillOrigin.PERSON)
        self._tell(saved)
        return saved

    async def _with_engine(self, engine: str, subject: str, write: _Write) -> Proposal:
        if engine not in ENGINES:
            raise UsageError(f"no engine {engine!r}", f"there are: {', '.join(ENGINES)}")

        def on_progress(progress: Progress) -> None:
            self._context.bus.publish(DraftProgressed(subject, progress))

        on_progress(Progress("mining"))
        fallback = ""
        if engine != "extractive":
            model = self._model()
            try:
                status = await model.status()
                if status.state == "ready":
                    return await write(OllamaEngine(model), on_progress)
                if engine == "ollama":
                    raise EngineError(f"Ollama can't write here: {status.state}", status.hint)
            except EngineError as error:
                if engine == "ollama":
                    raise
                fallback = f"the model did not finish ({error.message}), so this is extracted without it"
        made = await write(ExtractiveEngine(), on_progress)
        note = "; ".join(part for part in (fallback, made.note) if part)
        return replace(made, note=note)

    def _tell(self, saved: Proposal) -> None:
        self._context.bus.publish(DraftProgressed(saved.gap or saved.skill, Progress("done")))
        self._context.bus.publish(ProposalSaved(saved.skill, saved.version))
