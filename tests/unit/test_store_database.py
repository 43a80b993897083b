"""The connection: whole transactions, cancellation, migrations, foreign and damaged files, modes."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from skilltui.errors import DiskFullError, StoreError
from skilltui.store import migrations
from skilltui.store.database import Database


def insert(name: str) -> Callable[[sqlite3.Connection], object]:
    return lambda c: c.execute("INSERT INTO skill VALUES (?, '/p', 'trusted', 'person')", (name,))


def names(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM skill ORDER BY name")]


async def test_a_new_store_is_ours_private_and_in_wal_mode(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    database = await Database.open(path, write=True)
    await database.write(insert("a"))
    for file in tmp_path.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    mode = await database.read(lambda c: c.execute("PRAGMA journal_mode").fetchone()[0])
    assert mode == "wal"
    await database.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA application_id").fetchone()[0] == migrations.APPLICATION_ID
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert all(
            "STRICT" in row[0]
            for row in connection.execute(
                "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                # The full-text index makes its own tables.
                " AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE '%_text_%'"
            )
        )
    connection.close()
    wal = path.with_name("s.db-wal")
    assert not wal.exists() or wal.stat().st_size == 0


async def test_a_transaction_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "s.db", write=True)

    def half(connection: sqlite3.Connection) -> None:
        insert("a")(connection)
        insert("a")(connection)

    with pytest.raises(StoreError):
        await database.write(half)
    assert await database.read(names) == []
    await database.close()


async def test_a_cancelled_caller_leaves_no_transaction_open(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "s.db", write=True)
    entered, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        insert("slow")(connection)
        entered.set()
        assert go_on.wait(10)

    task = asyncio.create_task(database.write(slow))
    assert await asyncio.to_thread(entered.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await database.write(insert("next"))
    assert await database.read(names) == ["next", "slow"]
    await database.close()


async def test_writers_do_not_share_a_transaction(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "s.db", write=True)

    def fails(connection: sqlite3.Connection) -> None:
        insert("lost")(connection)
        raise sqlite3.OperationalError("no")

    results = await asyncio.gather(
        *(database.write(fails if n % 2 else insert(f"n{n}")) for n in range(10)), return_exceptions=True
    )
    assert sum(isinstance(r, StoreError) for r in results) == 5
    assert await database.read(names) == [f"n{n}" for n in range(0, 10, 2)]
    await database.close()


async def test_a_reader_beside_the_writer_sees_what_is_committed_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    writer = await Database.open(path, write=True)
    await writer.write(insert("a"))
    reader = await Database.open(path, write=False)
    assert await reader.read(names) == ["a"]
    with pytest.raises(StoreError):
        await reader.write(insert("b"))
    await writer.write(insert("c"))
    assert await reader.read(names) == ["a", "c"]
    await reader.close()
    await writer.close()


async def test_another_programs_database_and_a_newer_one_are_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        await Database.open(other, write=True)
    assert other.read_bytes() == before

    newer = tmp_path / "newer.db"
    await (await Database.open(newer, write=True)).close()
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreError, match="newer"):
        await Database.open(newer, write=True)


async def test_a_damaged_file_is_reported_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError) as caught:
        await Database.open(path, write=True)
    assert str(path) in caught.value.message
    assert path.read_bytes().startswith(b"this is no database")


async def test_a_full_disk_is_named_and_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "s.db", write=True)
    await database.write(insert("before"))
    # A page limit is how SQLite itself says that the disk is full.
    await database.read(lambda c: c.execute(f"PRAGMA max_page_count = {_pages(c)}").fetchall())
    with pytest.raises(DiskFullError) as caught:
        await database.write(lambda c: c.execute("INSERT INTO blob VALUES ('x', zeroblob(1000000))"))
    assert "space" in caught.value.hint
    await database.read(lambda c: c.execute("PRAGMA max_page_count = 1000000").fetchall())
    await database.write(insert("after"))
    assert await database.read(names) == ["after", "before"]
    await database.close()


def _pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA page_count").fetchone()[0])


def test_a_migration_that_fails_leaves_the_old_schema(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "m.db", isolation_level=None)
    migrations.apply(connection, 1, "CREATE TABLE a (x);")
    with pytest.raises(sqlite3.OperationalError):
        migrations.apply(connection, 2, "CREATE TABLE b (x);\nCREATE TABLE a (x);")
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema")]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    assert (tables, version) == (["a"], 1)


def test_migrations_are_numbered_without_a_hole_and_split_into_statements() -> None:
    found = migrations.numbered()
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    for _, script in found:
        assert all(sqlite3.complete_statement(s) for s in migrations.statements(script))
