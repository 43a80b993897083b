"""The past requests that a description would fire on, as rows of a list and as text to read. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from skilltui.figures import plural
from skilltui.tui import signs
from skilltui.tui.signs import Sign
from skilltui.tui.widgets.cells import Cell, Line, Row, row, sign_cell
from skilltui.tui.widgets.detail import Block, Facts, Gap, Heading, Para
from skilltui.workshop.previewing import FiredRequest, LostRequest, RetrievalPreview

# The surest are listed; the rest is counted.
SHOWN = 50
TAKEN = Sign("←", "<", "taken from another skill", "finding")
_UNSERVED = "served by no skill today"


def request_rows(preview: RetrievalPreview | None) -> list[Row]:
    """Requests it fires on and those it would lose, under lines that say what the signs mean."""
    if preview is None:
        return []
    fires, lost = preview.fires[:SHOWN], preview.lost[:SHOWN]
    found = [_legend("new", signs.GAP, _new_words(preview))] if preview.new else []
    if preview.taken:
        found.append(_legend("taken", TAKEN, f"{preview.taken} taken from {takers(preview.fires)}"))
    if not_all(preview):
        found.append(_legend("newest", signs.IDLE, not_all(preview)))
    found += [
        row(f"{number}/{one.trajectory}", *_fired_cells(one), Cell(f"{one.score:.2f}", "muted"))
        for number, one in enumerate(fires)
    ]
    found += _counted("more", len(preview.fires) - len(fires))
    if lost:
        found.append(_legend("lost", signs.FAILURE, f"no longer on {plural(len(preview.lost), 'past request')}"))
        found += [
            row(f"lost{number}/{one.trajectory}", *_lost_cells(one), Cell(f"{one.after:.2f}", "muted"))
            for number, one in enumerate(lost)
        ]
        found += _counted("more-lost", len(preview.lost) - len(lost))
    return found


def blocks(preview: RetrievalPreview) -> list[Block]:
    """The same as text, for a skill that is live."""
    found: list[Block] = [Para(preview.description, "muted"), Gap()]
    found.append(Heading("FIRES ON", many(preview)))
    if not preview.fires:
        found.append(Para("No past request. It may fire on requests that are yet to come.", "muted"))
    told = ((signs.GAP, _new_words(preview)), (TAKEN, _taken_words(preview)), (signs.IDLE, not_all(preview)))
    for sign, words in told:
        if words:
            found.append(Para(words, "muted", lead=sign))
    found += [Facts((*_fired_cells(one), Cell(f"{one.score:.2f}", "muted"))) for one in preview.fires[:SHOWN]]
    if len(preview.fires) > SHOWN:
        found.append(Para(f"{signs.ELLIPSIS} {len(preview.fires) - SHOWN} more", "muted"))
    return found


def many(preview: RetrievalPreview | None) -> str:
    """``7 past requests``."""
    if preview is None:
        return str(signs.ELLIPSIS)
    return plural(len(preview.fires), "past request") if preview.fires else "no past request"


def fire_words(preview: RetrievalPreview | None) -> str:
    """``would fire on 7 past requests, 2 of them served by no skill today, 1 taken from uv-build``."""
    parts = [f"would fire on {many(preview)}"]
    if preview is not None:
        parts += [_new_words(preview)] if preview.new else []
        parts += [f"{preview.taken} taken from {takers(preview.fires)}"] if preview.taken else []
        parts += [f"no longer on {len(preview.lost)}"] if preview.lost else []
    return ", ".join(parts)


def takers(fires: Sequence[FiredRequest]) -> str:
    """From which skills requests are taken, the one that gives most first."""
    counted: dict[str, int] = {}
    for one in fires:
        if one.taken is not None:
            counted[one.taken.skill] = counted.get(one.taken.skill, 0) + 1
    names = sorted(counted, key=lambda name: (-counted[name], name))
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def not_all(preview: RetrievalPreview) -> str:
    """That not every past request was looked at; empty where every one was."""
    if preview.looked_at >= preview.past:
        return ""
    return f"looked at the newest {preview.looked_at:,} of {preview.past:,} different requests"


def _new_words(preview: RetrievalPreview) -> str:
    return f"{preview.new} of them {_UNSERVED}" if preview.new else ""


def _taken_words(preview: RetrievalPreview) -> str:
    return f"{preview.taken} of them taken from {takers(preview.fires)}" if preview.taken else ""


def _fired_cells(one: FiredRequest) -> Line:
    sign = Cell("", width=1)
    if one.taken is not None:
        sign = sign_cell(TAKEN)
    elif one.new:
        sign = sign_cell(signs.GAP)
    taken = one.taken
    aside = f"from {taken.skill} {taken.before:.2f} to {taken.after:.2f}" if taken else ""
    return (sign, Cell(one.request, grow=True), Cell(aside, "muted", drop=2))


def _lost_cells(one: LostRequest) -> Line:
    aside = f"to {one.to.skill} {one.to.score:.2f}" if one.to else "to no skill"
    return (sign_cell(signs.FAILURE), Cell(one.request, grow=True), Cell(aside, "muted", drop=2))


def _legend(key: str, sign: Sign, words: str) -> Row:
    return Row(f"-{key}", ((sign_cell(sign), Cell(words, "muted", grow=True)),), selectable=False)


def _counted(key: str, left: int) -> list[Row]:
    if left <= 0:
        return []
    words = f"{signs.ELLIPSIS} {left} more"
    return [Row(f"-{key}", ((Cell("", width=1), Cell(words, "muted", grow=True)),), selectable=False)]
