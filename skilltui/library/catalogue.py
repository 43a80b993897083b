"""What was read of a library, as bytes: the next start looks at the files' stamps and reads only what changed since.

A line of JSON with the size of the rest, JSON for everything but the bodies, then the bodies one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from skilltui.domain.skill import CheckResult, Finding, Severity, Skill, Verdict
from skilltui.library.check import TreeEntry

FORMAT = "catalogue 1"
_STAMPS = tuple(field.name for field in fields(TreeEntry))


class ReadSkill(Struct, frozen=True):
    """One skill folder as it was read; good while its ``entries`` stay the same.

    ``settled``: nothing in it changed so shortly before that a further change could carry the same stamps.
    """

    entries: tuple[TreeEntry, ...]
    skill: Skill | None
    result: CheckResult
    settled: bool = True


def dump_catalogue(reads: Mapping[str, ReadSkill]) -> bytes:
    """The bytes; what is not settled is left out, to be read again."""
    rows: list[Any] = []
    bodies: list[bytes] = []
    for path, read in reads.items():
        if not read.settled:
            continue
        skill, result = read.skill, read.result
        body = b"" if skill is None else skill.body.encode("utf-8", "surrogatepass")
        bodies.append(body)
        rows.append([
            path, [[getattr(entry, name) for name in _STAMPS] for entry in read.entries],
            skill and [skill.name, skill.description, skill.root, skill.blob, skill.hash, skill.project],
            [result.path, result.name, result.verdict], len(body),
            [[f.code, f.severity, f.line, f.message, f.shown, f.verdict] for f in result.findings],
        ])  # fmt: skip
    meta = json.dumps(rows, separators=(",", ":")).encode()
    return b"".join((b"%d\n" % len(meta), meta, *bodies))


def load_catalogue(data: memoryview) -> dict[str, ReadSkill]:
    """What was read, by the path of each ``SKILL.md``; empty where the bytes are none of ours."""
    try:
        start = bytes(data[:20]).index(b"\n") + 1
        end = start + int(bytes(data[:start]))
        reads: dict[str, ReadSkill] = {}
        for path, entries, skill, (shown, name, verdict), length, found in json.loads(bytes(data[start:end])):
            findings = tuple(
                Finding(code, Severity(severity), line, message, hidden, Verdict(worst))
                for code, severity, line, message, hidden, worst in found
            )
            body, end = str(data[end : end + length], "utf-8", "surrogatepass"), end + length
            reads[path] = ReadSkill(
                tuple(TreeEntry(*entry) for entry in entries),
                skill and _skill(skill, path, body, findings),
                CheckResult(shown, name, Verdict(verdict), findings),
            )
    except (ValueError, TypeError):
        return {}
    return reads


def _skill(row: list[Any], path: str, body: str, findings: tuple[Finding, ...]) -> Skill:
    name, description, root, blob, tree, project = row
    return Skill(name, description, body, path, root, blob, tree, findings, None, project)
