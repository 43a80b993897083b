"""The Workbench, as a person reviews a draft: edit by edit, with what stands behind each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from skilltui.domain.proposal import Decision, EditOp, EvidenceRef, Origin, Proposal
from skilltui.learning.engine import Progress
from skilltui.paths import HomePaths
from skilltui.tui.app import SkilltuiApp
from skilltui.tui.dialogs import Confirm, Reason, TypeName
from skilltui.tui.live import LivePane
from skilltui.tui.messages import DraftWanted, OpenDraft
from skilltui.tui.widgets.detail import Detail
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.skill_editor import SkillEditor
from skilltui.tui.widgets.writing import Writing, last_lines, speed_words
from skilltui.tui.workbench import WorkbenchPane
from skilltui.tui.workbench_preview import build_preview
from skilltui.tui.workbench_rows import DECISIONS, support_words
from skilltui.workshop.home import Home
from tests.fake_ollama import FakeOllama
from tests.interface.conftest import HOSTILE, SIZES, assert_clean, opened, screen_text, wait_until
from tests.interface.drafts import STUB, edit, plant, release_edits
from tests.sessions import RELEASES, release

NAME = "release-python-package"


@pytest.fixture
async def draft(home: Home) -> Proposal:
    """A new skill's draft of four edits; the last one is piped into a shell and blocks."""
    return await plant(home, NAME, await release_edits(home), base=STUB)


def words(app: App[None]) -> str:
    return " ".join(screen_text(app).split())


def edits(pilot: Pilot[None]) -> LineList:
    return pilot.app.query_one("#edits", LineList)


def editor(pilot: Pilot[None]) -> SkillEditor:
    return pilot.app.query_one(SkillEditor)


async def ready(pilot: Pilot[None]) -> None:
    await wait_until(pilot, lambda: edits(pilot).has_focus and edits(pilot).rows)


async def decisions(home: Home, version: int = 1, skill: str = NAME) -> list[str]:
    return [e.decision.value for e in (await home.reviewing.proposal(skill, version)).edits]


async def decided(pilot: Pilot[None], home: Home, wanted: list[str]) -> None:
    while await decisions(home) != wanted:
        await pilot.pause(0.01)


@pytest.mark.parametrize("size", SIZES)
async def test_without_a_draft_it_says_how_to_get_one(empty_home: Home, size: tuple[int, int]) -> None:
    async with opened(empty_home, size, "workbench") as pilot:
        await wait_until(pilot, lambda: "No draft yet." in screen_text(pilot.app))
        assert "Press 2, choose a gap, and press d" in words(pilot.app)
        await pilot.press("a", "r", "e", "g", "s", "u", "p", "x", "ctrl+g", "escape", "left", "right")
        await wait_until(pilot, lambda: "No draft yet." in screen_text(pilot.app))
        assert not list(pilot.app.pane.commands())  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", SIZES)
