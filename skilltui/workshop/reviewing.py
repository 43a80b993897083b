"""Review as the faces use it: drafts edit by edit, the gate, accept, reject, undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from skilltui.domain.proposal import Decision, Edit, EditOp, Gate, GateVerdict, Origin, Proposal
from skilltui.domain.skill import CheckResult, Skill, Verdict
from skilltui.domain.trust import SkillOrigin
from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.errors import EditConflictError, GateRefusedError, NotFoundError, StateError, UsageError
from skilltui.learning.edits import apply_edits
from skilltui.library.check import check_text
from skilltui.library.match import Matcher
from skilltui.store import browse, history, proposals
from skilltui.store.database import Connection
from skilltui.versions.gate import judge_form
from skilltui.versions.manager import SkillVersionManager, Written
from skilltui.workshop.context import Context
from skilltui.workshop.events import ProposalSaved, SkillChanged
from skilltui.workshop.shelf import Shelf

_Change: TypeAlias = Callable[[Edit], Edit]

# The newest requests are what a description will meet next.
_PAST_REQUESTS = 400


@dataclass(frozen=True, slots=True)
class FiredRequest:
    """A past request that a description would fire on. ``new``: no skill serves it today."""

    trajectory: str
    request: str
    score: float
    new: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an accept left on disk. ``skipped``: copies that were not touched; ``rebased``: drafts that moved on."""

    path: Path
    published: tuple[Path, ...]
    hash: str
    version: int
    skipped: tuple[str, ...] = ()
    rebased: tuple[str, ...] = ()


