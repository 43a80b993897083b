"""``config.toml``: read with tomli into one frozen object; changed key by key with the person's comments kept.

Nothing is written that could not be read back: a change is parsed and checked as a whole before it replaces the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

import tomli
from msgspec import Struct, field

from skilltui.errors import ConfigError, SourceError
from skilltui.paths import FILE_MODE, agent_folders, as_path, claude_skill_home, default_skill_home


class Key(Struct, frozen=True):
    """One setting: how a value is checked, what it is for, in one sentence, and a value (TOML), the default if any."""

    kind: str  # a name in _CHECKS
    about: str
    example: str


# Years of daily work: about 14 % of what agents write is worth storing.
MAX_STORE_MB = 4096

# Zeph's request names the keys under skills.learning and skills.meta_learning; they keep their names here.
KEYS: dict[str, Key] = {
    "skills.home": Key("path", "where new skills live; ~/.agents/skills without it", '"~/.agents/skills"'),
    "skills.publish": Key(
        "paths",
        "further roots that receive a copy; ~/.claude/skills where Claude Code is found",
        '["~/.claude/skills"]',
    ),
    "skills.roots": Key("paths", "more folders of skills to match against", "[]"),
    "skills.promote_after": Key("count", "successes in distinct sessions that a promotion needs", "6"),
    "skills.promote_lower": Key("probability", "Wilson lower bound that a promotion needs", "0.6"),
    "skills.learning.trajectory_capture": Key(
        "bool", "whether the agents' own transcript folders may be read", "false"
    ),
    "skills.learning.trajectory_distillation": Key("bool", "whether lessons are drafted in the background", "false"),
    "skills.learning.outcome_judge": Key(
        "bool", "whether a local model says how trajectories ended that nothing else decides", "false"
    ),
    "skills.learning.judge_per_minute": Key("count", "how often the judge may ask the model in a minute", "5"),
    "skills.learning.judge_per_day": Key("count", "how often the judge may ask the model in 24 hours", "100"),
    "skills.meta_learning.enabled": Key("bool", "whether stubs for gaps are drafted in the background", "false"),
    "skills.meta_learning.gap_threshold": Key("probability", "below this score no skill serves a request", "0.3"),
    "skills.meta_learning.trajectory_distillation": Key(
        "bool", "the same as skills.learning.trajectory_distillation", "false"
    ),
    "ollama.host": Key("text", "address of Ollama; OLLAMA_HOST, else 127.0.0.1:11434 without it", '"127.0.0.1:11434"'),
    "ollama.model": Key("text", "the model to use; the best installed one without it", '"qwen3:8b"'),
    "ollama.embed_model": Key(
        "text", "a model of embeddings that helps to match requests; none without it", '"all-minilm"'
    ),
    "ollama.allow_remote": Key("bool", "whether the host may be another machine", "false"),
    "capture.allow_sources": Key("agents", "the agents to capture; all of them without it", '["claude-code", "codex"]'),
    "capture.deny_sources": Key("agents", "agents that are never captured", "[]"),
    "capture.allow_projects": Key(
        "globs", "the projects to capture: folders with all below, * allowed, or names; all without it", '["~/work"]'
    ),
    "capture.deny_projects": Key(
        "globs", "projects of which nothing is ever stored; wins over all else", '["~/private/*", "client-*"]'
    ),
    "capture.max_store_mb": Key(
        "count", "the store's size; above it the oldest outputs are cut down", str(MAX_STORE_MB)
    ),
    "capture.sources.claude-code": Key("paths", "folders of Claude Code transcripts", '["~/.claude/projects"]'),
    "capture.sources.codex": Key(
        "paths", "folders of Codex transcripts", '["~/.codex/sessions", "~/.codex/archived_sessions"]'
    ),
    "capture.sources.copilot": Key("paths", "folders of Copilot CLI sessions", '["~/.copilot/session-state"]'),
    "capture.sources.pi": Key("paths", "folders of Pi sessions", '["~/.pi/agent/sessions"]'),
    "capture.sources.gemini": Key("paths", "folders of Gemini CLI transcripts", '["~/.gemini/tmp"]'),
    "capture.sources.opencode": Key(
        "paths", "folders of OpenCode databases, or single ones", '["~/.local/share/opencode"]'
    ),
    "capture.sources.zeph": Key("paths", "folders of Zeph audit logs, or single ones", '["~/.zeph/data"]'),
}


class Config(Struct, frozen=True):
    """The settings in force. Paths are absolute; ``unknown`` lists keys in the file that are none of ours."""

    skills_home: Path
    publish: tuple[Path, ...]
    roots: tuple[Path, ...]
    sources: Mapping[str, tuple[Path, ...]]
    allow_sources: tuple[str, ...] = ()
    deny_sources: tuple[str, ...] = ()
    allow_projects: tuple[str, ...] = ()
    deny_projects: tuple[str, ...] = ()
    max_store_mb: int = MAX_STORE_MB
    trajectory_capture: bool = False
    trajectory_distillation: bool = False
    background_synthesis: bool = False
    outcome_judge: bool = False
    judge_per_minute: int = 5
    judge_per_day: int = 100
    gap_threshold: float = 0.3
    promote_after: int = 6
    promote_lower: float = 0.6
    ollama_host: str | None = None
    ollama_model: str | None = None
    embed_model: str | None = None
    allow_remote: bool = False
    unknown: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def load_config(path: Path, env: Mapping[str, str] = os.environ) -> Config:
    """Read the file; one that does not exist means the defaults. Raises ``ConfigError`` with the place."""
    return parse_config(_read(path), path, env)


def parse_config(text: str, path: Path, env: Mapping[str, str] = os.environ) -> Config:
    """The settings in a text that stands, or is to stand, in ``path``. Raises ``ConfigError`` with the place."""
    try:
        data = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}", "mend the file, or move it away and start afresh") from error
    flat = _flatten(data)
    values = {name: _checked(name, value) for name, value in flat.items() if name in KEYS}

    def get(name: str, default: Any) -> Any:
        return values.get(name, default)

    claude_skills = claude_skill_home(env)
    publish = [claude_skills] if claude_skills.parent.is_dir() else []
    return Config(
        skills_home=get("skills.home", default_skill_home(env)),
        publish=tuple(get("skills.publish", publish)),
        roots=tuple(get("skills.roots", ())),
        sources={name: tuple(get(f"capture.sources.{name}", folders)) for name, folders in agent_folders(env).items()},
        allow_sources=get("capture.allow_sources", ()),
        deny_sources=get("capture.deny_sources", ()),
        allow_projects=get("capture.allow_projects", ()),
        deny_projects=get("capture.deny_projects", ()),
        max_store_mb=get("capture.max_store_mb", MAX_STORE_MB),
        trajectory_capture=get("skills.learning.trajectory_capture", False),
        trajectory_distillation=get("skills.learning.trajectory_distillation", False)
        or get("skills.meta_learning.trajectory_distillation", False),
        background_synthesis=get("skills.meta_learning.enabled", False),
        outcome_judge=get("skills.learning.outcome_judge", False),
        judge_per_minute=get("skills.learning.judge_per_minute", 5),
        judge_per_day=get("skills.learning.judge_per_day", 100),
        gap_threshold=get("skills.meta_learning.gap_threshold", 0.3),
        promote_after=get("skills.promote_after", 6),
        promote_lower=get("skills.promote_lower", 0.6),
        ollama_host=get("ollama.host", None),
        ollama_model=get("ollama.model", None),
        embed_model=get("ollama.embed_model", "").strip() or None,
        allow_remote=get("ollama.allow_remote", False),
        unknown=tuple(sorted(name for name in flat if name not in KEYS)),
        values=values,
    )


def set_config(path: Path, name: str, text: str, env: Mapping[str, str] = os.environ) -> Any:
    """Write one key, as typed on a command line, and leave everything else in the file as it is.

    Raises ``ConfigError``, and changes nothing, where the file would not load afterwards.
    """
    import tomlkit

    value = parse_value(name, text)
    try:
        document = tomlkit.parse(_read(path))
    except tomlkit.exceptions.TOMLKitError as error:
        raise ConfigError(f"{path} is not TOML: {error}", "mend the file first; nothing was changed") from error
    *tables, last = name.split(".")
    table: Any = document
    for part in tables:
        if part not in table:
            inline = isinstance(table, tomlkit.items.InlineTable)
            table[part] = tomlkit.inline_table() if inline else tomlkit.table(is_super_table=True)
        table = table[part]
        if not isinstance(table, MutableMapping):
            raise ConfigError(f"{path}: {part} must be a table to hold {name}", "mend the file; nothing was changed")
    table[last] = value
    changed = tomlkit.dumps(document)
    parse_config(changed, path, env)
    _replace(path, changed)
    return value


def init_config(path: Path) -> bool:
    """Write a file that names every setting, each commented out. ``False``: there is one, and it stays as it is."""
    if path.exists():
        return False
    lines = ["# Settings of skilltui. Take the # away from a line to put it in force: skilltui config show"]
    table = ""
    for name, key in KEYS.items():
        of, last = name.rsplit(".", 1)
        if of != table:
            table = of
            lines += ["", f"[{table}]"]
        lines += [f"# {key.about}", f"# {last} = {key.example}"]
    _replace(path, "\n".join(lines) + "\n")
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: {error}", "mend the file, or move it away and start afresh") from error
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", "check the file's permissions") from error


def _replace(path: Path, text: str) -> None:
    # A person's link (to a folder of dotfiles, say) stays a link: what it points to is replaced.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(target.name + ".new")
    try:
        temporary.touch(mode=FILE_MODE)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(target)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}", "check the folder's permissions") from error


def parse_value(name: str, text: str) -> Any:
    """A command line's word as the TOML value of a key."""
    if name not in KEYS:
        from rapidfuzz import process

        near = process.extractOne(name, list(KEYS), score_cutoff=60)
        raise ConfigError(f"there is no setting {name}", f"did you mean {near[0]}?" if near else "see: config show")
    kind = KEYS[name].kind
    words = text.strip().lower()
    if kind == "bool":
        if words not in {"true", "false", "yes", "no", "on", "off"}:
            raise ConfigError(f"{name} is true or false, not {text!r}", f"skilltui config set {name} true")
        return words in {"true", "yes", "on"}
    if kind in {"count", "probability"}:
        try:
            number = float(text)
        except ValueError:
            raise ConfigError(f"{name} is a number, not {text!r}") from None
        return int(number) if number.is_integer() and "." not in text else number
    if kind in {"paths", "globs"}:
        return [part for part in text.split(os.pathsep) if part]
    if kind == "agents":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _path(value: Any) -> Path:
    return as_path(value).absolute()


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _glob(pattern: str) -> str:
    return str(as_path(pattern)) if pattern.startswith("~") else pattern


