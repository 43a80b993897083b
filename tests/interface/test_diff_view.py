"""The diff view: any length, any width, any text."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from skilltui.tui.diff_model import Line, diff
from skilltui.tui.theme import ThemedApp
from skilltui.tui.widgets.diff_view import BESIDE_FROM, MOST_ROWS, DiffView, displayable, shown_line, wrap_ranges
from tests.interface.conftest import HOSTILE, SIZES, assert_clean, running, screen_lines, screen_text, wait_until

BEFORE = "# Build\n\nRun the build:\n`uv build`\n\nend\n"
AFTER = "# Build\n\nRun the build:\n`uv build --no-sources`\n\nGotcha: bump first.\nend\n"


class DiffApp(ThemedApp):
    """The view alone."""

    def __init__(self, before: str, after: str, notes: dict[int, str] | None = None) -> None:
        super().__init__()
        self._texts = (before, after)
        self._notes = notes or {}

    def compose(self) -> ComposeResult:
        yield DiffView()

    def on_mount(self) -> None:
        self.view.show("test", diff(*self._texts), self._notes)
        self.view.focus()

    @property
    def view(self) -> DiffView:
        return self.query_one(DiffView)


def sees(app: App[None], text: str) -> bool:
    return text in screen_text(app)


def lines_with(app: App[None], text: str) -> list[str]:
    return [line for line in screen_lines(app) if text in line]


async def test_both_texts_stand_side_by_side_where_there_is_room() -> None:
    async with running(DiffApp(BEFORE, AFTER), (120, 24)) as pilot:
        await wait_until(pilot, lambda: "--no-sources" in screen_text(pilot.app))
        (changed,) = lines_with(pilot.app, "--no-sources")
        left, _, right = changed.partition("│")
        assert left.split() == ["▸-", "4", "`uv", "build`"]
        assert right.split() == ["+", "4", "`uv", "build", "--no-sources`"]
        (end,) = lines_with(pilot.app, "end")
        assert end.count("end") == 2
        assert_clean(pilot.app)


async def test_one_stands_below_the_other_where_there_is_not() -> None:
    async with running(DiffApp(BEFORE, AFTER), (80, 24)) as pilot:
        await wait_until(pilot, lambda: "--no-sources" in screen_text(pilot.app))
        shown = [line.split() for line in screen_lines(pilot.app) if "uv build" in line]
        assert shown == [["▸-", "4", "`uv", "build`"], ["+", "4", "`uv", "build", "--no-sources`"]]
        (end,) = lines_with(pilot.app, "end")
        assert end.split() == ["6", "7", "end"]


async def test_a_new_width_draws_it_anew() -> None:
    async with running(DiffApp(BEFORE, AFTER), (120, 24)) as pilot:
        await wait_until(pilot, lambda: "│" in screen_text(pilot.app))
        await pilot.resize_terminal(BESIDE_FROM - 1, 24)
        await wait_until(pilot, lambda: "│" not in screen_text(pilot.app))
        assert lines_with(pilot.app, "--no-sources")


async def test_one_text_alone_is_shown_once() -> None:
    async with running(DiffApp(AFTER, AFTER), (120, 24)) as pilot:
        await wait_until(pilot, lambda: "Gotcha" in screen_text(pilot.app))
        (line,) = lines_with(pilot.app, "Gotcha")
        assert line.split() == ["6", "Gotcha:", "bump", "first."]


async def test_hunks_are_walked_and_brought_into_sight() -> None:
    before = [f"line {n}" for n in range(2000)]
    after = list(before)
    after[3], after[1000], after[1990] = "first", "second", "third"
    app = DiffApp("\n".join(before), "\n".join(after))
    async with running(app, (120, 24)) as pilot:
        for number, word in enumerate(("first", "second", "third")):
            await wait_until(pilot, partial(sees, app, word))
            assert app.view.hunk == number
            (here,) = lines_with(app, "▸")
            assert word in here
            assert app.view.go_to_hunk(1) is (number < 2)
        app.view.go_to_hunk(-1)
        await wait_until(pilot, lambda: "second" in screen_text(app))


async def test_a_note_stands_beside_its_line_where_it_fits() -> None:
    async with running(DiffApp(BEFORE, AFTER, {6: "e3 · t_44"}), (120, 24)) as pilot:
        await wait_until(pilot, lambda: "Gotcha" in screen_text(pilot.app))
        (line,) = lines_with(pilot.app, "Gotcha")
        assert line.rstrip().endswith("e3 · t_44")


async def test_a_missing_line_feed_is_told() -> None:
    async with running(DiffApp("a\nb", "a\nb\n"), (120, 24)) as pilot:
        await wait_until(pilot, lambda: "no line feed at the end" in screen_text(pilot.app))


async def test_carriage_returns_are_shown_only_where_they_differ() -> None:
    async with running(DiffApp("a\r\nb\r\n", "a\r\nc\r\n"), (120, 24)) as pilot:
        await wait_until(pilot, lambda: "c" in screen_text(pilot.app))
        assert "␍" not in screen_text(pilot.app)
    async with running(DiffApp("a\r\nb\r\n", "a\nb\r\n"), (120, 24)) as pilot:
        await wait_until(pilot, lambda: "␍" in screen_text(pilot.app))


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_stays_text(size: tuple[int, int]) -> None:
    before = f"{HOSTILE}\nsame {HOSTILE}\n{'x' * 5000}\n"
    after = f"{HOSTILE} new\nsame {HOSTILE}\n{'日' * 5000}\n{HOSTILE * 40}"
    app = DiffApp(before, after, {2: HOSTILE})
    async with running(app, size) as pilot:
        await wait_until(pilot, lambda: "[@click=app.quit]" in screen_text(app))
        for key in ("end", "pageup", "home", "pagedown", "end"):
            await pilot.press(key)
            assert_clean(app)
        assert app.is_running


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.integers(2, 40))
@settings(max_examples=200, deadline=None)
def test_pieces_of_a_line_fit_and_lose_nothing_but_spaces_between_them(text: str, width: int) -> None:
    shown, _ = displayable(Line(1, text))
    ranges = wrap_ranges(shown, width)
    pieces = [shown[start:end] for start, end in ranges]
    assert all(cell_len(piece) <= width for piece in pieces)
    if len(ranges) < MOST_ROWS:
        assert ranges[0][0] == 0
        assert ranges[-1][1] == len(shown)
        gaps = [shown[a[1] : b[0]] for a, b in pairwise(ranges)]
        assert set(gaps) <= {"", " "}


@given(st.text(max_size=60), st.data())
@settings(max_examples=100, deadline=None)
def test_marks_cover_the_same_characters_after_sanitising(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    marks = ((start, end),) if start < end else ()
    line = Line(1, text, marks=marks)
    shown, moved = displayable(line)
    alone = displayable(Line(1, text[start:end]))[0]
    assert "".join(shown[a:b] for a, b in moved) == (alone if marks else "")
    for piece, inside in shown_line(line, 20):
        assert all(0 <= a < b <= len(piece) for a, b in inside)
