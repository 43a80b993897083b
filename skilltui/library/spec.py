"""The rules of the format, each with its line and its fix. Pure.

Source: agentskills.io specification (August 2026), what its reference validator adds, and what real files break.
A broken rule that keeps agents from loading the skill, or that makes its folder unsafe to handle, rejects it; the
rest is flagged; matters of style are information.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Collection, Iterator

from skilltui.domain.skill import Finding, Severity, Verdict
from skilltui.errors import SkillInvalidError
from skilltui.text.skillmd import MAX_DESCRIPTION, MAX_NAME, NAME, SkillDocument
from skilltui.text.tokenise import kebab

MAX_COMPATIBILITY = 500
LONG_BODY_LINES = 500
# About 5,000 tokens.
LONG_BODY_CHARS = 20_000
LARGE_FILE_BYTES = 64 * 1024

SPEC_KEYS = frozenset({"name", "description", "license", "compatibility", "metadata", "allowed-tools"})
_CLIENT_KEYS = frozenset(
    {
        "argument-hint",
        "context",
        "disable-model-invocation",
        "model",
        "agent",
        "paths",
        "user-invocable",
        "effort",
        "when_to_use",
    }
)
_EXECUTABLE_KEYS = frozenset(
    {
        "hooks", "mcpservers", "mcp_servers", "mcp-servers", "command", "commands", "exec", "execute", "run", "shell",
        "entrypoint", "preinstall", "postinstall", "on-load", "onload", "init", "startup",
    }
)  # fmt: skip
# No folder on Windows may be called so.
RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
_NOT_TEXT = re.compile(r"(?:y|n|yes|no|on|off|true|false|null|~|[\d._+-]+|\d{4}-\d\d-\d\d)", re.IGNORECASE)
_UNLIMITED = re.compile(r"(?:^|[\s,])(?:\*|Bash\((?:\*|:\*|\*:\*)\))(?=$|[\s,])", re.IGNORECASE)

# A problem of the frontmatter: what it does to the skill.
_PROBLEMS = {
    "YAML_COLON": (Severity.HIGH, Verdict.REJECT),
    "YAML_QUOTE": (Severity.HIGH, Verdict.REJECT),
    "YAML_DUPLICATE_KEY": (Severity.HIGH, Verdict.REJECT),
    "FIELD_TYPE": (Severity.HIGH, Verdict.REJECT),
    "LEADING_BLANK": (Severity.HIGH, Verdict.REJECT),
    "YAML_COMMENT": (Severity.MEDIUM, Verdict.FLAG),
}

_WHEN = re.compile(
    r"\b(?:when(?:ever)?|use (?:this|it|for|if|to)|used (?:for|to|when)|trigger|invoke|activate|if (?:the|you|a)"
    r"|before|after|for (?:tasks|requests))\b",
    re.IGNORECASE,
)
_TEACHES = re.compile(
    r"^\s{0,3}(?:\d{1,3}[.)]\s|#{1,6}\s.*\b(?:gotcha|pitfall|caveat|trouble|mistake|common (?:error|issue)|step"
    r"|workflow|procedure|process|instruction))",
    re.IGNORECASE | re.MULTILINE,
)
_LINK = re.compile(r"\]\(\s{0,3}<?(?P<target>[^)\s<>]{1,300})>?(?:\s[^)\n]{0,200})?\)")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)
_FENCE = re.compile(r"\s{0,12}(?P<marks>`{3,}|~{3,})")
_LINE_IN_MESSAGE = re.compile(r"Line (\d+): ")


def unreadable(error: SkillInvalidError) -> Finding:
    """The finding for a file that can't be read as a skill at all."""
    place = _LINE_IN_MESSAGE.match(error.message)
    message = error.message[place.end() :] if place else error.message
    message = message[:1].upper() + message[1:] + (f" {error.hint}" if error.hint else "")
    return Finding("FORMAT", Severity.HIGH, int(place[1]) if place else 1, message, None, Verdict.REJECT)


def spec_findings(
    document: SkillDocument, *, folder_name: str | None, files: Collection[str] | None = None
) -> Iterator[Finding]:
    """Findings on a document. ``files``: the relative POSIX paths of its tree, where that is known."""
    for problem in document.problems:
        severity, verdict = _PROBLEMS.get(problem.code, (Severity.MEDIUM, Verdict.FLAG))
        fix = f" Write: {problem.fix}" if problem.fix else ""
        yield Finding(problem.code, severity, problem.line, problem.message + fix, None, verdict)
    yield from _name(document, folder_name)
    yield from _description(document)
    yield from _other_fields(document)
    yield from _body(document)
    yield from _references(document, files)


