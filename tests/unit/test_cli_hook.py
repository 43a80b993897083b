"""What a hook keeps of an event, and how the spool stays small."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skilltui.cli import hook
from skilltui.paths import home_paths

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.dictionaries(st.sampled_from([*hook.FIELDS, "prompt", "tool_input", "tool_response"]), JSON)


@given(EVENTS, st.sampled_from([None, 2]))
def test_only_the_few_fields_are_kept(event: dict[str, Any], layout: int | None) -> None:
    found, whole = hook.parse_event(json.dumps(event, indent=layout).encode())
    assert whole
    assert found == {k: v for k, v in event.items() if k in hook.FIELDS and isinstance(v, str) and v}


@given(EVENTS, st.integers(0, 400))
def test_a_cut_event_gives_what_stands_before_the_cut(event: dict[str, Any], cut: int) -> None:
    data = json.dumps(event).encode()
    found, whole = hook.parse_event(data[:cut])
    assert whole == (cut >= len(data))
    assert found.items() <= hook.parse_event(data)[0].items()


@given(st.binary(max_size=200))
def test_no_bytes_are_a_failure(data: bytes) -> None:
    hook.parse_event(data)
    hook.parse_event(b"{" + data)


@pytest.mark.parametrize(
    ("argv", "call"),
    [
        ("hook codex", ("codex", None)),
        ("--home /h hook codex", ("codex", "/h")),
        ("hook --home=/h codex --json", ("codex", "/h")),
        ("hook codex --skills x --home /h", ("codex", "/h")),
        ("hook codex --install", None),
        ("hook --help", None),
        ("hook", None),
        ("hook a b", None),
        ("ask hook", None),
        ("--home", None),
        ("", None),
    ],
)
def test_a_hooks_command_line_is_told_from_any_other(argv: str, call: tuple[str, str | None] | None) -> None:
    assert hook.event_call(argv.split()) == call


def test_the_spool_is_where_everybody_else_looks_for_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SKILLTUI_HOME", raising=False)
    assert hook.spool_folder(None) == str(home_paths(None).spool)
    assert hook.spool_folder("~/x") == str(home_paths("~/x").spool)
    monkeypatch.setenv("SKILLTUI_HOME", "somewhere")
    assert hook.spool_folder(None) == str(home_paths(None).spool)


def test_a_session_is_one_file_that_tells_its_last_event(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    for name in ("SessionStart", "UserPromptSubmit", "Stop"):
        hook.store("codex", {"session_id": "s", "hook_event_name": name}, str(spool))
    hook.store("codex", {"session_id": "s", "agent_id": "sub", "hook_event_name": "Stop"}, str(spool))
    hook.store("codex", {"session_id": "../../s", "hook_event_name": "Stop"}, str(spool))
    records = sorted((json.loads(file.read_text()) for file in spool.iterdir()), key=lambda r: str(r["session_id"]))
    assert [(r["session_id"], r["hook_event_name"]) for r in records] == [
        ("../../s", "Stop"), ("s", "Stop"), ("s", "Stop"),
    ]  # fmt: skip
    assert {file.stat().st_mode & 0o777 for file in spool.iterdir()} == {0o600}
    assert spool.stat().st_mode & 0o777 == 0o700


def test_of_thousands_of_sessions_the_oldest_go_and_are_counted(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    sessions = hook.MOST_FILES * 2
    for number in range(sessions):
        hook.store("codex", {"session_id": f"s{number}"}, str(spool))
        newest = next(spool.glob(f"hook-codex-s{number}-*"))
        os.utime(newest, (number, number))
    left = {file.name.split("-")[2] for file in spool.glob("hook-*")}
    dropped = (spool / hook.DROPPED).stat().st_size
    assert len(left) <= hook.MOST_FILES
    assert left == {f"s{number}" for number in range(dropped, sessions)}


def test_an_event_that_names_nothing_leaves_nothing(tmp_path: Path) -> None:
    hook.store("codex", {"cwd": "/w"}, str(tmp_path / "spool"))
    hook.store("nobody", {"session_id": "s"}, str(tmp_path / "spool"))
    assert not (tmp_path / "spool").exists()
