"""Importing skills: a question for the place, then what came in and what did not."""

from __future__ import annotations

from typing import Any

from textual.app import App

from skilltui.figures import plural
from skilltui.tui.content import notify
from skilltui.tui.dialogs import Reason, Told
from skilltui.tui.widgets.detail import Block, Para
from skilltui.workshop.home import Home
from skilltui.workshop.importing import ImportReport


async def ask_and_import(app: App[Any], home: Home) -> None:
    """Ask where, import, and tell. Runs in a worker."""
    asked = Reason(
        "Import skills from where?",
        "Each becomes a draft to read here; no agent sees it before you save it, and then it is quarantined.",
        placeholder="a folder of skills, a checkout, a SKILL.md, or a SkillRL bank's JSON",
    )
    place = await app.push_screen_wait(asked)
    if place is None or not place.strip():
        return
    report = await home.importing.bank(place.strip())
    notify(app, f"{plural(len(report.imported), 'draft')} imported", hint="3 shows them" if report.imported else "")
    if report.skipped:
        app.push_screen(Told(f"{plural(len(report.skipped), 'skill')} not imported", _skipped(report)))


def _skipped(report: ImportReport) -> list[Block]:
    blocks: list[Block] = []
    for path, reason in report.skipped:
        blocks += [Para(path, "strong"), Para(reason, "muted", indent=2)]
    return blocks
