"""What the person told the agent, quoted and turned into a rule. Nothing else in a transcript is as good evidence.

Only turns that capture tagged as correction or rejection; only sentences that carry an instruction or a fact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from skilltui.domain.trajectory import Trajectory, Turn, TurnKind
from skilltui.learning.safe import forbidden, without_hidden
from skilltui.learning.slots import relative
from skilltui.learning.vocabulary import IMPERATIVES
from skilltui.learning.wording import sentence
from skilltui.text.tokenise import stem, terms

MAX_QUOTE = 240
# Longer messages are pasted logs and reviews: what is a rule in them is for a person to see.
_MAX_TURN = 1500

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_OPENING = re.compile(
    r"^(?:(?:no+|nope|nah|wait|stop|hold on|actually|sorry|hmm+|hm|oh|ah+|uh|um|ok(?:ay)?|well|so|but|and|please|again|"
    r"hey|great|thanks|thank you|good|right|yes|yeah|not quite|wrong|that'?s (?:wrong|not right|not it)|i said|i meant|"
    r"i mean|as i said|you should|you need to|you must|you have to|can you|could you|i want you to|i'd like you to|"
    r"just|next time|in future|in the future|from now on|let'?s)\b[\s,.;:!–—-]*)+",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"[\s,]*(?:,?\s*(?:i think|i guess|i believe|imo|please|ok(?:ay)?|thanks|thank you|right|:\)|:/))+[\s.!]*$",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"\b(?:don'?t|do not|never|always|instead|rather than|must(?:n'?t)?|should(?:n'?t)?|have to|has to|needs? to|"
    r"make sure|avoid|remember|not .{1,60} but|prefer|stick to|leave .{1,40} alone|unless|no longer|"
    r"(?:is|are) supposed to)\b|"
    r"\b(?:is|are|was|goes|belongs|lives?|means?)\b.{1,80},?\s+not\s+\S",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(
    r"^(?:it |that |this |still |the (?:test|build|page|button|same) )?(?:still )?"
    r"(?:doesn'?t|didn'?t|does not|did not|isn'?t|not|won'?t|can'?t|cannot|fails?|failed|broke|broken|no)\b.{0,30}$",
    re.IGNORECASE,
)
_PASTED = re.compile(r"[{}<>$#|\\]{2}|^\s*at\s|^\S+@\S+:|[:\w/.-]{60,}|❯|Traceback|^\s*\$ ", re.MULTILINE)


class Said(Struct, frozen=True):
    """A rule in the person's words. ``line`` is for a skill, ``quote`` verbatim, ``after_step`` a step's ``seq``."""

    trajectory: str
    line: str
    quote: str
    after_step: int


def corrections(trajectories: Sequence[Trajectory]) -> list[Said]:
    """Every rule that a correction or rejection holds, in the order of the trajectories."""
    return [
        said
        for trajectory in trajectories
        for turn in trajectory.turns
        if turn.kind in (TurnKind.CORRECTION, TurnKind.REJECTION)
        for said in _rules(trajectory, turn)
    ]


def rule_line(text: str) -> str:
    """One sentence of a correction as a rule, empty where it holds none ("still broken" is a complaint)."""
    core = _HEDGE.sub("", _OPENING.sub("", without_hidden(text).strip())).strip(' .,;:–—-"“”')
    if not 6 <= len(core) <= MAX_QUOTE or text.rstrip().endswith("?") or _COMPLAINT.match(core) or _PASTED.search(core):
        return ""
    core = re.sub(r"^have (\w+)", lambda match: _present(match[1]) or match[0], core)
    first = core.split()[0].casefold().strip(",.:")
    ordered = first in IMPERATIVES
    # "undo that" is an order for now: without a thing it names there is nothing to keep.
    named = set(terms(core)) - ({stem(first)} if ordered else set())
    if not (ordered or _RULE.search(core)) or len(named) < (1 if ordered else 2):
        return ""
    if re.match(r"(?:it |that |this )?(?:looks|seems|appears|turns out)\b", core, re.IGNORECASE):
        return ""
    if re.match(r"(?:i|we|my|you)\b(?!.*\b(?:must|should|never|always|don'?t|only|need to)\b)", core, re.IGNORECASE):
        return ""
    return sentence(core)


def _rules(trajectory: Trajectory, turn: Turn) -> list[Said]:
    if len(turn.text) > _MAX_TURN:
        return []
    found = []
    for part in _SENTENCE.split(turn.text):
        line = _without_personal(rule_line(part), trajectory.project)
        if line and not forbidden(line):
            found.append(Said(trajectory.id, line, " ".join(part.split())[:MAX_QUOTE], turn.after_step))
    return found[:2]


def _present(past: str) -> str:
    """ "(you should) have used" as an order: ``use``."""
    return next((verb for verb in sorted(IMPERATIVES) if stem(verb) == stem(past.casefold())), "")


def _without_personal(line: str, project: str | None) -> str:
    return re.sub(
        r"(?:/(?:Users|home|root|mnt/\w)/|[A-Za-z]:\\Users\\|~/)[^\s'\"`,;)]+",
        lambda match: relative(match[0].rstrip("."), project) + ("." if match[0].endswith(".") else ""),
        line,
    )
