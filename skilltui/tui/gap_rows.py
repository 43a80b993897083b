"""What the Gaps pane's lists and texts show: gaps in, rows and blocks out. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from skilltui.domain.gap import Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.skill import Match
from skilltui.domain.trajectory import OutcomeLabel
from skilltui.figures import score_words
from skilltui.tui import signs
from skilltui.tui.signs import gap_sign, outcome_sign
from skilltui.tui.widgets.cells import Cell, Row, row, sign_cell
from skilltui.tui.widgets.detail import Block, Facts, Heading, Para
from skilltui.tui.widgets.detail import Gap as Blank
from skilltui.tui.widgets.sparkline import sparkline
from skilltui.tui.words import GAP_KINDS, GAP_REASONS, ago, folder_name, parse_time

SLICES = 6
# Below this a score says nothing, and the skill is not worth naming.
NEAR = 0.05
# Of the projects that asked, so many are named.
_PROJECTS = 4
_PREFIX = "i need a skill that can "


def short_need(need: str) -> str:
    """What is needed, without the words that all needs begin with."""
    text = " ".join(need.split()).removesuffix(".")
    return text[len(_PREFIX) :] if text.lower().startswith(_PREFIX) else text


def activity(requests: Sequence[GapRequest], slices: int = SLICES) -> list[int]:
    """Requests per equal slice of the time from the first one to the last."""
    times = [time for request in requests if (time := parse_time(request.at)) is not None]
    counts = [0] * slices
    if not times:
        return counts
    start = min(times)
    span = max((max(times) - start).total_seconds(), 1.0)
    for time in times:
        place = int((time - start).total_seconds() / span * slices)
        counts[min(max(place, 0), slices - 1)] += 1
    return counts


def gap_row(gap: Gap, since: datetime, *, marked: bool) -> Row:
    """Need, how often, when, at what cost, why, and the nearest skill."""
    sign = signs.MARK if marked else gap_sign(gap.status)
    failed = f"{gap.failed_steps}{signs.FAILURE}" if gap.failed_steps else ""
    when = sparkline(activity(gap.requests), SLICES) if gap.count > 1 else ""
    return row(
        gap.id,
        sign_cell(sign),
        Cell(short_need(gap.need), "strong" if marked else "text", width=40, grow=True),
        Cell(f"{gap.count}{signs.TIMES}", width=4, right=True),
        Cell(when, "gap", width=SLICES, drop=2),
        Cell(failed, "failure", width=5, right=True),
        Cell(ago(gap.last_seen, since), "muted", width=4, right=True),
        Cell("", width=1, drop=3),
        Cell(GAP_KINDS[gap.kind], "muted", width=12, drop=3),
        Cell(_nearest(gap), "muted", width=24, drop=4),
    )


def _nearest(gap: Gap) -> str:
    if gap.skill:
        return f"{'linked to' if gap.status is GapStatus.LINKED else 'skill'} {gap.skill}"
    near = gap.top is not None and gap.top.score >= NEAR
    if not near or gap.top is None:
        return "nothing near"
    return f"{score_words(gap.top.score, below=gap.kind is GapKind.NO_MATCH)} {gap.top.skill}"


def request_key(number: int) -> str:
    """The key of a request's row: its place in the gap."""
    return f"request:{number}"


def request_rows(gap: Gap, since: datetime) -> list[Row]:
    """Requests, newest first."""
    numbered = list(enumerate(gap.requests))
    return [_request_row(number, request, since) for number, request in reversed(numbered)]


def _request_row(number: int, request: GapRequest, since: datetime) -> Row:
    asked = request.trajectory is None
    failed = f"{request.failed_steps}{signs.FAILURE}" if request.failed_steps else ""
    return row(
        request_key(number),
        sign_cell(signs.GAP if asked else outcome_sign(request.outcome)),
        Cell(" ".join(request.text.split()), grow=True),
        Cell("asked" if asked else failed, "muted" if asked else "failure", width=5, right=True),
        Cell(ago(request.at, since), "muted", width=4, right=True),
    )


def why_blocks(gap: Gap, matches: Sequence[Match] | None, since: datetime) -> list[Block]:
    """Why nothing fitted, what came nearest, and what there is to learn from. ``matches`` is ``None`` while unknown."""
    blocks: list[Block] = [Para(short_need(gap.need), "strong", lead=gap_sign(gap.status)), Blank()]
    blocks += [Heading(GAP_KINDS[gap.kind].upper()), Para(GAP_REASONS[gap.kind]), *_state_blocks(gap, since), Blank()]
    blocks.append(Heading("NEAREST SKILLS"))
    if matches is None:
        blocks.append(Para(f"comparing {signs.ELLIPSIS}", "muted"))
    elif near := [match for match in matches if match.score >= NEAR]:
        blocks += _match_blocks(near, below=gap.kind is GapKind.NO_MATCH)
    else:
        blocks.append(Para("No skill of the library comes near.", "muted"))
    blocks += [Blank(), *_lesson_blocks(gap)]
    blocks += _project_blocks(gap)
    return blocks


def _match_blocks(matches: Sequence[Match], *, below: bool) -> Iterator[Block]:
    width = min(32, max(len(match.skill) for match in matches))
    for match in matches:
        yield Facts((Cell(score_words(match.score, below=below), "accent"), Cell(match.skill, "strong", width=width)))
        for reason in match.why:
            yield Para(reason, "muted", indent=5)


def _state_blocks(gap: Gap, since: datetime) -> Iterator[Block]:
    if gap.status is GapStatus.SNOOZED and gap.snoozed_until:
        yield Para(f"snoozed until {gap.snoozed_until[:10]}", "muted")
    if gap.status is GapStatus.LINKED and gap.skill:
        yield Para(f"linked to {gap.skill}: a success with it in use closes this gap", "accent")
    if gap.status is GapStatus.DRAFTED and gap.skill:
        yield Para(f"drafted as {gap.skill}: 3 opens the Workbench", "draft", lead=signs.DRAFT)
    if gap.last_seen:
        yield Para(f"last asked {_ago_words(gap.last_seen, since)}, first {_ago_words(gap.first_seen, since)}", "muted")


def _ago_words(at: str | None, since: datetime) -> str:
    age = ago(at, since)
    return "just now" if age == "now" else f"{age} ago"


def _project_blocks(gap: Gap) -> Iterator[Block]:
    names = list(dict.fromkeys(folder_name(project) for project in gap.projects))
    if gap.project:
        yield Para(f"only in {folder_name(gap.project)}, whose own skill came nearest", "muted")
    elif len(names) == 1:
        yield Para(f"asked in {names[0]}", "muted")
    elif names:
        more = f" and {len(names) - _PROJECTS} more" if len(names) > _PROJECTS else ""
        yield Para(f"asked in {len(names)} projects: {', '.join(names[:_PROJECTS])}{more}", "muted")


def _lesson_blocks(gap: Gap) -> Iterator[Block]:
    done = [r for r in gap.requests if r.trajectory is not None]
    won = sum(r.outcome is OutcomeLabel.SUCCESS for r in done)
    if won:
        yield Para(f"{won} of {len(done)} succeeded without a skill: they can be learned from.", lead=signs.SUCCESS)
    elif done:
        yield Para("None of them succeeded yet: a draft has little to stand on.", "muted", lead=signs.UNKNOWN)
    else:
        yield Para("Nobody has tried yet: a draft has only the wish to stand on.", "muted", lead=signs.UNKNOWN)
