"""One call of the program: its options, and how a command opens the home it needs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias

from msgspec import Struct

from skilltui.cli.output import Output
from skilltui.paths import HomePaths, as_path, home_paths

if TYPE_CHECKING:
    from skilltui.cli.ahead import Ahead
    from skilltui.workshop.home import Home

LOCK_WAIT_SECONDS = 5.0
# SQLite takes no larger number than 64 bits hold; nobody has more rows or versions than 31 bits count.
_MOST = 2**31 - 1


class Call(Struct, frozen=True):
    """What every command is given. ``ahead``: what of a long import has begun already."""

    out: Output
    paths: HomePaths
    skills: tuple[Path, ...] | None
    env: Mapping[str, str]
    ahead: Ahead | None = None

    def reading(self) -> AbstractAsyncContextManager[Home]:
        """The home, for a command that changes nothing: always works, whoever writes."""
        from skilltui.workshop.home import Home

        return Home.open(self.paths, write=False, skill_roots=self.skills, env=self.env)

    def writing(
        self, wait_seconds: float = LOCK_WAIT_SECONDS, *, on_closed: Callable[[], None] | None = None
    ) -> AbstractAsyncContextManager[Home]:
        """The home, for a command that changes something; waits a while for another writer.

        ``on_closed``: see ``Home.open``.
        """
        from skilltui.workshop.home import Home

        return Home.open(
            self.paths, wait_seconds=wait_seconds, skill_roots=self.skills, env=self.env, on_closed=on_closed
        )


Handler: TypeAlias = Callable[[argparse.Namespace, Call], Coroutine[Any, Any, int]]


class Parser(argparse.ArgumentParser):
    """argparse whose errors are ours, so that ``--json`` holds for them too."""

    def error(self, message: str) -> NoReturn:
        """Wrong usage."""
        from skilltui.errors import UsageError

        raise UsageError(message, f"see: {self.prog} --help")


class Command(Parser):
    """A command's parser knows the shared options too: they may stand on either side of its name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parents=[common()], **options)


class Commands(Protocol):
    """What a group of commands adds itself to."""

    def add_parser(self, name: str, *, help: str) -> Parser:  # noqa: A002 - argparse's own name
        """A new command."""


def common() -> argparse.ArgumentParser:
    """The options that may stand before or after the command."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = parser.add_argument_group("everywhere")
    group.add_argument("--home", metavar="DIR", help="the directory that holds everything (or SKILLTUI_HOME)")
    group.add_argument(
        "--skills", metavar="DIR", action="append", help="skill roots for this call, instead of the configured ones"
    )
    group.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def count(text: str) -> int:
    """A whole number from 1 on, for argparse: a limit, a version."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {_MOST}")
    return number


def edit_ids(text: str) -> list[str]:
    """Names of edits with commas between, for argparse."""
    ids = [part.strip() for part in text.split(",") if part.strip()]
    if not ids:
        raise argparse.ArgumentTypeError(f"{text!r} names no edit: give some, such as e1,e2, or leave the option away")
    return ids


def call_of(args: argparse.Namespace, out: Output, ahead: Ahead | None) -> Call:
    """The call that parsed arguments describe. ``SourceError`` where a folder's name can't be one."""
    named = getattr(args, "skills", None)
    return Call(
        out,
        home_paths(getattr(args, "home", None)),
        tuple(as_path(p) for p in named) if named else None,
        os.environ,
        ahead,
    )
