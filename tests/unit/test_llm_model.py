"""One model on one server: its state, its answers, what is sent and where to."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from skilltui.errors import EngineError, ModelRefusedError, ModelTruncatedError
from skilltui.llm.model import ChatReply, LocalModel
from tests.fake_ollama import FakeOllama, Fault

SCHEMA = {
    "type": "object",
    "properties": {"size": {"type": "integer", "minimum": 3, "maximum": 9}},
    "required": ["size"],
    "additionalProperties": False,
}
# 300 estimated tokens, more or less.
MESSAGES = [{"role": "user", "content": "How large is it? " * 55}]


class Heard:
    """What the callbacks said, and when the first words came."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.pieces: list[str] = []
        self.writing = asyncio.Event()

    def phase(self, name: str) -> None:
        self.phases.append(name)

    def delta(self, piece: str) -> None:
        self.pieces.append(piece)
        self.writing.set()


async def chat(model: LocalModel, heard: Heard | None = None, messages: Any = None, **options: Any) -> ChatReply:
    heard = heard or Heard()
    return await model.chat(messages or MESSAGES, SCHEMA, on_delta=heard.delta, on_phase=heard.phase, **options)


def local(server: FakeOllama, name: str | None = None, **options: Any) -> LocalModel:
    return LocalModel(server.url, name, env={}, **options)


CONTACTS: list[tuple[str, Any]] = []


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        CONTACTS.append((event, args[1]))
    elif event in {"socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"}:
        CONTACTS.append((event, args[0]))


@pytest.fixture
def contacts() -> Iterator[list[tuple[str, Any]]]:
    """Every connection and every look-up of a name that this process tries, seen below any library."""
    if not getattr(_audit, "installed", False):
        sys.addaudithook(_audit)  # can't be taken off again
        _audit.installed = True  # type: ignore[attr-defined]
    CONTACTS.clear()
    yield CONTACTS
    CONTACTS.clear()


async def test_a_ready_model() -> None:
    async with FakeOllama(models=("llama3.2:3b", "qwen3.5:4b", "big:cloud")) as server:
        status = await local(server).status()
        assert (status.state, status.host, status.local, status.hint) == ("ready", server.url, True, "")
        assert (status.version, status.model, status.models) == ("0.32.0", "qwen3.5:4b", ("llama3.2:3b", "qwen3.5:4b"))
        assert (await local(server, "llama3.2:3b").status()).model == "llama3.2:3b"


@pytest.mark.parametrize(
    ("options", "name", "state", "hint"),
    [
        ({"models": ()}, None, "missing", "ollama pull qwen3.5:4b"),
        ({}, "qwen3:8b", "missing", "ollama pull qwen3:8b"),
        ({"show": {"capabilities": ["embedding"]}}, None, "missing", "ollama pull qwen3.5:4b"),
        ({}, "gpt-oss:120b-cloud", "refused", "ollama pull"),
        ({"models": [{"model": "m:1b", "remote_host": "https://ollama.com"}]}, "m:1b", "refused", "ollama pull"),
        ({"show": {"remote_host": "https://ollama.com"}}, None, "refused", "ollama pull"),
        ({"show": {"remote_model": "gpt-oss:120b"}}, "qwen3.5:4b", "refused", "ollama pull"),
        ({"show": {"capabilities": 3}}, None, "failed", "[ollama] host"),
    ],
)
async def test_states_that_need_a_hand(options: dict[str, Any], name: str | None, state: str, hint: str) -> None:
    async with FakeOllama(**options) as server:
        status = await local(server, name).status()
        assert status.state == state
        assert hint in status.hint
        assert status.version == "0.32.0"
        with pytest.raises(EngineError):
            await chat(local(server, name))
        assert server.chats == []


async def test_a_server_that_is_not_there_is_offline_at_once() -> None:
    async with FakeOllama() as server:
        url = server.url
    started = monotonic()
    status = await LocalModel(url, "qwen3.5:4b", env={}).status()
    assert (status.state, status.host, status.model) == ("offline", url, None)
    assert "ollama serve" in status.hint
    assert monotonic() - started < 3


