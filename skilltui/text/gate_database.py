"""The redaction gate's expressions, compiled: 0.2 s on a processor of its own, once a process.

Little is imported for it, so that a process whose first need it is begins with it.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from skilltui.text.multi_pattern import compile_patterns

if TYPE_CHECKING:
    import hyperscan

_compiling = threading.Lock()
_compiled: list[hyperscan.Database] = []


def compiled() -> hyperscan.Database:
    """The database of all expressions, made once a process; ``hyperscan.HyperscanError`` where that can't be."""
    from skilltui.text import secret_gate

    with _compiling:
        if not _compiled:
            _compiled.append(compile_patterns(secret_gate.EXPRESSIONS))
        return _compiled[0]


def make_ahead(path: str) -> None:
    """Begin to make the gate on a thread, where ``path`` keeps none; the caller knows that enough text will come.

    It needs Python's lock for a moment only: a caller that goes on importing modules loses nothing.
    """
    if os.path.exists(path):
        return
    try:
        import hyperscan
    except ImportError:
        return

    def make() -> None:
        # Whoever needs the gate finds out as well that this processor can't.
        with suppress(hyperscan.HyperscanError):
            compiled()

    threading.Thread(target=make, name="redaction gate", daemon=True).start()
