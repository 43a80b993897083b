"""SkillRL's memories (``generated_memories_*.json``): what was distilled from runs that are not there themselves.

One memory is one session with one task: the goal, and whether it was reached. It has no steps: the actions in it are
those of a model that retold the run, with names made general, and were never recorded calls. What it tells of them
(the plan, the mistakes, the refined trajectory) is kept as the closing text, which is never evidence for a lesson.
Guidelines and trajectory are sometimes nested twice, and a failure has no trajectory.
(https://github.com/aiming-lab/SkillRL)
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from skilltui.capture.events import AgentSaid, Event, SessionEnded, SessionStarted, UserSaid
from skilltui.capture.formats.base import JSONObject, mapping, mark, text
from skilltui.capture.formats.outline import outline
from skilltui.domain.trajectory import OutcomeLabel

_OUTCOMES = {"success": OutcomeLabel.SUCCESS, "failure": OutcomeLabel.FAILURE}
_STEPS = 60  # of a refined trajectory, that are told


class SkillRL:
    """The format ``skillrl``."""

    name = "skillrl"

    def sniff(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the name says nothing sure
        """A list of memories, one memory, or lines of them."""
        keys = outline(head).keys()
        return any(
            f"{top}contextual_description" in keys and keys & {f"{top}memory_id", f"{top}tags", f"{top}content"}
            for top in ("*/", "")
        )

    def beside(self, path: Path) -> tuple[Path, ...]:  # noqa: ARG002 - the document says it all
        """See ``WholeFormat``."""
        return ()

    def events(self, path: Path, records: Sequence[JSONObject], unknown: Counter[str]) -> Iterator[Event]:  # noqa: ARG002
        """See ``WholeFormat``. One memory = one session, wherever its file lies."""
        seen: Counter[str] = Counter()
        for memory in records:
            content = mapping(memory.get("content"))
            goal = text(mapping(content.get("task_meta")).get("original_goal"))
            if goal is None or not goal.strip():
                unknown["(no goal)"] += 1
                continue
            # Ids are given by a model and repeat from file to file; with the content they are those of one memory.
            same = mark(json.dumps(memory, sort_keys=True))[:8]
            session = f"{text(memory.get('memory_id')) or 'memory'}~{same}"
            seen[session] += 1
            yield from _memory(memory, content, goal, session if seen[session] == 1 else f"{session}.{seen[session]}")


def _memory(memory: JSONObject, content: JSONObject, goal: str, session: str) -> Iterator[Event]:
    tags = mapping(memory.get("tags"))
    yield SessionStarted(session, project=text(tags.get("environment")))
    yield UserSaid(session, f"{session}#goal", None, goal.strip())
    told = _told(memory, content)
    if told:
        yield AgentSaid(session, f"{session}#told", None, told)
    outcome = _OUTCOMES.get(str(tags.get("outcome")).strip().lower())
    yield SessionEnded(session, f"{session}#end", None, outcome=outcome.value if outcome is not None else None)


def _told(memory: JSONObject, content: JSONObject) -> str:
    """The plan first: of a closing text, the beginning stays."""
    guidelines = mapping(_unwrapped(content, "strategic_guidelines"))
    lines = []
    plan = text(guidelines.get("planning_pattern"))
    if plan:
        lines.append(f"Plan: {plan.strip()}")
    mistakes = guidelines.get("mistakes_to_avoid")
    for mistake in mistakes if isinstance(mistakes, list) else []:
        when, done = text(mapping(mistake).get("trigger_condition")), text(mapping(mistake).get("bad_action"))
        words = ": ".join(filter(None, (when, done))) or text(mistake) or ""
        if words:
            lines.append(f"Avoid: {words}")
    steps = _unwrapped(content, "refined_trajectory")
    for step in steps[:_STEPS] if isinstance(steps, list) else []:
        action = text(mapping(step).get("action")) or text(step)
        if action:
            lines.append(f"- {action}")
    if isinstance(steps, str):
        lines.append(steps)
    described = text(memory.get("contextual_description"))
    if described:
        lines.append(described.strip())
    return "\n".join(lines)


def _unwrapped(content: JSONObject, name: str) -> Any:
    """A value that may stand in an object of its own name; or be JSON in a string."""
    value: Any = content.get(name)
    for _ in range(3):
        if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return value
        if not (isinstance(value, dict) and name in value):
            break
        value = value[name]
    return value
