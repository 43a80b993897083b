"""The formats that can be read, by the name the command line uses."""

from __future__ import annotations

from skilltui.capture.formats.atif import Atif
from skilltui.capture.formats.base import DatabaseFormat, Format, LineFormat, WholeFormat
from skilltui.capture.formats.claude_code import ClaudeCode
from skilltui.capture.formats.codex import Codex
from skilltui.capture.formats.copilot import Copilot
from skilltui.capture.formats.events_jsonl import Events
from skilltui.capture.formats.gemini import Gemini
from skilltui.capture.formats.mini_swe_agent import MiniSweAgent
from skilltui.capture.formats.opencode import OpenCode
from skilltui.capture.formats.opencode_storage import OpenCodeStorage
from skilltui.capture.formats.pi import Pi
from skilltui.capture.formats.skillrl import SkillRL
from skilltui.capture.formats.swe_agent import SweAgent
from skilltui.capture.formats.tau_bench import TauBench
from skilltui.capture.formats.zeph import Zeph

# In the order of the question "is this yours?": the outline of a document can't be mistaken, marks in lines can, when a
# document quotes them. Those that judge by how the first record opens come before Claude Code, whose test looks further
# down a file and also goes by its name.
DATABASES: dict[str, DatabaseFormat] = {fmt.name: fmt for fmt in (OpenCode(),)}
DOCUMENTS: dict[str, WholeFormat] = {
    fmt.name: fmt for fmt in (Gemini(), Atif(), MiniSweAgent(), SweAgent(), TauBench(), SkillRL())
}
LINES: dict[str, LineFormat] = {fmt.name: fmt for fmt in (Copilot(), Pi(), Zeph(), ClaudeCode(), Codex(), Events())}
FORMATS: dict[str, Format] = {**DATABASES, **DOCUMENTS, **LINES}
# What an agent wrote before, under the agent's name in the store.
FORMATS["opencode-json"] = DOCUMENTS["opencode-json"] = OpenCodeStorage()
# Of these a file tells all or nothing: a part of its bytes says nothing.
OF_WHOLE_FILES = DATABASES.keys() | DOCUMENTS.keys()
