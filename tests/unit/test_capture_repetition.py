"""Asking for the same again, in any language, and asking for something that only looks alike."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.repetition import asked_again
from skilltui.domain.trajectory import OutcomeBy, OutcomeLabel, Trajectory, Turn, TurnKind
from tests.feedback import WORKED


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("put the total into the footer of the page", "put the total into the footer of the page!"),
        ("put the total into the footer of the page", "please put the total in the footer of the page"),
        ("put the total into the footer of the page", "put teh total into the fotter of the page"),
        ("schreib die Summe in die Fußzeile der Seite", "nochmal: schreib die Summe in die Fußzeile der Seite"),
        ("jeg vil have totalen i sidefoden på siden", "jeg vil ha totalen i sidefoden på siden!!"),
        ("把总数显示在页面的页脚里", "把总数显示在页面的页脚里。"),
        ("ページのフッターに合計を表示して", "ページのフッターに合計を表示してね"),
        ("페이지 바닥글에 합계를 넣어 줘", "페이지 바닥글에 합계를 넣어 줘!"),
    ],
)
def test_the_same_asked_again(before: str, text: str) -> None:
    assert asked_again(text, before)


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("add a test for the parser please", "add a test for the lexer please"),
        ("translate docs/a.md into German", "translate docs/b.md into German"),
        ("fix issue 12 of the tracker", "fix issue 13 of the tracker"),
        ("给解析器加上一个单元测试", "给词法器加上一个单元测试"),
        ("run the tests", "run the tests"),
        ("commit", "commit"),
        ("put the total into the footer", "put the total into the footer and make it bold, in the colour of the links"),
        ("", "put the total into the footer"),
    ],
)
def test_what_only_looks_alike(before: str, text: str) -> None:
    assert not asked_again(text, before)


def said(request: str, *turns: tuple[TurnKind, str, int]) -> Trajectory:
    spoken = [(TurnKind.REQUEST, request, 0), *turns]
    return replace(
        WORKED, request=request, turns=tuple(Turn(f"u{n}", kind, text, at) for n, (kind, text, at) in enumerate(spoken))
    )


def test_asking_again_is_evidence_of_failure_and_says_so() -> None:
    request = "schuif de totalen naar de onderkant van de pagina"
    kind = FeedbackDetector().classify(request + "!", said(request))
    assert kind is TurnKind.CORRECTION
    outcome = FeedbackDetector().outcome(said(request, (kind, request + "!", 2)), ended=True)
    assert (outcome.label, outcome.by) == (OutcomeLabel.FAILURE, OutcomeBy.FEEDBACK)
    (signal,) = outcome.evidence
    assert (signal.signal, signal.polarity) == ("repeated", -1)
    assert signal.text.startswith("you asked again: “schuif")


def test_what_was_approved_may_be_asked_again() -> None:
    request = "start the dev server and open the page"
    approved = said(request, (TurnKind.APPROVAL, "great", 2))
    assert FeedbackDetector().classify(request, approved) is TurnKind.REQUEST


def test_keeping_the_work_again_is_routine() -> None:
    request = "commit and push to the main branch"
    assert FeedbackDetector().classify(request, said(request)) is TurnKind.REQUEST


def test_what_the_person_takes_back_at_once_is_no_evidence() -> None:
    blamed = (TurnKind.REJECTION, "that is all wrong", 2)
    taken_back = (TurnKind.FOLLOW_UP, "sorry, wrong chat, ignore that", 2)
    without = FeedbackDetector().outcome(said("rework it", blamed, taken_back), ended=True)
    assert FeedbackDetector().outcome(said("rework it", blamed), ended=True).label is OutcomeLabel.FAILURE
    assert without.label is OutcomeLabel.UNKNOWN
    assert without.evidence == ()
