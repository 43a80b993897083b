"""An import that reads in a process of its own holds what one holds that reads by itself, whatever becomes of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from skilltui.capture.reader import Batch, TranscriptReader
from skilltui.cli.ahead import reading_ahead
from skilltui.cli.main import run
from skilltui.errors import SourceError
from skilltui.text.redact import Redactor
from skilltui.workshop import reading_process
from skilltui.workshop.reading import Group, Order, Wanted, groups
from skilltui.workshop.reading_process import ReadingProcess, ReadingProcessError, decode, encode
from tests.bench.corpus import generate
from tests.service.importing import home_at, imported, queue, read_here
from tests.sessions import ClaudeSession

pytestmark = pytest.mark.usefixtures("read_apart")

SIZE = 14_000_000


@pytest.fixture
def transcripts(tmp_path: Path) -> Path:
    """Several groups of several files, one of which can't be read."""
    folder = tmp_path / "transcripts"
    generate(folder, size=SIZE, seed=3)
    (folder / "a-broken.jsonl.zst").write_bytes(b"\x28\xb5\x2f\xfd" + b"no frame" * 20)
    return folder


async def brings_the_same(
    tmp_path: Path, env: dict[str, str], folder: Path, report: Any, rows: list[tuple[Any, ...]]
) -> Any:
    """An import without another process comes to this; its report."""
    alone, expected = await read_here(home_at(tmp_path, "alone"), env, folder)
    assert rows == expected
    for name in ("files", "sessions", "steps", "skipped", "redactions"):
        assert getattr(report, name) == getattr(alone, name), name
    return alone


async def test_it_brings_what_reading_here_brings(
    tmp_path: Path, env: dict[str, str], transcripts: Path, given: list[Group]
) -> None:
    report, rows = await imported(home_at(tmp_path, "apart"), env, transcripts)
    await brings_the_same(tmp_path, env, transcripts, report, rows)
    assert queue(home_at(tmp_path, "apart")) == queue(home_at(tmp_path, "alone")) != []
    assert report.redactions
    assert len(report.skipped) == 1
    assert sum(group.bytes for group in given) == report.bytes


@pytest.mark.parametrize("taken", [0, 1, 2])
async def test_what_a_process_that_was_killed_had_not_read_is_read_here(
    tmp_path: Path, env: dict[str, str], transcripts: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    whole = ReadingProcess.groups
    ended: list[Exception] = []

    def killed(self: ReadingProcess, order: Order) -> Iterator[Group]:
        if not taken:
            self._process.kill()
        try:
            for number, group in enumerate(whole(self, order), 1):
                if number == taken:
                    self._process.kill()
                yield group
        except ReadingProcessError as error:
            ended.append(error)
            raise

    monkeypatch.setattr(ReadingProcess, "groups", killed)
    report, rows = await imported(home_at(tmp_path, "killed"), env, transcripts)
    assert len(ended) == 1
    await brings_the_same(tmp_path, env, transcripts, report, rows)


@pytest.mark.parametrize(
    "child",
    [
        "import os; os.write(1, bytes(7) + bytes([9]) + b'skilltui?'); os.read(0, 1)",  # another version
        "print('what is your name?')",
        "raise SystemExit(3)",
        "import time; time.sleep(600)",
    ],
)
async def test_another_program_in_its_place_changes_nothing(
    tmp_path: Path, env: dict[str, str], transcripts: Path, monkeypatch: pytest.MonkeyPatch, child: str
) -> None:
    def another(cls: type[ReadingProcess], gate: Path, size: int) -> ReadingProcess:
        return cls(subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE))

    monkeypatch.setattr(ReadingProcess, "start", classmethod(another))
    monkeypatch.setattr(reading_process, "_PATIENCE", 1.0)
    report, rows = await imported(home_at(tmp_path, "other"), env, transcripts)
    await brings_the_same(tmp_path, env, transcripts, report, rows)


