"""The whole loop over real files: session on disk, trajectories, gap, stub, accept, versions, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from skilltui.domain.gap import Gap, GapKind, GapStatus
from skilltui.domain.proposal import Decision, GateVerdict, Proposal
from skilltui.domain.skill import Verdict
from skilltui.domain.trajectory import OutcomeBy, OutcomeLabel
from skilltui.domain.version import VersionState
from skilltui.errors import ForeignEditError, GateRefusedError, NotFoundError
from skilltui.library.check import check_path
from skilltui.workshop.events import Captured, GapsChanged, ProposalSaved, SkillChanged
from skilltui.workshop.home import Home
from tests.sessions import RELEASES, ClaudeSession, write_releases


async def drafted(home: Home, folder: Path) -> tuple[Gap, Proposal]:
    write_releases(folder)
    await home.capturing.ingest([folder])
    gap = (await home.curating.gaps())[0]
    return gap, await home.learning.synthesize(gap.id, engine="extractive")


async def test_import_counts_what_the_files_hold_and_twice_adds_nothing(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    first = await home.capturing.ingest([tmp_path / "t"])
    assert (first.files, first.sessions, first.steps, first.new_steps) == (3, 3, 24, 24)
    assert first.failed_steps == 3
    again = await home.capturing.ingest([tmp_path / "t"])
    assert (again.sessions, again.steps, again.failed_steps, again.new_steps) == (3, 24, 3, 0)


async def test_trajectories_have_outcomes_with_evidence(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    found = await home.capturing.trajectories()
    assert {t.request for t in found} == set(RELEASES)
    assert {t.outcome.label for t in found} == {OutcomeLabel.SUCCESS}
    assert all(t.outcome.evidence for t in found)
    assert sorted(t.corrections for t in found) == [0, 0, 1]


async def test_requests_of_one_kind_become_one_gap(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    gaps = await home.curating.gaps()
    assert [(g.kind, g.count, g.status) for g in gaps] == [(GapKind.NO_MATCH, 3, GapStatus.OPEN)]
    assert gaps[0].need.startswith("I need a skill that can ")
    assert gaps[0].failed_steps == 3


async def test_a_stub_is_evidenced_reviewed_accepted_and_rolled_back(home: Home, tmp_path: Path, person: Path) -> None:
    gap, draft = await drafted(home, tmp_path / "t")
    assert (draft.engine, draft.version, draft.parent, draft.gap) == ("extractive", 1, None, gap.id)
    known = {t.id for t in await home.capturing.trajectories()}
    assert draft.edits
    for edit in draft.edits:
        assert edit.evidence
        assert {ref.trajectory for ref in edit.evidence} <= known
    assert (await home.curating.gap(gap.id)).status is GapStatus.DRAFTED
    assert draft.gate is not None
    assert draft.gate.verdict is GateVerdict.UNVERIFIED
    path = person / ".agents" / "skills" / draft.skill / "SKILL.md"
    assert not path.exists()

    with pytest.raises(GateRefusedError):
        await home.reviewing.accept(draft.skill, 1)
    first = draft.edits[0]
    await home.reviewing.decide(draft.skill, 1, first.id, Decision.ACCEPTED)
    for other in draft.edits[1:]:
        await home.reviewing.decide(draft.skill, 1, other.id, Decision.REFUSED)
    accepted = await home.reviewing.accept(draft.skill, 1, unverified=True)
    assert accepted.path == path
    assert [r.verdict for r in check_path(path)] == [Verdict.OK]
    text = path.read_text(encoding="utf-8")
    assert (first.after or "").splitlines()[0].strip("-0123456789. ") in text

    views = await home.comparing.versions(draft.skill)
    assert [(v.version.number, v.version.state, v.version.accepted_edits) for v in views] == [
        (1, VersionState.ACTIVE, (first.id,))
    ]
    before = path.read_bytes()
    path.write_bytes(before + b"\n- by hand\n")
    await home.comparing.versions(draft.skill)
    await home.reviewing.rollback(draft.skill)
    assert path.read_bytes() == before


async def test_edits_of_an_existing_skill_leave_every_other_byte_alone(
    home: Home, tmp_path: Path, person: Path
) -> None:
    path = person / ".agents" / "skills" / "pytest-fixtures" / "SKILL.md"
    before = path.read_bytes()
    session = ClaudeSession("10000000-0000-4000-8000-000000000000").say("the login tests fail, mend them")
    session.call("Skill", {"skill": "pytest-fixtures"}, "loaded")
    session.bash("pytest tests/login -q", "E  fixture 'db' not found", code=1)
    session.say("no, always put the db fixture into tests/conftest.py")
    session.call("Edit", {"file_path": "/w/shop/tests/conftest.py", "old_string": "", "new_string": "x"})
    session.bash("pytest tests/login -q", "4 passed").say("perfect, thanks")
    session.write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    (trajectory,) = await home.capturing.trajectories(skill="pytest-fixtures")
    assert trajectory.outcome.label is OutcomeLabel.SUCCESS

    report = await home.learning.distill(["pytest-fixtures"], engine="extractive")
    (draft,) = report.proposals
    assert (draft.version, draft.parent) == (2, 1)
    await home.reviewing.accept(draft.skill, 2, unverified=True)
    after = path.read_bytes()
    assert after != before
    assert after.startswith(before[: before.index(b"- Put shared")])
    diff = await home.comparing.diff("pytest-fixtures")
    assert not [line for line in diff.splitlines() if line.startswith("-") and not line.startswith("---")]

    blame = await home.comparing.blame("pytest-fixtures")
    ours = [line for line in blame if line.edit]
    assert ours
    assert all(line.version == 2 and line.evidence for line in ours)
    await home.reviewing.rollback("pytest-fixtures")
    assert path.read_bytes() == before


async def test_undoing_an_accept_leaves_a_fresh_draft_and_no_file(home: Home, tmp_path: Path, person: Path) -> None:
    _, draft = await drafted(home, tmp_path / "t")
    await home.reviewing.accept(draft.skill, 1, unverified=True)
    await home.reviewing.undo()
    assert not (person / ".agents" / "skills" / draft.skill).exists()
    (again,) = await home.reviewing.proposals()
    assert (again.version, again.edits) == (2, (await home.reviewing.proposal(draft.skill, 1)).edits)
    await home.reviewing.accept(draft.skill, 2, unverified=True)


async def test_drafting_again_replaces_the_earlier_draft_of_the_gap(home: Home, tmp_path: Path) -> None:
    gap, draft = await drafted(home, tmp_path / "t")
    again = await home.learning.synthesize(gap.id, engine="extractive")
    assert again.skill == draft.skill
    assert again.version == 2
    assert [p.version for p in await home.reviewing.proposals()] == [2]


async def test_a_draft_is_not_accepted_over_somebodys_edit(home: Home, tmp_path: Path, person: Path) -> None:
    _, draft = await drafted(home, tmp_path / "t")
    path = person / ".agents" / "skills" / draft.skill / "SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"somebody was faster")
    with pytest.raises(ForeignEditError):
        await home.reviewing.accept(draft.skill, 1, unverified=True)
    assert path.read_bytes() == b"somebody was faster"


async def test_other_drafts_of_the_same_parent_move_on_to_the_new_version(
    home: Home, tmp_path: Path, person: Path
) -> None:
    session = ClaudeSession("20000000-0000-4000-8000-000000000000").say("the login tests fail, mend them")
    session.call("Skill", {"skill": "pytest-fixtures"}, "loaded")
    session.bash("pytest -q", "E  fixture 'db' not found", code=1)
    session.say("no, always put the db fixture into tests/conftest.py")
    session.bash("pytest -q", "4 passed").say("perfect, thanks")
    session.write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    first = (await home.learning.distill(["pytest-fixtures"], engine="extractive")).proposals[0]
    second = (await home.learning.distill(["pytest-fixtures"], engine="extractive")).proposals[0]
    assert (first.parent, second.parent) == (1, 1)
    await home.reviewing.accept(first.skill, first.version, unverified=True)
    moved = await home.reviewing.proposal(second.skill, second.version)
    assert moved.parent == first.version
    assert moved.base == await home.comparing.text(first.skill)


async def test_a_persons_label_wins_and_stays(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    one = (await home.capturing.trajectories())[0]
    await home.capturing.label(one.id, OutcomeLabel.FAILURE)
    path = next(p for p in (tmp_path / "t").rglob("*.jsonl") if one.session in p.name)
    grown = ClaudeSession(one.session, records=[{"uuid": "x"}] * 40).answer("All done.").lines()[-1]
    with path.open("a", encoding="utf-8") as file:
        file.write(grown)
    await home.capturing.ingest([tmp_path / "t"])
    after = await home.capturing.trajectory(one.id)
    assert (after.outcome.label, after.outcome.by) == (OutcomeLabel.FAILURE, OutcomeBy.USER)


async def test_a_later_success_with_the_skill_in_use_closes_its_gap(home: Home, tmp_path: Path) -> None:
    gap, draft = await drafted(home, tmp_path / "t")
    await home.reviewing.accept(draft.skill, 1, unverified=True)
    later = datetime(2026, 11, 20, tzinfo=UTC)
    session = ClaudeSession("30000000-0000-4000-8000-000000000000", start=later)
    session.say("cut a release of the package and tag it")
    session.call("Skill", {"skill": draft.skill}, "loaded").bash("git tag v1").say("great, thanks")
    session.write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    assert (await home.curating.gap(gap.id)).status is GapStatus.CLOSED


async def test_uses_earn_trust_for_these_very_bytes(home: Home, tmp_path: Path, person: Path) -> None:
    path = person / ".agents" / "skills" / "pytest-fixtures" / "SKILL.md"
    session = ClaudeSession("40000000-0000-4000-8000-000000000000", start=_soon()).say("mend the fixtures of the tests")
    session.call("Skill", {"skill": "pytest-fixtures"}, "loaded").bash("pytest -q", "4 passed").say("great, thanks")
    session.write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    (trust,) = await home.comparing.trust("pytest-fixtures")
    assert (trust.successes, trust.failures, trust.state) == (1, 0, "measured")
    path.write_text(path.read_text(encoding="utf-8") + "\n- changed\n", encoding="utf-8")
    (trust,) = await home.comparing.trust("pytest-fixtures")
    assert trust.state == "unknown"


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


async def test_what_was_asked_for_stands_in_the_queue(home: Home) -> None:
    home.curating.ask("I need a skill that can rotate the database credentials")
    await home.tend()
    (gap,) = await home.curating.gaps()
    assert gap.kind is GapKind.HELP_REQUEST
    assert "rotate the database credentials" in gap.need
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    assert "credentials" in home.reviewing.preview(draft)


async def test_dismissed_kinds_do_not_come_back_and_a_snooze_ends(home: Home, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    gap = (await home.curating.gaps())[0]
    await home.curating.dismiss(gap.id)
    ClaudeSession("50000000-0000-4000-8000-000000000000").say(RELEASES[1]).bash("git tag v9").write(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    assert await home.curating.gaps() == []
    assert (await home.curating.gap(gap.id)).count == 4
    await home.curating.reopen(gap.id)
    assert len(await home.curating.gaps()) == 1


async def test_faces_are_told_after_each_commit(home: Home, tmp_path: Path) -> None:
    told: list[object] = []
    home.bus.subscribe(told.append)
    _, draft = await drafted(home, tmp_path / "t")
    await home.reviewing.accept(draft.skill, 1, unverified=True)
    kinds = [type(event) for event in told]
    for kind in (Captured, GapsChanged, ProposalSaved, SkillChanged):
        assert kind in kinds


async def test_things_that_are_not_there_say_so(home: Home) -> None:
    with pytest.raises(NotFoundError):
        await home.capturing.trajectory("t_nothing")
    with pytest.raises(NotFoundError):
        await home.curating.gap("g_nothing")
    with pytest.raises(NotFoundError) as caught:
        await home.comparing.versions("pytest-fixture")
    assert "pytest-fixtures" in caught.value.hint


async def test_the_background_learner_drafts_only_when_asked_and_never_accepts(
    home: Home, tmp_path: Path, person: Path
) -> None:
    write_releases(tmp_path / "t")
    await home.capturing.ingest([tmp_path / "t"])
    wanted = [home.background.wanted]
    assert await home.background.learn(set()) == []
    home._context.config = replace(home.config, background_synthesis=True)
    wanted.append(home.background.wanted)
    assert wanted == [False, True]
    (skill,) = await home.background.learn(set())
    assert await home.background.learn(set()) == []
    assert [p.skill for p in await home.reviewing.proposals()] == [skill]
    assert not (person / ".agents" / "skills" / skill).exists()


async def test_the_background_distiller_looks_at_skills_whose_use_needed_a_correction(
    home: Home, tmp_path: Path
) -> None:
    session = ClaudeSession("a0000000-0000-4000-8000-000000000000").say("the login tests fail, mend them")
    session.call("Skill", {"skill": "pytest-fixtures"}, "loaded")
    session.bash("pytest -q", "E  fixture 'db' not found", code=1)
    session.say("no, always put the db fixture into tests/conftest.py")
    session.bash("pytest -q", "4 passed").say("perfect, thanks").write(tmp_path / "t")
    home._context.config = replace(home.config, trajectory_distillation=True)
    touched: set[str] = set()
    home.bus.subscribe(lambda event: touched.update(event.trajectories) if isinstance(event, Captured) else None)
    await home.capturing.ingest([tmp_path / "t"])
    assert await home.background.learn(touched) == ["pytest-fixtures"]
    assert await home.background.learn(touched) == []