async def test_another_kind_of_server_is_failed() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        status = await LocalModel(f"127.0.0.1:{port}", None, env={}).status()
    assert status.state == "failed"
    assert "[ollama] host" in status.hint


async def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # listens, accepts nothing
        started = monotonic()
        status = await LocalModel(f"127.0.0.1:{silent.getsockname()[1]}", None, env={}).status()
    assert status.state == "failed"
    assert status.hint
    assert monotonic() - started < 6


async def test_an_answer_comes_in_pieces_with_its_phases_and_counts() -> None:
    async with FakeOllama(reply='{"size": 7}') as server:
        heard = Heard()
        reply = await chat(local(server), heard)
        assert reply.data == {"size": 7}
        assert reply.text == "".join(heard.pieces) == '{"size": 7}'
        assert len(heard.pieces) > 1
        assert heard.phases == ["loading", "reading", "writing"]
        assert (reply.prompt_tokens > 100, reply.eval_tokens, reply.partial) == (True, len(heard.pieces), False)


async def test_thinking_in_the_text_is_not_part_of_the_answer() -> None:
    async with FakeOllama(reply='<think>{"size": 1}?</think>{"size": 7}') as server:
        assert (await chat(local(server))).data == {"size": 7}


@pytest.mark.parametrize("fault", [Fault.NO_JSON, Fault.BAD_SCHEMA])
async def test_one_answer_of_the_wrong_form_is_asked_for_again_with_another_seed(fault: Fault) -> None:
    async with FakeOllama(fault=fault, fault_times=1) as server:
        heard = Heard()
        assert (await chat(local(server), heard, seed=5)).data == {"size": 3}
        options = [one.body["options"] for one in server.chats]
        assert [one["seed"] for one in options] == [5, 6]
        assert options[0]["temperature"] == 0 < options[1]["temperature"]
        assert options[0]["num_ctx"] == options[1]["num_ctx"]
        assert heard.phases == ["loading", "reading", "writing", "reading", "writing"]


@pytest.mark.parametrize(
    ("version", "abilities", "name", "think", "more"),
    [
        ("0.31.2", ["completion", "thinking"], "qwen3.5:4b", False, 0),
        ("1.0.0", ["completion", "thinking"], "qwen3.5:4b", False, 0),
        ("0.31.1", ["completion", "thinking"], "qwen3.5:4b", None, 2048),
        ("dev", ["completion", "thinking"], "qwen3.5:4b", None, 2048),
        ("0.32.0", ["completion"], "qwen3.5:4b", None, 0),
        ("0.32.0", None, "qwen3.5:4b", None, 0),
        ("0.32.0", ["completion", "thinking"], "gpt-oss:20b", None, 2048),
    ],
)
async def test_thinking_is_turned_off_only_where_the_schema_survives_it(
    version: str, abilities: list[str] | None, name: str, think: bool | None, more: int
) -> None:
    async with FakeOllama(version=version, models=(name,), show={"capabilities": abilities}) as server:
        await chat(local(server, name), num_predict=100)
        (sent,) = server.chats
        assert sent.body.get("think") is think
        assert sent.body["options"]["num_predict"] == 100 + more


