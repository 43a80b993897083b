"""An open home in a temporary folder, and what a person's machine has around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from skilltui.paths import HomePaths
from skilltui.workshop import reading_process
from skilltui.workshop.home import Home
from skilltui.workshop.reading import Group, Order
from skilltui.workshop.reading_process import ReadingProcess

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


@pytest.fixture
def env(person: Path) -> dict[str, str]:
    """The environment of a person."""
    return {"HOME": str(person)}


@pytest.fixture
def read_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own reads, whatever the size of the import, and whatever machine this is."""
    monkeypatch.setattr(reading_process, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(reading_process, "_processors", lambda: 2)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Group]:
    """The groups that a process which reads gave."""
    taken: list[Group] = []
    whole = ReadingProcess.groups

    def noted(self: ReadingProcess, order: Order) -> Iterator[Group]:
        for group in whole(self, order):
            taken.append(group)
            yield group

    monkeypatch.setattr(ReadingProcess, "groups", noted)
    return taken
