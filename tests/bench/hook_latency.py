"""How long an agent waits for its hook: ``python -m tests.bench.hook_latency [--runs 60]``.

Each case is the whole life of the process, from the agent's start of it to its end; beside them what an empty Python
takes on this machine. The promise is 100 ms (CONTRACT).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_EVENT = {
    "session_id": "0b6d1c1e-0000-4000-8000-000000000000", "transcript_path": "/w/.claude/projects/p/s.jsonl",
    "cwd": "/w", "hook_event_name": "Stop",
}  # fmt: skip
_SMALL = json.dumps(_EVENT).encode()
_LARGE = json.dumps({**_EVENT, "tool_response": "x" * 5_000_000}).encode()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        hook = [sys.executable, "-P", "-m", "skilltui", "--home", str(Path(folder) / "home"), "hook", "claude-code"]
        full = Path(folder) / "full"
        crowd = [*hook[:5], str(full), *hook[6:]]
        (full / "spool").mkdir(parents=True)
        for number in range(512):
            (full / "spool" / f"hook-codex-{number}.json").write_bytes(_SMALL)
        cases: list[tuple[str, Callable[[], object]]] = [
            ("an empty Python", lambda: subprocess.run([sys.executable, "-P", "-c", "pass"], check=True)),
            ("an event", lambda: subprocess.run(hook, input=_SMALL, check=True)),
            ("an event of 5 MB", lambda: subprocess.run(hook, input=_LARGE, check=True)),
            ("no JSON", lambda: subprocess.run(hook, input=b"{{{{", check=True)),
            ("no standard input", lambda: subprocess.run(hook, stdin=subprocess.DEVNULL, check=True)),
            ("a pipe that stays open", lambda: _open_pipe(hook)),
            ("a spool that is full", lambda: subprocess.run(crowd, input=_SMALL, check=True)),
        ]
        print(f"{'':24}{'p50':>8}{'p95':>8}{'max':>8}  ms, of {runs} runs")
        for name, case in cases:
            took = sorted(_timed(case) for _ in range(runs))
            print(f"{name:24}{took[runs // 2]:8.1f}{took[int(runs * 0.95)]:8.1f}{took[-1]:8.1f}")


def _timed(case: Callable[[], object]) -> float:
    start = time.perf_counter()
    case()
    return (time.perf_counter() - start) * 1000


def _open_pipe(hook: list[str]) -> None:
    with subprocess.Popen(hook, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"session_id":')
        process.stdin.flush()
        assert process.wait() == 0


if __name__ == "__main__":
    main()