async def test_one_draft_opens_with_its_edits_and_their_evidence(
    home: Home, draft: Proposal, size: tuple[int, int]
) -> None:
    async with opened(home, size, "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "✓ Edit" in screen_text(pilot.app) and f"✎ {NAME}" in words(pilot.app))
        text = words(pilot.app)
        assert f"✎ {NAME} · draft 1 · extractive, no model" in text
        assert "? gate: unverified, form only" in text
        assert "0 accepted of 4" in text
        assert "? e1 add Steps seen in 5 of 6" in text
        assert "error, then fix: 3 of 3" in text
        assert "from tool output" in text
        await wait_until(pilot, lambda: "3 past requests" in words(pilot.app))
        assert_clean(pilot.app)


async def test_at_80_columns_enter_opens_the_text_and_escape_goes_back(home: Home, draft: Proposal) -> None:
    async with opened(home, (80, 24), "workbench") as pilot:
        await ready(pilot)
        assert "+e1" not in screen_text(pilot.app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: "+e1" in screen_text(pilot.app))
        assert "line 17 critical blocks PIPE_SHELL" in words(pilot.app)
        await pilot.press("escape")
        await ready(pilot)
        await wait_until(pilot, lambda: "+e1" not in screen_text(pilot.app))


async def test_lines_of_an_edit_are_marked_and_a_refused_one_leaves_the_preview(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "+e4 17  - Install" in screen_text(pilot.app))
        assert "▲+e4" in screen_text(pilot.app)
        await pilot.press("end", "r")
        await decided(pilot, home, ["pending", "pending", "pending", "refused"])
        await wait_until(pilot, lambda: "+e4" not in screen_text(pilot.app))
        assert "no finding" in screen_text(pilot.app)
        assert "✗ e4" in screen_text(pilot.app)


async def test_deciding_goes_on_to_the_next_undecided_edit(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await pilot.press("a")
        await wait_until(pilot, lambda: edits(pilot).highlighted == "e2")
        await pilot.press("r")
        await wait_until(pilot, lambda: edits(pilot).highlighted == "e3")
        await pilot.press("home", "u")
        await decided(pilot, home, ["pending", "refused", "pending", "pending"])
        await wait_until(pilot, lambda: "0 accepted of 4" in screen_text(pilot.app))
        assert edits(pilot).highlighted == "e1"


async def test_decisions_in_quick_succession_are_all_kept(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        pane = pilot.app.query_one(WorkbenchPane)
        for one in draft.edits:
            edits(pilot).highlight(one.id)
            pane.action_decide("accepted")
        await decided(pilot, home, ["accepted"] * 4)
        await wait_until(pilot, lambda: "4 accepted of 4" in screen_text(pilot.app))


async def test_an_edit_is_reworded_in_place(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await pilot.press("down", "down", "e")
        await wait_until(pilot, lambda: editor(pilot).editing and editor(pilot).has_focus)
        assert editor(pilot).text == "Update the changelog before the tag."
        assert "REWORD e3 in Gotchas" in screen_text(pilot.app)
        # Keys that mean something elsewhere are letters here.
        await pilot.press("space", "a", "r", "q", "1", "question_mark")
        assert editor(pilot).text.endswith(" arq1?")
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: not editor(pilot).editing)
        changed = (await home.reviewing.proposal(NAME, 1)).edits[2]
        assert changed.after == "Update the changelog before the tag. arq1?"
        assert changed.origin is Origin.USER
        await wait_until(pilot, lambda: "tag. arq1?" in words(pilot.app))


async def test_escape_leaves_an_edit_as_it_was(home: Home, draft: Proposal) -> None:
    async with opened(home, (80, 24), "workbench") as pilot:
        await ready(pilot)
        await pilot.press("e")
        await wait_until(pilot, lambda: editor(pilot).editing)
        await pilot.press("x", "escape")
        await wait_until(pilot, lambda: not editor(pilot).editing and edits(pilot).has_focus)
        assert (await home.reviewing.proposal(NAME, 1)).edits[0] == draft.edits[0]


async def test_an_edit_made_empty_stays_open_and_says_why(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await pilot.press("e")
        await wait_until(pilot, lambda: editor(pilot).editing)
        editor(pilot).text = ""
        await pilot.press("ctrl+s")
        await wait_until(pilot, lambda: "refuse it instead" in words(pilot.app))
        assert editor(pilot).editing


async def test_pasted_text_is_sanitised(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await pilot.press("e")
        await wait_until(pilot, lambda: editor(pilot).editing)
        editor(pilot).post_message(events.Paste(HOSTILE))
        await wait_until(pilot, lambda: "⟨U+202E⟩" in editor(pilot).text)
        assert_clean(pilot.app)


async def test_evidence_opens_its_trajectory(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "✓ Edit" in screen_text(pilot.app))
        await pilot.press("right", "enter")
        app = pilot.app
        assert isinstance(app, SkilltuiApp)
        await wait_until(pilot, lambda: isinstance(app.pane, LivePane))


async def test_evidence_that_is_gone_is_told(home: Home) -> None:
    await plant(home, NAME, [edit(1, "Steps", "Do it.")], base=STUB)
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "no longer stored" in screen_text(pilot.app))
        await pilot.press("right", "enter")
        await wait_until(pilot, lambda: "t_000000000000 is no longer stored." in words(pilot.app))


async def test_the_requests_it_would_fire_on_are_listed(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "3 past requests, 3 of them served by" in words(pilot.app))
        await pilot.press("p")
        await wait_until(pilot, lambda: RELEASES[0][:25] in screen_text(pilot.app))
        assert "EVIDENCE" not in screen_text(pilot.app)
        assert "◇ 3 of them served by no skill today" in words(pilot.app)
        assert len([row for row in pilot.app.query_one("#requests", LineList).rows if row.selectable]) == 3
        await pilot.press("escape", "escape")
        await wait_until(pilot, lambda: "EVIDENCE" in screen_text(pilot.app))


async def test_saving_asks_where_nothing_was_verified_and_writes_the_file(home: Home, draft: Proposal) -> None:
    path = home.config.skills_home / NAME / "SKILL.md"
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: "No edit is accepted yet." in screen_text(pilot.app))
        await pilot.press("a", "s")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        text = words(pilot.app)
        assert "Not verified: " in text
        assert "Undecided and left out: e2, e3, e4." in text
        await pilot.press("n")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, Confirm))
        assert not path.exists()
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await wait_until(pilot, lambda: f"{NAME} 1 is live" in words(pilot.app))
        text = path.read_text(encoding="utf-8")
        assert "3. Run `uv build`." in text
        assert "curl" not in text
        live = f"{NAME} 1 is live. 4 shows it, 2 has more gaps."
        await wait_until(pilot, lambda: live in words(pilot.app))


@pytest.mark.parametrize("size", SIZES)
async def test_what_an_edit_rests_on_is_told_once_and_whole(home: Home, size: tuple[int, int]) -> None:
    steps = edit(1, "Steps", "Do it.", note="seen in 4 of 4", support=(4, 4))
    fix = edit(2, "Common gotchas", "Mend it.", note="error, then fix: 3 of 3", support=(3, 3))
    said = edit(3, "Steps", "As you said.", note="your words, in 2 runs", support=(2, 4))
    await plant(home, NAME, [steps, fix, said], base=STUB)
    async with opened(home, size, "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "your words, in 2 runs: 2 of 4" in screen_text(pilot.app))
        text = screen_text(pilot.app)
        assert "seen in 4 of 4" in text
        assert text.count("4 of 4") == 1
        assert "error, then fix: 3 of 3" in text
        assert text.count("3 of 3") == 1


@pytest.mark.parametrize(
    ("note", "support", "said"),
    [
        ("", (2, 3), "seen in 2 of 3"),
        ("seen in 11 of 30", (1, 3), "seen in 11 of 30: 1 of 3"),
        ("your words, once", (1, 1), "your words, once"),
        ("from one run of 6, an anecdote", (1, 6), "from one run of 6, an anecdote"),
    ],
)
def test_support_is_added_where_the_note_does_not_tell_it(note: str, support: tuple[int, int], said: str) -> None:
    assert support_words(edit(1, "Steps", "x", note=note, support=support)) == said


async def test_the_reasons_of_the_gate_stand_under_the_evidence(home: Home) -> None:
    await plant(home, "pytest-fixtures", [edit(1, "Gotchas", "Name them well.")])
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "? gate: unverified, form only" in words(pilot.app))
        await wait_until(pilot, lambda: "no held-back case was tried" in words(pilot.app))


async def test_a_file_that_changed_meanwhile_is_told_and_nothing_is_written(home: Home) -> None:
    path = home.config.skills_home / "pytest-fixtures" / "SKILL.md"
    await plant(home, "pytest-fixtures", [edit(1, "Gotchas", "Name them well.")])
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "· draft 2 · from 1" in words(pilot.app))
        changed = path.read_text(encoding="utf-8") + "- By hand.\n"
        path.write_text(changed, encoding="utf-8")
        await pilot.press("a", "s")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await wait_until(pilot, lambda: "was not saved: its file changed meanwhile" in words(pilot.app))
        await wait_until(pilot, lambda: "▲ the file changed meanwhile: ^g drafts again from it" in words(pilot.app))
        assert path.read_text(encoding="utf-8") == changed


