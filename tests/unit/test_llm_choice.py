"""Which installed model is taken, and that none of the cloud ever is."""

from __future__ import annotations

from typing import Any

import pytest

from skilltui.errors import ModelMissingError, ModelRefusedError
from skilltui.llm.choice import choose, local_models


def installed(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "model": name} for name in names]


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["llama3.2:3b", "qwen3.5:4b"], "qwen3.5:4b"),
        (["phi4-mini:latest", "gemma4:e4b"], "gemma4:e4b"),
        (["granite4:micro"], "granite4:micro"),
        (["phi4-mini:3.8b"], "phi4-mini:3.8b"),
        (["qwen3:4b-instruct-2507-q4_K_M"], "qwen3:4b-instruct-2507-q4_K_M"),
        (["qwen3.5:4b-cloud", "llama3.2:3b"], "llama3.2:3b"),
        (["Qwen3.5:4B"], "Qwen3.5:4B"),
    ],
)
def test_the_best_installed_one_is_taken(names: list[str], taken: str) -> None:
    assert choose(None, installed(*names)) == taken


@pytest.mark.parametrize(
    ("wanted", "listed"),
    [
        ("mymodel", "mymodel:latest"),
        ("mymodel:latest", "mymodel:latest"),
        ("qwen3:8b", "qwen3:8b"),
        ("me/x", "me/x:latest"),
    ],
)
def test_a_configured_one_is_found_with_or_without_its_tag(wanted: str, listed: str) -> None:
    assert choose(wanted, installed("qwen3.5:4b", listed)) == listed


def test_a_configured_one_that_is_not_there_is_missing_with_the_command_to_get_it() -> None:
    with pytest.raises(ModelMissingError) as caught:
        choose("qwen3:8b", installed("qwen3:4b"))
    assert caught.value.hint == "ollama pull qwen3:8b"


@pytest.mark.parametrize("names", [[], ["qwen3.5:4b-cloud"], ["qwen3:72b", "nomic-embed-text:latest"]])
def test_without_a_fit_one_the_suggestion_is_a_command(names: list[str]) -> None:
    with pytest.raises(ModelMissingError) as caught:
        choose(None, installed(*names))
    assert caught.value.hint.startswith("ollama pull qwen3.5:4b")


CLOUD = [
    {"model": "gpt-oss:120b-cloud"},
    {"model": "kimi-k2:cloud"},
    {"model": "KIMI-K2:Cloud"},
    {"model": "harmless:4b", "remote_host": "https://ollama.com:443"},
    {"model": "harmless:4b", "remote_model": "big"},
    {"name": "old-server-cloud:latest"},
]


@pytest.mark.parametrize("entry", CLOUD)
def test_a_cloud_model_is_refused_and_not_listed(entry: dict[str, Any]) -> None:
    name = entry.get("model") or entry["name"]
    with pytest.raises(ModelRefusedError):
        choose(name, [entry])
    assert local_models([entry, *installed("a:1b")]) == ("a:1b",)


def test_a_cloud_name_is_refused_even_where_the_server_does_not_list_it() -> None:
    with pytest.raises(ModelRefusedError):
        choose("gpt-oss:20b-cloud", [])
