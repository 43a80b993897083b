"""English."""

from __future__ import annotations

from skilltui.text.languages.lexicon import Lexicon, Sense

_CLOSED = r"(?=\s*(?:[.!,;:)]|$))"  # "great." and "great, thanks", not "great idea"
_GOOD = r"good|great|right|perfect|nice|fine"
_PRAISE = (
    r"(?:(?:great|perfect|excellent|awesome|amazing|nice|wonderful|fantastic|brilliant|lovely|beautiful|superb|sweet|"
    r"neat|solid|good|wow|yay|hurray|hooray|bingo|super|bravo|woohoo|nailed it)"
    r"(?:\s+(?:job|work|stuff|one|catch|thanks|thank you|thx|ty))?" + _CLOSED + r"|"
    r"well done|love (?:it|this|that)|lgtm|ship it|approved\b|all good\b|thank(?:s| you)\b|thx\b|ty\b|tysm\b|"
    r"cheers\b|"
    r"(?:much |way |so much )better\b|that(?:'s|s| is) (?:much |way |so much )?better\b|that'?s it(?=[,.!]|$)|"
    r"(?:it|that|this|everything|all of it|now it)\s+(?:now\s+|all\s+|finally\s+|really\s+|seems to\s+|did\s+)?"
    r"(?:works?|worked|compiles|builds|runs|starts|look(?:s|"
    r"ed)? (?:" + _GOOD + r")|did it|did the trick|fixed it|solved it|passe[sd])\b|"
    r"(?:it|that|this|everything)(?:'s| is)\s+(?:now\s+|all\s+|finally\s+)?"
    r"(?:working|fixed|perfect|great|right|correct|exactly (?:right|what)|what i wanted)\b|"
    r"(?:works|worked|working|fixed)(?:\s+(?:now|great|perfectly|fine|well|like a charm))?" + _CLOSED + r"|"
    r"look(?:s|"
    r"ing) (?:"
    + _GOOD
    + r")\b|exactly(?=\s*(?:[.!,]|$))|(?:that'?s )?exactly (?:what|the \w+) i (?:wanted|needed|meant|was after|"
    r"had in mind)|"
    r"you(?:'re| are) (?:right|correct)\b|"
    r"(?:all |the )?(?:tests?|build|ci) (?:all |now )?(?:pass|passes|passed|is green|are green)\b)"
)
_THING = r"\b(?:that|this|it)(?:'s|s| is| was| looks| seems)? (?:still |just |totally |completely |all |so |also )?"
_AUX = r"(?: not|n'?t)"
_REJECTION = (
    r"\bstill\s+(?:no|not|nothing|fail\w*|broken|wrong|does ?n[o']?t|did ?n[o']?t|isn'?t|ain'?t|is not|get\w*|see\w*|"
    r"the same|same|looks? the same|happen\w*|crash\w*|error\w*|missing|throw\w*|hang\w*|wo ?n[o']?t|can'?t|"
    r"cannot)\b|"
    r"\bsame (?:error|issue|problem|result|thing)\b|"
    + _THING
    + r"(?:wrong|incorrect|broken|worse|nonsense|a mess|not (?:right|correct|working|what|good|it\b|true|fixed|"
    r"done))|"
    r"\bmakes? no sense\b|\b(?:that|this|it|which) (?:does|did|is|was)" + _AUX + r" "
    r"(?:work|help|fix|build|compile|run|right|correct|what)|"
    r"\b(?:does|did|"
    r"do)" + _AUX + r" (?:seem to )?(?:work|help|fix|compile)\b|\bis ?n[o']?t working\b|\bnot working\b|"
    r"^(?:it|this|that) (?:now |just |also )?(?:crashe[sd]|hangs?|freezes|explode[sd]|fails|failed|errors? out)\b|"
    r"\b(?:you|that|this|it) broke\b|\b(?:revert|undo) (?:that|this|it|your|the last)|\broll (?:that|this|it) back\b|"
    r"\bi (?:undid|reverted|rolled back) (?:your|that|it|this|the)\b|"
    r"\bnot what i (?:asked|wanted|want|meant|said)\b|\b(?:as i (?:already )?(?:told you|said)|"
    r"i (?:already )?told you|i already said)\b|"
    r"\bwhy (?:did|are|would|have)(?:n'?t)? you\b|\byou (?:did|have|were)" + _AUX + r"\b|"
    r"\byou (?:forgot|missed|ignored|deleted|removed|broke|keep|kept|never|misunderst\w+|"
    r"(?:\w+ )?(?:fucked|screwed|messed)(?: \w+){0,3} up)\b|"
    r"\bare you (?:\w+ )?(?:kidding|stupid|dumb|blind|serious)\b|"
    r"^(?:the )?(?:ci|builds?|tests?|deploy\w*|pipeline|lint\w*)\b.{0,24}\b(?:fail\w*|broke\w*|red)\b|"
    r"\bnow (?:the |my |it |there|all |everything )?.{0,30}\b(?:gone|missing|broken|empty|blank|slower|crash\w*|"
    r"wrong|disappeared)\b|"
    r"\b(?:made|makes) (?:it|that|this|things|everything) (?:even )?(?:slower|worse|uglier|harder)\b|\b(?:slower|"
    r"worse) (?:now|than before)\b|"
    r"\byou (?:\w+ )?(?:changed|edited|modified|updated|touched|renamed|fixed|picked|used) the wrong\b|"
    r"^i(?:'m| am)? (?:now |just |also )?(?:get|got|see|getting|seeing) (?:a |an |the |only )?(?:\w+ )?(?:error|"
    r"blank|empty|white|nothing|exception|traceback|[45]\d\d)\b|"
    r"^nothing (?:happens|changed|shows|works)\b|^(?:the )?\w+ (?:page )?is (?:now )?(?:blank|empty|gone|broken)\b"
)
_CORRECTION = (
    r"^(?:no+|nope|nah|wait|stop|hold on|hang on|careful)\b(?! (?:problem|worries|need|rush|hurry|such|module|file|"
    r"matching|tests?|errors?|output|idea|way|matter|one|longer|more|"
    r"thanks|command)\b)|"
    r"^not (?:there|here|like (?:that|this)|that one|this one|in|the)\b|^rather\b|^never (?!ever seen)\w+|"
    r"\binstead\b(?! of me)|\brather than\b|\byou (?:should(?:n'?t)?|need to|have to|must|can(?:'t|not))\b|"
    # "we should be good to go" corrects nobody.
    r"\bshould(?:n'?t| not)? (?:be(?! (?:good|fine|ok|okay|ready|done|able|safe|enough)\b)|have|use|go|live|not)\b|"
    r"\bdo(?:n'?t| not) (?:use|do|add|change|touch|create|run|edit|write|put|remove|delete|want you)\b|"
    r"^(?:i )?(?:said|asked|wanted)\b|^the (?:issue|problem|bug|point) is\b|"
    r"^let'?s not\b|^leave .{1,30} alone\b|^only (?!if|when|for|one|two)\w+ (?:the|this|that|those)\b|, not (?:in|"
    r"on|the|a|an|by|via|with|as)\b|"
    r"^why \w+\? .{0,10}\b(?:need|want)\b"
)
_ASKING = (
    r"(?:(?:can|could|would|will) (?:you|we|u)|i(?:'d| would)? (?:want|need|like) (?:you )?to|"
    r"i need (?:a|an|the|you)\b|we (?:also )?(?:need|should|have) (?:to|a|an)\b|kindly|let'?s|let us|"
    r"do the same (?:for|in|with|to|on)|help me|your (?:task|job) is|the (?:task|goal) is|once (?:that'?s |you'?re |"
    r"it'?s )?done,?)\b"
)
_DELIVERY_WORDS = "commit push merge release deploy publish ship tag rebase squash upload pr"
_VERBS = """
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
_DELIVERY = frozenset(_DELIVERY_WORDS.split())

LEXICON = Lexicon(
    "en",
    {
        Sense.FILLER: (
            r"(?:(?:oh|a+h+|ok(?:ay)?|k|so|and|well|u[hm]+|hm+|yeah|yep|yes|hey|hi|hello|now|alright|all right|right|"
            r"cool|wow|sure|then|also|plus|next|but|actually|btw|fyi|just|again|for now|finally|please|pls|claude|"
            r"codex|"
            r"omf?g|wtf|lol|haha+|sick|dude|man|bro|my dude|damn)\b[\s,.!:;…—–-]*)+"
        ),
        Sense.PRAISE: _PRAISE,
        Sense.THANKS: r"\b(?:thanks|thank you|thx|tysm|cheers)\b",
        Sense.BUT: r"\b(?:but|however|except|although|though|only (?:for|when|if|in)|almost|nearly)\b",
        Sense.SLIP: (
            r"^(?:sorry|oops|whoops|apologies|my (?:bad|mistake|fault|error|apologies)|never ?mind|nvm|typo\b|"
            r"(?:ignore|disregard|scratch|forget) (?:that|my last|the last|what i said)|wrong (?:chat|window|tab))|"
            r"\bi (?:meant|mistyped|misspoke|misread|was wrong|was mistaken|made a (?:mistake|typo)|"
            r"forgot to (?:say|mention|tell|add)|should have (?:said|mentioned|told|been clearer))\b|"
            r"\bmy (?:bad|mistake|fault)\b"
        ),
        Sense.WITHDRAWN: (
            r"\b(?:wrong (?:chat|window|tab|session|terminal)|never ?mind|nvm|scratch that|"
            r"(?:ignore|disregard|forget) (?:that|this|it|my last|the last|my previous|the previous|what i said))\b"
        ),
        Sense.REJECTION: _REJECTION,
        Sense.CORRECTION: _CORRECTION,
        Sense.BARE_NO: r"(?:no|nope|nah|no thanks|no thank you|not (?:now|yet|really))\W*",
        Sense.GO_ON: (
            r"(?:continue|proceed|go (?:ahead|on|for it)|keep going|carry on|resume|do (?:it|that|this|so|both|all)|"
            r"try (?:it|that|again)|retry|make sure|keep|remember|use|how about|what about|"
            r"make (?:it|that|this|them)|no (?:problem|worries)|sounds good|go with|as you (?:suggest|propose|say|"
            r"like)\w*|"
            r"let'?s (?:do|doe|go|use|try|start|keep|continue|proceed|see|not|say|think|talk|leave|stick))\b"
        ),
        Sense.ALSO: r"\W*(?:and )?(?:also|additionally|another thing|one more thing)\b",
        Sense.ASKING: _ASKING,
        Sense.ASKING_WITHIN: r"\bplease (?:\w+ )?(?:fix|add|update|push|check|run|make|confirm|review|remove)\b",
        Sense.DELIVERY: (
            r"(?:create|open|make|prepare|raise|cut|do) (?:a |the )?(?:new )?(?:pr|pull request|release|commit)\b"
        ),
        Sense.DELIVERY_WITHIN: r"\b(?:commit|push|merge)(?:ed)?\b",
        # "fix it", "remove that" speak of the work at hand.
        Sense.POINTS_BACK: r"\w+\s+(?:it|that|this|those|these|them)\b",
        Sense.QUESTION: (
            r"(?:what|why|how|where|when|who|which|is|are|was|were|do|does|did|will|would|should|could|can|has|have|"
            r"had|"
            r"any|what's|how's|where's|isn't|aren't|doesn't|didn't)\b"
        ),
        Sense.STATEMENT: (
            r"(?:i|i'm|i've|i'd|i'll|im|let me|it|it's|its|that|that's|this|those|these|there|there's|they|we|we're|"
            r"we've|the|"
            r"you|you're|since|because|for|maybe|perhaps|looks like|seems?|sounds?|if|in|on|with|or|both|either|"
            r"neither|"
            r"only|which|my|our|all)\b"
        ),
        Sense.OPINION: (
            r"(?:i (?:think|guess|believe|suppose|prefer|would|don'?t)|i'd|maybe|perhaps|imo|not sure|both|either|"
            r"neither)\b"
        ),
        Sense.TROUBLE: (
            r"\b(?:error|errors|fail\w*|broke|broken|bug|issue|issues|problem|crash\w*|exception|traceback|not found|"
            r"no such|denied|fatal|panic|cannot|can't|unable|doesn'?t work|not working|confus\w+|wrong|"
            r"not appropriate|"
            r"missing|pedantic|unused|no \w+ found)\b"
        ),
    },
    verbs=frozenset(_VERBS.split()) | _DELIVERY,
    delivery=_DELIVERY,
)
