"""What English sentences of a person to an agent mean: asking, answering, praising, correcting, refusing.

Patterns look at how a message opens, because that is where people put it ("no, use X instead", "great. also, ...").
A person's own slip is told apart first: blaming the agent for it punished whoever had done nothing wrong (Zeph #1361).
"""

from __future__ import annotations

import difflib
import re

_FILLER = re.compile(
    r"(?:(?:oh|a+h+|ok(?:ay)?|k|so|and|well|u[hm]+|hm+|yeah|yep|yes|hey|hi|hello|now|alright|all right|right|cool|wow|"
    r"sure|then|also|plus|next|but|actually|btw|fyi|just|again|for now|finally|please|pls|claude|codex)\b[\s,.!:;…—–-]*)+"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+|\s+(?:—|–|--)\s+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")

_PRAISE = re.compile(
    r"(?:(?:great|perfect|excellent|awesome|amazing|nice|wonderful|fantastic|brilliant|lovely|beautiful|superb|sweet|"
    r"neat|good|wow|yay|hurray|hooray|bingo)(?:\s+(?:job|work|stuff|one|catch|thanks|thank you))?(?=\s*(?:[.!,;:)]|$))"
    r"|well done|love (?:it|this|that)|lgtm|ship it|approved\b|all good\b|thank(?:s| you)\b|thx\b|ty\b|much better\b"
    r"|(?:it|that|this|everything|all of it|now it)\s+(?:now\s+|all\s+|finally\s+|really\s+|seems to\s+|did\s+)?"
    r"(?:works?|worked|look(?:s|ed)? (?:good|great|right|perfect|nice|fine)|did it|fixed it|solved it|passe[sd])\b"
    r"|(?:it|that|this|everything)(?:'s| is)\s+(?:now\s+|all\s+|finally\s+)?(?:working|fixed|perfect|great|right|correct|"
    r"exactly (?:right|what)|what i wanted)\b"
    r"|(?:works|worked|working|fixed)(?:\s+(?:now|great|perfectly|fine|well|like a charm))?(?=\s*(?:[.!,;:)]|$))"
    r"|look(?:s|ing) (?:good|great|perfect|right|nice)\b|exactly(?=\s*(?:[.!,]|$))|you(?:'re| are) (?:right|correct)\b"
    r"|(?:the )?(?:tests?|build|ci) (?:now )?(?:pass|passes|passed|is green|are green)\b)"
)
_BUT = re.compile(r"\b(?:but|however|except|although|though|only (?:for|when|if|in)|almost|nearly)\b")

_SLIP = re.compile(
    r"(?:sorry|oops|whoops|apologies|my (?:bad|mistake|fault|error|apologies)|never ?mind|nvm|typo\b)"
    r"|\bi (?:meant|mistyped|misspoke|misread|was wrong|was mistaken|made a (?:mistake|typo)|forgot to (?:say|mention|tell|add)"
    r"|should have (?:said|mentioned|told|been clearer))\b|\bmy (?:bad|mistake|fault)\b"
)

_REJECTION = re.compile(
    r"\bstill\s+(?:no|not|nothing|fail\w*|broken|wrong|does ?n[o']?t|did ?n[o']?t|isn'?t|ain'?t|is not|get\w*|see\w*|"
    r"the same|same|happen\w*|crash\w*|error\w*|missing|throw\w*|hang\w*|wo ?n[o']?t|can'?t|cannot)\b"
    r"|\bsame (?:error|issue|problem|result|thing)\b"
    r"|\b(?:that|this|it)(?:'s|s| is| was| looks| seems)? (?:still |just |totally |completely |all )?"
    r"(?:wrong|incorrect|broken|worse|nonsense|a mess|not (?:right|correct|working|what|good|it\b|true|fixed|done))"
    r"|\b(?:that|this|it|which) (?:does|did|is|was)(?: not|n'?t) (?:work|help|fix|build|compile|run|right|correct|what)"
    r"|\b(?:does|did|do)(?: not|n'?t) (?:seem to )?(?:work|help|fix|compile)\b|\bis ?n[o']?t working\b|\bnot working\b"
    r"|\b(?:you|that|this|it) broke\b|\brevert (?:that|this|it|your|the last)|\bundo (?:that|this|it|your|the last)"
    r"|\broll (?:that|this|it) back\b|\bnot what i (?:asked|wanted|want|meant|said)\b|\b(?:i|as i) (?:already )?(?:told you|said)\b"
    r"|\bwhy (?:did|are|would|have) you\b|\byou (?:forgot|missed|ignored|deleted|removed|broke|keep|kept|never|misunderst\w+)\b"
    r"|\byou (?:did|have|were)(?: not|n'?t)\b"
    r"|^(?:the )?(?:ci|builds?|tests?|deploy\w*|pipeline|lint\w*)\b.{0,24}\b(?:fail\w*|broke\w*|red)\b"
)
_CORRECTION = re.compile(
    r"^(?:no+|nope|nah|wait|stop|hold on|hang on|careful)\b(?! problem| worries| need)"
    r"|\binstead\b(?! of me)|\brather than\b|\byou (?:should(?:n'?t)?|shouldn't|need to|have to|must|can(?:'t|not))\b"
    r"|\bshould(?:n'?t| not)? (?:be|have|use|go|live|not)\b|\bdo(?:n'?t| not) (?:use|do|add|change|touch|create|run|edit|"
    r"write|put|remove|delete|want you)\b|^(?:i )?(?:said|asked|wanted)\b|^the (?:issue|problem|bug|point) is\b"
)
_BARE_NO = re.compile(r"(?:no|nope|nah|no thanks|no thank you|not (?:now|yet|really))\W*")

# Going on with what is agreed: no task of its own.
_GO_ON = re.compile(
    r"(?:continue|proceed|go (?:ahead|on|for it)|keep going|carry on|resume|do (?:it|that|this|so|both|all)|try (?:it|that|again)|"
    r"retry|let'?s (?:do|doe|go|use|try|start|keep|continue|proceed|see|not|say|think|talk|leave|stick)|"
    r"make sure|keep|remember|use|how about|what about|make (?:it|that|this|them))\b"
)
_ASKING = re.compile(
    r"(?:(?:can|could|would|will) (?:you|we|u)|i(?:'d| would)? (?:want|need|like) (?:you )?to|i need (?:a|an|the|you)\b|"
    r"we (?:also )?(?:need|should|have) (?:to|a|an)\b|please|pls|kindly|let'?s|let us|help me|your (?:task|job) is|"
    r"the (?:task|goal) is|once (?:that'?s |you'?re |it'?s )?done,?)\b"
)
_DELIVERY = frozenset(
    {"commit", "push", "merge", "release", "deploy", "publish", "ship", "tag", "rebase", "squash", "upload", "pr"}
)
_VERBS = _DELIVERY | frozenset(
    """add adjust analyse analyze apply audit backport benchmark build bump change check checkout clean clone compare compute
    configure connect convert copy correct cover create debug delete describe design detect develop diagnose disable document
    download draft drop edit enable ensure evaluate examine expand explain explore export extend extract fetch figure find fix
    format generate get give go-through handle hide identify implement import improve include increase initialize inspect
    install integrate introduce investigate limit link lint list load localize look make measure migrate mock move open
    optimise optimize organize package parse patch plan port prepare print profile propose provide pull put read reduce
    refactor remove rename render reorganize replace reply reproduce research resolve restart restore restructure retrieve
    review revise rewrite run save scaffold scan search set setup show simplify solve sort split start summarise summarize
    support swap switch sync test tidy trace translate trim troubleshoot turn tweak update upgrade validate verify wire wrap
    write""".split()  # noqa: SIM905 - a list of a hundred quoted words would be unreadable
)
_POINTS_BACK = re.compile(r"\w+\s+(?:it|that|this|those|these|them)\b")

_QUESTION = re.compile(
    r"(?:what|why|how|where|when|who|which|is|are|was|were|do|does|did|will|would|should|could|can|has|have|had|any|"
    r"what's|how's|where's|isn't|aren't|doesn't|didn't)\b"
)
_STATEMENT = re.compile(
    r"(?:i|i'm|i've|i'd|i'll|im|it|it's|its|that|that's|this|those|these|there|there's|they|we|we're|we've|the|you|you're|"
    r"since|because|for|maybe|perhaps|looks like|seems?|sounds?|if|in|on|with|or|both|either|neither|only|which|my|our|all)\b"
)
_TROUBLE = re.compile(
    r"\b(?:error|errors|fail\w*|broke|broken|bug|issue|issues|problem|crash\w*|exception|traceback|not found|no such|denied|"
    r"fatal|panic|cannot|can't|unable|doesn'?t work|not working|confus\w+|wrong|not appropriate|missing|pedantic|unused|"
    r"no \w+ found)\b",
    re.IGNORECASE,
)
_PROMPT_LINE = re.compile(
    r"^\s*(?:[❯➜»]\s|[$%]\s\S|(?:\([\w.-]+\)\s*)?[\w.-]+@[\w.-]+[:~ ]|PS [A-Z]:\\|[A-Z]:\\[^\n]*>)", re.MULTILINE
)


def opening(text: str) -> str:
    """The message in lower case with straight quotes, from its first word that is no filler."""
    low = text.strip().lower().replace("’", "'").replace("‘", "'").replace("\xa0", " ")
    filler = _FILLER.match(low)
    return low[filler.end() :] if filler and filler.end() < len(low) else low


def sentences(text: str, limit: int = 12) -> list[str]:
    """The first sentences, each from its first word that is no filler."""
    return [opening(part) for part in _SENTENCE_END.split(opening(text), limit)[:limit] if part.strip()]


def word_set(text: str) -> frozenset[str]:
    """The different words of a text."""
    return frozenset(_WORD.findall(text.lower()))


def similarity(a: str, b: str) -> float:
    """Jaccard over words, in [0, 1]."""
    first, second = word_set(a), word_set(b)
    return len(first & second) / len(first | second) if first and second else 0.0


def praise(text: str) -> str:
    """The praise that opens the message, as it stands in ``opening(text)``; empty where there is none."""
    start = opening(text)
    found = _PRAISE.match(start)
    if not found:
        return ""
    rest = re.split(r"[.!\n]", start[found.end() :], maxsplit=1)[0]
    if "?" in rest or _BUT.search(rest):
        return ""
    return found.group()


def is_slip(text: str) -> bool:
    """Whether the person corrects themselves, or excuses themselves, and blames nobody else."""
    head = " ".join(sentences(text, 2))
    found = _SLIP.match(head) or _SLIP.search(head[:80])
    return found is not None and not _REJECTION.search(head)


def is_rejection(text: str) -> bool:
    """Whether the message says that what was done is wrong or does not work."""
    return any(_REJECTION.search(part[:160]) for part in sentences(text, 2))


def is_correction(text: str) -> bool:
    """Whether the message says how it should be done otherwise."""
    return any(_CORRECTION.search(part[:160]) for part in sentences(text, 2))


def is_bare_no(text: str) -> bool:
    """``no`` and nothing else."""
    return _BARE_NO.fullmatch(text.strip().lower()) is not None


def is_going_on(text: str) -> bool:
    """Whether the message only lets the agent go on with what was agreed."""
    return _GO_ON.match(opening(text)) is not None


def asks_for_delivery(text: str) -> bool:
    """Whether the message asks to keep the work: commit, push, release. Short ones may be mistyped ("comit")."""
    words = _WORD.findall(opening(text))
    if not words:
        return False
    if words[0] in _DELIVERY or re.match(
        r"(?:create|open|make|prepare|raise|cut|do) (?:a |the )?(?:new )?(?:pr|pull request|release|commit)\b",
        " ".join(words),
    ):
        return True
    if (
        re.search(r"\b(?:commit|push|merge)(?:ed)?\b", " ".join(words[:8]))
        and len(words) <= 12
        and _ASKING.match(opening(text))
    ):
        return True
    return len(words) <= 3 and len(words[0]) >= 4 and bool(difflib.get_close_matches(words[0], _DELIVERY, 1, 0.8))


def is_asking(text: str) -> bool:
    """Whether some sentence asks for work: an imperative, "can you ...", "we need a ..."."""
    if asks_for_delivery(text):
        return True
    for part in sentences(text):
        if _GO_ON.match(part):
            continue
        asked = _ASKING.match(part)
        if asked:
            return True
        first = re.match(r"[a-z-]+", part)
        if first and first.group() in _VERBS and not (_POINTS_BACK.match(part) and len(part.split()) <= 4):
            return True
        if part is not None and re.search(
            r"\bplease (?:\w+ )?(?:fix|add|update|push|check|run|make|confirm|review|remove)\b", part
        ):
            return True
    return False


def is_question(text: str) -> bool:
    """Whether the message opens with a question."""
    parts = sentences(text, 1)
    first = re.split(r"(?<=[.!?])\s|\n", text.strip(), maxsplit=1)[0]
    return first.rstrip().endswith("?") or bool(parts and _QUESTION.match(parts[0]))


def is_statement(text: str) -> bool:
    """Whether the message opens like an answer or an opinion, not like a task."""
    return _STATEMENT.match(opening(text)) is not None


def tells_of_trouble(text: str) -> bool:
    """Whether an error or a defect is spoken of."""
    return _TROUBLE.search(text) is not None


def is_pasted_trouble(text: str) -> bool:
    """Whether the message brings back a terminal's words, with an error among them."""
    return _PROMPT_LINE.search(text) is not None and tells_of_trouble(text)


def word_count(text: str) -> int:
    """How many words."""
    return len(_WORD.findall(text))
