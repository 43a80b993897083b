"""Nothing that a terminal obeys, reorders or hides gets through to a screen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.text.sanitise import has_hidden, sanitise, sanitise_line

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "ab \n\r\t\x1b\x07\x00\x7f\x85\x9b\u0301\u0489\u200b\u200d\ufe0f\u202e\u2028\u3164\u00ad👩💻🏽❤…⟨⟩"
        ),
        st.characters(),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, as it was", "plain text, as it was"),
        ("naïve 日本語 ─── ✓ é", "naïve 日本語 ─── ✓ é"),
        ("\x1b]52;c;AAAA\x07", "␛]52;c;AAAA␇"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("a\x00b\x7fc", "a␀b␡c"),
        ("\x9b31m \x85", "⟨U+009B⟩31m ⟨U+0085⟩"),
        ("a\tb", "a    b"),
        ("one\r\ntwo\nthree", "one\ntwo\nthree"),
        ("over\rwrite", "over␍write"),
        ("\u202eevil\u2066", "⟨U+202E⟩evil⟨U+2066⟩"),
        ("zero\u200bwidth\u200c\ufeff", "zero⟨U+200B⟩width⟨U+200C⟩⟨U+FEFF⟩"),
        ("line\u2028par\u2029", "line⟨U+2028⟩par⟨U+2029⟩"),
        ("\U000e0041\U000e0100", "⟨U+E0041⟩⟨U+E0100⟩"),
        ("\ue000\ud800\U0010ffff", "⟨U+E000⟩⟨U+D800⟩⟨U+10FFFF⟩"),
        ("\u3164\u115f\u034f", "⟨U+3164⟩⟨U+115F⟩⟨U+034F⟩"),
    ],
)
def test_each_kind_is_shown_as_what_it_is(text: str, shown: str) -> None:
    assert sanitise(text) == shown


def test_a_joiner_stays_between_pictographs_only() -> None:
    for emoji in ("👩\u200d💻", "👩🏽\u200d💻", "❤\ufe0f\u200d🔥", "👨\u200d👩\u200d👧"):
        assert sanitise(emoji) == emoji
        assert not has_hidden(emoji)
    assert sanitise("a\u200db") == "a⟨U+200D⟩b"
    assert sanitise("\u200d💻") == "⟨U+200D⟩💻"
    assert sanitise("👩\u200d\u200d💻") == "👩⟨U+200D⟩⟨U+200D⟩💻"


def test_piled_up_marks_are_counted() -> None:
    assert sanitise("e" + "\u0301" * 4 + "x") == "e" + "\u0301" * 4 + "x"
    assert sanitise("e" + "\u0301" * 50 + "x") == "e" + "\u0301" * 4 + "⟨+46 marks⟩x"
    assert sanitise("😀😀😀😀😀😀") == "😀😀😀😀😀😀"


def test_long_lines_are_cut_each_on_its_own() -> None:
    assert sanitise("x" * 1000) == "x" * 1000
    assert sanitise("x" * 1001) == "x" * 999 + "…"
    assert sanitise("ab\n" + "é" * 30 + "\nc", max_line=10) == "ab\n" + "é" * 9 + "…\nc"
    assert sanitise("x" * 5000, max_line=None) == "x" * 5000
    assert len(sanitise("\x1b" * 9 + "\u200b" * 9, max_line=12)) == 12


def test_one_line_shows_where_lines_ended() -> None:
    assert sanitise_line("one\r\ntwo\nthree") == "one ⏎ two ⏎ three"
    assert sanitise_line("\n" * 1_000_000, max_line=5) == " ⏎  …"
    assert sanitise_line("\u0301" * 5000 + "tail", max_line=50).endswith("…")


def test_hidden_means_more_than_tabs_line_ends_and_length() -> None:
    assert not has_hidden("a\tb\r\n" + "x" * 5000 + "é")
    for text in ("a\u200bb", "\x1b[0m", "\r", "\u202e", "\ufeff", "a" + "\u0301" * 9):
        assert has_hidden(text)


@given(HOSTILE, st.none() | st.integers(min_value=1, max_value=40))
@settings(max_examples=200)
def test_any_text_becomes_showable_and_stays_so(text: str, limit: int | None) -> None:
    shown = sanitise(text, max_line=limit)
    assert sanitise(shown, max_line=limit) == shown
    allowed = {"\n", "\u200d"}
    assert not [
        c
        for c in shown
        if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} - {""} and c not in allowed
    ]
    assert limit is None or all(len(line) <= limit for line in shown.split("\n"))
    assert not has_hidden(shown)
    line = sanitise_line(text, max_line=limit)
    assert "\n" not in line
    assert sanitise_line(line, max_line=limit) == line


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=200))
@settings(max_examples=100)
def test_plain_text_is_left_alone(text: str) -> None:
    assert sanitise(text) == text
    assert not has_hidden(text)


def test_long_hostile_text_is_done_quickly() -> None:
    for unit in ("\u200d", "\u0301", "👩\u200d", "\ufe0f\u200d", "\x1b", "\U000f0000", "\u3164\n"):
        sanitise(unit * (1_000_000 // len(unit)), max_line=None)
