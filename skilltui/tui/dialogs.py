"""Small questions at the lower edge: a yes in words, a name to type, a reason, two versions to compare.

They stand over the keys' line and leave what they are about in sight. Escape changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from skilltui.tui import signs
from skilltui.tui.content import build, line, plain
from skilltui.tui.widgets.cells import Cell, Row, row
from skilltui.tui.widgets.detail import Block, Detail
from skilltui.tui.widgets.line_list import LineList

ResultT = TypeVar("ResultT")

# The rest of what blocks is counted; the Workbench lists all of it.
_MOST_REASONS = 4
_KEY = "bold $skilltui-accent"
_CANCEL = Binding("escape", "cancel", "Cancel", id="dialog.cancel", tooltip="Close and change nothing")


class Dialog(ModalScreen[ResultT]):
    """A box at the lower edge. Toasts that stand there are put away: they would cover the question."""

    def __init__(self) -> None:
        super().__init__(classes="dialog")

    def on_mount(self) -> None:
        """Clear the place."""
        self.app.clear_notifications()


class Confirm(Dialog[bool]):
    """A question with the consequence in words. Dismisses with whether it was answered with yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "yes", "Yes", id="confirm.yes", tooltip="Do it"),
        Binding("n,escape", "no", "No", id="confirm.no", tooltip="Close and change nothing"),
    ]

    def __init__(self, question: str, consequence: str = "", *, verb: str = "yes") -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence
        self._verb = verb

    def compose(self) -> ComposeResult:
        """Question, consequence, keys."""
        with Vertical(classes="dialog--box"):
            yield Static(plain(self._question), classes="dialog--title")
            if self._consequence:
                yield Static(plain(self._consequence), classes="dialog--text")
            yield Static(key_words(("y", self._verb), ("n", "not now")), classes="dialog--keys")

    def action_yes(self) -> None:
        """Do it."""
        self.dismiss(True)

    def action_no(self) -> None:
        """Change nothing."""
        self.dismiss(False)


class TypeName(Dialog[bool]):
    """What is grave wants the name typed: a key pressed by habit is no consent. Dismisses with whether it was right."""

    BINDINGS: ClassVar[list[BindingType]] = [_CANCEL]

    def __init__(self, name: str, question: str, consequence: str, reasons: Sequence[str]) -> None:
        super().__init__()
        self._consequence = consequence
        self._name_wanted = name
        self._question = question
        self._reasons = reasons

    def compose(self) -> ComposeResult:
        """Question, what blocks, the field, keys."""
        with Vertical(classes="dialog--box -grave"):
            yield Static(plain(self._question), classes="dialog--title")
            yield Static(plain(self._consequence), classes="dialog--text")
            for reason in self._reasons[:_MOST_REASONS]:
                yield Static(plain(f"{signs.FINDING} {reason}"), classes="dialog--text")
            if len(self._reasons) > _MOST_REASONS:
                more = f"{signs.ELLIPSIS} {len(self._reasons) - _MOST_REASONS} more findings that block"
                yield Static(line(more), classes="dialog--text")
            yield Input(placeholder="the skill's name")
            yield Static(key_words(("enter", "when its name is typed"), ("esc", "cancel")), classes="dialog--keys")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() == self._name_wanted:
            self.dismiss(True)
            return
        keys = self.query_one(".dialog--keys", Static)
        keys.update(build((f"that is not {self._name_wanted}   ", "$skilltui-failure"), ("esc", _KEY), " cancel"))

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(False)


class Reason(Dialog[str | None]):
    """A line of the person's own words, which may be empty. Dismisses with it, or with ``None``."""

    BINDINGS: ClassVar[list[BindingType]] = [_CANCEL]

    def __init__(self, question: str, consequence: str = "", *, placeholder: str = "why (may stay empty)") -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence
        self._placeholder = placeholder

    def compose(self) -> ComposeResult:
        """Question, consequence, the field, keys."""
        with Vertical(classes="dialog--box"):
            yield Static(plain(self._question), classes="dialog--title")
            if self._consequence:
                yield Static(plain(self._consequence), classes="dialog--text")
            yield Input(placeholder=self._placeholder, max_length=500)
            yield Static(key_words(("enter", "do it"), ("esc", "cancel")), classes="dialog--keys")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)


