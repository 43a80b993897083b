"""What `skills` says of a skill beside itself: how its copies stand, which clients load it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from skilltui.domain.skill import Skill

if TYPE_CHECKING:
    from skilltui.library.clients import Loading
    from skilltui.workshop.publishing import Copy


class SkillView(Struct, frozen=True):
    """A skill with its copies and what each client makes of it."""

    skill: Skill
    copies: Sequence[Copy]
    clients: Mapping[str, Loading]


def view_data(view: SkillView) -> dict[str, Any]:
    """The keys that a row of ``skills --json`` has beside the skill's own."""
    return {
        "project": view.skill.project,
        "copies": [{"path": str(copy.path), "state": copy.state} for copy in view.copies],
        "clients": {name: _client(loading) for name, loading in view.clients.items()},
    }


def copy_words(view: SkillView) -> str:
    """``1 differs, 1 missing``; empty where every copy is as the skill."""
    counts = Counter(copy.state.value for copy in view.copies)
    return ", ".join(f"{counts[state]} {state}" for state in ("differs", "missing") if counts[state])


def client_words(view: SkillView, differing: Collection[str]) -> str:
    """Who loads this copy, where clients load different ones; ``nobody`` where no client does."""
    if view.skill.name not in differing:
        return ""
    return (
        " ".join(name + ("*" if loading.shadowed_in else "") for name, loading in view.clients.items() if loading.loads)
        or "nobody"
    )


def _client(loading: Loading) -> dict[str, Any]:
    data: dict[str, Any] = {"loads": loading.loads, "shadowed_by": loading.shadowed_by}
    if loading.shadowed_in:
        data["shadowed_in"] = dict(loading.shadowed_in)
    return data
