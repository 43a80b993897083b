"""Selection tests in a skill's evals folder: run among the skills beside it, failures told with lines."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.domain.skill import CheckResult, Finding, Verdict
from skilltui.library.check import check_path
from skilltui.library.evals import MAX_CASES, read_cases
from skilltui.library.selection import with_selection
from tests.unit.test_library_match import SHELF


@pytest.fixture
def library(tmp_path: Path) -> Path:
    for name, description in SHELF.items():
        file = tmp_path / "skills" / name / "SKILL.md"
        file.parent.mkdir(parents=True)
        file.write_text(f'---\nname: {name}\nlicense: MIT\ndescription: "{description}"\n---\n\n1. Do it.\n')
    return tmp_path / "skills"


def evals(library: Path, text: str | bytes, name: str = "trigger.json", skill: str = "release-notes") -> Path:
    file = library / skill / "evals" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def checked(path: Path, skill: str = "release-notes") -> CheckResult:
    return next(result for result in with_selection(check_path(path)) if result.name == skill)


def found(path: Path, code: str = "SELECTION") -> list[Finding]:
    return [finding for finding in checked(path).findings if finding.code == code]


def test_passing_tests_say_nothing(library: Path) -> None:
    evals(library, json.dumps([
        {"query": "write the release notes for 2.1 from the commits", "should_trigger": True},
        {"query": "merge these PDF forms", "should_trigger": False},
        {"query": "what will the weather be", "should_trigger": False},
    ]))  # fmt: skip
    assert checked(library) == checked(library / "release-notes")
    assert (checked(library).verdict, found(library)) == (Verdict.OK, [])


def test_failing_tests_stand_on_the_description_and_name_the_line_of_the_request(library: Path) -> None:
    evals(
        library,
        """[
  {"query": "my pods crash in the cluster", "should_trigger": true},
  {"query": "draw a diagram", "should_trigger": true},
  {
    "query": "write release notes from the commits",
    "should_trigger": false
  }
]""",
    )
    result = checked(library / "release-notes" / "SKILL.md")
    messages = [finding.message for finding in found(library)]
    assert {finding.line for finding in found(library)} == {4}
    assert [message.split(": ")[0] for message in messages] == [f"evals/trigger.json:{n}" for n in (2, 3, 5)]
    assert "chooses kubernetes-debug" in messages[0]
    assert "no skill fits" in messages[1]
    assert "should not choose this skill" in messages[2]
    assert found(library)[2].shown == "write release notes from the commits"
    assert result.verdict is Verdict.FLAG


@pytest.mark.parametrize("data", [
    [{"query": "draw a diagram", "should_trigger": True}],
    {"skill_name": "release-notes", "evals": [{"id": 1, "prompt": "draw a diagram", "should_trigger": True}]},
    {"should_trigger": ["draw a diagram"], "should_not_trigger": ["merge a PDF"]},
    {"should_trigger": [{"request": "draw a diagram", "reason": "r"}], "should_not_trigger": []},
    {"queries": [{"text": "draw a diagram", "should_trigger": True}]},
])  # fmt: skip
def test_the_forms_of_the_ecosystem_are_understood(library: Path, data: object) -> None:
    evals(library, json.dumps(data))
    assert len(found(library)) == 1
    assert found(library, "EVALS") == []


def test_tests_of_what_a_skill_does_are_not_run_as_tests_of_selection(library: Path) -> None:
    evals(library, json.dumps({
        "skill_name": "release-notes",
        "evals": [{"id": 1, "prompt": "draw a diagram", "expected_output": "svg", "files": [], "assertions": ["x"]}],
    }), "evals.json")  # fmt: skip
    evals(library, '{"mean": 0.4}', "benchmark.json")
    assert checked(library).verdict is Verdict.OK


@pytest.mark.parametrize(("text", "says"), [
    ("{", "trigger.json:1: is no JSON"),
    ('[\n{"query": }]', "trigger.json:2: is no JSON"),
    ("[" * 100_000, "is no JSON that can be read"),
    ("9" * 5_000, "is no JSON that can be read"),
    (b"\xff\xfe", "not UTF-8"),
    ('{"evals": {"a": 1}}', "something else than a list"),
    ('[{"should_trigger": true}]', "case without a request"),
    ('[5]', "no object"),
    ('[\n\n{"query": "x", "should_trigger": "yes"}]', 'trigger.json:3: should_trigger is true or false, not "yes"'),
    ('{"skill_name": "other", "evals": []}', "names another skill: other"),
    ('[{"query":"a","should_trigger":true},\n{"query":"a","should_trigger":false}]', "trigger.json:2: says both"),
    (" " * (1 << 20) + "[]", "larger than 1 MiB"),
])  # fmt: skip
def test_what_is_wrong_with_a_file_is_a_finding(library: Path, text: str | bytes, says: str) -> None:
    evals(library, text)
    assert any(says in finding.message for finding in found(library, "EVALS"))
    assert checked(library).verdict is Verdict.FLAG


def test_nothing_but_plain_files_inside_the_skill_is_read(library: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("{")
    folder = library / "release-notes" / "evals"
    folder.mkdir()
    (folder / "link.json").symlink_to(outside)
    os.mkfifo(folder / "pipe.json")
    (folder / "folder.json").mkdir()
    (folder / "notes.txt").write_text("{")
    assert all("link.json" not in finding.message for finding in found(library, "EVALS"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.json").write_text("{")
    (library / "pdf-forms" / "evals").symlink_to(elsewhere)
    assert not any(finding.code == "EVALS" for finding in checked(library, "pdf-forms").findings)


def test_a_skill_that_cannot_be_read_has_no_tests_run(library: Path) -> None:
    evals(library, json.dumps([{"query": "x y z", "should_trigger": True}]))
    (library / "release-notes" / "SKILL.md").write_text("no frontmatter")
    assert all(
        finding.code != "SELECTION" for result in with_selection(check_path(library)) for finding in result.findings
    )


def test_only_so_many_requests_are_asked() -> None:
    text = json.dumps([{"query": f"request {n}", "should_trigger": True} for n in range(MAX_CASES + 1)])
    cases, faults = read_cases(text, "x")
    assert len(cases) == MAX_CASES
    assert "only the first" in faults[0].message


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["evals", "query", "prompt", "should_trigger", "should_not_trigger", "skill_name", "x"]),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(VALUES, st.sampled_from([None, 1]))
def test_any_json_is_read_without_an_error_and_lines_exist(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    cases, faults = read_cases(text, "x")
    last = text.count("\n") + 1
    assert all(1 <= line <= last for line in [*(c.line for c in cases), *(f.line for f in faults)])
    assert all(case.request.strip() for case in cases)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_cases(text, "x")
