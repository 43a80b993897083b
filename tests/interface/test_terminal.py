"""The program in a real terminal: the bytes that it writes, how it leaves, and with what status."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skilltui.config import set_config
from tests.interface.conftest import hostile_session, login_session

# What a terminal is told: CSI and the short escapes, none of which a transcript may bring in.
_CSI = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")
# The promise is two seconds (0.4 were measured); a thread that is waited for takes many, a busy test machine some.
LEAVE_SECONDS = 6.0


class Terminal:
    """The program under a pseudo-terminal of 120 by 40."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self.descriptor = descriptor
        self.written = b""

    def read_until(self, wanted: bytes, seconds: float = 30.0) -> None:
        """Read until the screen was told to show ``wanted``, whatever styles lie between its words."""
        deadline = time.monotonic() + seconds
        while wanted not in _CSI.sub(b"", self.written):
            if time.monotonic() > deadline:
                pytest.fail(f"{wanted!r} was not shown; the last bytes: {self.written[-2000:]!r}")
            self._read(0.2)

    def send(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.descriptor, keys)

    def leave(self, seconds: float) -> int:
        """Wait for the end while reading, and return the status."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                pytest.fail(f"it did not end within {seconds} s")
            self._read(0.05)
        return self.process.returncode

    def _read(self, seconds: float) -> None:
        if select.select([self.descriptor], [], [], seconds)[0]:
            try:
                self.written += os.read(self.descriptor, 65536)
            except OSError:  # the other end is closed
                return


@contextmanager
def in_terminal(home: Path, person: Path) -> Iterator[Terminal]:
    """Start the program; it is killed if it does not leave by itself."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    # Whoever runs the tests may say a size of their own.
    theirs_alone = ("CLAUDE", "CODEX", "SKILLTUI", "NO_", "COLUMNS", "LINES")
    env = {k: v for k, v in os.environ.items() if not k.startswith(theirs_alone)}
    env |= {"HOME": str(person), "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "skilltui", "--home", str(home)],
        stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        os.close(ours)


def prepared(tmp_path: Path, person: Path) -> Path:
    """A home with consent, and transcripts that nobody has read yet."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    set_config(home / "config.toml", "skills.learning.trajectory_capture", "true")
    folder = person / ".claude" / "projects"
    login_session().write(folder)
    hostile_session().write(folder)
    return home


def test_no_escape_of_a_transcript_reaches_the_terminal_and_q_leaves(tmp_path: Path, person: Path) -> None:
    with in_terminal(prepared(tmp_path, person), person) as terminal:
        # Both rows: a key that moves on from the only one there is would be lost.
        terminal.read_until(b"make the login")
        terminal.read_until(b"[@click=app.quit]")
        terminal.send(b"j")
        terminal.read_until(b"echo [/]")
        terminal.send(b"\x1b[C")
        terminal.send(b"j")
        terminal.send(b"2")
        terminal.read_until(b"most wanted first")
        terminal.send(b"q")
        assert terminal.leave(LEAVE_SECONDS) == 0
    said = terminal.written
    for foreign in (b"\x1b]52", b"\x1b]0;title", b"\x1b[2J \xe2\x80\xae", b"\xe2\x80\xae", b"\x00", b"\xc2\x9b"):
        assert foreign not in said
    assert b"\xe2\x90\x9b]52;c;" in said  # shown as what it is: the picture of an escape


def test_it_can_be_left_in_the_middle_of_an_import(tmp_path: Path, person: Path) -> None:
    home = prepared(tmp_path, person)
    long = login_session()
    for n in range(6000):
        long.call("Bash", {"command": f"make part-{n}"}, "done " * 40)
    long.session = "cccccccc-0000-4000-8000-000000000000"
    long.write(person / ".claude" / "projects")
    with in_terminal(home, person) as terminal:
        terminal.read_until(b"reading history")
        terminal.send(b"\x11")  # ctrl+q
        assert terminal.leave(LEAVE_SECONDS) == 0
