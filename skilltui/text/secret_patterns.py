"""What secrets look like: providers' own prefixes, key blocks, credentials in URLs, and values under telling names.

The shapes are those that the providers document. Every expression is safe for ``re``: repeats are bounded or run over
one class from a boundary, so that hostile text costs linear time. None can match ``‹`` or ``›``, which makes a
replacement a wall that no later match crosses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Flag, auto
from itertools import groupby
from typing import NamedTuple

from skilltui.text.late import late
from skilltui.text.secret_providers import PROVIDER_SHAPES, PROVIDERS

# A run long enough to be a token; only inside such runs the provider shapes are tried. Runs are looked for from what
# stands before them, which visits each word once, so that the text's own beginning needs FIRST_RUN.
RUN = late(r"[^A-Za-z0-9_.~-](?P<s>[A-Za-z0-9_.~-]{20,})")
FIRST_RUN = late(r"(?P<s>[A-Za-z0-9_.~-]{20,})")

# A token begins after something that can't belong to it, or after an escape (\n, %3D) in text that is still encoded.
_BEGIN = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrtbf])|(?<=%[0-9A-Fa-f]{2}))"


class Look(Flag):
    """What to look for: what has a provider's shape, what is known by its place, what stands under a telling name."""

    TOKENS = auto()
    SHAPES = auto()
    NAMES = auto()
    COOKIES = auto()
    ALL = TOKENS | SHAPES | NAMES | COOKIES
    # What is read line by line, but for a name whose value is said to follow within 16 blanks.
    IN_LINES = TOKENS | NAMES


# One empty group closes each alternative: its number tells the kind.
KINDS = tuple(kind for kind, shapes in PROVIDERS.items() for _ in shapes)
PROVIDER = late(f"{_BEGIN}(?:{'|'.join(f'{shape}()' for shape in PROVIDER_SHAPES)})")
# Base64 bodies go on past the run that they were found in.
BASE64_KINDS = frozenset(
    {"aiven-token", "atlassian-token", "aws-bedrock-key", "fly-token", "grafana-token", "onepassword-token",
     "sentry-token", "webhook-secret"}
)  # fmt: skip
# These hold many zeros, which look like a placeholder's.
ZEROED_KINDS = frozenset({"fly-token", "twitter-token"})
BASE64_REST = late(r"[A-Za-z0-9+/=_-]*")

_END_OF_LINE = r"(?:(?:[\r\n]|\\[nr]){1,4}[ \t]{0,8})"
_PEM_HEADERS = rf"(?:{_END_OF_LINE}(?:Proc-Type|DEK-Info):[ \t]?[\w,.-]{{1,80}}){{0,2}}"
_PEM_LINES = (
    rf"(?:{_END_OF_LINE}[A-Za-z0-9+/=]{{40,80}}){{1,200}}"
    rf"(?:{_END_OF_LINE}(?:[A-Za-z0-9+/]{{16,80}}|[A-Za-z0-9+/]{{1,15}}=)={{0,2}})?"
)
_PEM_NAME = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

# Bytes of the loose forms. Whatever is not ASCII may be a blank, a digit or a letter: only the exact forms know.
HIGH = r"\x80-\xfe"
BLANK = rf"[\x09-\x0d \x1c-\x1f{HIGH}]"
DIGIT = rf"[0-9{HIGH}]"
_USER = rf"[A-Za-z0-9_.@+{HIGH}-]+"
_SOME_PASSWORD = r"[^\x09-\x0d \"'`\\\xff]{4}"


class Shape(NamedTuple):
    """A secret known by what stands around it.

    ``exact`` has the secret in its group ``s``. ``loose`` matches bytes wherever ``exact`` matches text, without
    look-around: see ``secret_gate``. A text without ``literal`` in it is not searched.
    """

    kind: str
    literal: str
    exact: Callable[[], re.Pattern[str]]
    loose: str


def _shape(kind: str, literal: str, exact: str, loose: str) -> Shape:
    return Shape(kind, literal, late(exact), loose)


