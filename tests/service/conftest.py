"""An open home in a temporary folder, and what a person's machine has around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from skilltui.paths import HomePaths
from skilltui.workshop.home import Home

SKILL = """---
name: pytest-fixtures
description: "Write and mend pytest fixtures. Use when tests fail because a fixture is missing or leaks."
license: MIT
---
# Pytest fixtures

## Gotchas

- Put shared fixtures into conftest.py.
"""


def add_skill(root: Path, name: str = "pytest-fixtures", text: str = SKILL) -> Path:
    """A skill in a folder of skills."""
    path = root / name / "SKILL.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """A person's home directory with one skill."""
    home = tmp_path / "person"
    add_skill(home / ".agents" / "skills")
    return home


@pytest.fixture
def root(person: Path) -> Path:
    """The skill home of a person who has Claude Code: copies go to its folder."""
    (person / ".claude").mkdir()
    return person / ".agents" / "skills"


@pytest.fixture
def copies(person: Path) -> Path:
    """Claude Code's folder of skills."""
    return person / ".claude" / "skills"


@pytest.fixture
def paths(tmp_path: Path) -> HomePaths:
    """Where the program keeps its things."""
    return HomePaths(tmp_path / "home", tmp_path / "home")


@pytest.fixture
async def home(paths: HomePaths, person: Path) -> AsyncIterator[Home]:
    """The home, open for writing."""
    async with Home.open(paths, env={"HOME": str(person)}) as opened:
        yield opened
