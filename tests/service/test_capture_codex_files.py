"""Codex's files as they change their form, their folder and their beginnings."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from msgspec.structs import replace

from skilltui.workshop.home import Home

ID = "019e0000-aaaa-7bbb-8ccc-000000000001"
FORK = "019e0000-aaaa-7bbb-8ccc-00000000000f"


def line(kind: str, **payload: Any) -> str:
    return json.dumps({"timestamp": "2026-11-03T10:20:04.000Z", "type": kind, "payload": payload}) + "\n"


def meta(native: str = ID, **more: Any) -> str:
    return line("session_meta", id=native, cwd="/w/shop", source="cli", **more)


def turn(number: int) -> str:
    """A request, one call, and a search, which has no id."""
    words = ["build the shop", "write the release notes", "rotate the keys of the database", "sort the imports"]
    output = "Exit code: 0\nWall time: 1.0 seconds\nOutput:\nfine"
    return (
        line("event_msg", type="task_started", turn_id=f"019e0000-bbbb-7bbb-8ccc-{number:012d}")
        + line("event_msg", type="user_message", message=words[number % 4])
        + line("response_item", type="function_call", name="shell", arguments="{}", call_id=f"call_{number}")
        + line("response_item", type="function_call_output", call_id=f"call_{number}", output=output)
        + line("response_item", type="web_search_call", status="completed", action={"query": words[number % 4]})
    )


def pack(path: Path) -> Path:
    zst = path.with_name(path.name + ".zst")
    zst.write_bytes(zstandard.compress(path.read_bytes()))
    path.unlink()
    return zst


def unpack(path: Path) -> Path:
    plain = path.with_suffix("")
    plain.write_bytes(zstandard.decompress(path.read_bytes()))
    path.unlink()
    return plain


async def test_a_rollout_is_followed_through_all_its_forms(home: Home, person: Path) -> None:
    home._context.config = replace(home.config, trajectory_capture=True)
    following = asyncio.create_task(home.watcher.run())
    folder = person / ".codex" / "sessions" / "2026" / "11" / "03"
    folder.mkdir(parents=True)
    path = folder / f"rollout-2026-11-03T10-20-00-{ID}.jsonl"
    path.write_text(meta() + turn(1))
    await home.watcher.caught_up()
    path = pack(path)
    await home.watcher.caught_up()
    path = unpack(path)
    with path.open("a") as file:
        file.write(turn(2))
    await home.watcher.caught_up()
    archive = person / ".codex" / "archived_sessions"
    archive.mkdir()
    pack(path.rename(archive / path.name))
    await home.watcher.caught_up()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    (session,) = await home.capturing.sessions()
    assert session.steps == 4
    assert len(await home.capturing.trajectories()) == 2
    states = {Path(file.path).parent.name: file.gone for file in await home.capturing.files()}
    assert states == {"03": True, "archived_sessions": False}
    report = await home.capturing.ingest([], format="codex")
    assert (report.files, report.sessions, report.trajectories, report.steps, report.new_steps) == (1, 1, 2, 4, 0)


async def test_both_forms_at_once_are_one_transcript(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "t" / f"rollout-2026-11-03T10-20-00-{ID}.jsonl"
    path.parent.mkdir()
    path.write_text(meta() + turn(1))
    zst = pack(path)
    first = await home.capturing.ingest([path.parent])
    assert (first.files, first.steps, first.new_steps) == (1, 2, 2)
    path.write_text(meta() + turn(1) + turn(2))
    second = await home.capturing.ingest([path.parent])
    assert (second.files, second.sessions, second.steps, second.new_steps) == (1, 1, 4, 2)
    assert [reason for _, reason in second.skipped] == ["the transcript beside it, not compressed, is read"]
    # Only what was added had to be read.
    assert second.bytes <= len(turn(2))
    zst.unlink()
    pack(path)
    third = await home.capturing.ingest([path.parent])
    assert (third.files, third.sessions, third.steps, third.new_steps) == (1, 1, 4, 0)


@pytest.mark.parametrize("damage", ["cut", "garbled"])
async def test_a_damaged_file_is_told_and_what_stood_before_the_damage_is_kept(
    home: Home, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "t" / f"rollout-2026-11-03T10-20-00-{ID}.jsonl.zst"
    path.parent.mkdir()
    whole = zstandard.compress((meta() + turn(1)).encode())
    more = zstandard.compress("".join(map(turn, range(2, 30))).encode())
    path.write_bytes(whole + (more[:-40] if damage == "cut" else more[:30] + bytes(len(more))))
    report = await home.capturing.ingest([path.parent])
    assert (report.files, report.new_steps >= 2) == (0, True)
    ((told, reason),) = report.skipped
    assert told == str(path)
    assert "damaged" in reason
    path.write_bytes(whole + more)
    mended = await home.capturing.ingest([path.parent])
    assert (mended.files, mended.steps, mended.skipped) == (1, 58, ())


async def test_what_a_fork_repeats_counts_once(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / f"rollout-a-{ID}.jsonl").write_text(meta() + turn(1) + turn(2))
    await home.capturing.ingest([folder])
    forked = meta(FORK, forked_from_id=ID) + (meta() + turn(1) + turn(2)).replace("11-03T10", "11-04T08") + turn(3)
    (folder / f"rollout-b-{FORK}.jsonl").write_text(forked)
    report = await home.capturing.ingest([folder])
    assert (report.steps, report.new_steps) == (6, 2)
    found = await home.capturing.trajectories()
    assert sorted(t.request for t in found) == [
        "rotate the keys of the database", "sort the imports", "write the release notes",
    ]  # fmt: skip