async def test_a_new_skill_whose_place_was_taken_meanwhile_is_told(home: Home, draft: Proposal) -> None:
    path = home.config.skills_home / NAME / "SKILL.md"
    path.parent.mkdir()
    path.write_text(STUB, encoding="utf-8")
    async with opened(home, (80, 24), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "▲ the file changed meanwhile" in words(pilot.app))
        await pilot.press("a", "s")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await wait_until(pilot, lambda: "was not saved" in words(pilot.app))
        assert "version 0" not in words(pilot.app)
        assert path.read_text(encoding="utf-8") == STUB


async def test_what_blocks_wants_the_name_typed(home: Home, draft: Proposal) -> None:
    path = home.config.skills_home / NAME / "SKILL.md"
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await pilot.press("end", "a")
        await decided(pilot, home, ["pending", "pending", "pending", "accepted"])
        await wait_until(pilot, lambda: "1 accepted of 4" in screen_text(pilot.app))
        await pilot.press("s")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, TypeName))
        assert "PIPE_SHELL" in screen_text(pilot.app)
        await pilot.press("enter")
        await wait_until(pilot, lambda: f"that is not {NAME}" in words(pilot.app))
        assert not path.exists()
        pilot.app.screen.query_one(Input).value = NAME
        await pilot.press("enter")
        await wait_until(pilot, path.exists)


