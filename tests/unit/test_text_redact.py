"""Secrets go, everything else stays. All secrets here are made up."""

from __future__ import annotations

import json
import random
import re
import stat
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.errors import StoreError
from skilltui.text.redact import JSON, Redactor, load_or_create_key

REDACTOR = Redactor(b"k" * 32)
MARK = re.compile(r"‹redacted:([a-z0-9-]+):[0-9a-f]{8}›")

# Built from pieces, so that no scanner takes this file for a leak.
GITHUB = "ghp" + "_a8Kd0sLqPz7VnB3mXc9RtY2wEu5iOj1hGf4D"
AWS = "AKIA" + "Z7QX3M2N5P8R4T6V"
HEX = "8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c"
BASE62 = "k3Jd8sKq0PzVn7BmXc9RtY2wEu5iOj1hGf4Dxw2Q"
PEM_BODY = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"[i:] + "x" * i for i in range(9))
PEM = "-----BEGIN RSA " + f"PRIVATE KEY-----\n{PEM_BODY}\n-----END RSA PRIVATE KEY-----"

SECRETS = [
    ("aws-access-key", AWS, AWS),
    ("github-token", f"remote: {GITHUB}.", GITHUB),
    ("github-token", "github_pat_" + "11ABCDEFG0" + BASE62, "github_pat_" + "11ABCDEFG0" + BASE62),
    ("gitlab-token", "glpat-" + BASE62[:20], "glpat-" + BASE62[:20]),
    ("anthropic-key", "sk-ant-" + "api03-" + BASE62, "sk-ant-" + "api03-" + BASE62),
    ("openai-key", "sk-" + "proj-" + BASE62, "sk-" + "proj-" + BASE62),
    ("google-api-key", "AIza" + BASE62[:35], "AIza" + BASE62[:35]),
    ("google-oauth", "GOCSPX-" + BASE62[:28], "GOCSPX-" + BASE62[:28]),
    ("slack-token", "xoxb-" + "123456789012-1234567890123-" + BASE62[:24], BASE62[:24]),
    ("slack-webhook", "https://hooks.slack.com/" + "services/T0ABCDEF1/B0ABCDEF2/" + BASE62[:24], BASE62[:24]),
    ("stripe-key", "sk_live_" + BASE62[:24], "sk_live_" + BASE62[:24]),
    ("webhook-secret", "whsec_" + BASE62[:20] + "/+" + BASE62[:10], BASE62[:10]),
    ("npm-token", "npm_" + BASE62[:36], "npm_" + BASE62[:36]),
    ("pypi-token", "pypi-" + BASE62 * 3, BASE62 * 3),
    ("huggingface-token", "hf_" + BASE62[:34], "hf_" + BASE62[:34]),
    ("twilio-key", "SK" + HEX, HEX),
    ("sendgrid-key", "SG." + BASE62[:22] + "." + BASE62 + "abc", BASE62),
    ("digitalocean-token", "dop_v1_" + HEX * 2, HEX),
    ("supabase-key", "sbp_" + HEX + "01234567", HEX),
    ("discord-token", "M" + BASE62[:23] + "." + BASE62[:6] + "." + BASE62[:27], BASE62[:27]),
    ("telegram-token", "bot 1234567890:A" + BASE62[:34], BASE62[:34]),
    ("shopify-token", "shpat_" + HEX, HEX),
    ("databricks-token", "dapi" + HEX, HEX),
    ("linear-key", "lin_api_" + BASE62, BASE62),
    ("notion-token", "ntn_" + BASE62 + "abcdef", BASE62),
    ("vercel-token", "vcp_" + BASE62, BASE62),
    ("jwt", "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiJhZGEtMTIzIn0." + BASE62, BASE62),
    ("private-key", f"cat key\n{PEM}\ndone", PEM_BODY[:60]),
    ("url-credential", "postgres://app:s3cr3tPw@db:5432/app", "s3cr3tPw"),
    ("url-credential", "redis://:s3cr3tPw@cache", "s3cr3tPw"),
    ("url-credential", f"git clone https://{BASE62}@git.example/x", BASE62),
    ("basic-auth", "curl -sS -u admin:s3cr3tPw https://x", "s3cr3tPw"),
    ("bearer-token", f"curl -H 'Authorization: Bearer {BASE62}'", BASE62),
    ("authorization", "Authorization: Basic YWRtaW46czNjcjN0", "YWRtaW46czNjcjN0"),
    ("api-key", f"x-api-key: {HEX}", HEX),
    ("token", f"PRIVATE-TOKEN: {BASE62[:20]}", BASE62[:20]),
    ("password", "export DB_PASSWORD=Tr0ub4dor&3", "Tr0ub4dor&3"),
    ("password", "password: hunter2", "hunter2"),
    ("password", "'password' => 's3cr3t!Pw',", "s3cr3t!Pw"),
    ("password", "mysql -u root --password=s3cr3tPw db", "s3cr3tPw"),
    ("password", "docker login --password s3cr3tPw", "s3cr3tPw"),
    ("password", "PGPASSWORD=correct-horse-battery-staple psql", "correct-horse-battery-staple"),
    ("password", "Server=db;User Id=sa;Password=P4ssw0rdX9q;", "P4ssw0rdX9q"),
    ("password", "<password>s3cr3t-Pw9</password>", "s3cr3t-Pw9"),
    ("password", "machine x.io login ada password s3cr3tPw", "s3cr3tPw"),
    ("password", "sshpass -p 's3cr3tPw' ssh x", "s3cr3tPw"),
    ("password", "the password is s3cr3t!Pw", "s3cr3t!Pw"),
    ("aws-secret-key", "aws_secret_access_key = k3Jd8sKq0Pz/n7BmXc9+tY2wEu5iOj1hGf4Dxw2Q", "k3Jd8sKq0Pz"),
    ("azure-key", "AccountName=a;AccountKey=" + HEX * 2 + "==;EndpointSuffix=core", HEX),
    ("api-key", 'os.environ["API_KEY"] = "8f7a6b5c4d3e2f1a"', "8f7a6b5c4d3e2f1a"),
    ("api-key", '<add key="ApiKey" value="8f7a6b5c4d3e2f1a" />', "8f7a6b5c4d3e2f1a"),
    ("token", "- name: DEPLOY_TOKEN\n  value: 8f7a6b5c4d3e2f1a", "8f7a6b5c4d3e2f1a"),
    ("token", "https://x.io/v1?access_token=8f7a6b5c4d3e2f1a&x=1", "8f7a6b5c4d3e2f1a"),
    ("secret", "client_secret=8f7a6b5c-4d3e-2f1a-8f7a-6b5c4d3e2f1a", "4d3e-2f1a"),
    ("cookie", f"Cookie: theme=dark; sessionid={HEX}; x=1", HEX),
    ("azure-devops-token", "pat " + BASE62 + BASE62[:35] + "AZ" + "DO1a2b", BASE62[:35]),
    ("intercom-token", "dG9r" + "Oj" + BASE62 + "/Ab3=", BASE62),
    ("asana-token", "2/1201234567890123/1209876543210987" + ":" + HEX, HEX),
    ("twitter-token", "A" * 22 + "bR8" + BASE62 + "%3D" + BASE62, BASE62),
    ("webhook-secret", "whsec_" + "a+/b" + BASE62[:28] + "=", BASE62[:28]),
    ("fly-token", "FlyV1 fm2_lJPE" + "CAAAAAAAA+x/" + BASE62 + "/" + BASE62, BASE62),
    ("aws-bedrock-key", "ABSKQmVkcm9ja0FQSUtleS1" + BASE62 + "/" + BASE62 + "=", BASE62),
    ("cloudflare-key", "cfut_" + BASE62 + "0a1b2c3d", BASE62),
    ("hubspot-token", "pat-na1-8f7a6b5c-4d3e-2f1a-8f7a-6b5c4d3e2f1a", "4d3e-2f1a"),
    ("password", "CREATE USER app WITH PASSWORD 's3cr3tPw';", "s3cr3tPw"),
    ("password", "alter user app identified by 's3cr3tPw'", "s3cr3tPw"),
    ("password", 'os.Setenv("DB_PASSWORD", "s3cr3t!Pw")', "s3cr3t!Pw"),
    ("api-key", 'client.apiKey("8f7a6b5c4d3e2f1a")', "8f7a6b5c4d3e2f1a"),
    ("token", "set -gx DEPLOY_TOKEN 8f7a6b5c4d3e2f1a", "8f7a6b5c4d3e2f1a"),
    ("token", "ENV DEPLOY_TOKEN 8f7a6b5c4d3e2f1a", "8f7a6b5c4d3e2f1a"),
    ("token", '<property name="authToken">8f7a6b5c4d3e2f1a</property>', "8f7a6b5c4d3e2f1a"),
    ("signed-url", f"https://x.blob.core.windows.net/a?sv=1&sig={BASE62}%3D", BASE62),
]


