"""German, also as typed without umlauts ("fuer", "fur")."""

from __future__ import annotations

from skilltui.text.languages.lexicon import Lexicon, Sense

_CLOSED = r"(?=\s*(?:[.!,;:)]|$))"
_RUNS = r"(?:geht|funktioniert|funzt|klappt|lauft|laeuft|haut hin|tut|passt)"
_PRAISE = (
    r"(?:(?:super|perfekt|prima|klasse|toll|spitze|genial|geil|top|sauber|stark|ausgezeichnet|hervorragend|"
    r"grossartig|"
    r"wunderbar|bestens|mega|cool|schon|sehr schon|sehr gut|gut so|gut|bravo|hammer|lauft|laeuft|klappt|passt|"
    r"funktioniert|nicht schlecht|gar nicht schlecht|lgtm|nice|perfect|great)"
    r"(?:\s+(?:so|jetzt|gemacht|geworden|danke\w*|gelost|geloest|arbeit|wieder|alles))*" + _CLOSED + r"|"
    r"(?:vielen |tausend |besten |lieben |herzlichen )?dank(?:e|eschon|eschoen)?\b|merci\b|thx\b|"
    r"(?:gute|super|tolle|klasse|saubere) (?:arbeit|sache|losung|loesung)\b|(?:gut|super|toll|prima|"
    r"klasse) gemacht\b|"
    r"sieht (?:jetzt |schon |alles )?(?:gut|super|prima|perfekt|toll|besser|richtig) aus\b|(?:viel|"
    r"schon viel) besser\b|"
    r"genau(?: so)?(?: wollte| hab| habe| meinte| brauchte|[.!]|,? ?(?:danke|super|passt)|$)|das wars?(?= |,|"
    r"$)(?! nicht)|genau das (?:wollte|meinte)\b|"
    r"(?:jetzt |nun |endlich |es |das |alles |so )+(?:wieder |jetzt |endlich )?"
    + _RUNS
    + r"(?: (?:jetzt|nun|wieder|endlich|alles|super|gut|prima|einwandfrei|perfekt|wunderbar))*"
    + _CLOSED
    + r"|"
    + _RUNS
    + r" (?:jetzt|nun|wieder|endlich|super|alles|einwandfrei|wunderbar|perfekt)\b|"
    r"(?:alle )?tests? (?:sind |laufen |gehen )?(?:jetzt |wieder |alle )*(?:grun|gruen|durch)\b|alles (?:gut|grun|"
    r"gruen|klar)\b)"
)
_REJECTION = (
    r"\b(?:geht|funktioniert|funzt|klappt|lauft|laeuft|passt|stimmt|hilft|baut|startet|kompiliert|tut)\b"
    r"(?: \w+){0,3}? (?:nicht|nix|nich|net)\b|"
    r"\b(?:immer ?noch|noch immer|wieder|weiterhin) (?:\w+ ){0,2}?(?:nicht|kaputt|falsch|fehler\w*|der gleiche|"
    r"die gleiche|"
    r"das gleiche|derselbe|dasselbe|dieselbe|rot|fehl|ab)\b|"
    r"\b(?:der)?(?:selbe|gleiche[rns]?) (?:fehler|problem|meldung|ergebnis|mist)\b|"
    r"\b(?:das|es|dies|alles) (?:ist|war|wird|sieht) (?:(?!nicht)\w+ ){0,3}?(?:falsch|kaputt|quatsch|blodsinn|"
    r"bloedsinn|unsinn|mist|"
    r"schlechter|schlimmer|verkehrt|nicht (?:richtig|korrekt|das|was|so|gut))\b|"
    r"^(?:ne+|nein|nee)?,? ?(?:falsch|quatsch|unsinn|mist|blodsinn|bloedsinn)(?=[\s.!,]|$)|\b(?:alles|"
    r"jetzt) kaputt\b|"
    r"\b(?:ist|sind) (?:\w+ ){0,2}?kaputt\b|\bwar (?:\w+ )?vorher besser\b|"
    r"\b(?:ruckgangig|rueckgaengig)\b|\b(?:nimm|mach) (?:das|es) (?:wieder )?(?:zuruck|zurueck|weg)\b|"
    r"\bnicht (?:das,? )?was ich (?:wollte|will|meinte|gesagt|gefragt)\b|\b(?:hab|habe) ich (?:so )?nicht (?:gesagt|"
    r"gewollt|"
    r"gemeint|gefragt|verlangt)\b|\bich (?:hab|habe) (?:das |es |so )?nicht (?:gesagt|gewollt|gemeint)\b|"
    r"\b(?:warum|wieso|weshalb) (?:hast|machst|anderst|aenderst|loschst|loeschst|nimmst|hattest) du\b|"
    r"\bdu hast (?:\w+ ){0,4}?(?:geloscht|geloescht|vergessen|entfernt|ubersehen|uebersehen|kaputt|ignoriert|"
    r"uberschrieben|ueberschrieben|zerschossen|falsch)\b|"
    r"^(?:der |die |das )?(?:build|tests?|ci|pipeline|deploy\w*|lint\w*)\b.{0,24}\b(?:fehl|rot|kaputt|bricht|schief)|"
    r"\bhat (?:leider )?(?:nicht|nix|nichts) (?:geholfen|gebracht|geklappt|funktioniert)\b|\bbringt nichts\b|"
    r"\bnoch (?:viel )?(?:schlimmer|schlechter)\b|\bsturzt (?:\w+ ){0,2}?ab\b|\bstuerzt (?:\w+ ){0,2}?ab\b|"
    r"\b(?:jetzt|nun) (?:fehlt|fehlen|ist|sind|kommt|crasht|hangt|haengt|steht) (?:\w+ ){0,4}?(?:weg|leer|kaputt|"
    r"langsamer|fehler\w*|nix|nichts|nicht|verschwunden|schlechter|[45]\d\d)\b|"
    r"\b(?:jetzt|nun) (?:fehlt|fehlen)\b|\b(?:viel |noch )?(?:langsamer|schlechter|schlimmer|haesslicher|"
    r"hasslicher) als (?:vorher|davor)\b|\bgar nicht mehr\b|"
    r"\b(?:falsche[nrs]?) (?:datei|stelle|funktion|klasse|ordner|branch|methode) (?:geandert|geaendert|angefasst|"
    r"bearbeitet|genommen|erwischt)\b|"
    r"^ich (?:bekomme?|krieg\w*|seh\w*) (?:\w+ ){0,3}?(?:fehler\w*|leere|weisse|nix|nichts|exception|[45]\d\d)\b|"
    r"^es passiert nichts\b"
)
_DO = (
    r"anlegen|andern|aendern|anfassen|verwenden|benutzen|nehmen|nutzen|hinzufugen|hinzufuegen|schreiben|loschen|"
    r"loeschen|"
    r"machen|einbauen|erstellen|entfernen|umbenennen|committen|pushen"
)
_CORRECTION = (
    r"^(?:nein|ne+|nope|no|halt|stop+|stopp|warte|moment|vorsicht|achtung)\b(?! gut| kein| danke)|"
    r"^(?:so |da |hier )?nicht (?:so|da|hier|dort|in|im|die|den|das|mit|auf)\b|^(?:hier|da|dort|so) nicht\b|"
    r"\bstattdessen\b|\bstatt\b|\banstelle\b|\banstatt\b|^(?:dann )?lieber\b|\bsondern\b|"
    r"\bdu (?:sollst|solltest|darfst|musst)\b|\b(?:sollte|sollten|gehort|gehoert|muss|mussen|muessen)(?:n)? "
    r"(?:\w+ ){0,3}?(?:sein|in|ins|nach|zu|heissen|async|werden|bleiben)\b|"
    r"\b(?:bitte )?keine? (?:\w+ ){1,3}?(?:" + _DO + r")\b|\bnicht (?:\w+ )?(?:" + _DO + r")\b|"
    r"^(?:bitte )?(?:fass|verwende|benutze?|nimm|nutze?|mach|schreib|andere?|aendere?|losche?|loesche?|erstell|leg)"
    r"\b.{0,40}\b(?:nicht|keine?n?|kein)\b|"
    r"\bich (?:hab|habe|hatte) (?:doch |ja |dir )*(?:gesagt|geschrieben|gebeten)\b|^nur (?:die|den|das|der)\b|"
    r"^das (?:problem|thema) ist\b|"
    r"^lass (?:die|den|das|der) .{1,30}\bin ruhe\b|, (?:und )?nicht (?:in|im|auf|die|den|das|der|ein|mit)\b|"
    r"\bnicht (?:im|in der|in den|ins) \w+,|"
    r"^(?:warum|wieso) \w+\? .{0,14}\b(?:brauche?|will|wollte)\b"
)
_VERBS = """
    fuge fuege bau baue erstell erstelle schreib schreibe mach mache andere aendere anpassen pass aktualisier
    aktualisiere fix fixe behebe repariere entfern entferne losch losche loesche benenne nenne zeig zeige schau
    guck pruf prufe pruef pruefe check teste test implementier implementiere refactor refactore dokumentier
    dokumentiere optimier optimiere verschieb verschiebe ersetz ersetze erklar erklare erklaer erklaere such suche
    finde installier installiere konfigurier konfiguriere ubersetz ubersetze uebersetze erweiter erweitere trenn
    richte setz setze stell stelle raum raeum analysier analysiere untersuch untersuche generier generiere lass
    lies nimm
"""

