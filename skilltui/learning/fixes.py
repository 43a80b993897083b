"""Errors and what mended them: a failure at ``i``, the next success of the same kind at ``j <= i + 8``, and the steps
between (error signatures after D2Skill, arXiv 2603.28716; confidence is Wilson's lower bound).

A fix that only switches a check off, a retry that passed by itself and a mended typo in one source file are no lessons.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

from msgspec import Struct

from skilltui.domain.steps import SHELL_TOOLS
from skilltui.domain.trajectory import ErrorKind, Step, Trajectory
from skilltui.domain.trust import wilson_lower
from skilltui.learning.actions import RETRY, Action, ActionKind, is_general_file, step_actions
from skilltui.learning.safe import bypasses, teachable, urls
from skilltui.learning.slots import error_line, error_signature, file_words, generalise_files, slot_command, slot_text
from skilltui.learning.wording import code, remedy

_FAULTS = frozenset({None, ErrorKind.EXIT_NONZERO, ErrorKind.NOT_FOUND, ErrorKind.TIMEOUT, ErrorKind.OTHER})
CHECKING = re.compile(
    r"\b(?:tests?|pytest|jest|vitest|lint|typecheck|tsc|check|mypy|clippy|vet|build|knip|tox|coverage)\b"
)
_MENDING = re.compile(r"fix|format|fmt|write|install")
# Saving work is no fix of what failed before it.
_SAVING = frozenset(
    {
        "git add",
        "git commit",
        "git status",
        "git diff",
        "git log",
        "git show",
        "git checkout",
        "git restore",
        "git reset",
        "git stash",
        "mkdir",
        "rm",
        "cp",
        "mv",
    }
)
_TEST_FILE = re.compile(r"(?:^|/)test_|[._-](?:test|spec|tests)\.\w+$|(?:^|/)tests?/")
_ORDER_IN_OUTPUT = re.compile(
    r"`|\b(?:run|execute|install|curl|wget|npx|uvx|pip|sudo|download|visit|paste|use)\b", re.IGNORECASE
)
MAX_ERROR = 110
# More than this many things that helped are a task of their own.
MAX_HELP = 2

Between: TypeAlias = tuple[Action, ...]


class Repair(Struct, frozen=True):
    """One failure that was mended. ``failed`` and ``passed`` are commands with slots, wrappers included.

    ``error`` is the output's telling line with slots, ``signature`` the same made equal for equal errors.
    """

    trajectory: str
    session: str
    token: str
    failure: Step
    success: Step
    failed: str
    passed: str
    signature: str
    error: str
    between: tuple[Action, ...]
    changed_args: tuple[str, ...] = ()


class Fix(Struct, frozen=True):
    """A lesson from repairs of one kind: repaired in ``repairs``, seen in ``seen`` trajectories.

    ``told`` are the commands and settings that ``line`` tells to use.
    """

    line: str
    repairs: tuple[Repair, ...]
    seen: int
    told: tuple[str, ...] = ()
    wrong: str = ""  # a command that never worked, and
    right: str = ""  # the one that did instead

    @property
    def score(self) -> float:
        """Wilson's lower bound of repaired over seen, times how often."""
        repaired = len({r.trajectory for r in self.repairs})
        return repaired * (wilson_lower(repaired, max(0, self.seen - repaired)) or 0.0)


def fixes(trajectories: Sequence[Trajectory]) -> list[Fix]:
    """The lessons, best first."""
    repairs = [repair for trajectory in trajectories for repair in _repairs(trajectory)]
    failures = _failures(trajectories)
    found: list[Fix] = []
    rewritten: dict[tuple[str, ...], list[Repair]] = {}
    mended: dict[str, list[Repair]] = {}
    for repair in repairs:
        if repair.changed_args:
            rewritten.setdefault((repair.token, *repair.changed_args), []).append(repair)
        elif repair.failed != repair.passed and not _edits(repair.between):
            key = (repair.token, repair.failed, repair.passed, repair.signature)
            rewritten.setdefault(key, []).append(repair)
        else:
            mended.setdefault(repair.token, []).append(repair)
    for group in rewritten.values():
        found += _rewrite(group, failures)
    for group in mended.values():
        found += _mend(group, failures)
    return sorted(found, key=lambda fix: (-fix.score, fix.line))