@pytest.mark.parametrize(("kind", "text", "secret"), SECRETS)
def test_each_kind_of_secret_goes(kind: str, text: str, secret: str) -> None:
    redacted = REDACTOR.redact(text)
    assert [finding.kind for finding in redacted.findings] == [kind]
    assert secret not in redacted.text
    (finding,) = redacted.findings
    assert secret in text[finding.start : finding.end]
    assert MARK.sub(text[finding.start : finding.end].replace("\\", r"\\"), redacted.text) == text


@pytest.mark.parametrize(("kind", "text", "secret"), SECRETS)
def test_no_wrapping_hides_it(kind: str, text: str, secret: str) -> None:
    line = json.dumps({"type": "tool", "text": f"one\n{text}\ntwo"})
    twice = json.dumps({"body": json.dumps({"items": [f"x {text}"]})})
    for wrapped in (line, twice):
        redacted = REDACTOR.redact(wrapped).text
        assert secret.split("\n", maxsplit=1)[0] not in redacted
        json.loads(redacted)
        value, counts = REDACTOR.redact_value(json.loads(wrapped))
        assert counts == {kind: 1}
        assert secret.split("\n", maxsplit=1)[0] not in json.dumps(value)
    at = text.index(secret) + len(secret) // 2
    coloured = f"\x1b[2m{text[:at]}\x1b[1;31m{text[at:]}\x1b[0m"
    for shown in (coloured, json.dumps(coloured)):
        redacted = REDACTOR.redact(shown).text
        assert MARK.search(redacted)
        assert secret[-4:] not in redacted
        assert redacted.count("[1;31m") == 1


