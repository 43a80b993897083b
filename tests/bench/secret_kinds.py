"""Made-up secrets in the forms that providers give theirs, written from the providers' public documents.

Nothing here comes from ``skilltui.text``: what its rules do not know must be able to show as a miss. A form is text
with slots: ``<w36>`` is 36 letters and digits, ``<h8-12>`` 8 to 12 hex digits.
"""

from __future__ import annotations

import base64
import json
import random
import re
import string
from dataclasses import dataclass

_ALPHABETS = {
    "d": string.digits,
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "l": string.ascii_lowercase + string.digits,
    "u": string.ascii_uppercase + string.digits,
    "w": string.ascii_letters + string.digits,
    "s": string.ascii_letters + string.digits + "-_",
    "b": string.ascii_letters + string.digits + "+/",
    "t": string.ascii_uppercase + "234567",
    "a": string.ascii_letters,
}
_SLOT = re.compile(r"<([dhHlUuwsbta])(\d+)(?:-(\d+))?>")
_UUID = "<h8>-<h4>-4<h3>-a<h3>-<h12>"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret: how it looks, what it is called, and whether its looks alone tell what it is."""

    name: str
    forms: tuple[str, ...]
    called: tuple[str, ...]
    bare: bool = True

    def make(self, rng: random.Random) -> str:
        """One secret of this kind."""
        maker = _MAKERS.get(self.name)
        return maker(rng) if maker else fill(rng, rng.choice(self.forms))


def fill(rng: random.Random, form: str) -> str:
    """The form with its slots filled."""

    def some(slot: re.Match[str]) -> str:
        count = rng.randint(int(slot[2]), int(slot[3] or slot[2]))
        return "".join(rng.choice(_ALPHABETS[slot[1]]) for _ in range(count))

    return _SLOT.sub(some, form)


def _jwt(rng: random.Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")

    claims = {"sub": fill(rng, "user_<w12>"), "iat": rng.randint(10**9, 2 * 10**9), "scope": "read write"}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{fill(rng, '<s43>')}"


def _pem(rng: random.Random) -> str:
    name = rng.choice(["RSA ", "EC ", "", "OPENSSH ", "ENCRYPTED ", "DSA "])
    lines = [fill(rng, "<b64>") for _ in range(rng.randint(3, 26))]
    lines.append(fill(rng, "<b20-60>=="))
    return "\n".join([f"-----BEGIN {name}PRIVATE KEY-----", *lines, f"-----END {name}PRIVATE KEY-----"])


def _pgp(rng: random.Random) -> str:
    lines = [fill(rng, "<b64>") for _ in range(rng.randint(10, 30))]
    head, tail = "-----BEGIN PGP PRIVATE KEY BLOCK-----", "-----END PGP PRIVATE KEY BLOCK-----"
    return "\n".join([head, "", *lines, fill(rng, "=<b4>"), tail])


_SIGNS = "!@#%^*?~+"
_PARTS = (
    "river",
    "Copper",
    "zebra",
    "Lantern",
    "quartz",
    "Violet",
    "marble",
    "Otter",
    "cactus",
    "Saturn",
    "pixel",
    "Walnut",
)


def _password(rng: random.Random) -> str:
    """As people and password generators make them."""
    way = rng.randrange(4)
    if way == 0:
        return rng.choice(_PARTS).capitalize() + fill(rng, "<d2-4>") + rng.choice(_SIGNS)
    if way == 1:
        return "-".join(rng.sample(_PARTS, 3)).lower() + fill(rng, "-<d2>")
    if way == 2:
        letters = list(fill(rng, "<a6-10><d2-3>") + "".join(rng.sample(_SIGNS, 2)))
        rng.shuffle(letters)
        return rng.choice(string.ascii_letters) + "".join(letters)
    return fill(rng, "<a2><w10-18><d2>")


_MAKERS = {"jwt": _jwt, "private-key": _pem, "pgp-key": _pgp, "password": _password}


def _kind(name: str, forms: str, called: str, *, bare: bool = True) -> Kind:
    return Kind(name, tuple(forms.split()), tuple(called.split()), bare)


KINDS: tuple[Kind, ...] = (
    # Clouds
    _kind("aws-key-id", "AKIA<t16> ASIA<t16>", "AWS_ACCESS_KEY_ID"),
    _kind("aws-secret", "<b40>", "AWS_SECRET_ACCESS_KEY aws_secret_access_key", bare=False),
    _kind("aws-session", "IQoJb3JpZ2luX2VjE<b300-700>==", "AWS_SESSION_TOKEN aws_session_token", bare=False),
    _kind("aws-bedrock", "ABSKQmVkcm9ja0FQSUtleS1<w80-100>=", "AWS_BEARER_TOKEN_BEDROCK"),
    _kind("aws-mws", f"amzn.mws.{_UUID}", "MWS_AUTH_TOKEN"),
    _kind("azure-storage", "<b86>==", "AccountKey AZURE_STORAGE_ACCOUNT_KEY AZURE_STORAGE_KEY", bare=False),
    _kind("azure-client-secret", "<w3>8Q~<s31>", "AZURE_CLIENT_SECRET"),
    _kind("azure-openai", "<h32> <w52>JQQJ99<w11>ACOG<w5>", "AZURE_OPENAI_API_KEY AZURE_OPENAI_KEY", bare=False),
    _kind("azure-devops", "<w75>AZDO<w4>", "AZURE_DEVOPS_EXT_PAT SYSTEM_ACCESSTOKEN"),
    _kind("azure-service-bus", "<b43>=", "SharedAccessKey", bare=False),
    _kind("google-api", "AIza<s35>", "GOOGLE_API_KEY GEMINI_API_KEY"),
    _kind("google-client-secret", "GOCSPX-<s28>", "GOOGLE_CLIENT_SECRET"),
    _kind("google-access", "ya29.a0<s120-200>", "GOOGLE_OAUTH_ACCESS_TOKEN"),
    _kind("google-refresh", "1//0<d1>C<s60-95>", "refresh_token"),
    _kind("digitalocean", "dop_v1_<h64> doo_v1_<h64>", "DIGITALOCEAN_ACCESS_TOKEN"),
    _kind("heroku", f"HRKU-AA<s58> {_UUID}", "HEROKU_API_KEY", bare=False),
    _kind("cloudflare", "cfut_<w40><h8> cfat_<w40><h8> cfk_<w40><h8>", "CLOUDFLARE_API_TOKEN"),
    _kind("cloudflare-old", "<s40>", "CLOUDFLARE_API_TOKEN CF_API_TOKEN", bare=False),
    _kind("cloudflare-origin", "v1.0-<h24>-<h146>", "CLOUDFLARE_ORIGIN_CA_KEY"),
    _kind("hetzner", "<w64>", "HCLOUD_TOKEN", bare=False),
    _kind("linode", "<h64>", "LINODE_TOKEN", bare=False),
    _kind("alibaba-id", "LTAI<w20>", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    _kind("alibaba-secret", "<w30>", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", bare=False),
    _kind("tencent-id", "AKID<w32>", "TENCENTCLOUD_SECRET_ID"),
    _kind("yandex", "AQVN<s35-38>", "YANDEX_API_KEY"),
    _kind("fly", "fm2_lJPECAAAAAAA<b90-140> fo1_<s43>", "FLY_API_TOKEN"),
    _kind("vercel", "vcp_<w56>", "VERCEL_TOKEN"),
    _kind("netlify", "nfp_<w36>", "NETLIFY_AUTH_TOKEN"),
    _kind("render", "rnd_<w28>", "RENDER_API_KEY"),
    _kind("supabase", "sbp_<h40> sb_secret_<s22>_<s8>", "SUPABASE_ACCESS_TOKEN SUPABASE_SECRET_KEY"),
    _kind("neon", "napi_<l64>", "NEON_API_KEY"),
    _kind("planetscale", "pscale_tkn_<s43> pscale_pw_<s43>", "PLANETSCALE_SERVICE_TOKEN"),
    _kind("mongodb-atlas", "mdb_sa_sk_<s40>", "MONGODB_ATLAS_CLIENT_SECRET"),
    # Source code and packages
    _kind("github", "ghp_<w36> gho_<w36> ghu_<w36> ghs_<w36> ghr_<w36>", "GITHUB_TOKEN GH_TOKEN"),
    _kind("github-fine", "github_pat_11<u20>_<w59>", "GITHUB_TOKEN GH_PAT"),
    _kind("gitlab", "glpat-<s20> gldt-<s20> glrt-<s20> glptt-<h40>", "GITLAB_TOKEN CI_DEPLOY_TOKEN"),
    _kind("gitlab-routable", "glpat-<s27-60>.01.<l2><l7>", "GITLAB_TOKEN"),
    _kind("bitbucket", "ATBB<w32> ATCTT3xFfGN0<s150-180>", "BITBUCKET_TOKEN"),
    _kind("atlassian", "ATATT3xFfGF0<s150-180>=<H8>", "ATLASSIAN_API_TOKEN JIRA_API_TOKEN"),
    _kind("npm", "npm_<w36>", "NPM_TOKEN NODE_AUTH_TOKEN _authToken"),
    _kind("pypi", "pypi-AgEIcHlwaS5vcmc<s150-180>", "TWINE_PASSWORD UV_PUBLISH_TOKEN"),
    _kind("rubygems", "rubygems_<h48>", "GEM_HOST_API_KEY"),
    _kind("crates", "cio<w32>", "CARGO_REGISTRY_TOKEN"),
    _kind("nuget", "oy2<l43>", "NUGET_API_KEY"),
    _kind("docker", "dckr_pat_<s27>", "DOCKER_PASSWORD DOCKERHUB_TOKEN"),
    _kind("clojars", "CLOJARS_<h60>", "CLOJARS_PASSWORD"),
    _kind("artifactory", "AKCp<w69> cmVmdGtuOjAxOj<w50>", "ARTIFACTORY_API_KEY JFROG_ACCESS_TOKEN"),
    _kind("terraform-cloud", "<w14>.atlasv1.<s67>", "TF_API_TOKEN TFE_TOKEN"),
    _kind("pulumi", "pul-<h40>", "PULUMI_ACCESS_TOKEN"),
    _kind("vault", "hvs.<s24> hvb.<s140-200> hvs.CAES<s90-120>", "VAULT_TOKEN"),
    _kind("doppler", "dp.pt.<w43> dp.st.dev.<w43>", "DOPPLER_TOKEN"),
    _kind("onepassword", "ops_eyJ<w300-500>", "OP_SERVICE_ACCOUNT_TOKEN"),
    _kind("infisical", "st.<h24>.<h32>.<h32>", "INFISICAL_TOKEN"),
    _kind("circleci", "CCIPAT_<w22>_<h40>", "CIRCLECI_TOKEN"),
    _kind("buildkite", "bkua_<h40>", "BUILDKITE_API_TOKEN"),
    _kind("sonar", "squ_<h40> sqp_<h40>", "SONAR_TOKEN"),
    _kind("snyk", _UUID, "SNYK_TOKEN", bare=False),
    _kind("sourcegraph", "sgp_<h16>_<h40> sgp_<h40>", "SRC_ACCESS_TOKEN"),
    _kind("openshift", "sha256~<s43>", "OPENSHIFT_TOKEN"),
    _kind("age", "AGE-SECRET-KEY-1<u58>", "SOPS_AGE_KEY"),
    # Models
    _kind("openai", "sk-proj-<s74>T3BlbkFJ<s74> sk-<w20>T3BlbkFJ<w20> sk-svcacct-<s60>T3BlbkFJ<s60>", "OPENAI_API_KEY"),
    _kind("anthropic", "sk-ant-api03-<s93>AA sk-ant-admin01-<s93>AA sk-ant-oat01-<s93>AA", "ANTHROPIC_API_KEY"),
    _kind("huggingface", "hf_<a34>", "HF_TOKEN HUGGING_FACE_HUB_TOKEN"),
    _kind("groq", "gsk_<w52>", "GROQ_API_KEY"),
    _kind("openrouter", "sk-or-v1-<h64>", "OPENROUTER_API_KEY"),
    _kind("deepseek", "sk-<h32>", "DEEPSEEK_API_KEY"),
    _kind("xai", "xai-<w80>", "XAI_API_KEY"),
    _kind("perplexity", "pplx-<w48>", "PERPLEXITY_API_KEY PPLX_API_KEY"),
    _kind("mistral", "<w32>", "MISTRAL_API_KEY", bare=False),
    _kind("cohere", "<w40>", "COHERE_API_KEY CO_API_KEY", bare=False),
    _kind("together", "tgp_v1_<s43>", "TOGETHER_API_KEY"),
    _kind("fireworks", "fw_<w24>", "FIREWORKS_API_KEY"),
    _kind("cerebras", "csk-<l48>", "CEREBRAS_API_KEY"),
    _kind("replicate", "r8_<w37>", "REPLICATE_API_TOKEN"),
    _kind("elevenlabs", "sk_<h48>", "ELEVENLABS_API_KEY"),
    _kind("pinecone", "pcsk_<w5>_<w63>", "PINECONE_API_KEY"),
    _kind("langsmith", "lsv2_pt_<h32>_<h10>", "LANGSMITH_API_KEY"),
    _kind("langfuse", f"sk-lf-{_UUID}", "LANGFUSE_SECRET_KEY"),
    _kind("tavily", "tvly-dev-<w32>", "TAVILY_API_KEY"),
    _kind("firecrawl", "fc-<h32>", "FIRECRAWL_API_KEY"),
    _kind("nvidia", "nvapi-<s64>", "NVIDIA_API_KEY"),
    _kind("jina", "jina_<h32><s28>", "JINA_API_KEY"),
    _kind("voyage", "pa-<s43>", "VOYAGE_API_KEY"),
    _kind("wandb", "<h40>", "WANDB_API_KEY", bare=False),
    _kind("e2b", "e2b_<h40>", "E2B_API_KEY"),
    _kind("apify", "apify_api_<w36>", "APIFY_TOKEN"),
    # Money, mail, messages
    _kind("stripe", "sk_live_<w24> sk_live_<w99> rk_live_<w24> sk_test_<w24>", "STRIPE_SECRET_KEY STRIPE_API_KEY"),
    _kind("webhook", "whsec_<w32> whsec_<b43>=", "STRIPE_WEBHOOK_SECRET SVIX_WEBHOOK_SECRET"),
    _kind("square", "EAAA<s60> sq0atp-<s22>", "SQUARE_ACCESS_TOKEN"),
    _kind("razorpay", "<w24>", "RAZORPAY_KEY_SECRET", bare=False),
    _kind("paddle", "pdl_live_apikey_<l26>_<w22>_<w3>", "PADDLE_API_KEY"),
    _kind("mollie", "live_<w30>", "MOLLIE_API_KEY", bare=False),
    _kind("slack", "xoxb-<d12>-<d13>-<w24> xoxp-<d12>-<d12>-<d13>-<h32>", "SLACK_BOT_TOKEN SLACK_TOKEN"),
    _kind("slack-app", "xapp-1-A<u10>-<d13>-<h64>", "SLACK_APP_TOKEN"),
    _kind("slack-hook", "https://hooks.slack.com/services/T<u9>/B<u10>/<w24>", "SLACK_WEBHOOK_URL"),
    _kind("discord-bot", "MT<w22>.G<w5>.<s38>", "DISCORD_TOKEN DISCORD_BOT_TOKEN"),
    _kind("discord-hook", "https://discord.com/api/webhooks/<d19>/<s68>", "DISCORD_WEBHOOK_URL"),
    _kind("telegram", "<d10>:AA<s33>", "TELEGRAM_BOT_TOKEN"),
    _kind("twilio", "SK<h32>", "TWILIO_API_KEY"),
    _kind("twilio-auth", "<h32>", "TWILIO_AUTH_TOKEN", bare=False),
    _kind("sendgrid", "SG.<s22>.<s43>", "SENDGRID_API_KEY"),
    _kind("mailgun", "key-<h32> <h32>-<h8>-<h8>", "MAILGUN_API_KEY", bare=False),
    _kind("mailchimp", "<h32>-us<d1-2>", "MAILCHIMP_API_KEY"),
    _kind("postmark", _UUID, "POSTMARK_SERVER_TOKEN X-Postmark-Server-Token", bare=False),
    _kind("resend", "re_<w8>_<w24>", "RESEND_API_KEY"),
    _kind("brevo", "xkeysib-<h64>-<w16>", "BREVO_API_KEY"),
    _kind("shopify", "shpat_<h32> shpss_<h32>", "SHOPIFY_ACCESS_TOKEN"),
    _kind("facebook", "EAA<w150-200>", "FACEBOOK_ACCESS_TOKEN FB_ACCESS_TOKEN", bare=False),
    _kind("twitch", "<l30>", "TWITCH_CLIENT_SECRET", bare=False),
    _kind("x-bearer", "AAAAAAAAAAAAAAAAAAAAA<w60>%3D<w40>", "TWITTER_BEARER_TOKEN X_BEARER_TOKEN", bare=False),
    # Work
    _kind("linear", "lin_api_<w40>", "LINEAR_API_KEY"),
    _kind("notion", "ntn_<d11><w35> secret_<w43>", "NOTION_TOKEN NOTION_API_KEY"),
    _kind("airtable", "pat<w14>.<h64>", "AIRTABLE_API_KEY AIRTABLE_TOKEN"),
    _kind("asana", "2/<d16>/<d16>:<h32>", "ASANA_ACCESS_TOKEN"),
    _kind("clickup", "pk_<d8>_<u32>", "CLICKUP_API_TOKEN"),
    _kind("figma", "figd_<s40>", "FIGMA_TOKEN FIGMA_API_KEY"),
    _kind("hubspot", f"pat-na1-{_UUID} pat-eu1-{_UUID}", "HUBSPOT_ACCESS_TOKEN"),
    _kind("intercom", "dG9rOj<w54>=", "INTERCOM_ACCESS_TOKEN"),
    _kind("dropbox", "sl.u.<s130-160>", "DROPBOX_ACCESS_TOKEN"),
    _kind("okta", "00<s40>", "OKTA_API_TOKEN OKTA_CLIENT_TOKEN", bare=False),
    _kind("postman", "PMAK-<h24>-<h34>", "POSTMAN_API_KEY"),
    _kind("databricks", "dapi<h32>-2 dapi<h32>", "DATABRICKS_TOKEN"),
    _kind("mapbox", "sk.eyJ1Ijoi<w60-80>.<s22>", "MAPBOX_ACCESS_TOKEN"),
    _kind("algolia", "<h32>", "ALGOLIA_ADMIN_API_KEY ALGOLIA_WRITE_API_KEY", bare=False),
    _kind("contentful", "CFPAT-<s43>", "CONTENTFUL_MANAGEMENT_TOKEN"),
    # Watching
    _kind("sentry", "sntryu_<h64> sntrys_eyJ<w150-200>=_<b43>", "SENTRY_AUTH_TOKEN"),
    _kind("datadog", "<h32>", "DD_API_KEY DATADOG_API_KEY", bare=False),
    _kind("datadog-app", "<h40>", "DD_APP_KEY DATADOG_APP_KEY", bare=False),
    _kind("newrelic", "NRAK-<u27>", "NEW_RELIC_API_KEY"),
    _kind("grafana", "glsa_<w32>_<h8> glc_eyJ<w100-150>", "GRAFANA_TOKEN GRAFANA_API_KEY"),
    _kind("honeycomb", "hcaik_01<l56>", "HONEYCOMB_API_KEY"),
    _kind("dynatrace", "dt0c01.<u24>.<u64>", "DYNATRACE_API_TOKEN"),
    _kind("pagerduty", "u+<s18>", "PAGERDUTY_TOKEN", bare=False),
    _kind("posthog", "phx_<w44>", "POSTHOG_PERSONAL_API_KEY"),
    _kind("launchdarkly", f"sdk-{_UUID} api-{_UUID}", "LAUNCHDARKLY_SDK_KEY LD_API_KEY"),
    _kind("tailscale", "tskey-auth-<w12>CNTRL-<w32> tskey-api-<w12>CNTRL-<w32>", "TAILSCALE_AUTHKEY TS_AUTHKEY"),
    _kind("ngrok", "2<w26>_<w21>", "NGROK_AUTHTOKEN", bare=False),
    # No provider's
    _kind("jwt", "", "ACCESS_TOKEN ID_TOKEN SUPABASE_SERVICE_ROLE_KEY"),
    _kind("password", "", "DB_PASSWORD POSTGRES_PASSWORD SMTP_PASS REDIS_PASSWORD ADMIN_PASSWORD", bare=False),
    _kind("app-secret", "<s43> <h64> <b43>= <w32>", "JWT_SECRET SESSION_SECRET SECRET_KEY NEXTAUTH_SECRET", bare=False),
    _kind("app-key", "<h32> <w40> <b43>=", "API_KEY INTERNAL_API_KEY ENCRYPTION_KEY MASTER_KEY", bare=False),
    _kind("url-password", "<a1><w11-20>", "", bare=False),
    _kind("private-key", "", ""),
    _kind("pgp-key", "", ""),
)  # fmt: skip
