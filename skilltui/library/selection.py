"""Runs selection tests: whether the requests in a skill's ``evals/`` choose it among the skills beside it.

What fails is a finding on the line of the description, since that is what has to change; the message names the line of
the request. Nothing is written, no link is followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from skilltui.domain.skill import CheckResult, Finding, MatchResult, Severity, Skill, worst
from skilltui.errors import SkillInvalidError
from skilltui.library.check import read_limited, skill_file
from skilltui.library.evals import SelectionCase, read_cases
from skilltui.library.match import NEAR, Matcher
from skilltui.paths import is_file, is_folder, is_link
from skilltui.text.skillmd import MAX_FILE_BYTES, SkillDocument, parse_skill

EVALS = "evals"
MAX_FILES = 50
# As many as the registry walks.
_MAX_BESIDE = 2000


def with_selection(results: Sequence[CheckResult], *, threshold: float = 0.3) -> list[CheckResult]:
    """The results, with what the selection tests of their skills came to."""
    beside: dict[Path, Matcher] = {}
    checked = []
    for result in results:
        file = Path(result.path)
        findings = tuple(_findings(file, beside, threshold)) if _has_tests(file) else ()
        if findings:
            found = tuple(sorted((*result.findings, *findings), key=lambda f: (f.line is None, f.line or 0)))
            result = replace(result, verdict=worst(found), findings=found)  # noqa: PLW2901
        checked.append(result)
    return checked


def _has_tests(file: Path) -> bool:
    folder = file.parent / EVALS
    return is_file(file) and is_folder(folder) and not is_link(folder)


def _findings(file: Path, beside: dict[Path, Matcher], threshold: float) -> Iterator[Finding]:
    document = _document(file)
    if document is None or not document.description:
        return
    line = document.lines.get("description")
    cases: list[tuple[str, SelectionCase]] = []
    for path in _test_files(file.parent / EVALS):
        label = f"{EVALS}/{path.name}"
        try:
            data = read_limited(path)
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            yield Finding("EVALS", Severity.LOW, None, f"{label}: can't be read: {_reason(error)}")
            continue
        if len(data) > MAX_FILE_BYTES:
            yield Finding("EVALS", Severity.LOW, None, f"{label}: larger than {MAX_FILE_BYTES >> 20} MiB")
            continue
        found, faults = read_cases(text, document.name)
        for fault in faults:
            yield Finding("EVALS", Severity.LOW, None, f"{label}:{fault.line}: {fault.message}")
        cases += [(label, case) for case in found]
    if not cases:
        return
    folder = file.absolute().parent.parent
    if folder not in beside:
        beside[folder] = Matcher(list(_library(folder, file)), threshold=threshold)
    for label, case in cases:
        message = _failure(case, beside[folder].match(case.request, 3), str(file.absolute()))
        if message:
            yield Finding("SELECTION", Severity.MEDIUM, line, f"{label}:{case.line}: {message}", case.request)


def _failure(case: SelectionCase, result: MatchResult, path: str) -> str | None:
    """What is wrong with an answer, ``None`` where nothing is.

    An agent may take any of several near-equal skills; for a request that should not choose this one, only its being
    the best counts.
    """
    top = result.top
    first = top[0] if top else None
    if not case.should_trigger:
        if first is None or result.gap or first.path != path:
            return None
        return f"should not choose this skill, but does ({first.score:.2f}; {'; '.join(first.why[:2])})"
    rivals = [m for m in top if m.score >= result.threshold and first and first.score - m.score <= NEAR]
    if any(match.path == path for match in rivals):
        return None
    if first is None or result.gap:
        own = next((match.score for match in top if match.path == path), 0.0)
        return f"should choose this skill, but no skill fits: {own:.2f} is below {result.threshold:.2f}"
    return f"should choose this skill, but chooses {first.skill} ({first.score:.2f})"


def _test_files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".json") and not entry.is_symlink()]
    except OSError:
        return []
    return [folder / name for name in sorted(names)[:MAX_FILES]]


def _library(folder: Path, file: Path) -> Iterator[Skill]:
    """The skills beside one, and itself."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink())
    except OSError:
        names = []
    own = file.absolute().parent.name
    for name in dict.fromkeys((*names[:_MAX_BESIDE], own)):
        found = skill_file(folder / name)
        document = None if found is None else _document(found)
        if found is not None and document is not None and document.description:
            yield Skill(document.name or name, document.description, document.body, str(found), str(folder), "", "")


def _document(file: Path) -> SkillDocument | None:
    try:
        return parse_skill(read_limited(file))
    except (OSError, SkillInvalidError):
        return None


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or str(error)
