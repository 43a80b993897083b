"""What is asked of an Ollama server, each call with its time limits and its faults translated.

Like ``wire``, imported by functions only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, cast

import httpx
from msgspec import Struct
from ollama import ChatResponse

from skilltui.errors import ModelMissingError
from skilltui.llm import choice
from skilltui.llm.choice import Seen
from skilltui.llm.endpoint import Endpoint
from skilltui.llm.faults import translated
from skilltui.llm.wire import ask, chat_client, plain_client

# All small questions of one look together; it stands between a person and the first screen.
LOOK_SECONDS = 5.0
KEEP_ALIVE = "15m"


class Server(Struct, frozen=True):
    """One server. ``first_token_seconds`` and ``stall_seconds`` are the watchdogs of a chat."""

    endpoint: Endpoint
    first_token_seconds: float
    stall_seconds: float

    async def look(self, wanted: str | None, seen: Seen) -> None:
        """Fill ``seen``: version, models, the chosen one and its abilities. It keeps what came before a failure."""
        async with self._asking(wanted) as client:
            seen.version = str((await ask(client, "/api/version")).get("version", ""))
            listed = [dict(entry) for entry in (await ask(client, "/api/tags")).get("models") or ()]
            seen.models = choice.local_models(listed)
            name = choice.choose(wanted, listed)
            about = await ask(client, "/api/show", {"model": name})
            if choice.is_cloud(name, about):
                raise choice.refused(name)
            abilities = about.get("capabilities")
            if abilities is not None and "completion" not in abilities:
                raise ModelMissingError(f"{name} can't write text", f"ollama pull {choice.SUGGESTED}")
            seen.model, seen.thinks = name, "thinking" in (abilities or ())
            facts = about.get("model_info") or {}
            length = facts.get(f"{facts.get('general.architecture')}.context_length")
            seen.context = length if isinstance(length, int) and length > 0 else None

    async def load(self, model: str, num_ctx: int) -> None:
        """Have the model loaded: a chat without messages. So loading can be told from reading the prompt."""
        with translated(self.endpoint, model):
            async with asyncio.timeout(self.first_token_seconds), chat_client(self.endpoint.url) as client:
                await client.chat(model, [], options={"num_ctx": num_ctx}, keep_alive=KEEP_ALIVE)

    async def chat(
        self,
        seen: Seen,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, Any],
        options: Mapping[str, float],
    ) -> AsyncGenerator[ChatResponse, None]:
        """The records of an answer, as they come. Closing this closes the connection, and the server stops."""
        model = seen.model or ""
        with translated(self.endpoint, model):
            async with chat_client(self.endpoint.url) as client:
                stream = await client.chat(
                    model,
                    messages,
                    stream=True,
                    think=False if seen.thinks and not seen.thinks_anyway else None,
                    format=dict(schema),
                    options=options,
                    keep_alive=KEEP_ALIVE,
                )
                async with aclosing(cast("AsyncGenerator[ChatResponse, None]", stream)) as parts:
                    patience = self.first_token_seconds
                    while True:
                        async with asyncio.timeout(patience):
                            part = await anext(parts, None)
                        if part is None:
                            return
                        yield part
                        patience = self.stall_seconds

    async def context_in_effect(self, model: str) -> int | None:
        """The context that the loaded model really has; None where the server doesn't say."""
        async with self._asking(model) as client:
            running = (await ask(client, "/api/ps")).get("models") or ()
            lengths = [entry.get("context_length") for entry in running if choice.entry_name(entry) == model]
        return next((length for length in lengths if isinstance(length, int)), None)

    @asynccontextmanager
    async def _asking(self, model: str | None) -> AsyncIterator[httpx.AsyncClient]:
        with translated(self.endpoint, model):
            async with asyncio.timeout(LOOK_SECONDS), plain_client(self.endpoint.url) as client:
                yield client
