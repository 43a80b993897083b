"""A seeded generator of large agent histories, for benchmarks and for the test that the interface stays usable.

``python -m tests.bench.corpus --bytes 100MB --seed 7 --out DIR`` lays out ``DIR/.claude/projects`` and
``DIR/.codex/sessions`` as two agents would. The shape (line lengths, shares of record kinds, failures, noise) follows
what was counted in public logs of Claude Code up to 2.1.63 and Codex 0.140 to 0.142; every text is made up.
The same seed and size give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tests.bench.corpus_claude_code import claude_code
from tests.bench.corpus_codex import codex
from tests.bench.corpus_source import THINGS, Clock, Record, Source

CODEX_SHARE = 0.08  # of all bytes

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}

# Bytes at the quantiles of ``corpus_source``.
_CLAUDE_FILE = (8_000, 70_000, 140_000, 370_000, 650_000, 1_450_000, 1_600_000, 2_500_000, 3_200_000)
_CODEX_FILE = (180_000, 190_000, 250_000, 450_000, 480_000, 510_000, 520_000, 530_000, 540_000)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was written. A step is a tool call, failed when its result says so; ``requests`` are a person's messages."""

    bytes: int
    lines: int
    sessions: int
    requests: int
    steps: int
    failed_steps: int
    seconds: float


def generate(out: Path, *, size: int, seed: int) -> Corpus:
    """Write about ``size`` bytes below ``out`` (never less) and say what they hold. No session ends unsaid."""
    began = perf_counter()
    source = Source(seed)
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    written = {"claude-code": 0, "codex": 0}
    sessions = 0
    while (total := sum(written.values())) < size:
        agent = "codex" if written["codex"] < CODEX_SHARE * total else "claude-code"
        wanted = min(source.size(_CODEX_FILE if agent == "codex" else _CLAUDE_FILE), size - total)
        session, clock = source.uuid(), Clock(source, days=sessions * 0.11)
        project = f"/home/dev/code/{THINGS[sessions % 7]}-app"
        path, records = _SESSIONS[agent](source, clock, session, project)
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        done, before = 0, source.requests
        with target.open("wb", buffering=1 << 20) as file:
            for record in records:
                done += file.write(encode(record).encode() + b"\n")
                source.lines += 1
                if done >= wanted and source.requests > before:
                    break
        written[agent] += done
        sessions += 1
    return Corpus(
        sum(written.values()), source.lines, sessions, source.requests, source.steps, source.failed,
        perf_counter() - began,
    )  # fmt: skip


_SESSIONS: dict[str, Callable[[Source, Clock, str, str], tuple[Path, Iterator[Record]]]] = {
    "claude-code": claude_code,
    "codex": codex,
}


def parse_size(text: str) -> int:
    """``100MB`` as bytes; decimal units. Raises ``ValueError``."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?)B?", text.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"not a size: {text!r}")
    return round(float(match[1]) * _UNITS[match[2].upper()])


def main(arguments: Sequence[str] | None = None) -> None:
    """Generate, and write what was generated as one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.corpus", description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--bytes", type=parse_size, default=parse_size("100MB"), metavar="SIZE")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    corpus = generate(options.out, size=options.bytes, seed=options.seed)
    shown = {name: getattr(corpus, name) for name in corpus.__slots__}
    sys.stdout.write(json.dumps(shown) + "\n")


if __name__ == "__main__":
    main()
