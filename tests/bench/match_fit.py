"""How the constants of ``library.match`` come about: ``python -m tests.bench.match_fit [--data DIR] [--check]``.

Measures every request against registries of 30, 100 and 300 skills, cross-validates by groups of skills, once more by
leaving out one source at a time, prints the figures beside BM25 on the same registries, and then the constants fitted
on everything. ``DIR`` is shaped as ``match_data`` says; without it a made-up library stands in, which shows that the
command runs and nothing else. ``--check`` exits 1 unless the constants in the code are these. ``--embed-model NAME``
measures instead what embeddings of a model in Ollama add (``match_meaning``).
"""

from __future__ import annotations

import argparse
import heapq
import math
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from skilltui.library import match
from skilltui.library.index import SkillIndex
from skilltui.library.need import need_text
from skilltui.library.postings import Postings, post
from skilltui.library.served import ServedRequests
from tests.bench.library import generate
from tests.bench.match_data import SIZES, Bm25, Data, Registry, Request, load, registries
from tests.bench.softmax import Choice, Weights, fit

THRESHOLD = 0.3
NEAR_WEIGHT = 0.3
SHORTLIST = 30
# Requests that one author made up for one skill are more alike than those of a person's months: half the weight.
SERVED_SHARE = 0.5
NAMES = ("_NAME", "_HITS", "_CLAUSE", "_COVERAGE", "_NONE", "_NONE_LENGTH", "_NONE_SIZE")
# A source counts in macro averages from so many requests on.
_MACRO_FROM = 5
_TYPO_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Row:
    """One request asked of one registry: ours to choose from, and what BM25 says."""

    request: Request
    size: int
    kind: str
    choice: Choice
    served: tuple[float, ...]
    bm25_hit: bool
    bm25_top: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a method says: whether its best skill is right, and how sure it is."""

    hit: bool
    top: float


def measure(
    data: Data,
    *,
    spoil: Callable[[str], str] = str,
    served: bool = False,
    near: Callable[[Registry, Request], Mapping[int, float]] | None = None,
) -> list[Row]:
    """Every request against every registry. ``spoil`` changes the text first.

    With ``served`` half of each skill's requests are known to have been served, and the others are asked. ``near``
    gives what else speaks for members of a registry, by their numbers; it stands in the place of what was served.
    """
    known = _known(data)
    before = _halves(data.requests) if served else {}
    rows = []
    for registry in registries(data):
        skills = [data.skills[name] for name in registry.members]
        index, bm25 = SkillIndex(skills, known), Bm25(skills)
        earlier = ServedRequests(index, {n: before.get(name, ()) for n, name in enumerate(registry.members)})
        taken = {text for texts in before.values() for text in texts}
        for request, kind in registry.batch:
            if request.text not in taken:
                text = spoil(request.text)
                asked = index.query(need_text(text))
                if near is not None:
                    rows.append(
                        _row(registry, request, kind, text, index, near(registry, request), bm25, match._MEANING)
                    )
                else:
                    alike = {n: likeness.evidence for n, likeness in earlier.like(asked).items()}
                    rows.append(_row(registry, request, kind, text, index, alike, bm25))
    counts = Counter(row.size for row in rows if row.kind != "near")
    return [
        replace(row, choice=replace(row.choice, weight=(NEAR_WEIGHT if row.kind == "near" else 1) / counts[row.size]))
        for row in rows
    ]


def _known(data: Data) -> Postings:
    return post(list(data.skills.values()))


def _row(
    registry: Registry,
    request: Request,
    kind: str,
    text: str,
    index: SkillIndex,
    alike: Mapping[int, float],
    bm25: Bm25,
    lift: float = 0.0,
) -> Row:
    """``lift``: how much of what ``alike`` says counts for the shortlist."""
    asked = index.query(need_text(text))
    measures = index.measures(asked)
    found = [
        (name, math.log1p(hits), coverage, n)
        for n, (name, hits, coverage) in enumerate(zip(measures.name, measures.hits, measures.coverage, strict=True))
        if coverage or n in alike
    ]
    best = heapq.nsmallest(SHORTLIST, found, key=lambda c: (-_rough(c, lift * alike.get(c[3], 0.0)), c[3]))
    wanted = request.gold if kind == "present" else frozenset()
    scores = bm25.scores(text)
    rivals = [score for name, score in zip(registry.members, scores, strict=True) if name not in request.tied]
    own = [score for name, score in zip(registry.members, scores, strict=True) if name in request.tied]
    return Row(
        request, registry.size, kind,
        Choice(
            tuple((name, hits, index.clause(n, asked), coverage) for name, hits, coverage, n in best),
            tuple(registry.members[n] in wanted for *_, n in best),
            (math.log1p(asked.size), math.log(min(index.size, match._MAX_SIZE))),
        ),
        tuple(alike.get(n, 0.0) for *_, n in best),
        bool(own) and max(own) > max(rivals, default=-1.0), max(scores, default=0.0),
    )  # fmt: skip


def _rough(candidate: tuple[float, float, float, int], more: float) -> float:
    name, hits, coverage, _ = candidate
    return 3.5 * (name + coverage) + 2.5 * hits + more


def _halves(requests: Iterable[Request]) -> dict[str, list[str]]:
    """Every other request of each skill, as served before."""
    by_skill: defaultdict[str, list[str]] = defaultdict(list)
    for request in requests:
        if len(request.gold) == 1:
            by_skill[min(request.gold)].append(request.text)
    return {name: texts[::2] for name, texts in by_skill.items() if len(texts) > 1}


def misspell(text: str) -> str:
    """The text with a slip of the finger in two of five longer words; the same text always the same way."""
    random = Random(text)
    return " ".join(
        _slip(word, random) if len(word) > 4 and word.isalpha() and random.random() < _TYPO_SHARE else word
        for word in text.split(" ")
    )


def _slip(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)
    return random.choice((
        word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:], word[:at] + random.choice("aeinorst") + word[at + 1 :],
    ))  # fmt: skip


def held_out(
    rows: Sequence[Row], group: Callable[[Row], object], start: Weights, asked: Sequence[Row] | None = None
) -> list[Answer]:
    """An answer to each row (or to its counterpart in ``asked``) by weights fitted without the row's group."""
    asked = rows if asked is None else asked
    weights = {
        left_out: fit([row.choice for row in rows if group(row) != left_out], start)
        for left_out in sorted({group(row) for row in rows}, key=str)
    }
    return [answer(row, weights[group(row)]) for row in asked]


