"""Spanish of both sides of the ocean, also as typed without accents ("asi no", "por que tocaste")."""

from __future__ import annotations

from skilltui.text.languages.lexicon import Lexicon, Sense

_CLOSED = r"(?=\s*(?:[.!,;:)]|$))"
_RUNS = r"(?:funciona|funcionan|funciono|anda|andan|va|van|corre|corren|compila|arranca|jala|sirve|pasa|pasan)"
_PRAISE = (
    r"(?:(?:perfecto|perfecta|genial|excelente|buenisimo|buenisima|fantastico|estupendo|increible|impecable|bravo|"
    r"muy bien|bien hecho|bien|super|de lujo|de maravilla|chido|joya|barbaro|guay|de diez|listo|nada mal|"
    r"no esta mal|espectacular|maravilloso|"
    r"eso es|eso era|(?:bien ahi,? )?era eso|bien ahi|asi si|justo eso|ahora si|ya esta|ya quedo|quedo (?:bien|"
    r"increible|genial|excelente)|quedo perfecto|perfect|nice|lgtm|great)"
    r"(?:\s+(?:gracias|trabajo|asi|ahora|ya|todo|muchas|mil))*" + _CLOSED + r"|"
    r"(?:muchas |mil |muchisimas )?gracias\b|(?:buen|excelente|gran|muy buen) trabajo\b|justo lo que\b|"
    r"(?:exactamente|exacto)" + _CLOSED + r"|exactamente lo que\b|"
    r"(?:ya |ahora |ahora si |por fin |todo |eso |esto |asi |ahora ya )+(?:me |todo )?"
    + _RUNS
    + r"(?: (?:bien|perfecto|todo|ya|ahora|genial))*"
    + _CLOSED
    + r"|"
    r"(?:ahora |ya )?"
    + _RUNS
    + r" (?:perfecto|bien|genial|ahora|ya|todo|todos|perfectamente|de maravilla|todos los tests|"
    r"los tests)\b|(?:ya )?funciona" + _CLOSED + r"|"
    r"(?:asi |ahora )?(?:esta|queda|quedo|se ve|luce) (?:\w+ )?(?:mejor|bien|perfecto|genial|excelente|correcto|"
    r"bueno)\b|"
    r"mucho mejor\b|me (?:gusta|encanta)\b|(?:todos )?los tests pasan\b|todo (?:bien|verde|ok|perfecto)\b)"
)
_REJECTION = (
    r"\bno (?:me |te |nos |se |le )?(?:funciona\w*|anda\w*|sirve\w*|va|compila|arranca|corre|ayuda|ayudo|jala|"
    r"furula|resulto|"
    r"cuadra\w*|cambio nada|hizo nada|hace nada|arreglo\w*|soluciono)\b|"
    r"\b(?:sigue|siguen|continua|todavia|aun) (?:\w+ )?(?:sin|fallando|dando|igual|mal|roto|rota|con el mismo|"
    r"saliendo|"
    r"no|falla|el mismo|apareciendo|rompiendo)\b|"
    r"\b(?:el |la )?mism[oa] (?:error|problema|resultado|fallo|cosa)\b|"
    r"(?<!no )\b(?:eso|esto|esta|est[ae]n?|asi) (?:(?!no )\w+ )?(?:mal|incorrecto|roto|rota|peor|equivocado)\b|"
    r"\b(?:eso|esto) no(?:(?: es| era| esta)? (?:asi|correcto|lo que|bien|eso)\b|(?=[.!,]|$))|^no,? (?:eso|esto|"
    r"asi) no\b|"
    r"\bno (?:es|era) (?:eso|lo que|asi|correcto)\b|\bno (?:te )?pedi eso\b|"
    r"^(?:deshaz|revierte|deshacer|revertir|deshace|reverti) (?:eso|esto|los|lo|el|la|tus|todo)\b|"
    r"\b(?:deshazlo|reviertelo|revertilo|deshacelo)\b|\b(?:vuelve|volve|dejalo|dejala) (?:a )?(?:como|"
    r"lo de) (?:antes|estaba)\b|"
    r"\bpor ?que (?:has |me )?(?:tocaste|tocado|borraste|borrado|cambiaste|cambiado|quitaste|hiciste|hecho|"
    r"agregaste|usaste|"
    r"modificaste|eliminaste)\b|"
    r"\b(?:borraste|rompiste|olvidaste|te olvidaste|quitaste|eliminaste|ignoraste|te falto|te saltaste|"
    r"te equivocaste|"
    r"pisaste|cagaste|la cagaste|arruinaste|dejaste)\b|\bhas (?:borrado|roto|olvidado|quitado|eliminado|ignorado)\b|"
    r"\b(?:se )?(?:rompio|jodio|cayo|cuelga|crashea)\b|\bempeoro\b|\bahora (?:\w+ )?(?:falla|peor|no)\b|"
    r"^(?:el |la |los )?(?:build|tests?|ci|pipeline|deploy|lint)\b.{0,24}\b(?:falla\w*|rompe\w*|rojo|roto|"
    r"no pasa\w*)|"
    r"\bque (?:hiciste|mierda|carajo)\b|"
    r"\bahora (?:\w+ )?(?:va|esta|sale|falta|falla|tarda|se ve) (?:\w+ )?(?:mas lento|lento|vacio|vacia|en blanco|"
    r"mal|peor|roto|rota|error)\b|\bahora falta\b|\bsale (?:\w+ )?(?:en blanco|vaci[oa]|un error|error)\b|"
    r"\b(?:cambiaste|modificaste|editaste|tocaste|arreglaste) (?:el|la|los|las|otr[oa]) \w+ (?:que no|equivocad)\w*|"
    r"\barchivo (?:que no era|equivocado)\b|"
    r"\bme (?:sigue|tira|da|sale|esta dando|lanza|marca) (?:\w+ ){0,2}?(?:error|[45]\d\d|excepcion|vacio)\b|^(?:veo|"
    r"obtengo|me aparece) (?:\w+ ){0,2}?(?:error|nada|en blanco|[45]\d\d)\b|\bmas lento que antes\b|\b(?:va|quedo|"
    r"esta) (?:aun |todavia )?mas lento\b"
)
_CORRECTION = (
    r"^(?:no|nop|nel|espera|espere|para|alto|stop|ojo|cuidado|momento)\b(?! (?:hay|pasa|importa|te preocupes|"
    r"gracias|se|lo se|"
    r"estoy))(?=[\s,.!]|$)|"
    r"^(?:aqui|ahi|asi|alli|eso|ese|esa) no\b|^mejor\b(?! (?:asi|ahora|imposible)[.! ]*$)|\ben (?:vez|lugar) de\b|"
    r"\ben su lugar\b|"
    r"\b(?:deberia|deberian|deberias|tiene|tienen|tenes|tienes|tendria|debe|deben|habia|"
    r"hay) (?:que )?(?:\w+ )?(?:ser|ir|estar|"
    r"usar|tener|quedar|llamarse|haber|devolver)\b|"
    r"\bno (?:agregues|anadas|uses|toques|hagas|cambies|crees|borres|pongas|modifiques|elimines|escribas|metas|"
    r"quites|"
    r"agregue|use|toque|subas|commitees)\b|\bsin (?:agregar|tocar|usar|cambiar|anadir|crear|borrar)\b|"
    r"\b(?:te|ya te|les) (?:dije|habia dicho|pedi|he dicho)\b|\bdije que\b|^solo (?:los|las|el|la|cambia|toca|"
    r"modifica)\b|"
    r"^el problema es\b|^usa .{1,40},? (?:y )?no\b|^que sea\b|"
    r"\bno l[oa]s? (?:toques|cambies|uses|borres)\b|, no (?:en|el|la|los|las|con|un|una|por|de)\b|"
    r"^por ?que \w+\? .{0,12}\b(?:necesito|quiero)\b|^dej[ae] .{1,30} (?:en paz|como esta)\b"
)
_VERBS = """
    agrega agregar agregale anade anadir crea crear escribe escribir haz hacer cambia cambiar modifica modificar
    arregla arreglar corrige corregir borra borrar elimina eliminar quita quitar renombra renombrar muestra
    mostrar muestrame revisa revisar mira verifica verificar prueba probar ejecuta ejecutar corre implementa
    implementar refactoriza refactorizar documenta documentar optimiza optimizar mueve mover reemplaza reemplazar
    explica explicar explicame busca buscar encuentra instala instalar configura configurar traduce traducir
    genera generar analiza analizar mejora mejorar limpia limpiar extrae convierte migra integra resume lista
    prepara activa desactiva pon poner ponle actualiza actualizar dame necesito investiga comprueba separa divide
"""

