"""Many rows in few statements.

Python's lock is taken and given back around every row of ``executemany``; beside a thread that reads and redacts, a
writer would wait for it thousands of times. A statement over many rows runs to its end without it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from skilltui.store.rows import storable

ROWS = "{rows}"
# Rows a statement, largest first. Few different numbers: each makes a statement of its own, which is kept prepared.
_AT_ONCE = (512, 64, 8, 1)


def bulk(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Run ``statement`` over ``rows``, in their order.

    ``{rows}`` in it stands for a table of them, with the columns ``c0``, ``c1`` and so on. ``CROSS JOIN`` keeps that
    table on the outside: the planner knows nothing of its size. Strings are made storable where they are not.
    """
    if not rows:
        return
    width = len(rows[0])
    columns = ", ".join(f"column{number + 1} AS c{number}" for number in range(width))
    most = connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // width
    for part in _parts(rows, most):
        values = ", ".join([f"({', '.join('?' * width)})"] * len(part))
        table = f"(SELECT {columns} FROM (VALUES {values}))"  # noqa: S608 - question marks and numbers of our own
        filled = statement.replace(ROWS, table)
        try:
            connection.execute(filled, [value for row in part for value in row])
        except UnicodeEncodeError:
            # A lone surrogate, seldom, and told before anything was written.
            connection.execute(filled, [storable(v) if isinstance(v, str) else v for row in part for v in row])


def _parts(rows: Sequence[Sequence[object]], most: int) -> Iterator[Sequence[Sequence[object]]]:
    start = 0
    while start < len(rows):
        left = len(rows) - start
        size = next((size for size in _AT_ONCE if size <= min(left, most)), 1)
        yield rows[start : start + size]
        start += size
