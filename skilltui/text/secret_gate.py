"""What a text must hold before it is worth a look: every rule of ``secret_patterns``, loosened until one scan decides.

The loose forms have no look-around, no judgement of values and no memory of quotes, so that Hyperscan (Wang et al.,
NSDI 2019) reads them all at once, in linear time. They may be wrong in one direction only: what ``find_secrets`` finds
in a text without colour codes, one of them matches in that text's UTF-8 bytes.
"""

from __future__ import annotations

import re

from skilltui.text.secret_patterns import KEY_QUALITIES, PROVIDER_SHAPES, STAGES

# Between texts in a scanned block: a byte that UTF-8 never has. No expression matches it.
SEPARATOR = b"\xff"
# A bounded repeat wider than this, or the shape's last one, ends its loose form: the prefix was enough.
_WIDE = 40
_LONGEST_TAIL = 24
_LOOKAROUND = re.compile(r"\(\?<?[!=][^()]*\)")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d+))?\}")

# Bytes. Whatever is not ASCII may be a blank, a digit or a letter: only the exact rules know.
_HIGH = r"\x80-\xfe"
_BLANK = rf"[\x09-\x0d \x1c-\x1f{_HIGH}]"
_SOLID = r"[^\x09-\x0d \x1c-\x1f\xff]"
_DIGIT = rf"[0-9{_HIGH}]"
_USER = rf"[A-Za-z0-9_.@+{_HIGH}-]+"
_PASSWORD = r"[^\x09-\x0d \"'`\\\xff]{4}"

_CODES = r"(?:\x1b\[|\xc2\x9b|\\(?:u001[bB]|x1[bB]|033|e)\[)"

_SHAPES = (
    r"PRIVATE KEY(?: BLOCK)?-----",
    r"://hooks\.slack\.com/(?:services|workflows|triggers)/",
    rf"/api/webhooks/{_DIGIT}{{17}}",
    rf"://[^\x09-\x0d :/@\"'`<>\\\xff]*:[^\x09-\x0d /?\"'`<>\\\xff]+@[A-Za-z0-9_\[{_HIGH}]",
    r"://[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*(?::x-oauth-basic|:)?@",
    r"[?&](?:sig|(?:X-Amz-|X-Goog-)?Signature)=[A-Za-z0-9%+/_-]{30}",
    r"\.atlasv1\.",
    rf"{_DIGIT}Q~[A-Za-z0-9_~.{_HIGH}-]{{31}}",
    rf"[0-9a-f]{{32}}-us{_DIGIT}",
    r"1//0[A-Za-z0-9_-]{40}",
    rf"{_DIGIT}{{8}}:A[A-Za-z0-9_-]{{34}}",
    r"[Bb]earer +[A-Za-z0-9._~+/-]{16}",
    rf"{_BLANK}-u[ =]{{0,2}}[\"']?{_USER}:{_PASSWORD}",
    rf"--user[ =]{{1,2}}[\"']?{_USER}:{_PASSWORD}",
    rf"machine{_BLANK}+[^\x09-\x0d \xff]+{_BLANK}+login{_BLANK}",
    r"sshpass +-p",
    r"[Cc]ookie[\"']?[ \t]?[:=]",
)

# Names that tell, and enough of a value that could be secret: see secret_values.telling and is_secret.
_STAGE = f"(?:{'|'.join(STAGES)})"
_KEY = rf"(?:{'|'.join(KEY_QUALITIES)})[_.$0-9-]*key"
_PASS = r"pass(?:phrase|word|code|wd)?|pwd"
_CLOSE = r"\\{0,7}[\"'`]?\]?"
_NAMED_VALUE = rf",?(?:{_BLANK}|\\[nrt])+\\{{0,7}}[\"']?[Vv]alue\\{{0,7}}[\"']?[ \t]?[=:][ \t]?"  # name: X / value: v
_ASSIGN = (
    rf"{_CLOSE}(?:{_NAMED_VALUE}"
    r"|[ \t]{0,4}(?:=>|:=|={1,3}|:(?:[ \t]?(?:str|string|String|&str)[ \t]?=)?)[ \t]{0,4}"
    r"|>|[ \t]{1,3}is:?[ \t]{1,3})"
    r"(?:(?:[Bb]earer|[Bb]asic|[Tt]oken|Digest|ApiKey|Api-Key|Bot|SSWS|GenieKey)[ \t]{1,3})?"
)
_QUOTE = r"(?:[bfruBFRU]{0,2}\\{0,7}[\"'`])?"
_RANDOM_VALUE = rf"{_QUOTE}(?:{_SOLID}{{0,20}}{_DIGIT}|{_SOLID}{{20}})"
_PASSWORD_VALUE = (
    rf"{_QUOTE}(?:{_SOLID}{{0,12}}(?:{_DIGIT}|[^A-Za-z0-9_.,:;/+=\x09-\x0d \x1c-\x1f\xff-])|{_SOLID}{{12}})"
)
_SUFFIX = rf"(?:[_-]?(?:[0-9]{{1,3}}|{_STAGE}))?"
_OPTION_SUFFIX = rf"(?:[_-]*(?:[0-9]+|{_STAGE}))*[_-]*[ \t]{{1,4}}"
_NAMES = (
    rf"(?i:(?:token|secret|credentials?|auth(?:orization)?|{_KEY}){_SUFFIX}){_ASSIGN}{_RANDOM_VALUE}",
    rf"(?i:(?:{_PASS}){_SUFFIX}){_ASSIGN}{_PASSWORD_VALUE}",
    rf"(?i:-[A-Z0-9_-]*(?:token|secret|credentials?|authorization|_auth|{_KEY}){_OPTION_SUFFIX}){_RANDOM_VALUE}",
    rf"(?i:-[A-Z0-9_-]*(?:{_PASS}|psw|pw){_OPTION_SUFFIX}){_PASSWORD_VALUE}",
    rf"-[A-Za-z0-9_-]*[{_HIGH}][A-Za-z0-9_{_HIGH}-]*[ \t]",  # an option that another alphabet may make telling
)


def loosened(shape: str) -> str:
    """A provider's shape without look-around, up to its last or first very wide repeat: it matches wherever that does.

    Provider shapes are ASCII and found inside runs of ASCII, so that their classes mean the same in bytes.
    """
    shape = _LOOKAROUND.sub("", shape)
    for repeat in _REPEAT.finditer(shape):
        least, most = int(repeat[1]), int(repeat[2] or repeat[1])
        before = shape[: repeat.start()]
        if before.count("(") == before.count(")") and (repeat.end() == len(shape) or most - least > _WIDE):
            return f"{before}{{{min(least, _LONGEST_TAIL)}}}"
    return shape


# Expressions by number; the last finds escaped colour codes, which may hide a secret from the others.
EXPRESSIONS = tuple(
    expression.encode("ascii") for expression in (*map(loosened, PROVIDER_SHAPES), *_SHAPES, *_NAMES, _CODES)
)
CODES = len(EXPRESSIONS) - 1
