"""Redaction of many texts at once gives what redaction of each gives. All secrets here are made up."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skilltui.text import redaction_gate, secret_gate
from skilltui.text.redact import JSON, Redactor, gate_name
from skilltui.text.redaction_gate import Gate, GateKeeper
from skilltui.text.secret_providers import PROVIDER_SHAPES
from tests.unit.test_text_redact import AWS, BASE62, CLEAN, GITHUB, HEX, HOSTILE, PEM, SECRETS

pytest.importorskip("hyperscan")

KEY = b"k" * 32


@pytest.fixture(scope="module", autouse=True)
def _at_once() -> Iterator[None]:
    """The gate is made for the first text, and blocks are so small that texts lie across their borders."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redaction_gate, "_WORTH_COMPILING", 0)
        patch.setattr(redaction_gate, "_BLOCK", 300)
        patch.setattr(redaction_gate, "_LONG", 0)
        yield


@pytest.fixture(scope="module")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Redactor:
    return Redactor(KEY, gate=tmp_path_factory.mktemp("home") / "redaction.gate")


@pytest.fixture(scope="module")
def gate(gated: Redactor) -> Gate:
    opened = gated._keeper.gate(0)
    assert opened is not None
    return opened


def same(gated: Redactor, texts: list[str], values: list[JSON]) -> Counter[str]:
    """Redact at once, and see that it is what redaction one by one gives."""
    batch = gated.redact_batch(texts, values)
    counts: Counter[str] = Counter()
    for text, got in zip(texts, batch.texts, strict=True):
        redacted = gated.redact(text)
        assert got == redacted.text
        assert got is text or redacted.findings
        counts.update(finding.kind for finding in redacted.findings)
    for value, out in zip(values, batch.values, strict=True):
        expected, found = gated.redact_value(value)
        assert out == expected
        assert out is value or found
        counts.update(found)
    assert batch.counts == counts
    return counts


@pytest.mark.parametrize("shape", PROVIDER_SHAPES)
def test_the_gate_opens_for_whatever_has_a_providers_shape(gate: Gate, shape: str) -> None:
    # Shapes are tried inside runs of ASCII only.
    bounded = re.compile(shape.replace("4000", "200").replace("8000", "200"), re.ASCII)

    @given(st.from_regex(bounded, fullmatch=True))
    @settings(max_examples=10, database=None, suppress_health_check=list(HealthCheck))
    def check(token: str) -> None:
        assert gate.suspects([f"\n{token}"]).keys() == {0}

    check()


def test_every_kind_of_secret_in_every_wrapping(gated: Redactor) -> None:
    texts: list[str] = []
    values: list[JSON] = []
    for _, text, secret in SECRETS:
        line = json.dumps({"type": "tool", "text": f"one\n{text}\ntwo"})
        at = text.index(secret) + len(secret) // 2
        coloured = f"\x1b[2m{text[:at]}\x1b[1;31m{text[at:]}\x1b[0m"
        forms = [text, line, json.dumps([line]), coloured, json.dumps(coloured), json.dumps(json.dumps(coloured))]
        forms += [coloured.replace("\x1b[", "\x9b"), f"{CLEAN[3]}\n{text}", f"‹redacted:token:1a2b3c4d›{text}"]
        texts += forms
        values += [[form] for form in forms]
        nested: JSON = {"x": text}
        for _ in range(5):
            nested = {"x": json.dumps(nested)}
            values.append(nested)
        # Escaped as some programs do: nothing of the secret stands in the text as it is.
        values.append('{"x": "' + "".join(f"\\u{ord(char):04x}" for char in text) + '"}')
    counts = same(gated, texts, values)
    assert counts.total() > len(SECRETS) * 15
    same(gated, CLEAN * 3, [*CLEAN])


def test_values_under_telling_names(gated: Redactor) -> None:
    values: list[JSON] = [
        {"api_key": HEX[:12]},
        {"headers": {"X-Api-Key": [HEX[:12]]}},
        [{"name": "DB_PASSWORD", "value": "hunter2x"}, {"name": "MODE", "value": "hunter2x"}],
        {"key": "token", "value": HEX[:12]},
        '{"api_\\u006bey":\n\n"' + HEX[:12] + '"}',
        {"body": json.dumps({"inner": json.dumps({"passwd": "s3cr3t!Pw"})})},
        {"ＡＰＩ＿ＫＥＹ": HEX[:12], "apiKey": HEX[:12]},
        {"password": '["a1!b2@c3#"]'},
        {"signature": GITHUB, "x": {"media_type": "image/png", "data": GITHUB}},
        {GITHUB: 1, f"password={HEX}": None},
        {"text": "nothing"},
    ]
    batch = gated.redact_batch([], values)
    assert [out is value for value, out in zip(values, batch.values, strict=True)] == [False] * 8 + [True, False, True]
    same(gated, [], values)


