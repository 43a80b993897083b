"""``hook AGENT --install | --uninstall``; the hook itself, which an agent runs, is received before any of this."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from skilltui.cli.call import Call, Commands
from skilltui.cli.hook import AGENTS
from skilltui.errors import UsageError


def register(commands: Commands) -> None:
    """Add the command."""
    hook = commands.add_parser(
        "hook", help="tell skilltui of an agent's sessions at once: put the hook in or take it out"
    )
    hook.add_argument("agent", metavar="AGENT", choices=AGENTS, help=", ".join(AGENTS))
    way = hook.add_mutually_exclusive_group()
    way.add_argument("--install", action="store_true", help="put it into the agent's settings; a backup is kept")
    way.add_argument("--uninstall", action="store_true", help="take it out of the agent's settings")
    hook.set_defaults(handler=_hook)


async def _hook(args: argparse.Namespace, call: Call) -> int:
    from skilltui.config import load_config
    from skilltui.workshop.agent_hooks import AgentHooks
    from skilltui.workshop.capturing import CONSENT_KEY

    if not (args.install or args.uninstall):
        # The entry takes a plain `hook AGENT` itself; only its options written short lead here.
        raise UsageError("say --install or --uninstall", f"skilltui hook {args.agent} --install")
    hooks = AgentHooks(args.agent, call.paths, named_home(args, call), call.env)
    change = await asyncio.to_thread(hooks.install if args.install else hooks.uninstall)
    told = list(change.hints)
    if change.installed and not load_config(call.paths.config, call.env).trajectory_capture:
        told.append(f"capture is off, so nothing is read yet: skilltui config set {CONSENT_KEY} true")
    done = (
        ("is in" if change.changed else "was in already")
        if args.install
        else ("is taken out" if change.changed else "was not in")
    )
    call.out.result(
        {
            "agent": change.agent, "path": str(change.path), "installed": change.installed,
            "changed": change.changed, "events": list(change.events), "command": change.command,
            "backup": str(change.backup) if change.backup else None, "hints": told,
        },
        f"{change.path}: the hook {done}",
        *([f"the file as it was: {change.backup}"] if change.backup else []),
        *told,
    )  # fmt: skip
    return 0


def named_home(args: argparse.Namespace, call: Call) -> Path | None:
    """The home that this call names, by option or environment: a hook runs where neither is given."""
    if getattr(args, "home", None) or call.env.get("SKILLTUI_HOME"):
        return call.paths.data_dir
    return None
