"""Drafts, decisions and undo through an open home: nothing is lost between two of them, nothing is left behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from skilltui.domain.gap import Gap, GapStatus
from skilltui.domain.proposal import Decision, Edit, EditOp, EvidenceRef, Origin, Proposal, Support
from skilltui.domain.trust import SkillOrigin
from skilltui.domain.version import Version, VersionState
from skilltui.errors import ForeignEditError, GateRefusedError, SkilltuiError, StateError
from skilltui.store import gaps as gap_store
from skilltui.store import history, proposals
from skilltui.store.database import Connection
from skilltui.workshop.drafts import save_draft
from skilltui.workshop.home import Home
from skilltui.workshop.judging import placed
from tests.sessions import write_releases

NAME = "pytest-fixtures"


@pytest.fixture
def file(person: Path) -> Path:
    """The skill that the person has."""
    return person / ".agents" / "skills" / NAME / "SKILL.md"


async def gap_of(home: Home, folder: Path) -> Gap:
    write_releases(folder)
    await home.capturing.ingest([folder])
    return (await home.curating.gaps())[0]


async def plant(home: Home, file: Path, *lessons: str) -> Proposal:
    """A draft that adds these lines to the skill's gotchas, saved as the engines' drafts are."""
    edits = tuple(
        Edit(f"e{n}", EditOp.ADD, "Gotchas", None, f"- {lesson}", Support(1, 1), (EvidenceRef("t_x", 1),), Origin.USER)
        for n, lesson in enumerate(lessons, 1)
    )
    return await save(home, file, edits)


async def save(home: Home, file: Path, edits: tuple[Edit, ...]) -> Proposal:
    made = Proposal(NAME, 0, None, "extractive", None, file.read_text(encoding="utf-8"), edits)

    def propose(version: Version, live: bytes | None) -> Proposal:
        return placed(made, version, live)

    version = await home.learning._manager.draft(
        NAME, file, engine="extractive", model=None, origin=SkillOrigin.PERSON, propose=propose
    )
    return await home.reviewing.proposal(NAME, version.number)


async def test_decisions_at_once_are_all_kept(home: Home, file: Path) -> None:
    draft = await plant(home, file, "one", "two", "three")
    await asyncio.gather(*(home.reviewing.decide(NAME, draft.version, e.id, Decision.ACCEPTED) for e in draft.edits))
    after = await home.reviewing.proposal(NAME, draft.version)
    assert [e.decision for e in after.edits] == [Decision.ACCEPTED] * 3


async def test_after_an_undo_and_a_rollback_the_other_drafts_can_be_accepted(home: Home, file: Path) -> None:
    before = file.read_bytes()
    first, second = await plant(home, file, "first lesson"), await plant(home, file, "second lesson")
    await home.reviewing.accept(NAME, first.version, unverified=True)
    assert (await home.reviewing.proposal(NAME, second.version)).parent == first.version
    await home.reviewing.undo()
    assert (await home.reviewing.proposal(NAME, second.version)).parent == 1
    await home.reviewing.accept(NAME, second.version, unverified=True)
    assert file.read_bytes() == before + b"- second lesson\n"

    third = await plant(home, file, "third lesson")
    await home.reviewing.rollback(NAME)
    await home.reviewing.accept(NAME, third.version, unverified=True)
    assert file.read_bytes() == before + b"- third lesson\n"


async def test_an_undone_rollback_takes_its_drafts_with_it(home: Home, file: Path) -> None:
    await home.reviewing.accept(NAME, (await plant(home, file, "first")).version, unverified=True)
    await home.reviewing.rollback(NAME)
    draft = await plant(home, file, "second")
    await home.reviewing.undo()
    await home.reviewing.accept(NAME, draft.version, unverified=True)
    assert file.read_text(encoding="utf-8").endswith("- first\n- second\n")


async def test_an_edit_that_a_rollback_strands_is_told_and_open_again_when_it_applies(home: Home, file: Path) -> None:
    await home.reviewing.accept(NAME, (await plant(home, file, "a first lesson")).version, unverified=True)
    reworded = Edit(
        "e1", EditOp.REPLACE, "Gotchas", "- a first lesson", "- a better lesson", Support(1, 1),
        (EvidenceRef("t_x", 1),), Origin.USER,
    )  # fmt: skip
    draft = await save(home, file, (reworded,))
    restored = await home.reviewing.rollback(NAME)
    assert len(restored.rebased) == 1
    (edit,) = (await home.reviewing.proposal(NAME, draft.version)).edits
    assert edit.decision is Decision.REFUSED
    await home.reviewing.undo()
    (edit,) = (await home.reviewing.proposal(NAME, draft.version)).edits
    assert (edit.decision, edit.note) == (Decision.PENDING, "")


async def test_a_draft_stands_on_the_text_that_is_live_when_it_is_saved(home: Home, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    edit = Edit("e1", EditOp.ADD, "Gotchas", None, "- new", Support(1, 1), (EvidenceRef("t_x", 1),), Origin.USER)
    made = Proposal(NAME, 0, None, "extractive", None, text, (edit,))
    # The person saves while the engine writes.
    file.write_text(text + "- by hand\n", encoding="utf-8")
    saved = await save_draft(home._manager, made, file, SkillOrigin.PERSON)
    await home.reviewing.accept(NAME, saved.version, unverified=True)
    assert file.read_text(encoding="utf-8") == text + "- by hand\n- new\n"


async def test_a_rejected_draft_puts_its_gap_back_into_the_queue(home: Home, tmp_path: Path) -> None:
    gap = await gap_of(home, tmp_path / "t")
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    await home.reviewing.reject(draft.skill, draft.version, why="no")
    assert [g.id for g in await home.curating.gaps()] == [gap.id]
    await home.reviewing.undo()
    assert (await home.curating.gap(gap.id)).status is GapStatus.DRAFTED
    assert [p.version for p in await home.reviewing.proposals()] == [draft.version]


async def test_drafting_again_never_opens_the_gap_in_between(home: Home, tmp_path: Path) -> None:
    gap = await gap_of(home, tmp_path / "t")
    await home.learning.synthesize(gap.id, engine="extractive")
    seen: list[GapStatus] = []

    async def look() -> None:
        while True:
            seen.append((await home.curating.gap(gap.id)).status)

    looking = asyncio.create_task(look())
    await home.learning.synthesize(gap.id, engine="extractive")
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert set(seen) == {GapStatus.DRAFTED}


async def test_a_gap_with_an_accepted_skill_stays_out_of_the_queue(home: Home, tmp_path: Path) -> None:
    gap = await gap_of(home, tmp_path / "t")
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    await home.reviewing.accept(draft.skill, draft.version, unverified=True)
    other = await home.learning.synthesize(gap.id, engine="extractive")
    assert other.skill != draft.skill
    await home.reviewing.reject(other.skill, other.version)
    assert (await home.curating.gap(gap.id)).status is GapStatus.DRAFTED


async def test_the_background_learner_does_not_repeat_a_draft_that_was_refused(home: Home, tmp_path: Path) -> None:
    gap = await gap_of(home, tmp_path / "t")
    home._context.config = replace(home.config, background_synthesis=True)
    await home.background.learn(set())
    (draft,) = await home.reviewing.proposals()
    await home.reviewing.reject(draft.skill, draft.version)
    await home.curating.reopen(gap.id)
    assert await home.background.learn(set()) == []


async def test_a_closed_gap_is_refused_before_an_engine_runs(home: Home, tmp_path: Path) -> None:
    gap = await gap_of(home, tmp_path / "t")
    closed = replace(gap, status=GapStatus.CLOSED)
    await home.database.write(lambda c: gap_store.set_status(c, closed))
    told: list[object] = []
    home.bus.subscribe(told.append)
    with pytest.raises(StateError, match="closed"):
        await home.learning.synthesize(gap.id, engine="extractive")
    assert await home.reviewing.proposals() == []
    assert told == []


async def test_a_draft_and_its_edits_are_stored_as_one_and_before_the_earlier_one_goes(
    home: Home, tmp_path: Path
) -> None:
    gap = await gap_of(home, tmp_path / "t")
    first = await home.learning.synthesize(gap.id, engine="extractive")
    seen: list[tuple[set[int], set[int]]] = []

    def states(connection: Connection) -> tuple[set[int], set[int]]:
        found = history.versions(connection, first.skill)
        whole = {p.version for p in proposals.drafts(connection, first.skill)}
        return {v.number for v in found if v.state is VersionState.DRAFT}, whole

    async def look() -> None:
        while True:
            seen.append(await home.database.read(states))

    looks = [asyncio.create_task(look()) for _ in range(3)]
    await home.learning.synthesize(gap.id, engine="extractive")
    for task in looks:
        task.cancel()
    await asyncio.gather(*looks, return_exceptions=True)
    assert ({1, 2}, {1, 2}) in seen
    assert all(rows == whole and rows for rows, whole in seen)


async def test_a_stub_is_not_laid_over_a_skill_that_came_up_meanwhile(home: Home, tmp_path: Path, person: Path) -> None:
    gap = await gap_of(home, tmp_path / "t")
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    path = person / ".agents" / "skills" / draft.skill / "SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not even a skill")
    with pytest.raises(StateError):
        await home.learning.synthesize(gap.id, engine="extractive")
    with pytest.raises(ForeignEditError):
        await home.reviewing.accept(draft.skill, draft.version, unverified=True)
    assert path.read_bytes() == b"not even a skill"


async def test_a_failed_accept_to_another_folder_changes_no_history(home: Home, tmp_path: Path) -> None:
    gap = await gap_of(home, tmp_path / "t")
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    other = tmp_path / "other" / draft.skill / "SKILL.md"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"somebody's")
    before = await home.comparing.history()
    with pytest.raises(StateError):
        await home.reviewing.accept(draft.skill, draft.version, unverified=True, root=tmp_path / "other")
    assert await home.comparing.history() == before
    chosen = await home.reviewing.accept(draft.skill, draft.version, unverified=True, root=tmp_path / "free")
    assert chosen.path == tmp_path / "free" / draft.skill / "SKILL.md"
    assert await home.comparing.text(draft.skill) == chosen.path.read_text(encoding="utf-8")


async def test_trust_of_a_version_is_of_the_hash_that_the_library_gives(home: Home, file: Path) -> None:
    (file.parent / ".hidden").write_text("x", encoding="utf-8")
    (file.parent / "scripts" / "__pycache__").mkdir(parents=True)
    (file.parent / "scripts" / "__pycache__" / "run.pyc").write_bytes(b"x")
    draft = await plant(home, file, "a lesson")
    accepted = await home.reviewing.accept(NAME, draft.version, unverified=True)
    (skill,) = [s for s in await home.library.skills() if s.name == NAME]
    assert accepted.hash == skill.hash


async def test_a_skill_deleted_by_hand_comes_back(home: Home, tmp_path: Path) -> None:
    gap = await gap_of(home, tmp_path / "t")
    draft = await home.learning.synthesize(gap.id, engine="extractive")
    accepted = await home.reviewing.accept(draft.skill, draft.version, unverified=True)
    text = accepted.path.read_bytes()
    accepted.path.unlink()
    restored = await home.reviewing.rollback(draft.skill)
    assert (restored.version.number, accepted.path.read_bytes()) == (1, text)


async def test_looks_during_an_accept_leave_one_line_of_history(home: Home, file: Path) -> None:
    draft = await plant(home, file, "a lesson")
    ended = asyncio.Event()

    async def look() -> None:
        while not ended.is_set():
            await home.comparing.versions(NAME)

    looks = [asyncio.create_task(look()) for _ in range(3)]
    await home.reviewing.accept(NAME, draft.version, unverified=True)
    ended.set()
    await asyncio.gather(*looks)
    assert [o.kind.value for o in await home.comparing.history()] == ["accept", "draft", "import"]
    with pytest.raises(SkilltuiError):
        await home.reviewing.accept(NAME, draft.version, unverified=True)


async def test_a_guard_goes_only_when_the_name_is_typed(home: Home, file: Path) -> None:
    guard = "- Never share a fixture between processes."
    file.write_text(file.read_text(encoding="utf-8") + guard + "\n", encoding="utf-8")
    await home.library.refresh()
    edit = Edit("e1", EditOp.REMOVE, "Gotchas", guard, None, Support(1, 1), (EvidenceRef("t_x", 1),), Origin.USER)
    draft = await save(home, file, (edit,))
    assert [finding.code for finding in draft.findings if finding.code.startswith("DELTA")] == ["DELTA_GUARD"]
    with pytest.raises(GateRefusedError, match="A guard goes"):
        await home.reviewing.accept(NAME, draft.version, unverified=True)
    await home.reviewing.accept(NAME, draft.version, unverified=True, confirm_name=NAME)
    assert guard not in file.read_text(encoding="utf-8")
