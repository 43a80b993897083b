"""Embeddings in matching: what they add, and what can go wrong with them, against a server on the loopback."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from msgspec.structs import replace

from skilltui.domain.skill import LEXICAL, WITH_EMBEDDINGS, MatchResult
from skilltui.paths import HomePaths
from skilltui.workshop import embedding
from skilltui.workshop.home import Home
from tests.fake_embeddings import EmbedFault
from tests.fake_ollama import FakeOllama
from tests.service.conftest import add_skill
from tests.sessions import ClaudeSession

MODEL = {"name": "all-minilm:latest", "model": "all-minilm:latest", "digest": "d1"}
ABLE = {"capabilities": ["embedding"]}
REQUEST = "the laundry is soap, shirts, clothes: dirty bread"


def skill(name: str, description: str, body: str = "Steps.\n") -> str:
    return f'---\nname: {name}\ndescription: "{description}"\n---\n\n{body}'


@pytest.fixture(autouse=True)
def library(person: Path) -> Path:
    root = person / ".agents" / "skills"
    add_skill(root, "wash-things", skill("wash-things", "Wash, wash again, then wash."))
    add_skill(root, "bake-bread", skill("bake-bread", "Knead and bake bread."))
    return root


@asynccontextmanager
async def using(
    paths: HomePaths, person: Path, server: FakeOllama | str, model: str = "all-minilm"
) -> AsyncIterator[Home]:
    url = server if isinstance(server, str) else server.url
    paths.make()
    paths.config.write_text(f'[ollama]\nhost = "{url}"\nembed_model = "{model}"\n', encoding="utf-8")
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        yield home


@pytest.fixture
async def server() -> AsyncIterator[FakeOllama]:
    async with FakeOllama(models=[MODEL], show=ABLE) as fake:
        yield fake


async def ask(home: Home, request: str = REQUEST, patience: float = 30.0) -> MatchResult:
    (result,) = await home.library.match_all([request], patience=patience)
    return result


async def test_the_meaning_counts_beside_the_words_and_skills_are_sent_once(
    server: FakeOllama, paths: HomePaths, person: Path
) -> None:
    async with using(paths, person, server) as home:
        assert await home.library.match_all([]) == []
        alone = await home.library.match(REQUEST)
        both = await ask(home)
        assert (alone.engine, both.engine, both.reason) == (LEXICAL, WITH_EMBEDDINGS, "")
        scores = [{match.skill: match.score for match in found.top} for found in (alone, both)]
        assert scores[1]["wash-things"] > scores[0].get("wash-things", 0.0)
        assert any("near in meaning" in match.why[0] for match in both.top if match.skill == "wash-things")
        sent = len(server.embeds)
        await ask(home, "another laundry")
        assert len(server.embeds) == sent + 1
    async with using(paths, person, server) as home:
        assert (await ask(home)).top == both.top
        assert len(server.embeds) == sent + 2
        assert [len(request.body["input"]) for request in server.embeds[sent:]] == [1, 1]
        add_skill(person / ".agents" / "skills", "fold-paper", skill("fold-paper", "Fold paper."))
        await home.library.refresh()
        await ask(home)
        assert ["fold paper: Fold paper."] in [request.body["input"] for request in server.embeds]
        assert len(server.embeds) == sent + 4


async def test_the_cache_is_small_ours_alone_and_may_be_deleted(
    server: FakeOllama, paths: HomePaths, person: Path
) -> None:
    async with using(paths, person, server) as home:
        await ask(home)
    (file,) = paths.cache.glob("vectors-*")
    assert file.stat().st_size < 10_000
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    before = len(server.embeds)
    async with using(paths, person, server) as home:
        assert (await ask(home)).engine == WITH_EMBEDDINGS
    assert len(server.embeds) > before + 1
    for skill_file in (person / ".agents" / "skills").glob("*/SKILL.md"):
        if "bake" not in str(skill_file):
            skill_file.unlink()
    size = file.stat().st_size
    async with using(paths, person, server) as home:
        await ask(home)
    assert file.stat().st_size < size


async def test_off_by_default_and_nothing_is_sent(server: FakeOllama, home: Home) -> None:
    result = await ask(home)
    assert (result.engine, result.reason) == (LEXICAL, "")
    status = await home.library.embeddings.status()
    assert (status.available, status.model) == (False, None)
    assert server.requests == []


@pytest.mark.parametrize(
    "fault", [fault for fault in EmbedFault if fault not in (EmbedFault.STALL, EmbedFault.TOO_LONG)]
)
async def test_whatever_the_server_does_the_words_answer_and_the_reason_is_told(
    fault: EmbedFault, server: FakeOllama, paths: HomePaths, person: Path
) -> None:
    server.embed_fault = fault
    if fault is EmbedFault.DIMENSION:
        server.embed_fault = None
    async with using(paths, person, server) as home:
        words = await home.library.match(REQUEST)
        if fault is EmbedFault.DIMENSION:
            assert (await ask(home)).engine == WITH_EMBEDDINGS
            server.embed_fault = fault
        result = await ask(home)
        assert result.engine == LEXICAL
        assert result.reason
        assert result == replace(words, reason=result.reason)
        asked = len(server.requests)
        assert (await ask(home)).reason == result.reason
        assert len(server.requests) == asked  # it is left alone for a while
        server.embed_fault = None
        home.library.embeddings._retry_at = 0.0
        assert (await ask(home)).engine == WITH_EMBEDDINGS


async def test_how_many_embeddings_are_missing_is_said_of_one_text_too(
    server: FakeOllama, paths: HomePaths, person: Path
) -> None:
    async with using(paths, person, server) as home:
        await ask(home)
        server.embed_fault = EmbedFault.TOO_FEW
        assert "Ollama sent no embeddings for 1 text (" in (await ask(home)).reason


async def test_no_server_a_missing_model_one_in_the_cloud_and_one_that_only_chats(
    paths: HomePaths, person: Path
) -> None:
    reasons = {}
    async with using(paths, person, "http://127.0.0.1:9") as home:
        reasons["down"] = await ask(home)
    async with using(paths, person, "http://192.0.2.1:11434") as home:
        reasons["remote"] = await ask(home)
    async with FakeOllama(models=["qwen3.5:4b"]) as fake:
        async with using(paths, person, fake) as home:
            reasons["missing"] = await ask(home)
        async with using(paths, person, fake, "qwen3.5:4b") as home:
            reasons["chat"] = await ask(home)
    far = {"name": "e:latest", "model": "e:latest", "digest": "x", "remote_host": "https://ollama.com"}
    async with FakeOllama(models=[far], show=ABLE) as fake:
        async with using(paths, person, fake, "e") as home:
            reasons["cloud"] = await ask(home)
            assert not fake.embeds
        async with using(paths, person, fake, "big-cloud") as home:
            reasons["cloud name"] = await ask(home)
    near = {**far, "remote_host": ""}
    async with (
        FakeOllama(models=[near], show={**ABLE, "remote_model": "e"}) as fake,
        using(paths, person, fake, "e") as home,
    ):
        reasons["cloud in show"] = await ask(home)
        assert not fake.embeds
    said = {name: result.reason for name, result in reasons.items()}
    assert all(result.engine == LEXICAL for result in reasons.values())
    assert "no Ollama answers" in said["down"]
    assert "not on this machine" in said["remote"]
    assert "ollama pull all-minilm" in said["missing"]
    assert "makes no embeddings" in said["chat"]
    assert all("cloud" in said[name] for name in ("cloud", "cloud name", "cloud in show"))


async def test_a_server_that_does_not_answer_is_not_waited_for_long(
    server: FakeOllama, paths: HomePaths, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with using(paths, person, server) as home:
        await ask(home)
        monkeypatch.setattr(embedding, "REQUEST_SECONDS", 0.2)
        server.embed_fault = EmbedFault.STALL
        started = monotonic()
        result = await ask(home)
        assert monotonic() - started < 5
        assert "stopped answering" in result.reason
        assert result.top


async def test_patience_ends_before_the_skills_are_embedded_and_the_next_one_finds_them_done(
    server: FakeOllama, paths: HomePaths, person: Path
) -> None:
    server.embed_fault = EmbedFault.STALL
    async with using(paths, person, server) as home:
        asked = asyncio.create_task(ask(home, patience=0.5))
        await server.embedding.wait()
        result = await asked
        assert result.engine == LEXICAL
        assert "embedded so far" in result.reason
    # Closing the home hung up.
    await asyncio.wait_for(server.embeds[0].closed.wait(), 5)


async def test_one_who_does_not_wait_any_more_hangs_up(server: FakeOllama, paths: HomePaths, person: Path) -> None:
    async with using(paths, person, server) as home:
        await ask(home)
        server.embed_fault = EmbedFault.STALL
        server.embedding.clear()
        asked = asyncio.create_task(ask(home))
        await server.embedding.wait()
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await asyncio.wait_for(server.embeds[-1].closed.wait(), 5)


async def test_a_model_that_was_replaced_under_its_name_is_noticed_and_everything_made_anew(
    server: FakeOllama, paths: HomePaths, person: Path
) -> None:
    async with using(paths, person, server) as home:
        await ask(home)
        first = len(server.embeds)
        server.models[0]["digest"] = "d2"
        result = await ask(home)
        assert result.engine == LEXICAL
        assert "replaced" in result.reason
        home.library.embeddings._retry_at = 0.0
        assert (await ask(home)).engine == WITH_EMBEDDINGS
        assert len(server.embeds) > first + 2
    before = len(server.embeds)
    async with using(paths, person, server) as home:
        await ask(home)
    assert len(server.embeds) == before + 1


async def test_what_is_too_long_for_the_model_is_sent_shorter(
    server: FakeOllama, paths: HomePaths, person: Path
) -> None:
    add_skill(person / ".agents" / "skills", "long", skill("long", "Wash " + "many things, " * 80))
    server.embed_fault = EmbedFault.TOO_LONG
    async with using(paths, person, server) as home:
        assert (await ask(home)).engine == WITH_EMBEDDINGS


async def test_secrets_are_not_sent(server: FakeOllama, paths: HomePaths, person: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    add_skill(
        person / ".agents" / "skills", "leaky", skill("leaky", f"Wash with {secret}.", f"Use this when {secret}.\n")
    )
    async with using(paths, person, server) as home:
        assert (await ask(home, f"{REQUEST} with {secret}")).engine == WITH_EMBEDDINGS
    sent = json.dumps([request.body for request in server.embeds])
    assert "leaky" in sent
    assert "redacted:" in sent.encode().decode("unicode_escape")
    assert secret not in sent
    assert secret[:20] not in sent


async def test_capture_and_relabelling_wait_for_no_model(
    server: FakeOllama, paths: HomePaths, person: Path, tmp_path: Path
) -> None:
    from skilltui.domain.trajectory import OutcomeLabel

    session = ClaudeSession("a0000000-0000-4000-8000-000000000000").say("press the clothes").bash("true", "ok")
    path = session.write(tmp_path / "transcripts")
    async with using(paths, person, server) as home:
        await home.capturing.ingest([path])
        (one,) = await home.capturing.trajectories()
        await home.capturing.label(one.id, OutcomeLabel.SUCCESS)
        assert server.requests == []
        # What a person asks is compared with it: why nothing fitted.
        (gap,) = await home.curating.gaps(None)
        await home.curating.nearest(gap)
        # One who only glances does not wait for a slow machine.
        await asyncio.wait_for(server.embedding.wait(), 30)


async def test_words_of_embeddings_reach_the_commands(server: FakeOllama, paths: HomePaths, person: Path) -> None:
    async with using(paths, person, server):
        pass
    place = ["--home", str(paths.data_dir), "--skills", str(person / ".agents" / "skills")]

    async def said(*arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "skilltui", *place, *arguments,
            stdout=asyncio.subprocess.PIPE, env={**os.environ, "HOME": str(person), "COLUMNS": "200"},
        )  # fmt: skip
        out, _ = await process.communicate()
        return out.decode()

    found = json.loads(await said("match", "--json", REQUEST))
    assert (found["engine"], found["engine_reason"]) == (WITH_EMBEDDINGS, "")
    assert json.loads(await said("engines", "--json"))["embeddings"]["available"] is True
    assert "words and embeddings of all-minilm" in await said("engines")
    server.embed_fault = EmbedFault.ERROR_500
    found = json.loads(await said("match", "--json", REQUEST))
    assert found["engine"] == LEXICAL
    assert "Ollama failed" in found["engine_reason"]
    assert "by words alone: Ollama failed" in await said("match", REQUEST)
    server.models.clear()
    report = json.loads(await said("doctor", "--json"))
    assert report["embeddings"]["available"] is False
    assert report["embeddings"]["hint"] == "ollama pull all-minilm"
