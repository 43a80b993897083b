"""Actions as sentences: imperative, concrete, commands in backticks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from skilltui.learning.actions import Action, ActionKind, is_general_file
from skilltui.learning.slots import file_words, generalise_files

# What a command does, by the beginning of its head; the longest that fits counts. Anything else is "Run".
_VERBS = {
    "git status": "See what changed", "git diff": "Read the changes", "git log": "Look at the recent commits",
    "git show": "Look at the commit", "git branch": "Look at the branches", "git add": "Stage what belongs together",
    "git commit": "Commit", "git push": "Push", "git pull": "Pull", "git fetch": "Fetch", "git tag": "Tag",
    "git rebase": "Rebase", "git merge": "Merge", "git checkout": "Switch", "git switch": "Switch",
    "git stash": "Put uncommitted work aside", "git worktree": "Use a worktree", "git restore": "Restore",
    "git reset": "Unstage or reset", "git clone": "Clone", "git init": "Start a repository",
    "gh pr create": "Open the pull request", "gh pr view": "Look at the pull request",
    "gh pr checks": "Watch the checks", "gh pr merge": "Merge the pull request", "gh run": "Watch the workflow run",
    "gh release create": "Publish the release", "gh issue": "Look at the issue", "gh api": "Ask the GitHub API",
    "pytest": "Run the tests", "python pytest": "Run the tests", "python3 pytest": "Run the tests",
    "uv run pytest": "Run the tests", "poetry run pytest": "Run the tests", "npm test": "Run the tests",
    "pnpm test": "Run the tests", "yarn test": "Run the tests", "bun test": "Run the tests",
    "cargo test": "Run the tests", "go test": "Run the tests", "make test": "Run the tests", "tox": "Run the tests",
    "jest": "Run the tests", "vitest": "Run the tests", "mvn test": "Run the tests", "gradle test": "Run the tests",
    "dotnet test": "Run the tests", "ruff": "Lint", "eslint": "Lint", "biome": "Lint", "flake8": "Lint",
    "cargo clippy": "Lint", "make lint": "Lint", "mypy": "Check the types", "tsc": "Check the types",
    "pyright": "Check the types", "cargo check": "Check that it compiles", "go vet": "Vet", "prettier": "Format",
    "black": "Format", "cargo fmt": "Format", "gofmt": "Format", "cargo build": "Build", "go build": "Build",
    "make build": "Build", "make": "Run", "docker build": "Build the image", "docker compose": "Use Compose",
    "npm install": "Install the dependencies", "npm ci": "Install the dependencies",
    "pnpm install": "Install the dependencies", "yarn install": "Install the dependencies",
    "bun install": "Install the dependencies", "pip install": "Install what is needed",
    "uv pip install": "Install what is needed", "uv sync": "Install the dependencies", "uv build": "Build the package",
    "uv publish": "Publish the package", "twine": "Publish the package", "npm publish": "Publish the package",
    "npm version": "Set the version", "alembic": "Migrate", "terraform plan": "Plan", "terraform apply": "Apply",
    "kubectl apply": "Apply", "mkdir": "Make the folder", "rm": "Remove", "mv": "Move", "cp": "Copy",
    "chmod": "Set the mode", "curl": "Request", "wget": "Download",
}  # fmt: skip
_SCRIPTS = re.compile(r"^(?:npm|pnpm|yarn|bun|just|make|uv|poetry)(?: run)? (?P<name>[\w:.-]+)$")
_SCRIPT_VERBS = (
    ("lint", "Lint"), ("format", "Format"), ("fmt", "Format"), ("type", "Check the types"), ("tsc", "Check the types"),
    ("test", "Run the tests"), ("build", "Build"), ("check", "Run the checks"), ("migrat", "Migrate"),
)  # fmt: skip
_ALWAYS_SLOT = frozenset({"git add", "git restore", "git diff", "git show"})


def command_text(said: Sequence[Action]) -> str:
    """The command that stands for these actions of one token, from different runs: what varies is a slot.

    Empty where none of them is fit to show.
    """
    texts = [action.text for action in said if action.text]
    if not texts:
        return ""
    known = _shared_files(texts) if len(texts) > 1 else frozenset(filter(is_general_file, file_words(texts[0])))
    if said[0].token in _ALWAYS_SLOT:
        known = frozenset()
    general = [generalise_files(text, known) for text in texts]
    if any("<files>" in text for text in general):
        general = [text.replace("<file>", "<files>") for text in general]
    counted = Counter(general)
    return min(counted, key=lambda text: (-counted[text], len(text), text))


def action_line(said: Sequence[Action]) -> str:
    """One imperative sentence for these actions of one token; empty where nothing can be said."""
    first = said[0]
    if first.kind is ActionKind.COMMAND:
        command = command_text(said)
        return f"{_verb(first.token)}: {code(command)}." if command else ""
    if first.kind in (ActionKind.EDIT, ActionKind.CREATE):
        return _file_line(said)
    if first.kind is ActionKind.CALL:
        given = next((action.text for action in said if action.text), "")
        return f"Call {code(first.token)}" + (f" with {given}." if given else ".")
    return f"Read {code(first.text)} first." if first.text else ""


def files_line(said: Sequence[Action]) -> str:
    """One sentence for edits of several files that belong to one change."""
    names = list(dict.fromkeys(PurePosixPath(action.text).name for action in said if action.text))
    if not names:
        return ""
    shown = ", ".join(code(name) for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"Make the change in {shown}{more}."


def is_common(command: str) -> bool:
    """Whether a command is a bare well-known one (``git push``, ``pytest``): nothing in it was chosen by anybody."""
    return command in _VERBS


def short_name(action: Action) -> str:
    """An action inside another sentence: "change `a.py`", "run `make`"; empty where nothing is fit to show."""
    if action.kind in (ActionKind.EDIT, ActionKind.CREATE):
        verb = "create" if action.kind is ActionKind.CREATE else "change"
        return f"{verb} {code(action.text)}"
    if action.kind is ActionKind.CALL:
        return f"call {code(action.token)}"
    return f"run {code(action.text)}" if action.text else ""


def code(text: str) -> str:
    """Text as a Markdown code span, whatever backticks it holds."""
    text = " ".join(text.split())
    if "`" not in text:
        return f"`{text}`"
    fence = "`" * (max(len(run) for run in re.findall("`+", text)) + 1)
    return f"{fence} {text} {fence}"


def sentence(text: str) -> str:
    """With a capital first letter and a full stop."""
    text = text.strip()
    if not text:
        return ""
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "”", ":")) else text + "."


def _verb(token: str) -> str:
    words = token.split()
    for length in range(len(words), 0, -1):
        verb = _VERBS.get(" ".join(words[:length]))
        if verb is not None:
            return verb
    script = _SCRIPTS.match(token)
    if script:
        return next((verb for part, verb in _SCRIPT_VERBS if part in script["name"]), "Run")
    return "Run"


def _file_line(said: Sequence[Action]) -> str:
    first = said[0]
    verb = "Create" if first.kind is ActionKind.CREATE else "Update"
    if "*" in first.token:
        suffix = first.token.rsplit("*", 1)[-1]
        kind = f"{code(suffix)} files" if suffix else "files"
        return f"{verb} the {kind} that the request is about."
    counted = Counter(action.text for action in said)
    file = min(counted, key=lambda text: (-counted[text], len(text), text))
    details = Counter(action.detail for action in said if action.detail)
    hint = ""
    if details:
        detail = min(details, key=lambda text: (-details[text], text))
        hint = f": {detail}" if details[detail] * 2 >= len(said) else ""
    return f"{verb} {code(file)}{hint}."


def _shared_files(texts: Sequence[str]) -> frozenset[str]:
    """Files that at least half of the commands name: they belong to the procedure and not to one run."""
    counted = Counter(word for text in texts for word in set(file_words(text)))
    return frozenset(word for word, n in counted.items() if n * 2 >= len(texts))