@pytest.mark.parametrize(("size", "num_ctx"), [(1000, 4096), (12_000, 8192), (30_000, 16384)])
async def test_one_context_for_a_job_as_large_as_it_needs(size: int, num_ctx: int) -> None:
    async with FakeOllama() as server:
        await chat(local(server), messages=[{"role": "user", "content": "word " * (size // 5)}])
        used = {one.body["options"]["num_ctx"] for one in server.requests if one.path == "/api/chat"}
        assert used == {num_ctx}


async def test_a_prompt_that_can_not_fit_is_not_sent() -> None:
    facts = {"general.architecture": "small", "small.context_length": 2048}
    async with FakeOllama(show={"model_info": facts}) as server:
        model = local(server)
        assert await model.room() < 2048
        assert (await chat(model, num_predict=500)).data == {"size": 3}
        assert server.chats[0].body["options"]["num_ctx"] == 2048
        with pytest.raises(ModelTruncatedError):
            await chat(model, messages=[{"role": "user", "content": "word " * 2000}])
        assert len(server.chats) == 1


@pytest.mark.parametrize(
    ("count", "in_effect", "cut"),
    [
        (2050, 4096, True),
        (2051, 4096, True),
        (40, None, True),
        (40, 2048, True),
        (40, 4096, False),
        (None, None, False),
    ],
)
async def test_a_prompt_cut_in_silence_is_told_from_one_that_was_in_the_cache(
    count: int | None, in_effect: int | None, cut: bool
) -> None:
    async with FakeOllama(prompt_eval_count=count, context_in_effect=in_effect) as server:
        if cut:
            with pytest.raises(ModelTruncatedError):
                await chat(local(server))
        else:
            assert (await chat(local(server))).data == {"size": 3}


@pytest.mark.parametrize("when", ["reading", "writing"])
async def test_cancelling_closes_the_connection_at_once(when: str) -> None:
    async with FakeOllama(
        fault=Fault.SILENCE if when == "reading" else None, reply='{"size": 7}' + " " * 600
    ) as server:
        server.gate.hold()
        server.gate.let(2)
        heard = Heard()
        task = asyncio.create_task(chat(local(server), heard))
        await asyncio.wait_for((server.chatting if when == "reading" else heard.writing).wait(), 5)
        started = monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.chats[0].closed.wait(), 5)
        assert monotonic() - started < 1
        assert heard.phases[-1] == when


REMOTE = ["192.0.2.1", "http://192.0.2.1:11434", "model.example.com", "https://ollama.com"]


@pytest.mark.parametrize("host", REMOTE)
async def test_nothing_leaves_for_another_machine(host: str, contacts: list[tuple[str, Any]]) -> None:
    for model in (LocalModel(host, "qwen3.5:4b", env={}), LocalModel(None, "qwen3.5:4b", env={"OLLAMA_HOST": host})):
        status = await model.status()
        assert (status.state, status.local) == ("refused", False)
        assert "[ollama] allow_remote" in status.hint
        with pytest.raises(ModelRefusedError):
            await chat(model)
        with pytest.raises(ModelRefusedError):
            await model.room()
    assert contacts == []


async def test_a_whole_job_talks_to_the_one_server_only(
    monkeypatch: pytest.MonkeyPatch, contacts: list[tuple[str, Any]]
) -> None:
    async with FakeOllama() as server, FakeOllama() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("OLLAMA_API_KEY", "not-for-you")
        monkeypatch.setenv("OLLAMA_HOST", proxy.url)
        model = local(server)
        await model.status()
        await chat(model)
        assert proxy.requests == []
        assert {one.path for one in server.requests} == {"/api/version", "/api/tags", "/api/show", "/api/chat"}
        for request in server.requests:
            assert "authorization" not in request.headers
            assert "not-for-you" not in str(request.headers) + str(request.body)
        port = int(server.url.rpartition(":")[2])
        assert {address for event, address in contacts if event == "socket.connect"} == {("127.0.0.1", port)}


async def test_a_redirect_is_not_followed(contacts: list[tuple[str, Any]]) -> None:
    async with FakeOllama(fault=Fault.REDIRECT) as server:
        with pytest.raises(ModelRefusedError):
            await chat(local(server))
        assert not [address for _, address in contacts if "192.0.2.1" in str(address)]


async def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    status = await LocalModel("http://me:secret@127.0.0.1:11434", None, env={}).status()
    assert status.state == "refused"
    assert "secret" not in repr(status)


def test_the_client_is_loaded_only_when_it_is_needed() -> None:
    code = (
        "import sys, skilltui.llm.model, skilltui.learning.ollama_engine as engine;"
        "engine.OllamaEngine(skilltui.llm.model.LocalModel(None, None));"
        "sys.exit(bool({'ollama', 'httpx', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
