"""The program's entry: arguments, dispatch, exit status.

0 done; 1 the operation failed (or its result is bad news); 2 wrong usage. No traceback for anything expected.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

from skilltui import __version__
from skilltui.cli import care, library, queue, trajectories, versions
from skilltui.cli.call import Handler, Parser, call_of, common
from skilltui.cli.output import Output
from skilltui.errors import SkilltuiError, UsageError


def build_parser() -> Parser:
    """All commands. Without one, the interface opens."""
    shared = common()
    parser = Parser(
        prog="skilltui",
        description="Capture what your coding agents do, find what no skill serves, curate skills from evidence.",
        parents=[shared],
    )
    parser.add_argument("--version", action="version", version=f"skilltui {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=_Command)
    for group in (trajectories, library, queue, versions, care):
        group.register(commands)
    parser.set_defaults(handler=care.interface)
    return parser


class _Command(Parser):
    """A command's parser knows the shared options too: they may stand on either side of its name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parents=[common()], **options)


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit status."""
    try:
        args = build_parser().parse_args(argv)
    except UsageError as error:
        Output(as_json="--json" in argv).failure(error)
        return 2
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    call = call_of(args)
    handler: Handler = args.handler
    try:
        return asyncio.run(_interruptible(handler(args, call)))
    except UsageError as error:
        call.out.failure(error)
        return 2
    except SkilltuiError as error:
        call.out.failure(error)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`| head`). Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


async def _interruptible(work: Coroutine[Any, Any, int]) -> int:
    """SIGTERM ends a command the way Ctrl-C does: through its clean-up."""
    task = asyncio.ensure_future(work)
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 130


def entry() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))
