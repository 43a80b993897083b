"""Everything that a call to the server can raise, as our errors: the one place where this is decided.

Like ``wire``, imported by functions only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import ollama

from skilltui.errors import (
    EngineError,
    ModelMissingError,
    ModelOfflineError,
    ModelRefusedError,
    ModelReplyError,
    ModelTruncatedError,
)
from skilltui.llm.endpoint import Endpoint

# The client lets all of these through: ollama 0.6 raises AttributeError and TypeError for JSON that is no object,
# ValueError covers pydantic's, JSON's and Unicode's own errors, OSError the time-outs and refused connections.
FAULTS = (
    OSError,
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    ollama.ResponseError,
    ollama.RequestError,
    ValueError,
    AttributeError,
    TypeError,
    RecursionError,
)

_LOG = "its own log says more (where `ollama serve` runs)"
_SMALLER = "choose a smaller model, for example: ollama pull qwen3.5:2b"


@contextmanager
def translated(endpoint: Endpoint, model: str | None) -> Iterator[None]:
    """Raise our errors for every fault of the calls inside."""
    try:
        yield
    except FAULTS as fault:
        raise as_engine_error(fault, endpoint, model) from fault


def as_engine_error(fault: BaseException, endpoint: Endpoint, model: str | None) -> EngineError:
    """The adapter: what went wrong, in words, with what a person can do about it."""
    where = endpoint.url
    match fault:
        case httpx.HTTPStatusError():
            return _answered(fault.response.status_code, _reason(fault.response), endpoint, model)
        case ollama.ResponseError():
            return _answered(fault.status_code, str(fault.error), endpoint, model)
        case httpx.ConnectError() | httpx.ConnectTimeout() | ConnectionError():
            return ModelOfflineError(f"no Ollama answers at {where}", endpoint.hint)
        case TimeoutError() | httpx.TimeoutException():
            return ModelReplyError(f"Ollama at {where} stopped answering", "restart it (ollama serve), then try again")
        case httpx.HTTPError():
            return ModelReplyError(f"the connection to Ollama at {where} broke off", f"try again; {_LOG}")
        case _:
            return ModelReplyError(
                f"what answers at {where} does not speak Ollama's protocol", "check `[ollama] host` in config.toml"
            )


def _answered(status: int, said: str, endpoint: Endpoint, model: str | None) -> EngineError:
    """For an error that the server itself reports; ``status`` is -1 in the middle of a stream."""
    shown, low = _short(said), said.lower()
    if status == 404 and model and "not found" in low and not low.lstrip().startswith("<"):
        return ModelMissingError(f"Ollama does not have the model {model}", f"ollama pull {model}")
    if 300 <= status < 400:
        return ModelRefusedError(f"{endpoint.url} points elsewhere; that is not followed", "check `[ollama] host`")
    if status in (401, 403):
        return ModelRefusedError(
            f"{endpoint.url} wants a sign-in; none is ever sent", "choose a model that runs on this machine"
        )
    if "context length" in low:
        return ModelTruncatedError(
            "the prompt does not fit the model's context", "learn from fewer trajectories at once"
        )
    if status == 503:
        return ModelReplyError("Ollama is busy with other requests", "wait a moment, then try again")
    if "memory" in low:
        return ModelReplyError(f"Ollama can't load the model: {shown}", _SMALLER)
    return ModelReplyError(f"Ollama failed: {shown}" if shown else f"Ollama failed with status {status}", _LOG)


def _reason(response: httpx.Response) -> str:
    """The server's own words in an error reply, where it was read and has some."""
    with suppress(ValueError, httpx.StreamError):
        found = json.loads(response.text)
        if isinstance(found, dict):
            return str(found.get("error", ""))
    return ""


def _short(said: str) -> str:
    """One short line without anything that a terminal could take as a command; nothing of an HTML page."""
    if said.lstrip().startswith("<"):
        return ""
    line = " ".join("".join(char if char.isprintable() else " " for char in said[:400]).split())
    return line if len(line) <= 160 else line[:159] + "…"
