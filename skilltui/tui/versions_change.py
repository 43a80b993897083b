"""Going back: a former version live again, the last operation taken back. Each asks first and tells what it did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import App

from skilltui.domain.version import OperationKind
from skilltui.tui.content import notify
from skilltui.tui.dialogs import Confirm
from skilltui.tui.versions_rows import operation_words
from skilltui.tui.versions_state import Compared
from skilltui.tui.workbench_save import short_path
from skilltui.workshop.home import Home

_CONSEQUENCES: Mapping[OperationKind, str] = {
    OperationKind.ACCEPT: "Its file gets the bytes from before, and the edits become a draft again.",
    OperationKind.ROLLBACK: "Its file gets the bytes from before.",
    OperationKind.REJECT: "It becomes a draft again.",
    OperationKind.NEW: "Its file goes, and its copies that nobody edited.",
    OperationKind.FIX: "Its file gets the bytes from before.",
    OperationKind.RENAME: "Folder, text, history and copies get the former name again.",
    OperationKind.RETIRE: "Its folder and its copies come back as they were.",
}


async def bring_back(app: App[Any], home: Home, shown: Compared, number: int) -> bool:
    """Make a former version live, where the person says yes. Runs in a worker."""
    live = shown.active
    question = f"Make version {number} of {shown.skill} live again?"
    words = f"Its file gets the bytes of version {number}, and so do its copies."
    if live is not None and live.number != number:
        words += f" Version {live.number} stays here and can be made live again."
    if not await app.push_screen_wait(Confirm(question, words, verb="do it")):
        return False
    written = await home.reviewing.rollback(shown.skill, number)
    notify(app, f"{shown.skill} {number} is live: {short_path(written.path)}", hint="u takes it back")
    for skipped in written.skipped:
        notify(app, f"Not copied: {skipped}", severity="warning")
    return True


async def take_back(app: App[Any], home: Home) -> str | None:
    """Undo the newest operation that can be, of whatever skill, where the person says yes. Runs in a worker.

    Returns the skill, ``None`` where nothing was undone.
    """
    last = await home.reviewing.undoable()
    if last is None:
        notify(app, "There is nothing to undo.", hint="What you did to skills can be taken back")
        return None
    named = f"{last.skill}, {operation_words(last)}"
    if not await app.push_screen_wait(Confirm(f"Take back: {named}?", _CONSEQUENCES[last.kind], verb="take it back")):
        return None
    done = await home.reviewing.undo(last.skill)
    hint = ""
    if last.kind in (OperationKind.ACCEPT, OperationKind.REJECT):
        what = "The edits are a draft again" if last.kind is OperationKind.ACCEPT else "It is a draft again"
        hint = f"{what}: 3 {'opens it' if len(await home.reviewing.proposals()) == 1 else 'lists it'}."
    notify(app, f"Taken back: {named}", hint=hint)
    for skipped in done.detail.get("skipped", ()):
        notify(app, f"Not copied: {skipped}", severity="warning")
    return done.skill
