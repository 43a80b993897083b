"""A change that lets a skill do more than before is told by itself; an ordinary lesson is not."""

from __future__ import annotations

import pytest

from skilltui.domain.skill import Verdict
from skilltui.library.delta import delta_findings

BEFORE = """---
name: ship-it
description: "Ships a release. Use only when a tag was pushed."
allowed-tools: Read Bash(git tag:*)
---

# Steps

1. Read the tag.
2. Ask the user before anything is published.
3. Build the wheel and look at what is in it.

## Gotchas

- Never push to main by force.
- The changelog is written by hand: it says what a person notices, not what was committed, and it is read by people
  who do not know the code. Leave it alone unless it names another version than the tag does.
- The build reads its version from the tag, so that a dirty tree gives a version nobody can install later on.
"""


@pytest.mark.parametrize(
    ("code", "old", "new", "line"),
    [
        ("DELTA_NAME", "name: ship-it", "name: ship-all", 2),
        ("DELTA_TOOLS", "Read Bash(git tag:*)", "Read Bash(git tag:*) Bash(git push:*)", 4),
        ("DELTA_TOOLS", "allowed-tools: Read Bash(git tag:*)", "allowed-tools: [Read, Write]", 4),
        ("DELTA_TRIGGER", "Use only when a tag was pushed", "Use only when any change is made", 3),
        ("DELTA_TRIGGER", "Use only when a tag was pushed", "Use when a tag was pushed", 3),
        ("DELTA_GUARD", "2. Ask the user before anything is published.\n", "", None),
        ("DELTA_GUARD", "- Never push to main by force.\n", "- Push to main.\n", None),
        ("DELTA_SHRINK", BEFORE[BEFORE.index("- The changelog") :], "", None),
    ],
)  # fmt: skip
def test_a_change_for_the_worse_stops_until_its_name_is_typed(code: str, old: str, new: str, line: int | None) -> None:
    found = [finding for finding in delta_findings(BEFORE, BEFORE.replace(old, new)) if finding.code == code]
    assert [(finding.line, finding.verdict) for finding in found] == [(line, Verdict.BLOCK)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## Gotchas\n", "## Gotchas\n\n- Set the date in the changelog first.\n"),
        ("- Never push to main by force.", "- Never push to main by force, also not to release branches."),
        ("Use only when a tag was pushed", "Use only when a tag was pushed or a release is due"),
        ("Read Bash(git tag:*)", "Read"),
        ("1. Read the tag.", "1. Read the tag and its message."),
        ("3. Build the wheel and look at what is in it.\n", ""),
    ],
)
def test_an_ordinary_change_is_no_finding(old: str, new: str) -> None:
    assert delta_findings(BEFORE, BEFORE.replace(old, new)) == []
