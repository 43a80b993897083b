"""The rules of the format: each breach is found on its line, with a fix that a person can copy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.domain.skill import CheckResult, Finding, Severity, Verdict
from skilltui.library.check import check_text

GOOD = """---
name: release-notes
description: "Writes release notes from commits. Use when a version is about to be published."
---

# Release notes

1. Read the commits since the last tag.
2. Group them by kind.
"""


def check(text: str, folder: str | None = "release-notes") -> CheckResult:
    return check_text(text, path="SKILL.md", folder_name=folder)


def only(result: CheckResult, code: str) -> Finding:
    found = [finding for finding in result.findings if finding.code == code]
    assert len(found) == 1, result.findings
    return found[0]


def front(*lines: str, body: str = "\n1. Do it.\n") -> str:
    return "\n".join(("---", *lines, "---", body))


DESCRIPTION = 'description: "Writes notes. Use when a release is due."'


def test_a_good_skill_has_no_findings() -> None:
    result = check(GOOD)
    assert (result.verdict, result.name, result.findings) == (Verdict.OK, "release-notes", ())


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("Release Notes", "release-notes"),
        ("crew:ship", "crew-ship"),
        ("a--b", "a-b"),
        ("-a", "a"),
        ("../../evil", "evil"),
        ("notizen-über", "notizen-uber"),
        ("x" * 65, None),
    ],
)
def test_a_name_outside_the_rules_is_rejected_with_one_that_fits(name: str, fix: str | None) -> None:
    result = check(front(f'name: "{name}"', DESCRIPTION), folder=None)
    finding = only(result, "NAME")
    assert (result.verdict, finding.severity, finding.line) == (Verdict.REJECT, Severity.CRITICAL, 2)
    if fix:
        assert finding.message.endswith(f"Write: name: {fix}")


def test_a_missing_name_takes_the_folder_as_its_example() -> None:
    assert "name: my-folder" in only(check(front(DESCRIPTION), folder="my-folder"), "NAME").message


def test_a_name_that_windows_reserves_is_rejected() -> None:
    assert check(front("name: nul", DESCRIPTION), folder=None).verdict is Verdict.REJECT


def test_another_folder_name_is_flagged_not_rejected() -> None:
    result = check(GOOD, folder="other")
    assert (result.verdict, only(result, "NAME_FOLDER").line) == (Verdict.FLAG, 2)


def test_a_name_that_other_readers_take_for_a_truth_value_is_flagged_unless_quoted() -> None:
    assert only(check(front("name: no", DESCRIPTION), folder="no"), "YAML_TYPE").message.endswith('name: "no"')
    assert check(front('name: "no"', DESCRIPTION), folder="no").verdict is Verdict.OK


def test_an_unquoted_colon_is_explained_and_the_quoted_form_offered() -> None:
    result = check(front("name: a", "description: Use when: the build fails"), folder="a")
    finding = only(result, "YAML_COLON")
    assert (result.verdict, finding.line) == (Verdict.REJECT, 3)
    assert 'description: "Use when: the build fails"' in finding.message


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        (("name: a",), "DESCRIPTION", 1),
        (("name: a", f'description: "{"x" * 1025}"'), "DESCRIPTION", 3),
        (("name: a", DESCRIPTION, "name: b"), "YAML_DUPLICATE_KEY", 4),
        (("name: a", "description: [unclosed"), "YAML_QUOTE", 3),
    ],
)
def test_what_keeps_agents_from_loading_a_skill_is_rejected(lines: tuple[str, ...], code: str, line: int) -> None:
    result = check(front(*lines), folder=None)
    assert result.verdict is Verdict.REJECT
    assert only(result, code).line == line


@pytest.mark.parametrize(
    "text",
    [
        "# no frontmatter\n",
        "---\nname: a\n",
        "",
        front("name: a", "description: &x y", "license: *x"),
        front("name: a", f"description: {'[' * 10_000}"),
        front("name: a", f'description: "{"x" * 20_000}"'),
        "---\nname: a\ndescription: b\n---\n" + "x" * (1024 * 1024),
    ],
    ids=["none", "open", "empty", "alias", "depth", "frontmatter", "file"],
)
def test_what_cannot_be_read_is_rejected_with_a_reason(text: str) -> None:
    result = check(text, folder=None)
    assert (result.verdict, result.name) == (Verdict.REJECT, "")
    assert len(only(result, "FORMAT").message) > 20


@pytest.mark.parametrize("key", ["hooks", "mcpServers", "command", "postinstall"])
def test_a_field_that_runs_something_blocks(key: str) -> None:
    result = check(front("name: a", DESCRIPTION, f"{key}: sh -c id"), folder="a")
    assert (result.verdict, only(result, "HOOKS").line) == (Verdict.BLOCK, 4)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("argument-hint: x", "FIELD_UNKNOWN"),
        ("version: 1.0.0", "FIELD_UNKNOWN"),
        (f"compatibility: {'x' * 501}", "COMPATIBILITY"),
        ("metadata:\n  a:\n    b: c", "METADATA"),
        ("allowed-tools:\n  - Read", "ALLOWED_TOOLS"),
    ],
)
def test_lesser_breaches_are_flagged(line: str, code: str) -> None:
    result = check(front("name: a", DESCRIPTION, line), folder="a")
    assert (result.verdict, only(result, code).line) == (Verdict.FLAG, 4)


@pytest.mark.parametrize("tools", ["Bash(*)", '"*"', "Read Bash(*:*)", "[Bash(*)]"])
def test_tools_without_limits_block(tools: str) -> None:
    result = check(front("name: a", DESCRIPTION, f"allowed-tools: {tools}"), folder="a")
    assert result.verdict is Verdict.BLOCK
    assert any(finding.code == "PERM" for finding in result.findings)


def test_limited_tools_pass() -> None:
    assert check(front("name: a", DESCRIPTION, "allowed-tools: Read Bash(git:*)"), folder="a").verdict is Verdict.OK


def test_style_is_information_only() -> None:
    result = check(front("name: a", "description: Notes.", body="\nSome text.\n"), folder="a")
    assert result.verdict is Verdict.OK
    assert {finding.code for finding in result.findings} == {"DESCRIPTION_WHEN", "BODY_STYLE"}


@pytest.mark.parametrize(("body", "code"), [("1. x\n" * 501, "BODY_LONG"), ("", "BODY")])
def test_a_body_too_long_or_empty_is_flagged(body: str, code: str) -> None:
    result = check(front("name: a", DESCRIPTION, body=body), folder="a")
    assert (result.verdict, only(result, code).severity) == (Verdict.FLAG, Severity.LOW)


def test_a_link_out_of_the_folder_is_flagged_but_not_inside_code() -> None:
    body = "\n1. See [common](../common/x.md).\n\n```\n[y](../../y.md)\n```\n"
    finding = only(check(front("name: a", DESCRIPTION, body=body), folder="a"), "REFERENCE_OUTSIDE")
    assert (finding.line, "../common/x.md" in finding.message) == (6, True)


def test_line_endings_and_a_bom_change_nothing() -> None:
    assert check("\ufeff" + GOOD.replace("\n", "\r\n")).verdict is Verdict.OK


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.booleans())
def test_any_text_gets_an_answer(text: str, fenced: bool) -> None:
    result = check(f"---\n{text}\n---\n{text}" if fenced else text)
    assert result.verdict in Verdict
    assert all(f.line is None or f.line >= 1 for f in result.findings)
