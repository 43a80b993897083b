"""How well messages are told apart in seven languages, and what must not be told from words at all."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.phrases import Message
from skilltui.capture.quoted import without_quoted
from tests.feedback import KINDS, LANGUAGES, Sample, kind_of, samples, score

FOUND: list[tuple[Sample, str]] = [(sample, kind_of(sample.text)) for sample in samples()]
BLAME = frozenset({"rejection", "correction"})


def pairs(language: str, *, held_out: bool) -> list[tuple[str, str]]:
    return [(s.kind, kind) for s, kind in FOUND if s.language == language and s.held_out is held_out]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_messages_and_half_of_each_kind_is_held_out(language: str) -> None:
    of_language = [sample for sample, _ in FOUND if sample.language == language]
    assert len(of_language) >= 40
    assert len({sample.text for sample in of_language}) == len(of_language)
    assert {sample.kind for sample in of_language} == set(KINDS)
    for kind in KINDS:
        of_kind = [sample.held_out for sample in of_language if sample.kind == kind]
        assert sum(of_kind) == len(of_kind) // 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_that_the_word_lists_were_tuned_on(language: str) -> None:
    found = pairs(language, held_out=False)
    for kind in KINDS:
        one = score(found, frozenset({kind}))
        assert one.precision >= 0.95, kind
        assert one.recall >= 0.95, kind


