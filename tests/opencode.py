"""A database as OpenCode writes it, small and made by hand."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

START = 1_793_700_000_000  # ms; 2026-11-03
SCHEMA = """
CREATE TABLE session (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, parent_id TEXT, slug TEXT NOT NULL DEFAULT '',
  directory TEXT NOT NULL, title TEXT NOT NULL DEFAULT '', version TEXT NOT NULL DEFAULT '1', revert TEXT,
  time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL);
CREATE TABLE message (id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL, data TEXT NOT NULL);
CREATE INDEX message_session_time_created_id_idx ON message (session_id, time_created, id);
CREATE TABLE part (id TEXT PRIMARY KEY, message_id TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  session_id TEXT NOT NULL, time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL, data TEXT NOT NULL);
CREATE INDEX part_message_id_id_idx ON part (message_id, id);
"""
NEWER = """
CREATE TABLE session_message (id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  type TEXT NOT NULL, seq INTEGER NOT NULL, time_created INTEGER NOT NULL, time_updated INTEGER NOT NULL,
  data TEXT NOT NULL);
CREATE UNIQUE INDEX session_message_session_seq_idx ON session_message (session_id, seq);
"""


class OpenCodeDatabase:
    """The agent's side: it inserts rows and updates them, each with the time of its own clock, in ms."""

    def __init__(self, path: Path, *, newer: bool = False, clock: int = START) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.now, self._count = path, clock, 0
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        if not self.connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'session'").fetchall():
            self.connection.executescript(SCHEMA + (NEWER if newer else ""))

    def close(self) -> None:
        """The agent ends; its log is folded into the file."""
        self.connection.close()

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}_{self._count:06d}"

    def tick(self, ms: int = 1000) -> int:
        """The clock goes on."""
        self.now += ms
        return self.now

    def insert(self, table: str, **row: Any) -> str:
        """One row, as it is."""
        names = ", ".join(row)
        self.connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())
        )
        return str(row["id"])

    def session(self, native: str = "ses_1", *, parent: str | None = None, directory: str = "/w/shop") -> str:
        """A session."""
        at = self.tick()
        return self.insert(
            "session",
            id=native,
            project_id="p",
            parent_id=parent,
            directory=directory,
            time_created=at,
            time_updated=at,
        )

    def message(self, session: str, role: str, **info: Any) -> str:
        """A message without parts."""
        at = self.tick()
        data = {"role": role, "time": {"created": at}} | info
        return self.insert(
            "message", id=self._id("msg"), session_id=session, time_created=at, time_updated=at, data=json.dumps(data)
        )

    def part(self, session: str, message: str, **data: Any) -> str:
        """A part of a message."""
        return self.insert(
            "part", id=self._id("prt"), message_id=message, session_id=session, time_created=self.now,
            time_updated=self.now, data=json.dumps(data),
        )  # fmt: skip

    def update(self, table: str, native: str, data: dict[str, Any], *, at: int | None = None) -> None:
        """A row changed in place."""
        self.connection.execute(
            f"UPDATE {table} SET data = ?, time_updated = ? WHERE id = ?", (json.dumps(data), at or self.tick(), native)
        )

    def say(self, session: str, words: str) -> str:
        """The person's message."""
        message = self.message(session, "user", agent="build", model={"providerID": "x", "modelID": "m-1"})
        self.part(session, message, type="text", text=words)
        return message

    def answer(self, session: str) -> str:
        """The agent's message, without parts."""
        return self.message(session, "assistant", modelID="m-1", providerID="x", mode="build")

    def tool(self, call: str, tool: str = "bash", status: str = "completed", **state: Any) -> dict[str, Any]:
        """The data of a tool part."""
        took = {"start": self.now} if status == "running" else {"start": self.now, "end": self.now + 250}
        given = {"input": {"command": "make"}} | ({"time": took} if status != "pending" else {})
        return {"type": "tool", "callID": call, "tool": tool, "state": {"status": status, **given, **state}}

    def turn(self, session: str, words: str, *calls: str) -> None:
        """A request, calls that succeed, and an answer."""
        self.say(session, words)
        message = self.answer(session)
        for call in calls:
            self.part(session, message, **self.tool(call, output="fine", metadata={"exit": 0}))
        self.part(session, message, type="text", text=f"done: {words}")

    def row(self, session: str, seq: int, kind: str, **data: Any) -> str:
        """A row of the newer table."""
        at = self.tick()
        return self.insert(
            "session_message", id=self._id("evt"), session_id=session, type=kind, seq=seq, time_created=at,
            time_updated=at, data=json.dumps({"time": {"created": at}} | data),
        )  # fmt: skip
