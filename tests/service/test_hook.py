"""The hook as an agent runs it, and as a person puts it into an agent's settings."""

from __future__ import annotations

import json
import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from skilltui.errors import ForeignEditError
from skilltui.paths import HomePaths
from skilltui.workshop.agent_hooks import AgentHooks
from skilltui.workshop.foreign_file import ForeignFile
from tests.service.test_cli import Cli, cli

__all__ = ["cli"]

EVENT = {
    "session_id": "5e55", "transcript_path": "/w/.claude/projects/p/5e55.jsonl", "cwd": "/w",
    "hook_event_name": "UserPromptSubmit", "prompt": "my password is hunter2", "tool_input": {"command": "hunter2"},
}  # fmt: skip


def run_hook(
    home: Path, agent: str, data: bytes | None, *, cwd: Path | None = None, options: tuple[str, ...] = (), **more: Any
) -> subprocess.CompletedProcess[bytes]:
    """As an agent does: the process, with the event on its standard input."""
    command = [sys.executable, *options, "-m", "skilltui", "--home", str(home), "hook", agent]
    source: dict[str, Any] = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    return subprocess.run(command, capture_output=True, cwd=cwd, timeout=30, check=False, **(source | more))


def spooled(home: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((home / "spool").glob("hook-*"))]


@pytest.mark.parametrize(("agent", "printed"), [("claude-code", b""), ("codex", b""), ("gemini", b"{}\n")])
def test_an_event_goes_to_the_spool_without_its_words(tmp_path: Path, agent: str, printed: bytes) -> None:
    done = run_hook(tmp_path / "home", agent, json.dumps(EVENT).encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, printed, b"")
    (record,) = spooled(tmp_path / "home")
    kept = {k: v for k, v in EVENT.items() if k not in {"prompt", "tool_input"}}
    assert record == {"v": 1, "kind": "hook", "agent": agent, "at": record["at"], **kept}
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()


@pytest.mark.parametrize("data", [None, b"", b"{", b"[1]", b"\xff\xfe\x00", b'{"session_id": 1}', b"[" * 100_000])
def test_what_is_no_event_is_passed_over(tmp_path: Path, data: bytes | None) -> None:
    done = run_hook(tmp_path / "home", "gemini", data)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{}\n", b"")
    assert not (tmp_path / "home" / "spool").exists()


def test_a_huge_event_is_read_to_its_end_and_kept_by_its_head(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "skilltui", "--home", str(tmp_path), "hook", "codex"], stdin=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        # An agent may not like its pipe to break.
        process.stdin.write(json.dumps({**EVENT, "tool_response": "x" * 2_000_000}).encode())
        process.stdin.close()
        assert process.wait() == 0
    assert [record["session_id"] for record in spooled(tmp_path)] == ["5e55"]


def test_nothing_that_is_wrong_with_the_home_is_the_agents_business(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    data = json.dumps(EVENT).encode()
    for home in (tmp_path / "file", tmp_path / "loop", Path("/proc/nowhere"), Path("\u20ac" * 300)):
        done = run_hook(home, "claude-code", data)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), home


def test_a_disk_that_takes_nothing_leaves_no_half_event(tmp_path: Path) -> None:
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # noqa: E731
    done = run_hook(tmp_path, "claude-code", json.dumps(EVENT).encode(), preexec_fn=full)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full"])
def test_standard_streams_may_be_closed_or_useless(tmp_path: Path, closing: str) -> None:
    command = shlex.join([sys.executable, "-m", "skilltui", "--home", str(tmp_path), "hook", "gemini"])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} {closing}"], input=json.dumps(EVENT).encode(), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert [record["session_id"] for record in spooled(tmp_path)] == ([] if closing.startswith("<") else ["5e55"])


def test_a_pipe_that_nobody_closes_holds_nobody_up(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b'{"session_id":')
    try:
        # Without an end of its own, the process would wait for ever, and this test with it.
        assert run_hook(tmp_path, "codex", None, stdin=reader).returncode == 0
    finally:
        os.close(reader)
        os.close(writer)


def test_an_unknown_agent_is_told_and_blocks_nobody(tmp_path: Path) -> None:
    done = run_hook(tmp_path, "clippy", b"{}")
    # In Claude Code a status of 2 would block the prompt.
    assert done.returncode == 0
    assert b"clippy" in done.stderr


