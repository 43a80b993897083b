"""What is kept: ``forget``, ``backup``, ``restore``."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from skilltui.cli.call import Call, Commands
from skilltui.errors import StateError, UsageError
from skilltui.paths import as_path, path_text

if TYPE_CHECKING:
    from skilltui.workshop.retaining import CitingDraft, Extent
    from skilltui.workshop.safekeeping import Holds


def register(commands: Commands) -> None:
    """Add the commands."""
    forget = commands.add_parser("forget", help="remove a session, a trajectory or a project for good")
    forget.add_argument("name", metavar="SESSION|TRAJECTORY|PROJECT", help="a project is named by its folder")
    forget.add_argument("--drafts", action="store_true", help="also drafts made from it that you have worked on")
    forget.add_argument("--yes", action="store_true", help="do not ask, also where a terminal is there to answer")
    forget.add_argument("--again", action="store_true", help="take it back: it may be captured again")
    forget.set_defaults(handler=_forget)

    backup = commands.add_parser("backup", help="a checked copy of the store, the settings and the key")
    backup.add_argument("folder", nargs="?", metavar="DIR", help="where to put it; the home's backups folder without")
    backup.set_defaults(handler=_backup)

    restore = commands.add_parser("restore", help="put a backup back; what it replaces is kept")
    restore.add_argument("backup", metavar="BACKUP", help="the folder that backup has made, or a copy of the store")
    restore.set_defaults(handler=_restore)


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


async def _backup(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        made = await home.safekeeping.backup(as_path(args.folder).absolute() if args.folder else None)
    call.out.result(
        {"path": path_text(made.path), "bytes": made.bytes, "checked": True, **asdict(made.holds)},
        f"{path_text(made.path)}: {_holds(made.holds)}, read back and whole",
    )
    return 0


async def _restore(args: argparse.Namespace, call: Call) -> int:
    from skilltui.clock import utc_now
    from skilltui.workshop.safekeeping import restore

    done = await restore(call.paths, as_path(args.backup).absolute(), utc_now())
    kept = path_text(done.kept) if done.kept else None
    lines = [f"restored: {_holds(done.holds)}"]
    lines += [f"what was there before stands in {kept}"] if kept else []
    lines += [f"{done.forgotten} that you had forgotten since were taken out again"] if done.forgotten else []
    call.out.result({"path": args.backup, "kept": kept, "forgotten": done.forgotten, **asdict(done.holds)}, *lines)
    return 0


def _holds(held: Holds) -> str:
    return f"{held.sessions} sessions, {held.trajectories} trajectories, {held.versions} versions of skills"


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
