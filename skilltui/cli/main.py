"""The program's entry: arguments, dispatch, exit status.

0 done; 1 the operation failed (or its result is bad news); 2 wrong usage. No traceback for anything expected.

Everything is imported late: an agent that waits for its hook must not wait for the rest of the program.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from skilltui.cli import hook

if TYPE_CHECKING:
    from skilltui.cli.ahead import Ahead
    from skilltui.cli.call import Handler, Parser
    from skilltui.cli.output import Output


def build_parser() -> Parser:
    """All commands. Without one, the interface opens."""
    from skilltui import __version__
    from skilltui.cli import care, hook_setup, library, lifecycle, preview, queue, retain, trajectories, versions
    from skilltui.cli.call import Command, Parser, common

    shared = common()
    parser = Parser(
        prog="skilltui",
        description="Capture what your coding agents do, find what no skill serves, curate skills from evidence.",
        parents=[shared],
    )
    parser.add_argument("--version", action="version", version=f"skilltui {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=Command)
    for group in (trajectories, hook_setup, library, lifecycle, queue, preview, versions, retain, care):
        group.register(commands)
    parser.set_defaults(handler=care.interface)
    return parser


def run(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit status."""
    from skilltui.cli import again
    from skilltui.cli.ahead import reading_ahead
    from skilltui.cli.output import Output, OutputError

    out = Output(as_json="--json" in argv)
    try:
        try:
            told = again.answer(argv, out)
            if told is not None:
                return told
            with reading_ahead(argv) as ahead:
                return _run(argv, out, ahead)
        finally:
            # Also what argparse printed (--help): here a full disk can still be told, at exit it can't.
            out.write("")
    except KeyboardInterrupt:
        return 130
    except (BrokenPipeError, OutputError) as error:
        # The reader of our output went away (`| head`), which is no news, or its disk is full.
        if isinstance(error, OutputError):
            out.note(f"skilltui: {error}")
        # Python would complain once more when it flushes what is left at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(argv: Sequence[str], out: Output, ahead: Ahead | None) -> int:
    import asyncio

    from skilltui.cli.call import call_of
    from skilltui.errors import SkilltuiError, UsageError

    try:
        args = build_parser().parse_args(argv)
        out.as_json = getattr(args, "json", False)
        handler: Handler = args.handler
        return asyncio.run(_interruptible(handler(args, call_of(args, out, ahead))))
    except UsageError as error:
        out.failure(error)
        return 2
    except SkilltuiError as error:
        out.failure(error)
        return 1


async def _interruptible(work: Coroutine[Any, Any, int]) -> int:
    """SIGTERM ends a command the way Ctrl-C does: through its clean-up."""
    import asyncio
    import signal

    task = asyncio.ensure_future(work)
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 130


def set_up_streams() -> None:
    """The three standard streams, all there and all UTF-8, whatever the shell and the locale left us."""
    # In this order: a closed descriptor is the lowest free one, so the null device takes its place, and no file that
    # is opened later (the store!) can.
    for name, mode, errors in (
        ("stdin", "r", "replace"), ("stdout", "w", "backslashreplace"), ("stderr", "w", "backslashreplace"),
    ):  # fmt: skip
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def entry() -> None:
    """The console script."""
    call = hook.event_call(sys.argv[1:])
    if call is not None:
        hook.receive(*call)
    set_up_streams()
    status = run(sys.argv[1:])
    # Python looks for cycles once more in all that is left, for 40 ms after a long import; the system takes it anyway.
    gc.freeze()
    sys.exit(status)
