"""A model on this machine: is it there, and one answer under a schema."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from skilltui.errors import (
    EngineError,
    ModelMissingError,
    ModelOfflineError,
    ModelRefusedError,
    ModelReplyError,
    ModelTruncatedError,
)
from skilltui.llm import choice, reply
from skilltui.llm.choice import Seen
from skilltui.llm.endpoint import Endpoint, resolve
from skilltui.llm.schema import Schema, violations

if TYPE_CHECKING:
    from ollama import ChatResponse

    from skilltui.llm.server import Server

# A changed context reloads the model, so each job has one of these. A laptop without a GPU gets the first by default.
CONTEXTS = (4096, 8192, 16384)
# Room for the template's own tokens.
SPARE_TOKENS = 64
# Thinking counts against ``num_predict``; this is what it may take where it can't be turned off.
THINKING_TOKENS = 2048
# UTF-8 bytes a token, measured low on code and JSON, so that the estimate is rather too high.
BYTES_PER_TOKEN = 3.1
MESSAGE_TOKENS = 8
# A second try at temperature 0 would repeat the first.
RETRY_TEMPERATURE = 0.2

State = Literal["ready", "offline", "missing", "refused", "failed"]


class ModelStatus(Struct, frozen=True):
    """What can be said of the model now.

    ``models`` are those that run on the server's own machine; ``hint`` is what to do where ``state`` is not ``ready``.
    """

    state: State
    host: str
    local: bool
    version: str
    model: str | None
    models: tuple[str, ...]
    hint: str


class ChatReply(Struct, frozen=True):
    """An answer that fits its schema.

    ``text`` is what the model wrote, ``data`` the value read from it. ``partial``: the answer was cut off at
    ``num_predict``; ``data`` is its whole part and may lack properties of the outermost object. Token counts are the
    server's, 0 where it gives none.
    """

    data: Any
    text: str
    prompt_tokens: int
    eval_tokens: int
    seconds: float
    partial: bool


def prompt_tokens(messages: Sequence[Mapping[str, str]]) -> int:
    """A prompt's size in tokens, estimated rather too high; Ollama has no public tokeniser."""
    size = sum(len(message["content"].encode("utf-8", "replace")) for message in messages)
    return int(size / BYTES_PER_TOKEN) + MESSAGE_TOKENS * len(messages)


class LocalModel:
    """The port to one Ollama server.

    ``host`` and ``model`` are the configured ones or None. Nothing is sent before :meth:`status`, :meth:`room` or
    :meth:`chat` is called, and never anything to a host that ``endpoint.resolve`` refuses.
    """

    def __init__(
        self,
        host: str | None,
        model: str | None,
        *,
        allow_remote: bool = False,
        env: Mapping[str, str] = os.environ,
        first_token_seconds: float = 300.0,
        stall_seconds: float = 120.0,
    ) -> None:
        self._host = host
        self._model = model
        self._allow_remote = allow_remote
        self._env = env
        self._watchdogs = (first_token_seconds, stall_seconds)
        self._endpoint: Endpoint | None = None
        self._chosen: str | None = None

    @property
    def name(self) -> str | None:
        """The model in use; before the first look at the server the configured one."""
        return self._chosen or self._model

    async def status(self) -> ModelStatus:
        """Look at the server, for five seconds at most. An expected failure is not raised: it is the state."""
        seen = Seen()
        state: State = "ready"
        hint = ""
        try:
            await self._look(seen)
        except EngineError as error:
            state, hint = _state_of(error), error.hint
        if self._endpoint is None:
            # What was given, without a user name or password.
            given = (self._host or self._env.get("OLLAMA_HOST") or "").rpartition("@")[2]
            return ModelStatus(state, given, local=False, version="", model=None, models=(), hint=hint)
        host, local = self._endpoint.url, self._endpoint.local
        return ModelStatus(state, host, local, seen.version, seen.model, seen.models, hint)

    async def room(self) -> int:
        """How many tokens a prompt and its answer may have together. Raises ``EngineError`` as :meth:`chat`."""
        seen = Seen()
        await self._look(seen)
        return _longest(seen) - SPARE_TOKENS - (THINKING_TOKENS if seen.thinks_anyway else 0)

    async def chat(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Schema,
        *,
        on_delta: Callable[[str], None],
        on_phase: Callable[[str], None],
        num_predict: int = 1200,
        seed: int = 0,
        temperature: float = 0.0,
    ) -> ChatReply:
        """One answer under ``schema``; a first one that does not fit is thrown away and asked for once more.

        ``on_phase`` hears ``loading``, ``reading`` and ``writing``, the last two again on the second try.
        ``on_delta`` gets each piece of the raw text, an empty one where the model thinks. Cancelling the task closes
        the connection, and the server stops. Raises ``ModelOfflineError``, ``ModelMissingError``,
        ``ModelRefusedError``, ``ModelReplyError`` or ``ModelTruncatedError``.
        """
        started = monotonic()
        on_phase("loading")
        seen = Seen()
        server = await self._look(seen)
        model = seen.model or ""
        if seen.thinks_anyway:
            num_predict += THINKING_TOKENS
        estimate = prompt_tokens(messages)
        num_ctx = _context_for(estimate + num_predict + SPARE_TOKENS, _longest(seen))
        await server.load(model, num_ctx)
        problem = ""
        for attempt in range(2):
            on_phase("reading")
            options = {
                "num_ctx": num_ctx,
                "num_predict": num_predict,
                "seed": seed + attempt,
                "temperature": max(temperature, RETRY_TEMPERATURE) if attempt else temperature,
                "top_p": 0.9,
                "repeat_penalty": 1.0,
            }
            async with aclosing(server.chat(seen, messages, schema, options)) as parts:
                text, final = await _collect(parts, on_delta, on_phase, limit=num_predict)
            count = final.prompt_eval_count or 0
            if await _was_cut(server, model, count, estimate, num_ctx):
                raise ModelTruncatedError(
                    f"Ollama cut the prompt: about {estimate} tokens were sent, {count} were read",
                    "learn from fewer trajectories, or raise OLLAMA_CONTEXT_LENGTH where `ollama serve` runs",
                )
            partial = final.done_reason == "length"
            data, problem = _read(text, schema, partial=partial)
            if not problem:
                return ChatReply(data, text, count, final.eval_count or 0, monotonic() - started, partial)
        raise ModelReplyError(
            f"{model} gave an answer of the wrong form, twice ({problem})",
            f"try again, or another model, for example: ollama pull {choice.SUGGESTED}",
        )

    async def _look(self, seen: Seen) -> Server:
        """The server, after a look at it. The first time in a thread: 0.3 s of imports, and perhaps a slow resolver."""
        server = await asyncio.to_thread(self._server)
        try:
            await server.look(self._model, seen)
        finally:
            self._chosen = seen.model
        return server

    def _server(self) -> Server:
        if self._endpoint is None:
            self._endpoint = resolve(self._host, self._env, allow_remote=self._allow_remote)
        from skilltui.llm.server import Server

        return Server(self._endpoint, *self._watchdogs)


