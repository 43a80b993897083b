"""Which agents and projects are captured: the lists, and what happens when a file turns out to be out of scope."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from skilltui.paths import HomePaths
from skilltui.workshop.home import Home
from tests.service.test_cli import Cli, cli
from tests.sessions import ClaudeSession

__all__ = ["cli"]
MARK = "zanzibarmarker"


def session(name: str, cwd: str = "/w/shop", word: str = "plain") -> ClaudeSession:
    made = ClaudeSession(f"{name * 8}-0000-4000-8000-000000000000", cwd=cwd)
    made.say(f"make the {word} tests pass in this project")
    made.bash("pytest -q", f"1 failed: {word}", code=1).bash("pytest -q", f"3 passed {word}").answer(f"Done, {word}.")
    return made


def bytes_with(home: Path, mark: str = MARK) -> list[str]:
    """Files of the home that hold the mark, in whatever case."""
    wanted = mark.encode().lower()
    return [str(p.relative_to(home)) for p in home.rglob("*") if p.is_file() and wanted in p.read_bytes().lower()]


def projects(cli: Cli) -> list[str]:
    return sorted({t["project"] or "" for t in cli("trajectories")["trajectories"]})


def consent(cli: Cli) -> Path:
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    return cli.person / ".claude" / "projects"


@pytest.mark.parametrize(
    "pattern", ["/w/secret", "/w/secret/", "/w/sec*", "*/secret", "secret", "s?cret", "/w/nothing:/w/secret"]
)
def test_nothing_of_a_denied_project_is_stored(cli: Cli, pattern: str) -> None:
    folder = consent(cli)
    cli("config", "set", "capture.deny_projects", pattern)
    hidden = [session("a", "/w/secret", MARK).write(folder), session("b", "/w/secret/below/it", MARK).write(folder)]
    session("c").write(folder)
    report = cli("ingest")
    assert (report["sessions"], report["files"]) == (1, 1)
    assert {s["path"] for s in report["skipped"]} == {str(p) for p in hidden}
    assert all("capture.deny_projects" in s["reason"] for s in report["skipped"])
    assert projects(cli) == ["/w/shop"]
    assert bytes_with(cli.home) == []
    # Twice, and by its own name: a denial wins.
    assert cli("ingest")["new_steps"] == 0
    named = cli("ingest", str(hidden[0]))
    assert (named["sessions"], [s["path"] for s in named["skipped"]]) == (0, [str(hidden[0])])
    assert bytes_with(cli.home) == []
    told = {f["path"]: f["reason"] for f in cli("doctor")["skipped"]}
    assert all("capture.deny_projects" in told[str(p)] for p in hidden)


def test_a_session_that_only_later_goes_into_a_denied_folder_is_not_stored(cli: Cli, tmp_path: Path) -> None:
    cli("config", "set", "capture.deny_projects", "/w/secret")
    made = session("a")
    made.answer("x" * 700_000)  # the move stands in a later chunk than the beginning
    made.cwd = "/w/secret"
    made.bash("cat notes", MARK)
    made.cwd = "/w/shop"
    assert cli("ingest", str(made.write(tmp_path / "t")))["sessions"] == 0
    assert bytes_with(cli.home) == []


def test_a_session_that_goes_there_while_it_is_followed_is_taken_out_again(cli: Cli, tmp_path: Path) -> None:
    cli("config", "set", "capture.deny_projects", "/w/secret")
    made = session("a", word=MARK)
    path = made.write(tmp_path / "t")
    assert cli("ingest", str(path))["new_steps"] == 2
    assert bytes_with(cli.home) == ["skilltui.db"]
    made.cwd = "/w/secret"
    made.bash("cat notes", MARK)
    path.write_text("".join(made.lines()))
    report = cli("ingest", str(path))
    assert (report["sessions"], len(report["skipped"])) == (0, 1)
    assert bytes_with(cli.home) == []
    assert cli("trajectories")["trajectories"] == []
    # The rule goes, the session comes.
    cli("config", "set", "capture.deny_projects", "")
    assert cli("ingest", str(path))["new_steps"] == 3


def test_what_was_stored_before_a_rule_stays_and_grows_no_more(cli: Cli, tmp_path: Path) -> None:
    made = session("a", "/w/secret")
    path = made.write(tmp_path / "t")
    cli("ingest", str(path))
    cli("config", "set", "capture.deny_projects", "/w/secret")
    made.bash("ls", MARK)
    path.write_text("".join(made.lines()))
    assert cli("ingest", str(path))["new_steps"] == 0
    assert len(cli("trajectories")["trajectories"]) == 1
    assert bytes_with(cli.home) == []
    cli("config", "set", "capture.deny_projects", "")
    assert cli("ingest", str(path))["new_steps"] == 1


def test_only_the_projects_on_the_list_are_captured_unasked(cli: Cli) -> None:
    folder = consent(cli)
    cli("config", "set", "capture.allow_projects", "/w/shop:/opt/*/api")
    session("a").write(folder)
    session("b", "/opt/x/api/deep").write(folder)
    other = session("c", "/w/other", MARK).write(folder)
    assert cli("ingest")["sessions"] == 2
    assert projects(cli) == ["/opt/x/api/deep", "/w/shop"]
    assert bytes_with(cli.home) == []
    # Naming a file is to allow it.
    assert cli("ingest", str(other))["sessions"] == 1
    cli("config", "set", "capture.deny_projects", "/w/other")
    assert cli("ingest", str(other))["new_steps"] == 0


def test_a_denied_agent_is_not_read_at_all(cli: Cli) -> None:
    folder = consent(cli)
    path = session("a", word=MARK).write(folder)
    cli("config", "set", "capture.deny_sources", "claude-code")
    assert cli("ingest")["files"] == 0
    assert "claude-code is denied" in cli("ingest", str(path))["skipped"][0]["reason"]
    cli("config", "set", "capture.deny_sources", "")
    cli("config", "set", "capture.allow_sources", "codex,pi")
    assert cli("ingest")["files"] == 0
    assert bytes_with(cli.home) == []
    assert cli("ingest", str(path))["sessions"] == 1


def events(*sessions: tuple[str, str | None]) -> str:
    lines = []
    for name, cwd in sessions:
        about = {"v": 1, "session": name, "ts": "2026-11-03T10:00:00Z"}
        lines += [
            {**about, "type": "session_start", **({"cwd": cwd} if cwd else {})},
            {**about, "type": "user_message", "text": f"build {MARK if cwd == '/w/secret' else 'it'} for {name}"},
            {**about, "type": "tool_call", "call_id": "c", "tool": "Bash", "args": {"command": "make"}},
        ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_one_session_of_a_file_that_many_share(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("config", "set", "capture.deny_projects", "/w/secret")
    path = tmp_path / "log.jsonl"
    path.write_text(events(("one", "/w/shop"), ("two", "/w/secret"), ("three", None)))
    report = cli("ingest", str(path))
    assert (report["files"], report["sessions"]) == (1, 2)
    assert [s["reason"] for s in report["skipped"]] == [
        "a session in it: its project is denied by capture.deny_projects: /w/secret"
    ]
    with path.open("a") as file:
        file.write(json.dumps({"v": 1, "type": "user_message", "session": "two", "text": f"more {MARK}"}) + "\n")
        file.write(events(("four", "/w/shop")))
    assert cli("ingest", str(path))["sessions"] == 3
    text = io.TextIOWrapper(io.BytesIO(events(("five", "/w/secret"), ("six", "/w/shop")).encode()))
    monkeypatch.setattr("sys.stdin", text)
    assert cli("ingest", "-")["sessions"] == 1
    assert bytes_with(cli.home) == []
    cli("config", "set", "capture.deny_projects", "")
    assert cli("ingest", str(path))["sessions"] == 4


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("capture.deny_projects", "work/secret"), ("capture.allow_projects", "./here"),
        ("capture.deny_sources", "claude"), ("capture.allow_sources", "claude-code, cortex"),
        ("capture.max_store_mb", "0"), ("capture.max_store_mb", "lots"),
    ],
)  # fmt: skip
def test_a_rule_that_could_match_nothing_is_no_rule(cli: Cli, key: str, value: str) -> None:
    assert cli("config", "set", key, value, status=1)["error"]["code"] == "config"
    assert not (cli.home / "config.toml").exists() or key.split(".")[1] not in (cli.home / "config.toml").read_text()


def lines(path: Path, records: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.writelines(records)


async def test_live_capture_leaves_a_denied_project_alone(tmp_path: Path, person: Path) -> None:
    paths = HomePaths(tmp_path / "home", tmp_path / "home")
    paths.make()
    paths.config.write_text(
        '[skills.learning]\ntrajectory_capture = true\n[capture]\ndeny_projects = ["/w/secret"]\n', encoding="utf-8"
    )
    folder = person / ".claude" / "projects" / "p"
    hidden, open_ = session("a", "/w/secret", MARK), session("b")
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        following = asyncio.create_task(home.watcher.run())
        first = folder / f"{hidden.session}.jsonl"
        # The header of a file says nothing about its project yet.
        lines(first, ['{"type":"summary","summary":"x","leafUuid":"u"}\n'])
        lines(folder / f"{open_.session}.jsonl", open_.lines())
        await home.watcher.caught_up()
        lines(first, hidden.lines())
        await home.watcher.caught_up()
        lines(first, hidden.lines()[-1:])
        await home.watcher.caught_up()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert {s.project for s in await home.capturing.sessions()} == {"/w/shop"}
        assert "capture.deny_projects" in home.watcher.skipped[first]
    assert bytes_with(tmp_path / "home") == []
