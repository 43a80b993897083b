"""Edits cut into a SKILL.md: what they do not touch stays byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.domain.proposal import Edit, EditOp, Origin, Support
from skilltui.errors import EditConflictError
from skilltui.learning.edits import apply_edit, apply_edits
from skilltui.text.skillmd import parse_skill

FRONT = "---\nname: demo\ndescription: Does a thing.\n---\n"
BODY = "\n# Demo\n\nA line.\n\n## Steps\n\n1. One\n2. Two\n\n## Gotchas\n\n* Mind it.\n"


def edit(op: EditOp, section: str, before: str | None = None, after: str | None = None) -> Edit:
    return Edit("e1", op, section, before, after, Support(1, 1), (), Origin.USER)


def add(section: str, after: str) -> Edit:
    return edit(EditOp.ADD, section, None, after)


def test_adding_steps_goes_on_counting() -> None:
    result = apply_edit(FRONT + BODY, add("Steps", "1. Three\n2. Four"))
    assert "1. One\n2. Two\n3. Three\n4. Four\n\n## Gotchas" in result


def test_adding_takes_the_bullet_of_the_list_it_joins() -> None:
    assert apply_edit(FRONT + BODY, add("gotchas", "- New.")).endswith("* Mind it.\n* New.\n")


def test_bare_words_become_items() -> None:
    assert "2. Two\n3. Three\n" in apply_edit(FRONT + BODY, add("Steps", "Three"))
    assert "* Mind it.\n* Bare.\n" in apply_edit(FRONT + BODY, add("Gotchas", "Bare."))
    assert apply_edit(FRONT, add("Steps", "One\nTwo")).endswith("## Steps\n\n1. One\n2. Two\n")


def test_a_missing_section_is_made_at_the_end() -> None:
    result = apply_edit(FRONT + BODY, add("Notes", "- A note."))
    assert result == FRONT + BODY.rstrip("\n") + "\n\n## Notes\n\n- A note.\n"


def test_an_empty_section_gets_its_first_line_after_a_blank_one() -> None:
    result = apply_edit(FRONT + "## Steps\n## Gotchas\n", add("Steps", "1. One"))
    assert result == FRONT + "## Steps\n\n1. One\n## Gotchas\n"


def test_a_list_after_a_paragraph_keeps_a_blank_line() -> None:
    assert apply_edit(FRONT + "## Steps\n\nDo it well.\n", add("Steps", "1. One")).endswith("Do it well.\n\n1. One\n")


def test_added_lines_stand_before_a_sub_heading() -> None:
    result = apply_edit(FRONT + "## Steps\n\n1. One\n\n### Detail\n\nMore.\n", add("Steps", "1. Two"))
    assert result == FRONT + "## Steps\n\n1. One\n2. Two\n\n### Detail\n\nMore.\n"


def test_a_heading_inside_a_code_block_is_no_section() -> None:
    body = "```\n## Steps\n```\n"
    assert apply_edit(FRONT + body, add("Steps", "1. One")) == FRONT + body + "\n## Steps\n\n1. One\n"


def test_numbers_inside_added_code_are_left_alone() -> None:
    result = apply_edit(FRONT + BODY, add("Steps", "1. Three\n\n   ```\n1. not an item\n   ```"))
    assert "3. Three\n\n   ```\n1. not an item\n   ```" in result


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("ending", ["", "\n", "\n\n\n"])
def test_line_endings_and_the_end_of_the_file_stay(newline: str, ending: str) -> None:
    raw = (FRONT + BODY.rstrip("\n") + ending).replace("\n", newline)
    expected = (FRONT + BODY.rstrip("\n") + "\n* New." + ending).replace("\n", newline)
    assert apply_edit(raw, add("Gotchas", "* New.")) == expected


def test_replace_and_remove_touch_only_their_lines() -> None:
    raw = FRONT + BODY
    assert apply_edit(raw, edit(EditOp.REPLACE, "Steps", "2. Two", "2. Too")) == raw.replace("2. Two", "2. Too")
    assert apply_edit(raw, edit(EditOp.REMOVE, "Steps", "1. One\n2. Two")) == raw.replace("1. One\n2. Two\n", "")


def test_removing_the_last_line_keeps_the_missing_final_newline() -> None:
    assert apply_edit(FRONT + "## A\n\n- x\n- y", edit(EditOp.REMOVE, "A", "- y")) == FRONT + "## A\n\n- x"


@pytest.mark.parametrize(
    "bad",
    [
        edit(EditOp.REPLACE, "Steps", "2. Tw", "x"),  # part of a line
        edit(EditOp.REPLACE, "Steps", "* Mind it.", "x"),  # another section's line
        edit(EditOp.REMOVE, "Nowhere", "1. One"),
        edit(EditOp.REPLACE, "Steps", None, "x"),
        edit(EditOp.ADD, "Steps", None, "  "),
        edit(EditOp.REPLACE, "description", "Does another thing.", "New."),
        edit(EditOp.REMOVE, "description", "Does a thing."),
    ],
)
def test_an_edit_that_does_not_apply_is_refused_with_a_hint(bad: Edit) -> None:
    with pytest.raises(EditConflictError) as caught:
        apply_edit(FRONT + BODY, bad)
    assert caught.value.hint


def test_lines_that_stand_twice_are_not_guessed_at() -> None:
    with pytest.raises(EditConflictError, match="more than once"):
        apply_edit(FRONT + "## A\n- x\n- x\n", edit(EditOp.REMOVE, "A", "- x"))


def test_an_open_code_block_at_the_end_takes_no_new_section() -> None:
    with pytest.raises(EditConflictError, match="code block"):
        apply_edit(FRONT + "```\nopen\n", add("Steps", "1. One"))


def test_the_description_is_replaced_in_place() -> None:
    raw = "---\nname: demo\nlicense: MIT # kept\ndescription: Does a thing.\nx: [1, 2]\n---\nBody\n"
    result = apply_edit(raw, edit(EditOp.REPLACE, "description", "Does a thing.", "Does: two things."))
    assert parse_skill(result).description == "Does: two things."
    assert [line for line in result.splitlines() if "description" not in line] == [
        line for line in raw.splitlines() if "description" not in line
    ]


def test_edits_apply_in_order() -> None:
    changed = apply_edits(
        FRONT + BODY, [add("Steps", "1. Three"), edit(EditOp.REPLACE, "Steps", "3. Three", "3. Third")]
    )
    assert "2. Two\n3. Third\n" in changed


LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=30)
HEADING = st.sampled_from(["# Demo", "## Steps", "## Gotchas", "### Deep", "## Other"])
ITEM = st.sampled_from(["- a", "* b", "1. c", "7) d", "   indented", "```", "", "text"])
BODIES = st.lists(HEADING | ITEM | LINE, max_size=14)


@settings(max_examples=200, deadline=None)
@given(
    BODIES,
    st.sampled_from(["Steps", "Gotchas", "Missing"]),
    st.lists(st.sampled_from(["- new one", "1. new one", "new one", "  more"]), min_size=1, max_size=3),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)
def test_everything_outside_an_addition_stays(
    lines: list[str], section: str, after: list[str], newline: str, final: bool
) -> None:
    raw = (FRONT + "\n".join(lines) + ("\n" if final else "")).replace("\n", newline)
    try:
        result = apply_edit(raw, add(section, "\n".join(after)))
    except EditConflictError:
        assert "```" in raw  # the only reason here: an open code block
        return
    # One insertion: taking the new text out again gives the old bytes.
    start = next((i for i, (a, b) in enumerate(zip(raw, result, strict=False)) if a != b), len(raw))
    grown = len(result) - len(raw)
    assert grown > 0
    assert any(result[:at] + result[at + grown :] == raw for at in range(max(0, start - grown), start + 1))
    assert result.endswith(newline) == raw.endswith(newline)
    assert section in [found.title for found in parse_skill(result).sections]


@settings(max_examples=150, deadline=None)
@given(BODIES, st.data())
def test_a_replacement_changes_only_the_lines_it_names(lines: list[str], data: st.DataObject) -> None:
    raw = FRONT + "## Steps\n" + "\n".join(lines) + "\n"
    at = data.draw(st.integers(0, max(0, len(lines) - 1)))
    if not lines or not lines[at].strip():
        return
    try:
        result = apply_edit(raw, edit(EditOp.REPLACE, "Steps", lines[at], "NEW"))
    except EditConflictError:
        return
    before = (FRONT + "## Steps\n").split("\n")[:-1] + lines
    changed = result.split("\n")[: len(before)]
    assert [a for a, b in zip(before, changed, strict=True) if a != b] == [lines[at]]
