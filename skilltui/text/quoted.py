"""A message without what it merely quotes: code, logs, what an interface says.

"Fix the “not working” label" blames nobody. What is taken out leaves a sign that is no word of any language.
"""

from __future__ import annotations

import re

from skilltui.text.late import late

STAND_IN = "ˣ"

_FENCED = late(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_INLINE = late(
    r"`[^`\n]+`|\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»|‹[^›\n]{1,300}›|"
    r"「[^」\n]{1,300}」|『[^』\n]{1,300}』|《[^》\n]{1,300}》|"
    # A single quotation mark is an apostrophe inside a word; what stands before it is asked second, since `re` finds a
    # pattern fast whose every way begins with one character.
    r"'(?<!\w')[^'\n]{2,300}'(?!\w)|‘(?<!\w‘)[^’\n]{2,300}’(?!\w)"
)
_MAY_QUOTE = late(r"[`\"“„«‹「『《'‘>~]|\n")
# A line of a log, a trace, a prompt, a diff or a quoted mail.
_LOGGED = late(
    r"^[ \t]*(?:>|\$ |[❯➜»%] ?\S|\d{4}-\d\d-\d\d[T ]\d\d:|\[?\d\d:\d\d:\d\d|(?:error|err|warn|warning|info|debug|"
    r"fatal|fail|trace)\b ?[:\]!\[]|"
    r"\[(?:error|warn|info|debug)|at \S+ ?\(|file \"|traceback|npm (?:err|error|warn)|caused by:|e {3,}|"
    r"[+-]{1,3} ?\S+ ?[=(:{]|@@ |"
    r"[\w.-]+@[\w.-]+[:~ ]).*$",
    re.IGNORECASE | re.MULTILINE,
)


def without_quoted(text: str) -> str:
    """The person's own words; the whole text where nothing else would be left."""
    if not _MAY_QUOTE().search(text):
        return text
    own = _INLINE().sub(STAND_IN, _FENCED().sub(STAND_IN, text))
    if "\n" in own or own.lstrip()[:1] == ">":
        own = _LOGGED().sub(STAND_IN, own)
    return own if own.replace(STAND_IN, "").strip() else text
