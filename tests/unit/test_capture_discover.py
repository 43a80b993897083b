"""Which files are transcripts, and why the others are not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from skilltui.capture.discover import Found, Skipped, candidates, discover

CLAUDE = b'{"type":"user","uuid":"1","sessionId":"s","message":{"role":"user","content":"hi"}}\n'
CODEX = b'{"timestamp":"2026-11-03T10:20:04Z","type":"session_meta","payload":{"id":"x","cwd":"/w"}}\n'
COPILOT = b'{"type":"session.start","data":{"sessionId":"s"},"id":"1","timestamp":"t","parentId":null}\n'
PI = b'{"type":"session","version":3,"id":"s","timestamp":"2026-11-03T10:20:04.000Z","cwd":"/w"}\n'
EVENTS = b'{"v":1,"type":"session_start","session":"s1","ts":"2026-11-01T09:00:00Z"}\n'


def found(*paths: Path, stated: str | None = None) -> dict[str, str]:
    return {item.path.name: item.format for item in discover(paths, format=stated) if isinstance(item, Found)}


def skipped(*paths: Path) -> dict[str, str]:
    return {item.path.name: item.reason for item in discover(paths) if isinstance(item, Skipped)}


def test_formats_are_told_from_the_first_bytes(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "a.jsonl").write_bytes(CLAUDE)
    (tmp_path / "b.jsonl").write_bytes(CODEX)
    (tmp_path / "c.jsonl").write_bytes(EVENTS)
    # Named like a session of Claude Code, and "sessionId" in the first record: what it is, its first key says.
    (tmp_path / "019e0000-aaaa-7bbb-8ccc-000000000001.jsonl").write_bytes(COPILOT)
    (tmp_path / "p.jsonl").write_bytes(PI)
    (tmp_path / "d.jsonl").write_bytes(b'{"type":"file-history-snapshot","messageId":"m","snapshot":{}}\n' + CLAUDE)
    (tmp_path / "notes.md").write_bytes(b"no candidate")
    assert found(tmp_path) == {
        "a.jsonl": "claude-code",
        "b.jsonl": "codex",
        "c.jsonl": "events",
        "d.jsonl": "claude-code",
        "019e0000-aaaa-7bbb-8ccc-000000000001.jsonl": "copilot",
        "p.jsonl": "pi",
    }
    assert skipped(tmp_path) == {}


def test_the_order_is_stable_and_nothing_is_visited_twice(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / f"{name}.jsonl").write_bytes(CLAUDE)
    os.link(tmp_path / "a.jsonl", tmp_path / "z.jsonl")
    names = [item.path.name for item in discover([tmp_path, tmp_path / "b.jsonl", tmp_path])]
    assert names == ["a.jsonl", "b.jsonl", "c.jsonl"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.jsonl",
            '{"uuid":"1","sessionId":"s","type":"user","message":{"role":"user","parts":[{"text":"x"}]}}',
            "qwen",
        ),
    ],
)
def test_a_format_that_is_not_read_yet_is_named(tmp_path: Path, name: str, content: str, expected: str) -> None:
    (tmp_path / name).write_text(content + "\n")
    assert skipped(tmp_path) == {name: f"{expected}: this format is not read yet"}


def test_a_file_that_lost_its_first_record_is_known_by_where_its_agent_keeps_it(tmp_path: Path) -> None:
    copilot = tmp_path / ".copilot" / "session-state"
    (copilot / "s1").mkdir(parents=True)
    torn = b'"x":1}}\n{"type":"user.message","data":{"content":"hi"},"id":"2","parentId":"1"}\n'
    (copilot / "s1" / "events.jsonl").write_bytes(torn)
    (copilot / "019e0000-aaaa-7bbb-8ccc-000000000001.jsonl").write_bytes(torn)
    pi = tmp_path / ".pi" / "agent" / "sessions" / "--w-shop--"
    pi.mkdir(parents=True)
    (pi / "t_u.jsonl").write_bytes(b'{"type":"message","message":{"role":"user","content":"hi"}}\n')
    (tmp_path / "elsewhere.jsonl").write_bytes(torn)
    assert found(tmp_path) == {
        "events.jsonl": "copilot",
        "019e0000-aaaa-7bbb-8ccc-000000000001.jsonl": "copilot",
        "t_u.jsonl": "pi",
    }


def test_what_an_agent_keeps_beside_its_transcript_is_not_read_as_one(tmp_path: Path) -> None:
    session = tmp_path / ".copilot" / "session-state" / "s1"
    (session / "files").mkdir(parents=True)
    (session / "events.jsonl").write_bytes(COPILOT)
    (session / "files" / "data.json").write_bytes(b'{"rows": []}')
    (session / "vscode.metadata.json").write_bytes(b"{}")
    # As the agent's own folder is read: with its format stated.
    assert found(tmp_path, stated="copilot") == {"events.jsonl": "copilot"}
    reasons = {entry.reason for entry in discover([tmp_path], format="copilot") if isinstance(entry, Skipped)}
    assert reasons == {"notes beside a transcript, no records"}


GEMINI = '{"sessionId": "s", "projectHash": "h", "startTime": "t", "messages": [{"type": "gemini", "content": "x"}]}'
ATIF = '{"schema_version": "ATIF-v1.4", "session_id": "s", "agent": {"name": "a"}, "steps": []}'
MINI = '{"info": {"exit_status": "Submitted", "submission": "SUBMISSION"}, "messages": [], "trajectory_format": "x"}'
TAU = '[{"task_id": 0, "reward": 1.0, "info": {}, "traj": [], "trial": 0}]'


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("session-1.json", GEMINI, "gemini"),
        ("session-1.jsonl", '{"sessionId":"s","projectHash":"h","startTime":"t","kind":"main"}', "gemini"),
        ("trajectory.json", ATIF, "atif"),
        ("a.json", ATIF, "atif"),
        ("trajectory.json", '{"agent": {"tool_definitions": ["' + "x" * 70_000 + '"]}, "schema_version": ""}', "atif"),
        ("a.traj.json", MINI, "mini-swe-agent"),
        ("a.traj.json", MINI.replace("SUBMISSION", "+\\n" * 40_000), "mini-swe-agent"),
        ("a.json", MINI, "mini-swe-agent"),
        ("a.traj", '{"environment": "x", "trajectory": [], "history": [], "info": {}}', "swe-agent"),
        ("a.traj", '{"history": [{"role": "system"}]}', "swe-agent"),
        ("a.json", '{"trajectory": [{"action": "ls"}], "info": {"exit_status": "submitted"}}', "swe-agent"),
        ("a.json", TAU, "tau-bench"),
    ],
)
def test_documents_are_told_by_their_outline(tmp_path: Path, name: str, content: str, expected: str) -> None:
    (tmp_path / name).write_text(content + "\n")
    assert found(tmp_path) == {name: expected}


def test_a_document_that_quotes_another_is_still_itself(tmp_path: Path) -> None:
    quoted = [json.loads(text) for text in (GEMINI, ATIF, MINI, TAU)]
    quoted += [json.loads(CLAUDE), json.loads(CODEX), json.loads(EVENTS)]
    documents = {"gemini": GEMINI, "atif": ATIF, "mini-swe-agent": MINI}
    for name, text in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"extra": quoted} | json.loads(text)))
    (tmp_path / "tau-bench.json").write_text(json.dumps([{"extra": quoted} | json.loads(TAU)[0]]))
    assert found(tmp_path) == {f"{name}.json": name for name in (*documents, "tau-bench")}


def test_other_json_is_no_document_of_ours(tmp_path: Path) -> None:
    (tmp_path / "logs.json").write_text('[{"sessionId": "s", "messageId": 0, "type": "user", "message": "hi"}]')
    (tmp_path / "history.json").write_text('{"history": [], "messages": []}')
    (tmp_path / "v2.json").write_text('{"schema_version": "ATIF-v2.0", "steps": []}')
    (tmp_path / "reward.json").write_text('{"reward": 1.0}')
    assert found(tmp_path) == {}
    assert found(tmp_path, stated="gemini") == {}
    assert skipped(tmp_path)["reward.json"] == "notes beside a transcript, no records"


def test_candidates_are_what_an_agent_calls_its_files(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.json", "c.meta.json", "d.txt"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in candidates(tmp_path, "codex")] == ["a.jsonl"]
    assert [path.name for path in candidates(tmp_path, "gemini")] == ["a.jsonl", "b.json", "c.meta.json"]


def test_compressed_transcripts_are_named(tmp_path: Path) -> None:
    (tmp_path / "rollout-1.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd rest")
    assert "damaged" in skipped(tmp_path)["rollout-1.jsonl.zst"]


def test_a_transcript_that_speaks_of_other_formats_is_still_itself(tmp_path: Path) -> None:
    words = json.dumps({"schema_version": "ATIF-v1", "projectHash": "h", "type": "session.start"})
    record = json.loads(CLAUDE) | {"message": {"role": "user", "content": words}}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    assert found(tmp_path) == {"a.jsonl": "claude-code"}


def test_every_other_candidate_has_its_reason(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_bytes(b"")
    (tmp_path / "odd.jsonl").write_bytes(b"hello\n")
    (tmp_path / "agent-1.meta.json").write_bytes(b'{"agentType":"general"}')
    (tmp_path / "dir.jsonl").mkdir()
    (tmp_path / "dir.jsonl" / "inside.jsonl").write_bytes(CLAUDE)
    os.mkfifo(tmp_path / "fifo.jsonl")
    (tmp_path / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "odd.jsonl")
    reasons = skipped(tmp_path)
    assert set(reasons) == {
        "empty.jsonl", "odd.jsonl", "agent-1.meta.json", "dir.jsonl", "fifo.jsonl", "dangling.jsonl", "link.jsonl",
    }  # fmt: skip
    assert reasons["empty.jsonl"] == "empty"
    assert all(reasons.values())
    assert found(tmp_path) == {"inside.jsonl": "claude-code"}


def test_linked_folders_are_followed_inside_the_root_and_loops_end(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "real").mkdir(parents=True)
    outside.mkdir()
    (root / "real" / "a.jsonl").write_bytes(CLAUDE)
    (outside / "secret.jsonl").write_bytes(CLAUDE)
    (root / "alias").symlink_to(root / "real")
    (root / "real" / "loop").symlink_to(root)
    (root / "escape").symlink_to(outside)
    assert found(root) == {"a.jsonl": "claude-code"}
    assert skipped(root) == {"escape": "a link out of the named folder"}


def test_a_named_link_is_followed_because_a_person_named_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.jsonl").write_bytes(CLAUDE)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").symlink_to(tmp_path / "real" / "a.jsonl")
    assert found(tmp_path / "link") == {"a.jsonl": "claude-code"}
    assert found(tmp_path / "file") == {"a.jsonl": "claude-code"}


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert skipped(tmp_path / "gone") == {"gone": "no such file or folder"}


def test_a_stated_format_is_believed_unless_the_file_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b'{"torn\n')
    (tmp_path / "b.jsonl").write_bytes(CODEX)
    assert found(tmp_path / "a.txt", stated="events") == {"a.txt": "events"}
    assert list(discover([tmp_path / "b.jsonl"], format="events")) == [
        Skipped(tmp_path / "b.jsonl", "looks like codex, not events")
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(CLAUDE)
    (tmp_path / "a.jsonl").chmod(0)
    (tmp_path / "shut").mkdir(mode=0)
    assert skipped(tmp_path) == {"a.jsonl": "permission denied", "shut": "permission denied"}
