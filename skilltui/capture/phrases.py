"""What English sentences of a person to an agent mean: asking, answering, praising, correcting, refusing.

Most look at how a message opens, because that is where people put it ("no, use X instead", "great. also, ...").
A person's own slip is told apart: blaming the agent for it punished whoever had done nothing wrong (Zeph #1361).
"""

from __future__ import annotations

import difflib
import re

from skilltui.capture import lexicon


def opening(text: str) -> str:
    """The message in lower case with straight quotes, from its first word that is no filler."""
    low = text.strip().lower().replace("’", "'").replace("‘", "'").replace("\xa0", " ")
    filler = lexicon.FILLER.match(low)
    return low[filler.end() :] if filler and filler.end() < len(low) else low


def sentences(text: str, limit: int = 12) -> list[str]:
    """The first sentences, each from its first word that is no filler."""
    return [opening(part) for part in lexicon.SENTENCE_END.split(opening(text), limit)[:limit] if part.strip()]


def word_count(text: str) -> int:
    """How many words."""
    return len(lexicon.WORD.findall(text))


def similarity(a: str, b: str) -> float:
    """Jaccard over the different words of two texts, in [0, 1]."""
    first, second = set(lexicon.WORD.findall(a.lower())), set(lexicon.WORD.findall(b.lower()))
    return len(first & second) / len(first | second) if first and second else 0.0


def praise(text: str) -> str:
    """The praise that opens the message, as it stands in ``opening(text)``; empty where there is none."""
    start = opening(text)
    found = lexicon.PRAISE.match(start)
    if not found:
        return ""
    rest = re.split(r"[.!\n]", start[found.end() :], maxsplit=1)[0]
    return "" if "?" in rest or lexicon.BUT.search(rest) else found.group()


def is_slip(text: str) -> bool:
    """Whether the person corrects or excuses themselves, and blames nobody else."""
    head = " ".join(sentences(text, 2))
    return lexicon.SLIP.search(head[:80]) is not None and not lexicon.REJECTION.search(head)


def is_rejection(text: str) -> bool:
    """Whether the message says that what was done is wrong or does not work."""
    return any(lexicon.REJECTION.search(part[:160]) for part in sentences(text, 2))


def is_correction(text: str) -> bool:
    """Whether the message says how it should be done otherwise."""
    return any(lexicon.CORRECTION.search(part[:160]) for part in sentences(text, 2))


def is_bare_no(text: str) -> bool:
    """``no`` and nothing else."""
    return lexicon.BARE_NO.fullmatch(text.strip().lower()) is not None


def is_going_on(text: str) -> bool:
    """Whether the message only lets the agent go on with what was agreed."""
    return lexicon.GO_ON.match(opening(text)) is not None


def adds_on(text: str) -> bool:
    """Whether the message opens with "also": something beside what was asked before."""
    return re.match(r"\W*(?:and )?(?:also|additionally|another thing|one more thing)\b", text.lower()) is not None


def asks_for_delivery(text: str) -> bool:
    """Whether the message asks to keep the work: commit, push, release. Short ones may be mistyped ("comit")."""
    start = opening(text)
    words = lexicon.WORD.findall(start)
    if not words:
        return False
    if words[0] in lexicon.DELIVERY or lexicon.DELIVERY_OPENING.match(" ".join(words)):
        return True
    if len(words) <= 12 and lexicon.ASKING.match(start) and lexicon.DELIVERY_WITHIN.search(" ".join(words[:8])):
        return True
    return (
        len(words) <= 3 and len(words[0]) >= 4 and bool(difflib.get_close_matches(words[0], lexicon.DELIVERY, 1, 0.8))
    )


def is_asking(text: str) -> bool:
    """Whether some sentence asks for work: an imperative, "can you ...", "we need a ..."."""
    return asks_for_delivery(text) or any(_asks(part) for part in sentences(text))


def _asks(sentence: str) -> bool:
    if lexicon.GO_ON.match(sentence):
        return False
    if lexicon.ASKING.match(sentence) or lexicon.ASKING_WITHIN.search(sentence):
        return True
    first = re.match(r"[a-z]+", sentence)
    if first is None or first.group() not in lexicon.VERBS:
        return False
    # "fix it", "remove that" speak of the work at hand.
    return not (lexicon.POINTS_BACK.match(sentence) and word_count(sentence) <= 4)


def is_question(text: str) -> bool:
    """Whether the message opens with a question."""
    first = re.split(r"(?<=[.!?])\s|\n", text.strip(), maxsplit=1)[0]
    return first.rstrip().endswith("?") or lexicon.QUESTION.match(opening(text)) is not None


def is_statement(text: str) -> bool:
    """Whether the message opens like an answer or a report, not like a task."""
    return lexicon.STATEMENT.match(opening(text)) is not None


def is_opinion(text: str) -> bool:
    """Whether the message opens with what the person thinks or would rather have."""
    return lexicon.OPINION.match(opening(text)) is not None


def tells_of_trouble(text: str) -> bool:
    """Whether an error or a defect is spoken of."""
    return lexicon.TROUBLE.search(text) is not None


def is_pasted_trouble(text: str) -> bool:
    """Whether the message brings back a terminal's words, with an error among them."""
    return lexicon.PROMPT_LINE.search(text) is not None and tells_of_trouble(text)
