"""The one question before anything is read: a banner, never a dialog that stands in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from skilltui.figures import plural
from skilltui.paths import user_home
from skilltui.tui import signs
from skilltui.tui.widgets.cells import Cell
from skilltui.tui.widgets.detail import Block, Detail, Facts, Para


def consent_blocks(folders: Mapping[str, Sequence[Path]]) -> list[Block]:
    """What would be read, where it would stay, and the two keys."""
    there = [(name, path) for name, paths in folders.items() for path in paths]
    ask = "May skilltui read what your agents wrote?" if there else "May skilltui read what your agents will write?"
    where = f"{plural(len(there), 'folder')}, read only. " if there else ""
    blocks: list[Block] = [Para(f"{ask} {where}Nothing leaves this machine.", "strong", lead=signs.UNKNOWN)]
    for name, path in there:
        blocks.append(Facts((Cell("", width=1), Cell(name, "muted", width=12), Cell(_short(path), "code", grow=True))))
    yes = (Cell("y", "accent"), Cell("yes, read them" if there else "yes"))
    no = (Cell("n", "accent"), Cell("not now"))
    blocks.append(Facts((Cell("", width=1), *yes, Cell("", width=2), *no)))
    return blocks


def _short(path: Path) -> str:
    home = user_home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


class ConsentBanner(Detail, can_focus=False):
    """Stands over the Live pane until it is answered."""

    DEFAULT_CSS = """
    ConsentBanner {
        height: auto;
        max-height: 8;
        padding: 0 1;
        margin: 0 0 1 0;
        background: $panel;
        border-left: outer $skilltui-accent;
    }
    """

    def __init__(self, folders: Mapping[str, Sequence[Path]]) -> None:
        super().__init__(id="consent")
        self._folders = folders

    def on_mount(self) -> None:
        """Say it."""
        self.show("consent", consent_blocks(self._folders))
