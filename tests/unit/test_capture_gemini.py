"""Gemini CLI's sessions, both the document and the lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skilltui.capture.events import AgentSaid, SessionStarted, ToolCalled, UserSaid
from skilltui.domain.trajectory import ErrorKind
from tests.documents import gemini_call as call
from tests.documents import gemini_message as message
from tests.documents import gemini_session, of, paired, read, write

HEAD = {"sessionId": "s-1", "projectHash": "ab", "startTime": "2026-11-03T10:00:00Z", "kind": "main"}


def lines(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_a_document_of_messages(tmp_path: Path) -> None:
    done = message(2, "gemini", "Listed.", model="g-3", toolCalls=[call("run_shell_command", "a.py", command="ls")])
    session = gemini_session(message(1, "user", "list the files"), done, message(3, "info", "note"), directories=["/w"])
    batch = read(write(tmp_path / "session-1.json", session))
    (started,) = of(batch, SessionStarted)
    assert (started.session, started.project, started.model) == (session["sessionId"], "/w", "g-3")
    assert [(event.text, event.at) for event in of(batch, UserSaid)] == [("list the files", "2026-11-03T10:01:00.000Z")]
    assert [(c.key, c.args) for c in of(batch, ToolCalled)] == [("run_shell_command-17", {"command": "ls"})]
    assert [event.text for event in of(batch, AgentSaid)] == ["Listed."]
    assert not batch.unknown


@pytest.mark.parametrize(
    ("status", "output", "expected"),
    [
        ("success", "Output: x\nExit Code: 0\nSignal: 0", (True, None, 0)),
        ("success", "Output: x\nExit Code: 2\nSignal: 0", (False, ErrorKind.EXIT_NONZERO, 2)),
        ("success", "text", (True, None, None)),
        ("error", "File not found: a.py", (False, ErrorKind.NOT_FOUND, None)),
        ("cancelled", "", (False, ErrorKind.USER_REJECTED, None)),
    ],
)
def test_how_a_call_ended(tmp_path: Path, status: str, output: str, expected: Any) -> None:
    batch = read(
        write(tmp_path / "a.json", gemini_session(message(1, "gemini", toolCalls=[call("t", output, status)])))
    )
    ((_, returned),) = paired(batch)
    assert returned is not None
    assert (returned.ok, returned.error_kind, returned.exit_code) == expected


def test_a_call_at_work_has_no_result_yet(tmp_path: Path) -> None:
    working = message(1, "gemini", toolCalls=[call("t", "", "executing")])
    assert paired(read(write(tmp_path / "a.json", gemini_session(working)))) == [("t", None)]


def test_in_lines_the_last_write_of_a_message_wins(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "session-1.jsonl",
        HEAD,
        message(1, "user", "go"),
        message(2, "gemini", "draft"),
        {"$set": {"lastUpdated": "2026-11-03T10:09:00Z", "directories": ["/w"]}},
        message(2, "gemini", "whole", toolCalls=[call("t", "done")]),
        {"$set": {"messages": [message(1, "user", "go"), message(3, "gemini", "after")]}},
    )
    batch = read(path)
    assert [event.text for event in of(batch, AgentSaid)] == ["whole", "after"]
    assert [event.text for event in of(batch, UserSaid)] == ["go"]
    assert [tool for tool, _ in paired(batch)] == ["t"]
    assert of(batch, SessionStarted)[0].project == "/w"
    assert not batch.unknown


def test_a_rewind_is_the_mark_of_a_person_and_takes_nothing_away(tmp_path: Path) -> None:
    first = message(2, "gemini", toolCalls=[call("t", "done")])
    again = message(3, "user", "differently")
    path = lines(tmp_path / "a.jsonl", HEAD, message(1, "user", "go"), first, {"$rewindTo": first["id"]}, again)
    batch = read(path)
    assert [(e.kind, e.text.split()[0]) for e in of(batch, UserSaid)] == [
        ("human", "go"), ("interruption", "taken"), ("human", "differently"),
    ]  # fmt: skip
    assert len(of(batch, ToolCalled)) == 1


def test_numbers_for_ids_are_told_apart_by_their_session(tmp_path: Path) -> None:
    keys = []
    for session in ("s-1", "s-2"):
        path = lines(
            tmp_path / f"{session}.jsonl", HEAD | {"sessionId": session}, message(1, "user", "go") | {"id": "m1"}
        )
        keys += [event.key for event in of(read(path), UserSaid)]
    assert keys == ["s-1#m1", "s-2#m1"]


def test_a_subagents_task_is_not_said_by_a_person(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", HEAD | {"kind": "subagent"}, message(1, "user", "look for x"))
    assert of(read(path), UserSaid) == []


def test_a_subagents_file_lies_in_the_folder_of_its_parent(tmp_path: Path) -> None:
    chats = tmp_path / "chats"
    for folder, parent in ((chats, None), (chats / "s-parent", "s-parent"), (chats / HEAD["sessionId"], None)):
        folder.mkdir(parents=True, exist_ok=True)
        (started,) = of(read(lines(folder / "a.jsonl", HEAD, message(1, "user", "look for x"))), SessionStarted)
        assert started.parent == parent


def test_what_is_unknown_is_counted(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", HEAD, message(1, "hologram"), {"odd": 1})
    assert dict(read(path).unknown) == {"hologram": 1, "(no type)": 1}
