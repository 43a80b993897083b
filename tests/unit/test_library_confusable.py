"""Confusability: look-alikes are paired with the words that make them alike; different skills are left alone."""

from __future__ import annotations

from time import perf_counter

from skilltui.domain.skill import Skill
from skilltui.library.confusable import confusable
from skilltui.library.match import Matcher
from tests.unit.test_library_match import SHELF, SKILLS


def skill(name: str, description: str, body: str = "", *, root: str = "/r", project: str | None = None) -> Skill:
    return Skill(name, description, body, f"{root}/{name}/SKILL.md", root, "", "", project=project)


NOTES = skill("release-notes", SHELF["release-notes"], "Sort the commits by kind. Bump the tarball checksum tarball.")
LIKE = skill("change-log", "Writes the changelog from commits. Use when a version is published.", "Follow semver.")


def test_skills_of_different_subjects_are_not_confusable() -> None:
    assert confusable(Matcher(SKILLS)) == []


def test_look_alikes_are_paired_with_the_words_they_share_and_those_that_tell_them_apart() -> None:
    (pair,) = confusable(Matcher([NOTES, LIKE, *SKILLS[1:]]))
    assert set(pair.skills) == {"release-notes", "change-log"}
    assert {"changelog", "commits", "version", "published"} <= set(pair.shared)
    assert pair.score >= 0.3
    assert any("version is published" in phrase.text for phrase in pair.phrases)
    advice = {one.skill: one for one in pair.advice}
    assert "tarball" in advice["release-notes"].add
    assert "semver" in advice["change-log"].add
    assert not {"changelog", "commits"} & {*advice["release-notes"].add, *advice["change-log"].add}
    assert set(advice["change-log"].narrow) <= set(pair.shared)


def test_many_copies_are_still_confusable_although_they_share_the_probability() -> None:
    copies = [skill(f"notes-{n}", SHELF["release-notes"]) for n in range(6)]
    assert len(confusable(Matcher([*copies, *SKILLS[1:]]))) == 15


def test_only_pairs_with_a_named_skill_are_told() -> None:
    more = [skill("pdf-merge", "Merges and splits PDF forms. Use when the user mentions a PDF document.")]
    matcher = Matcher([NOTES, LIKE, *SKILLS[1:], *more])
    assert len(confusable(matcher)) == 2
    (pair,) = confusable(matcher, {more[0].path})
    assert set(pair.skills) == {"pdf-merge", "pdf-forms"}


def test_skills_of_two_projects_never_meet() -> None:
    apart = [
        skill("notes", SHELF["release-notes"], root="/a", project="/w/a"),
        skill("change-log", SHELF["release-notes"], root="/b", project="/w/b"),
    ]
    assert confusable(Matcher([*apart, *SKILLS[1:]])) == []
    assert len(confusable(Matcher([*apart, NOTES, *SKILLS[1:]]))) == 2


def test_a_description_of_one_word_or_none_is_no_error() -> None:
    odd = [skill("a", "Notes"), skill("b", ""), skill("c", "图表"), skill("d", "...")]
    assert isinstance(confusable(Matcher(odd)), list)


def test_five_hundred_skills_take_seconds() -> None:
    from tests.bench.library import Maker

    library = []
    for made in Maker(3).skills(500):
        description = made.text.split('description: "', 1)[1].split('"', 1)[0]
        library.append(skill(made.name, description, made.text))
    matcher = Matcher(library)
    start = perf_counter()
    confusable(matcher)
    # Two seconds on a slow machine; the bound only catches a change of order.
    assert perf_counter() - start < 20
