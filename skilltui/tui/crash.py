"""What happens when the program itself is wrong: a log for its makers, one sentence for the person.

Textual prints a traceback with the values of local variables, and those hold what was captured. Ours goes to a file of
the home without them; the status is not 0 either way.
"""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path

from skilltui.paths import FILE_MODE


def write_crash(logs: Path, error: BaseException) -> Path:
    """The traceback, without any value but the message, in a file of its own."""
    path = logs / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    path.touch(mode=FILE_MODE)
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8", errors="replace")
    return path