def _repairs(trajectory: Trajectory) -> Iterable[Repair]:
    steps = trajectory.steps
    done = [step_actions(step, trajectory.project) for step in steps]
    own = {PurePosixPath(a.text).name for found in done for a in found if a.kind is ActionKind.CREATE}
    for i, step in enumerate(steps):
        if not _is_fault(step) or not done[i]:
            continue
        failed = done[i][-1]
        if failed.kind not in (ActionKind.COMMAND, ActionKind.CALL):
            continue
        # A script that the agent wrote for this one task, and its errors, are of no use to the next.
        if any(PurePosixPath(word).name in own for word in failed.raw.split()):
            continue
        for j in range(i + 1, min(i + RETRY, len(steps) - 1) + 1):
            passed = next((a for a in done[j] if a.token == failed.token), None)
            if passed is None or steps[j].ok is not True:
                continue
            between = tuple(a for k in range(i + 1, j) for a in done[k] if a.ok is not False)
            between += tuple(a for a in done[j] if a is not passed and a.token != failed.token)
            repair = _repair(trajectory, (step, steps[j]), (failed, passed), between)
            if repair is not None:
                yield repair
            break


def _repair(
    trajectory: Trajectory, at: tuple[Step, Step], pair: tuple[Action, Action], between: Between
) -> Repair | None:
    """The repair of ``at`` (failed, passed), ``None`` where it teaches nothing."""
    failed, passed = pair
    old, new = at[0].args, at[1].args
    between = tuple(a for a in between if _mends(a, failed.token))
    changed: tuple[str, ...] = ()
    if failed.kind is ActionKind.CALL:
        changed = tuple(k for k in sorted({*old, *new}) if old.get(k) != new.get(k) and re.fullmatch(r"\w{1,40}", k))
        before, after = failed.token, passed.token
        if not changed and not between:
            return None
    else:
        if bypasses(passed.raw) or not teachable(passed.raw) or not teachable(failed.raw):
            return None
        before, after = (slot_command(a.raw, trajectory.project) for a in pair)
        if not before or not after or (before == after and not between):
            return None
    return Repair(
        trajectory=trajectory.id,
        session=trajectory.session,
        token=failed.token,
        failure=at[0],
        success=at[1],
        failed=before,
        passed=after,
        signature=error_signature(at[0].output),
        error=slot_text(error_line(at[0].output), trajectory.project),
        between=between,
        changed_args=changed,
    )


def _mends(action: Action, token: str) -> bool:
    """Whether an action between failure and success may be what helped."""
    if action.kind in (ActionKind.EDIT, ActionKind.CREATE):
        return True
    if action.kind is not ActionKind.COMMAND or action.token == token or action.token in _SAVING or not action.text:
        return False
    return bool(_MENDING.search(action.token)) or not CHECKING.search(action.token)


def _failures(trajectories: Sequence[Trajectory]) -> Counter[tuple[str, str]]:
    """In how many trajectories each (token, signature) failed; the signature ``""`` counts any."""
    counted: Counter[tuple[str, str]] = Counter()
    for trajectory in trajectories:
        met = set()
        for step in trajectory.steps:
            done = step_actions(step, trajectory.project) if _is_fault(step) else []
            if done:
                met |= {(done[-1].token, error_signature(step.output)), (done[-1].token, "")}
        counted.update(met)
    return counted


def _rewrite(group: list[Repair], failures: Counter[tuple[str, str]]) -> list[Fix]:
    """Another command, or other arguments, instead of the one that failed."""
    first = group[0]
    if first.changed_args:
        names = ", ".join(code(name) for name in first.changed_args[:3])
        signatures = list(dict.fromkeys(r.signature for r in group if r.signature))
        errors = [said for s in signatures if (said := _error([r for r in group if r.signature == s]))]
        said = " or".join(text if i == 0 else text.removeprefix(" with") for i, text in enumerate(errors[:2]))
        line = f"If {code(first.token)} fails{said}, correct {names} and call it again."
        return [Fix(line, tuple(group), sum(failures[first.token, s] for s in signatures))] if said else []
    said = _error(group)
    seen = failures[first.token, first.signature]
    if not said and len({r.session for r in group}) < 2:
        return []
    if _words(first.failed) & _words(first.passed) == set():
        return []
    failed, passed = (_general(text, group) for text in (first.failed, first.passed))
    if failed == passed:
        failed, passed = first.failed, first.passed
    line = f"{code(failed)} fails{said}: use {code(passed)} instead."
    return [Fix(line, tuple(group), seen, (passed,), first.failed, first.passed)]


