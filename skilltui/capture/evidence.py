"""The pieces of evidence for an outcome that a trajectory holds. Each is a ``Signal`` with a weight in [0, 1]."""

from __future__ import annotations

import re
from collections.abc import Iterator

from skilltui.capture import phrases
from skilltui.domain.steps import command_head, shell_command
from skilltui.domain.trajectory import ErrorKind, Signal, Step, Trajectory, TurnKind

# Signals that rest on what a person said or did in words.
SPOKEN = frozenset({"approved", "rejected", "corrected", "praised_next", "kept"})

# While an agent may still be at work, how things stand says less about how they will end.
_STILL_OPEN = 0.6

_SEGMENT = re.compile(r"&&|\|\||[;|\n]")
_WRAPPER = re.compile(r"(?:\w+=\S*|sudo|env|time|nohup|command|npx|bunx|uvx|timeout(?: -\S+)* \S+)\s+")
_CHECKER = re.compile(
    r"(?:\S*/)?(?:pytest|tox|nox|jest|vitest|mocha|ava|rspec|phpunit|ctest|tsc|mypy|pyright|ruff|flake8|eslint|biome|"
    r"golangci-lint|knip|shellcheck|unittest|playwright|cypress)\b(?! (?:--version|-V|--help|install))"
)
_RUNNER = re.compile(
    r"(?:\S*/)?(?:npm|pnpm|yarn|bun|deno|uv|poetry|hatch|make|just|task|cargo|go|dotnet|mvn|mvnw|gradle|gradlew|bundle|rake|"
    r"mix|swift|python3?|turbo|nx)\s+(?:(?:run|exec|-m|-s|--silent|-C \S+|--prefix \S+)\s+)*"
    r"(?:pytest|unittest|mypy|ruff|tsc|jest|vitest|eslint|biome|"
    r"(?:test|tests|check|checks|lint|build|typecheck|type-check|types|verify|vet|clippy|ci|compile|quality|e2e|unit|spec)"
    r"(?:[:_-][\w:-]+)?)\b"
)
_DELIVERY = re.compile(
    r"git (?:-\S+ \S+ )*(?:commit|push|merge)\b(?! --abort| --dry-run)|gh (?:pr (?:create|merge)|release create)\b|"
    r"(?:npm|pnpm|yarn|cargo|poetry|uv) publish\b(?! --dry-run)|glab mr create\b"
)
_FAILED_OUTPUT = re.compile(
    r"\b[1-9]\d* (?:tests? )?(?:failed|failing|failures?|fail|errors?)\b|^(?:FAIL|FAILED)\b|\berror TS\d+|npm ERR!|"
    r"Traceback \(most recent|\bBUILD FAILED\b|✖ [1-9]|error\[E\d+\]",
    re.MULTILINE,
)
_PASSED_OUTPUT = re.compile(
    r"\b\d+ (?:tests? )?(?:passed|passing|pass)\b|\b0 (?:fail|errors?)\b|all checks passed|no errors|test result: ok|"
    r"\bBUILD SUCCESS|compiled successfully|built in",
    re.IGNORECASE,
)
_EDITORS = re.compile(r"edit|write|patch|str_replace|create_file|notebook", re.IGNORECASE)
_ADMITS = re.compile(
    r"\b(?:i (?:was |am )?(?:unable|not able) to|i could ?n[o']?t|i can(?:no|')t|failed to|did ?n[o']?t (?:work|succeed)|"
    r"still fail(?:s|ing)|remains? (?:broken|unresolved)|gave up|blocked by)\b|^api error|usage limit|rate limit reached"
)
_CLAIMS = re.compile(
    r"\b(?:done|fixed|complete[d]?|implemented|successful(?:ly)?|pushed|committed|created|updated|removed|resolved|"
    r"confirmed|merged|published|all (?:\w+ )?(?:tests|checks) pass)\b"
)


def gather(trajectory: Trajectory, *, ended: bool, next_request: str | None = None) -> Iterator[Signal]:
    """Everything that speaks for or against success, strongest kinds first."""
    scale = 1.0 if ended else _STILL_OPEN
    yield from _checks(trajectory.steps, scale)
    yield from _deliveries(trajectory, scale)
    yield from _stops(trajectory, scale if ended else 0.0)
    yield from _turns(trajectory)
    if next_request is not None:
        yield from _moving_on(trajectory, next_request)
    yield from _closing(trajectory.closing_text)


def commands(step: Step) -> list[str]:
    """The single commands of a shell step, without assignments and wrappers; none for other tools."""
    command = shell_command(step.tool, step.args)
    if command is None:
        return []
    # What follows "<<" is text for the command, not commands.
    parts = [part.strip().lstrip("(") for part in _SEGMENT.split(command.split("<<", 1)[0])]
    stripped = []
    for part in parts:
        while (wrapper := _WRAPPER.match(part)) is not None:
            part = part[wrapper.end() :]  # noqa: PLW2901 - peeled one by one
        stripped.append(part)
    return stripped