def spelled(*parts: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from(part) for part in parts)).map("".join)


# Assignments and options put together from what the exact rules allow, and a little more.
_BEFORE = ["", " ", "\n", "\\n", "x", "db_", "DB-", "?", "&", "<", "api.", "my_api-2-", "AZURE_", "--", " -", "--é-"]
_BEFORE += ["the ", "api__", "aws_access_"]
_BEFORE += ["set ", "set -gx ", "\\nENV ", "ENV ", "$Env:", "env add ", 'name="', 'name=\\"', 'f("', "x."]
_WORDS = [
    "password",
    "Passwd",
    "PWD",
    "pass",
    "passphrase",
    "secret",
    "TOKEN",
    "key",
    "apiKey",
    "APIKEY",
    "credentials",
]
_WORDS += ["Authorization", "_auth", "x_AUTH", "accountkey", "pw", "psw", "\uff50assword"]
_SUFFIX = ["", "1", "_prod", "-TEST", "Dev", "_012", "_prod_dev", "-", "s"]
_CLOSE = ["", '"', "'", '\\"', '\\\\\\"', "]", '"]', "`"]
_BETWEEN = ["=", ":", ": ", " = ", "=>", ":=", "===", ">", " is ", " is: ", ": str = ", "\tvalue: ", ',"value": "']
_BETWEEN += [
    "\n  value: ",
    "\\n\\tValue=",
    "\xa0\u2028value: ",
    "\x1f value=",
    " ",
    "   ",
    "=\t",
    ": Bearer ",
    "= Basic  ",
]
_BETWEEN += ['", "', "', '", '\\", \\"', '("', "('", '">', " --body "]
_QUOTES = ["", '"', "'", "`", '\\"', "\\\\\\'", 'b"', "rb'", "f`"]
_VALUES = ["hunter2", "s3cr3t!Pw", "correct-horse-battery-staple", HEX[:9], BASE62, "a.b,c;d4", "٣٣٣٣٣٣", "pass²word"]
_VALUES += [
    "ab!cdefg",
    "aBcDeFgHiJkLmNoP",
    "AbCdEfGhIjKlMnOpQrSt",
    "x\x00y\x7fz1",
    "abc\\defgh1",
    "‹",
    "ｐａｓｓ１２３",
]
_VALUES += ["abcdefghij\xe9klm", "\x85a1b2c3", "zyxwvutsrqponm", "'a1b2c3d4", "123456", "a" * 30 + "1b2", "$dollar9"]
ASSIGNMENTS = spelled(
    _BEFORE, _WORDS, _SUFFIX, _CLOSE, _BETWEEN, _QUOTES, _VALUES, [*_QUOTES[:4], " ", ")", "\\n", ";", "@"]
)
CODES = ["\x1b[1m", "\x9b0m", "\\u001b[31m", "\\x1B[0m", "\\\\033[0m", "\\e[2K", "\x1b\x1b[0m[1m", "\x1b"]
PIECES = st.one_of(
    ASSIGNMENTS,
    st.sampled_from([text for _, text, _ in SECRETS] + CLEAN + [AWS, GITHUB, PEM]),
    st.sampled_from(
        [*CODES, "\x00", "\ud800", "é", "密码", "ſ", "\u212a", "\n", " ", '"', "'", "\\", "‹", "›",
         "‹redacted:password:1a2b3c4d›",
         "://a:b", "@h", "://", "Bearer ", "Cookie: sid=", " -u a:", "curl", "--user x:", "machine a login b password ",
         "data:image/png;base64,", "-----BEGIN ", "1234567890:A", BASE62, HEX, "{", "}"]
    ),
    st.text(max_size=6),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=5).map("".join)


def broken(text: str, at: int, code: str) -> str:
    at %= len(text) + 1
    return text[:at] + code + text[at:]


COLOURED = st.builds(broken, TEXTS, st.integers(0, 200), st.sampled_from(CODES))


