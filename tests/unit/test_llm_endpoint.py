"""Where text may go: decided from the address alone, before anything is sent."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skilltui.errors import ModelRefusedError
from skilltui.llm.endpoint import resolve


def no_lookup(name: str) -> list[str]:
    pytest.fail(f"looked up {name}")


@pytest.mark.parametrize(
    ("given_host", "url"),
    [
        (None, "http://127.0.0.1:11434"),
        ("", "http://127.0.0.1:11434"),
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("http://0.0.0.0:11434", "http://127.0.0.1:11434"),
        ("[::]:11434", "http://[::1]:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("127.8.9.10", "http://127.8.9.10:11434"),
        ("http://127.0.0.1", "http://127.0.0.1:80"),
        ("https://127.0.0.1", "https://127.0.0.1:443"),
        ("http://127.0.0.1:11434/", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434"),
        ("127.0.0.1:11434/api/", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:11434/ollama/v1", "http://127.0.0.1:11434/ollama"),
        ("  '127.0.0.1:11434' ", "http://127.0.0.1:11434"),
        ("[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]:11434"),
    ],
)
def test_local_addresses(given_host: str | None, url: str) -> None:
    endpoint = resolve(given_host, {}, lookup=no_lookup)
    assert (endpoint.url, endpoint.local) == (url, True)


def test_the_variable_counts_only_without_a_configured_host() -> None:
    env = {"OLLAMA_HOST": "127.0.0.1:7777"}
    assert resolve(None, env).url == "http://127.0.0.1:7777"
    assert resolve("127.0.0.1:8888", env).url == "http://127.0.0.1:8888"


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.1", "http://192.0.2.1:11434", "example.com", "ollama.com", "https://ollama.com",
        "127.0.0.1.example.com", "localhost.example.com", "127.1", "2130706433", "0x7f000001", "[2001:db8::1]",
        "10.0.0.1", "[::ffff:10.0.0.1]",
        "http://example.com/127.0.0.1", "http://example.com#127.0.0.1",
    ],
)  # fmt: skip
def test_another_machine_is_refused_and_may_be_allowed(host: str) -> None:
    with pytest.raises(ModelRefusedError) as caught:
        resolve(host, {}, lookup=no_lookup)
    assert "[ollama] allow_remote" in caught.value.hint
    endpoint = resolve(host, {}, allow_remote=True, lookup=no_lookup)
    assert not endpoint.local


@pytest.mark.parametrize(
    "host",
    [
        "http://user:secret@127.0.0.1", "user@127.0.0.1:11434", "http://127.0.0.1\\@example.com", "ftp://127.0.0.1",
        "http://127.0.0.1:port", "http://127.0.0.1:99999", "[::1", "[::1%eth0]:11434", "http://a b", "http://exämple.com",
        "http://127.0.0.1://127.0.0.1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("allow_remote", [False, True])
def test_what_is_no_plain_address_is_refused_without_repeating_it(host: str, allow_remote: bool) -> None:
    with pytest.raises(ModelRefusedError) as caught:
        resolve(host, {}, allow_remote=allow_remote, lookup=no_lookup)
    assert caught.value.hint
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("addresses", "url"),
    [
        (["127.0.0.1"], "http://127.0.0.1:11434"),
        (["::1", "127.0.0.1"], "http://127.0.0.1:11434"),
        (["::1"], "http://[::1]:11434"),
        ([], "http://127.0.0.1:11434"),
    ],
)
def test_localhost_becomes_the_address_it_was_resolved_to(addresses: list[str], url: str) -> None:
    endpoint = resolve("LocalHost", {}, lookup=lambda _: addresses)
    assert (endpoint.url, endpoint.local) == (url, True)


def test_a_localhost_that_leads_elsewhere_is_not_local() -> None:
    with pytest.raises(ModelRefusedError):
        resolve("localhost", {}, lookup=lambda _: ["127.0.0.1", "192.0.2.1"])


def test_the_hint_says_how_to_start_it_and_names_the_port_trap() -> None:
    assert resolve(None, {}).hint == "start it with: ollama serve"
    assert "11434" in resolve("http://127.0.0.1", {}).hint
    assert "ollama serve" not in resolve("192.0.2.1", {}, allow_remote=True).hint


@given(st.text(max_size=60) | st.from_regex(r"(https?://)?[0-9a-zA-Z.:\[\]@/_%-]{0,40}", fullmatch=True))
@example("http://[::1]@x")
def test_any_text_is_an_address_of_this_machine_or_refused(text: str) -> None:
    try:
        endpoint = resolve(text, {}, lookup=lambda _: ["127.0.0.1"])
    except ModelRefusedError:
        return
    host = urlsplit(endpoint.url).hostname or ""
    assert host == "::1" or host.startswith(("127.", "::ffff:127.", "::ffff:7f"))
    assert endpoint.local
    assert "@" not in endpoint.url
    assert not endpoint.url.endswith("/")
