"""The skills that ship with the program, and those of the demo, pass the rules that the program holds others to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import skilltui.demo
from skilltui.domain.skill import Verdict
from skilltui.library.check import check_path
from skilltui.paths import shipped_skills
from skilltui.text.skillmd import parse_skill

SHIPPED = shipped_skills()
DEMO = Path(skilltui.demo.__file__).parent / "skills"
FOLDERS = sorted(path for root in (SHIPPED, DEMO) for path in root.iterdir() if path.is_dir())

STANDARD_KEYS = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}


def test_the_promised_skills_are_there() -> None:
    names = {folder.name for folder in FOLDERS}
    assert {"skill-authoring", "ask-for-a-skill"} <= names
    assert {"pytest-fixtures", "http-retries", "sql-migrations"} <= names


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_frontmatter_follows_the_format(folder: Path) -> None:
    raw = (folder / "SKILL.md").read_text(encoding="utf-8")
    document = parse_skill(raw)
    assert document.name == folder.name
    assert document.problems == ()
    assert set(document.fields) <= STANDARD_KEYS
    assert re.search(r'^description: ".+"$', raw, re.MULTILINE), "the description is quoted"
    assert "Use when" in document.description
    assert len(document.description) <= 1024
    assert len(document.body.splitlines()) <= 150
    assert any(section.title == "Gotchas" for section in document.sections)


@pytest.mark.parametrize("root", [SHIPPED, DEMO], ids=["shipped", "demo"])
def test_our_own_check_finds_nothing_to_say(root: Path) -> None:
    for result in check_path(root):
        assert (result.verdict, result.findings) == (Verdict.OK, ()), result


def test_the_sentence_that_agents_are_told_to_run_is_one_command_of_ours() -> None:
    body = parse_skill((SHIPPED / "ask-for-a-skill" / "SKILL.md").read_bytes()).body
    command = re.search(r"^ *(skilltui .*)$", body, re.MULTILINE)
    assert command
    assert re.fullmatch(r'skilltui ask "I need a skill that can [^"$`\\]+"', command[1])
