"""A few lines over a pane's content: what is open, and how it stands."""

from __future__ import annotations

from skilltui.tui.widgets.detail import Detail


class Headline(Detail, can_focus=False):
    """As high as what it says; never without height, for then it would not be told its width."""

    DEFAULT_CSS = """
    Headline {
        height: auto;
        min-height: 1;
        max-height: 7;
        padding: 0 1;
        background: $surface;
        overflow: hidden hidden;
    }
    """
