"""Versions of a skill, and the operations that made them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class VersionState(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"


class Version(Struct, frozen=True):
    """One state of one skill. ``blob`` and ``hash`` are ``None`` while it is a draft; they never change after."""

    skill: str
    number: int
    state: VersionState
    parent: int | None
    blob: str | None
    hash: str | None
    engine: str
    model: str | None
    created_at: str
    accepted_edits: tuple[str, ...] = ()
    refused_edits: tuple[str, ...] = ()
    note: str = ""


class OperationKind(StrEnum):
    """What was done to a skill."""

    IMPORT = "import"  # the first time a skill on disk is touched: its bytes become version 1
    FOREIGN_EDIT = "foreign_edit"  # somebody else changed the file; the new bytes become a version
    DRAFT = "draft"
    ACCEPT = "accept"
    REJECT = "reject"
    ROLLBACK = "rollback"
    UNDO = "undo"
    NEW = "new"  # a person began a skill
    FIX = "fix"  # a value that broke the YAML was quoted
    RENAME = "rename"
    PUBLISH = "publish"  # copies were brought to files of the skill that no version tells of
    RETIRE = "retire"  # out of the agents' folders, kept here


class Operation(Struct, frozen=True):
    """One row of the operation log, newest last. ``detail`` holds what an undo needs (JSON values only)."""

    id: int
    at: str
    kind: OperationKind
    skill: str
    version: int | None
    detail: Mapping[str, Any] = field(default_factory=dict)
    undone_by: int | None = None
