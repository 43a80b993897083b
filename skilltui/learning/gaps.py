"""Gap detection (MetaAgent's help-seeking, arXiv 2508.00271): which requests no skill served, and which are one need.

Requests cluster incrementally: a gap's id and place never change because of a later request, so that what a person
dismissed or linked stays dismissed or linked.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from skilltui.domain.gap import Gap, GapKind
from skilltui.domain.skill import MatchResult
from skilltui.domain.trajectory import OutcomeLabel, Trajectory
from skilltui.learning.actions import ActionKind, step_actions
from skilltui.learning.asking import foreign_order, is_chat, is_order, is_remark, orders, points_back
from skilltui.learning.clustering import GapIndex
from skilltui.learning.phrases import asked_for, central, clean_request, lower_first, purpose, short
from skilltui.library.match import NEAR
from skilltui.library.need import need_text
from skilltui.text.sayings import read_message
from skilltui.text.tokenise import terms

# From here on a match is no longer weak (CONTRACT: gaps).
STRONG = 0.5
HALF_LIFE_DAYS = 21.0
# A need that only quotes what was said, since no order stands in it: a remark more often than work to come again.
_QUOTED = "I need a skill that can handle “"
# An order in a language that we don't put into words of ours.
_ORDERED = "I need a skill that can do this: “"
REMARK = 0.5
# An old need counts less, but a frequent one never less than this for each time it came.
OLD = 0.2

_CHATTER = re.compile(
    r"^(?:(?:hi|hey|hello|yo|good (?:morning|evening|afternoon)|thanks?|thank you|thx|ty|ok(?:ay)?|k|yes|yep|yeah|yup|"
    r"no|nope|sure|great|good|nice|cool|perfect|awesome|excellent|super|fine|right|correct|exactly|lgtm|continue|go on|"
    r"go ahead|go|proceed|do it|keep going|carry on|next|done|stop|wait|never ?mind|sounds good|looks good|"
    r"(?:it|that) work(?:s|ed)|please|well done|good job|got it|i see|hmm+|ah+|oh|wow|how'?s it going|"
    r"any (?:news|progress|update)s?|are you there|what'?s up|status|[a-f]|\d{1,2}|option [a-f\d]|both|all|again|"
    r"try again|retry|resume|same|this|that|it)\b[\s,.!?;:)-]*)+$",
    re.IGNORECASE,
)
# What a report shows after saying what it is.
_SHOWN = re.compile(r"\s?:(?=\s|/|$)|\s\[")
_INTERRUPTED = re.compile(r"^\[?request interrupted", re.IGNORECASE)
# A slash command is a program's, or a skill's that was used; a folder of the system is neither.
_SLASH = re.compile(
    r"^/(?!(?:tmp|var|etc|usr|home|dev|opt|mnt|root|srv|proc|sys)\b)[a-z][\w:.-]*(?=\s|$)", re.IGNORECASE
)
_QUESTION = re.compile(
    r"^(?:(?:so|and|but|ok(?:ay)?|wait|hm+)[\s,]+)*(?:what|why|who|whose|which|where|how|is|are|was|were|does|do|"
    r"did|has|have|should|would you say|am|isn'?t|aren'?t|doesn'?t|don'?t you|"
    r"when (?:is|are|was|were|will|do|does|did|can|should|would|has|have))\b",
    re.IGNORECASE,
)


class GapDetector:
    """Files requests that no skill served."""

    def __init__(self, threshold: float = 0.3) -> None:
        self.threshold = threshold

    def kind(self, trajectory: Trajectory, result: MatchResult) -> GapKind | None:
        """Why no skill served this trajectory, ``None`` where one did or where it is no request at all."""
        if not self.is_request(trajectory):
            return None
        scores = [match.score for match in result.top]
        best = max(scores, default=0.0)
        matched = bool(scores) and best >= self.threshold
        used = bool(trajectory.skills_used)
        if trajectory.outcome.label is OutcomeLabel.FAILURE and (used or matched):
            return GapKind.FAILED_DESPITE_MATCH
        if used:
            return None
        if not matched:
            return GapKind.NO_MATCH
        rivals = sorted((score for score in scores if score >= self.threshold), reverse=True)
        if len(rivals) > 1 and round(rivals[0] - rivals[1], 4) <= NEAR:
            return GapKind.AMBIGUOUS
        return GapKind.WEAK_MATCH if best < STRONG else None

    def own_project(self, result: MatchResult) -> str | None:
        """The project whose own skill came nearest and was not enough; ``None`` where the answer is that of all."""
        nearest = result.top[0] if result.top else None
        return nearest.project if nearest is not None and nearest.score >= self.threshold else None

    def is_request(self, trajectory: Trajectory) -> bool:
        """Whether somebody wanted something done that a skill could be for.

        Talk (no steps), greetings, approvals, interruptions, remarks, what only speaks of the work at hand ("fix it"),
        and questions that were answered by looking are not.
        """
        text = need_text(trajectory.request)
        if not trajectory.steps or not text or _INTERRUPTED.match(text) or _CHATTER.match(text) or is_chat(text):
            return False
        if _SLASH.match(text):
            return False
        if not terms(clean_request(trajectory.request)):
            return False
        if points_back(trajectory.request) or is_remark(trajectory.request):
            return False
        asks = text.endswith(("?", "？")) or bool(_QUESTION.match(text))
        if not asks:
            return True
        done = (action.kind for step in trajectory.all_steps for action in step_actions(step, trajectory.project))
        if not (orders(trajectory.request) or read_message(text).is_asking):
            return any(kind in (ActionKind.EDIT, ActionKind.CREATE) for kind in done)
        return any(kind is not ActionKind.LOOK for kind in done)

    def place(self, request: str, gaps: Iterable[Gap], *, project: str | None = None) -> Gap | None:
        """The gap that a request belongs to, of those of its project or of none; the closest, then the oldest."""
        return GapIndex(gaps).place(request, project=project)

    def need(self, requests: Sequence[str]) -> str:
        """One sentence, ``I need a skill that can ...``."""
        return need_sentence(requests)


def need_sentence(requests: Sequence[str]) -> str:
    """One sentence, ``I need a skill that can ...``, in the words of the requests."""
    asked = asked_for(requests, limit=20)
    if not asked:
        return "I need a skill that can help with this."
    best = central([clean for request in requests if (clean := clean_request(request))])
    foreign = foreign_order(best)
    what = lower_first(purpose(requests))
    if is_order(what) and not foreign:
        return f"I need a skill that can {what}."
    # Not cut where it goes on with "but": a report says there what is wrong.
    said = lower_first(short(best))
    told = _SHOWN.split(said, maxsplit=1)[0]
    said = (told if len(terms(told)) > 1 else said).rstrip("?!. ") or what
    return f"{_ORDERED if foreign else _QUOTED}{said}”."


def gap_id(text: str, project: str | None = None) -> str:
    """A stable id from the first request of a gap, and from the project that it is only of."""
    normal = " ".join(need_text(text).casefold().split()) + (f"\0{project}" if project else "")
    return "g_" + hashlib.sha256(b"gap\0" + normal.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def priority(gap: Gap, now: str) -> float:
    """How much a gap is wanted: its requests, each worth less as weeks go by, and more for failed work.

    One that holds no order counts for less: a remark is seldom work that comes again.
    """
    total = 0.0
    for request in gap.requests:
        age = _days(request.at, now)
        recency = OLD if age is None else OLD + (1 - OLD) * 0.5 ** (max(0.0, age) / HALF_LIFE_DAYS)
        failed = request.outcome is OutcomeLabel.FAILURE
        total += recency * (1.0 + 0.5 * math.log1p(request.failed_steps) + (0.5 if failed else 0.0))
    if gap.kind is GapKind.HELP_REQUEST:
        total += 0.5
    elif gap.need.startswith(_QUOTED):
        total *= REMARK
    return round(total, 6)


def _days(at: str | None, now: str) -> float | None:
    try:
        then, today = datetime.fromisoformat(at or ""), datetime.fromisoformat(now)
        return (today - then).total_seconds() / 86400
    except (ValueError, TypeError):
        return None
