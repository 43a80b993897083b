"""Generated sessions of Codex."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from tests.bench.corpus_source import WORDS, Clock, Record, Source, turns

# Characters at the quantiles of ``corpus_source``.
_EXEC_OUTPUT = (12, 102, 171, 305, 1130, 4343, 8956, 39938, 40211)

_LIMITS = {
    "limit_id": "codex", "primary": {"used_percent": 3.0, "window_minutes": 300, "resets_at": 1_782_528_982},
    "secondary": {"used_percent": 28.0, "window_minutes": 10_080, "resets_at": 1_782_942_293}, "credits": None,
}  # fmt: skip

Recorder: TypeAlias = Callable[[str, Record], Record]


def codex(source: Source, clock: Clock, session: str, project: str) -> tuple[Path, Iterator[Record]]:
    """Where a session is kept below a home, and its records without end."""
    day = f"{clock.now:%Y/%m/%d}"
    path = Path(".codex", "sessions", day, f"rollout-{clock.now:%Y-%m-%dT%H-%M-%S}-{session}.jsonl")
    return path, _codex_records(source, clock, session, project)


def _codex_records(source: Source, clock: Clock, session: str, project: str) -> Iterator[Record]:
    r = source.random

    def record(kind: str, payload: Record) -> Record:
        return {"timestamp": clock.tick(), "type": kind, "payload": payload}

    yield record("session_meta", {
        "id": session, "timestamp": clock.stamp(), "cwd": project, "originator": "codex-tui", "cli_version": "0.142.0",
        "source": "cli", "model_provider": "openai", "base_instructions": {"text": source.text(20_000)},
    })  # fmt: skip
    for role, length in (("developer", 12_000), ("user", 9_000)):
        content = [{"type": "input_text", "text": f"<INSTRUCTIONS>\n{source.text(length)}\n</INSTRUCTIONS>"}]
        yield record("response_item", {"type": "message", "role": role, "content": content})
    for words, command in turns(source):
        turn = source.uuid()
        passed = {"internal_chat_message_metadata_passthrough": {"turn_id": turn}}
        yield record("event_msg", {"type": "task_started", "turn_id": turn, "model_context_window": 258_400})
        yield record("turn_context", {
            "turn_id": turn, "cwd": project, "approval_policy": "never", "model": "gpt-5.5", "effort": "medium",
            "sandbox_policy": {"type": "danger-full-access"}, "summary": "auto", "timezone": "Europe/Berlin",
            "collaboration_mode": {"mode": "default", "settings": {"developer_instructions": source.text(900)}},
        })  # fmt: skip
        said = source.said(words)
        content = [{"type": "input_text", "text": said}]
        yield record("response_item", {"type": "message", "role": "user", "content": content, **passed})
        source.requests += 1
        yield record("event_msg", {"type": "user_message", "message": said, "images": [], "text_elements": []})
        for _ in range(min(90, 1 + int(r.expovariate(1 / 28))) if command else 0):
            if r.random() < 0.5:
                yield record("response_item", {
                    "type": "reasoning", "id": source.ident("rs_"), "summary": [], "encrypted_content": "REDACTED",
                })  # fmt: skip
            if r.random() < 0.42:
                yield from _codex_says(record, source.text(r.randint(60, 300)))
            source.steps += 1
            yield from _patch(source, record, project) if r.random() < 0.04 else _run(source, record, project, command)
            if r.random() < 0.5:
                yield record("event_msg", {"type": "token_count", "info": _used(source), "rate_limits": _LIMITS})
        closing = source.text(r.randint(60, 900))
        yield from _codex_says(record, closing)
        yield record("event_msg", {"type": "task_complete", "turn_id": turn, "last_agent_message": closing})


def _run(source: Source, record: Recorder, project: str, command: str) -> Iterator[Record]:
    r = source.random
    call = source.ident("call_")
    line = command if r.random() < 0.4 else r.choice(("git status", "sed -n '1,200p' README.md", "rg -n config src"))
    yield record("response_item", {
        "type": "function_call", "id": source.ident("fc_"), "name": "exec_command", "call_id": call,
        "arguments": json.dumps({"cmd": line, "workdir": project, "yield_time_ms": 10_000}),
    })  # fmt: skip
    code = r.choice((1, 1, 2, 127)) if r.random() < 0.05 else 0
    source.failed += code != 0
    head = f"Chunk ID: {r.getrandbits(24):06x}\nWall time: {r.expovariate(0.5):.4f} seconds\n"
    length = source.size(_EXEC_OUTPUT)
    shown = source.printed(length) if r.random() < 0.8 else source.code(length)
    output = f"{head}Process exited with code {code}\nOutput:\n{shown}"
    yield record("response_item", {"type": "function_call_output", "call_id": call, "output": output})


def _patch(source: Source, record: Recorder, project: str) -> Iterator[Record]:
    call, path = source.ident("call_"), f"src/{source.random.choice(WORDS)}.ts"
    lines = source.code(source.random.randint(200, 3000)).replace("\n", "\n+")
    yield record("response_item", {
        "type": "custom_tool_call", "status": "completed", "call_id": call, "name": "apply_patch",
        "input": f"*** Begin Patch\n*** Update File: {project}/{path}\n@@\n+{lines}\n*** End Patch",
    })  # fmt: skip
    changes = {f"{project}/{path}": {"type": "update", "unified_diff": f"@@ -9,4 +9,9 @@\n+{lines}", "move_path": None}}
    yield record("event_msg", {
        "type": "patch_apply_end", "call_id": call, "stdout": f"Success. Updated the following files:\nM {path}\n",
        "stderr": "", "success": True, "changes": changes, "status": "completed",
    })  # fmt: skip
    output = f"Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\nM {path}\n"
    yield record("response_item", {"type": "custom_tool_call_output", "call_id": call, "output": output})


def _used(source: Source) -> Record:
    r = source.random

    def tokens() -> Record:
        given, made = r.randint(9000, 200_000), r.randint(20, 900)
        return {
            "input_tokens": given, "cached_input_tokens": given // 2, "output_tokens": made,
            "reasoning_output_tokens": made // 3, "total_tokens": given + made,
        }  # fmt: skip

    return {"total_token_usage": tokens(), "last_token_usage": tokens(), "model_context_window": 258_400}


def _codex_says(record: Recorder, text: str) -> Iterator[Record]:
    """Codex writes what the agent says twice."""
    yield record("event_msg", {"type": "agent_message", "message": text, "phase": "commentary"})
    content = [{"type": "output_text", "text": text}]
    yield record("response_item", {"type": "message", "role": "assistant", "content": content})
