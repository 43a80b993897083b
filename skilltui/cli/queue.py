"""Commands of gaps and learning: gaps, ask, synthesize, distill, engines."""

from __future__ import annotations

import argparse
import os

from skilltui.cli import shapes
from skilltui.cli.call import Call, Commands
from skilltui.cli.output import embedding_words, table
from skilltui.domain.gap import Gap, GapKind, GapStatus
from skilltui.domain.proposal import ENGINES, GateVerdict, Proposal
from skilltui.errors import HomeInUseError, UsageError
from skilltui.figures import score_words
from skilltui.paths import as_path, path_text


def register(commands: Commands) -> None:
    """Add the commands."""
    gaps = commands.add_parser("gaps", help="what no skill serves, most wanted first")
    gaps.add_argument("action", nargs="?", choices=["dismiss", "snooze", "reopen", "link"])
    gaps.add_argument("id", nargs="?")
    gaps.add_argument("skill", nargs="?", help="for link: the skill that is to serve it")
    gaps.add_argument("--project", metavar="DIR", help="only what was asked for in this folder, or in one so named")
    gaps.add_argument("--status", choices=[status.value for status in GapStatus])
    gaps.set_defaults(handler=_gaps)

    ask = commands.add_parser("ask", help="ask for a skill; becomes a gap of kind help_request")
    ask.add_argument("text", nargs="+")
    ask.set_defaults(handler=_ask)

    synthesize = commands.add_parser("synthesize", help="draft a skill for a gap")
    synthesize.add_argument("gap")
    synthesize.add_argument("--engine", choices=ENGINES, default="auto")
    synthesize.set_defaults(handler=_synthesize)

    distill = commands.add_parser("distill", help="draft edits of skills from what worked")
    distill.add_argument("names", nargs="*", metavar="SKILL")
    distill.add_argument("--trajectory", nargs="+", default=[], metavar="T")
    distill.add_argument("--engine", choices=ENGINES, default="auto")
    distill.set_defaults(handler=_distill)

    engines = commands.add_parser("engines", help="what can distil here, and why not")
    engines.set_defaults(handler=_engines)


async def _gaps(args: argparse.Namespace, call: Call) -> int:
    if args.action:
        return await _act(args, call)
    await _file_what_was_asked(call)
    status = GapStatus(args.status) if args.status else GapStatus.OPEN
    async with call.reading() as home:
        found = await home.curating.gaps(status, project=_folder(args.project))
    call.out.result(
        {"gaps": [shapes.gap(g) for g in found]},
        table(
            ("gap", "times", "failed", "kind", "nearest", "need"),
            [
                (
                    g.id, g.count, g.failed_steps or "", g.kind.replace("_", " "), _nearest(g), g.need,
                )
                for g in found
            ],
        )
        or f"No {status} gap.",
    )  # fmt: skip
    return 0


def _nearest(g: Gap) -> str:
    return "–" if g.top is None else f"{g.top.skill} {score_words(g.top.score, below=g.kind is GapKind.NO_MATCH)}"


def _folder(named: str | None) -> str | None:
    """A path as transcripts write it; a bare name stays one."""
    if named is None or not (named.startswith(("/", ".", "~")) or "/" in named or "\\" in named):
        return named
    return os.path.normpath(path_text(as_path(named).absolute()))


async def _file_what_was_asked(call: Call) -> None:
    """``ask`` leaves a line in the spool; file it now, unless somebody else writes: then they will."""
    from skilltui.workshop.home import Home

    try:
        async with Home.open(call.paths, wait_seconds=0, skill_roots=call.skills, env=call.env) as home:
            await home.tend()
    except HomeInUseError:
        return


async def _act(args: argparse.Namespace, call: Call) -> int:
    if not args.id:
        raise UsageError(f"name the gap to {args.action}", "skilltui gaps")
    if args.action == "link" and not args.skill:
        raise UsageError("name the skill that is to serve it", f"skilltui gaps link {args.id} SKILL")
    if args.action != "link" and args.skill:
        raise UsageError(f"{args.action} takes a gap alone", f"skilltui gaps {args.action} {args.id}")
    if args.action == "link":
        return await _link(args, call)
    async with call.writing() as home:
        gap: Gap
        if args.action == "snooze":
            gap = await home.curating.snooze(args.id)
        elif args.action == "dismiss":
            gap = await home.curating.dismiss(args.id)
        else:
            gap = await home.curating.reopen(args.id)
    call.out.result({"gaps": [shapes.gap(gap)]}, f"{gap.id} is {gap.status}: {gap.need}")
    return 0


