"""``backup`` and ``restore``: a copy counts once it was read back, and nothing is lost by putting it back."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.service.test_cli import Cli, cli
from tests.service.test_scope import MARK, bytes_with, session
from tests.sessions import write_releases

__all__ = ["cli"]


def filled(cli: Cli, tmp_path: Path) -> None:
    write_releases(tmp_path / "t")
    cli("ingest", str(tmp_path / "t"))
    draft = cli("synthesize", cli("gaps")["gaps"][0]["id"])
    cli("accept", draft["skill"], "1", "--unverified")
    cli("config", "set", "capture.max_store_mb", "99")


def state(cli: Cli) -> list[object]:
    return [cli(*words) for words in (["trajectories"], ["gaps", "--status", "drafted"], ["history"], ["trust"])]


def test_a_backup_brings_everything_back(cli: Cli, tmp_path: Path) -> None:
    filled(cli, tmp_path)
    before, key = state(cli), (cli.home / "redaction.key").read_bytes()
    made = cli("backup")
    folder = Path(made["path"])
    assert folder.parent == cli.home / "backups"
    assert (made["checked"], made["sessions"], made["trajectories"], made["versions"]) == (True, 3, 3, 1)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}

    cli("ingest", str(session("a").write(tmp_path / "t")))
    cli("config", "set", "capture.max_store_mb", "7")
    (cli.home / "redaction.key").write_bytes(b"x" * 32)
    done = cli("restore", str(folder))
    assert (done["sessions"], done["forgotten"]) == (3, 0)
    assert state(cli) == before
    assert (cli.home / "redaction.key").read_bytes() == key
    assert "99" in (cli.home / "config.toml").read_text()
    assert cli("doctor", "--verify")["problems"] == []
    # And what it took the place of comes back the same way.
    assert cli("restore", str(Path(done["kept"]) / "skilltui.db"))["sessions"] == 4


def test_to_another_home_and_another_folder(cli: Cli, tmp_path: Path) -> None:
    filled(cli, tmp_path)
    before = state(cli)
    folder = cli("backup", str(tmp_path / "elsewhere" / "deep"))["path"]
    cli.home = tmp_path / "new"
    done = cli("restore", folder)
    assert done["kept"] is None
    assert state(cli) == before


def test_a_damaged_store_is_replaced_and_kept(cli: Cli, tmp_path: Path) -> None:
    filled(cli, tmp_path)
    folder = cli("backup", str(tmp_path / "b"))["path"]
    (cli.home / "skilltui.db").write_bytes(b"not a database at all" * 500)
    assert cli("trajectories", status=1)["error"]["code"] == "store"
    done = cli("restore", folder)
    assert len(cli("trajectories")["trajectories"]) == 3
    assert (Path(done["kept"]) / "skilltui.db").read_bytes().startswith(b"not a database")


@pytest.mark.parametrize("harm", ["flip", "short", "manifest", "missing", "other", "path"])
def test_a_backup_that_is_not_whole_changes_nothing(cli: Cli, tmp_path: Path, harm: str) -> None:
    filled(cli, tmp_path)
    before = state(cli)
    folder = Path(cli("backup", str(tmp_path / "b"))["path"])
    copy, manifest = folder / "skilltui.db", folder / "backup.json"
    data = bytearray(copy.read_bytes())
    if harm == "flip":
        data[len(data) // 2] ^= 1
        copy.write_bytes(data)
    elif harm == "short":
        copy.write_bytes(data[:5000])
    elif harm == "manifest":
        manifest.write_text("[1, 2")
    elif harm == "missing":
        manifest.unlink()
    elif harm == "path":
        described = json.loads(manifest.read_text())
        described["files"]["../../home/config.toml"] = "0" * 64
        manifest.write_text(json.dumps(described))
    else:
        folder = tmp_path / "t"
    told = cli("restore", str(folder), status=1)["error"]
    assert told["code"] in {"store", "source"}
    assert state(cli) == before
    assert not list(cli.home.glob("*.restoring"))


def test_what_was_forgotten_since_does_not_come_back_with_it(cli: Cli, tmp_path: Path) -> None:
    filled(cli, tmp_path)
    made = session("a", word=MARK)
    cli("ingest", str(made.write(tmp_path / "t")), str(session("b", word=MARK).write(tmp_path / "t")))
    task = next(t["id"] for t in cli("trajectories")["trajectories"] if t["session"] == session("b").session)
    outside, inside = cli("backup", str(tmp_path / "b"))["path"], cli("backup")["path"]
    cli("forget", made.session)
    cli("forget", task)
    assert bytes_with(cli.home) == []
    # The copies in the home were cleaned, and still count.
    assert cli("restore", inside)["sessions"] == 4
    assert cli("restore", outside)["forgotten"] == 2
    assert bytes_with(cli.home) == []
    assert cli("ingest", str(tmp_path / "t"))["new_steps"] == 0
    assert cli("doctor", "--verify")["problems"] == []


def test_a_backup_can_be_made_while_another_process_writes(cli: Cli, tmp_path: Path) -> None:
    from filelock import FileLock

    filled(cli, tmp_path)
    with FileLock(cli.home / "writer.lock"):
        folder = cli("backup")["path"]
        assert cli("restore", folder, status=1)["error"]["code"] == "home_in_use"
    assert cli("restore", folder)["sessions"] == 3
