"""What a request asks for: the sentence in it that is an order, and whether it is talk or a remark instead. Pure.

People seldom open with the order: "it works. ok, let's dim the greys", "thanks! once done, tag it". What is asked is
looked for sentence by sentence; reading is a means, so an order to read gives way to one that says what for. Which
words praise, agree, ask or report is said in ``text.languages``, for seven languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

from skilltui.learning.vocabulary import MERE_READING, VERBS
from skilltui.library.need import need_text
from skilltui.text.languages.lexicon import Lexicon, Sense
from skilltui.text.sayings import FIRST_WORD, Message, fold, read_message
from skilltui.text.tokenise import stem

# Orders stand early; what comes later explains.
_SENTENCES = 16
_WORDS_BEFORE = 40
# A report is mostly what was pasted with it.
_OWN_WORDS = 0.6
_LONG_VERB = 9
# From this length on a word may be another one with a letter wrong.
MISTYPED = 5

_SENTENCE_END = re.compile(
    r"(?<=[.!?;])\s+|(?<=[。！？；])|\s(?:\.{2,}|[–—-]|--)\s|,\s+(?=(?:please|can you|could you|let'?s)\b)"
)
_DONE = (
    r"(?:once|when|after|as soon as) (?:(?:you'?re|you are|that'?s|that is|it'?s|it is|this is|all is) )?"
    r"(?:done|finished|ready|completed?|merged|green|through|over)"
)
_OPENING = re.compile(
    r"^(?:(?:please|pls|hey|hi|hello|oh+|ah+|hm+|uh|um|sure|yeah|yes|no|wait|alright|right|ok(?:ay)?|so|now|and|"
    r"then|also|just|great|thanks|probably|maybe|perhaps|actually|quickly|simply|btw|(?:claude|codex|gemini|copilot)(?=\s*[:,])|"
    r"(?:quick|small|one) (?:one|thing|question|fix)(?=\s*[:,])|can (?:you|u|we|i)|"
    r"could (?:you|u|we|i)|would (?:you|u)|shall we|will you|i want you to|i'd like you to|"
    r"i would like (?:you )?to|i need you to|i want to|i need to|we (?:still |also |really )?need to|"
    r"we should|you should|you (?:will |'ll )?need to|you are asked to|(?:your|the) (?:task|job|goal) is to|"
    r"let'?s|let us|go ahead and|help me(?: to)?|"
    r"(?:i need |i want )?a skill (?:(?:that|which) can|for|to)|how (?:do|can|would|should) (?:i|we|you)|"
    + _DONE
    + r"|try to|time to|next)\b[\s,.!:]*)+",
    re.IGNORECASE,
)
# "We need a changelog" orders one to be made.
_WISH = re.compile(
    r"^(?:(?:we|i)(?:'d| would| will)?(?: still| also| now| really)* (?:need|want|should have|could use)"
    r"(?: to have)?|(?:could|can|should) (?:we|i) have) (?=(?:an?|some|another|more)\s(?!\w+ one\b))",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^[#>*\s]{0,8}(?:task|goal|to-?do|objective|request|feature(?: request)?|ticket|story|aufgabe|ziel|tache|tarea|"
    r"задача|任务|任務|タスク)\s*(?:[:：]|\s[–—-])\s*",
    re.IGNORECASE,
)
# "Using the report, extract the totals": what with, then what.
_LEAD = re.compile(r"(?:using|given|based on|with|in|for|from|on|as|after|before)\s[^,]{1,160},\s+", re.IGNORECASE)
# A line that was wrapped in the middle of its sentence is at least this long.
_WRAPPED_LINE = 50
# "get this committed and pushed" is "commit and push".
_GET_DONE = re.compile(
    r"^(?:get|have) (?:this|it|that|these|those|them|everything|all(?: of)?(?: this| it| that)?) (?P<verb>\w+ed)"
    r"(?P<more> and \w+ed)?\b",
    re.IGNORECASE,
)
# Speaks of the work at hand, and says nothing once that is over.
_POINTS_BACK = re.compile(
    r"^\W*(?P<verb>\w+)\s+(?:it|this|that|them|these|those)(?:\s+(?:please|pls|now|too|again|first|instead|all))*\W*$",
    re.IGNORECASE,
)
# A line that nobody types: quoted, numbered, a heading, a log, code.
_PASTED = re.compile(
    r"\s*(?:[>\[|+*$#%❯➜{}<•✅✓✗×]|[-–] |\d+[.):smh ]|\w+(?:\.\w+)+[:(]|\w+: |.*(?:[{};]|=>|->)\s*$)",
)
# What follows a colon, or a log's label, is shown, not said: a finding, a job's output.
_INTRODUCES = re.compile(r":(?:\s|$)|：|\s\[[A-Z]")
_POLITE = re.compile(
    r"^\W*(?:(?:and|ok(?:ay)?|so|now|also|then|hey|great)[\s,]+)*(?:please|pls|(?:can|could|would) (?:you|u)|let'?s|"
    r"i want you to|i'?d like you to|i need you to|we (?:still |also )?need to|go ahead and)\s+\w",
    re.IGNORECASE,
)
_COPULA = re.compile(r"\b(?:is|are|was|were|isn'?t|aren'?t|wasn'?t|has|have|looks?|seems?|uses?|renders?|means?)\b")
# Says that something is amiss, or to be otherwise, without the word for it.
_AMISS_IN = {
    "en": re.compile(
        r"n'?t\b|\b(?:needs?|not|no|never|nothing|without|should|must|ought|too|still|instead|again|only|want|wish|"
        r"would like|weird|strange|odd|ugly|slow\w*|hard to|lacks?|lacking|supposed|expected|wtf)\b"
    ),
    "de": re.compile(r"\b(?:soll\w*|muss\w*|mues\w*|brauch\w*|fehl\w*|nicht|nie|kein\w*|ohne|leider|zu|statt)\b"),
    "fr": re.compile(r"\b(?:doi\w*|devrai\w*|faut|manqu\w*|pas|jamais|besoin|trop|sans|encore|faux)\b"),
    "es": re.compile(r"\b(?:deb\w*|falta\w*|necesit\w*|no|nunca|demasiado|hay que|sin|todavia|aun|mal)\b"),
    "ru": re.compile(r"\b(?:долж\w*|нуж\w*|надо|не|нет|слишком|без|опять|снова)\b"),
    "zh": re.compile(r"应该|應該|需要|不|没|沒|缺|太|要"),
    "ja": re.compile(r"べき|必要|ない|ません|欲し|ほし|すぎ|たい"),
}
# What comes next is a task, however it is put.
_NEXT = re.compile(
    r"\W*(?:next(?: up| is|,)|als (?:nachstes|naechstes)|ensuite|la suite|lo siguiente|ahora toca|следующ|дальше|"
    r"接下来|下一步|次は)"
)
_CLAUSE_END = re.compile(r"[,;:.!?]\s+|\s(?:[–—-]|--)\s|\n")
# A message that blames in more words than this says what it is about.
_VERDICT_WORDS = 8
# Greetings and assent that no message's language tells, being a word or two.
_GREETING = re.compile(
    r"(?:hallo|moin|servus|gruss gott|guten (?:morgen|tag|abend)|gute nacht|tschuss|bis (?:morgen|spater|dann)|"
    r"bonjour|bonsoir|salut|coucou|bonne nuit|au revoir|d'accord|entendu|parfait|hola|buen(?:os|as) (?:dias|tardes|"
    r"noches)|hasta luego|adelante|de acuerdo|claro(?: que si)?|perfecto|привет|здравствуй(?:те)?|добрый (?:день|"
    r"вечер)|доброе утро|ага|угу|давай|ладно|хорошо|понятно|пока|spasibo|privet|你好|您好|早上好|晚上好|再见|"
    r"好|行|可以|对|是|嗯+|こんにちは|こんばんは|おはよう(?:ございます)?|はい|うん|了解(?:です|しました)?|お疲れ様(?:です)?|"
    r"いいね|いいよ|お願いします|non|nein|oui|nyet|wie gehts?|wie geht'?s|ca va|que tal)"
)
_JAPANESE_ENDING = re.compile(r"(?:て|で)?(?:ください|下さい|くれ|ね|よ|です|ます|います|ございます|しました)*")
_BETWEEN = " \t,.!?;:)~…—–-"
_CHAT = (Sense.FILLER, Sense.PRAISE, Sense.THANKS, Sense.GO_ON, Sense.BARE_NO)
_SORTED_VERBS = sorted(VERBS)
# Verbs that need no object: the work at hand is meant.
DELIVERING = frozenset({"commit", "push", "merge", "release", "deploy", "publish", "ship", "tag", "upload"})
_POINTERS = frozenset({"it", "this", "that", "them", "these", "those"})
_OPENING_WORD = re.compile(r"\W*([^\W\d_]+)(?=[\s,.:;!?'’\"”)-]|$)")


def asked_part(lines: Sequence[str], lexicon: Lexicon) -> list[str]:
    """The lines of a request from the sentence on that orders something; all of them where none does.

    After the first sentence an order is looked for in what the person says, not in what they pasted or listed.
    """
    kept = _unwrapped(lines)
    means: tuple[int, str] | None = None
    spoken: tuple[int, str] | None = None
    before = 0
    for number, line in enumerate(kept):
        following = kept[number + 1] if number + 1 < len(kept) else ""
        if number and (_PASTED.match(line) or (_PASTED.match(following) and not _POLITE.match(line))):
            break
        rest = line
        for sentence in _SENTENCE_END.split(line):
            if before > _WORDS_BEFORE:
                break
            found = _orders(sentence, lexicon) if not before else _orders_later(sentence, lexicon)
            if found and not _points_back(sentence):
                if not _only_reads(sentence):
                    return [rest, *kept[number + 1 :]]
                means = means or (number, rest)
            elif spoken is None and not (_points_back(sentence) or is_chat(sentence)):
                spoken = (number, rest)
            before += len(sentence.split())
            rest = rest[len(sentence) :].lstrip(" \t;,.…")
        if before > _WORDS_BEFORE or _INTRODUCES.search(line):
            break
    at, first = means or spoken or (0, kept[0] if kept else "")
    return [first, *kept[at + 1 :]]


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """The lines that say something, those that were wrapped in the middle of a sentence joined."""
    kept: list[str] = []
    for line in lines:
        if not line.strip():
            continue
        before = kept[-1].rstrip() if kept else ""
        goes_on = line.lstrip()[:1].islower() and len(before) >= _WRAPPED_LINE and before[-1:] not in ".!?:;"
        if goes_on:
            kept[-1] = f"{before} {line.lstrip()}"
        else:
            kept.append(line)
    return kept


def without_opening(text: str) -> str:
    """A sentence without politeness, fillers and labels before what it asks; a wish is an order to create."""
    text = _OPENING.sub("", _LABEL.sub("", text.strip()))
    text = _WISH.sub("create ", text)
    lead = _LEAD.match(text)
    if lead and is_order(text[lead.end() :]):
        text = text[lead.end() :]
    return _GET_DONE.sub(_as_order, text)


def is_order(text: str) -> bool:
    """Whether a request opens with a verb of ours."""
    return bool(_verb(text))


def orders(request: str, *, pointing: bool = False) -> bool:
    """Whether anything is ordered in a request, in any language that we know.

    After its first sentence only what says itself what is to be done; with ``pointing`` also "tighten it".
    """
    text = need_text(request)
    lexicon = read_message(text).lexicon
    first, *later = _SENTENCE_END.split(text)[:_SENTENCES]
    found = _orders if pointing else _orders_later
    return _orders(first, lexicon) or any(found(sentence, lexicon) for sentence in later)


def foreign_order(request: str) -> bool:
    """Whether a request orders something in another language than English."""
    text = need_text(request)
    return read_message(text).lexicon.code not in {"en", ""} and orders(request)


def is_chat(text: str) -> bool:
    """Whether a text only greets, thanks, praises, agrees or lets go on, in any language that we know."""
    message = read_message(text)
    if message.is_only_praise or message.is_only_blame:
        return True
    if message.asks_for_delivery:
        return False
    if not message.is_asking and "?" not in message.text and (message.is_thanks or _is_verdict(message)):
        return True
    rest = fold(text).strip(_BETWEEN)
    while rest:
        found = [m.end() for sense in _CHAT if (m := message.lexicon.opens(sense, rest))]
        greeting = _GREETING.match(rest)
        end = max(*found, greeting.end() if greeting and _ends(rest, greeting.end()) else 0, 0)
        if not end:
            return False
        rest = rest[end:]
        ending = _JAPANESE_ENDING.match(rest) if message.lexicon.code == "ja" else None
        rest = rest[ending.end() if ending else 0 :].lstrip(_BETWEEN)
    return True


def _is_verdict(message: Message) -> bool:
    """Whether a message only says how the work at hand went, or that its writer was wrong."""
    if any(map(_clause_orders(message.lexicon), _CLAUSE_END.split(fold(message.text)))):
        return False
    if message.tells_of_trouble or message.lexicon.holds(Sense.DELIVERY_WITHIN, fold(message.text)):
        return message.is_slip
    if message.praise:
        return not (message.is_rejection or message.is_correction or message.after_praise.is_asking)
    return message.is_slip or (message.is_rejection and message.words <= _VERDICT_WORDS)


def _clause_orders(lexicon: Lexicon) -> Callable[[str], bool]:
    """A test for clauses: whether one opens with a verb that orders."""

    def orders_work(clause: str) -> bool:
        filler = lexicon.opens(Sense.FILLER, clause)
        first = FIRST_WORD.match(clause, filler.end() if filler else 0)
        return first is not None and (first.group() in lexicon.verbs or first.group() in VERBS)

    return orders_work


def is_remark(request: str) -> bool:
    """Whether a request only states how things are, and neither orders nor asks nor says that something is amiss.

    What comes with a log, a trace or code is a report of trouble.
    """
    text = need_text(request)
    message = read_message(text)
    if not text or "?" in fold(text) or message.is_asking or orders(request, pointing=True):
        return False
    if "\n" in request.strip() and len(text) < _OWN_WORDS * len(request.strip()):
        return False
    lexicon, folded = message.lexicon, fold(text)
    if message.tells_of_trouble or message.is_rejection or message.is_correction or _NEXT.match(folded):
        return False
    if any(map(_clause_orders(lexicon), _CLAUSE_END.split(folded))):
        return False
    amiss = _AMISS_IN.get(lexicon.code)
    if amiss is not None and amiss.search(folded):
        return False
    if message.is_statement or message.is_opinion:
        return True
    first = _SENTENCE_END.split(folded, maxsplit=1)[0]
    return lexicon.code == "en" and _COPULA.search(first) is not None


def points_back(request: str) -> bool:
    """Whether a request says no more than "fix it": its need stands in what was done before."""
    text = need_text(request)
    return _points_back(text) and len(text) >= _OWN_WORDS * len(request.strip())


@lru_cache(maxsize=8192)
def as_verb(word: str) -> str:
    """The verb that a request's word is, typing errors allowed; empty where it is none."""
    if word in VERBS:
        return word
    found = next((verb for verb in _SORTED_VERBS if same_word(word, verb)), "")
    if not found and len(word) >= _LONG_VERB:
        found = next((v for v in _SORTED_VERBS if v[0] == word[0] and len(v) >= _LONG_VERB and _within(word, v, 2)), "")
    if not found and len(word) == 4:
        # A letter forgotten: "wrie"; a word so short is not taken for anything else.
        missing = [v for v in _SORTED_VERBS if len(v) == 5 and v[0] == word[0] and _within(word, v, 1)]
        found = missing[0] if len(missing) == 1 else ""
    return found


