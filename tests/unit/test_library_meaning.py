"""Nearness in meaning: vectors kept small and compared exactly, one measure for every model, one part of the score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skilltui.domain.skill import LEXICAL, WITH_EMBEDDINGS, Skill
from skilltui.library.match import Matcher
from skilltui.library.meaning import MAX_TEXT, Meaning, embedded_text, text_key
from skilltui.library.vectors import Columns, StoredVectors, dump_vectors, load_vectors, quantised

SKILLS = [
    Skill("release-notes", "Write release notes from commits.", "", "/r", "", "", ""),
    Skill("wash-clothes", "Run the washing machine.", "", "/w", "", "", ""),
    Skill("bake-bread", "Knead, prove and bake bread.", "", "/b", "", "", ""),
]


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def drawn(count: int, dimensions: int, seed: int = 1, shift: float = 0.0) -> list[list[float]]:
    random = Random(seed)
    return [[random.gauss(shift, 1) for _ in range(dimensions)] for _ in range(count)]


def test_the_cosines_are_those_of_the_vectors_but_for_rounding() -> None:
    vectors = drawn(40, 384)
    columns = Columns([quantised(vector) for vector in vectors])
    for one in vectors[:5]:
        found = columns.cosines(quantised(one))
        assert found == pytest.approx([cosine(one, other) for other in vectors], abs=0.01)


@given(
    st.integers(1, 40).flatmap(
        lambda d: st.lists(st.lists(st.floats(-1, 1), min_size=d, max_size=d), min_size=2, max_size=8)
    )
)
def test_all_at_once_gives_what_one_by_one_gives(vectors: list[list[float]]) -> None:
    rows = [quantised(vector) for vector in vectors]
    plain = [[byte - 128 for byte in row] for row in rows]
    found = Columns(rows).cosines(rows[0])
    for value, other in zip(found, plain, strict=True):
        none = not any(other) or not any(plain[0])
        assert value == pytest.approx(0.0 if none else cosine(plain[0], other), abs=1e-12)


def test_vectors_come_back_as_they_were_and_anything_else_is_none() -> None:
    rows = {text_key(str(n)): quantised(vector) for n, vector in enumerate(drawn(5, 7))}
    data = dump_vectors(StoredVectors(7, rows))
    assert load_vectors(memoryview(data)) == StoredVectors(7, rows)
    assert load_vectors(memoryview(dump_vectors(StoredVectors(0, {})))) == StoredVectors(0, {})
    for broken in (data[:-1], data + b"x", b"[5,8]\n" + data, b"", b"{}\n", b"[-1,-1]\n", b"[null,1]\n"):
        assert load_vectors(memoryview(broken)) is None


def test_a_model_whose_cosines_are_all_high_says_the_same_as_one_whose_are_not() -> None:
    plain, reference, request = drawn(30, 64), drawn(24, 64, 2), drawn(1, 64, 3)[0]
    request = [2 * a + b for a, b in zip(plain[7], request, strict=True)]

    def near(shift: float) -> list[float]:
        def moved(vectors: list[list[float]]) -> list[bytes]:
            return [quantised([value / math.hypot(*vector) + shift for value in vector]) for vector in vectors]

        return Meaning(moved(plain), moved(reference)).near(moved([request])[0])

    here, there = near(0.0), near(0.25)
    assert max(range(30), key=here.__getitem__) == max(range(30), key=there.__getitem__) == 7
    assert here[7] == pytest.approx(there[7], rel=0.35)
    assert here[7] > 4 > max(value for n, value in enumerate(here) if n != 7)


def test_a_model_that_says_the_same_of_everything_is_found_out() -> None:
    assert not Meaning([quantised([1.0] * 8)] * 3, [quantised([1.0] * 8)] * 4).tells_apart
    assert Meaning([quantised(v) for v in drawn(3, 8)], [quantised(v) for v in drawn(4, 8, 2)]).tells_apart


def test_what_is_embedded_begins_with_name_and_description_and_holds_what_it_is_for() -> None:
    body = (
        "# Washing\n\nSome prose.\n\n```\n# when in code\n```\n\nUse this when shirts are dirty.\n\n## Drying\n"
        + "x\n" * 900
    )
    text = embedded_text(Skill("wash-clothes", "Run the\nwashing machine.", body, "/w", "", "", ""))
    assert text.startswith("wash clothes: Run the washing machine. Use this when shirts are dirty. Washing")
    assert "in code" not in text
    assert "Some prose" not in text
    assert len(text) <= MAX_TEXT


def test_without_embeddings_the_answer_is_the_one_it_was() -> None:
    matcher = Matcher(SKILLS)
    words = matcher.match("write the release notes")
    assert words.engine == LEXICAL
    nothing_near = matcher.match("write the release notes", near=[0.0, 1.9, -3.0])
    assert nothing_near.engine == WITH_EMBEDDINGS
    assert nothing_near.top == words.top


def test_nearness_moves_the_probability_and_is_named_where_it_decided() -> None:
    matcher = Matcher(SKILLS, threshold=0.3)
    request = "dirty shirts, bake"
    alone = matcher.match(request)
    assert alone.top[0].skill == "bake-bread"
    both = matcher.match(request, near=[0.0, 60.0, 0.0])
    assert both.top[0].skill == "wash-clothes"
    assert not both.gap
    assert both.top[0].why[0] == "near in meaning, which decided"
    assert sum(match.score for match in both.top) <= 1
    named = matcher.match("bake bread", near=[0.0, 0.0, 6.0])
    assert named.top[0].why[0] == "near in meaning"
    assert matcher.match("bake bread").top[0].score < named.top[0].score


def test_a_request_that_shares_no_word_finds_what_is_near_and_stays_a_gap_unless_it_is_very_near() -> None:
    matcher = Matcher(SKILLS)
    assert matcher.match("laundry").top == ()
    found = matcher.match("laundry", near=[0.0, 8.0, 0.0])
    assert found.top[0].skill == "wash-clothes"
    assert found.gap


def test_the_skill_of_another_project_is_not_brought_in_by_its_meaning() -> None:
    skills = [*SKILLS, Skill("theirs", "Something.", "", "/p", "", "", "", project="/w/other")]
    found = Matcher(skills).match("bake bread", near=[0, 0, 0, 90.0], project="/w/here")
    assert "theirs" not in [match.skill for match in found.top]
