"""The pieces of evidence for an outcome that a trajectory holds. Each is a ``Signal`` with a weight in [0, 1]."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import zip_longest

from skilltui.capture.repetition import asked_again
from skilltui.domain.steps import command_head, shell_command
from skilltui.domain.trajectory import RECENT_STEPS, ErrorKind, Signal, Step, Trajectory, Turn, TurnKind
from skilltui.text.late import late
from skilltui.text.sayings import read_message

# Signals that rest on what a person said or did in words.
SPOKEN = frozenset({"approved", "rejected", "corrected", "repeated", "praised_next", "kept"})

_VERDICTS = frozenset({TurnKind.APPROVAL, TurnKind.CORRECTION, TurnKind.REJECTION})

# While an agent may still be at work, how things stand says less about how they will end.
_STILL_OPEN = 0.6

_SEGMENT = late(r"&&|\|\||[;|\n]")
_WRAPPER = late(r"(?:\w+=\S*|sudo|env|time|nohup|command|npx|bunx|uvx|timeout(?: -\S+)* \S+)\s+")
# An unknown word before the program may be one more wrapper; these are not.
_ANY_WRAPPER = r"(?:(?!echo |grep |rg |man |which |alias |cat |ls |find |cd )[a-z][\w.-]{0,15} )?(?:\S*/)?"
_CHECKER = late(
    _ANY_WRAPPER
    + r"(?:pytest|tox|nox|jest|vitest|mocha|ava|rspec|phpunit|ctest|tsc|mypy|pyright|ruff|flake8|eslint|biome|"
    r"golangci-lint|knip|shellcheck|unittest|playwright|cypress)\b(?! (?:--version|-V|--help|install))"
)
_RUNNER = late(
    _ANY_WRAPPER
    + r"(?:npm|pnpm|yarn|bun|deno|uv|poetry|hatch|make|just|task|cargo|go|dotnet|mvn|mvnw|gradle|gradlew|bundle|rake|"
    r"mix|swift|python3?|turbo|nx)\s+(?:(?:run|exec|-m|-s|--silent|-C \S+|--prefix \S+)\s+)*"
    r"(?:pytest|unittest|mypy|ruff|tsc|jest|vitest|eslint|biome|"
    r"(?:test|tests|check|checks|lint|build|typecheck|type-check|types|verify|vet|clippy|ci|compile|quality|e2e|unit|spec)"
    r"(?:[:_-][\w:-]+)?)\b"
)
_DELIVERY = late(
    _ANY_WRAPPER + r"(?:git (?:-\S+ \S+ )*(?:commit|push|merge)\b(?! --abort| --dry-run)|"
    r"gh (?:pr (?:create|merge)|release create)\b|(?:npm|pnpm|yarn|cargo|poetry|uv) publish\b(?! --dry-run)|"
    r"glab mr create\b)"
)
_FAILED_OUTPUT = late(
    r"\b[1-9]\d* (?:tests? )?(?:failed|failing|failures?|fail|errors?)\b|^(?:FAIL|FAILED)\b|\berror TS\d+|npm ERR!|"
    r"Traceback \(most recent|\bBUILD FAILED\b|✖ [1-9]|error\[E\d+\]",
    re.MULTILINE,
)
_PASSED_OUTPUT = late(
    r"\b\d+ (?:tests? )?(?:passed|passing|pass)\b|\b0 (?:fail|errors?)\b|all checks passed|no errors|test result: ok|"
    r"\bBUILD SUCCESS|compiled successfully|built in",
    re.IGNORECASE,
)
_WRITES = late(
    r"\bsed (?:-\w+ )*-i|(?<![0-9&])>>?\s*(?!/dev/|&)[\w./~$\"'-]|\btee\b|\bapply_patch\b|"
    r"\bgit (?:apply|mv|rm|revert|cherry-pick)\b|(?:^|[;&|]\s*)(?:patch|mv|cp|rm|mkdir|touch)\b"
)
_EDITORS = late(r"edit|write|patch|str_replace|create_file|notebook", re.IGNORECASE)
_ADMITS = late(
    r"\b(?:i (?:was |am )?(?:unable|not able) to|i could ?n[o']?t|i can(?:no|')t|failed to|"
    r"did ?n[o']?t (?:work|succeed)|still fail(?:s|ing)|remains? (?:broken|unresolved)|gave up|blocked by)\b|"
    r"^api error|usage limit|rate limit reached"
)
_CLAIMS = late(
    r"\b(?:done|fixed|complete[d]?|implemented|successful(?:ly)?|pushed|committed|created|updated|removed|resolved|"
    r"confirmed|merged|published|all (?:\w+ )?(?:tests|checks) pass)\b"
)


def gather(trajectory: Trajectory, *, ended: bool, next_request: str | None = None) -> Iterator[Signal]:
    """Everything that speaks for or against success, strongest kinds first."""
    scale = 1.0 if ended else _STILL_OPEN
    recent = trajectory.all_steps[-RECENT_STEPS:]
    yield from _checks(trajectory, recent, scale)
    yield from _deliveries(trajectory, recent, scale)
    yield from _stops(trajectory, scale if ended else 0.0)
    yield from _edits_by_the_person(trajectory.steps)
    yield from _turns(trajectory)
    if next_request is not None:
        yield from _moving_on(trajectory, next_request)
    yield from _closing(trajectory.closing_text)


def delivered(trajectory: Trajectory) -> bool:
    """Whether the last delivery that was tried succeeded."""
    recent = trajectory.all_steps[-RECENT_STEPS:]
    return any(signal.signal == "delivered" for signal in _deliveries(trajectory, recent, _STILL_OPEN))


# Several signals look at the same step, and agents run the same commands again and again.
@lru_cache(maxsize=512)
def _commands(command: str) -> tuple[str, ...]:
    """The single commands of a shell's, without assignments and wrappers."""
    # What follows "<<" is text for the command, not commands.
    parts = [part.strip().lstrip("(") for part in _SEGMENT().split(command.split("<<", 1)[0])]
    stripped = []
    for part in parts:
        while (wrapper := _WRAPPER().match(part)) is not None:
            part = part[wrapper.end() :]  # noqa: PLW2901 - peeled one by one
        stripped.append(part)
    return tuple(stripped)


