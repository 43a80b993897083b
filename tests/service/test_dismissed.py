"""Dismissed means dismissed: its kind does not come back, whatever the words, the process, or what was forgotten."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.domain.gap import FORGOTTEN_NEED, GapStatus
from skilltui.learning.remembering import marks_of, resembles
from skilltui.paths import HomePaths
from skilltui.text.redact import Redactor
from skilltui.workshop.home import Home
from tests.service.test_cli import Cli, cli
from tests.service.test_preview import said

__all__ = ["cli"]

AGAIN = (
    "comit", "and push", "please commit and push", "commi", "commit and update the changelog", "ok, commit to main",
    "let's get this committed", "mach bitte einen Commit", "提交一下", "commit everything please", "pusch", "Commit!",
)  # fmt: skip
OTHERS = ("rename the login page", "update the readme", "push the image to the registry")
SHRED = "zirkonium"


async def dismissed(home: Home, folder: Path, *requests: str) -> str:
    said(folder, *requests)
    await home.capturing.ingest([folder])
    (gap,) = await home.curating.gaps()
    await home.curating.dismiss(gap.id)
    return gap.id


async def test_other_words_and_typing_errors_go_where_it_went(home: Home, tmp_path: Path) -> None:
    gap = await dismissed(home, tmp_path / "t", "commit")
    said(tmp_path / "t", *AGAIN, first=2)
    said(tmp_path / "t", *OTHERS, first=50)
    await home.capturing.ingest([tmp_path / "t"])
    # "pusch" is too short a word to be taken for another.
    assert {g.requests[0].text for g in await home.curating.gaps()} <= {*OTHERS, "pusch"}
    assert (await home.curating.gap(gap)).count >= len(AGAIN)
    assert (await home.curating.gap(gap)).status is GapStatus.DISMISSED


async def test_after_a_restart_too(paths: HomePaths, person: Path, tmp_path: Path) -> None:
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        gap = await dismissed(home, tmp_path / "t", "rotate the database credentials")
    async with Home.open(paths, env={"HOME": str(person)}) as home:
        said(tmp_path / "t", "rotate database credentails", "please rotate our credentials of the database", first=2)
        await home.capturing.ingest([tmp_path / "t"])
        assert await home.curating.gaps() == []
        assert (await home.curating.gap(gap)).count == 3


def test_after_its_requests_were_forgotten_too_and_no_word_of_them_is_left(cli: Cli, tmp_path: Path) -> None:
    said(tmp_path / "t", f"rotate the {SHRED} credentials", f"please rotate our {SHRED} credentials")
    cli("ingest", str(tmp_path / "t"))
    (gap,) = cli("gaps")["gaps"]
    cli("gaps", "dismiss", gap["id"])
    for number in (1, 2):
        cli("forget", f"{number:08}-0000-4000-8000-00000000000a")
    (kept,) = cli("gaps", "--status", "dismissed")["gaps"]
    assert (kept["id"], kept["need"], kept["requests"]) == (gap["id"], FORGOTTEN_NEED, [])
    left = [path for path in cli.home.rglob("*") if path.is_file() and SHRED.encode() in path.read_bytes()]
    assert left == []
    again = ("rotate {0} credentials", "rotate the {0} credentails", "ok, rotate our {0} credentials now")
    said(tmp_path / "u", *(text.format(SHRED) for text in again), first=20)
    said(tmp_path / "u", "rename the login page", "its requests were forgotten", first=30)
    cli("ingest", str(tmp_path / "u"))
    assert SHRED not in str(cli("gaps"))
    (kept,) = cli("gaps", "--status", "dismissed")["gaps"]
    assert (kept["id"], kept["count"]) == (gap["id"], len(again))


def test_one_of_several_is_forgotten_and_the_rest_still_tells_the_kind(cli: Cli, tmp_path: Path) -> None:
    said(tmp_path / "t", "commit", "commit and push")
    cli("ingest", str(tmp_path / "t"))
    (gap,) = cli("gaps")["gaps"]
    cli("gaps", "dismiss", gap["id"])
    cli("forget", "00000001-0000-4000-8000-00000000000a")
    said(tmp_path / "u", "comit", "and push", first=20)
    cli("ingest", str(tmp_path / "u"))
    assert cli("gaps")["gaps"] == []
    assert cli("gaps", "--status", "dismissed")["gaps"][0]["count"] == 3


async def test_a_snoozed_one_keeps_its_place_as_well(home: Home, tmp_path: Path) -> None:
    said(tmp_path / "t", "rotate the database credentials")
    await home.capturing.ingest([tmp_path / "t"])
    (gap,) = await home.curating.gaps()
    await home.curating.snooze(gap.id)
    await home.retaining.forget("00000001-0000-4000-8000-00000000000a")
    said(tmp_path / "u", "rotate the databse credentials", first=20)
    await home.capturing.ingest([tmp_path / "u"])
    assert await home.curating.gaps() == []
    assert (await home.curating.gap(gap.id)).count == 1


def test_what_is_kept_is_hashes_alone(cli: Cli, tmp_path: Path) -> None:
    said(tmp_path / "t", f"rotate the {SHRED} credentials")
    cli("ingest", str(tmp_path / "t"))
    cli("gaps", "dismiss", cli("gaps")["gaps"][0]["id"])
    cli("forget", "00000001-0000-4000-8000-00000000000a")
    with sqlite3.connect(cli.home / "skilltui.db") as connection:
        (marks,) = connection.execute("SELECT marks FROM gap_memory").fetchone()
    assert "rotat" not in marks
    assert "credent" not in marks


WORDS = st.text("abcdefgh", min_size=5, max_size=9)


@settings(max_examples=80, deadline=None)
@given(WORDS, st.integers(0, 4), st.sampled_from("abcdefgh"), st.binary(min_size=16, max_size=16))
def test_a_word_with_one_typing_error_is_the_same_under_any_key(word: str, at: int, letter: str, key: bytes) -> None:
    digest = Redactor(key).digest
    kept = marks_of([f"rotate {word}zz"], digest)
    for typed in (word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :]):
        assert resembles(f"rotate {typed}zz", kept, digest) > 0.3
    assert resembles("water plants", kept, digest) == 0.0
    assert resembles(f"rotate {word}zz", kept, Redactor(bytes(16 - len(key)) + key[::-1] + b"x").digest) == 0.0


@pytest.mark.parametrize("other", ["update the changelog", "commit", "rotate", "water the plants"])
def test_another_need_is_not_taken_for_it(other: str) -> None:
    digest = Redactor(b"k" * 32).digest
    assert resembles(other, marks_of(["update the readme"], digest), digest) == 0.0
    assert marks_of(["?", ""], digest) == []
