"""Prints precision and recall per language and kind: tuned half / held-out half. ``--wrong`` lists what was missed."""

from __future__ import annotations

import sys

from tests.feedback import KINDS, LANGUAGES, kind_of, samples, score

BLAME = frozenset({"rejection", "correction"})


def main(arguments: list[str]) -> None:
    """Print the tables."""
    found = [(sample, kind_of(sample.text)) for sample in samples()]
    rows = [*((kind, frozenset({kind})) for kind in KINDS), ("blame", BLAME)]
    for title, held_out in (("tuned on", False), ("held out", True)):
        if held_out and "--tuned" in arguments:
            break
        print(f"{title:12}" + "".join(f"{language:>12}" for language in (*LANGUAGES, "all")))
        for name, kinds in rows:
            cells = []
            for language in (*LANGUAGES, None):
                pairs = [(s.kind, k) for s, k in found if s.held_out is held_out and language in (s.language, None)]
                one = score(pairs, kinds)
                cells.append(f"{one.precision:6.2f} {one.recall:4.2f} ")
            print(f"{name:12}" + "".join(cells))
    if "--wrong" in arguments:
        for sample, kind in found:
            if kind != sample.kind and not (sample.held_out and "--tuned" in arguments):
                print(
                    f"{sample.language} {'held' if sample.held_out else 'tuned'} {sample.kind} -> {kind}: {sample.text}"
                )


if __name__ == "__main__":
    main(sys.argv[1:])
