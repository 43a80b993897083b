"""Generated sessions of Codex."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.corpus_source import Clock, Record, Source, turns

# Characters at the quantiles of ``corpus_source``.
_EXEC_OUTPUT = (12, 102, 171, 305, 1130, 4343, 8956, 39938, 40211)


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
        "source": "cli", "model_provider": "openai", "base_instructions": {"text": source.text(18_000)},
    })  # fmt: skip
    for words, command in turns(source):
        turn = source.uuid()
        yield record("event_msg", {"type": "task_started", "turn_id": turn, "model_context_window": 258_400})
        yield record("turn_context", {
            "turn_id": turn, "cwd": project, "approval_policy": "never", "model": "gpt-5.5", "effort": "medium",
            "sandbox_policy": {"type": "danger-full-access"},
        })  # fmt: skip
        yield record("event_msg", {"type": "user_message", "message": source.said(words), "images": []})
        for _ in range(min(60, 1 + int(r.expovariate(1 / 18))) if command else 0):
            yield record("response_item", {"type": "reasoning", "summary": [], "encrypted_content": source.text(90)})
            if r.random() < 0.45:
                yield from _codex_says(record, source.text(r.randint(60, 300)))
            call = source.ident("call_")
            line = (
                command
                if r.random() < 0.4
                else r.choice(("git status", "sed -n '1,200p' README.md", "rg -n config src"))
            )
            source.steps += 1
            yield record("response_item", {
                "type": "function_call", "name": "exec_command", "call_id": call,
                "arguments": json.dumps({"cmd": line, "workdir": project, "yield_time_ms": 10_000}),
            })  # fmt: skip
            code = r.choice((1, 1, 2, 127)) if r.random() < 0.05 else 0
            source.failed += code != 0
            head = f"Chunk ID: {r.getrandbits(24):06x}\nWall time: {r.expovariate(0.5):.4f} seconds\n"
            output = f"{head}Process exited with code {code}\nOutput:\n{source.text(source.size(_EXEC_OUTPUT))}"
            yield record("response_item", {"type": "function_call_output", "call_id": call, "output": output})
            if r.random() < 0.5:
                used = {"input_tokens": r.randint(9000, 200_000), "output_tokens": r.randint(20, 900)}
                info = {"total_token_usage": used, "last_token_usage": used, "model_context_window": 258_400}
                yield record("event_msg", {"type": "token_count", "info": info})
        closing = source.text(r.randint(60, 900))
        yield from _codex_says(record, closing)
        yield record("event_msg", {"type": "task_complete", "turn_id": turn, "last_agent_message": closing})


def _codex_says(record: Callable[[str, Record], Record], text: str) -> Iterator[Record]:
    """Codex writes what the agent says twice."""
    yield record("event_msg", {"type": "agent_message", "message": text, "phase": "commentary"})
    content = [{"type": "output_text", "text": text}]
    yield record("response_item", {"type": "message", "role": "assistant", "content": content})
