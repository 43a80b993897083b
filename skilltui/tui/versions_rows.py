"""What Versions lists and says: skills, a version's facts, blame, the operation log; as rows and words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from skilltui.domain.proposal import EvidenceRef
from skilltui.domain.skill import CheckResult, Finding, Severity, Verdict
from skilltui.domain.trust import Trust
from skilltui.domain.version import Operation, OperationKind, Version, VersionState
from skilltui.figures import plural
from skilltui.tui import signs
from skilltui.tui.dialogs import VersionChoice
from skilltui.tui.signs import DOT
from skilltui.tui.widgets.cells import Cell, Line, Row, row, sign_cell
from skilltui.tui.widgets.detail import Block, Gap, Para
from skilltui.tui.widgets.empty_state import EmptyState
from skilltui.tui.widgets.trust_bar import level_tone
from skilltui.tui.words import ago
from skilltui.tui.workbench_save import finding_words, short_path
from skilltui.versions.copies import CopyState
from skilltui.workshop.comparing import BlameLine, VersionView
from skilltui.workshop.publishing import Copy

ON_DISK = "on disk now"
# The key of the line below the skills; no skill has such a name.
BROKEN = "/broken"
NO_CHOICE = EmptyState(signs.IDLE, "No skill is chosen.", tone="muted")
OPERATIONS: Mapping[OperationKind, str] = {
    OperationKind.IMPORT: "first seen on disk, kept as",
    OperationKind.FOREIGN_EDIT: "edited by hand, kept as",
    OperationKind.DRAFT: "drafted",
    OperationKind.ACCEPT: "accepted",
    OperationKind.REJECT: "put away",
    OperationKind.ROLLBACK: "rolled back to",
    OperationKind.UNDO: "took back",
    OperationKind.NEW: "begun as",
    OperationKind.FIX: "mended by quotes, kept as",
    OperationKind.RENAME: "renamed, kept as",
    OperationKind.RETIRE: "retired at",
    OperationKind.PUBLISH: "brought its copies up to",
}
_STATES: Mapping[VersionState, str] = {
    VersionState.DRAFT: "draft",
    VersionState.ACTIVE: "live",
    VersionState.SUPERSEDED: "",
    VersionState.REJECTED: "put away",
    VersionState.ROLLED_BACK: "rolled back",
}


def skill_rows(
    names: Sequence[str],
    on_disk: Mapping[str, bool],
    trust: Mapping[str, Trust],
    findings: Mapping[str, Sequence[Finding]],
    retired: Collection[str] = (),
) -> list[Row]:
    """One row per skill. ``on_disk``: name -> whether it has a history beside its file; absent: history alone."""
    rows = []
    for name in names:
        sign = signs.DRAFT if name not in on_disk else signs.LIVE if on_disk[name] else signs.IDLE
        known = trust.get(name)
        aside = Cell(known.level.value, level_tone(known.level), drop=1) if known else Cell("", drop=1)
        if name in retired:
            sign, aside = signs.IDLE, Cell("retired", "muted", drop=1)
        found = sign_cell(signs.FINDING) if name in findings else Cell("")
        rows.append(row(name, sign_cell(sign), Cell(name, grow=True), found, aside))
    return rows


def above_info(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that are more than a remark."""
    return tuple(finding for finding in findings if finding.severity is not Severity.INFO)


def findings_line(findings: Sequence[Finding]) -> Para:
    """What a check finds in the text on disk: the first finding in words, the others counted."""
    more = f"; {plural(len(findings) - 1, 'more finding')}" if len(findings) > 1 else ""
    return Para(f"{finding_words(findings[0])}{more}", "finding", lead=signs.FINDING)


