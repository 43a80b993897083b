"""The local key of redaction: with it equal secrets get equal marks; without it a mark tells nothing of its secret."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from skilltui.errors import StoreError

KEY_BYTES = 32


def load_or_create_key(path: Path) -> bytes:
    """The 32 bytes in ``path``, made at the first call (mode 0600). Of several first callers all get the same key.

    Raises:
        StoreError: the file can't be read or made, or holds something else.
    """
    try:
        key = _read(path) or _create(path)
    except OSError as error:
        raise StoreError(
            f"The redaction key {path} can't be read or made: {error.strerror}.", "Check the folder's permissions."
        ) from error
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"The redaction key {path} is damaged.",
            "Restore it from a backup, or delete it: a new one is made, and equal secrets get new marks from then on.",
        )
    return key


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _create(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first: its key is the one
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_bytes()
