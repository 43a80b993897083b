"""Projects and the queue: one need is one row, unless a project's own skill answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skilltui.domain.gap import GapKind
from skilltui.domain.skill import serves
from skilltui.library.registry import SkillRegistry
from skilltui.library.roots import Root
from skilltui.workshop.home import Home
from tests.service.conftest import add_skill
from tests.service.test_cli import Cli, cli
from tests.service.test_preview import said, text
from tests.sessions import ClaudeSession

__all__ = ["cli"]

DEPLOY = "deploy the shop to staging"


def failed(folder: Path, number: int, cwd: str, request: str = DEPLOY) -> None:
    start = datetime(2026, 10, 2, tzinfo=UTC) + timedelta(hours=number)
    session = ClaudeSession(f"{number:08}-0000-4000-8000-00000000000b", cwd, start)
    session.say(request).bash("make deploy", "boom", code=2).answer("It failed.")
    session.say("no, that is wrong, it is still broken").write(folder)


def own_skill(home: Home, person: Path, folder: Path) -> None:
    """The shop has a deploy skill of its own, beside the person's."""
    add_skill(folder, "deploy", text("deploy", "Deploy the shop to staging. Use when asked to deploy the shop."))
    home.library._projects = None  # these roots, whatever folders this machine has
    home.library._registry = SkillRegistry(
        (Root(person / ".agents" / "skills", "agents"), Root(folder, "agents", "/w/shop"))
    )


def test_a_projects_skill_serves_its_folders_alone() -> None:
    assert serves(None, None)
    assert serves(None, "/w/blog")
    assert serves("/w/shop", "/w/shop")
    assert serves("/w/shop", "/w/shop/tools")
    assert serves("C:\\w\\shop", "C:\\w\\shop\\tools")
    assert not serves("/w/shop", "/w/shop-old")
    assert not serves("/w/shop", "/w")
    assert not serves("/w/shop", None)


async def test_what_two_projects_ask_for_is_one_need(home: Home, tmp_path: Path) -> None:
    said(tmp_path / "t", "commit", cwd="/w/shop")
    said(tmp_path / "t", "comit", cwd="/w/blog", first=2)
    await home.capturing.ingest([tmp_path / "t"])
    (gap,) = await home.curating.gaps()
    assert (gap.count, gap.project, gap.projects) == (2, None, ("/w/shop", "/w/blog"))


async def test_a_projects_own_skill_is_for_its_requests_alone_and_makes_a_row_of_its_own(
    home: Home, tmp_path: Path, person: Path
) -> None:
    own_skill(home, person, tmp_path / "own")
    failed(tmp_path / "t", 1, "/w/blog")
    failed(tmp_path / "t", 2, "/w/shop/web")
    failed(tmp_path / "t", 3, "/w/docs")
    await home.capturing.ingest([tmp_path / "t"])
    rows = {gap.project: gap for gap in await home.curating.gaps()}
    assert set(rows) == {None, "/w/shop"}
    assert (rows["/w/shop"].kind, rows["/w/shop"].projects) == (GapKind.FAILED_DESPITE_MATCH, ("/w/shop/web",))
    assert (rows[None].kind, rows[None].projects) == (GapKind.NO_MATCH, ("/w/blog", "/w/docs"))
    assert (await home.curating.nearest(rows["/w/shop"]))[0].skill == "deploy"
    assert "deploy" not in [match.skill for match in await home.curating.nearest(rows[None])]


async def test_a_row_that_only_the_project_asked_for_becomes_its_own_and_keeps_its_id(
    home: Home, tmp_path: Path, person: Path
) -> None:
    failed(tmp_path / "t", 1, "/w/shop")
    await home.capturing.ingest([tmp_path / "t"])
    (before,) = await home.curating.gaps()
    assert before.project is None
    own_skill(home, person, tmp_path / "own")
    failed(tmp_path / "t", 2, "/w/shop")
    await home.library.refresh()
    await home.capturing.ingest([tmp_path / "t"])
    (after,) = await home.curating.gaps()
    assert (after.id, after.count, after.project) == (before.id, 2, "/w/shop")


async def test_what_was_dismissed_for_all_stays_so_in_a_project_with_a_skill_of_its_own(
    home: Home, tmp_path: Path, person: Path
) -> None:
    failed(tmp_path / "t", 1, "/w/blog")
    await home.capturing.ingest([tmp_path / "t"])
    (gap,) = await home.curating.gaps()
    await home.curating.dismiss(gap.id)
    own_skill(home, person, tmp_path / "own")
    failed(tmp_path / "t", 2, "/w/shop")
    await home.library.refresh()
    await home.capturing.ingest([tmp_path / "t"])
    assert await home.curating.gaps() == []
    assert (await home.curating.gap(gap.id)).count == 2


def test_the_queue_of_one_project(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said(tmp_path / "t", "commit", "rename the login page", cwd="/w/shop")
    said(tmp_path / "t", "commit", cwd="/w/blog/site", first=3)
    cli("ingest", str(tmp_path / "t"))
    both = cli("gaps")["gaps"]
    assert sorted(sorted(gap["projects"]) for gap in both) == [["/w/blog/site", "/w/shop"], ["/w/shop"]]
    assert {gap["project"] for gap in both} == {None}
    for named in ("/w/shop", "/w/shop/", "shop"):
        assert len(cli("gaps", "--project", named)["gaps"]) == 2
    for named in ("/w/blog", "site", "/w/x/../blog"):
        assert [gap["count"] for gap in cli("gaps", "--project", named)["gaps"]] == [2]
    assert cli("gaps", "--project", "/w/sho")["gaps"] == []
    assert cli("gaps", "--project", ".")["gaps"] == []