async def test_a_draft_is_put_away_with_a_reason(home: Home, draft: Proposal) -> None:
    async with opened(home, (80, 24), "workbench") as pilot:
        await ready(pilot)
        await pilot.press("x")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Reason))
        await pilot.press("escape")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, Reason))
        await pilot.press("x")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Reason))
        await pilot.press(*"too broad", "enter")
        await wait_until(pilot, lambda: "No draft yet." in screen_text(pilot.app))
    (view,) = await home.comparing.versions(NAME) if NAME in await home.comparing.skills_with_history() else [None]
    assert view is not None
    assert view.version.note == "too broad"


async def test_several_drafts_are_listed_and_opened(home: Home, draft: Proposal) -> None:
    await plant(home, "pytest-fixtures", [edit(1, "Gotchas", "Name them after what they give.")])
    async with opened(home, (120, 40), "workbench") as pilot:
        await wait_until(pilot, lambda: "2 drafts" in screen_text(pilot.app))
        drafts = pilot.app.query_one("#drafts", LineList)
        assert drafts.has_focus
        assert "from version 1" in screen_text(pilot.app)
        drafts.highlight("2/pytest-fixtures")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "esc list" in screen_text(pilot.app))
        assert "✎ pytest-fixtures · draft 2 · from 1" in words(pilot.app)
        await wait_until(pilot, lambda: "· trusted" in screen_text(pilot.app))
        await pilot.press("escape")
        await wait_until(pilot, lambda: drafts.has_focus and "2 drafts" in screen_text(pilot.app))
        pilot.app.post_message(OpenDraft(NAME, 1))
        await wait_until(pilot, lambda: f"✎ {NAME} · draft 1" in words(pilot.app))


async def test_the_gate_is_run_again_on_a_key(home: Home, draft: Proposal) -> None:
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        for key in ("r", "r", "r", "r"):
            await pilot.press(key)
        await decided(pilot, home, ["refused"] * 4)
        await wait_until(pilot, lambda: "✗ gate: failed, no edit is left to accept" in words(pilot.app))
        await pilot.press("g")
        await wait_until(pilot, lambda: words(pilot.app).count("no edit is left to accept") == 2)


async def test_an_edit_that_takes_lines_away_has_no_words_and_shows_them(home: Home) -> None:
    gone = "- Put shared fixtures into conftest.py."
    removal = edit(1, "Gotchas", None, op=EditOp.REMOVE, before=gone)
    await plant(home, "pytest-fixtures", [removal])
    async with opened(home, (80, 24), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: f"- {gone}" in screen_text(pilot.app))
        await pilot.press("e")
        await wait_until(pilot, lambda: "e1 takes lines away" in words(pilot.app))
        assert not editor(pilot).editing


async def test_an_edit_that_no_longer_applies_is_told_and_the_rest_is_shown(home: Home) -> None:
    stale = edit(1, "Gotchas", "x", op=EditOp.REPLACE, before="- what nobody wrote")
    await plant(home, "pytest-fixtures", [stale, edit(2, "Gotchas", "Name them well.")])
    async with opened(home, (120, 40), "workbench") as pilot:
        await ready(pilot)
        await wait_until(pilot, lambda: "✗ e1: the lines of edit e1 are no longer in section" in words(pilot.app))
        assert "does not apply" in screen_text(pilot.app)
        assert "- Name them well." in screen_text(pilot.app)


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_drafts_stay_text(home: Home, size: tuple[int, int]) -> None:
    refs = [EvidenceRef(HOSTILE, 1, HOSTILE * 3), EvidenceRef("t_1", None, f"{HOSTILE}\n" * 30)]
    bad = [
        edit(1, "Gotchas", f"{HOSTILE}\n{HOSTILE}", note=HOSTILE, evidence=refs, origin=Origin.TOOL),
        edit(2, HOSTILE.replace("\x00", ""), "plain", evidence=refs),
        edit(3, "Gotchas", "x", op=EditOp.REPLACE, before=HOSTILE, evidence=refs),
    ]
    await plant(home, "pytest-fixtures", bad)
    async with opened(home, size, "workbench") as pilot:
        await ready(pilot)
        for keys in (("down",), ("down",), ("home", "enter"), ("pagedown",), ("escape", "e"), ("escape", "p"),
                     ("escape", "escape", "a", "s"), ("escape",)):  # fmt: skip
            await pilot.press(*keys)
            await pilot.pause()
            assert_clean(pilot.app)
        assert pilot.app.is_running


