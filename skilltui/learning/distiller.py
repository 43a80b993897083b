"""Trajectory distillation (SkillRL, arXiv 2602.08234): what runs of a skill teach becomes a few edits of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from skilltui.domain.proposal import (
    DESCRIPTION,
    MAX_EDITS,
    Edit,
    EditOp,
    EvidenceRef,
    Origin,
    Proposal,
    Support,
)
from skilltui.domain.skill import Skill
from skilltui.domain.trajectory import OutcomeLabel, Trajectory
from skilltui.errors import EditConflictError, NothingToLearnError
from skilltui.learning.asking import is_order
from skilltui.learning.cards import quote
from skilltui.learning.edits import apply_edit
from skilltui.learning.engine import Brief, Draft, Engine, OnProgress, Progress
from skilltui.learning.gaps import need_sentence
from skilltui.learning.miner import Mined, mine
from skilltui.learning.phrases import MAX_DESCRIPTION, asked_for, clause, clean_request
from skilltui.learning.proposing import edits_from
from skilltui.learning.safe import forbidden
from skilltui.text.skillmd import parse_skill
from skilltui.text.tokenise import terms


class TrajectoryDistiller:
    """Amends an existing skill."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def distill(
        self,
        skill: Skill,
        trajectories: Sequence[Trajectory],
        *,
        raw: str,
        version: int,
        parent: int | None,
        on_progress: OnProgress,
    ) -> Proposal:
        """Edits of ``raw``, the skill's ``SKILL.md``, at most four, best first.

        Raises ``NothingToLearnError`` where the trajectories teach nothing that the skill does not say,
        ``EngineError`` where the engine fails, ``SkillInvalidError`` where ``raw`` can't be read.
        """
        on_progress(Progress("mining"))
        document = parse_skill(raw)
        mined = mine(trajectories, existing=document.body)
        wider = wider_description(skill.name, document.description, mined.looked_at)
        if not mined.cards and wider is None:
            raise NothingToLearnError(reason(trajectories, mined), "work with the skill some more, then try again")
        requests = tuple(asked_for([t.request for t in mined.looked_at], limit=8))
        brief = Brief(
            name=skill.name,
            description=document.description,
            need=need_sentence([t.request for t in mined.looked_at]),
            requests=requests,
            cards=mined.cards,
            existing=document.body,
        )
        draft = await self._engine.write(brief, on_progress) if mined.cards else Draft(document.description, ())
        edits, left_out = edits_from(draft, mined.cards, existing=document.body, replacements=mined.replacements)
        if wider is not None and len(edits) < MAX_EDITS:
            edits = (*edits, replace(wider, id=f"e{len(edits) + 1}"))
        edits = tuple(edit for edit in edits if _applies(raw, edit))
        if not edits:
            raise NothingToLearnError(
                "the engine worded nothing that the evidence supports", "try the extractive engine, or a larger model"
            )
        return Proposal(
            skill=skill.name,
            version=version,
            parent=parent,
            engine=self._engine.name,
            model=self._engine.model,
            base=raw,
            edits=edits,
            partial=draft.partial,
            note=notes(draft.note, left_out, mined),
        )


def wider_description(name: str, description: str, trajectories: Sequence[Trajectory]) -> Edit | None:
    """An edit that adds to the description what the skill was used for and does not say, asked in two sessions or more.

    A description is all that an agent sees when it chooses; one that fires on everything is worse than one that misses
    (zeph#5694), so one request of several words is added at a time.
    """
    used = [
        t
        for t in trajectories
        if t.outcome.label is OutcomeLabel.SUCCESS and any(use.skill == name for use in t.skills_used)
    ]
    known = set(terms(description))
    for text in asked_for([t.request for t in used], limit=8):
        said = set(terms(clause(text)))
        asking = [t for t in used if said <= set(terms(clean_request(t.request)))]
        strange = len(said - known) * 2 >= len(said)
        if len(said) < 2 or not strange or len({t.session for t in asking}) < 2 or not is_order(text):
            continue
        after = f"{description.rstrip().rstrip('.')}. Also use when asked to {clause(text)}."
        if len(after) > MAX_DESCRIPTION or forbidden(after):
            return None
        evidence = tuple(EvidenceRef(t.id, None, quote(t.request)) for t in asking)
        support = Support(len(asking), len(used))
        note = f"asked in {len(asking)} of {len(used)} uses"
        return Edit("", EditOp.REPLACE, DESCRIPTION, description, after, support, evidence, Origin.USER, note)
    return None


def reason(trajectories: Sequence[Trajectory], mined: Mined) -> str:
    """Why these trajectories teach nothing, in plain words."""
    looked = mined.looked_at
    if not trajectories:
        return "no trajectory has used this skill yet"
    if not looked:
        return "none of its trajectories has a single step"
    n = len(looked)
    those = "the only trajectory" if n == 1 else f"all {n} trajectories"
    failed = sum(t.failed_steps > 0 for t in looked)
    corrected = sum(t.corrections > 0 for t in looked)
    good = all(t.outcome.label is OutcomeLabel.SUCCESS for t in looked)
    if not failed and not corrected:
        end = "went well" if good else "ran"
        return f"{those} {end} without a correction or a failed step, and the skill says what they did"
    if not any(t.outcome.label is OutcomeLabel.SUCCESS for t in looked):
        return f"none of {n} trajectories is known to have succeeded, and no failed step in them was mended"
    parts = [
        f"{failed} of {n} trajectories had failed steps" if failed else "",
        f"{corrected} had corrections" if corrected else "",
    ]
    return " and ".join(part for part in parts if part) + ", but nothing in them is new to the skill or holds as a rule"


def notes(engine_note: str, left_out: int, mined: Mined) -> str:
    """What a proposal has to say besides its edits."""
    parts = [engine_note]
    if left_out:
        parts.append(f"{left_out} more lesson{'s' if left_out > 1 else ''} left out: a pass makes at most four edits.")
    if mined.held_back:
        kept = f"{mined.held_back} trajectories were" if mined.held_back > 1 else "1 trajectory was"
        parts.append(f"{kept} kept out of the drafting, to judge it by later.")
    return " ".join(part for part in parts if part)


def _applies(raw: str, edit: Edit) -> bool:
    try:
        apply_edit(raw, edit)
    except EditConflictError:
        return False
    return True
