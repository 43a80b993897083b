"""What sentences of a person to an agent mean: asking, answering, praising, correcting, refusing.

Most look at how a message opens, because that is where people put it ("no, use X instead", "great. also, ...").
A person's own slip is told apart: blaming the agent for it punished whoever had done nothing wrong (Zeph #1361).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, cached_property, lru_cache

from skilltui.text.languages.lexicon import Lexicon, Sense, lexicon
from skilltui.text.languages.recognise import recognise
from skilltui.text.late import late
from skilltui.text.quoted import without_quoted

# How much of a message is read for its words; what is longer is pasted.
_READ = 6000
_SENTENCES = 12
_WORD = late(r"[぀-ヿ㐀-鿿]{1,2}|[^\W_぀-ヿ㐀-鿿]+(?:'[^\W_]+)?")
_SENTENCE_END = late(r"(?<=[.!?])\s+|\n+|\s+(?:—|–|--)\s+")
_PROMPT_LINE = late(
    r"^\s*(?:[❯➜»]\s|[$%]\s\S|(?:\([\w.-]+\)\s*)?[\w.-]+@[\w.-]+[:~ ]|PS [A-Z]:\\|[A-Z]:\\[^\n]*>)", re.MULTILINE
)
_PLEASE = late(r"please|pls|plz|bitte|s'il (?:te|vous)|stp|svp|por favor|porfa|пожалуйста|请|請|ください|お願い")
_PRAISING = late(r"(?:[👍👌🎉🙏💯✅❤😍🥳🙌🚀🔥💪♥]|[\U0001f3fb-\U0001f3ff\ufe0f\s!.])+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
# The same with the letter before it, where a mark may belong to that.
_WITH_LETTER = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
# Of a folded text, in a language that writes words apart.
FIRST_WORD = re.compile(r"[a-zа-я]+")
_COMBINING = re.compile(r"[\u0300-\u036f]")
_BLAMING = late(r"(?:[👎🤦😡🤬❌]|[\U0001f3fb-\U0001f3ff\ufe0f\u200d♀♂\s!.])+")


@cache
def _folds() -> dict[int, str]:
    """Latin letters without their accents; CJK punctuation as its ASCII counterpart and a space."""
    folds = {ord(sign): f"{plain} " for sign, plain in zip("。！？，、；：", ".!?,,;:", strict=True)}
    folds |= {ord("’"): "'", ord("‘"): "'", 0xA0: " ", 0x3000: " ", ord("ё"): "е", ord("ß"): "ss", ord("œ"): "oe"}
    for code in range(0xC0, 0x250):
        plain = unicodedata.normalize("NFD", chr(code))[0]
        if plain.isascii():
            folds.setdefault(code, plain)
    return folds


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """A text as the patterns see it: lower case and in one spelling."""
    low = text.strip()[:_READ].lower()
    if low.isascii():
        return low
    runs = _WITH_LETTER if _COMBINING.search(low) else _BEYOND_ASCII
    return runs.sub(_folded, low).rstrip()


def _folded(run: re.Match[str]) -> str:
    return _fold_run(run.group())


# Signs of frames, arrows, bullets: what is pasted holds the same ones a hundred times.
@lru_cache(maxsize=1024)
def _fold_run(run: str) -> str:
    return unicodedata.normalize("NFKC", run.translate(_folds())).translate(_folds())


# Whoever classifies a message, weighs it and files it reads it anew.
@lru_cache(maxsize=256)
def read_message(text: str) -> Message:
    """A person's message, read; what is found out about it once is kept for a while."""
    return Message(text)


