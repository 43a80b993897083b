"""Prints precision and recall per language and kind.

``--wrong`` lists what was missed, ``--tuned`` shows the first part only; ``--speed`` prints how long a message takes.
"""

from __future__ import annotations

import sys
from functools import partial
from timeit import repeat

from skilltui.capture.feedback import FeedbackDetector
from tests.feedback import KINDS, LANGUAGES, PARTS, WORKED, kind_of, samples, score

BLAME = frozenset({"rejection", "correction"})


def quality(arguments: list[str]) -> None:
    """Print a table for each part."""
    found = [(sample, kind_of(sample.text)) for sample in samples()]
    rows = [*((kind, frozenset({kind})) for kind in KINDS), ("blame", BLAME)]
    parts = PARTS[:1] if "--tuned" in arguments else PARTS
    for part in parts:
        print(f"{part:12}" + "".join(f"{language:>12}" for language in (*LANGUAGES, "all")))
        for name, kinds in rows:
            cells = []
            for language in (*LANGUAGES, None):
                pairs = [(s.kind, k) for s, k in found if s.part == part and language in (s.language, None)]
                one = score(pairs, kinds)
                cells.append(f"{one.precision:6.2f} {one.recall:4.2f} ")
            print(f"{name:12}" + "".join(cells))
    if "--wrong" in arguments:
        for sample, kind in found:
            if kind != sample.kind and sample.part in parts:
                print(f"{sample.language} {sample.part} {sample.kind} -> {kind}: {sample.text}")


def speed() -> None:
    """Print microseconds a message, the best of three."""
    detector = FeedbackDetector()
    for language in LANGUAGES:
        texts = [sample.text for sample in samples() if sample.language == language]
        taken = []
        for text in texts:
            detector.classify(text, WORKED)
            taken.append(min(repeat(partial(detector.classify, text, WORKED), number=20, repeat=3)) / 20 * 1e6)
        taken.sort()
        print(f"{language}  median {taken[len(taken) // 2]:.0f} µs, slowest {taken[-1]:.0f} µs")


if __name__ == "__main__":
    if "--speed" in sys.argv:
        speed()
    else:
        quality(sys.argv[1:])
