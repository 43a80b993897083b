"""What a command does, as the opening of an imperative sentence: ``twine check dist/*`` checks, it publishes nothing.

A verb comes from the sub-command and its telling switches, never from the program alone where the program can do
several things: a wrong verb in a skill is worse than a plain "Run".
"""

from __future__ import annotations

import re

from skilltui.learning.shell import head

RUN = "Run"
CHECK = "Check"
_SEE = "See how things stand"
_FIX_LINT = "Fix lint errors"
_TESTS = "Run the tests"
_TYPES = "Check the types"
_INSTALL = "Install the dependencies"
_BUILD = "Build the package"

# By the beginning of a command's head; the longest that fits counts.
_VERBS = {
    "git status": "See what changed", "git diff": "Read the changes", "git log": "Look at the recent commits",
    "git show": "Look at the commit", "git branch": "Look at the branches", "git add": "Stage what belongs together",
    "git commit": "Commit", "git push": "Push", "git pull": "Pull", "git fetch": "Fetch", "git tag": "Tag",
    "git rebase": "Rebase", "git merge": "Merge", "git checkout": "Switch", "git switch": "Switch",
    "git stash": "Put uncommitted work aside", "git worktree": "Use a worktree", "git restore": "Restore",
    "git reset": "Unstage or reset", "git clone": "Clone", "git init": "Start a repository", "git mv": "Move",
    "git rm": "Remove", "git cherry-pick": "Pick the commit",
    "gh pr create": "Open the pull request", "gh pr view": "Look at the pull request",
    "gh pr checks": "Watch the checks", "gh pr merge": "Merge the pull request", "gh run": "Watch the workflow run",
    "gh run rerun": "Run the workflow again", "gh release create": "Publish the release",
    "gh issue": "Look at the issue", "gh issue create": "Open an issue", "gh issue comment": "Comment on the issue",
    "gh issue close": "Close the issue", "gh api": "Ask the GitHub API",
    "pytest": _TESTS, "python pytest": _TESTS, "python unittest": _TESTS, "npm test": _TESTS, "pnpm test": _TESTS,
    "yarn test": _TESTS, "bun test": _TESTS, "cargo test": _TESTS, "go test": _TESTS, "make test": _TESTS,
    "tox": _TESTS, "jest": _TESTS, "vitest": _TESTS, "mvn test": _TESTS, "gradle test": _TESTS, "rspec": _TESTS,
    "dotnet test": _TESTS, "ruff": "Lint", "ruff check": "Lint", "ruff format": "Format", "eslint": "Lint",
    "biome": "Lint", "biome check": "Lint", "biome format": "Format", "flake8": "Lint", "pylint": "Lint",
    "golangci-lint": "Lint", "cargo clippy": "Lint", "make lint": "Lint", "mypy": _TYPES, "tsc": _TYPES,
    "pyright": _TYPES, "cargo check": "Check that it compiles", "go vet": "Vet", "prettier": "Format",
    "black": "Format", "cargo fmt": "Format", "cargo fix": "Apply the fixes", "gofmt": "Format", "go fmt": "Format",
    "cargo build": "Build", "go build": "Build", "make build": "Build", "docker build": "Build the image",
    "docker push": "Push the image", "docker pull": "Pull the image", "docker compose": "Use Compose",
    "docker compose up": "Start the services", "docker compose down": "Stop the services",
    "docker compose build": "Build the images", "python build": _BUILD, "uv build": _BUILD, "poetry build": _BUILD,
    "hatch build": _BUILD, "pdm build": _BUILD, "npm pack": _BUILD, "cargo package": _BUILD,
    "npm install": _INSTALL, "npm ci": _INSTALL, "pnpm install": _INSTALL, "yarn install": _INSTALL,
    "bun install": _INSTALL, "poetry install": _INSTALL, "uv sync": _INSTALL, "pip install": "Install what is needed",
    "uv pip install": "Install what is needed", "brew install": "Install what is needed",
    "apt install": "Install what is needed", "uv publish": "Publish the package", "twine upload": "Publish the package",
    "npm publish": "Publish the package", "pnpm publish": "Publish the package", "yarn publish": "Publish the package",
    "poetry publish": "Publish the package", "cargo publish": "Publish the package",
    "npm version": "Set the version", "alembic upgrade": "Migrate", "alembic downgrade": "Migrate back",
    "alembic revision": "Write a migration", "terraform plan": "Plan", "terraform apply": "Apply",
    "kubectl apply": "Apply", "mkdir": "Make the folder", "rm": "Remove", "mv": "Move", "cp": "Copy",
    "chmod": "Set the mode", "curl": "Request", "wget": "Download",
}  # fmt: skip
# Switches that make another thing of a command.
_SWITCHED = tuple(
    (re.compile(pattern), verb)
    for pattern, verb in (
        (r"\s--help$", "Read the help"),
        (r"\s--version$", "See which version it is"),
        (r"^npm audit fix\b", "Apply the fixes"),
        (r"^git \w+.*\s--dry-run\b", CHECK),
        (r"^git (?:rebase|merge|cherry-pick)\b.*\s--continue\b", "Go on after the conflicts"),
        (r"^git (?:rebase|merge|cherry-pick)\b.*\s--abort\b", "Give it up"),
        (r"^git branch\b.*\s(?:-[dD]|--delete)\b", "Delete the branch"),
        (r"^git branch (?!-)\S", "Make a branch"),
        (r"^git (?:checkout|switch)\b.*\s-[bBcC]\b", "Start a branch"),
        (r"^git push\b.*\s(?:-d|--delete)\b", "Delete it on the remote"),
        (r"^git tag\b.*\s(?:-d|--delete)\b", "Delete the tag"),
        (r"^git commit\b.*\s--amend\b", "Amend the commit"),
        (r"^git stash (?:pop|apply)\b", "Take the work back that was put aside"),
        (r"^git worktree (?:remove|prune)\b", "Remove the worktree"),
    )
)
_RUNNER = re.compile(
    r"^(?:[A-Za-z_]\w*=\S*\s+|(?:(?:uv|poetry|pdm|pipenv|rye|hatch) run|npx|bunx|uvx|pnpx|(?:pnpm|npm|yarn) exec|"
    r"(?:pnpm|yarn) dlx|bundle exec|pipx run)\s+(?:--?[\w-]+\s+)*(?=\w))+"
)
_PROGRAM_VERSION = re.compile(r"^(python|pip)[\d.]+\b")
_SCRIPT = re.compile(r"^(?:npm|pnpm|yarn|bun|just|make|uv|poetry)(?: run)? (?P<name>[\w:.-]+)$")
# What a script of a project does, by how a word of its name begins; the first that fits counts.
_SCRIPT_VERBS = (
    ("lint", "Lint"), ("format", "Format"), ("fmt", "Format"), ("prettier", "Format"), ("type", _TYPES),
    ("tsc", _TYPES), ("test", _TESTS), ("e2e", _TESTS), ("migrat", "Migrate"), ("generat", "Generate"),
    ("codegen", "Generate"), ("publish", "Publish"), ("deploy", "Deploy"), ("releas", "Release"), ("build", "Build"),
    ("check", "Run the checks"), ("verify", "Run the checks"), ("fix", "Apply the fixes"),
)  # fmt: skip
_SUB_COMMANDS = {
    **dict.fromkeys(("check", "verify", "validate", "audit", "doctor"), CHECK), "lint": "Lint", "vet": "Vet",
    "test": _TESTS,
    **dict.fromkeys(
        ("status", "list", "ls", "show", "view", "get", "describe", "logs", "log", "info", "history", "current", "ps",
         "outdated", "tree", "heads", "whoami", "why", "freeze"), _SEE,
    ),
    "diff": "Read the changes", "sync": "Sync", "deploy": "Deploy", "migrate": "Migrate", "publish": "Publish",
    "restart": "Restart", "start": "Start", "stop": "Stop", "upload": "Upload", "download": "Download",
    "format": "Format", "build": "Build", "fmt": "Format",
}  # fmt: skip
# Programs whose second word is a sub-command; of the others it is a file, a host or a name.
_WITH_SUB_COMMANDS = frozenset(
    {"git", "gh", "npm", "pnpm", "yarn", "bun", "cargo", "go", "docker", "kubectl", "uv", "pip", "poetry", "terraform",
     "tofu", "helm", "dotnet", "mvn", "gradle", "brew", "apt", "systemctl", "twine", "alembic", "ruff", "biome", "aws",
     "gcloud", "az", "fly", "flyctl", "heroku", "vercel", "wrangler", "supabase", "prisma", "flask", "hatch", "pdm",
     "rails", "gem", "pulumi", "eas", "firebase", "netlify", "poe", "invoke", "dbt", "mix", "deno", "ansible-galaxy"}
)  # fmt: skip
# ... and whose third is one where the second names what it is for.
_NESTED = frozenset({"aws", "gcloud", "az", "gh", "docker", "uv", "supabase", "ansible-galaxy", "git", "wrangler"})
_DRY = re.compile(r"\s--(?:dry-?run|check-only|no-act)\b")
_ONLY_CHECKS = re.compile(r"\s--(?:check|list-different|diff)\b")
_FIXES = re.compile(r"\s--(?:fix|write|apply|unsafe-fixes)\b(?!=)")
_LOOKING = frozenset(_SUB_COMMANDS[word] for word in ("check", "list", "lint", "vet", "test", "diff")) | {_TYPES}


