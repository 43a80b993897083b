"""A few lines over a pane's content: what is open, and how it stands."""

from __future__ import annotations

from skilltui.errors import SkilltuiError
from skilltui.tui.signs import FAILURE
from skilltui.tui.widgets.detail import Detail, Para


def problem_line(error: SkilltuiError) -> Para:
    """A failure of something that was tried, with what to do about it."""
    hint = f"; {error.hint}" if error.hint else ""
    return Para(f"{error.message}{hint}", "failure", lead=FAILURE)


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
