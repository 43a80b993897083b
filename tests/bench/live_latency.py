"""How long an agent's line takes to the screen: ``python -m tests.bench.live_latency [--files 40] [--appends 150]``.

Another process appends tool calls to transcripts while the watcher runs; the time is from the end of an append to the
event that tells the faces that its step is committed. Once by file events, once by polling. Beside it what watching
costs while nothing happens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from skilltui.paths import HomePaths
from skilltui.workshop.events import Captured, WorkshopEvent
from skilltui.workshop.home import Home
from tests.sessions import ClaudeSession

IDLE_SECONDS = 6.0
PAUSE_SECONDS = 0.06


def main() -> None:
    """Measure both ways and print; or, as the other process, append."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--appends", type=int, default=150)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.write:
        _append(Path(args.write), args.files, args.appends)
        return
    print(f"{'':14}{'p50':>8}{'p95':>8}{'max':>8}  ms, {args.appends} appends to {args.files} files    idle CPU")
    for force in ("", "1"):
        os.environ["WATCHFILES_FORCE_POLLING"] = force
        took, idle, way = asyncio.run(_measure(args.files, args.appends))
        took.sort()
        p50, p95 = took[len(took) // 2], took[int(len(took) * 0.95)]
        print(f"{way.partition(':')[0]:24}{p50:8.0f}{p95:8.0f}{took[-1]:8.0f}  {'':30}{idle:.1%}")


def _session(number: int) -> ClaudeSession:
    return ClaudeSession(f"{number:08d}-0000-4000-8000-000000000000").say(f"task {number} of the long list")


async def _measure(files: int, appends: int) -> tuple[list[float], float, str]:
    with tempfile.TemporaryDirectory() as folder:
        person = Path(folder) / "person"
        projects = person / ".claude" / "projects"
        for number in range(files):
            _session(number).bash("true").write(projects)
        paths = HomePaths(Path(folder) / "home", Path(folder) / "home")
        paths.make()
        paths.config.write_text("[skills.learning]\ntrajectory_capture = true\n", encoding="utf-8")
        committed: dict[str, list[float]] = defaultdict(list)
        async with Home.open(paths, env={"HOME": str(person)}) as home:

            def heard(event: WorkshopEvent) -> None:
                if isinstance(event, Captured):
                    committed[event.path] += [time.time()] * event.new_steps

            following = asyncio.create_task(home.watcher.run())
            await home.watcher.caught_up()
            # The first second is the watch's own.
            await asyncio.sleep(1.5)
            before = time.process_time()
            await asyncio.sleep(IDLE_SECONDS)
            idle = (time.process_time() - before) / IDLE_SECONDS
            home.bus.subscribe(heard)
            writer = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.live_latency", "--write", str(projects),
                "--files", str(files), "--appends", str(appends), stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, _ = await writer.communicate()
            await home.watcher.caught_up()
            way = home.watcher.status.way
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    appended: dict[str, list[float]] = defaultdict(list)
    for line in out.splitlines():
        path, at = json.loads(line)
        appended[path].append(at)
    took = [(c - a) * 1000 for path, times in appended.items() for a, c in zip(times, committed[path], strict=True)]
    return took, idle, way


def _append(projects: Path, files: int, appends: int) -> None:
    sessions = [_session(number).bash("true") for number in range(files)]
    for number in range(appends):
        session = sessions[number * 7 % files]
        path = projects / session.cwd.replace("/", "-") / f"{session.session}.jsonl"
        before = len(session.records)
        session.bash(f"make part-{number}", "ok\n" * 40, code=number % 5 == 0)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(session.lines()[before:])
        print(json.dumps([str(path), time.time()]), flush=True)
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
