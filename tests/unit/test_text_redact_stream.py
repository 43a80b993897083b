"""A text of any length is redacted in pieces as it would be whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from skilltui.text.redact import Redactor
from skilltui.text.redact_stream import redact_stream
from tests.unit.test_text_redact import BASE62, CLEAN, GITHUB, PEM, SECRETS

REDACTOR = Redactor(b"k" * 32)
LINES = st.sampled_from([text for _, text, _ in SECRETS] + CLEAN + ["x" * 700, "-" * 200, "é" * 99, ""])


def streamed(text: str, size: int) -> tuple[str, list[tuple[str, int, int]]]:
    pieces = (text[i : i + size] for i in range(0, len(text), size))
    done = list(redact_stream(REDACTOR, pieces, window=3000, overlap=1500, context=500))
    return "".join(one.text for one in done), [(f.kind, f.start, f.end) for one in done for f in one.findings]


@given(st.lists(LINES, max_size=60).map("\n".join), st.integers(1, 5000))
@settings(max_examples=100)
def test_in_pieces_as_in_one(text: str, size: int) -> None:
    whole = REDACTOR.redact(text)
    assert streamed(text, size) == (whole.text, [(f.kind, f.start, f.end) for f in whole.findings])


def test_a_secret_larger_than_the_window_goes_whole() -> None:
    value = "password=" + BASE62 * 300
    for text in (value, f"a\n{value}\nb", PEM * 9, f"{'y ' * 4000}{GITHUB}{' z' * 4000}"):
        assert streamed(text, 700)[0] == REDACTOR.redact(text).text


def test_memory_is_bounded_by_the_window() -> None:
    held = 0

    def endless() -> Iterator[str]:
        nonlocal held
        for number in range(3000):
            held = number
            yield f"line {number} {GITHUB}\n" * 2

    for number, redacted in enumerate(redact_stream(REDACTOR, endless(), window=2000, overlap=500)):
        assert GITHUB not in redacted.text
        assert held <= (number + 2) * 20


def test_the_filter_leaves_every_other_byte_as_it_is(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 40 + b"\r\n\xed\xa0\x80\xff\xfe\n"
    file = tmp_path / "f"
    file.write_bytes(noise + f"\ntoken: {GITHUB}\n".encode() + noise)
    command = [sys.executable, "-m", "skilltui", "--home", str(tmp_path / "home"), "redact"]
    env = {**os.environ, "PYTHONUTF8": "0"}
    done = subprocess.run([*command, str(file)], capture_output=True, check=True, env=env)
    head, tail = done.stdout.split("‹redacted:github-token:".encode())
    assert head == noise + b"\ntoken: "
    assert tail[8:] == "›\n".encode() + noise
    with file.open("rb") as piped:
        assert subprocess.run([*command, "-"], stdin=piped, capture_output=True, check=True).stdout == done.stdout
        piped.seek(0)
        found = subprocess.run([*command, "--json"], stdin=piped, capture_output=True, check=True)
    (finding,) = json.loads(found.stdout)["findings"]
    text = file.read_bytes().decode("utf-8", "surrogateescape")
    assert text[finding["start"] : finding["end"]] == GITHUB
    sixteen = subprocess.run(command, input=f"a {GITHUB} b".encode("utf-16"), capture_output=True, check=True)
    assert GITHUB.encode() not in sixteen.stdout.replace(b"\0", b"")
    assert sixteen.stdout.startswith(b"a ")