class Reviewing:
    """Use cases of review."""

    def __init__(self, context: Context, shelf: Shelf, manager: SkillVersionManager) -> None:
        self._context = context
        self._shelf = shelf
        self._manager = manager

    async def proposals(self) -> list[Proposal]:
        """All drafts, newest first."""
        return await self._context.database.read(proposals.drafts)

    async def proposal(self, skill: str, version: int) -> Proposal:
        """One proposal; ``NotFoundError``."""
        found = await self._context.database.read(lambda c: proposals.proposal(c, skill, version))
        if found is None:
            raise NotFoundError(f"{skill} has no draft {version}", f"see: skilltui versions {skill}")
        return found

    def preview(self, proposal: Proposal) -> str:
        """The text with every edit that is not refused."""
        return _applied(proposal, kept(proposal))

    def check(self, proposal: Proposal) -> CheckResult:
        """What the spec check and the scan say about the preview."""
        return _check(proposal, self.preview(proposal))

    async def decide(self, skill: str, version: int, edit_id: str, decision: Decision) -> Proposal:
        """Accept, refuse or leave open one edit."""
        return await self._change(skill, version, edit_id, lambda edit: replace(edit, decision=decision))

    async def reword(self, skill: str, version: int, edit_id: str, after: str) -> Proposal:
        """Put the person's own words in an edit."""
        text = after.strip("\n")

        def change(edit: Edit) -> Edit:
            if edit.op is EditOp.REMOVE or not text.strip():
                raise UsageError("an edit that removes has no text", "refuse it instead")
            return replace(edit, after=text, origin=Origin.USER, note=_once(edit.note, "reworded by you"))

        return await self._change(skill, version, edit_id, change)

    async def gate(self, skill: str, version: int) -> Gate:
        """Judge a draft again, with the edits that are not refused."""
        proposal = judged(await self.proposal(skill, version))
        await self._save(proposal)
        assert proposal.gate is not None
        return proposal.gate

    async def would_fire(self, description: str, name: str, body: str = "", limit: int = 20) -> list[FiredRequest]:
        """Past requests that a skill of this description and body would be taken for, surest first."""
        past = await self._context.database.read(lambda c: browse.trajectories(c, browse.Filter(limit=_PAST_REQUESTS)))
        skills = [s for s in await self._shelf.skills() if s.shadowed_by is None and s.name != name]
        candidate = Skill(name, description, body, f"<draft {name}>", "", "", "")
        threshold = self._context.config.gap_threshold

        def fire() -> list[FiredRequest]:
            matcher = Matcher([*skills, candidate], threshold=threshold)
            seen: dict[str, FiredRequest] = {}
            for one in past:
                if not one.request.strip() or one.request in seen:
                    continue
                top = matcher.match(one.request, 1).top
                if top and top[0].skill == name and top[0].score >= threshold:
                    served = one.match is not None and one.match.score >= threshold
                    seen[one.request] = FiredRequest(one.id, one.request, top[0].score, not served)
            return sorted(seen.values(), key=lambda f: (-f.score, f.trajectory))[:limit]

        return await asyncio.to_thread(fire)

    async def accept(
        self,
        skill: str,
        version: int,
        *,
        edits: Sequence[str] | None = None,
        unverified: bool = False,
        confirm_name: str | None = None,
        root: Path | None = None,
    ) -> Accepted:
        """Make a draft live with the chosen edits (default: those that are not refused).

        Raises ``GateRefusedError`` where the gate fails, is not sure and ``unverified`` is not given, or a finding
        blocks and ``confirm_name`` is not the skill's name; ``ForeignEditError`` where the file is not the parent.
        """
        proposal = await self.proposal(skill, version)
        draft = await self._manager.version(skill, version)
        chosen = _chosen(proposal, edits)
        text = _applied(proposal, chosen)
        check = _check(proposal, text)
        gate = judge_form(proposal, chosen, text, check)
        if gate.verdict is GateVerdict.FAIL:
            raise GateRefusedError(
                f"the gate refuses: {'; '.join(gate.reasons)}", "change or refuse the edits it names"
            )
        if check.verdict is Verdict.BLOCK and confirm_name != skill:
            worst = next(f for f in check.findings if f.verdict is Verdict.BLOCK)
            raise GateRefusedError(
                f"line {worst.line}: {worst.code}: {worst.message}", f"if you are sure, confirm with its name: {skill}"
            )
        if gate.verdict is GateVerdict.UNVERIFIED and not unverified:
            raise GateRefusedError(
                f"not verified: {'; '.join(gate.reasons)}", "accept it all the same with --unverified"
            )
        path = await self._target(skill, draft, root)
        publish = await asyncio.to_thread(self._copies, skill, path, draft)
        refused = [e.id for e in proposal.edits if e not in chosen]
        written = await self._manager.accept(
            draft, text.encode("utf-8"), path, accepted=[e.id for e in chosen], refused=refused, publish=publish
        )
        decided = tuple(
            replace(e, decision=Decision.ACCEPTED if e in chosen else Decision.REFUSED) for e in proposal.edits
        )
        await self._save(replace(proposal, edits=decided, gate=gate, findings=check.findings), told=False)
        rebased = await self._rebase(skill, draft.parent, written.version, text)
        await self._changed(skill)
        assert written.version.hash is not None
        return Accepted(path, written.published, written.version.hash, version, written.skipped, rebased)

    async def reject(self, skill: str, version: int, *, edits: Sequence[str] | None = None, why: str = "") -> Proposal:
        """Put a draft away, or refuse some of its edits."""
        proposal = await self.proposal(skill, version)
        if edits is not None:
            _chosen(proposal, edits)
            for edit_id in edits:
                proposal = await self.decide(skill, version, edit_id, Decision.REFUSED)
            return proposal
        await self._manager.reject(await self._manager.version(skill, version), why)
        self._context.bus.publish(ProposalSaved(skill, version))
        return proposal

    async def rollback(self, skill: str, version: int | None = None) -> Written:
        """Bring a former version's exact bytes back, and its copies with it."""
        active = await self._manager.active(skill)
        record = await self._target(skill, active, None) if active else None
        publish = await asyncio.to_thread(self._copies, skill, record, active) if record and active else ()
        written = await self._manager.rollback(skill, version, publish)
        await self._changed(skill)
        return written

    async def undo(self) -> Operation:
        """Take back the newest accept, rejection or rollback. An undone accept leaves a fresh draft of its edits."""
        operation = await self._manager.undo()
        if operation.detail.get("kind") == OperationKind.ACCEPT and operation.version is not None:
            await self._draft_again(operation.skill, operation.version)
        await self._changed(operation.skill)
        return operation

    async def _draft_again(self, skill: str, number: int) -> None:
        old = await self._context.database.read(lambda c: proposals.proposal(c, skill, number))
        if old is None:
            return
        record = await self._manager.version(skill, number)
        path = await self._target(skill, record, None)
        version = await self._manager.draft(
            skill, path, engine=old.engine, model=old.model, origin=SkillOrigin.SYNTHESISED
        )
        again = replace(old, version=version.number, parent=version.parent)
        await self._save(judged(again))

    async def _rebase(self, skill: str, parent: int | None, live: Version, text: str) -> tuple[str, ...]:
        """Drafts made from the same parent move on to the new version; an edit that no longer fits is refused."""
        told = []
        for draft in await self._context.database.read(lambda c: proposals.drafts(c, skill)):
            if draft.parent != parent or draft.version == live.number:
                continue
            edits = []
            for edit in draft.edits:
                try:
                    apply_edits(text, [edit])
                except EditConflictError as conflict:
                    told.append(f"draft {draft.version}, {edit.id}: {conflict.message}")
                    edits.append(replace(edit, decision=Decision.REFUSED, note=_once(edit.note, "no longer applies")))
                else:
                    edits.append(edit)
            moved = judged(replace(draft, base=text, parent=live.number, edits=tuple(edits)))
            version = replace(await self._manager.version(skill, draft.version), parent=live.number)
            await self._save(moved, version=version)
        return tuple(told)

    async def _change(self, skill: str, version: int, edit_id: str, change: _Change) -> Proposal:
        proposal = await self.proposal(skill, version)
        state = (await self._manager.version(skill, version)).state
        if state is not VersionState.DRAFT:
            raise StateError(f"version {version} of {skill} is {state}, not a draft")
        _chosen(proposal, [edit_id])
        edits = tuple(change(e) if e.id == edit_id else e for e in proposal.edits)
        changed = judged(replace(proposal, edits=edits))
        await self._save(changed)
        return changed

    async def _save(self, proposal: Proposal, *, version: Version | None = None, told: bool = True) -> None:
        def store(connection: Connection) -> None:
            if version is not None:
                history.save_versions(connection, [version])
            proposals.save(connection, proposal)

        await self._context.database.write(store)
        if told:
            self._context.bus.publish(ProposalSaved(proposal.skill, proposal.version))

    async def _target(self, skill: str, version: Version, root: Path | None) -> Path:
        """Where the skill stands, or is to stand."""
        if root is not None:
            return root.absolute() / skill / "SKILL.md"
        record = await self._context.database.read(lambda c: history.skill_record(c, skill))
        if record is not None:
            return Path(record[0])
        assert version.parent is None
        return (self._shelf.given_root or self._context.config.skills_home) / skill / "SKILL.md"

    def _copies(self, skill: str, path: Path, version: Version) -> tuple[Path, ...]:
        """The roots that receive a copy: all configured ones for a new skill, else those that hold one already."""
        config = self._context.config
        if self._shelf.given_root is not None or path.parent.parent != config.skills_home:
            return ()
        if version.state is VersionState.DRAFT and version.parent is None:
            return config.publish
        return tuple(root for root in config.publish if (root / skill / "SKILL.md").is_file())

    async def _changed(self, skill: str) -> None:
        await self._shelf.refresh()
        self._context.bus.publish(SkillChanged(skill))