def test_a_hook_loads_nothing_heavy(tmp_path: Path) -> None:
    done = run_hook(tmp_path, "codex", json.dumps(EVENT).encode(), options=("-X", "importtime"))
    loaded = {line.rsplit(b"|", 1)[-1].strip().decode() for line in done.stderr.splitlines()}
    assert "skilltui.cli.hook" in loaded
    assert not loaded & {
        "argparse", "asyncio", "sqlite3", "aiosqlite", "dataclasses", "pathlib", "inspect", "threading", "subprocess",
        "platformdirs", "skilltui.paths", "skilltui.config", "skilltui.errors", "skilltui.text", "rich", "textual",
    }  # fmt: skip


def settings_of(cli: Cli, agent: str) -> Path:
    return cli.person / {
        "claude-code": ".claude/settings.json", "codex": ".codex/hooks.json", "gemini": ".gemini/settings.json",
    }[agent]  # fmt: skip


THEIRS = """{
    "model": "opus",  "number": 1.50e3,
    "hooks": {
        "Stop": [{"hooks": [{"type": "command", "command": "say \\u00e9"}]}],
        "PreToolUse": [
            {
                "matcher": "Bash",
                "hooks": []
            }
        ]
    },
    "env": {"KEY": "value"}
}
"""


@pytest.mark.parametrize("agent", ["claude-code", "codex", "gemini"])
def test_a_hook_comes_in_once_and_goes_without_a_trace(cli: Cli, agent: str) -> None:
    path = settings_of(cli, agent)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(THEIRS, encoding="utf-8")
    path.chmod(0o640)
    first = cli("hook", agent, "--install")
    assert (first["installed"], first["changed"]) == (True, True)
    assert Path(first["backup"]).read_text(encoding="utf-8") == THEIRS
    assert Path(first["backup"]).is_relative_to(cli.home / "backups")
    assert path.stat().st_mode & 0o777 == 0o640
    text = path.read_text(encoding="utf-8")
    settings = json.loads(text)
    for event in first["events"]:
        (ours,) = (h for g in settings["hooks"][event] for h in g["hooks"] if h["command"] == first["command"])
        assert ours["type"] == "command"
    # Line by line, what was there is there still, in its order.
    lines = iter(text.splitlines())
    assert all(any(theirs.rstrip(",]") in line for line in lines) for theirs in THEIRS.splitlines())
    again = cli("hook", agent, "--install")
    assert (again["changed"], again["backup"]) == (False, None)
    assert path.read_text(encoding="utf-8") == text
    assert cli("doctor")["hooks"][agent] == "installed"
    assert cli("hook", agent, "--uninstall")["changed"]
    assert path.read_text(encoding="utf-8") == THEIRS
    assert not cli("hook", agent, "--uninstall")["changed"]
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == [path.name]
    assert cli("doctor")["hooks"][agent] == "not installed"


@pytest.mark.parametrize("agent", ["claude-code", "codex", "gemini"])
def test_the_written_command_works_from_any_folder(cli: Cli, agent: str, tmp_path: Path) -> None:
    command = cli("hook", agent, "--install")["command"]
    trap = tmp_path / "a project" / "skilltui"
    trap.mkdir(parents=True)
    (trap / "__init__.py").write_text("raise SystemExit('run from the project')", encoding="utf-8")
    done = subprocess.run(
        ["/bin/sh", "-c", command], input=json.dumps(EVENT).encode(), cwd=trap.parent, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert [record["agent"] for record in spooled(cli.home)] == [agent]


def test_a_file_that_we_made_goes_again_and_one_of_theirs_stays(cli: Cli) -> None:
    path = settings_of(cli, "codex")
    cli("hook", "codex", "--install")
    assert path.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(path.read_text(encoding="utf-8"))) == {"hooks"}
    cli("hook", "codex", "--uninstall")
    assert list(path.parent.iterdir()) == []
    path.write_text("{}\n", encoding="utf-8")
    cli("hook", "codex", "--install")
    cli("hook", "codex", "--uninstall")
    assert path.read_text(encoding="utf-8") == "{}\n"


def test_a_file_that_we_made_stays_with_what_somebody_added(cli: Cli) -> None:
    path = settings_of(cli, "claude-code")
    cli("hook", "claude-code", "--install")
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**settings, "model": "opus"}), encoding="utf-8")
    cli("hook", "claude-code", "--uninstall")
    assert json.loads(path.read_text(encoding="utf-8")) == {"model": "opus"}


