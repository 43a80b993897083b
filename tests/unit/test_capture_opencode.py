"""OpenCode's database into events: what rows say, and how a growing file is followed."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skilltui.capture import foreign_database
from skilltui.capture.discover import Found, Skipped, candidates, discover, discover_source
from skilltui.capture.events import AgentSaid, Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.reader import Batch
from skilltui.capture.tail import Cursor, unchanged
from skilltui.domain.trajectory import ErrorKind
from skilltui.errors import SourceError
from tests.documents import READER, of, paired
from tests.opencode import START, OpenCodeDatabase


@pytest.fixture
def agent(tmp_path: Path) -> Iterable[OpenCodeDatabase]:
    database = OpenCodeDatabase(tmp_path / "opencode.db", newer=True)
    yield database
    database.close()


def poll(agent: OpenCodeDatabase, cursor: Cursor | None = None, *, limit: int = 1 << 20, final: bool = False) -> Batch:
    """All that there is to read now, as one batch."""
    events: list[Event] = []
    while True:
        batch = READER.read(agent.path, "opencode", cursor, limit=limit, final=final)
        events += batch.events
        # What the store keeps of a cursor is its JSON.
        cursor = Cursor.from_json(batch.cursor.to_json()) if batch.cursor else None
        if not batch.more:
            return Batch(batch.path, batch.format, tuple(events), batch.quarantined, batch.unknown, cursor=cursor)


def test_a_turn_is_read_as_it_was_said(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    agent.turn(session, "build it", "c1", "c2")
    batch = poll(agent)
    (started,) = of(batch, SessionStarted)
    assert (started.session, started.project, started.at, started.parent) == (
        "ses_1", "/w/shop", "2026-11-03T10:00:01.000Z", None,
    )  # fmt: skip
    assert [e.text for e in of(batch, UserSaid)] == ["build it"]
    assert [(e.text, e.model) for e in of(batch, AgentSaid)] == [("done: build it", "m-1")]
    called = of(batch, ToolCalled)
    assert [(c.tool, c.args, c.model) for c in called] == [("bash", {"command": "make"}, "m-1")] * 2
    assert {(r.ok, r.exit_code, r.duration_ms, r.text) for r in of(batch, ToolReturned)} == {(True, 0, 250, "fine")}
    assert not batch.unknown


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"output": "ok", "metadata": {"exit": 0}}, (True, None, 0)),
        ({"output": "ok", "metadata": {}}, (True, None, None)),
        ({"output": "2 failing", "metadata": {"exit": 1}}, (False, ErrorKind.EXIT_NONZERO, 1)),
        (
            {"output": "x\n\n<bash_metadata>\ntool terminated command after exceeding timeout 9 ms\n</bash_metadata>"},
            (False, ErrorKind.TIMEOUT, None),
        ),
        (
            {"output": "x\n\n<bash_metadata>\nUser aborted the command\n</bash_metadata>", "metadata": {"exit": None}},
            (False, ErrorKind.INTERRUPTED, None),
        ),
        ({"status": "running"}, None),
        ({"status": "pending"}, None),
        ({"status": "success", "output": "an older word"}, (True, None, None)),
        ({"status": "error", "error": "Tool execution aborted"}, (False, ErrorKind.INTERRUPTED, None)),
        ({"status": "error", "error": "Permission denied by ruleset"}, (False, ErrorKind.PERMISSION_DENIED, None)),
        ({"status": "error", "error": "File not found: /w/x"}, (False, ErrorKind.NOT_FOUND, None)),
        ({"status": "error", "error": "something odd"}, (False, ErrorKind.OTHER, None)),
        (
            {"status": "error", "error": "The user rejected permission to use this specific tool call."},
            (False, ErrorKind.USER_REJECTED, None),
        ),
    ],
)  # fmt: skip
def test_how_a_call_ended(agent: OpenCodeDatabase, state: dict[str, Any], expected: Any) -> None:
    session = agent.session()
    agent.part(session, agent.answer(session), **agent.tool("c1", **state))
    ((_, returned),) = paired(poll(agent))
    assert (returned and (returned.ok, returned.error_kind, returned.exit_code)) == expected


def test_what_a_person_says_when_they_refuse_a_call_is_theirs(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    words = "The user rejected permission to use this specific tool call with the following feedback: use make instead"
    agent.part(session, agent.answer(session), **agent.tool("c1", status="error", error=words))
    batch = poll(agent)
    assert [e.text for e in of(batch, UserSaid)] == ["use make instead"]
    assert [r.error_kind for r in of(batch, ToolReturned)] == [ErrorKind.USER_REJECTED]


def test_a_call_that_the_model_got_wrong_is_of_the_tool_it_meant(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    given: dict[str, Any] = {
        "input": {"tool": "edit", "error": "missing path"},
        "output": "The arguments are invalid: missing path",
    }
    agent.part(session, agent.answer(session), **agent.tool("c1", "invalid", **given))
    ((tool, returned),) = paired(poll(agent))
    assert tool == "edit"
    assert returned is not None
    assert (returned.ok, returned.error_kind) == (False, ErrorKind.INVALID_CALL)


def test_what_nobody_typed_is_no_request(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    message = agent.say(session, "look at @a.py")
    agent.part(session, message, type="text", text="Called the Read tool with ...", synthetic=True)
    agent.part(session, message, type="text", text="hidden", ignored=True)
    agent.part(session, message, type="file", url="data:x", filename="a.py")
    agent.part(session, agent.message(session, "user"), type="compaction", auto=True)
    summary = agent.message(session, "assistant", modelID="m-1", summary=True)
    agent.part(session, summary, type="text", text="What we did so far: ...")
    stopped = agent.message(session, "assistant", modelID="m-1", error={"name": "MessageAbortedError", "data": {}})
    agent.part(session, stopped, type="snapshot", snapshot="x")
    agent.part(session, stopped, type="hologram")
    batch = poll(agent)
    assert [(e.text, e.kind) for e in of(batch, UserSaid)] == [
        ("look at @a.py", "human"), ("the person stopped the agent", "interruption"),
    ]  # fmt: skip
    assert of(batch, AgentSaid) == []
    assert batch.unknown == {"part/hologram": 1}


def test_a_subagents_session_has_a_parent_and_no_words_of_a_person(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    agent.turn(session, "build it", "c1")
    child = agent.session("ses_2", parent=session)
    agent.turn(child, "find the makefile", "c2")
    agent.connection.execute("UPDATE session SET revert = '{\"messageID\": \"msg_000001\"}' WHERE id = 'ses_1'")
    batch = poll(agent)
    assert [(e.session, e.parent) for e in of(batch, SessionStarted)] == [("ses_1", None), ("ses_2", "ses_1")]
    assert [(e.session, e.text, e.kind) for e in of(batch, UserSaid)] == [
        ("ses_1", "build it", "human"), ("ses_1", "taken back by a revert", "interruption"),
    ]  # fmt: skip
    assert [(e.session, e.key) for e in of(batch, ToolCalled)] == [
        ("ses_1", f"c1@{START + 3000}"), ("ses_2", f"c2@{START + 6000}"),
    ]  # fmt: skip


def test_a_fork_repeats_its_messages_under_new_ids_and_the_same_keys(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    agent.turn(session, "build it", "c1")
    first = poll(agent)
    fork = agent.session("ses_2")
    new: dict[str, str] = {}
    for native, data in agent.connection.execute("SELECT id, data FROM message ORDER BY id").fetchall():
        new[native] = agent.insert(
            "message",
            id=f"{native}_fork",
            session_id=fork,
            time_created=agent.tick(),
            time_updated=agent.now,
            data=data,
        )
    for native, message, data in agent.connection.execute("SELECT id, message_id, data FROM part").fetchall():
        agent.insert(
            "part", id=f"{native}_fork", message_id=new[message], session_id=fork, time_created=agent.now,
            time_updated=agent.now, data=data,
        )  # fmt: skip
    again = poll(agent, first.cursor)
    keys = {e.key for e in first.events if isinstance(e, ToolCalled | UserSaid)}
    repeated = [e for e in again.events if isinstance(e, ToolCalled | UserSaid) and e.session == fork]
    assert len(repeated) == 2
    assert {e.key for e in repeated} == keys


def test_one_call_id_in_two_sessions_is_two_calls(agent: OpenCodeDatabase) -> None:
    # Some providers count their calls: functions.bash:0 stands in every session.
    for native in ("ses_1", "ses_2"):
        agent.turn(agent.session(native), "build it", "functions.bash:0")
    assert len({c.key for c in of(poll(agent), ToolCalled)}) == 2


def test_a_row_is_seen_again_when_it_was_updated(agent: OpenCodeDatabase) -> None:
    agent.turn(agent.session("ses_other"), "something else", "c9")
    agent.tick(60_000)
    session = agent.session()
    agent.say(session, "build it")
    part = agent.part(session, agent.answer(session), **agent.tool("c1", status="running"))
    first = poll(agent)
    assert [r.key[:2] for r in of(first, ToolReturned)] == ["c9"]
    agent.tick(60_000)
    agent.update("part", part, agent.tool("c1", output="built", metadata={"exit": 0}))
    second = poll(agent, first.cursor)
    assert [r.text for r in of(second, ToolReturned)] == ["built"]
    # Of the other session, at rest for longer than the window, nothing is read again; nor of any, when nothing changes.
    assert {e.session for e in second.events} == {session}
    assert poll(agent, second.cursor).cursor == second.cursor


def test_an_old_part_that_is_pruned_later_stays_in_its_place(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    agent.say(session, "first task")
    part = agent.part(session, agent.answer(session), **agent.tool("c1", output="x"))
    agent.tick(3_600_000)
    agent.turn(session, "second task", "c2")
    agent.tick(60_000)
    agent.update("part", part, agent.tool("c1", output="x", metadata={"compacted": True}))
    order = [e.text if isinstance(e, UserSaid) else e.key[:2] for e in poll(agent).events if isinstance(e, UserSaid | ToolCalled)]  # fmt: skip  # noqa: E501
    assert order == ["first task", "c1", "second task", "c2"]


def test_equal_times_and_late_commits_lose_nothing(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    message = agent.answer(session)
    at = agent.now
    agent.part(session, message, **agent.tool("c1"))
    cursor = poll(agent).cursor
    # The same millisecond, and three seconds earlier: another program took its time and then waited to write.
    agent.part(session, message, **agent.tool("c2"))
    agent.now -= 3_000
    agent.part(session, message, **agent.tool("c3"))
    agent.now = at
    called = {c.key for c in of(poll(agent, cursor), ToolCalled)}
    assert called >= {f"c2@{at}", f"c3@{at}"}


def test_rows_that_are_put_in_with_old_times_are_new_all_the_same(agent: OpenCodeDatabase) -> None:
    agent.turn(agent.session(), "build it", "c1")
    cursor = poll(agent).cursor
    agent.now = START - 86_400_000  # an import of old sessions, or a fork with the times of what it copies
    agent.turn(agent.session("ses_old"), "of yesterday", "c2")
    assert "c2" in {c.key[:2] for c in of(poll(agent, cursor), ToolCalled)}


def test_a_clock_that_was_wrong_once_hides_nothing_later(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    agent.now = int(time.time() * 1000) + 10 * 365 * 86_400_000
    agent.turn(session, "from the future", "c1")
    cursor = poll(agent).cursor
    agent.now = int(time.time() * 1000)
    message = agent.answer(session)
    part = agent.part(session, message, **agent.tool("c2", status="running"))
    cursor = poll(agent, cursor).cursor
    agent.now = int(time.time() * 1000)
    agent.update("part", part, agent.tool("c2", output="late"), at=agent.now)
    assert "late" in {r.text for r in of(poll(agent, cursor), ToolReturned)}


def test_a_database_that_was_replaced_is_read_from_its_beginning(tmp_path: Path) -> None:
    one = OpenCodeDatabase(tmp_path / "opencode.db")
    one.turn(one.session(), "build it", "c1")
    cursor = poll(one).cursor
    one.close()
    one.path.unlink()
    with pytest.raises(SourceError, match="no such file"):
        READER.read(one.path, "opencode", cursor)
    two = OpenCodeDatabase(tmp_path / "opencode.db", clock=START - 9_000_000)
    two.turn(two.session("ses_of_two"), "another one", "c1")
    assert [e.text for e in of(poll(two, cursor), UserSaid)] == ["another one"]
    two.close()


def test_a_vacuum_renumbers_rows_and_loses_nothing(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    for n in range(5):
        agent.turn(session, f"task {n}", f"c{n}")
    cursor = poll(agent).cursor
    agent.connection.execute("DELETE FROM part WHERE id < 'prt_000009'")
    agent.connection.execute("VACUUM")
    agent.tick(60_000)
    agent.turn(session, "after", "c9")
    cursor = poll(agent, cursor).cursor
    agent.tick(60_000)
    agent.turn(session, "and again", "c10")
    assert "and again" in {e.text for e in of(poll(agent, cursor), UserSaid)}


def test_the_newer_table(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    agent.row(session, 1, "user", text="build it", files=[])
    agent.row(session, 2, "synthetic", text="a note")
    agent.row(session, 3, "skill", skill="s-1", name="makefiles", text="...")
    made = {"status": "completed", "input": {"command": "make"}, "content": [{"type": "text", "text": "2 failing"}],
            "structured": {"exit": 2}}  # fmt: skip
    took = {"created": agent.now, "ran": agent.now + 100, "completed": agent.now + 400}
    content = [
        {"type": "text", "text": "I will build it."},
        {"type": "reasoning", "text": "..."},
        {"type": "tool", "id": "c1", "name": "shell", "state": made, "time": took},
        {"type": "tool", "id": "c2", "name": "read", "state": {"status": "error", "error": {"message": "not found"}}},
        {"type": "tool", "id": "c3", "name": "read", "state": {"status": "streaming", "input": "{"}},
    ]
    row = agent.row(session, 4, "assistant", model={"id": "m-2", "providerID": "x"}, content=content)
    agent.row(session, 5, "shell", command="ls", output="mine")
    agent.row(session, 6, "dance")
    batch = poll(agent)
    (said,) = of(batch, UserSaid)
    assert said.text == "build it"
    assert [(e.skill, e.key.partition("#")[0]) for e in of(batch, SkillLoaded)] == [("makefiles", said.key)]
    assert [(e.text, e.model) for e in of(batch, AgentSaid)] == [("I will build it.", "m-2")]
    assert [(tool, r and (r.ok, r.error_kind, r.exit_code, r.duration_ms)) for tool, r in paired(batch)] == [
        ("shell", (False, ErrorKind.EXIT_NONZERO, 2, 300)),
        ("read", (False, ErrorKind.NOT_FOUND, None, None)),
        ("read", None),
    ]
    assert batch.unknown == {"session_message/dance": 1}
    # The one row of the agent's message grows.
    agent.tick(60_000)
    born = json.loads(agent.connection.execute("SELECT data FROM session_message WHERE id = ?", (row,)).fetchone()[0])
    born["content"][4]["state"] = {"status": "completed", "input": {}, "content": [{"type": "text", "text": "read"}]}
    agent.update("session_message", row, born)
    assert of(poll(agent, batch.cursor), ToolReturned)[-1].text == "read"


def test_what_stands_in_both_kinds_of_tables_counts_once(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    agent.turn(session, "build it", "c1")
    agent.now -= 990
    agent.row(session, 1, "user", text="build it")
    # Later the session goes on in the newer table alone.
    agent.tick(60_000)
    agent.row(session, 2, "user", text="and now test it")
    assert [e.text for e in of(poll(agent), UserSaid)] == ["build it", "and now test it"]


def test_a_file_of_an_older_version_without_the_newer_table(tmp_path: Path) -> None:
    agent = OpenCodeDatabase(tmp_path / "opencode.db")
    agent.turn(agent.session(), "build it", "c1")
    agent.connection.execute("ALTER TABLE session DROP COLUMN revert")
    assert len(of(poll(agent), ToolCalled)) == 1
    agent.close()


def test_a_row_that_is_broken_or_huge_is_set_aside(agent: OpenCodeDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_database, "VALUE_LIMIT", 100_000)
    session = agent.session()
    agent.say(session, "build it")
    message = agent.answer(session)
    agent.part(session, message, **agent.tool("c1", output="x" * 200_000))
    agent.part(session, message, **agent.tool("c2"))
    at = agent.now
    for n, data in enumerate(("{torn", "[1]", "", "null")):
        agent.insert("part", id=f"prt_9{n}", message_id=message, session_id=session, time_created=at, time_updated=at, data=data)  # fmt: skip  # noqa: E501
    agent.insert("message", id="msg_9", session_id=session, time_created=at, time_updated=at, data="{")
    batch = poll(agent)
    assert [c.key for c in of(batch, ToolCalled)] == [f"c2@{at}"]
    assert sorted(q.reason for q in batch.quarantined) == [
        "not a JSON object", "not a JSON object", "not a JSON object", "not valid JSON", "not valid JSON",
        "row is too long to be read",
    ]  # fmt: skip


def test_a_long_history_is_read_in_pieces(agent: OpenCodeDatabase) -> None:
    for number in range(130):
        agent.turn(agent.session(f"ses_{number:03d}"), f"task {number}", *(f"c{number}.{n}" for n in range(3)))
    whole = poll(agent, limit=1 << 30)
    pieces = poll(agent, limit=2_000)
    assert pieces.events == tuple(e for e in whole.events)
    assert len(of(whole, ToolCalled)) == 390
    first = READER.read(agent.path, "opencode", None, limit=2_000)
    assert first.more
    assert first.read_bytes < 20_000


def test_secrets_are_gone_before_anything_leaves(agent: OpenCodeDatabase) -> None:
    session = agent.session()
    token = "ghp_" + "a1B2" * 9
    agent.turn(session, f"use {token}")
    agent.part(session, agent.answer(session), **agent.tool("c1", input={"command": f"curl -H {token}"}, output=token))
    batch = poll(agent)
    assert token not in repr(batch.events)
    assert "‹redacted:github-token:" in repr(batch.events)


def test_the_agents_files_are_left_as_they_are(agent: OpenCodeDatabase, tmp_path: Path) -> None:
    agent.turn(agent.session(), "build it", "c1")

    def files() -> dict[str, tuple[int, int]]:
        return {p.name: (p.stat().st_size, p.stat().st_mtime_ns) for p in tmp_path.iterdir() if "-shm" not in p.name}

    before = files()
    poll(agent)
    assert files() == before
    # The agent writes, and folds its log in, as if nobody had read.
    agent.turn(agent.session("ses_2"), "test it", "c2")
    assert agent.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    agent.close()
    assert [p.name for p in tmp_path.iterdir()] == ["opencode.db"]
    assert len(of(poll(agent), ToolCalled)) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["opencode.db"]


def test_a_change_in_the_log_is_a_change(agent: OpenCodeDatabase) -> None:
    agent.turn(agent.session(), "build it", "c1")
    cursor = poll(agent).cursor
    assert cursor is not None
    assert unchanged(agent.path, cursor)
    agent.turn(agent.session("ses_2"), "test it", "c2")
    assert not unchanged(agent.path, cursor)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0 and then nothing of it" * 50, b"x" * 4096])
def test_what_is_no_database_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "opencode.db"
    path.write_bytes(content)
    if content:
        with pytest.raises(SourceError):
            READER.read(path, "opencode", None)
    else:
        assert READER.read(path, "opencode", None).events == ()
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(SourceError, match="not a regular file"):
        READER.read(path, "opencode", None)


def test_a_writer_that_holds_the_file_alone_is_waited_for_later(tmp_path: Path) -> None:
    agent = OpenCodeDatabase(tmp_path / "opencode.db")
    agent.turn(agent.session(), "build it", "c1")
    agent.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    agent.connection.execute("PRAGMA journal_mode = DELETE")
    agent.connection.execute("PRAGMA cache_size = 1")
    agent.connection.execute("BEGIN EXCLUSIVE")
    agent.turn("ses_1", "x" * 50_000, "c2")
    with pytest.raises(SourceError):
        READER.read(agent.path, "opencode", None)
    agent.connection.execute("COMMIT")
    agent.close()
    assert len(of(poll(agent), ToolCalled)) == 2


def test_a_hostile_schema_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "opencode.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE session (id TEXT PRIMARY KEY, time_created, time_updated, parent_id, directory);"
        "INSERT INTO session VALUES (NULL, 1, 1, NULL, 7), ('s', 'when?', 'then', 3, x'ff'), ('t', 5, 5, 3, x'ff');"
        "CREATE TABLE message (id, session_id, time_created, time_updated, data);"
        "INSERT INTO message VALUES (1, 't', 'x', NULL, 5), (NULL, 't', 1, 1, NULL), ('m', 't', 2, 2, x'00');"
        "CREATE VIEW part AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i AS id, 'm' AS message_id, 't' AS session_id, i AS time_created, i AS time_updated, '{}' AS data"
        " FROM n;"
    )
    connection.close()
    batch = READER.read(path, "opencode", None)
    assert {e.session for e in batch.events} == {"t"}
    assert len(batch.quarantined) == 1


def test_discovery(tmp_path: Path) -> None:
    folder = tmp_path / "opencode"
    agent = OpenCodeDatabase(folder / "opencode.db")
    agent.turn(agent.session(), "build it", "c1")
    other = OpenCodeDatabase(folder / "opencode-local.db")
    other.close()
    renamed = OpenCodeDatabase(tmp_path / "renamed.db")
    renamed.close()
    foreign = sqlite3.connect(tmp_path / "notes.db")
    foreign.execute("CREATE TABLE note (id)")
    foreign.close()
    (folder / "log.json").write_text("{}")
    assert {p.name for p in candidates(folder, "opencode")} == {"opencode.db", "opencode-local.db"}
    own = list(discover_source([folder, folder / "opencode.db"], "opencode"))
    assert [(e.path.name, getattr(e, "format", None)) for e in own] == [
        ("opencode-local.db", "opencode"), ("opencode.db", "opencode"),
    ]  # fmt: skip
    everything = {e.path.name: e.format if isinstance(e, Found) else e.reason for e in discover([tmp_path])}
    assert everything == {
        "opencode.db": "opencode", "opencode-local.db": "opencode", "renamed.db": "opencode",
        "log.json": "no transcript format that is known",
    }  # fmt: skip
    for stated in (None, "opencode"):
        (named,) = discover([tmp_path / "notes.db"], format=stated)
        assert isinstance(named, Skipped)
    agent.close()


_ACTS = st.lists(
    st.tuples(st.sampled_from(["say", "call", "finish", "other", "poll", "sleep"]), st.integers(0, 3)), max_size=40
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_ACTS)
def test_following_gives_what_one_reading_at_the_end_gives(tmp_path: Path, acts: list[tuple[str, int]]) -> None:
    path = tmp_path / "opencode.db"
    for old in tmp_path.iterdir():
        old.unlink()
    agent = OpenCodeDatabase(path)
    sessions = [agent.session(f"ses_{n}") for n in range(2)]
    running: list[tuple[str, str]] = []
    cursor: Cursor | None = None
    followed: list[Event] = []
    for number, (act, which) in enumerate(acts):
        session = sessions[which % 2]
        if act == "say":
            agent.say(session, f"words {number}")
        elif act == "call":
            part = agent.part(session, agent.answer(session), **agent.tool(f"c{number}", status="running"))
            running.append((part, f"c{number}"))
        elif act == "finish" and running:
            part, call = running.pop(which % len(running))
            agent.update("part", part, agent.tool(call, output=f"result of {call}"))
        elif act == "other":
            sessions.append(agent.session(f"ses_more_{number}"))
            sessions = sessions[-2:]
        elif act == "sleep":
            agent.tick(100_000)
        elif act == "poll":
            batch = poll(agent, cursor, limit=500)
            followed += batch.events
            cursor = batch.cursor
    followed += poll(agent, cursor, limit=500).events
    whole = poll(agent).events
    agent.close()

    def told(events: Iterable[Event]) -> dict[str, list[str]]:
        """First mention of each thing, session by session, in order."""
        seen: dict[str, list[str]] = {}
        for event in events:
            if isinstance(event, UserSaid | ToolCalled):
                things = seen.setdefault(event.session, [])
                if event.key not in things:
                    things.append(event.key)
        return seen

    assert told(followed) == told(whole)
    assert {(e.key, e.text) for e in followed if isinstance(e, ToolReturned)} == {
        (e.key, e.text) for e in whole if isinstance(e, ToolReturned)
    }
