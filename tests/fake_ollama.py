"""A small Ollama on the loopback, for tests and for trying the interface by hand.

It speaks /api/version, /api/tags, /api/show, /api/ps, /api/embed and /api/chat (NDJSON in chunks) and can fail in every
way that a real server, or what somebody put in its place, was seen to fail. By default it answers a chat from the
request: it words each card of the prompt that the schema's enum names. Embeddings are those of ``fake_embeddings``.

    python -m tests.fake_ollama --port 11434 --delay-ms 30 [--fault stall]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from tests import fake_embeddings
from tests.fake_embeddings import EmbedFault

PIECE = 6  # characters a token
BYTES_PER_TOKEN = 3.6


class Fault(StrEnum):
    """How a chat goes wrong."""

    ERROR_500 = "500"
    OUT_OF_MEMORY = "memory"
    BUSY_503 = "503"
    MISSING_404 = "404"
    SIGN_IN_401 = "401"
    REDIRECT = "redirect"
    HTML = "html"
    MID_STREAM = "mid-stream"
    NO_DONE = "no-done"
    DROP = "drop"
    GARBAGE = "garbage"
    NO_OBJECT = "no-object"
    COMPRESSED = "compressed"
    SILENT_CUT = "silent-cut"
    STALL = "stall"
    SILENCE = "silence"
    ENDLESS = "endless"
    HUGE = "huge"
    BAD_SCHEMA = "bad-schema"
    NO_JSON = "no-json"
    LENGTH = "length"


ERRORS = {
    Fault.ERROR_500: (500, "model runner has unexpectedly stopped"),
    Fault.OUT_OF_MEMORY: (500, "model requires more system memory (9.1 GiB) than is available (3.2 GiB)"),
    Fault.BUSY_503: (503, "server busy, please try again. maximum pending requests exceeded"),
    Fault.MISSING_404: (404, "model 'qwen3.5:4b' not found"),
    Fault.SIGN_IN_401: (401, "unauthorized"),
}


@dataclass(slots=True)
class Request:
    """One request as it came; ``closed`` is set when its client hung up before the answer's end."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class Gate:
    """Where each token waits. Open at first; ``hold`` closes it, ``let`` lets some through, ``open`` all."""

    def __init__(self) -> None:
        self._held = False
        self._free = 0
        self._changed = asyncio.Event()

    def hold(self) -> None:
        self._held, self._free = True, 0

    def let(self, tokens: int = 1) -> None:
        self._free += tokens
        self._changed.set()

    def open(self) -> None:
        self._held = False
        self._changed.set()

    async def passing(self) -> None:
        while self._held and not self._free:
            self._changed.clear()
            await self._changed.wait()
        self._free = max(0, self._free - 1)