def same_word(a: str, b: str) -> bool:
    """The same, or one letter too few, too many, wrong or swapped in a word of five letters or more.

    Both in lower case.
    """
    if a == b:
        return True
    near = min(len(a), len(b)) >= MISTYPED and abs(len(a) - len(b)) <= 1
    return near and a[0] == b[0] and _within(a, b, 1)


def _within(a: str, b: str, distance: int) -> bool:
    return OSA.distance(a, b, score_cutoff=distance) <= distance


def _ends(text: str, at: int) -> bool:
    """Whether a word ends there."""
    return at == len(text) or not text[at].isalnum()


def _orders(sentence: str, lexicon: Lexicon) -> bool:
    if _POLITE.match(sentence):
        return True
    plain = without_opening(sentence)
    if is_order(plain):
        return True
    if lexicon.code in {"en", ""}:
        return False
    folded = fold(plain)
    filler = lexicon.opens(Sense.FILLER, folded)
    folded = folded[filler.end() :] if filler else folded
    if any(lexicon.opens(sense, folded) for sense in (Sense.DELIVERY, Sense.ASKING)):
        return True
    first = FIRST_WORD.match(folded)
    return lexicon.holds(Sense.ASKING_WITHIN, folded) or (first is not None and first.group() in lexicon.verbs)


