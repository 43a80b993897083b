"""Standard streams that are closed, full, or of another encoding: no traceback, and JSON stays UTF-8."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import skilltui

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")

SOURCE = str(Path(skilltui.__file__).parents[1])
SECRET = "ghp_" + "a1B2" * 9


class Shell:
    """Runs command lines in a shell; ``skilltui`` in them is the program with a home of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = f"{shlex.quote(sys.executable)} -m skilltui --home {shlex.quote(str(folder / 'home'))}"

    def __call__(self, line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            ["/bin/sh", "-c", line.replace("skilltui", self.program, 1)],
            cwd=self.folder, capture_output=True, check=False, timeout=60,
            env={**os.environ, "HOME": str(self.folder), "PYTHONPATH": SOURCE, "OLLAMA_HOST": "127.0.0.1:9", **env},
        )  # fmt: skip
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        assert b"Exception ignored" not in done.stderr, done.stderr.decode()
        return done


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "f").write_text(f"push with {SECRET}\n", encoding="utf-8")
    return Shell(tmp_path)


def test_closed_streams_are_as_good_as_the_null_device(shell: Shell) -> None:
    assert shell("skilltui redact f >&-").returncode == 0
    assert json.loads(shell("skilltui redact --json <&-").stdout)["findings"] == []
    assert shell("skilltui show t_nothing 2>&-").stdout == b""
    assert shell("skilltui trajectories <&- >&- 2>&-").returncode == 0
    # A store whose descriptor were that of standard output would have got the tables of these commands.
    assert json.loads(shell("skilltui doctor --verify --json").stdout)["store"]["state"] == "whole"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "line",
    ["trajectories", "trajectories --json", "show t_nothing --json", "redact f", "watch --json --nonsense", "--help"],
)
def test_a_full_disk_under_the_output_is_one_line_and_status_1(shell: Shell, line: str) -> None:
    done = shell(f"skilltui {line} >/dev/full")
    assert done.returncode == 1
    (said,) = done.stderr.decode().splitlines()
    assert "standard output can't be written" in said


def test_a_reader_that_goes_away_is_no_news(shell: Shell) -> None:
    done = shell("skilltui --help | true")
    assert done.stderr == b""


@pytest.mark.parametrize("encoding", ["latin-1", "ascii:strict"])
def test_output_is_utf_8_whatever_the_locale_says(shell: Shell, encoding: str) -> None:
    assert "‹redacted:" in shell("skilltui redact f", PYTHONIOENCODING=encoding).stdout.decode("utf-8")
    query = json.dumps({"id": "größe", "query": "größe messen"}, ensure_ascii=False)
    (shell.folder / "q").write_bytes(query.encode() + b"\n")
    done = shell("skilltui match --batch - --json <q", PYTHONIOENCODING=encoding)
    assert json.loads(done.stdout.decode("utf-8"))["id"] == "größe"


def test_input_that_is_no_utf_8_is_read_all_the_same(shell: Shell) -> None:
    (shell.folder / "q").write_bytes(b'{"id": 1, "query": "gr\xf6sse"}\n')
    assert json.loads(shell("skilltui match --batch - <q", PYTHONIOENCODING="utf-8:strict").stdout)["id"] == 1
