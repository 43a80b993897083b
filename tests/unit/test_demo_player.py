"""The player writes what was recorded, in order, in whole lines, at times that lie around the present."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skilltui.demo.player import Player
from skilltui.demo.story import MOMENT, Line, recordings, stamp

NOW = datetime(2027, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
FAST = 1e6
LIVE_SESSIONS = {recording.session for recording in recordings() if recording.live}


def player(home: Path, *, speed: float = FAST, now: datetime = NOW) -> Player:
    return Player(home, speed=speed, clock=lambda: now)


def transcripts(home: Path) -> dict[str, list[str]]:
    """Session id -> lines, of everything that the agents' folders hold; each file must end with a newline."""
    found = {}
    for path in sorted(home.rglob("*.jsonl")):
        text = path.read_text(encoding="utf-8")
        assert text.endswith("\n")
        found[path.stem[-36:]] = text.splitlines()
    return found


def tree(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def timeless(line: str) -> Any:
    """A record without what depends on when, and on the made-up key."""
    text = re.sub(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3}Z)?", "<time>", line)
    text = re.sub(r'"(started_at|completed_at)":\d+', r'"\1":0', text)
    return json.loads(re.sub(r"(AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY)=)[\w{}]+", r"\1<key>", text))


def test_prepare_lays_out_history_and_skills_where_the_agents_keep_them(tmp_path: Path) -> None:
    player(tmp_path).prepare()
    files = tree(tmp_path)
    assert {name for name in files if name.startswith(".agents")} == {
        ".agents/skills/http-retries/SKILL.md",
        ".agents/skills/pytest-fixtures/SKILL.md",
        ".agents/skills/sql-migrations/SKILL.md",
    }
    claude = [name for name in files if name.startswith(".claude")]
    assert {str(Path(name).parent) for name in claude} == {
        ".claude/projects/-home-sam-code-shop-api",
        ".claude/projects/-home-sam-code-notes-cli",
    }
    rollouts = [name for name in files if name.startswith(".codex")]
    assert len(rollouts) == 2
    for name in rollouts:
        match = re.fullmatch(
            r"\.codex/sessions/(\d{4})/(\d\d)/(\d\d)/rollout-\1-\2-\3T(\d\d)-(\d\d)-(\d\d)-([0-9a-f-]{36})\.jsonl", name
        )
        assert match
        meta = json.loads(files[name].splitlines()[0])["payload"]
        local = datetime.fromisoformat(meta["timestamp"]).astimezone(NOW.tzinfo)
        assert f"{local:%Y%m%d%H%M%S}" == "".join(match.groups()[:6])
        assert meta["id"] == match[7]
    assert not any(name.endswith(".part") for name in files)
    assert LIVE_SESSIONS.isdisjoint(transcripts(tmp_path))


def test_files_are_as_old_as_what_they_hold(tmp_path: Path) -> None:
    player(tmp_path).prepare()
    sessions = []
    for path in tmp_path.rglob("*.jsonl"):
        stamps = re.findall(r'"timestamp":"([^"]+)"', path.read_text(encoding="utf-8"))
        sessions.append(datetime.fromisoformat(stamps[0]).timestamp())
        assert path.stat().st_mtime == pytest.approx(datetime.fromisoformat(stamps[-1]).timestamp(), abs=0.01)
    # A skill that changed after a session that used it would tell nothing about that session.
    for skill in (tmp_path / ".agents" / "skills").rglob("*"):
        assert skill.stat().st_mtime < min(sessions)


def test_prepare_again_changes_nothing_even_on_another_day(tmp_path: Path) -> None:
    player(tmp_path).prepare()
    edited = tmp_path / ".agents" / "skills" / "http-retries" / "SKILL.md"
    edited.write_bytes(edited.read_bytes() + b"- Mine.\n")
    before = tree(tmp_path)
    player(tmp_path, now=NOW + timedelta(days=2)).prepare()
    assert tree(tmp_path) == before


