"""Loading again on news, without piling up and without starving.

An exclusive worker would be cancelled by every new event and never finish while an import runs; a queue would load once
per event. Here a load runs to its end, and all news that arrived meanwhile is answered by one more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from textual.dom import DOMNode

# Between two loads while news keep coming: an import would otherwise be read back all the time.
PAUSE_SECONDS = 0.15


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
        self._owner.run_worker(self._run(), group=self._group, exclusive=True, exit_on_error=False)

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
