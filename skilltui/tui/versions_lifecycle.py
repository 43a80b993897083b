"""A skill begun, renamed, retired, brought back or mended from Versions: asks, does it, tells what it did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from skilltui.domain.skill import CheckResult
from skilltui.errors import SkilltuiError
from skilltui.figures import plural
from skilltui.tui import versions_rows as rows
from skilltui.tui.chooser import Choice, Chooser
from skilltui.tui.content import notify, plain
from skilltui.tui.dialogs import Confirm, Dialog, Told, key_words
from skilltui.tui.messages import OpenVersions
from skilltui.tui.pane import Pane
from skilltui.tui.versions_fires import show_fires
from skilltui.tui.versions_state import Compared
from skilltui.tui.widgets.detail import Block, Para
from skilltui.tui.workbench_save import short_path
from skilltui.workshop.home import Home
from skilltui.workshop.lifecycle import Done, Mending

Act = Callable[[Sequence[str]], Awaitable[str]]


class Form(Dialog[str | None]):
    """Fields to fill in, and what comes of them: a failure is told here, and what was typed stands.

    ``act`` does it and returns the skill, with which the form closes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="form.cancel", tooltip="Close and change nothing"),
    ]

    def __init__(self, question: str, consequence: str, fields: Sequence[tuple[str, str]], act: Act) -> None:
        super().__init__()
        self._question = question
        self._consequence = consequence
        self._fields = fields
        self._act = act

    def compose(self) -> ComposeResult:
        """Question, consequence, fields, what went wrong, keys."""
        with Vertical(classes="dialog--box"):
            yield Static(plain(self._question), classes="dialog--title")
            yield Static(plain(self._consequence), classes="dialog--text")
            for placeholder, value in self._fields:
                yield Input(value, placeholder=placeholder, max_length=1024, select_on_focus=False)
            yield Static(classes="dialog--text dialog--error")
            yield Static(key_words(("enter", "do it"), ("esc", "cancel")), classes="dialog--keys")

    @on(Input.Changed)
    def _typed(self) -> None:
        self.query_one(".dialog--error", Static).update("")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        inputs = list(self.query(Input))
        after = inputs.index(event.input) + 1
        if after < len(inputs):
            inputs[after].focus()
            return
        values = [one.value.strip() for one in inputs]
        self.run_worker(self._try(values), group="form", exclusive=True)

    async def _try(self, values: Sequence[str]) -> None:
        try:
            skill = await self._act(values)
        except SkilltuiError as error:
            words = f"{error.message.rstrip('.')}. {error.hint}" if error.hint else error.message
            self.query_one(".dialog--error", Static).update(plain(words))
            # It is the name that is at fault, if anything typed here is.
            self.query(Input).first().focus()
        else:
            self.dismiss(skill)

    def action_cancel(self) -> None:
        """Change nothing."""
        self.dismiss(None)


async def begin_skill(app: App[Any], home: Home) -> str | None:
    """Ask for a name and a description, and begin that skill. Runs in a worker; returns the skill."""

    async def act(values: Sequence[str]) -> str:
        done = await home.lifecycle.new(values[0], values[1])
        _tell(app, done, f"{done.skill} is begun: {short_path(done.path)}")
        return done.skill

    where = short_path(home.library.publishing.home)
    fields = (("its name: a-z, 0-9 and hyphens", ""), ("what it does and when to use it (may stay empty)", ""))
    return await app.push_screen_wait(Form("Begin a skill of your own?", f"It goes to {where}.", fields, act))


async def rename_skill(app: App[Any], home: Home, skill: str) -> str | None:
    """Ask for another name and give it. Runs in a worker; returns the new name."""

    async def act(values: Sequence[str]) -> str:
        done = await home.lifecycle.rename(skill, values[0])
        _tell(app, done, f"{skill} is called {done.skill} now: {short_path(done.path)}")
        return done.skill

    words = "Its folder, the name in its text, its history and its unedited copies get the new name."
    return await app.push_screen_wait(Form(f"Rename {skill}?", words, (("its new name", skill),), act))


async def retire_skill(app: App[Any], home: Home, skill: str) -> bool:
    """Take a skill off the disk where the person says yes. Runs in a worker."""
    words = "It leaves the agents' folders with its unedited copies. All of it is kept, and X here brings it back."
    if not await app.push_screen_wait(Confirm(f"Retire {skill}?", words, verb="retire it")):
        return False
    done = await home.lifecycle.retire(skill)
    _tell(app, done, f"{skill} is retired{': no agent finds it' if not done.skipped else ''}")
    return True