def verb(command: str) -> str:
    """What one simple command does; ``Run`` where nothing better is known.

    A trial run only checks, and a linter that is told to mend fixes.
    """
    inner = _RUNNER.sub("", command.strip())
    text = _PROGRAM_VERSION.sub(r"\1", inner)
    switched = next((verb for pattern, verb in _SWITCHED if pattern.search(text)), "")
    if switched:
        return switched
    name = _PROGRAM_VERSION.sub(r"\1", head(text))
    parts = _parts(name)
    found = _named(text, name)
    if found == RUN and inner != command.strip() and re.fullmatch(r"[\w:-]+", name):
        found = _script(name)
    if found == "Lint" and (_FIXES.search(text) or "fix" in parts):
        return _FIX_LINT
    if found == "Format" and (_ONLY_CHECKS.search(text) or "check" in parts):
        return "Check the format"
    trial = _DRY.search(text) or not parts.isdisjoint({"check", "verify", "dry", "dryrun"})
    if trial and found not in _LOOKING and not found.startswith((CHECK, "Run the")):
        return CHECK
    return found


def is_common(command: str) -> bool:
    """Whether a command is a bare well-known one (``git push``, ``pytest``): nothing in it was chosen by anybody."""
    return command in _VERBS or command in {"make", "uv run pytest", "poetry run pytest"}


