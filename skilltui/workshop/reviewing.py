"""Review as the faces use it: drafts edit by edit, the gate, accept, reject, undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.gap import GapStatus
from skilltui.domain.proposal import IMPORT, Decision, Edit, EditOp, Gate, GateVerdict, Origin, Proposal
from skilltui.domain.skill import CheckResult, Verdict
from skilltui.domain.trust import SkillOrigin
from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.errors import GateRefusedError, NotFoundError, StateError, UsageError
from skilltui.store import history, proposals
from skilltui.store.database import Connection
from skilltui.versions.files import check_fresh
from skilltui.versions.gate import judge_form
from skilltui.versions.manager import SkillVersionManager
from skilltui.workshop.context import Context
from skilltui.workshop.curating import Curating
from skilltui.workshop.drafts import save_draft
from skilltui.workshop.events import ProposalSaved, SkillChanged
from skilltui.workshop.judging import applied, checked, chosen, judged, kept, moved, noted, readable
from skilltui.workshop.shelf import Shelf

__all__ = ["Accepted", "Restored", "Reviewing", "judged"]

_Change: TypeAlias = Callable[[Edit], Edit]


class Accepted(Struct, frozen=True):
    """What an accept left on disk. ``skipped``: copies that were not touched; ``rebased``: drafts that moved on."""

    path: Path
    published: tuple[Path, ...]
    hash: str
    version: int
    skipped: tuple[str, ...] = ()
    rebased: tuple[str, ...] = ()


class Restored(Struct, frozen=True):
    """What a rollback left on disk; ``skipped`` and ``rebased`` as in ``Accepted``."""

    version: Version
    path: Path
    published: tuple[Path, ...]
    skipped: tuple[str, ...]
    rebased: tuple[str, ...]


class Reviewing:
    """Use cases of review."""

    def __init__(
        self, context: Context, shelf: Shelf, manager: SkillVersionManager, curating: Curating | None = None
    ) -> None:
        self._context = context
        self._shelf = shelf
        self._manager = manager
        self._curating = curating
        # A draft is read, changed and written whole; of two changes at once one would be lost.
        self.lock = asyncio.Lock()

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
        return applied(proposal, kept(proposal))

    def check(self, proposal: Proposal) -> CheckResult:
        """What the spec check and the scan say about the preview."""
        return checked(proposal, self.preview(proposal))

    async def decide(self, skill: str, version: int, edit_id: str, decision: Decision) -> Proposal:
        """Accept, refuse or leave open one edit."""
        async with self.lock:
            return await self._change(skill, version, [edit_id], lambda edit: replace(edit, decision=decision))

    async def reword(self, skill: str, version: int, edit_id: str, after: str) -> Proposal:
        """Put the person's own words in an edit."""
        text = after.strip("\n")

        def change(edit: Edit) -> Edit:
            if edit.op is EditOp.REMOVE or not text.strip():
                raise UsageError("an edit that removes has no text", "refuse it instead")
            return replace(edit, after=text, origin=Origin.USER, note=noted(edit.note, "reworded by you"))

        async with self.lock:
            return await self._change(skill, version, [edit_id], change)

    async def gate(self, skill: str, version: int) -> Gate:
        """Judge a draft again, with the edits that are not refused."""
        async with self.lock:
            proposal = judged(await self.proposal(skill, version))
            await self._save(proposal)
        assert proposal.gate is not None
        return proposal.gate

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
        async with self.lock:
            proposal = await self.proposal(skill, version)
            text, decided = _passed(proposal, chosen(proposal, edits), unverified=unverified, confirm_name=confirm_name)
            return await self._accept(decided, text, root)

    async def _accept(self, proposal: Proposal, text: str, root: Path | None) -> Accepted:
        skill = proposal.skill
        draft = await self._manager.version(skill, proposal.version)
        path = await self._target(skill, draft, root)
        if proposal.engine == IMPORT and draft.parent is None:
            await asyncio.to_thread(check_fresh, path)
        publish = self._shelf.publishing.roots(skill, path, fresh=draft.parent is None)
        wanted = [e.id for e in proposal.edits if e.decision is Decision.ACCEPTED]
        refused = [e.id for e in proposal.edits if e.decision is Decision.REFUSED]
        written = await self._manager.accept(
            draft, text.encode("utf-8"), path, accepted=wanted, refused=refused, publish=publish
        )
        await self._save(proposal, told=False)
        rebased = await self._rebase(skill, draft.parent)
        await self._changed(skill)
        assert written.version.hash is not None
        return Accepted(path, written.published, written.version.hash, draft.number, written.skipped, rebased)

    async def reject(self, skill: str, version: int, *, edits: Sequence[str] | None = None, why: str = "") -> Proposal:
        """Put a draft away, or refuse some of its edits. A gap that is left without a draft is open again."""
        async with self.lock:
            if edits is not None:
                return await self._change(skill, version, edits, lambda edit: replace(edit, decision=Decision.REFUSED))
            proposal = await self.proposal(skill, version)
            await self._manager.reject(await self._manager.version(skill, version), why)
            await self._move_gap(proposal, GapStatus.DRAFTED)
        self._context.bus.publish(ProposalSaved(skill, version))
        return proposal

    async def rollback(self, skill: str, version: int | None = None) -> Restored:
        """Bring a former version's exact bytes back, and its copies with it; also of a skill that was deleted."""
        async with self.lock:
            if any(one.skill == skill for one in await self._shelf.retired()):
                raise StateError(f"{skill} is retired", f"skilltui undo {skill} brings all of it back")
            record = await self._context.database.read(lambda c: history.skill_record(c, skill))
            path = Path(record[0]) if record else None
            publish = self._shelf.publishing.roots(skill, path, fresh=False) if path else ()
            left = await self._manager.active(skill)
            done = await self._manager.rollback(skill, version, publish)
            rebased = await self._rebase(skill, left.number if left else None)
            await self._changed(skill)
            return Restored(done.version, done.path, done.published, done.skipped, rebased)

    async def undoable(self, skill: str | None = None) -> Operation | None:
        """What ``undo`` would take back next."""
        return await self._manager.undoable(skill)

    async def undo(self, skill: str | None = None) -> Operation:
        """Take back the newest operation of a person's that still stands, of one skill or of all.

        An undone accept leaves a fresh draft of its edits. ``detail["skipped"]`` names the copies that were not
        touched, and why.
        """
        async with self.lock:
            operation = await self._manager.undo(skill)
            skill, number, kind = operation.skill, operation.version, operation.detail.get("kind")
            old = await self._context.database.read(lambda c: proposals.proposal(c, operation.skill, number or 0))
            if old is not None and kind == OperationKind.REJECT:
                await self._rebase(skill, old.parent)
                await self._move_gap(old, GapStatus.OPEN)
            else:
                await self._rebase(skill, number)
            if old is not None and kind == OperationKind.ACCEPT:
                await self._draft_again(old)
            await self._changed(skill)
            return operation

    async def move_on(self, skill: str, left: int | None) -> tuple[str, ...]:
        """Drafts made from a version that was left move on to the live one. The caller holds ``lock``."""
        return await self._rebase(skill, left)

    async def _draft_again(self, old: Proposal) -> None:
        path = await self._target(old.skill, await self._manager.version(old.skill, old.version), None)
        saved = await save_draft(self._manager, old, path, SkillOrigin.SYNTHESISED)
        self._context.bus.publish(ProposalSaved(saved.skill, saved.version))

    async def _rebase(self, skill: str, left: int | None) -> tuple[str, ...]:
        """Drafts made from the version that ``left``, or from one rolled back before, move on to the live one."""
        live = await self._manager.active(skill)
        text = readable(await self._manager.data(live)) if live else None
        if live is None or text is None:
            return ()
        states = {v.number: v.state for v in await self._context.database.read(lambda c: history.versions(c, skill))}
        told: list[str] = []
        for draft in await self._context.database.read(lambda c: proposals.drafts(c, skill)):
            behind = draft.parent == left or (draft.parent and states.get(draft.parent) is VersionState.ROLLED_BACK)
            if draft.parent != live.number and behind:
                ready, conflicts = moved(draft, text, live.number)
                told += conflicts
                await self._save(ready)
        return tuple(told)

    async def _move_gap(self, proposal: Proposal, status: GapStatus) -> None:
        """A gap of that status follows its draft: back into the queue without one, out of it with one."""
        gap = proposal.gap
        # An edit of a skill that stands was drafted for a link; whether the gap is linked is no matter of the draft.
        if gap is None or proposal.parent is not None or self._curating is None:
            return
        served = await self._context.database.read(lambda c: proposals.serves(c, gap))
        # A queue that was filed anew since may not have this gap any more.
        with suppress(NotFoundError):
            if (await self._curating.gap(gap)).status is status:
                if served and status is GapStatus.OPEN:
                    await self._curating.drafted(gap, proposal.skill)
                elif not served and status is GapStatus.DRAFTED:
                    await self._curating.reopen(gap)

    async def _change(self, skill: str, version: int, edit_ids: Sequence[str], change: _Change) -> Proposal:
        proposal = await self.proposal(skill, version)
        state = (await self._manager.version(skill, version)).state
        if state is not VersionState.DRAFT:
            raise StateError(f"version {version} of {skill} is {state}, not a draft")
        chosen(proposal, edit_ids)
        edits = tuple(change(e) if e.id in edit_ids else e for e in proposal.edits)
        changed = judged(replace(proposal, edits=edits))
        await self._save(changed)
        return changed

    async def _save(self, proposal: Proposal, *, told: bool = True) -> None:
        def store(connection: Connection) -> None:
            proposals.save(connection, proposal)
            # The draft's base may have moved; a version that is a draft no longer keeps its parent.
            history.move_draft(connection, proposal.skill, proposal.version, proposal.parent)

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
        return self._shelf.publishing.home / skill / "SKILL.md"

    async def _changed(self, skill: str) -> None:
        await self._shelf.refresh()
        self._context.bus.publish(SkillChanged(skill))