SHAPES = (
    # Whole, whatever line numbers or quotes stand in it; or cut off, then as far as its lines go.
    _shape(
        "private-key",
        "PRIVATE KEY",
        rf"(?P<s>-----BEGIN {_PEM_NAME}{_PEM_HEADERS}(?:[^-‹›]{{40,20000}}-----END {_PEM_NAME}|{_PEM_LINES}))",
        r"PRIVATE KEY(?: BLOCK)?-----",
    ),
    _shape(
        "slack-webhook",
        "://",
        r"://hooks\.slack\.com/(?P<s>(?:services|workflows|triggers)/[\w/+-]{30,120})",
        r"://hooks\.slack\.com/(?:services|workflows|triggers)/",
    ),
    _shape(
        "discord-webhook",
        "://",
        r"://[\w.]{1,40}/api/webhooks/(?P<s>\d{17,20}/[A-Za-z0-9_-]{60,90})",
        rf"/api/webhooks/{DIGIT}{{17}}",
    ),
    _shape(
        "url-credential",
        "://",
        r"://[^\s:/@\"'`<>‹›\\]{0,128}:(?P<s>[^\s/?\"'`<>‹›\\]{1,256})@(?=[\w\[])",
        rf"://[^\x09-\x0d :/@\"'`<>\\\xff]*:[^\x09-\x0d /?\"'`<>\\\xff]+@[A-Za-z0-9_\[{HIGH}]",
    ),
    _shape(
        "url-credential",
        "://",
        r"://(?P<s>[A-Za-z0-9_-]{20,256})(?::x-oauth-basic|:)?@(?=[\w\[])",
        r"://[A-Za-z0-9_-]{20}[A-Za-z0-9_-]*(?::x-oauth-basic|:)?@",
    ),
    _shape(
        "signed-url",
        "ig",
        r"[?&](?:sig|(?:X-Amz-|X-Goog-)?Signature)=(?P<s>[A-Za-z0-9%+/_-]{30,600}={0,2})",
        r"[?&](?:sig|(?:X-Amz-|X-Goog-)?Signature)=[A-Za-z0-9%+/_-]{30}",
    ),
    _shape(
        "terraform-token",
        "atlasv1",
        _BEGIN + r"(?P<s>[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,80})",
        r"\.atlasv1\.",
    ),
    _shape(
        "azure-client-secret",
        "Q~",
        r"(?<![\w~.])(?P<s>[\w~.]{3}\dQ~[\w~.-]{31,34})(?![\w~.-])",
        rf"{DIGIT}Q~[A-Za-z0-9_~.{HIGH}-]{{31}}",
    ),
    _shape(
        "mailchimp-key",
        "-us",
        _BEGIN + r"(?P<s>[0-9a-f]{32}-us\d{1,2})(?![A-Za-z0-9])",
        rf"[0-9a-f]{{32}}-us{DIGIT}",
    ),
    _shape("google-oauth", "1//0", _BEGIN + r"(?P<s>1//0[A-Za-z0-9_-]{40,250})", r"1//0[A-Za-z0-9_-]{40}"),
    _shape(
        "webhook-secret",
        "whsec_",
        _BEGIN + r"(?P<s>whsec_[A-Za-z0-9+/=_-]{24,100})",
        r"whsec_[A-Za-z0-9+/=_-]{24}",
    ),
    _shape(
        "fly-token",
        "fm2_",
        _BEGIN + r"(?P<s>fm2_[A-Za-z0-9+/=_-]{40,1000})",
        r"fm2_[A-Za-z0-9+/=_-]{40}",
    ),
    _shape(
        "telegram-token",
        ":A",
        _BEGIN + r"(?P<s>\d{8,10}:A[A-Za-z0-9_-]{34})(?![A-Za-z0-9_-])",
        rf"{DIGIT}{{8}}:A[A-Za-z0-9_-]{{34}}",
    ),
    _shape(
        "azure-devops-token",
        "AZDO",
        _BEGIN + r"(?P<s>[A-Za-z0-9]{75,76}AZDO[A-Za-z0-9]{4})(?![A-Za-z0-9])",
        r"[A-Za-z0-9]{20}AZDO[A-Za-z0-9]{4}",
    ),
    _shape(
        "intercom-token",
        "dG9rO",
        _BEGIN + r"(?P<s>dG9rO[A-Za-z0-9+/]{40,100}={0,2})",
        r"dG9rO[A-Za-z0-9+/]{40}",
    ),
    _shape(
        "asana-token",
        "2/",
        r"(?P<s>2/[0-9]{13,19}/[0-9]{13,19}:[0-9a-f]{32})(?![A-Za-z0-9])",
        r"2/[0-9]{13,19}/[0-9]{13,19}:[0-9a-f]{32}",
    ),
    _shape(
        "twitter-token",
        "AAAAAAAAAAAAAAAAAAAA",
        _BEGIN + r"(?P<s>A{20,26}[B-Zb-z0-9][A-Za-z0-9%]{60,120})(?![A-Za-z0-9%])",
        r"A{20}[B-Zb-z0-9][A-Za-z0-9%]{60}",
    ),
    _shape(
        "bearer-token",
        "earer ",
        _BEGIN + r"[Bb]earer +(?P<s>[A-Za-z0-9._~+/-]{16,4000}={0,2})",
        r"[Bb]earer +[A-Za-z0-9._~+/-]{16}",
    ),
    _shape(
        "basic-auth",
        " -u",
        r"(?<=\s-u)[ =]{0,2}[\"']?[\w.@+-]{1,64}:(?P<s>[^\s\"'`‹›\\]{4,256})",
        rf"{BLANK}-u[ =]{{0,2}}[\"']?{_USER}:{_SOME_PASSWORD}",
    ),
    _shape(
        "basic-auth",
        "--user",
        r"--user[ =]{1,2}[\"']?[\w.@+-]{1,64}:(?P<s>[^\s\"'`‹›\\]{4,256})",
        rf"--user[ =]{{1,2}}[\"']?{_USER}:{_SOME_PASSWORD}",
    ),
    _shape(  # netrc
        "password",
        "machine ",
        _BEGIN + r"machine\s{1,8}[^\s‹›]{1,99}\s{1,8}login\s{1,8}[^\s‹›]{1,64}"
        r"\s{1,8}password\s{1,8}(?P<s>[^\s\"'`‹›\\]{4,256})",
        rf"machine{BLANK}+[^\x09-\x0d \xff]+{BLANK}+login{BLANK}",
    ),
    *(
        _shape("password", f"{words} '", rf"{words} '(?P<s>[^\s'\\‹›]{{6,128}})'", rf"{words} '")
        for words in ("PASSWORD", "password", "IDENTIFIED BY", "identified by")  # SQL
    ),
    _shape("password", "sshpass", _BEGIN + r"sshpass +-p *[\"']?(?P<s>[^\s\"'`‹›\\]{4,256})", r"sshpass +-p"),
)
# The same by literal.
GATED = tuple(
    (literal, tuple((shape.kind, shape.exact) for shape in shapes))
    for literal, shapes in groupby(SHAPES, key=lambda shape: shape.literal)
)


