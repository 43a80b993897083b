"""Capture under way: what comes late, alone, or again; what rests; what people decide meanwhile."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from skilltui.domain.gap import GapStatus
from skilltui.domain.trajectory import ErrorKind, OutcomeBy, OutcomeLabel
from skilltui.errors import StoreError
from skilltui.workshop.events import CaptureStateChanged, WorkshopEvent
from skilltui.workshop.home import Home
from tests.service.conftest import add_skill
from tests.sessions import RELEASES, ClaudeSession, write_releases


def append(path: Path, *records: dict[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(
            json.dumps({"v": 1, "session": "s1", "ts": "2026-11-01T09:00:00Z", **r}) + "\n" for r in records
        )


async def test_a_start_and_an_end_that_come_alone_are_not_lost(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    append(path, {"type": "session_start", "source": "mine", "cwd": "/w/app"})
    assert (await home.capturing.ingest([path])).sessions == 0
    append(
        path, {"type": "user_message", "text": "make it pass"}, {"type": "tool_call", "call_id": "c", "tool": "Bash"}
    )
    await home.capturing.ingest([path])
    append(path, {"type": "session_end", "outcome": "failure", "reward": 0.0})
    assert (await home.capturing.ingest([path])).sessions == 1
    (one,) = await home.capturing.trajectories()
    assert one.project == "/w/app"
    assert (one.outcome.label, one.outcome.by) == (OutcomeLabel.FAILURE, OutcomeBy.REWARD)


async def test_a_result_that_comes_again_cleared_does_not_wipe_the_first(home: Home, tmp_path: Path) -> None:
    session = ClaudeSession("b0000000-0000-4000-8000-000000000000").say("first task").bash("make", "boom", code=2)
    session.say("a wholly different second task").bash("true")
    path = session.write(tmp_path)
    await home.capturing.ingest([tmp_path])
    again = json.loads(session.lines()[2])
    again["uuid"] = "compacted"
    block = again["message"]["content"][0]
    block["content"], block["is_error"] = "[Old tool result content cleared]", False
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(again) + "\n")
    await home.capturing.ingest([tmp_path])
    first = min(await home.capturing.trajectories(), key=lambda t: t.ordinal)
    (step,) = (await home.capturing.trajectory(first.id)).steps
    assert (step.ok, step.error_kind) == (False, ErrorKind.EXIT_NONZERO)
    assert "boom" in step.output


async def test_a_late_result_is_judged_with_its_own_trajectory(home: Home, tmp_path: Path) -> None:
    session = ClaudeSession("b1000000-0000-4000-8000-000000000000").say("run it in the background").bash("make all")
    late = session.records.pop()
    session.say("now write the notes of the release").bash("true")
    path = session.write(tmp_path)
    await home.capturing.ingest([tmp_path])
    first = min(await home.capturing.trajectories(), key=lambda t: t.ordinal)
    assert [s.ok for s in (await home.capturing.trajectory(first.id)).steps] == [None]
    late["message"]["content"][0] |= {"content": "Exit code 1\nbroken", "is_error": True}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(late) + "\n")
    await home.capturing.ingest([tmp_path])
    after = await home.capturing.trajectory(first.id)
    assert ([s.ok for s in after.steps], after.summary().failed_steps) == ([False], 1)
    assert next(t for t in await home.capturing.trajectories() if t.id == first.id).failed_steps == 1


async def test_what_people_decide_during_an_import_stays_decided(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path / "a")
    await home.capturing.ingest([tmp_path / "a"])
    (gap,) = await home.curating.gaps()
    for n in range(20):
        session = ClaudeSession(f"{n:08d}-1000-4000-8000-000000000000").say(RELEASES[n % 3]).bash("git tag v1")
        session.write(tmp_path / "b")
    importing = asyncio.create_task(home.capturing.ingest([tmp_path / "b"]))
    told = asyncio.Event()
    home.bus.subscribe(lambda _: told.set())
    await told.wait()
    await home.curating.dismiss(gap.id)
    await importing
    after = await home.curating.gap(gap.id)
    assert (after.status, after.count) == (GapStatus.DISMISSED, 23)


async def test_a_cancelled_filing_leaves_no_gap_without_its_request(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path)
    for _ in range(30):
        task = asyncio.create_task(home.capturing.ingest([tmp_path]))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await home.capturing.ingest([tmp_path])
    assert [g.count for g in await home.curating.gaps(None)] == [3]


async def test_what_rests_is_judged_by_how_it_ended_whenever_that_is_noticed(home: Home, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    session = ClaudeSession("b2000000-0000-4000-8000-000000000000", start=now - timedelta(minutes=5))
    session.say("make the build green").bash("pytest -q", "4 passed").answer("Done, it is green.")
    session.write(tmp_path)
    await home.capturing.ingest([tmp_path])
    (before,) = await home.capturing.trajectories()
    home._context.clock = lambda: (now + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    await home.capturing.ingest([tmp_path])
    (after,) = await home.capturing.trajectories()
    assert after.outcome.confidence > before.outcome.confidence
    assert await home.capturing.settle() == 0


async def test_a_skill_that_appears_while_capture_runs_is_seen(
    home: Home, tmp_path: Path, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skilltui.workshop.shelf.FRESH_SECONDS", 0.0)
    ClaudeSession("b3000000-0000-4000-8000-000000000000").say("nothing like it").bash("true").write(tmp_path)
    await home.capturing.ingest([tmp_path])
    text = '---\nname: tar-balls\ndescription: "Make tar balls. Use when asked to pack a tar ball."\n---\npack it\n'
    add_skill(person / ".agents" / "skills", "tar-balls", text)
    ClaudeSession("b4000000-0000-4000-8000-000000000000").say("pack a tar ball").bash("tar c x").write(tmp_path)
    await home.capturing.ingest([tmp_path])
    packed = next(t for t in await home.capturing.trajectories() if t.request == "pack a tar ball")
    assert packed.match is not None
    assert packed.match.skill == "tar-balls"


async def test_a_closed_gap_opens_again_when_its_kind_goes_unserved(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path)
    await home.capturing.ingest([tmp_path])
    (gap,) = await home.curating.gaps()
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    await home.reviewing.accept(draft.skill, 1, unverified=True)
    later = datetime(2026, 11, 10, tzinfo=UTC)
    served = ClaudeSession("b5000000-0000-4000-8000-000000000000", start=later).say(RELEASES[1])
    served.call("Skill", {"skill": draft.skill}, "loaded").bash("git tag v1").say("great, thanks").write(tmp_path)
    await home.capturing.ingest([tmp_path])
    assert (await home.curating.gap(gap.id)).status is GapStatus.CLOSED
    failed = ClaudeSession("b6000000-0000-4000-8000-000000000000", start=later + timedelta(days=1)).say(RELEASES[1])
    failed.call("Skill", {"skill": draft.skill}, "loaded").bash("git tag v1", "exists", code=1)
    failed.say("no, that is wrong, it still fails").write(tmp_path)
    await home.capturing.ingest([tmp_path])
    assert (await home.curating.gap(gap.id)).status is GapStatus.OPEN


async def test_what_was_asked_for_by_name_comes_back_even_if_it_was_dismissed(home: Home) -> None:
    home.curating.ask("I need a skill that can rotate the keys")
    await home.tend()
    (gap,) = await home.curating.gaps()
    await home.curating.dismiss(gap.id)
    home.curating.ask("I need a skill that can rotate the keys")
    await home.tend()
    assert [g.count for g in await home.curating.gaps()] == [2]


async def test_a_snooze_ends_without_capture(home: Home) -> None:
    home.curating.ask("I need a skill that can rotate the keys")
    await home.tend()
    (gap,) = await home.curating.gaps()
    await home.curating.snooze(gap.id, days=-1)
    assert await home.curating.gaps() == []
    assert await home.tend() == (gap.id,)
    assert len(await home.curating.gaps()) == 1


async def test_a_spool_that_cannot_be_read_is_a_failure_with_a_hint(home: Home) -> None:
    home.curating.ask("I need a skill that can rotate the keys")
    (asked,) = home.paths.spool.iterdir()
    asked.unlink()
    asked.mkdir()
    with pytest.raises(StoreError) as caught:
        await home.tend()
    assert str(home.paths.spool) in caught.value.message


async def test_the_watcher_tells_of_trouble_and_goes_on(home: Home, person: Path) -> None:
    home._context.config = replace(home.config, trajectory_capture=True)
    failed = asyncio.Event()

    def listen(event: WorkshopEvent) -> None:
        if isinstance(event, CaptureStateChanged) and event.state == "failed":
            failed.set()

    home.bus.subscribe(listen)
    folder = person / ".claude" / "projects"
    # A page limit is how SQLite itself says that the disk is full.
    limit = await home.database.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    await home.database.read(lambda c: c.execute(f"PRAGMA max_page_count = {limit}").fetchall())
    for n in range(60):
        ClaudeSession(f"{n:08d}-2000-4000-8000-000000000000").say("a task").bash("true", "x" * 9000).write(folder)
    following = asyncio.create_task(home.watcher.run())
    await failed.wait()
    await home.database.read(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchall())
    await home.watcher.caught_up()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert len(await home.capturing.sessions()) == 60
    assert all(s.steps == 1 for s in await home.capturing.sessions())


async def test_a_deleted_transcript_keeps_its_rows_and_is_told(home: Home, person: Path) -> None:
    home._context.config = replace(home.config, trajectory_capture=True)
    folder = person / ".claude" / "projects"
    path = ClaudeSession("b8000000-0000-4000-8000-000000000000").say("a task").bash("true").write(folder)
    following = asyncio.create_task(home.watcher.run())
    await home.watcher.caught_up()
    path.unlink()
    await home.watcher.caught_up()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert [file.gone for file in await home.capturing.files()] == [True]
    assert len(await home.capturing.trajectories()) == 1
