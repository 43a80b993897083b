"""``forget``: it is gone, to the last byte of the home, and it does not come back unless it is asked for."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from skilltui.cli.main import run
from skilltui.store import barred, retention
from skilltui.store.retention import Target
from skilltui.workshop.events import Forgotten
from skilltui.workshop.home import Home
from tests.service.test_cli import Cli, cli
from tests.service.test_scope import MARK, bytes_with, events, session
from tests.sessions import RELEASES, ClaudeSession, release

__all__ = ["cli"]


def marked(number: int, word: str = MARK) -> ClaudeSession:
    """One of the releases, with the marker everywhere: request, arguments, output, a correction, last words."""
    made = release(number, f"{RELEASES[number - 1]} {word}", correct=True)
    text = json.dumps(made.records).replace("no, update the changelog", f"no, the {word} file: update the changelog")
    made.records = json.loads(text.replace("PASSED", f"PASSED {word}").replace("Released.", f"Released {word}."))
    return made


def learned(cli: Cli, folder: Path) -> dict[str, Any]:
    """Three releases, the second one marked, and the draft that was made of them."""
    for made in (release(1, RELEASES[0]), marked(2), release(3, RELEASES[2])):
        made.write(folder)
    cli("ingest", str(folder))
    return cli("synthesize", cli("gaps")["gaps"][0]["id"])


def test_a_session_goes_to_the_last_byte_and_stays_away(cli: Cli, tmp_path: Path) -> None:
    draft = learned(cli, tmp_path / "t")
    assert bytes_with(cli.home) == ["skilltui.db"]
    before = cli("gaps", "--status", "drafted")["gaps"][0]
    assert before["count"] == 3
    told = cli("forget", marked(2).session)
    assert (told["sessions"], len(told["trajectories"]), told["steps"], told["clean"]) == (1, 1, 8, True)
    assert told["drafts"] == [{"skill": draft["skill"], "version": 1, "removed": True}]
    assert bytes_with(cli.home) == []
    assert cli("doctor", "--verify")["problems"] == []
    assert len(cli("trajectories")["trajectories"]) == 2
    # The draft quoted it, so it went as well; the gap waits for another.
    gap = cli("gaps")["gaps"][0]
    assert (gap["count"], gap["id"]) == (2, before["id"])
    assert cli("gate", draft["skill"], "1", status=1)["error"]["code"] == "not_found"
    assert cli("history")["operations"] == []
    assert cli("synthesize", gap["id"])["edits"]
    assert bytes_with(cli.home) == []

    report = cli("ingest", str(tmp_path / "t"))
    assert (report["new_steps"], report["sessions"]) == (0, 2)
    assert ["forgotten" in s["reason"] for s in report["skipped"]] == [True]
    assert bytes_with(cli.home) == []
    assert cli("forget", marked(2).session, status=1)["error"]["code"] == "not_found"

    assert cli("forget", "--again", marked(2).session)["remembered"] == 1
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 8


def test_a_gap_of_nothing_else_goes_and_a_decided_one_keeps_no_words(cli: Cli, tmp_path: Path) -> None:
    cli("ask", f"I need a skill that can paint a {MARK}")
    cli("ingest", str(session("a", word=MARK).write(tmp_path / "t")), str(session("b").write(tmp_path / "t")))
    asked, decided = sorted(cli("gaps")["gaps"], key=lambda g: g["kind"] != "help_request")
    cli("gaps", "dismiss", asked["id"])
    cli("gaps", "snooze", decided["id"])
    cli("forget", "/w/shop")
    assert [g["need"] for g in cli("gaps", "--status", "snoozed")["gaps"]] == ["its requests were forgotten"]
    assert cli("gaps")["gaps"] == []
    # What a person asked for themselves is no part of the session.
    assert MARK in cli("gaps", "--status", "dismissed")["gaps"][0]["need"]


def test_a_draft_that_was_worked_on_stays_unless_it_is_named(cli: Cli, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        marked(number).write(tmp_path / "t")
    cli("ingest", str(tmp_path / "t"))
    draft = cli("synthesize", cli("gaps")["gaps"][0]["id"])
    cli("reject", draft["skill"], "1", "--edits", draft["edits"][0]["id"])
    told = cli("forget", marked(1).session)
    assert told["drafts"] == [{"skill": draft["skill"], "version": 1, "removed": False}]
    assert "stays" in cli.text("forget", marked(2).session)
    assert cli("gate", draft["skill"], "1", status=1)["verdict"] == "fail"
    gone = cli("forget", "/w/shop", "--drafts")
    assert gone["drafts"] == [{"skill": draft["skill"], "version": 1, "removed": True}]
    assert bytes_with(cli.home) == []


def test_what_a_person_accepted_is_theirs(cli: Cli, tmp_path: Path) -> None:
    draft = learned(cli, tmp_path / "t")
    accepted = cli("accept", draft["skill"], "1", "--unverified")
    before = Path(accepted["path"]).read_bytes()
    told = cli("forget", "/w/shop", "--drafts")
    assert told["drafts"] == []
    assert Path(accepted["path"]).read_bytes() == before
    assert cli("blame", draft["skill"])["lines"]
    with sqlite3.connect(cli.home / "skilltui.db") as connection:
        (body,) = connection.execute("SELECT body FROM proposal").fetchone()
    connection.close()
    assert {ref[2] for edit in json.loads(body)["edits"] for ref in edit["evidence"]} == {""}


def test_a_project_is_its_folder_and_all_below(cli: Cli, tmp_path: Path) -> None:
    for name, cwd in (("a", "/w/shop"), ("b", "/w/shop/api"), ("c", "/w/shopping"), ("d", "/w/shop/api/x")):
        session(name, cwd, MARK if "shop/api" in cwd else "plain").write(tmp_path / "t")
    cli("ingest", str(tmp_path / "t"))
    told = cli("forget", "/w/shop/api/")
    assert (told["sessions"], told["projects"]) == (2, ["/w/shop/api", "/w/shop/api/x"])
    assert bytes_with(cli.home) == []
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 0
    # New work there is new.
    session("e", "/w/shop/api").write(tmp_path / "t")
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 2
    assert cli("forget", "--again", "/w/shop/api")["remembered"] == 2
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 4
    assert cli("forget", "--again", "/w/shop/api")["remembered"] == 0
    assert cli("forget", "/w/nowhere", status=1)["error"]["code"] == "not_found"


def two_tasks() -> ClaudeSession:
    made = session("a")
    made.say("great, thanks")
    made.say(f"now write a poem about the weather in {MARK}")
    made.call("Write", {"file_path": "/w/shop/poem.md", "content": MARK})
    made.answer(f"The poem about {MARK} is written.")
    return made


def test_one_task_of_a_session_that_goes_on(cli: Cli, tmp_path: Path) -> None:
    made = two_tasks()
    path = made.write(tmp_path / "t")
    cli("ingest", str(path))
    newest, oldest = cli("trajectories")["trajectories"]
    assert MARK in newest["request"]
    told = cli("forget", newest["id"])
    assert (told["sessions"], told["trajectories"], told["steps"]) == (0, [newest["id"]], 1)
    assert bytes_with(cli.home) == []
    # The agent goes on with it, the person corrects it: nothing of that lands in another task.
    before = cli("show", oldest["id"])
    made.call("Edit", {"file_path": "/w/shop/poem.md", "new_string": MARK})
    made.say(f"no, say {MARK} twice")
    made.answer(f"Now it says {MARK} twice.")
    path.write_text("".join(made.lines()))
    assert cli("ingest", str(path))["new_steps"] == 0
    assert bytes_with(cli.home) == []
    assert cli("show", oldest["id"]) == before
    # What is asked for next is kept, and the file may be read from its beginning once more.
    made.say("please fix the flaky checkout test in the shop")
    made.bash("pytest -q", "3 passed")
    path.write_text("".join(made.lines()))
    assert cli("ingest", str(path))["new_steps"] == 1
    path.unlink()
    path.write_text("\n" + "".join(made.lines()))
    assert cli("ingest", str(path))["new_steps"] == 0
    assert bytes_with(cli.home) == []
    assert [t["steps"] for t in cli("trajectories")["trajectories"]] == [1, 2]
    assert cli("forget", "--again", newest["id"])["remembered"] == 1
    assert cli("ingest", str(path))["new_steps"] == 2


def with_subagent(folder: Path, made: ClaudeSession) -> Path:
    """The session's file, and beside it that of a subagent that it started, which holds the marker."""
    path = made.write(folder)
    sub = ClaudeSession("agent-1", start=made.start + timedelta(seconds=20))
    sub.say(f"look into {MARK}").bash("cat notes", MARK).bash("ls", f"{MARK}.txt", code=1)
    for record in sub.records:
        record.update(sessionId=made.session, isSidechain=True)
    inside = path.with_suffix("") / "subagents" / "agent-1.jsonl"
    inside.parent.mkdir(parents=True, exist_ok=True)
    inside.write_text("".join(sub.lines()))
    return inside


