"""The outermost keys of a JSON document, read from its first bytes alone: what tells one kind of document from another.

What stands deeper, or inside strings (a tool's output may quote any transcript), is never looked at.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_TOKEN = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)("|\\?\Z)(\s*:)?|[{}\[\],]', re.DOTALL)


@lru_cache(maxsize=2)
def outline(head: bytes) -> Mapping[str, str]:
    """Keys at depth one and two of the first JSON value: ``{"info": "", "info/exit_status": "Submitted", ...}``.

    Values are the first 64 bytes where they are strings, else empty. Objects in a list at the top have ``*`` for a key:
    ``*/task_id``. Empty for what is no JSON object or list.
    """
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] not in {b"{", b"["}:
        return {}
    found: dict[str, str] = {}
    keys: list[str] = []  # one for each open container: the key that is being read in it
    for token in _TOKEN.finditer(start):
        mark = token.group()
        if mark in {b"{", b"["}:
            keys.append("*" if mark == b"[" else "")
        elif mark in {b"}", b"]"}:
            keys.pop()
            if not keys:
                break
        elif mark != b"," and len(keys) <= 2:
            if token.group(3) is None:
                path = "/".join(keys)
                if path in found and not found[path]:
                    found[path] = token.group(1)[:64].decode("utf-8", "replace")
            elif token.group(2) == b'"':
                keys[-1] = token.group(1)[:64].decode("utf-8", "replace")
                found.setdefault("/".join(keys), "")
    return found


def place_mark(path: Path) -> str:
    """A short mark of where a file lies: what these documents call themselves repeats from run to run."""
    return hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()[:8]


def session_name(path: Path, native: str | None) -> str:
    """A session of one file: what the document calls itself, and the mark of its place."""
    return f"{native or path.name.partition('.')[0]}~{place_mark(path)}"