# Qualities that make a "key" a secret one; a primary, public, cache or sort key is none.
KEY_QUALITIES = (
    "access", "account", "admin", "api", "app", "application", "auth", "bot", "client", "cosmos", "deploy",
    "encryption", "functions", "gateway", "hmac", "integration", "jwt", "license", "master", "openai", "private",
    "root", "sdk", "secret", "server", "service", "session", "shared", "signing", "speech", "storage",
    "subscription", "webhook", "write",
)  # fmt: skip
# What may stand between a telling word and the end of a name without changing its meaning.
STAGES = (
    "base", "production", "prod", "staging", "stage", "stg", "development", "dev", "test", "live", "qa", "old", "new",
    "main", "default", "primary", "secondary", "backup",
)  # fmt: skip
# The last word of a telling name, as names write it: password, Password, PASSWORD. Grouped by first letter, because
# ``re`` tries every alternative that begins with the letter it stands at.
_WORDS = (
    r"(?:p(?:ass(?:phrase|word|code|wd)?|wd)|P(?:ass(?:phrase|word|code|wd)?|ASS(?:PHRASE|WORD|CODE|WD)?|wd|WD)"
    r"|secret|S(?:ecret|ECRET)|token|T(?:oken|OKEN)|key|K(?:ey|EY)|credentials?|C(?:redentials?|REDENTIALS?)"
    r"|auth(?:orization)?|A(?:uth(?:orization)?|UTH(?:ORIZATION)?))"
)
_STAGE = "|".join(form for stage in STAGES for form in (stage, stage.capitalize(), stage.upper()))
# An escape ends a value in text that is still encoded; a lone backslash is part of it.
_BACKSLASH = r"\\(?![nrtbfux\"'`\\])"
# Nothing follows a value in an expression, so its repeats are never tried again in another way.
MAX_VALUE = 800
SCHEME = r"(?:(?:[Bb]earer|[Bb]asic|[Tt]oken|Digest|ApiKey|Api-Key|Bot|SSWS|GenieKey)[ \t]{1,3})?"
_VALUE = (
    rf"{SCHEME}(?:[bfruBFRU]{{1,2}}(?=[\"']))?(?P<q>\\{{0,7}}[\"'`])?{SCHEME}"
    rf"(?P<v>(?(q)(?:(?!(?P=q))[^\s\\‹›]|{_BACKSLASH}){{1,{MAX_VALUE}}}"
    rf"|(?:[^\s\"'`\\<>‹›]{{1,200}}|{_BACKSLASH}){{1,{MAX_VALUE // 200}}}))"
)
VALUE_REST = late(r"[^\s\"'`\\<>‹›;&,]*")
# A value that is an assignment itself: its own value is looked at next.
NESTED = late(r"[\w.-]{0,40}?(?:pass(?:word|wd)?|pwd|secret|token|key)[\\\"']{0,4}[=:]", re.IGNORECASE)
# Whether the name is telling is judged with what stands before the word: see secret_values.telling.
ASSIGNMENT = late(
    rf"{_WORDS}(?:[_-]?(?:[0-9]{{1,3}}|{_STAGE}))?(?![A-Za-z0-9_-])"
    r"(?P<close>\\{0,7}[\"'`]?\]?)"
    r"(?P<sep>,?(?:\s|\\[nrt]){1,16}\\{0,7}[\"']?[Vv]alue\\{0,7}[\"']?[ \t]?[=:][ \t]?"  # name: X / value: v
    r"|[ \t]{0,4}(?:=>|:=|={1,3}|:(?:[ \t]?(?:str|string|String|&str)[ \t]?=)?)[ \t]{0,4}"
    r"|>|[ \t]{1,3}is:?[ \t]{1,3}"
    r"|(?:(?<=[\"'`]),[ \t]{0,4}|\()(?=\\{0,7}[\"'`]))" + _VALUE  # setenv("X", "v"), x.password("v")
)
OPTION = late(
    r"-(?:(?<![\w-]-)|(?<=\\[nrt]-))-?(?P<name>(?<=--)[A-Za-z][\w-]{0,50}|password|pass|token|secret)[ \t]{1,4}"
    + _VALUE
)
# Shells, Dockerfiles and the tools that keep settings: a name, and its value after a blank.
# Each begins with its literal, which ``re`` looks for fast.
_FLAGS = r"(?:[ \t]{1,4}-{1,2}[A-Za-z]{1,12}){0,3}"
_DECLARED = r"(?P<name>[A-Za-z_][A-Za-z0-9_]{1,60})(?:[ \t]{1,4}(?:--body|--value|-b|-Value))?[ \t]{1,4}" + _VALUE
DECLARATIONS = tuple(
    (literal, late(begin + _DECLARED))
    for literal, begin in (
        *((word, rf"{word}(?:(?<![\w-]{word})|(?<=\\[nrt]{word})){more}{_FLAGS}[ \t]{{1,4}}")
          for word, more in (("set", "(?:x|env)?"), ("ENV", ""), ("ARG", ""), ("env add", ""))),
        ("Env:", "Env:"),
    )
)  # fmt: skip
COOKIE = late(r"[Cc]ookie[\"']?[ \t]?[:=][ \t]?")
COOKIE_PAIR = late(
    r"(?<![\w.-])[\w.-]{0,30}?(?:sess|sid|jwt|auth|token)[\w.-]{0,30}=(?P<s>[^;\s\"'‹›\\]{16,400})", re.IGNORECASE
)
