"""The postings: they say where each term stands, come back from bytes as they were, and read a skill once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.domain.skill import Skill
from skilltui.library.index_file import dump_postings, load_postings
from skilltui.library.match import Matcher
from skilltui.library.postings import Postings, clauses, post
from skilltui.text.tokenise import terms

WORDS = ["release", "notes", "naïve", "图表", "table", "merge", "PDFs", "the", "C++", "snake_case", "écran", "don't"]
TEXT = st.lists(st.sampled_from([*WORDS, ".", ",", "\n", " - "]), max_size=14).map(" ".join)
SKILL = st.builds(
    lambda name, description, body: Skill(name, description, body, "", "", "", ""),
    st.sampled_from(["release-notes", "pdf-forms", "x", "the"]), TEXT, TEXT,
)  # fmt: skip
LIBRARY = st.lists(SKILL, max_size=6)


def told(postings: Postings) -> list[tuple[list[set[str]], set[str]]]:
    """For each skill its clauses and all its terms, whatever the numbers of the terms are."""
    return [([set(clause) for clause in terms.clauses], set(terms.text)) for terms in postings.unfold()]


@settings(max_examples=100, deadline=None)
@given(LIBRARY)
def test_every_term_is_found_where_it_stands_and_nowhere_else(library: list[Skill]) -> None:
    postings = post(library)
    for number, skill in enumerate(library):
        text = set(terms(f"{skill.name}\n{skill.description}\n{skill.body}"))
        for term, name in enumerate(postings.terms):
            assert postings.holds(term, number) == (name in text) == (number in postings.of(term))
        wanted = [set(terms(skill.name)), *filter(None, (set(terms(c)) for c in clauses(skill.description)))]
        assert [{postings.terms[t] for t in clause} for clause in postings.clauses_of(number)] == wanted


@settings(max_examples=100, deadline=None)
@given(LIBRARY)
def test_they_come_back_from_bytes(library: list[Skill]) -> None:
    postings = post(library)
    assert load_postings(memoryview(dump_postings(postings))) == postings


@settings(max_examples=100, deadline=None)
@given(LIBRARY, st.data())
def test_bytes_cut_off_are_no_postings(library: list[Skill], data: st.DataObject) -> None:
    whole = dump_postings(post(library))
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert load_postings(memoryview(whole[:cut])) is None


@settings(max_examples=100, deadline=None)
@given(LIBRARY, LIBRARY)
def test_what_is_known_of_an_earlier_library_changes_nothing(before: list[Skill], after: list[Skill]) -> None:
    assert told(post(after, post(before))) == told(post(after))


def test_a_known_skill_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    library = [Skill(f"s{n}", "Packs boxes. Use when moving.", f"body {n}", "", "", "", "") for n in range(4)]
    known = post(library)
    read: list[str] = []

    def counting(text: str) -> dict[str, None]:
        read.append(text)
        return dict.fromkeys(terms(text))

    monkeypatch.setattr("skilltui.library.postings.distinct_terms", counting)
    changed = Skill("s2", "Packs crates.", "body 2", "", "", "", "")
    assert post(library, known) is known
    assert read == []
    post([*library[:2], changed, library[3]], known)
    assert "Packs crates" in read
    assert "body 0" not in read


REQUESTS = ("merge PDFs into a table", "release notes", "naïve 图表", "snake case")


@pytest.mark.parametrize("request_text", REQUESTS)
def test_an_index_from_bytes_answers_like_a_new_one(request_text: str) -> None:
    library: Sequence[Skill] = [
        Skill("release-notes", "Writes release notes. Use when a version is published.", "naïve 图表", "a", "", "", ""),
        Skill("pdf-forms", "Merges PDFs, fills in tables.", "release the snake_case", "b", "", "", ""),
    ]
    known = load_postings(memoryview(dump_postings(post(library))))
    assert known is not None
    assert Matcher(library, known=known).match(request_text) == Matcher(library).match(request_text)