async def _link(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        linked = await home.linking.link(args.id, args.skill)
    gap, draft = linked.gap, linked.proposal
    lines = [f"{gap.id} is {gap.status} to {gap.skill}: {gap.need}"]
    lines += [*proposal_lines(draft)] if draft else [f"no edit of its description is proposed: {linked.reason}"]
    call.out.result(
        {"gaps": [shapes.gap(gap)], "proposal": shapes.proposal(draft) if draft else None, "reason": linked.reason},
        *lines,
    )
    return 0


async def _ask(args: argparse.Namespace, call: Call) -> int:
    from skilltui.clock import utc_now
    from skilltui.text.redact import Redactor, load_or_create_key
    from skilltui.workshop.spool import ask

    call.paths.make()
    ask(call.paths, Redactor(load_or_create_key(call.paths.redaction_key)), " ".join(args.text), utc_now())
    call.out.result({"asked": True}, "Noted. It will stand in the gap queue.")
    return 0


async def _synthesize(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        proposal = await home.learning.synthesize(args.gap, engine=args.engine)
        text = home.reviewing.preview(proposal)
    call.out.result(shapes.proposal(proposal), text, *proposal_lines(proposal))
    return 0


async def _distill(args: argparse.Namespace, call: Call) -> int:
    async with call.writing() as home:
        report = await home.learning.distill(args.names, trajectories=args.trajectory, engine=args.engine)
    lines = [line for p in report.proposals for line in proposal_lines(p)]
    lines += [f"{skill}: nothing to learn: {reason}" for skill, reason in report.nothing_to_learn]
    call.out.result(
        {
            "proposals": [shapes.proposal(p) for p in report.proposals],
            "nothing_to_learn": [{"skill": s, "reason": r} for s, r in report.nothing_to_learn],
        },
        *(lines or ["No captured trajectory used a skill of the library yet."]),
    )
    return 0


def proposal_lines(p: Proposal) -> list[str]:
    """A draft as readable lines."""
    model = f"{p.engine}, {p.model}" if p.model else f"{p.engine}, no model"
    lines = [f"{p.skill} · draft {p.version} · {model}" + (" · partial" if p.partial else "")]
    if p.gate:
        lines.append(f"gate: {p.gate.verdict} ({p.gate.basis}): {'; '.join(p.gate.reasons)}")
    if p.note:
        lines.append(p.note)
    for e in p.edits:
        lines.append(f"  {e.id} {e.op} {e.section}  ({e.note}; {e.support.trajectories} of {e.support.of}; {e.origin})")
        lines += [f"      - {line}" for line in (e.before or "").splitlines()]
        lines += [f"      + {line}" for line in (e.after or "").splitlines()]
    lines += [f"  line {f.line}: {f.severity} {f.code}: {f.message}" for f in p.findings if f.severity != "info"]
    if p.gate is None or p.gate.verdict is not GateVerdict.FAIL:
        lines.append(f"accept with: skilltui accept {p.skill} {p.version} --unverified")
    return lines


async def _engines(args: argparse.Namespace, call: Call) -> int:
    del args
    async with call.reading() as home:
        found = await home.learning.engines()
        embeddings = await home.library.embeddings.status()
    call.out.result(
        {
            "engines": [
                {"name": e.name, "available": e.available, "model": e.model, "reason": e.reason, "hint": e.hint}
                for e in found
            ],
            "embeddings": shapes.embeddings(embeddings),
        },
        table(
            ("engine", "", "model", "why", "what to do"),
            [(e.name, "ready" if e.available else "not ready", e.model or "–", e.reason, e.hint) for e in found],
        ),
        f"matching: {embedding_words(embeddings)}",
    )
    return 0