async def test_everything_recorded_is_written_in_order_and_nothing_else(tmp_path: Path) -> None:
    p = player(tmp_path)
    p.prepare()
    heard: list[str] = []
    await p.play(heard.append)
    written = transcripts(tmp_path)
    stored = {recording.session: [line.text for line in recording.lines] for recording in recordings()}
    assert {k: [timeless(line) for line in v] for k, v in written.items()} == {
        k: [timeless(line) for line in v] for k, v in stored.items()
    }
    assert sorted(heard) == sorted(line for session in LIVE_SESSIONS for line in written[session])


@pytest.mark.parametrize("speed", [FAST, 200.0])
async def test_times_lie_around_the_present(tmp_path: Path, speed: float) -> None:
    p = player(tmp_path, speed=speed)
    p.prepare()
    await p.play()
    for session, lines in transcripts(tmp_path).items():
        times = [datetime.fromisoformat(m[1]) for line in lines if (m := re.search(r'"timestamp":"([^"]+)"', line))]
        assert all(a <= b for a, b in pairwise(times))
        if session in LIVE_SESSIONS:
            assert (
                NOW - timedelta(minutes=3)
                < times[0]
                < times[-1]
                <= NOW + timedelta(seconds=p.total_seconds, milliseconds=1)
            )
        else:
            assert NOW - timedelta(days=10) < times[0] < times[-1] < NOW - timedelta(hours=1)


async def test_the_pace_is_the_recorded_one_divided_by_the_speed(tmp_path: Path) -> None:
    p = player(tmp_path, speed=100)
    assert player(tmp_path, speed=1).total_seconds == pytest.approx(100 * p.total_seconds)
    loop = asyncio.get_running_loop()
    start = loop.time()
    await p.play()
    assert loop.time() - start >= p.total_seconds


async def test_cancelled_anywhere_it_leaves_whole_lines_and_can_go_on(tmp_path: Path) -> None:
    total = sum(len(recording.lines) for recording in recordings() if recording.live)
    heard: list[str] = []
    while len(heard) < total:
        before = len(heard)
        task = asyncio.create_task(player(tmp_path, speed=500).play(heard.append))
        # Stops in every place in turn: while it waits for the next line, and inside a line that is written in two.
        while len(heard) < min(before + 7, total) and not task.done():
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        heard[:] = [line for lines in transcripts(tmp_path).values() for line in lines]
    stored = {r.session: [timeless(line.text) for line in r.lines] for r in recordings() if r.live}
    assert {k: [timeless(line) for line in v] for k, v in transcripts(tmp_path).items()} == stored


async def test_cancelled_between_the_two_writes_of_a_line_it_finishes_the_line(tmp_path: Path) -> None:
    task = asyncio.create_task(player(tmp_path, speed=20).play())

    def torn() -> bool:
        return any(not path.read_bytes().endswith(b"\n") for path in tmp_path.rglob("*.jsonl"))

    while not torn():
        assert not task.done(), "no line was written in two pieces"
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for lines in transcripts(tmp_path).values():
        for line in lines:
            json.loads(line)


async def test_playing_twice_adds_nothing(tmp_path: Path) -> None:
    await player(tmp_path).play()
    before = tree(tmp_path)
    await player(tmp_path, now=NOW + timedelta(days=1)).play()
    assert tree(tmp_path) == before


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_a_speed_that_makes_no_sense_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        player(tmp_path, speed=speed)


@given(st.timedeltas(min_value=timedelta(days=-4000), max_value=timedelta(days=4000)))
def test_every_time_of_a_record_moves_and_the_rest_stays(by: timedelta) -> None:
    at = MOMENT - timedelta(days=2)
    text = json.dumps({"timestamp": stamp(at), "v": "0.3.1", "d": f"## 0.3.1 - {at.date()}", "started_at": 1768305600})
    moved = json.loads(Line(text, at).shifted(by))
    assert abs(datetime.fromisoformat(moved["timestamp"]) - (at + by)) < timedelta(milliseconds=1)
    assert moved["v"] == "0.3.1"
    # A date in the text stays on the day of its record.
    assert moved["d"] == f"## 0.3.1 - {(at + by).astimezone(UTC).date()}"
