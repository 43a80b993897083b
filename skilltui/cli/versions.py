"""Commands of versions: versions, diff, gate, accept, reject, rollback, undo, history, blame, trust."""

from __future__ import annotations

import argparse

from skilltui.cli import shapes
from skilltui.cli.call import Call, Commands, count, edit_ids
from skilltui.cli.output import line, table
from skilltui.domain.proposal import GateVerdict
from skilltui.domain.trust import Trust
from skilltui.paths import as_path


def register(commands: Commands) -> None:
    """Add the commands."""
    versions = commands.add_parser("versions", help="every state of a skill")
    versions.add_argument("skill")
    versions.set_defaults(handler=_versions)

    diff = commands.add_parser("diff", help="what changed between two versions")
    diff.add_argument("skill")
    diff.add_argument("a", nargs="?", type=count)
    diff.add_argument("b", nargs="?", type=count)
    diff.set_defaults(handler=_diff)

    gate = commands.add_parser("gate", help="judge a draft")
    gate.add_argument("skill")
    gate.add_argument("version", type=count)
    gate.set_defaults(handler=_gate)

    accept = commands.add_parser("accept", help="make a draft live")
    accept.add_argument("skill")
    accept.add_argument("version", type=count)
    accept.add_argument("--edits", type=edit_ids, metavar="e1,e2", help="only these edits; the others are refused")
    accept.add_argument("--unverified", action="store_true", help="although the gate could not verify it")
    accept.add_argument("--confirm", metavar="NAME", help="the skill's name, where a finding blocks")
    accept.add_argument("--root", metavar="DIR", help="the folder of skills to write it to")
    accept.set_defaults(handler=_accept)

    reject = commands.add_parser("reject", help="put a draft away, or refuse some of its edits")
    reject.add_argument("skill")
    reject.add_argument("version", type=count)
    reject.add_argument("--edits", type=edit_ids, metavar="e1,e2")
    reject.add_argument("--why", default="")
    reject.set_defaults(handler=_reject)

    rollback = commands.add_parser("rollback", help="bring a former version's exact bytes back")
    rollback.add_argument("skill")
    rollback.add_argument("version", nargs="?", type=count)
    rollback.set_defaults(handler=_rollback)

    undo = commands.add_parser(
        "undo", help="take back the newest accept, rejection, rollback, new, fix, rename or retirement"
    )
    undo.add_argument("skill", nargs="?", help="of this skill; else of all")
    undo.set_defaults(handler=_undo)

    history = commands.add_parser("history", help="every operation, newest first")
    history.add_argument("skill", nargs="?")
    history.add_argument("--limit", type=count, default=100)
    history.set_defaults(handler=_history)

    blame = commands.add_parser("blame", help="each line of a skill with its version and evidence")
    blame.add_argument("skill")
    blame.set_defaults(handler=_blame)

    trust = commands.add_parser("trust", help="what outcomes say of each skill")
    trust.add_argument("skill", nargs="?")
    trust.set_defaults(handler=_trust)


