"""The benchmark of matching: the fit finds known weights, its figures are what they are called, data is repeatable."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random

import pytest

from skilltui.library.meaning import REFERENCE
from skilltui.llm.embedding import EmbeddingModel
from skilltui.text.tokenise import stem, words
from tests.bench.library import generate
from tests.bench.match_data import load, registries
from tests.bench.match_fit import Answer, auroc, calibration_error, main, misspell
from tests.bench.match_meaning import Vectors, in_other_words
from tests.bench.softmax import Choice, Weights, fit
from tests.fake_ollama import FakeOllama


def drawn(weights: Weights, count: int) -> list[Choice]:
    """Choices that were made by these weights."""
    random = Random(5)
    found = []
    for _ in range(count):
        candidates = tuple((random.random(), random.random() * 3) for _ in range(4))
        none = (random.random(),)
        blind = Choice(candidates, (False,) * 4, none)
        draw, right = random.random(), [False] * 4
        for n, p in enumerate(weights.probabilities(blind)):
            draw -= p
            if draw < 0:
                right[n] = True
                break
        found.append(Choice(candidates, tuple(right), none))
    return found


def test_the_fit_finds_the_weights_that_made_the_choices() -> None:
    made = Weights((2.0, 1.0), (2.5, 1.0))
    fitted = fit(drawn(made, 6000))
    assert fitted.candidate == pytest.approx(made.candidate, abs=0.25)
    assert fitted.none == pytest.approx(made.none, abs=0.35)


def test_the_fit_is_the_same_twice_and_from_another_start() -> None:
    choices = drawn(Weights((2.0, 1.0), (2.5, 1.0)), 300)
    assert fit(choices) == fit(choices)
    other = fit(choices, Weights((5.0, -1.0), (0.0, 3.0)))
    assert other.candidate == pytest.approx(fit(choices).candidate, abs=0.003)


def test_auroc_counts_pairs_and_half_of_the_ties() -> None:
    above, below = [0.9, 0.5, 0.5], [0.1, 0.5, 0.7]
    pairs = [(a > b) + (a == b) / 2 for a in above for b in below]
    assert auroc(above, below) == pytest.approx(sum(pairs) / len(pairs))
    assert math.isnan(auroc([], below))


def test_the_calibration_error_is_none_where_scores_are_shares() -> None:
    fair = [Answer(hit=n < 7, top=0.7) for n in range(10)]
    assert calibration_error(fair) == pytest.approx(0)
    assert calibration_error([Answer(hit=False, top=0.7)] * 10) == pytest.approx(0.7)


def test_a_seed_gives_the_same_library_and_registries_hold_what_they_say(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate(tmp_path / name, skills=120, requests=60, seed=3)
    texts = [sorted((f.name, f.read_bytes()) for f in (tmp_path / n).rglob("*") if f.is_file()) for n in ("a", "b")]
    assert texts[0] == texts[1]
    data = load(tmp_path / "a")
    assert len(data.skills) == 120
    for registry in registries(data, (30,), 2):
        members = set(registry.members)
        assert len(members) == 30
        for request, kind in registry.batch:
            assert (request.gold <= members) == (kind == "present")


def test_misspelt_requests_are_the_same_each_time_and_differ() -> None:
    text = "write release notes from every commit since yesterday"
    assert misspell(text) == misspell(text) != text


def test_the_command_measures_fits_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Small libraries keep the test short; the command itself measures 30, 100 and 300.
    generate(tmp_path, skills=60, requests=24, seed=1)
    with pytest.raises(SystemExit, match="too few skills"):
        main(["--data", str(tmp_path)])
    with pytest.raises(SystemExit) as wrong:
        main(["--check"])
    assert wrong.value.code == 2
    assert "--data" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--embed-model", "all-minilm"])
    assert "--data" in capsys.readouterr().err


def test_requests_of_one_skill_are_in_one_fold(tmp_path: Path) -> None:
    generate(tmp_path, skills=60, requests=24, seed=1)
    with (tmp_path / "queries.jsonl").open("a", encoding="utf-8") as file:
        rows = [json.loads(line) for line in (tmp_path / "queries.jsonl").read_text().splitlines()]
        both = rows[0]["gold"] + rows[1]["gold"]
        file.write(json.dumps({"id": "near", "query": "x", "gold": [], "not_gold": both, "source": "s"}) + "\n")
    data = load(tmp_path)
    folds: dict[str, set[int]] = {}
    for request in data.requests:
        for name in request.tied:
            folds.setdefault(name, set()).add(request.fold)
    assert all(len(found) == 1 for found in folds.values())
    assert folds[both[0]] == folds[both[1]]


def test_in_other_words_the_words_of_the_right_skill_are_missing(tmp_path: Path) -> None:
    generate(tmp_path, skills=60, requests=24, seed=1)
    data = load(tmp_path)
    assert in_other_words(data, 0.0) == data
    for before, after in zip(data.requests, in_other_words(data, 1.0).requests, strict=True):
        (name,) = before.gold
        said = {stem(word) for word in words(f"{name} {data.skills[name].description}")}
        left = {stem(word) for word in words(after.text)}
        assert left < {stem(word) for word in words(before.text)}
        assert not left & said - {"to", "the"}
        assert (after.id, after.gold) == (before.id, before.gold)


async def test_each_text_is_embedded_once_and_only_what_is_near_counts(tmp_path: Path) -> None:
    generate(tmp_path, skills=60, requests=24, seed=1)
    data = load(tmp_path)
    registry = next(registries(data, (30,), 1))
    request, _ = next(one for one in registry.batch if one[1] == "present")
    async with FakeOllama(models=["e"], show={"capabilities": ["embedding"]}) as server:
        vectors = Vectors(EmbeddingModel(server.url, "e", env={}))
        texts = [vectors.of_skill(data, name) for name in registry.members]
        await vectors.learn([*texts, *texts, vectors.of_request(request), *map(vectors.asked, REFERENCE)])
        sent = [text for one in server.embeds for text in one.body["input"]]
        assert len(sent) == len(set(sent))
        near = vectors.near(data, registry, request)
        assert all(value > 0 for value in near.values())
        assert registry.members[max(near, key=near.__getitem__)] in request.gold
