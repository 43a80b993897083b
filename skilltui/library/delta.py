"""What a change of a skill makes more dangerous than the skill was: more tools, a wider trigger, fewer guards. Pure.

Each of these needs a confirmation of its own: a person who accepts a page of small edits reads over the one that lets
the skill do more than before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz import fuzz

from skilltui.domain.skill import Finding, Severity, Verdict
from skilltui.errors import SkillInvalidError
from skilltui.text.skillmd import SkillDocument, parse_skill

# A guard that is only reworded is still one.
_SAME_GUARD = 60.0
_SHRUNK = 0.5
_WORTH_SHRINKING = 400  # characters; a shorter body is rewritten freely

_TOOL = re.compile(r"[^\s,()\[\]\"']+(?:\([^)]*\))?")
_GUARD = re.compile(
    r"\b(?:never|do not|don't|must not|mustn't|should not|avoid|refuse|not allowed|forbidden"
    r"|ask (?:the user|first|before|for)|confirm|only (?:after|with|when|if)|without asking|niemals|nie)\b",
    re.IGNORECASE,
)
_EVERYTHING = re.compile(
    r"\b(?:any|all|every|everything|anything|always|whatever|whenever|regardless|each (?:task|request))\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(r"\b(?:only|not|never|except|unless|don't)\b", re.IGNORECASE)


def delta_findings(before: str, after: str) -> list[Finding]:
    """Findings on ``after`` as a new version of ``before``; none where either can't be read."""
    try:
        old, new = parse_skill(before), parse_skill(after)
    except SkillInvalidError:
        return []  # the check of each says so
    return [*_name(old, new), *_tools(old, new), *_trigger(old, new), *_guards(old, new), *_shrunk(old, new)]


def _name(old: SkillDocument, new: SkillDocument) -> Iterator[Finding]:
    if old.name != new.name:
        message = f"The name was {old.name}: under another one it is another skill. Write: name: {old.name}"
        yield _stop("DELTA_NAME", Severity.CRITICAL, new.lines.get("name", 1), message)


def _tools(old: SkillDocument, new: SkillDocument) -> Iterator[Finding]:
    added = sorted(_allowed(new) - _allowed(old))
    if added:
        message = f"More may be run unasked than before: {', '.join(added)}. Take it out, or say yes to just this."
        yield _stop("DELTA_TOOLS", Severity.CRITICAL, new.lines.get("allowed-tools", 1), message)


def _allowed(document: SkillDocument) -> set[str]:
    value = document.fields.get("allowed-tools", "")
    return set(_TOOL.findall(" ".join(map(str, value)) if isinstance(value, list) else str(value)))


def _trigger(old: SkillDocument, new: SkillDocument) -> Iterator[Finding]:
    if old.description == new.description or not old.description:
        return
    line = new.lines.get("description", 1)
    was, now = _words(_EVERYTHING, old.description), _words(_EVERYTHING, new.description)
    lost = _words(_LIMIT, old.description) - _words(_LIMIT, new.description)
    if now - was:
        message = f"The description says {', '.join(sorted(now - was))}, and did not: it may fire on everything."
        yield _stop("DELTA_TRIGGER", Severity.HIGH, line, f"{message} Name the requests it is for.")
    elif lost:
        message = (
            f"The description no longer says {', '.join(sorted(lost))}: it fires where it did not. Keep the limit."
        )
        yield _stop("DELTA_TRIGGER", Severity.HIGH, line, message)


def _words(pattern: re.Pattern[str], text: str) -> set[str]:
    return {match.lower() for match in pattern.findall(text)}


def _guards(old: SkillDocument, new: SkillDocument) -> Iterator[Finding]:
    kept = [line for line in _lines(new) if _GUARD.search(line)]
    standing = set(kept)
    for line in _lines(old):
        if line in standing or not _GUARD.search(line):
            continue
        if not any(fuzz.token_set_ratio(line, other) >= _SAME_GUARD for other in kept):
            yield _stop("DELTA_GUARD", Severity.HIGH, None, f"A guard goes. Keep the line: {line[:200]}")


def _lines(document: SkillDocument) -> list[str]:
    return [" ".join(line.split()) for line in document.body.splitlines() if line.strip()]


def _shrunk(old: SkillDocument, new: SkillDocument) -> Iterator[Finding]:
    was, now = len(old.body.strip()), len(new.body.strip())
    if was >= _WORTH_SHRINKING and now < was * _SHRUNK:
        message = f"The text shrinks from {was} characters to {now}. Take out what is wrong, and leave the rest."
        yield _stop("DELTA_SHRINK", Severity.HIGH, None, message)


def _stop(code: str, severity: Severity, line: int | None, message: str) -> Finding:
    return Finding(code, severity, line, message, None, Verdict.BLOCK)
