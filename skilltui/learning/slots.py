"""What varies from run to run becomes a slot: ``git tag release/2.4.0`` is ``git tag release/<version>``.

The abstraction step of SkillRL (arXiv 2602.08234): rules with slots outdo raw traces. It also keeps what is personal
out of a skill: home directories, addresses, redacted secrets.
"""

from __future__ import annotations

import re

from skilltui.learning.safe import without_hidden
from skilltui.learning.shell import HEREDOC

MAX_COMMAND = 140

_PLACEHOLDER = re.compile(r"‹redacted[^›\s]*›?|\bREDACTED\b")
_MESSAGE = re.compile(
    r"""(?P<flag>(?:^|\s)(?:-[a-zA-Z]*m|--(?:message|title|body|notes|subject|description|comment)))(?P<eq>[ =])"""
    r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|\$'(?:[^'\\]|\\.)*')""",
    re.DOTALL,
)
_LONG_STRING = re.compile(r""""(?:[^"\\]|\\.){41,}"|'[^']{41,}'""", re.DOTALL)
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_HASH = re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b")
_VERSION = re.compile(r"(?<![\d.])(v?)\d+\.\d+\.\d+(?:[-.]?(?:a|b|rc|alpha|beta|dev|pre)[.-]?\d*)?(?![\d.]*\d)")
_NUMBER = re.compile(r"(?<![\w.])\d{6,}(?![\w.])")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PERSONAL = re.compile(
    r"(?:[A-Za-z]:[\\/]+Users|/Users|/home|/root|/mnt/[a-z]|/private|/var/folders|/workspaces?|/tmp)(?:[\\/][^\s\"'`;|&<>)]*)?"
)
_PATH = re.compile(r"(?<![\w./-])(?:/|\./|\.\./|~/|[A-Za-z]:\\)?(?:[\w@.+-]+[/\\])+[\w@.+-]*|(?<![\w.])/[\w.-]+")
_STRING = re.compile(r""""[^"\n]{1,200}"|(?<!\w)'[^'\n]{1,200}'|`[^`\n]{1,200}`""")
_FILE_WORD = re.compile(
    r"^(?:[\w@.+~-]+/)*[\w@+~-]*\.?[\w@+~-]*\.[A-Za-z]\w{0,9}$|^(?:\.{0,2}/)?(?:[\w@.+~-]+/)+[\w@.+~-]*$"
)

_TAKES_BRANCH = re.compile(
    r"git (?:switch|checkout (?:-[bB]|(?!.*\s--\s))|branch|push|merge|rebase|worktree|cherry-pick)\b"
)
_REF = re.compile(r"(?:origin|upstream|refs|HEAD)/|.*\.\.|HEAD")

_TELLING = re.compile(
    r"\b\w*(?:error|exception)s?\b|\bfail(?:ed|ure|s)?\b|fatal|cannot|can't|could not|unable|not found|no such|denied|"
    r"unknown|invalid|missing|refused|unexpected|undefined|unresolved|conflict|rejected|timed? ?out|already exists|"
    r"not allowed|forbidden|unauthori[sz]ed|panic",
    re.IGNORECASE,
)
_DULL = re.compile(
    r"^(?:exit code \d+|error: exit code \d+|command failed.*|npm err!.*(?:log|debug).*|error command failed.*|"
    r"(?:found )?\d+ (?:failed|errors?|passed).*|[=\-~^ ]+|make(?:\[\d+\])?: \*\*\*.*|"
    r"error: script .*exited with code.*|(?:\d+\s+)*[│|┆].*|"
    r"[$>] .*|traceback \(most recent call last\):|process exited.*|ran \d+ tests.*|failed \(.*\)|=+ .* =+|"
    r"short test summary.*)$",
    re.IGNORECASE,
)


