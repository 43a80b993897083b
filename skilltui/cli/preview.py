"""The command ``preview``: on which past requests a description would fire."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from skilltui.cli.call import Call, Commands, count
from skilltui.cli.output import table
from skilltui.errors import UsageError
from skilltui.figures import plural

if TYPE_CHECKING:
    from skilltui.cli.shapes import Json
    from skilltui.workshop.previewing import FiredRequest, RetrievalPreview

_SHOWN = 20


def register(commands: Commands) -> None:
    """Add the command."""
    preview = commands.add_parser(
        "preview", help="on which past requests a skill or a description would fire, and from whom it takes them"
    )
    preview.add_argument("skill", nargs="?", metavar="SKILL")
    preview.add_argument("version", nargs="?", type=count, metavar="VERSION", help="a draft or an earlier version")
    preview.add_argument("--description", metavar="TEXT", help="a description to try, for SKILL or for a new skill")
    preview.set_defaults(handler=_preview)


async def _preview(args: argparse.Namespace, call: Call) -> int:
    if args.skill is None and args.description is None:
        raise UsageError("name a skill, or give --description TEXT", "skilltui skills")
    if args.version is not None and args.description is not None:
        raise UsageError("a version has its own description", "leave VERSION or --description away")
    async with call.reading() as home:
        if args.description is None:
            found = await home.previewing.skill(args.skill, args.version)
        elif args.skill is None:
            found = await home.previewing.described(args.description)
        else:
            found = await home.previewing.described(args.description, args.skill)
    call.out.result(shape(found, args.version), *_lines(found))
    return 0


def shape(preview: RetrievalPreview, version: int | None) -> Json:
    """The JSON object."""
    return {
        "skill": preview.skill, "version": version, "description": preview.description,
        "looked_at": preview.looked_at, "past": preview.past,
        "fires": len(preview.fires), "new": preview.new, "taken": preview.taken,
        "requests": [
            {
                "trajectory": one.trajectory, "request": one.request, "score": round(one.score, 4),
                "before": round(one.before, 4), "new": one.new,
                "taken_from": one.taken and {
                    "skill": one.taken.skill, "before": round(one.taken.before, 4), "after": round(one.taken.after, 4),
                },
            }
            for one in preview.fires
        ],
        "lost": [
            {
                "trajectory": one.trajectory, "request": one.request, "before": round(one.before, 4),
                "after": round(one.after, 4),
                "to": one.to and {"skill": one.to.skill, "score": round(one.to.score, 4)},
            }
            for one in preview.lost
        ],
    }  # fmt: skip


def _lines(preview: RetrievalPreview) -> list[str]:
    words = f"{preview.skill} would fire on {plural(len(preview.fires), 'past request')}"
    words += f", {preview.new} of them served by no skill today, {preview.taken} taken from another skill"
    lines = [words if preview.fires else f"{preview.skill} would fire on no past request"]
    if preview.looked_at < preview.past:
        lines.append(f"looked at the newest {preview.looked_at} of {preview.past} different requests")
    lines.append(
        table(
            ("score", "", "request"),
            [(f"{one.score:.2f}", _aside(one), one.request) for one in preview.fires[:_SHOWN]],
        )
    )
    if len(preview.fires) > _SHOWN:
        lines.append(f"{len(preview.fires) - _SHOWN} more: see --json")
    if preview.lost:
        lines.append(f"no longer on {len(preview.lost)}:")
        lines.append(
            table(
                ("was", "is", "request"),
                [(f"{one.before:.2f}", f"{one.after:.2f}", one.request) for one in preview.lost[:_SHOWN]],
            )
        )
    return [line for line in lines if line]


def _aside(one: FiredRequest) -> str:
    if one.taken is not None:
        return f"from {one.taken.skill} {one.taken.before:.2f} to {one.taken.after:.2f}"
    return "new" if one.new else ""