def copy_lines(copies: Sequence[Copy]) -> list[Block]:
    """The copies that are not as the skill is: one that differs is worth a sign, one that is not there is not."""
    lines: list[Block] = []
    for copy in copies:
        where = short_path(copy.path.parent)
        if copy.state is CopyState.DIFFERS:
            words = f"The copy in {where} differs: somebody edited it, or it is behind."
            lines.append(Para(words, "finding", lead=signs.FINDING))
        elif copy.state is CopyState.MISSING:
            lines.append(Para(f"There is no copy in {where}: publish, in the palette, makes one.", "muted"))
    return lines


def broken_words(broken: Sequence[CheckResult]) -> str:
    """``14 files can't be used as skills``."""
    return f"{plural(len(broken), 'file')} can't be used as {'a skill' if len(broken) == 1 else 'skills'}"


def broken_rows(broken: Sequence[CheckResult]) -> list[Row]:
    """The line below the skills, in two lines as the column is narrow."""
    if not broken:
        return []
    count, _, rest = broken_words(broken).partition(" used")
    first = (sign_cell(signs.FINDING), Cell(count, "finding", grow=True))
    return [row(BROKEN, *first, second=(Cell("", width=1), Cell(f"used{rest}", "finding", grow=True)))]


def broken_state(broken: Sequence[CheckResult]) -> EmptyState:
    """What stands beside that line."""
    return EmptyState(signs.FINDING, f"{broken_words(broken)}.", "enter says why")


def broken_blocks(broken: Sequence[CheckResult]) -> list[Block]:
    """Each file with the reasons why it can't be used."""
    blocks: list[Block] = []
    for result in broken:
        reasons = [f for f in result.findings if f.verdict is Verdict.REJECT] or above_info(result.findings)
        blocks += [
            *([Gap()] if blocks else []),
            Para(short_path(Path(result.path)), "strong"),
            *(Para(finding_words(finding), lead=signs.FINDING) for finding in reasons),
        ]
    return blocks


def author(version: Version) -> str:
    """Who wrote a version."""
    if version.engine == "person":
        return "by hand"
    return f"{version.engine} ({version.model})" if version.model else f"{version.engine}, no model"


def edits_words(version: Version) -> str:
    """``e1 e3 accepted, e2 refused``."""
    parts = []
    if version.accepted_edits:
        parts.append(f"{' '.join(version.accepted_edits)} accepted")
    if version.refused_edits:
        parts.append(f"{' '.join(version.refused_edits)} refused")
    return ", ".join(parts)


def state_name(number: int | None, versions: Sequence[Version]) -> str:
    """``3``, ``draft 4``, or what stands on disk."""
    if number is None:
        return ON_DISK
    found = next((v for v in versions if v.number == number), None)
    return f"draft {number}" if found is not None and found.state is VersionState.DRAFT else str(number)


def facts_line(
    before: int | None, after: int | None, views: Sequence[VersionView], since: datetime, *, size: str, hunk: str
) -> Line:
    """What is compared, and what came of the later one."""
    versions = [view.version for view in views]
    view = next((v for v in views if v.version.number == after), None)
    name = state_name(after, versions)
    alone = f"version {name}" if name.isdigit() else name
    compared = f"{state_name(before, versions)} → {name}" if before != after else alone
    cells = [Cell(compared if not signs.ascii_only() else compared.replace("→", "->"), "strong")]
    words: list[tuple[str, int]] = []
    if view is not None:
        version = view.version
        age = ago(version.created_at, since)
        if age:
            words.append(("just now" if age == "now" else f"{age} ago", 2))
        words += [(_STATES[version.state], 2), (author(version), 3), (edits_words(version), 1)]
        if view.trust is not None and view.trust.lower is not None:
            good, bad = view.trust.successes, view.trust.failures
            words.append((f"{plural(good + bad, 'use')}: {good} {signs.SUCCESS} {bad} {signs.FAILURE}", 2))
        words.append((version.note, 4))
    words.append((size, 1))
    cells += [Cell(f"{DOT} {text}", "muted", drop=drop) for text, drop in words if text]
    return (*cells, Cell("", grow=True), Cell(hunk, "accent"))