LEXICON = Lexicon(
    "de",
    {
        Sense.FILLER: (
            r"(?:(?:ok(?:ay)?|oki|also|so|ja|jo|joa|na|naja|nun|und|dann|ah+|oh|ach(?: so)?|hm+|hey|hi|hallo|moin|"
            r"alles klar|ubrigens|uebrigens|jetzt|bitte|mal|aber|noch was|als nachstes|als naechstes|weiter)\b"
            r"[\s,.!:;…—–-]*)+"
        ),
        Sense.PRAISE: _PRAISE,
        Sense.THANKS: r"\b(?:danke\w*|merci|dank dir|vielen dank|thx)\b",
        Sense.BUT: r"\b(?:aber|jedoch|allerdings|ausser|nur noch|fast|beinahe|bis auf)\b|\bnur (?:wenn|bei|fur|"
        r"fuer)\b",
        Sense.SLIP: (
            r"^(?:sorry|sry|ups+|hoppla|oh sorry|entschuldig\w*|verzeihung|tut mir leid|mein fehler|vergiss (?:es|"
            r"das)|"
            r"vertippt|falsche[srn]? (?:terminal|fenster|chat|datei|branch))|"
            r"\bich (?:meinte|hab mich|habe mich|hatte mich|war im falschen|lag falsch)\b|"
            r"\bmein(?:e)? (?:fehler|schuld)\b|\bmich (?:vertan|vertippt|geirrt|verlesen)\b|\bwar (?:ich )?(?:auf|"
            r"in|im) (?:dem |der )?falschen\b"
        ),
        Sense.WITHDRAWN: r"\b(?:vergiss (?:es|das)|falsche[sr]? (?:chat|fenster|terminal)|ignorier (?:das|"
        r"die letzte))\b",
        Sense.REJECTION: _REJECTION,
        Sense.CORRECTION: _CORRECTION,
        Sense.BARE_NO: r"(?:nein|ne+|nee|nope|no|nein danke|noch nicht|jetzt nicht|eher nicht)\W*",
        Sense.GO_ON: (
            r"(?:weiter(?:machen)?|mach (?:das|es|so|mal|bitte )?(?:weiter|beides|alles|ruhig|so)|mach (?:das|es|"
            r"mal)(?=[\s.!,]*$)|"
            r"leg los|los|fahr fort|gerne|einverstanden|von mir aus|kein problem|kein ding|nicht schlimm|"
            r"macht nichts|"
            r"versuchs? (?:es )?(?:nochmal|noch mal)|probier|behalte?|denk dran|pass auf|achte)\b"
        ),
        Sense.ALSO: r"\W*(?:und )?(?:ausserdem|zusatzlich|zusaetzlich|noch (?:was|etwas)|des weiteren)\b",
        Sense.ASKING: (
            r"(?:(?:kannst|konntest|koenntest|wurdest|wuerdest|magst) du|kannst\b|konnen wir|koennen wir|"
            r"ich (?:will|mochte|moechte|brauche|hatte gern|haette gern)|"
            r"wir (?:brauchen|mussen|muessen|sollten|wollen)|lass uns|hilf mir|bitte \w+)\b"
        ),
        Sense.ASKING_WITHIN: (
            r"\bbitte (?:\w+ ){0,6}?(?:hinzufugen|hinzufuegen|erstellen|schreiben|anpassen|fixen|beheben|"
            r"aktualisieren|"
            r"dokumentieren|prufen|pruefen|umbauen|refactoren)\b|\b(?:hinzu|um|ein)$|"
            r"\b(?:dokumentieren|hinzufugen|hinzufuegen|erstellen|schreiben|anpassen|fixen|beheben|aktualisieren|"
            r"umbauen|"
            r"umbenennen|einbauen|aufraumen|aufraeumen|testen|refactoren|entfernen|loschen|loeschen)[.! ]*$|"
            r"\b(?:zeig|schreib|bau|fuge?|fuege?|mach|erstelle?|benenne?) (?:\w+ ){1,8}(?:an|hinzu|um|ein|auf)\b"
        ),
        Sense.DELIVERY: (
            r"(?:bitte |jetzt |dann |und |du |kannst |kannste |mal )*(?:commit\w*|push\w*|merge\w*|einchecken|"
            r"release\w*|"
            r"deploy\w*|veroffentliche\w*|veroeffentliche\w*)\b|"
            r"(?:mach|erstell|erstelle|offne|oeffne|eroffne) (?:\w+ ){0,2}?(?:pr|pull request|commit|merge request|"
            r"release)\b"
        ),
        Sense.DELIVERY_WITHIN: r"\b(?:commit|committen|pushen|push|mergen|merge)\b",
        Sense.POINTS_BACK: r"\w+\s+(?:das|es|die|den|dies|diese)\b",
        Sense.QUESTION: (
            r"(?:was|warum|wieso|weshalb|wie|wo|wann|wer|welche[rsnm]?|ist|sind|war|hast|hat|haben|wird|geht|gibts|"
            r"gibt|"
            r"kann|soll|sollte|muss|darf|wurde|wozu)\b"
        ),
        Sense.STATEMENT: (
            r"(?:ich|es|das|dies|da|der|die|wir|sie|er|du|weil|denn|vielleicht|in|im|auf|mit|oder|beide|beides|nur|"
            r"mein\w*|"
            r"unser\w*|wenn|falls|unter|bei|scheint)\b"
        ),
        Sense.OPINION: r"(?:ich (?:glaube|denke|finde|wurde|wuerde|meine)|vielleicht|wahrscheinlich|keine ahnung|"
        r"egal)\b",
        Sense.TROUBLE: (
            r"\b(?:fehler\w*|kaputt|problem\w*|sturzt|stuerzt|falsch|fehlt|geht nicht|error|exception|traceback|"
            r"failed|"
            r"not found|denied|fatal)\b"
        ),
    },
    verbs=frozenset(_VERBS.split()),
)
