"""How near a request is to each skill in meaning, by embeddings, whatever model they come from. Pure.

Cosines of one model lie around 0, those of another between 0.7 and 0.9, and a skill of general words is near to
everything. So a cosine is taken as the number of standard deviations that it lies above those between the same skill
and some requests that have nothing to do with it: that means the same for every model, and general skills gain
nothing by being general.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from hashlib import blake2b

from skilltui.domain.skill import Skill
from skilltui.library.vectors import KEY_BYTES, Columns

# Small models read 256 tokens, about 1,000 characters; what stands first decides, and the end may be cut.
MAX_TEXT = 1_200
_PASSAGES = 400
# Of more skills than this nothing is embedded: that takes hours, and so many share every meaning.
MAX_SKILLS = 10_000

# What people ask agents for day by day; made up, each about something else.
REFERENCE = (
    "fix the failing test", "write a function that adds two numbers", "why is this slow", "what does this code do",
    "rename this variable everywhere", "update the dependencies to the newest versions",
    "add a button to the settings page", "explain this error message", "write a letter to a customer",
    "convert this file to another format", "deploy the app to production", "review my last changes",
    "create a new project", "make a chart of these numbers", "clean up old files", "search the web for recent news",
    "translate this text into German", "set up the database", "merge the two branches", "plan the work for next week",
    "summarise this document", "draw a diagram of the architecture", "check the site for broken links",
    "record a short video",
)  # fmt: skip

_FENCE = re.compile(r"^[ \t]{0,12}(`{3,}|~{3,}).*?(?:^[ \t]{0,12}\1|\Z)", re.DOTALL | re.MULTILINE)
_WHEN = re.compile(r"\b(?:when|use (?:this|it)|trigger|purpose|overview|what it does)\b", re.IGNORECASE)
# Below this the spread of the reference is rounding, not meaning: the model says the same of everything.
_LEAST_SPREAD = 1e-4


def embedded_text(skill: Skill) -> str:
    """What of a skill is embedded: name, description, then the passages of the body that say what it is for.

    It may be longer than ``MAX_TEXT``: it is cut after what is secret was taken out, for half a secret is not found.
    """
    head = f"{skill.name.replace('-', ' ')}: {' '.join(skill.description.split())}"
    passages = _passages(skill.body, max(0, min(_PASSAGES, MAX_TEXT - len(head))))
    return f"{head} {passages}".strip()


def _passages(body: str, room: int) -> str:
    """Lines that say when or what for, then the headings, as far as they find room."""
    lines = [" ".join(line.split()) for line in _FENCE.sub("\n", body[: 20 * MAX_TEXT]).splitlines()]
    lines = [line.lstrip("#>*-+ ") for line in lines if line.startswith("#") or _WHEN.search(line)]
    kept: list[str] = []
    for line in sorted(dict.fromkeys(lines), key=lambda line: not _WHEN.search(line)):
        if line and len(line) < room:
            kept.append(line)
            room -= len(line) + 1
    return " ".join(kept)


def text_key(text: str) -> bytes:
    """What the vector of a text is found by."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


class Meaning:
    """The embeddings of a library, by the places of its skills, measured against those of ``REFERENCE``."""

    def __init__(self, skills: Sequence[bytes], reference: Sequence[bytes]) -> None:
        """Both quantised and of one dimension, ``reference`` not empty."""
        self._columns = Columns(skills)
        self.dimensions = self._columns.dimensions
        against = [self._columns.cosines(row) for row in reference]
        self._usual = [math.fsum(found) / len(found) for found in zip(*against, strict=True)]
        spreads = [
            math.fsum((value - usual) ** 2 for value in found) / len(found)
            for found, usual in zip(zip(*against, strict=True), self._usual, strict=True)
        ]
        self._spread = math.sqrt(math.fsum(spreads) / len(spreads)) if spreads else 0.0

    @property
    def tells_apart(self) -> bool:
        """Whether the model says different things of different requests."""
        return self._spread > _LEAST_SPREAD

    def near(self, request: bytes) -> list[float]:
        """For each skill, in standard deviations above what a request usually has. ``request`` is quantised."""
        cosines = self._columns.cosines(request)
        return [(cosine - usual) / self._spread for cosine, usual in zip(cosines, self._usual, strict=True)]