async def test_where_none_can_be_started_the_import_reads_by_itself(
    tmp_path: Path, env: dict[str, str], transcripts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    assert ReadingProcess.start(tmp_path / "gate", SIZE) is None
    report, _ = await imported(home_at(tmp_path, "none"), env, transcripts)
    assert report.steps


@pytest.mark.parametrize(("size", "processors"), [(1, 2), (SIZE, 1)])
def test_it_is_started_only_where_it_pays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, processors: int
) -> None:
    monkeypatch.setattr(reading_process, "WORTH_A_PROCESS", SIZE)
    monkeypatch.setattr(reading_process, "_processors", lambda: processors)
    assert ReadingProcess.start(tmp_path / "gate", size) is None


def test_it_ends_when_nobody_takes_what_it_reads(tmp_path: Path, transcripts: Path) -> None:
    process = ReadingProcess.start(tmp_path / "gate", SIZE)
    assert process is not None
    files: list[Wanted] = [
        (path, "claude-code", None) for path in sorted(transcripts.rglob("*.jsonl")) if ".claude" in path.parts
    ]
    taking = process.groups(Order(tmp_path / "key", tmp_path / "gate", SIZE, files))
    assert next(taking).batches
    child = process._process
    assert child.stdout is not None
    child.stdout.close()
    assert child.wait(timeout=60) == 0
    process.close()
    process.close()


def test_a_group_comes_back_as_it_was_sent(tmp_path: Path, transcripts: Path) -> None:
    reader = TranscriptReader(Redactor(b"k" * 32))
    path = next(path for path in transcripts.rglob("*.jsonl") if ".claude" in path.parts)
    (group,) = groups(reader, [(path, "claude-code", None), (tmp_path / "gone.jsonl", "codex", None)], SIZE)
    found = decode(encode(group), Group)
    assert found.batches == group.batches
    assert isinstance(found.batches[0], Batch)
    ((place, error),) = found.failed
    assert place == tmp_path / "gone.jsonl"
    assert isinstance(error, SourceError)
    assert (error.message, error.hint) == (group.failed[0][1].message, group.failed[0][1].hint)


def test_reads_of_one_file_come_as_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ClaudeSession("a0000000-0000-4000-8000-000000000000").say("run all of them")
    for number in range(40):
        session.bash(f"make check-{number}", f"line of {number}\n" * 30)
    paths = [session.write(tmp_path / name) for name in ("one", "two")]
    with paths[0].open("ab") as file:
        file.write(b"no record\n" + b"{" * 30)
    reader = TranscriptReader(Redactor(b"k" * 32))
    wanted: list[Wanted] = [(path, "claude-code", None) for path in paths]
    whole = [reader.read(path, "claude-code", None, limit=1 << 20, final=True) for path in paths]
    monkeypatch.setattr("skilltui.workshop.reading.CHUNK_BYTES", 3000)
    (group,) = groups(reader, wanted, SIZE)
    assert [replace(batch, read_bytes=0) for batch in group.batches] == [replace(one, read_bytes=0) for one in whole]
    assert (len(whole[0].quarantined), whole[0].pending) == (1, 30)
    assert whole[0].cursor is not None
    assert not whole[0].more


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    started: list[subprocess.Popen[bytes]] = []
    start = ReadingProcess.start.__func__  # type: ignore[attr-defined]

    def recorded(cls: type[ReadingProcess], gate: Path, size: int) -> ReadingProcess | None:
        process: ReadingProcess | None = start(cls, gate, size)
        if process is not None:
            started.append(process._process)
        return process

    monkeypatch.setattr(ReadingProcess, "start", classmethod(recorded))
    # What was written a moment ago may change again; here nobody does.
    monkeypatch.setattr("skilltui.capture.footprint._TICK_NS", 0)
    return started


