"""Which copy each client loads, and the skills that projects have of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import add_skill
from tests.service.test_cli import Cli, cli

__all__ = ["cli"]

READS = ("claude-code", "codex", "gemini", "opencode", "cursor")


def about(name: str, words: str) -> str:
    return f'---\nname: {name}\ndescription: "{words}. Use when {words.lower()} is wanted."\n---\n\n1. Do it.\n'


def session(folder: Path, project: Path, request: str = "mend the pytest fixtures") -> Path:
    """One task done in a project, in the event format."""
    lines: list[dict[str, object]] = [
        {"type": "session_start", "source": "my-agent", "cwd": str(project)},
        {"type": "user_message", "text": request},
        {"type": "tool_call", "call_id": "c1", "tool": "Bash", "args": {"command": "true"}},
        {"type": "tool_result", "call_id": "c1", "ok": True, "text": "ok"},
        {"type": "session_end", "outcome": "success", "reward": 1.0},
    ]
    name = f"{project.name}-{len(list(folder.iterdir()))}"
    file = folder / f"{name}.jsonl"
    events = [{"v": 1, "session": name, "ts": f"2099-01-01T09:00:0{n}Z", **e} for n, e in enumerate(lines)]
    file.write_text("".join(json.dumps(line) + "\n" for line in events), encoding="utf-8")
    return file


@pytest.fixture
def project(person: Path, tmp_path: Path, cli: Cli) -> Path:
    """A repository in which captured work was done."""
    project = person / "work" / "app"
    (project / ".git").mkdir(parents=True)
    cli("ingest", str(session(tmp_path, project)), "--format", "events")
    return project


def clients(cli: Cli, path: Path) -> dict[str, Any]:
    row = next(s for s in cli("skills")["skills"] if s["path"] == str(path))
    assert tuple(row["clients"]) == READS
    found: dict[str, Any] = row["clients"]
    return found


def test_claude_code_takes_the_personal_copy_and_gemini_the_projects(cli: Cli, person: Path, project: Path) -> None:
    mine = add_skill(person / ".claude" / "skills", "deploy", about("deploy", "Mine"))
    shared = add_skill(person / ".agents" / "skills", "deploy", about("deploy", "Shared"))
    theirs = add_skill(project / ".claude" / "skills", "deploy", about("deploy", "Theirs"))
    agents = add_skill(project / ".agents" / "skills", "deploy", about("deploy", "Agents"))
    gemini = add_skill(project / ".gemini" / "skills", "deploy", about("deploy", "Gemini"))
    where = str(project)

    assert clients(cli, mine)["claude-code"] == {"loads": True, "shadowed_by": None}
    assert clients(cli, theirs)["claude-code"] == {"loads": False, "shadowed_by": str(mine)}
    # Claude Code reads its own folders alone.
    for path in (shared, agents, gemini):
        assert clients(cli, path)["claude-code"] == {"loads": False, "shadowed_by": None}
    # A workspace is over the person's folder, and .agents is first inside each.
    assert clients(cli, agents)["gemini"] == {"loads": True, "shadowed_by": None}
    assert clients(cli, gemini)["gemini"] == {"loads": False, "shadowed_by": str(agents)}
    assert clients(cli, shared)["gemini"] == {"loads": True, "shadowed_by": None, "shadowed_in": {where: str(agents)}}
    assert clients(cli, theirs)["gemini"] == {"loads": False, "shadowed_by": None}
    # Of OpenCode's own the project's is first; of the others .agents.
    assert clients(cli, shared)["opencode"]["shadowed_in"] == {where: str(agents)}
    assert clients(cli, mine)["opencode"] == {"loads": False, "shadowed_by": str(shared)}
    own = add_skill(person / ".config" / "opencode" / "skills", "deploy", about("deploy", "Own"))
    assert clients(cli, own)["opencode"] == {"loads": True, "shadowed_by": None}
    assert clients(cli, agents)["opencode"] == {"loads": False, "shadowed_by": str(own)}
    assert clients(cli, shared)["codex"]["shadowed_in"] == {where: str(agents)}

    rows = {s["path"]: s["shadowed_by"] for s in cli("skills")["skills"] if s["name"] == "deploy"}
    assert rows[str(shared)] is None
    assert set(rows.values()) == {None, str(shared)}


def test_the_table_names_clients_only_where_they_load_different_skills(cli: Cli, person: Path) -> None:
    add_skill(person / ".claude" / "skills")
    text = cli.text("skills")
    assert "loaded by" not in text
    add_skill(person / ".claude" / "skills", text=about("pytest-fixtures", "Other"))
    lines = cli.text("skills").splitlines()
    assert "loaded by" in lines[0]
    assert "codex gemini opencode cursor" in lines[1]
    assert "claude-code" in lines[2]


def test_what_a_client_can_not_read_is_loaded_by_none_and_hides_nothing(cli: Cli, person: Path) -> None:
    broken = "---\nname: deploy\ndescription: Deploy. Use when: it is asked for\n---\n"
    first = add_skill(person / ".agents" / "skills", "deploy", broken)
    second = add_skill(person / ".gemini" / "skills", "deploy", about("deploy", "Deploys"))
    assert not any(one["loads"] for one in clients(cli, first).values())
    assert clients(cli, second)["gemini"] == {"loads": True, "shadowed_by": None}


def test_a_projects_skill_serves_that_project_alone(cli: Cli, person: Path, project: Path, tmp_path: Path) -> None:
    path = add_skill(project / ".claude" / "skills", "ship-app", about("ship-app", "Ships the zeppelin"))
    row = next(s for s in cli("skills")["skills"] if s["name"] == "ship-app")
    assert (row["path"], row["project"]) == (str(path), str(project))
    # Somewhere below the project is the project; beside it is not.
    inside, beside = project / "src", person / "work" / "app-two"
    inside.mkdir()
    beside.mkdir()
    for place in (inside, beside, project):
        cli("ingest", str(session(tmp_path, place, f"ship the zeppelin of {place.name}")), "--format", "events")
    found = {Path(t["project"]): t["match"] for t in cli("trajectories")["trajectories"] if "zeppelin" in t["request"]}
    assert found[inside]["skill"] == found[project]["skill"] == "ship-app"
    assert found[beside] is None or found[beside]["skill"] != "ship-app"


def test_folders_above_are_read_up_to_the_top_of_the_repository(cli: Cli, person: Path, tmp_path: Path) -> None:
    top = person / "work" / "mono"
    deep = top / "services" / "api"
    deep.mkdir(parents=True)
    (top / ".git").touch()
    add_skill(top / ".agents" / "skills", "of-top", about("of-top", "Top"))
    add_skill(person / "work" / ".agents" / "skills", "of-none", about("of-none", "None"))
    cli("ingest", str(session(tmp_path, deep)), "--format", "events")
    assert {s["name"] for s in cli("skills")["skills"]} == {"pytest-fixtures", "of-top"}


def test_what_is_denied_or_lies_elsewhere_is_not_looked_at(
    cli: Cli, person: Path, project: Path, tmp_path: Path
) -> None:
    add_skill(project / ".claude" / "skills", "ship-app", about("ship-app", "Ships"))
    elsewhere = tmp_path / "elsewhere"
    add_skill(elsewhere, "linked", about("linked", "Linked"))
    (project / ".gemini").mkdir()
    (project / ".gemini" / "skills").symlink_to(elsewhere)
    assert {s["name"] for s in cli("skills")["skills"]} == {"pytest-fixtures", "ship-app"}
    cli("config", "set", "capture.deny_projects", str(project))
    assert {s["name"] for s in cli("skills")["skills"]} == {"pytest-fixtures"}
    # Roots that were named stand for all others.
    assert cli("--skills", str(tmp_path / "none"), "skills")["skills"] == []


def test_work_in_the_home_directory_finds_each_personal_skill_once(cli: Cli, person: Path, tmp_path: Path) -> None:
    cli("ingest", str(session(tmp_path, person)), "--format", "events")
    (row,) = cli("skills")["skills"]
    assert (row["name"], row["project"]) == ("pytest-fixtures", None)
