"""The need in a request: what was pasted, wrapped or mentioned along with it goes, what is wanted stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.library.need import MAX_WORDS, need_text


@pytest.mark.parametrize(
    "text",
    ["commit", "comit", "and push", "Fix the login bug in the parser.", "Übersetze die Texte", "add a .NET 8 test"],
)
def test_a_plain_request_stays_as_it_is(text: str) -> None:
    assert need_text(text) == text


@pytest.mark.parametrize("id_", ["aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "tu_01HxYz9Q", "1234567", "deadbee1"])
def test_an_id_is_no_word_of_it(id_: str) -> None:
    assert need_text(f"show order {id_} again") == "show order again"


def test_a_plan_is_its_title_and_first_paragraph() -> None:
    plan = (
        "Implement the following plan:\n\n# Plan: Dark mode for the settings page\n\n## Context\n\n"
        "Users asked for it.\n\n## Step 1\n\nEdit styles.css\n"
    )
    assert need_text(plan) == "Dark mode for the settings page Users asked for it."


def test_a_plan_without_a_title_keeps_its_text() -> None:
    assert need_text("Implement the following plan:\n\nadd a cache") == "add a cache"


def test_work_on_a_plan_is_no_wrapper() -> None:
    assert need_text("execute the refactoring plan in parallel") == "execute the refactoring plan in parallel"


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("[Request interrupted by user for tool use]", ""),
        ("<system-reminder>be good</system-reminder>fix it now please", "fix it now please"),
        ("<command-name>/commit</command-name>", "/commit"),
        ("why does it fail? [Image #1]", "why does it fail?"),
        ("update @CHANGELOG.md and @src/app/main.py please", "update and please"),
        ("see https://example.org/a/b?c=d for the format", "see for the format"),
        ("revert 4f1c2d9e8a please now", "revert please now"),
        ("session 550e8400-e29b-41d4-a716-446655440000 is stuck again", "session is stuck again"),
        ("mail me at user@example.invalid when done", "mail me at user@example.invalid when done"),
        ("read /mnt/data/experiment.zip and sum it up", "read experiment.zip and sum it up"),
    ],
)
def test_wrappers_mentions_ids_and_addresses_go(text: str, need: str) -> None:
    assert need_text(text) == need


def test_code_and_logs_after_a_sentence_go() -> None:
    text = (
        "The build fails, please find out why:\n"
        "```\nerror: cannot borrow\n```\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/app/x.py", line 3, in run\n'
        "    call()\n"
        "ValueError: no\n"
        "2026-01-02 10:00:00 INFO start\n"
        "Thanks in advance"
    )
    assert need_text(text) == "The build fails, please find out why: Thanks in advance"


def test_a_request_that_is_only_a_log_is_kept() -> None:
    assert "ValueError" in need_text("ValueError: invalid literal for int()")


def test_a_long_request_is_cut_to_its_beginning() -> None:
    assert len(need_text("word " * 3000).split()) == MAX_WORDS


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=500)
    | st.lists(st.sampled_from(["```", "# Plan: x", "<a>", "@b/c", "/d/e/f", "\n", " ", "at x("]), max_size=60).map(
        "".join
    )
)
def test_any_text_gives_few_words_that_were_in_it(text: str) -> None:
    need = need_text(text)
    assert len(need.split()) <= MAX_WORDS
    assert set("".join(need.split())) <= set(text)


@pytest.mark.parametrize(
    ("text", "need"),
    [
        (
            "'/var/folders/x9/T/Screenshot 2026-11-21 at 01.27.21.png'\n\nwhy do the colours differ?",
            "why do the colours differ?",
        ),
        ("~/Desktop/shot.png fix the layout", "fix the layout"),
        ("/tmp/a\\ b/shot.JPG fix the layout", "fix the layout"),
        ("change /etc/hosts, then put the logo into a.png", "change hosts, then put the logo into a.png"),
        ("look at Screenshot 2026-11-21 at 01.27.21.png and fix it", "look at and fix it"),
        # Files of the project are what the request is about.
        ("convert assets/logo.png to svg", "convert assets/logo.png to svg"),
        ("resize media/*.png to 800 px", "resize media/*.png to 800 px"),
    ],
)
def test_pictures_dropped_into_a_prompt_go(text: str, need: str) -> None:
    assert need_text(text) == need
