"""The generated history is the same for a seed, of the size asked for, and says truly what it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench.corpus import CODEX_SHARE, Corpus, generate, main, parse_size

SIZE = 6_000_000


def generated(folder: Path, seed: int = 7) -> tuple[Corpus, dict[str, bytes]]:
    corpus = generate(folder, size=SIZE, seed=seed)
    return corpus, {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.jsonl")}


def records(files: dict[str, bytes], folder: str) -> list[dict[str, Any]]:
    return [json.loads(line) for name, data in files.items() if name.startswith(folder) for line in data.splitlines()]


def test_a_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    _, first = generated(tmp_path / "a")
    _, again = generated(tmp_path / "b")
    _, other = generated(tmp_path / "c", seed=8)
    assert first == again
    assert first.keys() != other.keys()


def test_it_holds_what_it_says(tmp_path: Path) -> None:
    corpus, files = generated(tmp_path)
    assert SIZE <= corpus.bytes == sum(map(len, files.values())) < SIZE + 500_000
    assert corpus.sessions == len(files)
    assert corpus.lines == sum(data.count(b"\n") for data in files.values())
    assert all(data.endswith(b"\n") for data in files.values())
    claude, codex = records(files, ".claude"), records(files, ".codex")
    blocks = [b for r in claude if isinstance(c := r.get("message", {}).get("content"), list) for b in c]
    payloads = [r["payload"] for r in codex]
    steps = [b["id"] for b in blocks if b["type"] == "tool_use"]
    steps += [p["call_id"] for p in payloads if p.get("type") in {"function_call", "custom_tool_call"}]
    assert corpus.steps == len(steps) == len(set(steps))
    failed = sum(b.get("is_error", False) for b in blocks)
    outputs = [p["output"] for p in payloads if p.get("type") == "function_call_output"]
    failed += sum("\nProcess exited with code 0\n" not in output[:120] for output in outputs)
    assert corpus.failed_steps == failed
    said = [r["message"]["content"] for r in claude if r["type"] == "user"]
    typed = sum(isinstance(c, str) or c[0]["type"] == "text" for c in said)
    assert corpus.requests == typed + sum(p.get("type") == "user_message" for p in payloads)


def test_its_shape_is_that_of_real_histories(tmp_path: Path) -> None:
    corpus, files = generated(tmp_path)
    codex = sum(len(data) for name, data in files.items() if name.startswith(".codex"))
    assert CODEX_SHARE / 2 < codex / corpus.bytes < CODEX_SHARE * 2.5
    lines = sorted(
        len(line) for name, data in files.items() if name.startswith(".claude") for line in data.splitlines()
    )
    # Counted in public logs: half of the lines below 1 KB, one in ten above 8 KB, one in a hundred above 50 KB.
    assert 700 < lines[len(lines) // 2] < 1500
    assert 4_000 < lines[len(lines) * 9 // 10] < 16_000
    assert 25_000 < lines[len(lines) * 99 // 100] < 110_000
    claude = records(files, ".claude")
    noise = sum(r["type"] in {"progress", "file-history-snapshot", "system"} for r in claude) / len(claude)
    assert 0.15 < noise < 0.40
    assert 0.03 < corpus.failed_steps / corpus.steps < 0.10


def shape(folder: Path) -> dict[str, float]:
    """What decides how long reading takes, and the text in it, of a megabyte of whole lines of transcripts."""
    lines = [line for path in folder.rglob("*.jsonl") for line in path.read_bytes().splitlines()]
    lines = [line for line in lines if line.startswith(b"{") and line.endswith(b"}")]
    size = sum(map(len, lines)) / 1e6
    kinds = [json.loads(line).get("type") for line in lines]
    return {
        "lines": len(lines) / size,
        "escapes": sum(line.count(b"\\") for line in lines) / size,
        "newlines": sum(line.count(b"\\n") for line in lines) / size,
        "lines beyond ASCII": sum(not line.isascii() for line in lines) / len(lines),
        "keys": sum(line.count(b'":') for line in lines) / size,
        "calls": sum(b'"tool_use"' in line or b'_call","' in line for line in lines) / size,
        "progress": kinds.count("progress") / size,
        "text": sum(len(line) for line in lines if len(line) > 8000) / size / 1e6,
    }


@pytest.mark.parametrize(("agent", "folder"), [("claude-code", ".claude"), ("codex", ".codex")])
def test_its_shape_is_that_of_the_development_data(tmp_path: Path, shared_data: Path, agent: str, folder: str) -> None:
    generate(tmp_path, size=12_000_000, seed=7)
    found, wanted = shape(tmp_path / folder), shape(shared_data / "transcripts" / agent)
    for name, value in wanted.items():
        assert value / 1.6 <= found[name] <= 1.6 * value, (name, found[name], value)


@pytest.mark.parametrize(
    ("text", "size"), [("100MB", 100_000_000), ("1.5 kb", 1500), ("2G", 2_000_000_000), ("77", 77), ("9B", 9)]
)
def test_sizes_are_decimal(text: str, size: int) -> None:
    assert parse_size(text) == size


def test_a_size_that_is_none_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--bytes", "much", "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert "much" in capsys.readouterr().err


def test_the_command_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--bytes", "200KB", "--seed", "3", "--out", str(tmp_path)])
    said = json.loads(capsys.readouterr().out)
    assert said["bytes"] == sum(p.stat().st_size for p in tmp_path.rglob("*.jsonl")) >= 200_000
