"""Which language a message is in, from its script and its small words.

English unless another language clearly speaks: an English message judged by French words is worse than a French one
that is not understood. So words that are English as well ("die", "gift", "chat", "sale") count little or nothing, and
English words count against all others.
"""

from __future__ import annotations

from functools import cache

from skilltui.text.late import late

# A word of prose, not of a path, a file name, an identifier or a call.
_WORD = late(r"(?<![\w./\\@#=$])[a-z]+(?![\w/\\@#=(]|\.\w)")
_CYRILLIC_WORD = late(r"[а-я]+")
_CYRILLIC_OF_OTHERS = late(r"[іїєґўђјљњћџѓќѕ]")
_KANA = late(r"[ぁ-ゖァ-ヺ]")
_HAN = late(r"[㐀-鿿豈-﫿]")
_HANGUL = late(r"[가-힣]")
# Japanese words without kana.
_JAPANESE_HAN = late(r"駄目|承知|了承|直後|残念|無理$")
_LOOKED_AT = 600

# Counting twice.
_STRONG = {
    "en": """
        the and that this with you your they there then than from have has does doesn doesnt isn isnt wasn didn
        didnt don dont wont can could would should shouldn still what why how when where which please thanks thx
        yes yep nope it its is are be been not i we my add fix make run check wrong works working broken instead
        great good looks again just now need want let also of to for but file all any some test tests page
    """,
    "de": """
        nicht ist und ein eine einen einem einer ich mit auf fur fuer geht funktioniert noch immernoch nochmal
        jetzt aber doch kein keine keinen bitte danke mach mache machs wie warum wieso wird wurde werden hast
        habe hab haben sind zum zur vom beim von oder wenn dass weil schon nein nee ja passt klappt lauft laeuft
        falsch perfekt sieht gut weiter stattdessen lieber sondern benutz benutze nimm nehm kannst konnen
        koennen sollte sollst soll muss wir mir mich dir uns fehler datei dateien alles genau quatsch ruckgangig
        rueckgaengig kaputt das dem wo was war fuge fuege erstelle bau baue schreib schreibe andere aendere pruf
        pruef losch loesch zeig zeige vielen dank super sauber geil prima klasse spitze immer wieder gleiche
        gleich halt statt nur eigentlich vertan meinte vergiss stimmt ups mein fehlt uber ueber ohne diese
        dieser dieses wurd besser nochn hinzu nen nochmals vorher naechste nachste nachstes naechstes zeile
        verstanden leider hier dort stop warte jo joa nich klappts gehts laufts lauf furs
    """,
    "fr": """
        est pas ne une des les du et qui pour avec dans sur sans mais je elle nous vous ce cette ces ca cela
        merci oui toujours tjrs tjs encore aussi deja fais faut peux peut veux voulais etre sont suis parfait
        utilise plutot stp svp marche marchait fonctionne erreur fichier fichiers attends pourquoi quand tres
        corrige annule remets pousse fusionne desole oups faute ajoute enleve supprime mets maintenant voila
        demande juste rien impeccable dossier meme mauvais mauvaise faux ecris montre nickel bravo aucun souci
        cree crees casse plante lieu besoin comme vas tout quoi ton mes ses bon bien beau jai ai dit cest pouvez
        pourrais regarde renomme ensuite page jaimerais aimerais trompe peu vraiment trop niquel ouais enfin ici
        autre autres donc il lui leur au aux
    """,
    "es": """
        el los las una unos para por con sin pero esta este esto eso esa ese muy mas ya lo su mi del gracias
        perfecto funciona funcionan funciono sigue siguen mal bien asi aqui ahora hay hace haz hazlo puedes
        podrias podes quiero tiene tienes tengo anda archivo archivos mejor tambien agrega anade anadir agregar
        crea cambia borra borraste deberia cuando donde como porque otra otro vez lugar nada todo todos listo
        genial excelente buenisimo dale sube espera perdon ups deja arregla revisa mismo misma falla fallando
        fallan toques hagas uses agregues pongas usa quise decir culpa mia equivoque rompio rompiste peor deshaz
        revierte necesito necesitamos muestra muestrame escribe renombra luego despues entonces vale estaba
        sirve salio salieron quedo queda eres sos hizo hiciste pasa pasan buen buena bueno incorrecto correcto
        justo queria pedi dije si claro ninguno estan son era puede usar cambios rama ponlo hacerlo que jala
        chido carpeta lujo
    """,
    # Neighbours that share small words with the four above: recognised so that those are not applied.
    "": """
        nao voce uma isso esse essa foi tem muito obrigado obrigada funcionou tambem ainda deu aquivo arquivo
        para pra che puoi sono questo questa perche grazie funziona ancora sbagliato bene anche della nella gli
        het een niet deze dit werkt nog maar ook naar dank je goed zijn geen wel moet och inte det jag fungerar
        tack fortfarande ikke jeg virker og nie jest dziala dziekuje prosze tak jeszcze bir icin degil
        calismiyor tesekkurler hala ve bu ei toimi kiitos nem koszonom mukodik
    """,
}
# Counting once: short words that are more than one language's, or a name or an English word as well.
_WEAK = {
    "en": "a an in on at or if so as up out no ok use try one me he do will was",
    "de": "der die den so es im du in an zu bei da nun mal man hat bin alle ok top",
    "fr": "le la un de en que tu te se on si ou son ta ma sa plus non ok top super nul d l c n j qu s t a",
    "es": "la un de en que tu te se si y al es no va le me mi fue hay solo ni o ok top super",
    "": "de e o a il la un non que em no da do ma si la ik en op is dat van er za se na i w z to",
}


