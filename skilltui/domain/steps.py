"""Step normalisation: a step as a token, so that runs of different sessions can be compared.

A token is ``tool`` or ``tool:verb``: the first word of a shell command that is not an environment assignment, a
``cd`` or a wrapper; for tools that take a path, its extension.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from skilltui.domain.trajectory import Step

SHELL_TOOLS = frozenset(
    {"bash", "shell", "exec_command", "local_shell", "run_shell_command", "shell_command", "powershell"}
)
_WRAPPERS = frozenset({"sudo", "env", "time", "nohup", "command", "exec", "npx", "bunx", "uvx", "pnpx"})
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
# Programs whose first argument says what is done: "git commit" is another kind of step than "git diff".
_WITH_VERB = frozenset(
    {"git", "gh", "npm", "pnpm", "yarn", "bun", "cargo", "go", "docker", "kubectl", "uv", "pip", "poetry", "make",
     "python", "python3", "terraform", "helm", "dotnet", "mvn", "gradle", "just", "brew", "apt", "systemctl"}
)  # fmt: skip


def shell_command(step_tool: str, args: Mapping[str, Any]) -> str | None:
    """The shell command of a step as one string, or ``None`` where the tool is no shell."""
    if step_tool.lower() not in SHELL_TOOLS:
        return None
    command = args.get("command", args.get("cmd"))
    if isinstance(command, list):
        parts = [str(part) for part in command]
        if len(parts) >= 3 and parts[0].rsplit("/", 1)[-1] in {"bash", "sh", "zsh"} and parts[1].startswith("-"):
            return parts[2]
        return shlex.join(parts)
    return command if isinstance(command, str) else None


def command_head(command: str) -> str:
    """The words that say what a shell command does: ``pytest``, ``git commit``; empty where there are none."""
    for segment in re.split(r"&&|\|\||;|\n|\|", command):
        words = segment.split()
        while words and (_ASSIGNMENT.match(words[0]) or words[0].rsplit("/", 1)[-1] in _WRAPPERS):
            words.pop(0)
        if not words or words[0] in {"cd", "export", "set", "source", ".", "echo", "#"}:
            continue
        head = words[0].strip("'\"").rsplit("/", 1)[-1]
        if head in _WITH_VERB:
            verb = next((w for w in words[1:] if not w.startswith("-")), None)
            if head in {"python", "python3"} and "-m" in words[:-1]:
                verb = words[words.index("-m") + 1]
            if verb and "/" not in verb and re.fullmatch(r"[\w:.-]{1,30}", verb):
                return f"{head} {verb}"
        return head
    return ""


def path_argument(args: Mapping[str, Any]) -> str | None:
    """The file that a step names, where it names one."""
    for key in ("file_path", "path", "notebook_path", "filename", "absolute_path"):
        value = args.get(key)
        if isinstance(value, str) and value:
            return value
    return None


def token(step: Step) -> str:
    """The normal form of a step, e.g. ``Bash:git commit``, ``Edit:.py``, ``WebSearch``."""
    command = shell_command(step.tool, step.args)
    if command is not None:
        head = command_head(command)
        return f"{step.tool}:{head}" if head else step.tool
    path = path_argument(step.args)
    if path is not None:
        suffix = PurePosixPath(path.replace("\\", "/")).suffix
        return f"{step.tool}:{suffix}" if suffix else step.tool
    return step.tool
