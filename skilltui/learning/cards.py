"""Mined lessons as evidence cards: what an engine may word, and nothing that it may not.

Every card names its section, its lines, how often it was seen, where, and who said first what it says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from skilltui.domain.proposal import EvidenceRef, Origin, Support
from skilltui.domain.trajectory import Trajectory
from skilltui.learning.actions import Action, ActionKind
from skilltui.learning.corrections import Said
from skilltui.learning.edits import GOTCHAS, STEPS
from skilltui.learning.engine import Card, CardKind
from skilltui.learning.fixes import Fix
from skilltui.learning.safe import forbidden, urls
from skilltui.learning.sequences import Procedure
from skilltui.learning.told import CODE, FILE, Told, already_said
from skilltui.learning.verbs import is_common
from skilltui.learning.vocabulary import VERBS
from skilltui.learning.wording import action_line, files_line

MAX_EVIDENCE = 12
MAX_QUOTE = 120


def procedure_card(
    found: Procedure, trajectories: Sequence[Trajectory], *, only_unknown: bool, existing: str = ""
) -> Card | None:
    """The steps that runs have in common; ``only_unknown`` where no outcome speaks for them.

    Of steps that ``existing``, a skill's body, says in part, only the new ones; none where it says half or more:
    torn from their order, the few that are left would stand at the wrong end of it.
    """
    lines: list[str] = []
    known = 0
    told = Told(existing)
    evidence: list[EvidenceRef] = []
    origins: set[Origin] = set()
    for group in found.groups:
        said = [action for _, action in group]
        inner = len(found.runs) == 1 and len(said) > 1 and said[0].kind in (ActionKind.EDIT, ActionKind.CREATE)
        line = files_line(said) if inner else action_line(said)
        if not line or line in lines or forbidden(line):
            continue
        if existing and told.holds(line):
            known += 1
            continue
        lines.append(line)
        evidence += [EvidenceRef(t, action.step, quote(action.raw)) for t, action in group[:3]]
        origins.add(origin_of(_told(line, said), [(t, a.step) for t, a in group], trajectories))
    if not lines or known >= len(lines):
        return None
    support = Support(len(found.runs), found.of)
    if support.trajectories == 1:
        note = "one run only, an anecdote" if found.of == 1 else f"from one run of {found.of}, an anecdote"
    else:
        note = f"seen in {support.trajectories} of {support.of}"
    if only_unknown:
        note += "; no outcome known"
    return _card(CardKind.SEQUENCE, STEPS, lines, support=support, evidence=evidence, origin=_worst(origins), note=note)


def variant_card(
    term: str, before: str, places: Sequence[tuple[str, Action]], of: int, trajectories: Sequence[Trajectory]
) -> Card | None:
    """What is done only when the request asks for it. ``before`` is the command that it comes before, or empty."""
    line = action_line([a for _, a in places])
    if not line or forbidden(line):
        return None
    where = f" before `{before}`" if before else ""
    when = f"to {term}" if term in VERBS else f"for the {term} too"
    text = f"When asked {when}: {line[0].lower()}{line[1:].removesuffix('.')}{where}."
    evidence = [EvidenceRef(t, a.step, quote(a.raw)) for t, a in places]
    support = Support(len({t for t, _ in places}), of)
    origin = origin_of(_told(line, [a for _, a in places]), [(t, a.step) for t, a in places], trajectories)
    note = f"seen in {support.trajectories} of {support.of}"
    return _card(CardKind.SEQUENCE, GOTCHAS, [text], support=support, evidence=evidence, origin=origin, note=note)


def besides_card(places: Sequence[tuple[str, Action]], of: int, trajectories: Sequence[Trajectory]) -> Card | None:
    """What one of few runs did besides: a release of two that also pushed."""
    lines = [action_line([action]) for _, action in places]
    said = [line.removesuffix(".") for line in lines if line and not forbidden(line)]
    if not said:
        return None
    grouped: dict[str, list[str]] = {}
    for line in said:
        verb, _, rest = line.partition(": ")
        grouped.setdefault(f"{verb[0].lower()}{verb[1:]}", []).append(rest)
    parts = [verb + (f": {', '.join(rests)}" if any(rests) else "") for verb, rests in grouped.items()]
    text = f"Where it applies: {'; '.join(parts)}."
    told = [command for line in said for command in _told(line, [a for _, a in places])]
    origin = origin_of(told, [(t, a.step) for t, a in places], trajectories)
    evidence = [EvidenceRef(t, a.step, quote(a.raw)) for t, a in places]
    support, note = Support(1, of), f"from one run of {of}"
    return _card(CardKind.SEQUENCE, GOTCHAS, [text], support=support, evidence=evidence, origin=origin, note=note)


def fix_card(fix: Fix, trajectories: Sequence[Trajectory]) -> Card | None:
    """An error and what mended it."""
    if forbidden(fix.line):
        return None
    repaired = {r.trajectory for r in fix.repairs}
    evidence: list[EvidenceRef] = []
    for repair in fix.repairs:
        evidence.append(EvidenceRef(repair.trajectory, repair.failure.seq, quote(repair.failed)))
        evidence += [EvidenceRef(repair.trajectory, a.step, quote(a.raw)) for a in repair.between[:1]]
        evidence.append(EvidenceRef(repair.trajectory, repair.success.seq, quote(repair.passed)))
    # What failed needs no origin: nobody is told to run it.
    told = [*fix.told, *(url for text in fix.told for url in urls(text))]
    origin = origin_of(told, [(r.trajectory, r.success.seq) for r in fix.repairs], trajectories)
    support = Support(len(repaired), max(fix.seen, len(repaired)))
    note = "error, then fix" + (f": {support.trajectories} of {support.of}" if support.of > 1 else ", once")
    quotes = tuple(dict.fromkeys(quote(r.failure.output.strip().rsplit("\n", 1)[-1]) for r in fix.repairs))[:2]
    return _card(
        CardKind.FIX, GOTCHAS, [fix.line], support=support, evidence=evidence, origin=origin, note=note, quotes=quotes
    )


def correction_card(said: Sequence[Said], of: int) -> Card | None:
    """What the person said, once or in several runs."""
    line = said[0].line
    if forbidden(line):
        return None
    times = len({s.trajectory for s in said})
    note = "your words" + (", once" if times == 1 else f", in {times} runs")
    evidence = [EvidenceRef(s.trajectory, None, quote(s.quote)) for s in said]
    quotes = tuple(dict.fromkeys(quote(s.quote) for s in said))
    return _card(
        CardKind.CORRECTION,
        GOTCHAS,
        [line],
        support=Support(times, of),
        evidence=evidence,
        origin=Origin.USER,
        note=note,
        quotes=quotes,
    )


def origin_of(told: Sequence[str], places: Iterable[tuple[str, int]], trajectories: Sequence[Trajectory]) -> Origin:
    """Who said first what a line tells an agent to run: ``told`` are its commands and addresses.

    ``TOOL`` where, in every run, an output held it before the agent did it and the person had not said it.
    """
    known = {t.id: t for t in trajectories}
    found = [(known[t], step) for t, step in places if t in known]
    if told and all(any(text in words for words in _words(t)) for text in told for t, _ in found):
        return Origin.USER
    for text in told:
        if found and all(_only_from_output(text, t, step) for t, step in found):
            return Origin.TOOL
    return Origin.ASSISTANT


def distinct(cards: Iterable[Card], existing: str = "") -> list[Card]:
    """Cards that repeat neither one another nor the text of the skill, in the order given."""
    body = [line for line in existing.splitlines() if line.strip()]
    said: dict[str, list[str]] = {}
    kept: list[Card] = []
    for card in cards:
        others = said.setdefault(card.section, [])
        new = [line for line in card.lines if not already_said(line, [*body, *others])]
        # A procedure that the skill knows for the most part would only be said twice with its rest.
        if len(new) * 2 <= len(card.lines):
            continue
        kept.append(card)
        others += card.lines
    return kept


def same_rule(a: str, b: str) -> bool:
    """Whether two rules in a person's words are one, typing errors allowed."""
    return already_said(a, [b]) or SequenceMatcher(None, a.casefold(), b.casefold()).ratio() >= 0.9


