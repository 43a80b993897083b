"""``watch``: capture headless, until interrupted. Gives way to the interface and takes capture up again after it."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack
from typing import NoReturn

from skilltui.cli.call import Call
from skilltui.cli.output import Output
from skilltui.errors import HomeInUseError
from skilltui.workshop.events import Captured, CaptureStateChanged, JudgeFailed, WorkshopEvent
from skilltui.workshop.home import Home
from skilltui.workshop.locking import claimed, writer_lock

LOOK_SECONDS = 0.3


async def follow(args: argparse.Namespace, call: Call) -> int:
    """Capture while nobody else writes the home, until a signal says that it is enough."""
    del args
    try:
        await _take_turns(call)
    except asyncio.CancelledError:
        # Ctrl-C and SIGTERM are how this command ends.
        return 0


async def _take_turns(call: Call) -> NoReturn:
    async with call.reading() as home:
        home.capturing.require_consent()
    while True:
        async with AsyncExitStack() as stack:
            try:
                home = await stack.enter_async_context(call.writing(wait_seconds=0))
            except HomeInUseError:
                call.out.note("somebody else writes this home: waiting until they are done")
            else:
                await _capture(home, call)
                call.out.note("an interface opened this home: giving way until it closes")
        await _until_free(call)


async def _capture(home: Home, call: Call) -> None:
    """Until an interface asks for the home."""
    home.bus.subscribe(_Teller(home, call.out).tell)
    running = [asyncio.create_task(home.watcher.run()), asyncio.create_task(home.keep_tending())]
    if home.background.wanted:
        running.append(asyncio.create_task(home.background.run()))
    try:
        while not claimed(call.paths):
            done, _ = await asyncio.wait(running, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


class _Teller:
    """Prints what was committed, and on standard error how changes are learned of."""

    def __init__(self, home: Home, out: Output) -> None:
        self._home = home
        self._out = out
        self._way = ""

    def tell(self, event: WorkshopEvent) -> None:
        """One event of the home's bus."""
        if isinstance(event, CaptureStateChanged):
            way = self._home.watcher.status.way
            if way != self._way:
                self._way = way
                self._out.note(f"capturing: {way}")
        elif isinstance(event, JudgeFailed):
            self._out.note(f"the judge can't work: {event.message} ({event.hint})")
        elif isinstance(event, Captured) and event.path:
            self._batch(event)

    def _batch(self, event: Captured) -> None:
        if self._out.as_json:
            self._out.json_line(
                {
                    "path": event.path, "source": event.source, "sessions": list(event.sessions),
                    "trajectories": list(event.trajectories), "new_steps": event.new_steps,
                    "quarantined": event.quarantined, "backfill": event.backfill,
                }
            )  # fmt: skip
        elif event.new_steps or event.quarantined:
            self._out.result({}, f"{event.source}  {event.new_steps:4d} new steps  {event.path}")


async def _until_free(call: Call) -> None:
    """Wait while somebody else holds the lock; who claims it comes first, so they get a moment to take it."""
    while True:
        # Another process holds lock and mark; all that can be done is to look again.
        await asyncio.sleep(LOOK_SECONDS)
        if claimed(call.paths):
            continue
        try:
            async with writer_lock(call.paths, wait_seconds=0):
                return
        except HomeInUseError:
            continue
