"""tau-bench's lists of runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skilltui.capture.events import SessionEnded, ToolCalled, UserSaid
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import ErrorKind, OutcomeBy, OutcomeLabel
from tests.documents import of, paired, read, write


def calls(*tools: str, native: str = "call_1") -> dict[str, Any]:
    listed = [
        {"id": native, "type": "function", "function": {"name": t, "arguments": '{"user_id": "u"}'}} for t in tools
    ]
    return {"role": "assistant", "content": None, "tool_calls": listed}


def answers(text: str, native: str = "call_1") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": native, "content": text}


def run(task: int, trial: int, reward: float, *messages: dict[str, Any]) -> dict[str, Any]:
    opening = [{"role": "system", "content": "policy"}, {"role": "user", "content": "change my flight"}]
    return {"task_id": task, "reward": reward, "info": {}, "traj": [*opening, *messages], "trial": trial}


def test_each_run_is_a_session_with_its_reward(tmp_path: Path) -> None:
    path = write(tmp_path / "airline.json", [run(1, 0, 1.0), run(1, 1, 0.0), run(1, 1, 0.5)])
    ended = of(read(path), SessionEnded)
    assert [event.reward for event in ended] == [1.0, 0.0, 0.5]
    assert len({event.session for event in ended}) == 3


def test_calls_are_told_apart_though_their_ids_repeat(tmp_path: Path) -> None:
    messages = [
        calls("get_user"),
        answers("Error: user not found"),
        calls("get_user", "book"),
        answers("one"),
        answers("two"),
    ]
    batch = read(write(tmp_path / "a.json", [run(1, 0, 0.0, *messages)]))
    assert len({call.key for call in of(batch, ToolCalled)}) == 3
    assert of(batch, ToolCalled)[0].args == {"user_id": "u"}
    assert [(tool, r.ok, r.error_kind, r.text) for tool, r in paired(batch) if r] == [
        ("get_user", False, ErrorKind.NOT_FOUND, "Error: user not found"),
        ("get_user", True, None, "one"),
        ("book", True, None, "two"),
    ]


def test_all_that_the_simulated_person_says_belongs_to_the_one_task(tmp_path: Path) -> None:
    messages = [
        calls("get_user"), answers("{}"),
        {"role": "user", "content": "Write me a wholly different program that prints the weather of tomorrow"},
        calls("book"), answers("{}"),
        {"role": "user", "content": "Thank you ###STOP###"},
    ]  # fmt: skip
    batch = read(write(tmp_path / "a.json", [run(1, 0, 1.0, *messages)]))
    assert [event.text for event in of(batch, UserSaid)][-1] == "Thank you"
    segmenter = Segmenter("tau-bench", batch.events[0].session, FeedbackDetector())
    segmenter.feed(batch.events)
    (one,) = segmenter.close(ended=True).trajectories
    assert (len(one.steps), len(one.turns)) == (2, 3)
    assert (one.outcome.label, one.outcome.by) == (OutcomeLabel.SUCCESS, OutcomeBy.REWARD)


def test_keys_do_not_hang_on_the_place_in_the_list(tmp_path: Path) -> None:
    first, second = run(1, 0, 1.0, calls("a")), run(2, 0, 1.0, calls("b"))
    before = read(write(tmp_path / "a.json", [first, second]))
    after = read(write(tmp_path / "a.json", [second, first]))
    assert {c.key: c.tool for c in of(before, ToolCalled)} == {c.key: c.tool for c in of(after, ToolCalled)}
