"""What can be done in Versions: its keys, the same in words for the palette, and why a key does nothing now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.binding import Binding, BindingType

from skilltui.domain.version import VersionState
from skilltui.figures import plural
from skilltui.tui.pane import PaneCommand
from skilltui.tui.versions_rows import ON_DISK
from skilltui.tui.versions_state import Compared

if TYPE_CHECKING:
    from skilltui.tui.versions import VersionsPane

_HUNKS = Binding.Group("hunk", compact=True)

KEYS: Sequence[BindingType] = (
    Binding("right_square_bracket", "hunk(1)", "next", key_display="]", group=_HUNKS, id="versions.next_hunk",
            tooltip="The next place that differs"),
    Binding("left_square_bracket", "hunk(-1)", "previous", key_display="[", group=_HUNKS,
            id="versions.previous_hunk", tooltip="The place before that differs"),
    Binding("v", "choose", "compare", id="versions.choose", tooltip="Choose the two versions to compare"),
    Binding("b", "view('blame')", "blame", id="versions.blame",
            tooltip="Each live line with its version, edit and evidence; again: back"),
    Binding("R", "rollback", "roll back", id="versions.rollback", tooltip="Bring the version before back"),
    Binding("A", "activate", "activate", id="versions.activate", tooltip="Make the version shown live"),
    Binding("u", "undo", "undo", show=False, id="versions.undo",
            tooltip="Take back what was done last"),
    Binding("h", "view('log')", "history", show=False, id="versions.history",
            tooltip="What was done to this skill; again: back"),
    Binding("p", "fires", "requests", show=False, id="versions.requests",
            tooltip="The past requests that it fires on, and from which skills it takes them"),
    Binding("n", "begin", "new", show=False, id="versions.new", tooltip="Begin a skill of your own"),
    Binding("r", "rename", "rename", show=False, id="versions.rename", tooltip="Give this skill another name"),
    Binding("X", "retire", "retire", show=False, id="versions.retire",
            tooltip="Retire this skill: out of the agents' folders, kept here; again: back"),
    Binding("left", "step(-1)", "Earlier", show=False, id="versions.earlier", tooltip="Show the version before"),
    Binding("right", "step(1)", "Later", show=False, id="versions.later", tooltip="Show the next version"),
    Binding("escape", "back", "Back", show=False, id="versions.back", tooltip="Back to the text, to the skills"),
    # The same keys while the verb can't be used: a key that does nothing and says nothing looks broken.
    Binding("right_square_bracket,left_square_bracket", "why_not('hunk')", "Why no hunk", show=False,
            key_display="] [", id="versions.no_hunk", tooltip="Says why there is no difference to go to"),
    Binding("R", "why_not('rollback')", "Why no roll-back", show=False, id="versions.no_rollback",
            tooltip="Says why there is nothing to roll back to"),
    Binding("A", "why_not('activate')", "Why not activate", show=False, id="versions.no_activate",
            tooltip="Says why what is shown can't be made live"),
)  # fmt: skip


def why_not(verb: str, shown: Compared) -> str:
    """Why a verb can't be used on what is shown, in one sentence."""
    live = shown.active
    if shown.retired and verb != "hunk":
        return f"{shown.skill} is retired: X brings it back as it was."
    if verb == "hunk":
        if len(shown.versions) < 2:
            return f"{shown.skill} has one state: there is nothing to compare."
        return "The two are the same: there is no difference to go to." if shown.before != shown.after else (
            f"Version {shown.after} is compared with nothing: v chooses what to compare."
        )  # fmt: skip
    if verb == "rollback":
        if live is None:
            return f"No version of {shown.skill} is live: there is nothing to roll back."
        return f"{shown.skill} has no version before {live.number}: u takes back the save that made it."
    version = shown.version(shown.after)
    if version is None:
        return f"What is {ON_DISK} is live already."
    if version.state is VersionState.DRAFT:
        return f"Draft {version.number} goes live in the Workbench: 3, then s."
    if version.state is VersionState.ACTIVE:
        return f"Version {version.number} is live already."
    return f"Version {version.number} was put away before it was ever live: it has no text to bring back."


def commands(pane: VersionsPane, shown: Compared | None) -> Iterable[PaneCommand]:
    """The verbs that can be used now, on the skill that is shown."""
    named = shown.skill if shown else ""
    blame, log, difference = (partial(pane.go_to, view) for view in ("blame", "log", "diff"))
    verbs: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
        ("hunk", "go to the next difference", "", partial(pane.action_hunk, 1)),
        ("choose", "choose two versions to compare", "Also what stands on disk now", pane.action_choose),
        ("view", "show blame", "Each live line with its version, edit and evidence", blame),
        ("view", "show the history", "What was done to this skill", log),
        ("view", "show the difference", "Between the two versions", difference),
        ("fires", "show the requests it fires on", "And those that it takes from other skills", pane.action_fires),
        ("rollback", "roll back", "Bring the version before back", pane.action_rollback),
        ("activate", "activate the version shown", "Make it live", pane.action_activate),
        ("begin", "new skill", "Begin one of your own", pane.action_begin),
        ("rename", f"rename {named}", "Folder, text, history and copies", pane.action_rename),
        (
            "retire",
            f"{'bring back' if shown and shown.retired else 'retire'} {named}",
            "Its folder and its copies, as they were"
            if shown and shown.retired
            else "Out of the agents' folders, kept here",
            pane.action_retire,
        ),
        ("publish", f"publish {named}", "Bring every copy up to it, unless somebody edited it", pane.action_publish),
        ("undo", "undo", "Take back what was done last", pane.action_undo),
        (
            "broken",
            "list the files that can't be used",
            "With the reason of each, and what mends it",
            pane.action_broken,
        ),
    )
    for action, title, explained, run in verbs:
        if pane.check_action(action, ()):
            yield PaneCommand(title, explained, run)
    for version in shown.versions if shown else ():
        if version.state is VersionState.DRAFT:
            open_draft = partial(pane.open_draft, version.skill, version.number)
            yield PaneCommand(f"review draft {version.number}", "Opens the Workbench", open_draft)
    if shown is not None:
        count = plural(len(shown.versions), "version")
        yield PaneCommand(f"show {shown.skill}", count, difference)
