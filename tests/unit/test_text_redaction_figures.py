"""Redaction finds and spares what the benchmark's figures promise (``python -m tests.bench.redaction``)."""

from __future__ import annotations

import pytest

from skilltui.text.redact import Redactor
from tests.bench.redaction import Rate, false_alarms, is_gone, recall
from tests.bench.secret_kinds import KINDS

REDACTOR = Redactor(b"k" * 32)


@pytest.mark.parametrize("held_out", [False, True])
def test_at_least_95_of_100_secrets_go_and_90_in_every_wrapping(held_out: bool) -> None:
    found = recall(REDACTOR, seed=7, each=10, held_out=held_out)
    assert found.overall.total == 10 * len(KINDS) >= 40
    assert found.overall.share >= 0.95, found.overall.missed[:20]
    for name, rate in found.by["wrapping"].items():
        assert rate.share >= 0.90, name


@pytest.mark.parametrize("held_out", [False, True])
def test_at_most_2_of_100_lookalikes_go(held_out: bool) -> None:
    alarms = false_alarms(REDACTOR, seed=7, each=60, held_out=held_out)
    total = Rate(sum(rate.hits for rate in alarms.values()), sum(rate.total for rate in alarms.values()))
    assert total.total >= 300
    assert total.share >= 0.98, [text for rate in alarms.values() for text in rate.missed[:5]]


def test_the_measure_itself_sees_what_is_left() -> None:
    secret = "ghp_" + "a8Kd0sLqPz7VnB3mXc9RtY2wEu5iOj1hGf4D"
    assert is_gone(secret, f"x {REDACTOR.redact(secret).text} y")
    assert not is_gone(secret, secret)
    assert not is_gone(secret, f"‹redacted:token:1a2b3c4d›{secret[-9:]}")
    assert not is_gone(secret, f"{secret[:30]}\x1b[1m{secret[30:]}")
    assert not is_gone(f"-----\n{'a1B2' * 16}\n{'c3D4' * 16}\nxyz==\n-----", f"‹redacted:x:1a2b3c4d›\n{'c3D4' * 16}")
