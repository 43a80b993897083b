"""How fast matching is here: ``python -m tests.bench.match_speed [--skills 300,5000] [--seed 7]``.

Generates a library of each size from the seed and prints what reading it takes, first and from the cache, what
building the index takes and loading it, one changed skill, a request, and the most memory that the process used.
"""

from __future__ import annotations

import argparse
import gc
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from skilltui.library.index_file import FORMAT, dump_postings, load_postings
from skilltui.library.match import Matcher
from skilltui.library.registry import SkillRegistry
from skilltui.library.roots import Root
from skilltui.library.sealed import Sealed
from tests.bench.library import Maker, write_skills

REQUESTS = 400
T = TypeVar("T")


def timed(label: str, work: Callable[[], T]) -> T:
    """What it returns; prints the seconds it took."""
    gc.collect()
    start = time.perf_counter()
    result = work()
    print(f"  {label:<44}{time.perf_counter() - start:8.3f} s")
    return result


def run(count: int, seed: int, folder: Path) -> None:
    """Measure one size."""
    maker = Maker(seed)
    skills = maker.skills(count)
    write_skills(folder / "skills", skills)
    size = sum(len(skill.text) for skill in skills)
    print(f"{count} skills, {size / 1e6:.1f} MB, seed {seed}")
    sealed = Sealed(folder / "cache", b"bench")

    def registry() -> SkillRegistry:
        return SkillRegistry([Root(folder / "skills", "bench")], sealed)

    first = registry()
    timed("registry, first time (every skill checked)", first.load)
    state = timed("registry, from its cache", registry().load)
    timed("registry, nothing changed", first.load)
    changed = Path(state.skills[count // 2].path)
    changed.write_text(changed.read_text(encoding="utf-8") + "\nOne more word: flumkin.\n", encoding="utf-8")
    after = timed("registry, one skill changed", first.load)
    print(f"  {'  folders read then':<44}{after.read:8}")
    matcher = timed("index, built", lambda: Matcher(state.skills))
    sealed.write("index", dump_postings(matcher.index.postings), FORMAT)

    def from_cache() -> Matcher:
        content = sealed.read("index", FORMAT)
        assert content is not None
        return Matcher(state.skills, known=load_postings(content))

    matcher = timed("index, from its cache", from_cache)
    matcher = timed("index, one skill changed", lambda: Matcher(after.skills, known=matcher.index.postings))
    requests = [maker.request(skills[n * 7919 % count]) for n in range(REQUESTS)]
    requests[::10] = [" ".join(requests[n : n + 12]) for n in range(0, REQUESTS, 10)]
    times = []
    for request in requests:
        start = time.perf_counter()
        matcher.match(request)
        times.append(time.perf_counter() - start)
    times.sort()
    print(f"  {'request, p50':<44}{times[len(times) // 2] * 1000:8.2f} ms")
    print(f"  {'request, p95':<44}{times[len(times) * 95 // 100] * 1000:8.2f} ms")
    print(f"  {'index in the cache':<44}{(folder / 'cache' / 'index').stat().st_size / 1e6:8.1f} MB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(f"  {'most memory used':<44}{peak:8.0f} MB")


def main() -> None:
    """Each size in a process of its own, so that its memory is its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.match_speed", description=__doc__)
    parser.add_argument("--skills", default="300,5000", help="how many, with commas between")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    sizes = options.skills.split(",")
    if len(sizes) > 1:
        for size in sizes:
            command = [sys.executable, "-m", "tests.bench.match_speed", "--skills", size, "--seed", str(options.seed)]
            subprocess.run(command, check=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        run(int(sizes[0]), options.seed, Path(folder))


if __name__ == "__main__":
    main()
