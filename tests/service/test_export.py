"""``export`` as a person runs it: into a file or a pipe, and back into another home."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from atif import Trajectory as AtifTrajectory

from skilltui.capture.exports.session import exported
from skilltui.paths import HomePaths
from skilltui.workshop.home import Home
from tests.roundtrip import read, told
from tests.service.test_cli import Cli, cli
from tests.sessions import ClaudeSession, release, write_releases

__all__ = ["cli"]
SECRET = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6"


def corrected() -> ClaudeSession:
    """A session of two tasks, the first one corrected."""
    session = release(1, "release 0.3.0 of the package, update the changelog first", correct=True)
    session.say("now write a poem about the weather in spring")
    session.call("Write", {"file_path": "/w/shop/poem.md", "content": f"rain, {SECRET}"})
    return session


def shown(cli: Cli, trajectory: str) -> dict[str, Any]:
    found = cli("show", trajectory)
    for name in ("id", "session", "source"):
        del found[name]
    found["evidence"] = [e for e in found["evidence"] if e["signal"] != "recorded"]
    return found


@pytest.mark.parametrize("fmt", ["atif", "events"])
def test_a_session_moves_to_another_home(cli: Cli, tmp_path: Path, fmt: str) -> None:
    cli("ingest", str(corrected().write(tmp_path / "t")))
    ids = [t["id"] for t in cli("trajectories")["trajectories"]]
    cli("label", ids[0], "failure", "--fault", "model")
    before = [shown(cli, i) for i in ids]
    target = tmp_path / "moved.json"
    told_ = cli("export", corrected().session, "--format", fmt, "-o", str(target))
    assert (told_["path"], told_["steps"], len(told_["trajectories"])) == (str(target), 9, 2)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert SECRET not in target.read_text()
    assert "redacted:github" in target.read_text()

    cli.home = tmp_path / "other"
    report = cli("ingest", str(target))
    assert (report["sessions"], report["trajectories"], report["steps"]) == (1, 2, 9)
    assert cli("ingest", str(target))["new_steps"] == 0
    assert [shown(cli, t["id"]) for t in cli("trajectories")["trajectories"]] == before


def test_one_trajectory_goes_to_standard_output(cli: Cli, tmp_path: Path) -> None:
    cli("ingest", str(corrected().write(tmp_path / "t")))
    newest = cli("trajectories")["trajectories"][0]["id"]
    document = json.loads(cli.text("export", newest))
    AtifTrajectory.model_validate(document)
    assert document["trajectory_id"] == newest
    lines = cli.text("export", newest, "--format", "events").splitlines()
    assert [json.loads(line)["type"] for line in lines] == [
        "session_start", "user_message", "tool_call", "tool_result", "session_end",
    ]  # fmt: skip
    wrapped = cli("export", newest)
    assert wrapped["content"] == document
    assert (wrapped["format"], wrapped["trajectories"]) == ("atif", [newest])


def test_a_file_that_is_there_stays(cli: Cli, tmp_path: Path) -> None:
    cli("ingest", str(corrected().write(tmp_path / "t")))
    target = tmp_path / "mine.json"
    target.write_text("mine")
    refused = cli("export", corrected().session, "-o", str(target), status=1)["error"]
    assert (refused["code"], target.read_text()) == ("state", "mine")
    assert "--force" in refused["hint"]
    cli("export", corrected().session, "-o", str(target), "--force")
    assert json.loads(target.read_text())["schema_version"].startswith("ATIF-v1")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    missing = cli("export", corrected().session, "-o", str(tmp_path / "no" / "where.json"), status=1)["error"]
    assert missing["code"] == "source"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "mine.json", "person", "t"]


def test_what_is_not_there_is_told(cli: Cli, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    cli("ingest", str(tmp_path / "t"))
    assert cli("export", "t_nothing", status=1)["error"]["code"] == "not_found"
    assert cli("export", "--format", "pdf", "x", status=2)["error"]["code"] == "usage"


def test_nothing_in_an_export_acts_on_a_terminal(cli: Cli, tmp_path: Path) -> None:
    session = ClaudeSession("aaaaaaaa-0000-4000-8000-000000000000")
    session.say("print \x1b]0;title\x07 and \x9b31m and \u202eback, naïve 日本")
    session.bash("cat x", "\x1b[2J\x07 \U000e0041 wide")
    cli("ingest", str(session.write(tmp_path / "t")))
    for fmt in ("atif", "events"):
        text = cli.text("export", session.session, "--format", fmt)
        assert "naïve 日本" in text
        assert not {c for c in text if ord(c) < 32 and c != "\n"} | ({"\x9b", "\u202e", "\U000e0041"} & set(text))


async def test_every_real_session_is_valid_and_comes_back(shared_data: Path, tmp_path: Path) -> None:
    paths = HomePaths(tmp_path / "home", tmp_path / "home")
    async with Home.open(paths, env={"HOME": str(tmp_path)}) as home:
        await home.capturing.ingest([shared_data / "transcripts"])
        for session in await home.capturing.sessions(100_000):
            listed = await home.capturing.trajectories(session=session.id, source=session.source, limit=None)
            whole = await home.capturing.whole(t.id for t in listed)
            for fmt, name in (("atif", "trajectory.json"), ("events", "events.jsonl")):
                alone = len({t.source for t in await home.capturing.trajectories(session=session.id, limit=None)}) == 1
                export = await home.exporting.export(session.id if alone else whole[0].id, fmt)
                if fmt == "atif":
                    AtifTrajectory.model_validate_json(export.text)
                (tmp_path / name).write_text(export.text, encoding="utf-8")
                kept = exported(whole if alone else whole[:1]).trajectories
                assert [told(t) for t in read(tmp_path / name, fmt)] == [told(t) for t in kept], session
