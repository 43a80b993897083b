"""Many rows in one statement.

Python's lock is taken and given back around every row of ``executemany``; beside a thread that reads and redacts, a
writer would wait for it thousands of times. One statement over a JSON array runs to its end without it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from skilltui.store.rows import dump

ROWS = "{rows}"


def bulk(connection: sqlite3.Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
    """Run ``statement`` over ``rows``, in their order.

    ``{rows}`` in it stands for a table of them, with the columns ``c0``, ``c1`` and so on. ``CROSS JOIN`` keeps that
    table on the outside: the planner knows nothing of its size.
    """
    if not rows:
        return
    width = len(rows[0])
    data = dump(rows)
    if "\\u0000" in data:
        # SQLite's JSON ends a text at a NUL.
        columns = ", ".join(f"? AS c{number}" for number in range(width))
        connection.executemany(statement.replace(ROWS, f"(SELECT {columns})"), rows)
        return
    columns = ", ".join(f"json_extract(value, '$[{number}]') AS c{number}" for number in range(width))
    table = f"(SELECT {columns} FROM json_each(?))"  # noqa: S608 - numbers of our own
    connection.execute(statement.replace(ROWS, table), (data,))