def answer(row: Row, weights: Weights, served: float = 0.0) -> Answer:
    """What weights say to a row."""
    choice, weights = _with_served(row, weights, served)
    probabilities = weights.probabilities(choice)
    if not probabilities:
        return Answer(hit=False, top=0.0)
    best = max(range(len(probabilities)), key=lambda n: (probabilities[n], -n))
    return Answer(choice.right[best], probabilities[best])


def _with_served(row: Row, weights: Weights, served: float) -> tuple[Choice, Weights]:
    candidates = tuple((*c, s) for c, s in zip(row.choice.candidates, row.served, strict=True))
    return replace(row.choice, candidates=candidates), Weights((*weights.candidate, served), weights.none)


def figures(rows: Sequence[Row], answers: Sequence[Answer]) -> dict[str, float]:
    """R@1 (also as a mean over sources), AUROC of the gap, F1 of the gap at 0.3, and the calibration error.

    ``near fires``: the share of requests which narrowly miss a skill that some skill answers with 0.3 or more.
    """
    present = [(row, a) for row, a in zip(rows, answers, strict=True) if row.kind == "present"]
    absent = [a.top for row, a in zip(rows, answers, strict=True) if row.kind == "absent"]
    tops = [a.top for _, a in present]
    found = {"R@1": _mean([a.hit for _, a in present]), "gap AUROC": auroc(tops, absent)}
    by_source: defaultdict[str, list[tuple[Row, Answer]]] = defaultdict(list)
    for row, a in present:
        by_source[row.request.source].append((row, a))
    macro = [v for v in by_source.values() if len({row.request.id for row, _ in v}) >= _MACRO_FROM]
    found["macro R@1"] = _mean([_mean([a.hit for _, a in v]) for v in macro])
    gaps, false_gaps = sum(top < THRESHOLD for top in absent), sum(top < THRESHOLD for top in tops)
    found["gap F1"] = 2 * gaps / (gaps + len(absent) + false_gaps)
    judged = [a for _, a in present] + [Answer(hit=False, top=top) for top in absent]
    found["ECE"] = calibration_error(judged)
    found["near fires"] = _mean([a.top >= THRESHOLD for r, a in zip(rows, answers, strict=True) if r.kind == "near"])
    return found


def auroc(above: Sequence[float], below: Sequence[float]) -> float:
    """How often one of ``above`` is higher than one of ``below``; a tie counts half."""
    marked = sorted([(value, 1) for value in above] + [(value, 0) for value in below])
    ranks, start = 0.0, 0
    while start < len(marked):
        end = start
        while end < len(marked) and marked[end][0] == marked[start][0]:
            end += 1
        ranks += (start + 1 + end) / 2 * sum(mark for _, mark in marked[start:end])
        start = end
    return (ranks - len(above) * (len(above) + 1) / 2) / (len(above) * len(below)) if above and below else math.nan


def calibration_error(answers: Sequence[Answer], bins: int = 10) -> float:
    """Expected calibration error over equal bins of the score."""
    found: defaultdict[int, list[Answer]] = defaultdict(list)
    for a in answers:
        found[min(bins - 1, int(a.top * bins))].append(a)
    return sum(abs(sum(a.top for a in v) - sum(a.hit for a in v)) for v in found.values()) / len(answers)


