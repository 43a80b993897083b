"""The question before something is forgotten: it names what goes, since nothing brings it back."""

from __future__ import annotations

from skilltui.figures import plural
from skilltui.tui import signs
from skilltui.tui.content import notify
from skilltui.tui.dialogs import Confirm
from skilltui.tui.pane import Pane
from skilltui.tui.words import folder_name
from skilltui.workshop.retaining import Extent


async def ask_to_forget(pane: Pane, name: str, what: str) -> None:
    """Ask, and do it on a yes. ``name``: a session or trajectory; ``what``: the words for it."""
    extent = await pane.home.retaining.extent(name)

    def answered(yes: bool | None) -> None:  # noqa: FBT001 - what the dialog gives back
        if yes:
            pane.work_on(_forget(pane, name), group="forget")

    pane.app.push_screen(Confirm(f"Forget this {what}, for good?", _consequence(extent), verb="forget"), answered)


async def _forget(pane: Pane, name: str) -> None:
    done = await pane.home.retaining.forget(name)
    notify(pane.app, f"Forgotten: {plural(len(done.gone.extent.trajectories), 'task')}. It is not read again.")
    for path, why in done.copies:
        notify(pane.app, f"A backup still holds it: {path}", hint=why, severity="error")


def _consequence(extent: Extent) -> str:
    where = ", ".join(folder_name(project) or project for project in extent.projects[:2])
    parts = [plural(len(extent.trajectories), "task"), plural(extent.steps, "step"), *([where] if where else [])]
    lines = [
        f" {signs.DOT} ".join(parts),
        "It goes from the store with its part in gaps, trust and evidence. The agent's own file stays.",
    ]
    for draft in extent.drafts:
        stays = "stays, since you worked on it" if draft.touched else "quotes it, and goes too"
        lines.append(f"Draft {draft.version} of {draft.skill} {stays}.")
    return "\n".join(lines[:6])
