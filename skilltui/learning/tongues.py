"""Orders in other languages than English as terms that can be compared: "mach einen commit" is "commit". Pure.

Developers mix: the verb is their own, the things are English. So a request counts by its words without the small ones
of its language, and everyday verbs of an agent's work count as their English counterpart. This is no translation:
what is shown to a person stays in their words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from skilltui.text.sayings import fold, read_message

# Words that say how something is asked. Light verbs are among them: "mach einen commit", "fais un commit".
_SMALL = {
    "de": """
        ab aber aenderungen alle alles also am an anderungen auch auf aus bei bitte da dann das dem den der des die
        doch du ein eine einem einen einer eines es fuer fur haben hier ich im in ins ist ja jetzt kann kannst
        koennen koennten koenntest konnen konntest lass mach mache machen mal man mein meine mich mir mit mochte
        moechte muessen muss mussen nach noch nun nur ob oder sein sich sind so soll sollten und uns unser unsere
        vom von vor war was wenn werden wie will wir wird wuerdest wurdest zu zum zur
    """,
    "fr": """
        a ai alors au aussi aux avec bien ce cela ces cet cette changements ci comme d dans de des donc du elle en
        encore est et etre faire fais fait faites faut il ils j je l la le les leur lui ma maintenant mais me merci
        mes modifications moi mon ne nos notre nous on ou par pas peut peux plait plus pour pourrais puis qu que qui
        s sa sans ses si soit son sont stp sur svp ta te tes toi ton tous tout toute tu un une va veux vos votre
        vous y
    """,
    "es": """
        a ahora al algo aqui asi cambios como con cual cuando de del desde donde el ella en entonces es esa ese eso
        esta este esto favor hace hacer hay haz hazme la las le les lo los luego me mi mis muy no nos o para pero
        podes podrias por porfa porque puede puedes que quiero se si sin sobre su sus tambien te tengo todo todos tu
        un una uno unos vamos y ya
    """,
    "ru": """
        а без бы в вот все всё да давай для до еще ещё же за и из изменения или их к как ко когда ли мне мы на надо
        не но ну нужно о об от по под пожалуйста при с сделай сделать со так там теперь то тоже только ты у уже что
        чтобы эта эти это этот я
    """,
}
# By how a folded word begins; the longest beginning counts.
_VERBS = {
    "de": {
        "commit": "commit", "committe": "commit", "eincheck": "commit", "push": "push", "erstell": "create",
        "anleg": "create", "generier": "generate", "aktualisier": "update", "update": "update", "fueg": "add",
        "fug": "add", "hinzu": "add", "ergaenz": "add", "erganz": "add", "behebe": "fix", "behob": "fix",
        "fix": "fix", "reparier": "fix", "korrigier": "fix", "losch": "remove", "loesch": "remove",
        "entfern": "remove", "teste": "test", "schreib": "write", "umbenenn": "rename", "benenn": "rename",
        "veroffentlich": "publish", "veroeffentlich": "publish", "ubersetz": "translate", "uebersetz": "translate",
        "pruf": "check", "pruef": "check", "fehler": "bug", "datei": "file", "zusammenfuhr": "merge",
    },
    "fr": {
        "commit": "commit", "pouss": "push", "push": "push", "cre": "create", "genere": "generate",
        "mets": "update", "jour": "update", "actualis": "update", "ajout": "add", "corrig": "fix", "repar": "fix",
        "supprim": "remove", "enlev": "remove", "retir": "remove", "test": "test", "ecri": "write", "redig": "write",
        "renomm": "rename", "publi": "publish", "deploi": "deploy", "deploy": "deploy", "tradui": "translate",
        "verifi": "check", "erreur": "bug", "bogue": "bug", "fusionn": "merge", "fichier": "file",
    },
    "es": {
        "commit": "commit", "push": "push", "sube": "push", "subir": "push", "crea": "create", "gener": "generate",
        "actualiz": "update", "anad": "add", "agreg": "add", "corrig": "fix", "arregl": "fix", "repar": "fix",
        "borr": "remove", "elimin": "remove", "quita": "remove", "prueb": "test", "escrib": "write",
        "renombr": "rename", "public": "publish", "despleg": "deploy", "despliega": "deploy", "traduc": "translate",
        "revis": "review", "error": "bug", "fusion": "merge", "archivo": "file",
    },
    "ru": {
        "закоммит": "commit", "коммит": "commit", "закомит": "commit", "комит": "commit", "запуш": "push",
        "пуш": "push", "создай": "create", "создать": "create", "обнов": "update", "добав": "add", "исправ": "fix",
        "почин": "fix", "удал": "remove", "убер": "remove", "тест": "test", "напиш": "write", "переимен": "rename",
        "опублик": "publish", "выпуст": "release", "релиз": "release", "задепло": "deploy", "разверн": "deploy",
        "перевед": "translate", "провер": "check", "ошибк": "bug", "баг": "bug", "слей": "merge", "смерж": "merge",
        "чейнджлог": "changelog", "ридми": "readme", "ветк": "branch", "файл": "file",
    },
}  # fmt: skip


def _nothing(words: str) -> dict[str, str]:
    """Words that say how something is asked."""
    return dict.fromkeys(words.split(), "")


# Languages without spaces: phrases, wherever they stand.
_PHRASES = {
    "zh": {
        "提交": "commit", "推送": "push", "推上去": "push", "创建": "create", "創建": "create", "新建": "create",
        "生成": "generate", "发布": "release", "發布": "release", "发版": "release", "修复": "fix", "修復": "fix",
        "更新": "update", "删除": "remove", "刪除": "remove", "删掉": "remove", "添加": "add", "新增": "add",
        "增加": "add", "测试": "test", "測試": "test", "部署": "deploy", "重命名": "rename", "翻译": "translate",
        "翻譯": "translate", "合并": "merge", "合併": "merge", "重构": "refactor", "重構": "refactor", "检查": "check",
        "檢查": "check", "错误": "bug", "錯誤": "bug", "文档": "docs", "文件": "file", "登录": "login", "登錄": "login",
        **_nothing("请 請 一下 一个 一個 帮我 幫我 麻烦 把 将 吧 了 的 代码 新版本 版本 然后 现在 并 也 个 們 们 和"),
    },
    "ja": {
        "コミット": "commit", "プッシュ": "push", "リリース": "release", "作成": "create", "作って": "create",
        "生成": "generate", "修正": "fix", "直して": "fix", "更新": "update", "削除": "remove", "消して": "remove",
        "追加": "add", "テスト": "test", "デプロイ": "deploy", "翻訳": "translate", "マージ": "merge",
        "リファクタ": "refactor", "確認": "check", "バグ": "bug", "エラー": "bug", "ファイル": "file",
        "ログイン": "login", "書いて": "write", "名前を変え": "rename",
        **_nothing(
            "してください して下さい してくれ しておいて してね して ください 下さい お願いします お願い"
            " を に は が の と で も から まで それ これ この その 変更 新しい"
        ),
    },
}  # fmt: skip


def comparable(text: str) -> str:
    """A request in words that can be compared with those of other requests; an English one unchanged."""
    code = read_message(text).lexicon.code
    if code in _PHRASES:
        return _phrases(code).sub(lambda match: f" {_PHRASES[code][match[0]]} ", fold(text))
    if code in _SMALL:
        small, verbs = _small(code), _VERBS[code]
        found = re.findall(r"[^\W_]+|[^\w\s]", fold(text))
        return " ".join(_english(word, verbs) for word in found if word not in small)
    return text


def _english(word: str, verbs: Mapping[str, str]) -> str:
    for length in range(min(len(word), 14), 2, -1):
        if word[:length] in verbs:
            return verbs[word[:length]]
    return word


@cache
def _small(code: str) -> frozenset[str]:
    return frozenset(_SMALL[code].split())


@cache
def _phrases(code: str) -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _PHRASES[code]), key=len, reverse=True)))
