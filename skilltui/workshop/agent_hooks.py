"""Our hook in an agent's settings: put in, taken out, and everything else in that file left as it is, byte for byte.

The forms, as the agents document them: Claude Code and Gemini CLI keep ``hooks`` in ``settings.json``, Codex in a
``hooks.json`` of its own; in all three an event's name leads to a list of groups, each with a list of ``hooks``.
Timeouts are seconds in the first two and milliseconds in Gemini CLI; Codex allows three seconds at a session's end.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomli
from msgspec import Struct

from skilltui.errors import SkilltuiError, StateError, UsageError
from skilltui.paths import HomePaths, hook_settings
from skilltui.text.json_edit import Node, NotPlainJsonError, add_item, add_member, parse, plain, remove
from skilltui.workshop.foreign_file import ForeignFile

_NAME = "skilltui"
# Where a session begins, goes on, rests and ends. A hook at each tool call would cost the agent time and tell nothing
# that the transcript does not.
_TURNS = ("SessionStart", "UserPromptSubmit", "Stop", "SessionEnd")
_EVENTS = {
    "claude-code": _TURNS,
    "codex": _TURNS,
    "gemini": ("SessionStart", "BeforeAgent", "AfterAgent", "SessionEnd"),
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "claude-code": {"timeout": 5},
    "codex": {"timeout": 3},
    "gemini": {"name": _NAME, "timeout": 5000},
}


class HookChange(Struct, frozen=True):
    """What was done to an agent's settings. ``backup`` is the file as it was before, where it was changed."""

    agent: str
    path: Path
    installed: bool
    changed: bool
    events: tuple[str, ...]
    command: str
    backup: Path | None = None
    hints: tuple[str, ...] = ()


class AgentHooks(Struct, frozen=True):
    """The hook of one agent for one home. ``named_home``: the home that the command must name."""

    agent: str
    paths: HomePaths
    named_home: Path | None
    env: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.agent not in _EVENTS:
            raise UsageError(f"no hook is known for {self.agent!r}", f"there is one for: {', '.join(_EVENTS)}")

    @property
    def command(self) -> str:
        """What the agent runs: absolute, quoted, the same from every folder.

        ``-P``: else Python would look for modules in the agent's folder first, and run what a project put there.
        """
        words = [sys.executable, "-P", "-m", _NAME]
        words += ["--home", str(self.named_home)] if self.named_home else []
        return shlex.join([*words, "hook", self.agent])

    def installed(self) -> bool:
        """Whether the settings hold the hook at every event."""
        text = self._file().text
        return text is not None and self._with(text) == text

    def install(self) -> HookChange:
        """Put the hook in. Again: nothing happens."""
        file = self._file()
        # An empty file holds no settings; agents read it as none.
        after = self._with(file.text if file.text and file.text.strip() else "{}\n")
        return self._written(file, after, installed=True)

    def uninstall(self) -> HookChange:
        """Take the hook out; a file that we made and that holds nothing else goes too."""
        file = self._file()
        if file.text is None or not file.text.strip():
            return self._told(file, None, installed=False, changed=False)
        after = _removed(file.text, self._ours(file.text))
        made_by_us = after.strip() == "{}" and file.made_by_us
        return self._written(file, None if made_by_us else after, installed=False)

    def _file(self) -> ForeignFile:
        return ForeignFile.read(hook_settings(self.env)[self.agent], self.paths.backups, self.agent)

    def _written(self, file: ForeignFile, after: str | None, *, installed: bool) -> HookChange:
        if after == file.text:
            return self._told(file, None, installed=installed, changed=False)
        self.paths.make()
        return self._told(file, file.write(after), installed=installed, changed=True)

    def _told(self, file: ForeignFile, backup: Path | None, *, installed: bool, changed: bool) -> HookChange:
        hints = tuple(self._hints(file)) if installed else ()
        return HookChange(
            self.agent, file.path, installed, changed, _EVENTS[self.agent], self.command, backup, hints
        )  # fmt: skip

    def _handler(self) -> dict[str, Any]:
        return {"type": "command", "command": self.command, **_OPTIONS[self.agent]}

    def _with(self, text: str) -> str:
        """The settings with the hook once at each event, and no other form of it anywhere."""
        handler = self._handler()
        missing = set(_EVENTS[self.agent])
        stale = []
        for place in self._ours(text):
            if place.handler == handler and place.event in missing:
                missing.remove(place.event)
            else:
                stale.append(place)
        text = _removed(text, stale)
        wanted = [event for event in _EVENTS[self.agent] if event in missing]
        if wanted and _hooks_of(text) is None:
            return add_member(text, parse(text), "hooks", {event: [{"hooks": [handler]}] for event in wanted})
        for event in wanted:
            text = _add_group(text, event, {"hooks": [handler]})
        return text

    def _ours(self, text: str) -> list[_Place]:
        """Our handlers, for this agent and this home, in the order of the file."""
        return [place for place in _handlers(text) if self._is_ours(place.handler)]

    def _is_ours(self, handler: Any) -> bool:
        command = handler.get("command") if isinstance(handler, dict) else None
        try:
            words = shlex.split(command) if isinstance(command, str) else []
        except ValueError:
            return False
        if words[-2:] != ["hook", self.agent]:
            return False
        if Path(words[0]).name != _NAME and ("-m", _NAME) not in pairwise(words):
            return False
        named = words[words.index("--home") + 1] if "--home" in words else None
        return (Path(named) if named else None) == self.named_home

    def _hints(self, file: ForeignFile) -> Iterator[str]:
        """What may keep the hook from being run."""
        settings = plain(parse(file.text)) if file.text and file.text.strip() else {}
        if self.agent == "claude-code" and settings.get("disableAllHooks") is True:
            yield "disableAllHooks is true in this file: Claude Code runs no hook"
        if self.agent == "gemini":
            switches = settings.get("hooksConfig")
            switches = switches if isinstance(switches, dict) else {}
            if switches.get("enabled") is False:
                yield "hooksConfig.enabled is false in this file: Gemini CLI runs no hook"
            if _NAME in (switches.get("disabled") or ()):
                yield "hooksConfig.disabled names skilltui: /hooks enable skilltui in Gemini CLI"
        if self.agent == "codex":
            yield "Codex runs a new hook only after you trusted it: type /hooks in Codex"
            yield from _codex_switches(file.path.with_name("config.toml"))


