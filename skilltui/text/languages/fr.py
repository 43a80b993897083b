"""French, also as typed without accents and apostrophes ("ca marche pas", "jai")."""

from __future__ import annotations

from skilltui.text.languages.lexicon import Lexicon, Sense

_CLOSED = r"(?=\s*(?:[.!,;:)]|$))"
_RUNS = r"(?:marche|fonctionne|passe|roule|tourne|compile|demarre)"
_PRAISE = (
    r"(?:(?:merci|super|parfait|genial|excellent|impeccable|impec|nickel|niquel|top|bravo|magnifique|formidable|"
    r"chapeau|"
    r"cool|bien|tres bien|trop bien|pas mal(?: du tout)?|incroyable|extra|ok merci|perfect|nice|lgtm)"
    r"(?:\s+(?:merci|travail|boulot|job|beaucoup|bien|a toi|comme ca))*" + _CLOSED + r"|"
    r"merci\b|(?:super|beau|bon|excellent|tres bon) (?:travail|boulot|job)\b|bien (?:joue|vu|fait)\b|"
    r"(?:la |maintenant |ok |oui |enfin |desormais )*(?:ca|c'?a|tout|le build|les tests|il|elle)?,? ?"
    r"(?:ca |tout )?"
    + _RUNS
    + r"(?:nt)?(?! (?:\w+ )?(?:pas|plus|tjrs|toujours|mal))(?: (?:maintenant|bien|nickel|enfin|"
    r"parfaitement|super|mieux))?" + _CLOSED + r"|"
    r"(?:la |maintenant )?(?:c'?est|cest) (?:\w+ )?(?:bon|parfait|nickel|super|genial|top|ok|mieux|exactement|exact|"
    r"ce que je voulais|regle|corrige|repare|impeccable)\b|(?:top |super |ok )?c'?est exactement\b|(?:beaucoup |"
    r"bien )?mieux\b|exactement\b|"
    r"(?:tous )?les tests (?:passent|sont verts)\b|tout est (?:bon|vert|ok)\b|j'?adore\b)"
)
_REJECTION = (
    r"\b" + _RUNS + r"(?:nt)?(?: (?:toujours|tjrs|tjs|encore|vraiment|meme|du tout))* (?:pas|plus)\b|"
    r"\b(?:toujours|tjrs|tjs|encore) (?:pas|la meme|le meme|les memes|casse\w*|faux|une erreur|des erreurs|"
    r"en erreur)\b|"
    r"\b(?:la |le )?meme (?:erreur|probleme|resultat|souci|bug|chose)\b|"
    r"\b(?:c'?est|cest|c est) (?:(?!pas )\w+ )?(?:faux|pas (?:ca|bon|correct|juste|ce que|bien)|pire|casse|nul|"
    r"n'?importe quoi|"
    r"incorrect|mauvais|de pire en pire)\b|\bpas ce que j'?(?:ai|avais|e veux|e voulais)\b|^n'?importe quoi\b|"
    r"\b(?:annule|defais|revert) (?:ca|cela|tout|les|tes|ce|la|le)\b|^annule$|\bremets (?:tout |ca )?comme (?:avant|"
    r"c)\w*|"
    r"\breviens (?:en arriere|a la version)\b|\b(?:ca|il|elle|tout|l'?app|le build) (?:plante|crashe|bug\w*|casse)\b|"
    r"\bpourquoi (?:t'?as|t'?es|tu as|as-?tu|est-?ce que tu as|tu)\b|"
    r"\b(?:tu as|t'?as) (?:\w+ ){0,2}?(?:supprime|oublie|efface|casse|enleve|ignore|rate|ecrase|vire|rien compris|"
    r"pas)\b|"
    r"^(?:le |la |les )?(?:build|tests?|ci|pipeline|deploiement|lint)\b.{0,24}\b(?:casse\w*|echou\w*|plant\w*|rouge|"
    r"erreur|"
    r"passe(?:nt)? (?:pas|plus))|\bn'?a (?:rien change|pas (?:marche|aide|fonctionne))\b|\bpire qu'?avant\b|"
    r"\bca n'?a (?:pas|rien)\b|\baucun (?:changement|effet)\b|\bca (?:ne )?sert a rien\b|\bt'?as rien compris\b|"
    r"\b(?:maintenant|du coup|la) .{0,24}\b(?:blanche?|vide|disparu\w*|casse\w*|erreur|plus lente?|manque)\b|"
    r"\b(?:blanche?|vide|disparu\w*|casse\w*) maintenant\b|"
    r"\b(?:encore )?(?:plus lente?|pire|moins bien)(?: qu'?avant| maintenant)?(?=[\s.!,]|$)|\b(?:tu as|"
    r"t'?as) (?:\w+ )?(?:modifie|change|touche|edite|corrige|pris) (?:le|la) mauvais\w*|"
    r"^(?:j'?ai|je vois|je n'?ai|j'?obtiens) (?:\w+ ){0,2}?(?:une |des |un |la )?(?:erreur\w*|page (?:blanche|vide)|"
    r"exception|[45]\d\d|plus rien)\b|^il (?:ne )?se passe rien\b"
)
_CORRECTION = (
    r"^(?:non|nan|attends|attend|stop|arrete|attention|doucement|minute)\b(?! merci| pas de| rien)|"
    r"^pas (?:ici|la|comme|dans|ca|celui|celle|le|avec|sur)\b|^plutot\b|\bplutot (?:que|avec|un|une)\b|"
    r"\bau lieu d|\ba la place\b|"
    r"\b(?:ca |il |elle |on |tu )?(?:devrais|devrait|doit|dois|devraient) (?:\w+ ){0,2}?(?:etre|aller|avoir|"
    r"utiliser|se|"
    r"garder|rester|s'?appeler)\b|\bil (?:faut|fallait|faudrait)\b|\bfaut (?:que|pas|utiliser|mettre)\b|"
    r"\b(?:n'|ne |n )?(?:ajoute|touche|cree|change|modifie|supprime|utilise|mets|fais|ecris|commente|commit|rajoute|"
    r"efface|"
    r"renomme)[sz]? (?:surtout |plus )?(?:pas|rien|aucun)\b|\bsurtout pas\b|"
    r"\bj'?(?:ai|avais) (?:bien |deja )?(?:dit|demande|precise|parle)\b|^(?:le |la )?(?:probleme|souci) (?:c'?est|"
    r"est)\b|"
    r"^seulement\b|^uniquement\b|^utilise .{1,40} (?:et|,) (?:non )?pas\b|\b(?:c'?est|cest) .{1,30} pas .{1,20}$|"
    r"^laisse .{1,30}\b(?:tranquille|comme)\b|, pas (?:dans|sur|le|la|les|un|une|avec|en|au)\b|"
    r"^pourquoi \w+ ?\? .{0,16}\b(?:faut|veux|besoin)\b|\bchange juste\b"
)
_VERBS = """
    ajoute ajouter rajoute rajouter cree creer ecris ecrire fais faire refais refaire mets mettre modifie modifier
    change changer corrige corriger repare supprime supprimer enleve enlever retire retirer renomme renommer
    montre montrer affiche afficher verifie verifier regarde regarder teste tester lance lancer implemente
    implementer refactorise refactoriser refactore documente documenter optimise optimiser deplace deplacer
    remplace remplacer explique expliquer cherche chercher trouve trouver installe installer configure configurer
    traduis traduire genere generer analyse analyser ameliore ameliorer nettoie nettoyer decoupe extrais convertis
    migre migrer integre integrer resume resumer liste lister prepare preparer branche active desactive
    ajoutez creez ecrivez corrigez modifiez supprimez
"""

