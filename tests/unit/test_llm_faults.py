"""Everything a server can do wrong in a chat becomes one of our errors, with a hint."""

from __future__ import annotations

from time import monotonic

import pytest

from skilltui.errors import (
    EngineError,
    ModelMissingError,
    ModelOfflineError,
    ModelRefusedError,
    ModelReplyError,
    ModelTruncatedError,
)
from skilltui.llm.model import LocalModel
from tests.fake_ollama import FakeOllama, Fault

SCHEMA = {
    "type": "object",
    "properties": {"said": {"type": "string", "maxLength": 200}},
    "required": ["said"],
    "additionalProperties": False,
}
MESSAGES = [{"role": "user", "content": "Say something. " * 40}]


async def fail(model: LocalModel) -> EngineError:
    with pytest.raises(EngineError) as caught:
        await model.chat(
            MESSAGES, SCHEMA, on_delta=lambda _: None, on_phase=lambda _: None, num_predict=80
        )  # fmt: skip
    return caught.value


@pytest.mark.parametrize(
    ("fault", "kind", "message", "hint"),
    [
        (Fault.ERROR_500, ModelReplyError, "unexpectedly stopped", "ollama serve"),
        (Fault.OUT_OF_MEMORY, ModelReplyError, "system memory", "ollama pull"),
        (Fault.BUSY_503, ModelReplyError, "busy", "try again"),
        (Fault.MISSING_404, ModelMissingError, "qwen3.5:4b", "ollama pull qwen3.5:4b"),
        (Fault.SIGN_IN_401, ModelRefusedError, "sign-in", "this machine"),
        (Fault.REDIRECT, ModelRefusedError, "elsewhere", "[ollama] host"),
        (Fault.HTML, ModelReplyError, "protocol", "[ollama] host"),
        (Fault.MID_STREAM, ModelReplyError, "running the model", "ollama serve"),
        (Fault.NO_DONE, ModelReplyError, "broke off", "try again"),
        (Fault.DROP, ModelReplyError, "connection", "try again"),
        (Fault.GARBAGE, ModelReplyError, "protocol", "[ollama] host"),
        (Fault.NO_OBJECT, ModelReplyError, "protocol", "[ollama] host"),
        (Fault.COMPRESSED, ModelReplyError, "connection", "try again"),
        (Fault.SILENT_CUT, ModelTruncatedError, "cut", "fewer"),
        (Fault.STALL, ModelReplyError, "stopped answering", "ollama serve"),
        (Fault.SILENCE, ModelReplyError, "stopped answering", "ollama serve"),
        (Fault.ENDLESS, ModelReplyError, "no end", "try again"),
        (Fault.HUGE, ModelReplyError, "10 MB", "Ollama"),
        (Fault.BAD_SCHEMA, ModelReplyError, "wrong form", "another model"),
        (Fault.NO_JSON, ModelReplyError, "wrong form", "another model"),
    ],
)
async def test_every_fault_has_its_error_and_a_hint(
    fault: Fault, kind: type[EngineError], message: str, hint: str
) -> None:
    started = monotonic()
    async with FakeOllama(fault=fault, reply='{"said": "something or other, in more than three pieces"}') as server:
        error = await fail(LocalModel(server.url, None, env={}, first_token_seconds=0.4, stall_seconds=0.2))
        assert type(error) is kind
        assert message in error.message
        assert hint in error.hint
        assert len(server.chats) == (2 if fault in (Fault.BAD_SCHEMA, Fault.NO_JSON) else 1)
    assert monotonic() - started < 10


async def test_a_server_that_went_away() -> None:
    async with FakeOllama() as server:
        model = LocalModel(server.url, None, env={})
        assert (await model.status()).state == "ready"
    error = await fail(model)
    assert type(error) is ModelOfflineError
    assert error.hint == "start it with: ollama serve"


async def test_a_server_s_words_are_shown_short_and_harmless() -> None:
    async with FakeOllama(reply="x") as server:
        server.models = [{"model": "qwen3.5:4b"}]
        server.show = {"capabilities": ["completion"], "template": "\x1b[31m" * 1000}
        server.fault = Fault.ERROR_500
        server.errors[Fault.ERROR_500] = (500, "boom \x1b[2J\u202e" + "very " * 1000)
        error = await fail(LocalModel(server.url, None, env={}))
    assert "boom" in error.message
    assert error.message.isprintable()
    assert len(error.message) < 250


async def test_an_answer_cut_at_its_limit_is_kept_as_far_as_it_is_whole() -> None:
    schema = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "maxItems": 9, "items": {"type": "array", "maxItems": 1, "items": SCHEMA}},
            "end": {"type": "boolean"},
        },
        "required": ["items", "end"],
        "additionalProperties": False,
    }
    text = (
        '{"items": [[{"said": "one"}], [{"said": "two"}], [{"said": "three, and much more than that"}]], "end": true}'
    )
    async with FakeOllama(fault=Fault.LENGTH, reply=text) as server:
        model = LocalModel(server.url, None, env={})
        reply = await model.chat(MESSAGES, schema, on_delta=lambda _: None, on_phase=lambda _: None)
    assert reply.partial
    assert reply.data == {"items": [[{"said": "one"}], [{"said": "two"}]]}
