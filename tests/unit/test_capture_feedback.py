"""What a person's message means, and how a trajectory ended."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.feedback import FeedbackDetector
from skilltui.domain.trajectory import (
    ErrorKind,
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    Step,
    Trajectory,
    Turn,
    TurnKind,
)

DETECTOR = FeedbackDetector()
REQUEST, FOLLOW_UP = TurnKind.REQUEST, TurnKind.FOLLOW_UP
CORRECTION, REJECTION, APPROVAL = TurnKind.CORRECTION, TurnKind.REJECTION, TurnKind.APPROVAL


def bash(command: str, *, ok: bool | None = True, output: str = "", kind: ErrorKind | None = None) -> dict[str, Any]:
    return {"tool": "Bash", "args": {"command": command}, "ok": ok, "output": output, "error_kind": kind}


def edit(path: str = "a.py") -> dict[str, Any]:
    return {"tool": "Edit", "args": {"file_path": path}, "ok": True}


def trajectory(
    *steps: dict[str, Any],
    turns: list[tuple[TurnKind, str, int]] | None = None,
    closing: str = "",
    request: str = "rework it",
) -> Trajectory:
    spoken = [(REQUEST, request, 0), *(turns or [])]
    return Trajectory(
        "t_1", "s", "src", 1, request,
        steps=tuple(Step(f"c{n}", n, **fields) for n, fields in enumerate(steps, 1)),
        turns=tuple(Turn(f"u{n}", kind, text, after) for n, (kind, text, after) in enumerate(spoken)),
        closing_text=closing,
    )  # fmt: skip


WORKED = trajectory(edit(), bash("ls"), closing="I changed the parser.")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # Requests, short and long, mistyped, and with praise before them.
        ("commit", REQUEST),
        ("commit ", REQUEST),
        ("comit", REQUEST),
        ("and push", REQUEST),
        ("please push", REQUEST),
        ("commit and update changelog.md", REQUEST),
        ("can you rebase on main, please?", REQUEST),
        ("fix the underscore path normalization bug", REQUEST),
        ("also ci failed please fix", REQUEST),
        ("so test the tag release/0.4.1, but update package.json before", REQUEST),
        ("we merged that PR. we need a new one", REQUEST),
        ("Great. Also, sort issues by alphabetical order.", REQUEST),
        ("it seems to work. let's get this committed", REQUEST),
        ("/release 1.2", REQUEST),
        ("Füge bitte noch einen Test für den Parser hinzu", REQUEST),
        # Answers.
        ("yes", FOLLOW_UP),
        ("ok", FOLLOW_UP),
        ("A", FOLLOW_UP),
        ("how's it going?", FOLLOW_UP),
        ("continue", FOLLOW_UP),
        ("go ahead", FOLLOW_UP),
        ("what did byok get replaced with", FOLLOW_UP),
        ("i think for now we should continue to create all of the export files", FOLLOW_UP),
        # The person's own slip is nobody else's.
        ("sorry, I meant the other file", FOLLOW_UP),
        ("my mistake, the port is 8080", FOLLOW_UP),
        ("oops, wrong branch on my side", FOLLOW_UP),
        ("sorry to interrupt. I'll tell you what I have observed", FOLLOW_UP),
        ("never mind, found it", FOLLOW_UP),
        # Corrections.
        ("no, use pnpm instead", CORRECTION),
        ("No. The config belongs in pyproject", CORRECTION),
        ("wait, all I see is a readme and a .git folder", CORRECTION),
        ("don't use mocks there", CORRECTION),
        ("use httpx rather than requests", CORRECTION),
        ("that should be a frozen dataclass", CORRECTION),
        ("ah. the issue is the formatter, not the generator, I think.", CORRECTION),
        ("❯ ./run.sh\nnpm ERR! missing script: start", CORRECTION),
        # Rejections.
        ("that's wrong", REJECTION),
        ("still failing", REJECTION),
        ("still no", REJECTION),
        ("that didn't work", REJECTION),
        ("still didnt work.  what I was trying to say is", REJECTION),
        ("you forgot the migration", REJECTION),
        ("revert that", REJECTION),
        ("not what I asked for", REJECTION),
        ("no", REJECTION),
        ("sorry, but this is still broken", REJECTION),
        ("thanks, but it doesn't work", REJECTION),
        # Approvals.
        ("it worked!", APPROVAL),
        ("great, thanks", APPROVAL),
        ("Perfect.", APPROVAL),
        ("thank you!", APPROVAL),
        ("lgtm", APPROVAL),
        ("ok cool, that works now", APPROVAL),
        ("nice work", APPROVAL),
    ],
)
def test_what_a_message_is_to_the_work_before_it(text: str, kind: TurnKind) -> None:
    assert DETECTOR.classify(text, WORKED) is kind


@pytest.mark.parametrize(
    "text", ["great idea, but first the tests", "nice to have: a dark mode", "does that look good?"]
)
def test_praising_words_are_not_always_praise(text: str) -> None:
    assert DETECTOR.classify(text, WORKED) is not APPROVAL


def test_a_bare_no_to_the_agents_question_blames_nobody() -> None:
    asked = trajectory(bash("ls"), closing="Done. Shall I also push?")
    assert DETECTOR.classify("no", asked) is FOLLOW_UP
    assert DETECTOR.classify("no thanks", asked) is FOLLOW_UP


def test_an_answer_to_a_question_is_no_request() -> None:
    asked = trajectory(bash("ls"), closing="Which database should the service use?")
    assert DETECTOR.classify("postgres on the staging box", asked) is FOLLOW_UP


def test_asking_for_the_same_again_is_a_correction() -> None:
    before = trajectory(edit(), request="put the total into the footer of the page")
    assert DETECTOR.classify("put the total into the footer of the page!", before) is CORRECTION


def test_nothing_can_be_blamed_before_anything_was_done() -> None:
    assert DETECTOR.classify("the tests are still failing on main", trajectory()) is FOLLOW_UP
    assert DETECTOR.classify("no, use tabs instead", trajectory()) is FOLLOW_UP


def test_what_follows_an_interruption() -> None:
    stopped = trajectory(
        bash("ls"), turns=[(TurnKind.INTERRUPTION, "[Request interrupted]", 1)], request="the logo is wrong here"
    )
    assert DETECTOR.classify("the logo is wrong here, it is logo.svg", stopped) is FOLLOW_UP
    assert DETECTOR.classify("sorry. push up and make a pr", stopped) is FOLLOW_UP
    assert DETECTOR.classify("we're importing it twice?", stopped) is CORRECTION
    assert DETECTOR.classify("commit this", stopped) is REQUEST


def test_what_follows_a_refused_call() -> None:
    refused = trajectory(bash("rm -r build", ok=False, kind=ErrorKind.USER_REJECTED))
    assert DETECTOR.classify("only the cache", refused) is REJECTION
    assert DETECTOR.classify("use git clean instead", refused) is CORRECTION


def test_after_an_approval_the_next_words_are_a_new_matter() -> None:
    approved = trajectory(edit(), turns=[(APPROVAL, "it worked!", 1)])
    assert DETECTOR.classify("how sure are we that everything is exported", approved) is REQUEST
    assert DETECTOR.classify("cool", approved) is not REQUEST


def judged(subject: Trajectory, *, ended: bool = True, next_request: str | None = None) -> tuple[str, str]:
    outcome = DETECTOR.outcome(subject, ended=ended, next_request=next_request)
    return outcome.label.value, outcome.by.value


def test_a_request_without_steps_is_unknown_whatever_is_said() -> None:
    assert judged(trajectory(turns=[(APPROVAL, "great", 0)], closing="Done.")) == ("unknown", "none")


def test_structured_evidence() -> None:
    assert judged(trajectory(edit(), bash("pytest -q", output="12 passed"))) == ("success", "end-state")
    assert judged(trajectory(edit(), bash("pytest -q", ok=False, output="1 failed"))) == ("failure", "end-state")
    assert judged(trajectory(bash("pytest", ok=False), edit(), bash("pytest"))) == ("success", "end-state")
    assert judged(trajectory(edit(), bash("git commit -m x"), request="commit it")) == ("success", "end-state")
    assert judged(trajectory(edit(), bash("git push", ok=False), request="push it"))[0] == "failure"
    assert judged(trajectory(bash("ls"), bash("cat a", ok=False))) == ("failure", "end-state")
    assert judged(trajectory(bash("ls"), bash("cat a"))) == ("unknown", "none")


def test_a_pipe_hides_the_exit_status_so_the_words_decide() -> None:
    assert judged(trajectory(edit(), bash("bun test 2>&1 | tail -5", output=" 3 pass\n 2 fail")))[0] == "failure"
    assert judged(trajectory(edit(), bash("bun test 2>&1 | tail -5", output=" 5 pass\n 0 fail")))[0] == "success"
    assert judged(trajectory(edit(), bash("bun test | tail -1", output="Ran in 2 s")))[0] == "unknown"


def test_what_was_changed_after_the_check_makes_it_say_less() -> None:
    fresh = DETECTOR.outcome(trajectory(edit(), bash("npm test")), ended=True)
    stale = DETECTOR.outcome(trajectory(bash("npm test"), edit()), ended=True)
    assert fresh.label is OutcomeLabel.SUCCESS
    assert stale.label is OutcomeLabel.UNKNOWN


def test_words_of_the_person() -> None:
    approved = trajectory(edit(), turns=[(REJECTION, "still failing", 0), (APPROVAL, "it worked!", 1)])
    assert judged(approved) == ("success", "feedback")
    assert judged(trajectory(edit(), turns=[(REJECTION, "that's wrong", 1)])) == ("failure", "feedback")
    assert judged(trajectory(edit(), turns=[(CORRECTION, "no, use tabs", 0)])) == ("unknown", "none")


def test_what_the_person_asks_for_next_says_whether_the_work_is_kept() -> None:
    work = trajectory(edit(), bash("ls"))
    assert judged(work, next_request="commit") == ("success", "feedback")
    assert judged(work, next_request="Great. Also, sort them.") == ("success", "feedback")
    assert judged(work, next_request="explain the build to me") == ("unknown", "none")
    # Asking to push what was only read says nothing about it.
    assert judged(trajectory(bash("ls")), next_request="push")[0] == "unknown"


def test_stopped_and_left_is_abandoned_and_taken_up_again_is_not() -> None:
    stop = (TurnKind.INTERRUPTION, "[Request interrupted by user]", 1)
    assert judged(trajectory(edit(), turns=[stop])) == ("abandoned", "end-state")
    assert judged(trajectory(edit(), turns=[stop]), next_request="write a poem about rust")[0] == "abandoned"
    assert judged(trajectory(edit(), turns=[stop]), next_request="it works, commit it")[0] == "success"
    assert judged(trajectory(edit(), bash("pytest"), turns=[stop]))[0] == "success"


def test_an_open_trajectory_is_judged_with_more_doubt() -> None:
    work = trajectory(edit(), bash("pytest", ok=False))
    assert judged(work, ended=False) == ("unknown", "none")
    stop = trajectory(edit(), turns=[(TurnKind.INTERRUPTION, "x", 1)])
    assert judged(stop, ended=False)[0] == "unknown"


def test_every_signal_says_what_it_saw() -> None:
    outcome = DETECTOR.outcome(
        trajectory(edit(), bash("uv run pytest -q", ok=False), closing="I could not fix it."), ended=True
    )
    assert {signal.signal for signal in outcome.evidence} == {"check_failed", "agent_admits"}
    check = next(signal for signal in outcome.evidence if signal.signal == "check_failed")
    assert (check.polarity, check.step) == (-1, 2)
    assert "failed" in check.text


_STEP = st.builds(
    bash,
    st.sampled_from(["pytest", "git push", "ls", "make build | tail", "rm x", ""]) | st.text(max_size=20),
    ok=st.sampled_from([True, False, None]),
    output=st.text(max_size=20),
    kind=st.sampled_from([None, *ErrorKind]),
) | st.just(edit())


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(_STEP, max_size=5),
    turns=st.lists(st.tuples(st.sampled_from(list(TurnKind)), st.text(max_size=20), st.integers(0, 5)), max_size=4),
    text=st.text(max_size=60),
    following=st.none() | st.text(max_size=30),
    ended=st.booleans(),
)
def test_any_trajectory_gets_a_kind_and_a_bounded_confidence(
    steps: list[dict[str, Any]], turns: list[tuple[TurnKind, str, int]], text: str, following: str | None, ended: bool
) -> None:
    subject = trajectory(*steps, turns=turns, closing=text, request=text)
    assert DETECTOR.classify(text, subject) in set(TurnKind)
    outcome: Outcome = DETECTOR.outcome(subject, ended=ended, next_request=following)
    assert 0 <= outcome.confidence <= 1
    assert (outcome.by is OutcomeBy.NONE) == (outcome.label is OutcomeLabel.UNKNOWN)
    assert all(0 <= signal.weight <= 1 for signal in outcome.evidence)