def _passed(
    proposal: Proposal, wanted: Sequence[Edit], *, unverified: bool, confirm_name: str | None
) -> tuple[str, Proposal]:
    """The text with the wanted edits, and the proposal so decided; ``GateRefusedError`` where it may not go live."""
    text = applied(proposal, wanted)
    check = checked(proposal, text)
    gate = judge_form(proposal, wanted, text, check)
    if gate.verdict is GateVerdict.FAIL:
        raise GateRefusedError(f"the gate refuses: {'; '.join(gate.reasons)}", "change or refuse the edits it names")
    if check.verdict is Verdict.BLOCK and confirm_name != proposal.skill:
        worst = next(f for f in check.findings if f.verdict is Verdict.BLOCK)
        raise GateRefusedError(
            f"line {worst.line}: {worst.code}: {worst.message}",
            f"if you are sure, confirm with its name: --confirm {proposal.skill}",
        )
    if gate.verdict is GateVerdict.UNVERIFIED and not unverified:
        raise GateRefusedError(f"not verified: {'; '.join(gate.reasons)}", "accept it all the same with --unverified")
    decided = tuple(replace(e, decision=Decision.ACCEPTED if e in wanted else Decision.REFUSED) for e in proposal.edits)
    return text, replace(proposal, edits=decided, gate=gate, findings=check.findings)
