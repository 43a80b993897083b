"""``watch`` as a process of its own: its lines, its end, and what is left when it is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.service.test_cli import Cli, cli
from tests.sessions import ClaudeSession

__all__ = ["cli"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")
ROUNDS = 8


def watch(cli: Cli, *argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "skilltui", "--home", str(cli.home), "watch", *argv],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(cli.person)},
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("forced", ["", "1"])
def test_a_line_for_each_batch_and_a_clean_end(
    cli: Cli, number: signal.Signals, forced: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", forced)
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    session = ClaudeSession("90000000-0000-4000-8000-000000000000").say("do a thing")
    path = session.write(cli.person / ".claude" / "projects")
    with watch(cli, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = json.loads(process.stdout.readline())
        assert (first["v"], first["path"], first["new_steps"]) == (1, str(path), 0)
        way = "polling every 0.3 s: WATCHFILES_FORCE_POLLING is set" if forced else "file events"
        assert process.stderr.readline() == f"capturing: {way}\n"
        session.bash("true")
        with path.open("a", encoding="utf-8") as file:
            file.writelines(session.lines()[1:])
        assert json.loads(process.stdout.readline())["new_steps"] == 1
        process.send_signal(number)
        assert process.wait(20) == 0
        # Not a word of a traceback.
        assert process.stderr.read() == ""


def test_a_watch_that_waits_for_the_home_ends_cleanly_too(cli: Cli) -> None:
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    with watch(cli) as holder:
        assert holder.stderr is not None
        assert "capturing" in holder.stderr.readline()
        with watch(cli) as waiting:
            assert waiting.stderr is not None
            assert "waiting" in waiting.stderr.readline()
            waiting.send_signal(signal.SIGINT)
            assert waiting.wait(20) == 0
        holder.send_signal(signal.SIGINT)
        assert holder.wait(20) == 0


def test_a_watch_that_is_killed_loses_nothing_and_doubles_nothing(cli: Cli) -> None:
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    folder = cli.person / ".claude" / "projects"
    sessions = [ClaudeSession(f"e{n:07d}-0000-4000-8000-000000000000").say(f"task number {n}") for n in range(3)]
    paths = [session.write(folder) for session in sessions]
    wanted: list[list[str]] = [[] for _ in sessions]
    over = threading.Event()

    def work() -> None:
        chance = random.Random(3)
        while not over.wait(0.01):
            number = chance.randrange(len(sessions))
            session, path = sessions[number], paths[number]
            before = len(session.records)
            for _ in range(chance.randint(1, 20)):
                wanted[number].append(f"make part-{len(wanted[number])}")
                session.bash(wanted[number][-1], "x" * 500)
            data = "".join(session.lines()[before:]).encode()
            cut = chance.randrange(len(data))
            for piece in (data[:cut], data[cut:]):
                with path.open("ab") as file:
                    file.write(piece)

    writer = threading.Thread(target=work)
    writer.start()
    try:
        chance = random.Random(5)
        for _ in range(ROUNDS):
            with watch(cli, "--json") as process:
                assert process.stdout is not None
                for _ in range(chance.randrange(1, 12)):
                    process.stdout.readline()
                process.send_signal(signal.SIGKILL)
    finally:
        over.set()
        writer.join()
    cli("ingest")
    rows = cli("trajectories")["trajectories"]
    assert {row["steps"] for row in rows} == {len(commands) for commands in wanted}
    for row in rows:
        number = int(row["request"].rpartition(" ")[2])
        steps = cli("show", row["id"])["step_list"]
        assert [step["args"]["command"] for step in steps] == wanted[number]
    assert cli("doctor", "--verify")["store"]["state"] == "whole"


@pytest.mark.parametrize("limit", ["max_inotify_watches", "max_inotify_instances"])
def test_where_the_system_watches_no_more_it_polls_and_says_so(cli: Cli, limit: str) -> None:
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    ClaudeSession("f0000000-0000-4000-8000-000000000000").say("do it").write(cli.person / ".claude" / "projects")
    assert cli("doctor")["live"] == "file events"
    # In a namespace of its own the limit is nobody else's.
    inside = f'echo 0 > /proc/sys/user/{limit} || exit 77; exec "$0" -m skilltui --home "$1" doctor --json'
    try:
        done = subprocess.run(
            ["unshare", "-Ur", "/bin/sh", "-c", inside, sys.executable, str(cli.home)],
            capture_output=True, text=True, check=False, env={**os.environ, "HOME": str(cli.person)},
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode not in {0, 1} or not done.stdout:
        pytest.skip("no namespaces here")
    assert json.loads(done.stdout)["live"] == "polling every 0.3 s: the system's limit of file watches is reached"


def test_with_nothing_to_follow_it_waits_without_a_word(cli: Cli, tmp_path: Path) -> None:
    cli("config", "set", "skills.learning.trajectory_capture", "true")
    with watch(cli, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "capturing" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stdout.read() == ""
    assert not (tmp_path / "person" / ".claude").exists()