CLEAN = r"""
password = get_password()
password = getpass.getpass("Password: ")
def login(user: str, password: str) -> Token:
const password = req.body.password;
let token = localStorage.getItem("token");
password: "<your-password>"
API_KEY=your_api_key_here
API_KEY=xxxxxxxxxxxxxxxxxxxxxxxx
OPENAI_API_KEY=sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
OPENAI_API_KEY=sk-...
export GITHUB_TOKEN=$TOKEN
export GITHUB_TOKEN=${GITHUB_TOKEN:-}
export GITHUB_TOKEN="$(gh auth token)"
apiKey: process.env.OPENAI_API_KEY
api_key = os.getenv("API_KEY")
"password": "{{ vault_password }}"
token: ${{ secrets.NPM_TOKEN }}
password_hash: $2b$12$abcdefghijklmnopqrstuv
commit 8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"session_id": "550e8400-e29b-41d4-a716-446655440000"
![x](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk)
integrity sha512-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08==
if token == TokenType.STRING: self.token = tokens[i]
login(user=user, password=password1)
"password": "Password is required"
Password: must be at least 8 characters
max_tokens: 4096
cache_key = "user:123:profile"
key: "a1b2c3d4e5f6a7b8"
next_page_token: "CAUQAA12345abcdef"
http://localhost:3000/a:b@c
git@github.com:org/repo.git
postgres://user:password@localhost:5432/db
postgres://${DB_USER}:${DB_PASS}@${DB_HOST}/db
AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
Authorization: Bearer <token>
headers = {"Authorization": f"Bearer {token}"}
-----BEGIN PUBLIC KEY-----
-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----
PASS: 12 tests
--password-stdin --token-file /run/secrets/token --token $CI_JOB_TOKEN
secretKeyRef: {name: db-secret, key: password}
class sk-toggleable__label-arrow sk-container-id-1
const ACCESS_TOKEN_KEY = "access_token";
docker run -u 1000:1000 image
rsync -avz -u host:path/to/dir1 .
FROM_TOKEN="0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
password = hashlib.sha256(b"x").hexdigest()
"credentials": "same-origin"
private_key_path = "~/.ssh/id_ed25519"
api_key="test-key-123" password = "test1234"
"AWS::IAM::AccessKey": "72c2d9dd90025459"
arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestSecret-a1b2c3
fields = ["password", "email2"], ("token", "field_name_2")
render(t("password"), token("ident2"), key("row"))
set token to value12; ENV PATH /usr/local/bin; reset the token
""".strip().split("\n")


