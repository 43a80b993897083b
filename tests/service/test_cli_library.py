"""Commands of the library as a person uses them: past uses inform matching, look-alikes are told, tests are run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.service.conftest import add_skill
from tests.service.test_cli import Cli, cli

__all__ = ["cli"]

REQUEST = "ship the friday bulletin"


def about(name: str, description: str) -> str:
    return f'---\nname: {name}\ndescription: "{description}"\n---\n\n1. Do it.\n'


def used(folder: Path, skill: str, sessions: int, *, outcome: str = "success", request: str = REQUEST) -> Path:
    """Sessions in which a skill was loaded, in the event format; later than any file on this disk."""
    lines: list[dict[str, object]] = []
    for number in range(sessions):
        at = f"2099-01-{number + 1:02}T09:00:0"
        session = f"{skill}-{outcome}-{number}"
        events: list[dict[str, object]] = [
            {"type": "session_start", "source": "my-agent", "cwd": "/w/app"},
            {"type": "user_message", "text": request},
            {"type": "tool_call", "call_id": "c1", "tool": "Skill", "args": {"skill": skill}},
            {"type": "tool_result", "call_id": "c1", "ok": True, "text": "ok"},
            {"type": "session_end", "outcome": outcome, "reward": float(outcome == "success")},
        ]
        lines += [{"v": 1, "session": session, "ts": f"{at}{n}Z", **event} for n, event in enumerate(events)]
    file = folder / f"{skill}-{outcome}.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@pytest.fixture
def root(person: Path) -> Path:
    root = person / ".agents" / "skills"
    add_skill(root, "notes-a", about("notes-a", "Writes release notes from commits. Use when a version is published."))
    add_skill(root, "notes-b", about("notes-b", "Writes release notes from commits. Use when a version is published."))
    return root


@pytest.mark.usefixtures("root")
def test_requests_that_a_skill_served_well_find_it_again(cli: Cli, tmp_path: Path) -> None:
    assert cli("match", REQUEST)["gap"] is True
    cli("ingest", str(used(tmp_path, "pytest-fixtures", 12)), "--format", "events")
    data = cli("match", REQUEST)
    assert (data["gap"], data["top"][0]["skill"]) == (False, "pytest-fixtures")
    assert data["top"][0]["why"][0] == f"served before: {REQUEST}"


@pytest.mark.usefixtures("root")
def test_failures_and_unused_skills_are_no_evidence(cli: Cli, tmp_path: Path) -> None:
    cli("ingest", str(used(tmp_path, "pytest-fixtures", 12, outcome="failure")), "--format", "events")
    cli("ingest", str(used(tmp_path, "nowhere", 12)), "--format", "events")
    assert cli("match", REQUEST)["top"] == []


@pytest.mark.usefixtures("root")
def test_trust_decides_between_near_equal_skills_and_they_are_called_ambiguous(cli: Cli, tmp_path: Path) -> None:
    text = "write the release notes from the commits of this version"
    before = cli("match", text)
    assert before["ambiguous"] is True
    assert [top["skill"] for top in before["top"][:2]] == ["notes-a", "notes-b"]
    assert "ambiguous: notes-a or notes-b" in cli.text("match", text)
    cli("ingest", str(used(tmp_path, "notes-a", 3, outcome="failure", request="x y")), "--format", "events")
    cli("ingest", str(used(tmp_path, "notes-b", 3, request="zebra")), "--format", "events")
    after = cli("match", text)
    assert [top["skill"] for top in after["top"][:2]] == ["notes-b", "notes-a"]
    assert [top["score"] for top in after["top"][:2]] == [top["score"] for top in before["top"][:2]]


def test_the_batch_says_what_is_ambiguous_in_the_order_of_the_lines(cli: Cli, root: Path, tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    texts = {"1": "write the release notes from the commits", "2": "mend the pytest fixtures", "3": "fly to Lisbon"}
    batch.write_text("".join(json.dumps({"id": id_, "query": text}) + "\n" for id_, text in texts.items()))
    rows = [json.loads(line) for line in cli.text("match", "--batch", str(batch)).splitlines()]
    assert [(row["id"], row["gap"], row["ambiguous"]) for row in rows] == [
        ("1", False, True), ("2", False, False), ("3", True, False),
    ]  # fmt: skip


def test_look_alikes_are_told_for_the_library_and_for_a_path(cli: Cli, root: Path, tmp_path: Path) -> None:
    (pair,) = cli("check", "--confusable")["confusable"]
    assert pair["skills"] == ["notes-a", "notes-b"]
    assert {"release", "notes", "commits"} <= set(pair["shared"])
    assert "notes-a and notes-b: both say" in cli.text("check", "--confusable")
    new = add_skill(
        tmp_path / "work",
        "fixture-doctor",
        about("fixture-doctor", "Mends pytest fixtures. Use when tests fail because a fixture leaks."),
    )
    data = cli("check", str(new), "--confusable")
    assert [result["name"] for result in data["results"]] == ["fixture-doctor"]
    assert [pair["skills"] for pair in data["confusable"]] == [["fixture-doctor", "pytest-fixtures"]]
    assert cli("check", status=2)["error"]["code"] == "usage"
    # Of a path where nothing is there are none, whatever stands beside it.
    assert cli("check", str(root / "notes-c"), "--confusable", status=1)["confusable"] == []


def test_check_runs_the_selection_tests_of_a_skill(cli: Cli, root: Path) -> None:
    evals = root / "pytest-fixtures" / "evals"
    evals.mkdir()
    (evals / "trigger.json").write_text('[\n{"query": "publish the release notes", "should_trigger": true}]')
    (result,) = cli("check", str(root / "pytest-fixtures"))["results"]
    (finding,) = [f for f in result["findings"] if f["code"] == "SELECTION"]
    assert (result["verdict"], finding["line"]) == ("flag", 3)
    assert finding["message"].startswith("evals/trigger.json:2: ")


def test_a_changed_skill_is_matched_by_its_new_words_although_the_library_is_cached(cli: Cli, root: Path) -> None:
    assert cli("match", "prune the bonsai tree")["gap"] is True
    add_skill(root, "notes-a", about("notes-a", "Prunes bonsai trees. Use when a tree has to be pruned."))
    assert cli("match", "prune the bonsai tree")["top"][0]["skill"] == "notes-a"
    (root / "notes-a" / "SKILL.md").unlink()
    assert cli("match", "prune the bonsai tree")["gap"] is True


@pytest.mark.usefixtures("root")
def test_a_project_folder_that_cannot_be_looked_at_has_no_skills(cli: Cli, tmp_path: Path) -> None:
    file = used(tmp_path, "notes-a", 1)
    file.write_text(file.read_text().replace("/w/app", "/tmp/" + "a" * 300))
    cli("ingest", str(file), "--format", "events")
    assert {skill["name"] for skill in cli("skills")["skills"]} >= {"notes-a", "notes-b"}
    assert cli("match", "release notes of the commits")["top"]
    assert cli("doctor")["agents"] is not None


def test_a_link_to_where_nobody_may_look_is_passed_over(cli: Cli, root: Path) -> None:
    (root / "far").symlink_to("/tmp/" + "a" * 300)
    assert {skill["name"] for skill in cli("skills")["skills"]} >= {"notes-a", "notes-b"}
