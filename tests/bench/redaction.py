"""What redaction finds, spares and costs: ``python -m tests.bench.redaction [--seed 7] [--each 60]``.

Made-up secrets of every kind, in the places and wrappings of an agent's transcripts, and lookalikes. What is called
held out was written before the rules were last worked on and not looked at meanwhile: its figures are the honest ones.
The speed is that of the text of a generated history, with almost no secrets in it; quote the ratio.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skilltui.text.redact import Redactor, gate_name
from tests.bench.corpus import generate
from tests.bench.secret_kinds import KINDS
from tests.bench.secret_lookalikes import HELD_OUT, LOOKALIKES, lookalike
from tests.bench.secret_places import WRAPS, place

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


def false_alarms(redactor: Redactor, *, seed: int, each: int, held_out: bool) -> dict[str, Rate]:
    """For every class of lookalikes how many were spared, as they are and in the wrappings that secrets have."""
    rng = random.Random(f"{seed} {held_out} lookalikes")
    result: dict[str, Rate] = defaultdict(Rate)
    wraps = list(WRAPS.values())
    for name in HELD_OUT if held_out else LOOKALIKES:
        for number in range(each):
            text = lookalike(rng, name)
            shown = wraps[number % len(wraps)](rng, text, text[: rng.randint(2, 20)])
            result[name].add(shown, hit=not redactor.redact_batch([shown]).counts)
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
    for held_out in (False, True):
        alarms = false_alarms(redactor, seed=args.seed, each=args.each * 5, held_out=held_out)
        wrong = sum(rate.total - rate.hits for rate in alarms.values())
        share = wrong / sum(rate.total for rate in alarms.values())
        print(f"\nfalse alarms, {'held-out' if held_out else 'known'} lookalikes   {share:.4f}")
        for name, rate in alarms.items():
            print(f"    {name:<24} {1 - rate.share:.4f}  of {rate.total}")
            for text in rate.missed[: 0 if held_out else args.missed]:
                print("   alarmed", repr(text[:300]))
    print()
    for line in speed(args.seed):
        print(line)


def speed(seed: int, size: int = 40_000_000) -> Iterator[str]:
    """Characters a second with and without the gate, and what the gate costs to make and to open."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder) / "corpus", size=size, seed=seed)
        texts = [text for file in sorted(Path(folder).rglob("*.jsonl")) for text in _leaves(file)]
        path = Path(folder) / "redaction.gate"

        def opened() -> Redactor:
            redactor = Redactor(b"k" * 32, gate=path)
            redactor.redact_batch(["x" * 20] if path.exists() else [" " * 5_000_000])
            return redactor

        made, first = _timed(opened), _timed(opened)
        redactor = opened()
        batches = [texts[i : i + 500] for i in range(0, len(texts), 500)]
        gated = min(_timed(lambda: [redactor.redact_batch(batch) for batch in batches]) for _ in range(3))
    some = texts[:: max(1, len(texts) // 4000)]
    ungated = _timed(lambda: [redactor.redact(text) for text in some]) / sum(map(len, some))
    total = sum(map(len, texts))
    yield f"gate              {gate_name()}: made in {made * 1000:.0f} ms, opened in {first * 1000:.1f} ms"
    yield f"gated             {total / gated / 1e6:.0f} MB/s, on {total / 1e6:.0f} MB of text"
    yield f"ungated           {1e-6 / ungated:.0f} MB/s"
    yield f"ratio             {ungated * total / gated:.1f}"


def _leaves(file: Path) -> Iterator[str]:
    """Every string of a file of JSON lines, of a length worth storing."""
    todo: list[object] = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            yield value[:16_000]
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, dict):
            todo += value.values()


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
