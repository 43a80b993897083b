"""What the running program does with a hook's word: it looks at once, ends a session, and trusts nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skilltui.cli import hook
from skilltui.domain.trajectory import OutcomeLabel
from skilltui.workshop.home import Home
from tests.service.live import S1, Live, append, live, session, way

__all__ = ["live", "way"]
pytestmark = pytest.mark.usefixtures("way")


def tell(home: Home, event: str, path: Path | None, agent: str = "claude-code", **fields: str) -> None:
    record = {"hook_event_name": event, "session_id": S1, **fields}
    hook.store(agent, record | ({"transcript_path": str(path)} if path else {}), str(home.paths.spool))


async def test_an_end_is_judged_at_once(live: Live) -> None:
    made = session("pytest -q").answer("Done, all of it is green.")
    path = made.write(live.folder)
    await live.until_commands("pytest -q")

    async def settled() -> bool:
        return not await live.home.database.read(
            lambda c: c.execute("SELECT 1 FROM session WHERE NOT settled").fetchall()
        )

    # The lines of 2026-11-03 are over by their age; the clock is set back to when they were written.
    live.home._context.clock = lambda: "2026-11-03T10:01:00.000Z"
    append(path, made, "git status")
    await live.until_commands("git status", "pytest -q")
    assert not await settled()
    tell(live.home, "UserPromptSubmit", path)
    tell(live.home, "Stop", path)
    await live.until(settled)
    assert list(live.home.paths.spool.glob("hook-*")) == []
    # It goes on: it was not over after all.
    append(path, made, "git push")
    await live.until_commands("git push", "git status", "pytest -q")
    assert not await settled()
    tell(live.home, "SessionEnd", None)
    await live.until(settled)
    (one,) = await live.trajectories()
    assert one.outcome.label is not OutcomeLabel.FAILURE


async def test_a_transcript_elsewhere_is_followed_once_a_hook_names_it(live: Live, tmp_path: Path) -> None:
    made = session("a")
    path = made.write(tmp_path / "elsewhere")
    tell(live.home, "SessionStart", path)
    await live.until_commands("a")
    append(path, made, "b")
    await live.until_commands("a", "b")
    assert live.home.watcher.status.way != "polling every 0.3 s: changes came that no event told of"


async def test_a_hook_can_not_make_anything_else_be_read(live: Live, tmp_path: Path) -> None:
    secret = tmp_path / "diary.jsonl"
    secret.write_text('{"text": "dear diary"}\n', encoding="utf-8")
    codex = tmp_path / "other.jsonl"
    codex.write_text('{"timestamp":"x","type":"session_meta","payload":{"id":"c","cwd":"/w"}}\n', encoding="utf-8")
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    good = session("a").write(tmp_path / "elsewhere")
    for number, path in enumerate((secret, codex, pipe, tmp_path, tmp_path / "nowhere.jsonl", Path("relative.jsonl"))):
        tell(live.home, "Stop", path, session_id=f"s{number}")
    spool = live.home.paths.spool
    (spool / "hook-codex-odd.json").write_text("[" * 100_000, encoding="utf-8")
    (spool / "hook-codex-null.json").write_text('{"kind":"hook","agent":"codex","transcript_path":"/\\u0000"}')
    (spool / "hook-codex-nobody.json").write_text('{"kind":"hook","agent":"nobody","session_id":"x"}')
    (spool / "hook-codex-link.json").symlink_to(secret)
    os.mkfifo(spool / "hook-codex-pipe.json")
    (spool / "hook-codex-folder.json").mkdir()
    tell(live.home, "Stop", good)
    await live.until_commands("a")
    assert [Path(file.path) for file in await live.home.capturing.files()] == [good]
    assert secret.exists()


async def test_a_hook_fills_in_what_the_transcript_does_not_say(live: Live) -> None:
    made = session("a")
    for record in made.records:
        del record["cwd"]
        record["message"].pop("model", None)
    path = made.write(live.folder)
    await live.until_commands("a")
    key = "ghp_" + "a1B2" * 9
    tell(live.home, "SessionStart", path, cwd=f"/w/{key}", model="a-model")

    async def known() -> bool:
        return (await live.trajectories())[0].project is not None

    # Nothing is published for so small a change.
    while not await known():
        await live.home.watcher.caught_up()
    (one,) = await live.trajectories()
    assert one.model == "a-model"
    assert one.project is not None
    assert one.project.startswith("/w/‹redacted:")


async def test_without_consent_a_hook_is_not_heeded(home: Home, tmp_path: Path) -> None:
    path = session("a").write(tmp_path / "elsewhere")
    tell(home, "Stop", path)
    await home.tend()
    assert len(list(home.paths.spool.glob("hook-*"))) == 1
    assert await home.capturing.files() == []
