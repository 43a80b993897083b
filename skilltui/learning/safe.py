"""What a draft must not say, whoever said it first: the floor that holds even for a model that obeys an injection.

Claude Code runs ``!`` blocks before a model reads the skill, and hooks run without being asked; neither can be reviewed
by reading steps, so no draft holds one (reference: safety, injection and provenance).
"""

from __future__ import annotations

import re
import unicodedata

from skilltui.text.sanitise import has_hidden

# Switches a check off: the step stays without the switch, the switch is the person's to add.
_BYPASS = re.compile(r"\s--no-(?:verify|gpg-sign)\b")
# Destroys, or opens a door: no lesson that may be learned unattended.
_DRASTIC = re.compile(
    r"\brm\s+(?:-\w+\s+)*-\w*[rf]|\bgit\s+push\b.*\s(?:-f\b|--force)|\bgit\s+reset\s+--hard|\bgit\s+clean\s+-\w*f|"
    r"\bgit\s+checkout\s+(?:--\s+)?\.(?:\s|$)|\bgit\s+branch\s+-D\b|\bchmod\s+(?:-R\s+)?0?777|\bcurl\b.*\s(?:-k\b|--insecure)|"
    r"--dangerously|\bsudo\b|\bdd\s+if=|\bmkfs|\bkill(?:all)?\b|\bpkill\b|\bdrop\s+(?:table|database)\b|\btruncate\b|"
    r"\bhistory\s+-c|\beval\b|\bbase64\s+(?:-d|--decode)|\bnc\s+-|>\s*/dev/(?:sd|tcp)",
    re.IGNORECASE,
)
_PIPED_TO_SHELL = re.compile(
    r"\b(?:curl|wget|fetch|iwr|irm|invoke-webrequest)\b.*[|(].*\b(?:sh|bash|zsh|python[\d.]*|node|perl|ruby|iex|source)\b|"
    r"\b(?:sh|bash|zsh|eval|source|\.)\b.*[<$]\(\s*(?:curl|wget)\b",
    re.IGNORECASE | re.DOTALL,
)
_LOADED = re.compile(
    r"!`|(?:^|\s)!\s+`|<!--|^\s*(?:[-*+]|\d+[.)])?\s*!|^\s*(?:[-*+]|\d+[.)])?\s*@[\w./~-]+", re.MULTILINE
)
_HOOKS = re.compile(
    r"\"?\b(?:PreToolUse|PostToolUse|UserPromptSubmit|SessionStart|SubagentStop|allowed-tools|disableBypass\w*)\b"
)
_PLACEHOLDER = re.compile(r"‹redacted")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_URL = re.compile(r"\bhttps?://[^\s\"'`<>)\]]+")


def teachable(command: str) -> str:
    """A command without switches that only turn a check off; empty where it is nothing to learn unattended."""
    if _DRASTIC.search(command) or _PIPED_TO_SHELL.search(command):
        return ""
    return _BYPASS.sub("", command)


def bypasses(command: str) -> bool:
    """Whether a command switches a check off."""
    return bool(_BYPASS.search(command))


def forbidden(text: str) -> bool:
    """Whether a draft may not hold this text: it would run when loaded, change what an agent may do, or hides."""
    return has_hidden(text) or bool(
        _LOADED.search(text) or _HOOKS.search(text) or _PLACEHOLDER.search(text) or _PIPED_TO_SHELL.search(text)
    )


def without_hidden(text: str) -> str:
    """Text without what can't be seen or moves a cursor: escape codes, controls, marks that reorder."""
    text = _ESCAPE.sub("", text).replace("\r\n", "\n")
    if not has_hidden(text):
        return text
    text = text.translate({ord(char): None for char in set(text) if char not in "\n\t" and has_hidden(char)})
    return text if not has_hidden(text) else "".join(char for char in text if not unicodedata.combining(char))


def urls(text: str) -> list[str]:
    """The addresses that a text names."""
    return [url.rstrip(".,;:") for url in _URL.findall(text)]
