"""Commands of the library: skills, check, match."""

from __future__ import annotations

import argparse
import json
import sys
from typing import IO, TYPE_CHECKING

from skilltui.cli import lifecycle, shapes
from skilltui.cli.call import Call, Commands, count
from skilltui.cli.library_view import SkillView, client_words, copy_words, view_data
from skilltui.cli.output import line, table
from skilltui.domain.skill import CheckResult, Verdict
from skilltui.domain.version import VersionState
from skilltui.errors import SourceError, UsageError
from skilltui.figures import score_words
from skilltui.paths import as_path

if TYPE_CHECKING:
    from skilltui.library.confusable import Confusion


def register(commands: Commands) -> None:
    """Add the commands."""
    skills = commands.add_parser(
        "skills",
        help="the library; `skills install NAME` puts a shipped skill in place, `import PATH` drafts skills from a"
        " folder, a checkout or a SkillRL bank, `fix` quotes what breaks one, `publish` brings its copies up to it",
    )
    skills.add_argument("action", nargs="?", choices=["install", "import", "fix", "publish"])
    skills.add_argument("name", nargs="?", metavar="NAME|PATH")
    skills.add_argument("--as", dest="as_name", metavar="NAME", help="import one skill as NAME, several as NAME-...")
    skills.add_argument("--retired", action="store_true", help="the retired skills, which `undo NAME` brings back")
    skills.add_argument("--dry-run", action="store_true", help="with fix: show the change and write nothing")
    skills.add_argument("--confirm", metavar="NAME", help="with publish: the skill's name, where a finding blocks")
    skills.set_defaults(handler=_skills)

    check = commands.add_parser(
        "check", help="lint and scan skill folders or SKILL.md files; run their selection tests"
    )
    check.add_argument("paths", nargs="*", metavar="PATH")
    check.add_argument(
        "--confusable",
        action="store_true",
        help="which skills would be taken for one another: those at PATH, else all of the library",
    )
    check.set_defaults(handler=_check)

    match = commands.add_parser("match", help="which skills serve a request")
    match.add_argument("query", nargs="?")
    match.add_argument("--batch", metavar="FILE", help='JSON lines {"id","query"}; - for standard input')
    match.add_argument("-k", type=count, default=5, help="how many candidates")
    match.set_defaults(handler=_match)


async def _skills(args: argparse.Namespace, call: Call) -> int:
    from skilltui.library.clients import differing

    _belongs(args)
    if args.action is not None:
        actions = {
            "install": lifecycle.install, "import": _import, "fix": lifecycle.fix, "publish": lifecycle.publish,
        }  # fmt: skip
        return await actions[args.action](args, call)
    if args.retired:
        return await lifecycle.retired(call)
    async with call.reading() as home:
        found = await home.library.skills()
        broken = await home.library.broken()
        trust = {t.skill: t for t in await home.comparing.trust()}
        with_history = set(await home.comparing.skills_with_history())
        active = {
            name: next(
                (v.version.number for v in await home.comparing.versions(name) if _is_active(v.version.state)), None
            )
            for name in with_history
        }
        shipped = home.library.shipped()
        copies, clients = await home.lifecycle.copies(), await home.library.loadings()
    views = [SkillView(s, copies.get(s.path, ()), clients[s.path]) for s in found]
    contested = differing(found, clients)
    asides = [(copy_words(view), client_words(view, contested)) for view in views]
    # A column is there for what differs; where nothing does, it would only take room.
    told = [n for n in range(2) if any(aside[n] for aside in asides)]
    rows = table(
        ("skill", "trust", "version", "findings", *(("copies", "loaded by")[n] for n in told), "description", "path"),
        [
            (
                s.name, trust[s.name].level if s.name in trust and not s.shadowed_by else "shadowed",
                active.get(s.name), len(s.findings) or "", *(aside[n] for n in told), s.description, s.path,
            )
            for s, aside in zip(found, asides, strict=True)
        ],
        flexible=4 + len(told),
    )  # fmt: skip
    call.out.result(
        {
            "skills": [
                {
                    **shapes.skill(
                        v.skill, None if v.skill.shadowed_by else trust.get(v.skill.name), active.get(v.skill.name)
                    ),
                    **view_data(v),
                }
                for v in views
            ],
            "broken": [shapes.check(b) for b in broken],
        },
        rows or f"No skills yet. These come with skilltui: {', '.join(shipped)} (skilltui skills install NAME)",
        *(told for b in broken for told in _broken(b)),
    )
    return 0


def _belongs(args: argparse.Namespace) -> None:
    """``UsageError`` for an option that another action has: who gives it means something by it."""
    given = {
        "--as": ("import", args.as_name is not None), "--dry-run": ("fix", args.dry_run),
        "--confirm": ("publish", args.confirm is not None), "--retired": (None, args.retired),
    }  # fmt: skip
    for option, (action, there) in given.items():
        if there and args.action != action:
            does = f"skilltui skills {action}" if action else "skilltui skills alone"
            raise UsageError(f"{option} does not go with what is asked for", f"it belongs to {does}")


