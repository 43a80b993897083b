"""Events into trajectories."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from skilltui.capture.events import (
    AgentSaid,
    Event,
    SessionEnded,
    SessionStarted,
    SkillLoaded,
    ToolCalled,
    ToolReturned,
    UserSaid,
)
from skilltui.capture.feedback import FeedbackDetector
from skilltui.capture.growing import with_results
from skilltui.capture.segment import Segmented, Segmenter
from skilltui.domain.trajectory import (
    ErrorKind,
    Outcome,
    OutcomeBy,
    OutcomeLabel,
    Trajectory,
    TurnKind,
    trajectory_id,
)

S = "s1"


def at(second: int) -> str:
    return f"2026-11-03T10:{second // 60:02d}:{second % 60:02d}.000Z"


def user(key: str, text: str, second: int = 0) -> UserSaid:
    return UserSaid(S, key, at(second), text)


def call(key: str, command: str = "ls", second: int = 1, tool: str = "Bash", **args: Any) -> ToolCalled:
    return ToolCalled(S, key, at(second), tool, args or {"command": command}, "m-1")


def done(key: str, *, ok: bool | None = True, text: str = "", second: int = 2, **more: Any) -> ToolReturned:
    return ToolReturned(S, key, at(second), ok, text, **more)


def step(key: str, command: str = "ls", *, ok: bool = True, text: str = "", second: int = 1) -> list[Event]:
    return [call(key, command, second), done(key, ok=ok, text=text, second=second + 1)]


def cut(events: Iterable[Event], *, ended: bool = False, **options: Any) -> Segmented:
    segmenter = Segmenter("src", S, FeedbackDetector(), **options)
    segmenter.feed(events)
    return segmenter.close(ended=ended)


def test_each_request_opens_a_trajectory_with_the_steps_that_follow() -> None:
    events = [
        SessionStarted(S, at(0), "/w/shop", None),
        user("u1", "Implement the following plan: # Plan: Login"),
        *step("c1", second=1),
        AgentSaid(S, "a1", at(5), "Implemented."),
        user("u2", "add a test for the login page", 10),
        *step("c2", second=11),
    ]
    first, second = cut(events).trajectories
    assert (first.request, [s.key for s in first.steps]) == ("Implement the following plan: # Plan: Login", ["c1"])
    assert (second.request, [s.key for s in second.steps]) == ("add a test for the login page", ["c2"])
    assert (first.ordinal, second.ordinal) == (1, 2)
    assert first.id == trajectory_id("src", S, "u1")
    assert (first.project, first.model, first.started_at, first.ended_at) == ("/w/shop", "m-1", at(0), at(5))
    assert first.closing_text == "Implemented."
    assert [turn.kind for turn in first.turns] == [TurnKind.REQUEST]


def test_steps_before_the_first_request_belong_to_one_without_words() -> None:
    first, second = cut([*step("c1"), user("u1", "now add a test"), *step("c2")]).trajectories
    assert (first.request, first.id) == ("", trajectory_id("src", S, "c1"))
    assert second.request == "now add a test"


def test_answers_stay_and_short_requests_open() -> None:
    events: list[Event] = [user("u1", "rework the importer"), *step("c1")]
    events += [user("u2", "ok"), *step("c2"), user("u3", "A"), user("u4", "comit", 9), *step("c3", "git commit -m x")]
    first, second = cut(events).trajectories
    assert [turn.kind for turn in first.turns] == [TurnKind.REQUEST, TurnKind.FOLLOW_UP, TurnKind.FOLLOW_UP]
    assert [turn.after_step for turn in first.turns] == [0, 1, 2]
    assert second.request == "comit"


def test_results_fill_their_steps() -> None:
    events: list[Event] = [user("u1", "build it"), call("c1", "make", 1), call("c2", "ls", 2)]
    events += [
        done("c2", second=3),
        done("c1", ok=False, text="Exit code 2", second=9, error_kind=ErrorKind.EXIT_NONZERO, exit_code=2),
    ]
    (trajectory,) = cut(events).trajectories
    make, ls = trajectory.steps
    assert (make.ok, make.error_kind, make.exit_code, make.duration_ms) == (False, ErrorKind.EXIT_NONZERO, 2, 8000)
    assert (ls.ok, ls.duration_ms, ls.seq) == (True, 1000, 2)
    assert trajectory.failed_steps == 1


def test_a_running_call_has_no_verdict_yet() -> None:
    (trajectory,) = cut([user("u1", "build it"), call("c1"), done("c1", ok=None, text="running")]).trajectories
    assert (trajectory.steps[0].ok, trajectory.steps[0].duration_ms) == (None, None)


def test_a_repeated_result_with_its_text_cleared_changes_nothing() -> None:
    events = [user("u1", "build it"), *step("c1", text="long output"), done("c1", text="[cleared]", second=50)]
    (trajectory,) = cut(events).trajectories
    assert (trajectory.steps[0].output, trajectory.steps[0].duration_ms) == ("long output", 1000)


def test_records_met_again_are_passed_over() -> None:
    events: list[Event] = [
        user("u1", "rework the importer"), *step("c1"), AgentSaid(S, "a1", at(5), "Done."),
        user("u2", "add a test for it and for the parser", 10), *step("c2", second=11),
        AgentSaid(S, "a2", at(15), "Added."),
    ]  # fmt: skip
    once, twice = cut(events), cut([*events, *events])
    assert once.trajectories == twice.trajectories


def test_what_another_session_has_stored_is_passed_over() -> None:
    events: list[Event] = [user("u1", "rework it"), *step("c1"), user("u2", "add a changelog entry"), *step("c2")]
    result = cut(events, known={"u1", "c1"})
    assert [t.request for t in result.trajectories] == ["add a changelog entry"]
    assert [late.key for late in result.late] == ["c1"]


def test_late_results_find_their_stored_trajectory() -> None:
    (stored,) = cut([user("u1", "build it"), call("c1", second=1)]).trajectories
    after = cut([user("u2", "write the docs", 5), done("c1", ok=False, second=7)], open=stored, next_ordinal=2)
    assert [t.ordinal for t in after.trajectories] == [1, 2]
    assert after.late == ()
    other = cut([done("c1", ok=False, second=7)], next_ordinal=3)
    assert [late.key for late in other.late] == ["c1"]
    assert with_results(stored, other.late[:1]).steps[0].ok is False
    assert with_results(stored, [done("unknown")]) is stored


def test_nothing_new_gives_nothing() -> None:
    (stored,) = cut([user("u1", "build it"), *step("c1")]).trajectories
    assert cut([], open=stored).trajectories == ()
    assert cut([SessionStarted("other", None, "/x")], open=stored).trajectories == ()


def test_interruptions_are_turns_and_no_requests() -> None:
    stop = UserSaid(S, "i1", at(4), "[Request interrupted by user]", "interruption")
    (trajectory,) = cut([user("u1", "build it"), *step("c1"), stop], ended=True).trajectories
    assert [turn.kind for turn in trajectory.turns] == [TurnKind.REQUEST, TurnKind.INTERRUPTION]
    assert trajectory.outcome.label is OutcomeLabel.ABANDONED
    assert cut([stop]).trajectories == ()


def test_skills_count_as_used_when_the_step_succeeded() -> None:
    def used(*events: Event) -> list[str]:
        (trajectory,) = cut([user("u1", "make a release"), *events]).trajectories
        assert all(use.hash is None for use in trajectory.skills_used)
        return [use.skill for use in trajectory.skills_used]

    skill = call("c1", tool="Skill", skill="tools:release")
    load = SkillLoaded(S, "c1", at(1), "release")
    assert used(skill, load) == []
    assert used(skill, load, done("c1")) == ["release"]
    assert used(skill, load, done("c1", ok=False)) == []
    assert used(SkillLoaded(S, "u1#skill", at(1), "release"), skill, load, done("c1")) == ["release"]
    assert used(call("c1", tool="Read", file_path="/h/.claude/skills/pdf/SKILL.md"), done("c1")) == ["pdf"]
    assert used(*step("c1", "cat ~/.agents/skills/pdf/SKILL.md && ls")) == ["pdf"]
    assert used(*step("c1", "sed -n '1,80p' .codex/skills/gh-fix/SKILL.md")) == ["gh-fix"]
    assert used(*step("c1", "cat a/one/SKILL.md b/two/SKILL.md")) == ["one", "two"]


def test_writing_listing_or_searching_a_skill_is_no_use() -> None:
    commands = ["rm skills/pdf/SKILL.md", "cat > skills/pdf/SKILL.md <<EOF\ncat other/SKILL.md\nEOF",
                "ls skills/pdf/SKILL.md",
                "sed -i s/a/b/ skills/pdf/SKILL.md", "cat skills/*/SKILL.md", "git add pdf/SKILL.md"]  # fmt: skip
    for command in commands:
        (trajectory,) = cut([user("u1", "tidy the skills"), *step("c1", command)]).trajectories
        assert trajectory.skills_used == (), command
    for tool in ("Write", "Edit", "Grep"):
        events: list[Event] = [user("u1", "tidy"), call("c1", tool=tool, file_path="skills/pdf/SKILL.md"), done("c1")]
        assert cut(events).trajectories[0].skills_used == (), tool


def test_a_reward_decides_and_a_persons_label_stays() -> None:
    end = SessionEnded(S, "e1", at(9), None, 0.0)
    result = cut([user("u1", "run the tests"), *step("c1", "pytest"), end])
    outcome = result.trajectories[0].outcome
    assert (outcome.label, outcome.by, outcome.confidence) == (OutcomeLabel.FAILURE, OutcomeBy.REWARD, 1.0)
    assert result.ended
    word = SessionEnded(S, "e1", at(9), "success", None)
    assert cut([user("u1", "run"), *step("c1"), word]).trajectories[0].outcome.label is OutcomeLabel.SUCCESS
    mine = replace(result.trajectories[0], outcome=Outcome(OutcomeLabel.UNKNOWN, OutcomeBy.USER, 1.0))
    again = cut([*step("c2", second=20), end], open=mine)
    assert again.trajectories[0].outcome.by is OutcomeBy.USER


def test_the_closing_words_are_capped_and_never_go_back() -> None:
    long = "Start. " + "x" * 5000 + " Shall I go on?"
    (trajectory,) = cut(
        [user("u1", "look"), *step("c1"), AgentSaid(S, "a1", at(9), long), AgentSaid(S, "a0", at(3), "old")]
    ).trajectories
    assert trajectory.closing_text.startswith("Start. ")
    assert trajectory.closing_text.endswith("Shall I go on?")
    assert len(trajectory.closing_text) <= 2000


_TEXTS = st.sampled_from(
    ["add a flag to the parser", "ok", "commit", "no, use tabs instead", "it worked!", "still failing",
     "great. also, sort them", "what does this do?", "sorry, I meant the other file", "yes",
     "/release 1.2", "now remove the flag", "revert that"]
)  # fmt: skip
_COMMANDS = st.sampled_from(
    ["pytest -q", "git commit -m x", "git push", "ls", "cat skills/pdf/SKILL.md", "npm run build"]
)


@st.composite
def sessions(draw: st.DrawFn) -> list[Event]:
    """A session as a source would write it: times that grow, now and then old records again."""
    events: list[Event] = [SessionStarted(S, at(0), "/w", "m-1")]
    open_calls: list[str] = []
    for number in range(draw(st.integers(0, 24))):
        now, what = number * 3 + 1, draw(st.integers(0, 9))
        if what <= 2:
            events.append(user(f"u{number}", draw(_TEXTS), now))
        elif what <= 5:
            events.append(call(f"c{number}", draw(_COMMANDS), now))
            open_calls.append(f"c{number}")
        elif what <= 7 and open_calls:
            key = open_calls.pop(draw(st.integers(0, len(open_calls) - 1)))
            ok = draw(st.sampled_from([True, True, False, None]))
            kind = ErrorKind.USER_REJECTED if ok is False and draw(st.booleans()) else None
            events.append(
                done(key, ok=ok, text=draw(st.sampled_from(["", "1 failed", "3 passed"])), second=now, error_kind=kind)
            )
        elif what == 8:
            events.append(
                AgentSaid(S, f"a{number}", at(now), draw(st.sampled_from(["Done.", "Shall I go on?", "I could not"])))
            )
        else:
            stop = UserSaid(S, f"i{number}", at(now), "[Request interrupted by user]", "interruption")
            end = SessionEnded(S, f"e{number}", at(now), draw(st.sampled_from([None, "success"])), None)
            others: list[Event] = [stop, end, SkillLoaded(S, f"l{number}", at(now), "pdf")]
            events.append(draw(st.sampled_from(others)))
    if draw(st.booleans()):
        events += events[draw(st.integers(0, len(events))) :]
    return events


def pieces(events: Sequence[Event], edges: Iterable[int]) -> list[Sequence[Event]]:
    marks = sorted({0, len(events), *(edge % (len(events) + 1) for edge in edges)})
    return [events[a:b] for a, b in itertools.pairwise(marks)]


@settings(max_examples=200, deadline=None)
@given(events=sessions(), edges=st.lists(st.integers(0, 100), max_size=8))
def test_any_split_into_batches_gives_the_same_trajectories(events: list[Event], edges: list[int]) -> None:
    whole = {t.id: t for t in cut(events).trajectories}
    stored: dict[str, Trajectory] = {}
    project = model = None
    for batch in pieces(events, edges):
        last = max(stored.values(), key=lambda t: t.ordinal, default=None)
        known = {k for t in stored.values() for k in [*(s.key for s in t.steps), *(turn.key for turn in t.turns)]}
        ordinal = last.ordinal + 1 if last else 1
        part = cut(batch, open=last, next_ordinal=ordinal, project=project, model=model, known=known)
        project, model = part.project, part.model
        stored |= {t.id: t for t in part.trajectories}
        for late in part.late:
            for key, trajectory in stored.items():
                stored[key] = with_results(trajectory, [late])
    assert stored == whole