@pytest.mark.parametrize("name", ["session", "trajectory", "/w/shop"])
def test_a_subagents_work_goes_with_the_task_that_started_it(cli: Cli, tmp_path: Path, name: str) -> None:
    made = session("a")
    inside = with_subagent(tmp_path / "t", made)
    cli("ingest", str(tmp_path / "t"))
    (task,) = cli("trajectories")["trajectories"]
    assert task["steps"] == 4
    assert bytes_with(cli.home) == ["skilltui.db"]
    target = {"session": made.session, "trajectory": task["id"]}.get(name, name)
    told = cli("forget", target)
    assert (told["steps"], len(told["trajectories"])) == (4, 1)
    assert bytes_with(cli.home) == []
    # The subagent goes on, and another one is started.
    with inside.open("a") as file:
        file.write(inside.read_text().replace("agent-1", "later"))
    inside.with_name("agent-2.jsonl").write_text(inside.read_text().replace("agent-1", "agent-2"))
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 0
    assert bytes_with(cli.home) == []
    assert cli("forget", "--again", target)["remembered"] >= 1
    # Two of the conversation, four of the first subagent, and two of the second, which repeats the rest.
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 8


def test_a_subagents_work_alone_goes_from_its_host(cli: Cli, tmp_path: Path) -> None:
    with_subagent(tmp_path / "t", session("a"))
    cli("ingest", str(tmp_path / "t"))
    assert cli("forget", "agent-1")["steps"] == 2
    (task,) = cli("trajectories")["trajectories"]
    assert (task["steps"], task["failed_steps"]) == (2, 1)
    assert bytes_with(cli.home) == []
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 0
    assert cli("doctor", "--verify")["problems"] == []


