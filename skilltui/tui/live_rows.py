"""What the Live pane's lists and texts show: domain objects in, rows and blocks out. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from skilltui.domain.steps import shell_command
from skilltui.domain.trajectory import (
    Outcome,
    OutcomeBy,
    SessionSummary,
    Step,
    Trajectory,
    TrajectorySummary,
    Turn,
    TurnKind,
)
from skilltui.figures import plural, score_words
from skilltui.library.need import need_text
from skilltui.tui import signs
from skilltui.tui.gap_rows import NEAR
from skilltui.tui.signs import Sign, outcome_sign, step_sign
from skilltui.tui.widgets.cells import Cell, Row, row, sign_cell
from skilltui.tui.widgets.detail import Block, Facts, Gap, Heading, Para, Rule
from skilltui.tui.widgets.sparkline import sparkline
from skilltui.tui.words import (
    FAULTS,
    OUTCOME_BY,
    TURNS,
    agent_name,
    ago,
    duration,
    error_kind,
    error_words,
    folder_name,
    is_live,
    step_words,
)

ALL = "all"
# Shorter steps took no time worth a column.
NOTABLE_MS = 100
# Characters: longer requests are shown by their need.
_LONG_REQUEST = 300


def session_key(session: SessionSummary) -> str:
    """Sessions are unique within a source."""
    return f"{session.source}\0{session.id}"


def session_rows(sessions: Sequence[SessionSummary], since: datetime) -> list[Row]:
    """All sessions together, then each."""
    if not sessions:
        return []
    live = sum(is_live(s.last_at, since) for s in sessions)
    total = row(ALL, sign_cell(signs.LIVE if live else signs.IDLE), Cell("all sessions", "strong", grow=True),
                Cell(f"{live} live" if live else str(len(sessions)), "muted"))  # fmt: skip
    # Two agents at work would change places with each of their lines; those at work stand in the order they began.
    at_work = [s for s in sessions if is_live(s.last_at, since)]
    at_work.sort(key=lambda s: (s.started_at or "", s.id), reverse=True)
    rest = [s for s in sessions if not is_live(s.last_at, since)]
    return [total, *(_session_row(session, since) for session in (*at_work, *rest))]


def _session_row(session: SessionSummary, since: datetime) -> Row:
    live = is_live(session.last_at, since)
    failed = Cell(f"{session.failed_steps}{signs.FAILURE}", "failure") if session.failed_steps else Cell("")
    return row(
        session_key(session),
        sign_cell(signs.LIVE if live else signs.IDLE),
        Cell(agent_name(session.source), "muted", width=6),
        Cell(folder_name(session.project) or session.id, "strong" if live else "text", grow=True),
        Cell(ago(session.last_at, since), "muted", width=3, right=True),
        second=(
            Cell("", width=1),
            Cell(sparkline(session.activity, 8), "live" if live else "muted", width=8),
            Cell(plural(session.trajectories, "task"), "muted", grow=True),
            failed,
        ),
    )


def title(request: str) -> str:
    """A request in a line. Of a long one (a plan, a pasted log) the need: its beginning is a wrapper that all share."""
    if len(request) > _LONG_REQUEST:
        request = need_text(request).split("\n", 1)[0] or request
    return " ".join(request[:_LONG_REQUEST].split())


def trajectory_row(summary: TrajectorySummary, since: datetime, *, threshold: float, whose: bool) -> Row:
    """Request, steps and failures; below them the skill, who labelled it, and with ``whose`` the agent and project."""
    failed = f"{summary.failed_steps}{signs.FAILURE}" if summary.failed_steps else ""
    mine = _DECIDER.get(summary.outcome.by, ())
    origin = f"{agent_name(summary.source)} {folder_name(summary.project)}" if whose else ""
    return row(
        summary.id,
        sign_cell(outcome_sign(summary.outcome.label)),
        Cell(title(summary.request) or "(before the first request)", grow=True),
        Cell(str(summary.steps), "muted", width=3, right=True),
        Cell(failed, "failure", width=4, right=True),
        second=(
            Cell("", width=1),
            *_skill_cells(summary, threshold),
            *mine,
            Cell(origin, "muted", grow=True, right=True),
            Cell(ago(summary.ended_at or summary.started_at, since), "muted", width=4, right=True),
        ),
    )


# Whose word an outcome is, where it is a person's or only a model's.
_DECIDER = {OutcomeBy.USER: (Cell("yours", "accent"),), OutcomeBy.JUDGE: (Cell("judged", "muted"),)}


def _skill_cells(summary: TrajectorySummary, threshold: float) -> tuple[Cell, ...]:
    if summary.skills_used:
        return (Cell("used", "muted"), Cell(", ".join(use.skill for use in summary.skills_used), "success"))
    if summary.match is not None and summary.match.score >= threshold:
        return (Cell(f"{summary.match.skill} {summary.match.score:.2f}", "muted"),)
    return (Cell(f"{signs.GAP} no skill", "gap"),)


def step_key(seq: int) -> str:
    """The key of a step's row."""
    return f"step:{seq}"


def step_rows(trajectory: Trajectory) -> list[Row]:
    """Steps in order, and between them what the person said."""
    rows: list[Row] = []
    turns = [(number, turn) for number, turn in enumerate(trajectory.turns) if turn.kind is not TurnKind.REQUEST]
    for step in trajectory.all_steps:
        # What the person said stands between the agent's own steps; subagents work beside them.
        while step.agent is None and turns and turns[0][1].after_step < step.seq:
            rows.append(_turn_row(*turns.pop(0)))
        rows.append(_step_row(step))
    rows.extend(_turn_row(number, turn) for number, turn in turns)
    return rows


