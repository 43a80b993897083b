"""Names and descriptions in the words that people used."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.learning.describing import MODERATE, skill_description
from skilltui.learning.phrases import (
    MAX_DESCRIPTION,
    asked_for,
    clean_request,
    key_phrases,
    purpose,
    skill_name,
)
from skilltui.text.skillmd import NAME, emit_new, parse_skill


@pytest.mark.parametrize(
    ("requests", "name"),
    [
        (["release the python package", "please release the python package to the index"], "release-python-package"),
        (["commit", "comit", "commit", "commit and update @changelog"], "commit-changes"),
        (["Create a release release/2.4.0, but bump the changelog before"], "create-release"),
        (
            ["Implement the following plan:\n\n# Plan: Add dark mode toggle\n\n## Context\n\nlong text"],
            "add-dark-mode-toggle",
        ),
        (["can we rebase on main, please?"], "rebase-main"),
        (["!!!"], "new-skill"),
    ],
)
def test_the_name_starts_with_what_is_done(requests: list[str], name: str) -> None:
    assert skill_name(requests) == name


def test_names_do_not_collide() -> None:
    assert skill_name(["rotate keys"], {"rotate-keys", "rotate-keys-2"}) == "rotate-keys-3"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("please, can you bump the version to 1.2.3?", "bump the version"),
        ("so deploy v2.0.1 to staging thanks", "deploy to staging"),
        ("fix: the login page", "fix the login page"),
        ("use key ‹redacted:aws-access-key:1a2b3c4d› to upload", "use key to upload"),
        ("commit and update @CHANGELOG.md", "commit and update CHANGELOG"),
        ("why?\n(venv) ann@box:~/code$ make\nboom", "why?"),
    ],
)
def test_a_request_is_cleaned_of_what_varies(text: str, clean: str) -> None:
    assert clean_request(text).rstrip("?") == clean.rstrip("?")


def test_the_description_says_what_and_when() -> None:
    text = skill_description("Rotate keys", ["rotate the keys", "Rotate the keys", "my keys leaked yesterday"])
    assert text == "Rotate keys. Use when asked to rotate the keys or told “my keys leaked yesterday”."


def test_what_was_asked_most_comes_first_and_once() -> None:
    asked = asked_for(["push it", "commit", "comit", "commit", "Commit!", "commit and push to main"])
    assert asked[0] == "commit"
    assert len(asked) == len(set(asked)) == 3


def test_key_phrases_are_runs_of_telling_words() -> None:
    phrases = key_phrases(["rotate the database credentials", "how do I rotate the database credentials for staging?"])
    assert phrases[0] == "database credentials"


def test_the_purpose_is_the_request_that_most_share() -> None:
    requests = ["release 2.4.0, update the changelog first", "cut a release and tag it", "release the app"]
    assert "elease" in purpose(requests)
    assert purpose([]) == ""


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=80) | st.sampled_from(["fix the tests", "<script>x</script>"]), max_size=5))
def test_any_requests_give_a_valid_name_and_description(requests: list[str]) -> None:
    name = skill_name(requests)
    assert NAME.fullmatch(name)
    assert len(name) <= 64
    description = skill_description(purpose(requests), requests)
    assert len(description) <= MODERATE <= MAX_DESCRIPTION
    assert "…" not in description or any("…" in text for text in requests)
    assert "redacted" not in description or any("redacted" in text for text in requests)
    if description and description.isprintable():
        assert parse_skill(emit_new(name, description, "# X\n")).description == description
