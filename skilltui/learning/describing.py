"""The description and the title of a new skill: what it does, when to use it, both short and in people's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from skilltui.learning.asking import is_order
from skilltui.learning.phrases import MAX_DESCRIPTION, asked_for, clause, lower_first, short
from skilltui.text.tokenise import terms, words

# An agent reads the descriptions of all skills each time: a moderate one leaves room for the others.
MODERATE = 300
_MAX_ASKED = 3
_MAX_PHRASE = 60
_MAX_WHAT = 100
_MAX_DONE = 105
_MAX_TITLE = 60

# Looking and bare running say nothing of what a skill does.
_SHOWING = re.compile(r"(?:See|Read|Look|Watch|Call|Ask|Go on|Give)\b")
# Verbs that say enough without the command that stood beside them.
_CLEAR = frozenset(
    {"build", "commit", "deploy", "format", "lint", "merge", "migrate", "publish", "pull", "push", "rebase", "release",
     "tag", "upload", "sync"}
)  # fmt: skip
_TITLE_END = re.compile(
    r",?\s(?:and|or|then|but|so|to|for|with|without|from|into|in|on|at|by|before|after)\s|[,:;]\s|\s[(–—-]"
)


def skill_description(what: str, requests: Sequence[str], steps: Sequence[str] = ()) -> str:
    """``<What it does>: <steps>. Use when asked to ...``, in the words that people used, about 300 characters at most.

    ``steps`` are lines of the procedure; those that change something are named. At most three requests are, each a
    whole phrase.
    """
    what = short(what.strip().rstrip(".…"), _MAX_WHAT)
    done = done_in(steps)
    while len(", ".join(done)) > _MAX_DONE:
        done.pop()
    asked = _phrases_for(what, requests)
    while True:
        text = _put(what, done, asked)
        if len(text) <= MODERATE or len(asked) <= 1:
            return text[:MAX_DESCRIPTION].rstrip()
        asked = asked[:-1]


def skill_title(what: str, name: str) -> str:
    """The purpose in its own word order, as far as it takes to say every word of the skill's name."""
    what = what.strip().rstrip(".…")
    wanted = {word for word in words(name) if word in words(what)}
    for match in _TITLE_END.finditer(what):
        part = what[: match.start()]
        if len(words(part)) > 1 and wanted <= set(words(part)):
            return short(part, _MAX_TITLE)
    return short(what, _MAX_TITLE)


def repeats(title: str, what: str) -> bool:
    """Whether a purpose says no more than the title above it, small words aside."""
    return set(terms(what)) <= set(terms(title))


def done_in(steps: Sequence[str]) -> list[str]:
    """What the lines of a procedure do, as parts of a sentence; files that are updated in a row are taken together."""
    done: list[str] = []
    for line in steps:
        head = line.split(":", 1)[0].rstrip(".").replace("`", "")
        if _SHOWING.match(head) or (" " not in head and head.casefold() not in _CLEAR):
            continue
        if " " in head and done and head.startswith("Update ") and done[-1].startswith("update "):
            before, file = done.pop(), head.removeprefix("Update ")
            done.append(before if file in before.split() else f"{before.replace(' and ', ', ')} and {file}")
        else:
            done.append(lower_first(head))
    return list(dict.fromkeys(done))


def _phrases_for(what: str, requests: Sequence[str]) -> list[str]:
    """The requests to name: of more than enough, those that say what the purpose does not."""
    asked = [short(clause(text), _MAX_PHRASE).rstrip("?!. ") for text in asked_for(requests)]
    asked = [text for text in dict.fromkeys(asked) if len(text) > 2]
    if len(asked) > _MAX_ASKED:
        said = set(terms(what))
        asked = [text for text in asked if set(terms(text)) != said]
    return asked[:_MAX_ASKED]


def _put(what: str, done: Sequence[str], asked: Sequence[str]) -> str:
    if len(done) > 1:
        what = f"{what}: {_joined(done, 'and')}"
    orders = [text for text in asked if is_order(text)]
    others = [f"“{text}”" for text in asked if text not in orders]
    uses = [f"asked to {_joined(orders)}"] if orders else []
    uses += [f"told {_joined(others)}"] if others else []
    parts = (f"{what}." if what else "", f"Use when {' or '.join(uses)}." if uses else "")
    return " ".join(part for part in parts if part)


def _joined(parts: Sequence[str], last: str = "or") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"
