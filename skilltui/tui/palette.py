"""What the command palette offers: the verbs of the pane on screen, then the ways to the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

from textual.command import Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import FuzzySearch

from skilltui.tui.content import build, line, stack
from skilltui.tui.pane import PaneCommand


@runtime_checkable
class OffersCommands(Protocol):
    """An app whose commands depend on its state."""

    def offered(self) -> Iterable[PaneCommand]:
        """What can be done now, the likeliest first."""


class StateProvider(Provider):
    """Lists only what the state allows, so that every entry works.

    Titles and helps may hold names from outside, so both go through ``content``: Textual's own ``Matcher.highlight``
    and ``Hit.help`` parse markup.
    """

    def _commands(self) -> list[PaneCommand]:
        app: object = self.app
        return list(app.offered()) if isinstance(app, OffersCommands) else []

    async def discover(self) -> Hits:
        """Everything, in order. Scores keep the order; Textual sorts discovery hits by their text."""
        commands = self._commands()
        for place, command in enumerate(commands):
            yield _hit(1 - place / (len(commands) + 1), line(command.title), command)

    async def search(self, query: str) -> Hits:
        """What fits the words typed."""
        fuzzy = FuzzySearch()
        style = self.match_style or "bold"
        for command in self._commands():
            title = line(command.title)
            score, offsets = fuzzy.match(query, title.plain)
            if score > 0:
                for offset in offsets:
                    title = title.stylize(style, offset, offset + 1)
                yield _hit(score, title, command)


def _hit(score: float, title: Content, command: PaneCommand) -> Hit:
    return Hit(score, stack(title, build((command.help, "$skilltui-muted"))), command.run, text=title.plain)
