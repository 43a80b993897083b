"""The retrieval preview: which past requests a description would fire on, and from whom it would take them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skilltui.errors import NotFoundError, UsageError
from skilltui.library.registry import SkillRegistry
from skilltui.library.roots import Root
from skilltui.workshop import previewing
from skilltui.workshop.home import Home
from tests.service.conftest import add_skill
from tests.service.test_cli import Cli, cli
from tests.sessions import RELEASES, ClaudeSession, write_releases

__all__ = ["cli"]

RELEASE = "Release a Python package: changelog, tag, publish to the index. Use when asked to release or cut a release."


def text(name: str, description: str) -> str:
    return f'---\nname: {name}\ndescription: "{description}"\n---\n# {name}\n\nDo it.\n'


def said(folder: Path, *requests: str, cwd: str = "/w/shop", first: int = 1) -> None:
    for number, request in enumerate(requests, first):
        session = ClaudeSession(
            f"{number:08}-0000-4000-8000-00000000000a", cwd, datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=number)
        )
        session.say(request).bash("make").answer("Done.").write(folder)


async def test_a_description_of_no_skill_fires_on_what_nobody_serves(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    preview = await home.previewing.described(RELEASE)
    assert {one.request for one in preview.fires} == set(RELEASES)
    assert all(one.new and one.taken is None and one.before == 0 and one.score >= 0.3 for one in preview.fires)
    assert [one.score for one in preview.fires] == sorted((one.score for one in preview.fires), reverse=True)
    assert (preview.looked_at, preview.past, preview.lost) == (3, 3, ())
    with pytest.raises(UsageError):
        await home.previewing.described("  ")


async def test_what_it_takes_from_another_skill_is_told_with_both_scores(
    home: Home, tmp_path: Path, person: Path
) -> None:
    add_skill(person / ".agents" / "skills", "uv-build", text("uv-build", RELEASE))
    write_releases(tmp_path / "t")
    said(tmp_path / "t", "mend the pytest fixture that leaks")
    await home.capturing.ingest([tmp_path / "t"])
    greedy = await home.previewing.described(
        "Release a package to the index, cut a release, publish, tag, update the changelog first.", "release-package"
    )
    taken = [one for one in greedy.fires if one.taken is not None]
    assert taken
    assert not any(one.new for one in taken)
    for one in taken:
        assert one.taken is not None
        assert one.taken.skill == "uv-build"
        assert one.taken.before >= 0.3
        assert one.taken.after < one.taken.before
        assert one.score > one.taken.after
    assert greedy.taken == len(taken)
    modest = await home.previewing.described("Water the plants of the office.", "plants")
    assert (modest.fires, modest.lost) == ((), ())


async def test_a_live_skill_is_compared_with_the_library_without_it(home: Home, tmp_path: Path, person: Path) -> None:
    add_skill(person / ".agents" / "skills", "uv-build", text("uv-build", RELEASE))
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    preview = await home.previewing.skill("uv-build")
    assert len(preview.fires) == 3
    assert all(one.new for one in preview.fires)
    with pytest.raises(NotFoundError):
        await home.previewing.skill("uv-bild")


async def test_another_description_of_a_live_skill_tells_what_it_would_lose(
    home: Home, tmp_path: Path, person: Path
) -> None:
    add_skill(person / ".agents" / "skills", "uv-build", text("uv-build", RELEASE))
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    narrower = await home.previewing.described("Water the plants.", "uv-build", body="")
    assert narrower.fires == ()
    assert {one.request for one in narrower.lost} == set(RELEASES)
    assert all(one.before >= 0.3 > one.after and one.to is None for one in narrower.lost)


async def test_the_draft_of_a_gap_is_previewed_by_its_version(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    draft = await home.learning.synthesize((await home.curating.gaps())[0].id, engine="extractive")
    preview = await home.previewing.skill(draft.skill, draft.version)
    assert len(preview.fires) == 3
    assert preview.skill == draft.skill


async def test_a_skill_of_a_project_fires_on_that_projects_requests_alone(
    home: Home, tmp_path: Path, person: Path
) -> None:
    own = tmp_path / "shop" / ".agents" / "skills"
    add_skill(own, "shop-release", text("shop-release", RELEASE))
    roots = (Root(person / ".agents" / "skills", "agents"), Root(own, "agents", "/w/shop"))
    home.library._projects = None  # these roots, whatever folders this machine has
    home.library._registry = SkillRegistry(roots)
    said(tmp_path / "t", "release the package and tag it", cwd="/w/blog")
    said(tmp_path / "t", "release the package, publish it", cwd="/w/shop/tools", first=2)
    await home.capturing.ingest([tmp_path / "t"])
    preview = await home.previewing.skill("shop-release")
    assert [one.request for one in preview.fires] == ["release the package, publish it"]


async def test_no_more_than_the_newest_are_looked_at_and_it_says_so(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    monkeypatch.setattr(previewing, "MOST", 2)
    preview = await home.previewing.described(RELEASE)
    assert (preview.looked_at, preview.past) == (2, 3)
    assert {one.request for one in preview.fires} == set(RELEASES[1:])
    monkeypatch.setattr(previewing, "SECONDS", -1.0)
    assert (await home.previewing.described(RELEASE)).looked_at == 1


def test_the_command(cli: Cli, tmp_path: Path, person: Path) -> None:
    add_skill(person / ".agents" / "skills", "uv-build", text("uv-build", RELEASE))
    write_releases(tmp_path / "t")
    cli("ingest", str(tmp_path / "t"))
    found = cli("preview", "uv-build")
    assert (found["v"], found["skill"], found["version"], found["fires"], found["new"]) == (1, "uv-build", None, 3, 3)
    assert set(found["requests"][0]) == {"trajectory", "request", "score", "before", "new", "taken_from"}
    tried = cli("preview", "--description", "Publish a release of the package to the index, cut, tag, changelog first")
    assert tried["taken"] == sum(one["taken_from"] is not None for one in tried["requests"])
    assert {one["taken_from"]["skill"] for one in tried["requests"] if one["taken_from"]} <= {"uv-build"}
    assert cli("preview", "uv-build", "--description", "Water the plants.")["lost"]
    json.dumps(found)


def test_the_command_says_one_request_of_one(cli: Cli, tmp_path: Path) -> None:
    said(tmp_path / "t", RELEASES[0])
    cli("ingest", str(tmp_path / "t"))
    assert "would fire on 1 past request, 1 of them" in cli.text("preview", "--description", RELEASE)