@pytest.mark.parametrize("text", CLEAN)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    for shown in (text, json.dumps({"text": f"{text}\n{text}"})):
        assert REDACTOR.redact(shown).text == shown
        assert REDACTOR.redact(shown).findings == ()


def test_equal_secrets_get_equal_marks_and_the_key_decides_which() -> None:
    text = f'TOKEN={HEX}\ntoken: "{HEX}" --token {HEX}'
    marks = set(MARK.finditer(REDACTOR.redact(text).text))
    assert len(marks) == 3
    assert len({mark.group() for mark in marks}) == 1
    assert Redactor(b"x" * 32).redact(text).text != REDACTOR.redact(text).text


def test_private_keys_go_whole_in_every_form() -> None:
    numbered = "\n".join(f"{i:>6}→{line}" for i, line in enumerate(PEM.split("\n"), 1))
    encrypted = PEM.replace("KEY-----\nM", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,AB12\n\nM")
    cut = PEM[: PEM.index("-----END")]
    for text in (numbered, encrypted, cut, PEM.replace("\n", "\\n"), PEM.replace("\n", "\r\n"), PEM + "\n" + PEM):
        redacted = REDACTOR.redact(f"before {text} after text").text
        assert "MIIE" not in redacted
        assert "QEFAAS" not in redacted
        assert redacted.startswith("before ")
        assert redacted.endswith(" after text")


def test_values_are_judged_with_their_keys() -> None:
    value: dict[str, JSON] = {
        "api_key": BASE62,
        "headers": {"X-Api-Key": HEX, "Authorization": f"Bearer {BASE62}"},
        "env": [{"name": "DB_PASSWORD", "value": "hunter2x"}, {"name": "MODE", "value": "hunter2x"}],
        "max_tokens": 5,
        "token": None,
        "password": "getPassword",
    }
    redacted, counts = REDACTOR.redact_value(value)
    assert counts == {"api-key": 2, "bearer-token": 1, "password": 1}
    assert isinstance(redacted, dict)
    assert MARK.fullmatch(str(redacted["api_key"]))
    assert isinstance(redacted["env"], list)
    assert redacted["env"][1] == {"name": "MODE", "value": "hunter2x"}
    assert redacted["password"] == "getPassword"
    assert value["api_key"] == BASE62


def test_signatures_and_images_stay_whole() -> None:
    value: dict[str, JSON] = {
        "signature": GITHUB,
        "encrypted_content": GITHUB,
        "source": {"type": "base64", "media_type": "image/png", "data": GITHUB},
        "other": {"media_type": "text/plain", "data": GITHUB},
    }
    redacted, counts = REDACTOR.redact_value(value)
    assert counts == {"github-token": 1}
    assert redacted == {**value, "other": {"media_type": "text/plain", "data": REDACTOR.redact(GITHUB).text}}


def test_json_in_strings_is_encoded_again_only_where_something_was_found() -> None:
    odd = '{ "a":1.50,\n"b" : [1e400, 2] }'
    assert REDACTOR.redact_value(odd) == (odd, {})
    redacted, counts = REDACTOR.redact_value('{"a": {"b": "' + GITHUB + '"}, "c": "é"}')
    assert counts == {"github-token": 1}
    assert json.loads(str(redacted))["c"] == "é"
    deep = json.dumps({"x": json.dumps({"y": json.dumps({"password": "s3cr3t!Pw"})})})
    redacted, counts = REDACTOR.redact_value(deep)
    assert counts == {"password": 1}
    assert MARK.fullmatch(json.loads(json.loads(json.loads(str(redacted))["x"])["y"])["password"])
    infinite, counts = REDACTOR.redact_value('{"n": 1e999, "k": "' + GITHUB + '"}')
    assert "1e999" in str(infinite)
    assert counts == {"github-token": 1}


def test_deep_values_are_no_trouble() -> None:
    value: JSON = GITHUB
    for _ in range(5000):
        value = [value]
    redacted, counts = REDACTOR.redact_value(value)
    assert counts == {"github-token": 1}
    for _ in range(5000):
        assert isinstance(redacted, list)
        redacted = redacted[0]
    text = "[" * 5000 + f'"{GITHUB}"' + "]" * 5000
    assert GITHUB not in str(REDACTOR.redact_value(text)[0])


def test_a_mark_that_was_escaped_is_left_alone() -> None:
    text = json.dumps({"password": REDACTOR.redact("password: s3cr3t!Pw").text})
    assert "\\u2039" in text
    assert REDACTOR.redact(text).findings == ()
    assert REDACTOR.redact(json.dumps(text)).findings == ()


PIECES = st.sampled_from(
    [secret for _, secret, _ in SECRETS]
    + CLEAN
    + ["password=", "token: ", '"', "'", "\\", "\\n", "\n", " ", "‹", "›", "://a:", "@h", "&", ";", "\x1b[1m",
       "\\u001b[0m", "Bearer ", "--secret ", "{", "}", "‹redacted:password:1a2b3c4d›", "-----BEGIN ",
       AWS, GITHUB, "a1!b2@C3"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join))
@settings(max_examples=200)
def test_redacting_again_changes_nothing(text: str) -> None:
    once = REDACTOR.redact(text)
    again = REDACTOR.redact(once.text)
    assert (again.text, again.findings) == (once.text, ())
    ends = [finding.end for finding in once.findings]
    assert all(a.end <= b.start for a, b in zip(once.findings, once.findings[1:], strict=False))
    assert all(0 <= f.start < f.end <= len(text) for f in once.findings)
    assert not ends or ends[-1] <= len(text)


KEYS = st.sampled_from(["password", "api_key", "name", "value", "text", "signature"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10) | PIECES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["password", "api_key", "name", "value", "text", "signature"]), inner, max_size=4
        )
        | inner.map(json.dumps)
    ),
    max_leaves=10,
)


def shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return "text" if isinstance(value, str) else value


@given(VALUES)
@settings(max_examples=200)
def test_values_keep_their_shape_and_redacting_again_changes_nothing(value: JSON) -> None:
    redacted, counts = REDACTOR.redact_value(value)
    assert shape(redacted) == shape(value)
    again, more = REDACTOR.redact_value(redacted)
    assert (again, more) == (redacted, {})
    assert counts or redacted == value


HOSTILE = [
     "a", "-----BEGIN", "-----BEGIN PRIVATE KEY-----", "password=", 'password="', "--password ", "eyJ", "-eyJaaaaaaaa",
     "eyJaaaaaaaa.", "://a:", "://a:b@", "\x1b[31m", "\\", "‹", "‹redacted:a:", "data:image/png;base64,", "Cookie: ",
     "sk-", "token ", "key = ", "1234567890:A", "a.b-c~", HEX + "-us", "machine a login ", " -u a:", "curl -u a:b ",
     "password=a1b2c3d4e5f6g7h8 ", AWS, "name: token\n value: ",
     "set ", "set -x ", "ENV TOKEN ", 'token("', '"token","', "2/1234567890123/", "AAAAAAAAAAAAAAAAAAAAb1 ", "AZDO",
     "AZDO ",
     "fm2_", "PASSWORD '", "whsec_", "Env:token ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_of_a_megabyte_ends(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    redacted = REDACTOR.redact(text)
    assert len(redacted.findings) <= len(text)


def test_most_random_secrets_are_found_in_every_wrapping() -> None:
    rng = random.Random(7)

    def some(count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        return "".join(rng.choice(alphabet) for _ in range(count))

    forms: list[tuple[Callable[[], str], str]] = [
        (lambda: "AKIA" + some(16, string.ascii_uppercase + "234567"), "key {}"),
        (lambda: "ghp_" + some(36), 'const t = "{}";'),
        (lambda: "sk-ant-api03-" + some(90), "export K={}"),
        (lambda: "AIza" + some(35), "({})"),
        (lambda: "xoxb-" + some(12, string.digits) + "-" + some(24), "{}."),
        (lambda: some(40, string.ascii_letters + string.digits + "+/"), "AWS_SECRET_ACCESS_KEY={}"),
        (lambda: some(32, "0123456789abcdef"), '"api_key": "{}"'),
        (lambda: some(30), "Authorization: Bearer {}"),
        (lambda: some(30), "--api-key={}"),
        (lambda: some(12), "postgres://app:{}@db/x"),
        (lambda: "x" + some(9) + "!7", "DB_PASSWORD={}"),
        (lambda: "x" + some(9) + "!7", '"password": "{}"'),
    ]
    total = missed = 0
    for _ in range(30):
        for make, context in forms:
            secret = make()
            text = context.format(secret)
            half = len(text) // 2
            for wrapped in (
                text,
                json.dumps([text]),
                json.dumps({"a": json.dumps([text])}),
                text[:half] + "\x1b[1m" + text[half:],
            ):
                total += 1
                missed += secret[-6:] in REDACTOR.redact(wrapped).text or not REDACTOR.redact(wrapped).findings
    assert missed <= total * 0.05


def test_real_transcripts_lose_almost_nothing(shared_data: Path) -> None:
    size = found = 0
    for path in sorted(shared_data.glob("transcripts/claude-code/**/*.jsonl"))[:40]:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                continue
            size += len(line)
            found += REDACTOR.redact_value(value)[1].total()
    assert size > 0
    assert found <= size / 1_000_000  # their keys were taken out before they were published


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "home" / "redaction.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_or_create_key(path), range(32)))
    assert len(keys) == 1
    assert load_or_create_key(path) in keys
    assert len(path.read_bytes()) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["redaction.key"]


def test_a_damaged_or_unreadable_key_is_an_error_not_a_new_key(tmp_path: Path) -> None:
    path = tmp_path / "redaction.key"
    path.write_bytes(b"short")
    with pytest.raises(StoreError, match="damaged"):
        load_or_create_key(path)
    assert path.read_bytes() == b"short"
    with pytest.raises(StoreError):
        load_or_create_key(tmp_path)