def is_check(step: Step) -> bool:
    """Whether a step ran tests, a build, a type checker or a linter."""
    command = shell_command(step.tool, step.args)
    return command is not None and _runs_check(command)


@lru_cache(maxsize=512)
def _runs_check(command: str) -> bool:
    return any(_CHECKER().match(part) or _RUNNER().match(part) for part in _commands(command))


def is_edit(step: Step) -> bool:
    """Whether a step changed a file through an editing tool."""
    return _edits(step.tool)


@lru_cache(maxsize=128)
def _edits(tool: str) -> bool:
    return _EDITORS().search(tool) is not None and tool != "TodoWrite"


def is_delivery(step: Step) -> bool:
    """Whether a step committed, pushed, merged, released or published."""
    command = shell_command(step.tool, step.args)
    return command is not None and _delivers(command)


@lru_cache(maxsize=512)
def _delivers(command: str) -> bool:
    return any(_DELIVERY().match(part) for part in _commands(command))


def _passed(step: Step) -> bool | None:
    """How a check ended. A pipe hides the exit status of what stands before it: then the words decide."""
    if step.ok is None:
        return None
    if step.ok is False:
        return False
    text = shell_command(step.tool, step.args) or ""
    hidden = "|" in text or text.rstrip().endswith("true") or ";" in text
    if not hidden:
        return True
    if _FAILED_OUTPUT().search(step.output):
        return False
    return True if _PASSED_OUTPUT().search(step.output) or not step.output.strip() else None


def _named(step: Step) -> str:
    return command_head(shell_command(step.tool, step.args) or "") or step.tool


def _checks(trajectory: Trajectory, recent: tuple[Step, ...], scale: float) -> Iterator[Signal]:
    """The last check that says something. What was changed, committed or checked after it makes it say less."""
    edited = handed_over = unclear = False
    for step in reversed(recent):
        edited = edited or bool(is_edit(step) and step.ok)
        command = shell_command(step.tool, step.args)
        if command is None:
            continue
        checks = _runs_check(command)
        if checks and (passed := _passed(step)) is not None:
            after = ", then edited" if edited else ""
            if passed:
                # A check that passes on what nobody changed answers no question.
                aside = not edited and _only_asked(trajectory, recent)
                weight = (0.3 if edited or aside else 0.6) * scale
                yield Signal("check_passed", 1, weight, f"{_named(step)} passed{after}", step.seq)
            else:
                weight = (0.2 if edited else 0.3 if handed_over or unclear else 0.6) * scale
                yield Signal("check_failed", -1, weight, f"{_named(step)} failed{after}", step.seq)
            return
        unclear = unclear or bool(checks and step.ok)
        handed_over = handed_over or bool(step.ok and _delivers(command))


def _only_asked(trajectory: Trajectory, recent: tuple[Step, ...]) -> bool:
    """Whether the person put a question, and no file was changed for it."""
    message = read_message(trajectory.request)
    if not message.is_question or message.opens_with_asking:
        return False
    return not any(step.ok and (is_edit(step) or _writes(step)) for step in recent)


def _writes(step: Step) -> bool:
    """Whether a shell command wrote a file."""
    command = shell_command(step.tool, step.args)
    return command is not None and _WRITES().search(command) is not None


def _deliveries(trajectory: Trajectory, recent: tuple[Step, ...], scale: float) -> Iterator[Signal]:
    for step in reversed(recent):
        if step.ok is None or not is_delivery(step):
            continue
        name = _delivery_name(step)
        if step.ok:
            asked = read_message(trajectory.request).asks_for_delivery
            yield Signal("delivered", 1, (0.75 if asked else 0.45) * scale, f"{name} succeeded", step.seq)
        else:
            yield Signal("delivery_failed", -1, 0.5 * scale, f"{name} failed", step.seq)
        return


