"""Word lists of the learning stage: verbs of requests and orders, and words that say nothing."""

from __future__ import annotations

# Verbs that open a request to an agent; a name starts with one of them where the requests do.
VERBS = frozenset(
    {"adapt", "add", "allow", "analyse", "analyze", "annotate", "answer", "archive", "audit", "automate", "backfill",
     "backport", "batch", "benchmark", "block", "book", "bootstrap", "build", "bump", "calculate", "cancel",
     "check", "classify", "clean", "cleanup", "collect", "commit", "compare", "compile", "compress", "compute",
     "configure", "connect", "consolidate", "convert", "copy", "count", "crawl", "create", "cut", "debug",
     "delete", "deploy", "describe", "design", "detect", "diagnose", "disable", "document", "download", "draft",
     "edit", "enable", "ensure", "evaluate", "explain", "export", "expose", "extract", "find", "fix", "format",
     "gather", "generate", "grant", "handle", "hide", "highlight", "host", "implement", "import", "improve",
     "increase", "index", "inspect", "install", "integrate", "introduce", "investigate", "isolate", "label",
     "lint", "list", "load", "lock", "make", "map", "mark", "measure", "merge", "migrate", "mock", "monitor",
     "move", "notify", "open", "optimise", "optimize", "order", "package", "parse", "pin", "plan", "port",
     "prepare", "print", "process", "profile", "publish", "pull", "push", "query", "read", "rebase", "record",
     "reduce", "refactor", "register", "release", "reload", "remove", "rename", "render", "reorder", "repair",
     "replace", "report", "reproduce", "reset", "resize", "resolve", "restart", "restore", "restructure",
     "retrieve", "revert", "review", "rework", "rewrite", "rotate", "route", "run", "save", "scaffold", "scan",
     "schedule", "scrape", "search", "select", "send", "set", "setup", "share", "ship", "show", "simplify",
     "sort", "speed", "split", "squash", "start", "stop", "store", "stream", "style", "summarise", "summarize",
     "support", "switch", "sync", "tag", "test", "tidy", "trace", "train", "transcribe", "translate", "triage",
     "tune", "undo", "unify", "unpack", "update", "upgrade", "upload", "use", "validate", "verify", "visualise",
     "visualize", "wait", "warn", "watch", "wire", "wrap", "write"}
)  # fmt: skip
# Say that something is wanted, not what.
EMPTY = frozenset(
    {"file", "files", "code", "thing", "things", "following", "plan", "first", "then", "also", "new", "project",
     "repo", "repository", "session", "bug", "issue", "ticket", "task", "way", "work", "working", "change",
     "changes", "right", "good", "great", "best", "please", "previous", "last", "longer", "current", "same",
     "below", "above", "attached", "context", "md", "json", "py", "ts", "js"}
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
