"""A titled column: a heading that shows where the focus is, and what stands under it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from skilltui.tui.content import build


class Column(Vertical):
    """A heading of one line over its widgets."""

    DEFAULT_CSS = """
    Column {
        height: 1fr;
        width: 1fr;
        padding: 0 0 0 1;
        .column--title {
            height: 1;
            width: 1fr;
            color: $skilltui-muted;
            text-style: bold;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        .column--title.-focused { color: $skilltui-accent; }
    }
    """

    def __init__(self, title: str, *content: Widget, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._heading = Static(build(title), classes="column--title")
        self._shown = (title, "")
        self._content = content

    def compose(self) -> ComposeResult:
        """Heading and content."""
        yield self._heading
        yield from self._content

    def on_descendant_focus(self) -> None:
        """The heading shows where the focus is."""
        # On the heading alone: a class on the column would draw everything in it again.
        self._heading.add_class("-focused")

    def on_descendant_blur(self) -> None:
        """And where it was."""
        self._heading.remove_class("-focused")

    def set_title(self, title: str, aside: str = "") -> None:
        """Say something else; ``aside`` stands beside it, quieter."""
        if (title, aside) != self._shown:
            self._shown = (title, aside)
            content = build(title, (f"  {aside}" if aside else "", "not bold $skilltui-muted"))
            self._heading.update(content, layout=False)
