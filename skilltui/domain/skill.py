"""Skills on disk and what a check finds in them. Format: agentskills.io specification, August 2026."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Severity(StrEnum):
    """How grave a finding is."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Verdict(StrEnum):
    """What may happen to a checked skill (CONTRACT: ``check``), mildest first."""

    OK = "ok"
    FLAG = "flag"
    BLOCK = "block"
    REJECT = "reject"


class Finding(Struct, frozen=True):
    """One thing that a check found. ``line`` counts from 1 in the file; ``shown`` is hidden text decoded.

    ``verdict`` is the worst that this finding alone does to the skill.
    """

    code: str
    severity: Severity
    line: int | None
    message: str
    shown: str | None = None
    verdict: Verdict = Verdict.FLAG


class CheckResult(Struct, frozen=True):
    """What a check says about one ``SKILL.md``. ``name`` is empty where none could be read."""

    path: str
    name: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()


class Skill(Struct, frozen=True):
    """One skill of the library, as it stands on disk.

    ``path`` is its ``SKILL.md``, ``root`` the folder that holds the skill's folder, ``blob`` the SHA-256 of the
    file's bytes, ``hash`` that of the whole tree (``tree_hash``). ``shadowed_by`` is the path that wins over this one
    under the same name. ``project`` is the directory whose trajectories it serves, ``None`` for all.
    """

    name: str
    description: str
    body: str
    path: str
    root: str
    blob: str
    hash: str
    findings: tuple[Finding, ...] = ()
    shadowed_by: str | None = None
    project: str | None = None


LEXICAL = "lexical"
WITH_EMBEDDINGS = "lexical+embeddings"


def serves(own: str | None, folder: str | None) -> bool:
    """Whether what belongs to a project (``None``: to all) is there for a request made in a folder.

    A project's own skills serve that project only, also where the agent was started in a folder inside it.
    """
    if own is None or own == folder:
        return True
    return folder is not None and folder.startswith((f"{own.rstrip('/')}/", f"{own.rstrip(chr(92))}{chr(92)}"))


class Match(Struct, frozen=True):
    """One candidate for a request, with the terms that decided; ``project``: whose own skill it is."""

    skill: str
    path: str
    score: float
    why: tuple[str, ...] = ()
    project: str | None = None


class MatchResult(Struct, frozen=True):
    """``gap`` is true when the best score is below ``threshold``, or when there is no skill at all.

    ``ambiguous``: the two best scores are at or above it and within 0.05, so that either skill may be meant. Only
    among such near-equal candidates the order of ``top`` may be that of trust instead of the scores.

    ``engine`` is what decided: ``LEXICAL`` or ``WITH_EMBEDDINGS``; ``reason`` why embeddings did not, where they are
    wanted.
    """

    gap: bool
    threshold: float
    top: tuple[Match, ...] = ()
    ambiguous: bool = False
    engine: str = LEXICAL
    reason: str = ""


def blob_hash(data: bytes) -> str:
    """SHA-256 of a file's bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def tree_hash(files: Mapping[str, str]) -> str:
    """The hash of a skill's folder, from relative POSIX paths to the SHA-256 of each file's bytes."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0" + files[name].encode("ascii") + b"\n")
    return digest.hexdigest()


_ORDER = list(Verdict)


def worst(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict over all findings: the gravest of them, ``ok`` where there is none above ``info``."""
    verdicts = [f.verdict for f in findings if f.severity is not Severity.INFO]
    return max(verdicts, key=_ORDER.index, default=Verdict.OK)
