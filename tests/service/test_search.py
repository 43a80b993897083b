"""Searching what was said and done: the full-text index, kept in step with the rows."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.paths import HomePaths
from skilltui.store import browse, migrations
from skilltui.workshop.home import Home
from tests.sessions import ClaudeSession


async def found(home: Home, text: str) -> list[str]:
    return sorted(t.request for t in await home.capturing.trajectories(text=text))


@pytest.fixture
async def two(home: Home, tmp_path: Path) -> list[Path]:
    first = ClaudeSession("e0000000-0000-4000-8000-000000000001").say("repair the Login form")
    first.bash("pytest tests/login -x", "AssertionError: expected zebra", code=1)
    first.say("no, it is the other field").bash("pytest tests/login", "1 passed")
    second = ClaudeSession("e0000000-0000-4000-8000-000000000002").say("write the café menu")
    second.call("Write", {"file_path": "/w/shop/menu.md", "content": "espresso and zebras"})
    paths = [session.write(tmp_path / "projects") for session in (first, second)]
    await home.capturing.ingest([tmp_path / "projects"])
    return paths


async def test_requests_messages_calls_and_results_are_searched(home: Home, two: list[Path]) -> None:
    login, menu = "repair the Login form", "write the café menu"
    assert await found(home, "login for") == [login]  # as typed, in the request
    assert await found(home, "other field") == [login]  # a later message
    assert await found(home, "expected zebra") == [login]  # a result
    assert await found(home, "zebra") == [login, menu]  # the last word may go on
    assert await found(home, "espr") == [menu]  # an argument
    assert await found(home, "cafe menu") == [menu]  # without its accent
    assert await found(home, "zebra espresso login") == []


async def test_a_store_of_an_older_version_is_searched_like_a_new_one(paths: HomePaths, person: Path) -> None:
    paths.make()
    with sqlite3.connect(paths.database, isolation_level=None) as old:
        for number, script in migrations.numbered()[:5]:
            migrations.apply(old, number, script)
        old.execute("INSERT INTO session (source, native, path) VALUES ('codex', 's', '/x')")
        old.execute(
            "INSERT INTO trajectory VALUES ('t', 1, 1, 'mend the gate', NULL, NULL, NULL, NULL, 'unknown', 'none', 0,"
            " '[]', NULL, 1, 0, 0, NULL, NULL, '')"
        )
        old.execute(
            "INSERT INTO step (trajectory_id, seq, source, key, tool, args, output)"
            " VALUES ('t', 1, 'codex', 'c1', 'shell', '{}', 'a hinge_pin is bent')"
        )
        old.execute(
            "INSERT INTO turn (trajectory_id, source, key, kind, text, after_step)"
            " VALUES ('t', 'codex', 'u1', 'follow_up', 'grease it', 1)"
        )
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        assert await found(home, "hinge_pin be") == ["mend the gate"]
        assert await found(home, "grease") == ["mend the gate"]
        assert await found(home, "hinge oil") == []
    assert list(paths.backups.iterdir())


@given(st.text(min_size=1, max_size=12))
@settings(max_examples=300)
def test_whatever_is_typed_can_be_looked_for(text: str) -> None:
    with sqlite3.connect(":memory:", isolation_level=None) as store:
        store.row_factory = sqlite3.Row
        for number, script in migrations.numbered():
            migrations.apply(store, number, script)
        assert browse.trajectories(store, browse.Filter(text=text)) == []


@pytest.mark.parametrize(
    "text", ['"', "*", "a OR b", 'NEAR("x"', "step_text:", "-- ; DROP TABLE step", "'", "\0", "^qq"]
)
async def test_nothing_typed_is_an_operator(home: Home, two: list[Path], text: str) -> None:
    assert await found(home, text) == []


async def test_a_result_that_comes_later_is_found(home: Home, two: list[Path]) -> None:
    session = ClaudeSession("e0000000-0000-4000-8000-000000000003").say("one more").bash("make", "gorilla")
    lines = session.lines()
    path = two[0].with_stem(session.session)
    path.write_text("".join(lines[:2]), encoding="utf-8")
    await home.capturing.ingest([path])
    assert await found(home, "gorilla") == []
    with path.open("a", encoding="utf-8") as file:
        file.write(lines[2])
    await home.capturing.ingest([path])
    assert await found(home, "gorilla") == ["one more"]
    # A result that is repeated, cleared, does not take the first one's words away.
    again = json.loads(lines[2])
    again["uuid"] = "later"
    again["message"]["content"][0]["content"] = "[cleared]"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(again) + "\n")
    await home.capturing.ingest([path])
    assert await found(home, "gorilla") == ["one more"]


async def test_what_is_forgotten_is_not_found(home: Home, two: list[Path]) -> None:
    await home.retaining.forget(two[0].stem)
    assert await found(home, "zebra") == ["write the café menu"]
    intact = "INSERT INTO step_text (step_text, rank) VALUES ('integrity-check', 1)"
    await home.database.write(lambda c: c.execute(intact))
