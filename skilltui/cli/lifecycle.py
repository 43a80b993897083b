"""Commands of a skill's life: new, rename, retire; and of `skills`: install, fix, publish, --retired."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from skilltui.cli import shapes
from skilltui.cli.call import Call, Commands
from skilltui.cli.output import line, table
from skilltui.errors import UsageError

if TYPE_CHECKING:
    from skilltui.workshop.lifecycle import Done


def register(commands: Commands) -> None:
    """Add the commands."""
    new = commands.add_parser("new", help="begin a skill of your own")
    new.add_argument("name")
    new.add_argument("--description", default="", metavar="TEXT", help="what it does and when to use it")
    new.set_defaults(handler=_new)

    rename = commands.add_parser("rename", help="give a skill another name, with its history and its copies")
    rename.add_argument("skill")
    rename.add_argument("name")
    rename.set_defaults(handler=_rename)

    retire = commands.add_parser("retire", help="take a skill out of the agents' folders; `undo` brings it back")
    retire.add_argument("skill")
    retire.set_defaults(handler=_retire)


async def _new(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        done = await home.lifecycle.new(args.name, args.description)
    call.out.result(_data(done), line(f"{done.skill} is in {done.path}: write what it is to do there"), *_told(done))
    return 0


async def _rename(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        done = await home.lifecycle.rename(args.skill, args.name)
    call.out.result(
        {**_data(done), "from": args.skill}, line(f"{args.skill} is called {done.skill} now: {done.path}"), *_told(done)
    )
    return 0


async def _retire(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        done = await home.lifecycle.retire(args.skill)
    data = _data(done)
    data["removed"] = data.pop("published")
    found = ": some agents may still find what was left" if done.skipped else ": no agent finds it"
    call.out.result(
        data,
        f"{done.skill} is retired{found}; skilltui undo {done.skill} brings it back",
        *(line(f"removed {copy}") for copy in (done.path, *done.copies)),
        *(line(f"left: {reason}") for reason in done.skipped),
    )
    return 0


async def install(args: argparse.Namespace, call: Call) -> int:
    """`skills install NAME`."""
    async with call.writing() as home:
        if not args.name:
            raise UsageError("name the skill to install", f"there are: {', '.join(home.library.shipped())}")
        done = await home.library.install(args.name)
    call.out.result(
        {
            "skills": [shapes.skill(done.skill, None, None)],
            "published": [str(copy) for copy in done.published], "skipped": list(done.skipped),
        },
        line(f"{done.skill.name} is in {done.skill.path}"),
        *(line(f"copied to {copy}") for copy in done.published),
        *(line(f"not copied: {reason}") for reason in done.skipped),
    )  # fmt: skip
    return 0


async def fix(args: argparse.Namespace, call: Call) -> int:
    """`skills fix NAME`: quote the values that broke the frontmatter, and nothing else."""
    if not args.name:
        raise UsageError("name the skill to fix", "skilltui doctor lists the broken ones")
    if args.dry_run:
        async with call.reading() as home:
            mending = await home.lifecycle.mending(args.name)
        call.out.result(
            {"skill": mending.skill, "path": str(mending.path), "diff": mending.diff, "applied": False},
            mending.diff,
            "Nothing was written.",
        )
        return 0
    async with call.writing() as home:
        mending = await home.lifecycle.mending(args.name)
        done = await home.lifecycle.mend(mending)
    call.out.result(
        {**_data(done), "diff": mending.diff, "applied": True},
        mending.diff,
        line(f"{done.skill} {done.version.number} is live: {done.path}; skilltui undo {done.skill} takes it back"),
        *_told(done),
    )
    return 0


async def publish(args: argparse.Namespace, call: Call) -> int:
    """`skills publish NAME`: bring every copy up to the skill, and make those that are missing."""
    if not args.name:
        raise UsageError("name the skill to publish", "skilltui skills lists them, with their copies")
    async with call.writing() as home:
        done = await home.lifecycle.publish(args.name, confirm_name=args.confirm)
    call.out.result(_data(done), line(f"{done.skill}: {done.path}"), *_told(done))
    return 0


async def retired(call: Call) -> int:
    """`skills --retired`."""
    async with call.reading() as home:
        found = await home.lifecycle.retired()
    call.out.result(
        {
            "retired": [
                {"name": r.name, "at": r.at, "path": str(r.path), "version": r.version, "files": r.files} for r in found
            ]
        },
        table(
            ("retired skill", "when", "version", "files", "it stood at"),
            [(r.name, r.at[:16].replace("T", " "), r.version, r.files, r.path) for r in found],
        )
        or "No skill is retired.",
    )
    return 0


def _data(done: Done) -> shapes.Json:
    return {
        "skill": done.skill, "version": done.version.number, "path": str(done.path), "hash": done.version.hash,
        "published": [str(copy) for copy in done.copies], "skipped": list(done.skipped),
        "rebased": list(done.rebased),
    }  # fmt: skip


def _told(done: Done) -> list[str]:
    return [
        *(line(f"copied to {copy}") for copy in done.copies),
        *(line(f"left: {reason}") for reason in done.skipped),
        *(line(f"no longer applies: {what}") for what in done.rebased),
    ]