LEXICON = Lexicon(
    "fr",
    {
        Sense.FILLER: (
            r"(?:(?:ok(?:ay)?|alors|donc|bon|et|ah+|oh|euh|hm+|hey|salut|bonjour|oui|ouais|d'?accord|dac|maintenant|"
            r"sinon|"
            r"ensuite|puis|au fait|aussi|stp|svp|s'?il te plait|mais|en fait|du coup|voila|eh bien)\b[\s,.!:;…—–-]*)+"
        ),
        Sense.PRAISE: _PRAISE,
        Sense.THANKS: r"\b(?:merci|thx)\b",
        Sense.BUT: r"\b(?:mais|sauf|par contre|cependant|presque|toutefois|en revanche|seulement)\b",
        Sense.SLIP: (
            r"^(?:(?:ah |non |ah non )?pardon|desole\w*|oups|ma faute|mon erreur|au temps pour moi|autant pour moi|"
            r"excuse\w*|"
            r"laisse tomber|"
            r"oublie (?:ca|ce que)|mauvais(?:e)? (?:terminal|fichier|branche|fenetre|onglet|chat))|"
            r"\bje (?:voulais|voulait) (?:dire|parler)\b|\bje me suis (?:trompe|plante|gour)\w*|\bje parlais de\b|"
            r"\bc'?est (?:ma faute|moi qui)\b|\bj'?ai (?:mal (?:lu|ecrit|tape)|confondu|oublie de (?:dire|"
            r"preciser))\b|"
            r"\bma faute\b|\bj'?etais sur (?:la|le) mauvais\w*|\bla mauvaise branche\b"
        ),
        Sense.WITHDRAWN: r"\b(?:laisse tomber|oublie (?:ca|ce que)|mauvais(?:e)? (?:chat|fenetre|onglet|terminal))\b",
        Sense.REJECTION: _REJECTION,
        Sense.CORRECTION: _CORRECTION,
        Sense.BARE_NO: r"(?:non|nan|nope|no|non merci|pas (?:maintenant|encore|vraiment))\W*",
        Sense.GO_ON: (
            r"(?:continue[sz]?|vas[- ]?y|allez|go|poursuis|fais (?:ca|le|comme|les deux)|fais-le|d'?accord|"
            r"pas de (?:souci|"
            r"probleme)|pas grave|(?:oui )?comme tu (?:proposes|dis|veux|suggeres)|aucun (?:souci|probleme)|garde|"
            r"pense a|essaie|essaye|reessaie|c'?est parti)\b"
        ),
        Sense.ALSO: r"\W*(?:et )?(?:aussi|de plus|en plus|autre chose|egalement)\b",
        Sense.ASKING: (
            r"(?:(?:tu )?(?:peux|pourrais|peut|veux|voudrais|pouvez|pourriez)[- ]?(?:tu|vous|on)?|on (?:peut|"
            r"pourrait|devrait)|"
            r"j'?(?:aimerais|ai besoin|e veux|e voudrais)|je (?:veux|voudrais|souhaite)|il (?:me|nous) (?:faut|"
            r"faudrait)|"
            r"aide[- ]moi|merci de|faudrait)\b"
        ),
        Sense.ASKING_WITHIN: (
            r"\b(?:stp|svp|s'?il te plait),? (?:ajoute|corrige|mets|fais|ecris|verifie|lance)\b|"
            r", (?:ajoute|affiche|corrige|cree|ecris|supprime|renomme|verifie|montre)[sz]?\b"
        ),
        Sense.DELIVERY: (
            r"(?:tu peux |peux-tu |on peut |vas-y |stp |maintenant |et )*(?:commit\w*|push\w*|pousse[rsz]?|"
            r"merge[rsz]?|"
            r"fusionne[rsz]?|publie[rsz]?|deploie[sz]?|deployer|release\w*)\b(?! (?:hook|message))|"
            r"(?:fais|ouvre|cree|prepare|fait) (?:\w+ ){0,2}?(?:pr|pull request|commit|merge request|release)\b"
        ),
        Sense.DELIVERY_WITHIN: r"\b(?:commit|commiter|committer|push|pousser|merge|fusionner)\b",
        Sense.POINTS_BACK: r"\w+[\s-]+(?:ca|cela|le|la|les|celui|celle)$",
        Sense.QUESTION: (
            r"(?:que|qu'?est|quoi|pourquoi|comment|ou|quand|qui|quel\w*|est-?ce|combien|c'?est quoi|c'?est possible|"
            r"y a-?t-?il|il y a|as-?tu|est-?il)\b"
        ),
        Sense.STATEMENT: (
            r"(?:je|j'?ai|il|elle|c'?est|ce|ca|cela|ceci|on|nous|le|la|les|dans|sur|avec|parce|car|peut-?etre|ou|"
            r"seulement|"
            r"mon|ma|mes|si|sous|les deux)\b"
        ),
        Sense.OPINION: r"(?:je (?:pense|crois|trouve|dirais|prefere)|peut-?etre|a mon avis|je sais pas|les deux)\b",
        Sense.TROUBLE: (
            r"\b(?:erreur\w*|bug\w*|probleme\w*|plante\w*|casse\w*|echoue\w*|faux|manque|introuvable|error|exception|"
            r"traceback|failed|not found|denied|fatal)\b"
        ),
    },
    verbs=frozenset(_VERBS.split()),
)