def _step_row(step: Step) -> Row:
    second = None
    if step.ok is False:
        second = (Cell("", width=5), Cell(error_words(step), "failure", grow=True))
    return row(
        step_key(step.seq),
        Cell(str(step.seq), "muted", width=3, right=True),
        sign_cell(step_sign(step.ok)),
        Cell(f"{signs.DELEGATED} {_tool(step)}" if step.agent else _tool(step), "strong"),
        Cell(step_words(step), "code", grow=True),
        Cell(duration(step.duration_ms) if (step.duration_ms or 0) >= NOTABLE_MS else "", "muted", drop=1),
        second=second,
    )


def _tool(step: Step) -> str:
    return "$" if shell_command(step.tool, step.args) is not None else step.tool


def _turn_row(number: int, turn: Turn) -> Row:
    words = f"{signs.QUOTE_OPEN}{' '.join(turn.text.split())}{signs.QUOTE_CLOSE}"
    tone = "failure" if turn.kind in (TurnKind.CORRECTION, TurnKind.REJECTION, TurnKind.INTERRUPTION) else "quote"
    return row(f"turn:{number}", Cell("", width=5), Cell(TURNS[turn.kind], tone), Cell(words, "quote", grow=True))


def outcome_words(outcome: Outcome) -> str:
    """``success · by your words · 0.80``."""
    parts = [outcome_sign(outcome.label).word, OUTCOME_BY[outcome.by]]
    if outcome.by not in (OutcomeBy.USER, OutcomeBy.NONE):
        parts.append(f"{outcome.confidence:.2f}")
    return f" {signs.DOT} ".join(parts)


_POLARITY = {1: Sign("+", "+", "for", "success"), -1: Sign("-", "-", "against", "failure")}
_NEITHER = Sign("·", ".", "neither", "muted")


def outcome_blocks(trajectory: Trajectory, *, threshold: float) -> list[Block]:
    """Why the outcome is what it is, which skill was there, and what was asked, in full."""
    outcome = trajectory.outcome
    sign = outcome_sign(outcome.label)
    blocks: list[Block] = [Para(outcome_words(outcome), sign.tone, lead=sign)]
    if outcome.fault is not None:
        blocks.append(Para(f"the blame: {FAULTS[outcome.fault]}", "muted", indent=2))
    for signal in outcome.evidence:
        place = f" (step {signal.step})" if signal.step is not None else ""
        blocks.append(Para(signal.text + place, lead=_POLARITY.get(signal.polarity, _NEITHER)))
    blocks.append(Gap())
    blocks.extend(_skill_blocks(trajectory, threshold))
    facts = [plural(len(trajectory.all_steps), "step")]
    if trajectory.delegated:
        facts.append(f"{len(trajectory.delegated)} by subagents")
    if trajectory.failed_steps:
        facts.append(f"{trajectory.failed_steps} failed")
    if trajectory.corrections:
        facts.append(plural(trajectory.corrections, "correction"))
    facts.extend(part for part in (trajectory.source, trajectory.model, folder_name(trajectory.project)) if part)
    blocks.append(Para(f" {signs.DOT} ".join(facts), "muted"))
    if trajectory.trimmed:
        blocks.append(Para("outputs cut down: the store is full (capture.max_store_mb)", "muted"))
    blocks += [Gap(), Heading("REQUEST"), Para(trajectory.request or "(none recorded)")]
    return blocks


def _skill_blocks(trajectory: Trajectory, threshold: float) -> Iterator[Block]:
    if trajectory.skills_used:
        yield Para(f"used {', '.join(use.skill for use in trajectory.skills_used)}", "success")
        if not all(use.hash for use in trajectory.skills_used):
            yield Para("its text at that time is not known, so this counts for no trust", "muted")
        return
    match = trajectory.match
    if match is not None and match.score >= threshold:
        yield Para(f"{match.skill} would fit ({match.score:.2f}) and was not used", "muted")
    else:
        nearest = "" if match is None else f"; nearest {match.skill} {score_words(match.score, below=True)}"
        near = nearest if match is not None and match.score >= NEAR else ""
        yield Para(f"no skill{near}", "gap", lead=signs.GAP)


def step_blocks(step: Step) -> list[Block]:
    """What was called, with what, and what came back."""
    state = [part for part in (_result_words(step), duration(step.duration_ms)) if part]
    blocks: list[Block] = [Heading(f"STEP {step.seq} {signs.DOT} {step.tool}", f" {signs.DOT} ".join(state))]
    command = shell_command(step.tool, step.args)
    if command is not None:
        blocks.append(Para(f"$ {command}", "code"))
    else:
        blocks.extend(_argument_blocks(step))
    blocks.append(Rule())
    if step.output:
        blocks.append(Para(step.output, "text"))
    elif step.ok is None:
        blocks.append(Para("No result yet.", "muted"))
    else:
        blocks.append(Para("No output.", "muted"))
    return blocks


def _argument_blocks(step: Step) -> Iterator[Block]:
    for name, value in step.args.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if "\n" in text or len(text) > 60:
            yield Facts((Cell(name, "muted"),))
            yield Para(text, "code", indent=2)
        else:
            yield Facts((Cell(name, "muted"), Cell(text, "code", grow=True)))


def _result_words(step: Step) -> str:
    if step.ok is False:
        return error_kind(step)
    return step_sign(step.ok).word if step.ok else "no result"


def turn_blocks(turn: Turn) -> list[Block]:
    """What the person said, in full."""
    return [Heading(TURNS[turn.kind].upper()), Para(turn.text, "quote")]
