"""What the queue needs now and then, whoever runs: requests from the spool are filed, snoozes end."""

from __future__ import annotations

from skilltui.store import gaps as store
from skilltui.workshop.context import Context
from skilltui.workshop.events import GapsChanged
from skilltui.workshop.filing import GapFiler
from skilltui.workshop.spool import drain


async def tend(context: Context, filer: GapFiler) -> tuple[str, ...]:
    """Do it once; returns the gaps that changed."""
    changed = list(await drain(context, filer))
    now = context.clock()
    if await context.database.read(lambda c: store.has_due(c, now)):
        changed += await context.database.write(lambda c: store.due(c, now))
        filer.forget()
    if changed:
        context.bus.publish(GapsChanged(tuple(changed)))
    return tuple(changed)
