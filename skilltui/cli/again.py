"""An import told again: where nothing has changed since the last one, it says what that one said.

``ingest`` is what scripts run every few minutes. It leaves a receipt: what the folders looked like, what the home
looked like afterwards, and the report. While both look the same there is nothing to read, and nothing is opened to
see that; little more than ``os`` and ``json`` is imported. Whatever is not plainly the same goes the long way, which
decides by itself what is new.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from skilltui import __version__
from skilltui.capture.footprint import Footprint, footprint
from skilltui.errors import SkilltuiError
from skilltui.paths import DIRECTORY_MODE, FILE_MODE, HomePaths, home_paths
from skilltui.text.sanitise import sanitise_line

if TYPE_CHECKING:
    from skilltui.cli.output import Output

# What decides where agents keep their transcripts, beside the settings (``paths.agent_folders``).
VARIABLES = (
    "HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME", "XDG_DATA_HOME", "OPENCODE_DB",
    "ZEPH_TOOLS_AUDIT_DESTINATION",
)  # fmt: skip
# One for each set of folders that is imported time and again.
_MOST = 16


def answer(argv: Sequence[str], out: Output) -> int | None:
    """Tell the report of an import again and return the exit status; ``None`` where somebody has to look."""
    began = time.perf_counter()
    call = import_call(argv)
    if call is None:
        return None
    home, form, paths = call
    try:
        at = home_paths(home)
        with open(_receipt(at, form, paths), "rb") as file:
            kept = json.load(file)
        if kept["settings"] != _settings(at) or kept["store"] != _store(at):
            return None
        now = footprint(kept["folders"])
        if now is None or now.digest != kept["digest"]:
            return None
        report = {**kept["report"], "seconds": round(time.perf_counter() - began, 3)}
        lines = report_lines(report)
    except (OSError, ValueError, KeyError, TypeError, SkilltuiError):
        # There is none yet, or it is damaged: then the long way finds out the same, or says what is wrong.
        return None
    out.result(report, *lines)
    return 0


class Receipt:
    """What an import leaves. Each part is taken when it can't be ahead of what the report saw: the settings and the
    folders before the home is opened, the store when it is closed and nobody else may write it yet."""

    def __init__(
        self, paths: HomePaths, form: str | None, named: Sequence[str], folders: Sequence[str], seen: Footprint | None
    ) -> None:
        """``seen``: how the folders look."""
        self._paths, self._form, self._named, self._folders, self._seen = paths, form, named, folders, seen
        self._settings: list[Any] | None = None
        self._store: list[Any] | None = None
        # A receipt saves time and is worth no error.
        with suppress(OSError):
            self._settings = _settings(paths)

    def store_closed(self) -> None:
        """The store has been closed, and its lock is still held."""
        with suppress(OSError):
            self._store = _store(self._paths)

    def write(self, report: dict[str, Any]) -> None:
        """Leave it, unless something about it could not be told."""
        if self._seen is None or self._settings is None or self._store is None:
            return
        told = {**report, "new_steps": 0, "bytes": 0, "redactions": {}}
        kept = {
            "settings": self._settings, "store": self._store, "folders": list(self._folders),
            "digest": self._seen.digest, "report": told,
        }  # fmt: skip
        with suppress(OSError):
            target = _receipt(self._paths, self._form, self._named)
            os.makedirs(self._paths.receipts, mode=DIRECTORY_MODE, exist_ok=True)
            draft = f"{target}.{os.getpid()}.new"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "w", encoding="utf-8") as file:
                json.dump(kept, file)
            os.replace(draft, target)
            for old in sorted(os.scandir(self._paths.receipts), key=lambda entry: -entry.stat().st_mtime)[_MOST:]:
                os.unlink(old)


def report_lines(report: dict[str, Any]) -> list[str]:
    """The report of an import (CONTRACT: ``ingest``) as a person reads it."""
    lines = [
        f"{report['files']} files, {report['bytes'] / 1e6:.1f} MB read in {report['seconds']:.1f} s",
        f"{report['sessions']} sessions, {report['trajectories']} trajectories",
        f"{report['steps']} steps, {report['new_steps']} of them new, {report['failed_steps']} failed",
    ]
    if report["redactions"]:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report["redactions"].items()))
        lines.append(f"secrets redacted before they were stored: {kinds}")
    if report["quarantined"]:
        lines.append(f"{report['quarantined']} damaged lines set aside (skilltui doctor lists the files)")
    skipped = [f"skipped {file['path']}: {file['reason']}" for file in report["skipped"]]
    return lines + [sanitise_line(line, max_line=None) for line in skipped]


def import_call(argv: Sequence[str]) -> tuple[str | None, str | None, list[str]] | None:
    """The named home, the format and the paths of a command line that is an import, else ``None``."""
    options: dict[str, str] = {}
    words: list[str] = []
    rest = iter(argv)
    for word in rest:
        name, given, value = word.partition("=")
        if name in {"--home", "--skills", "--format"}:
            options[name] = value if given else next(rest, "")
            if not options[name] or options[name].startswith("-"):
                return None
        elif not word.startswith("-"):
            words.append(word)
        elif word != "--json":
            return None
    return (options.get("--home"), options.get("--format"), words[1:]) if words[:1] == ["ingest"] else None


def _receipt(paths: HomePaths, form: str | None, named: Sequence[str]) -> str:
    here = os.getcwd()
    texts = [form or "", *(os.path.join(here, os.path.expanduser(path)) for path in named)]
    name = blake2b("\0".join(texts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
    return os.path.join(paths.receipts, f"{name}.json")


def _settings(paths: HomePaths) -> list[Any]:
    """What decides what is read and how: the program, the settings, where the agents are."""
    return [__version__, _code(), _stamp(paths.config), [os.environ.get(name) for name in VARIABLES]]


def _store(paths: HomePaths) -> list[Any]:
    """What is stored, as far as files tell: an empty log says nothing, and comes and goes with readers."""
    log = _stamp(f"{paths.database}-wal")
    return [_stamp(paths.database), log if log and log[2] else []]


def _stamp(path: str | os.PathLike[str]) -> list[int]:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return []
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _code() -> int:
    """When what reads transcripts was last changed: a checkout changes without its version."""
    capture = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "capture")
    folders = (capture, os.path.join(capture, "formats"))
    return max(entry.stat().st_mtime_ns for folder in folders for entry in os.scandir(folder) if entry.is_file())
