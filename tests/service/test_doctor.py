"""``doctor`` names every agent, and every file that was read, passed over or damaged, with the reason."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.service.test_cli import Cli, cli
from tests.service.test_scope import consent, session

__all__ = ["cli"]


def mixed(folder: Path) -> None:
    """Whole, damaged, unknown, empty, foreign: what such a folder holds in time."""
    good = session("a").write(folder)
    with good.open("a") as file:
        file.write('{"type":"strange-new-thing","sessionId":"x"}\n' * 3 + '{"type":"user", torn\n' + "[1,2]\n")
    for number in range(8):
        (folder / f"empty{number}.jsonl").touch()
    (folder / "link.jsonl").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "folder.jsonl").mkdir()


def test_every_agent_and_every_file_is_named(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = consent(cli)
    folder.mkdir(parents=True)
    mixed(folder)
    cli("ingest")
    session("b").write(folder)
    report = cli("doctor")
    assert set(report["agents"]) >= {"claude-code", "codex", "copilot", "pi", "gemini"}
    claude, codex = report["agents"]["claude-code"], report["agents"]["codex"]
    assert claude == {"folders": [str(folder)], "missing": [], "files": 2, "sessions": 1, "withheld": None}
    assert (codex["folders"], codex["files"]) == ([], 0)
    assert codex["missing"] == [str(cli.person / ".codex" / part) for part in ("sessions", "archived_sessions")]
    read, waiting = report["files"]
    assert [q["reason"] for q in read["quarantine"]] == ["not valid JSON", "not a JSON object"]
    assert (read["quarantined"], read["unknown"]) == (2, {"strange-new-thing": 3})
    assert (waiting["read_at"], waiting["format"]) == (None, "claude-code")
    assert report["unknown"] == {"claude-code": {"strange-new-thing": 3}}
    skipped = {Path(s["path"]).name: s["reason"] for s in report["skipped"]}
    assert len(skipped) == 11
    assert skipped["pipe.jsonl"] == "not a regular file"
    assert skipped["folder.jsonl"] == "a folder named like a transcript"

    monkeypatch.setenv("COLUMNS", "80")
    text = cli.text("doctor")
    assert all(len(line) <= 80 for line in text.splitlines() if str(cli.home) not in line)
    assert "claude-code  2      1         ~/.claude/projects" in text
    assert "not found: ~/.codex/sessions" in text
    assert "1 read, 1 wait to be read" in text
    assert "2 pieces set aside" in text
    assert "strange-new-thing 3×" in text
    assert "skipped  8 files: empty" in text
    assert "… and 3 more of them" in text
    assert text.count("empty") < 8


def test_what_is_out_of_scope_or_gone_is_said(cli: Cli) -> None:
    folder = consent(cli)
    path = session("a").write(folder)
    cli("ingest")
    cli("config", "set", "capture.deny_sources", "codex")
    cli("config", "set", "capture.allow_sources", "claude-code")
    report = cli("doctor")
    assert report["agents"]["codex"]["withheld"] == "codex is denied by capture.deny_sources"
    assert report["agents"]["pi"]["withheld"] == "pi is not in capture.allow_sources"
    assert "pi is not in capture.allow_sources" in cli.text("doctor")
    cli("forget", session("a").session)
    assert [(s["path"], "forgotten" in s["reason"]) for s in cli("doctor")["skipped"]] == [(str(path), True)]
    assert cli("doctor")["files"] == []


def test_without_consent_folders_are_named_and_not_opened(cli: Cli) -> None:
    folder = cli.person / ".claude" / "projects"
    session("a").write(folder)
    report = cli("doctor")
    assert report["agents"]["claude-code"]["folders"] == [str(folder)]
    assert report["agents"]["claude-code"]["files"] is None
    assert report["files"] == report["skipped"] == []


def test_hostile_names_reach_no_terminal(cli: Cli) -> None:
    folder = consent(cli) / "\x1b]0;owned\x07\u202e"
    folder.mkdir(parents=True)
    (folder / "a\x1b[2J.jsonl").write_text(json.dumps({"type": "\x1b[31m"}) + "\n")
    (folder / "b\nPROBLEM  faked.jsonl").touch()
    text = cli.text("doctor")
    assert not {c for c in text if ord(c) < 32 and c != "\n"} | ({"\u202e", "\x9b"} & set(text))
    assert not any(line.startswith("PROBLEM") for line in text.splitlines())