def _orders_later(sentence: str, lexicon: Lexicon) -> bool:
    """Whether a sentence after others orders something of its own: "investigate" after a report only points at it."""
    if not _orders(sentence, lexicon):
        return False
    if lexicon.code not in {"en", ""}:
        return True
    plain = without_opening(sentence)
    verb = _verb(plain)
    if verb in DELIVERING:
        return True
    object_ = plain.split()[1:]
    if not object_ or object_[0].casefold() in _POINTERS:
        return False
    return bool(_POLITE.match(sentence)) or (bool(verb) and _COPULA.match(object_[0].casefold()) is None)


def _verb(text: str) -> str:
    """The verb that a text opens with, as a word of its own: ``removeEventListener`` is none."""
    first = _OPENING_WORD.match(text)
    return as_verb(first[1].casefold()) if first else ""


def _points_back(sentence: str) -> bool:
    found = _POINTS_BACK.match(without_opening(sentence))
    # "commit it" says all there is to say.
    return found is not None and found["verb"].casefold() not in DELIVERING


def _only_reads(sentence: str) -> bool:
    return _verb(without_opening(sentence)) in MERE_READING


def _as_order(match: re.Match[str]) -> str:
    verbs = [_base(word) for word in match[0].split() if word.endswith("ed")]
    return " and ".join(verb for verb in verbs if verb) or match[0]


def _base(participle: str) -> str:
    root = stem(participle.lower())
    return next((verb for verb in _SORTED_VERBS if stem(verb) == root), "")
