"""A seeded generator of skill libraries with requests, for benchmarks: ``python -m tests.bench.library --out DIR``.

``DIR/skills/<name>/SKILL.md`` and ``DIR/queries.jsonl`` have the shape that ``match_fit`` reads. Lengths follow what
was counted over public skills (description: median 176 characters, body: median 3.6 kB, p95 17 kB), words are as
unequally frequent as in a language (Zipf), and every text is made up. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from random import Random

VOCABULARY = 30_000
TOPIC_WORDS = 40
_ONSETS = (
    "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k",
    "l", "m", "n", "p", "pl", "pr", "qu", "r", "s", "sc", "sh", "sl", "st", "t", "tr", "v", "w", "z",
)  # fmt: skip
_VOWELS = (
    "a", "e", "i", "o", "u", "ai", "ea", "ou",
)  # fmt: skip
_CODAS = ["", "", "n", "r", "t", "l", "ck", "st", "m", "nd"]
_ORDERS = (
    "write", "fix", "add", "convert", "check", "deploy", "review", "plan", "migrate", "clean", "build", "test",
)  # fmt: skip
_FILLERS = (
    "please", "can", "you", "for", "my", "the", "with", "this", "our", "from", "in", "it", "now", "that", "into",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """One skill that was made up, with the words it is about."""

    name: str
    text: str
    described: tuple[str, ...]
    words: tuple[str, ...]


class Maker:
    """Makes skills and requests for them."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._vocabulary = self._made_up(VOCABULARY)
        self._sums = list(accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))

    def skills(self, count: int) -> list[Made]:
        """So many skills with different names; some share most of their subject, as real ones do."""
        found: dict[str, Made] = {}
        topics: list[tuple[str, ...]] = []
        while len(found) < count:
            topic = self._topic(topics)
            topics.append(topic)
            made = self._skill(topic)
            found.setdefault(made.name, made)
        return list(found.values())

    def request(self, skill: Made) -> str:
        """What a person might say who needs that skill: some of its words, and some of none."""
        random = self._random
        own = random.sample(skill.described, min(len(skill.described), random.randint(2, 6)))
        own += random.sample(skill.words, random.randint(0, 4))
        said = [*own, *(self._word() for _ in range(random.randint(0, 6)))]
        random.shuffle(said)
        text = " ".join(f"{random.choice(_FILLERS)} {word}" if random.random() < 0.5 else word for word in said)
        return f"{random.choice(_ORDERS)} {text}"

    def _topic(self, earlier: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        words = [self._random.choice(self._vocabulary[200:]) for _ in range(TOPIC_WORDS)]
        if earlier and self._random.random() < 0.3:
            words[: TOPIC_WORDS // 2] = self._random.choice(earlier)[: TOPIC_WORDS // 2]
        return tuple(words)

    def _skill(self, topic: tuple[str, ...]) -> Made:
        random = self._random
        name = "-".join(random.sample(topic[:6], random.randint(1, 3)))[:64].strip("-")
        about = random.sample(topic, random.randint(8, 16))
        half = len(about) // 2
        first = " ".join(self._mixed(about[:half]))
        when = " ".join(self._mixed(about[half:]))
        size = int(min(60_000, random.lognormvariate(8.2, 0.95)))
        body = self._body(topic, size)
        text = f'---\nname: {name}\ndescription: "{first.capitalize()}. Use when {when}."\n---\n\n{body}'
        return Made(name, text, tuple(about), topic)

    def _body(self, topic: tuple[str, ...], size: int) -> str:
        random, lines, done = self._random, ["# Steps"], 0
        while done < size:
            words = [
                random.choice(topic) if random.random() < 0.25 else self._word() for _ in range(random.randint(5, 16))
            ]
            start = random.choice(("", "- ", "1. ", "## "))
            lines.append(start + " ".join(words))
            done += len(lines[-1])
        return "\n".join(lines) + "\n"

    def _mixed(self, words: Sequence[str]) -> list[str]:
        return [part for word in words for part in ((word, self._word()) if self._random.random() < 0.5 else (word,))]

    def _word(self) -> str:
        return self._vocabulary[bisect(self._sums, self._random.random() * self._sums[-1]) % VOCABULARY]

    def _made_up(self, count: int) -> list[str]:
        random, found = self._random, dict.fromkeys(_ORDERS)
        while len(found) < count:
            syllables = random.choice((1, 2, 2, 3))
            word = "".join(
                random.choice(_ONSETS) + random.choice(_VOWELS) + random.choice(_CODAS) for _ in range(syllables)
            )
            found[word] = None
        words = list(found)
        random.shuffle(words)
        return words


def write_skills(folder: Path, skills: Sequence[Made]) -> None:
    """Each in a folder of its own."""
    for skill in skills:
        target = folder / skill.name / "SKILL.md"
        target.parent.mkdir(parents=True)
        target.write_text(skill.text, encoding="utf-8")


def generate(out: Path, *, skills: int, requests: int, seed: int) -> None:
    """Write a library and requests for a fifth of it, from four made-up sources."""
    maker = Maker(seed)
    made = maker.skills(skills)
    write_skills(out / "skills", made)
    wanted = made[: max(1, skills // 5)]
    with (out / "queries.jsonl").open("w", encoding="utf-8") as file:
        for number in range(requests):
            skill = wanted[number % len(wanted)]
            row = {"id": f"q{number}", "query": maker.request(skill), "gold": [skill.name], "not_gold": []}
            file.write(json.dumps({**row, "source": f"made-up-{number % len(wanted) % 4}"}) + "\n")


def main() -> None:
    """Generate."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.library", description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--skills", type=int, default=400)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    generate(options.out, skills=options.skills, requests=options.requests, seed=options.seed)


if __name__ == "__main__":
    main()
