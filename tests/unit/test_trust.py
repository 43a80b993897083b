"""Wilson done right (figures of the field survey), and promotions in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skilltui.domain.split import HELD_BACK_SHARE, held_back
from skilltui.domain.trust import SkillOrigin, TrustLevel, wilson_interval, wilson_lower
from skilltui.versions.trust import measure, to_next


@pytest.mark.parametrize(
    ("successes", "failures", "lower"),
    [(0, 1, 0.0), (1, 0, 0.207), (3, 0, 0.438), (5, 1, 0.436), (9, 1, 0.596), (10, 0, 0.722), (22, 0, 0.851)],
)
def test_lower_bound(successes: int, failures: int, lower: float) -> None:
    assert wilson_lower(successes, failures) == pytest.approx(lower, abs=0.0006)


def test_no_use_is_unknown_and_not_zero() -> None:
    assert wilson_lower(0, 0) is None
    trust = measure("s", TrustLevel.COMMUNITY, SkillOrigin.SYNTHESISED, "h", {}, promote_after=6, promote_lower=0.6)
    assert (trust.state, trust.lower, trust.mean) == ("unknown", None, None)


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_holds_the_rate_and_a_success_never_lowers_it(successes: int, failures: int) -> None:
    interval = wilson_interval(successes, failures)
    if interval is None:
        return
    low, high = interval
    rate = successes / (successes + failures)
    assert 0 <= low <= rate + 1e-12
    assert rate - 1e-12 <= high <= 1
    assert (wilson_lower(successes + 1, failures) or 0) >= low


def test_what_a_promotion_needs() -> None:
    def words(s: int, f: int, level: TrustLevel = TrustLevel.COMMUNITY) -> str:
        return to_next(level, s, f, promote_after=6, promote_lower=0.6)

    assert words(0, 0) == "6 more successes to trusted"
    assert words(5, 0) == "1 more success to trusted"
    assert words(6, 0) == "ready for trusted"
    assert words(5, 1) == "5 more successes to trusted"
    assert not words(9, 0, TrustLevel.TRUSTED)


def test_the_split_is_stable_and_of_the_promised_share() -> None:
    ids = [f"t_{n:012x}" for n in range(5000)]
    share = sum(held_back(i) for i in ids) / len(ids)
    assert share == pytest.approx(HELD_BACK_SHARE, abs=0.03)
    assert [held_back(i) for i in ids[:50]] == [held_back(i) for i in ids[:50]]
    assert held_back("t_000000000001") is held_back("t_000000000001", HELD_BACK_SHARE)