def is_check(step: Step) -> bool:
    """Whether a step ran tests, a build, a type checker or a linter."""
    return any(_CHECKER.match(part) or _RUNNER.match(part) for part in commands(step))


def is_edit(step: Step) -> bool:
    """Whether a step changed a file through an editing tool."""
    return _EDITORS.search(step.tool) is not None and step.tool not in {"TodoWrite"}


def is_delivery(step: Step) -> bool:
    """Whether a step committed, pushed, merged, released or published."""
    return any(_DELIVERY.match(part) for part in commands(step))


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
    if _FAILED_OUTPUT.search(step.output):
        return False
    return True if _PASSED_OUTPUT.search(step.output) or not step.output.strip() else None


def _named(step: Step) -> str:
    return command_head(shell_command(step.tool, step.args) or "") or step.tool


def _checks(steps: tuple[Step, ...], scale: float) -> Iterator[Signal]:
    edited = False
    for step in reversed(steps):
        if is_edit(step) and step.ok:
            edited = True
        if not is_check(step):
            continue
        passed = _passed(step)
        if passed is None:
            continue
        weight = (0.3 if edited else 0.6) * scale
        after = ", then edited" if edited else ""
        if passed:
            yield Signal("check_passed", 1, weight, f"{_named(step)} passed last{after}", step.seq)
        else:
            yield Signal("check_failed", -1, weight, f"{_named(step)} failed last{after}", step.seq)
        return


def _deliveries(trajectory: Trajectory, scale: float) -> Iterator[Signal]:
    for step in reversed(trajectory.steps):
        if step.ok is None or not is_delivery(step):
            continue
        name = _named(step)
        if step.ok:
            asked = phrases.asks_for_delivery(trajectory.request) or "commit" in trajectory.request.lower()[:200]
            yield Signal("delivered", 1, (0.75 if asked else 0.45) * scale, f"{name} succeeded", step.seq)
        else:
            yield Signal("delivery_failed", -1, 0.5 * scale, f"{name} failed last", step.seq)
        return


def _stops(trajectory: Trajectory, scale: float) -> Iterator[Signal]:
    refused = [step for step in trajectory.steps if step.error_kind is ErrorKind.USER_REJECTED]
    if refused:
        yield Signal("tool_refused", -1, 0.2, f"you refused {refused[-1].tool}", refused[-1].seq)
    stopped = [turn for turn in trajectory.turns if turn.kind is TurnKind.INTERRUPTION]
    if stopped:
        yield Signal("interrupted", -1, 0.2, "you stopped the agent", stopped[-1].after_step or None)
    last = trajectory.steps[-1] if trajectory.steps else None
    if last is not None and last.ok is False and scale and not (is_check(last) or is_delivery(last)):
        if last.error_kind not in (ErrorKind.USER_REJECTED, ErrorKind.INTERRUPTED):
            yield Signal("last_step_failed", -1, 0.4 * scale, f"the last step failed: {_named(last)}", last.seq)


def _turns(trajectory: Trajectory) -> Iterator[Signal]:
    spoken = [
        turn for turn in trajectory.turns if turn.kind in (TurnKind.APPROVAL, TurnKind.CORRECTION, TurnKind.REJECTION)
    ]
    for turn in spoken:
        last = turn is spoken[-1]
        step = turn.after_step or None
        quote = f"“{' '.join(turn.text.split())[:120]}”"
        if turn.kind is TurnKind.APPROVAL:
            if last:
                yield Signal("approved", 1, 0.8, quote, step)
            continue
        name = "rejected" if turn.kind is TurnKind.REJECTION else "corrected"
        # A correction that was worked on says little about the end; the last word with nothing after it says much.
        weight = 0.1 if not last else 0.3 if turn.after_step < len(trajectory.steps) else 0.7
        yield Signal(name, -1, weight, quote, step)


def _moving_on(trajectory: Trajectory, next_request: str) -> Iterator[Signal]:
    quote = f"“{' '.join(next_request.split())[:120]}”"
    if phrases.praise(next_request):
        yield Signal("praised_next", 1, 0.75, f"next you said {quote}")
    elif phrases.asks_for_delivery(next_request) and any(is_edit(step) and step.ok for step in trajectory.steps):
        yield Signal("kept", 1, 0.6, f"next you asked {quote}")
    else:
        yield Signal("moved_on", 1, 0.1, "you went on to something else")


def _closing(text: str) -> Iterator[Signal]:
    head = text[:300].lower().replace("’", "'")
    if _ADMITS.search(head):
        yield Signal("agent_admits", -1, 0.35, "the agent says that it did not succeed")
    elif _CLAIMS.search(head):
        yield Signal("agent_claims", 1, 0.2, "the agent says that it is done")
