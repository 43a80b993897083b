"""What a trajectory says, without what a format can't carry: for comparing one with what came back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import structs
from msgspec.structs import replace

from skilltui.capture.exports import atif, events_jsonl
from skilltui.capture.exports.session import exported
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.formats.recorded import RECORDED
from skilltui.capture.reader import TranscriptReader
from skilltui.capture.segment import Segmenter
from skilltui.domain.trajectory import Trajectory
from skilltui.text.redact import Redactor

READER = TranscriptReader(Redactor(b"k" * 32))


def told(t: Trajectory) -> dict[str, Any]:
    """All that an export keeps."""
    outcome = replace(t.outcome, evidence=tuple(s for s in t.outcome.evidence if s.signal != RECORDED))
    return {
        "request": t.request, "started": t.started_at, "ended": t.ended_at, "model": t.model, "outcome": outcome,
        "closing": t.closing_text, "skills": [use.skill for use in t.skills_used], "failed": t.failed_steps,
        "corrections": t.corrections, "turns": [replace(turn, key="") for turn in t.turns],
        "steps": [structs.replace(step, key="") for step in t.steps],
        "delegated": [structs.replace(step, key="") for step in t.delegated],
    }  # fmt: skip


def write(folder: Path, trajectories: Sequence[Trajectory], format_name: str) -> Path:
    """The export of one session as a file."""
    session = exported(trajectories)
    path = folder / ("trajectory.json" if format_name == "atif" else "events.jsonl")
    if format_name == "atif":
        path.write_text(json.dumps(atif.document(session)), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(r) + "\n" for r in events_jsonl.records(session)), encoding="utf-8")
    return path


def read(path: Path, format_name: str, *, limit: int = 1 << 20) -> list[Trajectory]:
    """The file as trajectories, chunk by chunk, the way that capture reads it."""
    found: dict[str, Trajectory] = {}
    cursor, more = None, True
    while more:
        batch = READER.read(path, format_name, cursor, limit=limit, final=True)
        cursor, more = batch.cursor, batch.more
        assert not batch.unknown
        assert not batch.quarantined
        if not batch.events:
            continue
        last = list(found.values())[-1] if found else None
        ordinal = last.ordinal + 1 if last else 1
        segmenter = Segmenter(
            format_name, batch.events[0].session, FeedbackDetector(), open=last, next_ordinal=ordinal,
            project=last.project if last else None, model=last.model if last else None,
        )  # fmt: skip
        segmenter.feed(batch.events)
        cut = segmenter.close(ended=not more)
        assert not cut.late
        found |= {t.id: t for t in cut.trajectories}
    return list(found.values())