def test_the_command_starts_one_ahead_and_ends_it(
    tmp_path: Path, transcripts: Path, ran: list[subprocess.Popen[bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    home = ["--home", str(tmp_path / "home")]
    with reading_ahead([*home, "ingest", str(transcripts)]) as process:
        assert process is not None
    assert [one.returncode is not None for one in ran] == [True]
    assert run([*home, "ingest", str(transcripts), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new_steps"] > 0
    assert len(ran) == 2
    assert all(one.returncode is not None for one in ran)


@pytest.mark.parametrize("wrong", [["--format", "bogus"], ["--no-such-option"]])
def test_one_that_was_started_ahead_ends_where_the_command_fails(
    tmp_path: Path, transcripts: Path, ran: list[subprocess.Popen[bytes]], wrong: list[str]
) -> None:
    assert run(["--home", str(tmp_path / "home"), "ingest", str(transcripts), *wrong]) == 2
    assert not (tmp_path / "home").exists()
    assert all(one.returncode is not None for one in ran)
    assert len(ran) == (wrong[0] == "--format")


@pytest.mark.parametrize("paths", [["-"], [""], ["~nobody-of-that-name"], []])
def test_nothing_is_started_ahead_where_it_is_not_plain_what_comes(
    tmp_path: Path, ran: list[subprocess.Popen[bytes]], paths: list[str]
) -> None:
    with reading_ahead(["--home", str(tmp_path / "home"), "ingest", *paths]) as process:
        assert process is None
    assert not ran


def test_nothing_is_started_ahead_for_a_home_that_holds_something(
    tmp_path: Path, transcripts: Path, ran: list[subprocess.Popen[bytes]]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "skilltui.db").touch()
    with reading_ahead(["--home", str(home), "ingest", str(transcripts)]) as process:
        assert process is None
    assert not ran


@pytest.fixture
def ahead(transcripts: Path, tmp_path: Path, ran: list[subprocess.Popen[bytes]]) -> Iterator[ReadingProcess]:
    """A process that was told what to read, as the command starts it."""
    paths = home_at(tmp_path, "apart")
    paths.make()
    paths.redaction_key.write_bytes(b"k" * 32)
    with reading_ahead(["--home", str(tmp_path / "apart"), "ingest", str(transcripts)]) as begun:
        assert begun is not None
        assert begun.process.found is not None
        assert len(ran) == 1
        yield begun.process


async def test_what_it_was_told_ahead_is_what_is_imported(
    tmp_path: Path,
    env: dict[str, str],
    transcripts: Path,
    ahead: ReadingProcess,
    ran: list[subprocess.Popen[bytes]],
) -> None:
    report, rows = await imported(home_at(tmp_path, "apart"), env, transcripts, ahead)
    assert len(ran) == 1
    alone = await brings_the_same(tmp_path, env, transcripts, report, rows)
    assert report.lasting == alone.lasting


async def test_it_may_die_before_anything_is_taken(
    tmp_path: Path, env: dict[str, str], transcripts: Path, ahead: ReadingProcess
) -> None:
    ahead._process.kill()
    report, rows = await imported(home_at(tmp_path, "apart"), env, transcripts, ahead)
    await brings_the_same(tmp_path, env, transcripts, report, rows)


async def test_what_it_was_told_of_other_places_is_not_used(
    tmp_path: Path, env: dict[str, str], transcripts: Path, ahead: ReadingProcess
) -> None:
    folder = next(path for path in transcripts.rglob("*.jsonl") if ".claude" in path.parts).parent
    report, rows = await imported(home_at(tmp_path, "apart"), env, folder, ahead)
    assert ahead._process.returncode is not None
    await brings_the_same(tmp_path, env, folder, report, rows)


async def test_a_home_that_got_something_meanwhile_is_read_on_from_there(
    tmp_path: Path, env: dict[str, str], transcripts: Path, ahead: ReadingProcess
) -> None:
    first = next(path for path in transcripts.rglob("*.jsonl") if ".claude" in path.parts)
    await imported(home_at(tmp_path, "apart"), env, first)
    report, rows = await imported(home_at(tmp_path, "apart"), env, transcripts, ahead)
    alone, expected = await read_here(home_at(tmp_path, "alone"), env, transcripts)
    assert rows == expected
    assert report.steps == alone.steps > report.new_steps > 0


def test_where_something_may_be_withheld_it_is_told_nothing_ahead(
    tmp_path: Path, transcripts: Path, ran: list[subprocess.Popen[bytes]]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text('[capture]\ndeny_projects = ["~/private"]\n', encoding="utf-8")
    with reading_ahead(["--home", str(home), "ingest", str(transcripts)]) as begun:
        assert begun is not None
        assert begun.process.found is None
    assert len(ran) == 1
