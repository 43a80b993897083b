"""What opens and closes a gap again does so by what happened when, not by which file was read first."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from skilltui.domain.gap import Gap, GapKind, GapStatus
from skilltui.errors import StateError
from skilltui.learning import clustering
from skilltui.learning.calling import without_call
from skilltui.learning.clustering import profile_of
from skilltui.workshop.home import Home
from tests.service.conftest import add_skill
from tests.service.test_gap_projects import DEPLOY, failed, own_skill
from tests.service.test_preview import text
from tests.sessions import ClaudeSession

KILN = "fire the kiln for the glaze test"


@pytest.fixture(autouse=True)
def potter(person: Path) -> None:
    add_skill(person / ".agents" / "skills", "potter", text("potter", "Work with clay."))


def session(
    day: int, request: str = KILN, *, skill: str | None = None, good: bool = True, cwd: str = "/w/shop"
) -> ClaudeSession:
    """One request on a day of November, with a skill in use or without, that goes well or not."""
    made = ClaudeSession(f"{day:08}-0000-4000-8000-00000000000f", cwd, datetime(2026, 11, day, tzinfo=UTC)).say(request)
    if skill is not None:
        made.call("Skill", {"skill": skill}, "loaded")
    if good:
        return made.bash("kiln --fire", "done").answer("Fired.").say("great, thanks")
    return made.bash("kiln --fire", "boom", code=2).answer("It failed.").say("no, that is wrong, it is still broken")


async def linked(home: Home, folder: Path, *, skill: str = "potter") -> Gap:
    """A gap that two requests made, linked to a skill."""
    for day in (1, 2):
        session(day).write(folder)
    await home.capturing.ingest([folder])
    (gap,) = await home.curating.gaps()
    return await home.curating.link(gap.id, skill)


async def status(home: Home, gap: Gap) -> GapStatus:
    return (await home.curating.gap(gap.id)).status


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("swapped", [True, False])
async def test_a_failure_after_the_success_opens_it_again_however_they_are_read(
    home: Home, tmp_path: Path, *, at_once: bool, swapped: bool
) -> None:
    gap = await linked(home, tmp_path / "t")
    files = [
        session(5, skill="potter").write(tmp_path / "u"),
        session(9, skill="potter", good=False).write(tmp_path / "u"),
    ]
    if at_once:
        await home.capturing.ingest(files[::-1] if swapped else files)
    else:
        for file in files:
            await home.capturing.ingest([file])
    assert await status(home, gap) is GapStatus.OPEN


async def test_an_older_session_imported_late_opens_nothing(home: Home, tmp_path: Path) -> None:
    gap = await linked(home, tmp_path / "t")
    await home.capturing.ingest([session(5, skill="potter").write(tmp_path / "t")])
    assert await status(home, gap) is GapStatus.CLOSED
    old = ClaudeSession("00000099-0000-4000-8000-00000000000f", start=datetime(2026, 10, 3, tzinfo=UTC))
    old.say(KILN).bash("kiln --fire", "done").answer("Fired.")
    await home.capturing.ingest([old.write(tmp_path / "t")])
    assert await status(home, gap) is GapStatus.CLOSED
    assert (await home.curating.gap(gap.id)).count == 3
    await home.capturing.ingest([session(9).write(tmp_path / "t")])
    assert await status(home, gap) is GapStatus.OPEN


@pytest.mark.parametrize("order", [(1, 8), (8, 1)])
async def test_kind_and_nearest_skill_are_those_of_the_newest_request(
    home: Home, tmp_path: Path, order: tuple[int, int]
) -> None:
    files = {
        1: session(1, skill="potter", good=False).write(tmp_path / "t"),
        8: session(8, f"{KILN}, with clay").write(tmp_path / "t"),
    }
    for day in order:
        await home.capturing.ingest([files[day]])
    (gap,) = await home.curating.gaps()
    assert [r.at for r in gap.requests] == sorted(r.at or "" for r in gap.requests)
    assert gap.kind is GapKind.NO_MATCH
    assert gap.top is not None
    assert (gap.top.skill, gap.top.score > 0) == ("potter", True)


async def test_the_same_words_from_another_project_are_a_row_of_their_own(
    home: Home, tmp_path: Path, person: Path
) -> None:
    failed(tmp_path / "t", 1, "/w/shop")
    await home.capturing.ingest([tmp_path / "t"])
    own_skill(home, person, tmp_path / "own")
    await home.library.refresh()
    failed(tmp_path / "t", 2, "/w/shop")
    await home.capturing.ingest([tmp_path / "t"])
    (shop,) = await home.curating.gaps()
    assert (shop.project, shop.count) == ("/w/shop", 2)
    for number, project in ((3, "/w/blog"), (4, "/w/news")):
        failed(tmp_path / "t", number, project)
        await home.capturing.ingest([tmp_path / "t"])
    rows = {gap.id: gap for gap in await home.curating.gaps()}
    assert {(gap.project, gap.count, gap.projects) for gap in rows.values()} == {
        ("/w/shop", 2, ("/w/shop",)),
        (None, 2, ("/w/blog", "/w/news")),
    }
    assert all(DEPLOY in request.text for gap in rows.values() for request in gap.requests)


async def test_a_snoozed_gap_still_waits_for_its_skill(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = await linked(home, tmp_path / "t")
    await home.curating.snooze(gap.id, days=-1)
    await home.tend()
    woken = await home.curating.gap(gap.id)
    assert (woken.status, woken.skill) == (GapStatus.LINKED, "potter")
    await home.curating.snooze(gap.id)
    await home.capturing.ingest([session(5, skill="potter").write(tmp_path / "t")])
    assert await status(home, gap) is GapStatus.CLOSED


async def test_a_snooze_of_what_waits_for_nothing_ends_in_the_queue(home: Home, tmp_path: Path) -> None:
    gap = await linked(home, tmp_path / "t")
    await home.curating.reopen(gap.id)
    await home.curating.snooze(gap.id, days=-1)
    await home.tend()
    assert await status(home, gap) is GapStatus.OPEN


async def test_a_snooze_of_a_drafted_gap_ends_beside_its_draft_or_without_one(home: Home, tmp_path: Path) -> None:
    session(1).write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    (gap,) = await home.curating.gaps()
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    await home.curating.snooze(gap.id, days=-1)
    await home.tend()
    assert await status(home, gap) is GapStatus.DRAFTED
    await home.curating.snooze(gap.id, days=-1)
    await home.reviewing.reject(draft.skill, draft.version)
    await home.tend()
    assert await status(home, gap) is GapStatus.OPEN


@pytest.mark.parametrize("request_text", ["/potter", f"/potter {KILN}", f"use potter: {KILN}", f"$potter {KILN}"])
async def test_a_call_of_the_linked_skill_by_name_closes_its_gap(home: Home, tmp_path: Path, request_text: str) -> None:
    gap = await linked(home, tmp_path / "t")
    await home.capturing.ingest([session(5, request_text, skill="potter").write(tmp_path / "t")])
    assert await status(home, gap) is GapStatus.CLOSED


async def test_a_call_for_something_else_or_for_one_of_several_closes_nothing(home: Home, tmp_path: Path) -> None:
    gap = await linked(home, tmp_path / "t")
    await home.capturing.ingest([session(5, "/potter clean the wheel", skill="potter").write(tmp_path / "t")])
    assert await status(home, gap) is GapStatus.LINKED
    session(6, "order new brushes from the supplier").write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    (other,) = await home.curating.gaps()
    await home.curating.link(other.id, "potter")
    await home.capturing.ingest([session(7, "/potter", skill="potter").write(tmp_path / "t")])
    assert (await status(home, gap), await status(home, other)) == (GapStatus.LINKED, GapStatus.LINKED)


@pytest.mark.parametrize(
    ("request_text", "asked"),
    [
        ("/potter", ""), ("/clay:potter fire it", "fire it"), ("use potter: fire it", "fire it"),
        ("please use the potter skill to fire it", "fire it"), ("use the skill `potter` and fire it", "fire it"),
        ("/potters fire it", None), ("/potter/kiln fire it", None), ("fire it, use potter", None), ("potter", None),
    ],
)  # fmt: skip
def test_what_is_asked_beside_the_call(request_text: str, asked: str | None) -> None:
    assert without_call(request_text, "potter") == asked


async def test_linked_to_a_skill_that_is_gone_it_is_open_until_that_is_back(
    home: Home, tmp_path: Path, person: Path
) -> None:
    gap = await linked(home, tmp_path / "t")
    folder = person / ".agents" / "skills" / "potter"
    folder.rename(tmp_path / "away")
    await home.library.refresh()
    assert [(g.id, g.status, g.skill) for g in await home.curating.gaps()] == [(gap.id, GapStatus.OPEN, None)]
    assert await home.curating.gaps(GapStatus.LINKED) == []
    counts = await home.curating.counts()
    assert (counts[GapStatus.OPEN], counts[GapStatus.LINKED]) == (1, 0)
    (tmp_path / "away").rename(folder)
    await home.library.refresh()
    assert [g.skill for g in await home.curating.gaps(GapStatus.LINKED)] == ["potter"]
    assert await home.curating.gaps() == []


async def test_a_projects_own_skill_is_not_linked_to_what_was_asked_elsewhere(
    home: Home, tmp_path: Path, person: Path
) -> None:
    session(1, cwd="/w/blog").write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    (gap,) = await home.curating.gaps()
    own_skill(home, person, tmp_path / "own")
    with pytest.raises(StateError, match="serves /w/shop alone"):
        await home.linking.link(gap.id, "deploy")
    assert await status(home, gap) is GapStatus.OPEN
    session(2, cwd="/w/shop").write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    assert (await home.linking.link(gap.id, "deploy")).gap.skill == "deploy"


async def test_a_long_queue_is_read_beside_the_loop_and_its_words_once(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gap = await linked(home, tmp_path / "t")
    looked_at: list[str] = []
    on_the_loop: list[bool] = []

    def watched(request: str) -> Mapping[str, float]:
        looked_at.append(request)
        on_the_loop.append(threading.current_thread() is threading.main_thread())
        return profile_of(request)

    monkeypatch.setattr(clustering, "profile_of", watched)
    home.curating.ask("rotate the database credentials")
    await home.tend()
    # What the queue held before is known, whatever read it anew.
    assert KILN not in looked_at
    looked_at.clear()
    await home.curating.snooze(gap.id)
    home.curating.ask("wash the windows of the shop")
    await home.tend()
    assert set(looked_at) == {"wash the windows of the shop"}
    assert on_the_loop
    assert not any(on_the_loop)