def fit_served(rows: Sequence[Row], weights: Weights) -> float:
    """The most probable weight of an earlier request, the others held; by golden section, it being one number."""

    def loss(value: float) -> float:
        total = 0.0
        for row in rows:
            if row.kind != "near":
                choice, extended = _with_served(row, weights, value)
                total -= choice.weight * math.log(max(extended.aim(choice), 1e-12))
        return total

    low, high, ratio = 0.0, 12.0, (math.sqrt(5) - 1) / 2
    while high - low > 0.001:
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if loss(a) < loss(b) else (a, high)
    return (low + high) / 2


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def report(title: str, rows: Sequence[Row], answers: Sequence[Answer]) -> None:
    """A line for each size and one for their mean."""
    print(f"\n{title}")
    found = []
    for size in SIZES:
        chosen = [n for n, row in enumerate(rows) if row.size == size]
        found.append(figures([rows[n] for n in chosen], [answers[n] for n in chosen]))
    mean = {name: _mean([one[name] for one in found]) for name in found[0]}
    print("  skills " + "".join(f"{name:>11}" for name in mean))
    for label, one in [*zip(map(str, SIZES), found, strict=True), ("mean", mean)]:
        print(f"  {label:>6} " + "".join(f"{value:11.3f}" for value in one.values()))


def by_source(rows: Sequence[Row], ours: Sequence[Answer], theirs: Sequence[Answer]) -> None:
    """R@1 and AUROC of each source, ours and BM25's, over all sizes."""
    print(f"\n  {'source':<34}{'requests':>9}{'R@1':>8}{'BM25':>8}{'AUROC':>8}{'BM25':>8}")
    for source in sorted({row.request.source for row in rows if row.kind == "present"}):
        chosen = [n for n, row in enumerate(rows) if row.request.source == source and row.kind != "near"]
        some = [rows[n] for n in chosen]
        a, b = figures(some, [ours[n] for n in chosen]), figures(some, [theirs[n] for n in chosen])
        count = len({row.request.id for row in some})
        print(f"  {source[:34]:<34}{count:>9}{a['R@1']:8.3f}{b['R@1']:8.3f}{a['gap AUROC']:8.3f}{b['gap AUROC']:8.3f}")


def bm25_answers(rows: Sequence[Row]) -> list[Answer]:
    """The baseline's; its scores are no probabilities, so only R@1 and AUROC mean anything."""
    return [Answer(row.bm25_hit and row.kind == "present", row.bm25_top) for row in rows]


def run(folder: Path) -> dict[str, float]:
    """Measure, print, and return the constants."""
    data = load(folder)
    rows = measure(data)
    whole = fit([row.choice for row in rows])
    theirs = bm25_answers(rows)
    report("BM25 with bodies, over the request's length", rows, theirs)
    crossed = held_out(rows, lambda row: row.request.fold, whole)
    report("cross-validated by groups of skills", rows, crossed)
    by_source(rows, crossed, theirs)
    report("each source by weights fitted on the others", rows, held_out(rows, lambda row: row.request.source, whole))
    spoilt = measure(data, spoil=misspell)
    report("misspelt requests, BM25", spoilt, bm25_answers(spoilt))
    report("misspelt requests, cross-validated", spoilt, held_out(rows, lambda row: row.request.fold, whole, spoilt))
    again = measure(data, served=True)
    served = SERVED_SHARE * fit_served(again, whole)
    report("half the requests served before, not used", again, [answer(row, whole) for row in again])
    report("half the requests served before, used", again, [answer(row, whole, served) for row in again])
    return dict(zip((*NAMES, "_SERVED"), (*whole.candidate, *whole.none, served), strict=True))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.match_fit", description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=7, help="of the made-up library")
    parser.add_argument("--check", action="store_true", help="whether the code has these constants (needs --data)")
    parser.add_argument("--embed-model", metavar="NAME", help="measure what this model in Ollama adds (with --data)")
    options = parser.parse_args(arguments)
    if options.embed_model:
        from tests.bench.match_meaning import run as run_meaning

        if options.data is None or options.check:
            parser.error("--embed-model needs --data, and checks nothing: no meaning is in made-up words")
        return run_meaning(load(options.data), options.embed_model)
    if options.check and options.data is None:
        parser.error("--check needs --data: the constants were not fitted on made-up skills")
    with tempfile.TemporaryDirectory() as made_up:
        folder = options.data
        if folder is None:
            folder = Path(made_up)
            generate(folder, skills=400, requests=240, seed=options.seed)
        constants = run(folder)
    print()
    for name, value in constants.items():
        print(f"{name} = {value:.2f}")
    if not options.check:
        return 0
    other = [name for name, value in constants.items() if round(value, 2) != getattr(match, name)]
    print(f"\nother in the code: {', '.join(other)}" if other else "\nthe code has these constants")
    return int(bool(other))


if __name__ == "__main__":
    sys.exit(main())