async def bring_back_skill(app: App[Any], home: Home, skill: str) -> bool:
    """Put a retired skill back where the person says yes. Runs in a worker."""
    words = "Its folder and its copies come back as they were."
    if not await app.push_screen_wait(Confirm(f"Bring {skill} back?", words, verb="bring it back")):
        return False
    done = await home.lifecycle.bring_back(skill)
    notify(app, f"{skill} is back")
    _tell_left(app, done.detail.get("skipped", ()))
    return True


async def tell_broken(app: App[Any], home: Home, broken: Sequence[CheckResult]) -> str | None:
    """List what can't be used as a skill, and offer to quote what breaks one. Runs in a worker.

    Returns the skill that was mended.
    """
    mendable = await home.lifecycle.mendable()
    offer = f"quote what breaks {mendable[0].skill}" if len(mendable) == 1 else "quote what breaks one of them"
    told = Told(rows.broken_words(broken), rows.broken_blocks(broken), offer=offer if mendable else "")
    if not await app.push_screen_wait(told):
        return None
    chosen = mendable[0]
    if len(mendable) > 1:
        choices = [Choice(str(n), one.skill, short_path(one.path)) for n, one in enumerate(mendable)]
        key = await app.push_screen_wait(Chooser("Quote what breaks which skill?", choices))
        if key is None:
            return None
        chosen = mendable[int(key)]
    if not await app.push_screen_wait(Told(f"{chosen.skill}: only this changes", _change(chosen), offer="write it")):
        return None
    done = await home.lifecycle.mend(chosen)
    _tell(app, done, f"{done.skill} {done.version.number} is live: {short_path(done.path)}")
    return done.skill


def _change(mending: Mending) -> list[Block]:
    changed = [line for line in mending.diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return [
        Para(str(short_path(mending.path)), "muted"),
        *(Para(line, "added" if line.startswith("+") else "removed") for line in changed),
    ]


def _tell(app: App[Any], done: Done, words: str) -> None:
    notify(app, words, hint="u takes it back")
    _tell_left(app, done.skipped)
    for rebased in done.rebased:
        notify(app, f"No longer applies: {rebased}", severity="warning")


def _tell_left(app: App[Any], skipped: Iterable[str]) -> None:
    for reason in skipped:
        notify(app, f"Left: {reason}", severity="warning")


class LifecyclePane(Pane):
    """What Versions does with a skill as a whole. Each verb runs beside the interface and shows the skill after."""

    @property
    def compared(self) -> Compared | None:
        """What is shown."""
        raise NotImplementedError

    @property
    def broken(self) -> Sequence[CheckResult]:
        """What can't be used as a skill."""
        raise NotImplementedError

    def action_begin(self) -> None:
        """Begin a skill."""
        self._change(partial(begin_skill, self.app, self.home))

    def action_rename(self) -> None:
        """Give the skill another name."""
        if self.compared is not None:
            self._change(partial(rename_skill, self.app, self.home, self.compared.skill))

    def action_retire(self) -> None:
        """Take the skill off the disk, or put it back."""
        if (shown := self.compared) is not None:
            verb = bring_back_skill if shown.retired else retire_skill

            async def change() -> str | None:
                return shown.skill if await verb(self.app, self.home, shown.skill) else None

            self._change(change)

    def action_fires(self) -> None:
        """Show on which past requests it fires: as it is live, or as the version shown says."""
        self.work_on(show_fires(self.app, self.home, self.compared), group="fires")

    def action_publish(self) -> None:
        """Bring the skill's copies up to it."""
        if (shown := self.compared) is not None:

            async def change() -> str:
                done = await self.home.lifecycle.publish(shown.skill)
                notify(self.app, f"{plural(len(done.copies), 'copy', 'copies')} of {shown.skill} up to date")
                _tell_left(self.app, done.skipped)
                return shown.skill

            self._change(change)

    def action_broken(self) -> None:
        """List what can't be used as a skill, and mend what quotes mend."""
        self._change(partial(tell_broken, self.app, self.home, self.broken))

    def _change(self, change: Callable[[], Awaitable[str | None]]) -> None:
        async def work() -> None:
            skill = await change()
            if skill is not None:
                self.open_request(OpenVersions(skill))

        self.work_on(work(), group="change")
