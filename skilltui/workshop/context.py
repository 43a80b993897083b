"""What every use case is given: configuration, store, bus, redactor, clock."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from skilltui.config import Config
from skilltui.paths import HomePaths
from skilltui.store.database import Database
from skilltui.text.redact import Redactor
from skilltui.workshop.events import EventBus


class Context(Struct):
    """Shared by the use cases of one open home. ``config`` changes when the person answers a question."""

    paths: HomePaths
    config: Config
    database: Database
    bus: EventBus
    redactor: Redactor
    clock: Callable[[], str]
