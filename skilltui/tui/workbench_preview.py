"""The preview of a draft: its text with the edits that are not refused, and which edit brought which line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.proposal import Decision, Edit, Proposal
from skilltui.errors import SkilltuiError
from skilltui.tui.diff_model import changed_ranges, split_lines


class Preview(Struct, frozen=True):
    """``marks``: 1-based line -> id of the edit that brought it. ``conflicts``: edit id -> why it does not apply."""

    text: str
    marks: Mapping[int, str]
    conflicts: Mapping[str, str]


def build_preview(proposal: Proposal, applied: Callable[[Proposal], str]) -> Preview:
    """Apply the edits one after the other and see what each one brings.

    ``applied`` gives the text of a proposal with its edits that are not refused. An edit that does not apply is left
    out and told of, so that the rest can still be seen.
    """
    text = proposal.base
    kept: list[Edit] = []
    owners: list[str | None] = [None] * len(split_lines(text))
    conflicts: dict[str, str] = {}
    for edit in proposal.edits:
        if edit.decision is Decision.REFUSED:
            continue
        try:
            after = applied(replace(proposal, edits=(*kept, edit)))
        except SkilltuiError as conflict:
            conflicts[edit.id] = conflict.message
            continue
        kept.append(edit)
        owners = _carried(text, after, owners, edit.id)
        text = after
    marks = {number: owner for number, owner in enumerate(owners, start=1) if owner is not None}
    return Preview(text, marks, conflicts)


def _carried(before: str, after: str, owners: list[str | None], edit: str) -> list[str | None]:
    """The owners of the lines of ``after``: as they were where nothing changed, else ``edit``."""
    old, new = split_lines(before), split_lines(after)
    carried: list[str | None] = []
    at = 0
    for hunk in changed_ranges(old, new):
        carried += owners[at : hunk.left[0]]
        # A line that only got its line feed, or lost a space at its end, is no new line.
        carried += [
            owners[hunk.left[0] + place]
            if place < hunk.left[1] - hunk.left[0] and _same(old[hunk.left[0] + place], new[line])
            else edit
            for place, line in enumerate(range(*hunk.right))
        ]
        at = hunk.left[1]
    return carried + owners[at:]


def _same(a: str, b: str) -> bool:
    return a.rstrip() == b.rstrip()
