"""The shell: panes, keys, palette, help, the bridge, failures, and leaving."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App
from textual.binding import Binding
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.widgets import Input

from skilltui.learning.engine import Progress
from skilltui.tui import bridge
from skilltui.tui.app import PANES, SkilltuiApp
from skilltui.tui.chooser import Chooser
from skilltui.tui.help import HelpScreen
from skilltui.tui.messages import OpenGap
from skilltui.tui.pane import Pane
from skilltui.tui.widgets.detail import Detail
from skilltui.tui.widgets.key_line import KeyLine
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.status_bar import StatusBar
from skilltui.workshop.events import (
    Captured,
    CaptureStateChanged,
    DraftProgressed,
    EventBus,
    GapsChanged,
    ProposalSaved,
    SkillChanged,
    WorkshopEvent,
)
from skilltui.workshop.home import Home
from tests.interface.conftest import SIZES, assert_clean, opened, running, screen_lines, screen_text, wait_until


def captured(*trajectories: str, path: str = "a", steps: int = 1) -> Captured:
    return Captured(path, "claude-code", ("s",), trajectories, steps, 0, 0, backfill=False)


def test_events_of_the_same_thing_become_one() -> None:
    events: list[WorkshopEvent] = [
        captured("t1"),
        DraftProgressed("g", Progress("mining")),
        captured("t2", "t1", steps=4),
        DraftProgressed("g", Progress("writing", tokens=3)),
        GapsChanged(("a",)),
        captured("t3", path="b"),
        GapsChanged(("b", "a")),
        CaptureStateChanged("importing"),
        CaptureStateChanged("live"),
    ]
    assert bridge.coalesce(events) == (
        captured("t1", "t2", steps=5),
        DraftProgressed("g", Progress("writing", tokens=3)),
        captured("t3", path="b"),
        GapsChanged(("a", "b")),
        CaptureStateChanged("live"),
    )


EVENTS = st.one_of(
    st.builds(captured, st.sampled_from("xyz"), path=st.sampled_from("ab"), steps=st.integers(0, 9)),
    st.builds(lambda names: GapsChanged(tuple(names)), st.lists(st.sampled_from("ghi"), max_size=3)),
    st.builds(SkillChanged, st.sampled_from("pq")),
    st.builds(ProposalSaved, st.sampled_from("pq"), st.integers(1, 2)),
)


@settings(max_examples=100)
@given(st.lists(EVENTS, max_size=30))
def test_coalescing_loses_no_news(events: list[WorkshopEvent]) -> None:
    fewer = bridge.coalesce(events)
    assert bridge.coalesce(fewer) == fewer

    def told(batch: Any) -> tuple[int, set[str], set[str]]:
        steps = sum(e.new_steps for e in batch if isinstance(e, Captured))
        gaps = {gap for e in batch if isinstance(e, GapsChanged) for gap in e.gaps}
        skills = {e.skill for e in batch if isinstance(e, SkillChanged | ProposalSaved)}
        return steps, gaps, skills

    assert told(fewer) == told(events)


async def test_a_burst_arrives_in_two_batches_the_first_at_once() -> None:
    bus = EventBus()
    batches: list[Sequence[WorkshopEvent]] = []
    whole = asyncio.Event()

    def deliver(events: Sequence[WorkshopEvent]) -> None:
        batches.append(events)
        if len(batches) == 2:
            whole.set()

    carrying = asyncio.create_task(bridge.carry(bus, deliver))
    await asyncio.sleep(0)
    for n in range(300):
        bus.publish(captured(f"t{n}"))
        await asyncio.sleep(0)
    assert batches == [(captured("t0"),)]
    await asyncio.wait_for(whole.wait(), 10)
    (rest,) = batches[1]
    assert isinstance(rest, Captured)
    assert (len(rest.trajectories), rest.new_steps) == (299, 299)
    carrying.cancel()
    await asyncio.gather(carrying, return_exceptions=True)
    bus.publish(captured("later"))
    assert len(batches) == 2


def in_front(app: App[None], kind: type[Pane]) -> bool:
    return isinstance(app, SkilltuiApp) and type(app.pane) is kind and app.focused is not None


@pytest.mark.parametrize("size", SIZES)
async def test_the_keys_1_to_4_open_the_panes_and_keep_them(home: Home, size: tuple[int, int]) -> None:
    async with opened(home, size) as pilot:
        app = pilot.app
        assert isinstance(app, SkilltuiApp)
        for key, pane in zip("2341", (*PANES[1:], PANES[0]), strict=True):
            await pilot.press(key)
            await wait_until(pilot, partial(in_front, app, pane))
            await wait_until(pilot, lambda: not app.workers or all(w.group != "refresh" for w in app.workers))
            assert_clean(app)
            assert all(len(line) == size[0] for line in screen_lines(app))
        assert len(app.query(Pane)) == len(PANES)


@pytest.mark.parametrize("size", SIZES)
async def test_the_top_line_fits_and_its_names_can_be_clicked(home: Home, size: tuple[int, int]) -> None:
    async with opened(home, size) as pilot:
        app = pilot.app
        assert isinstance(app, SkilltuiApp)
        await wait_until(pilot, lambda: " 2 Gaps 1 " in screen_lines(app)[0])
        top = screen_lines(app)[0]
        for n, pane in enumerate(PANES, 1):
            assert f"{n} {pane.PANE}" in top
        await pilot.click(StatusBar, offset=(top.index("4 Versions") + 3, 0))
        await wait_until(pilot, lambda: app.pane is not None and app.pane.PANE == "Versions")


@pytest.mark.parametrize("size", SIZES)
async def test_at_most_six_keys_stand_in_the_bottom_line_of_each_pane(home: Home, size: tuple[int, int]) -> None:
    async with opened(home, size) as pilot:
        line = pilot.app.query_one(KeyLine)
        for key, pane in zip("1234", PANES, strict=True):
            await pilot.press(key)
            await wait_until(pilot, partial(in_front, pilot.app, pane))
            await wait_until(pilot, lambda: {"help", "palette"} <= {key.words for key in line.keys})
            assert len([key for key in line.keys if key.words != "palette"]) <= 6
            await wait_until(pilot, lambda: "help" in screen_lines(pilot.app)[-1])
            assert screen_lines(pilot.app)[-1].rstrip().endswith("^p palette")


async def test_a_click_on_a_key_presses_it(home: Home) -> None:
    async with opened(home, (120, 40)) as pilot:
        await wait_until(pilot, lambda: "? help" in screen_lines(pilot.app)[-1])
        x = screen_lines(pilot.app)[-1].index("? help")
        await pilot.hover(KeyLine, offset=(x + 3, 0))
        await pilot.click(KeyLine, offset=(x + 3, 0))
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await pilot.press("escape")
        await pilot.click(KeyLine, offset=(screen_lines(pilot.app)[-1].index("palette"), 0))
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))


KINDS: tuple[type[DOMNode], ...] = (SkilltuiApp, *PANES, LineList, Detail, Chooser, HelpScreen)


def bindings() -> Iterator[tuple[str, Binding]]:
    for kind in KINDS:
        for binding in kind.BINDINGS:
            assert isinstance(binding, Binding)
            yield kind.__name__, binding


def test_every_key_has_an_id_a_description_and_a_tooltip() -> None:
    for owner, binding in bindings():
        assert binding.id, (owner, binding.key)
        assert binding.description, (owner, binding.key)
        assert binding.tooltip, (owner, binding.key)
    ids = [binding.id for _, binding in bindings()]
    assert len(ids) == len(set(ids))


async def test_keys_can_be_mapped_by_their_ids(home: Home) -> None:
    app = SkilltuiApp(home)
    app.set_keymap({"app.gaps": "f6"})
    async with running(app) as pilot:
        await pilot.press("f6")
        await wait_until(pilot, lambda: app.pane is not None and app.pane.PANE == "Gaps")


async def test_the_help_says_what_can_be_done_here(home: Home) -> None:
    async with opened(home, (80, 24), "gaps") as pilot:
        await wait_until(pilot, lambda: "release" in screen_text(pilot.app))
        await pilot.press("question_mark")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await wait_until(pilot, lambda: "Write a draft of a skill" in screen_text(pilot.app))
        assert "reopen" not in screen_text(pilot.app).lower()
        await pilot.press("end")
        await wait_until(pilot, lambda: "▲   finding" in screen_text(pilot.app))
        await pilot.press("escape")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, HelpScreen))


async def test_the_palette_offers_what_the_state_allows(home: Home) -> None:
    async with opened(home, (120, 40), "gaps") as pilot:
        app = pilot.app
        assert isinstance(app, SkilltuiApp)
        await wait_until(pilot, lambda: "release" in screen_text(app))
        titles = [command.title for command in app.offered()]
        assert titles[0] == "draft a skill for this gap"
        assert "reopen it" not in titles
        assert "open Live" in titles
        assert "open Gaps" not in titles
        await pilot.press("ctrl+p")
        await wait_until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await wait_until(pilot, lambda: "draft a skill for this gap" in screen_text(app))
        app.screen.query_one(Input).value = "open versions"
        await wait_until(pilot, lambda: "draft a skill" not in screen_text(app))
        await pilot.press("enter")
        await wait_until(pilot, lambda: app.pane is not None and app.pane.PANE == "Versions")


async def test_a_failure_that_one_can_act_on_is_a_toast_and_nothing_breaks(home: Home) -> None:
    async with opened(home) as pilot:
        pilot.app.post_message(OpenGap("g_nowhere"))
        await wait_until(pilot, lambda: "no gap g_nowhere" in screen_text(pilot.app))
        assert "skilltui gaps" in screen_text(pilot.app)
        await pilot.press("1")
        assert pilot.app.is_running


async def test_a_programmers_error_ends_the_program_and_prints_no_captured_text(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken() -> None:
        secret = "what an agent wrote"
        raise RuntimeError("a bug", len(secret))

    async def run_it(app: SkilltuiApp) -> None:
        async with running(app) as pilot:
            assert app.pane is not None
            app.pane.work_on(broken(), group="test")
            await wait_until(pilot, lambda: not app.is_running)

    app = SkilltuiApp(home)
    with pytest.raises(RuntimeError, match="a bug"):
        await run_it(app)
    assert app.return_code == 1
    (log,) = home.paths.logs.glob("crash-*.log")
    report = log.read_text(encoding="utf-8")
    assert "RuntimeError" in report
    assert "a bug\n" not in report
    assert "secret" not in capsys.readouterr().err


async def test_on_ready_is_called_once_the_first_pane_is_on_screen(home: Home) -> None:
    seen: list[str] = []
    app = SkilltuiApp(home, start="gaps", on_ready=lambda: seen.append(screen_text(app)))
    async with running(app) as pilot:
        await wait_until(pilot, lambda: seen)
        assert "GAPS" in seen[0]
        await pilot.press("q")
    assert app.return_code == 0
