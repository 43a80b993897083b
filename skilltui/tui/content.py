"""The one place where a string becomes a widget's content.

Transcripts, skills, paths and error messages are hostile text: markup in them crashes Textual or runs an action on a
click, and escape codes in them reach the terminal. So every string is sanitised here and never parsed as markup; a test
forbids the other ways.
"""

from __future__ import annotations

from typing import Any, Literal

from rich.text import Text
from textual.app import App
from textual.content import Content

from skilltui.text.sanitise import sanitise, sanitise_line

Severity = Literal["information", "warning", "error"]


def plain(text: str) -> Content:
    """Text of several lines, made displayable."""
    return Content(sanitise(text))


def line(text: str) -> Content:
    """Text on one line, made displayable."""
    return Content(sanitise_line(text))


def line_text(text: str) -> Text:
    """The same for widgets that take Rich text: data tables and trees parse a ``str`` as markup and have no switch."""
    return Text(sanitise_line(text), no_wrap=True, overflow="ellipsis")


def build(*parts: str | tuple[str, str]) -> Content:
    """One line of parts: a text, or a text with a Textual style such as ``"bold $accent"`` (styles are ours alone)."""
    styled = (part if isinstance(part, tuple) else (part, "") for part in parts)
    return Content.assemble(*((sanitise_line(text), style) for text, style in styled))


def stack(*lines: Content) -> Content:
    """Lines one below the other."""
    return Content("\n").join(lines)


def notify(app: App[Any], message: str, *, hint: str = "", severity: Severity = "information") -> None:
    """A toast. ``hint`` says what to do and stands on a line of its own."""
    text = sanitise(message) + ("\n" + sanitise(hint) if hint else "")
    app.notify(text, severity=severity, timeout=8 if severity == "error" else 5, markup=False)
