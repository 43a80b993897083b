"""Commands of capture: ingest, watch, trajectories, show, export, label."""

from __future__ import annotations

import argparse
import asyncio

from skilltui.cli import shapes
from skilltui.cli.call import Call, Commands, count
from skilltui.cli.output import table
from skilltui.domain.trajectory import EXPORTED, Fault, OutcomeLabel, Step, Trajectory, TrajectorySummary
from skilltui.figures import plural
from skilltui.paths import as_path, path_text

SIGNS = {"success": "✓", "failure": "✗", "unknown": "?", "abandoned": "–"}


def register(commands: Commands) -> None:
    """Add the commands."""
    ingest = commands.add_parser("ingest", help="import transcripts: files, folders, or every agent found")
    ingest.add_argument("paths", nargs="*", metavar="PATH", help="what to read; - for events on standard input")
    ingest.add_argument("--format", metavar="NAME", help="take every file for this format")
    ingest.set_defaults(handler=_ingest)

    watch = commands.add_parser("watch", help="capture live until interrupted")
    watch.set_defaults(handler=_watch)

    rows = commands.add_parser("trajectories", help="what your agents did, newest first")
    rows.add_argument("--session")
    rows.add_argument("--skill", help="those that really used this skill")
    rows.add_argument("--text", metavar="WORDS", help="those in which all these words were said, called or printed")
    rows.add_argument("--outcome", choices=[label.value for label in OutcomeLabel])
    rows.add_argument("--limit", type=count, default=50)
    rows.set_defaults(handler=_trajectories)

    show = commands.add_parser("show", help="one trajectory with its steps and evidence")
    show.add_argument("trajectory")
    show.set_defaults(handler=_show)

    export = commands.add_parser("export", help="a trajectory or a session for other tools, redacted")
    export.add_argument("name", metavar="TRAJECTORY|SESSION")
    export.add_argument("--format", choices=EXPORTED, default=EXPORTED[0], help="default: atif")
    export.add_argument("-o", "--output", metavar="FILE", help="write it here; without, to standard output")
    export.add_argument("--force", action="store_true", help="replace a file that is there")
    export.set_defaults(handler=_export)

    label = commands.add_parser("label", help="say how a trajectory ended; your word wins")
    label.add_argument("trajectory")
    label.add_argument("outcome", choices=[label.value for label in OutcomeLabel])
    label.add_argument("--fault", choices=[fault.value for fault in Fault])
    label.set_defaults(handler=_label)

    judge = commands.add_parser("judge", help="ask a local model how an unclear trajectory ended; your label beats it")
    judge.add_argument("trajectory")
    judge.set_defaults(handler=_judge)


async def _watch(args: argparse.Namespace, call: Call) -> int:
    from skilltui.cli.watch import follow

    return await follow(args, call)


async def _ingest(args: argparse.Namespace, call: Call) -> int:
    from skilltui.cli.ingest import ingest

    return await ingest(args, call)


async def _trajectories(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        found = await home.capturing.trajectories(
            session=args.session, skill=args.skill, outcome=args.outcome, text=args.text, limit=args.limit
        )
    call.out.result(
        {"trajectories": [shapes.trajectory(t) for t in found]},
        table(
            ("", "trajectory", "when", "agent", "steps", "failed", "skill", "request"),
            [
                (
                    SIGNS[t.outcome.label], t.id, (t.started_at or "")[:16].replace("T", " "), t.source, t.steps,
                    t.failed_steps or "", _skill(t), t.request or "(before the first request)",
                )
                for t in found
            ],
        )
        or "Nothing captured yet. Import with: skilltui ingest PATH",
    )  # fmt: skip
    return 0


def _skill(t: TrajectorySummary) -> str:
    if t.skills_used:
        return ", ".join(use.skill for use in t.skills_used)
    return f"({t.match.skill} {t.match.score:.2f})" if t.match else ""


async def _show(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        found = await home.capturing.trajectory(args.trajectory)
    call.out.result(shapes.shown(found), *_lines(found))
    return 0


async def _export(args: argparse.Namespace, call: Call) -> int:
    async with call.reading() as home:
        export = await home.exporting.export(args.name, args.format)
    about = {
        "format": export.format, "session": export.session, "source": export.source,
        "trajectories": list(export.trajectories), "steps": export.steps,
    }  # fmt: skip
    if args.output in {None, "-"}:
        if call.out.as_json:
            call.out.result({**about, "content": export.content})
        else:
            call.out.write(export.text)
        return 0
    from skilltui.workshop.exporting import save

    path = as_path(args.output).absolute()
    await asyncio.to_thread(save, path, export.text, force=args.force)
    what = f"{plural(len(export.trajectories), 'trajectory', 'trajectories')} with {plural(export.steps, 'step')}"
    call.out.result({**about, "path": path_text(path)}, f"{path}: {what}")
    return 0


async def _label(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        fault = Fault(args.fault) if args.fault else None
        found = await home.capturing.label(args.trajectory, OutcomeLabel(args.outcome), fault)
    call.out.result(shapes.shown(found), f"{found.id} is a {found.outcome.label} by your word")
    return 0


async def _judge(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        found = await home.judge.judge(args.trajectory)
    call.out.result(shapes.shown(found), *_verdict(found))
    return 0


def _verdict(t: Trajectory) -> list[str]:
    said = [s.text for s in t.outcome.evidence if s.signal == "judged"]
    return [f"{SIGNS[t.outcome.label]} {t.outcome.label}, by {t.outcome.by}", *said]


def _lines(t: Trajectory) -> list[str]:
    lines = [
        f"{t.id}  {t.source}  {t.project or ''}  {t.model or ''}",
        *(t.request or "(before the first request)").splitlines()[:12],
        "",
        f"{SIGNS[t.outcome.label]} {t.outcome.label}, by {t.outcome.by}, confidence {t.outcome.confidence:.2f}",
    ]
    lines += [f"  {'+' if s.polarity > 0 else '-' if s.polarity < 0 else ' '} {s.text}" for s in t.outcome.evidence]
    if t.trimmed:
        lines.append("  its outputs were cut down to keep the store under capture.max_store_mb")
    lines.append("")
    lines += [_step(s) for s in t.all_steps]
    return lines


def _step(s: Step) -> str:
    sign = {True: "✓", False: "✗", None: "?"}[s.ok]
    kind = f"  {s.error_kind}" if s.error_kind else ""
    what = s.args.get("command") or s.args.get("cmd") or s.args.get("file_path") or s.args.get("path") or ""
    by = "↳ " if s.agent else ""
    return f"{s.seq:4d} {sign} {by}{s.tool}  {' '.join(str(what).split())[:90]}{kind}"
