"""Text to words and terms: the one place where matching, mining and naming agree on what a word is."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_STOP_LIST = """
    a about above after again against ain't all already also although always am an and another any anyone anything are
    aren't around as at back be because been before being below besides between both but by can can't cannot could
    couldn't did didn't do does doesn't doing don't done down during each either else etc even ever every everything
    few for from further get gets getting give given go goes going gonna got had hadn't has hasn't have haven't having
    he he'd he'll hello help hence her here hers herself hey hi him himself his how however i'd i'll i'm i've if in
    instead into is isn't it it'd it'll its itself just kindly lets like lot many may maybe me might mine more most
    much must my myself need needed needs neither never next no nor not nothing now of off often ok okay on once one
    only onto or other others otherwise ought our ours ourselves out over own per perhaps please pls possible quite
    rather really same shall shan't she she'd she'll should shouldn't simply since so some someone something sometimes
    somewhere still such sure than thank thanks that that'd that'll the their theirs them themselves then there
    therefore these they they'd they'll they're they've thing things this those though through thus to together too
    toward towards try trying under unless until up upon us use used uses using very via want wanted wants was wasn't
    way we we'd we'll we're we've well were weren't what whatever when whenever where whether which while who whoever
    whole whom whose why will with within without won't would wouldn't yes yet you you'd you'll you're you've your
    yours yourself yourselves
    b d e f g h i j k l m n o p q s t u v w x y z
    """
# Words that say how something is asked, not what is asked for. Verbs of doing ("create", "fix") are not among them:
# in a request to an agent they carry meaning.
STOP_WORDS = frozenset(_STOP_LIST.split())

_IRREGULAR = {
    "agreed": "agree", "analyses": "analysis", "apis": "api", "broke": "break", "broken": "break", "built": "build",
    "chosen": "choose", "children": "child", "clis": "cli", "cpus": "cpu", "emojis": "emoji", "gpus": "gpu",
    "guaranteed": "guarantee", "guis": "gui", "indices": "index", "kpis": "kpi", "matrices": "matrix",
    "menus": "menu", "people": "person", "ran": "run", "sent": "send", "tpus": "tpu", "vertices": "vertex",
    "wikis": "wiki", "written": "write", "wrote": "write",
}  # fmt: skip
# Endings that only look like an inflection.
_WHOLE = frozenset(
    {"canvas", "ceiling", "during", "embed", "evening", "hundred", "jenkins", "jetbrains", "kubernetes", "lens",
     "macos", "morning", "naked", "news", "pandas", "postgres", "sacred", "series", "species"}
)  # fmt: skip

_TOKEN = re.compile(r"(?:[cC]\+\+|[cCfF]#)(?!\w)|[^\W_]+(?:['’][^\W_]+)*")
# The s of PDFs or APIs is a plural, not the end of a word that begins with its last capital.
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?!.s$)")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+")
_VOWELS = frozenset("aeiou")
_LONGEST_KEPT = 64


def words(text: str) -> list[str]:
    """Lower-case word tokens, in order.

    ``camelCase``, ``kebab-case`` and ``snake_case`` are split, ``PDFs`` is not; a possessive ``'s`` goes; ``C++`` and
    ``C#`` stay whole. Chinese, Japanese and Korean runs, which have no spaces, become overlapping pairs of characters.
    """
    return [word for token in _tokens(text) for word in _split(token)]


def stem(word: str) -> str:
    """A light English stem: plurals, ``-ing`` and ``-ed`` go, and a silent ``-e`` where the inflected forms lose it.

    The rules are those of steps 1a, 1b and 5a of Porter's algorithm (Porter 1980) with changes for technical words;
    derived words (``-ation``, ``-er``, ``-ly``) are left apart. Anything but lower-case ASCII letters comes back
    unchanged, and so does what is too long for a word.
    """
    return _stem(word) if len(word) <= _LONGEST_KEPT else word


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not (word.isascii() and word.isalpha()):
        return word
    word = _singular(word)
    if len(word) <= 3 or word in _WHOLE:
        return word
    return _without_silent_e(_uninflected(word))


def terms(text: str) -> list[str]:
    """Stemmed words without stop words, in order, with repeats."""
    return [term for token in _tokens(text) for term in _stems(token)]


def distinct_terms(text: str) -> dict[str, None]:
    """The different terms of a text in the order of their first token, as the keys of a dict.

    Several times as fast as :func:`terms` on long texts, which mostly repeat themselves.
    """
    return dict.fromkeys(term for token in dict.fromkeys(_tokens(text)) for term in _stems(token))


def kebab(text: str, *, limit: int = 64) -> str:
    """A valid skill name made of the words of ``text``: ``a-z0-9`` and single hyphens, at most ``limit`` characters.

    Cut between words where possible; empty where nothing usable is left.
    """
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    name = ""
    for word in words(plain):
        part = re.sub(r"[^a-z0-9]", "", word.replace("++", "pp").replace("#", "sharp"))
        if not part:
            continue
        longer = f"{name}-{part}" if name else part[:limit]
        if len(longer) > limit:
            break
        name = longer
    return name


def _tokens(text: str) -> list[str]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    found: list[str] = _TOKEN.findall(text)
    return found


def _split(token: str) -> tuple[str, ...]:
    """The words in a token. Encoded data is not kept in memory: no word is so long."""
    return _token_words(token) if len(token) <= _LONGEST_KEPT else _token_words.__wrapped__(token)


def _stems(token: str) -> tuple[str, ...]:
    """The terms in a token."""
    return _token_terms(token) if len(token) <= _LONGEST_KEPT else _token_terms.__wrapped__(token)


@lru_cache(maxsize=65536)
def _token_words(token: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in _CAMEL.split(token) if not token.islower() else (token,):
        word = part.lower().replace("’", "'").removesuffix("'s")
        if not word.isascii() and _CJK.search(word):
            found.extend(_pairs(word))
        else:
            found.append(word)
    return tuple(found)


@lru_cache(maxsize=65536)
def _token_terms(token: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in _split(token) if word not in STOP_WORDS)


def _pairs(word: str) -> list[str]:
    found: list[str] = []
    end = 0
    for run in _CJK.finditer(word):
        if run.start() > end:
            found.append(word[end : run.start()])
        chars = run.group()
        found.extend(chars[i : i + 2] for i in range(max(1, len(chars) - 1)))
        end = run.end()
    if end < len(word):
        found.append(word[end:])
    return found


def _singular(word: str) -> str:
    if not word.endswith("s") or word.endswith(("ss", "us", "is")) or word in _WHOLE:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith(("sses", "ches", "shes", "xes", "zzes")):
        return word[:-2]
    if word.endswith("uses") and len(word) > 5 and word[-5] not in _VOWELS:
        return word[:-2]
    return word[:-1]


def _uninflected(word: str) -> str:
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ie"):
        return word[:-2] + "y" if len(word) > 4 else word
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base == word or word.endswith("eed") or not _has_vowel(base):
            continue
        if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
            return base[:-1]
        if base.endswith(("at", "bl", "iz")) or (_measure(base) == 1 and (_closed(base) or len(base) == 2)):
            return base + "e"
        return base
    return word


def _without_silent_e(word: str) -> str:
    if word.endswith("ll") and _measure(word) > 1:
        return word[:-1]
    if not word.endswith("e") or word.endswith("ee") or len(word) <= 3:
        return word
    base = word[:-1]
    measure = _measure(base)
    return base if measure > 1 or (measure == 1 and not _closed(base)) else word


def _shape(word: str) -> str:
    """The word as a string of ``v`` and ``c``; ``y`` is a vowel after a consonant."""
    shape = ""
    for char in word:
        vowel = char in _VOWELS or (char == "y" and shape.endswith("c"))
        shape += "v" if vowel else "c"
    return shape


def _has_vowel(word: str) -> bool:
    return "v" in _shape(word)


def _measure(word: str) -> int:
    """Porter's m: how many times a vowel run is followed by a consonant run."""
    return _shape(word).count("vc")


def _closed(word: str) -> bool:
    """Ends in consonant, vowel, consonant other than w, x, y: the short syllable that keeps its ``-e``."""
    return _shape(word).endswith("cvc") and word[-1] not in "wxy"
