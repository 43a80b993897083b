"""The port to an embedding model: texts in, vectors of length 1 out.

Traps of ``POST /api/embed`` that are kept away from here: the end of a text that is too long is cut in silence (so
callers put what matters first and clip; a server that refuses instead gets shorter texts), a model that was replaced
under the same name gives vectors that mean something else (so its digest is told with them), and a reply may hold
anything (so it is looked at number by number).
"""

from __future__ import annotations

import asyncio
import math
import os
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from skilltui.errors import ModelMissingError, ModelReplyError, ModelTruncatedError
from skilltui.figures import plural
from skilltui.llm import choice
from skilltui.llm.endpoint import Endpoint, resolve

MAX_DIMENSIONS = 8192
SUGGESTED = "all-minilm"
_KEEP_ALIVE = "15m"
_LOOK_SECONDS = 5.0
# A server that refuses what is too long gets half of each text, so often.
_HALVINGS = 3

# What the authors of a model want before a stored text and before a request; without it they compare less well. A name
# stands for every tag of its family.
_PREFIXES: Mapping[str, tuple[str, str]] = {
    "nomic-embed-text": ("search_document: ", "search_query: "),
    "mxbai-embed-large": ("", "Represent this sentence for searching relevant passages: "),
    "snowflake-arctic-embed2": ("", "query: "),
    "snowflake-arctic-embed": ("", "Represent this sentence for searching relevant passages: "),
    "embeddinggemma": ("title: none | text: ", "task: search result | query: "),
}


class EmbeddingModelSeen(Struct, frozen=True):
    """A model as the server has it now: its name there, and the digest of its bytes."""

    name: str
    digest: str


def prefixes(model: str) -> tuple[str, str]:
    """What stands before a stored text and before a request, for a model of that name."""
    family = model.lower().rpartition("/")[2].partition(":")[0]
    return _PREFIXES.get(family, ("", ""))


class EmbeddingModel:
    """One embedding model of one Ollama server. ``host`` as configured; the rules for it are ``endpoint.resolve``'s.

    Nothing is sent before :meth:`look` or :meth:`embed` is called. Both raise ``ModelOfflineError``,
    ``ModelMissingError``, ``ModelRefusedError`` or ``ModelReplyError``; cancelling their task closes the connection.
    """

    def __init__(
        self, host: str | None, model: str, *, allow_remote: bool = False, env: Mapping[str, str] = os.environ
    ) -> None:
        self.wanted = model
        self._host = host
        self._allow_remote = allow_remote
        self._env = env
        self._endpoint: Endpoint | None = None

    async def look(self) -> EmbeddingModelSeen:
        """The model as it is there now. Refused: one that runs in the cloud, and one that says that it can't embed."""
        entry = await self._entry()
        name = choice.entry_name(entry)
        about = await self._ask("/api/show", {"model": name}, _LOOK_SECONDS)
        if choice.is_cloud(name, about):
            raise choice.refused(name)
        abilities = about.get("capabilities")
        # Servers of before mid-2025 name no abilities.
        if isinstance(abilities, list) and abilities and "embedding" not in abilities:
            raise ModelMissingError(f"{name} makes no embeddings", f"ollama pull {SUGGESTED}, and name that one")
        return EmbeddingModelSeen(name, str(entry.get("digest") or ""))

    async def digest(self) -> str:
        """The digest of what the server has under that name at this moment."""
        return str((await self._entry()).get("digest") or "")

    async def embed(self, texts: Sequence[str], *, seconds: float) -> list[array[float]]:
        """The vectors of some texts, each of length 1, all of one dimension; within so many seconds for all of them.

        ``ModelReplyError`` for anything else than as many vectors of finite numbers.
        """
        clipped = list(texts)
        for _ in range(_HALVINGS):
            try:
                return await self._embed(clipped, seconds)
            except ModelTruncatedError:
                clipped = [text[: max(1, len(text) // 2)] for text in clipped]
        return await self._embed(clipped, seconds)

    async def _embed(self, texts: list[str], seconds: float) -> list[array[float]]:
        body = {"model": self.wanted, "input": texts, "truncate": True, "keep_alive": _KEEP_ALIVE}
        reply = await self._ask("/api/embed", body, seconds)
        vectors = reply.get("embeddings")
        if not isinstance(vectors, list) or len(vectors) != len(texts):
            sent = plural(len(vectors), "embedding") if isinstance(vectors, list) and vectors else "no embeddings"
            raise _senseless(f"{sent} for {plural(len(texts), 'text')}")
        found = [_unit(vector) for vector in vectors]
        if len({len(vector) for vector in found}) > 1:
            raise _senseless("embeddings of several dimensions in one reply")
        return found

    async def _entry(self) -> dict[str, Any]:
        listed = [
            dict(entry)
            for entry in (await self._ask("/api/tags", None, _LOOK_SECONDS)).get("models") or ()
            if isinstance(entry, dict)
        ]
        try:
            name = choice.choose(self.wanted, listed)
        except ModelMissingError as error:
            raise ModelMissingError(error.message, f"ollama pull {self.wanted}") from error
        return next(entry for entry in listed if choice.entry_name(entry) == name)

    async def _ask(self, path: str, body: dict[str, Any] | None, seconds: float) -> dict[str, Any]:
        # The first time in a thread: 0.3 s of imports, and perhaps a slow resolver.
        endpoint = await asyncio.to_thread(self._resolved)

        from skilltui.llm.faults import translated
        from skilltui.llm.wire import ask, plain_client

        with translated(endpoint, self.wanted):
            async with asyncio.timeout(seconds), plain_client(endpoint.url, read=seconds) as client:
                return await ask(client, path, body)

    def _resolved(self) -> Endpoint:
        if self._endpoint is None:
            self._endpoint = resolve(self._host, self._env, allow_remote=self._allow_remote)
        import skilltui.llm.faults
        import skilltui.llm.wire  # noqa: F401

        return self._endpoint


def _unit(vector: Any) -> array[float]:
    """A vector of length 1, in 32 bits a number, whatever the server calls normalised."""
    if not isinstance(vector, list) or not 0 < len(vector) <= MAX_DIMENSIONS:
        raise _senseless("an embedding without numbers, or with too many")
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in vector):
        raise _senseless("an embedding with something in it that is no number")
    try:
        length = math.hypot(*vector)
    except OverflowError:
        length = math.inf
    if not 0 < length < math.inf:
        raise _senseless("an embedding of zeros, of no numbers or of endless ones")
    return array("f", (value / length for value in vector))


def _senseless(what: str) -> ModelReplyError:
    return ModelReplyError(f"Ollama sent {what}", "another model may do better: `[ollama] embed_model`")