def _named(text: str, name: str) -> str:
    """The verb by the command's ``name`` alone, or by its sub-command."""
    words = name.split()
    for length in range(len(words), 0, -1):
        known = _VERBS.get(" ".join(words[:length]))
        if known is not None:
            # "gh issue list" looks, whatever "gh issue" else may do.
            return next((found for word in words[length:] if (found := _SUB_COMMANDS.get(word))), known)
    script = _SCRIPT.match(name)
    if script and (len(words) > 2 or words[0] in {"just", "make", "yarn", "bun"}):
        return _script(script["name"])
    return _sub_command(text, words)


def _parts(name: str) -> frozenset[str]:
    return frozenset(re.split(r"[\s:._-]+", name.casefold()))


def _script(name: str) -> str:
    parts = _parts(name)
    return next((verb for start, verb in _SCRIPT_VERBS if any(part.startswith(start) for part in parts)), RUN)


def _sub_command(text: str, name: list[str]) -> str:
    """By the words right after the program's name: ``aws s3 sync a b`` is "Sync"."""
    program = name[0] if name else ""
    words = text.split()
    at = next((i for i, word in enumerate(words) if word.rsplit("/", 1)[-1] == program), None)
    if at is None or program not in _WITH_SUB_COMMANDS:
        return RUN
    following = [word for word in words[at + 1 :] if not word.startswith("-")][: 2 if program in _NESTED else 1]
    if following and following[0] in {"run", "exec"}:
        return RUN
    return next((found for word in following if (found := _SUB_COMMANDS.get(word))), RUN)