class Message:
    """A person's message, read once. What it quotes is not read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._own = without_quoted(text[:_READ])
        self._folded = fold(self._own)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The word lists of its language."""
        return lexicon(recognise(self._folded, self.text[:_READ]))

    @cached_property
    def opening(self) -> str:
        """From its first word that is no filler."""
        return self._from_first_word(self._folded)

    @cached_property
    def sentences(self) -> list[str]:
        """The first ones, each from its first word that is no filler."""
        parts = _SENTENCE_END().split(self.opening, _SENTENCES)[:_SENTENCES]
        return [self._from_first_word(part) for part in parts if part.strip()]

    @cached_property
    def words(self) -> int:
        """How many words; two signs of a language without spaces count as one."""
        return len(_WORD().findall(self._own if len(self.text) <= _READ else without_quoted(self.text)))

    def _from_first_word(self, text: str) -> str:
        filler = self.lexicon.opens(Sense.FILLER, text)
        return text[filler.end() :] if filler and filler.end() < len(text) else text

    def rest(self, text: str) -> Message:
        """A part of this message, already folded, read in the same language."""
        part = Message(text)
        part.lexicon = self.lexicon
        return part

    @cached_property
    def praise(self) -> str:
        """The praise that opens the message, as it stands in ``opening``; empty where there is none."""
        found = self.lexicon.opens(Sense.PRAISE, self.opening)
        if not found:
            return ""
        rest = re.split(r"[.!\n]", self.opening[found.end() :], maxsplit=1)[0]
        return "" if "?" in rest or self.lexicon.holds(Sense.BUT, rest) else found.group()

    @cached_property
    def is_thanks(self) -> bool:
        """Whether a short message thanks, somewhere, and neither asks nor blames."""
        if self.words > 12 or "?" in self._folded or not self.lexicon.holds(Sense.THANKS, self._folded):
            return False
        # Thanks for what is still to be done.
        if _PLEASE().search(self._folded) or any(self.lexicon.opens(Sense.GO_ON, part) for part in self.sentences):
            return False
        return not (self.lexicon.holds(Sense.BUT, self._folded) or self.is_rejection or self.is_correction)

    @cached_property
    def after_praise(self) -> Message:
        """What follows the praise."""
        return self.rest(self.opening[len(self.praise) :].lstrip(" .!,;:)"))

    @property
    def is_only_praise(self) -> bool:
        """Whether the message is a sign of praise without a word."""
        return bool(self.text.strip()) and _PRAISING().fullmatch(self.text.strip()) is not None and not self.words

    @property
    def is_only_blame(self) -> bool:
        """Whether the message is a sign of blame without a word."""
        return bool(self.text.strip()) and _BLAMING().fullmatch(self.text.strip()) is not None and not self.words

    @cached_property
    def is_slip(self) -> bool:
        """Whether the person corrects or excuses themselves, and blames nobody else."""
        head = " ".join(self.sentences[:2])
        return self.lexicon.holds(Sense.SLIP, head[:80]) and not self.lexicon.holds(Sense.REJECTION, head)

    @property
    def withdraws(self) -> bool:
        """Whether the person takes back what they said last."""
        return self.is_slip and self.lexicon.holds(Sense.WITHDRAWN, " ".join(self.sentences[:2])[:80])

    @cached_property
    def is_rejection(self) -> bool:
        """Whether the message says that what was done is wrong or does not work."""
        return self._blames(Sense.REJECTION)

    @cached_property
    def is_correction(self) -> bool:
        """Whether the message says how it should be done otherwise."""
        return self._blames(Sense.CORRECTION)

    def _blames(self, sense: Sense) -> bool:
        # Also with its filler: "now it is gone" tells more than "it is gone".
        return any(
            self.lexicon.holds(sense, part[: self.lexicon.reach]) for part in (*self.sentences[:2], self._folded)
        )

    @property
    def is_bare_no(self) -> bool:
        """``no`` and nothing else."""
        return self.lexicon.is_all(Sense.BARE_NO, self._folded)

    @property
    def is_going_on(self) -> bool:
        """Whether the message only lets the agent go on with what was agreed."""
        return self.lexicon.opens(Sense.GO_ON, self.opening) is not None

    @property
    def adds_on(self) -> bool:
        """Whether the message opens with "also": something beside what was asked before."""
        return self.lexicon.opens(Sense.ALSO, self._folded) is not None

    @cached_property
    def asks_for_delivery(self) -> bool:
        """Whether the message asks to keep the work: commit, push, release. Short ones may be mistyped ("comit")."""
        return self._delivers(self.opening) or bool(self.praise and self._delivers(self.after_praise.opening))

    def _delivers(self, start: str) -> bool:
        words = _WORD().findall(start[:200])
        if not words:
            return False
        lexicon = self.lexicon
        if words[0] in lexicon.delivery or lexicon.opens(Sense.DELIVERY, start):
            return True
        if len(words) <= 12 and lexicon.opens(Sense.ASKING, start):
            within = " ".join(words[:8])
            return lexicon.holds(Sense.DELIVERY_WITHIN, within)
        if len(words) > 3 or len(words[0]) < 4 or not lexicon.delivery:
            return False
        from rapidfuzz import fuzz

        return any(fuzz.ratio(words[0], known) >= 80 for known in lexicon.delivery)

    @cached_property
    def is_asking(self) -> bool:
        """Whether some sentence asks for work: an imperative, "can you ...", "we need a ..."."""
        return self.asks_for_delivery or any(map(self._asks, self.sentences))

    @property
    def opens_with_asking(self) -> bool:
        """The same of its first sentence alone."""
        return bool(self.sentences) and self._asks(self.sentences[0])

    def _asks(self, sentence: str) -> bool:
        lexicon = self.lexicon
        if lexicon.opens(Sense.GO_ON, sentence):
            return False
        if lexicon.opens(Sense.ASKING, sentence) or lexicon.holds(Sense.ASKING_WITHIN, sentence):
            return True
        first = FIRST_WORD.match(sentence)
        if first is None or first.group() not in lexicon.verbs:
            return False
        # "fix it", "remove that" speak of the work at hand.
        return not (lexicon.opens(Sense.POINTS_BACK, sentence) and len(_WORD().findall(sentence)) <= 4)

    @property
    def is_question(self) -> bool:
        """Whether the message opens with a question."""
        first = re.split(r"(?<=[.!?])\s|\n", self._folded, maxsplit=1)[0]
        return first.rstrip().endswith("?") or self.lexicon.opens(Sense.QUESTION, self.opening) is not None

    @property
    def is_statement(self) -> bool:
        """Whether the message opens like an answer or a report, not like a task."""
        return self.lexicon.opens(Sense.STATEMENT, self.opening) is not None

    @property
    def is_opinion(self) -> bool:
        """Whether the message opens with what the person thinks or would rather have."""
        return self.lexicon.opens(Sense.OPINION, self.opening) is not None

    @property
    def tells_of_trouble(self) -> bool:
        """Whether an error or a defect is spoken of, also in what is quoted."""
        return self.lexicon.holds(Sense.TROUBLE, fold(self.text))

    @property
    def is_pasted_trouble(self) -> bool:
        """Whether the message brings back a terminal's words, with an error among them."""
        return _PROMPT_LINE().search(self.text) is not None and self.tells_of_trouble
