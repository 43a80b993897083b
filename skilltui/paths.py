"""Where things are: the home of the program, the agents' own folders, the skills that ship with it.

``--home DIR`` or ``SKILLTUI_HOME`` puts everything under one directory; otherwise the platform's user directories.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from skilltui.errors import SourceError, StoreError

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600


class HomePaths(NamedTuple):
    """Every file and folder that the program writes."""

    config_dir: Path
    data_dir: Path

    @property
    def config(self) -> Path:
        """The configuration, edited by the person and by ``config set``."""
        return self.config_dir / "config.toml"

    @property
    def database(self) -> Path:
        """The store."""
        return self.data_dir / "skilltui.db"

    @property
    def spool(self) -> Path:
        """Where ``ask`` and ``hook`` leave what they have for the next writer."""
        return self.data_dir / "spool"

    @property
    def drafts(self) -> Path:
        """Drafts as files, outside every folder that an agent loads."""
        return self.data_dir / "drafts"

    @property
    def backups(self) -> Path:
        """Copies made before a migration, and of agents' settings before a hook was put in or taken out."""
        return self.data_dir / "backups"

    @property
    def cache(self) -> Path:
        """What can be made again: the library as it was read, and its index."""
        return self.data_dir / "cache"

    @property
    def receipts(self) -> Path:
        """What imports of folders said, to be told again while nothing changes; may be deleted."""
        return self.data_dir / "receipts"

    @property
    def logs(self) -> Path:
        """The program's own log."""
        return self.data_dir / "logs"

    @property
    def lock(self) -> Path:
        """Held by the one process that writes."""
        return self.data_dir / "writer.lock"

    @property
    def lock_wanted(self) -> Path:
        """Touched by an interface that waits for the lock: a running ``watch`` gives way."""
        return self.data_dir / "writer.wanted"

    @property
    def redaction_key(self) -> Path:
        """The local key that makes equal secrets equal after redaction."""
        return self.data_dir / "redaction.key"

    @property
    def redaction_gate(self) -> Path:
        """What Hyperscan made of the redaction rules, kept so that no process makes it again; may be deleted."""
        return self.data_dir / "redaction.gate"

    def make(self) -> None:
        """Create the directories, readable by their owner alone; ``StoreError`` where that can't be."""
        for directory in (self.config_dir, self.data_dir, self.spool, self.drafts, self.backups, self.logs):
            try:
                directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(
                    f"{directory} can't be made: {error.strerror}", "name another home with --home"
                ) from error


def as_path(text: str | Path) -> Path:
    """A path as a person wrote it, ``~`` included. ``SourceError`` where the text can't name a file."""
    if not str(text) or "\0" in str(text):
        raise SourceError("an empty text, or one with a zero byte in it, names no file", "write . for this folder")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise SourceError(f"{text}: whose home directory that is can't be told", "write the path in full") from error


# ``Path.is_dir()`` and its like raise where the folder above may not be read; what can't be seen is not there.


def is_folder(path: Path) -> bool:
    """Whether a folder, or a link to one, can be seen there. Never raises."""
    return os.path.isdir(path)  # noqa: PTH112 - it never raises


def is_file(path: Path) -> bool:
    """Whether a file, or a link to one, can be seen there. Never raises."""
    return os.path.isfile(path)  # noqa: PTH113 - it never raises


def is_link(path: Path) -> bool:
    """Whether a link can be seen there. Never raises."""
    return os.path.islink(path)  # noqa: PTH114 - it never raises


def home_paths(home: str | None, env: Mapping[str, str] = os.environ) -> HomePaths:
    """The home named by ``--home``, else by ``SKILLTUI_HOME``, else the platform's directories."""
    named = home or env.get("SKILLTUI_HOME")
    if named:
        directory = as_path(named).absolute()
        return HomePaths(directory, directory)
    from platformdirs import user_config_path, user_data_path

    return HomePaths(user_config_path("skilltui"), user_data_path("skilltui"))


def path_text(path: Path) -> str:
    """A path as text that can be stored and printed: bytes that are no UTF-8 are written out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def user_home(env: Mapping[str, str] = os.environ) -> Path:
    """The person's home directory, through the environment first so that a throw-away one can stand in."""
    return Path(env["HOME"]) if env.get("HOME") else Path.home()


def agent_folders(env: Mapping[str, str] = os.environ) -> dict[str, list[Path]]:
    """Where each agent that can be read keeps its transcripts: source name -> folders or files, existing or not."""
    home = user_home(env)
    claude = as_path(env.get("CLAUDE_CONFIG_DIR") or home / ".claude")
    codex = as_path(env.get("CODEX_HOME") or home / ".codex")
    gemini = as_path(env.get("GEMINI_CLI_HOME") or home) / ".gemini"
    data = as_path(env.get("XDG_DATA_HOME") or home / ".local" / "share")
    # A file; OpenCode takes a relative one from its own folder, and ":memory:" for none.
    opencode = env.get("OPENCODE_DB") or ""
    audit = env.get("ZEPH_TOOLS_AUDIT_DESTINATION") or ""
    return {
        "claude-code": [claude / "projects"],
        "codex": [codex / "sessions", codex / "archived_sessions"],
        "copilot": [home / ".copilot" / "session-state"],
        "pi": [home / ".pi" / "agent" / "sessions"],
        "gemini": [gemini / "tmp"],
        "opencode": [data / "opencode", *([data / "opencode" / opencode] if opencode not in {"", ":memory:"} else [])],
        "zeph": [home / ".zeph" / "data", *([as_path(audit)] if audit not in {"", "stdout"} else [])],
    }


def hook_settings(env: Mapping[str, str] = os.environ) -> dict[str, Path]:
    """The file in which each agent that has hooks keeps the person's own ones."""
    home = user_home(env)
    return {
        "claude-code": as_path(env.get("CLAUDE_CONFIG_DIR") or home / ".claude") / "settings.json",
        "codex": as_path(env.get("CODEX_HOME") or home / ".codex") / "hooks.json",
        "gemini": as_path(env.get("GEMINI_CLI_HOME") or home) / ".gemini" / "settings.json",
    }


def default_skill_home(env: Mapping[str, str] = os.environ) -> Path:
    """Where a skill lives unless ``[skills] home`` says otherwise: read by most agents."""
    return user_home(env) / ".agents" / "skills"


def claude_skill_home(env: Mapping[str, str] = os.environ) -> Path:
    """The one place where Claude Code looks for personal skills."""
    return as_path(env.get("CLAUDE_CONFIG_DIR") or user_home(env) / ".claude") / "skills"


def shipped_skills() -> Path:
    """The skills that come with the program: beside the package in a checkout, inside it when installed."""
    here = Path(__file__).resolve().parent
    inside = here / "shipped_skills"
    return inside if inside.is_dir() else here.parent / "skills"
