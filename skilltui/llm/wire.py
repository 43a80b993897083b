"""The two HTTP clients, with the privacy rules and bounds that hold for every request.

Importing this costs 0.3 s (``ollama``, ``httpx``), so it is imported by functions only, in a thread.

- No proxy and no ``.netrc``: httpx would use ``HTTP_PROXY`` even for 127.0.0.1.
- No redirect is followed.
- No credentials: ``ollama`` adds ``OLLAMA_API_KEY`` to every request to any host; the transport takes it off.
- No reply above ``MAX_REPLY_BYTES``.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx
import ollama

from skilltui.errors import ModelReplyError

MAX_REPLY_BYTES = 10_000_000
CONNECT_SECONDS = 1.5
# For the small questions (version, list, show): a server that is up answers these at once.
ANSWER_SECONDS = 3.0


class _BoundedStream(httpx.AsyncByteStream):
    """A reply's bytes, up to a limit."""

    def __init__(self, stream: httpx.AsyncByteStream, limit: int) -> None:
        self._stream = stream
        self._left = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._left -= len(chunk)
            if self._left < 0:
                raise ModelReplyError(
                    f"the reply is larger than {MAX_REPLY_BYTES // 1_000_000} MB", "is this really an Ollama server?"
                )
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Transport(httpx.AsyncHTTPTransport):
    """Sends no credentials, takes no compressed reply (its size would be unknown) and none without a bound."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers.pop("authorization", None)
        request.headers["accept-encoding"] = "identity"
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx.DecodingError("compressed reply to a request that allows none", request=request)
        response.stream = _BoundedStream(response.stream, MAX_REPLY_BYTES)
        return response


def _options(url: str, read: float | None) -> dict[str, Any]:
    # Reading the machine's certificates takes 50 ms; a context without any is enough where there is no TLS.
    verify: ssl.SSLContext | bool = url.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return {
        "transport": _Transport(verify=verify, trust_env=False),
        "trust_env": False,
        "follow_redirects": False,
        "timeout": httpx.Timeout(read, connect=CONNECT_SECONDS),
    }


def plain_client(url: str, *, read: float = ANSWER_SECONDS) -> httpx.AsyncClient:
    """For the answers whose raw JSON matters: ``ollama`` drops the fields that tell a cloud model.

    ``read``: how many seconds the server may take to answer.
    """
    return httpx.AsyncClient(base_url=url, **_options(url, read))


def chat_client(url: str) -> ollama.AsyncClient:
    """For chat. No read time-out: loading and reading a prompt take minutes, so the caller watches the time."""
    return ollama.AsyncClient(url, **_options(url, None))


async def ask(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One small question; the answer's raw JSON object. Raises what ``faults`` translates."""
    response = await (client.get(path) if body is None else client.post(path, json=body))
    response.raise_for_status()
    answer = response.json()
    if not isinstance(answer, dict):
        raise TypeError("not a JSON object")
    return answer
