"""Reading ahead in an import: while one group of batches is being written, the next is read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator

from skilltui.workshop.reading import Group

# While SQLite writes, which needs no Python, there has to be something to read.
_AHEAD = 3


async def read_ahead(groups: Iterator[Group]) -> AsyncGenerator[Group, None]:
    """The same groups, some of them read ahead of the one that is handed out."""
    in_turn = asyncio.Lock()

    async def read() -> Group | None:
        async with in_turn:
            return await asyncio.to_thread(next, groups, None)

    ahead = deque(asyncio.ensure_future(read()) for _ in range(_AHEAD))
    try:
        while (group := await ahead.popleft()) is not None:
            ahead.append(asyncio.ensure_future(read()))
            yield group
    finally:
        for reading in ahead:
            reading.cancel()
        await asyncio.gather(*ahead, return_exceptions=True)
