"""Steps as actions: what was done, in a form that can be compared between agents and shown in a skill.

A shell line becomes one action per simple command, an edit one per file. The normal form follows
:func:`skilltui.domain.steps.token`, finer where a lesson needs it: ``edit CHANGELOG.md`` says more than ``Edit:.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skilltui.domain.steps import path_argument, shell_command
from skilltui.domain.trajectory import Step, Trajectory
from skilltui.learning.safe import teachable, urls
from skilltui.learning.shell import HEREDOC, bare, head, split_commands
from skilltui.learning.slots import relative, slot_command, slot_text

# A retry of a failed step is looked for among this many steps after it.
RETRY = 8
# A longer line of a file tells too much of one project.
MAX_CHANGE = 70


class ActionKind(StrEnum):
    """What an action is to a procedure."""

    COMMAND = "command"  # a shell command that does or shows something of the task
    EDIT = "edit"
    CREATE = "create"
    CALL = "call"  # a tool of a server or a harness of its own
    LOOK = "look"  # reading and searching: every agent does that unasked


class Action(Struct, frozen=True):
    """One thing that a step did.

    ``token`` is its normal form, ``text`` what a skill may show of it (a command with slots, a file's path, the
    argument names of a call; empty where nothing fit to show is left), ``raw`` the source, ``detail`` how a file was
    changed where one line says it. ``change`` is the one line that an edit put into a file of settings, ``anew`` where
    it only has another value there than before.
    """

    kind: ActionKind
    token: str
    text: str
    raw: str
    step: int
    ok: bool | None
    detail: str = ""
    change: str = ""
    anew: bool = False


_EDITS = frozenset({"edit", "multiedit", "notebookedit", "replace", "edit_file", "str_replace", "insert"})
_CREATES = frozenset({"write", "write_file", "create", "create_file"})
_EDITORS = frozenset({"str_replace_editor", "str_replace_based_edit_tool", "editor"})
_LOOKS = frozenset(
    {"read", "grep", "glob", "ls", "read_file", "view", "view_file", "list_directory", "list_dir", "read_many_files",
     "search_file_content", "search_files", "grep_search", "find_file", "file_search", "codebase_search", "open",
     "websearch", "web_search", "webfetch", "web_fetch", "google_web_search", "bashoutput", "read_bash", "taskoutput",
     "lsp", "notebookread", "listmcpresources", "readmcpresource", "search_dir", "search_file", "find", "tool_search"}
)  # fmt: skip
# What an agent does for its own order, not for the task.
_BOOKKEEPING = frozenset(
    {"todowrite", "todoread", "taskcreate", "taskupdate", "tasklist", "taskget", "update_plan", "enterplanmode",
     "exitplanmode", "exit_plan_mode", "askuserquestion", "ask_user", "skill", "task", "agent", "killshell",
     "kill_bash", "stop_bash", "write_stdin", "write_bash", "toolsearch", "think", "report_intent", "write_todos",
     "save_memory", "slashcommand", "activate_skill", "submit", "finish", "transfer_to_human_agents", "sendmessage",
     "structuredoutput"}
)  # fmt: skip
_MUSING = re.compile(r"thought|thinking|journal|memory|memories|todo")
_LOOK_HEADS = frozenset(
    {"ls", "cat", "head", "tail", "find", "fd", "grep", "rg", "egrep", "ag", "wc", "pwd", "which", "tree", "sed", "awk",
     "echo", "printf", "file", "stat", "less", "more", "sleep", "true", "false", "test", "[", "date", "ps", "env",
     "printenv", "type", "whoami", "uname", "du", "df", "jq", "nl", "sort", "uniq", "cut", "diff", "basename",
     "dirname", "realpath", "xxd", "od", "id", "hostname", "wait", "clear", "history", "man", "exit", "read"}
)  # fmt: skip
_LOOK_COMMAND = re.compile(
    r"^(?:command -v|type|hash)\b|^git (?:tag(?: -l\b| --list\b|$)|remote(?: -v| show| get-url|$)|stash list|"
    r"worktree list|config (?:--get|--list|-l)|"
    r"(?:rev-parse|rev-list|ls-files|blame|describe|shortlog|reflog|check-ignore|cat-file|ls-tree|ls-remote|grep)\b)"
)
_INLINE = re.compile(
    r"^(?:python[\d.]*|node|ruby|perl|bun|deno|php)\b.*(?:\s-(?:c|e|p)\b|" + re.escape(HEREDOC) + r"|\s-\s*$)"
)
_WRAPPED_LOOK = re.compile(r"^[\w-]+(?: [a-z]+)? (?:cat|ls|grep|rg|find|head|tail|sed|wc|tree)\b")
_NESTED = re.compile(r"\b(?:ba|z|da)?sh -\w*c\b")
_SED_IN_PLACE = re.compile(r"^(?:sed|perl)\s+(?:\S+\s+)*-\w*i\b.*?([\w./@+-]+\.\w+)\s*$")
_REDIRECT = re.compile(r"^(?:cat|echo|printf|tee)\b.*?(?:>>?|tee(?: -a)?)\s*([\w./@+~-]+\.\w+)", re.DOTALL)
# Files where one line says a choice: not of agents' own folders, whose lines grant permissions.
_SETTINGS = re.compile(
    r"(?!\.)(?:[\w@+-][\w.@+-]*/)*[\w@+-][\w.@+-]*\.(?:toml|ini|cfg|ya?ml|json|conf)|(?:[\w-]+/)*requirements[\w.-]*\.txt"
)
# A choice that only switches a check off is no lesson.
_LENIENT = re.compile(
    r"\b(?:false|off|no|none|never|ignore\w*|skip\w*|disable\w*|exclude\w*|allow\w*|warn\w*)\b|[:=]\s*0", re.IGNORECASE
)
_VALUE = re.compile(r"<(?:version|date)>")
_CHOICE = re.compile(r"\w\W{0,3}\s*(?:=|:)\s*\S|\w==\S")
_PATCH_FILE = re.compile(r"^\*\*\* (Add|Update|Delete) File: (.+)$", re.MULTILINE)


def actions(trajectory: Trajectory) -> list[Action]:
    """Everything that was done, in order; bookkeeping tools are left out.

    Of a failed ``a && b``, ``a`` counts as done where a later success needed only ``b`` again.
    """
    found = [action for step in trajectory.steps for action in step_actions(step, trajectory.project)]
    result: list[Action] = []
    for index, action in enumerate(found):
        last = index
        while last + 1 < len(found) and found[last + 1].step == action.step:
            last += 1
        if action.ok is False and last > index:
            later = [a for a in found[last + 1 :] if a.step <= action.step + RETRY]
            again = next((i for i, a in enumerate(later) if a.token == found[last].token and a.ok), None)
            if again is not None and action.token not in {a.token for a in later[: again + 1]}:
                result.append(replace(action, ok=None))
                continue
        result.append(action)
    return result


def step_actions(step: Step, project: str | None = None) -> list[Action]:
    """What one step did."""
    name = step.tool.lower()
    command = shell_command(step.tool, step.args)
    if command is not None:
        return list(_commands(step, command, project))
    if name in _BOOKKEEPING or _MUSING.search(name):
        return []
    if name in {"apply_patch", "patch"}:
        return list(_patched(step, project))
    path = path_argument(step.args)
    if name in _EDITORS:
        name = {"create": "create", "view": "view"}.get(str(step.args.get("command")), "edit")
    if path is not None and name in _EDITS | _CREATES:
        return [_file_action(step, path, project, created=name in _CREATES)]
    if name in _LOOKS or (name.startswith(("read_", "list_", "search_")) and path is not None):
        file = slot_text(relative(path, project)) if path and "read" in name else ""
        token = f"read {PurePosixPath(file).name}" if file else step.tool
        return [Action(ActionKind.LOOK, token, file, path or "", step.seq, step.ok)]
    shown = ", ".join(f"`{key}`" for key in list(step.args)[:6] if re.fullmatch(r"\w{1,40}", key))
    return [Action(ActionKind.CALL, step.tool, shown, f"{step.tool} {dict(step.args)}"[:400], step.seq, step.ok)]


def is_general_file(text: str) -> bool:
    """Whether a file is one that many tasks share: at the top of the project, or in a dot folder."""
    return "/" not in text.removesuffix("/") or text.startswith((".github/", ".config/", "docs/"))


def _commands(step: Step, line: str, project: str | None) -> Iterator[Action]:
    for raw in split_commands(line):
        command = bare(raw)
        name = head(command)
        if not name:
            continue
        written = _SED_IN_PLACE.match(command) or _REDIRECT.match(command)
        if written:
            yield _file_action(step, written[1], project, created=command.startswith(("cat", "tee")))
        elif (
            name in _LOOK_HEADS
            or _WRAPPED_LOOK.match(command)
            or _NESTED.search(command)
            or _INLINE.match(command)
            or _LOOK_COMMAND.match(command)
        ):
            yield Action(ActionKind.LOOK, name, "", raw, step.seq, step.ok)
        else:
            shown = slot_command(teachable(command), project)
            yield Action(ActionKind.COMMAND, name, shown, raw, step.seq, step.ok)


def _patched(step: Step, project: str | None) -> Iterator[Action]:
    text = next((v for v in step.args.values() if isinstance(v, str) and "*** " in v), "")
    for verb, path in _PATCH_FILE.findall(text):
        if verb != "Delete":
            yield _file_action(step, path.strip(), project, created=verb == "Add")


def _file_action(step: Step, path: str, project: str | None, *, created: bool) -> Action:
    file = slot_text(relative(path, project))
    kind = ActionKind.CREATE if created else ActionKind.EDIT
    token = f"{kind} {PurePosixPath(file).name}"
    if created:
        return Action(kind, token, file, path, step.seq, step.ok)
    detail = _detail(step.args, project)
    change, anew = _change(step.args, project, file)
    return Action(kind, token, file, path, step.seq, step.ok, detail, change, anew)


def _detail(args: Mapping[str, Any], project: str | None) -> str:
    """The one line that tells how a file was changed: a value that was set anew, or a heading that was added."""
    gone, come = _changed_lines(args)
    if not come:
        return ""
    slotted = slot_text(come[0], project)
    if len(slotted) > MAX_CHANGE or "`" in slotted or not _VALUE.search(slotted):
        return ""
    if len(come) == 1 and len(gone) == 1 and slot_text(gone[0], project) == slotted:
        return f"set `{slotted.rstrip(',')}`"
    if slotted.startswith("#"):
        return f"add `{slotted}`"
    return ""


def _change(args: Mapping[str, Any], project: str | None, file: str) -> tuple[str, bool]:
    """The one line that an edit wrote, and whether it only got another value; empty where it tells no choice."""
    gone, come = _changed_lines(args)
    if len(come) != 1 or len(gone) > 1:
        return "", False
    slotted = slot_text(come[0], project).rstrip(",")
    if not 4 <= len(slotted) <= MAX_CHANGE or "`" in slotted or urls(slotted) or not teachable(slotted):
        return "", False
    if gone and slot_text(gone[0], project).rstrip(",") == slotted:
        return (slotted, True) if _VALUE.search(slotted) else ("", False)
    if not _SETTINGS.fullmatch(file) or _LENIENT.search(slotted) or not _CHOICE.search(slotted):
        return "", False
    return slotted, False


def _changed_lines(args: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The lines that an edit took out and put in, stripped; empty ones are none."""
    old, new = args.get("old_string"), args.get("new_string")
    if not isinstance(old, str) or not isinstance(new, str):
        return [], []
    before, after = old.splitlines(), new.splitlines()
    gone = [line.strip() for line in before if line not in after and line.strip()]
    return gone, [line.strip() for line in after if line not in before and line.strip()]
