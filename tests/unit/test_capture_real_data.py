"""Real transcripts against an independent count of them. Skipped where that data is not at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skilltui.capture.discover import Found, discover
from skilltui.capture.events import Event, SessionStarted, ToolCalled, ToolReturned, UserSaid
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.reader import TranscriptReader, last_words
from skilltui.capture.segment import Segmenter
from skilltui.text.redact import Redactor


def read(path: Path, format_name: str, limit: int) -> tuple[list[Event], int]:
    reader = TranscriptReader(Redactor(b"k" * 32))
    events: list[Event] = []
    quarantined, cursor, more = 0, None, True
    while more:
        batch = reader.read(path, format_name, cursor, limit=limit, final=True)
        events += batch.events
        quarantined += len(batch.quarantined)
        assert not batch.unknown
        cursor, more = batch.cursor, batch.more
    return events, quarantined


@pytest.mark.parametrize("format_name", ["claude-code", "codex", "copilot", "pi"])
def test_sessions_steps_and_failures_equal_the_independent_count(shared_data: Path, format_name: str) -> None:
    folder = shared_data / "transcripts" / format_name
    counted = json.loads((shared_data / "transcripts_manifest.json").read_text())["totals"][format_name]
    sessions: set[str] = set()
    steps: set[str] = set()
    failed: set[str] = set()
    in_trajectories = failed_in_trajectories = 0
    for found in discover([folder]):
        assert isinstance(found, Found)
        assert found.format == format_name
        events, quarantined = read(found.path, format_name, 1 << 20)
        assert quarantined == counted["malformed_lines"]
        sessions |= {event.session for event in events if isinstance(event, SessionStarted)}
        new = {event.key for event in events if isinstance(event, ToolCalled)} - steps
        if not events:
            continue
        segmenter = Segmenter(format_name, events[0].session, FeedbackDetector(), known=frozenset(steps))
        segmenter.feed(events)
        segmented = segmenter.close(ended=True)
        assert {step.key for t in segmented.trajectories for step in t.steps} == new
        steps |= new
        failed |= {event.key for event in events if isinstance(event, ToolReturned) and event.ok is False}
        in_trajectories += sum(len(t.steps) for t in segmented.trajectories)
        failed_in_trajectories += sum(t.failed_steps for t in segmented.trajectories)
    assert (len(sessions), len(steps), len(failed)) == (counted["sessions"], counted["steps"], counted["failed"])
    assert (in_trajectories, failed_in_trajectories) == (counted["steps"], counted["failed"])


@pytest.mark.parametrize("format_name", ["codex", "copilot", "pi"])
def test_small_reads_see_the_same(shared_data: Path, format_name: str) -> None:
    path = min((shared_data / "transcripts" / format_name).rglob("*.jsonl"))
    small, large = read(path, format_name, 4096), read(path, format_name, 1 << 20)
    # Of the agent's words a read keeps the last only, so small reads keep more of them.
    assert (last_words(small[0]), small[1]) == (last_words(large[0]), large[1])


@pytest.mark.parametrize("format_name", ["mini-swe-agent", "swe-agent", "tau-bench", "atif", "gemini"])
def test_documents_equal_the_independent_count(shared_data: Path, format_name: str) -> None:
    counted = json.loads((shared_data / "transcripts_manifest.json").read_text())["totals"][format_name]
    files = [found for found in discover([shared_data / "transcripts" / format_name]) if isinstance(found, Found)]
    assert {found.format for found in files} == {format_name}
    events: list[Event] = []
    for found in files:
        batch, quarantined = read(found.path, format_name, 1 << 20)
        assert quarantined == 0
        events += batch
    calls = [event.key for event in events if isinstance(event, ToolCalled)]
    results = [event for event in events if isinstance(event, ToolReturned)]
    assert len({event.session for event in events if isinstance(event, SessionStarted)}) == counted["sessions"]
    assert len(calls) == len(set(calls)) == counted["steps"]
    assert sum(isinstance(event, UserSaid) and event.kind == "human" for event in events) == counted["requests"]
    assert len(results) == counted["tool_results"]
    assert {event.key for event in results} <= set(calls)
    if counted["failed"] is not None:
        assert sum(event.ok is False for event in results) == counted["failed"]
