"""Lines from standard input as they come, without holding anything up that can be cancelled.

A blocking read can't be interrupted, and the event loop joins its own threads at the end; a thread that nobody waits
for may stay in its read when the program leaves.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import BinaryIO

CHUNK_BYTES = 512 * 1024
# What came is stored after this much silence, so that a pipe can be followed live.
SILENCE_SECONDS = 0.5


async def line_chunks(file: BinaryIO) -> AsyncIterator[list[bytes]]:
    """Lists of whole lines, each of about half a megabyte or of what came before a pause."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[bytes | None] = asyncio.Queue()
    room = threading.Semaphore(4096)

    def pump() -> None:
        for line in file:
            room.acquire()
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=pump, daemon=True).start()
    chunk: list[bytes] = []
    size = 0
    while True:
        try:
            line = await asyncio.wait_for(lines.get(), SILENCE_SECONDS if chunk else None)
        except TimeoutError:
            yield chunk
            chunk, size = [], 0
            continue
        if line is not None:
            room.release()
            chunk.append(line)
            size += len(line)
        if chunk and (line is None or size >= CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        if line is None:
            return
