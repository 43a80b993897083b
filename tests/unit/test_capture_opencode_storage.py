"""OpenCode's tree of files, and that its database repeats it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from skilltui.capture.discover import Found, Skipped, discover
from skilltui.capture.events import AgentSaid, SessionStarted, ToolCalled, ToolReturned, UserSaid
from tests.documents import READER, of, write
from tests.opencode import OpenCodeDatabase


def tree(root: Path, agent: OpenCodeDatabase) -> Path:
    """The rows of a database as the files that it was made of."""
    storage = root / "storage"
    names = ("id", "parent_id", "directory", "time_created")
    for native, parent, directory, created in agent.connection.execute(f"SELECT {', '.join(names)} FROM session"):
        session = {"id": native, "projectID": "p", "parentID": parent, "directory": directory}
        write(storage / "session" / "p" / f"{native}.json", session | {"time": {"created": created}})
    for native, session, data in agent.connection.execute("SELECT id, session_id, data FROM message"):
        given: dict[str, Any] = json.loads(data)
        write(storage / "message" / session / f"{native}.json", {"id": native, "sessionID": session} | given)
    for native, message, data in agent.connection.execute("SELECT id, message_id, data FROM part"):
        write(storage / "part" / message / f"{native}.json", {"id": native, "messageID": message} | json.loads(data))
    return storage


def test_the_tree_says_what_the_database_says(tmp_path: Path) -> None:
    agent = OpenCodeDatabase(tmp_path / "new" / "opencode.db")
    session = agent.session()
    agent.turn(session, "build it", "c1", "c2")
    agent.turn(agent.session("ses_2", parent=session), "look there", "c3")
    storage = tree(tmp_path / "old", agent)
    (storage / "part" / "msg_000001" / "prt_torn.json").write_text('{"type": "te')
    found = list(discover([tmp_path / "old"]))
    assert [(e.path.name, e.format) for e in found if isinstance(e, Found)] == [
        ("ses_1.json", "opencode-json"), ("ses_2.json", "opencode-json"),
    ]  # fmt: skip
    assert len(found) == 2
    old = [event for e in found for event in READER.read(e.path, "opencode-json", final=True).events]
    new = READER.read(agent.path, "opencode").events
    assert [e for e in old if not isinstance(e, AgentSaid)] == [e for e in new if not isinstance(e, AgentSaid)]
    assert {type(e) for e in old} == {SessionStarted, UserSaid, AgentSaid, ToolCalled, ToolReturned}
    agent.close()


def test_a_new_message_is_a_change_of_its_session(tmp_path: Path) -> None:
    agent = OpenCodeDatabase(tmp_path / "new" / "opencode.db")
    session = agent.session()
    agent.turn(session, "build it", "c1")
    storage = tree(tmp_path, agent)
    path = storage / "session" / "p" / "ses_1.json"
    before = READER.read(path, "opencode-json")
    assert READER.read(path, "opencode-json", before.cursor).events == ()
    agent.turn(session, "test it", "c2")
    tree(tmp_path, agent)
    after = READER.read(path, "opencode-json", before.cursor)
    assert [e.text for e in of(after, UserSaid)] == ["build it", "test it"]
    assert after.format == "opencode"
    agent.close()


def test_a_session_alone_says_nothing_and_a_piece_alone_is_told(tmp_path: Path) -> None:
    session = {"id": "ses_1", "projectID": "p", "directory": "/w", "time": {"created": 1}}
    batch = READER.read(write(tmp_path / "ses_1.json", session), "opencode-json", final=True)
    assert [type(e) for e in batch.events] == [SessionStarted]
    (piece,) = discover([write(tmp_path / "prt_1.json", {"id": "prt_1", "messageID": "m", "type": "text"})])
    assert isinstance(piece, Skipped)
    assert "piece of an OpenCode session" in piece.reason
