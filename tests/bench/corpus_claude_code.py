"""Generated sessions of Claude Code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.bench.corpus_source import THINGS, WORDS, Clock, Record, Source, turns

# Characters at the quantiles of ``corpus_source``.
_BASH_OUTPUT = (0, 22, 64, 224, 1270, 8324, 9874, 15147, 30031)
_FILE_READ = (80, 610, 1116, 2738, 8697, 22142, 29836, 42994, 84833)
_FILE_EDITED = (100, 2300, 5500, 13000, 24000, 31000, 60000, 72000, 110000)
_HUNK = (180, 200, 240, 420, 800, 1800, 2800, 6600, 20000)
_FOUND = (14, 16, 49, 203, 773, 1008, 1144, 2585, 2585)
_PROGRESS = (20, 90, 120, 4300, 4300, 5200, 5200, 5200, 5200)
_SUBAGENT_SHOWN = (200, 700, 2400, 7400, 12000, 28000, 38000, 60000, 90000)
_THOUGHT = (36, 82, 107, 211, 492, 994, 1195, 1613, 2998)
_SAID = (2, 35, 51, 81, 177, 649, 1073, 2482, 6142)
_WRITTEN = (200, 440, 1000, 3800, 9000, 21000, 30000, 32000, 33000)


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
        r, source = self._random, self._source
        for words, command in turns(source):
            yield from self._snapshots()
            said = source.said(words)
            content: str | list[Record] = said
            if r.random() < 0.02:
                image = {"type": "base64", "media_type": "image/png", "data": source.image(r.randint(20_000, 250_000))}
                content = [{"type": "text", "text": said}, {"type": "image", "source": image}]
            source.requests += 1
            yield self._record("user", {"message": {"role": "user", "content": content}, "permissionMode": "default"})
            for _ in range(min(90, 1 + int(r.expovariate(1 / 16))) if command else 0):
                yield from self._step(command)
            yield self._says({"type": "text", "text": source.text(r.randint(40, 700))}, "end_turn")
            if r.random() < 0.6:
                yield self._record("system", {"subtype": "turn_duration", "durationMs": r.randint(900, 90_000)})
            if r.random() < 0.15:
                task = {"task_id": source.ident("b"), "description": source.text(300)}
                yield {
                    "type": "queue-operation", "operation": "enqueue", "timestamp": self._clock.tick(),
                    "sessionId": self._session, "content": json.dumps(task),
                }  # fmt: skip

    def _snapshots(self) -> Iterator[Record]:
        """A copy of the files is noted before a message, and again while they change."""
        for number in range(1 + int(self._random.expovariate(0.6))):
            identity = self._source.uuid()
            kept = {
                f"src/{self._random.choice(WORDS)}{n}.ts": {
                    "backupFileName": f"{self._source.ident('')}@v1", "version": 1, "backupTime": self._clock.stamp(),
                }
                for n in range(int(self._random.expovariate(0.25)))
            }  # fmt: skip
            yield {
                "type": "file-history-snapshot", "messageId": identity,
                "snapshot": {
                    "messageId": identity, "trackedFileBackups": kept,
                    "timestamp": self._clock.tick(40) if number == 0 else self._clock.stamp(),
                },
                "isSnapshotUpdate": number > 0,
            }  # fmt: skip

    def _record(self, kind: str, more: Record) -> Record:
        parent, self._parent = self._parent, self._source.uuid()
        return {
            "parentUuid": parent, "isSidechain": False, "userType": "external", "cwd": self._project,
            "sessionId": self._session, "version": "2.1.63", "gitBranch": "main", "slug": "quiet-sorting-finch",
            "type": kind, **more,
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
            thought = source.text(source.size(_THOUGHT))
            yield self._says({"type": "thinking", "thinking": thought, "signature": source.image(600)}, fresh=True)
            fresh = False
        if r.random() < 0.45:
            yield self._says({"type": "text", "text": source.text(source.size(_SAID))}, fresh=fresh)
            fresh = False
        tool, arguments, shown, details = self._tool(command)
        call = source.ident("toolu_")
        source.steps += 1
        yield self._says({"type": "tool_use", "id": call, "name": tool, "input": arguments}, fresh=fresh)
        called = self._parent
        yield from self._progress(tool, call)
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

    def _progress(self, tool: str, call: str) -> Iterator[Record]:
        """What is written while a tool runs: hooks, lines of a command, the messages of a subagent."""
        r, source = self._random, self._source
        if r.random() < 0.57:
            hook = {"type": "hook_progress", "hookEvent": "PostToolUse", "hookName": f"PostToolUse:{tool}"}
            yield self._record("progress", {"data": hook, "toolUseID": call, "parentToolUseID": call})
        if tool == "Bash" and r.random() < 0.16:
            output = source.printed(source.size(_PROGRESS))
            data: Record = {"type": "bash_progress", "output": output[:150], "fullOutput": output, "totalLines": 40}
            yield self._record("progress", {"data": data, "toolUseID": "bash-progress-0", "parentToolUseID": call})
        if tool != "Task":
            return
        prompt, agent = source.text(r.randint(160, 1300)), f"a{r.getrandbits(24):06x}"
        for _ in range(r.randint(2, 18)):
            inner = source.ident("toolu_")
            for block in (
                {"type": "tool_use", "id": inner, "name": "Read", "input": {"file_path": f"{self._project}/README.md"}},
                {"type": "tool_result", "tool_use_id": inner, "content": source.code(source.size(_SUBAGENT_SHOWN))},
            ):
                role = "assistant" if block["type"] == "tool_use" else "user"
                message = {"type": role, "message": {"role": role, "content": [block]}, "uuid": source.uuid()}
                data = {
                    "message": message, "normalizedMessages": [], "type": "agent_progress", "prompt": prompt,
                    "agentId": agent,
                }  # fmt: skip
                yield self._record("progress", {"data": data, "toolUseID": inner, "parentToolUseID": call})

    def _error(self, tool: str) -> str:
        if tool == "Bash":
            code = self._random.choice((1, 1, 1, 2, 127))
            return f"Exit code {code}\n{self._source.printed(self._random.randint(60, 3000))}"
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
            output = source.printed(source.size(_BASH_OUTPUT))
            return "Bash", {"command": line, "description": "Run it"}, output, {
                "stdout": output, "stderr": "", "interrupted": False, "isImage": False,
            }  # fmt: skip
        if kind < 0.63:
            return self._edit(path)
        if kind < 0.80:
            content = source.code(source.size(_FILE_READ))
            lines = content.split("\n")
            shown = "\n".join(f"{number:6d}→{line}" for number, line in enumerate(lines, 1))
            file = {"filePath": path, "content": content, "numLines": len(lines), "startLine": 1}
            return "Read", {"file_path": path}, shown, {"type": "text", "file": file}
        if kind < 0.85:
            found = source.printed(source.size(_FOUND))
            return "Grep", {"pattern": r.choice(WORDS), "path": path}, found, {"mode": "content", "content": found}
        if kind < 0.88:
            content = source.code(source.size(_WRITTEN))
            return "Write", {"file_path": path, "content": content}, f"File created successfully at: {path}", {
                "type": "create", "filePath": path, "content": content, "structuredPatch": [],
            }  # fmt: skip
        if kind < 0.89:
            found = source.text(r.randint(1000, 14_000))
            return "Task", {"description": "look", "prompt": source.text(800), "subagent_type": "Explore"}, found, {
                "status": "completed", "content": [{"type": "text", "text": found}], "totalTokens": 40_000,
            }  # fmt: skip
        if kind < 0.92:
            todos = [{"content": source.text(50), "status": "pending", "activeForm": source.text(55)} for _ in "12345"]
            return "TodoWrite", {"todos": todos}, "Todos have been modified successfully.", {"newTodos": todos}
        return "TaskUpdate", {"taskId": "3", "status": "completed"}, "Updated task #3 status", {"success": True}

    def _edit(self, path: str) -> tuple[str, Record, str, Record]:
        r, source = self._random, self._source
        old, new = source.code(r.randint(60, 900)), source.code(r.randint(60, 1100))
        hunks = [
            {
                "oldStart": 9, "oldLines": 12, "newStart": 9, "newLines": 18,
                "lines": [f"{r.choice(' +-')}{line}" for line in source.code(source.size(_HUNK)).split("\n")],
            }
            for _ in range(1 + int(r.expovariate(2)))
        ]  # fmt: skip
        arguments = {"file_path": path, "old_string": old, "new_string": new, "replace_all": False}
        shown = f"The file {path} has been updated successfully."
        if r.random() < 0.25:
            shown += f" Here's the result of running `cat -n` on a snippet:\n{source.code(r.randint(300, 2000))}"
        return "Edit", arguments, shown, {
            "filePath": path, "oldString": old, "newString": new, "structuredPatch": hunks, "userModified": False,
            "originalFile": source.code(source.size(_FILE_EDITED)), "replaceAll": False,
        }  # fmt: skip
