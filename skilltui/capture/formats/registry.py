"""The formats that can be read, by the name the command line uses."""

from __future__ import annotations

from skilltui.capture.formats.base import Format
from skilltui.capture.formats.claude_code import ClaudeCode
from skilltui.capture.formats.codex import Codex
from skilltui.capture.formats.copilot import Copilot
from skilltui.capture.formats.events_jsonl import Events
from skilltui.capture.formats.pi import Pi

# In the order of the question "is this yours?": those that judge by how the first record opens come before Claude
# Code, whose test looks further down a file and also goes by its name.
FORMATS: dict[str, Format] = {fmt.name: fmt for fmt in (Copilot(), Pi(), ClaudeCode(), Codex(), Events())}
