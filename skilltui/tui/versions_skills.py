"""The skills that Versions lists: what they have earned, what a check finds in them, and what can't be used as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct, field

from skilltui.domain.skill import CheckResult, Finding
from skilltui.domain.trust import Trust
from skilltui.errors import SkilltuiError
from skilltui.tui import signs
from skilltui.tui import versions_rows as rows
from skilltui.tui.widgets.column import Column
from skilltui.tui.widgets.empty_state import LOADING, EmptyState, problem
from skilltui.tui.widgets.line_list import LineList
from skilltui.workshop.home import Home

_NO_SKILL = EmptyState(signs.IDLE, "No skill yet.", "Accept a draft in the Workbench (3), and its versions stand here.")


class Listing(Struct, frozen=True):
    """Names; for those on disk whether they have a history; findings above info by name; what can't be used; names
    of retired skills."""

    names: Sequence[str] = ()
    on_disk: Mapping[str, bool] = field(default_factory=dict)
    findings: Mapping[str, Sequence[Finding]] = field(default_factory=dict)
    broken: Sequence[CheckResult] = ()
    retired: Collection[str] = ()


async def read_listing(home: Home) -> Listing:
    """Read which skills there are."""
    history = await home.comparing.skills_with_history()
    library = {skill.name: skill for skill in await home.library.skills() if skill.shadowed_by is None}
    broken = await home.library.broken()
    findings = {name: grave for name, skill in library.items() if (grave := rows.above_info(skill.findings))}
    on_disk = {name: name in history for name in library}
    retired = {one.name for one in await home.lifecycle.retired()} - library.keys()
    return Listing(sorted(library.keys() | set(history)), on_disk, findings, broken, retired)


class SkillsColumn(Column):
    """The skills, and below them one line for what can't be used."""

    def __init__(self) -> None:
        self.list = LineList(id="skills")
        super().__init__("SKILLS", self.list, id="skills-column")
        self.listing = Listing()
        # Whether it is not the system that tells of changes.
        self.polling = False
        self._trust: Mapping[str, Trust] = {}

    def on_mount(self) -> None:
        """It is being read."""
        self.list.placeholder = LOADING

    @property
    def skill(self) -> str | None:
        """The skill under the cursor."""
        return self.list.highlighted if self.list.highlighted != rows.BROKEN else None

    def show(self, listing: Listing) -> None:
        """Show these skills."""
        self.listing = listing
        self.list.placeholder = _NO_SKILL
        self._show()

    def show_trust(self, trust: Mapping[str, Trust]) -> None:
        """Show what they have earned."""
        self._trust = trust
        self._show()

    def show_problem(self, error: SkilltuiError) -> None:
        """Nothing could be read."""
        self.list.placeholder = problem(error)

    def state(self) -> EmptyState:
        """What stands beside the list where no skill is under the cursor."""
        return rows.broken_state(self.listing.broken) if self.list.highlighted else rows.NO_CHOICE

    def _show(self) -> None:
        one = self.listing
        skills = rows.skill_rows(one.names, one.on_disk, self._trust, one.findings, one.retired)
        self.list.set_rows([*skills, *rows.broken_rows(one.broken)])
        count = str(len(one.names)) if one.names else ""
        # Why, `skilltui doctor` says.
        self.set_title("SKILLS", f"{count} {signs.DOT} polling".strip() if self.polling else count)
