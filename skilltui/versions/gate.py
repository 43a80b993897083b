"""The gate on form: is the result a valid skill, and is every change small, whole and evidenced?

Without replayed cases a gate can refuse, but it can't vouch: its best verdict is ``unverified`` (SkillOpt's ablation:
the same edits with the gate off fell from 0.554 to 0.026, so an honest "not verified" matters). It fails closed.
"""

from __future__ import annotations

from collections.abc import Sequence

from skilltui.domain.proposal import (
    DESCRIPTION,
    IMPORT,
    MAX_EDITS,
    Edit,
    EditOp,
    Gate,
    GateBasis,
    GateVerdict,
    Proposal,
)
from skilltui.domain.skill import CheckResult, Verdict
from skilltui.text.skillmd import MAX_DESCRIPTION

_MAX_LINES = 500
_MAX_LINE_LENGTH = 1000


def judge_form(proposal: Proposal, edits: Sequence[Edit], text: str | None, check: CheckResult | None) -> Gate:
    """Judge what ``edits`` make of the proposal's base.

    ``text`` is the resulting ``SKILL.md``, ``None`` where an edit no longer applies; ``check`` is what the spec check
    and the scan say about it.
    """
    faults = list(_faults(proposal, edits, text, check))
    if faults:
        return Gate(GateVerdict.FAIL, GateBasis.FORM, tuple(faults))
    told = "no run of yours stands behind it" if proposal.engine == IMPORT else "every edit names its evidence"
    reasons = [f"the result is a valid skill and {told}"]
    if check is not None and check.verdict is Verdict.BLOCK:
        reasons.append("a finding blocks: it may go live only after its name is typed")
    reasons.append("no held-back case was tried, so whether it helps is not known")
    return Gate(GateVerdict.UNVERIFIED, GateBasis.FORM, tuple(reasons))


def _faults(proposal: Proposal, edits: Sequence[Edit], text: str | None, check: CheckResult | None) -> list[str]:
    faults = []
    if not edits and proposal.engine != IMPORT:
        faults.append("no edit is left to accept")
    if len(edits) > MAX_EDITS:
        faults.append(f"{len(edits)} edits in one pass, at most {MAX_EDITS} can be judged")
    if text is None or check is None:
        return [*faults, "an edit no longer applies to the text it was made for"]
    if check.verdict is Verdict.REJECT:
        worst = next((f for f in check.findings if f.verdict is Verdict.REJECT), None)
        faults.append(f"not a valid skill: {worst.message}" if worst else "not a valid skill")
    if proposal.parent is not None and text == proposal.base:
        faults.append("the result is the same as the version it starts from")
    if text.count("\n") > _MAX_LINES:
        faults.append(f"{text.count(chr(10))} lines, more than the {_MAX_LINES} that agents are advised to load")
    for edit in edits:
        if not edit.evidence:
            faults.append(f"{edit.id} names no evidence")
        if edit.op is not EditOp.REMOVE and not (edit.after or "").strip():
            faults.append(f"{edit.id} adds nothing")
        # A description is one line, and as long as the format allows.
        longest = MAX_DESCRIPTION if edit.section == DESCRIPTION else _MAX_LINE_LENGTH
        if any(len(line) > longest for line in (edit.after or "").splitlines()):
            faults.append(f"{edit.id} has a line longer than {longest} characters")
    return faults