def _delivery_name(step: Step) -> str:
    """``git push``, ``gh pr create``: the last such command of the step, without its arguments."""
    command = shell_command(step.tool, step.args) or ""
    found = [match.group() for part in _commands(command) if (match := _DELIVERY().match(part))]
    return found[-1]


def _stops(trajectory: Trajectory, scale: float) -> Iterator[Signal]:
    steps = trajectory.steps
    refused = next((step for step in reversed(steps) if step.error_kind is ErrorKind.USER_REJECTED), None)
    stopped = next((turn for turn in reversed(trajectory.turns) if turn.kind is TurnKind.INTERRUPTION), None)
    if refused is not None:
        # What was worked on after being stopped ended otherwise.
        weight = 0.1 if refused.seq < trajectory.last_seq else 0.3
        yield Signal("tool_refused", -1, weight, f"you refused {refused.tool}", refused.seq)
    elif stopped is not None:
        weight = 0.1 if stopped.after_step < trajectory.last_seq else 0.3
        yield Signal("interrupted", -1, weight, "you stopped the agent", stopped.after_step or None)
    last = steps[-1] if steps else None
    if last is None or last.ok is not False or not scale or is_check(last) or is_delivery(last):
        return
    if last.error_kind not in (ErrorKind.USER_REJECTED, ErrorKind.INTERRUPTED):
        yield Signal("last_step_failed", -1, 0.4 * scale, f"the last step failed: {_named(last)}", last.seq)


def _edits_by_the_person(steps: tuple[Step, ...]) -> Iterator[Signal]:
    """``userModified`` of Claude Code; Gemini CLI and Qwen Code write ``modified_by_user`` into the call."""
    changed = [step for step in steps if step.user_edited or step.args.get("modified_by_user") is True]
    if changed:
        proposals = "an edit" if len(changed) == 1 else f"{len(changed)} edits"
        yield Signal("user_edited", -1, 0.2, f"you changed {proposals} that the agent proposed", changed[-1].seq)


def _turns(trajectory: Trajectory) -> Iterator[Signal]:
    spoken = _verdicts(trajectory.turns)
    for turn in spoken:
        last = turn is spoken[-1]
        step = turn.after_step or None
        if turn.kind is TurnKind.APPROVAL:
            if last:
                yield Signal("approved", 1, 0.8, _quote(turn.text), step)
            continue
        name = "rejected" if turn.kind is TurnKind.REJECTION else "corrected"
        text = _quote(turn.text)
        if name == "corrected" and _is_repeated(turn, trajectory.turns):
            name, text = "repeated", f"you asked again: {text}"
        # A correction that was worked on says little about the end; the last word with nothing after it says much.
        later = [step for step in trajectory.steps if step.seq > turn.after_step]
        weight = 0.7 if not later else 0.1 if any(map(_completes, later)) else 0.3
        yield Signal(name, -1, weight if last else 0.03, text, step)


def _verdicts(turns: tuple[Turn, ...]) -> list[Turn]:
    """The turns that praise or blame, but for what the person took back at once ("sorry, wrong chat")."""
    said = [turn for turn in turns if turn.kind is not TurnKind.INTERRUPTION]
    return [
        turn
        for turn, following in zip_longest(said, said[1:])
        if turn.kind in _VERDICTS
        and not (following and following.kind is TurnKind.FOLLOW_UP and read_message(following.text).withdraws)
    ]


def _is_repeated(turn: Turn, turns: tuple[Turn, ...]) -> bool:
    earlier = turns[: turns.index(turn)]
    return any(asked_again(turn.text, before.text) for before in earlier if before.kind is not TurnKind.INTERRUPTION)


def _completes(step: Step) -> bool:
    return step.ok is True and (is_delivery(step) or (is_check(step) and _passed(step) is True))


def _moving_on(trajectory: Trajectory, next_request: str) -> Iterator[Signal]:
    message = read_message(next_request)
    if message.praise:
        yield Signal("praised_next", 1, 0.75, f"next you said {_quote(next_request)}")
    elif message.asks_for_delivery and any(is_edit(step) and step.ok for step in trajectory.all_steps):
        yield Signal("kept", 1, 0.6, f"next you asked {_quote(next_request)}")
    else:
        yield Signal("moved_on", 1, 0.1, "you went on to something else")


def _quote(text: str) -> str:
    return f"“{' '.join(text.split())[:120]}”"


def _closing(text: str) -> Iterator[Signal]:
    head = text[:300].lower().replace("’", "'")
    if _ADMITS().search(head):
        yield Signal("agent_admits", -1, 0.35, "the agent says that it did not succeed")
    elif _CLAIMS().search(head):
        yield Signal("agent_claims", 1, 0.2, "the agent says that it is done")