@cache
def _weights() -> dict[str, tuple[tuple[str, int], ...]]:
    found: dict[str, dict[str, int]] = {}
    for table, weight in ((_WEAK, 1), (_STRONG, 2)):
        for code, words in table.items():
            for word in words.split():
                found.setdefault(word, {})[code] = weight
    return {word: tuple(codes.items()) for word, codes in found.items()}


def recognise(folded: str, raw: str) -> str:
    """A code of ``languages``, or empty where it is none of them. ``folded`` is ``raw`` as patterns see it."""
    head = folded[:_LOOKED_AT]
    weights = _weights()
    scores = {"en": 0, "de": 0, "fr": 0, "es": 0, "": 0}
    for word in _WORD().findall(head):
        for code, weight in weights.get(word, ()):
            scores[code] += weight
    if not raw.isascii():
        foreign = _script(head)
        if foreign is not None and foreign[1] * 2 > scores["en"]:
            return foreign[0]
        _accents(raw[:_LOOKED_AT].lower(), scores)
    best = max(("de", "fr", "es", ""), key=lambda code: scores[code])
    return best if scores[best] >= 2 and scores[best] > scores["en"] else "en"


def _script(text: str) -> tuple[str, int] | None:
    """A language told by its letters alone, and about how many words of it there are."""
    if text.isascii():
        return None
    words = len(_CYRILLIC_WORD().findall(text))
    if words:
        return ("" if _CYRILLIC_OF_OTHERS().search(text) else "ru", words)
    if _HANGUL().search(text):
        return "", len(_HANGUL().findall(text))
    han, kana = len(_HAN().findall(text)), len(_KANA().findall(text))
    if kana or (han and _JAPANESE_HAN().search(text)):
        return "ja", han + kana
    return ("zh", han) if han else None


def _accents(raw: str, scores: dict[str, int]) -> None:
    """Letters that one of the languages has: a message typed with them is not English by accident."""
    for letters, code in (("äöüß", "de"), ("çèêàùœîûëï", "fr"), ("ñ¿¡", "es"), ("éíóú", "es"), ("éâô", "fr")):
        if any(letter in raw for letter in letters):
            scores[code] += 1
    if any(letter in raw for letter in "ãõåøæłżşğıőìò"):
        scores[""] += 2
