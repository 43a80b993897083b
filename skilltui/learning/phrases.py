"""Names and descriptions from what people asked, in their words.

RAKE (Rose et al. 2010: a word's degree over its frequency, summed over a phrase) times how many requests hold the
phrase's terms.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from functools import lru_cache

from skilltui.learning.asking import as_verb, asked_part, is_order, same_word, without_opening
from skilltui.learning.safe import without_hidden
from skilltui.learning.vocabulary import EMPTY, VERBS
from skilltui.library.need import need_lines, need_text
from skilltui.text.sayings import read_message
from skilltui.text.tokenise import STOP_WORDS, kebab, stem, terms, words

MAX_NAME = 64
MAX_DESCRIPTION = 1024
_MAX_ASKED = 5
_MAX_REQUEST = 90
# More of a request is not read for what it asks.
_MAX_HEAD = 20_000
# Nor more characters of its own words.
_MAX_ORDER = 1_000

_SPLIT = re.compile(r"[.,;:!?()\[\]{}\"“”\n|/]+|\s[-–—]\s")
_PLAN = re.compile(
    r"(?:please )?(?:implement|execute|follow|carry out) (?:the following|this|the) plan\b", re.IGNORECASE
)
_TITLE_MARK = re.compile(r"^#+\s*(?:(?:implementation )?plan\s*[:–—-]\s*|(?=fix\b))?", re.IGNORECASE)
_PROMPT = re.compile(r"(?:\([\w.-]+\) )?[\w.-]+@[\w.-]+:\S*[$#]|[❯➜$%]\s|PS [A-Z]:\\")
# Both ask what stands before a match after its first characters: `re` looks for those far faster.
_MENTION = re.compile(r"@(?<![\w.@/]@)([A-Za-z][\w-]*)(?:\.\w{1,5})?(?![\w/])")
_PLACEHOLDER = re.compile(r"‹redacted[^›\s]*›?|REDACTED(?<!\wREDACTED)\b")
_NUMBER = r"v?\d+\.\d+(?:\.\d+)?(?:[-.]\w+)*"
_NUMBERED = re.compile(
    rf"^(?P<verb>\w+)\s+(?:(?P<thing>release|build|tag)\s+|(?:the )?version\s+)?{_NUMBER}\s+of\s+", re.IGNORECASE
)
# Where a request may be cut, the best first: between clauses, between what "and" joins, before a further detail.
_BORDERS = (
    re.compile(r",\s|:\s|\s\(|\s[-–—]\s"),
    re.compile(r"\s(?:and|or|but|then|so|because|since|while|when|where|which|that)\s"),
    re.compile(r"\s(?:to|for|with|without|from|into|in|on|at|by|before|after|via|using|under|as)\s"),
)
_COMMIT_STYLE = re.compile(r"^(fix|refactor|test|build)(?:\([^)]*\))?!?:\s+", re.IGNORECASE)
_ENDING = re.compile(
    r"(?:\b(?:to|for|of|the|a|an|and|at|on|in|from)|[\s,]+(?:please|pls|thanks|thank you))\s*[?!]*$", re.IGNORECASE
)
_VARIABLE = re.compile(
    r"(?:/|\b)v?\d+\.\d+(?:\.\d+)?(?:[-.\w]*)?\b|#\d+|\b[0-9a-f]{7,40}\b|\bhttps?://\S+|(?<!\w)[~/]\S+/\S*"
)


@lru_cache(maxsize=2048)
def clean_request(text: str) -> str:
    """What a request asks for, as it may be quoted: one line, without wrappers, politeness, secrets, versions and ids.

    Remarks before the order are left out, and so are terminal prompts that were pasted after it.
    """
    text = without_opening(need_text(headline(text)))
    text = _NUMBERED.sub(_unnumbered, text)
    text = _VARIABLE.sub("", text)
    text = _COMMIT_STYLE.sub(r"\1 ", re.sub(r"[<>]", "", without_opening(text)))
    text = re.sub(r"\s+([,.;:!?])", r"\1", re.sub(r"\s{2,}", " ", text)).strip(" ,;:–—-.…\"'")
    # What a version stood beside: "a release release/1.2" is "a release", "bump to" is "bump".
    text = re.sub(r"\b(\w+) \1\b", r"\1", text)
    return _ENDING.sub("", text).strip(" ,")


def _unnumbered(match: re.Match[str]) -> str:
    """ "release 1.2 of the app" is "release the app", "publish release 1.2 of it" is "publish a release of it"."""
    verb, thing = match["verb"], match["thing"]
    if verb.casefold() not in VERBS:
        return match[0]
    return f"{verb} a {thing} of " if thing else f"{verb} "


def headline(text: str) -> str:
    """What a request asks first: the title of an accepted plan, else its order with up to a handful of words."""
    language = read_message(need_text(text)).lexicon
    text = _MENTION.sub(r"\1", _PLACEHOLDER.sub("", without_hidden(text[:_MAX_HEAD])))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and _PLAN.match(lines[0]):
        title = next((line for line in lines if line.startswith("#") and _content(line)), "")
        if title:
            title = _TITLE_MARK.sub("", title)
            # The wrapper says what is to be done with a plan whose title does not.
            return title if is_order(title) else f"implement {title}"
    own: list[str] = []
    size = 0
    for line in (line for part in need_lines(text) for line in part.splitlines()):
        if _PROMPT.match(line.strip()) or size > _MAX_ORDER:
            break
        own.append(line.strip()[:_MAX_ORDER])
        size += len(line)
    kept: list[str] = []
    for line in asked_part(own, language):
        kept.append(line)
        if len(_content(" ".join(kept))) >= 4:
            break
    return "\n".join(kept)


def key_phrases(requests: Sequence[str], limit: int = 5) -> list[str]:
    """The phrases that say best what was asked, best first: runs of words between stop words and punctuation."""
    phrases = [phrase for request in requests for phrase in _phrases(clean_request(request))]
    if not phrases:
        return []
    frequency: Counter[str] = Counter()
    degree: Counter[str] = Counter()
    for phrase in phrases:
        for word in phrase:
            frequency[stem(word)] += 1
            degree[stem(word)] += len(phrase)
    held = [set(terms(clean_request(request))) for request in requests]

    def score(phrase: tuple[str, ...]) -> float:
        rake = sum(degree[stem(w)] / frequency[stem(w)] for w in phrase)
        spread = sum(len({stem(w) for w in phrase} & terms_) for terms_ in held) / max(1, len(phrase))
        return math.log1p(rake) * spread

    distinct: dict[tuple[str, ...], tuple[str, ...]] = {}
    for phrase in phrases:
        distinct.setdefault(tuple(stem(w) for w in phrase), phrase)
    ranked = sorted(distinct.values(), key=lambda p: (-score(p), p))
    return [" ".join(phrase) for phrase in ranked[:limit]]


def skill_name(requests: Sequence[str], taken: Collection[str] = (), *, fallback: str = "") -> str:
    """A valid skill name, verb first where the requests have one, that is not in ``taken``."""
    cleaned = [clean for request in requests if (clean := clean_request(request))]
    best = central(cleaned)
    found = _content(best)
    verb = as_verb(found[0]) if found else ""
    if not verb:
        verb = next((word for word in _clause(best) if word in VERBS), "")
    things = [word for word in _clause(best) if not same_word(word, verb) and stem(word) != stem(verb)]
    spread = _spread(cleaned)
    if len(cleaned) > 1:
        things = [word for word in things if spread[stem(word)] * 2 > len(cleaned)]
    if not things and not verb:
        things = [word for phrase in key_phrases(cleaned, 1) for word in phrase.split()]
    name = kebab(" ".join([*([verb] if verb else []), *things[:3]]), limit=MAX_NAME)
    if name and name == verb:
        named = [word for word in _clause(best) if not same_word(word, verb)][:2]
        name = kebab(f"{verb} {' '.join(named)}" if named else f"{verb}-changes")
    name = name or kebab(fallback, limit=MAX_NAME) or "new-skill"
    unique, number = name, 2
    while unique in taken:
        unique = f"{name[: MAX_NAME - len(str(number)) - 1].rstrip('-')}-{number}"
        number += 1
    return unique


def asked_for(requests: Sequence[str], limit: int = _MAX_ASKED) -> list[str]:
    """The different things asked for, most often asked first, short, in the persons' words."""
    counted: dict[frozenset[str], list[str]] = {}
    for request in requests:
        text = clean_request(request)
        found = terms(text)
        if not found or len(text) < 3:
            continue
        counted.setdefault(frozenset(found), []).append(short(text))
    groups = sorted(counted.values(), key=lambda texts: (-len(texts), len(texts[0]), texts[0]))
    kept: list[str] = []
    for texts in groups:
        text = min(texts, key=lambda t: (len(t), t))
        if not any(same_word(text.casefold(), other.casefold()) or _alike(text, other) for other in kept):
            kept.append(lower_first(text))
    return kept[:limit]


