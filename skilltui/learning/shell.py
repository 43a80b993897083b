"""Shell command lines taken apart, so that ``git add . && git commit -m x`` is seen as the two things that it does.

No shell grammar: quotes, here-documents and ``$(...)`` are respected, control structures are given up on (a script is
no step that a skill could name).
"""

from __future__ import annotations

import re

from skilltui.domain.steps import command_head

HEREDOC = "<heredoc>"

_HEREDOC = re.compile(r"<<-?\s*\\?(['\"]?)([A-Za-z_]\w*)\1")
_CAT_HEREDOC = re.compile(r"""(['"]?)\$\(\s*cat\s+<heredoc>\s*\)\1""")
_CONTROL = re.compile(r"^(for|while|until|if|case|select|function|do|done|then|else|elif|fi|esac|\{|\})(?=\s|$)|^[()]")
_QUIET = re.compile(r"\s*(?:2>&1|&>\s*/dev/null|[12]?>\s*/dev/null|<\s*/dev/null)")
# What only cuts or counts another command's output.
_FILTERS = frozenset({"head", "tail", "cat", "less", "more", "wc", "sort", "uniq", "tee", "grep", "rg", "egrep", "jq"})
_OPTION_WITH_VALUE = {
    "git": ("-C", "-c", "--git-dir", "--work-tree"),
    "make": ("-C", "-j"),
    "npm": ("--prefix",),
    "pnpm": ("-C", "--dir", "--filter"),
    "yarn": ("--cwd",),
    "cargo": ("--manifest-path",),
    "uv": ("--directory", "--project"),
    "gh": ("-R", "--repo"),
    "kubectl": ("-n", "--namespace", "--context"),
    "terraform": ("-chdir",),
}
# Programs that take another program's name as their argument and do not run it.
_NO_WRAPPERS = frozenset(
    {"which", "type", "man", "whereis", "whatis", "hash", "grep", "rg", "egrep", "ag", "find", "fd", "ls", "cat",
     "head", "tail", "less", "echo", "printf", "touch", "mkdir", "rm", "cp", "mv", "tree", "ps", "pgrep", "kill",
     "killall", "pkill", "ssh", "sed", "awk", "test", "[", "file", "stat", "wc", "tee", "curl", "wget", "alias", "help"}
)  # fmt: skip
# More programs whose first argument says what is done: "twine check" publishes nothing.
_TWO_WORDS = frozenset({"twine", "alembic", "ruff", "biome", "hatch", "pdm", "fly", "flyctl", "heroku", "vercel"})
# Programs whose second word alone does not say what is done: "npm run lint" is another step than "npm run test".
_THREE_WORDS = frozenset(
    {"npm run", "pnpm run", "yarn run", "bun run", "uv run", "poetry run", "docker compose", "gh run", "gh pr",
     "gh release", "gh issue", "gh auth", "gh repo", "gh workflow", "git worktree", "git stash", "git remote", "uv pip"}
)  # fmt: skip


def split_commands(line: str) -> list[str]:
    """The simple commands of a shell line in order, here-document bodies cut out, look-only pipe tails dropped.

    Wrappers stay (:func:`bare` takes them off). A line with control structures gives no command at all.
    """
    text = _without_heredocs(line).replace("\\\n", " ")
    parts = [part.strip() for part in _split(text, ("&&", "||", ";", "\n", "&"))]
    parts = [part for part in parts if part and not part.startswith("#")]
    if any(_CONTROL.match(part) for part in parts):
        return []
    return [cleaned for part in parts if (cleaned := _clean(part))]


def bare(command: str) -> str:
    """One simple command without a program in front that passes it on, and without "do it over there" options."""
    words = _unwrapped(command.split(" "))
    options = _OPTION_WITH_VALUE.get(words[0] if words else "", ())
    while len(words) > 2 and words[1] in options:
        del words[1:3]
    return " ".join(words)


def head(command: str) -> str:
    """What one simple command does: ``git commit``, ``bun run lint``, ``pytest``; empty where nothing can be said."""
    name = command_head(command)
    if name not in _THREE_WORDS | _TWO_WORDS:
        return name
    words = command.split()
    at = next((i for i, word in enumerate(words) if word == name.split()[-1]), 0)
    more = next((word for word in words[at + 1 :] if re.fullmatch(r"\w[\w:-]{0,30}", word)), "")
    return f"{name} {more}" if more else name


def _without_heredocs(line: str) -> str:
    while match := _HEREDOC.search(line):
        newline = line.find("\n", match.end())
        if newline < 0:
            return line[: match.start()] + HEREDOC + line[match.end() :]
        end = re.compile(rf"^[ \t]*{re.escape(match[2])}[ \t]*$", re.MULTILINE).search(line, newline + 1)
        rest = line[end.end() :] if end else ""
        line = line[: match.start()] + HEREDOC + line[match.end() : newline] + rest
    return _CAT_HEREDOC.sub('"<text>"', line)


def _split(text: str, separators: tuple[str, ...]) -> list[str]:
    """Split outside quotes and brackets. An unclosed quote keeps the rest together."""
    parts, start, depth, quote, i = [], 0, 0, "", 0
    while i < len(text):
        char = text[i]
        if char == "\\" and quote != "'":
            i += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"`":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            found = next((s for s in separators if text.startswith(s, i)), "")
            # "2>&1" and "&>" are redirections, no separators.
            if found == "&" and (text[i - 1 : i] == ">" or text[i + 1 : i + 2] == ">"):
                found = ""
            if found:
                parts.append(text[start:i])
                i += len(found)
                start = i
                continue
        i += 1
    parts.append(text[start:])
    return parts


def _clean(command: str) -> str:
    """One command without silencing and without filters that only shorten its output."""
    pipe = [part.strip() for part in _split(_QUIET.sub("", command), ("|",))]
    while len(pipe) > 1 and pipe[-1].split(" ", 1)[0] in _FILTERS:
        pipe.pop()
    return " | ".join(pipe).strip()


def _unwrapped(words: list[str]) -> list[str]:
    """Without a program in front that only passes on a known one: ``quiet git status`` is ``git status``."""
    for skip in (1, 2):
        if len(words) <= skip + 1 or words[0] in _NO_WRAPPERS or " " in command_head(" ".join(words)):
            break
        inner = command_head(" ".join(words[skip:]))
        if " " in inner and inner.split()[0] == words[skip] and not words[skip - 1].startswith("-"):
            return words[skip:]
    return words
