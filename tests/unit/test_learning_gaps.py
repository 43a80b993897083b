"""Which requests no skill served, and which of them are one need."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skilltui.domain.gap import Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.skill import Match, MatchResult
from skilltui.domain.trajectory import OutcomeLabel, Trajectory
from skilltui.learning.clustering import similarity
from skilltui.learning.gaps import GapDetector, gap_id, priority
from tests.unit.learning_samples import bash, edit, run

NOW = "2026-11-20T00:00:00Z"
DETECTOR = GapDetector()
SUCCESS, FAILURE = OutcomeLabel.SUCCESS, OutcomeLabel.FAILURE


def result(*scores: float) -> MatchResult:
    top = tuple(Match(f"s{i}", f"/s{i}", score) for i, score in enumerate(scores))
    return MatchResult(not scores or max(scores) < 0.3, 0.3, top)


def made(request: str = "deploy the app", outcome: OutcomeLabel = SUCCESS, skills: tuple[str, ...] = ()) -> Trajectory:
    return run("g", request, [bash("make deploy")], outcome=outcome, skills=skills)


@pytest.mark.parametrize(
    ("trajectory", "scores", "kind"),
    [
        (made(), (), GapKind.NO_MATCH),
        (made(), (0.29,), GapKind.NO_MATCH),
        (made(), (0.3,), GapKind.WEAK_MATCH),
        (made(), (0.49, 0.2), GapKind.WEAK_MATCH),
        (made(), (0.5,), None),
        (made(), (0.9, 0.86), GapKind.AMBIGUOUS),
        (made(), (0.31, 0.29), GapKind.WEAK_MATCH),  # the second is below the threshold: no rival
        (made(), (0.9, 0.84), None),
        (made(outcome=FAILURE), (0.8,), GapKind.FAILED_DESPITE_MATCH),
        (made(outcome=FAILURE), (0.1,), GapKind.NO_MATCH),
        (made(outcome=FAILURE, skills=("x",)), (0.1,), GapKind.FAILED_DESPITE_MATCH),
        (made(skills=("x",)), (0.1,), None),
        (made(skills=("x",)), (0.4, 0.39), None),
        (made("ok, go ahead"), (), None),
    ],
)
def test_the_kind_says_why_no_skill_served(
    trajectory: Trajectory, scores: tuple[float, ...], kind: GapKind | None
) -> None:
    assert DETECTOR.kind(trajectory, result(*scores)) is kind


@pytest.mark.parametrize(
    "request_text",
    [
        "hi", "thanks!", "yes, please", "ok", "great, it works", "A", "2", "continue", "[Request interrupted by user]",
        "", "how's it going?", "lgtm", "(venv) ann@box:~/code$ make", "hello, good morning",
    ],
)  # fmt: skip
def test_talk_is_no_request(request_text: str) -> None:
    assert not DETECTOR.is_request(made(request_text))


@pytest.mark.parametrize(
    "request_text",
    ["commit", "comit", "and push", "deploy it to staging", "can you fix the login?", "Thanks. Now release it"],
)
def test_a_short_order_that_led_to_work_is_a_request(request_text: str) -> None:
    assert DETECTOR.is_request(made(request_text))


def test_a_question_is_a_request_only_where_something_was_changed() -> None:
    looked = run("q", "why is the build slow?", [bash("git log"), bash("make -n")])
    assert not DETECTOR.is_request(looked)
    changed = run("q", "why is the build slow?", [bash("make"), edit("Makefile")])
    assert DETECTOR.is_request(changed)
    assert not DETECTOR.is_request(run("n", "deploy the app", []))


def a_gap(*texts: str, project: str | None = None) -> Gap:
    requests = tuple(GapRequest(text, f"2026-11-0{i + 1}T00:00:00Z") for i, text in enumerate(texts))
    return Gap(
        gap_id(texts[0]), GapStatus.OPEN, GapKind.NO_MATCH, "I need a skill that can x.", requests, project=project
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("commit", "comit"),
        ("commit", "commi"),
        ("commit", "commit and update @changelog"),
        ("can we rebase on main, please?", "rebase on main"),
        ("bump the version to 1.2.3", "Bump version"),
        ("write a migration with a data backfill", "create a migration and backfill the data"),
        ("make the login tests pass", "make the tests pass"),
    ],
)
def test_one_need_in_other_words(a: str, b: str) -> None:
    assert DETECTOR.place(b, [a_gap("rotate the keys"), a_gap(a)]) == a_gap(a)
    assert DETECTOR.place(a, [a_gap(b)]) is not None


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("update the readme", "update the changelog"),
        ("fix the login test", "fix the payment form"),
        ("commit", "push"),
        ("create a release, then update the changelog and commit", "commit and update the changelog"),
        ("run", "run the migration against staging and check the logs afterwards"),
    ],
)
def test_other_needs_stay_apart(a: str, b: str) -> None:
    assert DETECTOR.place(b, [a_gap(a)]) is None
    assert similarity(a, b) == pytest.approx(similarity(b, a))


def test_gaps_of_another_project_are_not_joined() -> None:
    assert DETECTOR.place("deploy it", [a_gap("deploy it", project="/a")], project="/b") is None
    assert DETECTOR.place("deploy it", [a_gap("deploy it")], project="/b") is not None


def test_a_gap_keeps_its_place_when_it_grows() -> None:
    small = a_gap("commit")
    grown = replace(small, requests=a_gap("commit", "comit", "commit and push").requests)
    for gaps in ([small], [grown], [a_gap("release the app"), grown]):
        placed = DETECTOR.place("commit", gaps)
        assert placed is not None
        assert placed.id == small.id


def test_the_need_is_one_sentence_in_their_words() -> None:
    assert DETECTOR.need(["commit", "comit", "commit"]) == "I need a skill that can commit."
    assert DETECTOR.need(["Please create a release 2.4.0, update the changelog"]) == (
        "I need a skill that can create a release."
    )
    assert DETECTOR.need(["the logo looks wrong"]) == "I need a skill that can handle “the logo looks wrong”."
    assert DETECTOR.need(["I need a skill that can rotate keys"]) == "I need a skill that can rotate keys."
    assert DETECTOR.need(["?"]).endswith(".")


def test_ids_are_stable_and_ignore_spacing_and_case() -> None:
    assert gap_id("Deploy  the app") == gap_id("deploy the app\n") == "g_" + gap_id("deploy the app")[2:]
    assert len(gap_id("x")) == 12
    assert gap_id("x") != gap_id("y")


def test_priority_weighs_how_often_how_recent_and_failed_work() -> None:
    once = a_gap("x")
    often = a_gap("x", "x", "x")
    old = replace(once, requests=(GapRequest("x", "2026-01-01T00:00:00Z"),))
    hard = replace(once, requests=(replace(once.requests[0], failed_steps=12, outcome=FAILURE),))
    undated = replace(once, requests=(GapRequest("x", None),))
    ranked = [often, hard, once, old, undated]
    marks = [priority(gap, NOW) for gap in ranked]
    assert marks == sorted(set(marks), reverse=True)
    assert priority(replace(once, kind=GapKind.HELP_REQUEST), NOW) > priority(once, NOW)


def test_a_remark_ranks_below_an_order_that_came_as_often() -> None:
    order, remark = (replace(a_gap(text), need=DETECTOR.need([text])) for text in ("rename the app", "md link is 666"))
    assert priority(remark, NOW) < priority(order, NOW)
    assert priority(replace(remark, requests=remark.requests * 3), NOW) > priority(order, NOW)
