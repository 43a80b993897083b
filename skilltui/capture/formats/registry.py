"""The formats that can be read, by the name the command line uses."""

from __future__ import annotations

from skilltui.capture.formats.base import Format
from skilltui.capture.formats.claude_code import ClaudeCode
from skilltui.capture.formats.codex import Codex
from skilltui.capture.formats.events_jsonl import Events

FORMATS: dict[str, Format] = {fmt.name: fmt for fmt in (ClaudeCode(), Codex(), Events())}