def test_an_older_form_is_replaced_and_another_homes_hook_stays(cli: Cli) -> None:
    path = settings_of(cli, "claude-code")
    path.parent.mkdir(parents=True, exist_ok=True)
    old = f"/gone/python -m skilltui --home {shlex.quote(str(cli.home))} hook claude-code"
    other = "/usr/bin/skilltui --home /elsewhere hook claude-code"
    handlers = [{"type": "command", "command": command} for command in (old, other)]
    path.write_text(json.dumps({"hooks": {"PostToolUse": [{"hooks": handlers}]}}, indent=1), encoding="utf-8")
    assert cli("hook", "claude-code", "--install")["changed"]
    text = path.read_text(encoding="utf-8")
    assert "/gone/python" not in text
    cli("hook", "claude-code", "--uninstall")
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after == {"hooks": {"PostToolUse": [{"hooks": [handlers[1]]}]}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{\n  // mine\n  "model": "opus"\n}', "a comment in line 2"),
        ('{"hooks": []}', "hooks is no JSON object"),
        ('{"hooks": {"Stop": {}}}', "hooks.Stop is no list"),
        ("[]", "no JSON object"),
        ('{"a": 1', "no plain JSON"),
    ],
)
def test_settings_that_would_lose_something_are_refused(cli: Cli, text: str, says: str) -> None:
    path = settings_of(cli, "claude-code")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    error = cli("hook", "claude-code", "--install", status=1)["error"]
    assert error["code"] == "state"
    assert says in error["message"]
    assert error["hint"]
    assert path.read_text(encoding="utf-8") == text


def test_a_link_stays_a_link_and_its_file_is_changed(cli: Cli, tmp_path: Path) -> None:
    dotfile = tmp_path / "dotfiles" / "claude.json"
    dotfile.parent.mkdir()
    dotfile.write_text(THEIRS, encoding="utf-8")
    path = settings_of(cli, "claude-code")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(dotfile)
    assert cli("hook", "claude-code", "--install")["changed"]
    assert path.is_symlink()
    assert "skilltui" in dotfile.read_text(encoding="utf-8")
    cli("hook", "claude-code", "--uninstall")
    assert dotfile.read_text(encoding="utf-8") == THEIRS
    dotfile.unlink()
    assert "which is not there" in cli("hook", "claude-code", "--install", status=1)["error"]["message"]
    path.unlink()
    os.mkfifo(path)
    assert "no regular file" in cli("hook", "claude-code", "--install", status=1)["error"]["message"]


def test_somebody_who_saves_meanwhile_wins(tmp_path: Path, paths: HomePaths) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{}", encoding="utf-8")
    paths.make()
    file = ForeignFile.read(path, paths.backups, "claude-code")
    path.write_text('{"model": "opus"}', encoding="utf-8")
    with pytest.raises(ForeignEditError):
        file.write('{"hooks": {}}')
    assert path.read_text(encoding="utf-8") == '{"model": "opus"}'
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".settings")]


def test_without_a_named_home_none_is_written(paths: HomePaths, person: Path) -> None:
    plain = AgentHooks("codex", paths, None, {"HOME": str(person)})
    named = AgentHooks("codex", paths, paths.data_dir, {"HOME": str(person)})
    assert shlex.split(plain.command) == [sys.executable, "-P", "-m", "skilltui", "hook", "codex"]
    plain.install()
    named.install()
    assert plain.installed()
    assert named.installed()
    named.uninstall()
    assert plain.installed()
    assert not named.installed()


def test_what_keeps_a_hook_from_running_is_told(cli: Cli) -> None:
    codex = settings_of(cli, "codex")
    codex.parent.mkdir(parents=True, exist_ok=True)
    codex.with_name("config.toml").write_text(
        "[features]\nhooks = false\n[[hooks.Stop]]\nhooks = []\n", encoding="utf-8"
    )
    hints = " ".join(cli("hook", "codex", "--install")["hints"])
    assert "/hooks" in hints
    assert "switched off" in hints
    assert "Codex runs both" in hints
    assert "trajectory_capture" in hints
    gemini = settings_of(cli, "gemini")
    gemini.parent.mkdir(parents=True, exist_ok=True)
    gemini.write_text('{"hooksConfig": {"enabled": false, "disabled": ["skilltui"]}}', encoding="utf-8")
    assert len(cli("hook", "gemini", "--install")["hints"]) == 3
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    assert cli("hook", "claude-code", "--install")["hints"] == []


def test_wrong_usage_of_the_command_is_told(cli: Cli) -> None:
    assert cli("hook", "clippy", "--install", status=2)["error"]["code"] == "usage"
    assert cli("hook", "codex", "--install", "--uninstall", status=2)["error"]["code"] == "usage"
    assert cli("hook", status=2)["error"]["code"] == "usage"
