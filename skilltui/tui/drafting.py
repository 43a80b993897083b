"""One draft at a time, whichever pane asked for it: start, progress, stop, and where to go when it is done."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App
from textual.message import Message
from textual.worker import Worker

from skilltui.domain.gap import GapStatus
from skilltui.domain.trajectory import Trajectory
from skilltui.errors import NotFoundError, NothingToLearnError
from skilltui.learning.engine import Progress
from skilltui.tui.content import notify
from skilltui.tui.gap_rows import short_need
from skilltui.tui.messages import DraftWanted, OpenDraft
from skilltui.tui.widgets.job_line import JobLine
from skilltui.workshop.home import Home

GROUP = "draft"


async def draft_for(home: Home, trajectory: Trajectory) -> DraftWanted:
    """What to draft from one trajectory: edits of the skill that it used or that fits it, else a skill for its gap."""
    if trajectory.skills_used:
        skill = trajectory.skills_used[0].skill
        return DraftWanted(skill=skill, title=f"edits of {skill}")
    match = trajectory.match
    if match is not None and match.score >= home.config.gap_threshold:
        return DraftWanted(skill=match.skill, trajectories=(trajectory.id,), title=f"edits of {match.skill}")
    for gap in await home.curating.gaps(None):
        over = gap.status in (GapStatus.CLOSED, GapStatus.DISMISSED)
        if not over and any(request.trajectory == trajectory.id for request in gap.requests):
            return DraftWanted(gap=gap.id, title=f"a skill: {short_need(gap.need)}")
    raise NotFoundError("no skill was used or fits, and no gap holds this request", "2 shows the gaps that are open")


class Drafting:
    """Runs the engines in one worker of the app and shows them on the job line."""

    def __init__(self, app: App[None], home: Home, line: JobLine, open_pane: Callable[[], str]) -> None:
        self._app = app
        self._home = home
        self._line = line
        self._open_pane = open_pane
        self._worker: Worker[None] | None = None

    @property
    def running(self) -> bool:
        """Whether a draft is being written."""
        return self._worker is not None and self._worker.is_running

    def start(self, wanted: DraftWanted) -> None:
        """Begin, unless one is being written."""
        if self.running:
            notify(self._app, "One draft is being written already.", hint="esc stops it", severity="warning")
            return
        self._line.start(wanted.title or wanted.skill or "a draft")
        self._worker = self._app.run_worker(
            self._write(wanted, self._open_pane()), group=GROUP, exclusive=True, exit_on_error=False
        )

    def stop(self) -> None:
        """Cancel it; the engine stops within a second and nothing is saved."""
        if self._worker is not None and self.running:
            self._worker.cancel()
            notify(self._app, "Stopped; nothing was saved.")

    def progressed(self, progress: Progress) -> None:
        """The workshop tells how far it is."""
        if self.running:
            self._line.update_progress(progress)

    async def _write(self, wanted: DraftWanted, asked_from: str) -> None:
        try:
            if wanted.gap is not None:
                proposal = await self._home.learning.synthesize(wanted.gap)
                self._ready([proposal.skill], OpenDraft(proposal.skill, proposal.version), asked_from)
                return
            skills = [wanted.skill] if wanted.skill else []
            report = await self._home.learning.distill(skills, trajectories=wanted.trajectories)
            if report.proposals:
                first = report.proposals[0]
                names = [p.skill for p in report.proposals]
                self._ready(names, OpenDraft(first.skill, first.version), asked_from)
            else:
                for skill, reason in report.nothing_to_learn[:3]:
                    notify(self._app, f"Nothing to learn for {skill}: {reason}")
                if not report.nothing_to_learn:
                    notify(self._app, "Nothing to learn here.")
        except NothingToLearnError as answer:
            notify(self._app, f"Nothing to learn: {answer.message}", hint=answer.hint)
        finally:
            self._line.finish()

    def _ready(self, skills: list[str], message: Message, asked_from: str) -> None:
        # Nobody is carried off from what they went on to do meanwhile.
        if self._open_pane() == asked_from:
            self._app.post_message(message)
        else:
            notify(self._app, f"Draft ready: {', '.join(skills)}", hint="3 opens the Workbench")
