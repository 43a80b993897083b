"""SkillRL's memories: what was distilled, taken for no more than that."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.discover import Found, discover
from skilltui.capture.events import AgentSaid, SessionEnded, SessionStarted, ToolCalled, UserSaid
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.formats.skillrl import SkillRL
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import OutcomeBy, OutcomeLabel, Trajectory
from tests.documents import READER, of, read, write

STEPS = [{"step_index": 0, "action": "go to shelf", "reasoning": "it may be there"}, {"action": "take the lamp"}]
GUIDE = {
    "planning_pattern": "search -> take -> place",
    "mistakes_to_avoid": [{"trigger_condition": "the shelf is empty", "bad_action": "looking there again"}],
}


def memory(number: int = 1, outcome: str = "Success", *, trajectory: Any = None, guidelines: Any = GUIDE) -> dict[str, Any]:  # fmt: skip  # noqa: E501
    return {
        "memory_id": f"mem_{number:03d}",
        "contextual_description": "An object is to be put somewhere else.",
        "tags": {"environment": "Household", "outcome": outcome, "data_source": "x"},
        "content": {
            "task_meta": {"original_goal": f"put lamp {number} on the desk"},
            "refined_trajectory": trajectory,
            "strategic_guidelines": guidelines,
        },
        "origin_env_id": "env001",
    }


def test_a_memory_is_a_task_without_steps(tmp_path: Path) -> None:
    batch = read(write(tmp_path / "memories.json", [memory(1, trajectory=STEPS), memory(2, "Failure")]))
    assert [e.text for e in of(batch, UserSaid)] == ["put lamp 1 on the desk", "put lamp 2 on the desk"]
    assert [e.outcome for e in of(batch, SessionEnded)] == ["success", "failure"]
    assert of(batch, ToolCalled) == []
    assert len({e.session for e in of(batch, SessionStarted)}) == 2
    sessions: list[Trajectory] = []
    for started in of(batch, SessionStarted):
        segmenter = Segmenter("skillrl", started.session, FeedbackDetector())
        segmenter.feed(batch.events)
        sessions += segmenter.close(ended=True).trajectories
    assert [(t.outcome.label, t.outcome.by, len(t.steps)) for t in sessions] == [
        (OutcomeLabel.SUCCESS, OutcomeBy.REWARD, 0), (OutcomeLabel.FAILURE, OutcomeBy.REWARD, 0),
    ]  # fmt: skip
    assert sessions[0].closing_text.splitlines() == [
        "Plan: search -> take -> place",
        "Avoid: the shelf is empty: looking there again",
        "- go to shelf",
        "- take the lamp",
        "An object is to be put somewhere else.",
    ]


@pytest.mark.parametrize("wrap", [1, 2])
@pytest.mark.parametrize("written", [False, True])
def test_what_is_nested_twice_is_read_alike(tmp_path: Path, wrap: int, *, written: bool) -> None:
    plain = read(write(tmp_path / "a.json", [memory(trajectory=STEPS)]))
    trajectory: Any = STEPS
    guidelines: Any = GUIDE
    for _ in range(wrap):
        trajectory, guidelines = {"refined_trajectory": trajectory}, {"strategic_guidelines": guidelines}
    if written:
        trajectory, guidelines = json.dumps(trajectory), json.dumps(guidelines)
    nested = read(write(tmp_path / "b.json", [memory(trajectory=trajectory, guidelines=guidelines)]))
    assert [e.text for e in of(nested, AgentSaid)] == [e.text for e in of(plain, AgentSaid)]


def test_a_failure_has_no_trajectory_and_perhaps_no_plan(tmp_path: Path) -> None:
    guidelines = {"planning_pattern": None, "mistakes_to_avoid": ["giving up", None, 7]}
    batch = read(write(tmp_path / "a.json", memory(outcome="failure", guidelines=guidelines)))
    (told,) = of(batch, AgentSaid)
    assert told.text == "Avoid: giving up\nAn object is to be put somewhere else."


def test_an_outcome_that_is_none_and_a_memory_without_a_goal(tmp_path: Path) -> None:
    odd = memory(2)
    odd["content"]["task_meta"] = None
    batch = read(write(tmp_path / "a.json", [memory(1, "Partial"), odd]))
    assert [e.outcome for e in of(batch, SessionEnded)] == [None]
    assert batch.unknown == {"(no goal)": 1}


def test_ids_that_repeat_are_no_identity_and_a_moved_file_is(tmp_path: Path) -> None:
    one, two = memory(1), memory(1, "Failure")
    first = read(write(tmp_path / "a.json", [one, two]))
    assert len({e.session for e in first.events}) == 2
    moved = read(write(tmp_path / "elsewhere" / "b.json", [one, two]))
    assert {e.session for e in moved.events} == {e.session for e in first.events}


def test_lines_of_memories_are_known_too(tmp_path: Path) -> None:
    path = tmp_path / "memories.jsonl"
    path.write_text("".join(json.dumps(memory(n)) + "\n" for n in range(3)))
    (found,) = discover([path])
    assert isinstance(found, Found)
    assert found.format == "skillrl"
    assert len(of(READER.read(path, "skillrl", final=True), UserSaid)) == 3


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=3)
    | st.dictionaries(st.sampled_from(["refined_trajectory", "strategic_guidelines", "action", "tags"]), children),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150)
@given(_JSON, _JSON, _JSON)
def test_no_shape_is_fatal(trajectory: Any, guidelines: Any, tags: Any) -> None:
    odd = memory(trajectory=trajectory, guidelines=guidelines) | {"tags": tags}
    events = list(SkillRL().events(Path("a.json"), [odd], Counter()))
    assert isinstance(events[0], SessionStarted)
