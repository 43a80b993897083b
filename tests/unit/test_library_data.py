"""On real skills and requests, where they are at hand: everything loads, the scan is quiet, matching beats chance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skilltui.domain.skill import Severity, Verdict
from skilltui.library.check import check_path
from skilltui.library.match import Matcher
from skilltui.library.registry import SkillRegistry
from skilltui.library.roots import Root
from skilltui.library.scan import scan_text


def test_every_real_skill_loads_or_says_why_not(shared_data: Path) -> None:
    state = SkillRegistry([Root(shared_data / "skills", "test")]).load()
    on_disk = {str(path) for path in (shared_data / "skills").glob("*/SKILL.md")}
    assert {skill.path for skill in state.skills} | {result.path for result in state.broken} == on_disk
    assert len(state.skills) >= 0.98 * len(on_disk)


def test_the_scan_is_quiet_on_benign_skills_and_not_on_malicious_ones(shared_data: Path) -> None:
    rows = [json.loads(line) for line in (shared_data / "security" / "manifest.jsonl").read_text().splitlines()]
    alarmed: dict[str, list[bool]] = {}
    for row in rows:
        text = (shared_data / "security" / row["file"]).read_text(encoding="utf-8", errors="replace")
        found = any(finding.severity is not Severity.INFO for finding in scan_text(text))
        alarmed.setdefault(row["label"], []).append(found)
    share = {label: sum(found) / len(found) for label, found in alarmed.items()}
    assert share["benign"] <= 0.05
    # A sixth of the malicious ones hold nothing in their text: the attack is in scripts that are not here.
    assert share["malicious"] >= 0.75


def test_malicious_folders_are_blocked_or_rejected(shared_data: Path) -> None:
    results = check_path(shared_data / "security" / "malicious")
    assert sum(result.verdict in (Verdict.BLOCK, Verdict.REJECT) for result in results) >= len(results) // 2


@pytest.mark.parametrize("source", ["azure-evals", "skillsbench"])
def test_requests_find_their_skill_in_the_whole_library(shared_data: Path, source: str) -> None:
    matcher = Matcher(SkillRegistry([Root(shared_data / "skills", "test")]).load().skills)
    queries = [json.loads(line) for line in (shared_data / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    asked = [query for query in queries if query["source"] == source and query["gold"]]
    hits = 0
    for query in asked:
        top = matcher.match(query["query"], k=1).top
        hits += bool(top) and Path(top[0].path).parent.name in query["gold"]
    assert hits / len(asked) >= 0.7