async def _versions(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        found = await home.comparing.versions(args.skill)
    call.out.result(
        {"versions": [shapes.version(v) for v in found]},
        table(
            ("version", "state", "from", "made by", "when", "edits", "trust"),
            [
                (
                    v.version.number, v.version.state, v.version.parent or "–", v.version.engine,
                    v.version.created_at[:16].replace("T", " "), " ".join(v.version.accepted_edits),
                    earned(v.trust) if v.trust else "–",
                )
                for v in found
            ],
        )
        or f"{args.skill} is as you wrote it: it has no history yet.",
    )  # fmt: skip
    return 0


async def _diff(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        text = await home.comparing.diff(args.skill, args.a, args.b)
    call.out.result({"skill": args.skill, "diff": text}, text or "No difference.")
    return 0


async def _gate(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        gate = await home.reviewing.gate(args.skill, args.version)
    call.out.result(
        {"skill": args.skill, "version": args.version, **shapes.gate(gate), "cases": []},
        f"{gate.verdict} ({gate.basis})",
        *(f"  {reason}" for reason in gate.reasons),
    )
    return int(gate.verdict is GateVerdict.FAIL)


async def _accept(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        done = await home.reviewing.accept(
            args.skill, args.version, edits=args.edits, unverified=args.unverified,
            confirm_name=args.confirm, root=as_path(args.root) if args.root else None,
        )  # fmt: skip
    call.out.result(
        {
            "path": str(done.path), "published": [str(p) for p in done.published], "hash": done.hash,
            "version": done.version, "skipped": list(done.skipped), "rebased": list(done.rebased),
        },
        line(f"{args.skill} {done.version} is live: {done.path}"),
        *(line(f"copied to {p}") for p in done.published),
        *(line(f"not copied: {reason}") for reason in done.skipped),
        *(f"no longer applies: {what}" for what in done.rebased),
    )  # fmt: skip
    return 0


async def _reject(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        proposal = await home.reviewing.reject(args.skill, args.version, edits=args.edits, why=args.why)
    what = f"edits {', '.join(args.edits)} of " if args.edits else ""
    call.out.result(shapes.proposal(proposal), f"refused: {what}{args.skill} draft {args.version}")
    return 0


async def _rollback(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        done = await home.reviewing.rollback(args.skill, args.version)
    call.out.result(
        {
            "skill": args.skill, "version": done.version.number, "path": str(done.path), "hash": done.version.hash,
            "published": [str(p) for p in done.published], "skipped": list(done.skipped),
            "rebased": list(done.rebased),
        },
        line(f"{args.skill} is version {done.version.number} again: {done.path}"),
        *(line(f"not copied: {reason}") for reason in done.skipped),
        *(f"no longer applies: {what}" for what in done.rebased),
    )  # fmt: skip
    return 0


async def _undo(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        operation = await home.reviewing.undo(args.skill)
    call.out.result(
        {"operation": shapes.operation(operation)},
        f"undone: {operation.detail.get('kind')} of {operation.skill} version {operation.version}",
        *(line(f"left: {reason}") for reason in operation.detail.get("skipped", ())),
    )
    return 0


async def _history(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        found = await home.comparing.history(args.skill, args.limit)
    call.out.result(
        {"operations": [shapes.operation(o) for o in found]},
        table(
            ("", "when", "what", "skill", "version", ""),
            [
                (o.id, o.at[:19].replace("T", " "), o.kind, o.skill, o.version, "undone" if o.undone_by else "")
                for o in found
            ],
        )
        or "Nothing was done yet.",
    )
    return 0


async def _blame(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        found = await home.comparing.blame(args.skill)
    call.out.result(
        {"skill": args.skill, "lines": [shapes.blame(one) for one in found]},
        *(
            f"{one.line:4d} {'v' + str(one.version) if one.version else 'you':>4} {one.edit or '':3} {one.text}"
            + (f"   · {' '.join(dict.fromkeys(r.trajectory for r in one.evidence))}" if one.evidence else "")
            for one in found
        ),
    )
    return 0


async def _trust(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        # A copy of a skill has no trust of its own.
        found = list({(t.skill, t.hash): t for t in await home.comparing.trust(args.skill)}.values())
    call.out.result(
        {"skills": [shapes.trust(t) for t in found]},
        table(
            ("skill", "level", "origin", "outcomes", "next"),
            [(t.skill, t.level, t.origin, earned(t), t.to_next) for t in found],
        )
        or "No skills yet.",
    )
    return 0


def earned(t: Trust) -> str:
    """What outcomes say, in words: never a bare percentage for a handful of uses."""
    if t.lower is None:
        return "unknown: no use counted yet"
    return f"{t.successes} of {t.successes + t.failures}, could be as low as {100 * t.lower:.0f} %"
