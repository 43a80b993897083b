"""Word lists of the learning stage: verbs of requests and orders, and words that say nothing."""

from __future__ import annotations

# Verbs that open a request to an agent; a name starts with one of them where the requests do.
VERBS = frozenset(
    {"add", "analyse", "analyze", "audit", "backport", "benchmark", "bootstrap", "build", "bump", "check", "clean",
     "cleanup", "commit", "compare", "compile", "configure", "convert", "copy", "create", "cut", "debug", "delete",
     "deploy", "describe", "design", "diagnose", "document", "download", "draft", "edit", "enable", "evaluate",
     "explain", "export", "extract", "find", "fix", "format", "generate", "handle", "implement", "import", "improve",
     "index", "inspect", "install", "integrate", "investigate", "lint", "list", "load", "make", "merge", "migrate",
     "mock", "monitor", "move", "open", "optimise", "optimize", "package", "parse", "plan", "port", "prepare",
     "profile", "publish", "pull", "push", "query", "read", "rebase", "record", "refactor", "release", "remove",
     "rename", "render", "replace", "reproduce", "resolve", "restart", "restore", "restructure", "revert", "review",
     "rewrite", "rotate", "run", "scaffold", "scan", "schedule", "search", "send", "set", "setup", "ship", "show",
     "simplify", "sort", "split", "squash", "start", "stop", "style", "summarise", "summarize", "switch", "sync",
     "tag", "test", "trace", "train", "translate", "triage", "tune", "update", "upgrade", "upload", "validate",
     "verify", "visualise", "visualize", "wire", "wrap", "write"}
)  # fmt: skip
# Say that something is wanted, not what.
EMPTY = frozenset(
    {"file", "files", "code", "thing", "things", "following", "plan", "first", "then", "also", "new", "project",
     "repo", "repository", "session", "bug", "issue", "ticket", "task", "way", "work", "working", "change",
     "changes", "right", "good", "great", "best", "please", "previous", "last", "current", "same", "below", "above",
     "attached", "context", "md", "json", "py", "ts", "js"}
)  # fmt: skip
# Verbs that open an order in a correction.
IMPERATIVES = frozenset(
    {"add", "ask", "build", "bump", "call", "change", "check", "clean", "commit", "compare", "convert", "copy",
     "create", "delete", "deploy", "document", "drop", "edit", "exclude", "export", "extract", "fetch", "fix",
     "follow", "format", "generate", "give", "handle", "ignore", "implement", "import", "include", "install", "keep",
     "leave", "limit", "link", "lint", "list", "log", "look", "make", "mark", "merge", "migrate", "mock", "move",
     "name", "open", "pass", "pin", "pull", "push", "put", "read", "rebase", "release", "remove", "rename",
     "replace", "report", "reset", "restart", "restore", "return", "revert", "rewrite", "run", "save", "scan",
     "search", "send", "set", "show", "skip", "sort", "split", "squash", "stage", "start", "stick", "store", "stop",
     "switch", "sync", "tag", "take", "test", "undo", "update", "upgrade", "upload", "use", "validate", "verify",
     "wait", "wrap", "write"}
)  # fmt: skip
# Verbs that open a request of any kind: they say little of what it is about.
GENERIC_VERBS = frozenset(
    {"add", "build", "change", "check", "create", "do", "fix", "generate", "get", "implement", "improve", "look",
     "make", "read", "run", "show", "start", "test", "update", "use", "work", "write"}
)  # fmt: skip