def size_words(added: int, removed: int) -> str:
    """``+4 -1`` lines."""
    if not added and not removed:
        return ""
    return f"+{added} -{removed} lines"


def blame_rows(lines: Sequence[BlameLine]) -> list[Row]:
    """The live text with the version and edit of each line, told once for lines that stand together."""
    digits = max(3, len(str(len(lines))))
    rows = []
    before: tuple[int, str | None] | None = None
    for line in lines:
        origin = (line.version, line.edit)
        rows.append(
            row(
                str(line.line), Cell(str(line.line), "muted", width=digits, right=True),
                Cell(line.text, "added" if line.edit else "text", grow=True),
                Cell("" if origin == before else _origin_words(line), "muted", width=24, right=True, drop=1),
            )
        )  # fmt: skip
        before = origin
    return rows


def _origin_words(line: BlameLine) -> str:
    if not line.version:
        return "on disk"
    if line.edit is None:
        return f"version {line.version}"
    places = f" {DOT} {plural(len(line.evidence), 'place')}" if line.evidence else ""
    return f"version {line.version} {line.edit}{places}"


def blame_notes(lines: Sequence[BlameLine]) -> dict[int, str]:
    """What stands beside the first of an edit's lines: the edit, and the trajectories behind it."""
    notes = {}
    before: tuple[int, str | None] | None = None
    for line in lines:
        if line.edit is not None and (line.version, line.edit) != before:
            trajectories = list(dict.fromkeys(ref.trajectory for ref in line.evidence))
            more = f" +{len(trajectories) - 2}" if len(trajectories) > 2 else ""
            notes[line.line] = f"{line.edit} {DOT} {' '.join(trajectories[:2])}{more}" if trajectories else line.edit
        before = (line.version, line.edit)
    return notes


def place_words(ref: EvidenceRef) -> str:
    """``t_44 · step 7``, or ``you`` for what the person said."""
    return f"{ref.trajectory} {DOT} {'you' if ref.step is None else f'step {ref.step}'}"


def operation_words(operation: Operation) -> str:
    """``accepted version 3: e1, e3``."""
    words = OPERATIONS[operation.kind]
    if operation.kind is OperationKind.UNDO:
        undone = operation.detail.get("kind")
        words = f"took back: {OPERATIONS[OperationKind(undone)]}" if undone in set(OperationKind) else words
    former, name = operation.detail.get("from"), operation.detail.get("to")
    if operation.kind is OperationKind.RENAME and former and name:
        words = f"renamed from {former} to {name}, kept as"
    if operation.version is not None:
        words = f"{words} version {operation.version}"
    edits = operation.detail.get("edits")
    why = operation.detail.get("why")
    if isinstance(edits, list | tuple) and edits:
        words = f"{words}: {', '.join(str(edit) for edit in edits)}"
    return f"{words}: {why}" if isinstance(why, str) and why else words


def operation_rows(operations: Sequence[Operation], since: datetime) -> list[Row]:
    """The log, newest first."""
    return [
        row(
            str(operation.id), Cell(ago(operation.at, since), "muted", width=4, right=True),
            Cell(operation_words(operation), "muted" if operation.undone_by else "text", grow=True),
            Cell("taken back" if operation.undone_by else "", "muted"),
        )
        for operation in operations
    ]  # fmt: skip


def choices(versions: Sequence[Version], since: datetime, *, disk: bool) -> list[VersionChoice]:
    """Every state that can be compared, oldest first."""
    found = [
        VersionChoice(
            v.number,
            f"version {v.number}" if v.state is not VersionState.DRAFT else f"draft {v.number}",
            f" {DOT} ".join(part for part in (_STATES[v.state], author(v), ago(v.created_at, since)) if part),
        )
        for v in versions
    ]
    return [*found, VersionChoice(None, ON_DISK)] if disk else found
