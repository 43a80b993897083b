"""The bottom line: the keys that work now, and what they do.

Drawn as one line. Textual's own footer mounts a widget per key again at every change of focus, which costs some sixty
style updates and four layouts of the screen (measured on 8.2.8); this one costs a line, and only where it differs.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from rich.cells import cell_len
from textual import events
from textual.screen import Screen

from skilltui.tui.widgets.cells import Cell
from skilltui.tui.widgets.lines import Lines

# Stands at the right end with the palette, wherever one is.
HELP_KEY = "question_mark"
# Cells between two entries.
GAP = 2


class ShownKey(Struct, frozen=True):
    """One entry: the keys as shown, the key that a click presses, what it does, and more on that."""

    shown: str
    press: str
    words: str
    tooltip: str
    enabled: bool


def shown_keys(screen: Screen[object], *, right: Sequence[str]) -> tuple[list[ShownKey], list[ShownKey]]:
    """The keys to show at the left, in the order of the bindings, and those of ``right`` at the right end.

    Bindings of one group stand together under the group's description.
    """
    left: dict[object, ShownKey] = {}
    at_right: dict[str, ShownKey] = {}
    for _, binding, enabled, tooltip in screen.active_bindings.values():
        key = screen.app.get_key_display(binding)
        if binding.key in right:
            at_right[binding.key] = ShownKey(key, binding.key, binding.description, tooltip, enabled)
        elif binding.show and binding.description:
            name: object = binding.group or binding.action
            words = binding.group.description if binding.group else binding.description
            known = left.get(name)
            if known is None:
                left[name] = ShownKey(key, binding.key, words, tooltip, enabled)
            elif binding.group:
                joint = "" if binding.group.compact else " "
                left[name] = ShownKey(f"{known.shown}{joint}{key}", known.press, words, words, known.enabled)
    return list(left.values()), [at_right[key] for key in right if key in at_right]


class KeyLine(Lines, can_focus=False):
    """Follows the bindings of the screen. A click on a key presses it."""

    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        overflow: hidden hidden;
        scrollbar-gutter: auto;
        background: $surface;
        padding: 0 1;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._left: Sequence[ShownKey] = ()
        self._right: Sequence[ShownKey] = ()

    def on_mount(self) -> None:
        """Listen to the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self._changed(self.screen)

    @property
    def keys(self) -> Sequence[ShownKey]:
        """What is shown, from left to right."""
        return (*self._left, *self._right)

    def has_line(self, y: int) -> bool:
        """Always one."""
        return y == 0

    def cells_at(self, y: int) -> tuple[Sequence[Cell], str]:
        """Keys and words; what has no room goes, the last one first."""
        del y
        right = _width(self._right)
        left = list(self._left)
        while left and _width(left) + right > self.line_width:
            left.pop()
        keys = [cell for key in left for cell in _cells(key)]
        return [*keys, Cell("", grow=True), *(cell for key in self._right for cell in _cells(key))], ""

    def on_click(self, event: events.Click) -> None:
        """Press the key that was hit."""
        key = self._key_at(event.x - 1)
        if key is not None and key.enabled:
            self.app.simulate_key(key.press)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say more on the key under the mouse."""
        key = self._key_at(event.x - 1)
        tooltip = key.tooltip if key else None
        if tooltip != self.tooltip:
            self.tooltip = tooltip

    def _key_at(self, x: int) -> ShownKey | None:
        at = 0
        for key in self._left:
            at += _width([key])
            if x < at - GAP:
                return key
            if x < at:
                return None
        at = self.line_width
        for key in reversed(self._right):
            at -= _width([key])
            if x >= at:
                return key
        return None

    def _changed(self, screen: Screen[object]) -> None:
        left, right = shown_keys(screen, right=(HELP_KEY, self.app.COMMAND_PALETTE_BINDING))
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()


def _width(keys: Sequence[ShownKey]) -> int:
    return sum(cell_len(key.shown) + 1 + cell_len(key.words) + GAP for key in keys)


def _cells(key: ShownKey) -> tuple[Cell, Cell]:
    tones = ("accent", "text") if key.enabled else ("muted", "muted")
    # The line puts one space between cells; the second of the gap belongs to the words.
    return Cell(key.shown, tones[0]), Cell(f"{key.words} ", tones[1])