async def _collect(
    parts: AsyncGenerator[ChatResponse, None],
    on_delta: Callable[[str], None],
    on_phase: Callable[[str], None],
    *,
    limit: int,
) -> tuple[str, ChatResponse]:
    """The text and the final record of a stream. Raises ``ModelReplyError`` where there is none, or no end."""
    pieces: list[str] = []
    count = 0
    async for part in parts:
        piece, thought = part.message.content or "", part.message.thinking or ""
        if piece or thought:
            if not pieces:
                on_phase("writing")
            pieces.append(piece)
            on_delta(piece)
        if part.done:
            return "".join(pieces), part
        count += 1
        # Every piece is at least one token, so a server that keeps to num_predict never comes here.
        if count > 2 * limit + SPARE_TOKENS:
            raise ModelReplyError("the model's answer has no end", "restart Ollama, then try again")
    raise ModelReplyError(
        "the model's answer broke off before its end", "try again; Ollama stops a model that repeats itself"
    )


async def _was_cut(server: Server, model: str, count: int, estimate: int, num_ctx: int) -> bool:
    """Whether the server cut the prompt, which it does without a word (ollama/ollama#17427).

    What is left then is half the context plus two or three tokens. A low count alone may also mean that the beginning
    of the prompt was in the server's cache; then the context in effect tells.
    """
    if count <= 0:
        return False
    if abs(count - (num_ctx // 2 + 2)) <= 4:
        return True
    if count >= 0.6 * estimate:
        return False
    in_effect = await server.context_in_effect(model)
    return in_effect is None or in_effect < num_ctx


def _read(text: str, schema: Schema, *, partial: bool) -> tuple[Any, str]:
    """The value in an answer, and what is wrong with it (empty: nothing)."""
    if partial:
        data = reply.salvage(text, lambda value: not violations(value, schema, partial=True))
        return data, "cut off before anything was whole" if data is None else ""
    try:
        data = reply.decode(text)
    except ValueError:
        return None, "not JSON"
    return data, next(iter(violations(data, schema)), "")


def _longest(seen: Seen) -> int:
    return min(seen.context or CONTEXTS[-1], CONTEXTS[-1])


def _context_for(tokens: int, longest: int) -> int:
    """The smallest context that holds a job. Raises ``ModelTruncatedError`` where none does."""
    for context in CONTEXTS:
        if tokens <= min(context, longest):
            return min(context, longest)
    raise ModelTruncatedError(
        f"the prompt and its answer need about {tokens} tokens; the model can have {longest}",
        "learn from fewer trajectories",
    )


def _state_of(error: EngineError) -> State:
    match error:
        case ModelOfflineError():
            return "offline"
        case ModelMissingError():
            return "missing"
        case ModelRefusedError():
            return "refused"
        case _:
            return "failed"
