"""The line list as its users meet it: a cursor that stays on its thing, keys, mouse, and a hundred thousand rows."""

from __future__ import annotations

from textual.app import ComposeResult

from skilltui.tui.theme import ThemedApp
from skilltui.tui.widgets.cells import Cell, Row, heading, row
from skilltui.tui.widgets.detail import Detail, Para
from skilltui.tui.widgets.line_list import LineList
from tests.interface.conftest import running, screen_lines, screen_text, wait_until


def numbered(first: int, last: int) -> list[Row]:
    return [row(f"k{n}", Cell(f"row {n}", grow=True)) for n in range(first, last)]


class ListApp(ThemedApp):
    def __init__(self, *, follow: bool = False) -> None:
        super().__init__()
        self.list = LineList(follow=follow)
        self.highlighted: list[str | None] = []
        self.selected: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.list

    def on_line_list_highlighted(self, event: LineList.Highlighted) -> None:
        self.highlighted.append(event.key)

    def on_line_list_selected(self, event: LineList.Selected) -> None:
        self.selected.append(event.key)


async def test_keys_move_select_and_page() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        app.list.set_rows(numbered(0, 100))
        await pilot.press("down", "j", "k", "pagedown")
        assert app.list.highlighted == "k10"
        await pilot.press("end")
        assert app.list.highlighted == "k99"
        assert "row 99" in screen_text(app)
        await pilot.press("home", "enter")
        assert app.selected == ["k0"]
        assert screen_lines(app)[0].startswith("▸ row 0")


async def test_the_cursor_stays_on_its_key_and_its_place_when_rows_arrive_above() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        app.list.set_rows(numbered(50, 100))
        await pilot.press(*["down"] * 20)
        at = next(y for y, text in enumerate(screen_lines(app)) if text.startswith("▸"))
        app.list.set_rows(numbered(0, 100))
        await wait_until(pilot, lambda: screen_lines(app)[at].startswith("▸ row 70"))
        assert app.list.highlighted == "k70"


async def test_a_row_that_is_gone_leaves_the_cursor_where_it_was() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        app.list.set_rows(numbered(0, 5))
        await pilot.press("down", "down")
        app.list.set_rows([r for r in numbered(0, 5) if r.key != "k2"])
        await pilot.pause()
        assert app.list.highlighted == "k3"
        app.list.set_rows(())
        await pilot.pause()
        assert app.highlighted[-1] is None


async def test_following_goes_on_only_from_the_last_row() -> None:
    app = ListApp(follow=True)
    async with running(app, (40, 10)) as pilot:
        app.list.set_rows(numbered(0, 30))
        assert app.list.highlighted == "k29"
        app.list.set_rows(numbered(0, 31))
        await wait_until(pilot, lambda: "▸ row 30" in screen_text(app))
        await pilot.press("up")
        app.list.set_rows(numbered(0, 40))
        await pilot.pause()
        assert app.list.highlighted == "k29"


async def test_headings_are_passed_over() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        app.list.set_rows([heading("a", "A"), *numbered(0, 2), heading("b", "B"), *numbered(2, 4)])
        assert app.list.highlighted == "k0"
        await pilot.press("down", "down")
        assert app.list.highlighted == "k2"
        await pilot.press("up")
        assert app.list.highlighted == "k1"


async def test_a_click_chooses_and_a_second_one_opens() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        rows = [row(f"k{n}", Cell("first line"), second=[Cell("second line")]) for n in range(4)]
        app.list.set_rows(rows)
        await pilot.click(LineList, offset=(5, 3))
        assert app.list.highlighted == "k1"
        assert not app.selected
        await pilot.click(LineList, offset=(5, 2))
        assert app.selected == ["k1"]


async def test_changed_rows_are_drawn_again_without_a_change_of_height() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        app.list.set_rows(numbered(0, 5))
        app.list.set_rows([row("k0", Cell("changed", grow=True)), *numbered(1, 5)])
        await wait_until(pilot, lambda: "changed" in screen_text(app))
        rows = [row("k0", Cell("two", grow=True), second=[Cell("lines")]), *numbered(1, 4)]
        app.list.set_rows(rows)
        await wait_until(pilot, lambda: "lines" in screen_text(app))
        assert [text.strip(" ▸") for text in screen_lines(app)[:4]] == ["two", "lines", "row 1", "row 2"]


async def test_a_list_that_was_filled_while_hidden_shows_its_first_row_whole() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        app.list.display = False
        await pilot.pause()
        app.list.set_rows([row(f"k{n}", Cell(f"row {n}"), second=[Cell("below")]) for n in range(20)])
        app.list.highlight("k1")
        await pilot.pause()
        app.list.display = True
        await wait_until(pilot, lambda: "row 1" in screen_text(app))
        assert screen_lines(app)[0].strip() == "row 0"
        app.list.display = False
        app.list.highlight("k15")
        await pilot.pause()
        app.list.display = True
        await wait_until(pilot, lambda: "▸ row 15" in screen_text(app))


async def test_a_text_that_was_filled_while_hidden_is_wrapped_and_as_high_as_it_says() -> None:
    class DetailApp(ThemedApp):
        CSS = "Detail { height: auto; min-height: 1; }"

        def compose(self) -> ComposeResult:
            yield Detail()

    app = DetailApp()
    async with running(app, (40, 10)) as pilot:
        detail = app.query_one(Detail)
        detail.show("a", [Para("short")])
        await wait_until(pilot, lambda: "short" in screen_text(app))
        detail.display = False
        await pilot.pause()
        detail.show("b", [Para("some words that need more than one line of forty cells")])
        detail.display = True
        await wait_until(pilot, lambda: "of forty cells" in screen_text(app))
        assert detail.size.height == 2


async def test_the_theme_changes_what_was_drawn_before() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        app.list.set_rows(numbered(0, 3))
        await pilot.pause()
        before = app.export_screenshot()
        app.theme = "skilltui-light"
        await wait_until(pilot, lambda: app.export_screenshot() != before)
        app.theme = "ansi-dark"
        await pilot.pause()
        assert "row 1" in screen_text(app)


async def test_a_hundred_thousand_rows_draw_only_what_is_seen() -> None:
    app = ListApp()
    async with running(app, (40, 10)) as pilot:
        app.list.set_rows(numbered(0, 100_000))
        await pilot.press("end")
        assert "row 99999" in screen_text(app)
        assert len(app.list._strips) < 100
