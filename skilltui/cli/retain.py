"""``forget``: what is stored of a session, a trajectory or a project goes, and does not come back."""

from __future__ import annotations

import argparse
import asyncio
import sys

from skilltui.cli.call import Call, Commands
from skilltui.errors import StateError, UsageError
from skilltui.workshop.retaining import CitingDraft, Extent


def register(commands: Commands) -> None:
    """Add the command."""
    forget = commands.add_parser("forget", help="remove a session, a trajectory or a project for good")
    forget.add_argument("name", metavar="SESSION|TRAJECTORY|PROJECT", help="a project is named by its folder")
    forget.add_argument("--drafts", action="store_true", help="also drafts made from it that you have worked on")
    forget.add_argument("--yes", action="store_true", help="do not ask, also where a terminal is there to answer")
    forget.add_argument("--again", action="store_true", help="take it back: it may be captured again")
    forget.set_defaults(handler=_forget)


async def _forget(args: argparse.Namespace, call: Call) -> int:
    if args.again:
        return await _again(args, call)
    async with call.writing() as home:
        extent = await home.retaining.extent(args.name)
        if not args.yes and not call.out.as_json and sys.stdin.isatty() and sys.stdout.isatty():
            call.out.note("\n".join(_lines(extent, "would go")))
            if (await asyncio.to_thread(input, "forget it? [y/N] ")).strip().lower() not in {"y", "yes"}:
                raise StateError("nothing was forgotten")
        done = await home.retaining.forget(args.name, drafts=args.drafts)
    extent = done.gone.extent
    lines = _lines(extent, "went")
    gone = {(draft.skill, draft.version) for draft in done.gone.drafts}
    lines += [_draft(draft, gone=(draft.skill, draft.version) in gone) for draft in extent.drafts]
    lines += [f"NOT CLEANED {path}: {why}" for path, why in done.copies]
    if not done.gone.clean:
        lines.append("another skilltui reads this home: the last bytes go when it closes")
    if extent.projects and args.name not in extent.trajectories:
        lines.append("what is done there from now on is captured as before, unless capture.deny_projects names it")
    call.out.result(
        {
            "sessions": extent.sessions, "trajectories": list(extent.trajectories), "steps": extent.steps,
            "projects": list(extent.projects),
            "drafts": [
                {"skill": d.skill, "version": d.version, "removed": (d.skill, d.version) in gone}
                for d in extent.drafts
            ],
            "clean": done.gone.clean and not done.copies,
            "not_cleaned": [{"path": path, "reason": why} for path, why in done.copies],
        },
        *lines,
    )  # fmt: skip
    return 0


async def _again(args: argparse.Namespace, call: Call) -> int:
    if args.drafts:
        raise UsageError("--again takes nothing away", "leave --drafts out")
    async with call.writing() as home:
        count = await home.retaining.remember(args.name)
    call.out.result(
        {"remembered": count},
        f"{count} forgotten may be captured again, from where they still stand on disk"
        if count
        else f"nothing was forgotten under the name {args.name}",
    )
    return 0


def _draft(draft: CitingDraft, *, gone: bool) -> str:
    if gone:
        return f"draft {draft.version} of {draft.skill}, made from it, went too"
    return f"draft {draft.version} of {draft.skill}, made from it, stays since you worked on it: --drafts takes it"


def _lines(extent: Extent, verb: str) -> list[str]:
    parts = [f"{extent.sessions} sessions", f"{len(extent.trajectories)} trajectories", f"{extent.steps} steps"]
    where = f", of {', '.join(extent.projects[:3])}" if extent.projects else ""
    more = f" and {len(extent.projects) - 3} more" if len(extent.projects) > 3 else ""
    return [f"{', '.join(parts)} {verb}{where}{more}, with their part in gaps, trust and evidence"]