def test_one_session_of_a_file_that_many_share(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(events(("one", "/w/shop"), ("two", "/w/secret")))
    cli("ingest", str(path))
    cli("forget", "two")
    with path.open("a") as file:
        file.write(json.dumps({"v": 1, "type": "user_message", "session": "two", "text": MARK}) + "\n")
        file.write(events(("three", "/w/shop")))
    report = cli("ingest", str(path))
    assert (report["sessions"], report["new_steps"]) == (2, 1)
    assert "forgotten" in report["skipped"][0]["reason"]
    assert bytes_with(cli.home) == []
    cli("forget", "--again", "two")
    assert cli("ingest", str(path))["sessions"] == 3


def test_one_run_of_a_list_of_runs(cli: Cli, tmp_path: Path) -> None:
    def run(task: int, words: str) -> dict[str, Any]:
        return {"task_id": task, "reward": 1.0, "trial": 0, "info": {}, "traj": [
            {"role": "system", "content": "policy"}, {"role": "user", "content": f"change my flight {words}"},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "c", "type": "function", "function": {"name": "book", "arguments": "{}"}}]},
        ]}  # fmt: skip

    path = tmp_path / "runs.json"
    path.write_text(json.dumps([run(1, "plain"), run(2, MARK)]))
    cli("ingest", str(path))
    session_ = next(t["session"] for t in cli("trajectories")["trajectories"] if MARK in t["request"])
    cli("forget", session_)
    assert bytes_with(cli.home) == []
    path.write_text(json.dumps([run(1, "plain"), run(2, MARK), run(3, "to Rome")]))
    report = cli("ingest", str(path))
    assert (report["sessions"], report["new_steps"]) == (2, 1)
    assert "forgotten" in report["skipped"][0]["reason"]
    assert bytes_with(cli.home) == []


def test_copies_in_the_home_are_cleaned_as_well(cli: Cli, tmp_path: Path) -> None:
    cli("ingest", str(marked(1).write(tmp_path / "t")), str(session("b").write(tmp_path / "t")))
    backup = cli.home / "backups" / "skilltui-schema1.db"
    source = sqlite3.connect(cli.home / "skilltui.db")
    target = sqlite3.connect(backup)
    source.backup(target)
    for table in ("barred", "trimmed"):
        target.execute(f"DROP TABLE {table}")
    target.close()
    source.close()
    (cli.home / "backups" / "broken.db").write_bytes(f"SQLite? {MARK}".encode())
    told = cli("forget", marked(1).session)
    assert [Path(c["path"]).name for c in told["not_cleaned"]] == ["broken.db"]
    assert told["clean"] is False
    assert bytes_with(cli.home) == ["backups/broken.db"]
    copy = sqlite3.connect(backup)
    assert copy.execute("SELECT count(*) FROM session").fetchone()[0] == 1
    assert copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    copy.close()


