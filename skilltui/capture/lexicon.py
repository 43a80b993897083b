"""The patterns behind ``phrases``: English openings and turns of phrase, on lower-case text with straight quotes.

Where a pattern begins with ``^`` or is used with ``match`` it looks at the first word that is no filler.
"""

from __future__ import annotations

import re

FILLER = re.compile(
    r"(?:(?:oh|a+h+|ok(?:ay)?|k|so|and|well|u[hm]+|hm+|yeah|yep|yes|hey|hi|hello|now|alright|all right|right|cool|"
    r"wow|sure|then|also|plus|next|but|actually|btw|fyi|just|again|for now|finally|please|pls|claude|codex)\b"
    r"[\s,.!:;…—–-]*)+"
)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+|\s+(?:—|–|--)\s+")
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")

_CLOSED = r"(?=\s*(?:[.!,;:)]|$))"  # "great." and "great, thanks", not "great idea"
_GOOD = r"good|great|right|perfect|nice|fine"
PRAISE = re.compile(
    r"(?:(?:great|perfect|excellent|awesome|amazing|nice|wonderful|fantastic|brilliant|lovely|beautiful|superb|sweet|"
    r"neat|good|wow|yay|hurray|hooray|bingo)(?:\s+(?:job|work|stuff|one|catch|thanks|thank you))?" + _CLOSED + r"|"
    r"well done|love (?:it|this|that)|lgtm|ship it|approved\b|all good\b|thank(?:s| you)\b|thx\b|ty\b|much better\b|"
    r"(?:it|that|this|everything|all of it|now it)\s+(?:now\s+|all\s+|finally\s+|really\s+|seems to\s+|did\s+)?"
    r"(?:works?|worked|look(?:s|ed)? (?:" + _GOOD + r")|did it|fixed it|solved it|passe[sd])\b|"
    r"(?:it|that|this|everything)(?:'s| is)\s+(?:now\s+|all\s+|finally\s+)?"
    r"(?:working|fixed|perfect|great|right|correct|exactly (?:right|what)|what i wanted)\b|"
    r"(?:works|worked|working|fixed)(?:\s+(?:now|great|perfectly|fine|well|like a charm))?" + _CLOSED + r"|"
    r"look(?:s|ing) (?:" + _GOOD + r")\b|exactly(?=\s*(?:[.!,]|$))|you(?:'re| are) (?:right|correct)\b|"
    r"(?:the )?(?:tests?|build|ci) (?:now )?(?:pass|passes|passed|is green|are green)\b)"
)
BUT = re.compile(r"\b(?:but|however|except|although|though|only (?:for|when|if|in)|almost|nearly)\b")

SLIP = re.compile(
    r"^(?:sorry|oops|whoops|apologies|my (?:bad|mistake|fault|error|apologies)|never ?mind|nvm|typo\b)|"
    r"\bi (?:meant|mistyped|misspoke|misread|was wrong|was mistaken|made a (?:mistake|typo)|"
    r"forgot to (?:say|mention|tell|add)|should have (?:said|mentioned|told|been clearer))\b|"
    r"\bmy (?:bad|mistake|fault)\b"
)

_THING = r"\b(?:that|this|it)(?:'s|s| is| was| looks| seems)? (?:still |just |totally |completely |all )?"
REJECTION = re.compile(
    r"\bstill\s+(?:no|not|nothing|fail\w*|broken|wrong|does ?n[o']?t|did ?n[o']?t|isn'?t|ain'?t|is not|get\w*|see\w*|"
    r"the same|same|happen\w*|crash\w*|error\w*|missing|throw\w*|hang\w*|wo ?n[o']?t|can'?t|cannot)\b|"
    r"\bsame (?:error|issue|problem|result|thing)\b|"
    + _THING
    + r"(?:wrong|incorrect|broken|worse|nonsense|a mess|not (?:right|correct|working|what|good|it\b|true|fixed|done))|"
    r"\b(?:that|this|it|which) (?:does|did|is|was)(?: not|n'?t) (?:work|help|fix|build|compile|run|right|correct|what)|"
    r"\b(?:does|did|do)(?: not|n'?t) (?:seem to )?(?:work|help|fix|compile)\b|\bis ?n[o']?t working\b|\bnot working\b|"
    r"\b(?:you|that|this|it) broke\b|\b(?:revert|undo) (?:that|this|it|your|the last)|\broll (?:that|this|it) back\b|"
    r"\bnot what i (?:asked|wanted|want|meant|said)\b|\b(?:i|as i) (?:already )?(?:told you|said)\b|"
    r"\bwhy (?:did|are|would|have) you\b|\byou (?:did|have|were)(?: not|n'?t)\b|"
    r"\byou (?:forgot|missed|ignored|deleted|removed|broke|keep|kept|never|misunderst\w+)\b|"
    r"^(?:the )?(?:ci|builds?|tests?|deploy\w*|pipeline|lint\w*)\b.{0,24}\b(?:fail\w*|broke\w*|red)\b"
)
CORRECTION = re.compile(
    r"^(?:no+|nope|nah|wait|stop|hold on|hang on|careful)\b(?! problem| worries| need)|"
    r"\binstead\b(?! of me)|\brather than\b|\byou (?:should(?:n'?t)?|need to|have to|must|can(?:'t|not))\b|"
    r"\bshould(?:n'?t| not)? (?:be|have|use|go|live|not)\b|"
    r"\bdo(?:n'?t| not) (?:use|do|add|change|touch|create|run|edit|write|put|remove|delete|want you)\b|"
    r"^(?:i )?(?:said|asked|wanted)\b|^the (?:issue|problem|bug|point) is\b"
)
BARE_NO = re.compile(r"(?:no|nope|nah|no thanks|no thank you|not (?:now|yet|really))\W*")

