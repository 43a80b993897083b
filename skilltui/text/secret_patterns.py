"""What secrets look like: providers' own prefixes, key blocks, credentials in URLs, and values under telling names.

The shapes are those that the providers document. Every expression is safe for ``re``: repeats are bounded or run over
one class from a boundary, so that hostile text costs linear time. None can match ``‹`` or ``›``, which makes a
replacement a wall that no later match crosses.
"""

from __future__ import annotations

import re

# A run long enough to be a token; only inside such runs the provider shapes are tried. Runs are looked for from what
# stands before them, which visits each word once, so that the text's own beginning needs FIRST_RUN.
RUN = re.compile(r"[^A-Za-z0-9_.~-](?P<s>[A-Za-z0-9_.~-]{20,})")
FIRST_RUN = re.compile(r"(?P<s>[A-Za-z0-9_.~-]{20,})")

# A token begins after something that can't belong to it, or after an escape (\n, %3D) in text that is still encoded.
_BEGIN = r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrtbf])|(?<=%[0-9A-Fa-f]{2}))"


# kind -> shapes. Each begins with a letter: ``re`` skips an alternative by its first letter, which is what makes this
# list affordable. Earlier entries win where two begin at the same place.
_PROVIDERS = {
    "aws-access-key": (r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])",),
    "github-token": (r"gh[pousr]_[A-Za-z0-9]{36,255}", r"github_pat_[A-Za-z0-9_]{36,255}"),
    "gitlab-token": (
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct|oas)-[A-Za-z0-9_.-]{20,300}",
        r"GR1348941[\w-]{20}",
    ),
    "anthropic-key": (r"sk-ant-[A-Za-z0-9_-]{20,300}",),
    "openrouter-key": (r"sk-or-v1-[0-9a-f]{64}",),
    "openai-key": (
        r"sk-(?:proj|svcacct|admin|service|None)-[A-Za-z0-9_-]{20,300}",
        r"sk-[A-Za-z0-9]{32,100}(?![A-Za-z0-9-])",
    ),
    "langfuse-key": (r"sk-lf-[0-9a-f-]{36}",),
    "google-api-key": (r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9])",),
    "google-oauth": (r"ya29\.[A-Za-z0-9_.-]{20,1000}", r"GOCSPX-[A-Za-z0-9_-]{24,40}"),
    "slack-token": (r"xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,400}", r"xapp-\d-[A-Za-z0-9-]{16,400}"),
    "stripe-key": (r"sk_(?:live|test|prod)_[A-Za-z0-9]{10,247}", r"rk_(?:live|test|prod)_[A-Za-z0-9]{10,247}"),
    "webhook-secret": (r"whsec_[A-Za-z0-9]{14,100}",),
    "npm-token": (r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",),
    "pypi-token": (r"pypi-[A-Za-z0-9_-]{50,400}",),
    "huggingface-token": (r"hf_[A-Za-z0-9]{30,60}", r"api_org_[A-Za-z0-9]{34}"),
    "twilio-key": (r"SK[0-9a-f]{32}(?![A-Za-z0-9])",),
    "sendgrid-key": (r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}",),
    "digitalocean-token": (r"do[opr]_v1_[0-9a-f]{64}",),
    "supabase-key": (r"sbp_(?:v0_)?[0-9a-f]{40}", r"sb_secret_[A-Za-z0-9_-]{20,60}"),
    "discord-token": (r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}(?![A-Za-z0-9_-])",),
    "shopify-token": (r"shp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32}",),
    "databricks-token": (r"dapi[0-9a-f]{32}(?:-\d)?(?![A-Za-z0-9])",),
    "linear-key": (r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}",),
    "notion-token": (r"ntn_[A-Za-z0-9]{40,60}", r"secret_[A-Za-z0-9]{43}(?![A-Za-z0-9])"),
    "vercel-token": (r"vc[picrka]_[A-Za-z0-9]{20,80}", r"vercel_blob_rw_[A-Za-z0-9_]{20,80}"),
    "groq-key": (r"gsk_[A-Za-z0-9]{40,64}",),
    "xai-key": (r"xai-[A-Za-z0-9]{60,100}",),
    "perplexity-key": (r"pplx-[A-Za-z0-9]{40,64}",),
    "replicate-token": (r"r8_[A-Za-z0-9]{37,40}",),
    "nvidia-key": (r"nvapi-[A-Za-z0-9_-]{60,80}",),
    "tavily-key": (r"tvly-[A-Za-z0-9-]{20,64}",),
    "firecrawl-key": (r"fc-[0-9a-f]{32}(?![A-Za-z0-9])",),
    "elevenlabs-key": (r"sk_[0-9a-f]{48}",),
    "pinecone-key": (r"pcsk_[A-Za-z0-9_]{50,90}",),
    "langsmith-key": (r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",),
    "vault-token": (r"hv[sbr]\.[A-Za-z0-9_-]{24,300}",),
    "docker-token": (r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,40}",),
    "doppler-token": (r"dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{40,64}",),
    "fly-token": (r"fo1_[A-Za-z0-9_-]{43}", r"fm[12]r?_[A-Za-z0-9_-]{16,64}"),
    "newrelic-key": (r"NRAK-[A-Z0-9]{27}",),
    "grafana-token": (r"glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}", r"glc_[A-Za-z0-9_-]{30,400}"),
    "sentry-token": (r"sntry[su]_[A-Za-z0-9_-]{30,400}",),
    "mailgun-key": (r"key-[0-9a-f]{32}(?![A-Za-z0-9])",),
    "brevo-key": (r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}",),
    "resend-key": (r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}(?![A-Za-z0-9])",),
    "postman-key": (r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",),
    "airtable-token": (r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",),
    "atlassian-token": (r"AT(?:ATT|CTT)3[A-Za-z0-9_=-]{60,300}", r"ATBB[A-Za-z0-9]{24,40}(?![A-Za-z0-9])"),
    "square-token": (r"EAAA[A-Za-z0-9_-]{60}(?![A-Za-z0-9])", r"sq0[a-z]{3}-[A-Za-z0-9_-]{22,43}"),
    "planetscale-token": (r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}",),
    "tailscale-key": (r"tskey-[a-z]{3,12}-[A-Za-z0-9]{8,40}-[A-Za-z0-9]{16,64}",),
    "netlify-token": (r"nf[pcbuo]_[A-Za-z0-9]{36}",),
    "render-key": (r"rnd_[A-Za-z0-9]{28,40}",),
    "figma-token": (r"fig[dou]r?_[A-Za-z0-9_-]{36,64}",),
    "rubygems-key": (r"rubygems_[0-9a-f]{48}",),
    "crates-token": (r"cio[A-Za-z0-9]{32}(?![A-Za-z0-9])",),
    "nuget-key": (r"oy2[a-z0-9]{43}(?![A-Za-z0-9])",),
    "jfrog-key": (r"AKCp[A-Za-z0-9]{69}",),
    "age-key": (r"AGE-SECRET-KEY-1[A-Z0-9]{58}",),
    "buildkite-token": (r"bkua_[0-9a-f]{40}",),
    "circleci-token": (r"CCIPAT_[A-Za-z0-9]{22}_[0-9a-f]{40}",),
    "heroku-key": (r"HRKU-[A-Za-z0-9_-]{30,80}",),
    "cloudflare-token": (r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}",),
    "neon-key": (r"napi_[a-z0-9]{40,80}",),
    "sonar-token": (r"sq[upa]_[0-9a-f]{40}",),
    "dynatrace-token": (r"dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",),
    "alibaba-key": (r"LTAI[A-Za-z0-9]{16,20}(?![A-Za-z0-9])",),
    "onepassword-token": (r"ops_eyJ[A-Za-z0-9_-]{100,4000}",),
    "contentful-token": (r"CFPAT-[A-Za-z0-9_-]{43}",),
    "typeform-token": (r"tfp_[A-Za-z0-9_.=-]{40,64}",),
    "posthog-key": (r"phx_[A-Za-z0-9]{40,60}",),
    "prefect-key": (r"pn[ub]_[A-Za-z0-9]{36}",),
    "easypost-key": (r"EZ[AT]K[A-Za-z0-9]{54}",),
    "shippo-token": (r"shippo_(?:live|test)_[0-9a-f]{40}",),
    "plaid-token": (r"access-(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f-]{27}",),
    "jwt": (r"e(?<![-.~]e)yJ[A-Za-z0-9_-]{8,4000}\.eyJ[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{8,2000}",),
}
PROVIDER_SHAPES = tuple(shape for shapes in _PROVIDERS.values() for shape in shapes)
# One empty group closes each alternative: its number tells the kind.
KINDS = tuple(kind for kind, shapes in _PROVIDERS.items() for _ in shapes)
PROVIDER = re.compile(f"{_BEGIN}(?:{'|'.join(f'{shape}()' for shape in PROVIDER_SHAPES)})")
# Base64 bodies go on past the run that they were found in.
BASE64_KINDS = frozenset({"fly-token", "grafana-token", "onepassword-token", "sentry-token", "webhook-secret"})
BASE64_REST = re.compile(r"[A-Za-z0-9+/=_-]*")

_END_OF_LINE = r"(?:(?:[\r\n]|\\[nr]){1,4}[ \t]{0,8})"
_PEM_HEADERS = rf"(?:{_END_OF_LINE}(?:Proc-Type|DEK-Info):[ \t]?[\w,.-]{{1,80}}){{0,2}}"
_PEM_LINES = (
    rf"(?:{_END_OF_LINE}[A-Za-z0-9+/=]{{40,80}}){{1,200}}"
    rf"(?:{_END_OF_LINE}(?:[A-Za-z0-9+/]{{16,80}}|[A-Za-z0-9+/]{{1,15}}=)={{0,2}})?"
)
_PEM_NAME = r"[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"

_SHAPES_BY_GATE: dict[str, tuple[tuple[str, str], ...]] = {
    # Whole, whatever line numbers or quotes stand in it; or cut off, then as far as its lines go.
    "PRIVATE KEY": (
        (
            "private-key",
            rf"(?P<s>-----BEGIN {_PEM_NAME}{_PEM_HEADERS}(?:[^-‹›]{{40,20000}}-----END {_PEM_NAME}|{_PEM_LINES}))",
        ),
    ),
    "://": (
        ("slack-webhook", r"://hooks\.slack\.com/(?P<s>(?:services|workflows|triggers)/[\w/+-]{30,120})"),
        ("discord-webhook", r"://[\w.]{1,40}/api/webhooks/(?P<s>\d{17,20}/[A-Za-z0-9_-]{60,90})"),
        ("url-credential", r"://[^\s:/@\"'`<>‹›\\]{0,128}:(?P<s>[^\s/?\"'`<>‹›\\]{1,256})@(?=[\w\[])"),
        ("url-credential", r"://(?P<s>[A-Za-z0-9_-]{20,256})(?::x-oauth-basic|:)?@(?=[\w\[])"),
    ),
    "ig": (("signed-url", r"[?&](?:sig|(?:X-Amz-|X-Goog-)?Signature)=(?P<s>[A-Za-z0-9%+/_-]{30,600}={0,2})"),),
    "atlasv1": (("terraform-token", _BEGIN + r"(?P<s>[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,80})"),),
    "Q~": (("azure-client-secret", r"(?<![\w~.])(?P<s>[\w~.]{3}\dQ~[\w~.-]{31,34})(?![\w~.-])"),),
    "-us": (("mailchimp-key", _BEGIN + r"(?P<s>[0-9a-f]{32}-us\d{1,2})(?![A-Za-z0-9])"),),
    "1//0": (("google-oauth", _BEGIN + r"(?P<s>1//0[A-Za-z0-9_-]{40,250})"),),
    "whsec_": (("webhook-secret", _BEGIN + r"(?P<s>whsec_[A-Za-z0-9+/=_-]{24,100})"),),
    ":A": (("telegram-token", _BEGIN + r"(?P<s>\d{8,10}:A[A-Za-z0-9_-]{34})(?![A-Za-z0-9_-])"),),
    "earer ": (("bearer-token", _BEGIN + r"[Bb]earer +(?P<s>[A-Za-z0-9._~+/-]{16,4000}={0,2})"),),
    " -u": (("basic-auth", r"(?<=\s-u)[ =]{0,2}[\"']?[\w.@+-]{1,64}:(?P<s>[^\s\"'`‹›\\]{4,256})"),),
    "--user": (("basic-auth", r"--user[ =]{1,2}[\"']?[\w.@+-]{1,64}:(?P<s>[^\s\"'`‹›\\]{4,256})"),),
    "machine ": (  # netrc
        (
            "password",
            _BEGIN + r"machine\s{1,8}[^\s‹›]{1,99}\s{1,8}login\s{1,8}[^\s‹›]{1,64}"
            r"\s{1,8}password\s{1,8}(?P<s>[^\s\"'`‹›\\]{4,256})",
        ),
    ),
    "sshpass": (("password", _BEGIN + r"sshpass +-p *[\"']?(?P<s>[^\s\"'`‹›\\]{4,256})"),),
}
# What must be in the text, and then what to look for: (kind, expression with the secret in its group s).
GATED = tuple(
    (gate, tuple((kind, re.compile(shape)) for kind, shape in shapes)) for gate, shapes in _SHAPES_BY_GATE.items()
)


# Qualities that make a "key" a secret one; a primary, public, cache or sort key is none.
KEY_QUALITIES = (
    "access", "account", "admin", "api", "app", "auth", "bot", "client", "encryption", "functions", "license", "master",
    "private", "root", "secret", "server", "service", "session", "shared", "signing", "storage", "subscription",
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
_VALUE = (
    r"(?:[bfruBFRU]{1,2}(?=[\"']))?(?P<q>\\{0,7}[\"'`])?"
    rf"(?P<v>(?(q)(?:(?!(?P=q))[^\s\\‹›]|{_BACKSLASH}){{1,{MAX_VALUE}}}"
    rf"|(?:[^\s\"'`\\<>‹›]{{1,200}}|{_BACKSLASH}){{1,{MAX_VALUE // 200}}}))"
)
VALUE_REST = re.compile(r"[^\s\"'`\\<>‹›;&,]*")
# A value that is an assignment itself: its own value is looked at next.
NESTED = re.compile(r"[\w.-]{0,40}?(?:pass(?:word|wd)?|pwd|secret|token|key)[\\\"']{0,4}[=:]", re.IGNORECASE)
# Whether the name is telling is judged with what stands before the word: see secret_values.telling.
ASSIGNMENT = re.compile(
    rf"{_WORDS}(?:[_-]?(?:[0-9]{{1,3}}|{_STAGE}))?(?![A-Za-z0-9_-])"
    r"(?P<close>\\{0,7}[\"'`]?\]?)"
    r"(?P<sep>,?(?:\s|\\[nrt]){1,16}\\{0,7}[\"']?[Vv]alue\\{0,7}[\"']?[ \t]?[=:][ \t]?"  # name: X / value: v
    r"|[ \t]{0,4}(?:=>|:=|={1,3}|:(?:[ \t]?(?:str|string|String|&str)[ \t]?=)?)[ \t]{0,4}"
    r"|>|[ \t]{1,3}is:?[ \t]{1,3})"
    r"(?:(?:[Bb]earer|[Bb]asic|[Tt]oken|Digest|ApiKey|Api-Key|Bot|SSWS|GenieKey)[ \t]{1,3})?" + _VALUE
)
OPTION = re.compile(
    r"-(?:(?<![\w-]-)|(?<=\\[nrt]-))-?(?P<name>(?<=--)[A-Za-z][\w-]{0,50}|password|pass|token|secret)[ \t]{1,4}"
    + _VALUE
)
# The name's characters before the telling word.
NAME_BEFORE = re.compile(r"[A-Za-z0-9_.$-]{0,60}\Z")
COOKIE = re.compile(r"[Cc]ookie[\"']?[ \t]?[:=][ \t]?")
COOKIE_PAIR = re.compile(
    r"(?<![\w.-])[\w.-]{0,30}?(?:sess|sid|jwt|auth|token)[\w.-]{0,30}=(?P<s>[^;\s\"'‹›\\]{16,400})", re.IGNORECASE
)