def quote(text: str) -> str:
    """A short piece of evidence on one line."""
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1] + "…"


def _card(
    kind: CardKind,
    section: str,
    lines: Sequence[str],
    *,
    support: Support,
    evidence: Sequence[EvidenceRef],
    origin: Origin,
    note: str,
    quotes: tuple[str, ...] = (),
) -> Card:
    digest = hashlib.sha256("\0".join((kind, section, *lines)).encode("utf-8", "surrogatepass")).hexdigest()
    if origin is Origin.TOOL:
        note += "; a command here comes from tool output"
    kept = tuple(dict.fromkeys(evidence))[:MAX_EVIDENCE]
    return Card(f"c_{digest[:8]}", kind, section, tuple(lines), support, kept, origin, note, quotes)


def _told(line: str, said: Sequence[Action] = ()) -> list[str]:
    """What a line tells an agent to run or open. ``said``: the actions behind it, where only commands count."""
    if said and not any(action.kind is ActionKind.COMMAND for action in said):
        return urls(line)
    return [*(text.strip() for text in CODE.findall(line) if not FILE.fullmatch(text.strip())), *urls(line)]


def _words(trajectory: Trajectory) -> list[str]:
    return [trajectory.request, *(turn.text for turn in trajectory.turns)]


def _only_from_output(text: str, trajectory: Trajectory, step: int) -> bool:
    # A slot stands for what differed; the part before it is what can be looked for.
    part = text.split("<", 1)[0].strip()
    if not part or is_common(part) or any(part in words for words in _words(trajectory)):
        return False
    pattern = re.compile(rf"(?<![\w.-]){re.escape(part)}(?![\w-])")
    return any(s.seq < step and pattern.search(s.output) for s in trajectory.steps)


def _worst(origins: set[Origin]) -> Origin:
    if Origin.TOOL in origins:
        return Origin.TOOL
    return Origin.USER if origins == {Origin.USER} else Origin.ASSISTANT
