"""Captured, the recordings tell the story that the demo is for: a gap, a lesson for a skill, a failure, a secret."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.reader import TranscriptReader
from skilltui.capture.segment import Segmenter
from skilltui.demo.player import Player
from skilltui.demo.story import skills
from skilltui.domain.gap import Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.split import held_back
from skilltui.domain.trajectory import ErrorKind, OutcomeBy, OutcomeLabel, Trajectory
from skilltui.learning.gaps import GapDetector, gap_id
from skilltui.learning.miner import mine
from skilltui.library.match import Matcher
from skilltui.library.registry import SkillRegistry
from skilltui.library.roots import Root
from skilltui.text.redact import Redactor
from skilltui.text.skillmd import parse_skill


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Trajectory], Counter[str]]:
    """Every trajectory of the demo, oldest first, and what was redacted."""
    home = tmp_path_factory.mktemp("home")
    player = Player(home, speed=1e6)
    player.prepare()
    asyncio.run(player.play())
    reader = TranscriptReader(Redactor(b"k" * 32))
    found: list[Trajectory] = []
    redactions: Counter[str] = Counter()
    for path in home.rglob("*.jsonl"):
        source = "codex" if ".codex" in path.parts else "claude-code"
        batch = reader.read(path, source, final=True)
        assert not batch.quarantined
        assert not batch.unknown
        redactions += batch.redactions
        segmenter = Segmenter(source, batch.events[0].session, FeedbackDetector())
        segmenter.feed(batch.events)
        cut = segmenter.close(ended=True)
        assert not cut.late
        found += cut.trajectories
    return sorted(found, key=lambda t: t.started_at or ""), redactions


@pytest.fixture
def trajectories(captured: tuple[list[Trajectory], Counter[str]]) -> list[Trajectory]:
    return captured[0]


def asking(trajectories: list[Trajectory], *words: str) -> list[Trajectory]:
    return [t for t in trajectories if any(word in t.request for word in words)]


def releases(trajectories: list[Trajectory]) -> list[Trajectory]:
    return asking(trajectories, "Python package")


def using(trajectories: list[Trajectory], skill: str) -> list[Trajectory]:
    return [t for t in trajectories if any(use.skill == skill for use in t.skills_used)]


def failures(trajectory: Trajectory) -> list[ErrorKind | None]:
    return [step.error_kind for step in trajectory.steps if step.ok is False]


def test_five_releases_succeed_without_a_skill(trajectories: list[Trajectory]) -> None:
    found = releases(trajectories)
    assert len(found) == 5
    assert len({t.session for t in found}) == 5
    assert Counter(Path(t.project or "").name for t in found) == {"shop-api": 3, "notes-cli": 2}
    for t in found:
        assert (t.outcome.label, t.outcome.by) == (OutcomeLabel.SUCCESS, OutcomeBy.FEEDBACK)
        assert t.skills_used == ()
    assert [failures(t) for t in found] == [
        [ErrorKind.USER_REJECTED],
        [ErrorKind.EXIT_NONZERO],
        [ErrorKind.EXIT_NONZERO],
        [],
        [ErrorKind.EXIT_NONZERO],
    ]
    assert [t.corrections for t in found] == [1, 0, 0, 1, 0]


def test_the_library_serves_what_used_it_and_nothing_else(trajectories: list[Trajectory], tmp_path: Path) -> None:
    Player(tmp_path).prepare()
    matcher = Matcher(SkillRegistry([Root(tmp_path / ".agents" / "skills", "agents")]).load().skills)
    for t in trajectories:
        result = matcher.match(t.request)
        assert result.gap is not bool(t.skills_used)
        if t.skills_used:
            assert result.top[0].skill == t.skills_used[0].skill


def test_the_releases_are_one_gap_as_they_come_in(trajectories: list[Trajectory]) -> None:
    detector = GapDetector()
    gaps: list[Gap] = []
    for t in trajectories:
        if t.skills_used:
            continue
        assert detector.is_request(t)
        home = detector.place(t.request, gaps)
        if home is None:
            home = Gap(gap_id(t.request), GapStatus.OPEN, GapKind.NO_MATCH, detector.need([t.request]))
        else:
            gaps.remove(home)
        request = GapRequest(t.request, t.started_at, t.id)
        gaps.append(Gap(home.id, home.status, home.kind, home.need, (*home.requests, request)))
    assert sorted(gap.count for gap in gaps) == [1, 5]


def test_the_history_alone_is_enough_to_draft_the_release_from(trajectories: list[Trajectory]) -> None:
    *history, live = releases(trajectories)
    assert not any(held_back(t.id) for t in history)
    assert held_back(live.id), "the fresh release is a case to judge the draft by"
    lines = "\n".join(line for card in mine(history).cards for line in card.lines)
    for part in (
        "CHANGELOG.md",
        "pyproject.toml",
        "python -m build",
        "twine check",
        "git commit",
        "git tag",
        "git push",
    ):
        assert part in lines
    assert "the changelog before" in lines


def test_a_correction_teaches_the_fixtures_skill_a_gotcha(trajectories: list[Trajectory]) -> None:
    found = using(trajectories, "pytest-fixtures")
    assert [t.outcome.label for t in found] == [OutcomeLabel.SUCCESS] * 3
    assert [t.corrections for t in found] == [0, 1, 0]
    assert [t.source for t in found] == ["claude-code", "claude-code", "codex"]
    existing = parse_skill(skills()["pytest-fixtures"]).body
    gotchas = [
        line for card in mine(found, existing=existing).cards if card.section == "Gotchas" for line in card.lines
    ]
    assert any("tmp_path_factory instead of tmp_path" in line for line in gotchas)


def test_one_skill_served_and_one_failed(trajectories: list[Trajectory]) -> None:
    (served,) = using(trajectories, "http-retries")
    assert served.outcome.label is OutcomeLabel.SUCCESS
    (failed,) = using(trajectories, "sql-migrations")
    assert failed.outcome.label is OutcomeLabel.FAILURE
    assert failures(failed) == [ErrorKind.EXIT_NONZERO, ErrorKind.EXIT_NONZERO]


def test_the_live_part_ends_with_something_new_and_a_secret(captured: tuple[list[Trajectory], Counter[str]]) -> None:
    trajectories, redactions = captured
    (fresh,) = asking(trajectories, "photos")
    assert fresh is max((t for t in trajectories if t.source == "claude-code"), key=lambda t: t.started_at or "")
    assert failures(fresh) != []
    assert sum(redactions.values()) == 2
    shown = "\n".join(step.output for step in fresh.steps)
    assert shown.count("‹redacted:") == 2
    assert "AKIA" not in shown
