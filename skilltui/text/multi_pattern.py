"""Many expressions looked for in one pass, by Hyperscan (Wang et al., NSDI 2019). It may not be installed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import hyperscan


def compile_patterns(expressions: Sequence[bytes], *, once: bool = False) -> hyperscan.Database:
    """A database of ``expressions``, numbered as they come; ``once``: one match of each is enough.

    Raises ``ImportError`` where Hyperscan is missing, ``hyperscan.HyperscanError`` where the processor, the build or an
    expression is not one for it.
    """
    import hyperscan

    flag = hyperscan.HS_FLAG_SINGLEMATCH if once else 0
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=list(expressions), ids=list(range(len(expressions))), flags=[flag] * len(expressions))
    return database


# A byte that UTF-8 never has.
_END = b"\xff"


class Scanner:
    """A compiled database. Any thread may scan with it at any time."""

    def __init__(self, database: hyperscan.Database) -> None:
        self._database = database
        self._local = threading.local()

    def scan(self, data: bytes) -> list[tuple[int, int]]:
        """The end of each match, in bytes, and the number of its expression, in no promised order."""
        found: list[tuple[int, int]] = []
        # hyperscan 0.9.1 can miss a short literal of several ("curl|nc|wget") that ends where the data does.
        data = data if data.endswith(_END) else data + _END

        def note(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            found.append((end, number))

        self._database.scan(data, match_event_handler=note, scratch=self._scratch())
        return found

    def _scratch(self) -> hyperscan.Scratch:
        # Hyperscan's working memory: no two scans may use one at a time.
        scratch: hyperscan.Scratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            import hyperscan

            scratch = self._local.scratch = hyperscan.Scratch(self._database)
        return scratch