def _globs(value: Any) -> bool:
    # Half a path would match nothing, and a denial that matches nothing is worse than none.
    return isinstance(value, list) and all(
        isinstance(p, str) and p and "\0" not in p and ("/" not in p.rstrip("/") or p[0] in "~/*") for p in value
    )


def _agents(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and name in agent_folders({}) for name in value)


_CHECKS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Any], str]] = {
    "bool": (lambda v: isinstance(v, bool), bool, "true or false"),
    "count": (lambda v: _number(v) and 1 <= v < 2**31 and v == int(v), int, "a whole number from 1 on"),
    "probability": (lambda v: _number(v) and 0 <= v <= 1, float, "a number from 0 to 1"),
    "text": (lambda v: isinstance(v, str), str, "a text"),
    "path": (lambda v: isinstance(v, str), _path, "a path"),
    "paths": (
        lambda v: isinstance(v, list) and all(isinstance(p, str) for p in v),
        lambda v: tuple(_path(p) for p in v),
        "a list of paths",
    ),
    "globs": (
        _globs,
        lambda v: tuple(map(_glob, v)),
        "a list of folders in full (~ and * allowed), or of names without a slash",
    ),
    "agents": (_agents, tuple, f"a list of agents, out of {', '.join(agent_folders({}))}"),
}


def _checked(name: str, value: Any) -> Any:
    fits, convert, wanted = _CHECKS[KEYS[name].kind]
    if not fits(value):
        raise ConfigError(f"{name} must be {wanted}: {KEYS[name].about}", f"such as {KEYS[name].example}")
    try:
        return convert(value)
    except SourceError as error:
        raise ConfigError(f"{name}: {error.message}", error.hint) from error