class Told(Dialog[bool]):
    """Something to read, of any length. Dismisses with whether what it ``offer``s was taken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "close", "Close", id="told.close", tooltip="Close"),
        Binding("f", "take", "Do it", id="told.take", tooltip="Do what is offered"),
    ]

    def __init__(self, title: str, blocks: Sequence[Block], *, offer: str = "") -> None:
        super().__init__()
        self._title = title
        self._blocks = blocks
        self._offer = offer

    def compose(self) -> ComposeResult:
        """Title, text, keys."""
        with Vertical(classes="dialog--box"):
            yield Static(line(self._title), classes="dialog--title")
            yield Detail()
            offer = [("f", self._offer)] if self._offer else []
            yield Static(key_words(*offer, ("↑↓", "read on"), ("esc", "close")), classes="dialog--keys")

    def on_mount(self) -> None:
        """Show it from the start."""
        super().on_mount()
        self.query_one(Detail).show("told", self._blocks)
        self.query_one(Detail).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is offered can be taken."""
        del parameters
        return bool(self._offer) if action == "take" else True

    def action_take(self) -> None:
        """Do what is offered."""
        self.dismiss(True)

    def action_close(self) -> None:
        """Back to where it was asked for."""
        self.dismiss(False)


class VersionChoice(Struct, frozen=True):
    """A state that can be compared. ``number`` is ``None`` for what stands on disk."""

    number: int | None
    label: str
    aside: str = ""


class TwoVersions(Dialog[tuple[int | None, int | None] | None]):
    """Two states to compare, the earlier first: two times Enter. Dismisses with their numbers."""

    BINDINGS: ClassVar[list[BindingType]] = [_CANCEL]

    def __init__(self, choices: Sequence[VersionChoice], before: int | None, after: int | None) -> None:
        super().__init__()
        self._choices = choices
        self._start = (before, after)
        self._before: tuple[int | None] | None = None

    def compose(self) -> ComposeResult:
        """What is asked for, the states, keys."""
        with Vertical(classes="dialog--box"):
            yield Static(line("Compare from which version?"), classes="dialog--title")
            yield LineList()
            yield Static(key_words(("enter", "choose"), ("esc", "cancel")), classes="dialog--keys")

    def on_mount(self) -> None:
        """Begin at what is compared now."""
        self._show()
        versions = self.query_one(LineList)
        versions.highlight(_key(self._start[0]))
        versions.focus()

    @on(LineList.Selected)
    def _chosen(self, event: LineList.Selected) -> None:
        number = next(choice.number for choice in self._choices if _key(choice.number) == event.key)
        if self._before is not None:
            self.dismiss((self._before[0], number))
            return
        self._before = (number,)
        label = next(choice.label for choice in self._choices if choice.number == number)
        self.query_one(".dialog--title", Static).update(line(f"Compare {label} with which version?"))
        self._show()
        self.query_one(LineList).highlight(_key(self._start[1]))

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)

    def _show(self) -> None:
        self.query_one(LineList).set_rows([self._row(choice) for choice in self._choices])

    def _row(self, choice: VersionChoice) -> Row:
        taken = self._before is not None and self._before[0] == choice.number
        return row(
            _key(choice.number),
            Cell(str(signs.MARK) if taken else "", signs.MARK.tone, width=1),
            Cell(choice.label, grow=True),
            Cell(choice.aside, "muted", drop=1),
        )


def key_words(*keys: tuple[str, str]) -> Content:
    """Keys and what each does, for the last line of a dialog."""
    parts: list[str | tuple[str, str]] = []
    for key, words in keys:
        parts += [(key, _KEY), f" {words}   "]
    return build(*parts)


def _key(number: int | None) -> str:
    return "disk" if number is None else str(number)