def _reject(code: str, line: int, message: str, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(code, severity, line, message, None, Verdict.REJECT)


def _name(document: SkillDocument, folder_name: str | None) -> Iterator[Finding]:
    name, line = document.name, document.lines.get("name", 1)
    if not name:
        example = kebab(folder_name or "") or "my-skill"
        yield _reject("NAME", line, f"The name is missing. Write: name: {example}")
        return
    if NAME.fullmatch(name) is None or len(name) > MAX_NAME:
        why = (
            f"longer than {MAX_NAME} characters" if len(name) > MAX_NAME else "not made of a-z, 0-9 and single hyphens"
        )
        better = kebab(name)
        fix = f" Write: name: {better}" if better else ""
        yield _reject("NAME", line, f"The name is {why}.{fix}", Severity.CRITICAL)
    elif name in RESERVED:
        yield _reject("NAME", line, f"The name {name} is reserved on Windows. Choose another.", Severity.CRITICAL)
    elif folder_name is not None and unicodedata.normalize("NFKC", folder_name) != name:
        message = f"The folder is called {folder_name}, the skill {name}. Give both the same name."
        yield Finding("NAME_FOLDER", Severity.MEDIUM, line, message)
    if _NOT_TEXT.fullmatch(name) and _raw_line(document, line).partition(":")[2].strip()[:1] not in {'"', "'"}:
        message = f'Other YAML readers do not take this name for text. Write: name: "{name}"'
        yield Finding("YAML_TYPE", Severity.MEDIUM, line, message)


def _description(document: SkillDocument) -> Iterator[Finding]:
    description, line = document.description, document.lines.get("description", 1)
    if not description:
        yield _reject("DESCRIPTION", line, "The description is missing. Say what the skill does and when to use it.")
    elif len(description) > MAX_DESCRIPTION:
        message = f"The description has {len(description)} characters; {MAX_DESCRIPTION} are allowed. Shorten it."
        yield _reject("DESCRIPTION", line, message)
    elif not _WHEN.search(description):
        message = 'The description does not say when to use the skill. Add a sentence "Use when ...".'
        yield Finding("DESCRIPTION_WHEN", Severity.INFO, line, message)


def _other_fields(document: SkillDocument) -> Iterator[Finding]:
    for key, value in document.fields.items():
        line = document.lines.get(key, 1)
        if key.lower() in _EXECUTABLE_KEYS:
            message = f"The field {key} lets a client run something as soon as the skill is loaded. Take it out."
            yield Finding("HOOKS", Severity.CRITICAL, line, message, None, Verdict.BLOCK)
        elif key not in SPEC_KEYS:
            whose = "only some clients know it" if key in _CLIENT_KEYS else "the format does not have it"
            message = f"The field {key}: {whose}, and strict readers refuse the skill. metadata: is the place for it."
            yield Finding("FIELD_UNKNOWN", Severity.LOW, line, message)
        elif key == "compatibility" and not (isinstance(value, str) and 0 < len(value) <= MAX_COMPATIBILITY):
            message = f"compatibility must be text of 1 to {MAX_COMPATIBILITY} characters."
            yield Finding("COMPATIBILITY", Severity.MEDIUM, line, message)
        elif key == "metadata" and not _is_flat_map(value):
            message = "metadata must be one name: value per line, each value plain text."
            yield Finding("METADATA", Severity.LOW, line, message)
        elif key == "allowed-tools":
            yield from _tools(value, line)


def _tools(value: object, line: int) -> Iterator[Finding]:
    listed = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    if _UNLIMITED.search(listed.strip("[]")):
        message = "allowed-tools lets every command run unasked. Name the commands, as in Bash(git status:*)."
        yield Finding("PERM", Severity.HIGH, line, message, None, Verdict.BLOCK)
    if not isinstance(value, str) or listed.startswith("["):
        message = "allowed-tools must be one line of names divided by spaces."
        yield Finding("ALLOWED_TOOLS", Severity.LOW, line, message)


def _is_flat_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _body(document: SkillDocument) -> Iterator[Finding]:
    body, line = document.body, document.raw.count("\n", 0, document.body_start) + 1
    lines = body.count("\n") + 1
    if not body.strip():
        yield Finding("BODY", Severity.LOW, line, "There is nothing below the fields. Write what the agent is to do.")
    elif lines > LONG_BODY_LINES or len(body) > LONG_BODY_CHARS:
        message = f"The text is long ({lines} lines, about {len(body) // 4} tokens). Move detail into references/."
        yield Finding("BODY_LONG", Severity.LOW, line, message)
    elif not _TEACHES.search(body):
        yield Finding("BODY_STYLE", Severity.INFO, line, "There are neither steps nor gotchas: what should be done?")
    if len(document.raw.encode("utf-8", "surrogatepass")) > LARGE_FILE_BYTES:
        message = f"The file is larger than {LARGE_FILE_BYTES // 1024} KiB. Move detail into references/."
        yield Finding("FILE_LARGE", Severity.LOW, 1, message)


def _references(document: SkillDocument, files: Collection[str] | None) -> Iterator[Finding]:
    told: set[str] = set()
    for line, target in _links(document):
        path = posixpath.normpath(target.partition("#")[0].replace("\\", "/"))
        if path in told or path == ".":
            continue
        told.add(path)
        if path.startswith(("../", "/", "~")) or path == "..":
            message = f"{target} lies outside the skill's folder: whoever gets the skill does not get this file."
            yield Finding("REFERENCE_OUTSIDE", Severity.MEDIUM, line, message)
        elif files is not None and not any(file == path or file.startswith(f"{path}/") for file in files):
            yield Finding("REFERENCE_MISSING", Severity.LOW, line, f"{target} is not in the skill's folder.")
        elif path.count("/") > 1:
            message = f"{target} lies deeper than one folder: agents follow such references poorly."
            yield Finding("REFERENCE_DEEP", Severity.INFO, line, message)


def _links(document: SkillDocument) -> Iterator[tuple[int, str]]:
    """Line and target of every link to a file, outside code fences."""
    fence = ""
    first = document.raw.count("\n", 0, document.body_start) + 1
    for number, line in enumerate(document.body.split("\n"), first):
        mark = _FENCE.match(line)
        if mark is not None and (not fence or mark["marks"].startswith(fence)):
            fence = "" if fence else mark["marks"]
        elif not fence and "](" in line:
            for match in _LINK.finditer(line):
                if not _ADDRESS.match(match["target"]):
                    yield number, match["target"]


def _raw_line(document: SkillDocument, number: int) -> str:
    lines = document.raw.split("\n", number)
    return lines[number - 1] if number <= len(lines) else ""
