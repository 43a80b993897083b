"""Edits and proposals: what the learning stage wants to change, and the evidence it stands on."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from skilltui.domain.skill import Finding

# A pass changes little: SkillOpt's gains come with one to four accepted edits (arXiv 2605.23904).
MAX_EDITS = 4

# What may word a draft; ``auto`` takes the local model where it answers.
ENGINES = ("auto", "extractive", "ollama")

# The engine of a draft that nothing was learned for: a skill from elsewhere, whole, without edits.
IMPORT = "import"

# The section name of an edit that changes the description in the frontmatter.
DESCRIPTION = "description"


class EditOp(StrEnum):
    """What an edit does to a section."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


class Origin(StrEnum):
    """Who said first what an edit says. Tool output is untrusted: see DESIGN, decisions."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    DOCS = "docs"


class Decision(StrEnum):
    """What the person said about an edit."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class GateVerdict(StrEnum):
    """The gate's answer. ``UNVERIFIED``: nothing speaks against it, too little speaks for it."""

    PASS = "pass"
    FAIL = "fail"
    UNVERIFIED = "unverified"


class GateBasis(StrEnum):
    """What the gate could look at."""

    FORM = "form"
    COVERAGE = "coverage"
    BEHAVIOUR = "behaviour"


class EvidenceRef(Struct, frozen=True):
    """A place in a trajectory; ``step`` is the step's ``seq``, ``None`` for the request or a turn.

    ``trajectory`` is a gap's id (``g_...``) where a request of it was made in words alone, by ``ask``.
    """

    trajectory: str
    step: int | None = None
    quote: str = ""


class Support(Struct, frozen=True):
    """Seen in ``trajectories`` of ``of``."""

    trajectories: int
    of: int


class Edit(Struct, frozen=True):
    """One small change of one section.

    ``before`` and ``after`` are whole lines of Markdown without the final newline, except in the section
    ``description``, where they are the plain text of the field. ``ADD`` has no ``before``, ``REMOVE`` no ``after``.
    """

    id: str
    op: EditOp
    section: str
    before: str | None
    after: str | None
    support: Support
    evidence: tuple[EvidenceRef, ...]
    origin: Origin
    note: str = ""  # why, in a few words: "error, then fix", "your words"
    decision: Decision = Decision.PENDING


class Gate(Struct, frozen=True):
    """What the gate said, in words that a person can act on."""

    verdict: GateVerdict
    basis: GateBasis
    reasons: tuple[str, ...] = ()


class Proposal(Struct, frozen=True):
    """A version in state ``draft``: a base text and the edits to it.

    ``base`` is what the edits apply to: the parent version's text, or for a new skill (``parent`` is ``None``) the
    stub's skeleton. ``partial`` says that the engine was stopped or broke off before it had seen everything.
    """

    skill: str
    version: int
    parent: int | None
    engine: str
    model: str | None
    base: str
    edits: tuple[Edit, ...]
    partial: bool = False
    gap: str | None = None
    findings: tuple[Finding, ...] = ()
    gate: Gate | None = None
    note: str = ""  # what the engine has to say: a fall-back, what it left out