class FakeOllama:
    """An async context manager; ``url`` is where it listens, ``requests`` what came in, ``gate`` holds its tokens.

    ``fault`` strikes the first ``fault_times`` chats, all of them without it. ``reply`` replaces the default answer: a
    text, or a function of the request's body. ``models`` are entries of the model list, or names.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        delay_ms: int = 0,
        fault: Fault | str | None = None,
        fault_times: int | None = None,
        reply: str | Callable[[dict[str, Any]], str] | None = None,
        models: Sequence[str | Mapping[str, Any]] = ("qwen3.5:4b",),
        version: str = "0.32.0",
        show: Mapping[str, Any] | None = None,
        prompt_eval_count: int | None = None,
        context_in_effect: int | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.chatting = asyncio.Event()  # a chat with messages has come in
        self.gate = Gate()
        self.fault = Fault(fault) if fault else None
        self.fault_times = fault_times
        self.errors = dict(ERRORS)
        self.reply = reply
        self.models: list[dict[str, Any]] = [
            {"name": entry, "model": entry} if isinstance(entry, str) else dict(entry) for entry in models
        ]
        self.version = version
        self.show: dict[str, Any] = {
            "capabilities": ["completion", "tools", "thinking"],
            "model_info": {"general.architecture": "qwen35", "qwen35.context_length": 262144},
            **(show or {}),
        }
        self.embed_fault: EmbedFault | None = None
        self.embedding = asyncio.Event()  # an embedding was asked for
        self.prompt_eval_count = prompt_eval_count
        self.context_in_effect = context_in_effect
        self._port = port
        self._delay = delay_ms / 1000
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Its address."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def chats(self) -> list[Request]:
        """The chats with messages; one without only loads the model."""
        return [one for one in self.requests if one.path == "/api/chat" and one.body.get("messages")]

    @property
    def embeds(self) -> list[Request]:
        """The requests for embeddings."""
        return [one for one in self.requests if one.path == "/api/embed"]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A plain function, so that this task is ours to cancel.
        task = asyncio.ensure_future(self._serve(_Connection(reader, writer)))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, connection: _Connection) -> None:
        try:
            while request := await connection.receive():
                self.requests.append(request)
                await self._answer(connection, request)
        except _ClientGoneError:
            pass
        finally:
            await connection.close()

    async def _answer(self, connection: _Connection, request: Request) -> None:
        match request.method, request.path:
            case "GET", "/api/version":
                await connection.send_json(200, {"version": self.version})
            case "GET", "/api/tags":
                await connection.send_json(200, {"models": self.models})
            case "GET", "/api/ps":
                loaded = [entry | {"context_length": self.context_in_effect} for entry in self.models[:1]]
                await connection.send_json(200, {"models": loaded if self.context_in_effect else []})
            case "POST", "/api/show":
                await connection.send_json(200, self.show)
            case "POST", "/api/embed":
                self.embedding.set()
                await fake_embeddings.answer(connection, request, self.embed_fault)
            case "POST", "/api/chat" if not request.body.get("messages"):
                record = {"model": request.body["model"], "message": {"role": "assistant", "content": ""}}
                await connection.send_json(200, record | {"done": True, "done_reason": "load"})
            case "POST", "/api/chat":
                await self._chat(connection, request)
            case _:
                await connection.send_json(404, {"error": "no such thing"})

    async def _chat(self, connection: _Connection, request: Request) -> None:
        self.chatting.set()
        fault = self.fault if self.fault_times is None or len(self.chats) <= self.fault_times else None
        if fault in self.errors:
            status, error = self.errors[fault]
            await connection.send_json(status, {"error": error})
        elif fault is Fault.HTML:
            await connection.send(200, b"<!doctype html><title>It works!</title>", "text/html")
        elif fault is Fault.REDIRECT:
            await connection.send(307, b"", "text/plain", location="http://192.0.2.1:11434/api/chat")
        elif fault is Fault.COMPRESSED:
            await connection.send(200, b"\x1f\x8b", "application/x-ndjson", content_encoding="gzip")
        else:
            await connection.watch(request, self._stream(connection, request.body, fault))

    async def _stream(self, connection: _Connection, body: dict[str, Any], fault: Fault | None) -> None:
        await connection.begin()
        if fault is Fault.SILENCE:
            await asyncio.Event().wait()
        text = self._text(body, fault)
        pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
        if fault is Fault.LENGTH:
            pieces = pieces[: max(1, len(pieces) * 3 // 4)]
        for count, piece in enumerate(pieces):
            if count == 3 and fault not in (None, Fault.LENGTH, Fault.SILENT_CUT, Fault.BAD_SCHEMA, Fault.NO_JSON):
                await self._break(connection, body, fault)
                return
            await self.gate.passing()
            if self._delay:
                await asyncio.sleep(self._delay)
            await connection.record(_part(body, piece))
        sent = sum(len(message["content"].encode()) for message in body["messages"])
        read = self.prompt_eval_count or int(sent / BYTES_PER_TOKEN)
        if fault is Fault.SILENT_CUT:
            read = body["options"]["num_ctx"] // 2 + 2
        reason = "length" if fault is Fault.LENGTH else "stop"
        counts = {"prompt_eval_count": read, "eval_count": len(pieces), "total_duration": 10**9}
        await connection.record(_part(body, "") | counts | {"done": True, "done_reason": reason})
        await connection.end()

    async def _break(self, connection: _Connection, body: dict[str, Any], fault: Fault) -> None:
        match fault:
            case Fault.MID_STREAM:
                await connection.record({"error": "an error was encountered while running the model"})
                await connection.end()
            case Fault.NO_DONE:
                await connection.end()
            case Fault.GARBAGE:
                await connection.chunk(b'{"message": \xff\xfe\n')
                await connection.end()
            case Fault.NO_OBJECT:
                await connection.record([1, 2, 3])
                await connection.end()
            case Fault.STALL:
                await asyncio.Event().wait()
            case Fault.ENDLESS:
                while True:
                    await connection.record(_part(body, "\t"))
            case Fault.HUGE:
                while True:
                    await connection.chunk(b" " * 65536)
            case _:  # DROP: the socket closes in the middle of the chunks
                return

    def _text(self, body: dict[str, Any], fault: Fault | None) -> str:
        if fault is Fault.BAD_SCHEMA:
            return '{"items": [{"card": "a card that is not there", "lines": ["invented"]}], "description": "x"}'
        if fault is Fault.NO_JSON:
            return "Certainly! Here are the instructions that you asked for."
        if callable(self.reply):
            return self.reply(body)
        return self.reply if self.reply is not None else json.dumps(default_reply(body))


def default_reply(body: Mapping[str, Any]) -> Any:
    """An answer that fits the request's schema: each card of the prompt in (nearly) its own words."""
    prompt = body["messages"][-1]["content"]
    data = prompt.rpartition("<cards>")[2].partition("</cards>")[0]
    cards: dict[str, list[str]] = {}
    for block in re.split(r"^card ", data, flags=re.MULTILINE)[1:]:
        head, *rest = block.splitlines()
        cards[head.partition(" | ")[0]] = [line[2:] for line in rest if line.startswith("- ")]
    purpose = re.search(r"^purpose: (.*)$", prompt, re.MULTILINE)
    return _instance(body["format"], cards, purpose[1] if purpose else "")


