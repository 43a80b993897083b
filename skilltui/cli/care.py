"""The interface, the demo, and the commands of care: redact, doctor, config."""

from __future__ import annotations

import argparse
import codecs
import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from skilltui.cli.call import Call, Commands
from skilltui.cli.hook_setup import named_home
from skilltui.cli.output import table
from skilltui.errors import SourceError, StoreError, UsageError
from skilltui.paths import as_path

# Bytes of a file that are read at once to be redacted.
_PIECE = 256 << 10


def register(commands: Commands) -> None:
    """Add the commands."""
    redact = commands.add_parser("redact", help="the text with secrets replaced; with --json the findings")
    redact.add_argument("file", nargs="?", default="-")
    redact.set_defaults(handler=_redact)

    doctor = commands.add_parser("doctor", help="versions, paths, agents found, files skipped, Ollama, integrity")
    doctor.add_argument("--verify", action="store_true", help="check every page of the store and every kept version")
    doctor.set_defaults(handler=_doctor)

    config = commands.add_parser("config", help="the settings")
    config.add_argument("action", choices=["init", "show", "path", "set"], nargs="?", default="show")
    config.add_argument("key", nargs="?")
    config.add_argument("value", nargs="?")
    config.set_defaults(handler=_config)

    demo = commands.add_parser("demo", help="the interface on a throw-away home, with recorded sessions played back")
    demo.add_argument(
        "--speed", type=float, help="how many times faster the agents work (default 1; where nobody looks, 50)"
    )
    demo.add_argument("--once", action="store_true", help="play, and leave")
    demo.set_defaults(handler=_demo)


async def interface(args: argparse.Namespace, call: Call) -> int:
    """Open the panes."""
    del args
    if call.out.as_json:
        raise UsageError("the interface prints no JSON", "name a command: skilltui --help")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the interface needs a terminal", "every command works without one: skilltui --help")
    from skilltui.tui.app import SkilltuiApp
    from skilltui.workshop.home import Home

    async with Home.open(call.paths, claim=True, wait_seconds=2.0, skill_roots=call.skills, env=call.env) as home:
        app = SkilltuiApp(home)
        await app.run_async()
        return app.return_code or 0


async def _demo(args: argparse.Namespace, call: Call) -> int:
    from skilltui.cli.demo import run_demo

    if args.speed is not None and not 0 < args.speed < math.inf:
        raise UsageError("--speed is a number above 0", "skilltui demo --speed 2")
    return await run_demo(call, speed=args.speed, once=args.once)


async def _redact(args: argparse.Namespace, call: Call) -> int:
    from skilltui.text.redact import Redactor, load_or_create_key
    from skilltui.text.redact_stream import redact_stream

    call.paths.make()
    redactor = Redactor(load_or_create_key(call.paths.redaction_key), gate=call.paths.redaction_gate)
    findings = []
    try:
        file = sys.stdin.buffer if args.file == "-" else as_path(args.file).open("rb")
    except OSError as error:
        raise _unreadable(args.file, error) from error
    with file:
        for redacted in redact_stream(redactor, _decoded(file, args.file)):
            if call.out.as_json:
                findings += [{"kind": f.kind, "start": f.start, "end": f.end} for f in redacted.findings]
            else:
                # A filter passes its text on as it is; a terminal gets it through its own pager.
                call.out.write_bytes(redacted.text.encode("utf-8", "surrogateescape"))
    if call.out.as_json:
        call.out.result({"findings": findings})
    return 0


def _decoded(file: BinaryIO, name: str) -> Iterator[str]:
    """The file as text, piece by piece. Bytes that are no UTF-8 come through unchanged; UTF-16 needs its mark."""
    data = _some(file, name)
    sixteen = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if sixteen else "utf-8")(
        "replace" if sixteen else "surrogateescape"
    )
    while data:
        yield decoder.decode(data)
        data = _some(file, name)
    yield decoder.decode(b"", final=True)


def _some(file: BinaryIO, name: str) -> bytes:
    try:
        return file.read(_PIECE)
    except OSError as error:
        raise _unreadable(name, error) from error


def _unreadable(name: str, error: OSError) -> SourceError:
    return SourceError(f"{name} can't be read: {error.strerror}", "name a text file, or - ")


async def _doctor(args: argparse.Namespace, call: Call) -> int:
    from skilltui.cli.doctor import examine

    named = named_home(args, call)
    try:
        async with call.reading() as home:
            report = await examine(home, verify=args.verify, named_home=named)
    except StoreError as error:
        # An empty store stands in, so that everything else is examined all the same.
        with tempfile.TemporaryDirectory(prefix="skilltui-doctor-") as folder:
            stand_in = replace(call, paths=call.paths._replace(data_dir=Path(folder)))
            async with stand_in.reading() as home:
                report = await examine(home, verify=False, named_home=named, paths=call.paths, damage=error)
    call.out.result(report.data, *report.lines)
    return int(not report.healthy)


async def _config(args: argparse.Namespace, call: Call) -> int:
    from skilltui.config import KEYS, init_config, load_config, set_config

    path = call.paths.config
    if args.action == "path":
        call.out.result({"path": str(path)}, str(path))
        return 0
    if args.action == "init":
        call.paths.make()
        written = init_config(path)
        call.out.result(
            {"path": str(path), "written": written},
            f"{path} names every setting" if written else f"{path} is there already, and stays as it is",
        )
        return 0
    if args.action == "set":
        if args.key is None or args.value is None:
            raise UsageError("name a setting and its value", "skilltui config set KEY VALUE")
        call.paths.make()
        value = set_config(path, args.key, args.value, call.env)
        call.out.result({"key": args.key, "value": value}, f"{args.key} = {value}")
        return 0
    config = load_config(path, call.env)
    rows = [(name, _shown(config.values.get(name)), key.about) for name, key in KEYS.items()]
    call.out.result(
        {
            "path": str(path),
            "values": {name: _shown(value) for name, value in config.values.items()},
            "unknown": list(config.unknown),
        },
        str(path),
        table(("setting", "set to", "what for"), rows),
        *(f"not a setting of ours: {name}" for name in config.unknown),
    )
    return 0


def _shown(value: object) -> object:
    if isinstance(value, tuple):
        return [str(part) for part in value]
    return str(value) if isinstance(value, Path) else value