def test_people_read_what_went(cli: Cli, tmp_path: Path) -> None:
    learned(cli, tmp_path / "t")
    text = cli.text("forget", "/w/shop")
    assert "3 sessions, 3 trajectories, 24 steps went, of /w/shop" in text
    assert "made from it, went too" in text
    assert "capture.deny_projects" in text
    assert run(["--home", str(cli.home), "forget", "--again", "--drafts", "x"]) == 2


def test_an_index_forgets_the_words_as_well(tmp_path: Path) -> None:
    # Words of deleted rows stay in the pieces of an FTS index until they are merged.
    connection = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text)")
    for n in range(40):
        connection.execute("INSERT INTO words VALUES (?)", (f"{MARK} number {n}",))
    connection.execute("DELETE FROM words")
    assert MARK.encode() in (tmp_path / "s.db").read_bytes()
    assert retention.shred(connection)
    connection.close()
    assert MARK.encode() not in (tmp_path / "s.db").read_bytes()


async def test_what_is_read_at_this_moment_is_not_stored_after_all(home: Home, tmp_path: Path) -> None:
    made = session("a", word=MARK)
    path = made.write(tmp_path / "t")
    await home.capturing.ingest([path])
    batch = home.capturing.reader.read(path, "claude-code", None, final=True)
    heard: list[Forgotten] = []
    home.bus.subscribe(lambda e: heard.append(e) if isinstance(e, Forgotten) else None)
    done = await home.retaining.forget(made.session)
    assert [e.trajectories for e in heard] == [done.gone.extent.trajectories]
    absorbed = await home.capturing._absorber.absorb([batch], backfill=True)
    assert (absorbed.new_steps, list(absorbed.withheld)) == (0, [path])
    assert await home.capturing.trajectories() == []
    # The queue's memory holds nothing of it either: the next request is filed as the first of its kind.
    assert await home.curating.gaps(None) == []
    await home.capturing.ingest([session("b").write(tmp_path / "t")])
    assert [g.count for g in await home.curating.gaps(None)] == [1]


async def test_forgetting_while_sessions_are_followed(home: Home, tmp_path: Path) -> None:
    paths = [session(name, word=MARK).write(tmp_path / "t") for name in "abcdef"]
    work = asyncio.create_task(home.capturing.ingest(paths))
    for name in "abc":
        while not await home.capturing.trajectories(session=session(name).session):
            await asyncio.sleep(0)
        await home.retaining.forget(session(name).session)
    await work
    again = await home.capturing.ingest(paths)
    assert (again.new_steps, again.sessions) == (0, 3)
    assert {s.id for s in await home.capturing.sessions()} == {session(n).session for n in "def"}


async def test_bytes_that_a_reader_keeps_alive_are_cleared_when_it_is_gone(home: Home, tmp_path: Path) -> None:
    made = session("a", word=MARK)
    await home.capturing.ingest([made.write(tmp_path / "t")])
    reader = sqlite3.connect(home.paths.database)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM step").fetchone()
    done = await home.retaining.forget(made.session)
    assert not done.gone.clean
    reader.close()
    # The next look at the store, of whatever process, does what was left.
    await home.retaining.trim()
    assert bytes_with(home.paths.data_dir) == []
    assert not await home.database.read(barred.owes)


def test_killed_at_any_moment_it_is_there_or_gone(cli: Cli, tmp_path: Path) -> None:
    made = session("a", word=MARK)
    for number in range(60):
        made.bash(f"cat part{number}", f"{MARK} " + "x" * 9000)
    path, other = made.write(tmp_path / "t"), session("b").write(tmp_path / "t")
    cli("ingest", str(path), str(other))
    command = [sys.executable, "-m", "skilltui", "--home", str(cli.home), "forget", made.session]
    kills = 0
    for round_ in range(12):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # From before the first write to after the last, whatever the machine's speed.
        while process.poll() is None and not (cli.home / "writer.pid").exists():
            time.sleep(0.002)
        time.sleep(0.004 * round_)
        process.kill()
        kills += process.wait() < 0
        sessions = cli("trajectories")["trajectories"]
        assert {t["steps"] for t in sessions if t["session"] == made.session} <= {62}
        if len(sessions) == 1:
            break
    assert kills
    cli("forget", made.session) if len(sessions) == 2 else cli("ingest", str(other))
    assert bytes_with(cli.home) == []
    assert cli("ingest", str(path))["new_steps"] == 0
    assert cli("doctor", "--verify")["problems"] == []


async def test_a_target_of_nothing_is_empty(home: Home) -> None:
    assert await home.database.read(lambda c: retention.find(c, "t_x", "/w")) == Target((), by_folder=True)
