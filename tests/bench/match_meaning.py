"""What embeddings of a model in Ollama add to matching: ``python -m tests.bench.match_fit --data DIR --embed-model M``.

The weights of the words stay as they are in the code, so that an answer without embeddings is what it always was; only
the weight of nearness in meaning is varied and fitted. Requests of public data are made by people who have the skill
before them, and say its words. So they are also asked in other words: half, and four fifths, of the words that the
right skill has in its name or description are left out.

What was found with two real models (all-MiniLM-L6-v2, which Ollama has as ``all-minilm``, in 8 bits; and
multilingual-e5-small in 4 bits, whose cosines lie between 0.7 and 0.9, so that it shows whether the measure holds for
other models), run behind Ollama's protocol but not in Ollama, means over the sizes 30, 100 and 300:

                            most probable weight     with the 0.2 of the code, against words alone
                            MiniLM      e5           MiniLM                        e5
    requests as they stand  0.06        0.21         R@1 -0.002, AUROC -0.004      R@1 +0.001, AUROC 0.000
    half left out           0.42        0.79         R@1 +0.001, AUROC +0.002      R@1 +0.001, AUROC +0.001
    four fifths left out    0.68        -            R@1 +0.007, AUROC +0.004      -

Calibration gets better in every case (as they stand: 0.050 to 0.041 and 0.039). So 0.2 is a careful choice among what
was fitted: more would help who says things in other words, and cost those who name them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from skilltui.errors import EngineError
from skilltui.library import match
from skilltui.library.meaning import MAX_TEXT, REFERENCE, Meaning, embedded_text
from skilltui.library.need import need_text
from skilltui.library.vectors import quantised
from skilltui.llm.embedding import EmbeddingModel, prefixes
from skilltui.text.tokenise import distinct_terms, stem, words
from tests.bench.match_data import Data, Registry, Request
from tests.bench.match_fit import Row, answer, fit_served, measure, report
from tests.bench.softmax import Weights

BATCH = 16
SECONDS = 600.0
LEFT_OUT = (0.0, 0.5, 0.8)
WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8)


def in_other_words(data: Data, share: float) -> Data:
    """The same, with that share of the words left out that a request has in common with the skills that it is about."""
    return replace(data, requests=tuple(replace(r, text=_without(r, data, share)) for r in data.requests))


def _without(request: Request, data: Data, share: float) -> str:
    known = {
        term
        for name in request.tied & data.skills.keys()
        for term in (*distinct_terms(data.skills[name].name), *distinct_terms(data.skills[name].description))
    }
    random = Random(request.text)
    kept = [
        word
        for word in request.text.split()
        if not any(stem(part) in known for part in words(word)) or random.random() >= share
    ]
    return " ".join(kept)


class Vectors:
    """The vectors of everything that is compared, each text embedded once."""

    def __init__(self, model: EmbeddingModel) -> None:
        self._model = model
        self._rows: dict[str, bytes] = {}
        self._meanings: dict[tuple[str, ...], Meaning] = {}

    async def learn(self, texts: Sequence[str]) -> None:
        """Embed what is new."""
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            for text, vector in zip(batch, await self._model.embed(batch, seconds=SECONDS), strict=True):
                self._rows[text] = quantised(vector)
            print(f"\r  embedded {start + len(batch)} of {len(new)}", end="", flush=True)
        print()

    def near(self, data: Data, registry: Registry, request: Request) -> Mapping[int, float]:
        """By how much a request lies above what counts as near to a member, by the member's number."""
        members = registry.members
        if members not in self._meanings:
            skills = [self._rows[self.of_skill(data, name)] for name in members]
            self._meanings[members] = Meaning(skills, [self._rows[self.asked(text)] for text in REFERENCE])
        found = self._meanings[members].near(self._rows[self.of_request(request)])
        return {n: z - match._NEAR_FROM for n, z in enumerate(found) if z > match._NEAR_FROM}

    def asked(self, text: str) -> str:
        """A request as it is sent."""
        return prefixes(self._model.wanted)[1] + (text[:MAX_TEXT] or "-")

    def of_request(self, request: Request) -> str:
        """The same of a request of the data."""
        return self.asked(need_text(request.text))

    def of_skill(self, data: Data, name: str) -> str:
        """A skill as it is sent."""
        return (prefixes(self._model.wanted)[0] + embedded_text(data.skills[name]))[:MAX_TEXT]


def run(data: Data, name: str) -> int:
    """Measure and print; exit status."""
    model = EmbeddingModel(None, name)
    vectors = Vectors(model)
    try:
        seen = asyncio.run(model.look())
        print(f"{seen.name} {seen.digest[:12]}: {len(data.skills)} skills")
        asyncio.run(vectors.learn([vectors.of_skill(data, one) for one in data.skills]))
        asyncio.run(vectors.learn([vectors.asked(text) for text in REFERENCE]))
        for share in LEFT_OUT:
            asyncio.run(_compare(in_other_words(data, share), vectors, share))
    except EngineError as error:
        print(f"{error.message} ({error.hint})")
        return 1
    print(f"in the code: _MEANING = {match._MEANING}, _NEAR_FROM = {match._NEAR_FROM}")
    return 0


async def _compare(data: Data, vectors: Vectors, share: float) -> None:
    await vectors.learn([vectors.of_request(request) for request in data.requests])
    rows: list[Row] = measure(data, near=lambda registry, request: vectors.near(data, registry, request))
    held = Weights(
        (match._NAME, match._HITS, match._CLAUSE, match._COVERAGE),
        (match._NONE, match._NONE_LENGTH, match._NONE_SIZE),
    )
    title = f"{share:.0%} of the shared words left out" if share else "requests as they stand"
    for weight in WEIGHTS:
        report(f"{title}, weight {weight}", rows, [answer(row, held, weight) for row in rows])
    print(f"\n{title}: the most probable weight is {fit_served(rows, held):.2f}")
