"""Which requests no skill served, and which of them are one need."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from skilltui.domain.gap import Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.skill import Match, MatchResult
from skilltui.domain.trajectory import OutcomeLabel, Trajectory
from skilltui.learning.clustering import GapIndex, similarity
from skilltui.learning.gaps import GapDetector, gap_id, priority
from tests.feedback import samples
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
        "/commit", "/commit all of it", "<command-name>/review-pr</command-name> <command-args>12</command-args>",
    ],
)  # fmt: skip
def test_talk_is_no_request(request_text: str) -> None:
    assert not DETECTOR.is_request(made(request_text))


@pytest.mark.parametrize(
    "request_text",
    [
        "danke", "danke dir, sieht gut aus", "ja bitte", "mach weiter", "guten Morgen", "wie geht's?", "oui",
        "d'accord", "merci, c'est parfait", "sí, adelante", "gracias, perfecto", "hola", "да, давай",
        "отлично, спасибо", "привет",
        "好的", "谢谢", "你好", "太好了", "继续", "はい、お願いします", "ありがとう",
        "続けて", "こんにちは", "👍", "non", "いいえ",
    ],
)  # fmt: skip
def test_talk_in_other_languages_is_no_request_either(request_text: str) -> None:
    assert not DETECTOR.is_request(made(request_text))


@pytest.mark.parametrize(
    "request_text",
    [
        "md link is actually 666666", "this colour is brighter than that one", "I use the app from the terminal",
        "we have two of those on the server", "die Farbe ist jetzt heller als vorher", "kill this", "fix it please",
    ],
)  # fmt: skip
def test_a_remark_and_what_only_points_back_are_no_requests(request_text: str) -> None:
    assert not DETECTOR.is_request(made(request_text))


@pytest.mark.parametrize(
    "request_text",
    [
        "the logo is not rendered correctly",
        "/tmp is full, clean it up",
        "gemini support for the cli",
        "it shows the wrong total",
        "I selected a theme and got a crash",
        "the build looks odd\nERROR: no such file\n    at build (index.js:3)\n    at main (index.js:9)",
        "it seems to work. let's get this committed",
        "we need a section on themes in the readme",
        "the greys are fine. please dim the accent",
        "mach einen Commit",
        "der Build ist rot, behebe das Problem im Parser",
        "修复登录错误",
        "release notes for the next version",
        "the README is 400 lines and I think half of it is real. tighten it",
        "this post is pasted below — make it sound like me",
        "de-cruft docs/data.md — they were written by three people",
    ],
)
def test_a_report_a_wish_and_an_order_after_a_remark_are_requests(request_text: str) -> None:
    assert DETECTOR.is_request(made(request_text))


@pytest.mark.parametrize(
    "request_text",
    ["commit", "comit", "and push", "deploy it to staging", "can you fix the login?", "Thanks. Now release it"],
)
def test_a_short_order_that_led_to_work_is_a_request(request_text: str) -> None:
    assert DETECTOR.is_request(made(request_text))


def test_of_what_people_say_in_seven_languages_only_requests_become_gaps() -> None:
    filed: Counter[tuple[str, bool]] = Counter(
        (sample.kind, DETECTOR.is_request(made(sample.text))) for sample in samples()
    )

    def share(kind: str) -> float:
        return filed[kind, True] / (filed[kind, True] + filed[kind, False])

    assert share("request") >= 0.98
    assert share("delivery") == 1.0
    assert share("approval") <= 0.08
    assert share("slip") <= 0.05


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
        ("commit", "and push"),
        ("push", "commit and push"),
        ("commit and push", "please push to origin main"),
        ("commit", "it works. let's get this committed and pushed"),
        ("commit", "mach bitte einen Commit"),
        ("commit", "committe die Änderungen"),
        ("commit and push", "fais un commit"),
        ("commit", "haz commit de los cambios"),
        ("commit", "сделай коммит"),
        ("commit", "закоммить изменения"),
        ("commit", "提交一下代码"),
        ("commit", "コミットしてください"),
        ("create a release", "erstelle ein Release"),
        ("create a release", "crée une release"),
        ("create a release", "crea un release"),
        ("create a release", "создай релиз"),
        ("create a release", "创建一个release"),
        ("create a release", "リリースを作成して"),
        ("update the changelog", "aktualisiere das Changelog"),
        ("update the changelog", "mets à jour le changelog"),
        ("fix the login bug", "修复登录错误"),
        ("erstelle ein Release", "リリースを作成して"),
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
        ("commit", "push the image to the registry"),
        ("add a dark mode to the settings page", "remove the dark mode from the settings page"),
        ("Implement the following plan:\n\n# Plan: Usage report for invoices\n", "fix: usage report ignores invoices"),
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


@pytest.mark.parametrize(
    ("request_text", "need"),
    [
        ("omg that's it, it renders the same.\nok, let's modify the greys, the dim is too dim", "modify the greys"),
        ("it seems to work. let's get this committed and pushed", "commit and push"),
        ("once done clean up and checkout main", "clean up and checkout main"),
        (
            "read docs/theme.md in full, then theme.ts. we still need to port over the selector",
            "port over the selector",
        ),
        ("please read the research folder. then talk to me", "read the research folder"),
        ("# Task: Brainstorm a merge workflow for the team\n\nYou are in a worktree.", "brainstorm a merge workflow"),
        ("alright, we need a section on themes in README.md", "create a section on themes in README.md"),
        ("Implement the following plan:\n\n# Multi-User Support\n\n## Context\n\nToday ...", "implement Multi-User"),
        ("can you investiage these errors", "investigate these errors"),
        ("hey claude, quick one: rename foo to bar everywhere", "rename foo to bar everywhere"),
        ("can u deploy this to prod pls", "deploy this to prod"),
        ("wrie a poem about tests", "write a poem about tests"),
        ("Using the report in sales.pdf, extract the totals by region", "extract the totals by region"),
        ("you need to organize the papers by topic. there are hundreds", "organize the papers by topic"),
    ],
)
def test_the_order_is_found_where_it_stands(request_text: str, need: str) -> None:
    assert DETECTOR.need([request_text]).startswith(f"I need a skill that can {need}")


@pytest.mark.parametrize(
    ("request_text", "told"),
    [
        ("ci is pedantic: 5s\nRun npm run audit\n\n> audit\n> knip\n\nUnused dependencies (1)", "ci is pedantic"),
        ("it looks like the wrong branch.\nfrom the run: build\nSearch logs\n1s\nRun checkout", "it looks like"),
        ("I got these errors [Proxy] GET /api/x\nverify the token first", "I got these errors"),
        (
            "the build asks for a feature that nobody wanted and it opens\ninstall dialogs. what is it?",
            "the build asks",
        ),
        ("removeListener() is called twice, that is wrong", "removeListener() is called twice"),
        ("I've run it with cursor but got these errors: boom", "I've run it with cursor but got these errors"),
    ],
)
def test_what_was_pasted_or_reported_is_no_order(request_text: str, told: str) -> None:
    assert DETECTOR.need([request_text]).startswith(f"I need a skill that can handle “{told}")


def test_an_order_in_another_language_is_said_in_its_own_words_and_counts_in_full() -> None:
    foreign = DETECTOR.need(["erstelle ein Release", "erstelle bitte ein Release"])
    assert foreign == "I need a skill that can do this: “erstelle ein Release”."
    gap = a_gap("erstelle ein Release")
    assert priority(replace(gap, need=foreign), NOW) == priority(replace(gap, need=DETECTOR.need(["release it"])), NOW)
    assert DETECTOR.need(["mach einen Commit", "commit", "commit"]) == "I need a skill that can commit."


_WORDS = [
    "login", "parser", "deploy", "cache", "token", "index", "schema", "retry", "worker", "readme", "changelog",
    "button", "style", "theme", "export", "import", "sessoin", "session", "comit", "commit", "push", "add", "fix",
    "update", "remove", "render", "renders", "rendor",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=9).map(" ".join), min_size=2, max_size=40))
def test_the_index_places_as_a_look_at_every_gap_does(texts: list[str]) -> None:
    class Plain(GapIndex):
        def _near(self, *_: object) -> list[str]:
            return sorted(self._gaps)

    quick, plain = GapIndex(), Plain()
    for text in texts:
        home = quick.place(text)
        assert (home and home.id) == ((other := plain.place(text)) and other.id)
        home = home or Gap(gap_id(text), GapStatus.OPEN, GapKind.NO_MATCH, "n")
        grown = replace(home, requests=(*home.requests, GapRequest(text, f"2026-11-01T00:00:{home.count:02}Z")))
        quick.put(grown)
        plain.put(grown)


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
