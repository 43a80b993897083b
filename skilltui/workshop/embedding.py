"""Embeddings in matching: optional, and never in the way.

What is not there, does not answer in time or answers nonsense leaves the words to decide, and says why. Each skill's
text is sent once, redacted, and its vector kept in the cache by what was sent and by the model's digest. Capture never
comes here: an import has thousands of requests, and no server is asked for each of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct

from skilltui.errors import EngineError, ModelReplyError
from skilltui.library.index import SkillIndex
from skilltui.library.match import Matcher
from skilltui.library.meaning import MAX_SKILLS, MAX_TEXT, REFERENCE, Meaning, embedded_text, text_key
from skilltui.library.need import need_text
from skilltui.library.sealed import Sealed
from skilltui.library.vectors import StoredVectors, dump_vectors, load_vectors, quantised
from skilltui.llm.embedding import EmbeddingModel, EmbeddingModelSeen, prefixes
from skilltui.workshop.context import Context

FORMAT = "vectors 1"
# Skills in one call: few enough for a slow machine to answer in time, and to stop between two.
BATCH = 16
BATCH_SECONDS = 60.0
# A request: a loaded model answers within milliseconds, one that must be loaded first within some seconds.
REQUEST_SECONDS = 10.0
# How much longer than for skills a person waits for that.
LOAD_SECONDS = 2.0
# How long a person at a command line waits for skills to be embedded, and one who looks at a pane.
PATIENCE_SECONDS = 15.0
GLANCE_SECONDS = 1.0
# After a failure the server is left alone for so long.
RETRY_SECONDS = 30.0
_SAVE_SECONDS = 5.0


class EmbeddingStatus(Struct, frozen=True):
    """Whether embeddings help to match here; ``model`` is the configured one, ``None`` where none is wanted."""

    available: bool
    model: str | None
    reason: str
    hint: str


class Nearness(Struct, frozen=True):
    """How near each request is to each skill, or ``None`` and why not. ``reason`` is empty where none is wanted."""

    rows: Sequence[Sequence[float]] | None = None
    reason: str = ""


class Embeddings:
    """The vectors of one library, in memory and in the cache. ``name`` tells its file from other libraries'."""

    def __init__(self, context: Context, cache: Sealed, name: str) -> None:
        self._context = context
        self._cache = cache
        self._name = f"vectors-{name}"
        self._model: EmbeddingModel | None = None
        self._settings: tuple[str | None, str | None, bool] = (None, None, False)
        self._fault = ""
        self._retry_at = 0.0
        self._forget()

    def _forget(self) -> None:
        self._distrust()
        self._preparing: asyncio.Task[None] | None = None
        self._prepares: SkillIndex | None = None
        self._progress = ""

    def _distrust(self) -> None:
        """Begin again with what is in the cache: what is in memory may be of several models, or of none."""
        self._seen: EmbeddingModelSeen | None = None
        self._vectors = StoredVectors(0, {})
        self._meaning: Meaning | None = None
        self._meant_for: SkillIndex | None = None

    async def status(self) -> EmbeddingStatus:
        """Look at the server, for some seconds at most; nothing is embedded. Never raises for what is wrong there."""
        model = self._wanted()
        if model is None:
            return EmbeddingStatus(False, None, "no embedding model is set", "`[ollama] embed_model`")
        try:
            await model.look()
        except EngineError as error:
            return EmbeddingStatus(False, model.wanted, error.message, error.hint)
        return EmbeddingStatus(True, model.wanted, "", "")

    async def near(self, matcher: Matcher, requests: Sequence[str], *, patience: float = PATIENCE_SECONDS) -> Nearness:
        """How near requests are to the skills of a matcher, as ``Matcher.match`` takes it; never raises for a model.

        Skills that are not embedded yet are waited for so many seconds; what is missing then is made meanwhile.
        """
        model = self._wanted()
        if model is None or not matcher.skills or not requests:
            return Nearness()
        if time.monotonic() < self._retry_at:
            return Nearness(reason=self._fault)
        try:
            meaning = await self._ready(model, matcher, patience)
            if meaning is None:
                return Nearness(reason=self._progress)
            return Nearness(await self._near(model, meaning, requests, min(REQUEST_SECONDS, patience + LOAD_SECONDS)))
        except EngineError as error:
            self._fault = f"{error.message} ({error.hint})" if error.hint else error.message
            self._retry_at = time.monotonic() + RETRY_SECONDS
            return Nearness(reason=self._fault)

    async def close(self) -> None:
        """Stop what is being embedded; what was saved so far is kept."""
        task, self._preparing = self._preparing, None
        if task is not None:
            task.cancel()
            # Its failure, if any, was told to whoever asked.
            with suppress(asyncio.CancelledError, EngineError):
                await task

    def _wanted(self) -> EmbeddingModel | None:
        """The configured model; another one, or another server, begins anew."""
        config = self._context.config
        settings = (config.embed_model, config.ollama_host, config.allow_remote)
        if settings != self._settings:
            self._settings, self._retry_at = settings, 0.0
            if self._preparing is not None:
                self._preparing.cancel()
            self._forget()
            name = config.embed_model
            self._model = EmbeddingModel(config.ollama_host, name, allow_remote=config.allow_remote) if name else None
        return self._model

    async def _ready(self, model: EmbeddingModel, matcher: Matcher, patience: float) -> Meaning | None:
        """The meaning of the matcher's skills; ``None`` while it is being made."""
        if self._meant_for is matcher.index:
            return self._meaning
        if self._preparing is None or self._prepares is not matcher.index:
            await self.close()
            self._progress = "the skills are being embedded"
            self._prepares = matcher.index
            self._preparing = asyncio.create_task(self._prepare(model, matcher))
            # A failure that nobody waits for is told at the next try, not by asyncio at the end.
            self._preparing.add_done_callback(lambda done: done.cancelled() or done.exception())
        task = self._preparing
        # Not cancelled when patience ends, nor with whoever waits: the next one finds it done.
        await asyncio.wait({task}, timeout=patience)
        if not task.done():
            return None
        if self._preparing is task:
            self._preparing = None
        if task.cancelled():  # by one who asked about other skills
            return None
        task.result()
        return self._meaning

    async def _prepare(self, model: EmbeddingModel, matcher: Matcher) -> None:
        if len(matcher.skills) > MAX_SKILLS:
            raise EngineError(f"of more than {MAX_SKILLS} skills none is embedded", "name fewer roots")
        seen = await model.look()
        if seen != self._seen:
            self._seen = seen
            kept = await asyncio.to_thread(self._cache.read, self._name, _kind(seen))
            self._vectors = (None if kept is None else load_vectors(kept)) or StoredVectors(0, {})
        stored, asked = prefixes(seen.name)
        skills = [stored + text for text in await asyncio.to_thread(lambda: [*map(embedded_text, matcher.skills)])]
        reference = [asked + text for text in REFERENCE]
        texts = {text_key(text): text for text in (*skills, *reference)}
        await self._embed_missing(model, seen, texts)
        rows = self._vectors.rows
        meaning = await asyncio.to_thread(
            lambda: Meaning([rows[text_key(text)] for text in skills], [rows[text_key(text)] for text in reference])
        )
        if not meaning.tells_apart:
            # A server that was out of order must not be remembered for it.
            self._distrust()
            await asyncio.to_thread(self._save, seen)
            raise ModelReplyError(f"{seen.name} says the same of every request", "another model may do better")
        self._meaning, self._meant_for = meaning, matcher.index

    async def _embed_missing(self, model: EmbeddingModel, seen: EmbeddingModelSeen, texts: dict[bytes, str]) -> None:
        before = self._vectors
        self._vectors = StoredVectors(before.dimensions, {k: row for k, row in before.rows.items() if k in texts})
        missing = [key for key in texts if key not in self._vectors.rows]
        saved_at = time.monotonic()
        try:
            for start in range(0, len(missing), BATCH):
                self._progress = f"{len(texts) - len(missing) + start} of {len(texts)} texts are embedded so far"
                keys = missing[start : start + BATCH]
                sent = await asyncio.to_thread(self._redacted, [texts[key] for key in keys])
                vectors = await model.embed(sent, seconds=BATCH_SECONDS)
                if not self._vectors.rows:
                    self._vectors = StoredVectors(len(vectors[0]), {})
                if len(vectors[0]) != self._vectors.dimensions:
                    raise ModelReplyError(f"{seen.name} gave vectors of another dimension than before", "try again")
                self._vectors.rows.update(zip(keys, map(quantised, vectors), strict=True))
                if time.monotonic() - saved_at > _SAVE_SECONDS:
                    await self._check(model, seen)
                    await asyncio.to_thread(self._save, seen)
                    saved_at = time.monotonic()
            if missing:
                await self._check(model, seen)
        except EngineError:
            self._distrust()
            raise
        if missing or len(self._vectors.rows) != len(before.rows):
            await asyncio.to_thread(self._save, seen)

    async def _near(
        self, model: EmbeddingModel, meaning: Meaning, requests: Sequence[str], seconds: float
    ) -> Sequence[Sequence[float]]:
        seen = self._seen
        assert seen is not None
        _, prefix = prefixes(seen.name)
        sent = await asyncio.to_thread(lambda: [prefix + text for text in self._needs(requests)])
        vectors = await model.embed(sent, seconds=seconds)
        if len(vectors[0]) != meaning.dimensions:
            self._distrust()
            raise ModelReplyError(f"{seen.name} gave a vector of another dimension than before", "try again")
        await self._check(model, seen)
        return await asyncio.to_thread(lambda: [meaning.near(quantised(vector)) for vector in vectors])

    async def _check(self, model: EmbeddingModel, seen: EmbeddingModelSeen) -> None:
        """That the vectors are still those of the model that the others are from."""
        if await model.digest() != seen.digest:
            self._distrust()
            raise ModelReplyError(f"{seen.name} was replaced meanwhile", "its vectors are made anew at the next try")

    def _needs(self, requests: Sequence[str]) -> list[str]:
        # Redacted as a whole: what is cut away first may leave half a secret. An empty text has no embedding.
        texts = self._context.redactor.redact_batch(list(requests)).texts
        return [need_text(text)[:MAX_TEXT] or "-" for text in texts]

    def _redacted(self, texts: list[str]) -> list[str]:
        return [text[:MAX_TEXT] for text in self._context.redactor.redact_batch(texts).texts]

    def _save(self, seen: EmbeddingModelSeen) -> None:
        self._cache.write(self._name, dump_vectors(self._vectors), _kind(seen))


def _kind(seen: EmbeddingModelSeen) -> str:
    return f"{FORMAT} {seen.name} {seen.digest}"
