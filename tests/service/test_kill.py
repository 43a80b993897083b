"""kill -9 at any moment of an import, then once more: nothing missing, nothing double."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.sessions import ClaudeSession

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")
ROUNDS = 6


def long_session(number: int, steps: int = 400) -> ClaudeSession:
    """One with enough work in it that a kill falls into its middle."""
    session = ClaudeSession(f"{number:08d}-0000-4000-8000-000000000000").say(f"task {number} of the long list")
    for step in range(steps):
        session.bash(f"make part-{step}", "x" * 2000, code=step % 7 == 3)
    return session


def skilltui(home: Path, *argv: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "skilltui", "--home", str(home), *argv, "--json"], capture_output=True, check=True
    )
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def test_a_killed_import_goes_on_where_it_was(tmp_path: Path) -> None:
    folder, home = tmp_path / "t", tmp_path / "home"
    for number in range(8):
        long_session(number).write(folder)
    began = time.monotonic()
    skilltui(tmp_path / "another", "ingest", str(folder))
    took = time.monotonic() - began
    chance = random.Random(7)
    killed = 0
    for _ in range(ROUNDS):
        process = subprocess.Popen(
            [sys.executable, "-m", "skilltui", "--home", str(home), "ingest", str(folder), "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout is not None
        with process.stdout:
            try:
                # The moment of the kill is the one thing here that is meant to be a matter of time.
                process.wait(took * (0.3 + 0.6 * chance.random()))
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
            process.wait(30)
    assert killed
    report = skilltui(home, "ingest", str(folder))
    rows = skilltui(home, "trajectories", "--limit", "100")["trajectories"]
    assert (report["sessions"], report["steps"]) == (8, 8 * 400)
    assert [row["steps"] for row in rows] == [400] * 8
    for row in rows:
        steps = skilltui(home, "show", row["id"])["step_list"]
        assert [s["seq"] for s in steps] == list(range(1, 401))
        assert [s["args"]["command"] for s in steps] == [f"make part-{n}" for n in range(400)]
    assert skilltui(home, "doctor", "--verify")["store"]["state"] == "whole"