async def _import(args: argparse.Namespace, call: Call) -> int:
    if not args.name:
        raise UsageError("name what to import", "skilltui skills import PATH")
    async with call.writing() as home:
        report = await home.importing.bank(args.name, name=args.as_name)
    lines = [
        line(f"{one.skill} {one.version}: a draft, {one.verdict}, quarantined once it is live; from {one.source}")
        for one in report.imported
    ]
    lines += [line(f"skipped  {path}: {reason}") for path, reason in report.skipped]
    if report.imported:
        lines.append("Read them in the Workbench, or: skilltui accept SKILL VERSION --unverified")
    call.out.result(shapes.imported(report), *(lines or ["There was nothing to import."]))
    return int(bool(report.skipped) and not report.imported)


def _is_active(state: VersionState) -> bool:
    return state is VersionState.ACTIVE


def _broken(result: CheckResult) -> list[str]:
    worst = result.findings[0].message if result.findings else "can't be read"
    # What stands behind the first fault may be no fault of its own.
    quotes = bool(result.findings) and result.findings[0].code in {"YAML_COLON", "YAML_QUOTE"}
    hint = f" (skilltui skills fix {result.name} does it)" if quotes and result.name else ""
    return [line(f"broken  {result.path}: {worst}{hint}")]


async def _check(args: argparse.Namespace, call: Call) -> int:
    from skilltui.workshop.shelf import Shelf

    if not args.paths and not args.confusable:
        raise UsageError("name what to check", "skilltui check PATH, or skilltui check --confusable")
    paths = [as_path(p) for p in args.paths]
    results = Shelf.check(paths)
    lines = []
    for result in results:
        lines.append(line(f"{result.verdict.upper():6} {result.path}"))
        lines += [line(f"  line {f.line or '-'}: {f.severity} {f.code}: {f.message}") for f in result.findings]
    data: shapes.Json = {"results": [shapes.check(r) for r in results]}
    if args.confusable:
        async with call.reading() as home:
            pairs = await home.library.confusable(paths)
        data["confusable"] = [shapes.confusion(pair) for pair in pairs]
        lines += [told for pair in pairs for told in _pair(pair)] or ["No skill would be taken for another."]
    call.out.result(data, *lines)
    return int(any(r.verdict in {Verdict.REJECT, Verdict.BLOCK} for r in results))


def _pair(pair: Confusion) -> list[str]:
    a, b = pair.skills
    lines = [f"{pair.score:.2f}  {a} and {b}: both say {', '.join(pair.shared)}"]
    lines += [f"  {p.skill} says “{p.text}”: {p.own:.2f} for it, {p.other:.2f} for the other" for p in pair.phrases]
    for advice in pair.advice:
        hints = [f"say less of {', '.join(advice.narrow)}"] if advice.narrow else []
        hints += [f"only it has {', '.join(advice.add)}"] if advice.add else []
        lines.append(f"  {advice.skill}: {'; '.join(hints)}")
    return lines


async def _match(args: argparse.Namespace, call: Call) -> int:
    if (args.query is None) == (args.batch is None):
        raise UsageError("give one request, or --batch", 'skilltui match "rotate the logs"')
    async with call.reading() as home:
        if args.batch is not None:
            with _lines_of(args.batch) as lines:
                for number, request in enumerate(lines, 1):
                    if not request.strip():
                        continue
                    try:
                        record = json.loads(request)
                        query, id_ = record["query"], record["id"]
                        if not isinstance(query, str):
                            raise TypeError("the query is not a text")
                    except (ValueError, KeyError, TypeError) as error:
                        raise UsageError(f'{args.batch}, line {number}: not {{"id","query"}}', str(error)) from error
                    (answer,) = await home.library.match_all([query], args.k)
                    data = shapes.matches(answer)
                    del data["threshold"]
                    call.out.json_line({"id": id_, **data})
            return 0
        (result,) = await home.library.match_all([args.query], args.k)
        nothing = "No skill shares a word with it." if await home.library.skills() else "The library is empty."
    rows = [(score_words(m.score, below=m.score < result.threshold), m.skill, "; ".join(m.why)) for m in result.top]
    if result.gap:
        verdict = f"a gap: nothing reaches {result.threshold:.2f}"
    elif result.ambiguous and len(result.top) > 1:
        verdict = f"ambiguous: {result.top[0].skill} or {result.top[1].skill}"
    else:
        verdict = f"served by {result.top[0].skill}"
    told = [verdict, *([f"by words alone: {result.reason}"] if result.reason else [])]
    call.out.result(shapes.matches(result), table(("score", "skill", "why"), rows) or nothing, *told)
    return 0


def _lines_of(name: str) -> IO[str]:
    if name == "-":
        return sys.stdin
    try:
        return as_path(name).open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise SourceError(f"{name} can't be read: {error.strerror}", "name a file of JSON lines") from error
