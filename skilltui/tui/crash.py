"""What happens when the program itself is wrong: a log for its makers, one sentence for the person, status 1.

Textual prints a traceback with the values of local variables, and those hold what was captured. Ours goes to a file of
the home, without them.
"""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path

from skilltui.paths import FILE_MODE


def write_crash(logs: Path, error: BaseException) -> Path | None:
    """Write where it happened, frame by frame, without any value; ``None`` where even that can't be written.

    The message of an error may quote what was captured, so its type stands for it.
    """
    lines = traceback.format_list(traceback.extract_tb(error.__traceback__))
    path = logs / f"crash-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.log"
    try:
        path.touch(mode=FILE_MODE)
        path.write_text(f"{type(error).__name__}\n{''.join(lines)}", encoding="utf-8", errors="replace")
    except OSError:
        return None
    return path
