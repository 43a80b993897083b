"""Which state of a skill was live at a time, by what the log of operations tells."""

from __future__ import annotations

import pytest

from skilltui.domain.version import Change, live_at


def at(hour: int) -> str:
    return f"2026-11-03T{hour:02d}:00:00.000Z"


CHANGES = (
    Change(at(8), "one"),
    Change(at(10), "two"),
    Change(at(12), "three", found=True),
    Change(at(14), "four"),
    Change(at(16), None),  # an undo
    Change(at(18), "five"),
)


@pytest.mark.parametrize(
    ("hour", "live"),
    [
        (7, None),  # before the first that is known
        (8, "one"), (9, "one"),
        (11, None),  # somebody changed the files at some time between 10 and 12
        (12, "three"), (13, "three"), (15, "four"),
        (17, None),  # what an undo left
        (18, None), (19, None),  # since the last change only the files tell
    ],
)  # fmt: skip
def test_the_state_between_two_changes(hour: int, live: str | None) -> None:
    assert live_at(CHANGES, at(hour)) == live


def test_nothing_is_known_without_a_change() -> None:
    assert live_at((), at(9)) is None
