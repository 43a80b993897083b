"""How fast a history is imported here: ``python -m tests.bench.import_speed [--bytes 100MB] [--seed 7]``.

Generates the history from the seed, imports it into a throw-away home in a process of its own, imports it again, and
prints the figures beside what plain ``json.loads`` of every line takes. Times are of this machine; quote the ratio.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", default="100MB")
    parser.add_argument("--seed", default="7")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        generate = ["tests.bench.corpus", "--bytes", args.bytes, "--seed", args.seed, "--out", str(corpus)]
        subprocess.run([sys.executable, "-m", *generate], check=True, stdout=subprocess.DEVNULL)
        plain = sorted(_plain(corpus) for _ in range(RUNS))[RUNS // 2]
        first, again = [], []
        for run in range(RUNS):
            home = Path(folder) / f"home{run}"
            first.append(_ingest(home, corpus))
            again.append(_ingest(home, corpus))
        size = sum(file.stat().st_size for file in corpus.rglob("*.jsonl"))
        median, unchanged = sorted(first)[RUNS // 2], sorted(again)[RUNS // 2]
        print(f"corpus             {size / 1e6:.0f} MB, seed {args.seed}")
        print(f"json.loads, lines  {plain:.2f} s")
        print(
            f"import             {median:.2f} s, {size / 1e6 / median:.1f} MB/s, {median / plain:.1f} times json.loads"
        )
        print(f"import, unchanged  {unchanged:.2f} s")


def _plain(corpus: Path) -> float:
    start = time.perf_counter()
    for file in corpus.rglob("*.jsonl"):
        with file.open("rb") as lines:
            for line in lines:
                json.loads(line)
    return time.perf_counter() - start


def _ingest(home: Path, corpus: Path) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "skilltui", "--home", str(home), "ingest", str(corpus), "--json"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
