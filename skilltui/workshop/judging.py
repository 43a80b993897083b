"""Drafts as texts: what their edits make of their base, what the checks say, and how they move to another base."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from skilltui.domain.proposal import Decision, Edit, Proposal
from skilltui.domain.skill import CheckResult, worst
from skilltui.domain.version import Version
from skilltui.errors import EditConflictError, NotFoundError, SkillInvalidError
from skilltui.learning.edits import apply_edits
from skilltui.library.check import check_text
from skilltui.library.delta import delta_findings
from skilltui.versions.gate import judge_form

_STRANDED = "no longer applies"


def kept(proposal: Proposal) -> tuple[Edit, ...]:
    """The edits that are not refused."""
    return tuple(e for e in proposal.edits if e.decision is not Decision.REFUSED)


def chosen(proposal: Proposal, edits: Sequence[str] | None) -> tuple[Edit, ...]:
    """The edits of these ids, or those that are not refused; ``NotFoundError`` for an id that it has not."""
    if edits is None:
        return kept(proposal)
    known = {e.id: e for e in proposal.edits}
    missing = [edit for edit in edits if edit not in known]
    if missing:
        raise NotFoundError(f"the draft has no edit {missing[0]}", f"it has: {', '.join(known)}")
    return tuple(e for e in proposal.edits if e.id in edits)


def applied(proposal: Proposal, edits: Sequence[Edit]) -> str:
    """The base with these edits; ``EditConflictError``."""
    return apply_edits(proposal.base, edits)


def checked(proposal: Proposal, text: str) -> CheckResult:
    """What the spec check and the scan say about a text of the proposal's skill, and about its change."""
    result = check_text(text, path=f"{proposal.skill}/SKILL.md", folder_name=proposal.skill)
    if proposal.parent is None:
        return result
    findings = (*result.findings, *delta_findings(proposal.base, text))
    return replace(result, findings=findings, verdict=worst(findings))


def judged(proposal: Proposal) -> Proposal:
    """The proposal with findings and gate for the edits that are not refused."""
    edits = kept(proposal)
    try:
        text = applied(proposal, edits)
    except EditConflictError:
        return replace(proposal, gate=judge_form(proposal, edits, None, None))
    check = checked(proposal, text)
    return replace(proposal, findings=check.findings, gate=judge_form(proposal, edits, text, check))


def placed(made: Proposal, version: Version, live: bytes | None) -> Proposal:
    """What an engine made, as the draft of that number; moved where the live text changed while it was written."""
    draft = replace(made, version=version.number, parent=version.parent)
    text = readable(live)
    if text is None or version.parent is None or text == made.base:
        return judged(draft)
    return moved(draft, text, version.parent)[0]


def moved(draft: Proposal, text: str, parent: int) -> tuple[Proposal, tuple[str, ...]]:
    """The draft on another base, and what of it does not apply there: those edits are refused.

    An edit that an earlier move refused and that applies again is open again.
    """
    told, edits = [], []
    for edit in draft.edits:
        stranded = _STRANDED in edit.note
        if edit.decision is Decision.REFUSED and not stranded:
            edits.append(edit)
            continue
        try:
            apply_edits(text, [edit])
        except (EditConflictError, SkillInvalidError) as conflict:
            told.append(f"draft {draft.version}, {edit.id}: {conflict.message}")
            edits.append(replace(edit, decision=Decision.REFUSED, note=noted(edit.note, _STRANDED)))
        else:
            edits.append(replace(edit, decision=Decision.PENDING, note=_without(edit.note)) if stranded else edit)
    return judged(replace(draft, base=text, parent=parent, edits=tuple(edits))), tuple(told)


def noted(note: str, addition: str) -> str:
    """A note with an addition, once."""
    return note if addition in note else "; ".join(part for part in (note, addition) if part)


def readable(data: bytes | None) -> str | None:
    """The text of a skill's bytes, ``None`` where there are none or they are not UTF-8: no edit fits those."""
    try:
        return None if data is None else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _without(note: str) -> str:
    return "; ".join(part for part in note.split("; ") if part != _STRANDED)