@given(st.lists(TEXTS | COLOURED | COLOURED.map(json.dumps), max_size=12))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_texts_at_once_are_as_one_by_one(gated: Redactor, texts: list[str]) -> None:
    same(gated, texts, [])


def test_hostile_texts_at_once_are_as_one_by_one(gated: Redactor) -> None:
    same(gated, [(unit * 50 + "\n") * (20_000 // len(unit) // 50) for unit in HOSTILE], [])


NAMES = st.sampled_from(
    ["password", "api_key", "name", "value", "key", "text", "signature", "data", "media_type", "DB_PASS"]
)
VALUES: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.integers() | st.sampled_from(["image/png", "DB_TOKEN", "password"]) | PIECES | COLOURED,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(NAMES | PIECES, inner, max_size=4)
        | inner.map(json.dumps)
        | inner.map(lambda value: json.dumps(value, ensure_ascii=False, indent=1))
    ),
    max_leaves=8,
)


@given(st.lists(TEXTS, max_size=3), st.lists(VALUES, max_size=6))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_values_at_once_are_as_one_by_one(gated: Redactor, texts: list[str], values: list[JSON]) -> None:
    same(gated, texts, values)


def test_real_transcripts_at_once_are_as_line_by_line(gated: Redactor, shared_data: Path) -> None:
    for path in sorted(shared_data.glob("transcripts/**/*.jsonl")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        texts = [line[:20_000] for line in lines][:300]
        values: list[JSON] = []
        for line in lines[:300]:
            try:
                values.append(json.loads(line))
            except ValueError:
                continue
        same(gated, texts, values)


def test_the_gate_keeps_most_texts_from_the_exact_rules(gate: Gate) -> None:
    texts = [
        "def parse(tokens: list[str], key: str) -> Token:\n    return Token(tokens[0], key=key)",
        "const token = await getToken(request.headers.get('x-request-id'));",
        "8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a Merge branch 'main'",
        "max_tokens: 4096, cache_key: 12, primary key (id)",
        "PASS tests/unit/test_token.py 12 passed in 0.31s\n\x1b[32mok\x1b[0m",
    ]
    assert gate.suspects(texts * 50) == {}


def keeper(path: Path | None, key: bytes = KEY) -> GateKeeper:
    return GateKeeper(key, path, lambda text: text)


def test_the_kept_gate_is_used_again_and_a_foreign_or_damaged_one_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "redaction.gate"
    assert keeper(path).gate(1) is not None
    data = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    monkeypatch.setattr(redaction_gate, "_WORTH_COMPILING", 10**9)
    assert keeper(path).gate(1) is not None
    assert keeper(path, b"x" * 32).gate(1) is None
    for damaged in (b"", b"x" * 100, data[:-1], data[:200] + b"\0\0" + data[202:], data[32:]):
        path.write_bytes(damaged)
        assert keeper(path).gate(1) is None
    path.write_bytes(data)
    monkeypatch.setattr(secret_gate, "EXPRESSIONS", (b"other",))
    assert keeper(path).gate(1) is None
    monkeypatch.setattr(redaction_gate, "_WORTH_COMPILING", 0)
    assert keeper(path).gate(1) is not None
    assert path.read_bytes() != data
    assert [file.name for file in tmp_path.iterdir()] == ["redaction.gate"]


def test_a_home_that_keeps_nothing_has_its_gate_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert keeper(tmp_path / "file" / "redaction.gate").gate(1) is not None
    assert keeper(None).gate(1) is not None


def test_the_gate_is_not_made_for_a_few_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction_gate, "_WORTH_COMPILING", 100)
    kept = keeper(tmp_path / "redaction.gate")
    assert [kept.gate(40) is not None for _ in range(4)] == [False, False, True, True]


def test_without_hyperscan_the_result_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate_name().startswith("hyperscan ")
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert gate_name().startswith("none: ")
    redactor = Redactor(KEY)
    assert same(redactor, [text for _, text, _ in SECRETS], [[text] for _, text, _ in SECRETS]).total() >= len(SECRETS)
    assert redactor._keeper.gate(10**9) is None


def test_threads_share_a_redactor(gated: Redactor) -> None:
    texts = [text for _, text, _ in SECRETS] + CLEAN
    expected = gated.redact_batch(texts).texts
    with ThreadPoolExecutor(8) as pool:
        assert all(batch.texts == expected for batch in pool.map(lambda _: gated.redact_batch(texts), range(40)))
