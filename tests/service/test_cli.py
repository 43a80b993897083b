"""The command line as scripts see it: one JSON object, exit statuses, no TTY, no Ollama, no network."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from skilltui.cli.main import run
from tests.service.conftest import add_skill
from tests.sessions import ClaudeSession, write_releases


class Cli:
    """Runs commands in a person's home."""

    def __init__(self, home: Path, person: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.person = person
        self.capsys = capsys

    def __call__(self, *argv: str, status: int = 0) -> dict[str, Any]:
        """Run with ``--json`` and return the one object."""
        got = run(["--home", str(self.home), *argv, "--json"])
        printed = self.capsys.readouterr()
        assert got == status, printed.out + printed.err
        assert printed.out.count("\n") == 1
        data: dict[str, Any] = json.loads(printed.out)
        assert data["v"] == 1
        return data

    def text(self, *argv: str, status: int = 0) -> str:
        """Run for people."""
        assert run(["--home", str(self.home), *argv]) == status
        return self.capsys.readouterr().out


@pytest.fixture
def cli(tmp_path: Path, person: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("HOME", str(person))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "SKILLTUI_HOME"):
        monkeypatch.delenv(name, raising=False)
    # Port 9 answers nobody: no test here may meet an Ollama that happens to run.
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    return Cli(tmp_path / "home", person, capsys)


def test_the_loop_from_import_to_rollback(cli: Cli, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    report = cli("ingest", str(tmp_path / "t"))
    assert {k: report[k] for k in ("files", "sessions", "steps", "failed_steps", "new_steps", "quarantined")} == {
        "files": 3, "sessions": 3, "steps": 24, "failed_steps": 3, "new_steps": 24, "quarantined": 0,
    }  # fmt: skip
    rows = cli("trajectories")["trajectories"]
    assert [r["outcome"] for r in rows] == ["success"] * 3
    shown = cli("show", rows[0]["id"])
    assert [s["seq"] for s in shown["step_list"]] == list(range(1, 9))
    assert {s["error_kind"] for s in shown["step_list"]} == {None, "exit_nonzero"}
    assert next(s for s in shown["step_list"] if s["ok"] is False)["exit_code"] == 1
    assert shown["evidence"]

    gap = cli("gaps")["gaps"][0]
    assert (gap["kind"], gap["count"], gap["status"]) == ("no_match", 3, "open")
    draft = cli("synthesize", gap["id"])
    assert (draft["engine"], draft["model"], draft["version"], draft["parent"]) == ("extractive", None, 1, None)
    assert draft["gate"]["verdict"] == "unverified"
    assert cli("gaps", "--status", "drafted")["gaps"][0]["skill"] == draft["skill"]

    refused = cli("accept", draft["skill"], "1", status=1)
    assert refused["error"]["code"] == "gate_refused"
    assert "--unverified" in refused["error"]["hint"]
    accepted = cli("accept", draft["skill"], "1", "--edits", draft["edits"][0]["id"], "--unverified")
    path = Path(accepted["path"])
    assert path == cli.person / ".agents" / "skills" / draft["skill"] / "SKILL.md"
    assert cli("check", str(path))["results"][0]["verdict"] == "ok"
    names = {s["name"]: s for s in cli("skills")["skills"]}
    assert names[draft["skill"]]["trust"] == "community"
    assert names[draft["skill"]]["version"] == 1
    assert names["pytest-fixtures"]["trust"] == "trusted"
    versions = cli("versions", draft["skill"])["versions"]
    assert [(v["version"], v["state"], v["accepted_edits"]) for v in versions] == [
        (1, "active", [draft["edits"][0]["id"]])
    ]
    assert cli("undo")["operation"]["kind"] == "undo"
    assert not path.exists()
    assert [o["kind"] for o in cli("history")["operations"]] == ["draft", "undo", "accept", "draft"]


def test_without_consent_the_agents_own_folders_stay_closed(cli: Cli) -> None:
    write_releases(cli.person / ".claude" / "projects")
    assert cli("ingest", status=1)["error"]["code"] == "capture_off"
    assert cli("watch", status=1)["error"]["code"] == "capture_off"
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    assert cli("ingest")["sessions"] == 3


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["ingest", "--format", "nonsense"],
        ["label", "t_1", "perhaps"],
        ["match"],
        ["match", "x", "-k", "0"],
        ["gaps", "link", "g_1"],
        ["gaps", "snooze", "g_1", "g_2"],
        ["config", "set", "x"],
        ["match", "x", "-k", "9" * 20],
        ["trajectories", "--limit", "9" * 20],
        ["trajectories", "--limit", "-3"],
        ["history", "--limit", "9" * 20],
        ["gate", "pytest-fixtures", "9" * 20],
        ["diff", "pytest-fixtures", "1", "9" * 20],
        ["rollback", "pytest-fixtures", "0"],
        ["reject", "pytest-fixtures", "1", "--edits", ""],
        ["accept", "pytest-fixtures", "1", "--edits", " , "],
        ["demo", "--speed", "0"],
        ["demo", "--speed", "nan"],
        ["demo", "--speed", "inf"],
        [],
    ],
)
def test_wrong_usage_is_status_2_and_still_one_object(cli: Cli, argv: list[str]) -> None:
    assert cli(*argv, status=2)["error"]["code"] == "usage"


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["show", "t_nothing"], "not_found"),
        (["gaps", "dismiss", "g_nothing"], "not_found"),
        (["synthesize", "g_nothing"], "not_found"),
        (["versions", "pytest-fixture"], "not_found"),
        (["rollback", "pytest-fixtures"], "not_found"),
        (["undo"], "state"),
        (["skills", "install", "nothing"], "not_found"),
        (["config", "set", "no.such", "1"], "config"),
        (["config", "set", "skills.meta_learning.gap_threshold", "5"], "config"),
        (["redact", "/does/not/exist"], "source"),
        (["redact", "~nobody-of-that-name/x"], "source"),
        (["check", "~nobody-of-that-name/x"], "source"),
        (["match", "--batch", "~nobody-of-that-name/x"], "source"),
        (["ingest", "~nobody-of-that-name/x"], "source"),
        (["ingest", ""], "source"),
        (["ingest", "/does/not/exist"], "source"),
        (["skills", "--skills", "~nobody-of-that-name/x"], "source"),
        (["trajectories", "--home", "~nobody-of-that-name/x"], "source"),
    ],
)
def test_failures_carry_a_code_and_a_hint(cli: Cli, argv: list[str], code: str) -> None:
    error = cli(*argv, status=1)["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["hint"]


def test_bad_input_is_told_by_name_and_everything_else_goes_on(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "t"
    write_releases(folder)
    good = ClaudeSession("60000000-0000-4000-8000-000000000000").say("do a thing").bash("true").lines()
    (folder / "torn.jsonl").write_text("".join(good) + good[-1][:40], encoding="utf-8")
    (folder / "bytes.jsonl").write_bytes(b"\xff\xfe{}\n" * 3)
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "notes.jsonl").write_text("these are no records\nat all\n", encoding="utf-8")
    (folder / "dir.jsonl").mkdir()
    os.mkfifo(folder / "pipe.jsonl")
    report = cli("ingest", str(folder), str(tmp_path / "missing"))
    assert report["sessions"] == 4
    told = {Path(s["path"]).name: s["reason"] for s in report["skipped"]}
    for name in ("bytes.jsonl", "empty.jsonl", "notes.jsonl", "pipe.jsonl", "missing"):
        assert told[name], name


def test_match_and_batch_say_when_nothing_fits(cli: Cli, tmp_path: Path) -> None:
    hit = cli("match", "my pytest fixtures leak, mend them")
    assert not hit["gap"]
    assert hit["top"][0]["skill"] == "pytest-fixtures"
    assert hit["top"][0]["why"]
    assert cli("match", "rotate the database credentials")["gap"]
    batch = tmp_path / "q.jsonl"
    batch.write_text('{"id": 7, "query": "pytest fixtures"}\n\n{"id": "b", "query": "bake bread"}\n', encoding="utf-8")
    assert run(["--home", str(cli.home), "match", "--batch", str(batch), "-k", "2"]) == 0
    lines = [json.loads(line) for line in cli.capsys.readouterr().out.splitlines()]
    assert [(line["id"], line["gap"]) for line in lines] == [(7, False), ("b", True)]
    for line in ("{}", '{"id": 1, "query": null}', '{"id": 1, "query": 7}'):
        batch.write_text(f"{line}\n", encoding="utf-8")
        assert run(["--home", str(cli.home), "match", "--batch", str(batch)]) == 2


def test_a_request_that_shares_no_word_is_told_apart_from_an_empty_library(cli: Cli, tmp_path: Path) -> None:
    assert "No skill shares a word with it." in cli.text("match", "zzyzx quux")
    assert "The library is empty." in cli.text("--skills", str(tmp_path / "none"), "match", "zzyzx quux")


def test_skill_roots_of_a_call_stand_instead_of_the_configured_ones(cli: Cli, tmp_path: Path) -> None:
    add_skill(tmp_path / "elsewhere", "tar-balls", "---\nname: tar-balls\ndescription: Make tar balls.\n---\nx\n")
    assert [s["name"] for s in cli("skills", "--skills", str(tmp_path / "elsewhere"))["skills"]] == ["tar-balls"]


def test_a_broken_skill_is_listed_with_its_reason(cli: Cli) -> None:
    add_skill(cli.person / ".agents" / "skills", "broken", "no frontmatter here\n")
    data = cli("skills")
    assert [s["name"] for s in data["skills"]] == ["pytest-fixtures"]
    assert "broken" in data["broken"][0]["path"]
    assert data["broken"][0]["findings"][0]["message"]


def test_shipped_skills_are_installed_and_a_different_one_is_not_overwritten(cli: Cli) -> None:
    path = Path(cli("skills", "install", "ask-for-a-skill")["skills"][0]["path"])
    assert path.is_file()
    assert cli("check", str(path))["results"][0]["verdict"] == "ok"
    cli("skills", "install", "ask-for-a-skill")
    path.write_text("mine", encoding="utf-8")
    assert cli("skills", "install", "ask-for-a-skill", status=1)["error"]["code"] == "state"
    assert path.read_text(encoding="utf-8") == "mine"


def test_an_agent_asks_and_the_queue_shows_it_with_secrets_taken_out(cli: Cli) -> None:
    secret = "ghp_" + "a1B2" * 9
    cli("ask", "I need a skill that can rotate", secret, "every month")
    (spooled,) = (file.read_text(encoding="utf-8") for file in (cli.home / "spool").iterdir())
    assert secret not in spooled
    (gap,) = cli("gaps")["gaps"]
    assert gap["kind"] == "help_request"
    assert secret not in json.dumps(gap)
    assert len(cli("gaps")["gaps"]) == 1


def test_events_on_standard_input(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(session: str) -> bytes:
        records: list[dict[str, Any]] = [
            {"type": "session_start", "source": "mine", "cwd": "/w/app"},
            {"type": "user_message", "text": "make the tests pass"},
            {"type": "tool_call", "call_id": "c1", "tool": "Bash", "args": {"command": "pytest -q"}},
            {"type": "tool_result", "call_id": "c1", "ok": False, "exit_code": 1, "text": "1 failed"},
            {"type": "telepathy"},
            {"type": "session_end", "outcome": "success", "reward": 1.0},
        ]
        stamp = {"v": 1, "session": session, "ts": "2026-11-01T09:00:00Z"}
        return b"".join(json.dumps({**stamp, **r}).encode() + b"\n" for r in records)

    for session, new in (("s1", 1), ("s2", 1), ("s1", 0)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(feed(session))))
        report = cli("ingest", "-")
        assert (report["sessions"], report["steps"], report["failed_steps"]) == (1, 1, 1)
        assert report["new_steps"] == new
    (one, two) = cli("trajectories")["trajectories"]
    assert (one["outcome"], one["outcome_by"]) == ("success", "reward")
    assert {one["session"], two["session"]} == {"s1", "s2"}


def test_a_second_writer_is_refused_and_readers_go_on(cli: Cli, tmp_path: Path) -> None:
    import asyncio

    from skilltui.errors import HomeInUseError
    from skilltui.paths import HomePaths
    from skilltui.workshop.home import Home

    paths = HomePaths(cli.home, cli.home)

    async def two() -> None:
        async with Home.open(paths):
            with pytest.raises(HomeInUseError) as caught:
                async with Home.open(paths, wait_seconds=0):
                    pass
            assert str(os.getpid()) in caught.value.message
            async with Home.open(paths, write=False) as reader:
                assert await reader.capturing.trajectories() == []

    asyncio.run(two())


def test_people_get_tables_and_no_escape_codes(cli: Cli, tmp_path: Path) -> None:
    hostile = "paint it \x1b[31mred\x1b]52;c;eHg=\x07 [/] \u202etxt"
    ClaudeSession("70000000-0000-4000-8000-000000000000").say(hostile).bash("true").write(tmp_path / "t")
    out = cli.text("ingest", str(tmp_path / "t"))
    out += cli.text("trajectories") + cli.text("gaps") + cli.text("skills") + cli.text("trust") + cli.text("doctor")
    assert "paint it" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_doctor_tells_what_there_is(cli: Cli, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    cli("ingest", str(tmp_path / "t"))
    report = cli("doctor", "--verify")
    assert report["store"]["state"] == "whole"
    assert len(report["files"]) == 3
    assert report["ollama"]["state"] == "offline"
    assert set(report["agents"]) >= {"claude-code", "codex", "copilot", "pi"}


def test_engines_name_what_is_missing(cli: Cli) -> None:
    engines = {e["name"]: e for e in cli("engines")["engines"]}
    assert engines["extractive"]["available"]
    assert not engines["ollama"]["available"]
    assert "ollama serve" in engines["ollama"]["hint"]
    assert cli("gaps")["gaps"] == []


def test_redact_is_a_filter(cli: Cli, tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    file = tmp_path / "f.txt"
    file.write_text(f"push with {secret} please\n", encoding="utf-8")
    out = cli.text("redact", str(file))
    assert secret not in out
    assert out.startswith("push with ‹redacted:")
    assert out.endswith("› please\n")
    assert len(cli("redact", str(file))["findings"]) == 1


def test_secrets_never_reach_the_disk(cli: Cli, tmp_path: Path) -> None:
    secret = "ghp_" + "Z9y8" * 9
    ClaudeSession("80000000-0000-4000-8000-000000000000").say(f"push with {secret}").bash(
        f"git push https://me:{secret}@host/x", f"remote: {secret}"
    ).write(tmp_path / "t")
    assert sum(cli("ingest", str(tmp_path / "t"))["redactions"].values()) >= 3
    for file in cli.home.rglob("*"):
        if file.is_file():
            assert secret.encode() not in file.read_bytes(), file


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_watch_follows_a_session_and_leaves_on_a_signal(cli: Cli) -> None:
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    session = ClaudeSession("90000000-0000-4000-8000-000000000000").say("do a thing").bash("true")
    path = session.write(cli.person / ".claude" / "projects")
    process = subprocess.Popen(
        [sys.executable, "-m", "skilltui", "--home", str(cli.home), "watch", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(cli.person)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        first = json.loads(process.stdout.readline())
        assert (first["v"], first["new_steps"], first["source"]) == (1, 1, "claude-code")
        grown = ClaudeSession(session.session, records=list(session.records)).bash("false", code=1)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(grown.lines()[len(session.records) :])
        second = json.loads(process.stdout.readline())
        assert second["new_steps"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_a_home_that_is_a_file_is_told(cli: Cli) -> None:
    cli.home.write_text("not a folder", encoding="utf-8")
    for argv in (["ask", "I need a skill"], ["redact", __file__], ["config", "init"]):
        assert cli(*argv, status=1)["error"]["code"] == "store", argv


def test_a_setting_that_is_refused_leaves_every_command_working(cli: Cli) -> None:
    cli("config", "set", "skills.promote_after", "inf", status=1)
    assert cli("config", "show")["values"] == {}
    assert cli("trajectories")["trajectories"] == []


def test_config_init_writes_the_file_once(cli: Cli) -> None:
    first = cli("config", "init")
    assert first["written"]
    path = Path(first["path"])
    text = path.read_text(encoding="utf-8")
    assert "# trajectory_capture = false" in text
    cli("config", "set", "ollama.model", "mine")
    assert not cli("config", "init")["written"]
    assert cli("config", "show")["values"] == {"ollama.model": "mine"}


def test_what_can_not_be_read_at_all_is_a_failure_and_beside_something_readable_a_remark(
    cli: Cli, tmp_path: Path
) -> None:
    missing, pipe, empty = tmp_path / "missing", tmp_path / "pipe.jsonl", tmp_path / "empty"
    os.mkfifo(pipe)
    empty.mkdir()
    error = cli("ingest", str(missing), str(pipe), status=1)["error"]
    assert error["code"] == "source"
    assert str(missing) in error["message"]
    assert str(pipe) in error["message"]
    assert [s["path"] for s in cli("ingest", str(missing), str(empty))["skipped"]] == [str(missing)]


def test_doctor_reports_a_damaged_store_and_everything_else(cli: Cli) -> None:
    cli("trajectories")
    database = cli.home / "skilltui.db"
    damaged = b"this is no database" * 1000
    database.write_bytes(damaged)
    report = cli("doctor", status=1)
    assert report["store"] == {"path": str(database), "state": "damaged", "verified": False}
    assert str(database) in report["problems"][0]
    assert report["home"] == str(cli.home)
    assert report["ollama"]["state"] == "offline"
    assert set(report["agents"]) >= {"claude-code", "codex", "copilot", "pi"}
    assert "PROBLEM" in cli.text("doctor", "--verify", status=1)
    assert database.read_bytes() == damaged


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_watch_waits_for_an_open_interface_and_gives_way_to_one(cli: Cli) -> None:
    import asyncio

    from skilltui.paths import HomePaths
    from skilltui.workshop.home import Home

    cli("config", "set", "skills.learning.trajectory_capture", "true")
    paths = HomePaths(cli.home, cli.home)
    folder = cli.person / ".claude" / "projects"

    def task(number: int) -> None:
        ClaudeSession(f"c{number:07d}-0000-4000-8000-000000000000").say("do a thing").bash("true").write(folder)

    async def interface(process: subprocess.Popen[str] | None) -> subprocess.Popen[str]:
        async with Home.open(paths, claim=True, wait_seconds=20):
            if process is None:
                process = await asyncio.to_thread(start)
                assert process.stderr is not None
                assert "waiting" in await asyncio.to_thread(process.stderr.readline)
        return process

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "skilltui", "--home", str(cli.home), "watch", "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(cli.person)},
        )  # fmt: skip

    task(1)
    process = asyncio.run(interface(None))
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert json.loads(process.stdout.readline())["new_steps"] == 1
        asyncio.run(interface(process))
        while "giving way" not in process.stderr.readline():
            pass
        task(2)
        assert json.loads(process.stdout.readline())["new_steps"] == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
