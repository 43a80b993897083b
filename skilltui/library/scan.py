"""The scan: a skill's text against the safety table and against hidden text. Pure, linear, the whole text.

A finding says what a pattern saw; it is no proof, and no finding is no proof either (evasion beats every static
scanner, arXiv 2607.02357). The boundary is the person who accepts a diff.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

from msgspec import Struct

from skilltui.domain.skill import Finding, Severity, Verdict
from skilltui.library.hidden import UNSEEN, hidden_findings
from skilltui.library.orders import RULES
from skilltui.library.rules import Rule
from skilltui.library.scan_gate import ScanGate
from skilltui.text.redact import Redactor

# One rule repeats itself at most this often for one file: the rest says nothing new.
_PER_RULE = 5
_SHOWN = 160
# No honest text repeats the words of one rule so often.
_DENSE = 3000

# Secrets are only looked for here, never stored: any key does.
_REDACTOR = Redactor(bytes(32))

_BLOB = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")

# What the gate counts: the rules' patterns, what has to be near them, blobs, then the literals.
_NEARS = {place: len(RULES) + n for n, place in enumerate(p for p, rule in enumerate(RULES) if rule.near is not None)}
_BLOB_NUMBER = len(RULES) + len(_NEARS)
_NEEDS = {need: n for n, need in enumerate(dict.fromkeys(n for rule in RULES for n in rule.needs), _BLOB_NUMBER + 1)}
_NEEDED = {
    number: [(need, place) for place, rule in enumerate(RULES) if need in rule.needs] for need, number in _NEEDS.items()
}
_LOOSE = [rule.pattern for rule in RULES] + [rule.near for rule in RULES if rule.near is not None] + [_BLOB]
GATE = ScanGate([pattern.pattern for pattern in _LOOSE], list(_NEEDS))
_DECODED_SUSPECT = re.compile(
    r"\b(?:curl|wget|bash|powershell|invoke-|exec\(|eval\(|/bin/sh|nc -|import os|subprocess|ignore (?:all|previous))",
    re.IGNORECASE,
)

# A negation that governs what follows it: nothing between them ends the thought.
_NEGATION = re.compile(
    r"(?:\b(?:never|do not|don't|does not|avoid|must not|mustn't|should not|shouldn't|refuse to|not allowed to"
    r"|forbidden to|instead of|rather than|niemals)\b|❌|🚫|⛔|✗)(?P<rest>[^.,;:!?\n]{0,90})$"
)
_NEVER_THIS = re.compile(
    r"\b(?:never|do not|don't) (?:do|run|use|execute|paste|write) (?:this|these|it|the following"
    r"|things like)\b[^.;!?\n]{0,20}$"
)
# "Don't hesitate to run ..." is no warning.
_FALSE_NEGATION = re.compile(r"\s{0,3}(?:worry|hesitate|forget|skip|wait|ask|stop)\b")
_WARNING = re.compile(
    r"(?:\b(?:anti-?patterns?|insecure|unsafe|vulnerab\w{1,8}|malicious|dangerous|suspicious|red flags?|attacks?"
    r"|attacker|threats?|detect(?:s|ed|ion)?|look for|bad(?: example)?|refuse|prohibited|forbidden"
    r"|injections?)\b|❌|🚫|⛔)"
)
_NEVER = re.compile(r"\b(?:never|don'?ts?|do not|avoid)\b")
# Values that stand for a secret, and public addresses of contracts, which go by the name of token.
_EXAMPLE = re.compile(
    r"pass(?:word|wd)?[\W_]?\d{0,4}[\W_]?$|example|sample|dummy|change.?me|your|placeholder|test|foo|abc123|1234"
    r"|\.\.\.|xxx|^0x[0-9a-f]{40}$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"`“”«»|]|(?<!\w)['‘]")


class Normalised(Struct, frozen=True, dict=True):
    """A text as the rules see it. ``text`` and ``lower`` have the same length; ``lines``: the start of each line.

    ``broken`` is the text before lines that a shell would join were joined: the lines are those of the original.
    """

    text: str
    lower: str
    broken: str

    @cached_property
    def lines(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.broken.split("\n")[:-1])]

    def line(self, offset: int) -> int:
        """The line of an offset, counted from 1; the same in the original, because no line break is touched."""
        return bisect_right(self.lines, offset)

    def span(self, offset: int) -> tuple[int, int]:
        """Start and end of the line that holds an offset."""
        start = self.lines[self.line(offset) - 1]
        end = self.text.find("\n", offset)
        return start, len(self.text) if end < 0 else end


def normalise(text: str) -> Normalised:
    """Undo what hides a word from a pattern: unseen characters, compatibility forms, continued lines, capitals."""
    text = text.replace("\r\n", "\n")
    if not text.isascii():
        text = unicodedata.normalize("NFKC", UNSEEN.sub("", text))
    # A shell joins a line that ends in a backslash with the next; two characters for two keep every offset.
    broken, text = text, text.replace("\\\n", "  ")
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return Normalised(text, lower, broken)


def scan_text(text: str, *, label: str = "") -> list[Finding]:
    """All findings of the safety table, in order of lines. ``label`` names a file of the tree other than SKILL.md."""
    seen = normalise(text)
    possible = GATE.possible(seen.lower)
    encoded = _encoded(seen) if possible is None or _BLOB_NUMBER in possible else ()
    found = [*_rules(seen, possible), *hidden_findings(text), *encoded, *_secrets(text)]
    if label:
        found = [
            Finding(f.code, f.severity, None, f"{label}:{f.line or 1}: {f.message}", f.shown, f.verdict) for f in found
        ]
    return sorted(found, key=lambda finding: finding.line or 0)


def _rules(seen: Normalised, possible: set[int] | None) -> Iterator[Finding]:
    for number in range(len(RULES)) if possible is None else _worth_a_look(seen, possible):
        rule = RULES[number]
        needs = rule.needs if possible is None else [need for need in rule.needs if _NEEDS[need] in possible]
        count = sum(seen.lower.count(need) for need in needs)
        if not count:
            continue
        if count > _DENSE:
            # A pattern could be led through such a text for seconds. Nobody writes so: stop here, and say it.
            message = f"too dense to be read through: words that matter here stand in it {count:,} times"
            yield Finding("DENSE", Severity.HIGH, None, message, rule.message, Verdict.BLOCK)
            continue
        if possible is not None and number not in possible:
            continue  # here for its words alone
        lines: set[int] = set()
        near: list[int] | None = None
        for start, end in _matches(rule, seen):
            line = seen.line(start)
            if line in lines:
                continue
            if rule.near is not None:
                # All places once, then a search by halves: a text full of either half still takes linear time.
                near = [m.start() for m in rule.near.finditer(seen.lower)] if near is None else near
                if bisect_right(near, end + rule.reach) == bisect_left(near, start - rule.reach):
                    continue
            lines.add(line)
            yield _finding(rule, seen, start, end)
            if len(lines) >= _PER_RULE:
                break


def _worth_a_look(seen: Normalised, possible: set[int]) -> list[int]:
    """The numbers of the rules that a text may match, or that its words may be too dense for."""
    wanted = {n for n in possible if n < len(RULES) and (n not in _NEARS or _NEARS[n] in possible)}
    most: Counter[int] = Counter()
    for number in possible:
        for need, rule in _NEEDED.get(number, ()):
            most[rule] += len(seen.lower) // len(need)
    return sorted(wanted | {rule for rule, count in most.items() if count > _DENSE})


def _matches(rule: Rule, seen: Normalised) -> Iterator[tuple[int, int]]:
    """Matches in the lines that hold one of the rule's literals, each with the line before and two after.

    Lines here are those of the joined text: a command over several lines is one.
    """
    lower = seen.lower
    windows: list[tuple[int, int]] = []
    for need in rule.needs:
        at = lower.find(need)
        while at >= 0:
            before = lower.rfind("\n", 0, at)
            end = lower.find("\n", at)
            last = end
            for _ in range(2):
                last = lower.find("\n", last + 1) if last >= 0 else -1
            windows.append((max(0, lower.rfind("\n", 0, max(before, 0))), last))
            # The rest of this line is looked at anyway.
            at = lower.find(need, end) if end >= 0 else -1
    done = 0
    for start, end in sorted(windows):
        for match in rule.pattern.finditer(lower, max(done, start), end if end >= 0 else len(lower)):
            done = match.end()
            yield match.span()


def _finding(rule: Rule, seen: Normalised, start: int, end: int) -> Finding:
    shown = " ".join(seen.text[start:end].split())[:_SHOWN]
    line = seen.line(start)
    if rule.trusted is not None and rule.trusted.search(seen.lower, start, seen.span(start)[1]):
        message = f"{rule.message} (an installer that its vendor documents)"
        return Finding(rule.code, Severity.INFO, line, message, shown, Verdict.FLAG)
    if rule.warnable and is_warning(seen, start):
        return Finding(rule.code, Severity.INFO, line, f"named in a warning: {rule.message}", shown, Verdict.FLAG)
    return Finding(rule.code, rule.severity, line, rule.message, shown, rule.verdict)


def is_warning(seen: Normalised, start: int) -> bool:
    """Whether the text around an offset speaks against the thing, or lists it as something to look for.

    A negation that governs the words before the match, or a quoted or tabled match under a heading or lead-in line
    about what is bad. Cheap on purpose, and never a way to silence: the finding stays, as information.
    """
    line_start, _ = seen.span(start)
    before = seen.lower[line_start:start]
    negation = _NEGATION.search(before[-120:])
    if negation is not None and not _FALSE_NEGATION.match(negation["rest"]):
        return True
    if _NEVER_THIS.search(before[-120:]):
        return True
    if not (_QUOTED.search(before) or _in_fence(seen, start)):
        return False
    lead = _lead_in(seen, line_start)
    return bool(_WARNING.search(before) or _WARNING.search(lead) or _NEVER.search(lead))


def _in_fence(seen: Normalised, offset: int) -> bool:
    return len(re.findall(r"^[ \t]{0,12}(?:`{3}|~{3})", seen.lower[:offset], re.MULTILINE)) % 2 == 1


def _lead_in(seen: Normalised, line_start: int) -> str:
    """The nearest line above that introduces this one: a heading, or a line that ends in a colon; empty if none."""
    index = seen.line(line_start) - 1
    for above in range(index - 1, max(-1, index - 12), -1):
        start = seen.lines[above]
        line = seen.lower[start : seen.lines[above + 1] - 1].strip()
        if line.startswith(("#", "//", "<!--")) or line.endswith((":", ":**", ":*")):
            return line[:300]
    return ""


def _encoded(seen: Normalised) -> Iterator[Finding]:
    """Base64 that decodes to a command or an order."""
    count = 0
    for match in _BLOB.finditer(seen.text):
        blob = match[0].replace("-", "+").replace("_", "/").rstrip("=")
        blob = blob[: len(blob) - (len(blob) % 4 == 1)]
        try:
            plain = base64.b64decode(blob + "=" * (-len(blob) % 4)).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        if not plain.isprintable() and not plain.replace("\n", "").replace("\t", "").isprintable():
            continue
        if _DECODED_SUSPECT.search(plain):
            yield Finding(
                "ENCODED", Severity.CRITICAL, seen.line(match.start()), "an encoded command or order",
                " ".join(plain.split())[:_SHOWN], Verdict.BLOCK,
            )  # fmt: skip
            count += 1
            if count >= _PER_RULE:
                return


def _secrets(text: str) -> Iterator[Finding]:
    counts: Counter[str] = Counter()
    for secret, _ in _REDACTOR.replacements(text):
        counts[secret.kind] += 1
        if counts[secret.kind] > _PER_RULE:
            continue
        line = text.count("\n", 0, secret.start) + 1
        if _EXAMPLE.search(text[secret.start : secret.end]):
            message = f"this has the form of a secret ({secret.kind}), but looks like an example"
            yield Finding("SECRET", Severity.INFO, line, message, None, Verdict.FLAG)
        else:
            message = f"this looks like a secret ({secret.kind}): take it out, and revoke it if it is real"
            yield Finding("SECRET", Severity.HIGH, line, message, None, Verdict.BLOCK)
