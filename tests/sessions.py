"""Small transcripts for tests, written the way the agents write them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


@dataclass
class ClaudeSession:
    """A Claude Code session that grows record by record."""

    session: str
    cwd: str = "/w/shop"
    start: datetime = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
    records: list[dict[str, Any]] = field(default_factory=list)

    def _add(self, kind: str, message: dict[str, Any], **extra: Any) -> None:
        n = len(self.records)
        at = (self.start + timedelta(seconds=7 * n)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        parent = self.records[-1]["uuid"] if self.records else None
        self.records.append(
            {
                "type": kind, "uuid": f"{self.session}-{n}", "parentUuid": parent, "sessionId": self.session,
                "timestamp": at, "cwd": self.cwd, "version": "2.1.0", "isSidechain": False, "userType": "external",
                "message": message, **extra,
            }
        )  # fmt: skip

    def say(self, text: str) -> ClaudeSession:
        """The person types."""
        self._add("user", {"role": "user", "content": text})
        return self

    def call(self, tool: str, args: dict[str, Any], output: str = "ok", *, error: bool = False) -> ClaudeSession:
        """The agent calls a tool and gets its result."""
        use = f"tu_{self.session}_{len(self.records)}"
        block = {"type": "tool_use", "id": use, "name": tool, "input": args}
        self._add("assistant", {"id": f"m{use}", "role": "assistant", "model": "claude-opus-4-5", "content": [block]})
        result: dict[str, Any] = {"type": "tool_result", "tool_use_id": use, "content": output}
        if error:
            result["is_error"] = True
        self._add("user", {"role": "user", "content": [result]}, toolUseResult=output if error else {"stdout": output})
        return self

    def bash(self, command: str, output: str = "", *, code: int = 0) -> ClaudeSession:
        """A shell command."""
        text = f"Exit code {code}\n{output}" if code else output
        return self.call("Bash", {"command": command}, text, error=bool(code))

    def answer(self, text: str) -> ClaudeSession:
        """The agent talks."""
        content = [{"type": "text", "text": text}]
        self._add("assistant", {"id": f"a{len(self.records)}", "role": "assistant", "model": "claude-opus-4-5",
                                "content": content})  # fmt: skip
        return self

    def lines(self) -> list[str]:
        """One JSON line a record."""
        return [json.dumps(record) + "\n" for record in self.records]

    def write(self, folder: Path) -> Path:
        """The whole file where Claude Code would put it."""
        path = folder / self.cwd.replace("/", "-") / f"{self.session}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(self.lines()), encoding="utf-8")
        return path


def release(number: int, request: str, *, correct: bool = False) -> ClaudeSession:
    """Somebody releases a Python package; the check fails once on stale files."""
    session = ClaudeSession(
        f"0000000{number}-0000-4000-8000-000000000000",
        start=datetime(2026, 11, 1 + number, 9, 0, tzinfo=UTC),
    )
    session.say(request)
    session.call("Edit", {"file_path": "/w/shop/pyproject.toml", "old_string": "0.2", "new_string": "0.3"})
    if correct:
        session.say("no, update the changelog before the tag")
    session.call("Edit", {"file_path": "/w/shop/CHANGELOG.md", "old_string": "a", "new_string": "b"})
    session.bash("python -m build", "built dist/shop-0.3.tar.gz")
    session.bash("twine check dist/*", "ERROR    dist/shop-0.1.tar.gz: stale file", code=1)
    session.bash("rm -rf dist && python -m build", "built dist/shop-0.3.tar.gz")
    session.bash("twine check dist/*", "PASSED")
    session.bash("git tag v0.3.0")
    session.bash("git push --tags", "new tag")
    session.answer("Released.")
    session.say("great, thanks")
    return session


RELEASES = (
    "release 0.3.0 of the package, update the changelog first",
    "cut a release of the package and tag it",
    "publish a release of the package to the index",
)


def write_releases(folder: Path) -> list[Path]:
    """Three sessions of one kind of request that no skill serves."""
    return [release(n, text, correct=n == 1).write(folder) for n, text in enumerate(RELEASES, 1)]
