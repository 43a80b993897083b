"""The version manager over a real store and real files: nothing is lost, nothing foreign is overwritten."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from skilltui.domain.skill import blob_hash
from skilltui.domain.trust import SkillOrigin
from skilltui.domain.version import OperationKind, Version, VersionState
from skilltui.errors import ForeignEditError, SkillInvalidError, SourceError, StateError
from skilltui.library.registry import SkillRegistry
from skilltui.library.roots import Root
from skilltui.store.database import Database
from skilltui.versions.files import hash_tree, read_skill, swap
from skilltui.versions.manager import SkillVersionManager
from skilltui.workshop.memory import StoredVersions

T = TypeVar("T")


class Bench:
    """A manager with one skill."""

    def __init__(self, database: Database, path: Path) -> None:
        self.database = database
        self.store = StoredVersions(database)
        self.manager = SkillVersionManager(self.store)
        self.path = path

    @classmethod
    async def make(cls, folder: Path) -> Bench:
        return cls(await Database.open(folder / "s.db", write=True), folder / "skills" / "demo" / "SKILL.md")

    async def draft(self) -> Version:
        return await self.manager.draft(
            "demo", self.path, engine="extractive", model=None, origin=SkillOrigin.SYNTHESISED
        )

    async def accept(self, data: bytes, publish: list[Path] | None = None) -> Version:
        draft = await self.draft()
        written = await self.manager.accept(draft, data, self.path, accepted=["e1"], refused=[], publish=publish or [])
        return written.version

    async def stage(self, draft: Version, data: bytes) -> None:
        """As far as an accept comes before it touches the file."""
        record = await self.store.record("demo")
        assert record is not None
        await self.store.stage(record, replace(draft, blob=blob_hash(data), hash="h"), data)

    async def states(self) -> dict[int, VersionState]:
        return {v.number: v.state for v in await self.store.versions("demo")}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = await Bench.make(tmp_path)
    yield made
    await made.database.close()


async def test_a_new_skill_is_written_with_its_folder_and_becomes_active(bench: Bench) -> None:
    version = await bench.accept(b"one")
    assert bench.path.read_bytes() == b"one"
    assert (version.number, version.state, version.blob) == (1, VersionState.ACTIVE, blob_hash(b"one"))
    assert [p.name for p in bench.path.parent.iterdir()] == ["SKILL.md"]


async def test_a_skill_found_on_disk_becomes_version_one_before_anything_changes(bench: Bench) -> None:
    bench.path.parent.mkdir(parents=True)
    bench.path.write_bytes(b"by hand\r\n")
    version = await bench.accept(b"with an edit\r\n")
    assert (version.number, version.parent) == (2, 1)
    first = await bench.manager.version("demo", 1)
    assert await bench.manager.data(first) == b"by hand\r\n"
    assert (first.engine, first.state) == ("person", VersionState.SUPERSEDED)


async def test_rollback_restores_the_exact_former_bytes_and_can_be_undone(bench: Bench) -> None:
    hand = b"\xef\xbb\xbfby hand\r\nno final newline"
    bench.path.parent.mkdir(parents=True)
    bench.path.write_bytes(hand)
    await bench.accept(b"changed")
    await bench.manager.rollback("demo", None)
    assert bench.path.read_bytes() == hand
    assert await bench.states() == {1: VersionState.ACTIVE, 2: VersionState.ROLLED_BACK}
    await bench.manager.undo()
    assert bench.path.read_bytes() == b"changed"
    assert (await bench.states())[2] is VersionState.ACTIVE
    await bench.manager.undo()
    assert bench.path.read_bytes() == hand
    with pytest.raises(StateError):
        await bench.manager.undo()


async def test_undoing_the_first_accept_of_a_new_skill_takes_it_off_the_disk(bench: Bench) -> None:
    await bench.accept(b"one")
    await bench.manager.undo()
    assert not bench.path.parent.exists()


async def test_undo_leaves_a_folder_that_holds_somebodys_files(bench: Bench) -> None:
    await bench.accept(b"one")
    (bench.path.parent / "notes.txt").write_text("mine", encoding="utf-8")
    await bench.manager.undo()
    assert [p.name for p in bench.path.parent.iterdir()] == ["notes.txt"]


async def test_a_foreign_edit_is_never_overwritten_and_becomes_a_version(bench: Bench) -> None:
    await bench.accept(b"one")
    draft = await bench.draft()
    bench.path.write_bytes(b"edited by somebody")
    with pytest.raises(ForeignEditError):
        await bench.manager.accept(draft, b"two", bench.path, accepted=[], refused=[])
    assert bench.path.read_bytes() == b"edited by somebody"
    active = await bench.manager.active("demo")
    assert active is not None
    assert await bench.manager.data(active) == b"edited by somebody"
    assert (await bench.store.operations("demo", 1))[0].kind is OperationKind.FOREIGN_EDIT


async def test_a_crash_between_the_swap_and_the_record_is_finished_at_the_next_look(bench: Bench) -> None:
    await bench.accept(b"one")
    draft = await bench.draft()
    await bench.stage(draft, b"two")
    swap(bench.path, b"two", expected=b"one")
    active = await bench.manager.track("demo", bench.path)
    assert active is not None
    assert (active.number, active.state) == (draft.number, VersionState.ACTIVE)
    assert (await bench.states())[1] is VersionState.SUPERSEDED


async def test_a_crash_between_the_stage_and_the_swap_leaves_the_old_text_live(bench: Bench) -> None:
    await bench.accept(b"one")
    draft = await bench.draft()
    await bench.stage(draft, b"two")
    active = await bench.manager.track("demo", bench.path)
    assert active is not None
    assert active.number == 1
    assert (await bench.states())[draft.number] is VersionState.DRAFT


async def test_copies_are_swapped_and_one_edited_by_hand_is_told_not_touched(bench: Bench, tmp_path: Path) -> None:
    roots = [tmp_path / "a", tmp_path / "b"]
    await bench.accept(b"one", roots)
    assert (roots[0] / "demo" / "SKILL.md").read_bytes() == b"one"
    (roots[1] / "demo" / "SKILL.md").write_bytes(b"mine")
    draft = await bench.draft()
    written = await bench.manager.accept(draft, b"two", bench.path, accepted=[], refused=[], publish=roots)
    assert written.published == (roots[0] / "demo" / "SKILL.md",)
    assert len(written.skipped) == 1
    assert (roots[1] / "demo" / "SKILL.md").read_bytes() == b"mine"


async def test_of_parallel_savers_exactly_one_wins(bench: Bench) -> None:
    await bench.accept(b"one")
    drafts = [await bench.draft() for _ in range(5)]
    results = await asyncio.gather(
        *(bench.manager.accept(d, f"text {d.number}".encode(), bench.path, accepted=[], refused=[]) for d in drafts),
        return_exceptions=True,
    )
    won = [r for r in results if not isinstance(r, BaseException)]
    assert len(won) == 1
    assert all(isinstance(r, ForeignEditError) for r in results if isinstance(r, BaseException))
    assert bench.path.read_bytes() == f"text {won[0].version.number}".encode()


async def test_drafts_at_once_get_numbers_of_their_own(bench: Bench) -> None:
    await bench.accept(b"one")
    drafts = await asyncio.gather(*(bench.draft() for _ in range(4)))
    assert sorted(d.number for d in drafts) == [2, 3, 4, 5]


async def test_one_foreign_edit_seen_by_three_looks_is_one_version(bench: Bench) -> None:
    await bench.accept(b"one")
    bench.path.write_bytes(b"by hand")
    await asyncio.gather(*(bench.manager.track("demo", bench.path) for _ in range(3)))
    kinds = [o.kind for o in await bench.store.operations("demo", 10)]
    assert kinds == [OperationKind.FOREIGN_EDIT, OperationKind.ACCEPT, OperationKind.DRAFT]


@pytest.mark.parametrize("number", [None, 2, 1])
async def test_a_skill_deleted_by_hand_is_brought_back(bench: Bench, number: int | None) -> None:
    await bench.accept(b"one")
    await bench.accept(b"two")
    bench.path.unlink()
    written = await bench.manager.rollback("demo", number)
    assert written.version.number == (number or 2)
    assert bench.path.read_bytes() == (b"one" if number == 1 else b"two")
    assert [v.number for v in await bench.store.versions("demo") if v.state is VersionState.ACTIVE] == [number or 2]
    await bench.manager.undo()
    assert not bench.path.exists()


async def test_an_undone_new_skill_is_brought_back_by_its_number(bench: Bench) -> None:
    await bench.accept(b"one")
    await bench.manager.undo()
    with pytest.raises(StateError):
        await bench.manager.rollback("demo", None)
    await bench.manager.rollback("demo", 1)
    assert bench.path.read_bytes() == b"one"


async def test_a_new_text_for_a_deleted_skill_leaves_one_version_active(bench: Bench) -> None:
    await bench.accept(b"one")
    bench.path.unlink()
    await bench.accept(b"two")
    assert await bench.states() == {1: VersionState.SUPERSEDED, 2: VersionState.ACTIVE}


async def test_a_skill_that_stands_in_another_folder_is_left_alone(bench: Bench, tmp_path: Path) -> None:
    draft = await bench.draft()
    other = tmp_path / "other" / "demo" / "SKILL.md"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"another skill")
    before = await bench.store.operations(None, 10)
    with pytest.raises(StateError):
        await bench.manager.accept(draft, b"one", other, accepted=[], refused=[])
    assert await bench.store.operations(None, 10) == before
    assert other.read_bytes() == b"another skill"
    await bench.manager.accept(draft, b"one", bench.path, accepted=[], refused=[])
    assert bench.path.read_bytes() == b"one"


async def test_a_draft_of_a_live_skill_goes_where_that_stands(bench: Bench, tmp_path: Path) -> None:
    await bench.accept(b"one")
    draft = await bench.draft()
    other = tmp_path / "other" / "demo" / "SKILL.md"
    with pytest.raises(StateError):
        await bench.manager.accept(draft, b"two", other, accepted=[], refused=[])
    assert not other.exists()


async def test_a_crash_while_a_skill_is_written_to_a_chosen_folder_is_finished(bench: Bench, tmp_path: Path) -> None:
    draft = await bench.draft()
    other = tmp_path / "other" / "demo" / "SKILL.md"
    record = await bench.store.record("demo")
    assert record is not None
    await bench.store.stage(replace(record, path=str(other)), replace(draft, blob=blob_hash(b"one"), hash="h"), b"one")
    swap(other, b"one", expected=None)
    known = await bench.store.record("demo")
    assert known is not None
    active = await bench.manager.track("demo", Path(known.path))
    assert active is not None
    assert (active.number, active.state) == (1, VersionState.ACTIVE)


async def test_a_folder_that_can_not_be_written_leaves_the_skill_where_it_was(bench: Bench, tmp_path: Path) -> None:
    draft = await bench.draft()
    (tmp_path / "file").write_bytes(b"no folder")
    with pytest.raises(SourceError):
        await bench.manager.accept(draft, b"one", tmp_path / "file" / "demo" / "SKILL.md", accepted=["e1"], refused=[])
    record = await bench.store.record("demo")
    assert record is not None
    assert record.path == str(bench.path)
    assert await bench.manager.version("demo", 1) == draft


def test_the_hash_of_a_folder_is_the_librarys(tmp_path: Path) -> None:
    folder = tmp_path / "skills" / "demo"
    for name in ("scripts/run.sh", ".hidden", ".config/a", "scripts/__pycache__/run.pyc", "node_modules/x/y.js"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    (folder / "link").symlink_to(tmp_path)
    data = b"---\nname: demo\ndescription: Use when a demo is asked for.\n---\n# Demo\n"
    (folder / "SKILL.md").write_bytes(data)
    (skill,) = SkillRegistry([Root(tmp_path / "skills", "given")]).load().skills
    assert hash_tree(folder / "SKILL.md", data) == skill.hash
    (folder / ".skilltui-new").write_bytes(b"half of a killed save")
    assert hash_tree(folder / "SKILL.md", data) == skill.hash


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everywhere")
def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(b"x")
    secret.chmod(0)
    with pytest.raises(SourceError, match=r"secret\.txt"):
        hash_tree(tmp_path / "SKILL.md", b"x")


def test_what_an_editor_saves_while_we_write_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "SKILL.md"
    path.write_bytes(b"one")
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        fsync(descriptor)
        path.write_bytes(b"saved by an editor")

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(ForeignEditError):
        swap(path, b"two", expected=b"one")
    assert path.read_bytes() == b"saved by an editor"
    assert [p.name for p in tmp_path.iterdir()] == ["SKILL.md"]


async def test_undo_after_a_foreign_edit_keeps_the_foreign_text_and_does_not_block_other_skills(
    bench: Bench, tmp_path: Path
) -> None:
    other = tmp_path / "skills" / "other" / "SKILL.md"
    draft = await bench.manager.draft("other", other, engine="extractive", model=None, origin=SkillOrigin.SYNTHESISED)
    await bench.manager.accept(draft, b"other", other, accepted=[], refused=[])
    await bench.accept(b"one")
    bench.path.write_bytes(b"by hand")
    with pytest.raises(ForeignEditError):
        await bench.manager.undo()
    active = await bench.manager.active("demo")
    assert active is not None
    assert await bench.manager.data(active) == b"by hand"
    assert (await bench.manager.undo()).skill == "other"
    assert not other.exists()
    assert bench.path.read_bytes() == b"by hand"
    with pytest.raises(StateError):
        await bench.manager.undo()


async def test_undo_of_one_skill_leaves_newer_work_on_others(bench: Bench, tmp_path: Path) -> None:
    await bench.accept(b"one")
    other = tmp_path / "skills" / "other" / "SKILL.md"
    draft = await bench.manager.draft("other", other, engine="extractive", model=None, origin=SkillOrigin.SYNTHESISED)
    await bench.manager.accept(draft, b"other", other, accepted=[], refused=[])
    assert (await bench.manager.undo("demo")).skill == "demo"
    assert not bench.path.exists()
    assert other.read_bytes() == b"other"


async def test_undo_of_an_edit_to_a_deleted_file_brings_the_former_text_back(bench: Bench) -> None:
    await bench.accept(b"one")
    await bench.accept(b"two")
    bench.path.unlink()
    await bench.manager.undo()
    assert bench.path.read_bytes() == b"one"


async def test_undo_tells_which_copies_it_did_not_touch(bench: Bench, tmp_path: Path) -> None:
    await bench.accept(b"one", [tmp_path / "a"])
    copy = tmp_path / "a" / "demo" / "SKILL.md"
    copy.write_bytes(b"mine")
    operation = await bench.manager.undo()
    (skipped,) = operation.detail["skipped"]
    assert str(copy) in skipped
    assert copy.read_bytes() == b"mine"
    assert (await bench.store.operations(None, 1))[0].detail["skipped"] == [skipped]


async def test_a_draft_that_was_never_live_is_not_brought_back(bench: Bench) -> None:
    await bench.accept(b"one")
    draft = await bench.draft()
    await bench.stage(draft, b"two")
    with pytest.raises(StateError):
        await bench.manager.rollback("demo", draft.number)
    await bench.manager.reject(draft, "")
    with pytest.raises(StateError):
        await bench.manager.rollback("demo", draft.number)
    assert bench.path.read_bytes() == b"one"


async def test_of_two_decisions_on_one_draft_the_second_is_told(bench: Bench) -> None:
    draft = await bench.draft()
    results = await asyncio.gather(
        bench.manager.reject(draft, ""),
        bench.manager.accept(draft, b"one", bench.path, accepted=[], refused=[]),
        return_exceptions=True,
    )
    assert isinstance(results[1], StateError)
    assert not bench.path.exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target.md"
    target.write_bytes(b"outside")
    link = tmp_path / "skill" / "SKILL.md"
    link.parent.mkdir()
    link.symlink_to(target)
    with pytest.raises(SkillInvalidError):
        swap(link, b"new", expected=b"outside")
    assert target.read_bytes() == b"outside"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(SourceError) as caught:
        swap(folder / "demo" / "SKILL.md", b"x", expected=None)
    assert "permission" in caught.value.hint


def test_a_save_keeps_the_files_mode_and_sweeps_its_own_leftover(tmp_path: Path) -> None:
    path = tmp_path / "SKILL.md"
    path.write_bytes(b"one")
    path.chmod(0o640)
    (tmp_path / ".skilltui-new").write_bytes(b"half of a killed save")
    swap(path, b"two", expected=b"one")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["SKILL.md"]


class Lives(RuleBasedStateMachine):
    """Drafts, accepts, foreign edits, deletions, rollbacks, other names, retirements and undos in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.kept: dict[int, bytes] = {}
        self.copies = self.folder / "copies"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(data=st.one_of(st.none(), st.binary(max_size=20)))
    def begin(self, data: bytes | None) -> None:
        self.bench = self.run(Bench.make(self.folder))
        if data is not None:
            self.bench.path.parent.mkdir(parents=True)
            self.bench.path.write_bytes(data)

    @rule(data=st.binary(max_size=20))
    def accept(self, data: bytes) -> None:
        version = self.run(self.bench.accept(data))
        assert self.bench.path.read_bytes() == data
        self.kept[version.number] = data

    @rule(data=st.binary(max_size=20))
    def edit_by_hand(self, data: bytes) -> None:
        self.bench.path.parent.mkdir(parents=True, exist_ok=True)
        self.bench.path.write_bytes(data)
        self.run(self.bench.manager.track("demo", self.bench.path))

    @rule()
    def delete_by_hand(self) -> None:
        self.bench.path.unlink(missing_ok=True)

    @rule(count=st.integers(2, 4))
    def draft_at_once(self, count: int) -> None:
        async def drafts() -> list[Version]:
            return await asyncio.gather(*(self.bench.draft() for _ in range(count)))

        known = {v.number for v in self.run(self.bench.store.versions("demo"))}
        numbers = {v.number for v in self.run(drafts())}
        assert len(numbers) == count
        assert not numbers & known

    @rule(choice=st.integers(0, 20))
    def rollback(self, choice: int) -> None:
        old = [v for v in self.run(self.bench.store.versions("demo")) if v.blob and v.state is not VersionState.DRAFT]
        if not old:
            return
        target = old[choice % len(old)]
        if target.state is VersionState.ACTIVE and self.bench.path.exists():
            return
        if any(
            o.kind is OperationKind.RETIRE and not o.undone_by
            for o in self.run(self.bench.store.operations("demo", 99))
        ):
            return
        self.run(self.bench.manager.rollback("demo", target.number))
        assert blob_hash(self.bench.path.read_bytes()) == target.blob

    @rule()
    def undo(self) -> None:
        # Where somebody put something in the place of what would come back, that stands.
        with suppress(ForeignEditError):
            if self.run(self.bench.manager.undoable()) is not None:
                self.run(self.bench.manager.undo())

    @rule(data=st.binary(max_size=20), script=st.binary(max_size=5))
    def rename_and_back(self, data: bytes, script: bytes) -> None:
        if not self.bench.path.exists():
            return
        (self.bench.path.parent / "run.sh").write_bytes(script)
        before = self.bench.path.read_bytes()
        self.run(self.bench.manager.publish("demo", self.bench.path, [self.copies]))
        self.run(self.bench.manager.rename("demo", "other", self.bench.path, data, [self.copies]))
        for root in (self.bench.path.parent.parent, self.copies):
            assert (root / "other" / "SKILL.md").read_bytes() == data
            assert (root / "other" / "run.sh").read_bytes() == script
        assert not self.bench.path.parent.exists()
        assert self.run(self.bench.store.versions("demo")) == []
        undone = self.run(self.bench.manager.undo())
        assert undone.detail["skipped"] == []
        assert self.bench.path.read_bytes() == before
        assert (self.copies / "demo" / "run.sh").read_bytes() == script
        assert not (self.copies / "other").exists()

    @rule()
    def retire(self) -> None:
        if self.bench.path.exists():
            self.run(self.bench.manager.retire("demo", self.bench.path, [self.copies]))
            assert not self.bench.path.parent.exists()
            assert not (self.copies / "demo").exists()

    @invariant()
    def history_and_disk_agree(self) -> None:
        if not hasattr(self, "bench"):
            return
        found = self.run(self.bench.store.versions("demo"))
        active = [v for v in found if v.state is VersionState.ACTIVE]
        data = read_skill(self.bench.path)
        assert len(active) <= 1
        if active and data is not None:
            tracked = self.run(self.bench.manager.track("demo", self.bench.path))
            assert tracked is not None
            assert tracked.blob == blob_hash(data)
        for number, bytes_ in self.kept.items():
            version = next(v for v in found if v.number == number)
            assert version.blob == blob_hash(bytes_)
            assert self.run(self.bench.store.blob(version.blob)) == bytes_

    def teardown(self) -> None:
        if hasattr(self, "bench"):
            self.run(self.bench.database.close())
        self.loop.close()
        shutil.rmtree(self.folder)


Lives.TestCase.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLives = Lives.TestCase
