"""How fast a history is imported here, and in how much memory: ``python -m tests.bench.import_speed``.

Generates histories from a seed, imports them into throw-away homes, each in a process of its own, and prints the
figures beside what plain ``json.loads`` of every line takes in the same run, and beside agentsview where its program is
named (``--agentsview PATH``; ``pip install agentsview``). Times are of this machine: quote the ratios.
``--large`` adds a file of 2 GB, one session of which one line has 40 MB.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from skilltui.paths import HomePaths
from skilltui.workshop.home import Home
from tests.bench.corpus import generate, parse_size
from tests.sessions import ClaudeSession

RUNS = 3
# As installed: with the compiled modules that pip leaves, whatever this shell says of them.
ENV = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
RESCANNED = 400
SESSION = "d0000000-0000-4000-8000-000000000000"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=parse_size, default=parse_size("100MB"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--agentsview", type=Path, metavar="PATH")
    parser.add_argument("--large", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        corpus = root / "corpus"
        made = generate(corpus, size=args.bytes, seed=args.seed)
        print(f"corpus               {made.bytes / 1e6:.0f} MB, {made.sessions} sessions, seed {args.seed}")
        _ingest(root / "first", corpus)
        plain = _median(lambda _: _plain(corpus))
        print(f"json.loads, lines    {plain:.2f} s")
        first = _median(lambda run: _ingest(root / f"home{run}", corpus))
        print(
            f"import               {first:.2f} s, {made.bytes / 1e6 / first:.0f} MB/s, {first / plain:.1f} x json.loads"
        )
        other = (
            _median(lambda run: _agentsview(args.agentsview, root / f"other{run}", corpus)) if args.agentsview else 0
        )
        if other:
            print(f"agentsview sync      {other:.2f} s: the import takes {first / other:.2f} of it")
        _rescan(root, args.seed, args.agentsview)
        asyncio.run(_appends(root))
        if args.large:
            _large(root)


def _median(measure: Callable[[int], float]) -> float:
    return sorted(measure(run) for run in range(RUNS))[RUNS // 2]


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
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENV)
    return time.perf_counter() - start


def _agentsview(program: Path, home: Path, corpus: Path) -> float:
    home.mkdir(exist_ok=True)
    env = ENV | {
        "HOME": str(home), "AGENTSVIEW_NO_DAEMON": "1", "AGENTSVIEW_DATA_DIR": str(home / "data"),
        "CLAUDE_PROJECTS_DIR": str(corpus / ".claude" / "projects"),
        "CODEX_SESSIONS_DIR": str(corpus / ".codex" / "sessions"),
    }  # fmt: skip
    start = time.perf_counter()
    subprocess.run([str(program), "sync"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    return time.perf_counter() - start


def _rescan(root: Path, seed: int, agentsview: Path | None) -> None:
    """Nothing has changed in several hundred files."""
    corpus = root / "many"
    parts = 0
    while sum(1 for _ in corpus.rglob("*.jsonl")) < RESCANNED:
        generate(corpus, size=20_000_000, seed=seed + 1000 + parts)
        parts += 1
    for extra in sorted(corpus.rglob("*.jsonl"))[RESCANNED:]:
        extra.unlink()
    _ingest(root / "many-home", corpus)
    again = _median(lambda _: _ingest(root / "many-home", corpus))
    print(f"re-scan, {RESCANNED} files   {again:.2f} s, nothing changed")
    if agentsview is not None:
        _agentsview(agentsview, root / "many-other", corpus)
        other = _median(lambda _: _agentsview(agentsview, root / "many-other", corpus))
        print(f"agentsview, again    {other:.2f} s: the re-scan takes {again / other:.2f} of it")


async def _appends(root: Path) -> None:
    """One call and its result, appended to a task that has many steps already."""
    for steps in (200, 2000, 6000):
        folder = root / f"append{steps}"
        session = ClaudeSession(SESSION).say("port the whole thing to the new interface")
        for number in range(steps):
            session.bash(f"sed -n {number},{number + 9}p src/file{number % 50}.py", "a line of the file\n" * 80)
        path = session.write(folder / "projects")
        async with Home.open(HomePaths(folder / "home", folder / "home"), env={"HOME": str(folder)}) as home:
            await home.capturing.ingest([path])
            took = []
            for number in range(15):
                written = len(session.records)
                session.bash(f"grep -n name{number} src", "a line of the file\n" * 80)
                with path.open("a", encoding="utf-8") as file:
                    file.writelines(session.lines()[written:])
                start = time.perf_counter()
                await home.capturing.step(path, "claude-code", final=False, backfill=False)
                took.append(time.perf_counter() - start)
            print(f"append to {steps:4d} steps {sorted(took)[len(took) // 2] * 1000:.1f} ms")


def _large(root: Path) -> None:
    path = root / "large" / f"{SESSION}.jsonl"
    path.parent.mkdir()
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_long_session())
    start = time.perf_counter()
    command = [sys.executable, "-m", "skilltui", "--home", str(root / "large-home"), "ingest", str(path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENV) as process:
        peak = _memory(process)
    print(
        f"one file of {path.stat().st_size / 1e9:.1f} GB   {time.perf_counter() - start:.0f} s,"
        f" at most {peak / 1e6:.0f} MB of memory in both its processes"
    )


def _memory(process: subprocess.Popen[bytes]) -> int:
    """The most bytes that a process and those that it started held together, looked at ten times a second (Linux)."""
    most = 0
    while process.poll() is None:
        held = 0
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        with suppress(OSError):
            for number in (str(process.pid), *children.read_text().split()):
                shares = re.findall(r"^Pss:\s+(\d+) kB", Path(f"/proc/{number}/smaps_rollup").read_text(), re.MULTILINE)
                held += 1024 * sum(map(int, shares))
        most = max(most, held)
        time.sleep(0.1)
    return most


def _long_session() -> Iterator[str]:
    session = ClaudeSession(SESSION).say("do all of it")
    yield session.lines()[0]
    text = "one more line of what the command printed\n"
    for number in range(56_000):
        session.records.clear()
        session.bash(f"cat file{number}", text * (400_000 if number == 30_000 else 400))
        for place, line in enumerate(session.lines()):
            record = json.loads(line)
            record["uuid"] = f"u{number}-{place}"
            yield json.dumps(record).replace(f"tu_{SESSION}_0", f"tu_{number}") + "\n"


if __name__ == "__main__":
    main()
