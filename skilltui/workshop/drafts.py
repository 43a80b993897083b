"""Drafts as every use case makes them: a number and what was proposed under it, in one step."""

from __future__ import annotations

from pathlib import Path

from skilltui.domain.proposal import Proposal
from skilltui.domain.trust import SkillOrigin
from skilltui.domain.version import Version
from skilltui.errors import SkillInvalidError, StateError
from skilltui.versions.files import read_skill
from skilltui.versions.manager import SkillVersionManager
from skilltui.workshop.judging import placed, readable


def read_text(path: Path) -> str:
    """A skill's text to draft for; ``SkillInvalidError`` where there is none."""
    data = read_skill(path)
    text = readable(data)
    if text is None:
        raise SkillInvalidError(f"{path} is {'gone' if data is None else 'not UTF-8 text'}", "see: skilltui check")
    return text


async def save_draft(
    manager: SkillVersionManager, made: Proposal, path: Path, origin: SkillOrigin, *, in_use: str = ""
) -> Proposal:
    """Save what was made as a draft of the skill at ``path``, placed on the text that is live by now.

    ``in_use``: the hint of the ``StateError`` where a skill stands there; without it the draft edits that skill.
    """
    saved: list[Proposal] = []

    def propose(version: Version, live: bytes | None) -> Proposal:
        if in_use and live is not None:
            raise StateError(f"a skill stands at {path} by now", in_use)
        saved.append(placed(made, version, live))
        return saved[0]

    await manager.draft(made.skill, path, engine=made.engine, model=made.model, origin=origin, propose=propose)
    return saved[0]


async def put_away(manager: SkillVersionManager, draft: Proposal, why: str) -> bool:
    """Reject a draft that another one replaces; false where a person decided it meanwhile: that stands."""
    try:
        await manager.reject(await manager.version(draft.skill, draft.version), why)
    except StateError:
        return False
    return True
