"""The store's cap: the oldest outputs are cut down first, and nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from skilltui.config import set_config
from skilltui.paths import HomePaths
from skilltui.workshop.home import Home
from tests.service.test_cli import Cli, cli
from tests.sessions import ClaudeSession, write_releases

__all__ = ["cli"]
MB = 1 << 20


def work(number: int, *, size: int = 14_000) -> ClaudeSession:
    """A session of one day with outputs and arguments of some size."""
    made = ClaudeSession(f"{number:08d}-0000-4000-8000-000000000000", start=datetime(2025, 1, 1, tzinfo=UTC))
    made.start += timedelta(days=number)
    made.say(f"request {number}: make the checkout tests pass again")
    for step in range(6):
        made.bash(f"pytest part{step}", f"head {number} {'x' * size} tail {number}", code=step % 2)
        made.call("Write", {"file_path": f"/w/shop/{step}.py", "content": f"arg {number} {'y' * (size // 2)} end"})
    made.say("great, thanks")
    return made


def full(cli: Cli, tmp_path: Path, count: int, *, size: int = 14_000) -> None:
    cli("config", "set", "capture.max_store_mb", "2")
    for number in range(count):
        work(number, size=size).write(tmp_path / "t")
    cli("ingest", str(tmp_path / "t"))


def test_the_oldest_outputs_go_and_all_else_stays(cli: Cli, tmp_path: Path) -> None:
    full(cli, tmp_path, 20)
    rows = cli("trajectories")["trajectories"]
    assert len(rows) == 20
    assert {(r["steps"], r["failed_steps"], r["outcome"]) for r in rows} == {(12, 3, "success")}
    shown = [cli("show", r["id"]) for r in rows]
    trimmed = [s["trimmed"] for s in shown]
    assert trimmed == sorted(trimmed)  # newest first
    assert (trimmed[0], trimmed[-1]) == (False, True)
    newest, oldest = shown[0]["step_list"][0]["output"], shown[-1]["step_list"][0]["output"]
    assert len(newest) > 14_000
    assert oldest.startswith("head 0")
    assert oldest.rstrip().endswith("tail 0")
    assert "characters left out" in oldest
    assert len(oldest) < 500
    assert len(shown[-1]["step_list"][1]["args"]["content"]) > 7_000  # arguments go only when outputs do not suffice
    assert "cut down" in cli.text("show", rows[-1]["id"])
    report = cli("doctor", "--verify")
    assert report["problems"] == []
    assert report["size"]["bytes"] <= 2 * MB
    assert report["size"]["trimmed_trajectories"] == sum(trimmed)
    assert (cli.home / "skilltui.db").stat().st_size <= 2.2 * MB
    # The same input again brings nothing back, and nothing more goes.
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 0
    assert [cli("show", r["id"])["trimmed"] for r in rows] == trimmed


def test_arguments_follow_and_requests_never(cli: Cli, tmp_path: Path) -> None:
    full(cli, tmp_path, 90)
    rows = cli("trajectories", "--limit", "100")["trajectories"]
    assert len(rows) == 90
    assert all(r["request"].startswith("request ") and r["outcome"] == "success" for r in rows)
    assert cli("doctor")["size"]["bytes"] <= 2 * MB
    content = cli("show", rows[-1]["id"])["step_list"][1]["args"]["content"]
    assert content.startswith("arg 0")
    assert content.endswith("end")
    assert len(content) < 500


def test_a_store_that_has_nothing_more_to_give_says_so(cli: Cli, tmp_path: Path) -> None:
    cli("config", "set", "capture.max_store_mb", "1")
    made = ClaudeSession("aaaaaaaa-0000-4000-8000-000000000000", start=datetime(2025, 1, 1, tzinfo=UTC))
    for number in range(30):
        made.say(f"write the poem number {number}: " + "words of a poem " * 3000)
        made.bash("ls", "poem.md")
    cli("ingest", str(made.write(tmp_path / "t")))
    assert cli("doctor")["size"]["bytes"] > MB
    assert "raise capture.max_store_mb" in cli.text("doctor")
    assert all(len(t["request"]) > 40_000 for t in cli("trajectories")["trajectories"])


def test_what_a_waiting_draft_quotes_is_kept(cli: Cli, tmp_path: Path) -> None:
    # The quoted ones are the oldest of all.
    for path in write_releases(tmp_path / "r"):
        path.write_text(path.read_text().replace("2026-11-", "2024-11-"))
    cli("ingest", str(tmp_path / "r"))
    draft = cli("synthesize", cli("gaps")["gaps"][0]["id"])
    quoted = {ref["trajectory"] for edit in draft["edits"] for ref in edit["evidence"]}
    cli("config", "set", "capture.max_store_mb", "1")
    for number in range(30):
        work(number).write(tmp_path / "t")
    cli("ingest", str(tmp_path / "t"))
    cut = {t["id"]: cli("show", t["id"])["trimmed"] for t in cli("trajectories", "--limit", "100")["trajectories"]}
    assert any(cut.values())
    assert not any(cut[one] for one in quoted)


async def test_a_home_that_is_open_is_tended(tmp_path: Path, person: Path) -> None:
    paths = HomePaths(tmp_path / "home", tmp_path / "home")
    paths.make()
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        await home.capturing.ingest([work(number).write(tmp_path / "t") for number in range(16)])
        assert not (await home.capturing.trajectory((await home.capturing.trajectories())[-1].id)).trimmed
    set_config(paths.config, "capture.max_store_mb", "1")
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        tending = asyncio.create_task(home.keep_tending())
        while (await home.retaining.size()).used > MB:
            await asyncio.sleep(0)
        tending.cancel()
        await asyncio.gather(tending, return_exceptions=True)
        assert (await home.retaining.size()).trimmed > 0
