"""Importing the same folders again: told at once while nothing has changed, and never told wrongly."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from skilltui.capture.footprint import footprint
from skilltui.cli.again import VARIABLES
from skilltui.cli.main import run
from skilltui.config import set_config
from skilltui.paths import agent_folders
from skilltui.store import database
from tests.documents import write
from tests.opencode import OpenCodeDatabase
from tests.sessions import ClaudeSession, write_releases

A = "a0000000-0000-4000-8000-00000000000a"


@pytest.fixture
def home(tmp_path: Path, person: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(person))
    for name in (*VARIABLES[1:], "SKILLTUI_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_releases(tmp_path / "t")
    made_long_ago(tmp_path / "t")
    return tmp_path / "t"


def made_long_ago(folder: Path) -> None:
    """A receipt wants files that rest; their change times can't be set, so what is waited for is the clock's tick."""
    while footprint([str(folder)]) is None:
        pass


def ingest(home: Path, *paths: object, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The report, without its time."""
    assert run(["--home", str(home), "ingest", *map(str, paths), "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    del report["seconds"]
    return report


def receipts(home: Path) -> list[Path]:
    return sorted((home / "receipts").glob("*.json"))


def loaded(home: Path, *argv: str) -> tuple[dict[str, Any], set[str]]:
    """The report of an import in a process of its own, and the modules that it loaded."""
    code = "import sys\nfrom skilltui.cli.main import run\nrun(sys.argv[1:])\nprint(*sys.modules)"
    call = [sys.executable, "-c", code, "--home", str(home), "ingest", *argv, "--json"]
    out = subprocess.run(call, capture_output=True, text=True, check=True).stdout.splitlines()
    return json.loads(out[0]), set(out[1].split())


def test_nothing_is_opened_where_nothing_changed(home: Path, folder: Path) -> None:
    first, long_way = loaded(home, str(folder))
    again, short_way = loaded(home, str(folder))
    for report in (first, again):
        del report["seconds"]
    assert again == first | {"new_steps": 0, "bytes": 0}
    assert first["new_steps"] == 24
    assert {"sqlite3", "asyncio"} <= long_way
    assert not {"sqlite3", "asyncio", "argparse"} & short_way


def test_people_read_the_same_report(home: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "notes.json").write_text('{"no": "transcript"}', encoding="utf-8")
    made_long_ago(folder)
    ingest(home, folder, capsys=capsys)
    (receipt,) = receipts(home)
    assert run(["--home", str(home), "ingest", str(folder)]) == 0
    short = capsys.readouterr().out
    receipt.unlink()
    assert run(["--home", str(home), "ingest", str(folder)]) == 0
    assert short.splitlines()[1:] == capsys.readouterr().out.splitlines()[1:]
    assert "skipped" in short


def _append(folder: Path) -> None:
    path = next(folder.rglob("*.jsonl"))
    lines = path.read_bytes()
    path.write_bytes(lines + lines.splitlines(keepends=True)[-1].replace(b'"uuid":', b'"other":'))


def _rewrite_and_hide_it(folder: Path) -> None:
    """The same size and time as before: only the change time tells."""
    path = next(folder.rglob("*.jsonl"))
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"pytest", b"pytesT"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _add(folder: Path) -> None:
    ClaudeSession(A).say("tidy up the changelog").bash("cat CHANGELOG.md").write(folder / "deep" / "er")


def _remove(folder: Path) -> None:
    next(folder.rglob("*.jsonl")).unlink()


def _rename(folder: Path) -> None:
    path = next(folder.rglob("*.jsonl"))
    path.rename(path.with_suffix(".jsonl.old"))


def _forbid(folder: Path) -> None:
    next(folder.rglob("*.jsonl")).chmod(0)


def _link(folder: Path) -> None:
    (folder / "more.jsonl").symlink_to(next(folder.rglob("*.jsonl")))


@pytest.mark.parametrize("change", [_append, _rewrite_and_hide_it, _add, _remove, _rename, _forbid, _link])
def test_every_change_of_the_folder_is_seen(
    change: Callable[[Path], None], home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(home, folder, capsys=capsys)
    assert receipts(home)
    change(folder)
    made_long_ago(folder)
    after = ingest(home, folder, capsys=capsys)
    for receipt in receipts(home):
        receipt.unlink()
    asked = ingest(home, folder, capsys=capsys)
    assert after | {"new_steps": 0, "bytes": 0} == asked | {"new_steps": 0, "bytes": 0}
    if change is _add:
        assert after["new_steps"] == 1
    if change is _link:
        assert [file["reason"] for file in after["skipped"]] == ["a link; the file is read where it lies"]


def test_what_happens_in_the_home_is_seen(home: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = ingest(home, folder, capsys=capsys)
    assert run(["--home", str(home), "trajectories", "--json"]) == 0
    session = json.loads(capsys.readouterr().out)["trajectories"][0]["session"]
    assert run(["--home", str(home), "forget", session, "--yes", "--json"]) == 0
    capsys.readouterr()
    assert receipts(home) == []
    after = ingest(home, folder, capsys=capsys)
    assert after["sessions"] == before["sessions"] - 1

    assert run(["--home", str(home), "config", "set", "capture.deny_sources", "claude-code"]) == 0
    capsys.readouterr()
    assert len(ingest(home, folder, capsys=capsys)["skipped"]) == 3


def test_a_damaged_receipt_is_no_receipt(home: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = ingest(home, folder, capsys=capsys)
    (receipt,) = receipts(home)
    whole = receipt.read_bytes()
    for damaged in (b"", whole[:40], b"[]", b'{"state": []}', whole.replace(b'"files"', b'"fil"')):
        receipt.write_bytes(damaged)
        assert ingest(home, folder, capsys=capsys) == first | {"new_steps": 0, "bytes": 0}


def test_a_session_that_may_go_on_leaves_no_receipt(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    ClaudeSession(A, start=now).say("make the build faster").bash("make").write(tmp_path / "t")
    made_long_ago(tmp_path / "t")
    ingest(home, tmp_path / "t", capsys=capsys)
    assert receipts(home) == []


def test_the_agents_own_folders_are_remembered_too(
    home: Path, person: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ClaudeSession(A).say("tidy up the changelog").bash("cat CHANGELOG.md").write(person / ".claude" / "projects" / "p")
    made_long_ago(person / ".claude" / "projects")
    assert run(["--home", str(home), "ingest", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "capture_off"
    assert receipts(home) == []
    assert run(["--home", str(home), "config", "set", "skills.learning.trajectory_capture", "true"]) == 0
    capsys.readouterr()
    first = ingest(home, capsys=capsys)
    assert first["new_steps"] == 1
    assert len(receipts(home)) == 1
    assert ingest(home, capsys=capsys) == first | {"new_steps": 0, "bytes": 0}
    # Another agent's folder appears, and then another folder is named.
    moved = person / "elsewhere"
    ClaudeSession(A.replace("a", "b")).say("fix the parser").bash("make").write(moved / "projects" / "p")
    made_long_ago(moved)
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(moved))
    assert ingest(home, capsys=capsys)["new_steps"] == 1


def test_the_variables_are_all_that_decide_where_agents_are() -> None:
    class Asked(Mapping[str, str]):
        def __init__(self) -> None:
            self.names: set[str] = set()

        def __getitem__(self, name: str) -> str:
            self.names.add(name)
            return "/somewhere"

        def __iter__(self) -> Iterator[str]:
            return iter(self.names)

        def __len__(self) -> int:
            return len(self.names)

    asked = Asked()
    agent_folders(asked)
    assert asked.names <= set(VARIABLES)


def test_a_footprint_is_that_of_folders_at_rest(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("1", encoding="utf-8")
    assert footprint([str(tmp_path / "one")]) is None, "a file may have others beside it that belong to it"
    missing = str(tmp_path / "missing")
    before = footprint([missing])
    (tmp_path / "missing").mkdir()
    assert before is not None
    assert footprint([missing]) != before
    loop = tmp_path / "loop"
    loop.mkdir()
    (loop / "itself").symlink_to(loop)
    (loop / "nowhere").symlink_to(tmp_path / "gone")
    made_long_ago(loop)
    assert footprint([str(loop)]) == footprint([str(loop)])


def the_long_way(home: Path, *paths: object, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The report without a receipt: what a short one must not differ from."""
    for receipt in receipts(home):
        receipt.unlink()
    return ingest(home, *paths, capsys=capsys)


def test_a_document_with_neighbours_elsewhere_is_looked_at(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = tmp_path / "trial"
    step = {"step_id": 1, "timestamp": "2026-11-03T10:00:00Z", "source": "user", "message": "build the shop"}
    document = {"schema_version": "ATIF-v1.7", "session_id": "s", "agent": {"name": "a"}, "steps": [step]}
    write(trial / "agent" / "trajectory.json", document)
    made_long_ago(trial)
    ingest(home, trial / "agent", capsys=capsys)
    assert receipts(home) == []
    ingest(home, trial, capsys=capsys)
    assert len(receipts(home)) == 1, "here everything lies in the folder"
    write(trial / "reward.json", {"reward": 1.0})
    ingest(home, trial / "agent", capsys=capsys)
    assert run(["--home", str(home), "trajectories", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trajectories"][0]["outcome_by"] == "reward"


def test_a_database_that_is_a_link_is_looked_at(
    home: Path, person: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = OpenCodeDatabase(tmp_path / "elsewhere" / "opencode.db")
    folder = person / ".local" / "share" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.db").symlink_to(database.path)
    assert run(["--home", str(home), "config", "set", "skills.learning.trajectory_capture", "true"]) == 0
    capsys.readouterr()
    ingest(home, capsys=capsys)
    assert receipts(home) == []
    database.close()


def test_settings_that_change_during_an_import_are_seen(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from skilltui.workshop.capturing import Capturing

    settle = Capturing.settle

    async def changed(self: Capturing) -> int:
        set_config(self._context.paths.config, "capture.deny_sources", "claude-code")
        return await settle(self)

    with monkeypatch.context() as patch:
        patch.setattr(Capturing, "settle", changed)
        ingest(home, folder, capsys=capsys)
    after = ingest(home, folder, capsys=capsys)
    assert after["files"] == 0
    assert after == the_long_way(home, folder, capsys=capsys)


def test_bytes_that_are_yet_to_be_cleared_are_not_passed_over(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The reader below stays whatever is waited for it.
    patient = database._PRAGMAS
    monkeypatch.setattr(database, "_PRAGMAS", [p.replace("5000", "20") for p in patient])
    ingest(home, folder, capsys=capsys)
    reader = sqlite3.connect(home / "skilltui.db")
    reader.execute("BEGIN")
    (session,) = reader.execute("SELECT native FROM session LIMIT 1").fetchone()
    assert run(["--home", str(home), "forget", session, "--yes", "--json"]) == 0
    assert not json.loads(capsys.readouterr().out)["clean"]
    ingest(home, folder, capsys=capsys)
    assert receipts(home) == []
    reader.close()
    ingest(home, folder, capsys=capsys)
    ingest(home, folder, capsys=capsys)
    assert len(receipts(home)) == 1


def test_a_fault_of_the_moment_is_not_told_again(
    home: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> bytes:
        raise OSError(errno.EIO, "input/output error", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("skilltui.capture.discover._head", fails)
        assert ingest(home, folder, capsys=capsys)["sessions"] == 0
    assert ingest(home, folder, capsys=capsys)["new_steps"] == 24


def test_a_folder_that_is_gone_is_no_trouble(
    home: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert ingest(home, folder, capsys=capsys)["new_steps"] == 24
    assert ingest(home, folder, capsys=capsys)["new_steps"] == 0


@pytest.mark.parametrize("wrong", [["--format="], ["--format"], ["--skills"], ["--format", "nope"], ["--no"]])
def test_wrong_usage_is_wrong_also_where_nothing_changed(
    wrong: list[str], home: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest(home, folder, capsys=capsys)
    assert run(["--home", str(home), "ingest", str(folder), *wrong]) == 2