class _Place(Struct, frozen=True):
    """Where a handler stands, by numbers: that of its group in the event's list, and its own in the group."""

    event: str
    group: int
    number: int
    handler: Any


def _hooks_of(text: str) -> Node | None:
    try:
        root = parse(text)
    except NotPlainJsonError as error:
        raise StateError(
            f"the settings are not plain JSON: {error}", "put the hook in by hand, or take the comments out first"
        ) from error
    if root.kind != "object":
        raise StateError("the settings are no JSON object", "mend the file first; nothing was changed")
    hooks = root.get("hooks")
    if hooks is not None and hooks.kind != "object":
        raise StateError("hooks is no JSON object in these settings", "mend the file first; nothing was changed")
    return hooks


def _handlers(text: str) -> list[_Place]:
    hooks = _hooks_of(text)
    found = []
    for (event, _), groups in zip(hooks.keys, hooks.items, strict=True) if hooks is not None else ():
        for number, group in enumerate(groups.items if groups.kind == "array" else ()):
            handlers = group.get("hooks")
            if handlers is not None and handlers.kind == "array":
                found += [_Place(event, number, n, plain(handler)) for n, handler in enumerate(handlers.items)]
    return found


def _add_group(text: str, event: str, group: dict[str, Any]) -> str:
    hooks = _hooks_of(text)
    assert hooks is not None
    groups = hooks.get(event)
    if groups is None:
        return add_member(text, hooks, event, [group])
    if groups.kind != "array":
        raise StateError(f"hooks.{event} is no list in these settings", "mend the file first; nothing was changed")
    return add_item(text, groups, group)


def _removed(text: str, places: list[_Place]) -> str:
    # From the end: what stands before keeps its number.
    for place in reversed(places):
        text = _remove(text, place)
    return text


def _remove(text: str, place: _Place) -> str:
    """Take a handler out, and the group, the event and the table that it leaves empty."""
    root = parse(text)
    hooks = root.get("hooks")
    groups = hooks.get(place.event) if hooks is not None else None
    if hooks is None or groups is None:
        return text
    group = groups.items[place.group]
    handlers = group.get("hooks")
    if handlers is None or len(handlers.items) > 1 or {key for key, _ in group.keys} - {"hooks", "matcher"}:
        return remove(text, handlers or group, place.number)
    if len(groups.items) > 1:
        return remove(text, groups, place.group)
    if len(hooks.items) > 1:
        return remove(text, hooks, [key for key, _ in hooks.keys].index(place.event))
    return remove(text, root, [key for key, _ in root.keys].index("hooks"))


def _codex_switches(config: Path) -> Iterator[str]:
    try:
        settings = tomli.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Somebody else's file, looked at for a hint alone.
        return
    features, hooks = settings.get("features"), settings.get("hooks")
    if isinstance(features, dict) and False in (features.get("hooks"), features.get("codex_hooks")):
        yield f"hooks are switched off under [features] in {config}"
    if isinstance(hooks, dict) and set(hooks) - {"state"}:
        yield f"there are hooks in {config} too: Codex runs both, with a warning at its start"


def hooks_installed(paths: HomePaths, named_home: Path | None, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """For ``doctor``: of each agent with hooks, ``installed``, ``not installed``, or why that can't be told."""
    told = {}
    for agent in _EVENTS:
        try:
            done = AgentHooks(agent, paths, named_home, env).installed()
        except SkilltuiError as error:
            told[agent] = error.message
        else:
            told[agent] = "installed" if done else "not installed"
    return told
