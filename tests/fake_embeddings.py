"""The embeddings of the fake Ollama, and how they go wrong.

An embedding counts words, each in a place of its own, words of one meaning (``MEANINGS``) in the same.
"""

from __future__ import annotations

import asyncio
import re
from enum import StrEnum
from typing import Any, Protocol
from zlib import crc32


class EmbedFault(StrEnum):
    """How an embedding goes wrong."""

    ERROR_500 = "500"
    NAN = "nan"
    ZEROS = "zeros"
    WORDS = "words"
    NO_LIST = "no-list"
    TOO_FEW = "too-few"
    MIXED = "mixed"
    DIMENSION = "dimension"
    SAME = "same"
    TOO_LONG = "too-long"
    STALL = "stall"
    HTML = "html"
    REDIRECT = "redirect"
    HUGE = "huge"


# Words that mean the same, for the embeddings.
MEANINGS = {"laundry": "wash", "clothes": "wash", "shirts": "wash", "dirty": "wash", "soap": "wash"}
DIMENSIONS = 64
# Characters that the model takes, for ``TOO_LONG``.
LIMIT = 400


class Asked(Protocol):
    """A request as it came."""

    body: Any


class Connection(Protocol):
    """Where the answer goes."""

    async def send(self, status: int, body: bytes, kind: str, **headers: str) -> None: ...

    async def send_json(self, status: int, data: Any) -> None: ...

    async def watch(self, request: Any, answering: Any) -> None: ...


def embedding(text: str) -> list[float]:
    """Of a text: how often each word stands in it, in the places that the words fall on."""
    vector = [0.0] * DIMENSIONS
    for word in re.findall(r"[a-z]{3,}", text.lower()):
        vector[crc32(MEANINGS.get(word, word).encode()) % DIMENSIONS] += 1
    return vector if any(vector) else [1.0] * DIMENSIONS


async def answer(connection: Connection, request: Asked, fault: EmbedFault | None) -> None:
    """Answer a request for embeddings, or fail in the way of ``fault``."""
    texts: list[str] = request.body["input"]
    vectors: Any = [embedding(text) for text in texts]
    match fault:
        case EmbedFault.ERROR_500:
            await connection.send_json(500, {"error": "model runner has unexpectedly stopped"})
            return
        case EmbedFault.TOO_LONG if max(map(len, texts)) > LIMIT:
            await connection.send_json(400, {"error": "the input length exceeds the context length"})
            return
        case EmbedFault.STALL:
            await connection.watch(request, asyncio.Event().wait())
        case EmbedFault.HTML:
            await connection.send(200, b"<!doctype html><title>It works!</title>", "text/html")
            return
        case EmbedFault.REDIRECT:
            await connection.send(307, b"", "text/plain", location="http://192.0.2.1:11434/api/embed")
            return
        case EmbedFault.HUGE:
            vectors = [" " * 11_000_000]
        case EmbedFault.NAN:
            vectors[-1][3] = float("nan")
        case EmbedFault.ZEROS:
            vectors[-1] = [0.0] * DIMENSIONS
        case EmbedFault.WORDS:
            vectors[-1][0] = "0.5"
        case EmbedFault.NO_LIST:
            vectors = {"0": vectors}
        case EmbedFault.TOO_FEW:
            vectors = vectors[:-1]
        case EmbedFault.MIXED:
            vectors = [*vectors[:-1], vectors[-1][:-1]] if len(vectors) > 1 else []
        case EmbedFault.DIMENSION:
            vectors = [[*vector, 0.5] for vector in vectors]
        case EmbedFault.SAME:
            vectors = [[1.0] * DIMENSIONS for _ in vectors]
    await connection.send_json(200, {"model": request.body["model"], "embeddings": vectors})