def _instance(schema: Mapping[str, Any], cards: Mapping[str, list[str]], purpose: str) -> Any:
    """The smallest value of a schema; where an object has a property with an enum of cards, one object for each."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _instance(part, cards, purpose) for name, part in schema["properties"].items()}
        case "array":
            item = schema["items"]
            ids = item.get("properties", {}).get("card", {}).get("enum")
            if ids is None:
                return [_instance(item, cards, purpose)] * schema.get("minItems", 1)
            most = item["properties"]["lines"]["maxItems"]
            return [{"card": name, "lines": [_worded(line) for line in cards[name][:most]]} for name in ids]
        case "string":
            return re.sub(r'["\\]', "'", purpose)[:400] or "Use when it is asked for."
        case "integer":
            return schema.get("minimum", 0)
        case _:
            return schema.get("type") == "boolean"


def _worded(line: str) -> str:
    """Another wording that says the same: a full stop at the end, a capital letter at the start."""
    line = line[:1].upper() + line[1:]
    return (line if line.endswith((".", "!", "?")) else f"{line}.")[:300]


def _part(body: Mapping[str, Any], piece: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": piece}
    return {"model": body["model"], "created_at": "2026-11-01T00:00:00Z", "message": message, "done": False}


class _ClientGoneError(Exception):
    """The client hung up."""


class _Connection:
    """HTTP/1.1 as far as one client needs it: keep-alive, Content-Length in, chunks out."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._ended = True

    async def receive(self) -> Request | None:
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        method, path, _ = head[0].split(" ")
        return Request(method, path, headers, json.loads(body) if body else None)

    async def watch(self, request: Request, answering: Any) -> None:
        """Answer while listening for the client's end; a client that hangs up stops the answer, as in Ollama."""
        answer = asyncio.ensure_future(answering)
        listen = asyncio.ensure_future(self._reader.read(1))
        try:
            await asyncio.wait((answer, listen), return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() or isinstance(answer.exception(), _ClientGoneError):
                request.closed.set()
                raise _ClientGoneError
            answer.result()
        finally:
            for task in (answer, listen):
                task.cancel()
            await asyncio.gather(answer, listen, return_exceptions=True)
        # The drop: an answer without its last chunk can only be told by the end of the connection.
        if not self._ended:
            raise _ClientGoneError

    async def send_json(self, status: int, value: Any) -> None:
        await self.send(status, json.dumps(value).encode(), "application/json")

    async def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
        await self._write(head.encode() + body)

    async def begin(self) -> None:
        self._ended = False
        await self._write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        )

    async def record(self, value: Any) -> None:
        await self.chunk(json.dumps(value).encode() + b"\n")

    async def chunk(self, data: bytes) -> None:
        await self._write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    async def end(self) -> None:
        await self._write(b"0\r\n\r\n")
        self._ended = True

    async def close(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError as error:
            raise _ClientGoneError from error


async def _run(port: int, delay_ms: int, fault: str | None) -> None:
    async with FakeOllama(port=port, delay_ms=delay_ms, fault=fault) as server:
        sys.stderr.write(f"listening on {server.url}; Ctrl+C stops\n")
        await asyncio.Event().wait()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A small Ollama for tests.")
    parser.add_argument("--port", type=int, default=11434)
    parser.add_argument("--delay-ms", type=int, default=30, help="pause before each token")
    parser.add_argument("--fault", choices=[str(fault) for fault in Fault])
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(options.port, options.delay_ms, options.fault))


if __name__ == "__main__":
    main()
