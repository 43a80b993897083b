"""OpenCode: the SQLite file ``opencode.db``, whose rows are inserted and then updated as the agent works.

Told from its public source (https://github.com/sst/opencode); no real file was seen. Messages stand in ``message`` and
``part``, in newer versions in ``session_message``, and while it moves from one to the other in both. No index leads to
the rows that changed, so a poll looks through the newest rows, and through all of them now and then. What it finds is
read in the order in which it was said, session by session: a part that is updated when it is old (pruned, say) must not
be taken for one of the present task.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct, field
from msgspec.structs import asdict

from skilltui.capture.events import Event, Quarantined, SessionStarted, UserSaid
from skilltui.capture.foreign_database import MAGIC, ForeignDatabase, ValueTooLargeError
from skilltui.capture.formats.base import JSONObject, epoch_ms, flat_text, integer, mapping, mark, text
from skilltui.capture.formats.opencode_rows import Teller, said_key
from skilltui.capture.records import parse_line

NAME = "opencode"

_COLUMNS = frozenset({"id", "session_id", "time_created", "time_updated", "data"})
_TABLES = ("message", "part", "session_message")
# An update is written a little after its time is taken, and several programs may write.
WINDOW_MS = 10_000
# Rows that a poll looks through each time, and how often it looks through all.
_RECENT_ROWS = 10_000
_ALL_ROWS_MS = 30_000
_SESSIONS = 100  # changed sessions that are listed at once
_MESSAGES = 50
_ROWS = 2_000  # of one reading
# A session that is written to both kinds of tables has its messages in both at nearly the same time.
_TWICE_MS = 5_000
_BEGINNING = -1

# A session to be read: its id, and from which message (time, id) and which row of session_message (order) on.
_Walk: TypeAlias = list[Any]


class _Place(Struct):
    """How far a database has been read. Times are the rows' own, in ms.

    ``since``: recent rows updated from then on are new; ``since_all``: any row. ``newest``: the largest row number of
    each table. ``walk``: sessions still to be read; ``listed``: the last one that was listed (time, id), ``None`` when
    all are; ``then``: what the first four become when they are read.
    """

    database: str = ""
    since: int = _BEGINNING
    since_all: int = _BEGINNING
    looked: int = 0
    newest: dict[str, int] = field(default_factory=dict)
    walk: list[_Walk] = field(default_factory=list)
    listed: list[Any] | None = None
    then: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, state: dict[str, str]) -> _Place:
        try:
            return cls(**json.loads(state["place"]))
        except (KeyError, ValueError, TypeError):
            return cls()


class OpenCode:
    """The format ``opencode``."""

    name = NAME
    files = "opencode*.db"

    def sniff(self, path: Path, head: bytes) -> bool:
        """A SQLite file called ``opencode*.db``, or one whose first pages tell of its tables."""
        if not head.startswith(MAGIC):
            return False
        named = path.name.startswith("opencode") and path.suffix == ".db"
        return named or (b"part_message_id_id_idx" in head or b"session_message_session_idx" in head)

    def poll(
        self, database: ForeignDatabase, state: dict[str, str], unknown: Counter[str], *, limit: int, final: bool
    ) -> Iterator[Event | Quarantined]:
        """See ``DatabaseFormat``."""
        yield from _Poll(database, state, unknown, limit).run(final=final)


class _Poll:
    """One reading."""

    def __init__(self, database: ForeignDatabase, state: dict[str, str], unknown: Counter[str], limit: int) -> None:
        self._database, self._state, self._unknown = database, state, unknown
        self._bytes, self._count = limit, _ROWS
        self._columns = {table: database.columns(table) for table in (*_TABLES, "session")}
        self._place = _Place.of(state)

    def run(self, *, final: bool) -> Iterator[Event | Quarantined]:
        if not {"id", "time_created", "time_updated"} <= self._columns["session"]:
            return  # the agent is only about to make its tables
        first = self._rows("SELECT id, time_created FROM session ORDER BY rowid LIMIT 1")
        status = self._database.status
        named = mark(repr((status.st_dev, status.st_ino, first)))
        if self._place.database != named:
            # Another file, or the same one begun anew. Its keys are those of its rows: nothing counts twice.
            self._place = _Place(database=named)
        place = self._place
        if not place.then:
            self._look(final=final)
        while self._bytes > 0 and self._count > 0:
            if place.walk:
                yield from self._session(place.walk[0])
            elif place.listed is not None:
                self._list()
            else:
                break
        if not place.walk and place.listed is None:
            place.since, place.since_all = place.then["since"], place.then["since_all"]
            place.looked, place.newest = place.then["looked"], place.then["newest"]
            place.then = {}
        self._keep(more=bool(place.then))

    def _keep(self, *, more: bool) -> None:
        self._state["place"] = json.dumps(asdict(self._place), separators=(",", ":"))
        self._state.pop("more", None)
        if more:
            self._state["more"] = "1"

    def _rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        return self._database.rows(statement, parameters)

    # What changed.

    def _look(self, *, final: bool) -> None:
        """Begin a round: note how far it will have read, before anything is read."""
        place, now = self._place, int(time.time() * 1000)
        everything = final or now - place.looked > _ALL_ROWS_MS or not place.looked
        newest, latest = {}, place.since
        for table in self._known_tables():
            newest[table] = integer(self._rows(f"SELECT max(rowid) FROM {table}")[0][0]) or 0  # noqa: S608
            floor = 0 if everything else newest[table] - _RECENT_ROWS
            (row,) = self._rows(f"SELECT max(time_updated) FROM {table} WHERE rowid > ?", floor)  # noqa: S608
            latest = max(latest, min(integer(row[0]) or 0, now))
        since = max(place.since, latest - WINDOW_MS)
        place.then = {
            "since": since, "since_all": since if everything else place.since_all,
            "looked": now if everything else place.looked, "newest": newest, "everything": everything,
        }  # fmt: skip
        place.listed = [_BEGINNING, ""]

    def _known_tables(self) -> list[str]:
        known = {table for table in _TABLES if self._columns[table] >= _COLUMNS}
        if "message_id" not in self._columns["part"] or "message" not in known:
            known.discard("part")
        return sorted(known)

    def _list(self) -> None:
        """The next sessions to be read, oldest first."""
        place = self._place
        changed = self._everything() if place.since == _BEGINNING else self._changed()
        after = place.listed or [_BEGINNING, ""]
        later = sorted((found for found in changed if list(found[:2]) > after), key=lambda found: found[:2])
        page = later[:_SESSIONS]
        place.walk = [[native, moment, "", order] for _, native, moment, order in page]
        place.listed = list(page[-1][:2]) if len(later) > _SESSIONS else None

    def _everything(self) -> list[tuple[int, str, int | None, int | None]]:
        time_created, native = self._place.listed or (_BEGINNING, "")
        rows = self._rows(
            "SELECT time_created, id FROM session WHERE (time_created, id) > (?, ?)"
            " AND typeof(time_created) = 'integer' AND id IS NOT NULL ORDER BY time_created, id LIMIT ?",
            time_created, native, _SESSIONS + 1,
        )  # fmt: skip
        return [(row[0], row[1], _BEGINNING, _BEGINNING) for row in rows]

    def _changed(self) -> list[tuple[int, str, int | None, int | None]]:
        """Sessions with rows that are new, or updated: (created, id, first message's time, first row's order)."""
        place, everything = self._place, self._place.then["everything"]
        since = place.since_all if everything else place.since
        moments: dict[str, int] = {}
        orders: dict[str, int] = {}
        for table in self._known_tables():
            seen = place.newest.get(table, 0)
            newest = place.then["newest"][table]
            # Row numbers begin anew when the file was vacuumed.
            seen = min(seen, newest)
            floor = 0 if everything else newest - _RECENT_ROWS
            first, joined = "t.time_created", ""
            if table == "session_message":
                first = f"t.{self._order}"
            elif table == "part":
                first, joined = "m.time_created", "JOIN message AS m ON m.id = t.message_id"
            found = self._rows(
                f"SELECT t.session_id, min({first}) FROM {table} AS t {joined}"  # noqa: S608 - our own names
                " WHERE t.rowid > ? AND (t.time_updated >= ? OR t.rowid > ?) GROUP BY t.session_id",
                floor, since, seen,
            )  # fmt: skip
            of = orders if table == "session_message" else moments
            for native, least in found:
                if isinstance(native, str) and isinstance(least, int):
                    of[native] = min(of.get(native, least), least)
        told = self._rows("SELECT id FROM session WHERE time_updated >= ?", since)
        return [
            (created, native, moments.get(native), orders.get(native))
            for native in {*moments, *orders, *(row[0] for row in told)}
            for (created,) in self._rows(
                "SELECT time_created FROM session WHERE id = ? AND typeof(time_created) = 'integer'", native
            )
        ]

    @property
    def _order(self) -> str:
        return "seq" if "seq" in self._columns["session_message"] else "rowid"

    # What was said.

    def _session(self, walk: _Walk) -> Iterator[Event | Quarantined]:
        native, moment, message, order = walk
        columns = self._columns["session"]
        names = [name if name in columns else "NULL" for name in ("parent_id", "directory", "time_created", "revert")]
        rows = self._rows(f"SELECT {', '.join(names)} FROM session WHERE id = ?", native)  # noqa: S608
        if not rows:
            self._place.walk.pop(0)
            return
        ((parent, directory, created, revert),) = rows
        if not message:
            yield SessionStarted(native, epoch_ms(created), text(directory), parent=text(parent))
        teller = Teller(native, bool(parent), self._unknown)
        if moment is not None and "message" in self._known_tables():
            yield from self._messages(teller, walk)
            if walk[1] is not None:
                return
        if order is not None and "session_message" in self._known_tables():
            yield from self._one_row_messages(teller, walk)
            if walk[3] is not None:
                return
        taken_back = text(mapping(_json(revert)).get("messageID"))
        if taken_back and not parent:
            # What was taken back did happen: it stays, and this is the mark of a person.
            yield UserSaid(native, f"{native}#revert:{taken_back}", None, "taken back by a revert", "interruption")
        self._place.walk.pop(0)

    def _messages(self, teller: Teller, walk: _Walk) -> Iterator[Event | Quarantined]:
        """Messages with their parts, from the walk's place on; its time is ``None`` when there are no more."""
        # Without an id the place is before the first message of its time, with one behind that message.
        behind = (walk[1], walk[2]) if walk[2] else (walk[1] - 1, "\U0010ffff")
        rows = self._rows(
            "SELECT id, time_created, rowid FROM message WHERE session_id = ? AND (time_created, id) > (?, ?)"
            " AND typeof(time_created) = 'integer' AND id IS NOT NULL ORDER BY time_created, id LIMIT ?",
            walk[0], *behind, _MESSAGES,
        )  # fmt: skip
        for native, created, number in rows:
            if self._bytes <= 0 or self._count <= 0:
                return
            info, broken = self._data("message", native, number)
            if broken is not None:
                yield broken
            else:
                damaged: list[Quarantined] = []
                yield from teller.message(created, info, self._parts(native, damaged))
                yield from damaged
            walk[1], walk[2] = created, native
        if len(rows) < _MESSAGES:
            walk[1] = None

    def _parts(self, message: str, damaged: list[Quarantined]) -> Iterator[tuple[str, JSONObject]]:
        """The parts of one message, one at a time: each may be large."""
        if "part" not in self._known_tables():
            return
        for native, number in self._rows("SELECT id, rowid FROM part WHERE message_id = ? ORDER BY id", message):
            data, broken = self._data("part", native, number)
            if broken is None:
                yield native, data
            else:
                damaged.append(broken)

    def _one_row_messages(self, teller: Teller, walk: _Walk) -> Iterator[Event | Quarantined]:
        """Rows of ``session_message``, unless the same was said in ``message`` at the same time."""
        last = None
        if "message" in self._known_tables():
            ((last,),) = self._rows("SELECT max(time_created) FROM message WHERE session_id = ?", walk[0])
        told_until = last + _TWICE_MS if last is not None else _BEGINNING
        rows = self._rows(
            f"SELECT id, type, time_created, {self._order}, rowid FROM session_message"  # noqa: S608
            f" WHERE session_id = ? AND {self._order} >= ? AND typeof(time_created) = 'integer' AND id IS NOT NULL"
            f" ORDER BY {self._order} LIMIT ?",
            walk[0], walk[3], _MESSAGES,
        )  # fmt: skip
        for native, kind, created, order, number in rows:
            if self._bytes <= 0 or self._count <= 0:
                return
            if created > told_until:
                data, broken = self._data("session_message", native, number)
                if broken is not None:
                    yield broken
                else:
                    asked = self._asked(walk[0], order) if kind == "skill" else ""
                    yield from teller.row(native, created, str(kind), data, asked)
            walk[3] = order + 1
        if len(rows) < _MESSAGES:
            walk[3] = None

    def _asked(self, session: str, order: int) -> str:
        rows = self._rows(
            "SELECT id, time_created, rowid FROM session_message WHERE session_id = ? AND type = 'user'"  # noqa: S608
            f" AND {self._order} < ? ORDER BY {self._order} DESC LIMIT 1", session, order,
        )  # fmt: skip
        for native, created, number in rows:
            data, _ = self._data("session_message", native, number)
            born = integer(mapping(data.get("time")).get("created"))
            return said_key(born if born is not None else created, flat_text(data.get("text")).strip())
        return ""

    def _data(self, table: str, native: str, number: int) -> tuple[JSONObject, Quarantined | None]:
        """The JSON of one row, or why there is none."""
        self._count -= 1
        try:
            rows = self._rows(f"SELECT CAST(data AS BLOB) FROM {table} WHERE id = ?", native)  # noqa: S608
        except ValueTooLargeError:
            return {}, Quarantined(number, 0, mark(f"{table}/{native}"), "row is too long to be read")
        data = rows[0][0] if rows and isinstance(rows[0][0], bytes) else b""
        self._bytes -= len(data) + 200
        parsed = parse_line(number, data)
        if len(parsed.records) != 1 or parsed.quarantined:
            reason = parsed.quarantined[0].reason if parsed.quarantined else "not a JSON object"
            return {}, Quarantined(number, len(data), mark(f"{table}/{native}"), reason)
        return parsed.records[0][1], None


def _json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
