"""What successful runs have in common: closed frequent n-grams of actions, and the procedure that they make.

Sources: closed patterns as in BIDE/PrefixSpan (Pei et al. 2001) on n-grams; sub-routines from successes (AWM, arXiv
2409.07429); backward trimming after SkillRL (arXiv 2602.08234); Wilson's lower bound as weight.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.trajectory import Trajectory
from skilltui.domain.trust import wilson_lower
from skilltui.learning.actions import Action, ActionKind, actions, is_general_file

MIN_LENGTH, MAX_LENGTH = 2, 6
MAX_STEPS = 8
# What fewer of the runs share is one way among several, not the way.
LEAST_SHARE = 0.25
# At most this many other actions between two of a pattern.
MAX_GAP = 3
# Shows how things stand: worth a line before or after the work, never the work itself.
_WATCHING = re.compile(
    r"^git (?:status|diff|log|show|branch|fetch|for-each-ref|remote)$|^gh api$|"
    r"\b(?:status|list|view|watch|checks|logs|describe|ps|info|version|get)$|"
    r"^(?:mcp__\w+?__|_+)?(?:get|list|search|find|read|fetch|view|query)_"
)


class Run(Struct, frozen=True):
    """A trajectory as its actions, trimmed."""

    trajectory: str
    session: str
    request: str
    actions: tuple[Action, ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        """The normal forms, in order."""
        return tuple(action.token for action in self.actions)


class Pattern(Struct, frozen=True):
    """Tokens that occur in this order in each of ``runs`` (trajectory ids). ``score`` ranks, ``lift`` is in nats."""

    tokens: tuple[str, ...]
    runs: frozenset[str]
    score: float
    lift: float


class Procedure(Struct, frozen=True):
    """Ordered groups of actions; a group holds what different runs did for one line. ``of`` runs were looked at."""

    groups: tuple[tuple[tuple[str, Action], ...], ...]  # (trajectory, action)
    runs: frozenset[str]
    of: int

    @property
    def tokens(self) -> frozenset[str]:
        """The normal forms of its lines."""
        return frozenset(action.token for group in self.groups for _, action in group)


def runs_of(trajectories: Sequence[Trajectory]) -> list[Run]:
    """The trimmed runs that did anything, in the order given.

    Dropped: steps that failed, look-arounds unless every run has them, watching that nothing follows from.
    """
    listed = [(t, [a for a in actions(t) if a.ok is not False]) for t in trajectories]
    listed = [(t, found) for t, found in listed if found]
    looks = [{a.token for a in found if a.kind is ActionKind.LOOK} for _, found in listed]
    everywhere = set.intersection(*looks) if len(looks) > 1 else set()
    runs = []
    for trajectory, found in listed:
        changed = {a.text for a in found if a.kind is ActionKind.EDIT}
        kept = [
            a
            for a in found
            if a.kind is not ActionKind.LOOK or (a.token in everywhere and a.text and a.text not in changed)
        ]
        kept = _without_idle_tail(kept)
        if kept:
            runs.append(Run(trajectory.id, trajectory.session, trajectory.request, tuple(kept)))
    return _coarse(runs)


def frequent(runs: Sequence[Run]) -> list[Pattern]:
    """Closed frequent n-grams, best first. Support counts distinct sessions; the least is max(2, a tenth)."""
    total = len(runs)
    least = max(2, math.ceil(0.1 * total))
    single = {token: s for token, s in _singles(runs).items() if _sessions(runs, s) >= least}
    candidates: set[tuple[str, ...]] = set()
    for run in runs:
        line = _collapsed([(i, token) for i, token in enumerate(run.tokens) if token in single])
        for length in range(MIN_LENGTH, MAX_LENGTH + 1):
            for start in range(len(line) - length + 1):
                part = line[start : start + length]
                near = all(b[0] - a[0] <= MAX_GAP + 1 for a, b in pairwise(part))
                gram = tuple(token for _, token in part)
                if near and _plain(gram):
                    candidates.add(gram)
    tokens = {run.trajectory: run.tokens for run in runs}
    support = {g: frozenset(t for t, line in tokens.items() if contains(line, g)) for g in candidates}
    support = {g: s for g, s in support.items() if _sessions(runs, s) >= least}
    patterns = []
    for gram, found in support.items():
        if any(
            len(other) > len(gram) and s == found and contains(other, gram, gap=None) for other, s in support.items()
        ):
            continue
        chance = math.prod(len(single[token]) / total for token in gram)
        lift = math.log(len(found) / total / chance)
        if lift < 0:
            continue
        weight = wilson_lower(len(found), total - len(found)) or 0.0
        patterns.append(Pattern(gram, found, len(found) * (len(gram) - 1) * weight, lift))
    return sorted(patterns, key=lambda p: (-p.score, -len(p.tokens), p.tokens))


def procedure(runs: Sequence[Run]) -> Procedure | None:
    """The steps that most runs share, in their usual order, or ``None`` where no two sessions share any.

    The best pattern, and what at least half of its runs did besides, each at its usual place.
    """
    enough = math.ceil(LEAST_SHARE * len(runs))
    best = next((p for p in frequent(runs) if len(p.runs) >= enough and _says_something(p, runs)), None)
    if best is None:
        return None
    inside = [run for run in runs if run.trajectory in best.runs]
    order = list(best.tokens)
    holding = _singles(inside)
    whole = best.runs
    half = max(MIN_LENGTH, math.ceil(len(inside) / 2), enough)
    for token in sorted(holding, key=lambda t: (-len(holding[t]), t)):
        fits = len(order) < MAX_STEPS and token not in order and "*" not in token
        if fits and len(whole & holding[token]) >= half:
            order.insert(_usual_place(token, order, inside), token)
            whole &= holding[token]
    groups, used = [], {run.trajectory: -1 for run in inside}
    for token in order:
        group = []
        for run in inside:
            places = [i for i, t in enumerate(run.tokens) if t == token]
            place = next((i for i in places if i > used[run.trajectory]), places[0] if places else None)
            if place is not None:
                used[run.trajectory] = max(place, used[run.trajectory])
                group.append((run.trajectory, run.actions[place]))
        groups.append(tuple(group))
    return Procedure(tuple(groups), whole, len(runs))


def anecdote(runs: Sequence[Run]) -> Procedure | None:
    """The plainest single run as a procedure: what was done last of its kind, edits of one change taken together."""
    fitting = [(run, kept) for run in runs if (kept := _backward(run))]
    if not fitting:
        return None
    run, kept = min(fitting, key=lambda pair: (len(pair[1]) <= MIN_LENGTH, len(pair[1]), pair[0].trajectory))
    groups: list[list[tuple[str, Action]]] = []
    for action in kept:
        joins = groups and _is_inner_edit(action) and _is_inner_edit(groups[-1][-1][1])
        if joins:
            groups[-1].append((run.trajectory, action))
        else:
            groups.append([(run.trajectory, action)])
    return Procedure(tuple(tuple(g) for g in groups[-MAX_STEPS:]), frozenset({run.trajectory}), len(runs))


def is_watching(token: str) -> bool:
    """Whether an action only shows how things stand."""
    return bool(_WATCHING.search(token))


def contains(line: Sequence[str], gram: Sequence[str], gap: int | None = MAX_GAP) -> bool:
    """Whether the tokens of ``gram`` occur in this order, at most ``gap`` others between two (``None``: any number)."""
    ends = {i for i, token in enumerate(line) if token == gram[0]}
    for token in gram[1:]:
        ends = {
            i
            for i, other in enumerate(line)
            if other == token and any(e < i and (gap is None or i - e <= gap + 1) for e in ends)
        }
        if not ends:
            return False
    return bool(ends)


def _singles(runs: Sequence[Run]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for run in runs:
        for token in set(run.tokens):
            found.setdefault(token, set()).add(run.trajectory)
    return {token: frozenset(ids) for token, ids in found.items()}


def _sessions(runs: Sequence[Run], ids: frozenset[str]) -> int:
    return len({run.session for run in runs if run.trajectory in ids})


def _collapsed(line: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [item for i, item in enumerate(line) if i == 0 or line[i - 1][1] != item[1]]


def _plain(gram: tuple[str, ...]) -> bool:
    """No loop in it: only what watches may come twice, before and after."""
    return all(n == 1 or is_watching(token) for token, n in Counter(gram).items()) and len(set(gram)) > 1


def _says_something(pattern: Pattern, runs: Sequence[Run]) -> bool:
    """Whether a pattern names a command, a call or a file, and is more than watching and changing some file."""
    kinds = {a.token: a for run in runs for a in run.actions}
    return any(
        not is_watching(token) and "*" not in token and (kinds[token].text or kinds[token].kind is ActionKind.CALL)
        for token in pattern.tokens
    )


def _usual_place(token: str, order: Sequence[str], runs: Sequence[Run]) -> int:
    """Before the first of ``order`` that mostly comes after it."""
    for index, other in enumerate(order):
        before = after = 0
        for run in runs:
            if token in run.tokens and other in run.tokens:
                if run.tokens.index(token) < run.tokens.index(other):
                    before += 1
                else:
                    after += 1
        if before > after:
            return index
    return len(order)


def _without_idle_tail(found: list[Action]) -> list[Action]:
    """Watching at the end is kept once: one look at the result is part of the work, waiting for it is not."""
    end = len(found)
    while end and (is_watching(found[end - 1].token) or found[end - 1].kind is ActionKind.LOOK):
        end -= 1
    return found[: end + 1] if end else found


def _coarse(runs: list[Run]) -> list[Run]:
    """Files that only one of several sessions touched are no names to compare: ``edit x.py`` becomes ``edit *.py``."""
    if len({run.session for run in runs}) < MIN_LENGTH:
        return runs
    sessions: dict[str, set[str]] = {}
    for run in runs:
        for action in run.actions:
            sessions.setdefault(action.token, set()).add(run.session)

    def coarse(action: Action) -> Action:
        shared = len(sessions[action.token]) >= MIN_LENGTH or is_general_file(action.text)
        if action.kind not in (ActionKind.EDIT, ActionKind.CREATE) or shared:
            return action
        _, dot, suffix = action.text.rsplit("/", 1)[-1].rpartition(".")
        return replace(action, token=f"{action.kind} *{dot}{suffix if dot else ''}")

    return [replace(run, actions=tuple(coarse(a) for a in run.actions)) for run in runs]


def _backward(run: Run) -> list[Action]:
    """From the end, each kind of action once: where work went in circles, its last round is what held."""
    seen: set[tuple[str, str]] = set()
    kept: list[Action] = []
    for action in reversed(run.actions):
        # One look at the result belongs to the work; one run's other looks are its own.
        if kept and is_watching(action.token):
            continue
        name = (action.token, action.text if action.kind in (ActionKind.EDIT, ActionKind.CREATE) else "")
        fit = action.text or action.kind is ActionKind.CALL
        if action.kind is not ActionKind.LOOK and fit and name not in seen:
            seen.add(name)
            # Alone, a run shows its own files.
            kept.append(replace(action, token=f"{action.kind} {action.text}") if "*" in action.token else action)
    return kept[::-1] if any(not is_watching(action.token) for action in kept) else []


def _is_inner_edit(action: Action) -> bool:
    return action.kind in (ActionKind.EDIT, ActionKind.CREATE) and not is_general_file(action.text)