# Going on with what is agreed: no task of its own.
GO_ON = re.compile(
    r"(?:continue|proceed|go (?:ahead|on|for it)|keep going|carry on|resume|do (?:it|that|this|so|both|all)|"
    r"try (?:it|that|again)|retry|make sure|keep|remember|use|how about|what about|make (?:it|that|this|them)|"
    r"let'?s (?:do|doe|go|use|try|start|keep|continue|proceed|see|not|say|think|talk|leave|stick))\b"
)
ASKING = re.compile(
    r"(?:(?:can|could|would|will) (?:you|we|u)|i(?:'d| would)? (?:want|need|like) (?:you )?to|"
    r"i need (?:a|an|the|you)\b|we (?:also )?(?:need|should|have) (?:to|a|an)\b|kindly|let'?s|let us|"
    r"help me|your (?:task|job) is|the (?:task|goal) is|once (?:that'?s |you'?re |it'?s )?done,?)\b"
)
ASKING_WITHIN = re.compile(r"\bplease (?:\w+ )?(?:fix|add|update|push|check|run|make|confirm|review|remove)\b")

DELIVERY = frozenset(
    {"commit", "push", "merge", "release", "deploy", "publish", "ship", "tag", "rebase", "squash", "upload", "pr"}
)
DELIVERY_OPENING = re.compile(
    r"(?:create|open|make|prepare|raise|cut|do) (?:a |the )?(?:new )?(?:pr|pull request|release|commit)\b"
)
DELIVERY_WITHIN = re.compile(r"\b(?:commit|push|merge)(?:ed)?\b")
_IMPERATIVES = """
    add adjust analyse analyze apply audit backport benchmark build bump change check checkout clean clone compare
    compute configure connect convert copy correct cover create debug delete describe design detect develop diagnose
    disable document download draft drop edit enable ensure evaluate examine expand explain explore export extend
    extract fetch figure find fix format generate get give handle hide identify implement import improve include
    increase initialize inspect install integrate introduce investigate limit link lint list load localize look make
    measure migrate mock move open optimise optimize organize package parse patch plan port prepare print profile
    propose provide pull put read reduce refactor remove rename render reorganize replace reply reproduce research
    resolve restart restore restructure retrieve review revise rewrite run save scaffold scan search set setup show
    simplify solve sort split start summarise summarize support swap switch sync test tidy trace translate trim
    troubleshoot turn tweak update upgrade validate verify wire wrap write
"""
VERBS = DELIVERY | frozenset(_IMPERATIVES.split())
POINTS_BACK = re.compile(r"\w+\s+(?:it|that|this|those|these|them)\b")

QUESTION = re.compile(
    r"(?:what|why|how|where|when|who|which|is|are|was|were|do|does|did|will|would|should|could|can|has|have|had|any|"
    r"what's|how's|where's|isn't|aren't|doesn't|didn't)\b"
)
STATEMENT = re.compile(
    r"(?:i|i'm|i've|i'd|i'll|im|it|it's|its|that|that's|this|those|these|there|there's|they|we|we're|we've|the|you|"
    r"you're|since|because|for|maybe|perhaps|looks like|seems?|sounds?|if|in|on|with|or|both|either|neither|only|"
    r"which|my|our|all)\b"
)
OPINION = re.compile(
    r"(?:i (?:think|guess|believe|suppose|prefer|would|don'?t)|i'd|maybe|perhaps|imo|not sure|both|either|neither)\b"
)
TROUBLE = re.compile(
    r"\b(?:error|errors|fail\w*|broke|broken|bug|issue|issues|problem|crash\w*|exception|traceback|not found|no such|"
    r"denied|fatal|panic|cannot|can't|unable|doesn'?t work|not working|confus\w+|wrong|not appropriate|missing|"
    r"pedantic|unused|no \w+ found)\b",
    re.IGNORECASE,
)
PROMPT_LINE = re.compile(
    r"^\s*(?:[❯➜»]\s|[$%]\s\S|(?:\([\w.-]+\)\s*)?[\w.-]+@[\w.-]+[:~ ]|PS [A-Z]:\\|[A-Z]:\\[^\n]*>)", re.MULTILINE
)
