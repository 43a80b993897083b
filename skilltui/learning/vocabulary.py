"""Word lists of the learning stage: verbs of requests and orders, and words that say nothing."""

from __future__ import annotations

# Verbs that open a request to an agent; a name starts with one of them where the requests do.
VERBS = frozenset(
    {"adapt", "add", "adjust", "adopt", "align", "allow", "analyse", "analyze", "annotate", "anonymize", "answer",
     "append", "apply", "archive", "assign", "associate", "attach", "audit", "automate", "backfill", "backport",
     "batch", "benchmark", "block", "book", "bootstrap", "brainstorm", "brighten", "build", "bump", "bundle",
     "calculate", "cancel", "change", "check", "checkout", "classify", "clean", "cleanup", "clone", "collect",
     "commit", "compare", "compile", "compose", "compress", "compute", "configure", "connect", "consolidate",
     "containerize", "convert", "copy", "correct", "count", "crawl", "create", "customise", "customize", "cut",
     "darken", "debug", "decode", "decrypt", "delete", "deploy", "describe", "design", "detect", "determine",
     "develop", "diagnose", "dim", "disable", "distill", "dockerize", "document", "download", "draft", "drop", "edit",
     "embed", "enable", "encode", "encrypt", "enhance", "enlarge", "ensure", "estimate", "evaluate", "examine",
     "expand", "explain", "explore", "export", "expose", "extend", "extract", "fetch", "fill", "find", "fix",
     "flatten", "format", "gather", "generate", "grant", "group", "guard", "handle", "hide", "highlight", "host",
     "identify", "implement", "import", "improve", "increase", "index", "initialise", "initialize", "inline", "insert",
     "inspect", "install", "integrate", "introduce", "invert", "investigate", "isolate", "kill", "label", "lighten",
     "lint", "list", "load", "localise", "localize", "lock", "loosen", "lower", "make", "map", "mark", "measure",
     "merge", "migrate", "mirror", "mock", "modernise", "modernize", "modify", "monitor", "move", "normalise",
     "normalize", "notarize", "notify", "obtain", "open", "optimise", "optimize", "order", "organise", "organize",
     "package", "paginate", "parallelize", "parametrize", "parse", "patch", "pin", "plan", "polish", "port", "prepare",
     "print", "process", "profile", "propose", "provide", "prune", "publish", "pull", "push", "query", "raise", "read",
     "rebase", "rebuild", "record", "redeploy", "redesign", "reduce", "refactor", "refine", "reformat", "regenerate",
     "register", "relax", "release", "reload", "remove", "rename", "render", "reorder", "repair", "replace", "report",
     "reproduce", "rerun", "research", "reset", "resize", "resolve", "restart", "restore", "restructure", "restyle",
     "retrieve", "revert", "review", "revise", "rework", "rewrite", "rotate", "route", "run", "sanitise", "sanitize",
     "save", "scaffold", "scan", "schedule", "scrape", "search", "seed", "select", "send", "serve", "set", "setup",
     "share", "ship", "shorten", "show", "shrink", "simplify", "solve", "sort", "speed", "spin", "split", "squash",
     "standardise", "standardize", "start", "stop", "store", "stream", "strip", "style", "submit", "summarise",
     "summarize", "support", "swap", "switch", "sync", "tag", "test", "throttle", "tidy", "tighten", "toggle", "trace",
     "train", "transcribe", "transform", "translate", "triage", "trim", "troubleshoot", "tune", "turn", "tweak",
     "undo", "unify", "unpack", "unpin", "update", "upgrade", "upload", "use", "validate", "verify", "visualise",
     "visualize", "wait", "walk", "warn", "watch", "widen", "wire", "wrap", "write"}
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
# Reading is a means: what is read for is said after.
MERE_READING = frozenset({"read", "look", "view", "study"})
# Verbs that ask for opposite work on the same thing: to make it, to mend it, to take it away.
OPPOSED = (
    ("add", "build", "create", "design", "draft", "generate", "implement", "introduce", "scaffold", "write"),
    ("debug", "diagnose", "fix", "repair", "resolve", "troubleshoot"),
    ("delete", "disable", "drop", "remove", "strip"),
)
