"""What the reading process cuts ahead comes to what is cut here, also where a session does not stand alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skilltui.capture.events import Event, SessionStarted, SkillLoaded, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.reader import TranscriptReader
from skilltui.capture.whole import whole_session
from skilltui.text.redact import Redactor
from skilltui.workshop.reading import Group, Order
from skilltui.workshop.reading_process import ReadingProcess
from tests.service.importing import home_at, imported, queue, read_here
from tests.service.test_subagents import lay_out
from tests.sessions import ClaudeSession, write_releases

pytestmark = pytest.mark.usefixtures("read_apart")

FIRST = "b0000000-0000-4000-8000-000000000000"
RESUMED = "c0000000-0000-4000-8000-000000000000"


def conversation() -> ClaudeSession:
    session = ClaudeSession(FIRST)
    session.say("make the search case-insensitive and add a test")
    session.bash("pytest -q tests/search", "2 failed", code=1)
    session.call("Edit", {"file_path": "/w/shop/search.py", "old_string": "a", "new_string": "b"})
    session.bash("pytest -q tests/search", "3 passed")
    session.say("great, now is the index rebuilt on start?")
    session.bash("grep -n rebuild src/index.py", "12: rebuild()")
    return session


def resumed(name: str = RESUMED, request: str = "write the changelog entry for it") -> ClaudeSession:
    """Another file that begins with all records of the first, under their own ids, and goes on."""
    session = ClaudeSession(name, records=[dict(record) for record in conversation().records])
    session.say(request)
    session.bash("git diff --stat", "2 files changed")
    for record in session.records:
        record["sessionId"] = name
    return session


def said(key: str) -> Event:
    return UserSaid(FIRST, key, None, "cut the release")


def called(key: str) -> Event:
    return ToolCalled(FIRST, key, None, "Skill", {"skill": "release"})


def lay(folder: Path) -> None:
    """Sessions that stand alone, two that share records, one that an agent started, one that is at work."""
    write_releases(folder)
    conversation().write(folder)
    resumed().write(folder)
    resumed("d0000000-0000-4000-8000-000000000000", "commit it").write(folder)
    lay_out(folder, nested=True)
    busy = ClaudeSession(
        "e0000000-0000-4000-8000-000000000000", cwd="/w/site", start=datetime.now(UTC) - timedelta(minutes=1)
    )
    busy.say("why is the header cut off?").bash("rg header src", "src/header.css").write(folder)


async def test_it_comes_to_the_same(tmp_path: Path, env: dict[str, str], given: list[Group]) -> None:
    folder = tmp_path / "transcripts"
    lay(folder)
    report, rows = await imported(home_at(tmp_path, "apart"), env, folder)
    ahead = {batch.path.stem for group in given for batch in group.batches if batch.whole is not None}
    assert len(ahead) == 8
    assert "agent-a1b2c3" not in ahead
    alone, expected = await read_here(home_at(tmp_path, "alone"), env, folder)
    assert rows == expected
    assert queue(home_at(tmp_path, "apart")) == queue(home_at(tmp_path, "alone")) != []
    assert (report.steps, report.sessions, report.new_steps) == (alone.steps, alone.sessions, alone.new_steps)


async def test_so_it_does_where_part_of_it_was_stored_before(
    tmp_path: Path, env: dict[str, str], given: list[Group]
) -> None:
    folder = tmp_path / "transcripts"
    lay(folder)
    first = conversation().write(folder)
    await imported(home_at(tmp_path, "apart"), env, first)
    report, rows = await imported(home_at(tmp_path, "apart"), env, folder)
    assert any(batch.whole is not None and batch.path.stem == RESUMED for group in given for batch in group.batches)
    alone, expected = await read_here(home_at(tmp_path, "alone"), env, first, folder)
    assert rows == expected
    assert queue(home_at(tmp_path, "apart")) == queue(home_at(tmp_path, "alone")) != []
    assert (report.steps, report.new_steps) == (alone.steps, alone.new_steps)


async def test_one_that_has_to_be_read_again_and_is_gone_is_told(
    tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "transcripts"
    conversation().write(folder)
    gone = resumed().write(folder)
    whole = ReadingProcess.groups

    def removing(self: ReadingProcess, order: Order) -> Iterator[Group]:
        for group in whole(self, order):
            gone.unlink()
            yield group

    monkeypatch.setattr(ReadingProcess, "groups", removing)
    report, _ = await imported(home_at(tmp_path, "apart"), env, folder)
    ((path, reason),) = report.skipped
    assert path == str(gone)
    assert "no such file" in reason.lower() or "gone" in reason.lower()
    assert (report.sessions, report.steps, report.lasting) == (1, 4, False)


@pytest.mark.parametrize(
    ("events", "alone"),
    [
        ([said("m1"), SkillLoaded(FIRST, "m1#skill", None, "release")], True),
        ([said("m1"), called("c1"), SkillLoaded(FIRST, "c1", None, "release")], True),
        # It was called, or its message said, in another file: what that loaded is told there.
        ([said("m1"), SkillLoaded(FIRST, "m2#skill", None, "release")], False),
        ([said("m1"), ToolReturned(FIRST, "c2", None, True, "done")], False),
        ([SessionStarted(FIRST, parent=RESUMED), said("m1")], False),
        ([said("m1"), UserSaid(RESUMED, "m2", None, "and this")], False),
        ([], False),
    ],
)
def test_what_speaks_of_things_elsewhere_is_not_cut_ahead(events: list[Event], alone: bool) -> None:
    found = whole_session("claude-code", events, FeedbackDetector(), lambda _: True)
    assert (found is not None) == alone


def test_a_file_that_was_read_from_its_middle_is_not_fresh(tmp_path: Path) -> None:
    path = conversation().write(tmp_path)
    reader = TranscriptReader(Redactor(b"k" * 32))
    first = reader.read(path, "claude-code", None, limit=1500, final=True)
    assert first.fresh
    assert first.more
    assert not reader.read(path, "claude-code", first.cursor, final=True).fresh
