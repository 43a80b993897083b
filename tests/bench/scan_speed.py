"""How fast checking and scanning is here: ``python -m tests.bench.scan_speed [--seed 7] [--data DIR]``.

Generates skills and hostile files from the seed and prints what checking a thousand takes, the slowest hostile file
(``scan_baits``: near matches of each rule, a megabyte each), a first look at a library of five thousand, and how many
of the benign skills raise more than information. With ``--data``, a folder with ``manifest.jsonl`` of ``{"file",
"label"}``, also the share of each label that does, and that is blocked or rejected.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TypeVar

from skilltui.domain.skill import CheckResult, Severity, Verdict
from skilltui.library.check import check_document, check_path, read_limited
from skilltui.library.registry import SkillRegistry
from skilltui.library.roots import Root
from skilltui.library.scan import scan_text
from skilltui.library.sealed import Sealed
from tests.bench.library import Made, Maker, write_skills
from tests.bench.scan_baits import baits

T = TypeVar("T")

# What honest skills say that a scan could stumble over.
_BENIGN = (
    "Run `{w}` first, then `curl -s https://api.{w}.example/v1/status | jq .state`.",
    "curl -fsSL https://downloads.{w}.example/{w}.tar.gz -o {w}.tar.gz",
    "Never pipe curl into sh: read what was downloaded first.",
    "pip install {w} && python -m {w} --help",
    "npm install --save-dev {w}",
    "export {W}_API_KEY=your-key-here",
    "Copy `.env.example` to `.env` and fill in the values.",
    "Do not commit `.env` files or anything below `~/.ssh`.",
    "chmod +x scripts/{w}.sh",
    "rm -rf ./build ./dist/{w}",
    "echo 'export PATH=\"$HOME/.{w}/bin:$PATH\"' >> ~/.bashrc",
    "Ask the user before you delete anything.",
    "Do not tell the user that it works before the tests pass.",
    "Always use the {w} endpoint after each release; the server answers within a minute.",
    "The system prompt of the {w} agent lies in `prompts/{w}.md`.",
    "Ignore files that {w} generates.",
    "Send the report to the reviewers with `{w} report --to team`.",
    "| `{w}` | what it does | default |",
    "<!-- {w} table: keep sorted -->",
    "See [the reference](https://{w}.example/docs#setup) – “{w}” in detail.",
    "docker run --rm -v \"$PWD\":/work {w}:latest",
    "git push origin main  # after {w}",
    "requests.get(\"https://{w}.example/api\", timeout=10)",
    "The password field of the form is called `{w}-password`.",
)  # fmt: skip
_FRONTS = (
    "",
    "license: MIT\n",
    'metadata:\n  author: {w}\n  version: "1.2"\n',
    "allowed-tools: Bash(git status:*) Read\n",
)


def benign(maker: Maker, count: int, seed: int) -> list[Made]:
    """Generated skills with lines as developers write them; a part with other fields and block scalars."""
    random = Random(seed)
    return [_seasoned(skill, random) for skill in maker.skills(count)]


def _seasoned(skill: Made, random: Random) -> Made:
    lines = skill.text.split("\n")
    end = lines.index("---", 1)
    body = lines[end + 1 :]
    for _ in range(random.randint(2, 14)):
        word = random.choice(skill.words)
        line = random.choice(_BENIGN).replace("{w}", word).replace("{W}", word.upper())
        body.insert(random.randint(1, len(body)), line)
    front = "\n".join(lines[:end]) + "\n" + random.choice(_FRONTS).replace("{w}", skill.words[0])
    if random.random() < 0.2:
        front = front.replace('description: "', "description: >-\n  ").replace('."\n', ".\n")
    return replace(skill, text=f"{front}---\n" + "\n".join(body))


def alarms(text: str) -> set[str]:
    """What the scan finds above information; what the format asks for is another matter."""
    return {finding.code for finding in scan_text(text) if finding.severity is not Severity.INFO}


def measure_skills(folder: Path, seed: int) -> None:
    """A thousand, and a first look at five thousand."""
    skills = benign(Maker(seed), 5000, seed)
    write_skills(folder / "few", skills[:1000])
    write_skills(folder / "many", skills)
    size = sum(len(skill.text) for skill in skills) / 1e6
    results = _timed("1,000 skills checked and scanned", lambda: check_path(folder / "few"))
    registry = SkillRegistry([Root(folder / "many", "bench")], Sealed(folder / "cache", b"bench"))
    _timed(f"first look at 5,000 ({size:.0f} MB)", registry.load)
    found = [alarms(skill.text) for skill in skills[:1000]]
    codes = dict(Counter(code for one in found for code in one).most_common(5))
    _line("benign and generated, scan above information", f"{sum(map(bool, found)) / len(found):.1%} {codes or ''}")
    verdicts = dict(Counter(result.verdict.value for result in results))
    _line("  their verdicts, format included", str(verdicts))


def measure_hostile(seed: int) -> None:
    """Each hostile file, in processor time."""
    times = []
    for name, data in baits(seed):
        start = time.process_time()
        check_document(data, path=name, folder_name="bait")
        times.append((time.process_time() - start, name))
    times.sort(reverse=True)
    _line(f"slowest of {len(times)} hostile files", f"{times[0][0]:.2f} s")
    for seconds, name in times[:5]:
        print(f"    {seconds:6.2f} s  {name}")


def measure_labelled(data: Path) -> None:
    """What is said of files that somebody labelled."""
    rows = [json.loads(line) for line in (data / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    seen: dict[str, list[tuple[CheckResult, bool]]] = {}
    for row in rows:
        file = data / row["file"]
        bytes_ = read_limited(file)
        result = check_document(bytes_, path=row["file"], folder_name=None).result
        found = bool(alarms(bytes_.decode("utf-8", "replace")))
        for label in (row["label"], f"{row['label']}, {row.get('kind', 'any')}"):
            seen.setdefault(label, []).append((result, found))
    for label, results in sorted(seen.items()):
        stopped = sum(result.verdict in {Verdict.BLOCK, Verdict.REJECT} for result, _ in results)
        alarmed = sum(found for _, found in results)
        shares = f"scan above information {alarmed / len(results):.1%}, stopped {stopped / len(results):.1%}"
        _line(f"{label} ({len(results)})", shares)


def _timed(label: str, work: Callable[[], T]) -> T:
    """What it returns; prints the time by the clock and by the processor, which others may be using too."""
    start, used = time.perf_counter(), time.process_time()
    result = work()
    _line(label, f"{time.perf_counter() - start:.2f} s, {time.process_time() - used:.2f} s of the processor")
    return result


def _line(label: str, value: str) -> None:
    print(f"  {label:<48}{value}")


def main() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scan_speed", description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path, metavar="DIR")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure_skills(Path(folder), options.seed)
    measure_hostile(options.seed)
    if options.data is not None:
        measure_labelled(options.data)


if __name__ == "__main__":
    main()
