"""``watch``: capture headless, until interrupted. Gives way to the interface and takes capture up again after it."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack

from skilltui.cli.call import Call
from skilltui.cli.output import Output
from skilltui.errors import HomeInUseError
from skilltui.workshop.events import Captured, JudgeFailed, WorkshopEvent
from skilltui.workshop.home import Home
from skilltui.workshop.locking import claimed, writer_lock

LOOK_SECONDS = 0.3


async def follow(args: argparse.Namespace, call: Call) -> int:
    """Capture while nobody else writes the home."""
    del args
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
    home.bus.subscribe(lambda event: _tell(call.out, event))
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


def _tell(out: Output, event: WorkshopEvent) -> None:
    if isinstance(event, JudgeFailed):
        out.note(f"the judge can't work: {event.message} ({event.hint})")
    if not isinstance(event, Captured) or not (event.new_steps or event.quarantined):
        return
    if not out.as_json:
        out.result({}, f"{event.source}  {event.new_steps:4d} new steps  {event.path}")
        return
    out.json_line(
        {
            "path": event.path, "source": event.source, "sessions": list(event.sessions),
            "trajectories": list(event.trajectories), "new_steps": event.new_steps,
            "quarantined": event.quarantined, "backfill": event.backfill,
        }
    )  # fmt: skip


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
