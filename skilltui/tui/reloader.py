"""Loading again on news, without piling up and without starving.

An exclusive worker would be cancelled by every new event and never finish while an import runs; a queue would load once
per event. Here a load runs to its end, and all news that arrived meanwhile is answered by one more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker

# Between two loads while news keep coming: an import would otherwise be read back all the time.
PAUSE_SECONDS = 0.15


def begin(owner: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], *, group: str) -> Worker[None]:
    """Run ``work`` in a worker of ``owner``, in place of what still runs in its group.

    The function, not its coroutine: a worker that is cancelled before it began would leave that unawaited.
    """
    worker: Worker[None] = owner.run_worker(work, group=group, exclusive=True, exit_on_error=False)
    return worker


class Reloader:
    """Runs ``load`` in a worker of ``owner``: never twice at a time, and always once more after the last request."""

    def __init__(self, owner: DOMNode, load: Callable[[], Awaitable[None]], *, group: str) -> None:
        self._owner = owner
        self._load = load
        self._group = group
        self._running = False
        self._again = False

    def request(self) -> None:
        """Load now, or once more when the present load is done."""
        if self._running:
            self._again = True
            return
        self._running = True
        begin(self._owner, self._run, group=self._group)

    async def _run(self) -> None:
        try:
            while True:
                self._again = False
                await self._load()
                if not self._again:
                    return
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._running = False
