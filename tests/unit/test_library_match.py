"""Matching: the right skill first, typos forgiven, gaps seen, reasons given."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.domain.skill import MatchResult, Skill
from skilltui.figures import score_words
from skilltui.library.match import Matcher

SHELF = {
    "release-notes": "Writes release notes and the changelog from commits. Use when a version is published.",
    "database-migration": "Plans and writes SQL schema migrations for Postgres. Use when a table or column changes.",
    "pdf-forms": "Fills in, merges and splits PDF forms. Use when the user mentions a PDF document.",
    "test-writer": "Writes unit tests with pytest. Use when the user asks for tests or coverage of a module.",
    "docker-images": "Builds small container images. Use when a Dockerfile is written or an image is too large.",
    "kubernetes-debug": "Finds out why pods crash in a cluster. Use when a deployment does not become ready.",
    "css-layout": "Repairs layout and alignment in style sheets. Use when elements overlap or are out of line.",
    "translate-strings": "Translates strings of a user interface. Use when a locale file lacks keys.",
}


def skill(
    name: str, description: str, *, root: str = "/r", project: str | None = None, shadowed: str | None = None
) -> Skill:
    return Skill(
        name=name, description=description, body=f"# {name}\n\n1. Do what the description says.\n",
        path=f"{root}/{name}/SKILL.md", root=root, blob="0", hash="0", shadowed_by=shadowed, project=project,
    )  # fmt: skip


SKILLS = [skill(name, description) for name, description in SHELF.items()]


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(SKILLS)


def best(result: MatchResult) -> str:
    return result.top[0].skill


@pytest.mark.parametrize(
    ("request_text", "name"),
    [
        ("Write release notes for the new version from the commits", "release-notes"),
        ("add a column to the users table in postgres", "database-migration"),
        ("fill in this PDF form", "pdf-forms"),
        ("writing unit tests for the parser module", "test-writer"),
        ("the docker image is too large", "docker-images"),
        ("my pods keep crashing, the deployment never gets ready", "kubernetes-debug"),
    ],
)
def test_the_fitting_skill_comes_first_and_is_no_gap(matcher: Matcher, request_text: str, name: str) -> None:
    result = matcher.match(request_text)
    assert (best(result), result.gap) == (name, False)


@pytest.mark.parametrize(
    ("request_text", "name"),
    [
        ("write relaese notes and a changlog", "release-notes"),
        ("databse migraton for postgress", "database-migration"),
        ("kuberntes pods crash in the cluser", "kubernetes-debug"),
    ],
)
def test_typos_are_forgiven_and_named(matcher: Matcher, request_text: str, name: str) -> None:
    result = matcher.match(request_text)
    assert (best(result), result.gap) == (name, False)
    assert any(why.startswith("spelt: ") for why in result.top[0].why)


@pytest.mark.parametrize(
    "request_text",
    [
        "What will the weather be like in Lisbon tomorrow?",
        "book a flight for two",
        "explain quantum entanglement to a child",
        "",
        "   \n",
        "the and of to",
        "[Request interrupted by user for tool use]",
        "?!",
    ],
)
def test_what_nothing_serves_is_a_gap(matcher: Matcher, request_text: str) -> None:
    assert matcher.match(request_text).gap


def test_a_request_of_one_word_is_enough_where_it_names_the_skill() -> None:
    matcher = Matcher([*SKILLS, skill("git-commit", "Commits the work in hand. Use when asked to commit.")])
    for text in ("commit", "comit", "commit it", "Commit and push"):
        result = matcher.match(text)
        assert (best(result), result.gap) == ("git-commit", False)


def test_an_empty_library_is_one_gap() -> None:
    assert Matcher([]).match("write release notes") == MatchResult(gap=True, threshold=0.3)


def test_a_library_of_one_skill_still_tells_fit_from_gap() -> None:
    small = Matcher(SKILLS[:1])
    assert not small.match("write the release notes from these commits").gap
    assert small.match("draw a diagram of the network").gap


def test_the_reasons_use_the_words_of_the_request(matcher: Matcher) -> None:
    why = matcher.match("Release notes with the changelog for the marketing department").top[0].why
    assert why[0].startswith("name: ")
    assert "release" in why[0]
    assert "notes" in why[0]
    assert any(reason.startswith("shares: ") and "changelog" in reason for reason in why)
    assert any(reason.startswith("lacks: ") and "marketing" in reason for reason in why)
    assert len(why) <= 5


def test_a_request_closer_to_two_skills_shares_the_probability() -> None:
    twins = [skill("notes-a", SHELF["release-notes"]), skill("notes-b", SHELF["release-notes"])]
    single = Matcher([twins[0], *SKILLS[1:]]).match("release notes from the commits of this version")
    double = Matcher([*twins, *SKILLS[1:]]).match("release notes from the commits of this version")
    assert [match.skill for match in double.top[:2]] == ["notes-a", "notes-b"]
    assert double.top[0].score == double.top[1].score < single.top[0].score
    assert double.top[0].score <= 0.5


def test_more_detail_on_the_need_raises_the_score_of_the_right_skill(matcher: Matcher) -> None:
    vague = matcher.match("change something in the table").top[0].score
    clear = matcher.match("write a SQL migration that adds a column to the postgres table").top[0].score
    assert vague < clear


def test_k_bounds_the_answer(matcher: Matcher) -> None:
    text = "write tests for the release of the docker image"
    assert len(matcher.match(text, k=2).top) == 2
    assert matcher.match(text, k=0).top == ()
    assert matcher.match(text, k=0).gap is matcher.match(text).gap


def test_the_threshold_decides_what_is_a_gap() -> None:
    text = "add a column to the users table in postgres"
    score = Matcher(SKILLS).match(text).top[0].score
    assert not Matcher(SKILLS, threshold=score).match(text).gap
    assert Matcher(SKILLS, threshold=score + 0.0001).match(text).gap


def test_shadowed_skills_and_second_copies_are_not_matched() -> None:
    shelf = [
        *SKILLS,
        skill("release-notes", SHELF["release-notes"], root="/copy"),
        skill("pdf-forms", "Other.", root="/other", shadowed="/r/pdf-forms/SKILL.md"),
    ]
    paths = [match.path for match in Matcher(shelf).match("release notes and a pdf form", k=20).top]
    assert not any(path.startswith(("/copy", "/other")) for path in paths)


def test_a_projects_skills_serve_that_project_only() -> None:
    own = skill(
        "deploy-app", "Deploys the app to staging. Use when a deploy is asked for.", root="/p", project="/w/app"
    )
    mine = skill("deploy-app", "Deploys anything to staging. Use when a deploy is asked for.")
    matcher = Matcher([own, mine, *SKILLS])
    assert matcher.match("deploy to staging").top[0].path == mine.path
    assert matcher.match("deploy to staging", project="/w/other").top[0].path == mine.path
    result = matcher.match("deploy to staging", project="/w/app")
    assert [match.path for match in result.top if match.skill == "deploy-app"] == [own.path]


def test_the_need_of_a_long_plan_is_its_title(matcher: Matcher) -> None:
    noise = "\n".join(f"- step {n}: edit src/module_{n}.py and run the linter" for n in range(600))
    plan = f"Implement the following plan:\n\n# Plan: Release notes from commits\n\n## Context\n\n{noise}"
    assert best(matcher.match(plan)) == "release-notes"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300) | st.lists(st.sampled_from(" ".join(SHELF.values()).split()), max_size=40).map(" ".join))
def test_any_request_gets_sorted_scores_between_0_and_1_and_the_same_answer_twice(text: str) -> None:
    matcher = Matcher(SKILLS)
    result = matcher.match(text, k=8)
    scores = [match.score for match in result.top]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert sum(scores) <= 1.001
    assert result.gap == (not scores or scores[0] < 0.3)
    assert result == Matcher(SKILLS).match(text, k=8)


TWINS = [skill("notes-a", SHELF["release-notes"]), skill("notes-b", SHELF["release-notes"]), *SKILLS[1:]]
TWIN_REQUEST = "release notes from the commits of this version"


def test_two_skills_that_fit_nearly_equally_are_ambiguous() -> None:
    assert Matcher(TWINS).match(TWIN_REQUEST).ambiguous
    assert Matcher(TWINS).match(TWIN_REQUEST, k=1).ambiguous
    assert not Matcher(TWINS).match("fill in this PDF form").ambiguous
    assert not Matcher(SKILLS).match(TWIN_REQUEST).ambiguous


def test_a_gap_is_never_ambiguous() -> None:
    assert not Matcher(TWINS, threshold=0.9).match(TWIN_REQUEST).ambiguous


def test_the_more_trusted_of_near_equal_skills_comes_first_with_the_same_score() -> None:
    plain = Matcher(TWINS)
    told = plain.informed(trust={"notes-a": 0.21, "notes-b": 0.66, "pdf-forms": 0.99}, served={})
    before, after = plain.match(TWIN_REQUEST), told.match(TWIN_REQUEST)
    assert [match.skill for match in after.top[:2]] == ["notes-b", "notes-a"]
    assert {m.skill: m.score for m in before.top} == {m.skill: m.score for m in after.top}
    assert told.match("fill in this PDF form") == plain.match("fill in this PDF form")


def test_trust_moves_nothing_that_is_not_near_or_not_known() -> None:
    plain = Matcher(TWINS)
    for trust in ({"docker-images": 0.9}, {"notes-b": 0.9}):
        assert plain.informed(trust=trust, served={}).match(TWIN_REQUEST) == plain.match(TWIN_REQUEST)
    assert plain.informed(trust={"docker-images": 1.0}, served={}).match("my pods crash") == plain.match(
        "my pods crash"
    )


def test_a_request_like_one_served_before_is_served_again_in_words_that_no_skill_has() -> None:
    plain = Matcher(SKILLS)
    text, before = "prepare the friday bulletin", "prepare the friday bulletin for customers"
    assert plain.match(text).gap
    scores = []
    for times in (1, 3, 20):
        result = plain.informed(trust={}, served={"release-notes": [before] * times}).match(text)
        assert best(result) == "release-notes"
        assert result.top[0].why[0] == f"served before: {before}"
        scores.append(result.top[0].score)
    assert scores == sorted(scores)
    assert scores[0] < 0.3 < scores[-1]


def test_a_request_served_before_moves_no_other_request() -> None:
    told = Matcher(SKILLS).informed(trust={}, served={"release-notes": ["prepare the friday bulletin"], "gone": ["x"]})
    for text in ("fill in this PDF form", "book a flight for two", "the docker image is too large"):
        assert told.match(text) == Matcher(SKILLS).match(text)


def test_a_skill_that_served_a_request_in_one_project_serves_it_only_there() -> None:
    own = skill("deploy-app", "Deploys the app.", root="/p", project="/w/app")
    told = Matcher([own, *SKILLS]).informed(trust={}, served={"deploy-app": ["ship the friday build"] * 3})
    assert best(told.match("ship the friday build", project="/w/app")) == "deploy-app"
    assert all(match.skill != "deploy-app" for match in told.match("ship the friday build").top)


def test_a_score_below_the_threshold_never_reads_as_reaching_it() -> None:
    assert score_words(0.2979, below=True) == "0.29"
    assert score_words(0.2979, below=False) == "0.30"
    assert [score_words(n / 100, below=True) for n in range(100)] == [f"{n / 100:.2f}" for n in range(100)]