def _mend(group: list[Repair], failures: Counter[tuple[str, str]]) -> list[Fix]:
    """Something done before the same command was tried again."""
    token = group[0].token
    found: list[Fix] = []
    helped: dict[str, list[Repair]] = {}
    for repair in group:
        for name in {a.token for a in repair.between if a.kind is ActionKind.COMMAND}:
            helped.setdefault(name, []).append(repair)
    common = [name for name, rs in helped.items() if len({r.session for r in rs}) >= 2]
    for name in sorted(common, key=lambda n: (-len(helped[n]), n))[:1]:
        some = helped[name]
        command = Counter(a.text for r in some for a in r.between if a.token == name).most_common()
        text = min(command, key=lambda pair: (-pair[1], len(pair[0]), pair[0]))[0]
        text = _general(text, some)
        said = _error(some)
        line = f"If {code(_again(some))} fails{said}, run {code(text)}, then try it again."
        found.append(Fix(line, tuple(some), failures[token, some[0].signature if said else ""], (text,)))
        group = [r for r in group if r not in some]
    by_help: dict[tuple[str, ...], list[Repair]] = {}
    for repair in group:
        helpful = tuple(dict.fromkeys(remedy(a) for a in _helpful(repair)))
        if helpful:
            by_help.setdefault(helpful[:MAX_HELP], []).append(repair)
    for helpful, some in by_help.items():
        said = _error([repair for repair in some if repair.signature])
        mends = any(_MENDING.search(a.token) for a in some[0].between if a.kind is ActionKind.COMMAND)
        if said or mends or len(some) > 1:
            line = f"If {code(_again(some))} fails{said}, {_joined(helpful)}, then try it again."
            told = tuple(a.change or a.text for a in _helpful(some[0]) if not a.anew)
            found.append(Fix(line, tuple(some), failures[token, some[0].signature if said else ""], told))
    return found


def _helpful(repair: Repair) -> list[Action]:
    """What a person could do as well: commands, and edits that one line tells.

    Where a file was changed in a way that no line tells, a command beside it may have had no part in what helped,
    unless mending is what it is for.
    """
    telling = [a for a in repair.between if remedy(a)]
    untold = any(a.kind is not ActionKind.COMMAND and a not in telling for a in repair.between)
    return [a for a in telling if a.kind is not ActionKind.COMMAND or not untold or _MENDING.search(a.token)]


def _joined(helpful: Sequence[str]) -> str:
    first, *others = helpful[:MAX_HELP]
    opening = next((how for how in ("set a new ", "set ", "run ") if first.startswith(how)), "")
    return " and ".join([first, *(other.removeprefix(opening) for other in others)])


def _again(group: Sequence[Repair]) -> str:
    """The command that passed in the end, as most of these runs wrote it."""
    written = Counter(_general(repair.passed, group) for repair in group)
    return min(written, key=lambda text: (-written[text], len(text), text))


def _general(command: str, group: Sequence[Repair]) -> str:
    """A command with ``<file>`` for the files that only one session named; what every project has keeps its name."""
    sessions: dict[str, set[str]] = {}
    for repair in group:
        for file in file_words(repair.failed) + file_words(repair.passed):
            sessions.setdefault(file, set()).add(repair.session)
    known = {
        file
        for file in file_words(command)
        if len(sessions.get(file, ())) > 1 or (is_general_file(file) and not _TEST_FILE.search(file))
    }
    return generalise_files(command, frozenset(known))


def _error(group: Sequence[Repair]) -> str:
    """`` with `…` `` where all fail alike and the words are safe to repeat: an output must not give orders."""
    if len({r.signature for r in group}) != 1 or not group[0].signature:
        return ""
    lines = sorted({r.error for r in group})
    text = lines[0] if len(lines) == 1 else group[0].signature
    if urls(text) or _ORDER_IN_OUTPUT.search(text) or not text:
        return ""
    return f" with {code(text if len(text) <= MAX_ERROR else text[: MAX_ERROR - 1].rstrip() + '…')}"


def _edits(actions: Iterable[Action]) -> bool:
    return any(a.kind in (ActionKind.EDIT, ActionKind.CREATE) for a in actions)


def _words(command: str) -> set[str]:
    return {word for word in command.split() if not word.startswith("-")}


def _is_fault(step: Step) -> bool:
    return step.ok is False and step.error_kind in _FAULTS and (step.tool.lower() in SHELL_TOOLS or bool(step.args))
