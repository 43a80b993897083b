"""``config.toml``: read with tomli into one frozen object; changed key by key with the person's comments kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli
from rapidfuzz import process

from skilltui.errors import ConfigError
from skilltui.paths import FILE_MODE, agent_folders, claude_skill_home, default_skill_home


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: how a value is checked, and what it is for, in one sentence."""

    kind: str  # "bool", "number", "text", "path", "paths"
    about: str


# Zeph's request names the keys under skills.learning and skills.meta_learning; they keep their names here.
KEYS: dict[str, Key] = {
    "skills.home": Key("path", "where new skills live; ~/.agents/skills without it"),
    "skills.publish": Key("paths", "further roots that receive a copy; ~/.claude/skills where Claude Code is found"),
    "skills.roots": Key("paths", "more folders of skills to match against"),
    "skills.promote_after": Key("number", "successes in distinct sessions that a promotion needs"),
    "skills.promote_lower": Key("number", "Wilson lower bound that a promotion needs"),
    "skills.learning.trajectory_capture": Key("bool", "whether the agents' own transcript folders may be read"),
    "skills.learning.trajectory_distillation": Key("bool", "whether lessons are drafted in the background"),
    "skills.meta_learning.enabled": Key("bool", "whether stubs for gaps are drafted in the background"),
    "skills.meta_learning.gap_threshold": Key("number", "below this score no skill serves a request"),
    "skills.meta_learning.trajectory_distillation": Key("bool", "the same as skills.learning.trajectory_distillation"),
    "ollama.host": Key("text", "address of Ollama; OLLAMA_HOST, else 127.0.0.1:11434 without it"),
    "ollama.model": Key("text", "the model to use; the best installed one without it"),
    "ollama.allow_remote": Key("bool", "whether the host may be another machine"),
    "capture.sources.claude-code": Key("paths", "folders of Claude Code transcripts"),
    "capture.sources.codex": Key("paths", "folders of Codex transcripts"),
}


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force. Paths are absolute; ``unknown`` lists keys in the file that are none of ours."""

    skills_home: Path
    publish: tuple[Path, ...]
    roots: tuple[Path, ...]
    sources: Mapping[str, tuple[Path, ...]]
    trajectory_capture: bool = False
    trajectory_distillation: bool = False
    background_synthesis: bool = False
    gap_threshold: float = 0.3
    promote_after: int = 6
    promote_lower: float = 0.6
    ollama_host: str | None = None
    ollama_model: str | None = None
    allow_remote: bool = False
    unknown: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def load_config(path: Path, env: Mapping[str, str] = os.environ) -> Config:
    """Read the file; one that does not exist means the defaults. Raises ``ConfigError`` with the place."""
    try:
        data = tomli.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        data = {}
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", "mend the file, or move it away and start afresh") from error
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", "check the file's permissions") from error
    flat = _flatten(data)
    values = {name: _checked(name, value) for name, value in flat.items() if name in KEYS}

    def get(name: str, default: Any) -> Any:
        return values.get(name, default)

    claude_skills = claude_skill_home(env)
    publish = [claude_skills] if claude_skills.parent.is_dir() else []
    threshold = float(get("skills.meta_learning.gap_threshold", 0.3))
    if not 0.0 <= threshold <= 1.0:
        raise ConfigError(f"gap_threshold is {threshold}, but it is a probability", "choose a value from 0 to 1")
    return Config(
        skills_home=get("skills.home", default_skill_home(env)),
        publish=tuple(get("skills.publish", publish)),
        roots=tuple(get("skills.roots", ())),
        sources={name: tuple(get(f"capture.sources.{name}", folders)) for name, folders in agent_folders(env).items()},
        trajectory_capture=get("skills.learning.trajectory_capture", False),
        trajectory_distillation=get("skills.learning.trajectory_distillation", False)
        or get("skills.meta_learning.trajectory_distillation", False),
        background_synthesis=get("skills.meta_learning.enabled", False),
        gap_threshold=threshold,
        promote_after=int(get("skills.promote_after", 6)),
        promote_lower=float(get("skills.promote_lower", 0.6)),
        ollama_host=get("ollama.host", None),
        ollama_model=get("ollama.model", None),
        allow_remote=get("ollama.allow_remote", False),
        unknown=tuple(sorted(name for name in flat if name not in KEYS)),
        values=values,
    )


def set_config(path: Path, name: str, text: str) -> Any:
    """Write one key, as typed on a command line, and leave everything else in the file as it is."""
    import tomlkit

    value = parse_value(name, text)
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    except (tomlkit.exceptions.ParseError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}", "mend the file first; nothing was changed") from error
    *tables, last = name.split(".")
    table: Any = document
    for part in tables:
        if part not in table:
            table[part] = tomlkit.table(is_super_table=True)
        table = table[part]
    table[last] = value
    temporary = path.with_name(path.name + ".new")
    try:
        temporary.touch(mode=FILE_MODE)
        temporary.write_text(tomlkit.dumps(document), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}", "check the folder's permissions") from error
    return value


def parse_value(name: str, text: str) -> Any:
    """A command line's word as the TOML value of a key."""
    if name not in KEYS:
        near = process.extractOne(name, list(KEYS), score_cutoff=60)
        raise ConfigError(f"there is no setting {name}", f"did you mean {near[0]}?" if near else "see: config show")
    kind = KEYS[name].kind
    words = text.strip().lower()
    if kind == "bool":
        if words not in {"true", "false", "yes", "no", "on", "off"}:
            raise ConfigError(f"{name} is true or false, not {text!r}", f"skilltui config set {name} true")
        return words in {"true", "yes", "on"}
    if kind == "number":
        try:
            number = float(text)
        except ValueError:
            raise ConfigError(f"{name} is a number, not {text!r}") from None
        return int(number) if number.is_integer() and "." not in text else number
    if kind == "paths":
        return [part for part in text.split(os.pathsep) if part]
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
    return Path(str(value)).expanduser().absolute()


_CHECKS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "bool": (lambda v: isinstance(v, bool), bool),
    "number": (lambda v: isinstance(v, int | float) and not isinstance(v, bool), lambda v: v),
    "text": (lambda v: isinstance(v, str), str),
    "path": (lambda v: isinstance(v, str), _path),
    "paths": (
        lambda v: isinstance(v, list) and all(isinstance(p, str) for p in v),
        lambda v: tuple(_path(p) for p in v),
    ),
}


def _checked(name: str, value: Any) -> Any:
    fits, convert = _CHECKS[KEYS[name].kind]
    if not fits(value):
        raise ConfigError(f"{name} must be a {KEYS[name].kind}: {KEYS[name].about}", "mend config.toml")
    return convert(value)
