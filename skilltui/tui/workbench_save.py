"""The end of a review: accepted edits become a live version, or the draft is put away. Asks what has to be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec.structs import replace
from textual.app import App

from skilltui.domain.proposal import IMPORT, Decision, Gate, GateVerdict, Proposal
from skilltui.domain.skill import Finding, Verdict
from skilltui.errors import ForeignEditError, GateRefusedError
from skilltui.figures import plural
from skilltui.paths import user_home
from skilltui.tui.content import notify
from skilltui.tui.dialogs import Confirm, Reason, TypeName
from skilltui.workshop.home import Home
from skilltui.workshop.reviewing import Accepted, judged


async def save(app: App[Any], home: Home, proposal: Proposal) -> Accepted | None:
    """Ask what has to be asked, accept, and tell what stands on disk now. Runs in a worker.

    ``None`` where nothing was saved.
    """
    accepted = tuple(edit for edit in proposal.edits if edit.decision is Decision.ACCEPTED)
    whole = proposal.engine == IMPORT and not proposal.edits
    if not accepted and not whole:
        notify(app, "No edit is accepted yet.", hint="a accepts the one under the cursor", severity="warning")
        return None
    result = judged(replace(proposal, edits=accepted))
    gate = result.gate
    if gate is not None and gate.verdict is GateVerdict.FAIL:
        raise GateRefusedError(f"the gate refuses: {'; '.join(gate.reasons)}", "reword or refuse the edits it names")
    blocking = [finding for finding in result.findings if finding.verdict is Verdict.BLOCK]
    what = "the imported" if whole else f"{plural(len(accepted), 'edit')} of"
    question = f"Make {what} {proposal.skill} live as version {proposal.version}?"
    words = consequence(proposal, gate)
    if blocking:
        reasons = [finding_words(finding) for finding in blocking]
        sure = await app.push_screen_wait(TypeName(proposal.skill, question, words, reasons))
    elif gate is None or gate.verdict is not GateVerdict.PASS:
        sure = await app.push_screen_wait(Confirm(question, words, verb="save it"))
    else:
        sure = True
    if not sure:
        return None
    try:
        written = await home.reviewing.accept(
            proposal.skill, proposal.version, edits=[edit.id for edit in accepted], unverified=True,
            confirm_name=proposal.skill if blocking else None,
        )  # fmt: skip
    except ForeignEditError as changed:
        words = f"{proposal.skill} was not saved: its file changed meanwhile"
        raise ForeignEditError(words, "^g drafts again from it; what stands there is kept as a version") from changed
    notify(app, f"{proposal.skill} {written.version} is live: {short_path(written.path)}", hint=written_words(written))
    for skipped in written.skipped:
        notify(app, f"Not copied: {skipped}", severity="warning")
    return written


async def put_away(app: App[Any], home: Home, proposal: Proposal) -> None:
    """Reject a whole draft, with the person's reason. Runs in a worker."""
    named = f"draft {proposal.version} of {proposal.skill}"
    why = await app.push_screen_wait(Reason(f"Put {named} away?", "Its edits stay readable in Versions."))
    if why is not None:
        await home.reviewing.reject(proposal.skill, proposal.version, why=why)
        notify(app, f"Put away: {named}", hint="u in Versions takes it back")


def consequence(proposal: Proposal, gate: Gate | None) -> str:
    """What the person should know before saying yes."""
    parts = []
    if gate is None or gate.verdict is GateVerdict.UNVERIFIED:
        reasons = "; ".join(gate.reasons) if gate else "the gate was not run"
        parts.append(f"Not verified: {reasons}.")
    undecided = [edit.id for edit in proposal.edits if edit.decision is Decision.PENDING]
    if undecided:
        parts.append(f"Undecided and left out: {', '.join(undecided)}.")
    return " ".join(parts)


def finding_words(finding: Finding) -> str:
    """A finding as one sentence."""
    where = f"line {finding.line}" if finding.line else "whole file"
    shown = f": it says {finding.shown}" if finding.shown else ""
    return f"{where} {finding.severity.value} {finding.code}: {finding.message}{shown}"


def short_path(path: Path) -> str:
    """A path with ``~`` for the person's home."""
    home = user_home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def written_words(written: Accepted) -> str:
    """Where else it went, and the way on."""
    parts = []
    if written.published:
        parts.append(f"copied to {', '.join(short_path(path.parent) for path in written.published)}")
    if written.rebased:
        parts.append(f"other drafts moved on: {'; '.join(written.rebased)}")
    return "; ".join([*parts, "4 shows it in Versions"])
