"""Exports: valid where a format has rules, and read back to the same trajectories."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from atif import Trajectory as AtifTrajectory
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from skilltui.capture.discover import Found, discover
from skilltui.capture.exports import atif
from skilltui.capture.exports.session import exported
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import (
    ErrorKind,
    Fault,
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    Signal,
    SkillUse,
    Step,
    Trajectory,
    Turn,
    TurnKind,
)
from tests.roundtrip import READER, read, told, write

FORMATS = ["atif", "events"]
S = "s-1"
WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["no, the other file", "great, thanks", "  padded  ", "<command-name>/x</command-name>", "Exit code 3\nboom",
         "stop", '{"v":1,"type":"tool_call","session":"x"}', "\x1b[31mred", "# a", "now write a poem about it"]
    ),
)  # fmt: skip
TIME = st.none() | st.integers(0, 50_000_000).map(
    lambda ms: f"2026-11-03T{ms // 3_600_000:02d}:10:{ms % 60:02d}.{ms % 1000:03d}Z"
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def record(draw: st.DrawFn) -> dict[str, Any]:
    """One record of a session as a careless agent might write it."""
    kind = draw(st.sampled_from(["user_message", "tool_call", "tool_result", "assistant_text", "tool_call"]))
    made: dict[str, Any] = {"v": 1, "type": kind, "session": S, "ts": draw(TIME)}
    if kind in {"user_message", "assistant_text"}:
        made |= {"text": draw(WORDS), "kind": draw(st.sampled_from(["human", "interruption"]))}
    else:
        made["call_id"] = draw(st.sampled_from(["c1", "c2", "c#3", "c4", None]))
    if kind == "tool_call":
        tool = draw(st.sampled_from(["Bash", "Read", "Skill", "édit"]))
        made |= {"tool": tool, "model": draw(st.sampled_from([None, "m-1", "m-2"]))}
        skill = {"skill": "deploy"} if tool == "Skill" else {}
        made["args"] = draw(st.dictionaries(WORDS, VALUE, max_size=3)) | skill
    if kind == "tool_result":
        made |= {"ok": draw(st.sampled_from([True, False, None])), "text": draw(WORDS)}
        made |= {
            "exit_code": draw(st.sampled_from([None, 0, 1])),
            "duration_ms": draw(st.none() | st.integers(0, 9999)),
        }
    return made


def captured(records: list[dict[str, Any]]) -> list[Trajectory]:
    start = {"v": 1, "type": "session_start", "session": S, "cwd": "/w/app", "ts": "2026-11-03T00:00:00Z"}
    lines = [json.dumps(r).encode() for r in (start, *records)]
    segmenter = Segmenter("events", S, FeedbackDetector())
    segmenter.feed(READER.stream("events").read(lines).events)
    return list(segmenter.close(ended=True).trajectories)


@settings(max_examples=150, deadline=None)
@given(st.lists(record(), min_size=1, max_size=14), st.sampled_from(FORMATS), st.sampled_from([400, 1 << 20]))
def test_whatever_was_captured_comes_back_as_it_was(records: list[dict[str, Any]], fmt: str, limit: int) -> None:
    before = captured(records)
    if not before:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), before, fmt)
        assert [entry.format for entry in discover([path]) if isinstance(entry, Found)] == [fmt]
        if fmt == "atif":
            AtifTrajectory.model_validate_json(path.read_text())
        after = read(path, fmt, limit=limit)
        expected = [told(t) for t in exported(before).trajectories]
        assert [told(t) for t in after] == expected
        # And what was read back is exported and read the same once more.
        assert [told(t) for t in read(write(Path(folder), after, fmt), fmt)] == expected


def worked(**changed: Any) -> Trajectory:
    """A task that went wrong in every way that can be told."""
    steps = (
        Step("c1", 1, "Bash", {"command": "make"}, ok=False, error_kind=ErrorKind.EXIT_NONZERO, exit_code=2,
             duration_ms=1200, output="Exit code 2\nboom", at="2026-11-03T10:00:01.000Z"),
        Step("c2", 4, "Grep", {"pattern": "x"}, ok=True, exit_code=1, output="nothing found"),
        Step("c3", 6, "Write", {"path": "/a"}, output=""),
    )  # fmt: skip
    turns = (
        Turn("u1", TurnKind.REQUEST, "build it", 0, "2026-11-03T10:00:00.000Z"),
        Turn("u2", TurnKind.CORRECTION, "now do something else entirely", 4),
        Turn("u3", TurnKind.INTERRUPTION, "", 6),
    )
    evidence = (Signal("label", -1, 1.0, "you said: failure"), Signal("check_failed", -1, 0.6, "make failed", 6))
    outcome = Outcome(OutcomeLabel.FAILURE, OutcomeBy.USER, 1.0, evidence, Fault.SKILL)
    base: dict[str, Any] = {
        "request": "build it", "started_at": "2026-11-03T10:00:00.000Z", "ended_at": "2026-11-03T11:00:00.000Z",
        "project": "/w/app", "model": "m", "steps": steps, "turns": turns, "outcome": outcome,
        "closing_text": "Done.", "skills_used": (SkillUse("deploy", "a" * 64),),
    }  # fmt: skip
    return Trajectory("t_000000000001", S, "claude-code", 3, **(base | changed))


@pytest.mark.parametrize("fmt", FORMATS)
def test_what_nobody_could_guess_is_carried(tmp_path: Path, fmt: str) -> None:
    (after,) = read(write(tmp_path, [worked()], fmt), fmt)
    assert [(s.seq, s.ok, s.exit_code, s.error_kind) for s in after.steps] == [
        (1, False, 2, ErrorKind.EXIT_NONZERO), (2, True, 1, None), (3, None, None, None),
    ]  # fmt: skip
    assert [(t.kind, t.after_step) for t in after.turns] == [
        (TurnKind.REQUEST, 0), (TurnKind.CORRECTION, 2), (TurnKind.INTERRUPTION, 3),
    ]  # fmt: skip
    assert (after.outcome.label, after.outcome.by, after.outcome.fault) == ("failure", "user", "skill")
    # The step that the evidence names has moved with its trajectory.
    assert [(s.signal, s.step) for s in after.outcome.evidence] == [
        ("label", None), ("check_failed", 3), ("recorded", None),
    ]  # fmt: skip
    # The text that a skill had then is for the reader's own library to say.
    assert after.skills_used == (SkillUse("deploy", None),)
    assert (after.project, after.closing_text) == ("/w/app", "Done.")


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_subagents_steps_stay_its_own(tmp_path: Path, fmt: str) -> None:
    delegated = (
        Step("d1", 2, "Grep", {}, ok=True, output="x", at="2026-11-03T10:00:02.000Z", agent="agent-1"),
        Step("d2", 9, "Bash", {}, ok=False, error_kind=ErrorKind.OTHER, agent="agent-2"),
    )
    edited = structs.replace(worked().steps[2], ok=True, user_edited=True)
    before = worked(delegated=delegated, steps=(*worked().steps[:2], edited))
    (after,) = read(write(tmp_path, [before], fmt), fmt)
    assert told(after) == told(exported([before]).trajectories[0])
    assert [(s.seq, s.agent) for s in after.delegated] == [(2, "agent-1"), (5, "agent-2")]
    assert [(s.seq, s.user_edited) for s in after.steps] == [(1, False), (3, False), (4, True)]
    assert [t.after_step for t in after.turns] == [0, 3, 4]


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_session_comes_back_as_its_trajectories(tmp_path: Path, fmt: str) -> None:
    before_any_request = Trajectory("t_0", S, "codex", 1, steps=(Step("c0", 1, "Bash", {}, ok=True),), project="/w")
    other = worked(outcome=Outcome(OutcomeLabel.ABANDONED, OutcomeBy.END_STATE, 0.8))
    after = read(write(tmp_path, [other, before_any_request], fmt), fmt)
    assert [(t.ordinal, t.request, t.outcome.label, len(t.steps)) for t in after] == [
        (1, "", "unknown", 1), (2, "build it", "abandoned", 3),
    ]  # fmt: skip


def test_the_outcome_of_one_trajectory_stands_at_the_root(tmp_path: Path) -> None:
    document = json.loads(write(tmp_path, [worked()], "atif").read_text())
    AtifTrajectory.model_validate(document)
    assert (document["extra"]["outcome"], len(document["extra"]["evidence"])) == ("failure", 2)
    failed = document["steps"][1]["observation"]["results"][0]["extra"]
    assert failed == {"ok": False, "error_kind": "exit_nonzero", "exit_code": 2, "duration_ms": 1200}
    assert "observation" not in document["steps"][5]


@pytest.mark.parametrize(
    "lie",
    [
        {"outcome": 7}, {"outcome": "splendid"}, {"outcome": "success", "evidence": 3, "skills_used": "x"},
        {"outcome": "success", "confidence": 1e300, "outcome_by": [], "fault": {}, "ended_at": "soon"},
        {"outcome": "success", "evidence": [None, {"polarity": 10**40, "weight": -1, "step": "x"}], "model": 4},
        {"outcome": "failure", "skills_used": [{"skill": None}, [], {"skill": "x", "hash": "forged"}]},
    ],
)  # fmt: skip
def test_a_task_described_by_somebody_else_breaks_nothing(tmp_path: Path, lie: dict[str, Any]) -> None:
    document = atif.document(exported([worked()]))
    kept = {"exported_by": "?", "first_step_id": 1}
    path = tmp_path / "t.json"
    path.write_text(json.dumps(document | {"extra": kept | lie}))
    (found,) = read(path, "atif")
    assert 0 <= found.outcome.confidence <= 1
    assert all(abs(s.polarity) <= 1 and 0 <= s.weight <= 1 for s in found.outcome.evidence)
    assert all(use.hash is None for use in found.skills_used)


def test_a_persons_label_wins_over_the_file_that_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, [worked(outcome=Outcome(OutcomeLabel.SUCCESS, OutcomeBy.FEEDBACK, 0.8))], "events")
    (first,) = read(path, "events")
    labelled = Outcome(OutcomeLabel.FAILURE, OutcomeBy.USER, 1.0)
    stored = structs.replace(first, outcome=labelled)
    again = Segmenter("events", S, FeedbackDetector(), open=stored, next_ordinal=2)
    again.feed(READER.read(path, "events", final=True).events)
    assert all(t.outcome == labelled for t in again.close(ended=True).trajectories)
