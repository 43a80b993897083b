"""What the generated histories are made of: one stream of random numbers, a pool of text, a clock, a person's words."""

from __future__ import annotations

import base64
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
    """Everything random: one stream of numbers, and pools of made-up text that pieces are cut from."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines = self.requests = self.steps = self.failed = 0
        self._prose = "\n".join(self._prose_line() for _ in range(8_000))
        self._code = "\n".join(self._code_line() for _ in range(12_000))
        self._printed = "\n".join(self._printed_line() for _ in range(8_000))

    def _prose_line(self) -> str:
        r = self.random
        words = " ".join(r.choices(WORDS, k=r.randint(2, 16)))
        kind = r.random()
        if kind < 0.06:
            return f'{words} "{r.choice(WORDS)}" — {r.choice(WORDS)} `{r.choice(WORDS)}_{r.choice(WORDS)}`'
        if kind < 0.2:
            return ""
        return words

    def _code_line(self) -> str:
        r = self.random
        kind = r.random()
        if kind < 0.12:
            return ""
        name, words = f"{r.choice(WORDS)}_{r.choice(WORDS)}", ", ".join(r.choices(WORDS, k=r.randint(1, 5)))
        indent = "\t" * min(9, int(r.expovariate(0.28)))
        if kind < 0.3:
            return f"{indent}{r.choice('})];')}"
        if kind < 0.42:
            return f'{indent}{name}="{words}"'
        if kind < 0.5:
            return f"{indent}// {' '.join(r.choices(WORDS, k=r.randint(3, 10)))}"
        return f"{indent}const {name} = {r.choice(WORDS)}({words});"

    def _printed_line(self) -> str:
        r = self.random
        words = " ".join(r.choices(WORDS, k=r.randint(2, 9)))
        kind = r.random()
        if kind < 0.2:
            return f"src/{r.choice(THINGS)}/{r.choice(WORDS)}.py:{r.randint(1, 900)}: {words}"
        if kind < 0.3:
            return f"2026-01-{r.randint(1, 28):02d}T{r.randint(0, 23):02d}:10:00Z INFO {words}"
        if kind < 0.4:
            return f"\x1b[{r.choice((31, 32, 33))}m{r.choice('✓✗·')}\x1b[0m {words}"
        if kind < 0.42:
            return "─" * r.randint(10, 60)
        if kind < 0.4206:
            # One in about a megabyte of text. In two pieces, so that no scanner takes this file for a leak.
            return "API_TOKEN=ghp" + "_" + "".join(r.choices("abcdefghijkmnpqrstuvwxyz0123456789", k=36))
        if kind < 0.5:
            return f'  "{r.choice(WORDS)}": "{words}",'
        return words

    def size(self, table: Sequence[int]) -> int:
        x = self.random.random()
        at = next(i for i in range(1, len(_QUANTILES)) if x <= _QUANTILES[i])
        share = (x - _QUANTILES[at - 1]) / (_QUANTILES[at] - _QUANTILES[at - 1])
        return round(table[at - 1] + share * (table[at] - table[at - 1]))

    def text(self, length: int) -> str:
        """What an agent or a person writes."""
        return self._cut(self._prose, length)

    def code(self, length: int) -> str:
        """What stands in a file."""
        return self._cut(self._code, length)

    def printed(self, length: int) -> str:
        """What a command prints, some of it in colour."""
        return self._cut(self._printed, length)

    def image(self, length: int) -> str:
        """So many characters of base64."""
        return base64.b64encode(self.random.randbytes(length * 3 // 4)).decode()

    def _cut(self, pool: str, length: int) -> str:
        start = self.random.randrange(max(1, len(pool) - length))
        return pool[start : start + length]

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
        """A person's message, one in five with something pasted below it."""
        if self.random.random() < 0.2:
            return f"{request}\n\n{self.printed(self.random.randint(300, 6000))}"
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
    """A person's messages for ever, each with the command that its work ends in; none where there is no work to do."""
    r = source.random
    while True:
        request, command = r.choice(_JOBS)
        yield source.fill(request), source.fill(command)
        if r.random() < 0.15:
            yield source.fill(r.choice(_CORRECTIONS)), source.fill(command)
        if r.random() < 0.2:
            yield r.choice(_APPROVALS), ""
