"""Generated sessions of Claude Code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.bench.corpus_source import THINGS, WORDS, Clock, Record, Source, turns

# Characters at the quantiles of ``corpus_source``.
_BASH_OUTPUT = (0, 22, 64, 224, 1270, 8324, 9874, 15147, 30031)
_FILE_READ = (80, 610, 1116, 2738, 8697, 22142, 29836, 42994, 84833)
_FILE_EDITED = (100, 2300, 5500, 13000, 24000, 31000, 60000, 72000, 110000)
_FOUND = (14, 16, 49, 203, 773, 1008, 1144, 2585, 2585)
_PROGRESS = (20, 25, 30, 40, 350, 4200, 8000, 28000, 100000)


def claude_code(source: Source, clock: Clock, session: str, project: str) -> tuple[Path, Iterator[Record]]:
    """Where a session is kept below a home, and its records without end."""
    folder = re.sub(r"[^A-Za-z0-9]", "-", project)
    return Path(".claude", "projects", folder, f"{session}.jsonl"), _ClaudeCode(source, clock, session, project).run()


class _ClaudeCode:
    """The records of one Claude Code session."""

    def __init__(self, source: Source, clock: Clock, session: str, project: str) -> None:
        self._source, self._clock, self._session, self._project = source, clock, session, project
        self._random = source.random
        self._parent: str | None = None
        self._message = self._request = ""

    def run(self) -> Iterator[Record]:
        for words, command in turns(self._source):
            identity = self._source.uuid()
            snapshot = {"messageId": identity, "trackedFileBackups": {}, "timestamp": self._clock.tick(40)}
            yield {
                "type": "file-history-snapshot",
                "messageId": identity,
                "snapshot": snapshot,
                "isSnapshotUpdate": False,
            }
            content = self._source.said(words)
            yield self._record("user", {"message": {"role": "user", "content": content}})
            for _ in range(min(60, 1 + int(self._random.expovariate(1 / 11))) if command else 0):
                yield from self._step(command)
            yield self._says({"type": "text", "text": self._source.text(self._random.randint(40, 700))}, "end_turn")
            if self._random.random() < 0.5:
                yield self._record(
                    "system", {"subtype": "turn_duration", "durationMs": self._random.randint(900, 90_000)}
                )

    def _record(self, kind: str, more: Record) -> Record:
        parent, self._parent = self._parent, self._source.uuid()
        return {
            "parentUuid": parent, "isSidechain": False, "userType": "external", "cwd": self._project,
            "sessionId": self._session, "version": "2.1.63", "gitBranch": "main", "type": kind, **more,
            "uuid": self._parent, "timestamp": self._clock.tick(),
        }  # fmt: skip

    def _says(self, block: Record, stop: str | None = None, *, fresh: bool = False) -> Record:
        if fresh or not self._message:
            self._message, self._request = self._source.ident("msg_"), self._source.ident("req_")
        usage = {
            "input_tokens": 3, "output_tokens": self._random.randint(1, 900), "service_tier": "standard",
            "cache_creation_input_tokens": self._random.randint(100, 9000),
            "cache_read_input_tokens": self._random.randint(9000, 150_000),
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 300},
        }  # fmt: skip
        message = {
            "model": "claude-sonnet-4-6", "id": self._message, "type": "message", "role": "assistant",
            "content": [block], "stop_reason": stop, "stop_sequence": None, "usage": usage,
        }  # fmt: skip
        return self._record("assistant", {"message": message, "requestId": self._request})

    def _step(self, command: str) -> Iterator[Record]:
        r, source = self._random, self._source
        fresh = True
        if r.random() < 0.16:
            thought = {"type": "thinking", "thinking": source.text(r.randint(150, 1800)), "signature": source.text(300)}
            yield self._says(thought, fresh=True)
            fresh = False
        if r.random() < 0.4:
            yield self._says({"type": "text", "text": source.text(r.randint(20, 300))}, fresh=fresh)
            fresh = False
        tool, arguments, shown, details = self._tool(command)
        call = source.ident("toolu_")
        source.steps += 1
        yield self._says({"type": "tool_use", "id": call, "name": tool, "input": arguments}, fresh=fresh)
        called = self._parent
        for _ in range(r.choice((0, 0, 1, 1, 2))):
            data = {"type": "bash_progress", "output": source.text(source.size(_PROGRESS)), "elapsedTimeSeconds": 3}
            yield self._record("progress", {"data": data, "toolUseID": call, "parentToolUseID": call})
        if r.random() < 0.0015:
            return
        block: Record = {"tool_use_id": call, "type": "tool_result", "content": shown}
        error = self._error(tool) if r.random() < 0.07 else ""
        if error:
            source.failed += 1
            block |= {"content": error, "is_error": True}
        elif tool == "Bash":
            block["is_error"] = False
        result = {
            "message": {"role": "user", "content": [block]},
            "toolUseResult": f"Error: {error}" if error else details,
        }
        yield self._record("user", result | {"sourceToolAssistantUUID": called})

    def _error(self, tool: str) -> str:
        if tool == "Bash":
            code = self._random.choice((1, 1, 1, 2, 127))
            return f"Exit code {code}\n{self._source.text(self._random.randint(60, 3000))}"
        return "<tool_use_error>String to replace not found in file.</tool_use_error>"

    def _tool(self, command: str) -> tuple[str, Record, str, Record]:
        """A tool, its arguments, what the model saw of its result, and the details beside it."""
        r, source = self._random, self._source
        path = f"{self._project}/src/{r.choice(THINGS)}/{r.choice(WORDS)}.py"
        kind = r.random()
        if kind < 0.44:
            line = (
                command
                if r.random() < 0.4
                else r.choice(("git status", "git diff", "ls -la src", "rg -n " + r.choice(WORDS)))
            )
            output = source.text(source.size(_BASH_OUTPUT))
            return "Bash", {"command": line, "description": "Run it"}, output, {
                "stdout": output, "stderr": "", "interrupted": False, "isImage": False,
            }  # fmt: skip
        if kind < 0.68:
            old, new = source.text(r.randint(40, 500)), source.text(r.randint(40, 700))
            patch = [{"oldStart": 9, "oldLines": 4, "newStart": 9, "newLines": 6, "lines": [f"-{old}", f"+{new}"]}]
            arguments = {"file_path": path, "old_string": old, "new_string": new, "replace_all": False}
            return "Edit", arguments, f"The file {path} has been updated successfully.", {
                "filePath": path, "oldString": old, "newString": new, "structuredPatch": patch, "userModified": False,
                "originalFile": source.text(source.size(_FILE_EDITED)),
            }  # fmt: skip
        if kind < 0.88:
            content = source.text(source.size(_FILE_READ))
            file = {"filePath": path, "content": content, "numLines": content.count("\n") + 1, "startLine": 1}
            return "Read", {"file_path": path}, content, {"type": "text", "file": file}
        if kind < 0.93:
            found = source.text(source.size(_FOUND))
            return "Grep", {"pattern": r.choice(WORDS), "path": path}, found, {"mode": "content", "content": found}
        if kind < 0.96:
            content = source.text(r.randint(100, 9000))
            done = f"File created successfully at: {path}"
            return "Write", {"file_path": path, "content": content}, done, {"type": "create", "filePath": path}
        todo = {"subject": source.text(50), "status": "in_progress"}
        return "TaskUpdate", todo, "Updated task #1 status", {"success": True}