def slot_command(command: str, project: str | None = None) -> str:
    """One simple command as a skill may show it: one line, slots for what varies, nothing personal, not too long."""
    text = _PLACEHOLDER.sub("<secret>", without_hidden(command)).replace(HEREDOC, "<text>")
    text = _MESSAGE.sub(lambda m: f'{m["flag"]}{m["eq"]}"<{_slot_of(m["flag"])}>"', text)
    text = _common(_LONG_STRING.sub('"<text>"', text), project)
    text = " ".join(text.split())
    return text if len(text) <= MAX_COMMAND else ""


def slot_text(text: str, project: str | None = None) -> str:
    """A line of prose or of a file with slots for what varies."""
    return " ".join(_common(_PLACEHOLDER.sub("<secret>", without_hidden(text)), project).split())


def relative(path: str, project: str | None = None) -> str:
    """A file's path below the project, or its last part where it lies elsewhere on somebody's disk."""
    path = path.replace("\\", "/")
    root = (project or "").replace("\\", "/").rstrip("/")
    if root and path.startswith(root + "/"):
        return path[len(root) + 1 :]
    if re.match(r"^(?:/|[A-Za-z]:|~)", path):
        return path.rstrip("/").rsplit("/", 1)[-1]
    return path.removeprefix("./")


def generalise_files(command: str, known: frozenset[str]) -> str:
    """File arguments that are not ``known`` become ``<file>``, several in a row ``<files>``."""
    words: list[str] = []
    branches = bool(_TAKES_BRANCH.match(command))
    for word in command.split(" "):
        bare = word.strip("'\"")
        is_file = bool(_FILE_WORD.match(bare)) and not bare.startswith("-") and bool(words) and not _REF.match(bare)
        if not is_file or bare in known:
            words.append(word)
        elif branches:
            words.append("<branch>")
        elif words[-1] in {"<file>", "<files>"}:
            words[-1] = "<files>"
        else:
            words.append("<file>")
    return " ".join(words)


def file_words(command: str) -> list[str]:
    """The arguments of a command that look like files."""
    return [bare for word in command.split(" ")[1:] if _FILE_WORD.match(bare := word.strip("'\""))]


def error_line(output: str) -> str:
    """The last line of an output that tells what went wrong; empty where there is none."""
    lines = [line.strip() for line in without_hidden(output).splitlines()]
    lines = [re.sub(r"</?tool_use_error>|^(?:E|error:)\s{2,}", "", line).strip() for line in lines if line]
    lines = [line for line in lines if line and not _DULL.match(line)]
    telling = [line for line in lines if _TELLING.search(line)]
    return telling[-1] if telling else ""


def error_signature(output: str) -> str:
    """:func:`error_line` with ``<PATH> <N> <HEX> <STR>`` slots, so that the same error of two runs is one."""
    line = _PLACEHOLDER.sub("<STR>", error_line(output))
    line = _STRING.sub("<STR>", line)
    line = _HASH.sub("<HEX>", _UUID.sub("<HEX>", line))
    line = _PATH.sub("<PATH>", line)
    line = re.sub(r"(?<![\w<])\d+(?:\.\d+)*", "<N>", line)
    return " ".join(line.split())[:200]


def _common(text: str, project: str | None) -> str:
    root = (project or "").rstrip("/\\")
    if root:
        text = re.sub(re.escape(root) + r"(?:[/\\]+(?=[^\s\"'`;|&<>)])|(?=[\s\"'`;|&)]|$)[/\\]?)", _dot, text)
    text = _EMAIL.sub("<email>", text)
    text = _PERSONAL.sub("<path>", text)
    text = _DATE.sub("<date>", _UUID.sub("<id>", text))
    text = _VERSION.sub(lambda m: f"{m[1]}<version>", text)
    return _NUMBER.sub("<id>", _HASH.sub("<hash>", text))


def _dot(match: re.Match[str]) -> str:
    following = match.string[match.end() : match.end() + 1]
    return "" if following and following not in " \"'`;|&)" else "."


def _slot_of(flag: str) -> str:
    name = flag.strip().lstrip("-")
    return (
        name if len(name) > 3 and name in {"title", "body", "notes", "subject", "description", "comment"} else "message"
    )
