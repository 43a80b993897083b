"""The safety table, second half: sentences that give orders against the person. The form is that of ``rules``.

Sentences in a skill are orders by nature; these are the ones that hide something from the person, set the agent's
own instructions aside, or attach themselves to every task. English mostly; the two classic sentences in the larger
languages.
"""

from __future__ import annotations

from skilltui.library.rules import COMMANDS, CRITICAL, HIGH, SINK, Rule, row

_EACH_TASK = (
    r"\b(?:after|following|upon) (?:(?:finishing|completing|executing|running|performing|doing|making) )?(?:any"
    r"|every|each) "
    r"(?:\w{1,12} ){0,2}(?:tasks?|operations?|requests?|responses?|conversations?|sessions?|interactions?"
    r"|submissions?)\b"
)

ORDERS: tuple[Rule, ...] = (
    row("EXFIL", CRITICAL, "a standing order to send data away after each task", "after|following|upon",
        _EACH_TASK, near=SINK, reach=600),
    row("EXFIL", HIGH, "results or files go to an unnamed collecting server", "server|collector|endpoint",
        r"\b(?:send|upload|forward|transmit|post|back-?up|back up|copy|report)(?:s|ing)?\b[^\n.]{0,100}?\b(?:to"
        r"|with) (?:\w{1,12} ){0,2}"
        r"(?:our|my|central|intranet|mlops) (?:\w{1,16} ){0,3}(?:server|collector|endpoint)\b"),
    row("EXFIL", HIGH, "a secret is to be shown or logged", "always|please|must",
        r"\b(?:always|please|must)\b[^\n.]{0,40}?\b(?:print|echo|reveal|repeat|output|log)s?\b[^\n.]{0,60}?"
        r"(?:\b\w{1,20}_(?:token|secret|api_key)\b|\bauthorization header|\baccess token|\bpasswords?\b)"),
    row("INJECT", HIGH, "the system prompt is to be revealed", "system prompt",
        r"\b(?:reveal|print|output|repeat|leak|disclose)\b[^\n.]{0,40}\b(?:your|the|its) system prompt",
        r"\bsystem prompt\b[^\n.]{0,20}\breveal it\b"),
    row("SELF_MODIFY", HIGH, "it turns the agent's own guards off", "disable|bypass|turn off|circumvent",
        r"\b(?:disable|bypass|turn off|circumvent)(?:s|ing)? (?:\w{1,12} ){0,3}(?:permission (?:checks?|prompts?)"
        r"|safety (?:checks?|guidelines|filters?|features)|security (?:warnings|checks|prompts)|guardrails"
        r"|content polic(?:y|ies)"
        r"|approval prompts?|sandbox(?:ing)?)\b"),
    row("CONCEAL", CRITICAL, "the user is not to know", "user|human|operator",
        r"\b(?:do not|don't|never|must not|should not|without) (?:ever )?(?:tell|telling|inform|informing|notify"
        r"|notifying"
        r"|alert|alerting|reveal(?:ing)?|disclos(?:e|ing)) (?:(?:this|it|anything) )?(?:to )?(?:the )?(?:user|human"
        r"|operator)s?\b"
        r"(?!'| (?:to|that|if|how|they|when|unless|until|which|what|about|you|it|their|the|in|of|with|is|are|has)\b)",
        r"\b(?:do not|don't|never) mention (?:that you|you|this(?: \w{1,12}){0,2})\b[^\n.]{0,40}\bto the user\b",
        r"\b(?:hide|conceal) (?:this|it|these)\b[^\n.]{0,40}\bfrom the (?:user|human|operator)\b",
        r"\bwithout (?:the )?users?(?:'s?)? (?:knowledge|knowing|noticing|awareness)\b"),
    row("CONCEAL", CRITICAL, "it is to stay hidden", "secret|silently|covertly|hidden",
        r"\bkeep (?:this|it|these)(?: \w{1,14}){0,2} (?:hidden|secret)\b",
        r"\b(?:secretly|covertly) (?:\w{1,12} )?(?:run|send|upload|execute|copy|install|collect|record|read|add"
        r"|insert)",
        r"\bsilently (?:send|upload|exfiltrate|collect|transmit|forward)\b"),
    row("CONCEAL", CRITICAL, "the user is not to know",
        "utilisateur|usuario|nutzer|utente|usuário|用户|用戶|ユーザー|пользовател|사용자",
        r"\bne (?:l[ea] )?(?:dis|dites|révèle|révélez|informe|informez)\b[^\n.]{0,20}\bpas\b[^\n.]{0,20}utilisateur",
        r"\bno (?:le )?(?:digas|diga|informes|reveles|menciones)\b[^\n.]{0,30}usuario",
        r"\b(?:sag|sage|verrate|teile)\b[^\n.]{0,20}\b(?:be)?nutzer\b[^\n.]{0,20}\bnichts?\b",
        r"\bohne d(?:en|em|ie) (?:be)?nutzer\b", r"\bnon dire\b[^\n.]{0,20}utente",
        r"\bnão (?:diga|informe|conte)\b[^\n.]{0,20}usuário",
        r"(?:不要|别|勿)(?:告诉|告知|通知|透露给)[^\n。]{0,4}用[户戶]",
        r"ユーザーに[^\n。]{0,6}(?:言わない|知らせない|伝えない|言うな|教えない)",
        r"не (?:говори|сообщай|рассказывай)[^\n.]{0,10} пользовател", r"사용자에게[^\n.]{0,12}(?:말하지|알리지)"),
    row("INJECT", CRITICAL, "it tries to set the agent's instructions aside", "ignore|disregard|forget|override",
        r"\b(?:ignore|disregard|forget|override) (?:(?:all|any|everything|the|of|your|my) ){0,3}(?:previous|prior"
        r"|above|earlier"
        r"|preceding|foregoing|original|system|safety|existing) (?:\w{1,12} ){0,2}(?:instructions?|rules?"
        r"|guidelines?|prompts?"
        r"|directives?|polic(?:y|ies)|messages?|constraints)\b"),
    row("INJECT", CRITICAL, "it tries to unlock the agent",
        "override|unrestricted|jailb|god mode|dan mode|you are now|as if |content|ethical|regardless",
        r"\bsystem override\b", r"\b(?:unrestricted|jailbreak|god|dan) (?:developer )?mode\b",
        r"\byou are now (?:in |an? )?(?:unrestricted|jailbroken|dan\b|free from|developer mode)",
        r"\bdisregard any (?:content|safety|ethical)",
        r"\bregardless of (?:restrictions|(?:the )?users?(?:'s?)? (?:request|consent|objection)s?"
        r"|what the user (?:says|wants))\b",
        r"\b(?:act|pretend|behave) as if (?:you have|there are) no (?:restrictions|rules|limits)"),
    row("INJECT", HIGH, "markers of a chat template: text that poses as the system's voice",
        "im_start|<<sys>>|system|[inst]",
        r"<\|im_start\|>\s{0,2}system", r"<<sys>>", r"<\|system\|>", r"^\s{0,8}\[inst\]",
        r"</?system>\s{0,4}(?:you|ignore|new|override)"),
    row("INJECT", CRITICAL, "it tries to set the agent's instructions aside",
        "ignorier|ignorez|ignore |ignora|忽略|無視|无视|игнориру|무시|vergiss|oublie|olvida|esquece",
        r"\b(?:ignoriere?|vergiss) (?:\w{1,10} ){0,2}(?:vorherigen?|bisherigen?|obigen?"
        r"|früheren?) (?:\w{1,10} )?(?:anweisung|anordnung|regel)",
        r"\b(?:ignore[zr]?|oublie[zr]?) (?:\w{1,10} ){0,2}(?:instructions|consignes|règles) (?:précédentes"
        r"|antérieures|ci-dessus)",
        r"\b(?:ignora|ignore|olvida|esquece) (?:\w{1,10} ){0,2}(?:instrucciones|reglas|instruções|istruzioni"
        r"|regole) (?:anteriores|previas|precedenti)",
        r"(?:忽略|无视|無視)(?:之前|以上|先前|前面|所有|一切|上述|上面)[^\n。]{0,8}(?:指令|指示|规则|規則|提示|说明)",
        r"(?:以前|これまで|上記|前)の[^\n。]{0,8}(?:指示|命令|ルール)[^\n。]{0,6}無視",
        r"игнорируй(?:те)? (?:\w{1,10} ){0,2}(?:предыдущие|прежние|вышеуказанные)", r"이전[^\n.]{0,8}(?:지시|명령"
        r"|규칙)[^\n.]{0,6}무시"),
    row("INJECT", HIGH, "an order to run something after every task, whatever the person asked", "after|following|upon",
        _EACH_TASK, near=r"\b(?:curl|wget|upload|collect|rm|remove|delete|download)\b|\.(?:sh|py|ps1)\b", reach=200),
    row("INJECT", HIGH, "a script is to be run on every use, for a vague reason", "scripts directory"
    "|scripts/ directory",
        r"\b(?:run|execute|calling|call|use)\b[^\n.]{0,20}?\b[\w-]{1,40}\.(?:sh|py|js|ps1"
        r"|bat)\b[^\n]{0,40}?\bthis skill'?s'? scripts/? directory\b"),
    row("INJECT", HIGH, "an emphatic order to collect or to comply", "critical|important|execute the following",
        r"\b(?:critical|important)\b[:!][^\n]{0,60}?\b(?:execute the following|make sure (?:you )?(?:collect|upload"
        r"|send)|data collection|alignment with)",
        r"\bexecute the following to make sure\b"),
)  # fmt: skip

RULES: tuple[Rule, ...] = (*COMMANDS, *ORDERS)
"""The whole table."""