LEXICON = Lexicon(
    "es",
    {
        Sense.FILLER: (
            r"[¡¿\s]*(?:(?:ok(?:ay)?|vale|bueno|pues|y|entonces|ah+|oh|eh|em+|hm+|hola|oye|che|claro|si|ahora|luego|"
            r"despues|"
            r"ademas|tambien|por cierto|por favor|porfa|pf|de acuerdo|a ver|va)\b[\s,.!:;…¡¿—–-]*)+|[¡¿]+\s*"
        ),
        Sense.PRAISE: _PRAISE,
        Sense.THANKS: r"\bgracias\b",
        Sense.BUT: r"\b(?:pero|aunque|excepto|salvo|menos|casi|sin embargo)\b|\bsolo (?:cuando|si|falta|que)\b",
        Sense.SLIP: (
            r"^(?:perdon\w*|disculpa\w*|lo siento|ups+|uy|mi error|culpa mia|mea culpa|mala mia|error mio|olvidalo|"
            r"olvida eso|"
            r"me (?:equivoque|confundi)|(?:terminal|ventana|archivo|rama|chat) equivocad[oa])|"
            r"\bquise decir\b|\bqueria decir\b|\b(?:rama|terminal|ventana) equivocada\b|\bme (?:referia|equivoque|"
            r"confundi|olvide de (?:decir|mencionar))\b|"
            r"\b(?:culpa mia|mi culpa|fue mi error|error mio)\b"
        ),
        Sense.WITHDRAWN: r"\b(?:olvidalo|olvida eso|ignora (?:eso|lo anterior|mi)|chat equivocado|"
        r"ventana equivocada)\b",
        Sense.REJECTION: _REJECTION,
        Sense.CORRECTION: _CORRECTION,
        Sense.BARE_NO: r"(?:no|nop|nel|no gracias|todavia no|aun no|ahora no)\W*",
        Sense.GO_ON: (
            r"(?:sigue|continua|continue|adelante|dale|(?:si,? )?como (?:tu )?(?:dices|digas|propones|quieras)|"
            r"procede|hazlo|haz (?:eso|lo|ambos)|no hay problema|"
            r"no pasa nada|"
            r"sin problema|no importa|no te preocupes|manten|recuerda|prueba (?:otra vez|de nuevo)|intenta\w*|"
            r"de acuerdo|venga)\b"
        ),
        Sense.ALSO: r"\W*(?:y )?(?:ademas|tambien|otra cosa|una cosa mas|aparte)\b",
        Sense.ASKING: (
            r"(?:(?:puedes|podrias|podes|puede|pueden|podemos)\b|(?:quiero|quisiera|necesito|me gustaria)\b|"
            r"(?:necesitamos|tenemos que|hay que|queremos|falta)\b|ayudame|vamos a|hagamos)"
        ),
        Sense.ASKING_WITHIN: (
            r", (?:agrega|anade|muestra|crea|arregla|corrige|escribe|renombra|revisa)\b|"
            r"\bpor favor,? (?:agrega|anade|crea|arregla|corrige|revisa|haz)\b"
        ),
        Sense.DELIVERY: (
            r"(?:puedes |ya puedes |ahora |y )*(?:commit\w*|comitea\w*|push\w*|pushea\w*|mergea\w*|fusiona\w*|"
            r"publica\w*|"
            r"despliega\w*|sub(?:e|elo|ir|i) (?:los |el |todo|eso|esto|a )\w*|subelo)\b|"
            r"(?:haz|hace|crea|abre|prepara|hacer) (?:\w+ ){0,2}?(?:pr|pull request|commit|push|merge|release)\b"
        ),
        Sense.DELIVERY_WITHIN: r"\b(?:commit|push|merge|commitear|pushear|mergear)\b",
        Sense.POINTS_BACK: r"\w+\s+(?:eso|esto|ese|esa|esos|esas)\b",
        Sense.QUESTION: (
            r"(?:que|por ?que|como|donde|cuando|quien|cual\w*|cuanto\w*|es|esta|estan|hay|se puede|tiene|sabes|"
            r"existe)\b"
        ),
        Sense.STATEMENT: (
            r"(?:yo|es|esta|este|esto|eso|en|con|porque|creo|quizas?|tal vez|o|ambos|ambas|solo|mi|mis|nuestro|si|"
            r"el|la|los|"
            r"las|lo|se|son|parece|bajo)\b"
        ),
        Sense.OPINION: r"(?:creo|pienso|opino|prefiero|diria|quizas?|tal vez|no se|no estoy seguro|ambos|"
        r"me da igual)\b",
        Sense.TROUBLE: (
            r"\b(?:error\w*|falla\w*|fallo\w*|bug\w*|problema\w*|roto|rota|incorrecto|falta|no encuentra|exception|"
            r"traceback|"
            r"failed|not found|denied|fatal)\b"
        ),
    },
    verbs=frozenset(_VERBS.split()),
)
