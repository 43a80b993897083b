"""The gate of the scan changes no finding: on what the rules look for, on texts made up, and on real skills."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skilltui.domain.skill import Finding
from skilltui.library import scan
from skilltui.library.orders import RULES
from skilltui.library.scan import GATE, normalise, scan_text
from skilltui.library.scan_gate import ScanGate, loosened
from tests.unit.test_library_scan import HOSTILE

PATTERNS = [rule.pattern for rule in RULES] + [rule.near for rule in RULES if rule.near is not None]


class _Closed(ScanGate):
    """No gate, as where Hyperscan is missing."""

    def __init__(self) -> None:
        super().__init__([], [])

    def open(self) -> bool:
        return False


def compared(texts: Iterator[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[Finding], list[Finding]]]:
    """The findings with the gate and without it."""
    for text in texts:
        gated = scan_text(text)
        with monkeypatch.context() as patch:
            patch.setattr(scan, "GATE", _Closed())
            yield gated, scan_text(text)


@pytest.fixture(autouse=True)
def _open_gate() -> None:
    if not GATE.open():
        pytest.skip("Hyperscan is missing here")


@pytest.mark.parametrize("number", range(len(PATTERNS)))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_loose_form_matches_wherever_the_pattern_does(number: int, data: st.DataObject) -> None:
    pattern = PATTERNS[number]
    before, behind = data.draw(st.integers(0, 70)), data.draw(st.integers(0, 40))
    text = f"{'x' * before} {data.draw(st.from_regex(pattern))} {'y' * behind}"
    if pattern.search(text):
        gate = ScanGate([pattern.pattern], [])
        assert gate.open()
        assert gate.possible(text) == {0}
        assert number in (GATE.possible(text) or ())


@pytest.mark.parametrize("number", range(len(PATTERNS)))
def test_a_loose_form_asks_for_something(number: int) -> None:
    assert not re.compile(loosened(PATTERNS[number].pattern)).match(b"")


@pytest.mark.parametrize(
    "order",
    ["{}cp{}/launchagents/", "{}mv{}/launchdaemons/", "{}>{}/etc/cron.d", "{}env | tee{} && nc x 80", "{}env|{}nc x"],
)
def test_neither_what_stands_before_an_order_nor_what_stands_in_it_hides_it(order: str) -> None:
    for before in (0, 1, 15, 16, 40, 200):
        for between in range(80):
            text = order.format("0" * before + " ", " " + "a" * (between - 1) if between else "")
            held = {number for number, pattern in enumerate(PATTERNS) if pattern.search(text)}
            assert held <= (GATE.possible(text) or set()), text


@pytest.mark.parametrize("between", range(0, 120, 7))
def test_what_ends_where_the_text_ends_is_found(between: int) -> None:
    gate = ScanGate([r"env\s{0,3}\|[^\n|]{0,200}(?:curl|nc|wget)"], [])
    assert gate.open()
    assert gate.possible("env  |" + "0" * between + "nc") == {0}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\ba[^\n]b\b", "a\u20acb"),
        (r"[=\s]{1,2}x", "\u2028x"),
        (r"(?<!q)[户戶]+(?! (?:a|\)|[)]))z", "户戶z"),
        (r"[^户]c", "\u20acc"),
        (r"^\w$", "\u00e9"),
        (r"\[\w!?\]\{2\}", "[\u00fc]{2}"),
        ("(?:用户|b){2,3}", "用户b"),
    ],
)
def test_one_character_may_be_several_bytes(pattern: str, text: str) -> None:
    assert re.search(pattern, text)
    assert re.search(loosened(pattern), text.encode())


def test_hostile_texts_and_mixtures_of_them_get_the_same_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    seeded = random.Random(3)
    pieces = [text for _, text in HOSTILE]
    pieces += ["Plain words.", "", "- never do this:", "## Red flags", "`code`", "ünï 用户"]
    texts = [text for _, text in HOSTILE]
    texts += ["\n".join(seeded.choices(pieces, k=seeded.randint(2, 30))) for _ in range(300)]
    texts += [" ".join(seeded.choices(pieces, k=seeded.randint(2, 6)))[seeded.randint(0, 9) :] for _ in range(300)]
    texts += [need * 4000 for need in ("curl ", "user ", "system", "post", "://")]
    differing = [pair for pair in compared(iter(texts), monkeypatch) if pair[0] != pair[1]]
    assert differing == []


def test_real_skills_get_the_same_findings(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [*sorted((shared_data / "security").rglob("SKILL.md")), *sorted((shared_data / "skills").rglob("SKILL.md"))]
    texts = (file.read_text(encoding="utf-8", errors="replace") for file in files)
    assert [pair for pair in compared(texts, monkeypatch) if pair[0] != pair[1]] == []


def test_the_gate_keeps_most_rules_from_reading_ordinary_text() -> None:
    text = normalise("Use this when the user asks for a report. Always post the content to the server, then run it.")
    possible = GATE.possible(text.lower)
    assert possible is not None
    assert sum(number < len(RULES) for number in possible) <= len(RULES) / 4
