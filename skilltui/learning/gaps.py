"""Gap detection (MetaAgent's help-seeking, arXiv 2508.00271): which requests no skill served, and which are one need.

Requests cluster incrementally: a gap's id and place never change because of a later request, so that what a person
dismissed or linked stays dismissed or linked.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from skilltui.domain.gap import Gap, GapKind
from skilltui.domain.skill import MatchResult
from skilltui.domain.trajectory import OutcomeLabel, Trajectory
from skilltui.learning.actions import ActionKind, actions
from skilltui.learning.phrases import asked_for, clean_request, is_order, lower_first, purpose, same_word
from skilltui.learning.vocabulary import EMPTY, GENERIC_VERBS
from skilltui.library.need import need_text
from skilltui.text.tokenise import stem, terms

# From here on a match is no longer weak (CONTRACT: gaps).
STRONG = 0.5
# Two best matches closer than this are a toss-up.
TIE = 0.05
HALF_LIFE_DAYS = 21.0
# From this overlap on two requests ask for one thing.
SAME_NEED = 0.3

# Verbs that open a request of any kind: they weigh little when requests are compared, unless they are all there is.
_CLAUSE = re.compile(r"[,.;:!?](?=\s|$)|\s(?:but|then|so that|because)\s")
_OPENING_WEIGHT = 1.0
_SHORT = 6
_GENERIC = frozenset(map(stem, GENERIC_VERBS))
_CHATTER = re.compile(
    r"^(?:(?:hi|hey|hello|yo|good (?:morning|evening|afternoon)|thanks?|thank you|thx|ty|ok(?:ay)?|k|yes|yep|yeah|yup|"
    r"no|nope|sure|great|good|nice|cool|perfect|awesome|excellent|super|fine|right|correct|exactly|lgtm|continue|go on|"
    r"go ahead|go|proceed|do it|keep going|carry on|next|done|stop|wait|never ?mind|sounds good|looks good|"
    r"(?:it|that) work(?:s|ed)|please|well done|good job|got it|i see|hmm+|ah+|oh|wow|how'?s it going|"
    r"any (?:news|progress|update)s?|are you there|what'?s up|status|[a-f]|\d{1,2}|option [a-f\d]|both|all|again|"
    r"try again|retry|resume|same|this|that|it)\b[\s,.!?;:)-]*)+$",
    re.IGNORECASE,
)
_INTERRUPTED = re.compile(r"^\[?request interrupted", re.IGNORECASE)
_QUESTION = re.compile(
    r"^(?:(?:so|and|but|ok(?:ay)?|wait|hm+)[\s,]+)*(?:what|why|who|whose|which|when|where|how|is|are|was|were|does|do|"
    r"did|has|have|should|would you say|am|isn'?t|aren'?t|doesn'?t|don'?t you)\b",
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
        if len(rivals) > 1 and rivals[0] - rivals[1] <= TIE:
            return GapKind.AMBIGUOUS
        return GapKind.WEAK_MATCH if best < STRONG else None

    def is_request(self, trajectory: Trajectory) -> bool:
        """Whether somebody wanted something done that a skill could be for.

        Talk (no steps), greetings, approvals, interruptions, and questions that were answered by looking are not.
        """
        text = need_text(trajectory.request)
        if not trajectory.steps or not text or _INTERRUPTED.match(text) or _CHATTER.match(text):
            return False
        if not terms(clean_request(trajectory.request)):
            return False
        asks = text.endswith("?") or bool(_QUESTION.match(text))
        done = [action for action in actions(trajectory) if action.kind is not ActionKind.LOOK]
        if asks and not re.match(r"^(?:can|could|would|will) (?:you|we|u)\b|^please\b", text, re.IGNORECASE):
            return any(action.kind in (ActionKind.EDIT, ActionKind.CREATE) for action in done)
        return bool(done) or not asks

    def place(self, request: str, gaps: Sequence[Gap], *, project: str | None = None) -> Gap | None:
        """The gap that a request belongs to, of those of its project or of none; the closest, then the oldest."""
        open_to = [g for g in gaps if g.project is None or project is None or g.project == project]
        rarity = _rarity([text for gap in open_to for text in _texts(gap)])
        best: tuple[float, str] | None = None
        chosen: Gap | None = None
        for gap in open_to:
            scores = [similarity(request, text, rarity) for text in _texts(gap)]
            # Near to one of many is how unlike requests chain together.
            closeness = 0.7 * max(scores) + 0.3 * sum(scores) / len(scores)
            key = (-closeness, gap.first_seen or "~")
            if closeness >= SAME_NEED and (best is None or key < best):
                best, chosen = key, gap
        return chosen

    def need(self, requests: Sequence[str]) -> str:
        """One sentence, ``I need a skill that can ...``."""
        return need_sentence(requests)


def need_sentence(requests: Sequence[str]) -> str:
    """One sentence, ``I need a skill that can ...``, in the words of the requests."""
    asked = asked_for(requests, limit=20)
    if not asked:
        return "I need a skill that can help with this."
    what = purpose(requests)
    what = lower_first(what)
    if is_order(what):
        return f"I need a skill that can {what}."
    return f"I need a skill that can handle “{what}”."


def similarity(a: str, b: str, rarity: Mapping[str, float] | None = None) -> float:
    """How far two requests ask for one thing, in [0, 1]; typing errors are allowed for.

    Jaccard over weighted terms: ``rarity`` holds how much each says (1 where it is not given), verbs that open
    requests of any kind say less, and so does what stands after the first clause.
    """
    mine, yours = _profile(a), _profile(b)
    if not mine or not yours:
        return 0.0
    pairs = _pairs(mine, yours)
    if not pairs:
        return 0.0
    rare = rarity or {}
    shared = sum(min(mine[x] * rare.get(x, 1.0), yours[y] * rare.get(y, 1.0)) for x, y in pairs)
    union = sum(w * rare.get(t, 1.0) for profile in (mine, yours) for t, w in profile.items()) - shared
    score = shared / union if union else 0.0
    shorter, longer = sorted((mine, yours), key=len)
    first, other = next(iter(mine)), next(iter(yours))
    # "commit" and "commit and update the changelog": the same order, with more to it. Only between short orders,
    # since a long request holds almost any word.
    telling = len(shorter) > 1 or next(iter(shorter)) not in _GENERIC
    if telling and same_word(first, other) and len(longer) <= 4 and len(pairs) == len(shorter):
        return max(score, 0.6)
    together = any(mine[x] >= _OPENING_WEIGHT and yours[y] >= _OPENING_WEIGHT for x, y in pairs)
    return score if together else 0.6 * score


def gap_id(text: str) -> str:
    """A stable id from the first request of a gap."""
    normal = " ".join(need_text(text).casefold().split())
    return "g_" + hashlib.sha256(b"gap\0" + normal.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def priority(gap: Gap, now: str) -> float:
    """How much a gap is wanted: its requests, each worth half after 21 days, and more for failed work."""
    total = 0.0
    for request in gap.requests:
        age = _days(request.at, now)
        recency = 0.25 if age is None else 0.5 ** (max(0.0, age) / HALF_LIFE_DAYS)
        failed = request.outcome is OutcomeLabel.FAILURE
        total += recency * (1.0 + 0.5 * math.log1p(request.failed_steps) + (0.5 if failed else 0.0))
    if gap.kind is GapKind.HELP_REQUEST:
        total += 0.5
    return round(total, 6)


@lru_cache(maxsize=8192)
def _profile(text: str) -> Mapping[str, float]:
    """The terms of a request in order, with weights."""
    weights: dict[str, float] = {}
    opening = True
    for part in _CLAUSE.split(clean_request(text)):
        found = [term for term in terms(part) if term not in EMPTY]
        for term in found:
            weights.setdefault(term, (1.0 if opening else 0.5) * (0.4 if term in _GENERIC else 1.0))
        opening = opening and not any(term not in _GENERIC for term in found)
    if all(term in _GENERIC for term in weights):
        return dict.fromkeys(weights, 1.0)
    return MappingProxyType(dict(list(weights.items())[:40]))


def _texts(gap: Gap) -> list[str]:
    """The requests to compare with: the one that made the gap, and the newest."""
    texts = [r.text for r in gap.requests]
    return list(dict.fromkeys(texts[:1] + texts[-20:])) or [gap.need]


def _rarity(texts: Sequence[str]) -> dict[str, float]:
    """How much each term says: 1 for one that few requests hold, down to a half for one that all hold."""
    counted = Counter(term for text in texts for term in _profile(text))
    whole = math.log(1 + len(texts))
    return {term: 0.5 + 0.5 * math.log(1 + len(texts) / n) / whole for term, n in counted.items()} if whole else {}


def _pairs(mine: Mapping[str, float], yours: Mapping[str, float]) -> list[tuple[str, str]]:
    """Terms that are the same in both; in short requests, where one word decides, spelling errors included."""
    pairs = [(term, term) for term in mine if term in yours]
    if max(len(mine), len(yours)) > _SHORT:
        return pairs
    rest = [term for term in yours if term not in mine]
    for term in mine:
        other = next((y for y in rest if same_word(term, y)), None) if term not in yours else None
        if other is not None:
            rest.remove(other)
            pairs.append((term, other))
    return pairs


def _days(at: str | None, now: str) -> float | None:
    try:
        then, today = datetime.fromisoformat(at or ""), datetime.fromisoformat(now)
        return (today - then).total_seconds() / 86400
    except (ValueError, TypeError):
        return None
