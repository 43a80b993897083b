"""What redaction finds, spares and costs: ``python -m tests.bench.redaction [--seed 7] [--each 60]``.

Made-up secrets of every kind, in the places and wrappings of an agent's transcripts, and lookalikes. The places called
held out were written with the others and never looked at while the rules were worked on: their figure is the honest one.
The speed is that of text with almost no secrets, as transcripts are; quote the ratio.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skilltui.text import redaction_gate
from skilltui.text.redact import Redactor, gate_name
from tests.bench.secret_kinds import KINDS
from tests.bench.secret_lookalikes import LOOKALIKES, lookalike
from tests.bench.secret_places import WRAPS, coloured, place

_CODE = re.compile(r"(?:\x1b|\\+u001b)\[[0-9;]*[A-Za-z]")
_MARK = re.compile(r"‹redacted:[a-z0-9-]+:[0-9a-f]{8}›|\\+u2039redacted:[a-z0-9-]+:[0-9a-f]{8}\\+u203a")
_PIECE = 8


@dataclass(slots=True)
class Rate:
    """So many of so many, and some of the others to look at."""

    hits: int = 0
    total: int = 0
    missed: list[str] = field(default_factory=list)

    def add(self, text: str, *, hit: bool) -> None:
        """Count one."""
        self.hits += hit
        self.total += 1
        if not hit:
            self.missed.append(text)

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.hits / self.total if self.total else 1.0


@dataclass(slots=True)
class Recall:
    """How many secrets went, over all and by kind, place and wrapping."""

    overall: Rate = field(default_factory=Rate)
    by: dict[str, dict[str, Rate]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Rate)))


def recall(redactor: Redactor, *, seed: int, each: int, held_out: bool) -> Recall:
    """``each`` secrets of every kind, every one in another place and in one wrapping after the other."""
    rng = random.Random(f"{seed} {held_out}")
    result = Recall()
    wraps = list(WRAPS.items())
    for kind in KINDS:
        for number in range(each):
            where, text, secret = place(rng, kind, held_out=held_out)
            wrap, wrapped = wraps[number % len(wraps)]
            shown = wrapped(rng, text, secret)
            gone = is_gone(secret, redactor.redact_batch([shown]).texts[0])
            for rate in (
                result.overall,
                result.by["kind"][kind.name],
                result.by["place"][where],
                result.by["wrapping"][wrap],
            ):
                rate.add(f"[{kind.name}, {where}, {wrap}] {shown}", hit=gone)
    return result


def is_gone(secret: str, text: str) -> bool:
    """Whether nothing is left of the secret: neither its end nor its middle."""
    plain = _MARK.sub("", _CODE.sub("", text))
    line = max(secret.split("\n"), key=len) if "\n" in secret else secret
    size = min(_PIECE, len(line))
    middle = (len(line) - size) // 2
    pieces = {line[-size:], line[middle : middle + size]}
    if "\n" in secret:
        pieces.add(secret.split("\n")[-3][:_PIECE])
    return not any(piece in plain for piece in pieces)


def false_alarms(redactor: Redactor, *, seed: int, each: int) -> dict[str, Rate]:
    """For every class of lookalikes how many were spared, in the same wrappings and as leaves of JSON."""
    rng = random.Random(f"{seed} lookalikes")
    result: dict[str, Rate] = defaultdict(Rate)
    for name in LOOKALIKES:
        for number in range(each):
            text = lookalike(rng, name)
            way = number % 4
            if way == 0:
                text = json.dumps({"type": "user", "content": f"{text}\n{lookalike(rng, name)}"})
            elif way == 1:
                text = coloured(rng, text, text[: rng.randint(2, 20)])
            elif way == 2:
                text = json.dumps({"a": json.dumps([text])})
            result[name].add(text, hit=not redactor.redact_batch([text]).counts)
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--each", type=int, default=60, help="secrets of each kind, lookalikes of each class times 5")
    parser.add_argument("--missed", type=int, default=0, help="print so many of what was missed in the known places")
    args = parser.parse_args(arguments)
    redactor = Redactor(b"k" * 32)
    print(f"{len(KINDS)} kinds of secrets, {args.each} of each, seed {args.seed}")
    for held_out in (False, True):
        found = recall(redactor, seed=args.seed, each=args.each, held_out=held_out)
        print(f"\nrecall, {'held-out' if held_out else 'known'} places   {found.overall.share:.3f}")
        for by in ("wrapping", "place", "kind"):
            rates = sorted(found.by[by].items(), key=lambda item: item[1].share)
            shown = rates if by != "kind" else [rate for rate in rates if rate[1].share < 0.9]
            if by == "kind":
                print(f"  by kind: {len(rates) - len(shown)} of {len(rates)} at 0.90 or more; the others:")
            for name, rate in shown:
                print(f"    {name:<24} {rate.share:.3f}  of {rate.total}")
        if not held_out:
            rng = random.Random(0)
            for text in rng.sample(found.overall.missed, min(args.missed, len(found.overall.missed))):
                print("   missed", repr(text[:400]))
    alarms = false_alarms(redactor, seed=args.seed, each=args.each * 5)
    wrong = sum(rate.total - rate.hits for rate in alarms.values())
    print(f"\nfalse alarms   {wrong / sum(rate.total for rate in alarms.values()):.4f}")
    for name, rate in alarms.items():
        print(f"    {name:<24} {1 - rate.share:.4f}  of {rate.total}")
        for text in rate.missed[: args.missed]:
            print("   alarmed", repr(text[:300]))
    print()
    for line in speed(args.seed):
        print(line)


def speed(seed: int, size: int = 20_000_000) -> Iterator[str]:
    """Characters a second with and without the gate, and what the gate costs to make and to open."""
    rng = random.Random(seed)
    texts = list(_ordinary(rng, size))
    total = sum(map(len, texts))
    with tempfile.TemporaryDirectory() as folder, _patched(worth=0):
        path = Path(folder) / "redaction.gate"
        made = _timed(lambda: Redactor(b"k" * 32, gate=path).redact_batch(["x" * 20]))
        opened = _timed(lambda: Redactor(b"k" * 32, gate=path).redact_batch(["x" * 20]))
        redactor = Redactor(b"k" * 32, gate=path)
        gated = min(
            _timed(lambda: [redactor.redact_batch(texts[i : i + 500]) for i in range(0, len(texts), 500)])
            for _ in range(3)
        )
    some = texts[: len(texts) // 5]
    ungated = _timed(lambda: [redactor.redact(text) for text in some])
    ungated_rate = sum(map(len, some)) / ungated / 1e6
    yield f"gate              {gate_name()}: made in {made * 1000:.0f} ms, opened in {opened * 1000:.1f} ms"
    yield f"gated             {total / gated / 1e6:.0f} MB/s"
    yield f"ungated           {ungated_rate:.0f} MB/s"
    yield f"ratio             {total / gated / 1e6 / ungated_rate:.1f}"


def _ordinary(rng: random.Random, size: int) -> Iterator[str]:
    """Texts of a transcript's lengths: code and output, one in a thousand lines a secret."""
    harmless = [lookalike(rng, name) for name in LOOKALIKES if "image" not in name for _ in range(60)]
    words = (
        "return",
        "value",
        "the",
        "file",
        "self.items",
        "for",
        "import os",
        "count += 1",
        "ok",
        "test_parse",
        "src/app/main.py",
    )
    while size > 0:
        lines = []
        for _ in range(int(rng.lognormvariate(2.5, 1.3)) + 1):
            chance = rng.random()
            if chance < 0.001:
                lines.append(place(rng, rng.choice(KINDS), held_out=False)[1])
            elif chance < 0.02:
                lines.append(rng.choice(harmless))
            else:
                lines.append(" " * rng.randrange(12) + " ".join(rng.choices(words, k=rng.randint(2, 12))))
        text = "\n".join(lines)
        size -= len(text)
        yield text


class _patched:  # noqa: N801
    """The gate made for the first text."""

    def __init__(self, *, worth: int) -> None:
        self._worth = worth
        self._before = redaction_gate._WORTH_COMPILING

    def __enter__(self) -> None:
        redaction_gate._WORTH_COMPILING = self._worth

    def __exit__(self, *_: object) -> None:
        redaction_gate._WORTH_COMPILING = self._before


def _timed(work: object) -> float:
    start = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - start


if __name__ == "__main__":
    main()
