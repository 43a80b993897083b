"""Selection tests: requests in a skill's ``evals/`` folder that should, or should not, make an agent take it. Pure.

Understood are the trigger sets of skill-creator, a list of ``{"query", "should_trigger"}``; the same under ``evals``
beside ``skill_name`` (agentskills.io, ``evals/evals.json``); and two lists ``should_trigger`` and
``should_not_trigger``. A case without ``should_trigger`` tests what the skill does, which nothing here can run.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

MAX_CASES = 500
_LISTS = ("evals", "queries", "tests", "cases", "triggers", "prompts")
_TEXTS = ("query", "prompt", "request", "input", "text")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class SelectionCase(Struct, frozen=True):
    """One request with the line it stands in, from 1."""

    request: str
    should_trigger: bool
    line: int


class Fault(Struct, frozen=True):
    """What is wrong with a file of tests."""

    message: str
    line: int


def read_cases(text: str, skill: str) -> tuple[list[SelectionCase], list[Fault]]:
    """The selection tests in a JSON file of a skill, and what is wrong with it. Never raises."""
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        return [], [Fault(f"is no JSON: {error.msg}", error.lineno)]
    except (ValueError, RecursionError) as error:
        return [], [Fault(f"is no JSON that can be read: {type(error).__name__}", 1)]
    reader = _Reader(text)
    cases: list[SelectionCase] = []
    faults: list[Fault] = []
    for found in reader.read(data, skill):
        (cases if isinstance(found, SelectionCase) else faults).append(found)  # type: ignore[arg-type]
    seen: dict[str, bool] = {}
    faults += [
        Fault(f"says both of one request: {_short(case.request)}", case.line)
        for case in cases
        if seen.setdefault(case.request, case.should_trigger) is not case.should_trigger
    ]
    if len(cases) > MAX_CASES:
        faults.append(Fault(f"holds {len(cases)} requests; only the first {MAX_CASES} are asked", 1))
    return cases[:MAX_CASES], faults


class _Reader:
    """Finds the line of each request: JSON itself keeps none."""

    def __init__(self, text: str) -> None:
        starts = [match.end() for match in re.finditer("\n", text)]
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for match in _STRING.finditer(text):
            try:
                self._places[json.loads(match[0])].append(1 + bisect_right(starts, match.start()))
            except ValueError:
                continue  # a line break in a string: the whole is no JSON then
        self._last = 1

    def read(self, data: Any, skill: str) -> Iterator[SelectionCase | Fault]:
        if isinstance(data, dict):
            named = data.get("skill_name", skill)
            if named != skill:
                line = self._line(named) if isinstance(named, str) else 1
                yield Fault(f"names another skill: {_short(str(named))}", line)
            for key, should in (("should_trigger", True), ("should_not_trigger", False)):
                if isinstance(data.get(key), list):
                    yield from self._texts(data[key], should_trigger=should)
            listed = [data[key] for key in _LISTS if key in data]
        else:
            listed = [data]
        for cases in listed:
            if isinstance(cases, list):
                for case in cases:
                    yield from self._case(case)
            elif cases is not data:
                yield Fault("holds something else than a list of cases", 1)

    def _texts(self, items: list[Any], *, should_trigger: bool) -> Iterator[SelectionCase | Fault]:
        for item in items:
            text = _text({"text": item} if isinstance(item, str) else item)
            if text is None:
                yield Fault("holds a case without a request", self._last)
            else:
                yield SelectionCase(text, should_trigger, self._line(text))

    def _case(self, case: Any) -> Iterator[SelectionCase | Fault]:
        if not isinstance(case, dict):
            yield Fault(f"holds a case that is no object: {_short(str(case))}", self._last)
            return
        text, should = _text(case), case.get("should_trigger")
        if text is not None:
            line = self._line(text)
        if text is None:
            yield Fault(f"holds a case without a request: {_short(json.dumps(case))}", self._last)
        elif isinstance(should, bool):
            yield SelectionCase(text, should, line)
        elif should is not None:
            yield Fault(f"should_trigger is true or false, not {_short(json.dumps(should))}", line)

    def _line(self, text: str) -> int:
        """The next place of a string, in order; one that stands there twice is found twice."""
        places = self._places.get(text) or [self._last]
        self._last = places.pop(0) if len(places) > 1 else places[0]
        return self._last


def _text(case: Any) -> str | None:
    if not isinstance(case, dict):
        return None
    return next((case[key] for key in _TEXTS if isinstance(case.get(key), str) and case[key].strip()), None)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
