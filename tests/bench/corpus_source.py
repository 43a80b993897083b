"""What the generated histories are made of: one stream of random numbers, a pool of text, a clock, a person's words."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]

# A table gives characters at these quantiles.
_QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)

_JOBS = (
    ("make the {thing} tests pass", "pytest tests/{thing} -q"),
    ("release {version}, update the changelog first", "python -m build"),
    ("add a retry to the {thing} client", "pytest tests/clients -q"),
    ("write a migration for the {thing} table", "make migrate"),
    ("why is the {thing} endpoint slow?", "python -m cProfile -m app.{thing}"),
    ("rename {thing} to {other} everywhere", "ruff check ."),
    ("the {thing} page is blank after login, please fix it", "npm run build"),
    ("write docs for the {thing} command", "mkdocs build --strict"),
    ("deploy the {thing} service to staging", "docker compose up -d {thing}"),
    ("bump the dependencies of {thing}", "uv lock --upgrade"),
)
THINGS = (
    "login", "orders", "billing", "search", "export", "import", "upload", "session", "report", "invoice", "webhook",
)  # fmt: skip
_APPROVALS = ("great, thanks", "perfect, that works", "good, thank you", "nice, ship it")
_CORRECTIONS = (
    "no, update the {thing} tests first",
    "that's wrong, use the existing {thing} helper instead",
    "don't touch {other}, only {thing}",
)
WORDS = (
    "value", "result", "order", "total", "index", "client", "request", "response", "table", "column", "build", "failed",
    "passed", "warning", "line", "module", "import", "return", "async", "await", "error", "path", "file", "config",
    "session", "token", "cache", "retry", "timeout", "schema", "parse", "write", "read", "test",
)  # fmt: skip
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Source:
    """Everything random: one stream of numbers, and a pool of made-up text that lines are cut from."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines = self.requests = self.steps = self.failed = 0
        self._pool = "\n".join(self._pool_line() for _ in range(12_000))

    def _pool_line(self) -> str:
        r = self.random
        words = " ".join(r.choices(WORDS, k=r.randint(3, 12)))
        kind = r.random()
        if kind < 0.3:
            return f"    {r.choice(WORDS)}_{r.choice(WORDS)} = {r.choice(WORDS)}({words.replace(' ', ', ')!r})"
        if kind < 0.4:
            return f"src/{r.choice(THINGS)}/{r.choice(WORDS)}.py:{r.randint(1, 900)}: {words}"
        if kind < 0.5:
            return f"2026-01-{r.randint(1, 28):02d}T{r.randint(0, 23):02d}:10:00Z INFO {words}"
        if kind < 0.5002:
            # One in some megabyte of text. In two pieces, so that no scanner takes this file for a leak.
            return "API_TOKEN=ghp" + "_" + "".join(r.choices("abcdefghijkmnpqrstuvwxyz0123456789", k=36))
        return words

    def size(self, table: Sequence[int]) -> int:
        x = self.random.random()
        at = next(i for i in range(1, len(_QUANTILES)) if x <= _QUANTILES[i])
        share = (x - _QUANTILES[at - 1]) / (_QUANTILES[at] - _QUANTILES[at - 1])
        return round(table[at - 1] + share * (table[at] - table[at - 1]))

    def text(self, length: int) -> str:
        start = self.random.randrange(max(1, len(self._pool) - length))
        return self._pool[start : start + length]

    def uuid(self) -> str:
        h = f"{self.random.getrandbits(128):032x}"
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"

    def ident(self, prefix: str) -> str:
        return f"{prefix}{self.random.getrandbits(110):028x}"

    def fill(self, template: str) -> str:
        thing, other = self.random.sample(THINGS, 2)
        version = f"0.{self.random.randint(1, 40)}.{self.random.randint(0, 9)}"
        return template.format(thing=thing, other=other, version=version)

    def said(self, request: str) -> str:
        self.requests += 1
        return request


class Clock:
    """The time inside one session."""

    def __init__(self, source: Source, days: float) -> None:
        self._random = source.random
        self._now = _EPOCH + timedelta(days=days)

    def tick(self, mean: float = 2.0) -> str:
        self._now += timedelta(seconds=self._random.expovariate(1 / mean))
        return self.stamp()

    def stamp(self) -> str:
        return self._now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def now(self) -> datetime:
        return self._now


def turns(source: Source) -> Iterator[tuple[str, str]]:
    """A person's messages for ever, each with the command that the work after it ends in."""
    r = source.random
    while True:
        request, command = r.choice(_JOBS)
        yield source.fill(request), source.fill(command)
        if r.random() < 0.2:
            yield source.fill(r.choice(_CORRECTIONS)), source.fill(command)
        if r.random() < 0.4:
            yield r.choice(_APPROVALS), ""