@pytest.fixture
async def with_model(tmp_path: Path, person: Path) -> AsyncIterator[tuple[Home, FakeOllama]]:
    """Releases that no skill serves, and a model that writes as fast as the test lets it."""
    where = tmp_path / "home"
    where.mkdir()
    async with FakeOllama() as server:
        (where / "config.toml").write_text(f'[ollama]\nhost = "{server.url}"\n', encoding="utf-8")
        async with Home.open(HomePaths(where, where), env={"HOME": str(person)}) as home:
            paths = [release(n, text).write(tmp_path / "t") for n, text in enumerate(RELEASES, 1)]
            await home.capturing.ingest(paths)
            yield home, server


async def test_what_the_model_writes_streams_in_and_escape_stops_it(with_model: tuple[Home, FakeOllama]) -> None:
    home, server = with_model
    (gap,) = await home.curating.gaps()
    server.gate.hold()
    async with opened(home, (120, 40), "workbench") as pilot:
        await wait_until(pilot, lambda: "No draft yet." in screen_text(pilot.app))
        pilot.app.query_one(WorkbenchPane).post_message(DraftWanted(gap=gap.id, title="a skill"))
        await wait_until(pilot, lambda: "WRITING" in screen_text(pilot.app))
        server.gate.let(8)
        writing = pilot.app.query_one("#writing-text", Detail)
        await wait_until(pilot, lambda: writing.has_line(0) and "the model writes" in screen_text(pilot.app))
        await wait_until(pilot, lambda: '{"items' in screen_text(pilot.app))
        assert_clean(pilot.app)
        await pilot.press("escape")
        await wait_until(pilot, lambda: "WRITING" not in screen_text(pilot.app), seconds=3)
        await wait_until(pilot, lambda: "No draft yet." in screen_text(pilot.app))
        await asyncio.wait_for(server.requests[-1].closed.wait(), 3)
    assert await home.reviewing.proposals() == []


async def test_a_finished_draft_takes_the_place_of_the_writing(with_model: tuple[Home, FakeOllama]) -> None:
    home, _ = with_model
    (gap,) = await home.curating.gaps()
    async with opened(home, (120, 40), "workbench") as pilot:
        await wait_until(pilot, lambda: "No draft yet." in screen_text(pilot.app))
        pilot.app.query_one(WorkbenchPane).post_message(DraftWanted(gap=gap.id, title="a skill"))
        await ready(pilot)
        await wait_until(pilot, lambda: "ollama (qwen3.5:4b)" in words(pilot.app))
        await wait_until(pilot, lambda: not pilot.app.query_one(Writing).runs)
        await pilot.press("ctrl+g")
        await wait_until(pilot, lambda: "draft 2" in words(pilot.app))
        assert len(pilot.app.query_one("#drafts", LineList).rows) == 1


def test_the_preview_tells_which_edit_brought_which_line() -> None:
    base = "a\nb"

    def applied(proposal: Proposal) -> str:
        return "\n".join([base, *(e.after or "" for e in proposal.edits)]) + "\n"

    proposal = Proposal("s", 1, None, "extractive", None, base, (edit(1, "x", "c\nd"), edit(2, "x", "b")))
    preview = build_preview(proposal, applied)
    assert preview.text == "a\nb\nc\nd\nb\n"
    assert dict(preview.marks) == {3: "e1", 4: "e1", 5: "e2"}


def test_speed_is_told_once_it_can_be_known() -> None:
    assert speed_words(Progress("mining")) == "reading the evidence"
    assert speed_words(Progress("writing", "x", tokens=240, seconds=12.0)) == (
        "the model writes · 12 s · 240 tokens · 20 per second"
    )


def test_of_a_long_text_the_last_lines_are_kept() -> None:
    text = "\n".join(str(n) for n in range(1000))
    assert last_lines(text, 3) == "997\n998\n999"


def test_decisions_have_words() -> None:
    assert {DECISIONS[d].word for d in Decision} == {"undecided", "accepted", "refused"}


def test_a_space_lost_at_a_lines_end_does_not_make_it_the_edits_line() -> None:
    proposal = Proposal("s", 1, None, "extractive", None, "a \n", (edit(1, "x", "b"),))
    assert dict(build_preview(proposal, lambda _: "a\nb\n").marks) == {2: "e1"}
