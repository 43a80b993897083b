"""What a text must hold before it is worth a look: every rule of ``secret_patterns``, loosened until one scan decides.

The loose forms have no look-around, no judgement of values and no memory of quotes, so that Hyperscan (Wang et al.,
NSDI 2019) reads them all at once, in linear time. They may be wrong in one direction only: what ``find_secrets`` finds
in a text without colour codes, one of them matches in that text's UTF-8 bytes.
"""

from __future__ import annotations

import re

from skilltui.text.secret_patterns import BLANK, DIGIT, HIGH, KEY_QUALITIES, SCHEME, SHAPES, STAGES, Look
from skilltui.text.secret_providers import PROVIDER_SHAPES

# Between texts in a scanned block: a byte that UTF-8 never has. No expression matches it.
SEPARATOR = b"\xff"
# A bounded repeat wider than this, or the shape's last one, ends its loose form: the prefix was enough.
_WIDE = 40
_LONGEST_TAIL = 12
# A shape that begins with so many plain characters is looked for by these alone: to compile it takes a third less time.
_TELLING = 4
_PLAIN = re.compile(r"(?:(?:[A-Za-z0-9_/:~-]|\\[./-])(?![?*{]))*")
_LOOKAROUND = re.compile(r"\(\?<?[!=][^()]*\)")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d+))?\}")

_SOLID = r"[^\x09-\x0d \x1c-\x1f\xff]"
_COOKIE = r"[Cc]ookie[\"']?[ \t]?[:=]"
_CODES = r"(?:\x1b\[|\xc2\x9b|\\(?:u001[bB]|x1[bB]|033|e)\[)"

# Names that tell, and enough of a value that could be secret: see secret_values.telling and is_secret.
_STAGE = f"(?:{'|'.join(STAGES)})"
_KEY = rf"(?:{'|'.join(KEY_QUALITIES)})[_.$0-9-]*key"
_PASS = r"pass(?:phrase|word|code|wd)?|pwd"
_CLOSE = r"\\{0,7}[\"'`]?\]?"
_NAMED_VALUE = rf",?(?:{BLANK}|\\[nrt])+\\{{0,7}}[\"']?[Vv]alue\\{{0,7}}[\"']?[ \t]?[=:][ \t]?"  # name: X / value: v
_ASSIGN = (
    rf"{_CLOSE}(?:{_NAMED_VALUE}"
    r"|[ \t]{0,4}(?:=>|:=|={1,3}|:(?:[ \t]?(?:str|string|String|&str)[ \t]?=)?)[ \t]{0,4}"
    r"|>|[ \t]{1,3}is:?[ \t]{1,3}|,[ \t]{0,4}\\{0,7}[\"'`]|\(\\{0,7}[\"'`])"
)
_QUOTE = rf"{SCHEME}(?:[bfruBFRU]{{0,2}}\\{{0,7}}[\"'`])?{SCHEME}"
_RANDOM_VALUE = rf"{_QUOTE}(?:{_SOLID}{{0,20}}{DIGIT}|{_SOLID}{{20}})"
_PASSWORD_VALUE = (
    rf"{_QUOTE}(?:{_SOLID}{{0,12}}(?:{DIGIT}|[^A-Za-z0-9_.,:;/+=\x09-\x0d \x1c-\x1f\xff-])|{_SOLID}{{12}})"
)
# Compiling takes longest for what several forms repeat, so that as few as can be are told apart. A word alone before a
# blank makes no option of "pass": test runs say it a line.
_SUFFIX = rf"(?i:(?:{_STAGE}|[0-9_-])[A-Z0-9_-]*)?"
_GAP = r"(?:[ \t]{1,4}(?:--body|--value|-b|-Value))?[ \t]{1,4}"
_NAMES = (
    rf"(?i:token|secret|credentials?|auth(?:orization)?|{_KEY}){_SUFFIX}(?:{_ASSIGN}|{_GAP}){_RANDOM_VALUE}",
    rf"(?i:{_PASS}){_SUFFIX}{_ASSIGN}{_PASSWORD_VALUE}",
    rf"(?:-|set|ENV|ARG|env add|Env:)[A-Za-z0-9_ \t-]*(?i:{_PASS}|psw|pw){_SUFFIX}{_GAP}{_PASSWORD_VALUE}",
    rf"-[A-Za-z0-9_-]*[{HIGH}][A-Za-z0-9_{HIGH}-]*[ \t]",  # an option that another alphabet may make telling
)


def loosened(shape: str) -> str:
    """A provider's shape without look-around, up to its last or first very wide repeat: it matches wherever that does.

    Of one with a beginning that tells, that. Provider shapes are ASCII and found inside runs of ASCII, so that their
    classes mean the same in bytes.
    """
    shape = _LOOKAROUND.sub("", shape)
    plain = _PLAIN.match(shape)
    if plain is not None and len(plain[0].replace("\\", "")) >= _TELLING:
        return plain[0]
    for repeat in _REPEAT.finditer(shape):
        least, most = int(repeat[1]), int(repeat[2] or repeat[1])
        before = shape[: repeat.start()]
        if before.count("(") == before.count(")") and (repeat.end() == len(shape) or most - least > _WIDE):
            return f"{before}{{{min(least, _LONGEST_TAIL)}}}"
    return shape


# Expressions by number, and what each asks to look for; the last one's colour codes may hide a secret from the others.
_PROVIDERS = tuple(dict.fromkeys(map(loosened, PROVIDER_SHAPES)))
EXPRESSIONS = tuple(
    expression.encode("ascii")
    for expression in (*_PROVIDERS, *(shape.loose for shape in SHAPES), _COOKIE, *_NAMES, _CODES)
)
LOOKS = (*[Look.TOKENS] * len(_PROVIDERS), *[Look.SHAPES] * len(SHAPES), Look.COOKIES, *[Look.NAMES] * len(_NAMES))
CODES = len(EXPRESSIONS) - 1
