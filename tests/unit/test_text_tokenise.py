"""Words, stems and names."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.text.tokenise import STOP_WORDS, distinct_terms, kebab, stem, terms, words


def test_compound_identifiers_are_split_and_lower_case() -> None:
    assert words("getHTTPServer_config-file.py") == ["get", "http", "server", "config", "file", "py"]
    assert words("the user's k8s cluster, sha256Sum") == ["the", "user", "k8s", "cluster", "sha256", "sum"]
    assert words("C++ or C#, don’t") == ["c++", "or", "c#", "don't"]
    assert words("two PDFs, APIs, readURLs, a JSONParser") == [
        "two", "pdfs", "apis", "read", "urls", "a", "json", "parser",
    ]  # fmt: skip


def test_languages_without_spaces_give_overlapping_pairs() -> None:
    assert words("运行测试 now") == ["运行", "行测", "测试", "now"]
    assert words("字") == ["字"]
    assert words("ｆｕｌｌ width") == ["full", "width"]


@pytest.mark.parametrize(
    "family",
    [
        "test tests tested testing",
        "cache caches cached caching",
        "file files filing filed",
        "plan plans planned planning",
        "query queries querying queried",
        "create creates created creating",
        "commit commits committed committing",
        "debug debugging debugged",
        "merge merges merged merging",
        "use uses used using",
        "write writes writing written wrote",
        "process processes processing processed",
        "fix fixes fixed fixing",
        "deploy deploys deployed deploying",
        "control controls controlled controlling",
        "size sizes sizing",
        "status statuses",
        "case cases",
        "api apis",
        "movie movies",
        "embed embeds embedded embedding",
        "release releases released releasing",
    ],
)
def test_inflections_of_a_word_share_a_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("pip", "pipe"), ("plan", "plane"), ("not", "note"), ("string", "str"), ("thing", "th"), ("new", "news"),
     ("bus", "bu"), ("need", "ne"), ("class", "clas"), ("analysis", "analysi"), ("speed", "spe")],
)  # fmt: skip
def test_different_words_keep_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_terms_drop_stop_words_and_keep_order() -> None:
    assert terms("Please help me to fill the PDF forms from these files") == ["fill", "pdf", "form", "file"]
    assert "the" in STOP_WORDS
    assert "create" not in STOP_WORDS


def test_kebab_makes_valid_names_cut_between_words() -> None:
    assert kebab("Fill PDF forms: the Über-guide!") == "fill-pdf-forms-the-uber-guide"
    assert kebab("alpha beta gamma", limit=11) == "alpha-beta"
    assert kebab("x" * 100) == "x" * 64
    assert kebab("C++ and C#") == "cpp-and-csharp"
    assert kebab("§ ‽ 中文") == ""


@given(st.text(max_size=200), st.integers(min_value=1, max_value=64))
@settings(max_examples=200)
def test_any_text_gives_a_valid_name_or_none(text: str, limit: int) -> None:
    name = kebab(text, limit=limit)
    assert len(name) <= limit
    assert name == "" or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert kebab(name, limit=limit) == name


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_tokens_are_never_empty_and_hold_no_space(text: str) -> None:
    for token in words(text) + terms(text):
        assert token
        assert not any(char.isspace() for char in token)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(["PDFs", "the", "getHTTP", "字节", "C++"])).map(" ".join))
def test_distinct_terms_are_the_terms_each_once(text: str) -> None:
    assert sorted(distinct_terms(text)) == sorted(set(terms(text)))


def test_encoded_data_is_one_word_and_stays_what_it_is() -> None:
    blob = "x" * 5000
    assert terms(f"read {blob}ing now") == ["read", f"{blob}ing"]