def short(text: str, limit: int = _MAX_REQUEST) -> str:
    """The first sentence of a request in ``limit`` characters at most, cut between phrases where it must be.

    Where no phrase ends in time the last whole words count; an ellipsis inside a description reads like a fault.
    """
    first = re.split(r"(?<=[.!?;])\s|\n", text.strip(), maxsplit=1)[0].strip(" .;…")
    if len(first) <= limit:
        return first
    for border in _BORDERS:
        ends = [m.start() for m in border.finditer(first) if limit // 3 < m.start() <= limit]
        if ends:
            return _whole(first[: ends[-1]]) or first[: ends[-1]]
    cut = first[: limit + 1].rsplit(" ", 1)[0][:limit]
    return _whole(cut) or cut


def _whole(text: str) -> str:
    """Without what a cut leaves hanging: "the index and" is "the index", an open bracket or quote goes."""
    while True:
        cut = text.rstrip(" ,:;-–—(“‘\"'/")
        cut = cut[: cut.rfind(" (")] if cut.count("(") > cut.count(")") and " (" in cut else cut
        cut = re.sub(
            r"\s+(?:and|or|but|to|for|of|the|a|an|at|on|in|from|with|by|into|that|which|also|then|is)$", "", cut
        )
        if cut == text:
            return cut
        text = cut


def clause(text: str) -> str:
    """The first clause of a request that says more than one word, short."""
    for match in re.finditer(r"[,;:.!?](?=\s)|\s[-–—(]|\s(?:but|because|since|so that|and then)\s|$", text):
        if len(_content(text[: match.start()])) > 1:
            return short(text[: match.start()])
    return short(text)


def purpose(requests: Sequence[str]) -> str:
    """What a skill for these requests does, as an imperative clause without a full stop."""
    best = clause(central([clean for request in requests if (clean := clean_request(request))])).rstrip("?!. ")
    first, _, rest = best.partition(" ")
    best = f"{as_verb(first.lower()) or first} {rest}".strip()
    return best[:1].upper() + best[1:]


def central(cleaned: Sequence[str]) -> str:
    """The request that says best what most of them say; one that opens with a verb is preferred."""
    spread, total = _spread(cleaned), max(1, len(cleaned))

    often = Counter(text.casefold() for text in cleaned)

    def key(text: str) -> tuple[bool, float, int, int, str]:
        found = _content(text)
        verb = bool(found) and bool(as_verb(found[0]))
        rest = _clause(text)[1:] if verb else _clause(text)
        # A word that few requests share makes a request less central; words late in it say less.
        shared = sum((spread[stem(word)] / total - 0.3) / place for place, word in enumerate(rest[:4], 1))
        return (not verb, -round(shared, 6), -often[text.casefold()], len(text), text)

    return min(cleaned, key=key, default="")


def _phrases(text: str) -> list[tuple[str, ...]]:
    found = []
    for part in _SPLIT.split(text):
        run: list[str] = []
        for word in [*words(part), ""]:
            if word and word not in STOP_WORDS and word not in EMPTY and not word.isdigit():
                run.append(word)
            elif run:
                found.append(tuple(run[:4]))
                run = []
    return found


def _content(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOP_WORDS and word not in EMPTY and not word.isdigit()]


def _clause(text: str) -> list[str]:
    """The content words of the first clause that has more than one."""
    for part in re.split(r"[,.;:!?()\n]+|\s[-–—]\s", text):
        found = _content(part)
        if len(found) > 1:
            return found
    return _content(text)


def _spread(cleaned: Sequence[str]) -> Counter[str]:
    """In how many requests each term occurs."""
    return Counter(term for text in cleaned for term in {stem(word) for word in _content(text)})


def _alike(a: str, b: str) -> bool:
    mine, yours = set(terms(a)), set(terms(b))
    return len(mine & yours) >= 0.7 * len(mine | yours)


def lower_first(text: str) -> str:
    return text[0].lower() + text[1:] if len(text) > 1 and text[1].islower() else text