def kept(proposal: Proposal) -> tuple[Edit, ...]:
    """The edits that are not refused."""
    return tuple(e for e in proposal.edits if e.decision is not Decision.REFUSED)


def judged(proposal: Proposal) -> Proposal:
    """The proposal with findings and gate for the edits that are not refused."""
    edits = kept(proposal)
    try:
        text = _applied(proposal, edits)
    except EditConflictError:
        return replace(proposal, gate=judge_form(proposal, edits, None, None))
    check = _check(proposal, text)
    return replace(proposal, findings=check.findings, gate=judge_form(proposal, edits, text, check))


def _applied(proposal: Proposal, edits: Sequence[Edit]) -> str:
    return apply_edits(proposal.base, edits)


def _check(proposal: Proposal, text: str) -> CheckResult:
    return check_text(text, path=f"{proposal.skill}/SKILL.md", folder_name=proposal.skill)


def _chosen(proposal: Proposal, edits: Sequence[str] | None) -> tuple[Edit, ...]:
    if edits is None:
        return kept(proposal)
    known = {e.id: e for e in proposal.edits}
    missing = [edit for edit in edits if edit not in known]
    if missing:
        raise NotFoundError(f"the draft has no edit {missing[0]}", f"it has: {', '.join(known)}")
    return tuple(e for e in proposal.edits if e.id in edits)


def _once(note: str, addition: str) -> str:
    return note if addition in note else "; ".join(part for part in (note, addition) if part)
