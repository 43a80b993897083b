"""Trajectories to evidence cards, best first. Pure and deterministic: sorted ties, no clock, no chance."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from skilltui.domain.split import held_back
from skilltui.domain.trajectory import OutcomeLabel, Trajectory
from skilltui.learning.actions import Action, ActionKind, is_general_file
from skilltui.learning.cards import (
    besides_card,
    correction_card,
    distinct,
    fix_card,
    procedure_card,
    same_rule,
    variant_card,
)
from skilltui.learning.corrections import Said, corrections
from skilltui.learning.engine import Card
from skilltui.learning.fixes import CHECKING, fixes
from skilltui.learning.phrases import clean_request
from skilltui.learning.sequences import Procedure, Run, anecdote, is_watching, procedure, runs_of
from skilltui.learning.vocabulary import VERBS
from skilltui.text.tokenise import stem, terms, words

# So many trajectories must remain to learn from before some are held back to judge.
ENOUGH = 3
# With so few runs a step that only one took is worth mentioning.
FEW = 3


class Mined(Struct, frozen=True):
    """The cards, and what they were made from. ``replacements`` maps a card's id to (wrong, right) command."""

    cards: tuple[Card, ...]
    looked_at: tuple[Trajectory, ...]
    held_back: int
    replacements: dict[str, tuple[str, str]]


def mine(trajectories: Sequence[Trajectory], *, existing: str = "") -> Mined:
    """Everything that these trajectories teach beyond ``existing``, the body of the skill to amend."""
    worked = sorted((t for t in trajectories if t.steps), key=lambda t: (t.started_at or "", t.id))
    learned_from = [t for t in worked if not held_back(t.id)]
    if len(learned_from) < ENOUGH:
        learned_from = worked
    replacements: dict[str, tuple[str, str]] = {}
    steps = _procedure(learned_from, existing)
    corrected = _corrections(learned_from)
    mended: list[Card] = []
    for fix in fixes(learned_from):
        card = fix_card(fix, learned_from)
        if card is not None:
            mended.append(card)
            if fix.wrong:
                replacements[card.id] = (fix.wrong, fix.right)
    if existing:
        # One run's way is worth a first draft, but nothing to add to steps that somebody wrote.
        steps = [card for card in steps if card.support.trajectories > 1]
    cards = distinct([*steps[:1], *corrected, *mended, *steps[1:]], existing)
    return Mined(tuple(cards), tuple(learned_from), len(worked) - len(learned_from), replacements)


def _procedure(trajectories: Sequence[Trajectory], existing: str) -> list[Card]:
    """The steps card, then cards for what only some requests ask for."""
    successes = [t for t in trajectories if t.outcome.label is OutcomeLabel.SUCCESS]
    source = successes or [t for t in trajectories if t.outcome.label is OutcomeLabel.UNKNOWN]
    runs = runs_of(source)
    shared = procedure(runs) if len(runs) > 1 else None
    found = shared or anecdote(runs)
    if found is None:
        return []
    card = procedure_card(found, source, only_unknown=not successes, existing=existing)
    cards = [card] if card else []
    if shared:
        cards += _variants(runs, shared, source)
        if len(runs) <= FEW:
            cards += _besides(runs, shared, source)
    return cards


def _besides(runs: Sequence[Run], shared: Procedure, source: Sequence[Trajectory]) -> list[Card]:
    """With few runs, what only one of them did may be part of it: said apart, with its support of one."""
    cards = []
    for run in runs:
        if run.trajectory not in shared.runs:
            continue
        places: dict[str, tuple[str, Action]] = {}
        for action in run.actions:
            changed = action.kind is ActionKind.EDIT and is_general_file(action.text)
            done = action.kind is ActionKind.COMMAND and bool(action.text) and not is_watching(action.token)
            if (changed or done) and action.token not in shared.tokens and not CHECKING.search(action.token):
                places.setdefault(f"{action.token} {action.text}", (run.trajectory, action))
        if places and (card := besides_card(list(places.values())[:3], len(runs), source)):
            cards.append(card)
    return cards


def _variants(runs: Sequence[Run], shared: Procedure, source: Sequence[Trajectory]) -> list[Card]:
    """Actions outside the procedure that go with a word of the request: "commit and update the changelog"."""
    cards: list[Card] = []
    asked = {run.trajectory: set(terms(clean_request(run.request))) for run in runs}
    tokens = sorted({a.token for run in runs for a in run.actions} - shared.tokens)
    for token in tokens:
        having = [run for run in runs if token in run.tokens]
        if len({run.session for run in having}) < 2 or "*" in token:
            continue
        action = next(a for a in having[0].actions if a.token == token)
        of_one_task = action.kind in (ActionKind.EDIT, ActionKind.CREATE) and not is_general_file(action.text)
        if action.kind is ActionKind.LOOK or of_one_task:
            continue
        told_by = {term: _contrast(stem(term), having, runs, asked) for term in _names(action)}
        term = max(told_by, key=lambda t: (told_by[t] > 0, t in VERBS, told_by[t]), default="")
        if not term or told_by[term] <= 0:
            continue
        places = [(run.trajectory, next(a for a in run.actions if a.token == token)) for run in having]
        card = variant_card(term, _next_command(token, having, shared), places, len(runs), source)
        if card:
            cards.append(card)
    return cards


def _names(action: Action) -> list[str]:
    """The words by which a person might ask for an action."""
    return [
        word for word in words(action.token) if word not in {"edit", "create", "run", "md", "json", "py", "ts", "git"}
    ]


def _contrast(term: str, having: Sequence[Run], runs: Sequence[Run], asked: dict[str, set[str]]) -> float:
    """How much more often a term is asked for where something was done; 0 where it does not tell."""
    rest = [run for run in runs if run not in having]
    with_term = sum(term in asked[run.trajectory] for run in having) / len(having)
    without = sum(term in asked[run.trajectory] for run in rest) / max(1, len(rest))
    return with_term - without if with_term >= 2 / 3 and without <= 1 / 3 else 0.0


def _next_command(token: str, having: Sequence[Run], shared: Procedure) -> str:
    """The procedure's command that comes next after ``token`` in each run that has it."""
    following = []
    for run in having:
        rest = run.tokens[run.tokens.index(token) + 1 :]
        following.append(next((t for t in rest if t in shared.tokens and not t.startswith("edit ")), ""))
    return following[0] if len(set(following)) == 1 else ""


def _corrections(trajectories: Sequence[Trajectory]) -> list[Card]:
    groups: list[list[Said]] = []
    for said in corrections(trajectories):
        group = next((g for g in groups if same_rule(g[0].line, said.line)), None)
        if group is None:
            groups.append([said])
        else:
            group.append(said)
    groups.sort(key=lambda g: -len({s.trajectory for s in g}))
    return [card for g in groups if (card := correction_card(g, len(trajectories))) is not None]
