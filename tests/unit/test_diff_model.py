"""The diff model: nothing of either text is lost, and marks point at what differs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.tui.diff_model import MARK_LIMIT, MOST_LINES, DiffModel, Line, Row, diff, split_lines, word_marks

# Few different lines, so that texts share many of them; with everything that may end or look like a line.
LINES = st.lists(
    st.sampled_from(["a", "b", "", "- run it", "x\r", "\x0c", "\u2028y", "日本", "`uv build`"]), max_size=12
)
TEXTS = st.one_of(
    st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n", "\n\n"])),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=80),
)


def side(rows: tuple[Row, ...], which: str) -> str:
    lines: list[Line] = [line for row in rows if (line := getattr(row, which)) is not None]
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    return "".join(line.text + ("\n" if line.ends else "") for line in lines)


@given(TEXTS, TEXTS)
@settings(max_examples=200, deadline=None)
def test_both_texts_come_back_from_the_rows(before: str, after: str) -> None:
    model = diff(before, after)
    for rows in (model.beside, model.unified):
        assert side(rows, "left") == before
        assert side(rows, "right") == after


@given(TEXTS, TEXTS)
@settings(max_examples=200, deadline=None)
def test_hunks_are_numbered_and_hold_every_difference(before: str, after: str) -> None:
    model = diff(before, after)
    assert (model.hunks == 0) == (before == after)
    for rows in (model.beside, model.unified):
        numbers = [row.hunk for row in rows if row.hunk is not None]
        assert numbers == sorted(numbers)
        assert set(numbers) == set(range(model.hunks))
        for row in rows:
            if row.hunk is None:
                assert row.left is not None
                assert row.right is not None
                assert (row.left.text, row.left.ends) == (row.right.text, row.right.ends)
    changed = [row for row in model.unified if row.hunk is not None]
    assert sum(row.left is not None for row in changed) == model.removed
    assert sum(row.right is not None for row in changed) == model.added


@given(TEXTS, TEXTS)
@settings(max_examples=200, deadline=None)
def test_what_is_not_marked_is_the_same_on_both_sides(before: str, after: str) -> None:
    for row in diff(before, after).beside:
        if row.left and row.right and (row.left.marks or row.right.marks):
            assert unmarked(row.left) == unmarked(row.right)


def unmarked(line: Line) -> str:
    kept, at = [], 0
    for start, end in line.marks:
        assert at <= start < end <= len(line.text)
        kept.append(line.text[at:start])
        at = end
    return "".join([*kept, line.text[at:]])


def marked(model: DiffModel) -> list[tuple[str, str]]:
    def parts(line: Line | None) -> str:
        return "|".join(line.text[a:b] for a, b in line.marks) if line else ""

    return [(parts(row.left), parts(row.right)) for row in model.beside if row.hunk is not None]


def test_a_changed_word_is_marked_in_a_hunk_of_equal_sides() -> None:
    assert marked(diff("run:\n`uv build`\nend\n", "run:\n`uv build --wheel`\nend\n")) == [("", " --wheel")]


def test_no_marks_where_the_sides_of_a_hunk_differ_in_length() -> None:
    assert marked(diff("run `uv build`\n", "run `uv build --wheel`\nthen check\n")) == [("", ""), ("", "")]


def test_lines_that_share_nothing_are_not_marked() -> None:
    assert marked(diff("alpha beta gamma\n", "quite another thing\n")) == [("", "")]


def test_a_missing_last_line_feed_is_a_difference() -> None:
    model = diff("a\nb\n", "a\nb")
    assert model.hunks == 1
    assert model.beside[1].right == Line(2, "b", ends=False)


def test_a_carriage_return_is_a_difference_in_the_line() -> None:
    assert marked(diff("a b c\r\n", "a b c\n")) == [("\r", "")]


def test_rows_of_a_hunk_are_paired_beside_and_stacked_below_each_other() -> None:
    model = diff("one\ntwo\n", "one\nzwei\ndrei\n")
    texts = [(row.left and row.left.text, row.right and row.right.text) for row in model.beside]
    assert texts == [("one", "one"), ("two", "zwei"), (None, "drei")]
    texts = [(row.left and row.left.text, row.right and row.right.text) for row in model.unified]
    assert texts == [("one", "one"), ("two", None), (None, "zwei"), (None, "drei")]


def test_very_long_lines_are_compared_without_marks() -> None:
    assert word_marks("a " * MARK_LIMIT, "b " * MARK_LIMIT) == ((), ())


def test_of_very_long_texts_the_middle_is_one_hunk() -> None:
    before = [f"line {n}" for n in range(MOST_LINES + 10)]
    after = ["first", *before[1:-3], "last but two", *before[-2:]]
    model = diff("\n".join(before), "\n".join(after))
    assert (model.hunks, model.removed, model.added) == (1, MOST_LINES + 8, MOST_LINES + 8)
    assert side(model.unified, "left") == "\n".join(before)
    assert side(model.unified, "right") == "\n".join(after)


@pytest.mark.parametrize("text", ["", "\n", "a", "a\n", "a\n\nb", "\r\n", "a\u2028b\x0bc"])
def test_lines_join_to_the_text(text: str) -> None:
    assert "".join(split_lines(text)) == text
