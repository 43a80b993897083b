"""Gap synthesis (after MetaAgent, arXiv 2508.00271): a stub of a new skill from what was done without one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from skilltui.domain.gap import Gap
from skilltui.domain.proposal import Edit, EditOp, EvidenceRef, Origin, Proposal, Support
from skilltui.domain.trajectory import Trajectory
from skilltui.errors import NothingToLearnError
from skilltui.learning.cards import quote
from skilltui.learning.describing import repeats, skill_description, skill_title
from skilltui.learning.distiller import notes
from skilltui.learning.edits import STEPS
from skilltui.learning.engine import Brief, Engine, OnProgress, Progress
from skilltui.learning.miner import mine
from skilltui.learning.phrases import asked_for, purpose, skill_name
from skilltui.learning.proposing import edits_from
from skilltui.learning.safe import forbidden
from skilltui.text.skillmd import emit_new
from skilltui.text.tokenise import words

WHEN_TO_USE = "When to use"


class SkillSynthesizer:
    """Drafts a new skill for a gap."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def synthesize(
        self,
        gap: Gap,
        trajectories: Sequence[Trajectory],
        *,
        version: int,
        taken: Collection[str],
        on_progress: OnProgress,
    ) -> Proposal:
        """A skeleton with name, description and purpose, and at most four edits that fill it.

        A gap that nothing was done for yet gets a stub that says so. Raises ``NothingToLearnError`` where the gap
        holds no words to make one of, ``EngineError`` where the engine fails.
        """
        on_progress(Progress("mining"))
        requests = [r.text for r in gap.requests] or [gap.need]
        asked = [text for text in asked_for(requests) if not forbidden(text)]
        if not asked:
            raise NothingToLearnError(
                "the requests of this gap hold no words to make a skill of",
                "dismiss the gap, or write the skill by hand",
            )
        name = skill_name(requests, taken)
        what = purpose(requests)
        if len(words(what)) < 2:
            what = " ".join(words(name)).capitalize()
        mined = mine(trajectories)
        steps = next((c.lines for c in mined.cards if c.section == STEPS and c.support.trajectories > 1), ())
        description = skill_description(what, asked, steps)
        if not mined.cards:
            on_progress(Progress("done"))
            stub = Proposal(
                name, version, None, "extractive", None, skeleton(name, description, what, ()), (_need(gap, asked),)
            )
            return replace(stub, gap=gap.id, note="A stub: it was asked for, and no run shows well how it is done.")
        brief = Brief(name=name, description=description, need=gap.need, requests=tuple(asked), cards=mined.cards)
        draft = await self._engine.write(brief, on_progress)
        edits, left_out = edits_from(draft, mined.cards)
        worded = draft.description.strip()
        if not 0 < len(worded) <= 1024 or forbidden(worded):
            worded = description
        if not edits:
            raise NothingToLearnError(
                "the engine worded nothing that the evidence supports", "try the extractive engine, or a larger model"
            )
        return Proposal(
            skill=name,
            version=version,
            parent=None,
            engine=self._engine.name,
            model=self._engine.model,
            base=skeleton(name, worded, what, asked),
            edits=edits,
            partial=draft.partial,
            gap=gap.id,
            note=notes(draft.note, left_out, mined),
        )


def _need(gap: Gap, asked: Sequence[str]) -> Edit:
    """Nothing was done yet that could be learned from: the need itself, said to be no more than that."""
    refs = tuple(EvidenceRef(r.trajectory, None, quote(r.text)) for r in gap.requests if r.trajectory)[:4]
    seen = len({ref.trajectory for ref in refs})
    return Edit(
        id="e1",
        op=EditOp.ADD,
        section=WHEN_TO_USE,
        before=None,
        after=_listed(asked),
        support=Support(seen, seen),
        evidence=refs,
        origin=Origin.USER,
        note="asked for; no run shows how",
    )


def skeleton(name: str, description: str, what: str, asked: Sequence[str]) -> str:
    """The text that the edits of a new skill apply to."""
    title = skill_title(what, name)
    body = f"# {title}\n"
    if not repeats(title, what):
        body += f"\n{what.rstrip('.')}.\n"
    if asked:
        body += f"\n## {WHEN_TO_USE}\n\n{_listed(asked)}\n"
    return emit_new(name, description, body, metadata={"origin": "skilltui"})


def _listed(asked: Sequence[str]) -> str:
    return "\n".join(f"- “{text}”" for text in asked)
