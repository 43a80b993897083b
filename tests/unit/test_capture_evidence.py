"""Each structured signal, from the records that Claude Code writes to the evidence of an outcome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.reader import TranscriptReader
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import ErrorKind, OutcomeBy, OutcomeLabel, Signal, Trajectory
from skilltui.text.redact import Redactor
from tests.sessions import ClaudeSession

NAME = "a0000000-0000-4000-8000-000000000000"


def judged(session: ClaudeSession, folder: Path, *, ended: bool = True) -> Trajectory:
    """The session's first trajectory, read from its file."""
    batch = TranscriptReader(Redactor(b"k" * 32)).read(
        session.write(folder), "claude-code", None, limit=1 << 20, final=True
    )
    segmenter = Segmenter("claude-code", NAME, FeedbackDetector())
    segmenter.feed(batch.events)
    return segmenter.close(ended=ended).trajectories[0]


def signals(trajectory: Trajectory) -> dict[str, Signal]:
    return {signal.signal: signal for signal in trajectory.outcome.evidence}


def session(request: str = "make the total bold") -> ClaudeSession:
    return ClaudeSession(NAME).say(request)


EDIT: dict[str, Any] = {"file_path": "/w/shop/a.py", "old_string": "a", "new_string": "b"}


def edited(made: ClaudeSession, *, by_person: bool) -> ClaudeSession:
    made.call("Edit", EDIT, "The file was updated.")
    made.records[-1]["toolUseResult"] = {"filePath": "/w/shop/a.py", "userModified": by_person}
    return made


def test_an_edit_that_the_person_changed(tmp_path: Path) -> None:
    found = judged(edited(session(), by_person=True), tmp_path)
    assert [step.user_edited for step in found.steps] == [True]
    signal = signals(found)["user_edited"]
    assert (signal.polarity, signal.step, signal.text) == (-1, 1, "you changed an edit that the agent proposed")
    kept = judged(edited(session(), by_person=False), tmp_path)
    assert "user_edited" not in signals(kept)


def test_an_edit_that_the_person_changed_says_less_than_their_praise(tmp_path: Path) -> None:
    found = judged(edited(session(), by_person=True).say("perfect, thanks"), tmp_path)
    assert found.outcome.label is OutcomeLabel.SUCCESS


def test_a_proposal_that_gemini_says_was_modified(tmp_path: Path) -> None:
    found = judged(session().call("replace", EDIT | {"modified_by_user": True}), tmp_path)
    assert "user_edited" in signals(found)


def test_the_last_exit_code(tmp_path: Path) -> None:
    found = judged(session().bash("./deploy.sh", "no route", code=3), tmp_path)
    assert (found.steps[0].exit_code, found.steps[0].error_kind) == (3, ErrorKind.EXIT_NONZERO)
    assert signals(found)["last_step_failed"].step == 1
    assert found.outcome.label is OutcomeLabel.FAILURE
    mended = judged(session().bash("./deploy.sh", "no route", code=3).bash("./deploy.sh", "done"), tmp_path)
    assert "last_step_failed" not in signals(mended)


def test_tests_run_last(tmp_path: Path) -> None:
    red = judged(session().call("Edit", EDIT).bash("pytest -q", "1 failed", code=1), tmp_path)
    assert (red.outcome.label, signals(red)["check_failed"].step) == (OutcomeLabel.FAILURE, 2)
    green = judged(session().bash("pytest -q", "1 failed", code=1).call("Edit", EDIT).bash("pytest -q"), tmp_path)
    assert (green.outcome.label, signals(green)["check_passed"].step) == (OutcomeLabel.SUCCESS, 3)


def test_a_check_that_passes_on_what_nobody_changed_answers_no_question(tmp_path: Path) -> None:
    asked = judged(session("why is this fine here but red in ci?").bash("npm run check"), tmp_path)
    assert asked.outcome.label is OutcomeLabel.UNKNOWN
    ordered = judged(session("run the checks").bash("npm run check"), tmp_path)
    assert ordered.outcome.label is OutcomeLabel.SUCCESS
    by_shell = judged(session("why is it red?").bash("sed -i s/a/b/ a.py").bash("npm test"), tmp_path)
    assert by_shell.outcome.label is OutcomeLabel.SUCCESS


def test_a_commit(tmp_path: Path) -> None:
    found = judged(session().call("Edit", EDIT).bash("git commit -am 'bold'", "1 file changed"), tmp_path)
    assert signals(found)["delivered"].text == "git commit succeeded"
    assert found.outcome.by is OutcomeBy.END_STATE
    refused = judged(session("commit it").bash("git commit -am x", "hook failed", code=1), tmp_path)
    assert (signals(refused)["delivery_failed"].polarity, refused.outcome.label) == (-1, OutcomeLabel.FAILURE)


def test_a_refused_call(tmp_path: Path) -> None:
    told = "The user doesn't want to proceed with this tool use. The tool use was rejected."
    made = session().call("Bash", {"command": "rm -r build"}, told, error=True)
    made.records[-1]["toolUseResult"] = "User rejected tool use"
    found = judged(made, tmp_path)
    assert found.steps[0].error_kind is ErrorKind.USER_REJECTED
    assert signals(found)["tool_refused"].text == "you refused Bash"
    assert found.outcome.label is OutcomeLabel.ABANDONED
    said = judged(made.say("the cache only"), tmp_path)
    assert (said.corrections, said.outcome.label) == (1, OutcomeLabel.FAILURE)


def test_an_interruption(tmp_path: Path) -> None:
    made = session().call("Edit", EDIT).say("[Request interrupted by user]")
    stopped = judged(made, tmp_path)
    assert signals(stopped)["interrupted"].polarity == -1
    assert stopped.outcome.label is OutcomeLabel.ABANDONED
    gone_on = judged(made.say("continue").call("Edit", EDIT).bash("pytest -q").say("perfect"), tmp_path)
    assert gone_on.outcome.label is OutcomeLabel.SUCCESS


@pytest.mark.parametrize("text", ["use hex values, not names", "delete the custom theme"])
def test_what_is_said_after_stopping_before_anything_was_done_blames_nobody(text: str, tmp_path: Path) -> None:
    found = judged(session("change the theme").say("[Request interrupted by user]").say(text), tmp_path)
    assert found.corrections == 0


def test_a_correction_that_ended_in_a_commit_says_little(tmp_path: Path) -> None:
    made = session().call("Edit", EDIT).say("no, the other column").call("Edit", EDIT)
    assert signals(judged(made, tmp_path))["corrected"].weight == 0.3
    assert signals(judged(made.bash("git commit -am x"), tmp_path))["corrected"].weight == 0.1
