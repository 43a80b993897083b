"""The one gate from text to widgets, the widgets that draw it, and the rule that there is no other gate."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import DataTable, Static

import skilltui.tui
from skilltui.tui import signs
from skilltui.tui.chooser import Choice, Chooser
from skilltui.tui.content import build, line, line_text, notify, plain
from skilltui.tui.theme import ThemedApp
from skilltui.tui.widgets.cells import Cell, fit, heading, lay_out, row, sign_cell, wrap
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.detail import Block, Detail, Facts, Heading, Para, Rule
from skilltui.tui.widgets.empty_state import EmptyState
from skilltui.tui.widgets.line_list import LineList
from skilltui.tui.widgets.sparkline import resample, sparkline
from tests.interface.conftest import HOSTILE, assert_clean, running, screen_text, wait_until

CELLS = st.builds(Cell, st.text(max_size=20), width=st.integers(0, 12), grow=st.booleans(), drop=st.integers(0, 3))
SOURCES = sorted(Path(skilltui.tui.__file__).parent.rglob("*.py"))
FORBIDDEN = {
    r"\.notify\(": "notify() of content.py: Textual's own parses markup",
    r"markup\s*=\s*True": "content from outside is never markup",
    r"from_markup\(\s*f[\"']": "use build(): an f-string lets data become markup",
    r"\b(Static|Label|Button|Collapsible)\(\s*f[\"']": "pass content.line() or content.build()",
    r"\.update\(\s*f[\"']": "pass content.line() or content.build()",
    r"border_(sub)?title\s*=\s*f[\"']": "pass content.line()",
    r"\bMarkdown\(": "Markdown lets control characters through",
    r"add_row\(\s*[\"f]": "pass content.line_text(): a data table parses strings as markup",
}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_other_way_from_text_to_a_widget(source: Path) -> None:
    if source.name == "content.py":
        return
    text = source.read_text(encoding="utf-8")
    for pattern, instead in FORBIDDEN.items():
        found = re.search(pattern, text)
        assert found is None, f"{source.name}: {pattern}: {instead}"


class Everything(ThemedApp):
    """Every widget of ours and every factory, each with the same text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def compose(self) -> ComposeResult:
        yield Static(plain(self.text))
        yield Static(line(self.text))
        yield Static(build(("label ", "bold"), self.text, (self.text, "$skilltui-accent")))
        yield DataTable(id="table")
        with Horizontal():
            yield Column(self.text, LineList(id="list"), id="column")
            yield Detail(id="detail")
            yield LineList(id="empty")

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        table.add_column(line_text(self.text), width=30)
        table.add_row(line_text(self.text))
        text = self.text
        rows = [heading("h", text), row("r", sign_cell(signs.SUCCESS), Cell(text, grow=True), second=[Cell(text)])]
        self.query_one("#list", LineList).set_rows(rows)
        self.query_one(Column).set_title(text, text)
        blocks: list[Block] = [
            Heading(text, text),
            Para(text, lead=signs.FINDING),
            Para(f"{text}\n{text}"),
            Facts((Cell(text),)),
            Rule(),
        ]
        self.query_one(Detail).show(text, blocks)
        self.query_one("#empty", LineList).placeholder = EmptyState(signs.IDLE, text, text)
        notify(self, text, hint=text, severity="error")


async def test_hostile_text_is_shown_and_does_nothing() -> None:
    app = Everything(HOSTILE)
    async with running(app, (120, 40)) as pilot:
        await wait_until(pilot, lambda: app.query("Toast"))
        await wait_until(pilot, lambda: "[@click=app.quit]" in screen_text(app))
        assert_clean(app)
        for y in range(0, 40, 2):
            await pilot.click(offset=(30, y))
        assert app.is_running
        app.push_screen(Chooser(HOSTILE, [Choice(f"{n}", HOSTILE, HOSTILE) for n in range(12)]))
        await wait_until(pilot, lambda: app.screen.query(LineList))
        await pilot.pause()
        assert_clean(app)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.integers(0, 60))
def test_a_fitted_text_fills_its_cells_exactly(text: str, width: int) -> None:
    shown = line(text).plain
    assert cell_len(fit(shown, width)) == width


@settings(max_examples=150, deadline=None)
@given(st.lists(CELLS, max_size=6), st.integers(1, 80))
def test_a_line_is_filled_exactly_whatever_its_cells(cells: list[Cell], width: int) -> None:
    assert cell_len("".join(text for text, _ in lay_out(cells, width))) == width


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab \n日é", max_size=120), st.integers(2, 30))
def test_wrapping_loses_no_word_and_keeps_the_width(text: str, width: int) -> None:
    lines = list(wrap(text, width))
    assert all(cell_len(piece) <= width for piece in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_cells_with_the_highest_drop_go_first() -> None:
    cells = [Cell("need", grow=True, width=20), Cell("kind", drop=1), Cell("nearest", drop=2)]

    def shown(width: int) -> str:
        return "".join(text for text, _ in lay_out(cells, width))

    assert shown(40).split() == ["need", "kind", "nearest"]
    assert shown(30).split() == ["need", "kind"]
    assert shown(22).split() == ["need"]


def test_long_output_keeps_its_ends_and_counts_the_rest() -> None:
    from skilltui.tui.widgets.detail import HEAD_LINES, TAIL_LINES, excerpt

    text = "\n".join(str(n) for n in range(10_000))
    shown = excerpt(text).split("\n")
    assert shown[0] == "0"
    assert shown[-1] == "9999"
    assert shown[HEAD_LINES] == f"… {10_000 - HEAD_LINES - TAIL_LINES:,} lines left out …"


@given(st.lists(st.integers(0, 1000), max_size=40), st.integers(1, 12))
def test_resampling_loses_no_event(values: list[int], width: int) -> None:
    sampled = resample(values, width)
    assert sum(sampled) == sum(values)
    assert len(sampled) == min(len(values), width)


def test_a_sparkline_shows_every_activity() -> None:
    assert sparkline([0, 1, 1000]) == "▁▂▇"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""


def test_signs_have_an_ascii_twin_where_the_terminal_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert signs.needs_ascii({"NO_UNICODE": "1"}, "utf-8")
    assert signs.needs_ascii({"SKILLTUI_ASCII": "1"}, "utf-8")
    assert signs.needs_ascii({}, "ascii")
    assert not signs.needs_ascii({}, "utf-8")
    monkeypatch.setattr(signs, "ascii_only", lambda: True)
    shown = [str(sign) for sign in (*signs.LEGEND, signs.CURSOR, signs.ELLIPSIS, signs.RULE)]
    assert all(text.isascii() and len(text) == 1 for text in shown)
    assert len({str(sign) for sign in signs.LEGEND}) == len(signs.LEGEND)
