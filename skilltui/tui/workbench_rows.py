"""What the Workbench lists: drafts, edits, evidence, findings; as rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from skilltui.domain.proposal import Decision, Edit, EditOp, EvidenceRef, Gate, GateBasis, GateVerdict, Origin, Proposal
from skilltui.domain.skill import Finding, Severity, Verdict
from skilltui.domain.trajectory import Trajectory
from skilltui.domain.trust import START_LEVEL, SkillOrigin, Trust
from skilltui.figures import plural
from skilltui.text.sanitise import sanitise_line
from skilltui.tui import signs
from skilltui.tui.signs import DOT, Sign
from skilltui.tui.widgets.cells import Cell, Line, Row, fit, row, sign_cell, wrap
from skilltui.tui.widgets.detail import Block, Facts, Para
from skilltui.tui.words import step_words

DECISIONS: Mapping[Decision, Sign] = {
    Decision.PENDING: Sign("?", "?", "undecided", "unknown"),
    Decision.ACCEPTED: Sign("✓", "+", "accepted", "success"),
    Decision.REFUSED: Sign("✗", "x", "refused", "muted"),
}
_GATE: Mapping[GateVerdict, tuple[Sign, str]] = {
    GateVerdict.PASS: (signs.SUCCESS, "passed"),
    GateVerdict.FAIL: (signs.FAILURE, "failed"),
    GateVerdict.UNVERIFIED: (signs.UNKNOWN, "unverified"),
}
_BASES: Mapping[GateBasis, str] = {
    GateBasis.FORM: "form only",
    GateBasis.COVERAGE: "by coverage",
    GateBasis.BEHAVIOUR: "by behaviour",
}
_ORIGINS = {Origin.TOOL: "from tool output", Origin.DOCS: "from the documents"}
# Of what an edit changes and of a quote, more lines than these are counted, not shown: the preview has them all.
_MOST_CHANGED = 6
_MOST_QUOTED = 8
# Of what an edit rests on, this much stands in its row; the evidence has all of it.
_WIDEST_SUPPORT = 30


def engine_words(proposal: Proposal) -> str:
    """Who wrote it."""
    return f"{proposal.engine} ({proposal.model})" if proposal.model else f"{proposal.engine}, no model"


def gate_words(gate: Gate | None) -> tuple[Sign, str]:
    """The verdict in one short line: what it stands on, or what it refuses."""
    if gate is None:
        return signs.UNKNOWN, "gate: not run yet, g runs it"
    sign, word = _GATE[gate.verdict]
    if gate.verdict is not GateVerdict.FAIL:
        return sign, f"gate: {word}, {_BASES[gate.basis]}"
    more = f", and {len(gate.reasons) - 1} more: g says them" if len(gate.reasons) > 1 else ""
    return sign, f"gate: {word}, {gate.reasons[0]}{more}" if gate.reasons else f"gate: {word}"


def gate_reasons(gate: Gate | None) -> tuple[Sign, str]:
    """The verdict with all its reasons."""
    sign, words = gate_words(gate)
    if gate is None or not gate.reasons:
        return sign, words
    return sign, f"gate: {_GATE[gate.verdict][1]}, {'; '.join(gate.reasons)}"


def trust_words(trust: Trust | None) -> str:
    """What the live skill is trusted, or what a new one starts with."""
    if trust is not None:
        return trust.level.value
    return f"new, starts as {START_LEVEL[SkillOrigin.SYNTHESISED].value}"


def accepted_words(proposal: Proposal) -> str:
    """``2 accepted of 4``."""
    accepted = sum(edit.decision is Decision.ACCEPTED for edit in proposal.edits)
    return f"{accepted} accepted of {len(proposal.edits)}"


def headline(proposal: Proposal, trust: Trust | None, place: str, conflicts: Mapping[str, str]) -> list[Block]:
    """What stands over an open draft."""
    gate, words = gate_words(proposal.gate)
    blocks: list[Block] = [
        Facts(
            (
                sign_cell(signs.DRAFT),
                Cell(proposal.skill, "strong"),
                Cell(f"{DOT} draft {proposal.version}"),
                Cell(f"{DOT} from {proposal.parent}" if proposal.parent else "", "muted", drop=3),
                Cell(f"{DOT} {engine_words(proposal)}", "muted", drop=1),
                Cell(f"{DOT} {trust_words(trust)}", "muted", drop=2),
                Cell("", grow=True),
                Cell(place, "muted", drop=4),
            )
        ),
        Para(words, gate.tone, lead=gate),
    ]
    if proposal.partial:
        blocks.append(Para("partial: the engine stopped before it had seen everything", "finding", lead=signs.FINDING))
    if proposal.note:
        blocks.append(Para(proposal.note, "muted", indent=2))
    blocks += [Para(f"{edit}: {why}", "failure", lead=signs.FAILURE) for edit, why in conflicts.items()]
    return blocks


def draft_key(proposal: Proposal) -> str:
    """Names a draft in the list."""
    return f"{proposal.version}/{proposal.skill}"


def draft_rows(proposals: Sequence[Proposal]) -> list[Row]:
    """One row of two lines per draft."""
    rows = []
    for proposal in proposals:
        gate, words = gate_words(proposal.gate)
        decided = Cell(accepted_words(proposal), "muted", drop=1)
        rows.append(
            row(
                draft_key(proposal),
                sign_cell(signs.DRAFT), Cell(proposal.skill, "strong", grow=True),
                Cell("new skill" if proposal.parent is None else f"from version {proposal.parent}", "muted", drop=2),
                decided,
                second=(Cell("", width=2), sign_cell(gate), Cell(words, "muted", grow=True),
                        Cell(engine_words(proposal), "muted", drop=1)),
            )
        )  # fmt: skip
    return rows


def support_words(edit: Edit) -> str:
    """Where it was seen, or that it was refused."""
    if edit.decision is Decision.REFUSED:
        return f"refused: {edit.note}" if edit.note else "refused"
    seen = f"{edit.support.trajectories} of {edit.support.of}"
    once = edit.support.trajectories == 1 and re.search(r"\b(once|one run)\b", edit.note)
    if once or re.search(rf"(?<!\d){seen}(?!\d)", edit.note):
        return edit.note
    return f"{edit.note}: {seen}" if edit.note else f"seen in {seen}"


def edit_rows(edits: Sequence[Edit], conflicts: Mapping[str, str]) -> list[Row]:
    """One row of two lines per edit: what and why; its first words."""
    wide_id = max((len(edit.id) for edit in edits), default=2)
    rows = []
    for edit in edits:
        words = (edit.after if edit.after is not None else edit.before) or ""
        first, _, more = words.partition("\n")
        tone = "muted" if edit.decision is Decision.REFUSED else "text"
        aside = _ORIGINS.get(edit.origin, "")
        if edit.id in conflicts:
            aside = "does not apply"
        elif more:
            aside = " ".join(part for part in (aside, f"+{plural(more.count(chr(10)) + 1, 'line')}") if part)
        rows.append(
            row(
                edit.id,
                sign_cell(DECISIONS[edit.decision]), Cell(edit.id, "strong", width=wide_id),
                Cell(edit.op.value, width=7), Cell(edit.section or "top", grow=True, width=8),
                Cell(_cut(support_words(edit), _WIDEST_SUPPORT), "muted"),
                second=(Cell("", width=2 + wide_id), Cell("-" if edit.op is EditOp.REMOVE else "+", "muted", width=1),
                        Cell(first, tone, grow=True),
                        Cell(aside, "finding" if edit.origin is Origin.TOOL or edit.id in conflicts else "muted",
                             drop=1)),
            )
        )  # fmt: skip
    return rows


def evidence_rows(edit: Edit, known: Mapping[str, Trajectory | None], gate: Gate | None, width: int) -> list[Row]:
    """What the edit changes, then each place that it stands on, then what the gate says of the draft.

    ``known``: the trajectories read so far.
    """
    rows = [_pinned("decision", (Cell("you say", "muted"), *_decision_cells(edit)))]
    why = support_words(edit)
    if cell_len(why) > _WIDEST_SUPPORT:
        rows += [_pinned(f"why{n}", (Cell(line, "muted", grow=True),)) for n, line in enumerate(wrap(why, width - 2))]
    for number, (sign, line, tone) in enumerate(_changed_lines(edit, width - 4)):
        rows.append(_pinned(f"change{number}", (Cell(sign, tone, width=1), Cell(line, tone, grow=True))))
    if edit.origin is Origin.TOOL:
        warning = "first said by tool output, by nobody that you trust: read it before you accept it"
        rows += [
            _pinned(f"origin{n}", (Cell(str(signs.FINDING) if not n else "", "finding", width=1),
                                   Cell(line, "finding", grow=True)))
            for n, line in enumerate(wrap(warning, width - 4))
        ]  # fmt: skip
    rows.append(_pinned("gap", ()))
    for number, ref in enumerate(edit.evidence):
        rows.append(Row(str(number), (_place(ref, known), *_quoted(ref, width - 6))))
    verdict, words = gate_reasons(gate)
    rows.append(_pinned("gate-gap", ()))
    for number, line in enumerate(wrap(words, width - 4)):
        lead = Cell("", width=1) if number else sign_cell(verdict)
        rows.append(_pinned(f"gate{number}", (lead, Cell(line, "muted", grow=True))))
    return rows


def finding_rows(findings: Sequence[Finding], width: int) -> list[Row]:
    """One row per finding: where and how grave, what it means, the hidden text that it found."""
    rows = []
    for number, finding in enumerate(findings):
        tone = signs.severity_tone(finding.severity)
        mild = finding.severity is Severity.INFO
        blocks = finding.verdict in (Verdict.BLOCK, Verdict.REJECT)
        first = (
            Cell(str(DOT if mild else signs.FINDING), tone, width=1),
            Cell(f"line {finding.line}" if finding.line else "whole file"),
            Cell(finding.severity.value, tone), Cell("blocks" if blocks else "", "failure"),
            Cell(finding.code, "strong", grow=True),
        )  # fmt: skip
        told: list[Line] = [(Cell("", width=1), Cell(piece, grow=True)) for piece in wrap(finding.message, width - 4)]
        if finding.shown:
            told.append((Cell("", width=1), Cell("it says:", "muted"), Cell(finding.shown, "quote", grow=True)))
        rows.append(Row(str(number), (first, *told)))
    return rows


def _pinned(key: str, cells: Line) -> Row:
    return Row(f"-{key}", (cells or (Cell("", width=1),),), selectable=False)


def _decision_cells(edit: Edit) -> Line:
    sign = DECISIONS[edit.decision]
    return (sign_cell(sign), Cell(sign.word, sign.tone, grow=True))


def _changed_lines(edit: Edit, width: int) -> list[tuple[str, str, str]]:
    lines: list[tuple[str, str, str]] = []
    for sign, text, tone in (("-", edit.before, "removed"), ("+", edit.after, "added")):
        if text is None:
            continue
        pieces, more = _capped(list(wrap(text, width)), _MOST_CHANGED)
        lines += [(sign, piece, tone) for piece in pieces]
        if more:
            lines.append((sign, more, "muted"))
    return lines


def _place(ref: EvidenceRef, known: Mapping[str, Trajectory | None]) -> Line:
    where = (Cell(ref.trajectory, "accent"), Cell(str(DOT), "muted"))
    if is_gap(ref):
        return (*where, Cell("asked for in words", grow=True))
    trajectory = known.get(ref.trajectory)
    if ref.trajectory in known and trajectory is None:
        return (*where, Cell("no longer stored", "muted", grow=True))
    if ref.step is None:
        return (*where, Cell("you"), Cell(trajectory.request if trajectory else "", "muted", grow=True))
    step = next((s for s in trajectory.all_steps if s.seq == ref.step), None) if trajectory else None
    if step is None:
        return (*where, Cell(f"step {ref.step}"), Cell("", grow=True))
    told = Cell(f"{step.tool}  {step_words(step)}", "code", grow=True)
    return (*where, Cell(f"step {ref.step}"), sign_cell(signs.step_sign(step.ok)), told)


def is_gap(ref: EvidenceRef) -> bool:
    """Whether what stands behind it is a request made in words, not a trajectory."""
    return ref.trajectory.startswith("g_")


def _quoted(ref: EvidenceRef, width: int) -> tuple[Line, ...]:
    if not ref.quote.strip():
        return ()
    quote = f"{signs.QUOTE_OPEN}{ref.quote.strip()}{signs.QUOTE_CLOSE}"
    pieces, more = _capped(list(wrap(quote, width)), _MOST_QUOTED)
    lines = [(Cell("", width=1), Cell(piece, "quote", grow=True)) for piece in pieces]
    if more:
        lines.append((Cell("", width=1), Cell(more, "muted", grow=True)))
    return tuple(lines)


def _capped(pieces: list[str], most: int) -> tuple[list[str], str]:
    """The first of them, and how many are left out; a single one is not worth leaving out."""
    if len(pieces) <= most + 1:
        return pieces, ""
    return pieces[:most], f"{signs.ELLIPSIS} {plural(len(pieces) - most, 'more line')}"


def _cut(text: str, most: int) -> str:
    shown = sanitise_line(text)
    return fit(shown, most) if cell_len(shown) > most else shown
